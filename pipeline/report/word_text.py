"""The pieces of a document as WordprocessingML: text escaped, styles by their ids, nothing laid over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from xml.sax.saxutils import escape, quoteattr

from pipeline.report.pieces import Bars, Big, Document, Heading, Listing, Paragraph, Piece, Quoted, Run, Table

SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
ACCENT, WARM, REST, NET, SOFT = "0B5A63", "A33F1F", "B9B3A5", "6C9BA0", "535B63"
_TONES = {"side-1": WARM, "side-2": REST, "rest": REST, "net": NET}
_LONGEST_TOGETHER = 14
_FIGURE_WIDTH = 1500  # of the large figures before their words, in twentieths of a point
_DEEPEST = 2
_NOTE, _LEAD, _BIG, _SAYS, _BAR = "Report Note", "Report Lead", "Report Figure", "Report Says", "Report Bar"


class Writer:
    """Writes pieces; `style` gives the id of a style by its name, `link` that of an address, `width` is the text's."""

    def __init__(self, style: Callable[[str], str], link: Callable[[str], str], width: int) -> None:
        self._style, self._link, self._width = style, link, width
        self._marks = count(1)

    def document(self, laid_out: Document) -> str:
        """Give the whole body: the summary on two pages, the contents, and all the rest."""
        first, second = laid_out.summary
        body = [
            self._p("Subtitle", _run(laid_out.kicker)),
            self._p("Title", _run(laid_out.title)),
            *self._all(first),
            _NEW_PAGE,
            *self._all(second),
            self._p(_NOTE, _run(laid_out.end)),
            _NEW_PAGE,
        ]
        return "".join([*body, *self._contents(laid_out.body), *self._all(laid_out.body, marked=True)])

    def _all(self, pieces: Sequence[Piece], marked: bool = False) -> list[str]:
        """Write pieces; words that introduce a figure or a table stay with it."""
        following = [*pieces[1:], None]
        return [
            self._piece(each, marked, isinstance(after, Bars | Table | Big | Paragraph))
            for each, after in zip(pieces, following, strict=True)
        ]

    def _contents(self, pieces: Iterable[Piece]) -> list[str]:
        """A field that Word fills with page numbers; until then it lists the headings, each a link."""
        headings = [piece for piece in pieces if isinstance(piece, Heading) and piece.level <= _DEEPEST]
        lines = [self._p("TOC Heading", _run("Contents"))]
        begin = (
            '<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r><w:r><w:instrText xml:space="preserve"> '
            "TOC \\o "
            f'"1-{_DEEPEST}" \\h \\z \\u </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        )
        for i, heading in enumerate(headings):
            entry = f'<w:hyperlink w:anchor="{_mark(i + 1)}" w:history="1">{_run(heading.text)}</w:hyperlink>'
            name = f"TOC {heading.level}"
            lines.append(self._p(name, (begin if i == 0 else "") + entry, tab=self._width))
        end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        return [*lines, self._p("Normal", end if headings else "")]

    def _piece(self, piece: Piece, marked: bool = False, together: bool = False) -> str:
        if isinstance(piece, Heading):
            return self._heading(piece, marked)
        if isinstance(piece, Paragraph):
            return self._paragraph(piece, together)
        if isinstance(piece, Listing):
            return self._listing(piece)
        if isinstance(piece, Quoted):
            return self._quoted(piece)
        if isinstance(piece, Big):
            return self._big(piece)
        return self._bars(piece) if isinstance(piece, Bars) else self._table(piece)

    def _heading(self, piece: Heading, marked: bool) -> str:
        level = min(piece.level, 6)
        text = _run(piece.text)
        if marked and level <= _DEEPEST:
            number = next(self._marks)
            name = quoteattr(_mark(number))
            text = f'<w:bookmarkStart w:id="{number}" w:name={name}/>{text}<w:bookmarkEnd w:id="{number}"/>'
        return self._p(f"Heading {level}", text, new_page=marked and level == 1)

    def _paragraph(self, piece: Paragraph, together: bool = False) -> str:
        names = {"note": _NOTE, "lead": _LEAD, "definition": _LEAD, "callout": "Report Callout", "said": "Quote"}
        if piece.kind == "marks":
            return ""
        if piece.kind == "rule":
            return self._p("Normal", "")
        code = "code" if piece.kind == "code" else ""
        together = together and piece.kind in ("note", "lead", "definition")
        return self._p(names.get(piece.kind, "Normal"), self._runs(piece.runs, code), together)

    def _runs(self, runs: Iterable[Run], style: str = "") -> str:
        written = []
        for run in runs:
            text = "<w:r><w:br/></w:r>" if run.style == "break" else _run(run.text, run.style or style)
            link = self._link(run.href) if run.href else ""
            written.append(f'<w:hyperlink r:id="{link}">{text}</w:hyperlink>' if link else text)
        return "".join(written)

    def _listing(self, piece: Listing, level: int = 1) -> str:
        name = ("List Number" if piece.ordered else "List Bullet") + (f" {min(level, 3)}" if level > 1 else "")
        written = []
        for item in piece.items:
            for i, each in enumerate(item):
                if isinstance(each, Listing):
                    written.append(self._listing(each, level + 1))
                elif isinstance(each, Paragraph):
                    written.append(self._p("List Continue" if i else name, self._runs(each.runs)))
                else:
                    written.append(self._piece(each))
        return "".join(written)

    def _quoted(self, piece: Quoted, says: bool = False) -> str:
        if says:
            return self._p(_SAYS, _run(f"“{piece.text}”", "emphasis")) + self._p(_SAYS, _run(piece.said, "small"))
        return self._p("Intense Quote", _run(f"“{piece.text}”") + "<w:r><w:br/></w:r>" + _run(piece.said, "small"))

    def _big(self, piece: Big) -> str:
        words = _run(piece.says, "strong" if piece.under or piece.quote else "")
        lines = [self._p(_BIG, f"{_run(piece.figure, 'big')}<w:r><w:tab/></w:r>{words}", together=True)]
        if piece.under:
            lines.append(self._p(_SAYS, _run(piece.under), together=piece.share is not None or bool(piece.note)))
        if piece.share is not None:
            lines.append(self._bar(piece.share, ACCENT, self._width - _FIGURE_WIDTH, _FIGURE_WIDTH, bool(piece.note)))
        if piece.note:
            lines.append(self._p(_SAYS, _run(piece.note, "small")))
        return "".join(lines) + (self._quoted(piece.quote, says=True) if piece.quote else "")

    def _bar(self, share: float, colour: str, width: int, left: int = 0, together: bool = False) -> str:
        """A bar is a paragraph with nothing in it, shaded as far as its indents let it reach."""
        right = round(width * (1 - max(0.004, min(share, 1.0))))
        keep = "<w:keepNext/>" if together else ""
        return (
            f'<w:p><w:pPr><w:pStyle w:val="{self._style(_BAR)}"/>{keep}<w:shd w:val="clear" w:color="auto" '
            f'w:fill="{colour}"/><w:ind w:left="{left}" w:right="{right}"/></w:pPr></w:p>'
        )

    def _bars(self, piece: Bars) -> str:
        label, value = round(self._width * 0.38), round(self._width * 0.16)
        value = min(value, round(self._width * 0.42 / max(len(piece.head) - 1, 1)))
        bar = self._width - label - value * (len(piece.head) - 1)
        rows = []
        for row in piece.rows:
            drawn = self._bar(row.share, _TONES.get(row.tone, ACCENT), bar - 200) if row.share else self._p(_BAR, "")
            rows.append([_run(row.label), drawn, *map(_run, row.values)])
        head = [piece.head[0], "0 to 100 %", *piece.head[1:]]
        return self._grid(piece.caption, head, rows, [label, bar, *[value] * (len(piece.head) - 1)], (1,))

    def _table(self, piece: Table) -> str:
        others = len(piece.head) - 1
        first = (
            self._width if not others else round(self._width * (0.28 if piece.words else max(0.3, 1 - 0.16 * others)))
        )
        each = (self._width - first) // others if others else 0
        rows = [[_run(cell) for cell in row] for row in piece.rows]
        return self._grid(piece.caption, piece.head, rows, [first, *[each] * others], piece.words)

    def _grid(
        self,
        caption: str,
        head: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[int],
        left: Sequence[int],
    ) -> str:
        """A table with its caption before it; the head is repeated on each page, rows are not torn."""
        together = len(rows) <= _LONGEST_TOGETHER
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        written = [self._row([_run(name, "strong") for name in head], widths, left, True, True)]
        written += [self._row(row, widths, left, False, together and i < len(rows) - 1) for i, row in enumerate(rows)]
        about = f"<w:tblCaption w:val={quoteattr(caption)}/>" if caption else ""
        before = self._p("Caption", _run(caption), together=True) if caption else ""
        return (
            f'{before}<w:tbl><w:tblPr><w:tblStyle w:val="{self._style("Report Table")}"/><w:tblW w:w="{sum(widths)}" '
            f'w:type="dxa"/><w:tblLayout w:type="fixed"/>{_LOOK}{about}</w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
            f"{''.join(written)}</w:tbl>{self._p(_BAR, '')}"
        )

    def _row(self, cells: Sequence[str], widths: Sequence[int], left: Sequence[int], head: bool, together: bool) -> str:
        written = []
        for i, (cell, width) in enumerate(zip(cells, widths, strict=True)):
            if not cell.startswith("<w:p>"):
                side = "left" if i == 0 or i in left else "right"
                cell = self._p("Report Cell", cell, together=together, side=side)
            written.append(f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{cell}</w:tc>')
        of_row = "<w:cantSplit/>" + ("<w:tblHeader/>" if head else "")
        return f"<w:tr><w:trPr>{of_row}</w:trPr>{''.join(written)}</w:tr>"

    def _p(
        self, name: str, runs: str, together: bool = False, new_page: bool = False, tab: int = 0, side: str = ""
    ) -> str:
        properties = f'<w:pStyle w:val="{self._style(name)}"/>'
        properties += "<w:keepNext/>" if together else ""
        properties += "<w:pageBreakBefore/>" if new_page else ""
        properties += f'<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="{tab}"/></w:tabs>' if tab else ""
        properties += f'<w:jc w:val="{side}"/>' if side else ""
        return f"<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>"


_LOOK = (
    '<w:tblLook w:val="06A0" w:firstRow="1" w:lastRow="0" w:firstColumn="1" w:lastColumn="0" w:noHBand="1" '
    'w:noVBand="1"/>'
)
_NEW_PAGE = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
_STYLES = {
    "strong": "<w:b/>",
    "emphasis": "<w:i/>",
    "code": '<w:rFonts w:ascii="Courier New" w:hAnsi="Courier New" w:cs="Courier New"/>',
    "small": f'<w:i w:val="0"/><w:color w:val="{SOFT}"/><w:sz w:val="16"/>',
    "big": f'<w:b/><w:color w:val="{ACCENT}"/><w:sz w:val="36"/>',
}


def _run(text: str, style: str = "") -> str:
    """Write text as it is, lines and all."""
    properties = f"<w:rPr>{_STYLES[style]}</w:rPr>" if style in _STYLES else ""
    lines = [f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.replace("\r\n", "\n").split("\n")]
    return f"<w:r>{properties}{'<w:br/>'.join(lines)}</w:r>" if text else ""


def field(code: str) -> str:
    """Write a field that Word works out, such as the number of the page."""
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve">{escape(code)}</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def _mark(number: int) -> str:
    return f"_Toc{number:08d}"
