"""Variety: picking quotes one by one so that each is good and adds something to those already picked."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

# Weight of a quote's own score against its likeness to those picked (lambda of maximal marginal relevance).
OWN_WEIGHT = 0.97
# What a quote gains where all its groups (question, wave, attributes, side) are still without a quote.
SPREAD = 0.02
# From here on two quotes say the same thing: cosine of their vectors, or share of words in common.
SAME_MEANING, SAME_WORDS = 0.75, 0.6
_NEGATIVE = frozenset("no not none never nothing nobody nowhere cannot cant without".split())
_FUNCTION = ENGLISH_STOP_WORDS - _NEGATIVE
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
