"""The researcher's text as chapters, and what of the content it shows: the rest stands behind it as evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from pipeline.report.records import Block, Chart, Content, Outlook, Span, ThemeBlock
from pipeline.report.references import charts_of, opens_of
from pipeline.report.telling import spans_of

Piece = TypeVar("Piece")
_FEWEST_HEADLINES, _MOST_HEADLINES = 3, 5


class Chapter(NamedTuple):
    """One part of the text: what follows a heading of the second level.

    The first, without a heading, stands before them all. ``number`` counts those that tell a theme, 0 for the others.
    """

    id: str
    heading: tuple[Span, ...]
    blocks: tuple[Block, ...]
    number: int = 0


def title(content: Content) -> tuple[Span, ...]:
    """Give the report's title: the text's first heading of the first level, else the survey's title."""
    first = next((block for block in content.story if block.kind == "heading" and block.level == 1), None)
    return first.spans if first else (Span(text=content.title),)


def lead(content: Content) -> str:
    """Give the words with which the text begins, before its first heading of the second level."""
    first = next((chapter for chapter in chapters(content) if not chapter.heading), None)
    paragraphs = [block for block in first.blocks if block.kind == "paragraph"] if first else []
    return " ".join(words(block.spans) for block in paragraphs)


def chapters(content: Content) -> tuple[Chapter, ...]:
    """Divide the text at its headings of the second level; the title is left out.

    Examples
    --------
    >>> from pipeline.report.story import parse
    >>> class Told: story = parse("# A\\n\\nFirst.\\n\\n## B\\n\\n{theme:T01}\\n\\n## C\\n").blocks
    >>> [(chapter.id, len(chapter.blocks), chapter.number) for chapter in chapters(Told)]
    [('chapter-0', 1, 0), ('chapter-1', 1, 1), ('chapter-2', 0, 0)]
    """
    found: list[tuple[tuple[Span, ...], list[Block]]] = [((), [])]
    titled = False
    for block in content.story:
        if block.kind == "heading" and block.level == 1 and not titled:
            titled = True
        elif block.kind == "heading" and block.level <= 2:
            found.append((block.spans, []))
        else:
            found[-1][1].append(block)
    told, themes = [], 0
    for i, (heading, blocks) in enumerate(found):
        number = 0
        if any(insert.startswith("theme:") for insert in _inserts(blocks)):
            themes = number = themes + 1
        if heading or blocks:
            told.append(Chapter(f"chapter-{i}", heading, tuple(blocks), number))
    return tuple(told)


def words(spans: Iterable[Span]) -> str:
    """Give the words of some spans, figures as they are printed.

    Examples
    --------
    >>> words([Span(text="Trust"), Span(text=" ", style="break"), Span(text="and time")])
    'Trust and time'
    """
    return "".join(
        span.figure.text if span.figure else f"“{span.quote.display}”" if span.quote else span.text for span in spans
    )


def inserted(content: Content) -> frozenset[str]:
    """Name the pieces of the content that the text shows, such as ``theme:T02`` or ``chart:training``."""
    return frozenset(_inserts(content.story))


def leading(content: Content) -> tuple[ThemeBlock, ...]:
    """Give the themes raised most that stand among the headlines where closed questions give fewer than three."""
    if len(content.headlines) >= _FEWEST_HEADLINES:
        return ()
    home = content.overall or next((q for q in content.questions if q.themes), None)
    counted = [theme for theme in home.themes if theme.cell and theme.cell.share] if home else []
    ranked = sorted(counted, key=lambda theme: (-(theme.cell.share or 0.0) if theme.cell else 0.0, theme.id))
    return tuple(ranked[: _MOST_HEADLINES - len(content.headlines)])


def figures_told(content: Content) -> frozenset[str]:
    """Name the figures and words that the text itself prints, such as ``theme:T02.definition``."""
    return frozenset(span.figure.reference for span in spans_of(content.story) if span.figure)


def _inserts(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if block.insert:
            yield block.insert
        yield from _inserts(block.children)


class Pieces:
    """What inserts stand for, looked up in the content by the insert's own words."""

    def __init__(self, content: Content) -> None:
        self._charts = charts_of(content) | {q.id: q.chart for q in opens_of(content) if q.chart}
        self._themes = {theme.id: theme for theme in content.themes}
        self._outlooks = {view.question_id: view for view in content.outlooks}
        self._seen: set[str] = set()

    def first(self, name: str) -> bool:
        """Whether a piece is asked for the first time: its anchor stands once on a page."""
        seen, self._seen = self._seen, self._seen | {name}
        return name not in seen

    def chart(self, insert: str) -> Chart | None:
        """Give the chart that an insert names, None for other inserts."""
        return self._named(insert, "chart", self._charts)

    def theme(self, insert: str) -> ThemeBlock | None:
        """Give the theme that an insert names, of which all or the quotes are to be shown."""
        return self._named(insert, "theme", self._themes) or self._named(insert, "quotes", self._themes)

    def outlook(self, insert: str) -> Outlook | None:
        """Give the outlook that an insert names."""
        return self._named(insert, "outlook", self._outlooks)

    @staticmethod
    def _named(insert: str, kind: str, known: Mapping[str, Piece]) -> Piece | None:
        found, _, name = insert.partition(":")
        return known.get(name) if found == kind else None
