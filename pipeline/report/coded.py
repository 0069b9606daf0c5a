"""The open questions: themes with their figures and quotes, and the reasons on each side of a closed question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.evidence.disclosure import attachable
from pipeline.evidence.segments import all_segments
from pipeline.evidence.spans import FRAGMENT, PULL
from pipeline.report import trends, wording
from pipeline.report.checked import flags, rests_on, steadiness
from pipeline.report.closed import side_cells
from pipeline.report.combined import across_questions, with_combined
from pipeline.report.decided import lineage
from pipeline.report.inputs import SIDE, Inputs, known, options_base
from pipeline.report.proposing import contradiction, proposed, taken_to_ask, typical
from pipeline.report.records import (
    Cell,
    Chart,
    OpenQuestion,
    Outlook,
    Part,
    Quote,
    Reasons,
    Row,
    SegmentRow,
    SegmentTable,
    Side,
    ThemeBlock,
)
from pipeline.report.surety import counted_ways, surety
from pipeline.themes.codebook import Theme

ANY = ""


def all_quotes(inputs: Inputs) -> list[Quote]:
    """Give every quote with its wave and what is said of who spoke, best first within its theme."""
    bases: dict[tuple[str, str], tuple[str, int]] = {}
    quotes = []
    records = _few_left_out(inputs, inputs.tables["quotes"].to_dict("records"))
    for row in records:
        wave = inputs.responses.get(row["response_id"], ("", "", ""))[0]
        key = (row["segment"], wave)
        if key not in bases:
            bases[key] = _segment(inputs, row["segment"], wave)
        label, base = bases[key]
        quotes.append(
            Quote(
                quote_id=row["quote_id"],
                theme_id=row["theme_id"],
                question_id=row["question_id"],
                kind=row["kind"],
                response_id=row["response_id"],
                wave=wave,
                segment=row["segment"],
                segment_label=label,
                segment_base=base,
                rank=int(row["rank"]),
                display=wording.tame(row["display"]),
                approved=bool(row["approved"]),
                score=known(row["score"]),
            )
        )
    return sorted(quotes, key=lambda q: (q.theme_id, q.segment != "", q.rank, q.quote_id))


def _few_left_out(inputs: Inputs, records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Take its segments off every quote whose segments, of all its copies together, fewer than ten respondents share.

    This is the one place: pages, review and print take their quotes from here.
    """
    members: dict[tuple[str, str], dict[str, set[str]]] = {}
    for question_id in {row["question_id"] for row in records if row["segment"]}:
        if question_id in inputs.survey.questions:
            table = all_segments(inputs.survey, inputs.tables["closed"], question_id)
            for wave, who, segment in table.itertuples(index=False):
                members.setdefault((question_id, wave), {}).setdefault(segment, set()).add(who)
    carried: dict[str, set[str]] = {}
    for row in records:
        carried.setdefault(row["response_id"], set()).update({_full(row["segment"])} - {""})
    told = []
    for row in records:
        wave = inputs.responses.get(row["response_id"], ("", "", ""))[0]
        groups = members.get((row["question_id"], wave), {})
        told.append(row if attachable(carried[row["response_id"]], groups) else {**row, "segment": ""})
    return told


def _full(segment: str) -> str:
    """A segment with its attribute; a bare name is a side's."""
    return segment if not segment or "=" in segment else f"{SIDE}={segment}"


def _segment(inputs: Inputs, segment: str, wave: str) -> tuple[str, int]:
    """What is said of a segment, and how many respondents it has."""
    if not segment:
        return "", 0
    question_id, equals, value = segment.partition("=")
    if equals and question_id in inputs.survey.closed_items:
        return wording.tame(value), options_base(inputs, question_id, {value}, wave)
    name = value if equals and question_id == SIDE else segment
    for question in inputs.survey.open_questions.values():
        if question.explains and name in question.sides:
            base = options_base(inputs, question.explains, set(question.sides[name]), wave)
            return wording.one_of(wording.tame(name)), base
    return wording.tame(name), 0


def _one_each(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """Each quote once, carrying the first segment that any of its copies names."""
    kept: dict[tuple[str, str], Quote] = {}
    for quote in quotes:
        key = (quote.response_id, quote.display)
        before = kept.get(key)
        if before is None:
            kept[key] = quote
        elif not before.segment_label and quote.segment_label:
            names = ("segment", "segment_label", "segment_base")
            update = {name: getattr(quote, name) for name in names}
            kept[key] = before.model_copy(update=update)
    return tuple(kept.values())


def home_of(inputs: Inputs, theme: Theme) -> str:
    """Say where a theme is told: at its one question, or at all open questions together (the empty string)."""
    asked = [q for q in inputs.survey.open_questions if not theme.questions or q in theme.questions]
    used = [q for q in asked if (q, theme.id, "") in inputs.prevalence]
    if len(used) == 1:
        return used[0]
    if not used and len(asked) == 1:
        return asked[0]
    return ANY


def open_questions(inputs: Inputs, quotes: Sequence[Quote]) -> tuple[OpenQuestion | None, tuple[OpenQuestion, ...]]:
    """Tell every open question, and all of them together where a theme belongs to several."""
    homes: dict[str, list[Theme]] = {}
    for theme in inputs.codebook.themes:
        homes.setdefault(home_of(inputs, theme), []).append(theme)
    questions = tuple(_question(inputs, q, homes.get(q, []), quotes) for q in inputs.survey.open_questions)
    together = ANY in homes or across_questions(inputs)
    overall = _question(inputs, ANY, homes.get(ANY, []), quotes) if together else None
    return overall, questions


def _question(inputs: Inputs, question_id: str, home: Sequence[Theme], quotes: Sequence[Quote]) -> OpenQuestion:
    blocks = [theme_block(inputs, theme, question_id, quotes) for theme in home]
    ranked = sorted(blocks, key=lambda b: (b.role != "overarching", -_share(b.cell)))
    answered = tuple(_answered(inputs, question_id))
    themes = [t for t in inputs.codebook.themes if (question_id, t.id, "") in inputs.prevalence]
    if question_id == ANY:
        themes = [t for t in themes if t in home]
    breaks = trends.breaks(inputs, question_id)
    chart = _theme_chart(
        inputs, question_id, themes, question_id or "all-open-questions", "Share who mention each theme"
    )
    chart = with_combined(inputs, question_id, chart)
    if chart and len(chart.waves) > 1:
        said = [each.sentence for each in trends.crosses(breaks, inputs.waves, *chart.waves[-2:])]
        chart = chart.model_copy(update={"note": " ".join([chart.note, *said])})
    return OpenQuestion(
        id=question_id,
        text=inputs.title(question_id),
        answered=answered,
        sentence="; ".join(f"{cell.wave}: {wording.of_base(cell.n or 0, cell.base)} answered" for cell in answered),
        chart=chart,
        themes=tuple(ranked),
        asks=taken_to_ask(inputs, question_id),
        breaks=breaks,
    )


def _share(cell: Cell | None) -> float:
    return cell.share or 0.0 if cell else 0.0


def _answered(inputs: Inputs, question_id: str) -> list[Cell]:
    responses = inputs.tables["responses"]
    mine = responses if question_id == ANY else responses[responses["question_id"] == question_id]
    asked = mine[mine["status"] != "not_asked"]
    bases = asked.groupby("wave")["respondent_id"].nunique()
    ns = asked[asked["status"] == "answered"].groupby("wave")["respondent_id"].nunique()
    cells = []
    for wave in inputs.waves:
        if base := int(bases.get(wave, 0)):
            n = int(ns.get(wave, 0))
            cells.append(Cell(wave=wave, base=base, n=n, share=n / base))
    return cells


def theme_block(inputs: Inputs, theme: Theme, home: str, quotes: Sequence[Quote]) -> ThemeBlock:
    """Tell one theme at its home."""
    basis, warning = rests_on(inputs, theme)
    history = inputs.cells(home, theme.id)
    cell = history[-1] if history else None
    mine = [q for q in quotes if q.theme_id == theme.id and home in (ANY, q.question_id)]
    asked = [q for q in inputs.survey.open_questions if (q, theme.id, "") in inputs.prevalence]
    parts = [Part(question_id=q, question=inputs.title(q), cell=inputs.cells(q, theme.id)[-1]) for q in asked]
    return ThemeBlock(
        id=theme.id,
        name=theme.name,
        question_id=home,
        role=theme.role,
        group=theme.group,
        lineage=lineage(inputs.codebook).get(theme.id, ""),
        definition=theme.definition,
        include=theme.include,
        exclude=theme.exclude,
        examples=len(theme.examples),
        basis=basis,
        warning=warning,
        flags=flags(inputs, theme),
        cell=cell,
        history=tuple(history),
        sentence=wording.mention(cell) if cell else "Not counted yet.",
        method=wording.method(cell, inputs.params.measure.confidence),
        change=trends.change(inputs, home, theme.id, history),
        tested=inputs.verdict(home, theme.id, cell.wave) if cell else "",
        # What people read altogether does not hang on what a machine would find.
        stability=steadiness(inputs, theme) if cell and cell.method != "person" else "",
        surety=surety(inputs, home, theme.id, cell),
        ways=counted_ways(inputs, home, theme.id, cell.wave) if cell else (),
        parts=tuple(parts) if home == ANY else (),
        segments=_segments(inputs, theme, home, cell),
        quotes=_one_each([q for q in mine if q.kind == PULL]),
        fragments=_one_each([q for q in mine if q.kind == FRAGMENT]),
        proposed=proposed(inputs, theme.id, [home] if home else asked, cell.wave, _one_each(mine)) if cell else None,
    )


def _segments(inputs: Inputs, theme: Theme, home: str, cell: Cell | None) -> tuple[SegmentTable, ...]:
    if cell is None:
        return ()
    found: dict[str, list[SegmentRow]] = {}
    hidden: dict[str, int] = {}
    for (question_id, theme_id, segment), cells in inputs.prevalence.items():
        attribute, equals, value = segment.partition("=")
        if (question_id, theme_id) != (home, theme.id) or not equals or cell.wave not in cells:
            continue
        if attribute == SIDE and SIDE not in inputs.survey.questions:
            continue
        mine = cells[cell.wave]
        if mine.base < inputs.params.measure.min_segment:
            hidden[attribute] = hidden.get(attribute, 0) + 1
        else:
            against = inputs.tested(home, theme.id, cell.wave, segment)
            row = SegmentRow(value=wording.tame(value), cell=mine, against=against)
            found.setdefault(attribute, []).append(row)
    return tuple(
        SegmentTable(
            attribute_id=attribute,
            title=inputs.title(attribute),
            rows=tuple(sorted(rows, key=lambda r: (-(r.cell.share or 0.0), r.value))),
            hidden=hidden.get(attribute, 0),
        )
        for attribute, rows in sorted(found.items(), key=lambda item: _place(inputs, item[0]))
    )


def _place(inputs: Inputs, question_id: str) -> int:
    return [*inputs.survey.closed_items, question_id].index(question_id)


def _theme_chart(inputs: Inputs, question_id: str, themes: Sequence[Theme], key: str, title: str) -> Chart | None:
    histories = {t.id: {c.wave: c for c in inputs.cells(question_id, t.id)} for t in themes}
    waves = [w for w in inputs.waves if any(w in cells for cells in histories.values())]
    if not waves:
        return None
    names = {t.id: t.name for t in themes}
    ranked = sorted(histories, key=lambda t: (-_share(histories[t].get(waves[-1])), names[t]))
    rows = tuple(Row(key=t, label=names[t], cells=tuple(histories[t].get(w) for w in waves)) for t in ranked)
    base = max(cell.base for cell in histories[ranked[0]].values()) if len(waves) == 1 else None
    latest = [c for t in ranked if (c := histories[t].get(waves[-1]))]
    base = latest[0].base if latest else base or 0
    methods = sorted({wording.METHOD[c.method] for c in latest})
    answered = next((cell.n or 0 for cell in _answered(inputs, question_id) if cell.wave == waves[-1]), 0)
    note = f"{wording.codable(base, answered, waves[-1])} {' '.join(methods)}"
    return Chart(key=key, title=title, kind="themes", waves=tuple(waves), rows=rows, note=note)


def outlooks(inputs: Inputs, charts: Sequence[Chart], quotes: Sequence[Quote]) -> tuple[Outlook, ...]:
    """Put each explained closed question beside the reasons that its open question gives."""
    by_key = {chart.key: chart for chart in charts}
    found = []
    for open_id, question in inputs.survey.open_questions.items():
        chart = by_key.get(question.explains)
        if chart is None or not chart.rows:
            continue
        sides = _sides(inputs, open_id, chart, quotes)
        named = [side.cell for side in sides]
        rest = None
        if named and (left := 1 - sum(cell.share or 0.0 for cell in named)) > 1e-9:
            n = named[0].base - sum(cell.n or 0 for cell in named)
            rest = Cell(wave=named[0].wave, base=named[0].base, n=max(n, 0), share=left)
        reasons, method = _reasons(inputs, open_id, [side.name for side in sides])
        found.append(
            Outlook(
                question_id=chart.key,
                question=chart.title,
                open_id=open_id,
                open_text=inputs.title(open_id),
                heading=wording.outlook_heading(chart.title, [side.name for side in sides]),
                chart=chart,
                sides=sides,
                rest=rest,
                reasons=reasons,
                method=method,
                typical=typical([t for r in reasons for t in r.by_side], inputs.params.measure.min_segment),
                contradiction=contradiction(inputs, open_id),
            )
        )
    return tuple(found)


def _sides(inputs: Inputs, open_id: str, chart: Chart, quotes: Sequence[Quote]) -> tuple[Side, ...]:
    sides = []
    for name, options in inputs.survey.questions[open_id].sides.items():
        cells = side_cells(inputs, chart.key, name)
        if not cells:
            continue
        cell = cells[-1]
        label = wording.tame(name)
        mine = [q for q in quotes if q.question_id == open_id and q.segment in (name, f"{SIDE}={name}")]
        previous = cells[-2] if len(cells) > 1 else None
        change = ""
        if previous and previous.share is not None and cell.share is not None:
            change = "; " + wording.change(cell.share - previous.share, previous.wave)
            change += trends.since(inputs, chart.key, previous.wave, cell.wave)
        sides.append(
            Side(
                name=label,
                options=tuple(wording.tame(o) for o in options),
                cell=cell,
                sentence=f"{wording.of_cell(cell)} in {cell.wave}{change}",
                quotes=_one_each(sorted(mine, key=lambda q: (q.rank, q.quote_id))),
            )
        )
    return tuple(sides)


def _reasons(inputs: Inputs, open_id: str, sides: Sequence[str]) -> tuple[tuple[Reasons, ...], str]:
    themes = [t for t in inputs.codebook.for_question(open_id) if (open_id, t.id, "") in inputs.prevalence]
    grouped = any(t.group for t in themes)
    groups: dict[str, list[Theme]] = {}
    for theme in themes:
        groups.setdefault(theme.group or ("Other reasons" if grouped else "Reasons"), []).append(theme)
    reasons = []
    method = ""
    for i, (name, members) in enumerate(groups.items(), 1):
        chart = _theme_chart(inputs, open_id, members, f"{open_id}-group-{i}", name)
        if chart is None:
            continue
        method = chart.note
        reasons.append(Reasons(name=name, chart=chart, by_side=_by_side(inputs, open_id, members, sides)))
    return tuple(reasons), method


def _by_side(inputs: Inputs, open_id: str, themes: Sequence[Theme], sides: Sequence[str]) -> tuple[SegmentTable, ...]:
    tables = []
    for theme in themes:
        rows = [
            SegmentRow(value=side, cell=cells[-1], against=inputs.tested(open_id, theme.id, cells[-1].wave, segment))
            for side in sides
            if (cells := inputs.cells(open_id, theme.id, segment := f"{SIDE}={side}"))
        ]
        if rows:
            tables.append(SegmentTable(attribute_id=theme.id, title=theme.name, rows=tuple(rows)))
    return tuple(tables)
