"""What the templates ask of the content: which bars a chart draws, and tables put together for reading."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from pipeline.evidence.crosstabs import CHOSEN
from pipeline.report import figures, wording
from pipeline.report.public import FEWEST
from pipeline.report.records import Chart, CrossTable, Loss, Row, Side

MOST_BARS = 12
FLAGGED = 50  # a figure of fewer respondents is marked
_AGAINST = re.compile(r"against|pessimis|negativ|critic|dissatisf|disagree|not ", re.IGNORECASE)


def unshown(charts: Iterable[Chart], shown: Collection[str]) -> list[Chart]:
    """Give the charts that the text does not show."""
    return [chart for chart in charts if f"chart:{chart.key}" not in shown]


class LossTable(NamedTuple):
    """The cells of one question: a row of counts by status for each wave, and why."""

    question: str
    statuses: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    reasons: tuple[str, ...]


def loss_tables(losses: Sequence[Loss]) -> list[LossTable]:
    """Turn counts into one table for each question, in the order in which they come."""
    tables = []
    for question_id in dict.fromkeys(loss.question_id for loss in losses):
        mine = [loss for loss in losses if loss.question_id == question_id]
        counts: dict[tuple[str, str], int] = {}
        why: dict[tuple[str, str], int] = {}
        for loss in mine:
            counts[loss.wave, loss.status] = counts.get((loss.wave, loss.status), 0) + loss.n
            if loss.reason:
                why[loss.status, loss.reason] = why.get((loss.status, loss.reason), 0) + loss.n
        statuses = tuple(status for status in wording.STATUS if any((loss.status == status) for loss in mine))
        waves = dict.fromkeys(loss.wave for loss in mine)
        tables.append(
            LossTable(
                mine[0].question,
                statuses,
                tuple((wave, tuple(counts.get((wave, status), 0) for status in statuses)) for wave in waves),
                tuple(
                    f"{wording.STATUS[status]}: {reason} ({wording.number(n)})"
                    for (status, reason), n in sorted(why.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
                ),
            )
        )
    return tables


def draw(chart: Chart, number: int, tone: str = "", most: int = MOST_BARS) -> Markup:
    """Draw a chart's latest wave as bars, with a mark for the wave before."""
    rows = shown_rows(chart, most)
    drawn = [
        figures.Bar(
            row.label,
            row.latest.share if row.latest else None,
            _before(row),
            tone,
        )
        for row in rows
    ]
    said = "; ".join(
        f"{bar.label}: {wording.percent(bar.share) if bar.share is not None else 'not shown'}" for bar in drawn
    )
    wave = f" ({chart.waves[-1]})" if chart.waves else ""
    return figures.bars(drawn, f"figure-{number}", f"{chart.title}{wave}", said)


def _before(row: Row) -> float | None:
    """The share in the wave before; none where nobody chose the option then, for it may not have been offered."""
    cell = row.cells[-2] if len(row.cells) > 1 else None
    return (cell.share or None) if cell else None


def shown_rows(chart: Chart, most: int = MOST_BARS) -> Sequence[Row]:
    """Give the rows that are drawn: all of a scale, and of anything else the first that are more than single answers.

    Of themes, those that somebody raised in the latest wave or the one before. Folded rows are only in the table.
    """
    rows = [row for row in chart.rows if not row.folded]
    if chart.kind == "themes":
        return [row for row in rows if any(cell and cell.share for cell in row.cells[-2:])] or rows
    if chart.kind in ("ordinal", "grid", "nets"):
        return rows
    several = [row for row in rows if row.latest and (row.latest.n or 0) >= FEWEST]
    return (several if len(several) >= 3 else rows)[:most]


def nets_of(chart: Chart) -> Chart:
    """Give the boxes and nets of a closed question as a chart of their own."""
    return chart.model_copy(update={"title": f"{chart.title}: counted together", "kind": "nets", "rows": chart.nets})


def combined_of(chart: Chart) -> Chart:
    """Give the combined themes of a chart as a chart of their own."""
    return chart.model_copy(update={"rows": tuple(row for row in chart.rows if row.parts)})


def row_base(row: Row) -> int:
    """Give the largest base of a row's cells."""
    return max((cell.base for cell in row.cells if cell), default=0)


def has_few(table: CrossTable) -> bool:
    """Whether some base that the table prints is to be marked as small."""
    bases = table.bases if table.of == CHOSEN else [row_base(row) for row in table.rows]
    return any(base < FLAGGED for base in bases)


def draw_sides(sides: Sequence[Side], rest: float | None, number: int, title: str) -> Markup:
    """Draw the sides of a question as parts of one bar."""
    parts = [figures.Bar(side.name, side.cell.share, tone=tone(side.name, i)) for i, side in enumerate(sides)]
    at = 1 if len(parts) == 2 else len(parts)
    if rest:
        parts.insert(at, figures.Bar("others", rest, tone="rest"))
    said = "; ".join(
        f"{part.label}: {wording.percent(part.share) if part.share is not None else 'not shown'}" for part in parts
    )
    return figures.stack(parts, f"figure-{number}", title, said)


def tone(name: str, index: int) -> str:
    """Give a side or group its colour class: warm for what is against, the main colour for the first other.

    Examples
    --------
    >>> tone("optimists", 0), tone("pessimists", 1), tone("undecided", 2)
    ('tone-a', 'tone-b', 'tone-c')
    """
    if _AGAINST.search(name):
        return "tone-b"
    return "tone-a" if index == 0 else "tone-c"
