"""What may leave the team: approved quotes and nothing else of any answer, and no small numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from pipeline.evidence.crosstabs import CHOSEN, RAISED
from pipeline.report.methods import outside
from pipeline.report.records import (
    Cell,
    Chart,
    Content,
    CrossTable,
    Loss,
    OpenQuestion,
    Outlook,
    Proposed,
    Quote,
    Row,
    SegmentRow,
    SegmentTable,
    Side,
    ThemeBlock,
)
from pipeline.report.small import FEWEST, conceal
from pipeline.report.telling import retell

_NUMERIC = "numeric"
_VALUES = ("single", "multi", "ordinal", "grid")


def to_public(content: Content) -> Content:
    """Remove everything that is not for outside.

    Gone are quotes that nobody approved, candidates, what is new, findings on the codebook, examples, answers,
    decisions, agreement, conflicts, coders, what the methods hold for the team, and every id of a response or quote. A
    closed question shows only options
    that at least five respondents chose, since an export's options can hold what respondents wrote; attributes,
    segments, numbers and cross-tables show nothing of fewer than ``min_segment`` respondents.

    Parameters
    ----------
    content : Content
        As `build_content` gives it.

    Returns
    -------
    Content
        With ``audience`` ``public``.

    Raises
    ------
    ThemebookError
        If the researcher's text holds a figure that is not for outside, or a quote that nobody approved.
    """
    if content.audience == "public":
        return content
    few, fewest = max(content.min_segment, 2 * content.suppress), max(FEWEST, content.suppress)
    choices, closed = (_charts(charts, fewest, few) for charts in (content.choices, content.closed))
    outlooks = tuple(o for view in content.outlooks if (o := _outlook(view, fewest, few)))
    public = content.model_copy(
        update={
            "audience": "public",
            "who": _charts(content.who, max(few, fewest), few),
            "headlines": tuple(h for h in content.headlines if _enough(h.cell)),
            "choices": choices,
            "closed": closed,
            "crosses": across(content.crosses, [*choices, *closed, *(view.chart for view in outlooks)], few),
            "outlooks": outlooks,
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
            "agreement": None,
            "metrics": (),
            "coders": (),
            "decisions": (),
            "retired": (),
            "former": (),
            "quotes": (),
            "story": (),
            "methods": outside(content.methods),
            "unit_map": None,
        }
    )
    public = conceal(public, content) if content.suppress else public
    return public.model_copy(update={"story": retell(content.story, public, partial(_quote, few=few))})


def _quote(quote: Quote, few: int) -> Quote | None:
    return next(iter(_quotes([quote], few)), None)


def _enough(cell: Cell | None) -> bool:
    return cell is not None and (cell.n or 0) >= FEWEST


def _charts(charts: Iterable[Chart], fewest: int, few: int) -> tuple[Chart, ...]:
    shown = (_numbers(chart, few) if chart.kind == _NUMERIC else fold(chart, fewest) for chart in charts)
    return tuple(chart for chart in shown if chart.numbers or (chart.rows and chart.kind in _VALUES))


def _numbers(chart: Chart, few: int) -> Chart:
    """Keep what many answers to a numeric question come to: no least and no most, which are single answers."""
    kept = [line.model_copy(update={"least": None, "most": None}) for line in chart.numbers if line.n >= few]
    return chart.model_copy(update={"numbers": tuple(kept), "waves": tuple(line.wave for line in kept)})


def fold(chart: Chart, fewest: int) -> Chart:
    """Fold the options that fewer than `fewest` respondents of the latest wave chose into one row.

    In earlier waves a smaller figure than that is not shown either. Where the folded options together have fewer than
    `fewest`, their row has no figure.
    """
    kept = [row for row in chart.rows if row.latest is not None and (row.latest.n or 0) >= fewest]
    small = [row for row in chart.rows if row not in kept]
    if not kept:
        return chart.model_copy(update={"rows": (), "nets": (), "left_out": 0})
    rows = [row.model_copy(update={"cells": tuple(_or_hidden(cell, fewest) for cell in row.cells)}) for row in kept]
    if small or chart.left_out:
        rows.append(_folded(small, fewest, chart.kind == "multi" or chart.left_out > 0))
    nets = tuple(net for row in chart.nets if (net := _net(row, rows)))
    return chart.model_copy(update={"rows": tuple(rows), "nets": nets, "left_out": 0})


def _net(net: Row, rows: Sequence[Row]) -> Row | None:
    """Show a box or net in those waves in which each of its options is shown, so that it gives none of them away."""
    by_label = {row.label: row for row in rows if not row.folded}
    parts = [by_label.get(label) for label in net.parts]
    cells = tuple(
        cell if cell and all(part and (own := part.cells[at]) and own.n is not None for part in parts) else None
        for at, cell in enumerate(net.cells)
    )
    return net.model_copy(update={"cells": cells}) if cells[-1] else None


def across(tables: Iterable[CrossTable], charts: Iterable[Chart], few: int) -> tuple[CrossTable, ...]:
    """Show of the cross-tables what the public charts name, to whole percent and without counts.

    Gone are answers that the chart of their question folds away, figures of fewer than `few` respondents, and those
    that fewer than `FEWEST` of the base make, or all but so few. Where a theme lacks the figure of one answer to a
    question with one answer each, it could be worked out from the others, so that of fewest respondents goes too. What
    is gone from one of the two tables of a question pair is gone from both.
    """
    shown = {chart.key: chart for chart in charts}
    found = []
    by_pair: dict[tuple[str, str], dict[str, CrossTable]] = {}
    for table in tables:
        by_pair.setdefault((table.closed_id, table.question_id), {})[table.of] = table
    for (closed_id, _), pair in by_pair.items():
        if closed_id in shown and CHOSEN in pair:
            visible = _visible(pair, shown[closed_id], few)
            found += [kept for table in pair.values() if (kept := _kept(table, visible)).rows]
    return tuple(found)


def _visible(pair: Mapping[str, CrossTable], chart: Chart, few: int) -> set[tuple[str, str]]:
    """The theme and answer of each figure that both tables may show."""
    cells = {
        of: {
            (row.label, label): cell for row in table.rows for label, cell in zip(table.columns, row.cells, strict=True)
        }
        for of, table in pair.items()
    }
    options = [row.label for row in chart.rows if not row.folded]
    found: set[tuple[str, str]] = set()
    for row in pair[CHOSEN].rows:
        own = {label: cell for label in options if (cell := cells[CHOSEN].get((row.label, label)))}
        for label in [label for label, cell in own.items() if not _fit(cell, few)]:
            own.pop(label)
        if (other := cells.get(RAISED)) is not None:
            own = {label: c for label, c in own.items() if not (o := other.get((row.label, label))) or _fit(o, few)}
        missing = len(options) + any(each.folded for each in chart.rows) - len(own)
        if pair[CHOSEN].single and missing == 1 and own:
            own.pop(min(own, key=lambda label: own[label].n or 0))
        nets = [net.label for net in chart.nets if set(net.parts) <= set(own)]
        found |= {(row.label, label) for label in [*own, *nets]}
    return found


def _kept(table: CrossTable, visible: set[tuple[str, str]]) -> CrossTable:
    kept = [i for i, label in enumerate(table.columns) if any((row.label, label) in visible for row in table.rows)]
    rows = []
    for row in table.rows:
        cells = tuple(
            _uncounted(cell) if (cell := row.cells[i]) and (row.label, table.columns[i]) in visible else None
            for i in kept
        )
        rows += [row.model_copy(update={"cells": cells})] if any(cells) else []
    columns, options = (tuple(names[i] for i in kept) for names in (table.columns, table.options))
    return table.model_copy(update={"columns": columns, "options": options, "rows": tuple(rows)})


def _fit(cell: Cell, few: int) -> bool:
    return cell.base >= few and FEWEST <= (cell.n or 0) <= cell.base - FEWEST


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


def _outlook(view: Outlook, fewest: int, few: int) -> Outlook | None:
    chart = fold(view.chart, fewest)
    if not chart.rows:
        return None
    sides = tuple(_side(side, few) for side in view.sides if (side.cell.n or 0) >= few)
    names = {side.name for side in sides}
    rest = view.rest if len(sides) == len(view.sides) and _enough(view.rest) else None
    reasons = tuple(
        r.model_copy(update={"by_side": tuple(t for table in r.by_side if (t := _table(table, few, None, names)).rows)})
        for r in view.reasons
    )
    # A machine's list for reading is no finding; the shares by side stand in the table.
    private = {"typical": (), "contradiction": None}
    return view.model_copy(update={"chart": chart, "sides": sides, "rest": rest, "reasons": reasons, **private})


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
                "score": None,
            }
        )
        for quote in approved
    )


def _question(question: OpenQuestion, few: int) -> OpenQuestion:
    return question.model_copy(update={"themes": tuple(_theme(theme, few) for theme in question.themes), "asks": ""})


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
            "proposed": _proposed(theme.proposed, few),
        }
    )


def _proposed(told: Proposed | None, few: int) -> Proposed | None:
    """Show how many propose only where neither they nor the others who mention the theme are few."""
    if told is None or min(told.cell.n or 0, told.cell.base - (told.cell.n or 0)) < FEWEST:
        return None
    return told.model_copy(update={"examples": (), "quotes": _quotes(told.quotes, few)})


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
