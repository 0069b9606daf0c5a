"""Prevalence: respondents counted once, bases stated, no interval that is not earned."""

import numpy as np
import pandas as pd
import pytest
from counted import prevalence_of
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.changes import measure_changes
from pipeline.evidence.prevalence import score_interval
from pipeline.foundation.contracts import CHANGES, CLOSED, PREVALENCE
from pipeline.foundation.params import Measure, parse
from pipeline.foundation.tables import check, empty
from pipeline.survey.description import Survey

SURVEY = parse(
    Survey,
    {
        "waves": {"1": {"file": "f", "sha256": "x"}, "2": {"file": "g", "sha256": "y"}},
        "questions": {
            "why": {
                "columns": ["Why?"],
                "kind": "open",
                "explains": "view",
                "sides": {"for": ["good"], "against": ["bad"]},
            },
            "view": {"columns": ["View"], "kind": "ordinal", "order": ["bad", "good"]},
            "sector": {"columns": ["Sector"], "kind": "single", "attribute": True},
            "many": {"columns": ["Many"], "kind": "multi"},
        },
    },
    "survey.yaml",
)


def mentions(rows, source="model"):
    """Rows of (wave, person, theme, mentioned); a person's second answer gets a response of its own."""
    table = pd.DataFrame(rows, columns=["wave", "respondent_id", "theme_id", "mentioned"])
    part = table.groupby(["wave", "respondent_id", "theme_id"]).cumcount().astype(str)
    return table.assign(
        question_id="why",
        response_id=table["respondent_id"] + "/" + table["wave"] + "/" + part,
        probability=0.5,
        source=source,
    ).astype({"wave": "str", "respondent_id": "str", "theme_id": "str", "question_id": "str", "source": "str"})


def people(table, weight=1.0):
    return table[["wave", "respondent_id"]].drop_duplicates().assign(weight=weight)


def closed(rows):
    return pd.DataFrame(rows, columns=list(CLOSED.columns)).astype("str")


def measure(table, respondents=None, answers=None, fewest=1):
    answers = empty(CLOSED) if answers is None else answers
    respondents = people(table) if respondents is None else respondents
    return check(prevalence_of(table, respondents, answers, SURVEY, Measure(min_segment=fewest)), PREVALENCE, "x")


def one(table, **where):
    for name, value in {"question_id": "why", "segment": "", **where}.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_a_respondent_with_two_responses_counts_once():
    row = one(measure(mentions([("1", "a", "T", False), ("1", "a", "T", True), ("1", "b", "T", False)])))
    assert (row["base"], row["n"], row["share"]) == (2, 1, 0.5)


def test_machine_counts_have_no_interval_and_a_persons_have_one():
    rows = [("1", p, "T", p in "ab") for p in "abcdefghij"]
    machine, person = one(measure(mentions(rows))), one(measure(mentions(rows, source="person")))
    assert machine["method"] == "uncorrected"
    assert np.isnan(machine["low"])
    assert person["method"] == "person"
    assert (person["low"], person["high"]) == pytest.approx(score_interval(2, 10))


def test_one_answer_left_to_the_machine_takes_the_interval_away():
    table = mentions([("1", p, "T", True) for p in "abc"], source="person")
    table.loc[0, "source"] = "model"
    assert one(measure(table))["method"] == "uncorrected"


def test_segments_and_sides_and_their_smallest_size():
    table = mentions([("1", p, "T", p == "a") for p in "abc"])
    answers = closed(
        [("1", "a", "sector", "x"), ("1", "b", "sector", "x"), ("1", "c", "sector", "y"), ("1", "a", "view", "good")]
    )
    found = measure(table, answers=answers)
    assert one(found, segment="sector=x")["share"] == 0.5
    assert one(found, segment="side=for")["base"] == 1
    assert set(measure(table, answers=answers, fewest=2)["segment"]) == {"", "sector=x"}


def test_weights_enter_the_share_and_not_the_counts():
    table = mentions([("1", "a", "T", True), ("1", "b", "T", False)])
    respondents = people(table).assign(weight=[3.0, 1.0])
    row = one(measure(table, respondents))
    assert (row["share"], row["base"], row["n"]) == (0.75, 2, 1)


codes = st.lists(
    st.tuples(st.sampled_from("12"), st.sampled_from("abcdef"), st.sampled_from("TU"), st.booleans()), min_size=1
)


@given(codes)
@settings(max_examples=40, deadline=None)
def test_shares_recompute_from_mentions_and_equal_weights_change_nothing(rows):
    table = mentions(rows)
    found = measure(table)
    for _, row in found[(found["segment"] == "") & (found["question_id"] == "why")].iterrows():
        mine = table[(table["wave"] == row["wave"]) & (table["theme_id"] == row["theme_id"])]
        said = mine.groupby("respondent_id")["mentioned"].any()
        assert (row["base"], row["n"]) == (len(said), said.sum())
        assert row["share"] == pytest.approx(said.mean())
    pd.testing.assert_frame_equal(found, measure(table, people(table, weight=2.5)))


@given(codes)
@settings(max_examples=40, deadline=None)
def test_merging_two_themes_gives_the_union_of_respondents(rows):
    table = mentions(rows)
    merged = measure(mentions([(w, p, "M", m) for w, p, _, m in rows]))
    for wave in set(table["wave"]):
        mine = table[table["wave"] == wave]
        union = set(mine.loc[mine["mentioned"], "respondent_id"])
        assert one(merged, wave=wave)["n"] == len(union)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_lies_inside_0_and_1_and_holds_the_share(pair):
    hits, base = pair
    low, high = score_interval(hits, base)
    assert 0 <= low <= hits / base <= high <= 1


def test_the_interval_is_the_published_one():
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81/263 and 15/148.
    assert [round(x, 4) for x in score_interval(81, 263)] == [0.2553, 0.3662]
    assert [round(x, 4) for x in score_interval(15, 148)] == [0.0624, 0.1605]


def test_changes_compare_a_wave_with_the_one_before():
    table = mentions([("1", "a", "T", True), ("1", "b", "T", False), ("2", "a", "T", True), ("2", "c", "U", True)])
    found = check(measure_changes(measure(table), SURVEY, {}), CHANGES, "x")
    assert found[["question_id", "theme_id", "previous_share", "share", "difference"]].values.tolist() == [
        ["", "T", 0.5, 1.0, 0.5],
        ["why", "T", 0.5, 1.0, 0.5],
    ]
    assert found["release"].tolist() == ["", ""] and found["from_coding"].isna().all()
    first = SURVEY.model_copy(update={"waves": {"1": SURVEY.waves["1"]}})
    assert measure_changes(measure(table), first, {}).empty
