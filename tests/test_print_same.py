"""The same figure in every format, and nothing of an answer in any public file but approved quotes."""

from __future__ import annotations

import html
import io
import re

import docx
import openpyxl
import pytest
from print_factory import letters
from print_reader import said_in, tagged, written_in
from report_factory import inputs_of

from pipeline.report import printed
from pipeline.report.content import build_content
from pipeline.report.page import render
from pipeline.report.pdf import fitting, pdf
from pipeline.report.public import to_public
from pipeline.report.word import word
from pipeline.report.wording import NBSP, short_percent, whole
from pipeline.report.workbook import public_workbook

RUN = 5


@pytest.fixture(scope="module", params=["uncorrected", "person"])
def survey(request):
    """The tables of a survey, its public content, and that in every format."""
    inputs = inputs_of(people=200, method=request.param, approve=1)
    content = build_content(**inputs)
    public = to_public(content)
    room = fitting(public)
    files = {
        "themes.html": render(content, "public").encode(),
        "report.pdf": pdf(public, room),
        "report.docx": word(public, room).file,
        "figures.xlsx": public_workbook(content),
    }
    return inputs, content, public, files


def rows_of(file: bytes, sheet: str) -> list[dict]:
    rows = list(openpyxl.load_workbook(io.BytesIO(file))[sheet].iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def shown(value) -> str:
    """A share of a workbook as its cell shows it."""
    if isinstance(value, str):
        return value.replace("under ", "<").replace("over ", ">")
    return f"{whole(value)}{NBSP}%"


def test_every_theme_has_the_same_share_in_every_format(survey):
    _, _, public, files = survey
    page = html.unescape(files["themes.html"].decode())
    printed = [text for _, text in tagged(files["report.pdf"])]
    written = written_in(files["report.docx"]).split("\n")
    table = {(r["question"], r["theme"], str(r["wave"])): r for r in rows_of(files["figures.xlsx"], "Themes")}
    themes = 0
    for question in (public.overall, *public.questions):
        for theme in question.themes if question else ():
            themes += 1
            cell, said = theme.cell, short_percent(theme.cell.share)
            pattern = rf'<p class="big">{re.escape(said)}</p>\s*<svg[^\n]*</svg>\s*<p>{re.escape(theme.sentence)}'
            assert re.search(pattern, page)
            sentence = theme.sentence + (f" {theme.change[:1].upper()}{theme.change[1:]}." if theme.change else "")
            at = [i for i, text in enumerate(printed) if letters(text) == letters(sentence)]
            assert at and all(printed[i - 1] == said for i in at)
            assert f"{said}{sentence}" in written
            for past in theme.history:
                row = table[question.text, theme.name, past.wave]
                assert shown(row["share"]) == short_percent(past.share)
                assert (row["respondents"], row["base"]) == (past.n, past.base)
                if past.low is not None:
                    assert (shown(row["from"]), shown(row["to"])) == (short_percent(past.low), short_percent(past.high))
            assert said in theme.sentence.replace("under ", "<").replace("over ", ">") or cell.share in (0, 1)
    assert themes == 4


def test_every_headline_has_the_same_figure_in_every_format(survey):
    _, _, public, files = survey
    page = html.unescape(files["themes.html"].decode())
    printed = [letters(text) for _, text in tagged(files["report.pdf"])]
    written = written_in(files["report.docx"]).split("\n")
    table = {(r["question"], r["answer"]): r for r in rows_of(files["figures.xlsx"], "Headlines")}
    assert len(public.headlines) >= 3
    for told in public.headlines:
        words = rf'<div class="what">\n<p class="says"><bdi>{re.escape(told.answer)}</bdi>'
        assert re.search(rf">{told.figure}</p>\n{words}", page)
        figures = [printed[i - 1] for i, text in enumerate(printed) if text == letters(told.answer)]
        assert letters(told.figure) in figures
        assert f"{told.figure}{told.answer}" in written
        row = table[told.question, told.answer]
        assert row["as printed"] == told.figure == shown(row["share"])
        assert (row["respondents"], row["base"]) == (told.cell.n, told.cell.base)


def test_every_answer_to_a_closed_question_has_the_same_figure(survey):
    _, _, public, files = survey
    table = rows_of(files["figures.xlsx"], "Closed questions")
    printed = " ".join(letters(text) for _, text in tagged(files["report.pdf"]))
    cells = 0
    for chart in (*public.who, *public.choices, *public.closed, *(view.chart for view in public.outlooks)):
        for line in chart.rows:
            for cell in (cell for cell in line.cells if cell and cell.share is not None):
                cells += 1
                key = (chart.title, line.label, cell.wave)
                row = next(r for r in table if (r["question"], r["answer"], str(r["wave"])) == key)
                assert shown(row["share"]) == short_percent(cell.share)
                assert letters(f"{short_percent(cell.share)} ({cell.n:,})") in printed
    assert cells > 30


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def runs_of(text: str) -> set[tuple[str, ...]]:
    words = words_of(text)
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def test_no_public_file_holds_five_words_of_an_answer_but_approved_quotes(survey):
    inputs, content, _, files = survey
    approved = {run for quote in content.quotes if quote.approved for run in runs_of(quote.display)}
    answered = inputs["responses"]
    secret = {
        run for text in answered.loc[answered["status"] == "answered", "text"] for run in runs_of(text)
    } - approved
    assert len(secret) > 3000
    for name, file in files.items():
        text = said_in(name, file)
        leaked = runs_of(text) & secret
        assert not leaked, (name, sorted(leaked)[:3])
        assert runs_of(text) & approved or name == "figures.xlsx", name


def test_the_check_finds_an_answer_that_was_slipped_in(survey):
    inputs, content, public, _ = survey
    texts = inputs["responses"].loc[inputs["responses"]["status"] == "answered", "text"]
    approved = {run for quote in content.quotes if quote.approved for run in runs_of(quote.display)}
    secret = next(text for text in texts if not runs_of(text) & approved)
    slipped = public.model_copy(update={"note": secret})
    for name, file in (("a.docx", word(slipped).file), ("a.xlsx", public_workbook(slipped)), ("a.pdf", pdf(slipped))):
        assert runs_of(secret) & runs_of(said_in(name, file)), name


def test_a_hidden_figure_is_hidden_in_every_format():
    inputs = inputs_of(people=200)
    inputs["survey"] = inputs["survey"].model_copy(update={"suppress": 12})
    public = to_public(build_content(**inputs))
    table = rows_of(public_workbook(public), "Closed questions")
    blocks = [text for _, text in tagged(pdf(public))]
    tables = [
        [c.text for c in row.cells] for t in docx.Document(io.BytesIO(word(public).file)).tables for row in t.rows
    ]
    hidden = 0
    for chart in (*public.who, *public.choices, *public.closed, *(view.chart for view in public.outlooks)):
        for line in chart.rows:
            said = [printed.cell_text(cell) for cell in line.cells]
            hidden += said.count("[c]")
            rows = [r for r in table if (r["question"], r["answer"]) == (chart.title, line.label)]
            for cell, row in zip(line.cells, rows, strict=True):
                if cell and cell.hidden:
                    assert (row["share"], row["respondents"]) == ("[c]", "[c]")
            assert [line.label, "", *said] in tables
            at = [i for i, text in enumerate(blocks) if text == line.label]
            assert any(blocks[i + 2 : i + 2 + len(said)] == said for i in at)
    assert hidden > 3
    assert "Not coded" not in openpyxl.load_workbook(io.BytesIO(public_workbook(public))).sheetnames
