"""What may leave the team: approved quotes and nothing else of any answer, and no small numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.report.records import (
    Cell,
    Chart,
    Content,
    Fact,
    Loss,
    OpenQuestion,
    Outlook,
    Quote,
    Row,
    SegmentRow,
    SegmentTable,
    Side,
    ThemeBlock,
)
from pipeline.report.small import conceal

FEWEST = 5
_VALUES = ("single", "multi", "ordinal", "grid")
_PRIVATE_FACTS = ("Recorded decisions", "Sure mentions", "Reading more")


def to_public(content: Content) -> Content:
    """Remove everything that is not for outside.

    Gone are quotes that nobody approved, candidates, what is new, findings on the codebook, examples, answers,
    decisions, agreement, conflicts, coders and every id of a response or quote. A closed question shows only options
    that at least five respondents chose, since an export's options can hold what respondents wrote; attributes and
    segments show nothing of fewer than ``min_segment`` respondents.

    Parameters
    ----------
    content : Content
        As `build_content` gives it.

    Returns
    -------
    Content
        With ``audience`` ``public``.
    """
    if content.audience == "public":
        return content
    few = max(content.min_segment, 2 * content.suppress)
    fewest = max(FEWEST, content.suppress)
    public = content.model_copy(
        update={
            "audience": "public",
            "who": _charts(content.who, max(few, fewest)),
            "headlines": tuple(h for h in content.headlines if _enough(h.cell)),
            "choices": _charts(content.choices, fewest),
            "closed": _charts(content.closed, fewest),
            "outlooks": tuple(o for view in content.outlooks if (o := _outlook(view, few))),
            "overall": _question(content.overall, few) if content.overall else None,
            "questions": tuple(_question(q, few) for q in content.questions),
            "candidates": (),
            "news": None,
            "checked": (),
            "unclaimed_examples": (),
            "losses": _totals(content.losses),
            "unexplained_examples": (),
            "answers": (),
            "answers_left_out": 0,
            "metrics": (),
            "coders": (),
            "decisions": (),
            "retired": (),
            "made": tuple(fact for fact in content.made if _outside(fact)),
        }
    )
    return conceal(public, content) if content.suppress else public


def _outside(fact: Fact) -> bool:
    return fact.name not in _PRIVATE_FACTS


def _enough(cell: Cell | None) -> bool:
    return cell is not None and (cell.n or 0) >= FEWEST


def _charts(charts: Iterable[Chart], fewest: int) -> tuple[Chart, ...]:
    folded = (fold(chart, fewest) for chart in charts if chart.kind in _VALUES)
    return tuple(chart for chart in folded if chart.rows)


def fold(chart: Chart, fewest: int) -> Chart:
    """Fold the options that fewer than `fewest` respondents of the latest wave chose into one row.

    In earlier waves a smaller figure than that is not shown either. Where the folded options together have fewer than
    `fewest`, their row has no figure.
    """
    kept = [row for row in chart.rows if row.latest is not None and (row.latest.n or 0) >= fewest]
    small = [row for row in chart.rows if row not in kept]
    if not kept:
        return chart.model_copy(update={"rows": (), "left_out": 0})
    rows = [row.model_copy(update={"cells": tuple(_or_hidden(cell, fewest) for cell in row.cells)}) for row in kept]
    if small or chart.left_out:
        rows.append(_folded(small, fewest, chart.kind == "multi" or chart.left_out > 0))
    return chart.model_copy(update={"rows": tuple(rows), "left_out": 0})


def _folded(rows: Sequence[Row], fewest: int, overlapping: bool) -> Row:
    """One row for small options; without figures where one respondent can be in several of them."""
    cells: list[Cell | None] = []
    for at in range(len(rows[0].cells) if rows else 0):
        present = [cell for row in rows if (cell := row.cells[at])]
        if overlapping or not present:
            cells.append(None)
            continue
        n = sum(cell.n or 0 for cell in present)
        share = sum(cell.share or 0.0 for cell in present)
        whole = Cell(wave=present[0].wave, base=present[0].base, n=n, share=min(share, 1.0))
        cells.append(_or_hidden(whole, fewest))
    return Row(label=f"other answers (fewer than {fewest} each)", cells=tuple(cells), folded=True)


def _or_hidden(cell: Cell | None, fewest: int) -> Cell | None:
    if cell is None or (cell.n or 0) >= fewest:
        return cell
    return Cell(wave=cell.wave, base=cell.base)


def _outlook(view: Outlook, few: int) -> Outlook | None:
    chart = fold(view.chart, FEWEST)
    if not chart.rows:
        return None
    sides = tuple(_side(side, few) for side in view.sides if (side.cell.n or 0) >= few)
    names = {side.name for side in sides}
    rest = view.rest if len(sides) == len(view.sides) and _enough(view.rest) else None
    reasons = tuple(
        r.model_copy(update={"by_side": tuple(t for table in r.by_side if (t := _table(table, few, None, names)).rows)})
        for r in view.reasons
    )
    return view.model_copy(update={"chart": chart, "sides": sides, "rest": rest, "reasons": reasons})


def _side(side: Side, few: int) -> Side:
    return side.model_copy(update={"quotes": _quotes(side.quotes, few)})


def _quotes(quotes: Iterable[Quote], few: int) -> tuple[Quote, ...]:
    approved = [quote for quote in quotes if quote.approved]
    return tuple(
        quote.model_copy(
            update={
                "quote_id": "",
                "response_id": "",
                "segment": quote.segment if quote.segment_base >= few else "",
                "segment_label": quote.segment_label if quote.segment_base >= few else "",
                "segment_base": 0,
            }
        )
        for quote in approved
    )


def _question(question: OpenQuestion, few: int) -> OpenQuestion:
    return question.model_copy(update={"themes": tuple(_theme(theme, few) for theme in question.themes)})


def _theme(theme: ThemeBlock, few: int) -> ThemeBlock:
    base = theme.cell.base if theme.cell else 0
    tables = (_table(table, few, base) for table in theme.segments)
    return theme.model_copy(
        update={
            "lineage": "",
            "include": "",
            "exclude": "",
            "basis": "",
            "warning": "",
            "flags": (),
            "surety": "",
            "ways": (),
            "segments": tuple(table for table in tables if table.rows),
            "quotes": _quotes(theme.quotes, few),
            "fragments": _quotes(theme.fragments, few),
        }
    )


def _table(table: SegmentTable, few: int, base: int | None, names: set[str] | None = None) -> SegmentTable:
    """Show shares of large segments only, to whole percent and without counts.

    Where the respondents outside the shown segments would be fewer than `few`, their share could be worked out from
    the others', so the smallest shown segment goes too.
    """
    rows = [row for row in table.rows if row.cell.base >= few and (names is None or row.value in names)]
    while rows and base is not None and 0 < base - sum(row.cell.base for row in rows) < few:
        rows.remove(min(rows, key=lambda row: row.cell.base))
    return table.model_copy(
        update={
            "rows": tuple(SegmentRow(value=row.value, cell=_uncounted(row.cell)) for row in rows),
            "hidden": table.hidden + len(table.rows) - len(rows),
        }
    )


def _uncounted(cell: Cell) -> Cell:
    """Without the count; the page rounds every share by one rule (`wording.whole`), here as everywhere."""
    return Cell(wave=cell.wave, base=cell.base, share=cell.share, method=cell.method)


def _totals(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Counts of the open questions by wave and status only."""
    counts: dict[tuple[str, str], int] = {}
    for loss in losses:
        if not loss.question_id:
            continue
        counts[loss.wave, loss.status] = counts.get((loss.wave, loss.status), 0) + loss.n
    return tuple(
        Loss(wave=wave, question_id="", question="", status=status, reason="", n=n)
        for (wave, status), n in counts.items()
    )
