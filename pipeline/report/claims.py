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

from pipeline.report.claimamounts import PEOPLE, Bounds, Word
from pipeline.report.claimchanges import by_test, changes
from pipeline.report.claimranks import compared, named, ranks
from pipeline.report.claimtext import FIG, Place, Sentence, apart, bind, inside, passage, sentences
from pipeline.report.claimtyped import SPARED, typed
from pipeline.report.claimwords import share_words
from pipeline.report.records import Figure, Span

# Words right before a figure that say how it is to be taken, and for which shares they are true.
LIMITS: tuple[tuple[str, Bounds], ...] = (
    (r"(?:no|not|hardly|scarcely|barely|little) more than", Bounds(high=50, below=True)),
    (r"only|just|merely|a mere|as few as|a paltry|a meagre|barely|scarcely|at most", Bounds(high=50, below=True)),
    (r"as many as|fully|a full|no fewer than|no less than|an impressive|a striking|a massive|a huge", Bounds(low=20)),
)
_TAKEN = r"(?: (?:about|around|some|roughly|the|a|an))*[^\w:;,]{0,2}$"
_LIMITS = [(re.compile(rf"(?<!not )(?<!or )\b(?:{words})(?={_TAKEN})"), holds) for words, holds in LIMITS]
_ONLY_AFTER = re.compile(r" (?:only|alone)\b(?= |[.,;)]|$)")
_MORE_ELSEWHERE = re.compile(r"\b(?:from|against|compared|than|versus|after|whereas|while)\b")
_AS_MANY = re.compile(r" as (?:many|often|much|common|likely|frequent)|the (?:share|proportion|number)")
_OF_PEOPLE = re.compile(rf"\b{PEOPLE}\b|{FIG}|\b(?:said|say|named|mentioned|raised|agree|share of)\b")
_ONCE = re.compile(r"\b(?:once|formerly|previously|earlier|used to|at first|from)\b[^.;,]*$")
_EACH = re.compile(r"\b(?:neither\b[^.;:–]*\bnor|both\b[^.;:–]*\band)\b[^.;,:–]*$")
_BY_HAND = (
    "“{}” is a figure typed by hand, which stays as it is when the figures change: put a reference in its place, or "
    "mark the line as checked"
)
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
    before: list[Place] = []
    for sentence in sentences(whole):
        for start, said in _faults(sentence, figures, waves, before):
            found.append((sentence.start + start, said))
        before = sentence.of("share")
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
        word = next((w for w in share_words(sentence.plain) if not (w.typed or w.strict)), None)
        if word is not None and not sentence.places:
            said = f"“{_quoted(sentence, word.start, word.end)}” has no figure in its sentence: "
            found.append(Fault(whole.span_at(sentence.start + word.start), said + " ".join(sentence.written.split())))
    return found


def _quoted(sentence: Sentence, start: int, end: int) -> str:
    return " ".join(re.sub(FIG, "…", sentence.written[start:end]).split())


def _faults(
    sentence: Sentence, figures: Mapping[str, Sequence[Figure]], waves: set[str], before: Sequence[Place]
) -> Iterator[tuple[int, str]]:
    text, shares = sentence.plain, sorted([*sentence.of("share"), *sentence.parts()], key=lambda p: p.at)
    words = [word for word in share_words(text) if not _once(sentence, word)]
    bound = _bound(text, words, shares)

    def contradicted(start: int, end: int, said: str, found: str) -> tuple[int, str]:
        return start, f"“{_quoted(sentence, start, end)}” says {said}, but {found}: change the words or the reference"

    for i, j in [*bound.items(), *_of_each(text, words, bound, shares)]:
        word, figure = words[i], shares[j].figure
        if not word.bounds.holds(figure.value or 0.0):
            yield contradicted(word.start, word.end, word.bounds.said, named(figure))
    for start, end, holds, figure in _limited(text, shares):
        yield contradicted(start, end, holds.said, named(figure))
    others = [*ranks(sentence, figures), *compared(sentence, [(w.start, w.end) for w in words])]
    for fault in others:
        yield contradicted(*fault)
    for change, figure in changes(sentence):
        if not any(change.start < fault.end and fault.start < change.end for fault in others):
            yield contradicted(change.start, change.end, change.said, named(figure) + by_test(change, figure))
    # “Belonging: 66 %. Two in three say that they belong here.”
    told = [i for i, w in enumerate(words) if not shares and any(w.bounds.holds(p.figure.value or 0) for p in before)]
    for start, end in _typed(sentence, words, {*bound, *told}, waves):
        yield start, _BY_HAND.format(_quoted(sentence, start, end))


def _bound(text: str, words: Sequence[Word], shares: Sequence[Place]) -> dict[int, int]:
    bound = bind(text, [(w.start, w.end) for w in words], [p.at for p in shares])
    return {i: j for i, j in bound.items() if not words[i].strict or _backs(text, words[i], shares[j].at)}


def _once(sentence: Sentence, word: Word) -> bool:
    """Whether a word is true of what a change began with: “once a tenth, now twice that ({change:…})”."""
    before = [p.figure.before for p in sentence.of("change") if p.figure.before is not None]
    return bool(_ONCE.search(sentence.plain[: word.start])) and any(map(word.bounds.holds, before))


def _of_each(
    text: str, words: Sequence[Word], bound: Mapping[int, int], shares: Sequence[Place]
) -> Iterator[tuple[int, int]]:
    """Yield the other figures that a word speaks of after “both … and” or “neither”."""
    for i, j in bound.items():
        low, high = words[i].start, words[i].end
        if each := _EACH.search(text[:high]):
            low = min(low, each.start())
        elif words[i].bounds.negated and text[low:].startswith(("neither ", "none ")):
            high = len(text)
        else:
            continue
        yield from (
            (i, k) for k, p in enumerate(shares) if low < p.at < high and k != j and not apart(text, shares[j].at, p.at)
        )


def _backs(text: str, word: Word, at: int) -> bool:
    """Whether a figure directly backs “all” or “nobody”, which are often part of what people say."""
    if at < word.start:
        return bool(re.search(r"[,–(:]\W*(?:or|that is|by|in other words)?\W*$|\bby $", text[at + 1 : word.start]))
    near = len(text[word.end : at].split()) <= 2
    return bool(_SUBJECT.search(text[: word.start])) and bool(near or inside(text, at))


def _limited(text: str, shares: Sequence[Place]) -> Iterator[tuple[int, int, Bounds, Figure]]:
    """Yield words right beside a figure that it contradicts: “only”, “as many as”."""
    for at, figure in shares:
        share = figure.value or 0.0
        larger = any((p.figure.value or 0.0) > share for p in shares) and _MORE_ELSEWHERE.search(text)
        for pattern, holds in _LIMITS:
            match = pattern.search(text[:at])
            after = _ONLY_AFTER.match(text, at + 1) if holds.low == 0 else None
            beside = match or after
            if beside is None:
                continue
            if not holds.holds(share) and not (holds.low == 0 and larger):
                yield (*beside.span(), holds, figure)
            break


def _typed(sentence: Sentence, words: Sequence[Word], bound: set[int], waves: set[str]) -> Iterator[tuple[int, int]]:
    """Yield figures typed by hand: amounts in words that no reference backs, and numbers."""
    text, compares = sentence.plain, len(sentence.of("share")) > 1
    spared = [m.span() for m in SPARED.finditer(text)]
    taken = [(w.start, w.end) for i, w in enumerate(words) if i in bound]
    for i, word in enumerate(words):
        own = text[word.start : word.end]
        if not word.typed or i in bound or any(a < word.end and word.start < b for a, b in spared):
            continue
        taken.append((word.start, word.end))
        changed = sentence.of("change") and re.search(r"\b(?:by|as|from|to) $", text[: word.start])
        again = compares and _AS_MANY.match(text, word.end)
        rule = re.search(r"\b(?:majority|quorum) of $", text[: word.start]) or re.match(
            r"[ -]majority", text[word.end :]
        )
        if not (changed or again or rule) and (_OF_PEOPLE.search(text) or re.search(r"%|cent|\d| in | out of ", own)):
            yield word.start, word.end
    for start, end in typed(sentence, taken, waves):
        if not (compares and _AS_MANY.search(text[start:end])):
            yield start, end
