"""The researcher's own text: `data/report.md` read into blocks with their lines, references not yet looked up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.tree import SyntaxTreeNode

from pipeline.foundation.errors import ThemebookError
from pipeline.report.records import Block, Span
from pipeline.report.wording import tame

STORY_FILE = "data/report.md"
REFERENCE = "reference"
# What may stand alone on a line: everything else that a reference stands for belongs into a sentence.
INSERTS = ("asked", "headlines", "chart", "outlook", "theme", "quotes", "quote", "trends")
_REFERENCE = re.compile(r"\{([^{}\n]*)\}")
_MARK = re.compile(r"^(checked|internal)(?::\s*(.*))?$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_KINDS = {
    "heading": "heading",
    "paragraph": "paragraph",
    "list_item": "item",
    "blockquote": "said",
    "tr": "row",
    "td": "cell",
    "th": "cell",
    "hr": "rule",
}
_STYLES = {"strong": "strong", "em": "emphasis"}


class Story(NamedTuple):
    """A text as read: short names of questions, and its blocks."""

    names: dict[str, str]
    blocks: tuple[Block, ...]


def parse(text: str, file: str = STORY_FILE) -> Story:
    """Read a text.

    Parameters
    ----------
    text : str
        CommonMark with tables, with references in braces. It may begin with a block between two lines of ``---`` that
        gives questions short names (``names: {barriers: what_gets_in_the_way}``).
    file : str
        For messages.

    Returns
    -------
    Story
        A span of style ``reference`` holds what stood between the braces; `tell` looks it up. A text that is empty or
        holds comments only has no blocks.

    Raises
    ------
    ThemebookError
        If the block of names cannot be read, or the text has pictures.

    Examples
    --------
    >>> story = parse("# Trust\\n\\nOver half ({theme:T01.share}) want more of it. {checked: AB}\\n")
    >>> [block.kind for block in story.blocks], story.blocks[1].checked, story.blocks[1].line
    (['heading', 'paragraph'], 'AB', 3)
    >>> [span.text for span in story.blocks[1].spans]
    ['Over half (', 'theme:T01.share', ') want more of it.']
    """
    names, body, skipped = _front(tame(text), file)
    tokens = _markdown().parse(_COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), body))
    blocks = tuple(_block(node, skipped, skipped + 1, file) for node in SyntaxTreeNode(tokens).children)
    return Story(names, blocks)


def _front(text: str, file: str) -> tuple[dict[str, str], str, int]:
    """Take the block of names off: the names, the rest, and how many lines were taken."""
    found = re.match(r"---[ \t]*\n(.*?\n)?---[ \t]*(?:\n|\Z)", text, re.DOTALL)
    if not found:
        return {}, text, 0
    try:
        content = yaml.safe_load(found[1] or "") or {}
    except yaml.YAMLError as error:
        raise ThemebookError(
            f"{file}: the block between `---` at its head is not YAML: {error}.", "Mend it or take it out."
        ) from None
    names = content.get("names", {}) if isinstance(content, dict) else None
    if not isinstance(names, dict) or set(content) - {"names"}:
        raise ThemebookError(
            f"{file}: the block between `---` at its head may hold `names` only, each with a question's id.",
            "Write it as names: {barriers: what_gets_in_the_way}, or take it out.",
        )
    return {str(k): str(v) for k, v in names.items()}, text[found.end() :], text[: found.end()].count("\n")


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.inline.ruler.before("emphasis", REFERENCE, _inline)
    return markdown


def _inline(state: StateInline, silent: bool) -> bool:
    found = _REFERENCE.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        state.push(REFERENCE, "", 0).content = found[1].strip()
    state.pos = found.end()
    return True


def _block(node: SyntaxTreeNode, skipped: int, line: int, file: str) -> Block:
    """Read one piece; what has no place of its own, such as a table's cell, begins on the `line` of what holds it."""
    line = node.map[0] + skipped + 1 if node.map else line
    if node.type in ("fence", "code_block"):
        return Block(kind="code", line=line, spans=(Span(text=node.content.rstrip("\n")),))
    if node.type in ("bullet_list", "ordered_list"):
        items = tuple(_block(child, skipped, line, file) for child in node.children)
        return Block(kind="list", line=line, ordered=node.type == "ordered_list", children=items)
    if node.type == "table":
        rows = tuple(_block(row, skipped, line, file) for part in node.children for row in part.children)
        return Block(kind="table", line=line, children=rows)
    kind = _KINDS.get(node.type, "paragraph")
    if kind in ("item", "said", "row"):
        return Block(
            kind=kind, line=line, children=tuple(_block(child, skipped, line, file) for child in node.children)
        )
    spans = [span for child in node.children for span in _spans(child.children or [child], line, file)]
    level = int(node.tag[1]) if kind == "heading" else 0
    return _marked(Block(kind=kind, line=line, level=level, spans=tuple(spans)), file)


def _spans(nodes: Sequence[SyntaxTreeNode], line: int, file: str, style: str = "", href: str = "") -> list[Span]:
    found: list[Span] = []
    for node in nodes:
        if node.type in ("strong", "em"):
            found += _spans(node.children, line, file, _STYLES[node.type], href)
        elif node.type == "link":
            found += _spans(node.children, line, file, style, _safe(node.attrs.get("href", "")))
        elif node.type == "image":
            raise ThemebookError(
                f"{file}, line {line + sum(span.style == 'break' for span in found)}: a picture.",
                "Pictures are not taken into the report; take it out. A logo belongs into data/report.yaml.",
            )
        elif node.type in ("softbreak", "hardbreak"):
            found.append(Span(text="\n" if node.type == "hardbreak" else " ", style="break"))
        elif node.type == REFERENCE:
            found.append(Span(text=node.content, style=REFERENCE, href=style))
        else:
            found.append(Span(text=node.content, style="code" if node.type == "code_inline" else style, href=href))
    return found


def _safe(href: Any) -> str:
    """Keep links that open a page or a letter."""
    return str(href) if re.match(r"(https?|mailto):", str(href), re.IGNORECASE) else ""


def _marked(block: Block, file: str) -> Block:
    """Take the marks off a block, and make one that holds a single reference of that kind an insert."""
    spans: list[Span] = []
    update: dict[str, Any] = {}
    for span in block.spans:
        mark = _MARK.match(span.text) if span.style == REFERENCE else None
        if not mark:
            spans.append(span)
        elif mark[1] == "internal":
            update["internal"] = True
        elif mark[2]:
            update["checked"] = mark[2].strip()
        else:
            raise ThemebookError(
                f"{file}, line {block.line}: {{checked}} does not say who checked.", "Write it as {checked: your name}."
            )
    while spans and not spans[-1].text.strip():
        spans.pop()
    if spans and spans[-1].style in ("", "strong", "emphasis"):
        spans[-1] = spans[-1].model_copy(update={"text": spans[-1].text.rstrip()})
    alone = spans[0].text if len(spans) == 1 and spans[0].style == REFERENCE else ""
    if block.kind == "paragraph" and alone and _stands_alone(alone):
        update |= {"kind": "insert", "insert": alone}
    return block.model_copy(update=update | {"spans": tuple(spans)})


def _stands_alone(reference: str) -> bool:
    kind, _, rest = reference.partition(":")
    # {theme:T02} is all that is known of a theme, {theme:T02.share} one figure.
    return kind in INSERTS and not (kind == "theme" and "." in rest)


def lines_of(block: Block) -> list[tuple[Span, int]]:
    """Give each span of a block with the line that it stands on.

    Examples
    --------
    >>> (block,) = parse("one\\ntwo {n:responses}").blocks
    >>> [(span.text, line) for span, line in lines_of(block)]
    [('one', 1), (' ', 1), ('two ', 2), ('n:responses', 2)]
    """
    line = block.line
    found = []
    for span in block.spans:
        found.append((span, line))
        line += span.style == "break"
    return found
