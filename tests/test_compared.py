"""Agreement by theme: who is compared with whom, on which answers, and what is left to settle."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.compared import FEWEST, compare_readers, flat_agreement
from pipeline.evidence.disagreements import list_disagreements
from pipeline.foundation.contracts import AGREEMENT, DISAGREEMENTS, HELDOUT, SEVERAL
from pipeline.foundation.tables import check, empty
from pipeline.survey.description import Survey
from pipeline.themes.codebook import Codebook
from pipeline.themes.gold import match_gold

SURVEY = Survey.model_validate(
    {
        "waves": {"1": {"file": "f", "sha256": "x"}},
        "questions": {"why": {"columns": ["Why?"], "kind": "open"}},
    }
)
CODEBOOK = Codebook.model_validate(
    {"themes": [{"id": "T1", "name": "a"}, {"id": "T2", "name": "b"}, {"id": "T9", "name": "new", "since": "2026"}]}
)


def tables(codes, said=None, sample="random", people=40):
    """Gold from ``{coder: {person: themes}}``, and held-out predictions of whom `said` names."""
    names = [f"p{i:02d}" for i in range(people)]
    rows = [("1", "why", n, f"r_{n}", "invented words", "answered", "") for n in names]
    responses = pd.DataFrame(
        rows, columns=["wave", "question_id", "respondent_id", "response_id", "text", "status", "reason"]
    )
    gold_rows = [
        (p, "1", "why", code, coder, sample, "", n)
        for n, (coder, p, code) in enumerate(
            (coder, p, code) for coder, given in codes.items() for p, themes in given.items() for code in themes or [""]
        )
    ]
    columns = ["respondent_id", "wave", "question", "code", "coder", "sample", "time", "line"]
    gold = match_gold(pd.DataFrame(gold_rows, columns=columns), SURVEY, responses, CODEBOOK)
    held = [
        ("1", "why", p, f"r_{p}", t, 0.9 if t in themes else 0.1, t in themes, 0)
        for p, themes in (said or {}).items()
        for t in ("T1", "T2")
    ]
    heldout = pd.DataFrame(held, columns=list(HELDOUT.columns)) if held else empty(HELDOUT)
    return heldout, gold, check(gold.several, SEVERAL, "s")


def compared(*args, **kwargs):
    table = compare_readers(*tables(*args, **kwargs), CODEBOOK, 0.95, 1)
    return check(table, AGREEMENT, "agreement")


def figure(table, one, other, measure, theme="", among="all"):
    mine = table[(table["question_id"] == "") & (table["theme_id"] == theme) & (table["measure"] == measure)]
    return mine[(mine["one"] == one) & (mine["other"] == other) & (mine["among"] == among)].squeeze()


def everybody(themes, every=2, people=40):
    return {f"p{i:02d}": themes if i % every == 0 else [] for i in range(people)}


def test_the_machine_is_compared_with_what_people_gave():
    said = {p: ["T1"] if i % 4 == 0 else [] for i, p in enumerate(everybody([]))}
    table = compared({"ann": everybody(["T1"])}, said)
    row = figure(table, "machine", "people", "recall", "T1")
    assert (row["value"], row["answers"], row["positives"]) == (0.5, 40, 20)
    assert 0 < row["low"] < 0.5 < row["high"] < 1
    assert figure(table, "machine", "people", "precision", "T1")["value"] == 1
    assert set(table["other"]) == {"people"}


def test_a_machine_reader_is_named_and_is_no_ceiling():
    coders = {"machine:m": everybody(["T1"]), "machine:n": everybody(["T2"])}
    table = compared(coders, everybody(["T1"]))
    assert set(table["one"]) == {"machine"}
    assert set(table["other"]) == {"machine:m"}
    assert flat_agreement(table) == {}


def test_two_people_are_the_ceiling_beside_the_machine_on_the_same_answers():
    coders = {"ann": everybody(["T1"]), "bob": everybody(["T1"], every=4)}
    table = compared(coders, everybody(["T1"]))
    between = figure(table, "people", "people", "f1", "T1", "several")
    assert between["value"] == pytest.approx(2 / 3)
    # With ann the machine agrees wholly, with bob as she does.
    machine = figure(table, "machine", "people", "f1", "T1", "several")
    assert machine["value"] == pytest.approx(2 * 30 / (2 * 30 + 10))
    gap = figure(table, "machine", "people", "f1_gap", "T1", "several")
    assert gap["value"] == pytest.approx(machine["value"] - between["value"])
    assert gap["low"] <= gap["value"] <= gap["high"]
    assert figure(table, "ann", "bob", "precision", "T1", "several")["value"] == 0.5
    assert figure(table, "people", "people", "precision", "T1", "several").empty
    assert flat_agreement(table)["between_people_f1"] == pytest.approx(2 / 3, abs=1e-6)


def test_codes_given_after_seeing_others_never_count():
    coders = {"ann": everybody(["T1"]), "checked:ann": everybody(["T2"]), "adjudicated:cy": everybody(["T2"])}
    table = compared(coders, everybody(["T1"]))
    assert "several" not in set(table["among"])


def test_a_theme_that_a_coder_did_not_know_says_nothing_of_her():
    table = compared({"ann": everybody(["T1"]), "bob": everybody(["T1", "T9"])})
    assert "T9" not in set(table["theme_id"])
    assert figure(table, "people", "people", "masi", among="several")["value"] == 1


def test_answers_that_stand_for_all_are_used_where_there_are_any():
    heldout, gold, several = tables({"ann": everybody(["T1"]), "bob": everybody(["T1"])}, sample="active")
    some = gold.responses["response_id"] < "r_p10"
    gold.responses.loc[some, "sample"] = "random"
    table = compare_readers(heldout, gold, several, CODEBOOK, 0.95, 1)
    assert set(table["answers"]) == {10}


def test_few_mentions_have_no_interval():
    few = {p: ["T1"] if p < f"p{FEWEST - 1:02d}" else [] for p in everybody([])}
    enough = {p: ["T1"] if p < f"p{FEWEST:02d}" else [] for p in everybody([])}
    said = {p: ["T1"] if p in ("p00", "p01", "p02", "p39") else [] for p in few}
    for given_, told in ((few, False), (enough, True)):
        row = figure(compared({"ann": given_}, said), "machine", "people", "f1", "T1")
        assert (row["low"] == row["low"]) == told


def test_nothing_coded_gives_an_empty_table():
    assert compared({}).empty
    assert list_disagreements(*tables({}), CODEBOOK).empty


CODES = st.lists(st.sampled_from(["T1", "T2"]), unique=True)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(CODES, CODES, CODES), min_size=3, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, rng):
    ann, bob, said = ({f"p{i:02d}": row[who] for i, row in enumerate(rows)} for who in range(3))
    heldout, gold, several = tables({"ann": ann, "bob": bob}, said, people=len(rows))

    def mixed(table):
        order = list(range(len(table)))
        rng.shuffle(order)
        return table.iloc[order]

    first = compare_readers(heldout, gold, several, CODEBOOK, 0.95, 1)
    again = compare_readers(mixed(heldout), gold, mixed(several), CODEBOOK, 0.95, 1)
    pd.testing.assert_frame_equal(check(first, AGREEMENT, "a"), check(again, AGREEMENT, "a"))
    for left, right in ((heldout, mixed(heldout)),):
        one, other = (check(list_disagreements(x, gold, several, CODEBOOK), DISAGREEMENTS, "d") for x in (left, right))
        pd.testing.assert_frame_equal(one, other)


def test_disagreements_come_with_the_most_telling_first():
    ann = {"p00": ["T1"], "p01": ["T1", "T2"], "p02": ["T1"], "p03": []}
    bob = {"p00": ["T2"], "p01": ["T1"], "p02": ["T1"], "p03": []}
    table = check(list_disagreements(*tables({"ann": ann, "bob": bob}), CODEBOOK), DISAGREEMENTS, "d")
    rows = table[["response_id", "theme_id", "given_by", "rank"]].values.tolist()
    assert rows == [["r_p00", "T1", "one", 1], ["r_p00", "T2", "other", 1], ["r_p01", "T2", "one", 2]]
    assert table["weight"].tolist() == pytest.approx([1, 1, 2 / 3])


def test_what_was_settled_is_not_listed_again():
    ann, bob = {"p00": ["T1"], "p01": ["T1"]}, {"p00": ["T2"]}
    said = {"p00": [], "p01": []}
    listed = list_disagreements(*tables({"ann": ann, "bob": bob}, said), CODEBOOK)
    assert set(listed["one"]) == {"ann", "machine"}
    settled = {"ann": ann, "bob": bob, "adjudicated:cy": {"p00": ["T1"]}, "checked:ann": {"p01": ["T1"]}}
    assert list_disagreements(*tables(settled, said), CODEBOOK).empty


def test_the_machines_surest_contradictions_come_first():
    heldout, gold, several = tables({"ann": {"p00": ["T1"], "p01": ["T2"]}}, {"p00": ["T1"], "p01": ["T1"]})
    heldout.loc[(heldout["response_id"] == "r_p00") & (heldout["theme_id"] == "T2"), ["probability", "mentioned"]] = (
        0.6,
        True,
    )
    table = list_disagreements(heldout, gold, several, CODEBOOK).sort_values(["rank", "theme_id"])
    assert table[["response_id", "theme_id", "rank"]].values.tolist() == [
        ["r_p01", "T1", 1],
        ["r_p01", "T2", 1],
        ["r_p00", "T2", 2],
    ]
    assert set(table["other"]) == {"people"}
