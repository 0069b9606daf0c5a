"""The last look before a page with `suppress` is written: it holds no record, field or figure that is not known."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Section
from pipeline.report.records import Cell, Content

# Every record and field of a page for which suppression knows what it tells of a count: nothing, or what it models.
KNOWN = {
    name: frozenset(fields.split())
    for name, fields in {
        "Cell": "wave base n share low high method hidden",
        "Row": "label cells folded key parts",
        "Chart": "key title kind attribute waves rows left_out note nets numbers",
        "WaveInfo": "id file sha256 invited respondents sentence",
        "Headline": "question_id question answer cell previous options figure of change",
        "Quote": "quote_id theme_id question_id kind response_id wave segment segment_label segment_base rank display "
        "approved score",
        "SegmentRow": "value cell against",
        "SegmentTable": "attribute_id title rows hidden",
        "Part": "question_id question cell",
        "ThemeBlock": "id name question_id role group lineage definition include exclude examples basis warning flags "
        "cell history sentence method change surety ways parts segments quotes fragments proposed tested stability",
        "Break": "wave what sentence",
        "PublishedRow": "question_id question theme_id now_id theme fate published now difference",
        "Release": "name sentence rows",
        "OpenQuestion": "id text answered sentence chart themes asks breaks",
        "Side": "name options cell sentence quotes",
        "Reasons": "name chart by_side",
        "Outlook": "question_id question open_id open_text heading chart sides rest reasons method typical "
        "contradiction",
        "Fact": "name value",
        "MethodItem": "key group title guideline text facts measured team said open",
        "Content": "title note audience sampling provisional min_segment flag_segment suppress quotes_per_theme "
        "summary waves who headlines choices closed crosses crosses_left_out outlooks overall questions releases "
        "candidates news checked unclaimed unclaimed_of unclaimed_examples losses uncoded unexplained "
        "unexplained_examples answers answers_left_out agreement metrics coders decisions retired limits methods "
        "quotes story drafted former house unit_map",
        "House": "logo colours language texts order leave_out document methods",
        "Logo": "file alt data",
        "Colours": "accent second accent_dark second_dark",
        "Document": "template",
    }.items()
}
# What could hold figures of which suppression knows too little: it must be empty.
EMPTY = frozenset(
    "Chart.nets Chart.numbers Chart.left_out Row.parts SegmentRow.against ThemeBlock.ways ThemeBlock.proposed "
    "ThemeBlock.surety ThemeBlock.basis ThemeBlock.warning ThemeBlock.flags Outlook.typical Outlook.contradiction "
    "OpenQuestion.asks Quote.quote_id Quote.response_id Content.crosses Content.candidates Content.news "
    "Content.checked Content.unclaimed Content.unclaimed_of Content.unclaimed_examples Content.losses Content.uncoded "
    "Content.unexplained Content.unexplained_examples Content.answers Content.answers_left_out Content.agreement "
    "Content.metrics Content.coders Content.decisions Content.retired Content.quotes Content.story Content.former "
    "Quote.score MethodItem.measured MethodItem.team Content.unit_map".split()
)
_BASES = frozenset({"OpenQuestion.answered"})


def sealed(content: Content, shown: Collection[Cell]) -> Content:
    """Give the content back if every figure on it was found fit to be shown.

    Parameters
    ----------
    content : Content
        For outside, with small counts hidden.
    shown : collection of Cell
        The very cells that suppression let pass.

    Raises
    ------
    ThemebookError
        If it holds a record or a field that suppression does not know, a figure that it did not let pass, or anything
        where nothing may be.
    """
    passed = {id(cell) for cell in shown}
    for place, record in _records(content, "Content"):
        name = type(record).__name__
        if unknown := sorted(type(record).model_fields.keys() - KNOWN.get(name, frozenset())):
            raise _fault(f"{place} holds {name} with {', '.join(unknown)}, which `suppress` does not know")
        if isinstance(record, Cell):
            figure = record.n is not None or record.share is not None or record.low is not None
            if figure and place not in _BASES and (record.hidden or id(record) not in passed):
                raise _fault(f"{place} holds a figure that was not found fit to be shown")
        for field in type(record).model_fields:
            if f"{name}.{field}" in EMPTY and getattr(record, field):
                raise _fault(f"{name}.{field} must be empty where `suppress` is asked for")
    return content


def _fault(what: str) -> ThemebookError:
    return ThemebookError(
        f"The public report was not written: {what}.",
        "Report this as a fault; without `suppress` in data/survey.yaml the report is written with small numbers.",
    )


def _records(value: Any, place: str) -> Iterator[tuple[str, Section]]:
    """Every record with the record and field that hold it."""
    if isinstance(value, Section):
        yield place, value
        for field in type(value).model_fields:
            yield from _records(getattr(value, field), f"{type(value).__name__}.{field}")
    elif isinstance(value, tuple | list | set | frozenset):
        for each in value:
            yield from _records(each, place)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _records(each, place)
