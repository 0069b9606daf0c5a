"""How like two columns are, by their headers and by what stands below them: suggestions for people, never decisions."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence

from pipeline.survey import shapes
from pipeline.survey.description import Question, slug
from pipeline.survey.formats import Export
from pipeline.survey.ingest import split_options

# Of the likeness of two columns, what the headers say; the rest is what the values say.
HEADER_PART = 0.65
# Free text is like free text, but says no more than that of which question it answers.
BOTH_OPEN = 0.7
_BRACKETS = re.compile(r"(?P<stem>.*?\S)\s*\[(?P<item>[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]", re.DOTALL)


def alike(one: str, other: str) -> float:
    """Say how like two headers are, 0 to 1: the mean of their letters' and their words' overlap.

    Letters by Ratcliff and Obershelp's ratio (Dr. Dobb's Journal, July 1988, p. 46), words by Dice's coefficient
    (Ecology 26 (1945), p. 298).

    Examples
    --------
    >>> alike("Sector", "sector "), alike("Sector", "Why?")
    (1.0, 0.0)
    >>> alike("What helps you most?", "What helped you most this year?") > 0.6
    True
    """
    a, b = slug(one).replace("_", " "), slug(other).replace("_", " ")
    words_a, words_b = set(a.split()), set(b.split())
    letters = difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()
    words = 2 * len(words_a & words_b) / (len(words_a) + len(words_b))
    return (letters + words) / 2 if words_a & words_b or letters > 0.5 else 0.0


def values_of(export: Export, header: str) -> list[str]:
    """Give a column's filled cells without outer spaces; none where the file lacks the column."""
    if header not in export.columns:
        return []
    j = export.columns.index(header)
    return [row[j].strip() for i, row in enumerate(export.rows) if row[j].strip() and (i, j) not in export.not_asked]


def values_alike(question: Question, known: Collection[str], values: Sequence[str]) -> float | None:
    """Say how like a column's values are to a question's, 0 to 1; None where there is nothing to compare.

    Parameters
    ----------
    question : Question
    known : collection of str
        The options that earlier waves hold, split where the question has several a cell; not needed for free text.
    values : sequence of str
        The column's filled cells.
    """
    if not values:
        return None
    if question.kind == "open":
        return BOTH_OPEN if shapes.describe_text(list(values))[0] else 0.0
    if question.kind == "numeric":
        return float(shapes.are_numbers(list(values)))
    if not known:
        return None
    split = [options_of(question, value) for value in values]
    return sum(option in known for options in split for option in options) / max(1, sum(map(len, split)))


def options_of(question: Question, value: str) -> list[str]:
    """Give the options of one cell."""
    return split_options(value, question.separator) if question.kind == "multi" else [value]


def family(header: str) -> str:
    """Give what the parts, items or options of one question share: the text before the brackets, or all but the number.

    Examples
    --------
    >>> family("Rate these [Speed]"), family("Rate these [Price]"), family("Reason 1"), family("Why?")
    ('Rate these', 'Rate these', 'Reason #', '')
    """
    match = _BRACKETS.fullmatch(header)
    if match:
        return match["stem"]
    numbered = re.sub(r"(?<![\d.,])\d{1,2}(?![\d.,]*\d)", "#", header, count=1)
    return "" if numbered == header else numbered


def item(header: str) -> str:
    """Give the text in the last brackets, or the whole header where it has none.

    Examples
    --------
    >>> item("Rate these [Speed]"), item("Why?")
    ('Speed', 'Why?')
    """
    match = _BRACKETS.fullmatch(header)
    return match["item"] if match else header
