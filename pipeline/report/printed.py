"""Figures as print shows them: bars that are their own tables, and tables by wave, group and side."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.report import wording
from pipeline.report.drawn import MOST_BARS, shown_rows
from pipeline.report.pieces import Bar, Bars, Piece, Quoted, Table, words
from pipeline.report.records import Cell, Chart, Content, Outlook, Quote, Reasons, Row, ThemeBlock

HIDDEN = "[c]"
FEW = "[u]"
WAVES_BESIDE_BARS, WAVES_IN_TABLE = 3, 6
_ISOLATES, _EMBEDDINGS = "\u2066\u2067\u2068", "\u202a\u202b\u202d\u202e"


def closed(text: str) -> str:
    """Close what direction marks a text leaves open, so that they end with it.

    Examples
    --------
    >>> closed("\\u202eabc") == "\\u202eabc\\u202c", closed("abc")
    (True, 'abc')
    """
    text = wording.tame(text)
    waiting: list[str] = []
    for sign in text:
        if sign in _ISOLATES:
            waiting.append("\u2069")
        elif sign in _EMBEDDINGS:
            waiting.append("\u202c")
        elif sign == "\u2069" and "\u2069" in waiting:
            while waiting.pop() != sign:
                pass
        elif sign == "\u202c" and waiting[-1:] == [sign]:
            waiting.pop()
    return text + "".join(reversed(waiting))


def cell_text(cell: Cell | None, counts: bool = True) -> str:
    """Say one figure in a table, as the page does.

    Examples
    --------
    >>> cell_text(Cell(wave="2026", base=100, n=31, share=0.31)).replace(wording.NBSP, " "), cell_text(None)
    ('31 % (31)', '–')
    """
    if cell is None:
        return "–"
    if cell.hidden:
        return HIDDEN
    if cell.share is None:
        return "fewer than 5" if cell.n is None and cell.base else "–"
    said = wording.short_percent(cell.share)
    if counts and cell.n is not None:
        said += f" ({wording.number(cell.n)})"
    if cell.low is not None and not cell.method:
        said += f" {wording.interval(cell)}"
    return said


def big_text(cell: Cell | None) -> str:
    """Say a share in large type."""
    if cell is None or cell.share is None:
        return "not shown" if cell is not None and cell.hidden else "not counted"
    return wording.short_percent(cell.share)


def quoted(quote: Quote, tone: str = "") -> Quoted:
    """Give a quote with what is said of who spoke."""
    return Quoted(closed(quote.display), closed(quote.attribution), tone)


def bars(chart: Chart, most: int | None = None, tone: str = "", waves: int = WAVES_BESIDE_BARS) -> Bars:
    """Draw the latest wave of a chart, with the figures of the last waves beside it; all rows, or the first `most`."""
    rows = [*chart.rows, *chart.nets] if most is None else list(shown_rows(chart, most))[:most]
    shown = chart.waves[-waves:]
    caption = "Share of respondents, with their number in brackets"
    if len(chart.waves) > 1:
        caption += f"; bars show {chart.waves[-1]}"
    nets = chart.nets if most is None else ()
    return Bars(
        caption,
        ("Theme" if chart.kind == "themes" else "Answer", *shown),
        tuple(_bar(row, len(shown), "net" if row in nets else tone) for row in rows),
        f", the mark on them {chart.waves[-2]}" if len(chart.waves) > 1 else "",
    )


def _bar(row: Row, waves: int, tone: str) -> Bar:
    latest = row.latest.share if row.latest and not row.folded else None
    before = row.cells[-2].share if len(row.cells) > 1 and row.cells[-2] else None
    cells = (row.cells or (None,) * waves)[-waves:]
    return Bar(closed(row.label), latest, before if latest is not None else None, tuple(map(cell_text, cells)), tone)


def chart(drawn: Chart, tone: str = "") -> list[Piece]:
    """Give a chart as print shows it: its figure, what it is of, and every wave where there are many."""
    if drawn.numbers:
        return [words(wording.numeric(line)) for line in drawn.numbers]
    pieces: list[Piece] = [words(closed(drawn.note), "note")] if drawn.note else []
    pieces.append(bars(drawn, tone=tone))
    if drawn.nets:
        pieces.append(words("The lighter bars count several of these answers together.", "note"))
    if len(drawn.waves) > WAVES_BESIDE_BARS:
        pieces += by_wave(drawn)
    pieces += [
        words(closed(f"{net.label}: {'; '.join(net.parts)}."), "note")
        for net in drawn.nets
        if net.label.lower() != " or ".join(net.parts).lower()
    ]
    if drawn.left_out:
        left = wording.counted(drawn.left_out, "more answer")
        pieces.append(words(f"{left}, each given less often, are not shown.", "note"))
    return pieces


def chart_in_short(drawn: Chart) -> list[Piece]:
    """Give a chart as it stands within a text: its latest waves, and the rows that are drawn on the page."""
    if drawn.numbers:
        return chart(drawn)
    notes: list[Piece] = [words(closed(drawn.note), "note")] if drawn.note else []
    return [*notes, bars(drawn, MOST_BARS)]


def by_wave(drawn: Chart) -> list[Piece]:
    """Give a chart's figures for every wave, in tables of a few waves each."""
    tables: list[Piece] = []
    for at in range(0, len(drawn.waves), WAVES_IN_TABLE):
        shown = slice(at, at + WAVES_IN_TABLE)
        waves = drawn.waves[shown]
        rows = tuple(
            (closed(row.label), *(cell_text(cell) for cell in (row.cells or (None,) * len(drawn.waves))[shown]))
            for row in (*drawn.rows, *drawn.nets)
        )
        head = ("Theme" if drawn.kind == "themes" else "Answer", *waves)
        span = f"{waves[0]} to {waves[-1]}" if len(waves) > 1 else waves[0]
        tables.append(Table(f"Every wave, {span}: shares, with the number of respondents in brackets", head, rows))
    return tables


def theme_tables(theme: ThemeBlock, content: Content) -> list[Piece]:
    """Give a theme by wave, by question and by group."""
    pieces: list[Piece] = []
    if len(theme.history) > 1:
        for at in range(0, len(theme.history), WAVES_IN_TABLE):
            cells = theme.history[at : at + WAVES_IN_TABLE]
            rows = [("Share", *(cell_text(cell) for cell in cells))]
            if any(cell.low is not None for cell in cells):
                rows.append(("Interval", *(wording.interval(cell) or "–" for cell in cells)))
            rows.append(("Base", *(wording.number(cell.base) for cell in cells)))
            pieces.append(Table("By wave", ("", *(cell.wave for cell in cells)), tuple(rows)))
    if len(theme.parts) > 1:
        rows = [
            (closed(part.question), part.cell.wave, cell_text(part.cell), wording.number(part.cell.base))
            for part in theme.parts
        ]
        pieces.append(Table("By question", ("Question", "Wave", "Share", "Base"), tuple(rows)))
    return pieces + _groups(theme, content)


def _groups(theme: ThemeBlock, content: Content) -> list[Piece]:
    rows, notes = [], []
    against = any(row.against for table in theme.segments for row in table.rows)
    few = False
    for table in theme.segments:
        for row in table.rows:
            small = row.cell.base < content.flag_segment and row.cell.share is not None
            few = few or small
            said = cell_text(row.cell) + (f" {FEW}" if small else "")
            cells = (closed(f"{table.title}: {row.value}"), said, wording.number(row.cell.base))
            rows.append((*cells, row.against or "–") if against else cells)
        if table.hidden:
            are = "group is" if table.hidden == 1 else "groups are"
            notes.append(
                f"{closed(table.title)}: {table.hidden} {are} not shown, so that nobody’s answers can be worked out."
            )
    if not rows:
        return [words(" ".join(notes), "note")] if notes else []
    if few:
        notes.append(f"{FEW} few respondents, under {content.flag_segment}: read with care.")
    wave = f", {theme.cell.wave}" if theme.cell else ""
    head = ("Group", "Share", "Base", *(("Against the others",) if against else ()))
    pieces: list[Piece] = [Table(f"By group{wave}", head, tuple(rows), (3,) if against else ())]
    return pieces + ([words(" ".join(notes), "note")] if notes else [])


def sides(view: Outlook) -> Bars:
    """Draw the sides of a question, one bar each."""
    rows = [
        Bar(closed(side.name[:1].upper() + side.name[1:]), side.cell.share, None, (cell_text(side.cell),), f"side-{i}")
        for i, side in enumerate(view.sides)
    ]
    if view.rest is not None:
        rows.append(Bar("Neither, or another answer", view.rest.share, None, (cell_text(view.rest),), "rest"))
    wave = view.sides[0].cell.wave
    return Bars(f"Share of those who answered in {wave}", ("Side", wave), tuple(rows))


def by_side(group: Reasons, names: Sequence[str]) -> list[Piece]:
    """Give the reasons of one group by side."""
    if not group.by_side:
        return []
    rows = []
    for table in group.by_side:
        own = {row.value: row.cell for row in table.rows}
        said = [f"{cell_text(own[name])} of {wording.number(own[name].base)}" if name in own else "–" for name in names]
        rows.append((closed(table.title), *said))
    caption = "Share who mention each reason, of those on each side who answered"
    return [Table(caption, ("Theme", *map(closed, names)), tuple(rows))]
