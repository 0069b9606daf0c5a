"""Check what the researcher's own sentences claim against the figures that they refer to.

Two things are faults: a figure typed by hand where a reference could stand, and a word that its figure contradicts
(“most”, “only”, “doubled”, “the most common”). What each word means stands in tables: shares in `claimwords`, changes
in `claimchanges`, comparisons and ranks in `claimranks`, typed figures in `claimtyped`. Which figure a word is about is
found by clauses and distance (`claimtext.bind`); a word that may be about something else is let pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.report import claimranks
from pipeline.report.claimamounts import PEOPLE, Bounds, Word
from pipeline.report.claimchanges import changes
from pipeline.report.claimtext import FIG, Place, Sentence, bind, inside, passage, sentences
from pipeline.report.claimtyped import SPARED, typed
from pipeline.report.claimwords import share_words
from pipeline.report.records import Figure, Span

_DO = "change the words or the reference"
# Words right before a figure that say how it is to be taken, and for which shares they are true.
LIMITS: tuple[tuple[str, Bounds], ...] = (
    (r"(?:no|not|hardly|scarcely|barely|little) more than", Bounds(high=50, below=True)),
    (r"only|just|merely|a mere|as few as|a paltry|a meagre|barely|scarcely|at most", Bounds(high=50, below=True)),
    (r"as many as|fully|a full|no fewer than|no less than|an impressive|a striking|a massive|a huge", Bounds(low=20)),
)
_TAKEN = r"(?: (?:about|around|some|roughly|the|a|an))*\W{0,2}$"
_LIMITS = [(re.compile(rf"(?<!not )(?<!or )\b(?:{words}){_TAKEN}"), holds) for words, holds in LIMITS]
_ONLY_AFTER = re.compile(r" (?:only|alone)\b(?= |[.,;)]|$)")
_MORE_ELSEWHERE = re.compile(r"\b(?:from|against|compared|than|versus|after|whereas|while)\b")
_SUBJECT = re.compile(r"(?:^|[.,;:–(]|\b(?:and|but|by|that is|or|nearly|almost))\W*$")


class Fault(NamedTuple):
    """What is wrong with a claim: the span it begins in, and a sentence that says what to do."""

    at: int
    said: str


def faults(spans: Sequence[Span], figures: Mapping[str, Sequence[Figure]]) -> list[Fault]:
    """Find figures typed by hand and words that their figures contradict.

    Parameters
    ----------
    spans : sequence of Span
        The words of one paragraph, list item, heading or table cell in order, references resolved.
    figures : mapping
        By `Figure.among`, all figures that are ranked with each other.

    Returns
    -------
    list of Fault
        In the order of the text; empty where every claim holds.
    """
    whole = passage(spans)
    waves = {f.wave for among in figures.values() for f in among} | {f.wave for f in whole.figures}
    found = []
    for sentence in sentences(whole):
        for start, said in _faults(sentence, figures, waves):
            found.append((sentence.start + start, said))
    return [Fault(whole.span_at(at), said) for at, said in sorted(found)]


def unbacked(spans: Sequence[Span]) -> list[Fault]:
    """List sentences that claim a share (“most leaders want more time”) with no figure to back it.

    Returns
    -------
    list of Fault
        One for each such sentence. It need not be wrong, so a build does not fail on it.
    """
    whole = passage(spans)
    found = []
    for sentence in sentences(whole):
        word = next(share_words(sentence.plain), None)
        if word is not None and not sentence.places:
            words = " ".join(sentence.written.split())
            said = f"“{_words(sentence, word)}” has no figure in its sentence: {words}"
            found.append(Fault(whole.span_at(sentence.start + word.start), said))
    return found


def _words(sentence: Sentence, word: Word) -> str:
    return " ".join(re.sub(FIG, "…", sentence.written[word.start : word.end]).split())


def _quoted(sentence: Sentence, start: int, end: int) -> str:
    return " ".join(re.sub(FIG, "…", sentence.written[start:end]).split())


def _faults(sentence: Sentence, figures: Mapping[str, Sequence[Figure]], waves: set[str]) -> Iterator[tuple[int, str]]:
    text, shares = sentence.plain, sentence.of("share")
    words = list(share_words(text))
    bound = _bound(text, words, shares)
    for i, j in bound.items():
        word, figure = words[i], shares[j].figure
        if not word.bounds.holds(figure.value or 0.0):
            yield word.start, _contradicted(_words(sentence, word), word.bounds.said, claimranks.named(figure))
    yield from _limited(sentence, shares)
    by_half = []
    for start, end, said, figure in changes(sentence):
        by_half.append((start, end))
        yield start, _contradicted(_quoted(sentence, start, end), said, claimranks.named(figure))
    for fault in [
        *claimranks.ranks(sentence, figures),
        *claimranks.compared(sentence, [(w.start, w.end) for w in words]),
    ]:
        yield fault.start, _contradicted(_quoted(sentence, fault.start, fault.end), fault.said, fault.found)
    yield from _typed(sentence, words, bound, waves)


def _bound(text: str, words: Sequence[Word], shares: Sequence[Place]) -> dict[int, int]:
    bound = bind(text, [(w.start, w.end) for w in words], [p.at for p in shares])
    return {i: j for i, j in bound.items() if not words[i].strict or _backs(text, words[i], shares[j].at)}


def _backs(text: str, word: Word, at: int) -> bool:
    """Whether a figure directly backs “all” or “nobody”, which are often part of what people say."""
    if at < word.start:
        return bool(re.search(r"[,–(:]\W*(?:or|that is|by|in other words)?\W*$|\bby $", text[at + 1 : word.start]))
    near = len(text[word.end : at].split()) <= 2
    return bool(_SUBJECT.search(text[: word.start])) and bool(near or inside(text, at))


def _limited(sentence: Sentence, shares: Sequence[Place]) -> Iterator[tuple[int, str]]:
    text = sentence.plain
    for place in shares:
        share = place.figure.value or 0.0
        for pattern, holds in _LIMITS:
            match = pattern.search(text[: place.at])
            after = _ONLY_AFTER.match(text[place.at + 1 :]) if holds.low == 0 else None
            if match is None and after is None:
                continue
            larger = any((p.figure.value or 0.0) > share for p in shares if p is not place)
            if holds.holds(share) or (holds.low == 0 and larger and _MORE_ELSEWHERE.search(text)):
                break
            start, end = match.span() if match else (place.at + 1, place.at + 1 + after.end() if after else 0)
            words = _quoted(sentence, start, end).strip("( ")
            yield start, _contradicted(words, holds.said, claimranks.named(place.figure))
            break


def _typed(
    sentence: Sentence, words: Sequence[Word], bound: Mapping[int, int], waves: set[str]
) -> Iterator[tuple[int, str]]:
    text = sentence.plain
    taken = [(w.start, w.end) for i, w in enumerate(words) if i in bound]
    spared = [m.span() for m in SPARED.finditer(text)]
    compared = len(sentence.of("share")) > 1
    people = bool(re.search(rf"\b{PEOPLE}\b|{FIG}|\b(?:said|say|named|mentioned|raised|agree|share of)\b", text))
    for i, word in enumerate(words):
        if not word.typed or i in bound or any(a < word.end and word.start < b for a, b in spared):
            continue
        taken.append((word.start, word.end))
        changed = re.search(r"\b(?:by|as|from|to) $", text[: word.start]) and sentence.of("change")
        again = re.match(r" as (?:many|often|much|common|likely|frequent)", text[word.end :])
        if (people or re.search(r"%|cent|\d| in | out of ", text[word.start : word.end])) and not (
            changed or (again and compared)
        ):
            yield word.start, _by_hand(_words(sentence, word))
    for start, end in typed(sentence, taken, waves):
        if not (
            compared
            and re.search(r"as (?:many|often|common|frequent|likely)|the (?:share|proportion|number)", text[start:end])
        ):
            yield start, _by_hand(_quoted(sentence, start, end))


def _contradicted(words: str, said: str, found: str) -> str:
    return f"“{words}” says {said}, but {found}: {_DO}"


def _by_hand(words: str) -> str:
    return (
        f"“{words}” is a figure typed by hand, which stays as it is when the figures change: put a reference in its "
        "place, or mark the line as checked"
    )
