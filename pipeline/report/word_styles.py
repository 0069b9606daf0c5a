"""The styles of the Word document: themebook's own, and those that an organisation's template lacks."""

from __future__ import annotations

from typing import Any

from pipeline.report.word_text import ACCENT, SOFT, SPACE, WARM

SERIF, SANS = "Georgia", "Arial"
# What a template without the style on the left is written in; the first that it has.
_INSTEAD = {
    "Title": ("Heading 1",),
    "Subtitle": (),
    "Intense Quote": ("Quote",),
    "Quote": ("Intense Quote",),
    "TOC Heading": ("Heading 1",),
    "List Bullet 2": ("List Bullet",),
    "List Bullet 3": ("List Bullet 2", "List Bullet"),
    "List Number 2": ("List Number",),
    "List Number 3": ("List Number 2", "List Number"),
    "List Continue": ("List Paragraph",),
    **{f"Heading {n}": tuple(f"Heading {m}" for m in range(n - 1, 0, -1)) for n in range(2, 7)},
}
_QUIET = ("Footer", "List Continue", "TOC 1", "TOC 2", "TOC 3", "TOC Heading")
# Styles of the report's own, based on the template's text; a template may bring its own under these names.
_OWN = {
    "Report Note": '<w:pPr><w:spacing w:after="80"/></w:pPr>'
    f'<w:rPr><w:color w:val="{SOFT}"/><w:sz w:val="17"/></w:rPr>',
    "Report Lead": '<w:pPr><w:spacing w:after="100"/></w:pPr><w:rPr><w:sz w:val="22"/></w:rPr>',
    "Report Callout": f'<w:pPr><w:pBdr><w:left w:val="single" w:sz="24" w:space="8" w:color="{WARM}"/></w:pBdr>'
    f'<w:spacing w:after="120"/></w:pPr><w:rPr><w:b/><w:color w:val="{WARM}"/></w:rPr>',
    "Report Figure": '<w:pPr><w:keepNext/><w:tabs><w:tab w:val="left" w:pos="1500"/></w:tabs><w:spacing w:before="120" '
    'w:after="0"/><w:ind w:left="1500" w:hanging="1500"/></w:pPr>',
    "Report Says": '<w:pPr><w:spacing w:after="30"/><w:ind w:left="1500"/></w:pPr>',
    "Report Bar": '<w:pPr><w:spacing w:before="40" w:after="40" w:line="140" w:lineRule="exact"/></w:pPr>'
    '<w:rPr><w:sz w:val="8"/></w:rPr>',
    "Report Cell": '<w:pPr><w:spacing w:before="20" w:after="20"/></w:pPr><w:rPr><w:sz w:val="17"/></w:rPr>',
}
_TABLE = (
    f'<w:style xmlns:w="{SPACE}" w:type="table" w:customStyle="1" w:styleId="ReportTable">'
    '<w:name w:val="Report Table"/>'
    '<w:tblPr><w:tblBorders><w:bottom w:val="single" w:sz="4" w:color="D5D1C6"/>'
    '<w:insideH w:val="single" w:sz="4" w:color="D5D1C6"/></w:tblBorders><w:tblCellMar><w:left w:w="70" w:type="dxa"/>'
    '<w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders><w:bottom w:val="single" w:sz="8" '
    'w:color="1C2126"/></w:tcBorders></w:tcPr></w:tblStylePr></w:style>'
)


class Styles:
    """The ids of a document's styles by name; what a template lacks is replaced, with a notice."""

    def __init__(self, made: Any) -> None:
        from docx.oxml import parse_xml

        self._ids = {_named(style.name): style.style_id for style in made.styles if style.name}
        self._plain = made.styles.default(1).style_id if made.styles.default(1) is not None else "Normal"
        self.notices: list[str] = []
        root = made.styles.element
        for name, properties in _OWN.items():
            if _named(name) not in self._ids:
                self._ids[_named(name)] = name.replace(" ", "")
                root.append(
                    parse_xml(
                        f'<w:style xmlns:w="{SPACE}" w:type="paragraph" w:customStyle="1" '
                        f'w:styleId="{name.replace(" ", "")}">'
                        f'<w:name w:val="{name}"/><w:basedOn w:val="{self._plain}"/><w:qFormat/>{properties}</w:style>'
                    )
                )
        if _named("Report Table") not in self._ids:
            self._ids[_named("Report Table")] = "ReportTable"
            root.append(parse_xml(_TABLE))

    def id_of(self, name: str) -> str:
        """Give the id of a style, or of what stands in for one that the template lacks."""
        key = _named(name)
        if key not in self._ids:
            instead = next((other for other in _INSTEAD.get(name, ()) if _named(other) in self._ids), "")
            self._ids[key] = self._ids[_named(instead)] if instead else self._plain
            if name not in _QUIET:
                said = f"“{instead}”" if instead else "its plain text"
                self.notices.append(f"The Word template has no style “{name}”; {said} stands in for it.")
        return self._ids[key]


def _named(name: str) -> str:
    """Compare names of styles as Word does: its own are written in small letters in some files."""
    return name.lower()


def own_styles(made: Any) -> None:
    """Give the document without a template its fonts, sizes, colours and page."""
    from docx.shared import Mm, Pt, RGBColor

    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(22)
    section.top_margin, section.bottom_margin = Mm(20), Mm(20)
    section.footer_distance = Mm(10)
    for name, font, size, before, after, colour in (
        ("Normal", SANS, 9.5, 0, 5, ""),
        ("Title", SERIF, 25, 0, 10, "1C2126"),
        ("Subtitle", SANS, 9, 0, 4, SOFT),
        ("Heading 1", SERIF, 22, 0, 14, "1C2126"),
        ("Heading 2", SERIF, 15, 16, 5, "1C2126"),
        ("Heading 3", SERIF, 12, 12, 3, "1C2126"),
        ("Heading 4", SERIF, 11, 10, 3, ACCENT),
        ("Heading 5", SERIF, 10, 8, 2, "1C2126"),
        ("Heading 6", SERIF, 10, 8, 2, SOFT),
        ("Quote", SERIF, 10.5, 4, 6, ""),
        ("Intense Quote", SERIF, 10.5, 6, 8, "1C2126"),
        ("Caption", SANS, 8, 4, 2, SOFT),
        ("Footer", SANS, 8, 0, 0, SOFT),
        ("TOC Heading", SERIF, 15, 0, 8, "1C2126"),
    ):
        style = made.styles[name]
        _font(style, font)
        style.font.size, style.font.bold, style.font.italic = Pt(size), name.startswith(("Title", "Head", "TOC")), False
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
        if colour:
            style.font.color.rgb = RGBColor.from_string(colour)
    _edges(made)


def _font(style: Any, font: str) -> None:
    """Set one font for every script, in place of those of the theme."""
    from docx.oxml.ns import qn

    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in list(fonts.attrib):
        del fonts.attrib[key]
    for key in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{key}"), font)


def _edges(made: Any) -> None:
    """Take the lines of the stock styles away, and set a quote off by one at its left."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import qn

    for name in ("Title", "Intense Quote"):
        properties = made.styles[name].element.get_or_add_pPr()
        for old in properties.findall(qn("w:pBdr")) + properties.findall(qn("w:ind")):
            properties.remove(old)
    quote = made.styles["Intense Quote"].element.get_or_add_pPr()
    line = f'<w:pBdr xmlns:w="{SPACE}"><w:left w:val="single" w:sz="18" w:space="8" w:color="{ACCENT}"/></w:pBdr>'
    spacing = quote.find(qn("w:spacing"))
    spacing.addprevious(parse_xml(line))
    spacing.addnext(parse_xml(f'<w:ind xmlns:w="{SPACE}" w:left="227"/>'))
    for level in (1, 2, 3):
        made.styles.element.append(
            parse_xml(
                f'<w:style xmlns:w="{SPACE}" w:type="paragraph" w:styleId="TOC{level}"><w:name w:val="toc {level}"/>'
                f'<w:basedOn w:val="Normal"/><w:pPr><w:spacing w:before="{120 if level == 1 else 0}" w:after="40"/>'
                f'<w:ind w:left="{(level - 1) * 284}"/></w:pPr>'
                f"{'<w:rPr><w:b/></w:rPr>' if level == 1 else ''}</w:style>"
            )
        )
