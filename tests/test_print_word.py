"""The Word document: real styles, an organisation's template, hostile words inert, readable in LibreOffice."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from xml.etree import ElementTree

import docx
import pytest
from print_factory import HOSTILE, content_of, hostile_content, letters, parts_of
from print_reader import W, opened, written_in

from pipeline.foundation.errors import ThemebookError
from pipeline.report.document import document
from pipeline.report.pieces import Bars, Heading, Listing, Paragraph, Quoted, Run, Table
from pipeline.report.public import to_public
from pipeline.report.word import word


@pytest.fixture(scope="module")
def content():
    return to_public(content_of())


@pytest.fixture(scope="module")
def made(content):
    return word(content)


@pytest.fixture(scope="module")
def hostile():
    return word(to_public(hostile_content())).file


def read(file: bytes):
    return docx.Document(io.BytesIO(file))


def test_its_headings_are_headings_in_order(made, content):
    body = document(content).body
    wanted = [(f"Heading {p.level}", p.text) for p in body if isinstance(p, Heading)]
    found = [(p.style.name, p.text) for p in read(made.file).paragraphs if p.style.name.startswith("Heading")]
    assert len(wanted) > 15 and found[-len(wanted) :] == wanted
    assert read(made.file).paragraphs[1].style.name == "Title"
    assert made.notices == ()


def test_it_uses_real_styles(made):
    used = {p.style.name for p in read(made.file).paragraphs}
    assert {"Title", "Subtitle", "Normal", "Caption", "Intense Quote", "List Bullet"} <= used
    assert {table.style.name for table in read(made.file).tables} == {"Report Table"}


def test_its_figures_are_tables_with_repeated_heads(made, content):
    tables = read(made.file).tables
    summary = [p for page in document(content).summary for p in page]
    wanted = [p for p in (*summary, *document(content).body) if isinstance(p, Bars | Table)]
    assert len(tables) == len(wanted) > 10
    for table, piece in zip(tables, wanted, strict=True):
        assert table.rows[0]._tr.trPr.find(f"{W}tblHeader") is not None
        assert all(row._tr.trPr.find(f"{W}cantSplit") is not None for row in table.rows)
        rows = [[cell.text for cell in row.cells] for row in table.rows[1:]]
        if isinstance(piece, Bars):
            assert rows == [[row.label, "", *row.values] for row in piece.rows]
        else:
            assert rows == [list(row) for row in piece.rows]


def test_it_has_contents_page_numbers_language_and_title(made):
    parts = parts_of(made.file)
    body, foot = parts["word/document.xml"].decode(), parts["word/footer1.xml"].decode()
    assert re.search(r'TOC \\o "1-2"', body) and "PAGE" in foot and "NUMPAGES" in foot
    assert 'w:lang w:val="en-GB"' in parts["word/styles.xml"].decode()
    about = read(made.file).core_properties
    assert (about.title, about.author, about.language) == ("A survey of gardeners", "themebook", "en-GB")
    assert about.created.year == about.modified.year == 2000 and about.comments == ""
    anchors = set(re.findall(r'w:anchor="(_Toc\d+)"', body))
    assert anchors and anchors <= set(re.findall(r'w:name="(_Toc\d+)"', body))


def test_hostile_words_are_words(hostile):
    text = written_in(hostile)
    for words in HOSTILE:
        clean = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe]", "\ufffd", words).replace("\r\n", "\n")
        assert clean.rstrip() in text, clean[:60]
    assert not {"externalLink", "activeX", "vbaProject", "embeddings"} & {
        name.split("/")[1] for name in parts_of(hostile) if "/" in name
    }
    for name, part in parts_of(hostile).items():
        if name.endswith((".xml", ".rels")):
            ElementTree.fromstring(part)  # noqa: S314 (our own file)
        if name.endswith(".rels"):
            assert b'TargetMode="External"' not in part, name
    codes = re.findall(r"<w:instrText[^>]*>([^<]*)<", parts_of(hostile)["word/document.xml"].decode())
    assert {code.split()[0] for code in codes} == {"TOC"}


def test_what_runs_from_right_to_left_ends_with_its_own_words(hostile):
    line = next(line for line in written_in(hostile).split("\n") if "txet desrever" in line and "; after" in line)
    assert line.index("\u2069") < line.index("; after") and line.index("\u202c") < line.index("; after")


def test_the_same_content_gives_the_same_bytes(content, made):
    assert word(content) == made
    assert not any("thumbnail" in name for name in parts_of(made.file))


def template(change) -> bytes:
    """A template of our own, changed."""
    blank = docx.Document()
    blank.add_paragraph("Words of the template that must not stay.")
    change(blank)
    buffer = io.BytesIO()
    blank.save(buffer)
    return buffer.getvalue()


def test_a_template_gives_its_styles_page_and_foot(content):
    def change(blank):
        blank.styles["Heading 1"].font.name = "Comic Neue"
        blank.sections[0].page_width = docx.shared.Mm(216)
        blank.sections[0].footer.paragraphs[0].text = "The Gardeners’ Office"

    made = word(content, template=template(change))
    found = read(made.file)
    assert found.styles["Heading 1"].font.name == "Comic Neue" and found.sections[0].page_width.mm > 215
    assert found.sections[0].footer.paragraphs[0].text == "The Gardeners’ Office"
    assert "must not stay" not in written_in(made.file) and made.notices == ()
    assert letters(written_in(made.file)) == letters(written_in(word(content).file))


def test_styles_that_a_template_lacks_are_replaced_and_named(content):
    def change(blank):
        for name in ("Heading 3", "Intense Quote", "Subtitle"):
            blank.styles[name].delete()

    made = word(content, template=template(change))
    assert sorted(made.notices) == [
        "The Word template has no style “Heading 3”; “Heading 2” stands in for it.",
        "The Word template has no style “Intense Quote”; “Quote” stands in for it.",
        "The Word template has no style “Subtitle”; its plain text stands in for it.",
    ]
    assert letters(written_in(made.file)) == letters(written_in(word(content).file))


def test_a_dotx_is_taken_and_what_is_no_document_is_refused(content):
    from pipeline.report.word import _zip

    parts = parts_of(template(lambda blank: None))
    kind = b"wordprocessingml.document.main+xml"
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(kind, b"wordprocessingml.template.main+xml")
    assert word(content, template=_zip(parts)).notices == ()
    for broken in (b"no zip", _zip({"a": b"b"}), template(lambda blank: None)[:400]):
        with pytest.raises(ThemebookError, match="Word template cannot be read"):
            word(content, template=broken)


def test_lists_quotes_and_links_of_a_text(content):
    from pipeline.report.word_text import Writer

    inner = Listing(((Paragraph((Run("deep"),)),),), ordered=True)
    pieces = [
        Listing(((Paragraph((Run("flat"),)), inner), (Quoted("their words", "one"),))),
        Paragraph((Run("a"), Run("", "break"), Run("b", "strong", "https://gardeners.example")), "said"),
        Paragraph((), "rule"),
        Paragraph((Run("x = 1\ny = 2"),), "code"),
    ]
    writer = Writer(lambda name: name, lambda address: f"rId-{len(address)}", 9000)
    text = "".join(map(writer._piece, pieces))
    assert re.findall(r'pStyle w:val="([^"]+)"', text) == [
        *("List Bullet", "List Number 2", "Intense Quote", "Quote", "Normal", "Normal"),
    ]
    assert 'r:id="rId-25"' in text and text.count("<w:br/>") == 3


@pytest.fixture(scope="module")
def converted(made, hostile, tmp_path_factory):
    """Both documents as LibreOffice lays them out."""
    office = shutil.which("soffice")
    assert office, "This test converts the document in LibreOffice: apt-get install libreoffice-writer-nogui"
    folder = tmp_path_factory.mktemp("converted")
    for name, file in (("made", made.file), ("hostile", hostile)):
        (folder / f"{name}.docx").write_bytes(file)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    filters = 'pdf:writer_pdf_Export:{"ExportBookmarks":{"type":"boolean","value":"true"}}'
    command = [office, profile, "--headless", "--convert-to", filters, "--outdir", str(folder)]
    subprocess.run([*command, *map(str, folder.glob("*.docx"))], check=True, capture_output=True, timeout=240)
    return {name: (folder / f"{name}.pdf").read_bytes() for name in ("made", "hostile")}


@pytest.mark.office
def test_it_converts_and_its_headings_form_the_outline(converted, content):
    def titles(outline, depth=1):
        for item in outline:
            if isinstance(item, list):
                yield from titles(item, depth + 1)
            else:
                yield depth, letters(item.title)

    reader = opened(converted["made"])
    wanted = [(p.level, letters(p.text)) for p in document(content).body if isinstance(p, Heading)]
    found = list(titles(reader.outline))
    assert [title for _, title in found][-len(wanted) :] == [title for _, title in wanted]
    assert [depth for depth, _ in found][-len(wanted) :] == [level for level, _ in wanted]
    pages = [page.extract_text() for page in reader.pages]
    assert "In people’s own words" in pages[1] and pages[2].startswith("Contents")
    assert "\nThe evidence" in f"\n{pages[3]}"


@pytest.mark.office
def test_hostile_words_convert_too(converted):
    text = letters(" ".join(page.extract_text() for page in opened(converted["hostile"]).pages))
    for words in HOSTILE[:9]:
        assert letters(words) in text
