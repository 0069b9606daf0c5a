"""Suppression on the public content: which counts it shows, what is known of them, and the page without the small."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from pipeline.evidence.suppression import Count, Exposed, Key, Relation, suppress
from pipeline.report import wording
from pipeline.report.methods import outside
from pipeline.report.records import Cell, Chart, Content, Headline, OpenQuestion, Outlook, Release, Row, ThemeBlock
from pipeline.report.sealed import sealed

Change = Callable[[Key, Cell], Cell | None]
FEWEST = 5
NOT_SHOWN = "How many mention it is not shown, so that nobody’s answer can be worked out from small numbers."


def conceal(public: Content, internal: Content) -> Content:
    """Hide every count under ``suppress`` on the public page, and others so that none can be worked out.

    Figures of a base under twice ``suppress`` go altogether, and so do counts that are of cells, not respondents.

    Parameters
    ----------
    public : Content
        With everything else removed that is not for outside.
    internal : Content
        What it was made from: the counts that the public page leaves out.

    Returns
    -------
    Content
        Hidden cells have ``hidden`` set and no figure, and no sentence speaks of them. Among shown ones they stand
        last, by name, since a place among figures would tell their size.
    """
    under = internal.suppress
    public = _mapped(_bare(public, internal), lambda _, cell: None if cell.base < 2 * under else cell)
    truth: dict[Key, Cell] = {}
    _mapped(internal, lambda key, cell: truth.setdefault(key, cell))
    while True:
        counts, relations = _known(public, internal, truth)
        try:
            hidden = suppress(counts, relations, under).hidden
            break
        except Exposed as exposed:
            # Whatever is hidden of this question and wave, or this theme, something would be left to work out.
            gone = exposed.key[:3]
            public = _mapped(public, lambda key, cell, gone=gone: None if key[:3] == gone else cell)  # type: ignore[misc]
    passed: list[Cell] = []

    def hide(key: Key, cell: Cell) -> Cell:
        if key in counts and key not in hidden and cell.share is not None and not _estimated_few(cell, under):
            passed.append(cell)
            return cell
        return Cell(wave=cell.wave, base=cell.base, method=cell.method, hidden=True)

    return sealed(_reworded(_mapped(public, hide), internal), passed)


def _estimated_few(cell: Cell, under: int) -> bool:
    """Whether the share as it is printed, weighted or corrected, comes to a small count."""
    estimate = (cell.share or 0.0) * cell.base
    return min(estimate, cell.base - estimate) < under - 0.5


def _bare(public: Content, internal: Content) -> Content:
    """Leave out whatever has counts of its own of which too little is known here, and figures of folded options."""
    charts = {name: tuple(map(_unfolded, getattr(public, name))) for name in ("who", "choices", "closed")}
    outlooks = tuple(view.model_copy(update={"chart": _unfolded(view.chart)}) for view in public.outlooks)
    # Other headlines are chosen by their size, which tells something of the answers beside them.
    scales = {c.key for c in internal.closed if c.kind == "ordinal" and any(map(str.isalpha, c.rows[0].label))}
    heads = tuple(h for h in public.headlines if h.question_id in scales)
    update = {
        "headlines": heads,
        "crosses": (),
        "losses": (),
        "uncoded": 0,
        "unclaimed": 0,
        "unclaimed_of": 0,
        "unexplained": 0,
        "outlooks": outlooks,
        "overall": _lone(public.overall) if public.overall else None,
        "questions": tuple(map(_lone, public.questions)),
        "methods": outside(public.methods, measured=False),
        **charts,
    }
    return public.model_copy(update=update)


def _lone(question: OpenQuestion) -> OpenQuestion:
    """Leave out combined themes, and how many propose something."""
    themes = tuple(theme.model_copy(update={"proposed": None}) for theme in question.themes)
    chart = question.chart
    if chart:
        note = chart.note
        for row in chart.rows:
            if row.parts:
                note = note.replace(f"“{row.label}” counts whoever mentions any of: {'; '.join(row.parts)}.", "")
        alone = tuple(row for row in chart.rows if not row.parts)
        chart = chart.model_copy(update={"rows": alone, "note": note.replace("  ", " ").strip()})
    return question.model_copy(update={"themes": themes, "chart": chart})


def _unfolded(chart: Chart) -> Chart:
    rows = tuple(
        row.model_copy(update={"cells": (None,) * len(row.cells), "label": "other answers, each given by few"})
        if row.folded
        else row
        for row in chart.rows
    )
    return chart.model_copy(update={"rows": rows, "nets": (), "numbers": ()})


def _option(item: str, wave: str, labels: Iterable[str]) -> Key:
    return ("option", item, wave, *sorted(set(labels)))


def _theme(question: str, theme: str, wave: str, segment: str = "") -> Key:
    return ("theme", question, theme, wave, segment)


def _mapped(content: Content, change: Change) -> Content:
    """Give the content with every cell changed; whatever loses its cell goes."""
    charts = {name: _charts(getattr(content, name), change) for name in ("who", "choices", "closed")}
    return content.model_copy(
        update={
            **charts,
            "headlines": tuple(h for each in content.headlines if (h := _headline(each, change))),
            "outlooks": tuple(v for each in content.outlooks if (v := _outlook(each, change))),
            "overall": _question(content.overall, change) if content.overall else None,
            "questions": tuple(_question(each, change) for each in content.questions),
            "releases": tuple(_release(each, change) for each in content.releases),
        }
    )


def _charts(charts: Iterable[Chart], change: Change) -> tuple[Chart, ...]:
    mapped = (_closed(chart, change) for chart in charts)
    return tuple(chart for chart in mapped if any(row.latest for row in chart.rows))


def _closed(chart: Chart, change: Change) -> Chart:
    return _rows(chart, lambda row, cell: change(_option(chart.key, cell.wave, [row.label]), cell))


def _rows(chart: Chart, change: Callable[[Row, Cell], Cell | None]) -> Chart:
    rows = tuple(
        row.model_copy(update={"cells": tuple(change(row, cell) if cell else None for cell in row.cells)})
        for row in chart.rows
    )
    return chart.model_copy(update={"rows": rows})


def _headline(headline: Headline, change: Change) -> Headline | None:
    def changed(cell: Cell | None) -> Cell | None:
        return change(_option(headline.question_id, cell.wave, headline.options), cell) if cell else None

    cell = changed(headline.cell)
    return headline.model_copy(update={"cell": cell, "previous": changed(headline.previous)}) if cell else None


def _themes_chart(question: str, chart: Chart | None, change: Change) -> Chart | None:
    if chart is None:
        return None
    chart = chart.model_copy(update={"nets": ()})
    chart = _rows(chart, lambda row, cell: change(_theme(question, row.key, cell.wave), cell))
    return chart if any(cell for row in chart.rows for cell in row.cells) else None


def _outlook(view: Outlook, change: Change) -> Outlook | None:
    chart = _closed(view.chart, change)
    if not any(row.latest for row in chart.rows):
        return None
    sides = tuple(
        side.model_copy(update={"cell": cell})
        for side in view.sides
        if (cell := change(_option(view.question_id, side.cell.wave, side.options), side.cell))
    )
    named = {option for side in view.sides for option in side.options}
    others = [row.label for row in view.chart.rows if row.label not in named] + ["(others)"]
    rest = change(_option(view.question_id, view.rest.wave, others), view.rest) if view.rest else None
    reasons = []
    for group in view.reasons:
        found = _themes_chart(view.open_id, group.chart, change)
        tables = []
        for table in group.by_side:
            rows = tuple(
                row.model_copy(update={"cell": cell})
                for row in table.rows
                if (
                    cell := change(
                        _theme(view.open_id, table.attribute_id, row.cell.wave, f"side={row.value}"), row.cell
                    )
                )
            )
            tables += [table.model_copy(update={"rows": rows})] if rows else []
        if found:
            reasons.append(group.model_copy(update={"chart": found, "by_side": tuple(tables)}))
    return view.model_copy(update={"chart": chart, "sides": sides, "rest": rest, "reasons": tuple(reasons)})


def _question(question: OpenQuestion, change: Change) -> OpenQuestion:
    blocks = tuple(_block(theme, change) for theme in question.themes)
    chart = _themes_chart(question.id, question.chart, change)
    return question.model_copy(update={"chart": chart, "themes": blocks})


def _block(theme: ThemeBlock, change: Change) -> ThemeBlock:
    home = theme.question_id

    def changed(cell: Cell, question: str = home, segment: str = "") -> Cell | None:
        return change(_theme(question, theme.id, cell.wave, segment), cell)

    segments = []
    for table in theme.segments:
        rows = tuple(
            row.model_copy(update={"cell": cell})
            for row in table.rows
            if (cell := changed(row.cell, segment=f"{table.attribute_id}={row.value}"))
        )
        segments += [table.model_copy(update={"rows": rows})] if rows else []
    return theme.model_copy(
        update={
            "cell": changed(theme.cell) if theme.cell else None,
            "history": tuple(cell for each in theme.history if (cell := changed(each))),
            "parts": tuple(
                part.model_copy(update={"cell": cell})
                for part in theme.parts
                if (cell := changed(part.cell, part.question_id))
            ),
            "segments": tuple(segments),
        }
    )


def _release(release: Release, change: Change) -> Release:
    rows = []
    for row in release.rows:
        key = ("published", release.name, row.question_id, row.theme_id, row.published.wave)
        then = change(key, row.published)
        now = change(_theme(row.question_id, row.now_id, row.now.wave), row.now) if row.now else None
        if then:
            rows.append(row.model_copy(update={"published": then, "now": now}))
    return release.model_copy(update={"rows": tuple(rows)})


def _known(public: Content, internal: Content, truth: dict[Key, Cell]) -> tuple[dict[Key, Count], list[Relation]]:
    """Give every count that is shown or can be worked out, and what is known of them together."""
    shown: dict[Key, Cell] = {}

    def note(key: Key, cell: Cell) -> Cell:
        if cell.share is not None:
            shown[key] = cell
        return cell

    _mapped(public, note)
    lows = _quoted(internal)
    counts = {
        key: Count(int(truth[key].n or 0), truth[key].base, low=min(lows.get(key, 0), int(truth[key].n or 0)))
        for key in shown
        if key in truth and truth[key].n is not None
    }
    relations: list[Relation] = []
    _of_options(internal, counts, relations)
    _of_folds(public, internal, counts, relations)
    _of_groups(public, counts, relations)
    _of_segments(public, internal, counts, relations)
    _of_questions(public, counts, relations)
    _of_releases(public, counts, relations)
    return counts, relations


def _quoted(internal: Content) -> dict[Key, int]:
    """How many respondents at least raise a theme, since so many are quoted."""
    quotes = [q for theme in internal.themes for q in (*theme.quotes, *theme.fragments)]
    quotes += [q for view in internal.outlooks for side in view.sides for q in side.quotes]
    found: dict[Key, set[str]] = {}
    for quote in quotes:
        if quote.approved:
            for question in ("", quote.question_id):
                for segment in {"", quote.segment}:
                    key = _theme(question, quote.theme_id, quote.wave, segment)
                    found.setdefault(key, set()).add(quote.response_id)
    return {key: len(who) for key, who in found.items()}


def _of_options(internal: Content, counts: dict[Key, Count], relations: list[Relation]) -> None:
    """Options of one answer add up to the base; boxes, sides and the rest add up from options."""
    originals = {c.key: c for c in (*internal.who, *internal.choices, *internal.closed)}
    originals |= {view.chart.key: view.chart for view in internal.outlooks}
    sums = {key for key in counts if key[0] == "option" and len(key) > 4}
    for item, wave in sorted({(key[1], key[2]) for key in counts if key[0] == "option"}):
        chart = originals[item]
        cells = {row.label: c for row in chart.rows for c in row.cells if c and c.wave == wave}
        keys = {label: _option(item, wave, [label]) for label in cells}
        base = max(cell.base for cell in cells.values())
        for label, cell in cells.items():
            counts.setdefault(keys[label], Count(int(cell.n or 0), base, shown=False))
        total = sum(int(cell.n or 0) for cell in cells.values())
        if chart.kind == "multi":
            if not chart.left_out:
                relations.append(Relation(dict.fromkeys(keys.values(), 1), min(base, total), base * len(keys)))
            continue
        parts = dict.fromkeys(keys.values(), 1)
        other = _option(item, wave, ["(others)"])
        if chart.left_out:
            counts[other] = Count(max(base - total, 0), base, shown=False)
            parts[other] = 1
        exact = max(base, total)
        relations.append(Relation(parts, min(base, exact), exact))
        for key in sorted(each for each in sums if each[1:3] == (item, wave)):
            atoms = [_option(item, wave, [label]) for label in key[3:] if label != "(others)"]
            atoms += [other] if "(others)" in key and chart.left_out else []
            whole = sum(counts[atom].n for atom in atoms if atom in counts)
            gap = counts[key].n - whole
            relations.append(Relation({key: 1, **{atom: -1 for atom in atoms if atom in counts}}, gap, gap))


def _of_folds(public: Content, internal: Content, counts: Mapping[Key, Count], relations: list[Relation]) -> None:
    """Options of the latest wave are folded because few chose them; those that are not were chosen by more."""
    under = internal.suppress
    fewest = max(FEWEST, under)
    attributes = max(fewest, internal.min_segment, 2 * under)
    kept: dict[str, set[str]] = {}
    charts = (*public.who, *public.choices, *public.closed, *(view.chart for view in public.outlooks))
    for chart in charts:
        kept[chart.key] = {row.label for row in chart.rows if not row.folded}
    for chart in charts:
        least = attributes if chart.attribute else fewest
        for key in [key for key in counts if key[:3] == ("option", chart.key, chart.waves[-1]) and len(key) == 4]:
            if key[3] == "(others)":
                continue
            n, base = counts[key].n, counts[key].base
            chosen = key[3] in kept[chart.key]
            low, high = (min(least, n), max(base, n)) if chosen else (0, max(least - 1, n))
            relations.append(Relation({key: 1}, low, high))


def _of_groups(public: Content, counts: Mapping[Key, Count], relations: list[Relation]) -> None:
    """A group has at least as many respondents as are said to have answered the open question."""

    def at_least(key: Key, base: int) -> None:
        if (count := counts.get(key)) is not None:
            relations.append(Relation({key: 1}, min(base, count.n), max(count.base, count.n)))

    for theme in public.themes:
        for table in theme.segments:
            for row in table.rows:
                at_least(_option(table.attribute_id, row.cell.wave, [row.value]), row.cell.base)
    for view in public.outlooks:
        options = {side.name: side.options for side in view.sides}
        for table in (table for group in view.reasons for table in group.by_side):
            for row in table.rows:
                at_least(_option(view.question_id, row.cell.wave, options.get(row.value, ())), row.cell.base)


def _of_segments(public: Content, internal: Content, counts: dict[Key, Count], relations: list[Relation]) -> None:
    """The values of an attribute, or the sides, and those outside of them add up to everybody."""
    overlapping = {chart.key for chart in internal.who if chart.kind == "multi"}
    groups: dict[tuple[Key, str], list[Key]] = {}
    for key in counts:
        if key[0] == "theme" and key[4]:
            attribute = key[4].partition("=")[0]
            groups.setdefault(((*key[:4], ""), attribute), []).append(key)
    for (whole, attribute), parts in sorted(groups.items()):
        if whole not in counts:
            continue
        base, n = counts[whole].base, counts[whole].n
        for part in parts:
            outside = base - counts[part].base
            true = n - counts[part].n
            relations.append(Relation({whole: 1, part: -1}, min(0, true), max(outside, true)))
        left = base - sum(counts[part].base for part in parts)
        if attribute in overlapping or left < 0:
            continue
        rest = n - sum(counts[part].n for part in parts)
        others: Key = (*whole[:4], f"{attribute}=(others)", "rest")
        if 0 <= rest <= left and left:
            counts[others] = Count(rest, left, shown=False)
            relations.append(Relation({whole: 1, others: -1, **dict.fromkeys(parts, -1)}, 0, 0))
        else:
            # Estimates need not add up; by how much they do not is taken to be known.
            relations.append(Relation({whole: 1, **dict.fromkeys(parts, -1)}, rest, rest))


def _of_questions(public: Content, counts: dict[Key, Count], relations: list[Relation]) -> None:
    """Whoever raises a theme at one question raises it at any, and nobody at none."""
    names = sorted({question.id for question in public.questions})
    for key in sorted(counts):
        if key[0] != "theme" or key[1] or key[4]:
            continue
        parts = [part for name in names if (part := _theme(name, *key[2:4])) in counts]
        for part in parts:
            true = counts[key].n - counts[part].n
            relations.append(Relation({key: 1, part: -1}, min(0, true), max(counts[key].base, true)))
        true = sum(counts[part].n for part in parts) - counts[key].n
        if parts and true >= 0:
            relations.append(Relation({key: -1, **dict.fromkeys(parts, 1)}, 0, float("inf")))


def _of_releases(public: Content, counts: dict[Key, Count], relations: list[Relation]) -> None:
    """What was published of a theme is nearly what is counted now."""
    for key in sorted(counts):
        if key[0] == "published" and (now := _theme(*key[2:5])) in counts:
            apart = counts[key].n - counts[now].n
            relations.append(Relation({key: 1, now: -1}, apart, apart))


def _reworded(content: Content, internal: Content) -> Content:
    """Bring sentences and the order in line with what is hidden."""
    under = internal.suppress
    published = _lost(content, internal)
    releases = tuple(
        release.model_copy(
            update={
                "rows": tuple(
                    row.model_copy(update={"difference": None})
                    if row.published.hidden or (row.now and row.now.hidden)
                    else row
                    for row in release.rows
                )
            }
        )
        for release in content.releases
    )
    update: dict[str, object] = {
        "releases": releases,
        "overall": _told(content.overall, under, published) if content.overall else None,
        "questions": tuple(_told(question, under, published) for question in content.questions),
        "outlooks": tuple(map(_views, content.outlooks)),
        "headlines": tuple(_heads(h) for h in content.headlines if not h.cell.hidden),
        "waves": tuple(
            wave.model_copy(update={"respondents": 0, "sentence": f"{wave.id}: fewer than {2 * under} respondents"})
            if wave.respondents < 2 * under
            else wave
            for wave in content.waves
        ),
        **{name: tuple(map(_ordered, getattr(content, name))) for name in ("who", "choices", "closed")},
    }
    asked = [cell.n or 0 for question in content.questions for cell in question.answered]
    if any(0 < n < 2 * under for n in asked):
        update["summary"] = tuple(re.sub(r"; [^;]* in people’s own words", "", line) for line in content.summary)
    return content.model_copy(update=update)


def _lost(content: Content, internal: Content) -> set[tuple[str, str]]:
    """The themes of which an earlier or a published figure is not shown any more: no sentence may speak of it."""
    told = {
        (release.name, row.question_id, row.theme_id, row.published.wave)
        for release in content.releases
        for row in release.rows
        if not row.published.hidden and row.now and not row.now.hidden
    }
    lost = {
        (row.question_id, theme_id)
        for release in internal.releases
        for row in release.rows
        if (release.name, row.question_id, row.theme_id, row.published.wave) not in told
        for theme_id in (row.theme_id, row.now_id)
    }
    waves = {
        (theme.question_id, theme.id): {cell.wave for cell in theme.history if not cell.hidden}
        for theme in content.themes
    }
    for theme in internal.themes:
        key = (theme.question_id, theme.id)
        if {cell.wave for cell in theme.history} - waves.get(key, set()):
            lost.add(key)
    return lost


def _heads(headline: Headline) -> Headline:
    lost = headline.previous is None or headline.previous.hidden
    return headline.model_copy(update={"previous": None, "change": ""}) if lost else headline


def _views(view: Outlook) -> Outlook:
    sides = tuple(
        side.model_copy(
            update={"sentence": "" if side.cell.hidden else f"{wording.of_cell(side.cell)} in {side.cell.wave}"}
        )
        for side in view.sides
    )
    reasons = tuple(group.model_copy(update={"chart": _ordered(group.chart)}) for group in view.reasons)
    rest = None if view.rest is None or view.rest.hidden else view.rest
    return view.model_copy(update={"chart": _ordered(view.chart), "sides": sides, "rest": rest, "reasons": reasons})


def _ordered(chart: Chart) -> Chart:
    """Put hidden rows after the others, by name; a scale keeps its order, and folded options stay last."""
    if chart.kind in ("ordinal", "grid"):
        return chart
    told = [row for row in chart.rows if not row.folded and row.latest and not row.latest.hidden]
    hidden = sorted((row for row in chart.rows if not row.folded and row not in told), key=lambda row: row.label)
    return chart.model_copy(update={"rows": (*told, *hidden, *(row for row in chart.rows if row.folded))})


def _told(question: OpenQuestion, under: int, published: set[tuple[str, str]]) -> OpenQuestion:
    said = [
        f"{cell.wave}: fewer than {2 * under} answered"
        if (cell.n or 0) < 2 * under
        else f"{cell.wave}: {wording.of_base(cell.n or 0, cell.base)} answered"
        for cell in question.answered
    ]
    blocks = [_says(theme, published) for theme in question.themes]
    blocks.sort(key=lambda t: (t.role != "overarching", t.sentence == NOT_SHOWN, t.name * (t.sentence == NOT_SHOWN)))
    chart = _ordered(question.chart) if question.chart else None
    return question.model_copy(update={"sentence": "; ".join(said), "themes": tuple(blocks), "chart": chart})


def _says(theme: ThemeBlock, published: set[tuple[str, str]]) -> ThemeBlock:
    tables = tuple(
        table.model_copy(
            update={
                "rows": (
                    *(row for row in table.rows if not row.cell.hidden),
                    *sorted((row for row in table.rows if row.cell.hidden), key=lambda row: row.value),
                )
            }
        )
        for table in theme.segments
    )
    update: dict[str, object] = {"segments": tables}
    if (theme.question_id, theme.id) in published:
        update |= {"change": "", "tested": ""}
    if theme.cell is None or theme.cell.hidden:
        method = wording.METHOD.get(theme.cell.method, "") if theme.cell else ""
        update |= {"sentence": NOT_SHOWN, "method": method, "change": "", "tested": ""}
    return theme.model_copy(update=update)
