"""Reading back what was printed: a PDF by its structure tree as a screen reader would, a Word document by its lines."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from print_factory import parts_of
from pypdf import PdfReader
from pypdf.generic import ContentStream

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
BLOCKS = {"H1", "H2", "H3", "H4", "H5", "H6", "P", "Caption", "TH", "TD", "LI", "LBody"}


def opened(file: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(file))


def written_in(file: bytes) -> str:
    """The text of a Word document in the order in which it stands, a line a paragraph."""
    body = ElementTree.fromstring(parts_of(file)["word/document.xml"])  # noqa: S314 (our own file)
    said = {f"{W}t": lambda each: each.text or "", f"{W}br": lambda _: "\n"}
    return "\n".join(
        "".join(said[each.tag](each) for each in paragraph.iter() if each.tag in said)
        for paragraph in body.iter(f"{W}p")
    )


def said_in(name: str, file: bytes) -> str:
    """Every text that a file holds: what is shown, and what is said of it in its parts and properties."""
    if name.endswith(".html"):
        return html.unescape(re.sub(r"<[^>]*>", " ", file.decode()) + " " + file.decode())
    if name.endswith(".pdf"):
        reader = opened(file)
        shown_text = " ".join(text for _, text in tagged(file))
        drawn = " ".join(page.extract_text() for page in reader.pages)
        root = reader.trailer["/Root"]
        titles = " ".join(str(reader.get_object(i)) for i in range(1, max(reader.xref_objStm)))
        return " ".join([shown_text, drawn, titles, str(reader.metadata), root["/Metadata"].get_data().decode()])
    parts = [part.decode("utf-8", "replace") for part in parts_of(file).values()]
    return html.unescape(" ".join(f"{part} {re.sub(r'<[^>]*>', ' ', part)}" for part in parts))


def tagged(file: bytes) -> list[tuple[str, str]]:
    """Tag and text of every block, in the order of the structure tree."""
    reader = opened(file)
    marked = {page.indirect_reference.idnum: _marked(page) for page in reader.pages}
    root = reader.trailer["/Root"]["/StructTreeRoot"]
    return [(tag, "".join(parts)) for tag, parts in _blocks(root, marked)]


def _blocks(element: Any, marked: dict[int, dict[int, str]]) -> Iterator[tuple[str, list[str]]]:
    tag = str(element.get("/S", ""))[1:]
    if tag in BLOCKS:
        nested = [kid for kid in _kids(element) if not isinstance(kid, int) and _holds_block(kid)]
        if not nested:
            yield tag, list(_text(element, marked))
            return
    for kid in _kids(element):
        if not isinstance(kid, int):
            yield from _blocks(kid, marked)


def _holds_block(element: Any) -> bool:
    return str(element.get("/S", ""))[1:] in BLOCKS or any(
        _holds_block(kid) for kid in _kids(element) if not isinstance(kid, int)
    )


def _text(element: Any, marked: dict[int, dict[int, str]]) -> Iterator[str]:
    for kid in _kids(element):
        if isinstance(kid, int):
            yield marked[element.raw_get("/Pg").idnum].get(kid, "")
        else:
            yield from _text(kid, marked)


def _kids(element: Any) -> list[Any]:
    kids = element.get("/K", [])
    found = [kid.get_object() for kid in (kids if isinstance(kids, list) else [kids])]
    return [int(kid) if isinstance(kid, int) else kid for kid in found if isinstance(kid, int) or "/S" in kid]


def _marked(page: Any) -> dict[int, str]:
    """The text of a page by the numbers of its marked stretches."""
    fonts = {name: _letters(font.get_object()) for name, font in page["/Resources"]["/Font"].items()}
    found: dict[int, str] = {}
    stack: list[int] = []
    letters: dict[int, str] = {}
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        if operator == b"Tf":
            letters = fonts[operands[0]]
        elif operator == b"BDC":
            stack.append(int(operands[1].get("/MCID", -1)) if hasattr(operands[1], "get") else -1)
        elif operator == b"BMC":
            stack.append(-1)
        elif operator == b"EMC":
            stack.pop()
        elif operator in (b"TJ", b"Tj") and stack and stack[-1] >= 0:
            pieces = operands[0] if operator == b"TJ" else [operands[0]]
            codes = b"".join(_bytes(piece) for piece in pieces if not isinstance(piece, int | float))
            said = "".join(letters.get(int.from_bytes(codes[i : i + 2], "big"), "") for i in range(0, len(codes), 2))
            found[stack[-1]] = found.get(stack[-1], "") + said
    return found


def _bytes(piece: Any) -> bytes:
    return bytes(piece) if isinstance(piece, bytes) else piece.original_bytes


def _letters(font: Any) -> dict[int, str]:
    """What each glyph stands for, by the font's own table."""
    table = font["/ToUnicode"].get_data().decode("latin-1")
    found = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        for code, text in re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]*)>", block):
            found[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    return found
