"""Variety: picking quotes one by one so that each is good and adds something to those already picked."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

# Weight of a quote's own score against its likeness to those picked (lambda of maximal marginal relevance).
OWN_WEIGHT = 0.97
# What a quote gains where all its groups (question, wave, attributes, side) are still without a quote.
SPREAD = 0.02
# From here on two quotes say the same thing: cosine of their vectors, or share of words in common.
SAME_MEANING, SAME_WORDS = 0.75, 0.6
# English words that say little by themselves. Negations are not among them: "no time" is not "time".
_FUNCTION = frozenset(
    # Articles, pronouns and what stands in their place
    "a an the this that these those such same other others another i me my mine myself we us our ours ourselves you "
    "your yours yourself yourselves he him his himself she her hers herself it its itself they them their theirs "
    "themselves one ones oneself someone somebody something anyone anybody anything everyone everybody everything who "
    "whom whose which what whoever whatever whichever each every either both all any some few many much more most "
    "several enough own "
    # Prepositions
    "of in to for on with at by from up about into over after under between out through during before against among "
    "amongst within towards toward upon across along around behind below beneath beside besides beyond down near off "
    "onto above per since till until via throughout except "
    # Conjunctions
    "and or but if because as while although though than whether so yet unless whereas when where why how whenever "
    "wherever however therefore thus hence otherwise else "
    # Auxiliaries, full and short
    "be am is are was were been being have has had having do does did doing done can could may might must shall "
    "should will would ought get gets got getting i'm i've i'll i'd you're you've you'll you'd he's he'll he'd she's "
    "she'll she'd it's it'll it'd we're we've we'll we'd they're they've they'll they'd that's there's here's what's "
    "who's where's how's let's "
    # Adverbs of degree, time and place that lean on other words
    "very too also just only even still again ever then there here now once quite rather really almost already always "
    "often sometimes perhaps maybe indeed".split()
)
_WORD = re.compile(r"\w+(?:['’]\w+)*")


def content_words(text: str) -> frozenset[str]:
    """Give a text's words in lower case without English function words other than negations, or all if none is left.

    Examples
    --------
    >>> sorted(content_words("The staff were so friendly!"))
    ['friendly', 'staff']
    """
    words = frozenset(word.lower().replace("’", "'") for word in _WORD.findall(text))
    return (words - _FUNCTION) or words


def resemblance(one: frozenset[str], other: frozenset[str]) -> float:
    """Give the share of two sets of words that they have in common, 0 to 1 (Broder, 1997, resemblance).

    Examples
    --------
    >>> resemblance(frozenset({"kind", "staff"}), frozenset({"kind", "doctor", "staff"}))
    0.6666666666666666
    """
    either = len(one | other)
    return len(one & other) / either if either else 1.0


def pick(
    scores: np.ndarray,
    vectors: np.ndarray,
    words: Sequence[frozenset[str]],
    people: Sequence[object],
    groups: Sequence[frozenset[str]],
    fixed: int,
    most: int,
) -> tuple[list[int], list[float]]:
    """Pick by maximal marginal relevance, with a bonus for groups that have no quote yet.

    In turn the quote with the highest λ · score − (1 − λ) · greatest likeness to one picked + bonus is taken [1]_.
    Never taken are a second one of the same person and one that says the same as one already there.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Between 0 and 1. Equal values are taken in the order given.
    vectors : ndarray, shape (n, d)
        Of unit length, or zero.
    words : sequence of frozenset
        Content words of each.
    people, groups : sequence
        Who speaks, and the groups that this person's answer belongs to.
    fixed : int
        The first so many are there already, whatever they hold.
    most : int
        How many are wanted, the fixed ones counted.

    Returns
    -------
    taken : list of int
        Positions in the order picked, the fixed ones first.
    novelty : list of float
        For each, 1 less its greatest likeness to those before it.

    References
    ----------
    .. [1] Carbonell, Goldstein, The use of MMR, diversity-based reranking for reordering documents and producing
       summaries, SIGIR 1998, section 2.
    """
    n = len(scores)
    likeness, free = np.zeros(n), np.ones(n, bool)
    taken: list[int] = []
    novelty: list[float] = []
    seen: set[str] = set()
    for turn in range(max(most, fixed)):
        if turn < fixed:
            best = turn
        elif free.any():
            fresh = np.array([len(g - seen) / max(len(g), 1) for g in groups])
            value = OWN_WEIGHT * scores - (1 - OWN_WEIGHT) * likeness + SPREAD * fresh
            # Rounded, so that the last bits of a vector decide nothing.
            best = int(np.argmax(np.where(free, np.round(value, 6), -np.inf)))
        else:
            break
        taken.append(best)
        novelty.append(1.0 - float(likeness[best]))
        seen |= groups[best]
        meaning = vectors @ vectors[best]
        common = np.array([resemblance(words[best], other) for other in words])
        likeness = np.clip(np.maximum(likeness, np.maximum(meaning, common)), 0.0, 1.0)
        same_person = np.array([person == people[best] for person in people])
        free &= ~same_person & (meaning <= SAME_MEANING) & (common < SAME_WORDS)
    return taken, novelty
