"""The report as a Word document with real styles, in themebook's own or an organisation's template."""

from __future__ import annotations

import base64
import io
import re
import zipfile
from datetime import datetime
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from pipeline.foundation.errors import ThemebookError
from pipeline.report.document import document
from pipeline.report.pieces import Document
from pipeline.report.records import Content
from pipeline.report.summary import Room
from pipeline.report.word_styles import Styles, own_styles
from pipeline.report.word_text import ACCENT, RELATIONS, SPACE, WARM, Writer, field

_WHEN = datetime(2000, 1, 1)
_LOCALES = {"en": "en-GB"}
_TEMPLATE, _DOCUMENT = (
    f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}.main+xml"
    for kind in ("template", "document")
)


class Word(NamedTuple):
    """A document as bytes, and what of its styles a template lacked."""

    file: bytes
    notices: tuple[str, ...]


def word(content: Content, room: Room | None = None, template: bytes | None = None) -> Word:
    """Make the Word document.

    Parameters
    ----------
    content : Content
        Made public already, for a document that leaves the team.
    room : Room, optional
        What the two pages of the summary hold, as `pdf.fitting` finds it.
    template : bytes, optional
        An organisation's .docx or .dotx: its styles, page, header and footer are kept, its text is not.

    Returns
    -------
    Word
        The same bytes for the same content and template.

    Raises
    ------
    ThemebookError
        If the template cannot be read as a Word document.
    """
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import parse_xml

    made = _open(template)
    laid_out = document(content, room)
    if template is None:
        own_styles(made)
    styles = Styles(made)
    section = made.sections[-1]
    width = int((section.page_width - section.left_margin - section.right_margin) / 635)

    def link(address: str) -> str:
        return str(made.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))

    text = Writer(styles.id_of, link, width).document(laid_out)
    whole = parse_xml(f'<w:body xmlns:w="{SPACE}" xmlns:r="{RELATIONS}">{text}</w:body>')
    body = made.element.body
    for child in list(body):
        if not child.tag.endswith("}sectPr"):
            body.remove(child)
    last = body[-1]
    for child in list(whole):
        last.addprevious(child)
    if laid_out.logo:
        _logo(made, laid_out)
    if template is None:
        _coloured(made, laid_out)
    _foot(section, laid_out.title, width, styles)
    _properties(made, laid_out.title, _LOCALES.get(laid_out.language, laid_out.language))
    return Word(_steady(made), tuple(styles.notices))


def _coloured(made: Any, laid_out: Document) -> None:
    """Put the colours of the house in place of themebook's; a template brings its own."""
    swap = {ACCENT: laid_out.accent.lstrip("#").upper(), WARM: laid_out.second.lstrip("#").upper()}
    for part in (made.element, made.styles.element):
        for element in part.iter():
            for name, value in element.attrib.items():
                if value in swap:
                    element.set(name, swap[value])


def _logo(made: Any, laid_out: Document) -> None:
    """Put the logo before everything else, with the words that stand for it."""
    from docx.shared import Mm

    first = made.element.body[0]
    picture = io.BytesIO(base64.b64decode(laid_out.logo.partition(",")[2]))
    paragraph = made.add_paragraph()
    shape = paragraph.add_run().add_picture(picture, height=Mm(14))
    if shape.width > Mm(60):
        shape.width, shape.height = Mm(60), round(shape.height * Mm(60) / shape.width)
    shape._inline.docPr.set("descr", laid_out.logo_alt)
    first.addprevious(paragraph._p)


def _open(template: bytes | None) -> Any:
    import docx

    if template is None:
        return docx.Document()
    try:
        return docx.Document(io.BytesIO(_as_document(template)))
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ThemebookError(
            f"The Word template cannot be read as a document ({type(error).__name__}).",
            "Give a .docx or .dotx file without macros, as Word saves it.",
        ) from None


def _as_document(template: bytes) -> bytes:
    """Turn a .dotx, which is a document under another name, into one."""
    with zipfile.ZipFile(io.BytesIO(template)) as old:
        types = old.read("[Content_Types].xml")
        if _TEMPLATE.encode() not in types:
            return template
        parts = {name: old.read(name) for name in old.namelist()}
    return _zip(parts | {"[Content_Types].xml": types.replace(_TEMPLATE.encode(), _DOCUMENT.encode())})


def _foot(section: Any, title: str, width: int, styles: Styles) -> None:
    """Put title and page number at the foot, unless the template has a foot of its own."""
    from docx.oxml import parse_xml

    footer = section.footer
    if any(p.text.strip() or p._p.xpath(".//w:fldSimple | .//w:instrText | .//w:drawing") for p in footer.paragraphs):
        return
    line = (
        f'<w:p xmlns:w="{SPACE}"><w:pPr><w:pStyle w:val="{styles.id_of("Footer")}"/><w:tabs>'
        f'{_cleared(section)}<w:tab w:val="right" w:pos="{width}"/></w:tabs></w:pPr>'
        f"<w:r><w:t>{escape(title[:110])}</w:t></w:r>"
        f'<w:r><w:tab/></w:r>{field(" PAGE ")}<w:r><w:t xml:space="preserve"> / </w:t></w:r>'
        f"{field(' NUMPAGES ')}</w:p>"
    )
    footer.is_linked_to_previous = False
    for paragraph in list(footer.paragraphs):
        paragraph._p.getparent().remove(paragraph._p)
    footer._element.append(parse_xml(line))


def _cleared(section: Any) -> str:
    """The stops of the foot's own style, which stand where another page would end."""
    style = section.footer.paragraphs[0].style if section.footer.paragraphs else None
    stops = [stop.position for stop in style.paragraph_format.tab_stops] if style is not None else []
    return "".join(f'<w:tab w:val="clear" w:pos="{round(stop / 635)}"/>' for stop in stops)


def _properties(made: Any, title: str, language: str) -> None:
    """Set what the file says of itself: its title and language, no person and no time."""
    from docx.oxml.ns import qn

    about = made.core_properties
    about.title, about.author, about.last_modified_by = title[:250], "themebook", "themebook"
    about.created = about.modified = _WHEN
    about.language, about.revision = language, 1
    about.comments = about.keywords = about.subject = about.category = ""
    defaults = made.styles.element.xpath("w:docDefaults/w:rPrDefault/w:rPr")
    for properties in defaults:
        for old in properties.findall(qn("w:lang")):
            properties.remove(old)
        properties.append(properties.makeelement(qn("w:lang"), {qn("w:val"): language}))


def _steady(made: Any) -> bytes:
    """Give the file without the time of its making and without a picture of what the template looked like."""
    buffer = io.BytesIO()
    made.save(buffer)
    with zipfile.ZipFile(buffer) as old:
        parts = {name: old.read(name) for name in old.namelist() if not name.startswith("docProps/thumbnail")}
    relations = parts["_rels/.rels"].decode()
    parts["_rels/.rels"] = re.sub(r"<Relationship [^>]*thumbnail[^>]*/>", "", relations).encode()
    return _zip(parts)


def _zip(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(parts, key=lambda name: (name != "[Content_Types].xml", name)):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, parts[name])
    return buffer.getvalue()
