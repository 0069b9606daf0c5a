"""What a reviewer makes of a quote, read back: which words are kept, what is left out, what is put in.

The reviewer edits what will be printed: words deleted become ``[…]``, words put in stand in brackets, and everything
else must be the respondent's own, in the respondent's order. So nothing can be put into anybody's mouth.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from pipeline.evidence.spans import display
from pipeline.foundation.errors import ThemebookError

_LEFT_OUT = re.compile(r"\s*\[\s*(?:…|\.\.\.)\s*\]\s*")
_BRACKETS = re.compile(r"(\[[^\[\]]*\])")
_REMEDY = "Keep the respondent's own words in their order, write […] where words are left out, and put yours in [ ]."


class Clarified(NamedTuple):
    """Spans of the answer, and what is printed in place of some words: ``(start, end, words)``."""

    spans: tuple[tuple[int, int], ...]
    clarifications: tuple[tuple[int, int, str], ...]


class _Shown(NamedTuple):
    """An answer as it is shown, each of its signs with the place in the raw answer that it stands for."""

    text: str
    starts: list[int]
    ends: list[int]
    marks: frozenset[str]


def read_edited(edited: str, text: str, redactions: Sequence[tuple[int, int, str]], near: int = 0) -> Clarified:
    """Read an edited quote back to its answer.

    Parameters
    ----------
    edited : str
        What is to be printed.
    text : str
        The raw answer.
    redactions : sequence of (start, end, type)
        What of it is masked; a mark such as ``[NAME]`` stays as it is.
    near : int
        Where the quote began before, for words that the answer holds twice.

    Raises
    ------
    ThemebookError
        If words outside brackets are not the answer's, in its order, or nothing of it is left.

    Examples
    --------
    >>> read_edited("[The sectors] need time […] us too", "They need time, and us too.", [])
    Clarified(spans=((5, 14), (20, 26)), clarifications=((5, 5, 'The sectors'),))
    >>> read_edited("We told [the board] so", "We told them so", [])
    Clarified(spans=((0, 15),), clarifications=((8, 12, 'the board'),))
    """
    shown = _shown(text, redactions)
    spans: list[tuple[int, int]] = []
    clarifications: list[tuple[int, int, str]] = []
    cursor = 0
    first = next((i for i, start in enumerate(shown.starts) if start >= near), 0)
    for part in _LEFT_OUT.split(" ".join(edited.split())):
        pieces = _pieces(part, shown.marks)
        if not any(kind == "own" for kind, _ in pieces):
            raise ThemebookError("A part of the quote has no words of the answer.", _REMEDY)
        places: list[tuple[int, int]] = []
        waiting = ""
        for kind, words in pieces:
            if kind == "put in":
                if waiting:
                    raise ThemebookError("Two clarifications stand side by side.", "Write them as one.")
                waiting = words
                continue
            place = _find(words, shown, cursor, first if not spans and not places else cursor)
            if waiting:
                clarifications.append((*_between(places, place, shown, text), waiting))
                waiting = ""
            places.append(place)
            cursor = place[1]
        start, end = shown.starts[places[0][0]], shown.ends[places[-1][1] - 1]
        if waiting:
            clarifications.append((end, end, waiting))
        spans.append((start, end))
    made = Clarified(tuple(spans), tuple(clarifications))
    printed = display(text, made.spans, list(redactions), made.clarifications)
    if _signs(printed) != _signs(_LEFT_OUT.sub(" […] ", edited)):
        raise ThemebookError("The quote cannot be printed just so.", _REMEDY)
    return made


def _pieces(part: str, marks: frozenset[str]) -> list[tuple[str, str]]:
    """Cut a part into the respondent's own words and those put in."""
    found: list[tuple[str, str]] = []
    for piece in _BRACKETS.split(part):
        if _BRACKETS.fullmatch(piece) and piece not in marks:
            if not (words := piece[1:-1].strip()):
                raise ThemebookError("There are empty brackets in the quote.", _REMEDY)
            found.append(("put in", words))
        elif found and found[-1][0] == "own" and piece:
            found[-1] = ("own", found[-1][1] + piece)
        elif piece.strip():
            found.append(("own", piece))
    return found


def _shown(text: str, redactions: Sequence[tuple[int, int, str]]) -> _Shown:
    signs: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    marks = set()
    at = 0
    for left, right, kind in sorted(redactions):
        if left < at:
            continue
        for i in range(at, left):
            signs.append(text[i])
            starts.append(i)
            ends.append(i + 1)
        mark = f"[{kind}]"
        marks.add(mark)
        signs += mark
        starts += [left] * len(mark)
        ends += [right] * len(mark)
        at = right
    signs += text[at:]
    starts += range(at, len(text))
    ends += range(at + 1, len(text) + 1)
    return _Shown("".join(signs), starts, ends, frozenset(marks))


def _find(words: str, shown: _Shown, cursor: int, rather: int) -> tuple[int, int]:
    pattern = re.compile(r"\s+".join(re.escape(word) for word in words.split()))
    found = (pattern.search(shown.text, max(rather, cursor)) if rather else None) or pattern.search(shown.text, cursor)
    if found is None:
        raise ThemebookError(f"These words are not in the answer, or not in this place: “{words.strip()}”.", _REMEDY)
    return found.start(), found.end()


def _between(places: list[tuple[int, int]], place: tuple[int, int], shown: _Shown, text: str) -> tuple[int, int]:
    """What a clarification stands in place of: the words between, or nothing."""
    start = shown.starts[place[0]]
    if not places:
        return start, start
    left = shown.ends[places[-1][1] - 1]
    gap = text[left:start]
    if not gap.strip():
        return left, left
    return left + len(gap) - len(gap.lstrip()), start - (len(gap) - len(gap.rstrip()))


def _signs(text: str) -> str:
    return "".join(text.split())


def as_fields(clarifications: Sequence[tuple[int, int, str]]) -> list[dict[str, Any]]:
    """Give clarifications as a decision has them."""
    return [{"start": start, "end": end, "text": words} for start, end, words in clarifications]
