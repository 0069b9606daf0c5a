"""The figures of the report as sheets: one figure a row, in the words and the rounding of every other format."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline.evidence.crosstabs import CHOSEN
from pipeline.report import wording
from pipeline.report.drawn import loss_tables
from pipeline.report.records import Cell, Chart, Content, OpenQuestion
from pipeline.report.sheets import Column, Row, Share, Sheet, Value

HIDDEN = "[c]"
FIGURE = (
    Column("wave", 10),
    Column("share", 11),
    Column("respondents", 13),
    Column("base", 9),
    Column("from", 11),
    Column("to", 11),
)
WIDE, MIDDLE = 46, 28


def figure_sheets(content: Content) -> list[Sheet]:
    """Give every figure that the content holds, a sheet a kind; kinds without any are left out.

    Parameters
    ----------
    content : Content
        Where it was made public, shares are the whole percent that every format shows, since an exact one and its base
        would give away a count that is not shown.
    """
    exact = content.audience == "internal"
    sheets = (
        _headlines(content, exact),
        _closed(content, exact),
        _numbers(content),
        _themes(content, exact),
        _groups(content, exact),
        _sides(content, exact),
        _crosses(content, exact),
        _published(content, exact),
        _losses(content),
    )
    return [sheet for sheet in sheets if sheet.rows]


def share(value: float | None, exact: bool) -> Value:
    """Give a share as a cell holds it: a number, or words where whole percent would say too much."""
    if value is None:
        return None
    said = wording.percent(value)
    return Share(value, exact) if exact or said[:1].isdigit() else said


def figure(cell: Cell | None, exact: bool) -> dict[str, Any]:
    """Give the fields of one figure."""
    if cell is None:
        return {"share": "–"}
    row: dict[str, Any] = {"wave": cell.wave, "base": cell.base, "respondents": cell.n}
    if cell.hidden:
        return {**row, "share": HIDDEN, "respondents": HIDDEN}
    if cell.share is None:
        few = "fewer than 5" if cell.n is None and cell.base else "–"
        return {**row, "share": few}
    return {**row, "share": share(cell.share, exact), "from": share(cell.low, exact), "to": share(cell.high, exact)}


def _sheet(name: str, about: str, columns: Iterable[Column], rows: Iterable[Row], still: int = 1) -> Sheet:
    columns, rows = list(columns), list(rows)
    filled = [c for c in columns if c.name in ("wave", "share", "base") or any(_is(row.get(c.name)) for row in rows)]
    return Sheet(name, filled, rows, still=still, protected=False, filters=True, about=about)


def _is(value: Any) -> bool:
    return value is not None and value != ""


def _headlines(content: Content, exact: bool) -> Sheet:
    rows = [
        {"question": h.question, "answer": h.answer, "as printed": h.figure, "of": h.of, "change": h.change}
        | figure(h.cell, exact)
        for h in content.headlines
    ]
    columns = (
        Column("question", WIDE),
        Column("answer", MIDDLE),
        Column("as printed", 11),
        *FIGURE,
        Column("of", MIDDLE),
        Column("change", WIDE),
    )
    return _sheet("Headlines", "The large figures at the head of the report.", columns, rows)


def _charts(content: Content) -> list[tuple[str, Chart]]:
    """Every closed question's chart, with the part of the report that it is in."""
    charts = [("Who answered", c) for c in content.who]
    charts += [("Several answers", c) for c in content.choices]
    charts += [(view.heading, view.chart) for view in content.outlooks]
    return charts + [("One answer", c) for c in content.closed]


def _closed(content: Content, exact: bool) -> Sheet:
    rows = []
    for part, chart in _charts(content):
        for row in (*chart.rows, *chart.nets):
            said = {"part": part, "question": chart.title, "answer": row.label, "counts together": "; ".join(row.parts)}
            cells = row.cells or (None,)
            rows += [said | figure(cell, exact) for cell in cells]
    columns = (
        Column("part", 18),
        Column("question", WIDE),
        Column("answer", MIDDLE),
        *FIGURE,
        Column("counts together", WIDE),
    )
    return _sheet("Closed questions", "Every answer to every closed question, by wave.", columns, rows, still=3)


def _numbers(content: Content) -> Sheet:
    rows = [
        {
            "question": chart.title,
            "wave": line.wave,
            "gave a number": line.n,
            "base": line.base,
            "asked": line.asked,
            "median": line.median,
            "mean": line.mean,
            "lower quarter": line.lower,
            "upper quarter": line.upper,
            "least": line.least,
            "most": line.most,
        }
        for _, chart in _charts(content)
        for line in chart.numbers
    ]
    names = ("wave", "gave a number", "base", "asked", "median", "mean", "lower quarter", "upper quarter")
    columns = (Column("question", WIDE), *(Column(name, 12) for name in (*names, "least", "most")))
    return _sheet("Numbers", "What the answers to numeric questions come to.", columns, rows)


def _questions(content: Content) -> list[OpenQuestion]:
    return [*((content.overall,) if content.overall else ()), *content.questions]


def _themes(content: Content, exact: bool) -> Sheet:
    told = {theme.id: theme for theme in content.themes}
    rows: list[Row] = []
    for question in _questions(content):
        homes = {theme.id: theme for theme in question.themes}
        for row in question.chart.rows if question.chart else ():
            theme, home = told.get(row.key), homes.get(row.key)
            for i, cell in enumerate(row.cells):
                latest = i == len(row.cells) - 1
                said = {
                    "question": question.text,
                    "theme id": row.key if theme else "",
                    "theme": row.label,
                    "role": theme.role if theme else "",
                    "group": theme.group if theme else "",
                    "method": wording.METHOD.get(cell.method, "") if cell else "",
                    "change": home.change if home and latest else "",
                    "counts together": "; ".join(row.parts),
                }
                rows.append(said | figure(cell, exact))
    columns = (
        Column("question", WIDE),
        Column("theme id", 9),
        Column("theme", MIDDLE),
        *FIGURE,
        Column("method", WIDE),
        Column("change", WIDE),
        Column("role", 13),
        Column("group", 18),
        Column("counts together", WIDE),
    )
    about = "The share of respondents who mention each theme, by question and wave, with interval and method."
    return _sheet("Themes", about, columns, rows, still=3)


def _groups(content: Content, exact: bool) -> Sheet:
    rows = [
        {
            "question": question.text,
            "theme": theme.name,
            "groups by": table.title,
            "group": row.value,
            "against the others": row.against,
            "few": "few" if row.cell.base < content.flag_segment and row.cell.share is not None else "",
        }
        | figure(row.cell, exact)
        for question in _questions(content)
        for theme in question.themes
        for table in theme.segments
        for row in table.rows
    ]
    columns = (
        Column("question", WIDE),
        Column("theme", MIDDLE),
        Column("groups by", 18),
        Column("group", MIDDLE),
        *FIGURE,
        Column("few", 6),
        Column("against the others", WIDE),
    )
    about = f"Each theme among groups of respondents; “few” marks groups of fewer than {content.flag_segment}."
    return _sheet("Themes by group", about, columns, rows, still=2)


def _sides(content: Content, exact: bool) -> Sheet:
    rows: list[Row] = []
    for view in content.outlooks:
        for side in view.sides:
            rows.append({"question": view.question, "side": side.name} | figure(side.cell, exact))
        if view.rest is not None:
            rows.append({"question": view.question, "side": "neither, or another answer"} | figure(view.rest, exact))
        for group in view.reasons:
            for table in group.by_side:
                rows += [
                    {"question": view.open_text, "group": group.name, "theme": table.title, "side": row.value}
                    | {"against the others": row.against}
                    | figure(row.cell, exact)
                    for row in table.rows
                ]
    columns = (
        Column("question", WIDE),
        Column("side", 18),
        Column("group", 18),
        Column("theme", MIDDLE),
        *FIGURE,
        Column("against the others", WIDE),
    )
    return _sheet("Sides", "How many stand on each side, and what reasons each side gives.", columns, rows)


def _crosses(content: Content, exact: bool) -> Sheet:
    charts = {chart.key: chart.title for _, chart in _charts(content)}
    rows = [
        {
            "closed question": charts.get(table.closed_id, table.closed_id),
            "open question": table.question,
            "share of": "those who chose the answer" if table.of == CHOSEN else "those who mention the theme",
            "theme": row.label,
            "answer": label,
        }
        | figure(cell, exact)
        for table in content.crosses
        for row in table.rows
        for label, cell in zip(table.columns, row.cells, strict=True)
        if cell is not None
    ]
    columns = (
        Column("closed question", WIDE),
        Column("open question", WIDE),
        Column("share of", MIDDLE),
        Column("theme", MIDDLE),
        Column("answer", MIDDLE),
        *FIGURE,
    )
    return _sheet("Themes by answer", "Themes across the answers to closed questions, both ways.", columns, rows)


def _published(content: Content, exact: bool) -> Sheet:
    rows = []
    for release in content.releases:
        for row in release.rows:
            now = figure(row.now, exact)
            rows.append(
                {"release": release.name, "question": row.question, "theme": row.theme, "what became of it": row.fate}
                | figure(row.published, exact)
                | {"share now": now["share"], "base now": now.get("base")}
                | {"difference": wording.points(row.difference) if row.difference is not None else ""}
            )
    columns = (
        Column("release", 14),
        Column("question", WIDE),
        Column("theme", MIDDLE),
        *FIGURE,
        Column("share now", 11),
        Column("base now", 9),
        Column("difference", 18),
        Column("what became of it", MIDDLE),
    )
    return _sheet("Published", "Figures as they were published, beside those of today’s coding.", columns, rows)


def _losses(content: Content) -> Sheet:
    if content.audience == "public" and content.suppress:
        return _sheet("Not coded", "", (), ())
    rows = [
        {"question": table.question or "all open questions", "wave": wave}
        | {wording.STATUS[status]: n for status, n in zip(table.statuses, counts, strict=True)}
        for table in loss_tables(content.losses)
        for wave, counts in table.rows
    ]
    columns = (Column("question", WIDE), Column("wave", 10), *(Column(name, 14) for name in wording.STATUS.values()))
    return _sheet("Not coded", "What became of every cell, by wave and status.", columns, rows)
