"""The text that leads through the report, as pieces of a document."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.report import evidence, printed
from pipeline.report.chapters import Pieces
from pipeline.report.pieces import Heading, Listing, Paragraph, Piece, Run, Table
from pipeline.report.records import Block, Content, Span
from pipeline.report.references import opens_of
from pipeline.report.summary import headline
from pipeline.report.trends import FEWEST_WAVES


def text(content: Content) -> list[Piece]:
    """Give the text block by block; what stands alone in it becomes figures, quotes and themes."""
    blocks = list(content.story)
    if (first := next((block for block in blocks if block.kind == "heading" and block.level == 1), None)) is not None:
        blocks.remove(first)
    pieces = [piece for block in blocks for piece in _pieces(block, content)]
    return [Heading(1, "The report"), *pieces] if pieces else []


def _pieces(block: Block, content: Content) -> list[Piece]:
    if block.kind == "insert":
        return _insert(block, content)
    if block.kind == "heading":
        return [Heading(block.level, printed.closed("".join(run.text for run in _runs(block.spans))))]
    if block.kind == "list":
        items = tuple(tuple(_inside(item.children, content)) for item in block.children)
        return [Listing(items, block.ordered)]
    if block.kind == "said":
        return [
            Paragraph(piece.runs, "said") if isinstance(piece, Paragraph) else piece
            for piece in _inside(block.children, content)
        ]
    if block.kind == "table":
        rows = [tuple(_words(cell) for cell in row.children) for row in block.children]
        return [Table("", rows[0], tuple(rows[1:]), tuple(range(1, len(rows[0]))))] if rows else []
    kind = block.kind if block.kind in ("code", "rule") else ""
    return [Paragraph(_runs(block.spans), kind)]


def _inside(blocks: Iterable[Block], content: Content) -> list[Piece]:
    return [piece for block in blocks for piece in _pieces(block, content)]


def _runs(spans: Iterable[Span]) -> tuple[Run, ...]:
    """Give spans with the figures and quotes that they stand for."""
    runs = []
    for span in spans:
        if span.style == "break":
            runs.append(Run("", "break") if span.text == "\n" else Run(" "))
        elif span.quote:
            runs.append(Run(f"“{printed.closed(span.quote.display)}”", span.style))
        else:
            text = span.figure.text if span.figure else span.text
            runs.append(Run(printed.closed(text), span.style, span.href))
    return tuple(runs)


def _words(cell: Block) -> str:
    return "".join(run.text or " " for run in _runs(cell.spans))


def _insert(block: Block, content: Content) -> list[Piece]:
    """Give what a reference that stands alone is for; every row and every table of it is in the evidence."""
    kind, known = block.insert.partition(":")[0], Pieces(content)
    if kind == "quote":
        return [printed.quoted(span.quote) for span in block.spans if span.quote]
    if kind == "asked":
        return evidence.asked(content)
    if kind == "headlines":
        return [headline(told) for told in content.headlines]
    if kind == "trends":
        drawn = [q.chart for q in opens_of(content) if q.chart and len(q.chart.waves) >= FEWEST_WAVES]
        return [piece for chart in drawn for piece in printed.by_wave(chart)]
    if chart := known.chart(block.insert):
        return printed.chart_in_short(chart)
    if view := known.outlook(block.insert):
        return evidence.outlook_in_short(view)
    if theme := known.theme(block.insert):
        return (
            evidence.quotes(theme.quotes[: content.quotes_per_theme]) if kind == "quotes" else [evidence.share(theme)]
        )
    return []
