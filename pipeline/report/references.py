"""The catalogue of references: every figure, name and sentence that the researcher's text may stand on.

A reference names its kind, what it is of and, where it is not the latest, its wave: ``share:training.no@2025``,
``theme:T02.share[sector=public]``, ``change:T02``, ``n:respondents``. All are taken from the content model, so a text
says what the page, the document and the workbook say, and of content made public only what is public.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.report import wording
from pipeline.report.records import Cell, Chart, Content, Figure, OpenQuestion, Row, ThemeBlock
from pipeline.survey.description import slug


def figures_of(content: Content) -> dict[str, Figure]:
    """List every figure that a text may refer to.

    Parameters
    ----------
    content : Content
        As the report shows it; of public content only public figures come out.

    Returns
    -------
    dict of str to Figure
        By reference, with its wave and, for the latest wave in which there is a figure, without; a figure's own
        ``reference`` always has the wave, so that it stays the same figure.
    """
    found: dict[str, Figure] = {}
    for figure in _all(content):
        found[figure.reference] = figure
        found[figure.reference.rpartition("@")[0] or figure.reference] = figure
    return found


def _all(content: Content) -> Iterator[Figure]:
    """Every figure; of one thing those of earlier waves first, so that the latest is found without its wave."""
    yield from _survey(content)
    for told in content.headlines:
        # A box is a headline outside even where some of its options are too small to be shown.
        name = slug(told.options[0] if len(told.options) == 1 else told.answer)
        cells = (told.previous, told.cell)
        yield from _row(f"{told.question_id}.{name}", f"{told.question}: {told.answer}", cells, "")
    for chart in charts_of(content).values():
        yield from _numbers(chart)
        yield from _closed(chart)
    for view in content.outlooks:
        for side in view.sides:
            name, about = slug(side.name), f"{view.question}: {side.name}"
            yield from _cell(f"{view.question_id}.{name}", about, side.cell, f"sides of {view.question_id}")
    for question in opens_of(content):
        yield from _open(question)
        for theme in question.themes:
            yield from _theme(theme, content)
    for view in content.outlooks:
        for table in (table for reasons in view.reasons for table in reasons.by_side):
            for row in table.rows:
                of = f"[side={slug(row.value)}]"
                yield from _theme_cell(table.attribute_id, table.title, row.cell, view.open_id, of, row.value)


def charts_of(content: Content) -> dict[str, Chart]:
    """Give the charts of the closed questions by their question's id."""
    listed = (*content.who, *content.choices, *content.closed, *(view.chart for view in content.outlooks))
    return {chart.key: chart for chart in listed}


def opens_of(content: Content) -> tuple[OpenQuestion, ...]:
    """Give the open questions, all of them together first where that is told."""
    return ((content.overall,) if content.overall else ()) + content.questions


def _survey(content: Content) -> Iterator[Figure]:
    answers: dict[str, int] = {}
    asked = {"", *(question.id for question in content.questions)}
    for loss in content.losses:
        if loss.status == "answered" and loss.question_id in asked:
            answers[loss.wave] = answers.get(loss.wave, 0) + loss.n
    for wave in content.waves:
        yield _count("n:respondents", "respondents", wave.respondents, wave.id)
        if wave.invited is not None:
            yield _count("n:invited", "invited", wave.invited, wave.id)
            if wave.invited >= wave.respondents:
                share = wave.respondents / wave.invited if wave.invited else 0.0
                yield Figure(
                    reference=f"n:response_rate@{wave.id}",
                    text=wording.percent(share),
                    about=f"respondents of those invited, {wave.id}",
                    kind="share",
                    value=share,
                    wave=wave.id,
                )
        if wave.id in answers:
            yield _count("n:responses", "answers in people’s own words", answers[wave.id], wave.id)
    if len(content.waves):
        yield Figure(reference="wave:last", text=content.waves[-1].id, about="the latest wave")
    if len(content.waves) > 1:
        yield Figure(reference="wave:before", text=content.waves[-2].id, about="the wave before the latest")
    themes = sum(1 for _ in content.themes)
    for name, n in (("waves", len(content.waves)), ("open_questions", len(content.questions)), ("themes", themes)):
        about = name.replace("_", " ")
        yield Figure(reference=f"n:{name}", text=wording.number(n), about=about, kind="count", value=n)


def _count(name: str, about: str, n: int, wave: str) -> Figure:
    return Figure(
        reference=f"{name}@{wave}", text=wording.number(n), about=f"{about}, {wave}", kind="count", value=n, wave=wave
    )


def _numbers(chart: Chart) -> Iterator[Figure]:
    for line in chart.numbers:
        for name, value in (("mean", line.mean), ("median", line.median)):
            yield Figure(
                reference=f"{name}:{chart.key}@{line.wave}",
                text=f"{value:,.4g}",
                about=f"{chart.title}: {name}, {line.wave}",
                kind="count",
                value=value,
                wave=line.wave,
            )


def named_rows(rows: Iterable[Row]) -> dict[str, Row]:
    """Give rows by the name that a reference uses; of two that would be named alike the later gets ``_2``."""
    found: dict[str, Row] = {}
    for row in sorted((row for row in rows if not row.folded), key=lambda row: (len(row.parts) > 0, row.label)):
        name, n = slug(row.label), 2
        while name in found:
            name, n = f"{slug(row.label)}_{n}", n + 1
        found[name] = row
    return found


def _closed(chart: Chart) -> Iterator[Figure]:
    for name, row in named_rows((*chart.rows, *chart.nets)).items():
        among = "" if row.parts else chart.key
        yield from _row(f"{chart.key}.{name}", f"{chart.title}: {row.label}", row.cells, among)
    for wave, base in _bases(chart).items():
        yield _count(f"base:{chart.key}", f"{chart.title}: respondents who answered", base, wave)


def _bases(chart: Chart) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in chart.rows:
        for cell in row.cells:
            if cell:
                found[cell.wave] = max(found.get(cell.wave, 0), cell.base)
    return found


def _open(question: OpenQuestion) -> Iterator[Figure]:
    if question.id:
        for cell in question.answered:
            about = f"{question.text}: respondents who answered"
            yield _count(f"answered:{question.id}", about, cell.n or 0, cell.wave)
    if question.chart and question.id:
        combined = [row for row in question.chart.rows if row.parts]
        for name, row in named_rows(combined).items():
            yield from _row(f"{question.id}.{name}", f"{question.text}: {row.label}", row.cells, "")


def _row(key: str, about: str, cells: Sequence[Cell | None], among: str) -> Iterator[Figure]:
    told = [cell for cell in cells if cell is not None and cell.share is not None]
    for i, cell in enumerate(told):
        yield from _cell(key, about, cell, among)
        if i:
            yield _change(f"change:{key}", about, told[i - 1], cell, "", among)


def _cell(key: str, about: str, cell: Cell, among: str) -> Iterator[Figure]:
    if cell.share is None:
        return
    yield _share(f"share:{key}", about, cell, among)
    # The machine's own count would contradict a corrected share.
    if cell.n is not None and cell.method != "corrected":
        yield _count(f"count:{key}", f"{about}: respondents", cell.n, cell.wave)
    if interval := wording.interval(cell):
        yield _words(f"interval:{key}", f"{about}: interval", interval, cell.wave)


def _share(name: str, about: str, cell: Cell, among: str) -> Figure:
    return Figure(
        reference=f"{name}@{cell.wave}",
        text=wording.percent(cell.share),
        about=f"{about}, {cell.wave}",
        kind="share",
        value=cell.share,
        among=among and f"{among}@{cell.wave}",
        wave=cell.wave,
    )


def _words(name: str, about: str, text: str, wave: str = "") -> Figure:
    return Figure(
        reference=f"{name}@{wave}" if wave else name, text=text, about=f"{about}, {wave}" if wave else about, wave=wave
    )


def _change(name: str, about: str, before: Cell, now: Cell, tested: str, among: str) -> Figure:
    difference = (now.share or 0.0) - (before.share or 0.0)
    return Figure(
        reference=f"{name}@{now.wave}",
        text=wording.points(difference),
        about=f"{about}, {before.wave} to {now.wave}",
        kind="change",
        value=difference,
        before=before.share,
        tested=tested,
        among=among and f"changes of {among}@{now.wave}",
        wave=now.wave,
    )


def _theme(theme: ThemeBlock, content: Content) -> Iterator[Figure]:
    key = f"theme:{theme.id}"
    yield _words(f"{key}.name", "name", wording.tame(theme.name))
    if theme.definition:
        yield _words(f"{key}.definition", f"{theme.name}: definition", wording.tame(theme.definition))
    for part in theme.parts:
        yield from _theme_cell(
            theme.id, theme.name, part.cell, part.question_id, f"[question={part.question_id}]", part.question
        )
    for table in theme.segments:
        for row in table.rows:
            of = f"[{table.attribute_id}={slug(row.value)}]"
            yield from _theme_cell(theme.id, theme.name, row.cell, theme.question_id, of, row.value)
    for cell in theme.history:
        yield from _theme_cell(theme.id, theme.name, cell, theme.question_id)
    if theme.cell is None or theme.cell.share is None:
        return
    wave = theme.cell.wave
    yield _words(f"{key}.sentence", f"{theme.name}: in a sentence", theme.sentence, wave)
    if theme.method:
        yield _words(f"{key}.method", f"{theme.name}: how it was counted", theme.method, wave)
    if theme.proposed is not None:
        about = f"{theme.name}: propose something, of those who mention it"
        yield _share(f"{key}.proposing", about, theme.proposed.cell, "")
    told = [cell for cell in theme.history if cell.share is not None]
    for before, now in zip(told, told[1:], strict=False):
        # What is said of the latest change says whether it may be told at all.
        if now.wave != wave or theme.change:
            tested = theme.tested if now.wave == wave else ""
            among = f"themes of {theme.question_id}"
            for name in (f"change:{theme.id}", f"{key}.change"):
                yield _change(name, f"{theme.name}: change", before, now, tested, among)


def _theme_cell(
    theme_id: str, name: str, cell: Cell, home: str, of: str = "", among_whom: str = ""
) -> Iterator[Figure]:
    if cell.share is None:
        return
    key = f"theme:{theme_id}"
    about = f"{name}{f' ({among_whom})' if among_whom else ''}"
    among = f"themes of {home}{of}"
    yield _share(f"{key}.share{of}", f"{about}: share who mention it", cell, among)
    if cell.n is not None and cell.method != "corrected":
        yield _count(f"{key}.n{of}", f"{about}: respondents who mention it", cell.n, cell.wave)
    yield _count(f"{key}.base{of}", f"{about}: base", cell.base, cell.wave)
    if interval := wording.interval(cell):
        yield _words(f"{key}.interval{of}", f"{about}: interval", interval, cell.wave)
