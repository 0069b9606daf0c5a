"""The two pages: one self-contained HTML file each, made from the content model."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Collection, Iterable, Sequence
from functools import cache, partial
from importlib.resources import files
from itertools import count
from typing import Literal, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.evidence.crosstabs import CHOSEN
from pipeline.report import chapters, figures, trends, wording
from pipeline.report.public import FEWEST, to_public
from pipeline.report.records import Chart, Content, CrossTable, Loss, Row, Side

Audience = Literal["internal", "public"]
MOST_BARS = 12
MOST_CHARTS = 8
FLAGGED = 50  # a figure of fewer respondents is marked
_AGAINST = re.compile(r"against|pessimis|negativ|critic|dissatisf|disagree|not ", re.IGNORECASE)


class Section(NamedTuple):
    """One section of the page: its anchor and heading."""

    id: str
    heading: str


def render(content: Content, audience: Audience) -> str:
    """Make a page.

    Parameters
    ----------
    content : Content
        As `build_content` gives it; what is not for outside is removed here where `audience` is public.
    audience : {"internal", "public"}

    Returns
    -------
    str
        A whole HTML document without any outside request. Its content security policy allows its own style and, on
        the internal page, its own filter script by hash, and nothing else.

    Raises
    ------
    ValueError
        If an internal page is asked of content that was already made public.
    """
    if audience == "public":
        content = to_public(content)
    elif content.audience != "internal":
        raise ValueError("content made public has lost what an internal page needs: build it anew")
    style = _text("report.css")
    script = _text("filter.js") if audience == "internal" and content.answers else ""
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            content=content,
            internal=audience == "internal",
            sections=sections(content),
            chapters=chapters.chapters(content),
            title=chapters.title(content),
            shown=chapters.inserted(content),
            pieces=chapters.Pieces(content),
            style=Markup(style),
            script=Markup(script),
            policy=policy(style, script),
            next_id=partial(next, count(1)),
        )
    )


def policy(style: str, script: str) -> str:
    """Give the content security policy that allows exactly this style and this script.

    Examples
    --------
    >>> policy("", "").startswith("default-src 'none'; script-src 'none'; style-src 'sha256-47DEQ")
    True
    """
    allowed = _hash(script) if script else "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def sections(content: Content) -> tuple[Section, ...]:
    """List the sections of the page in their order: the chapters of the text, then all that these do not show."""
    internal = content.audience == "internal"
    told = [chapter for chapter in chapters.chapters(content) if chapter.heading]
    shown = chapters.inserted(content)
    listed = [Section(chapter.id, chapters.words(chapter.heading)) for chapter in told]
    if "asked" not in shown:
        listed.append(Section("asked", "Who was asked"))
    if content.headlines and "headlines" not in shown:
        listed.append(Section("headlines", "At a glance"))
    if choices := unshown(content.choices, shown):
        listed.append(Section("choices", wording.choices_heading([c.title for c in choices])))
    if unshown(content.closed, shown):
        listed.append(Section("closed", "Question by question"))
    for i, view in enumerate(content.outlooks, 1):
        if f"outlook:{view.question_id}" not in shown:
            listed.append(Section(f"outlook-{i}", view.heading))
    listed.append(Section("themes", "In people’s own words"))
    if internal and content.news:
        listed.append(Section("news", f"What is new in {content.news.wave}"))
    if internal and (content.candidates or content.provisional or content.unclaimed):
        heading = "What people raised: provisional" if content.provisional else "What the codebook does not explain"
        listed.append(Section("candidates", heading))
    if trends.trends(content) and "trends" not in shown:
        listed.append(Section("trends", "Over the waves"))
    if content.releases:
        listed.append(Section("published", "As published, and as coded now"))
    listed.append(Section("left", "What was not coded, and why"))
    if internal and content.answers:
        listed.append(Section("answers", "Every coded answer"))
    if internal and content.checked:
        listed.append(Section("checked", "The codebook, checked"))
    if internal and content.decisions:
        listed.append(Section("decided", "What people decided"))
    if internal and content.agreement:
        listed.append(Section("agreement", "How far machine and people agree"))
    if internal:
        listed.append(Section("trust", "How far the coding can be trusted"))
    listed.append(Section("methods", "Methods: how this was made"))
    return tuple(listed)


def unshown(charts: Iterable[Chart], shown: Collection[str]) -> list[Chart]:
    """Give the charts that the text does not show."""
    return [chart for chart in charts if f"chart:{chart.key}" not in shown]


class LossTable(NamedTuple):
    """The cells of one question: a row of counts by status for each wave, and why."""

    question: str
    statuses: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    reasons: tuple[str, ...]


def loss_tables(losses: Sequence[Loss]) -> list[LossTable]:
    """Turn counts into one table for each question, in the order in which they come."""
    tables = []
    for question_id in dict.fromkeys(loss.question_id for loss in losses):
        mine = [loss for loss in losses if loss.question_id == question_id]
        counts: dict[tuple[str, str], int] = {}
        why: dict[tuple[str, str], int] = {}
        for loss in mine:
            counts[loss.wave, loss.status] = counts.get((loss.wave, loss.status), 0) + loss.n
            if loss.reason:
                why[loss.status, loss.reason] = why.get((loss.status, loss.reason), 0) + loss.n
        statuses = tuple(status for status in wording.STATUS if any((loss.status == status) for loss in mine))
        waves = dict.fromkeys(loss.wave for loss in mine)
        tables.append(
            LossTable(
                mine[0].question,
                statuses,
                tuple((wave, tuple(counts.get((wave, status), 0) for status in statuses)) for wave in waves),
                tuple(
                    f"{wording.STATUS[status]}: {reason} ({wording.number(n)})"
                    for (status, reason), n in sorted(why.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
                ),
            )
        )
    return tables


def draw(chart: Chart, number: int, tone: str = "", most: int = MOST_BARS) -> Markup:
    """Draw a chart's latest wave as bars, with a mark for the wave before."""
    rows = shown_rows(chart, most)
    drawn = [
        figures.Bar(
            row.label,
            row.latest.share if row.latest else None,
            _before(row),
            tone,
        )
        for row in rows
    ]
    said = "; ".join(
        f"{bar.label}: {wording.percent(bar.share) if bar.share is not None else 'not shown'}" for bar in drawn
    )
    wave = f" ({chart.waves[-1]})" if chart.waves else ""
    return figures.bars(drawn, f"figure-{number}", f"{chart.title}{wave}", said)


def _before(row: Row) -> float | None:
    """The share in the wave before; none where nobody chose the option then, for it may not have been offered."""
    cell = row.cells[-2] if len(row.cells) > 1 else None
    return (cell.share or None) if cell else None


def shown_rows(chart: Chart, most: int = MOST_BARS) -> Sequence[Row]:
    """Give the rows that are drawn: all of a scale, and of anything else the first that are more than single answers.

    Of themes, those that somebody raised in the latest wave or the one before. Folded rows are only in the table.
    """
    rows = [row for row in chart.rows if not row.folded]
    if chart.kind == "themes":
        return [row for row in rows if any(cell and cell.share for cell in row.cells[-2:])] or rows
    if chart.kind in ("ordinal", "grid", "nets"):
        return rows
    several = [row for row in rows if row.latest and (row.latest.n or 0) >= FEWEST]
    return (several if len(several) >= 3 else rows)[:most]


def nets_of(chart: Chart) -> Chart:
    """Give the boxes and nets of a closed question as a chart of their own."""
    return chart.model_copy(update={"title": f"{chart.title}: counted together", "kind": "nets", "rows": chart.nets})


def combined_of(chart: Chart) -> Chart:
    """Give the combined themes of a chart as a chart of their own."""
    return chart.model_copy(update={"rows": tuple(row for row in chart.rows if row.parts)})


def row_base(row: Row) -> int:
    """Give the largest base of a row's cells."""
    return max((cell.base for cell in row.cells if cell), default=0)


def has_few(table: CrossTable) -> bool:
    """Whether some base that the table prints is to be marked as small."""
    bases = table.bases if table.of == CHOSEN else [row_base(row) for row in table.rows]
    return any(base < FLAGGED for base in bases)


def draw_sides(sides: Sequence[Side], rest: float | None, number: int, title: str) -> Markup:
    """Draw the sides of a question as parts of one bar."""
    parts = [figures.Bar(side.name, side.cell.share, tone=tone(side.name, i)) for i, side in enumerate(sides)]
    at = 1 if len(parts) == 2 else len(parts)
    if rest:
        parts.insert(at, figures.Bar("others", rest, tone="rest"))
    said = "; ".join(
        f"{part.label}: {wording.percent(part.share) if part.share is not None else 'not shown'}" for part in parts
    )
    return figures.stack(parts, f"figure-{number}", title, said)


def tone(name: str, index: int) -> str:
    """Give a side or group its colour class: warm for what is against, the main colour for the first other.

    Examples
    --------
    >>> tone("optimists", 0), tone("pessimists", 1), tone("undecided", 2)
    ('tone-a', 'tone-b', 'tone-c')
    """
    if _AGAINST.search(name):
        return "tone-b"
    return "tone-a" if index == 0 else "tone-c"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {
        "draw": draw,
        "draw_sides": draw_sides,
        "line": figures.line,
        "trends": trends.trends,
        "draw_trends": trends.draw,
        "drawn_trends": trends.drawn,
        "points": wording.points,
        "shown_rows": shown_rows,
        "loss_tables": loss_tables,
        "tone": tone,
        "most_charts": MOST_CHARTS,
        "unshown": unshown,
        "words": chapters.words,
        "nets_of": nets_of,
        "combined_of": combined_of,
        "row_base": row_base,
        "has_few": has_few,
        "numeric": wording.numeric,
        "flagged": FLAGGED,
        "statuses": wording.STATUS,
    }
    environment.filters |= {
        "percent": wording.percent,
        "short_percent": wording.short_percent,
        "number": wording.number,
        "interval": wording.interval,
        "questions": wording.open_questions,
        "plain": wording.plain,
        "tame": wording.tame,
    }
    return environment


@cache
def _text(name: str) -> str:
    return files("pipeline.report").joinpath("templates", name).read_text(encoding="utf-8")
