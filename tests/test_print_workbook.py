"""The workbooks: every text inert, nothing cut unsaid, figures as numbers, the same bytes for the same content."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st
from print_factory import HOSTILE, LONGEST, content_of, hostile_content, parts_of
from report_factory import inputs_of

from pipeline.report.coded_sheets import coded_sheets
from pipeline.report.figure_sheets import figure_sheets
from pipeline.report.public import to_public
from pipeline.report.records import Content
from pipeline.report.sheets import MOST, Column, Share, Sheet, fitted, parts, shortened, write
from pipeline.report.wording import NBSP, percent, tame
from pipeline.report.workbook import README, internal_workbook, public_workbook


def read(file: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(file))


def column(book: openpyxl.Workbook, sheet: str, name: str) -> list:
    rows = list(book[sheet].iter_rows(values_only=True))
    return [row[rows[0].index(name)] for row in rows[1:]]


def texts_of(file: bytes) -> list[str]:
    """Every text cell as Excel would read it, by a reader that is not the writer's."""
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(file))
    rows = (row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python())
    return [cell for row in rows for cell in row if isinstance(cell, str)]


def sheets_of(inputs: dict, content: Content) -> list[Sheet]:
    names = ("survey", "codebook", "responses", "redactions", "mentions")
    return coded_sheets(content, **{name: inputs[name] for name in names})


@pytest.fixture(scope="module")
def content():
    return content_of()


@pytest.fixture(scope="module")
def hostile():
    """The internal workbook of answers that hold the worst there is, and the texts of these answers."""
    inputs = inputs_of(texts=dict(enumerate(HOSTILE * 3, 20)))
    made = internal_workbook(hostile_content(), sheets_of(inputs, content_of()))
    return made, inputs["responses"]


def inert(file: bytes) -> None:
    for name, part in parts_of(file).items():
        assert not re.search(rb"<f[ >]", part), name
        assert b"<hyperlink" not in part and b"externalLink" not in part and b'TargetMode="External"' not in part, name
        assert "vba" not in name.lower() and "activex" not in name.lower()
    kinds = {cell.data_type for sheet in read(file) for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n"}


def test_hostile_answers_are_texts_and_whole(hostile):
    file, responses = hostile
    inert(file)
    answers = set(responses.loc[responses["status"] == "answered", "text"])
    found = set(texts_of(file))
    missing = {text for text in answers if fitted(text.strip()) not in found}
    # What Excel itself writes for a line's end is one sign.
    assert {fitted(text.replace("\r\n", "\n").strip()) for text in missing} <= {t.replace("\r\n", "\n") for t in found}
    assert any(text in answers for text in HOSTILE[:3])


def test_hostile_names_titles_and_quotes_are_texts_in_the_public_workbook():
    inert(public_workbook(hostile_content()))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_any_text_is_read_back_as_it_was(texts):
    sheet = Sheet("Texts", (Column("text", 20),), [{"text": f"|{text}"} for text in texts], protected=False)
    file = write([sheet])
    inert(file)
    same = [re.sub(r"\r\n?", "\n", cell) for cell in texts_of(file)]
    assert same == ["text", *(re.sub(r"\r\n?", "\n", f"|{tame(text)}") for text in texts)]


@pytest.mark.parametrize("sign", ["x", "é", "😀", "ع", "👩‍👩‍👧‍👦"])
def test_a_text_longer_than_a_cell_says_that_it_was_cut(sign):
    text = sign * (LONGEST // len(sign))
    cut = fitted(text)
    assert len(cut.encode("utf-16-le")) // 2 < 32_767
    assert cut.endswith(f" … (shortened: {len(text):,} characters in all)")
    assert text.startswith(cut.split(" … (")[0])
    assert fitted("x" * MOST) == "x" * MOST


def test_the_first_sheet_counts_the_cells_that_were_cut(hostile, content):
    cut = {row[0]: row[1] for row in read(hostile[0])[README].iter_rows(values_only=True)}["Shortened texts"]
    assert re.match(r"[1-9][\d,]* cells? shortened; each says so at its end", cut)
    assert int(re.match(r"[\d,]+", cut)[0].replace(",", "")) == sum("… (shortened: " in t for t in texts_of(hostile[0]))
    whole = {row[0]: row[1] for row in read(public_workbook(content))[README].iter_rows(values_only=True)}
    assert whole["Shortened texts"].startswith("None")


def test_more_rows_than_a_sheet_holds_go_on_in_further_sheets():
    sheet = Sheet("Rows", (Column("n", 5),), [{"n": i} for i in range(7)])
    split = parts(sheet, most=3)
    assert [(part.name, len(part.rows)) for part in split] == [("Rows", 3), ("Rows (2)", 3), ("Rows (3)", 1)]
    assert [row for part in split for row in part.rows] == list(sheet.rows)
    assert shortened(split) == 0


@given(st.floats(0, 1))
def test_a_share_is_a_number_shown_as_it_is_said(value):
    book = read(write([Sheet("S", (Column("share", 9),), [{"share": Share(value)}], protected=False)]))
    cell = book["S"]["A2"]
    said = percent(value)
    assert cell.data_type == "n" and abs(cell.value - value) < 1e-12
    words = said.startswith(("under", "over"))
    assert cell.number_format == (f'"{said}"' if words else f"0{NBSP}%")
    if not words:
        # A spreadsheet rounds the decimal as it is written, halves away from zero.
        assert abs(round(value * 100) - int(said.split(NBSP)[0])) <= (1 if abs(value * 100 % 1 - 0.5) < 1e-6 else 0)


def test_public_cells_hold_no_more_than_whole_percent(content):
    rows = [row for sheet in figure_sheets(to_public(content)) for row in sheet.rows]
    shares = [value for row in rows for value in row.values() if isinstance(value, float) and isinstance(value, Share)]
    assert len(shares) > 50 and all(round(share, 2) == share for share in shares)
    exact = [v for s in figure_sheets(content) for row in s.rows for v in row.values() if isinstance(v, Share)]
    assert any(round(share, 2) != share for share in exact)


def test_the_public_workbook_holds_figures_and_no_quote(content):
    book = read(public_workbook(content))
    names = book.sheetnames
    assert names[0] == README and not {"Answers", "Quotes", "Candidates", "Decisions", "Mentions"} & set(names)
    assert {"Headlines", "Closed questions", "Themes", "Sides", "Not coded"} <= set(names)
    assert all(book[name].sheet_state == "visible" for name in names)
    told = set(texts_of(public_workbook(content)))
    quotes = {quote.display for theme in content.themes for quote in (*theme.quotes, *theme.fragments)}
    assert quotes and not quotes & told


def test_a_hidden_figure_is_said_to_be_hidden(content):
    from report_factory import survey_of

    survey = survey_of().model_copy(update={"suppress": 12})
    book = read(public_workbook(content_of(survey=survey)))
    marked = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row].count("[c]")
    assert marked > 1
    assert any(row[0] == "[c]" and "12" in row[1] for row in book[README].iter_rows(values_only=True))
    assert "Not coded" not in book.sheetnames


def test_the_internal_workbook_holds_every_answer_quote_and_theme():
    inputs = inputs_of(approve=2)
    content = content_of(approve=2)
    book = read(internal_workbook(content, sheets_of(inputs, content)))
    coded = set(inputs["mentions"]["response_id"])
    responses = inputs["responses"]
    wanted = responses[(responses["status"] == "answered") | responses["response_id"].isin(coded)]
    assert sorted(column(book, "Answers", "answer id")) == sorted(wanted["response_id"])
    assert len(column(book, "Mentions", "theme")) == int(inputs["mentions"]["mentioned"].sum())
    assert column(book, "Codebook", "theme id") == [theme.id for theme in inputs["codebook"].themes]
    assert sorted(column(book, "Quotes", "quote id")) == sorted(quote.quote_id for quote in content.quotes)
    assert set(column(book, "Quotes", "approved")) == {"yes", "no"}
    assert "INTERNAL" in [row[0] for row in book[README].iter_rows(values_only=True)]
    said = " ".join(str(row[1]) for row in book[README].iter_rows(values_only=True))
    assert all(
        f"Sheet “{name}”" in [r[0] for r in book[README].iter_rows(values_only=True)] for name in book.sheetnames[1:]
    )
    assert "no gardener said any of this" in said


def test_head_rows_stay_and_filter(content):
    for sheet in read(public_workbook(content)).worksheets[1:-1]:
        assert sheet.freeze_panes and sheet.freeze_panes.endswith("2") and sheet.auto_filter.ref, sheet.title


def test_masked_data_stay_masked():
    inputs = inputs_of(texts={20: "Ask Julie Smith about the meadow and the lantern please"})
    row = {"response_id": "r00020", "start": 4, "end": 15, "type": "NAME"}
    inputs["redactions"] = inputs["redactions"].__class__([row])
    answers = next(sheet for sheet in sheets_of(inputs, content_of()) if sheet.name == "Answers")
    assert any(row["answer"] == "Ask [NAME] about the meadow and the lantern please" for row in answers.rows)
    assert not any("Julie" in row["answer"] for row in answers.rows)


def test_what_was_made_public_makes_no_internal_workbook(content):
    with pytest.raises(ValueError, match="made public"):
        internal_workbook(to_public(content), [])


def test_the_same_content_gives_the_same_bytes(content, monkeypatch):
    import time

    inputs = inputs_of()
    first = public_workbook(content), internal_workbook(content, sheets_of(inputs, content))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 90_000)
    assert first == (public_workbook(content), internal_workbook(content, sheets_of(inputs, content)))
    assert b"2000-01-01T00:00:00Z" in parts_of(first[0])["docProps/core.xml"]
