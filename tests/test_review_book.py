"""The review workbook: out, edited as a person would, back in; nothing lost, nothing twice, conflicts by id."""

import shutil
from pathlib import Path

import openpyxl
import pytest
from book_factory import reviewed_project
from click.testing import CliRunner

from pipeline.cli import cli
from pipeline.foundation.contracts import RESPONSES
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import read_table, read_waves, write_table
from pipeline.project import review
from pipeline.review import review_book
from pipeline.review.acts import record, standing_now
from pipeline.survey.description import load_survey
from pipeline.themes.coded_rows import NONE
from pipeline.themes.decisions import load_decisions
from pipeline.themes.gold import match_gold, read_gold

BOOK = Path("data/review/ann.xlsx")
SHEETS = ["How to review", "Themes", "Candidates", "Quotes", "Units", "Answers", "Notes", "Codebook"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        reviewed_project(folder)
        review.write("ann")
    return folder


@pytest.fixture
def project(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


class Edited:
    """A workbook in the hands of a person: rows by what stands in a column, cells by header."""

    def __init__(self, path=BOOK):
        self.path = path
        self.book = openpyxl.load_workbook(path)

    def header(self, sheet):
        return [cell.value for cell in self.book[sheet][1]]

    def rows(self, sheet):
        header = self.header(sheet)
        rows = self.book[sheet].iter_rows(min_row=2)
        return [{name: cell.value or "" for name, cell in zip(header, row, strict=False)} for row in rows]

    def put(self, sheet, which, number=0, **cells):
        """Write cells of the nth row that has some values; ``_`` in a name stands for a space."""
        header = self.header(sheet)
        found = [
            row
            for row in range(2, self.book[sheet].max_row + 1)
            if all((self.book[sheet].cell(row, header.index(k) + 1).value or "") == v for k, v in which.items())
        ]
        for name, value in cells.items():
            cell = self.book[sheet].cell(found[number], header.index(name.replace("_", " ")) + 1)
            cell.value = value
            _as_text(cell)
        return found[number]

    def reorder(self, sheet, change):
        page = self.book[sheet]
        rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
        page.delete_rows(2, page.max_row)
        for row in change(rows):
            page.append(row)
        for row in page.iter_rows(min_row=2):
            for cell in row:
                _as_text(cell)

    def save(self, name="ann_done.xlsx"):
        path = self.path.with_name(name)
        self.book.save(path)
        return path


def _as_text(cell):
    """A spreadsheet keeps text that begins with = as text, where it was text."""
    if cell.data_type == "f":
        cell.data_type = "s"


def standing():
    survey = load_survey()
    return standing_now(survey, read_waves(RESPONSES, survey.waves))


def texts():
    responses = read_waves(RESPONSES, load_survey().waves)
    return dict(zip(responses["response_id"], responses["text"], strict=True))


def acts():
    return [(d.act, getattr(d, "theme_id", "")) for d in load_decisions()]


def every_act(book):
    """One of each act that a workbook can hold."""
    book.put("Themes", {"id": "T01"}, name="Trust in people", exclude="trust in money", why="clearer")
    book.put("Themes", {"id": "T02"}, merge_into="Trust")
    book.put("Themes", {"id": "T03"}, retire="retire")
    book.put("Candidates", {"id": "C01"}, decision="accept", name="Fair pay", definition="Pay that is fair.")
    book.put("Candidates", {"id": "C02"}, decision="reject", why="noise")
    book.put("Candidates", {"id": "B01"}, merge_into="Hope")
    book.put("Quotes", {"id": "Q2"}, decision="approve")
    book.put("Quotes", {"id": "Q3"}, decision="reject")
    book.put("Quotes", {"id": "Q4"}, decision="pin")
    book.put("Quotes", {"id": "Q5"}, printed_as="answer 7 […] [in spring], 2025")
    book.put("Units", {"theme": "Trust"}, 1, give_to="Hope")
    book.put("Units", {"theme": ""}, give_to="Trust")
    book.put("Units", {"theme": "Trust"}, 2, give_to="(no theme)")
    book.put("Notes", {"about": ""}, about="Hope", note="look again")
    book.put("Notes", {"about": ""}, note="a good wave")
    return book


def test_an_untouched_workbook_decides_nothing(project):
    assert review.read(BOOK) == [
        "data/codebook/decisions/ann.jsonl: 0 decisions recorded",
        "data/codebook/gold.csv: 0 answers added (0 rows)",
        "run `dvc repro`",
    ]
    assert load_decisions() == []
    assert review.read(Edited().save()) == review.read(BOOK)


def test_every_act_is_taken_and_stands(project):
    said = review.read(every_act(Edited()).save())
    assert said[0] == "data/codebook/decisions/ann.jsonl: 16 decisions recorded"
    assert not any(line.startswith("conflict") for line in said)
    now = standing()
    assert now.conflicts == ()
    names = {theme.id: theme.name for theme in now.codebook.themes}
    assert names.pop(next(i for i in names if i.startswith("T05-"))) == "Fair pay"
    assert names == {"T01": "Trust in people", "T04": "Hope"}
    assert now.state.themes["T01"].exclude == "trust in money"
    assert now.state.themes["T01"].include == "faith in colleagues"
    assert now.codebook.find("=Time, and more").id == "T01"
    assert [(r.candidate_id, r.name, r.why) for r in now.rejected] == [("C02", "=odd name", "noise")]
    assert [quote.state for _, quote in sorted(now.quotes.items())] == ["approved", "rejected", "pinned", "clarified"]
    clarified = next(q for q in now.quotes.values() if q.state == "clarified")
    assert [c.text for c in clarified.clarifications] == ["in spring"]
    assert len(now.units) == 4
    assert {(d.theme_id, d.why) for d in now.notes} == {("T04", "look again"), ("", "a good wave")}
    accepted = next(d for d in now.applied if d.act == "accept")
    assert (accepted.definition, accepted.questions, len(accepted.examples)) == ("Pay that is fair.", (), 4)
    assert len({d.time for d in now.decisions}) == 16


def test_reading_twice_adds_nothing_and_more_can_be_filled_in(project):
    book = every_act(Edited())
    path = book.save()
    review.read(path)
    files = [(p, p.read_bytes()) for p in sorted(Path("data/codebook").rglob("*.*"))]
    said = review.read(path)
    assert "16 rows read before: nothing to add" in said
    assert [(p, p.read_bytes()) for p in sorted(Path("data/codebook").rglob("*.*"))] == files
    book.put("Themes", {"id": "T04"}, definition="Hope, and wishes.")
    book.put("Themes", {"id": "T01"}, name="Trust in all")
    said = review.read(book.save())
    assert said[0].endswith("2 decisions recorded")
    assert not any(line.startswith("conflict") for line in said)
    assert standing().state.themes["T01"].name == "Trust in all"


def test_changing_back_in_the_workbook_changes_back(project):
    book = Edited()
    for name in ("One", "Two", "One"):
        book.put("Themes", {"id": "T01"}, name=name)
        said = review.read(book.save())
        assert said[0].endswith("1 decision recorded")
    assert "1 row read before: nothing to add" in review.read(book.save())
    # Former names are not given again, but a theme's own.
    assert standing().state.themes["T01"].name == "One"
    assert standing().conflicts == ()


def test_what_was_undone_stays_undone(project):
    book = Edited()
    book.put("Themes", {"id": "T04"}, retire="retire")
    path = book.save()
    review.read(path)
    now = standing()
    record("undo", "ann", now, texts(), decision_id=now.applied[0].id)
    assert "1 row read before: nothing to add" in review.read(path)
    assert "T04" in standing().state.themes


def by_third(row):
    return str(row[2])


def test_sorted_filtered_and_shortened_sheets_mean_the_same(project):
    book = every_act(Edited())
    for sheet in ("Themes", "Candidates", "Quotes", "Units", "Answers"):
        book.reorder(sheet, lambda rows: sorted(rows, key=by_third, reverse=True))
        book.book[sheet].auto_filter.ref = "A1:C4"
        for number in range(2, 5):
            book.book[sheet].row_dimensions[number].hidden = True
    keep = {"Q2", "Q3", "Q4", "Q5"}
    book.reorder("Quotes", lambda rows: [row for row in rows if row[0] in keep])
    book.reorder("Notes", lambda rows: [row for row in rows if row[1]])
    del book.book["Codebook"]
    said = review.read(book.save())
    assert said[0].endswith("16 decisions recorded")
    assert standing().conflicts == ()


def test_a_deleted_sheet_is_no_problem(project):
    book = Edited()
    for sheet in ("Candidates", "Quotes", "Units", "Answers", "Notes"):
        del book.book[sheet]
    book.put("Themes", {"id": "T04"}, name="Hopes")
    assert review.read(book.save())[0].endswith("1 decision recorded")


def test_a_theme_merged_meanwhile_is_a_conflict_named_by_id(project):
    book = Edited()
    book.put("Themes", {"id": "T02"}, name="Hours")
    book.put("Themes", {"id": "T04"}, merge_into="Trust")
    book.put("Themes", {"id": "T01"}, definition="Trust, always.")
    book.put("Units", {"theme": "Trust"}, 1, give_to="=Time, and more")
    path = book.save()
    record("merge", "bob", standing(), texts(), theme_id="T02", into="T04")
    record("redefine", "bob", standing(), texts(), theme_id="T01", definition="Faith.")
    said = review.read(path)
    assert said[0].endswith("4 decisions recorded")
    conflicts = [line for line in said if line.startswith("conflict")]
    assert len(conflicts) == 2
    assert any("renames T02" in line and "merged into T04 by bob" in line for line in conflicts)
    assert any("redefines T01" in line and "Faith." in line and "by bob" in line for line in conflicts)
    now = standing()
    assert {c.decision.id for c in now.open_conflicts} == {line.split()[1] for line in conflicts}
    # The merge of T04 holds, and with it what bob merged into it; the words go to the theme that carries on.
    assert now.codebook.find("T02").id == "T01"
    assert {theme for *_, theme in now.units} == {"T01"}
    # Read again: nothing new, the conflict stays.
    assert "4 rows read before: nothing to add" in review.read(path)


def test_a_quote_decided_by_another_meanwhile_is_a_conflict(project):
    book = Edited()
    book.put("Quotes", {"id": "Q2"}, decision="approve")
    book.put("Quotes", {"id": "Q3"}, decision="approve")
    book.put("Quotes", {"id": "Q4"}, printed_as="answer 6", decision="approve")
    path = book.save()
    targets = review_book.parse(BOOK).targets
    for name in ("Q2", "Q4"):
        fields = targets["Quotes", name].fields
        what = {k: fields[k] for k in ("theme_id", "response_id", "spans")}
        record("reject_quote", "bob", standing(), texts(), **what)
    conflicts = [line for line in review.read(path) if line.startswith("conflict")]
    assert len(conflicts) == 2
    assert all("meanwhile rejected by bob" in line for line in conflicts)
    assert sorted(q.state for q in standing().quotes.values()) == ["approved", "rejected", "rejected"]


def test_an_answer_whose_words_have_changed_is_a_conflict(project):
    book = Edited()
    book.put("Quotes", {"id": "Q4"}, decision="approve", printed_as="answer […] 2025")
    path = book.save()
    target = review_book.parse(BOOK).targets["Quotes", "Q4"].fields
    responses = read_table(RESPONSES, "2025")
    mine = responses["response_id"] == target["response_id"]
    responses.loc[mine, "text"] = "another answer to why, of 2025"
    write_table(responses, RESPONSES, "2025")
    conflicts = [line for line in review.read(path) if line.startswith("conflict")]
    assert len(conflicts) == 1
    assert "are not those seen" in conflicts[0]


PROBLEMS = [
    ("Themes", {"id": "T01"}, {"retire": "yes"}, "`yes` in the column `retire`"),
    ("Themes", {"id": "T01"}, {"name": None}, "a theme needs a name"),
    ("Themes", {"id": "T01"}, {"name": "hope"}, "`hope` is or was the name of another theme"),
    ("Themes", {"id": "T01"}, {"merge_into": "Trust"}, "T01 cannot be merged into itself"),
    ("Themes", {"id": "T01"}, {"merge_into": "Hopf"}, "`Hopf` is no theme. Closest: `Hope`"),
    ("Themes", {"id": "T01"}, {"merge_into": "Hope", "name": "A"}, "changed, merged or retired, one of these"),
    ("Themes", {"id": "T01"}, {"id": "T99", "name": "A"}, "there is no `T99` in this workbook."),
    ("Themes", {"id": "T01"}, {"id": "T04", "name": "A"}, "the theme beside `T04` is another's"),
    ("Candidates", {"id": "C01"}, {"decision": "keep"}, "`keep` is no decision on a candidate"),
    ("Candidates", {"id": "C01"}, {"decision": "merge"}, "merge needs the theme"),
    ("Candidates", {"id": "C01"}, {"decision": "accept", "merge_into": "Hope"}, "both accept and a theme"),
    ("Candidates", {"id": "C01"}, {"name": "Pay"}, "choose accept"),
    ("Candidates", {"id": "C01"}, {"decision": "accept", "name": "Trust"}, "name of another theme"),
    ("Quotes", {"id": "Q2"}, {"decision": "yes"}, "`yes` is no decision on a quote"),
    ("Quotes", {"id": "Q2"}, {"printed_as": "I never said so"}, "not the answer's own"),
    ("Quotes", {"id": "Q2"}, {"printed_as": "[All] […]", "decision": "approve"}, "not the answer's own"),
    ("Quotes", {"id": "Q2"}, {"printed_as": "answer", "decision": "reject"}, "a rejected quote is not printed"),
    ("Units", {"theme": "Trust"}, {"give_to": "Trust"}, "the words are coded T01 already"),
    ("Units", {"theme": ""}, {"give_to": "(no theme)"}, "no theme to take away"),
    ("Units", {"theme": "Trust"}, {"words": "other words", "give_to": "Hope"}, "were only some columns sorted"),
    ("Notes", {"about": ""}, {"about": "T99", "note": "x"}, "`T99` is no theme, candidate or answer"),
]


@pytest.mark.parametrize(("sheet", "which", "cells", "message"), PROBLEMS)
def test_a_malformed_row_is_named_and_nothing_is_written(project, sheet, which, cells, message):
    book = Edited()
    number = book.put(sheet, which, **cells)
    book.put("Themes", {"id": "T02"}, definition="Fine.")
    book.put("Answers", {"question": "Why?"}, code_1="Trust")
    before = Path("data/codebook/gold.csv").read_bytes()
    with pytest.raises(ThemebookError, match="1 problem, nothing was written") as caught:
        review.read(book.save())
    assert f"\n  {sheet}, row {number}: " in str(caught.value)
    assert message in str(caught.value)
    assert load_decisions() == []
    assert Path("data/codebook/gold.csv").read_bytes() == before


def test_every_problem_is_listed(project):
    book = Edited()
    for sheet, which, cells, _ in (PROBLEMS[0], PROBLEMS[8], PROBLEMS[13], PROBLEMS[17]):
        book.put(sheet, which, **cells)
    book.put("Answers", {"question": "Why?"}, code_1="Trsut")
    with pytest.raises(ThemebookError, match="5 problems"):
        review.read(book.save())


def test_a_row_copied_and_decided_on_twice_is_refused(project):
    book = Edited()
    book.put("Units", {"theme": "Trust"}, give_to="Hope")
    book.reorder("Units", lambda rows: [row for row in rows for _ in range(2 if row[6] else 1)])
    with pytest.raises(ThemebookError, match=r"is decided on at row \d+ too"):
        review.read(book.save())


def test_a_theme_that_the_workbook_ends_takes_nothing_in(project):
    book = Edited()
    book.put("Themes", {"id": "T01"}, merge_into="Hope")
    book.put("Themes", {"id": "T04"}, retire="retire")
    book.put("Units", {"theme": "Trust"}, give_to="Hope")
    with pytest.raises(ThemebookError, match="2 problems") as caught:
        review.read(book.save())
    assert str(caught.value).count("T04 ends at Themes, row") == 2


def test_answers_coded_in_it_are_gold_of_all(project):
    book = Edited()
    assert {row["sample"] for row in book.rows("Answers")} == {"all"}
    # Twelve people, one of them blank and one a non-answer, two questions, two waves.
    assert len(book.rows("Answers")) == 40
    for i, row in enumerate(book.rows("Answers")):
        code = "Money" if row["question"] == "How?" else "Trust" if i % 2 else NONE
        book.put("Answers", {"id": row["id"]}, code_1=code)
    said = review.read(book.save())
    assert said[1] == "data/codebook/gold.csv: 40 answers added (40 rows)"
    survey = load_survey()
    gold = match_gold(read_gold(), survey, read_waves(RESPONSES, survey.waves), standing().codebook)
    assert set(gold.responses["sample"]) == {"all"}
    assert set(gold.responses["coder"]) == {"ann"}
    assert "40 rows read before: nothing to add" in review.read(book.save())
    # A workbook written now holds nothing more to code, and no unit of an answer that people coded.
    lines = review.write("bob")
    assert lines[0] == "data/review/bob.xlsx: 4 themes, 3 candidates, 6 quotes, 0 units, 0 answers to code"


def test_questions_above_the_setting_are_not_in_it(project):
    Path("params.yaml").write_text("seed: 7\nreview:\n  code_all: 9\n")
    assert review.write("bob")[0].endswith("40 units, 0 answers to code")


def test_what_is_protected_hidden_and_offered(project):
    book = Edited().book
    assert [s.title for s in book if s.sheet_state == "visible"] == SHEETS
    assert {s.title for s in book if s.sheet_state == "hidden"} == {"drawn", "seen", "lists"}
    for name in SHEETS[1:7]:
        sheet = book[name]
        assert sheet.protection.sheet
        header = [cell.value for cell in sheet[1]]
        free = {header[cell.column - 1] for cell in sheet[2] if not cell.protection.locked}
        assert "id" not in free
        assert free
        assert len(sheet.data_validations.dataValidation) > 0
    lists = [[cell.value for cell in column if cell.value] for column in book["lists"].columns]
    assert ["Trust", "=Time, and more", "Money", "Hope"] in lists
    assert ["Money", "(no theme)"] in lists
    # Names are masked; nothing computes.
    shown = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert not any("Ann says" in value for value in shown)
    assert any(value == "=1+1 is what [NAME] says" for value in shown)
    assert all(cell.data_type != "f" for s in book for row in s.iter_rows() for cell in row if s.title != "lists")


def test_a_candidate_decided_on_and_a_rejected_quote_are_not_shown_again(project):
    review.read(every_act(Edited()).save())
    review.write("bob")
    rows = Edited(Path("data/review/bob.xlsx"))
    assert rows.rows("Candidates") == []
    quotes = {row["id"]: row["so far"] for row in rows.rows("Quotes")}
    assert "Q3" not in quotes
    assert quotes["Q2"] == "approved"
    assert quotes["Q4"] == "pinned, not approved"
    assert next(r for r in rows.rows("Quotes") if r["id"] == "Q5")["quote"] == "answer 7 […] [in spring], 2025"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda book: book.__delitem__("seen"), "no sheet `seen`"),
        (lambda book: book["Themes"].delete_cols(5), "sheet Themes: no column `name`"),
        (lambda book: book["seen"].delete_rows(2), "does not name the workbook"),
        (lambda book: book["seen"].cell(3, 4, "{"), "hidden sheet seen was changed"),
    ],
)
def test_a_workbook_that_lost_a_part_is_refused(project, change, message):
    book = Edited()
    change(book.book)
    with pytest.raises(ThemebookError, match=message):
        review.read(book.save())


def test_the_command_line(project):
    runner = CliRunner()
    again = runner.invoke(cli, ["review", "workbook", "--reviewer", "ann"])
    assert "is there already" in str(again.exception)
    wrong = runner.invoke(cli, ["review", "workbook", "--reviewer", "ann lee"])
    assert "It names a file" in str(wrong.exception)
    done = runner.invoke(cli, ["review", "workbook", "--reviewer", "bob", "--out", "bob.xlsx"])
    assert done.exit_code == 0
    assert "when it is filled in: themebook review read bob.xlsx" in done.output
    read = runner.invoke(cli, ["review", "read", "bob.xlsx", "--reviewer", "cy"])
    assert "decisions/cy.jsonl: 0 decisions recorded" in read.output
