"""A coded workbook's rows: every problem named by its row, nothing guessed, the same file twice adds nothing."""

import pandas as pd
import pytest

from pipeline.themes.codebook import Codebook, Theme
from pipeline.themes.coded_rows import NONE, Drawn, SheetRow, read_rows, shown_fingerprint

BOOK = Codebook(
    themes=(
        Theme(id="T01", name="Trust", questions=("why",)),
        Theme(id="T02", name="Time", questions=("why",)),
        Theme(id="T03", name="Money", questions=("how",)),
    )
)
TEXTS = {"A1": "trust me", "A2": "more time", "A3": "why not", "A4": "free words"}
QUESTIONS = {"A4": "open"}
DRAWN = {
    i: Drawn(f"p{i[1]}", "w", QUESTIONS.get(i, "why"), "random", shown_fingerprint(text)) for i, text in TEXTS.items()
}


def row(number, id="A1", codes=("Trust",), coder="ann", answer=None, note=""):
    return SheetRow(number, id, TEXTS.get(id, "words") if answer is None else answer, tuple(codes), coder, note)


def gold(*rows):
    return pd.DataFrame(rows, columns=["cell_id", "code", "coder"])


def read(*rows, gold_=None, book=BOOK, coder="", there=TEXTS):
    return read_rows(rows, DRAWN, there, gold() if gold_ is None else gold_, book, coder)


def codes(reading):
    return [(r["respondent_id"], r["code"]) for r in reading.rows]


def test_names_and_ids_become_ids_and_rows_may_stand_anyhow():
    made = read(row(9, "A2", ["time", "", "T01"]), row(2, "A1", ["", "trust"]))
    assert codes(made) == [("p2", "T01"), ("p2", "T02"), ("p1", "T01")]
    assert made.problems == []
    assert made.rows[0] == {
        "respondent_id": "p2",
        "wave": "w",
        "question": "why",
        "code": "T01",
        "coder": "ann",
        "sample": "random",
    }


def test_none_of_them_is_an_empty_code_and_an_empty_row_is_not_coded():
    made = read(row(2, "A1", [NONE.upper()]), row(3, "A2", ["", " "], note="hm"))
    assert codes(made) == [("p1", "")]
    assert (made.counts["empty"], made.counts["notes"], made.counts["answers"]) == (1, 1, 1)


def test_a_question_without_themes_takes_any_words():
    assert codes(read(row(2, "A4", ["fair pay"]))) == [("p4", "fair pay")]
    assert codes(read(row(2, "A1", ["Trsut"]), book=Codebook())) == [("p1", "Trsut")]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([row(7, codes=["Trsut"])], "row 7: `Trsut` is no theme of the codebook. Closest: `Trust`."),
        ([row(7, codes=["Zebra"])], "row 7: `Zebra` is no theme of the codebook. Known: `Trust`, `Time`."),
        ([row(7, codes=["Money"])], "row 7: `Money` is a theme of other questions than `why`"),
        ([row(7, codes=["Trust", NONE])], f"row 7: both `{NONE}` and a code"),
        ([row(7, codes=["Trust", "T01"])], "row 7: `T01` is given twice"),
        ([row(7, "A9")], "row 7: the id `A9` was not drawn."),
        ([row(7, "")], "row 7: the id `` was not drawn."),
        ([row(2), row(7)], "row 7: the id `A1` stands at row 2 too"),
        ([row(7, answer="more time")], "row 7: the answer beside this id is another"),
        ([row(7, coder=" ")], "row 7: nobody is named as its coder"),
    ],
)
def test_every_problem_is_named_by_its_row(rows, message):
    found = read(*rows).problems
    assert len(found) == 1
    assert found[0].startswith(message)


def test_all_problems_are_listed_at_once():
    found = read(row(2, codes=["Trsut", NONE]), row(5, "A9"), row(6, "A2", ["Time"]), row(7, "A3", ["Tme"])).problems
    assert [problem.split(":")[0] for problem in found] == ["row 2", "row 2", "row 5", "row 7"]


def test_an_answer_that_is_gone_is_named():
    assert "holds this answer no more" in read(row(2), there=["A2"]).problems[0]


def test_the_same_codes_again_add_nothing_and_others_are_a_conflict():
    before = gold(("A1", "Trust", "ann"))
    same = read(row(2), gold_=before)
    assert (same.rows, same.problems, same.counts["again"]) == ([], [], 1)
    other = read(row(2, codes=["Time"]), gold_=before)
    assert other.rows == []
    assert other.problems == ["row 2: ann coded this answer before as T01, and here as T02; neither is taken: mend one"]
    none = read(row(2, codes=[NONE]), gold_=before)
    assert "here as (none of them)" in none.problems[0]


def test_another_coder_is_added_and_counted():
    made = read(row(2), gold_=gold(("A1", "", "bob")))
    assert (codes(made), made.counts["second coder"]) == ([("p1", "T01")], 1)


def test_the_given_coder_stands_in_for_empty_cells_only():
    made = read(row(2, coder=""), row(3, "A2"), coder="cy")
    assert [r["coder"] for r in made.rows] == ["cy", "ann"]


@pytest.mark.parametrize("changed", ["trust  me ", "trust\nme", "trust_x000D_\nme"])
def test_what_a_spreadsheet_does_to_spaces_is_no_problem(changed):
    assert read(row(2, answer=changed)).problems == []
