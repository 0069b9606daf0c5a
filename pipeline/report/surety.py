"""How sure a share is and what would make it surer, in words for a reader without statistics."""

from __future__ import annotations

import math
from typing import Any

from pipeline.evidence.plan import better_all, width
from pipeline.foundation.params import Measure
from pipeline.report import wording
from pipeline.report.inputs import Inputs, known
from pipeline.report.records import Cell, Way

# With so many answers read at random a first corrected share can be had.
A_START = 100


def counted_ways(inputs: Inputs, question_id: str, theme_id: str, wave: str) -> tuple[Way, ...]:
    """Give a theme's share in each way in which it was counted, the nearest to a reader's first."""
    table = inputs.tables["prevalence"]
    mine = table[
        (table["question_id"] == question_id)
        & (table["theme_id"] == theme_id)
        & (table["wave"] == wave)
        & (table["segment"] == "")
    ]
    return tuple(
        Way(
            name=wording.WAYS[row["method"]],
            cell=inputs.cell(row),
            interval=wording.interval(inputs.cell(row)) or "none",
        )
        for method in wording.WAYS
        for row in mine[mine["method"] == method].to_dict("records")
    )


def surety(inputs: Inputs, question_id: str, theme_id: str, cell: Cell | None) -> str:
    """Say of a theme's latest share how sure it is, and what would make it surer."""
    table = inputs.tables["reading"]
    mine = table[
        (table["question_id"] == question_id)
        & (table["theme_id"] == theme_id)
        & (table["wave"] == (cell and cell.wave))
    ]
    if cell is None or cell.share is None or mine.empty:
        return ""
    row = mine.iloc[0].to_dict()
    if cell.method == "person":
        return _all_read(cell, inputs.survey.sampling)
    if cell.method == "corrected":
        return _corrected(cell, row, inputs.params.measure)
    return _unknown(row, inputs.params.measure, inputs.params.review.code_all)


def _all_read(cell: Cell, sampling: str) -> str:
    said = f"People read all answers of {wording.counted(cell.base, 'respondent')}, so nothing is left to the machine."
    if sampling == "census":
        return f"{said} Everybody was asked; only those who did not answer could change the figure."
    if cell.low is None or cell.high is None:
        return said
    return (
        f"{said} Had other people such as these answered, anything from {wording.interval(cell)} would be no surprise; "
        "only more answers can narrow that."
    )


def _corrected(cell: Cell, row: dict[str, Any], params: Measure) -> str:
    answers, read = int(row["answers"]), int(row["read"])
    respondents = float("nan") if (n := known(row["respondents"])) is None else n
    odds = _odds(params.confidence)
    found = (
        f"Had people read them all, their share would in {odds} surveys such as this lie between {_between(cell)}."
        if math.isnan(respondents)
        else f"Among all for whom the sample stands, people would in {odds} surveys such as this find a share between "
        f"{_between(cell)}."
    )
    said = f"People read {wording.of_base(read, answers)} answers, drawn at random, and the machine the others. {found}"
    more = min(read, answers - read)
    now, then = (
        width(cell.share or 0.0, row["ratio"], answers, n, respondents, params.confidence) for n in (read, read + more)
    )
    if more == answers - read:
        if not math.isnan(respondents):
            return f"{said} Reading the {wording.number(more)} that are left would leave the chance of who was drawn."
        return f"{said} Reading the {wording.number(more)} that are left would settle it."
    less = wording.whole(1 - then / now) if now > 0 else 0
    return f"{said} Reading {wording.number(more)} more would narrow that by about {less}{wording.NBSP}%."


def _between(cell: Cell) -> str:
    low, high = (wording.percent(value) for value in (cell.low, cell.high))
    return f"{low} and {high}"


def _odds(confidence: float) -> str:
    """Say a confidence as so many of so many.

    Examples
    --------
    >>> _odds(0.95), _odds(0.9), _odds(0.99)
    ('19 of 20', '9 of 10', '99 of 100')
    """
    for of in (10, 20, 100):
        if abs(confidence * of - round(confidence * of)) < 1e-9:
            return f"{round(confidence * of)} of {of}"
    return f"{confidence:.1%} of all".replace("%", f"{wording.NBSP}%")


def _unknown(row: dict[str, Any], params: Measure, code_all: int) -> str:
    answers = int(row["answers"])
    said = (
        "How far this figure is off nobody knows: too few answers drawn at random were read, by people who knew this "
        "theme, to check it."
    )
    if not answers:
        return said
    if better_all(A_START, answers, 0, code_all):
        return f"{said} {wording.counted(answers, 'answer')} can be read altogether: then it is people’s own count."
    share, respondents = known(row["share"]) or 0.0, float("nan")
    half = width(share, 1.0, answers, A_START, respondents, params.confidence) / 2
    points = wording.counted(max(wording.whole(half), 1), "point")
    return (
        f"{said} {A_START} of the {wording.number(answers)} read at random would fix it to about {points} either way."
    )
