"""The summary of two pages that comes first in print and can be handed out alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from pipeline.report import printed, wording
from pipeline.report.chapters import lead
from pipeline.report.pieces import Big, Heading, Paragraph, Piece, Quoted, Run, words
from pipeline.report.records import Chart, Content, Headline, OpenQuestion, Outlook, ThemeBlock

SHORT, LONG = 90, 240
WAVES = 3
FEW = 2  # headlines that leave the first page half empty


class Room(NamedTuple):
    """How much the two pages hold: headlines, bars, reasons of a side, themes, letters of a quote and of a text."""

    headlines: int = 5
    bars: int = 6
    reasons: int = 3
    themes: int = 8
    quote: int = 260
    text: int = 600


def rooms_first() -> Iterator[Room]:
    """The fillings of the first page to try, the fullest first."""
    for headlines in (5, 4, 3, 2, 1, 0):
        yield Room(headlines=headlines)
    # A title of several lines in a wide font leaves room for little else.
    for text in (300, 150, 60):
        yield Room(headlines=0, text=text)


def rooms_second(room: Room) -> Iterator[Room]:
    """The fillings of the second page to try, the fullest first."""
    for themes, bars, reasons, quote in (
        *((themes, 6, 3, 260) for themes in (8, 7, 6, 5)),
        *((themes, 5, 2, 200) for themes in (5, 4)),
        *((themes, 4, 2, 140) for themes in (4, 3)),
        (3, 3, 1, 100),
        (2, 3, 1, 0),
        (1, 1, 0, 0),
    ):
        yield room._replace(themes=themes, bars=bars, reasons=reasons, quote=quote)


def first_page(content: Content, room: Room) -> tuple[Piece, ...]:
    """Say what was asked of whom and when, with the headline figures."""
    pieces: list[Piece] = []
    if content.note:
        pieces.append(words(short(content.note, min(400, room.text)), "callout"))
    told, asked = short(lead(content), room.text), short(" ".join(content.summary), room.text)
    pieces += [words(told, "lead"), words(asked)] if told and not content.drafted else [words(asked, "lead")]
    waves = content.waves[-WAVES:]
    runs: list[Run] = []
    for wave in waves:
        runs += [Run("", "break")] * bool(runs) + [Run(short(wave.sentence, 160))]
    if len(content.waves) > WAVES:
        runs += [Run("", "break"), Run(f"Earlier: {short(', '.join(w.id for w in content.waves[:-WAVES]), 160)}")]
    pieces += [Paragraph(tuple(runs)), words(content.sampling, "note")]
    headlines = content.headlines[: room.headlines]
    if headlines:
        pieces.append(Heading(2, "At a glance"))
        pieces += [headline(h) for h in headlines]
        if any(h.previous for h in headlines):
            pieces.append(words("The upright mark on a bar is the wave before.", "marks"))
    if len(headlines) <= FEW and (drawn := _leading(content)):
        question, chart = drawn
        pieces += [Heading(2, short(question.text)), *_drawn(chart, 2 * room.headlines + 2)]
    return tuple(pieces)


def second_page(content: Content, room: Room) -> tuple[Piece, ...]:
    """Say what gets in the way, the outlook, and the themes with a quote each."""
    pieces: list[Piece] = []
    if content.choices:
        chart = content.choices[0]
        pieces.append(Heading(2, wording.choices_heading([chart.title])))
        pieces += [words(short(chart.title), "note"), *_drawn(chart, room.bars)]
    for view in content.outlooks[:1]:
        pieces += _outlook(view, room)
    told = themes(content)[: room.themes]
    if told:
        pieces.append(Heading(2, "In people’s own words"))
        pieces += [_theme(theme, content, room.quote) for theme in told]
        pieces.append(words(_whose(told), "note"))
    elif content.provisional:
        pieces.append(words("No themes have been settled yet, so answers in people’s own words are not reported here."))
    return tuple(pieces)


def headline(told: Headline) -> Big:
    """Give a headline as a large figure."""
    before = told.previous.share if told.previous else None
    note = short(f"{told.of}; {told.change}" if told.change else told.of, 160)
    return Big(told.figure, short(told.answer), short(told.question, 140), told.cell.share, before, note)


def short(text: str, most: int = SHORT) -> str:
    """Give a text in one line for a page of fixed size."""
    return wording.plain(text, most)


def themes(content: Content) -> list[ThemeBlock]:
    """The themes to tell, overarching ones first and then by their share; reasons for an outlook stand beside it."""
    explained = {view.open_id for view in content.outlooks[:1]}
    told = [t for t in content.themes if t.cell and t.cell.share]
    return sorted(
        [t for t in told if t.question_id not in explained] or told,
        key=lambda t: (t.role != "overarching", -((t.cell.share if t.cell else 0.0) or 0.0)),
    )


def _leading(content: Content) -> tuple[OpenQuestion, Chart] | None:
    """The question whose themes stand on the first page where no closed question gives a headline."""
    questions = ((content.overall,) if content.overall else ()) + content.questions
    return next(((q, q.chart) for q in questions if q.chart and len(q.chart.rows) > 1), None)


def _drawn(chart: Chart, most: int) -> list[Piece]:
    drawn = printed.bars(chart, most, waves=2)
    rows = tuple(replace(row, label=short(row.label)) for row in drawn.rows)
    return [replace(drawn, rows=rows)] if rows else []


def _outlook(view: Outlook, room: Room) -> list[Piece]:
    pieces: list[Piece] = [Heading(2, view.heading), words(short(view.question), "note")]
    if view.sides:
        pieces.append(printed.sides(view))
    else:
        pieces += _drawn(view.chart, room.bars)
    for group in view.reasons[:2] if room.reasons else ():
        rows = [row for row in group.chart.rows if row.latest and row.latest.share and not row.parts]
        said = [f"{short(row.label, 60)} ({wording.short_percent(row.latest.share)})" for row in rows if row.latest]
        if said:
            name = Run(f"{short(group.name, 60)}: ", "strong")
            pieces.append(Paragraph((name, Run("; ".join(said[: room.reasons]) + "."))))
    return pieces


def _theme(theme: ThemeBlock, content: Content, most: int) -> Big:
    fitting = [quote for quote in theme.quotes if quote.approved and len(quote.display) <= most]
    quote = None
    if fitting:
        told = printed.quoted(fitting[0])
        quote = Quoted(told.text, short(told.said), told.tone)
    under = short(theme.definition, LONG) if quote is None else ""
    return Big(printed.big_text(theme.cell), short(theme.name, SHORT), under, quote=quote)


def _whose(told: list[ThemeBlock]) -> str:
    """What the shares of themes are of, and how they were counted."""
    methods = dict.fromkeys(wording.METHOD.get(t.cell.method, "") for t in told if t.cell)
    waves = dict.fromkeys(t.cell.wave for t in told if t.cell)
    return f"Share of those who wrote a codable answer, {', '.join(waves)}. {' '.join(methods)}".strip()
