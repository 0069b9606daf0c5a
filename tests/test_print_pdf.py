"""The PDF: tagged and in reading order, a summary of two pages, hostile words inert, the same bytes each time."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from print_factory import HOSTILE, LONGEST, content_of, hostile_content, letters
from print_reader import opened, tagged
from report_factory import codebook_of, survey_of
from weasyprint.urls import URLFetchingError

from pipeline.foundation.errors import ThemebookError
from pipeline.report import pdf as printing
from pipeline.report.document import document
from pipeline.report.pdf import fitting, html, pdf, stretches
from pipeline.report.pieces import Bars, Heading, Table
from pipeline.report.public import to_public
from pipeline.report.records import Block, Content, Span
from pipeline.themes.codebook import Codebook


@pytest.fixture(scope="module")
def content():
    story = [
        Block(kind="heading", line=1, level=1, spans=(Span(text="Gardeners and their years"),)),
        Block(kind="heading", line=3, level=2, spans=(Span(text="What they ask for"),)),
        Block(kind="paragraph", line=5, spans=(Span(text="A sentence of "), Span(text="weight", style="strong"))),
        Block(kind="insert", line=7, insert="headlines"),
        Block(kind="insert", line=9, insert="chart:barriers"),
        Block(kind="insert", line=11, insert="outlook:outlook"),
        Block(kind="insert", line=13, insert="theme:T01"),
    ]
    return to_public(content_of().model_copy(update={"story": tuple(story)}))


@pytest.fixture(scope="module")
def made(content):
    return pdf(content)


@pytest.fixture(scope="module")
def hostile():
    return pdf(to_public(hostile_content()))


def test_it_is_tagged_and_says_its_title_and_language(made):
    reader = opened(made)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712
    assert root["/Lang"] == "en" and root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert "/StructTreeRoot" in root
    assert reader.metadata.title == "Gardeners and their years"
    assert set(reader.metadata) == {"/Title", "/Creator", "/Producer"}
    assert b"pdfuaid:part" in root["/Metadata"].get_data()


def test_its_text_is_in_reading_order(made, content):
    blocks = tagged(made)
    pieces = [*document(content, fitting(content)).body]
    headings = [letters(piece.text) for piece in pieces if isinstance(piece, Heading)]
    found = [letters(text) for tag, text in blocks if re.fullmatch("H[1-6]", tag)]
    assert len(headings) > 15 and found[-len(headings) :] == headings
    levels = [f"H{piece.level}" for piece in pieces if isinstance(piece, Heading)]
    assert [tag for tag, _ in blocks if re.fullmatch("H[1-6]", tag)][-len(levels) :] == levels
    # Each table's cells follow its caption, row by row.
    flat = [letters(text) for _, text in blocks]
    at = 0
    for piece in pieces:
        if isinstance(piece, Table):
            wanted = [letters(each) for each in (piece.caption, *piece.head)][not piece.caption :]
            wanted += [letters(cell) for row in piece.rows for cell in row]
            at = next(i for i in range(at, len(flat)) if flat[i : i + len(wanted)] == wanted) + len(wanted)


def test_its_tables_have_heads(made):
    tags = [tag for tag, _ in tagged(made)]
    assert tags.count("Caption") > 10 and tags.count("TH") > 50 and tags.count("TD") > 50
    assert all(text.strip() for tag, text in tagged(made) if tag in ("TH", "Caption") and text) and tags[0] == "P"


def test_its_bookmarks_are_its_headings(made, content):
    def titles(outline):
        for item in outline:
            if isinstance(item, list):
                yield from titles(item)
            else:
                yield letters(item.title)

    headings = [letters(p.text) for p in document(content, fitting(content)).body if isinstance(p, Heading)]
    found = list(titles(opened(made).outline))
    assert found[0] == letters("Gardeners and their years") and found[-len(headings) :] == headings


def test_the_summary_is_two_pages_and_says_whose_it_is(made):
    pages = [page.extract_text() for page in opened(made).pages]
    assert "At a glance" in pages[0] and "In people’s own words" in pages[1] and pages[2].startswith("Contents")
    assert "Invented for illustration" in pages[0]
    assert all(re.search(rf"{i} / {len(pages)}\b", text) for i, text in enumerate(pages, 1))


def summary_pages(content):
    """How many pages the summary fills where nothing follows it."""
    alone = replace(document(content, fitting(content)), body=())
    assert all(alone.summary)
    return len(printing._render(html(alone)).pages)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"survey": survey_of(closed=0)},
        {"survey": survey_of(waves=1), "codebook": Codebook()},
        {"codebook": codebook_of(24), "people": 120},
        {"survey": survey_of(waves=7, closed=8), "people": 50},
        {"answered": False, "quotes": False},
    ],
)
def test_the_summary_is_two_pages_of_any_survey(options):
    assert summary_pages(to_public(content_of(**options))) == 2


def test_the_summary_holds_the_longest_words_there_are():
    content = hostile_content()
    long = {"title": "x" * LONGEST, "note": "word " * 8000, "summary": ("y " * LONGEST,)}
    headlines = tuple(h.model_copy(update={"question": "word " * 400, "answer": "x" * 2000}) for h in content.headlines)
    assert summary_pages(to_public(content.model_copy(update={**long, "headlines": headlines}))) == 2


def test_a_summary_that_cannot_fit_says_so(content, monkeypatch):
    monkeypatch.setattr(printing, "_fits", lambda *_: False)
    with pytest.raises(ThemebookError, match="does not fit on its two pages"):
        fitting(content)


def test_hostile_words_are_printed_as_words(hostile):
    text = letters(" ".join(text for _, text in tagged(hostile)))
    for words in HOSTILE:
        if "\u202e" not in words and "عربي" not in words:
            assert letters(words.replace("\x00", "").replace("\x07", "").replace("\x1b", "")) in text
    # Letters that run from right to left stand in the order in which they are drawn.
    assert set("عربينص") <= set(text) and set("עברית") <= set(text)
    assert text.count("x" * LONGEST) == 1


def test_nothing_in_it_runs_or_asks(hostile):
    reader = opened(hostile)
    for number in range(1, len(reader.xref_objStm) + max(reader.xref[0]) + 1):
        kind = str(reader.get_object(number))
        assert not re.search(r"/(JavaScript|JS|Launch|EmbeddedFile|URI|OpenAction|AA|SubmitForm)\b", kind), number


def test_links_of_the_text_are_links_and_the_only_ones():
    link = Span(text="the full tables", href="https://gardeners.example/tables")
    story = (Block(kind="paragraph", line=1, spans=(Span(text="See "), link)),)
    made = opened(pdf(to_public(content_of().model_copy(update={"story": story}))))
    actions = [a.get_object().get("/A", {}) for page in made.pages for a in page.get("/Annots", [])]
    assert {action["/URI"] for action in actions if "/URI" in action} == {"https://gardeners.example/tables"}


def test_it_asks_for_nothing_from_outside(monkeypatch):
    asked = []

    def refuse(url, *_, **__):
        asked.append(url)
        raise URLFetchingError(url)

    monkeypatch.setattr(printing, "_refuse", refuse)
    pdf(to_public(content_of(people=40, texts=dict(enumerate(HOSTILE[:-2] * 8)))))
    assert not asked
    with pytest.raises(ValueError, match="nothing from outside"):
        monkeypatch.undo()
        printing._refuse("http://evil.example/x")


def test_markup_is_escaped(content):
    page = html(document(content.model_copy(update={"title": HOSTILE[0], "note": HOSTILE[1]})))
    assert "<script" not in page and "<img" not in page and page.count("<style>") == 1


def test_a_bar_is_as_long_as_its_share(content):
    drawn = next(p for p in document(content).body if isinstance(p, Bars))
    page = html(document(content))
    for row in drawn.rows:
        if row.share:
            assert f'style="width: {row.share * 100:.2f}%"' in page


def test_long_texts_are_divided_and_nothing_is_lost():
    for text in (*HOSTILE, "👩‍👩‍👧‍👦" * 500, "e\u0301" * 2000, ""):
        parts = stretches(text)
        assert "".join(parts) == text
        assert all(len(part) <= 400 or "\u0301" in part for part in parts)
        assert not any(part.startswith(("\u200d", "\u0301")) for part in parts)


def test_the_same_content_gives_the_same_bytes(content, made):
    assert pdf(content) == made


def test_an_internal_document_says_so():
    text = " ".join(text for _, text in tagged(pdf(content_of(people=40))))
    assert "Internal report: not for passing on." in text


def test_content_comes_back_from_its_file(content):
    assert Content.model_validate_json(content.model_dump_json()) == content
