"""Changes and trends: how a theme's share moved from wave to wave, and where two waves cannot be compared."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from pipeline.evidence import breaks as evidence
from pipeline.report import figures, wording
from pipeline.report.inputs import Inputs, known
from pipeline.report.published import split
from pipeline.report.records import Break, Cell, Chart, Content, OpenQuestion, Row

FEWEST_WAVES = 3
MOST = 12
_WHAT = {
    evidence.WORDING: "the question was worded otherwise",
    evidence.MODE: "people were asked in another way",
    evidence.SAMPLING: "other people were asked",
}
_LINE, _HEIGHT, _ABOVE, _WAVES, _GAP = 20, 46, 20, 20, 22
_ROOM = 8  # waves whose values can all be written beside their points


def breaks(inputs: Inputs, question_id: str) -> tuple[Break, ...]:
    """Say where the waves of a question cannot be compared: one break for each wave that did something otherwise.

    An empty `question_id` stands for all open questions; an item of a grid is worded by its own column.
    """
    held = evidence.held_columns(inputs.ledgers)
    if question_id and question_id not in inputs.survey.questions:
        column, question = inputs.survey.closed_items[question_id]
        question_id = question_id.rpartition(".")[0]
        held = {
            wave: {question_id: [c for c in columns.get(question_id, ()) if question.first_wording(c) == column]}
            for wave, columns in held.items()
        }
    found = evidence.breaks_of(inputs.survey, held, question_id)
    before = dict(zip(inputs.waves[1:], inputs.waves, strict=False))
    told = []
    for wave in dict.fromkeys(each.wave for each in found):
        mine = [each for each in found if each.wave == wave]
        said = sentence(before[wave], wave, mine, several=not question_id)
        told.append(Break(wave=wave, what=tuple(each.what for each in mine), sentence=said))
    return tuple(told)


def sentence(earlier: str, later: str, found: Sequence[evidence.Break], several: bool = False) -> str:
    """Say what was done otherwise between two waves.

    Examples
    --------
    >>> sentence("2025", "2026", [evidence.Break("2026", "mode", "online")])
    'Between 2025 and 2026, people were asked in another way (online): the two cannot be compared as they stand.'
    """
    said = []
    for each in found:
        what = "a question was worded otherwise" if several and each.what == evidence.WORDING else _WHAT[each.what]
        said.append(f"{what} ({wording.tame(each.words)})" if each.words else what)
    joined = " and ".join(dict.fromkeys(said))
    return f"Between {earlier} and {later}, {joined}: the two cannot be compared as they stand."


def change(inputs: Inputs, question_id: str, theme_id: str, history: Sequence[Cell]) -> str:
    """Say the change since the wave before the latest, split where that was published, and what else changed."""
    if not history:
        return ""
    cell = history[-1]
    changes = inputs.tables["changes"]
    mine = changes[
        (changes["question_id"] == question_id) & (changes["theme_id"] == theme_id) & (changes["wave"] == cell.wave)
    ]
    if len(mine):
        row = mine.iloc[0]
        before, difference = str(row["previous_wave"]), float(row["difference"])
        parts = known(row["published_share"]), known(row["from_answers"]), known(row["from_coding"])
        tested = inputs.tested(question_id, theme_id, cell.wave) or "not tested"
        said = [wording.change(difference, before, tested), split(before, str(row["release"]), *parts)]
    else:
        earlier = next((c for c in history if c.wave in inputs.waves[: inputs.waves.index(cell.wave)][-1:]), None)
        if earlier is None or earlier.share is None or cell.share is None:
            return ""
        before, said = earlier.wave, [wording.change(cell.share - earlier.share, earlier.wave)]
    return "; ".join(part for part in said if part) + since(inputs, question_id, before, cell.wave)


def since(inputs: Inputs, question_id: str, earlier: str, later: str) -> str:
    """Say, for the end of a change, what was done otherwise between two waves; empty where nothing was."""
    crossed = crosses(breaks(inputs, question_id), inputs.waves, earlier, later)
    return "".join(f"; {each.sentence[:1].lower()}{each.sentence[1:-1]}" for each in crossed)


def crosses(found: Sequence[Break], waves: Sequence[str], earlier: str, later: str) -> tuple[Break, ...]:
    """Give the breaks between two waves."""
    after = list(waves)[list(waves).index(earlier) + 1 : list(waves).index(later) + 1]
    return tuple(each for each in found if each.wave in after)


def trends(content: Content) -> tuple[OpenQuestion, ...]:
    """Give the open questions whose themes were counted in three waves or more, those of all questions first."""
    questions = ([content.overall] if content.overall else []) + list(content.questions)
    return tuple(q for q in questions if q.chart and len(q.chart.waves) >= FEWEST_WAVES)


def drawn(chart: Chart) -> Sequence[Row]:
    """Give the themes that are drawn, most raised first; the others are in the table."""
    rows = [row for row in chart.rows if any(cell and cell.share for cell in row.cells)]
    return rows[:MOST]


def draw(question: OpenQuestion, number: int) -> Markup:
    """Draw a small line for each theme, all on one scale from 0; shares on two sides of a break are not joined.

    Parameters
    ----------
    question : OpenQuestion
        With a chart.
    number : int
        Unique among the figures of the page.
    """
    chart = question.chart
    if chart is None:
        return Markup("")
    rows = drawn(chart)
    highest = max((cell.share or 0.0 for row in rows for cell in row.cells if cell), default=0.0) or 1.0
    broken = {each.wave for each in question.breaks}
    parts: list[str] = []
    y = 0
    for row in rows:
        for text in figures.wrap(row.label):
            y += _LINE
            parts.append(f'<text class="label" x="0" y="{y - 8}">{escape(text)}</text>')
        parts += _row(row, chart.waves, broken, highest, y + _ABOVE)
        y += _ABOVE + _HEIGHT + _WAVES + _GAP
    said = [
        f"{row.label}: {', '.join(_said(cell, wave) for cell, wave in zip(row.cells, chart.waves, strict=True))}"
        for row in rows
    ]
    title = f"{chart.title}: {chart.waves[0]} to {chart.waves[-1]}"
    return figures.svg("trends", max(y - _GAP, 1), f"figure-{number}", title, "; ".join(said), parts)


def _said(cell: Cell | None, wave: str) -> str:
    return f"{wave} {wording.percent(cell.share) if cell and cell.share is not None else 'not shown'}"


def _row(row: Row, waves: Sequence[str], broken: set[str], highest: float, top: int) -> list[str]:
    """The points, lines, breaks and wave names of one theme; every place across is a share of the width."""
    count, bottom = len(waves), top + _HEIGHT
    across = [f"{100 * (i + 0.5) / count:.2f}%" for i in range(count)]
    shares = [cell.share if cell else None for cell in row.cells]
    heights = [None if share is None else top + round((1 - share / highest) * _HEIGHT, 1) for share in shares]
    parts = [f'<line class="axis" x1="0" x2="100%" y1="{bottom}" y2="{bottom}"/>']
    for i in range(1, count):
        if waves[i] in broken:
            middle = f"{100 * i / count:.2f}%"
            parts.append(f'<line class="break" x1="{middle}" x2="{middle}" y1="{top - 12}" y2="{bottom}"/>')
        elif heights[i] is not None and heights[i - 1] is not None:
            place = f'x1="{across[i - 1]}" x2="{across[i]}" y1="{heights[i - 1]}" y2="{heights[i]}"'
            parts.append(f'<line class="trend" {place}/>')
    for i, (x, y, share) in enumerate(zip(across, heights, shares, strict=True)):
        named = count <= _ROOM or i in (0, count - 1)
        if y is not None:
            parts.append(f'<circle class="point" cx="{x}" cy="{y}" r="4"/>')
        if y is not None and named:
            parts.append(_text("small", x, y - 9, wording.short_percent(share)))
        if named:
            parts.append(_text("wave", x, bottom + 16, wording.plain(waves[i], 12)))
    return parts


def _text(kind: str, x: str, y: float, words: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="middle">{escape(words)}</text>'
