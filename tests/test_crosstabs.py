"""Cross-tables and combined themes: unions of respondents, both ways, recomputed from mentions."""

import numpy as np
import pandas as pd
import pytest
from counted import prevalence_of
from hypothesis import given, settings
from hypothesis import strategies as st
from test_prevalence import closed, mentions, people

from pipeline.evidence.correction import score_bounds
from pipeline.evidence.crosstabs import MOST_OPTIONS, crossed_items, crossing_of, measure_crosstabs, nearest_cells
from pipeline.evidence.nets import combined_mentions, combined_reading, measure_net, theme_nets
from pipeline.evidence.segments import segments_of
from pipeline.evidence.shares import share_cells
from pipeline.foundation.contracts import CLOSED, CROSSTABS, NETS
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Measure, parse
from pipeline.foundation.tables import check, empty
from pipeline.project.check import check_nets
from pipeline.survey.description import Survey
from pipeline.themes.codebook import Codebook

ORDER = ["bad", "fair", "good", "great"]
CONTENT = {
    "waves": {"1": {"file": "f", "sha256": "x"}, "2": {"file": "g", "sha256": "y"}},
    "questions": {
        "why": {"columns": ["Why?"], "kind": "open"},
        "view": {"columns": ["View"], "kind": "ordinal", "order": ORDER},
        "sector": {"columns": ["Sector"], "kind": "single", "attribute": True},
        "many": {"columns": ["Many"], "kind": "multi"},
    },
    "nets": {"both": {"themes": ["T", "Unease"], "name": "Both of them"}},
}
CODEBOOK = parse(Codebook, {"themes": [{"id": "T", "name": "Trust"}, {"id": "U", "name": "Unease"}]}, "codebook")


def survey(**changes):
    return parse(Survey, CONTENT | changes, "survey.yaml")


def full(table):
    return table.assign(sure=False)


def cross(table, answers, respondents=None, fewest=1, described=None):
    respondents = people(table) if respondents is None else respondents
    params = Measure(min_segment=fewest)
    crossing = crossing_of(described or survey(), answers)
    found = measure_crosstabs(share_cells(table, respondents, None), crossing, False, params)
    return check(found, CROSSTABS, "x")


def one(table, **where):
    for name, value in where.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


ANSWERS = closed([("1", p, "view", v) for p, v in zip("abcd", ["good", "great", "good", "bad"], strict=True)])
CODES = mentions([("1", p, "T", p in "ab") for p in "abcde"])


def test_both_ways_and_a_box_with_weights():
    respondents = people(CODES).assign(weight=[1.0, 3.0, 1.0, 1.0, 9.0])
    found = cross(CODES, ANSWERS, respondents)
    good = one(found, value="good", of="chosen")
    assert (good["base"], good["n"], good["share"], good["method"]) == (2, 1, 0.5, "uncorrected")
    assert np.isnan(good["low"])
    box = one(found, value="top 2", of="chosen")
    assert (box["base"], box["n"], box["share"]) == (3, 2, pytest.approx(4 / 5))
    other_way = one(found, value="good", of="raised")
    assert (other_way["base"], other_way["n"], other_way["share"]) == (2, 1, 0.25)
    assert one(found, value="bad", of="raised")[["n", "share"]].tolist() == [0, 0.0]


def test_who_did_not_answer_the_closed_question_is_in_no_base():
    found = cross(mentions([("1", p, "T", True) for p in "abcde"]), ANSWERS)
    assert one(found, value="top 2", of="raised")[["n", "base"]].tolist() == [3, 4]


def test_peoples_codes_have_an_interval_both_ways():
    found = cross(mentions([("1", p, "T", p in "ab") for p in "abcd"], source="person"), ANSWERS)
    assert set(found["method"]) == {"person"} and found["low"].notna().all()
    row = one(found, value="good", of="raised")
    assert (row["low"], row["high"]) == pytest.approx(score_bounds(0.5, 2))


@pytest.mark.parametrize(("fewest", "shown"), [(3, True), (4, False)])
def test_too_few_respondents_have_no_row(fewest, shown):
    found = cross(CODES, ANSWERS, fewest=fewest)
    assert (len(found) == 1) == shown and len(found) <= 1


def test_which_questions_are_crossed():
    many = [("1", "a", "many", str(i)) for i in range(MOST_OPTIONS)]
    answers = closed([*many, ("1", "a", "sector", "x"), ("1", "a", "view", "good")])
    assert crossed_items(survey(), answers) == ["view", "many"]
    wider = closed([*many, ("1", "b", "many", "one more"), ("1", "a", "view", "good")])
    assert crossed_items(survey(), wider) == ["view"]
    assert crossed_items(survey(cross=["many"]), wider) == ["many"]
    assert crossed_items(survey(cross=[]), wider) == []
    with pytest.raises(ThemebookError, match="an attribute"):
        survey(cross=["sector"])


def test_of_several_methods_the_nearest_is_given_once():
    found = cross(CODES, ANSWERS)
    twice = pd.concat([found, found.assign(method="corrected")], ignore_index=True)
    assert set(nearest_cells(twice)["method"]) == {"corrected"} and len(nearest_cells(twice)) == len(found)


rows = st.lists(
    st.tuples(st.sampled_from("12"), st.sampled_from("abcdef"), st.sampled_from("TU"), st.booleans()), min_size=1
)
ticks = st.lists(st.tuples(st.sampled_from("12"), st.sampled_from("abcdef"), st.sampled_from(ORDER)), min_size=1)


@given(rows, ticks, st.floats(0.1, 9))
@settings(max_examples=30, deadline=None)
def test_cross_tables_recompute_from_mentions_and_equal_weights_change_nothing(codes, chosen, weight):
    table = mentions(codes)
    answers = closed(sorted({(w, p, "many", v) for w, p, v in chosen}))
    found = cross(table, answers)
    for row in found.to_dict("records"):
        mine = table[(table["wave"] == row["wave"]) & (table["theme_id"] == row["theme_id"])]
        own = answers[answers["wave"] == row["wave"]]
        coded, raised = set(mine["respondent_id"]), set(mine.loc[mine["mentioned"], "respondent_id"])
        chose, answered = set(own.loc[own["value"] == row["value"], "respondent_id"]), set(own["respondent_id"])
        base = chose & coded if row["of"] == "chosen" else raised & answered
        assert (row["n"], row["base"]) == (len(chose & raised), len(base))
        assert row["share"] == pytest.approx(len(chose & raised) / len(base))
    pd.testing.assert_frame_equal(cross(table, answers, people(table, weight)), found)


def nets(table, respondents=None, codebook=CODEBOOK, described=None, answers=None):
    respondents = people(table) if respondents is None else respondents
    answers = empty(CLOSED) if answers is None else answers
    described, params = described or survey(), Measure(min_segment=1)
    segments = segments_of(described, answers)
    found = [
        measure_net(net, full(table), respondents, segments, False, params)
        for net in theme_nets(described, codebook)
        if net.themes
    ]
    return check(pd.concat([empty(NETS), *found], ignore_index=True), NETS, "x")


@given(rows, st.floats(0.1, 9))
@settings(max_examples=30, deadline=None)
def test_a_combined_theme_is_the_union_of_respondents(codes, weight):
    table = mentions(codes)
    found = nets(table)
    for row in found.to_dict("records"):
        mine = table[table["wave"] == row["wave"]]
        raised = set(mine.loc[mine["mentioned"], "respondent_id"])
        assert (row["n"], row["base"]) == (len(raised), mine["respondent_id"].nunique())
        assert row["share"] == pytest.approx(row["n"] / row["base"])
    assert set(found["wave"]) == set(table["wave"])
    pd.testing.assert_frame_equal(nets(table, people(table, weight)), found)


def test_a_combined_theme_is_by_people_where_they_gave_all_of_its_themes():
    by_people = mentions([("1", "a", "T", True), ("1", "b", "T", False)], source="person")
    by_machine = mentions([("1", "a", "U", False), ("1", "b", "U", True)])
    assert one(nets(by_people), question_id="")["method"] == "person"
    table = pd.concat([by_people, by_machine], ignore_index=True)
    assert one(nets(table), question_id="")[["n", "method"]].tolist() == [2, "uncorrected"]


def test_a_net_limited_to_a_question_has_rows_of_that_question_only():
    described = survey(nets={"both": {"themes": ["T", "U"], "question": "why"}})
    table = mentions([("1", "a", "T", True)])
    assert nets(table, described=described)["question_id"].tolist() == ["why"]


def test_a_combined_theme_is_corrected_like_a_theme():
    """Of one theme it is that theme: the same rows from the same reading."""
    codes = mentions([("1", f"p{i:02d}", "T", i % 3 == 0) for i in range(60)])
    reading = codes[["response_id", "theme_id"]].assign(
        predicted=np.linspace(0.1, 0.9, 60),
        known=np.arange(60) < 30,
        given=np.arange(60) % 4 == 0,
        read=np.arange(60) < 30,
        settled=False,
        blind=False,
        barred=False,
    )
    described, respondents = survey(nets={"alone": {"themes": ["T"]}}), people(codes)
    (net,) = theme_nets(described, CODEBOOK)
    segments = segments_of(described, empty(CLOSED))
    found = measure_net(net, full(codes), respondents, segments, False, Measure(), reading)
    wanted = prevalence_of(codes, respondents, empty(CLOSED), described, Measure(), reading)
    assert "corrected" in set(found["method"])
    pd.testing.assert_frame_equal(found.drop(columns="net_id"), wanted.drop(columns="theme_id"))


def test_a_cross_table_is_corrected_where_people_read_at_random():
    """As the segment of an attribute with the same members is."""
    names = [f"p{i:02d}" for i in range(80)]
    codes = mentions([("1", p, "T", i % 3 == 0) for i, p in enumerate(names)])
    reading = codes[["response_id", "theme_id"]].assign(
        predicted=np.linspace(0.1, 0.9, 80),
        known=np.arange(80) % 2 == 0,
        given=np.arange(80) % 4 == 0,
        read=np.arange(80) % 2 == 0,
        settled=False,
        blind=False,
        barred=False,
    )
    ticks_ = [("1", p, q, "x") for p in names[:60] for q in ("many", "sector")]
    respondents, answers = people(codes), closed(ticks_)
    crossing = crossing_of(survey(), answers)
    found = measure_crosstabs(share_cells(codes, respondents, reading), crossing, False, Measure())
    wanted = prevalence_of(codes, respondents, answers, survey(), Measure(), reading)
    wanted = wanted[(wanted["segment"] == "sector=x") & (wanted["question_id"] == "why")]
    figures = ["method", "base", "n", "share", "low", "high"]
    mine = found[(found["of"] == "chosen") & (found["part"] == "option")]
    assert "corrected" in set(mine["method"])
    pd.testing.assert_frame_equal(
        mine[figures].sort_values("method", ignore_index=True), wanted[figures].sort_values("method", ignore_index=True)
    )
    assert set(found.loc[found["of"] == "raised", "method"]) <= {"uncorrected"}


def test_what_was_read_of_a_net_is_what_was_read_of_all_its_themes():
    codes = mentions([("1", "a", "T", False), ("1", "a", "U", True)]).assign(response_id="r")
    reading = codes[["response_id", "theme_id"]].assign(
        predicted=[0.5, 0.2],
        known=True,
        given=[False, True],
        read=[True, False],
        settled=False,
        blind=False,
        barred=False,
    )
    (row,) = combined_reading(reading, codes, theme_nets(survey(), CODEBOOK)).to_dict("records")
    assert row["predicted"] == pytest.approx(0.6)
    assert (row["theme_id"], row["given"], row["read"], row["known"]) == ("both", True, False, True)
    joined = combined_mentions(full(codes), theme_nets(survey(), CODEBOOK))
    assert joined[["theme_id", "mentioned", "source"]].values.tolist() == [["both", True, "model"]]


def former(*, fate, into=()):
    ended = {"id": "U", "name": "Unease", "fate": fate, "into": into}
    kept = [{"id": "T", "name": "Trust"}, {"id": "V", "name": "Worry"}, {"id": "W", "name": "Fear"}]
    return parse(Codebook, {"themes": kept, "former": [ended]}, "codebook")


@pytest.mark.parametrize(
    ("codebook", "themes", "gone"),
    [
        (CODEBOOK, ("T", "U"), ()),
        (former(fate="renamed", into=["V"]), ("T", "V"), ()),
        (former(fate="merged", into=["T"]), ("T",), ()),
        (former(fate="split", into=["V", "W"]), ("T", "V", "W"), ()),
        (former(fate="retired"), ("T",), ("Unease",)),
    ],
)
def test_the_themes_of_a_net_are_followed(codebook, themes, gone):
    (net,) = theme_nets(survey(), codebook)
    assert (net.name, net.themes, net.gone) == ("Both of them", themes, gone)


def test_a_theme_that_never_was_and_an_id_taken_twice_are_errors():
    with pytest.raises(ThemebookError, match=r"names the theme `Trist`.*Closest: `Trust`.*`T`, `U`"):
        theme_nets(survey(nets={"both": {"themes": ["Trist"]}}), CODEBOOK)
    assert theme_nets(survey(nets={"both": {"themes": ["Trist"]}}), CODEBOOK.model_copy(update={"themes": ()})) == ()
    with pytest.raises(ThemebookError, match="has the id of a theme"):
        theme_nets(survey(nets={"T": {"themes": ["T"]}}), CODEBOOK)


def test_themebook_check_reads_the_nets_and_says_what_is_counted_no_longer(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert check_nets(survey(nets={}), CODEBOOK) == []
    assert check_nets(survey(), CODEBOOK) == ["nets: 1"]
    said = check_nets(survey(), former(fate="retired"))
    assert said[1:] == ["  net `both`: the theme “Unease” was retired and is counted no longer"]
    with pytest.raises(ThemebookError, match="names the theme"):
        check_nets(survey(nets={"both": {"themes": ["Trist"]}}), CODEBOOK)
