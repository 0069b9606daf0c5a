"""The researcher's sentences as the checker of claims reads them: words, figures in their places, and clauses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipeline.report.records import Figure, Span

# A figure takes one place in the text, a quote or code another: both are characters that no text needs.
FIRST, LAST, CLOSED = 0xE000, 0xF7FF, "\uf8ff"
FIG = f"[{chr(FIRST)}-{chr(LAST)}]"
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "\u00a0": " ", "\u202f": " ", "—": "–", "‑": "-", "\u00ad": " ", "\n": " "})
_END = re.compile(rf"[.!?…]+[)”\"']*\s+(?=[A-Z“\"(\d]|{FIG}|{CLOSED})")
_SHORT = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|cf|approx|dr|mr|mrs|ms|prof|st|fig|ca)|(?:^|\n)\s*\d{1,3})\.$", re.IGNORECASE
)
_SAID = re.compile(r"“[^”]*”|\"[^\"]*\"")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_APART = re.compile(
    r";|\b(?:(?<!all )but|(?<!a )while|whilst|whereas|although|though|(?<!not )(?<!n't )(?<!as )yet)\b|, and\b"
    r"|, (?:which|where|when|because)\b|, as \w+ (?:is|are|do)"
)
_GOES_ON = re.compile(r", (?:and|which) (?:so|thus|hence|therefore|now|still|is|are|was|were|means|makes|amounts)\b")
_REPORTED = re.compile(
    r"\b(?:that|because|if|say|says|said|think|thinks|thought|feel|feels|felt|believe|believes"
    r"|believed|want|wants|wanted"
    r"|hope|hopes|hoped|expect|expects|expected|fear|fears|feared|call|calls|called|wish|wished|agree|agrees|agreed"
    r"|see|sees|saw|ask|asks|asked|asking|wanting|saying|complain\w*|report|reports|reported)\b"
)
_APPOSED = re.compile(
    r"[,–(:]\s*(?:(?:and|or|that is|i\.e\.|namely|in other words|so|thus|hence|just|only|which is|still|by|an|a"
    r"|the|for),?\s+)*(?:an?\s+\w+\s+)?$"
)
_PART_OF = r"\s+of (?:them|these|those (?!who|that)|whom|which|it)\b"
_SAID_BY = re.compile(
    r"\b(?:say|says|said|think|thought|feel|felt|believe|believed|complain\w*|argue\w*|according to)\s+$"
)
_OF = re.compile(r"\bof(?: (?:all|the|our|these|those))* $")
_OF_WHICH = re.compile(r"\bof (?:which|whom|these|them|those),? (?:(?:only|just|some|about|almost|nearly) )*$")
_FRESH = re.compile(r"[.;:]|\b(?:of (?:them|these|those|whom|which)|and|but|while)\b")
# “Most do not feel valued: 34 % say that they do.”
_OTHER_SIDE = re.compile(r"(?:\b(?:not|never|no longer)|n't)\b[^:]*:\s*(?:\w+\s+)?$")
_NEAR = r"(?:(?:only|just|about|around|some|roughly|nearly|almost|over|under|merely|another|a further) )*"
_ALONE = 40.0
_UNDER = re.compile(r"\W*(?:while|whilst|although|though|whereas|if|when|despite|unlike)\b")


class Place(NamedTuple):
    """A figure and where it stands in its sentence."""

    at: int
    figure: Figure


class Sentence(NamedTuple):
    """One sentence: where it begins in the passage, as written, and in small letters with what others said blanked."""

    start: int
    written: str
    plain: str
    places: tuple[Place, ...]

    def of(self, *kinds: str) -> list[Place]:
        """The figures of these kinds that have a value."""
        return [p for p in self.places if p.figure.kind in kinds and p.figure.value is not None]

    def parts(self) -> list[Place]:
        """Counts as shares of another: “of the 95 …, 61 …”, “61 of the 95”, “95 …, of whom 61”."""
        counts, text = self.of("count"), self.plain
        found = []
        for one, other in zip(counts, counts[1:], strict=False):
            middle = text[one.at + 1 : other.at]
            opened = len(counts) == 2 and _OF.search(text[: one.at]) and not _FRESH.search(middle)
            if _OF.search(middle) and not re.search(r"[,.;:]", middle):
                part, base = one, other
            elif opened or _OF_WHICH.search(middle):
                part, base = other, one
            else:
                continue
            n, of = part.figure.value or 0.0, base.figure.value or 0.0
            if 0 < n <= of:
                said = f"{part.figure.text} of {base.figure.text}"
                found.append(
                    Place(part.at, part.figure.model_copy(update={"kind": "share", "value": n / of, "text": said}))
                )
        return found


class Passage(NamedTuple):
    """The words of one paragraph, item, heading or cell, and where each span begins."""

    text: str
    starts: tuple[int, ...]
    figures: tuple[Figure, ...]

    def span_at(self, at: int) -> int:
        """The index of the span that the character at `at` belongs to."""
        return max((i for i, start in enumerate(self.starts) if start <= at), default=0)


def passage(spans: Sequence[Span]) -> Passage:
    """Join spans to one text in which every figure, quote and piece of code is a single character."""
    parts: list[str] = []
    starts: list[int] = []
    figures: list[Figure] = []
    end = 0
    for span in spans:
        starts.append(end)
        if span.figure is not None and len(figures) <= LAST - FIRST:
            parts.append(chr(FIRST + len(figures)))
            figures.append(span.figure)
        elif span.figure is not None or span.quote is not None or span.style == "code":
            parts.append(CLOSED)
        else:
            parts.append("\n" if span.style == "break" else _PRIVATE.sub(" ", span.text))
        end += len(parts[-1])
    return Passage("".join(parts), tuple(starts), tuple(figures))


def sentences(whole: Passage) -> Iterator[Sentence]:
    """Cut a passage into sentences."""
    start = 0
    # What is quoted stays in one sentence, however many it has itself.
    uncut = re.sub(r"“[^”]*”", lambda said: re.sub(r"[.!?…](?=\s)", "_", said[0]), whole.text)
    ends = [
        m.end() for m in _END.finditer(uncut) if not _SHORT.search(whole.text[max(0, m.end() - 20) : m.end()].rstrip())
    ]
    for end in [*ends, len(whole.text)]:
        written = whole.text[start:end]
        places = tuple(
            Place(at, whole.figures[ord(char) - FIRST])
            for at, char in enumerate(written)
            if FIRST <= ord(char) <= LAST and ord(char) - FIRST < len(whole.figures)
        )
        if written.strip():
            yield Sentence(start, written, _plain(written), places)
        start = end


def _plain(written: str) -> str:
    """Small letters and plain signs, character for character; words in quotation marks are somebody else's."""
    lower = "".join(low if len(low := char.lower()) == 1 else char for char in written).translate(_PLAIN)
    return _SAID.sub(lambda m: re.sub(r"\w", "_", m[0]) if re.search(r"\s|\d", m[0]) else m[0], lower)


def inside(text: str, at: int) -> tuple[int, int] | None:
    """The round or square brackets that a character stands in."""
    return next(((m.start(), m.end()) for m in _BRACKETS.finditer(text) if m.start() < at < m.end()), None)


def between(text: str, one: int, other: int) -> str:
    """The words between two places, without what stands in brackets of its own there."""
    low, high = sorted((one, other))

    def outside(match: re.Match[str]) -> str:
        own = match.start() < low < match.end() or match.start() <= high < match.end()
        return re.sub(r"[;:,–]|\b(?:and|but)\b", lambda m: " " * len(m[0]), match[0]) if own else " " * len(match[0])

    return _BRACKETS.sub(outside, text)[low:high]


def apart(text: str, one: int, other: int) -> bool:
    """Whether two places belong to different clauses."""
    words = between(text, one, other)
    return any(not _GOES_ON.match(words, m.start()) for m in _APART.finditer(words))


def set_off(text: str, at: int) -> str:
    """How a figure is set off from the words around it: ``bracket``, ``comma`` (on both sides), ``end`` or empty."""
    if inside(text, at):
        return "bracket"
    if not re.search(r"[,–:]\s*(?:(?:or|at|with|namely|only|just|about|some)\s+)*$", text[:at]):
        return ""
    tail = re.match(r"(?:\s+[\w'%-]+){0,4}\s*([,–;):.!?]|$)", text[at + 1 :])
    return "" if tail is None else "comma" if tail[1] in (",", "–") and tail[1] else "end"


def cost(text: str, start: int, end: int, at: int) -> float | None:
    """How far a figure is from the words in ``text[start:end]``; None where they cannot be about it.

    A word between costs 1, a comma 3, another figure 10; words after a figure are further from it than those before,
    since people write “most (62 %)” rather than “(62 %) most”.
    """
    forward = end <= at
    words = between(text, end, at) if forward else between(text, at + 1, start)
    if apart(text, end if forward else at + 1, at if forward else start):
        return None
    off = set_off(text, at)
    if forward:
        fresh = re.search(rf"(,|\band)\s*{_NEAR}$", words)
        if fresh and not (off if fresh[1] == "," else off == "bracket"):
            return None
        if (_SAID_BY.search(words) or _OTHER_SIDE.search(words)) and off != "bracket":
            return None
        if _UNDER.match(text) and "," in words and off not in ("bracket", "comma"):
            return None
    elif re.match(_PART_OF, text[end:]) or not _follows(text, words, at):
        return None
    penalty = 0 if forward else 7 if off == "bracket" else 3
    return (
        penalty
        + len(re.findall(r"[a-z0-9_'-]+", words))
        + 3 * len(re.findall(r"[,:]", words))
        + 2 * len(re.findall(r"–|\band\b|\bor\b", words))
        + 6
        * len(re.findall(r"\b(?:than|against|versus|compared|from|of whom|after|behind|ahead of|followed by)\b", words))
        + 10 * len(re.findall(FIG, words))
    )


def _follows(text: str, words: str, at: int) -> bool:
    """Whether a claim after its figure is in the figure's own clause, and not in what somebody says or in a new one."""
    if _UNDER.match(text) and "," in words:
        return False
    if _APPOSED.search(words) or re.match(r"\s*:", words):
        return True
    opens = "," not in words or re.search(r"\b(?:at|with)\s+$", text[:at])
    return bool(opens) and not _REPORTED.search(words)


def bind(text: str, claims: Sequence[tuple[int, int]], figures: Sequence[int]) -> dict[int, int]:
    """Say which figure each claim is about, by index: one claim a figure, in the order of the text, and near by.

    Of all such pairings the one with the least cost is taken; a claim left without a figure costs `_ALONE`. A claim
    that finds its figure taken shares it only where it stands beside the claim that took it (“a minority, less than a
    third (31 %)”).
    """
    others = "".join("x" if re.match(FIG, char) and at not in figures else char for at, char in enumerate(text))
    far = [[cost(others, start, end, at) for at in figures] for start, end in claims]
    best: dict[tuple[int, int], tuple[float, tuple[tuple[int, int], ...]]] = {}
    for i in range(len(claims), -1, -1):
        for j in range(len(figures), -1, -1):
            if i == len(claims):
                best[i, j] = (0.0, ())
                continue
            alone, pairs = best[i + 1, j]
            options = [(alone + _ALONE, pairs)]
            if j < len(figures):
                options.append(best[i, j + 1])
                if (here := far[i][j]) is not None:
                    rest, pairs = best[i + 1, j + 1]
                    options.append((rest + here, ((i, j), *pairs)))
            best[i, j] = min(options)
    bound = dict(best[0, 0][1])
    for i in [i for i in range(len(claims)) if i not in bound]:
        near = [
            k for k in bound if k < len(claims) and far[i][bound[k]] is not None and _beside(text, claims[i], claims[k])
        ]
        if near:
            bound[i] = bound[near[0]]
    return bound


def _beside(text: str, one: tuple[int, int], other: tuple[int, int]) -> bool:
    (_, first), (second, _) = sorted((one, other))
    return bool(re.fullmatch(r"[\s,–(]*(?:(?:and|or|so|but|even|that|is|indeed)[\s,]+){0,2}", text[first:second]))
