"""The two pages: one self-contained HTML file each, made from the content model."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import count
from typing import Literal, NamedTuple

from markupsafe import Markup

from pipeline.foundation.errors import ThemebookError
from pipeline.report import chapters, trends, wording
from pipeline.report.drawn import unshown
from pipeline.report.labels import SECTIONS
from pipeline.report.public import to_public
from pipeline.report.records import Content
from pipeline.report.templating import OWN, SCRIPT, STYLE, fill, text_of

Audience = Literal["internal", "public"]


class Section(NamedTuple):
    """One section of the page: its anchor, its heading, and its name in the house style (empty: of the text)."""

    id: str
    heading: str
    name: str = ""


def render(content: Content, audience: Audience, own: Mapping[str, str] | None = None) -> str:
    """Make a page.

    Parameters
    ----------
    content : Content
        As `build_content` gives it; what is not for outside is removed here where `audience` is public.
    audience : {"internal", "public"}
    own : mapping of str to str, optional
        The project's own templates and style sheet by their names.

    Returns
    -------
    str
        A whole HTML document without any outside request. Its content security policy allows its own style and, on
        the internal page, its own filter script by hash, and nothing else.

    Raises
    ------
    ValueError
        If an internal page is asked of content that was already made public.
    ThemebookError
        If one of the project's templates cannot be filled, or leaves the content security policy out.
    """
    own = own or {}
    if audience == "public":
        content = to_public(content)
    elif content.audience != "internal":
        raise ValueError("content made public has lost what an internal page needs: build it anew")
    style = content.house.css() + text_of(STYLE, own)
    script = text_of(SCRIPT, {}) if audience == "internal" and (content.answers or content.quotes) else ""
    allowed = policy(style, script)
    page = fill(
        "page.html.jinja",
        own,
        content=content,
        internal=audience == "internal",
        say=content.house.say,
        sections=sections(content),
        chapters=chapters.chapters(content),
        title=chapters.title(content),
        shown=chapters.inserted(content),
        told_figures=chapters.figures_told(content),
        pieces=chapters.Pieces(content),
        style=Markup(style),
        script=Markup(script),
        policy=allowed,
        next_id=partial(next, count(1)),
    )
    if own and str(Markup.escape(allowed)) not in page:
        raise ThemebookError(
            f"{OWN}/page.html.jinja leaves out the content security policy, without which words of respondents could "
            "run as code.",
            'Put <meta http-equiv="Content-Security-Policy" content="{{ policy }}"> into its head.',
        )
    return page


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
    """List the sections of the page: the chapters of the text, then the evidence, in the order of the house style."""
    told = [Section(c.id, chapters.words(c.heading)) for c in chapters.chapters(content) if c.heading]
    house = content.house
    first = {name: i for i, name in enumerate(house.order)}
    places = {name: (first.get(name, len(first)), i) for i, name in enumerate(SECTIONS)}
    behind = [part for part in _evidence(content) if part.name not in house.leave_out]
    behind.sort(key=lambda part: places[part.name])
    return (*told, *(part._replace(heading=house.say(part.heading)) for part in behind))


def _evidence(content: Content) -> Iterator[Section]:
    """Give what the text does not show."""
    shown = chapters.inserted(content)
    if "asked" not in shown:
        yield Section("asked", "Who was asked", "asked")
    if (content.headlines or chapters.leading(content)) and "headlines" not in shown:
        yield Section("headlines", "At a glance", "headlines")
    if choices := unshown(content.choices, shown):
        yield Section("choices", wording.choices_heading([c.title for c in choices]), "choices")
    if unshown(content.closed, shown):
        yield Section("closed", "Question by question", "closed")
    for i, view in enumerate(content.outlooks, 1):
        if f"outlook:{view.question_id}" not in shown:
            yield Section(f"outlook-{i}", view.heading, "outlook")
    yield Section("themes", "In people’s own words", "themes")
    if trends.trends(content) and "trends" not in shown:
        yield Section("trends", "Over the waves", "trends")
    if content.releases:
        yield Section("published", "As published, and as coded now", "published")
    yield Section("left", "What was not coded, and why", "left")
    if content.audience == "internal":
        yield from _for_the_team(content)
    yield Section("methods", "Methods: how this was made", "methods")


def _for_the_team(content: Content) -> Iterator[Section]:
    if content.news:
        yield Section("news", f"What is new in {content.news.wave}", "news")
    if content.candidates or content.provisional or content.unclaimed:
        heading = "What people raised: provisional" if content.provisional else "What the codebook does not explain"
        yield Section("candidates", heading, "candidates")
    if content.quotes:
        yield Section("quotes", "All quotes", "quotes")
    if content.answers:
        yield Section("answers", "Every coded answer", "answers")
    if content.unit_map:
        yield Section("map", "Map of the passages", "map")
    if content.checked:
        yield Section("checked", "The codebook, checked", "checked")
    if content.decisions:
        yield Section("decided", "What people decided", "decided")
    if content.agreement:
        yield Section("agreement", "How far machine and people agree", "agreement")
    yield Section("trust", "How far the coding can be trusted", "trust")
