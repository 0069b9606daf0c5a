"""`themebook sample`: a workbook out, codes back in, as a user does it."""

import csv
import io
import re
import zipfile
from pathlib import Path

import pandas as pd
import pytest
import python_calamine as calamine
import xlsxwriter
from click.testing import CliRunner
from sample_factory import HEADER, project_of

from pipeline.cli import cli
from pipeline.foundation.contracts import FINDINGS, RESPONSES
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import read_waves, write_table
from pipeline.project import check as checks
from pipeline.project import sample
from pipeline.review.coding_book import CODES
from pipeline.survey.description import load_survey
from pipeline.themes.codebook import load_codebook
from pipeline.themes.coded_rows import NONE
from pipeline.themes.gold import match_gold, read_gold

BOOK = "data/sample/ann.xlsx"
GOLD = Path("data/codebook/gold.csv")


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return project_of(tmp_path)


def sheets_of(path=BOOK):
    book = calamine.CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def rewritten(change, path=BOOK):
    """Save the workbook as another program would: same cells, nothing else; `change` is given the rows as dicts."""
    sheets = sheets_of(path)
    header, *rows = sheets["Answers"]
    table = change([dict(zip(header, row, strict=True)) for row in rows])
    sheets["Answers"] = [header, *([row[name] for name in header] for row in table)]
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(cells):
                for j, cell in enumerate(row):
                    if cell != "":
                        sheet.write_string(i, j, str(cell))
    out = path.replace(".xlsx", "_coded.xlsx")
    with open(out, "wb") as stream:
        stream.write(buffer.getvalue())
    return Path(out)


def with_codes(rows, code=NONE, most=1000):
    return [{**row, "code 1": code} if i < most else row for i, row in enumerate(rows)]


def gold_rows():
    return list(csv.DictReader(io.StringIO(GOLD.read_text(encoding="utf-8"))))


def test_drawn_coded_and_read_back_is_gold(project):
    lines = sample.draw(20, "ann")
    assert lines[0] == f"{BOOK}: 20 answers to code, 10 at random and 10 to learn from"

    def code(rows):
        for row in rows:
            row["code 1"] = "Money" if row["question"] == "How?" else "trust"
        return rows[::-1][1:]

    said = sample.read(rewritten(code))
    assert said == ["data/codebook/gold.csv: 19 answers added (19 rows)", "run `dvc repro`"]
    survey = load_survey()
    gold = match_gold(read_gold(), survey, read_waves(RESPONSES, survey.waves), load_codebook(survey))
    assert len(gold.responses) == 19
    assert set(gold.codes["theme_id"]) == {"T01", "T03"}
    assert set(gold.responses["sample"]) == {"random", "active"}
    again = sample.draw(200, "bob")
    assert any("fewer than asked for" in line for line in again)
    one, two = (
        {row[0] for row in sheets_of(path)["Answers"][1:]}
        for path in ("data/sample/ann_coded.xlsx", "data/sample/bob.xlsx")
    )
    assert len(one & two) <= 1


def test_the_workbook_shows_no_suggestion_no_name_and_nothing_that_computes(project):
    sample.draw(200, "ann", random_only=True)
    sheets = sheets_of()
    header, *rows = sheets["Answers"]
    table = [dict(zip(header, row, strict=True)) for row in rows]
    assert all(row[name] == "" for row in table for name in (*CODES, "note"))
    assert {row["coder"] for row in table} == {"ann"}
    named = [row["answer"] for row in table if "says" in row["answer"]]
    assert named and set(named) == {"=1+1 is what [NAME] says"}
    with zipfile.ZipFile(BOOK) as book:
        parts = {name: book.read(name).decode() for name in book.namelist() if name.endswith(".xml")}
    assert not any("<f>" in part for name, part in parts.items() if name.startswith("xl/worksheets"))
    answers = parts["xl/worksheets/sheet1.xml"]
    assert "<sheetProtection" in answers
    assert re.search(r'<col min="2" max="2"[^>]*hidden="1"', answers)
    assert parts["xl/workbook.xml"].count('state="hidden"') == 2
    assert [row[0] for row in sheets["Codebook"][1:]] == ["Trust", "=Time, and more", "Money"]


def test_the_drop_downs_hold_the_themes_of_the_question(project):
    sample.draw(200, "ann", random_only=True)
    with zipfile.ZipFile(BOOK) as book:
        answers = book.read("xl/worksheets/sheet1.xml").decode()
    found = {}
    offered = re.findall(r'sqref="F(\d+):K(\d+)".*?<formula1>lists!\$(\w)\$1:\$\w\$(\d+)<', answers)
    for first, end, column, last in offered:
        found |= dict.fromkeys(range(int(first), int(end) + 1), (column, int(last)))
    sheets = sheets_of()
    rows, lists = sheets["Answers"][1:], sheets["lists"]
    assert len(found) == len(rows)
    for number, row in enumerate(rows, 2):
        column, last = found[number]
        names = [line["AB".index(column)] for line in lists[:last]]
        assert names == (["Trust", "=Time, and more", NONE] if row[3] == "Why?" else ["Money", NONE])


def test_the_order_tells_nothing_of_how_an_answer_was_drawn(project):
    sample.draw(60, "ann")
    rows = sheets_of()["Answers"][1:]
    assert [row[3] for row in rows] == sorted((row[3] for row in rows), reverse=True)
    samples = [row[1] for row in rows if row[3] == "Why?"]
    runs = 1 + sum(a != b for a, b in zip(samples, samples[1:], strict=False))
    assert runs > len(samples) / 4


def test_problems_are_all_listed_and_nothing_is_written(project):
    sample.draw(10, "ann")
    before = GOLD.read_text()

    def spoil(rows):
        rows[0]["code 1"] = "Trsut"
        rows[1]["code 1"], rows[1]["code 2"] = NONE, "Trust" if rows[1]["question"] == "Why?" else "Money"
        rows[2]["id"], rows[2]["code 1"] = "A000", NONE
        rows[3]["code 1"] = NONE
        return rows

    with pytest.raises(ThemebookError, match="3 problems, nothing was written") as caught:
        sample.read(rewritten(spoil))
    assert re.findall(r"\n  row (\d+):", str(caught.value)) == ["2", "3", "4"]
    assert GOLD.read_text() == before  # noqa: SIM115


def test_coded_for_another_reason_and_come_upon_at_random(project):
    """Active gold that the random draw comes upon is not drawn again; it becomes random when the book is read."""
    everyone = [f"p{p:02d}" for p in range(30) if p not in (2, 3)]
    gold = "".join(f"{p},2025,Why?,T01,bob,active\n" for p in everyone)
    (project / "data/codebook/gold.csv").write_text(HEADER + gold)
    lines = sample.draw(56, "ann", random_only=True)
    promoted = int(re.match(r"(\d+) answers? coded before", lines[1]).group(1))
    assert promoted > 0
    drawn = sheets_of()["Answers"][1:]
    assert len(drawn) == 56 - promoted
    said = sample.read(rewritten(with_codes))
    assert f"{promoted} answers coded before came up at random too: random from now on" in said
    samples = [row["sample"] for row in gold_rows() if row["coder"] == "bob"]
    assert samples.count("random") == promoted
    assert sum(row["sample"] == "random" for row in gold_rows()) == 56


def test_an_empty_codebook_takes_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project_of(tmp_path, codebook=[])
    lines = sample.draw(10)
    assert "the codebook is empty: code in your own words" in lines
    with zipfile.ZipFile("data/sample/sample.xlsx") as book:
        assert b"dataValidation" not in book.read("xl/worksheets/sheet1.xml")
    done = rewritten(lambda rows: with_codes(rows, "fair pay", 4), "data/sample/sample.xlsx")
    with pytest.raises(ThemebookError, match="nobody is named as its coder"):
        sample.read(done)
    assert "6 rows without a code: not coded" in sample.read(done, "ann")
    assert [(row["code"], row["coder"]) for row in gold_rows()] == [("fair pay", "ann")] * 4


def test_before_any_run_one_message_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project_of(tmp_path, mentions=False)
    with pytest.raises(ThemebookError, match="mentions.parquet does not exist.*dvc repro"):
        sample.draw(10)


def test_waves_and_questions_can_be_named(project):
    lines = sample.draw(10, "ann", waves=["2026"], questions=["How?"])
    assert {(row[2], row[3]) for row in sheets_of()["Answers"][1:]} == {("2026", "How?")}
    assert "drawn from some waves or questions only: the random part says nothing of the others" in lines


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"waves": ["2024"]}, "no wave `2024`"),
        ({"questions": ["whi"]}, "no question `whi`.*Closest: `why`"),
        ({"out": Path("a.csv")}, "is an .xlsx file"),
    ],
)
def test_what_is_not_there_is_named(project, options, message):
    with pytest.raises(ThemebookError, match=message):
        sample.draw(10, **options)


def test_a_workbook_that_is_there_is_not_overwritten(project):
    sample.draw(10, "ann")
    with pytest.raises(ThemebookError, match="there already"):
        sample.draw(10, "ann")


@pytest.mark.parametrize("content", [b"id,code\n", b"PK\x03\x04 broken"])
def test_another_file_is_refused(project, content):
    (project / "x.xlsx").write_bytes(content)
    with pytest.raises(ThemebookError, match="x.xlsx cannot be read as a workbook"):
        sample.read(Path("x.xlsx"))


def test_the_same_draw_gives_the_same_rows_and_another_seed_another_draw(project):
    sample.draw(10, "ann", out=Path("a.xlsx"))
    sample.draw(10, "ann", out=Path("b.xlsx"))
    sample.draw(10, "ann", out=Path("c.xlsx"), seed=99)
    one, two, three = (sheets_of(f"{name}.xlsx")["Answers"] for name in "abc")
    assert one == two
    assert {row[0] for row in one} != {row[0] for row in three}


def test_the_command_line(project):
    runner = CliRunner()
    done = runner.invoke(cli, ["sample", "--n", "6", "--coder", "ann", "--random-only"])
    assert done.exit_code == 0
    assert "6 at random and 0 to learn from" in done.output
    assert "themebook sample read data/sample/ann.xlsx" in done.output
    read = runner.invoke(cli, ["sample", "read", str(rewritten(with_codes))])
    assert "6 answers added" in read.output
    assert runner.invoke(cli, ["sample"]).exit_code == 2


def test_check_says_what_the_rules_found_without_any_answers_words(project):
    book = load_codebook(load_survey())
    said = checks._codebook_findings(book)
    assert said == [
        "  T02 =Time, and more: Has a definition but no example.",
        "  T03 Money: Has neither definition nor examples: coding rests on its name alone.",
        "  for what the coded answers say of the themes: dvc repro",
    ]
    findings = pd.DataFrame([("few_people", "T01", "", 0, 2.0), ("no_examples", "T01", "", 0, 1.0)])
    write_table(findings.set_axis(list(FINDINGS.columns), axis=1), FINDINGS)
    again = checks._codebook_findings(book)
    assert again[:2] == said[:2]
    assert again[2:] == [
        "  T01 Trust, last run: Raised by only 2 respondents: too few to report without giving people away."
    ]
