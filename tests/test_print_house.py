"""The house style in print: logo with its words, colours, language and fixed headings, in PDF and Word."""

from __future__ import annotations

import base64
import io
import zipfile

import docx
import pytest
from PIL import Image
from print_factory import content_of
from print_reader import opened

from pipeline.report.house import House
from pipeline.report.pdf import pdf
from pipeline.report.public import to_public
from pipeline.report.summary import Room, first_page
from pipeline.report.word import word


@pytest.fixture(scope="module")
def styled():
    """The factory's survey in the style of a house; the picture is a plain square."""
    picture = io.BytesIO()
    Image.new("RGB", (40, 40), (10, 20, 30)).save(picture, "PNG")
    data = f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}"
    house = House.model_validate(
        {
            "logo": {"file": "a.png", "alt": "The gardeners’ spade", "data": data},
            "colours": {"accent": "#5a1482", "second": "#7a4a00"},
            "language": "de",
            "texts": {"The evidence": "Die Belege", "Made with themebook.": "Mit themebook gemacht."},
        }
    )
    return to_public(content_of().model_copy(update={"house": house}))


def test_the_pdf_carries_logo_language_and_words(styled):
    reader = opened(pdf(styled, Room(headlines=2)))
    assert reader.trailer["/Root"]["/Lang"] == "de"
    assert [image.image.size for image in reader.pages[0].images] == [(40, 40)]
    text = " ".join(page.extract_text() for page in reader.pages)
    assert "Die Belege" in text and "Mit themebook gemacht." in text and "The evidence" not in text


def test_the_word_document_carries_logo_colours_language_and_words(styled):
    made = word(styled, Room(headlines=2)).file
    document = docx.Document(io.BytesIO(made))
    (shape,) = document.inline_shapes
    assert shape._inline.docPr.get("descr") == "The gardeners’ spade"
    assert "Die Belege" in [p.text for p in document.paragraphs]
    with zipfile.ZipFile(io.BytesIO(made)) as parts:
        written = "".join(parts.read(name).decode() for name in ("word/document.xml", "word/styles.xml"))
    assert "5A1482" in written and "0B5A63" not in written and "A33F1F" not in written
    assert document.core_properties.language == "de"
    assert word(styled, Room(headlines=2)).file == made


def test_a_template_keeps_its_own_colours(styled):
    own = io.BytesIO()
    docx.Document().save(own)
    with zipfile.ZipFile(io.BytesIO(word(styled, Room(headlines=1), template=own.getvalue()).file)) as parts:
        assert "5A1482" not in parts.read("word/styles.xml").decode()


def test_the_summary_begins_with_the_researchers_words(styled):
    from pipeline.report.draft import with_story

    content = with_story(content_of(), "# A title\n\nGardeners wait for rain.\n\n## Then\n\n{headlines}\n")
    said = ["".join(run.text for run in piece.runs) for piece in first_page(content, Room()) if hasattr(piece, "runs")]
    assert "Gardeners wait for rain." in said
