"""How sure a share is, in words; and how many more answers would make it as sure as wanted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_factory import inputs_of, survey_of

from pipeline.evidence.plan import answers_for, better_all, plan_reading, width
from pipeline.foundation.contracts import READING
from pipeline.foundation.params import Measure
from pipeline.report.content import build_content
from pipeline.report.public import to_public
from pipeline.report.records import Cell
from pipeline.report.surety import _corrected
from pipeline.report.wording import NBSP

NAN = float("nan")


def sentences(**more):
    content = build_content(**inputs_of(**more))
    return [theme.surety.replace(NBSP, " ") for theme in content.themes if theme.cell]


def test_every_theme_says_how_sure_it_is_and_what_would_make_it_surer():
    for said in sentences(method="corrected"):
        assert "drawn at random" in said
        assert "19 of 20 surveys" in said
        assert "would" in said.rpartition(".")[0].rpartition(".")[2]
    for said in sentences(method="uncorrected"):
        assert "nobody knows" in said
        assert "can be read altogether" in said
    for said in sentences(method="person"):
        assert said.startswith("People read all answers of")
        assert "only more answers can narrow that" in said


def test_a_census_that_people_read_has_nothing_left_to_chance():
    survey = survey_of().model_copy(update={"sampling": "census"})
    assert all("Everybody was asked" in said for said in sentences(survey=survey, method="person"))


def test_the_public_page_leaves_the_ways_out():
    content = to_public(build_content(**inputs_of(method="corrected")))
    assert all(not theme.surety and not theme.ways for theme in content.themes)


reads = st.tuples(st.floats(0.01, 0.99), st.floats(0.05, 1.0), st.integers(31, 5000))


@settings(deadline=None)
@given(reads, st.floats(0.005, 0.5), st.one_of(st.just(NAN), st.floats(30, 5000)))
def test_so_many_answers_give_the_wanted_width_and_one_fewer_does_not(known, wanted, respondents):
    share, ratio, answers = known
    needed = answers_for(wanted, share, ratio, answers, respondents, 0.95)
    if needed is None:
        assert width(share, ratio, answers, answers, respondents, 0.95) > wanted
        return
    assert 0 < needed <= answers
    assert width(share, ratio, answers, needed, respondents, 0.95) <= wanted + 1e-6
    if needed > 30:
        assert width(share, ratio, answers, needed - 1, respondents, 0.95) > wanted - 1e-6


@settings(deadline=None)
@given(reads, st.floats(0.01, 0.3), st.floats(0.01, 0.3))
def test_a_narrower_interval_never_takes_fewer_answers(known, one, other):
    share, ratio, answers = known
    narrow, wide = sorted((one, other))
    assert answers_for(narrow, share, ratio, answers, NAN, 0.95) >= answers_for(wide, share, ratio, answers, NAN, 0.95)


def reading(**more):
    row = {"wave": "1", "question_id": "why", "theme_id": "T1", "answers": 1000, "read": 100, "respondents": NAN}
    return pd.DataFrame([{**row, "share": 0.2, "ratio": 0.6, "method": "corrected", **more}])[list(READING.columns)]


def test_a_plan_counts_what_is_read_already():
    (row,) = plan_reading(reading(), 0.1, 0.95).to_dict("records")
    assert row["now"] == pytest.approx(width(0.2, 0.6, 1000, 100, NAN, 0.95))
    assert row["more"] == row["needed"] - 100 > 0
    (row,) = plan_reading(reading(), 0.3, 0.95).to_dict("records")
    assert row["more"] == 0


def test_where_nothing_was_checked_there_is_no_width_today():
    (row,) = plan_reading(reading(method="uncorrected", read=0, ratio=1.0), 0.1, 0.95).to_dict("records")
    assert np.isnan(row["now"])
    assert row["more"] == row["needed"] == answers_for(0.1, 0.2, 1.0, 1000, NAN, 0.95)


def test_a_sample_that_is_too_small_is_not_mended_by_reading():
    (row,) = plan_reading(reading(respondents=50.0), 0.05, 0.95).to_dict("records")
    assert np.isnan(row["more"])


def test_the_questions_together_are_not_planned():
    assert plan_reading(reading(question_id=""), 0.1, 0.95).empty


def test_reading_all_is_the_better_bargain_of_few_answers_or_nearly_all():
    assert not better_all(0, 100, 50, 500)
    assert better_all(1, 500, 0, 500)
    assert not better_all(566, 1000, 100, 500)
    assert better_all(567, 1000, 100, 500)


def test_reading_the_rest_of_a_sample_does_not_settle_what_the_draw_left_open():
    row = {"answers": 100, "read": 60, "respondents": 90.0, "ratio": 0.6}
    cell = Cell(wave="1", base=100, n=20, share=0.2, low=0.1, high=0.3, method="corrected")
    said = [_corrected(cell, row | {"respondents": n}, Measure()) for n in (90.0, NAN)]
    assert "who was drawn" in said[0] and "settle" not in said[0] and said[1].endswith("would settle it.")
