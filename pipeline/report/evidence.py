"""What the report rests on, for print: every figure as a table, every theme, and how it was made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.report import printed, wording
from pipeline.report.drawn import LossTable, loss_tables
from pipeline.report.pieces import Big, Heading, Piece, Table, points, words
from pipeline.report.records import Chart, Content, MethodItem, OpenQuestion, Outlook, Quote, ThemeBlock


def evidence(content: Content) -> list[Piece]:
    """Give everything that the text before it rests on: every figure as a table, every theme, and how it was made."""
    pieces: list[Piece] = [Heading(1, "The evidence")]
    pieces += [Heading(2, "Who was asked"), *asked(content), *_charts(content.who)]
    pieces += _headlines(content)
    if content.choices:
        pieces.append(Heading(2, wording.choices_heading([c.title for c in content.choices])))
        pieces += _charts(content.choices)
    if content.closed:
        pieces += [Heading(2, "Question by question"), *_charts(content.closed)]
    for view in content.outlooks:
        pieces += outlook(view)
    pieces += _themes(content)
    pieces += _published(content)
    pieces += _left(content)
    return pieces + methods(content)


def asked(content: Content) -> list[Piece]:
    """Say who was asked and who answered, wave by wave."""
    pieces: list[Piece] = [points([printed.closed(w.sentence) for w in content.waves]), words(content.sampling)]
    if content.suppress and content.audience == "public":
        few = f"{printed.HIDDEN} stands for fewer than {content.suppress}, or for a figure hidden so that such a number"
        pieces.append(words(f"{few} cannot be worked out.", "note"))
    return pieces


def _headlines(content: Content) -> list[Piece]:
    if not content.headlines:
        return []
    rows = tuple(
        (printed.closed(h.question), printed.closed(h.answer), h.figure, h.of, h.change or "–")
        for h in content.headlines
    )
    head = ("Question", "Answer", "Share", "Of", "Change")
    return [Heading(2, "At a glance"), Table("The headline figures", head, rows, (1, 3, 4))]


def _charts(charts: Iterable[Chart]) -> list[Piece]:
    pieces: list[Piece] = []
    for each in charts:
        pieces += [Heading(3, printed.closed(each.title)), *printed.chart(each)]
    return pieces


def outlook(view: Outlook) -> list[Piece]:
    """Tell a closed question with its sides, and what reasons each of them gives."""
    pieces: list[Piece] = [Heading(2, view.heading), words(printed.closed(view.question), "lead")]
    if view.sides:
        pieces += [*sides(view), Heading(3, "All answers to this question")]
    pieces += printed.chart(view.chart)
    if view.reasons:
        pieces += [Heading(3, printed.closed(view.open_text)), words(view.method, "note")]
    for i, group in enumerate(view.reasons):
        bare = group.chart.model_copy(update={"note": ""})
        pieces += [Heading(4, printed.closed(group.name)), *printed.chart(bare, f"side-{i}")]
        pieces += printed.by_side(group, [side.name for side in view.sides])
    spoken = from_each_side(view)
    return [*pieces, Heading(3, "From each side"), *spoken] if spoken else pieces


def outlook_in_short(view: Outlook) -> list[Piece]:
    """Tell an outlook within a text that has headings of its own."""
    pieces = sides(view) if view.sides else printed.chart_in_short(view.chart)
    for i, group in enumerate(view.reasons):
        drawn = printed.bars(group.chart, tone=f"side-{i}")
        pieces.append(replace(drawn, caption=printed.closed(f"{group.name}: {drawn.caption}")))
    return pieces + from_each_side(view)


def sides(view: Outlook) -> list[Piece]:
    """Say how many stand on each side."""
    return [printed.sides(view), points([printed.closed(f"{side.name}: {side.sentence}.") for side in view.sides])]


def from_each_side(view: Outlook) -> list[Piece]:
    """Give one quote of each side."""
    spoken = [(i, side.quotes[0]) for i, side in enumerate(view.sides) if side.quotes]
    return [printed.quoted(quote, f"side-{i}") for i, quote in spoken]


def _themes(content: Content) -> list[Piece]:
    pieces: list[Piece] = [Heading(2, "In people’s own words")]
    if content.provisional:
        pieces.append(words("No themes have been settled yet, so the answers are not reported here."))
    for question in ((content.overall,) if content.overall else ()) + content.questions:
        pieces += [Heading(3, printed.closed(question.text)), words(question.sentence or "Nobody answered.", "note")]
        pieces += _question(question, content)
    if content.crosses:
        said = "Themes across the answers to closed questions are in the workbook figures.xlsx, “Themes by answer”."
        pieces.append(words(said, "note"))
    return pieces


def _question(question: OpenQuestion, content: Content) -> list[Piece]:
    pieces: list[Piece] = []
    if question.breaks:
        pieces.append(points([printed.closed(each.sentence) for each in question.breaks]))
    if question.chart:
        pieces += printed.chart(question.chart)
    elif not content.provisional:
        pieces.append(words("No theme has been counted for this question."))
    for each in question.themes:
        pieces += theme(each, content)
    return pieces


def theme(told: ThemeBlock, content: Content) -> list[Piece]:
    """Tell one theme: definition, share with interval and base, change, quotes, and its tables."""
    told_of = [*known(told, content), *_proposals(told), *printed.theme_tables(told, content)]
    return [Heading(4, printed.closed(told.name)), *told_of]


def known(told: ThemeBlock, content: Content) -> list[Piece]:
    """Give a theme's definition, share and quotes, without its name."""
    tags = [each for each in ("Overarching" if told.role == "overarching" else "", told.group) if each]
    pieces: list[Piece] = [words(printed.closed(" · ".join(tags)), "note")] if tags else []
    if told.definition:
        pieces.append(words(printed.closed(told.definition), "definition"))
    return [*pieces, share(told)] + quotes(told.quotes[: content.quotes_per_theme])


def share(told: ThemeBlock) -> Big:
    """Give a theme's share in large type, with its base, interval and change."""
    before = told.history[-2].share if len(told.history) > 1 else None
    change = f" {told.change[:1].upper()}{told.change[1:]}." if told.change else ""
    bar = told.cell.share if told.cell else None
    return Big(printed.big_text(told.cell), told.sentence + change, "", bar, before, told.method)


def quotes(told: Sequence[Quote]) -> list[Piece]:
    """Give quotes one below the other."""
    return [printed.quoted(quote) for quote in told]


def _proposals(told: ThemeBlock) -> list[Piece]:
    """Give words for running text, and what people propose."""
    pieces: list[Piece] = []
    if told.fragments:
        said = ", ".join(f"“{printed.closed(quote.display)}”" for quote in told.fragments)
        pieces.append(words(f"In a few words: {said}"))
    if told.proposed is not None:
        pieces.append(words(f"What people propose: {told.proposed.sentence}", "note"))
        if told.proposed.quotes:
            pieces.append(points([f"“{printed.closed(quote.display)}”" for quote in told.proposed.quotes]))
    return pieces


def _published(content: Content) -> list[Piece]:
    if not content.releases:
        return []
    said = "Figures that were published stay as they were published. Beside them stands what the same answers give now."
    pieces: list[Piece] = [Heading(2, "As published, and as coded now"), words(said)]
    for release in content.releases:
        pieces += [Heading(3, f"Release {release.name}"), words(release.sentence)]
        for question in dict.fromkeys(row.question for row in release.rows):
            rows = tuple(
                (
                    printed.closed(f"{row.theme} ({row.fate})" if row.fate else row.theme),
                    row.published.wave,
                    printed.cell_text(row.published),
                    printed.cell_text(row.now),
                    wording.points(row.difference) if row.difference is not None else "–",
                )
                for row in release.rows
                if row.question == question
            )
            head = ("Theme", "Wave", "As published", "As coded now", "Difference")
            pieces.append(Table(printed.closed(question), head, rows))
    return pieces


def _left(content: Content) -> list[Piece]:
    pieces: list[Piece] = [Heading(2, "What was not coded, and why")]
    if content.suppress and content.audience == "public":
        said = "Counts of cells are not shown here, since small numbers could be worked out from them."
        return [*pieces, words(said)]
    if not content.losses:
        pieces.append(words("There are no open answers."))
    for table in loss_tables(content.losses):
        pieces.append(_losses(table))
        if table.reasons:
            pieces.append(points([printed.closed(reason) for reason in table.reasons]))
    if not content.provisional:
        if content.uncoded:
            were = wording.counted(content.uncoded, "answer was", "answers were")
            pieces.append(words(f"{were} not coded, because no theme belongs to the question."))
        were = wording.counted(content.unexplained, "answer was", "answers were")
        pieces.append(words(f"{were} coded and given no theme."))
    return pieces


def _losses(table: LossTable) -> Table:
    head = ("Wave", *(wording.STATUS[status] for status in table.statuses))
    rows = tuple((wave, *map(wording.number, counts)) for wave, counts in table.rows)
    return Table(f"Cells of {printed.closed(table.question) or 'all open questions'}, by wave and status", head, rows)


def methods(content: Content) -> list[Piece]:
    """Tell how the report was made, by the items of two guidelines; what a person must still say is marked."""
    known = (
        "What is known of how this report was made, by the items of CHERRIES (surveys) and SRQR (analysis of words)."
    )
    pieces: list[Piece] = [Heading(1, "Methods: how this was made"), words(known, "lead")]
    group = ""
    for item in content.methods:
        if item.group != group:
            group = item.group
            pieces.append(Heading(2, printed.closed(group)))
        pieces += _item(item)
    return pieces


def _item(item: MethodItem) -> list[Piece]:
    pieces: list[Piece] = [Heading(3, printed.closed(item.title))]
    if item.guideline:
        pieces.append(words(item.guideline, "note"))
    lines = [printed.closed(line) for line in item.text]
    if item.key in ("limitations", "not_stated"):
        pieces.append(points(lines))
    else:
        pieces += [words(line) for line in lines]
    facts = tuple((printed.closed(f.name), printed.closed(f.value)) for f in (*item.facts, *item.measured, *item.team))
    if facts:
        pieces.append(Table("", ("What", "What is known of it"), facts, (1,)))
    pieces += [words(printed.closed(line)) for line in item.said.splitlines() if line.strip()]
    if item.open:
        pieces.append(words(f"{item.open} ({item.key})", "callout"))
    return pieces
