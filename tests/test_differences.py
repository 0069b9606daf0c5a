"""Differences of shares: known intervals and tests, one family a wave, nothing said of uncorrected ones."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.differences import (
    adjust_together,
    difference_interval,
    difference_test,
    effect_size,
    measure_differences,
)
from pipeline.evidence.segments import segments_of
from pipeline.evidence.shares import Share, share_cells
from pipeline.foundation.contracts import CLOSED, DIFFERENCES
from pipeline.foundation.params import Measure, parse
from pipeline.foundation.tables import check
from pipeline.survey.description import Survey

SURVEY = parse(
    Survey,
    {
        "waves": {w: {"file": w, "sha256": w} for w in ("1", "2")},
        "questions": {
            "why": {
                "columns": ["Why?"],
                "kind": "open",
                "explains": "view",
                "sides": {"for": ["yes"], "against": ["no"]},
            },
            "what": {"columns": ["What?"], "kind": "open"},
            "view": {"columns": ["View"], "kind": "single"},
            "sector": {"columns": ["Sector"], "kind": "single", "attribute": True},
        },
    },
    "survey.yaml",
)


def share(n, base):
    return Share(base, n, n / base, 0, 1, "person", base)


def test_newcombes_own_examples():
    # Newcombe 1998, table II, contrasts (a), (c) and (h), method 10.
    for (n1, b1, n2, b2), expected in {
        (56, 70, 48, 80): (0.0524, 0.3339),
        (6, 7, 2, 7): (0.0582, 0.8062),
        (10, 10, 0, 10): (0.6075, 1.0),
    }.items():
        assert difference_interval(share(n1, b1), share(n2, b2)) == pytest.approx(expected, abs=5e-5)


def test_few_expected_answers_are_not_tested():
    assert np.isnan(difference_test(share(1, 30), share(0, 30)))
    assert difference_test(share(2, 30), share(0, 30)) == pytest.approx(0.1538, abs=5e-5)


counts = st.integers(20, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None)
@given(counts, counts)
def test_turned_round_it_is_the_same_difference(one, other):
    a, b = share(*one), share(*other)
    low, high = difference_interval(a, b)
    assert -1 <= low <= a.share - b.share <= high <= 1
    assert difference_interval(b, a) == pytest.approx((-high, -low))
    p, q = difference_test(a, b), difference_test(b, a)
    assert p == pytest.approx(q, nan_ok=True)
    assert np.isnan(p) or 0 <= p <= 1
    assert effect_size(a.share, b.share) == pytest.approx(-effect_size(b.share, a.share))


def survey_of(seed, public=0.3, private=0.3, waves=(0.3, 0.3), n=200, source="person", question="why", theme="T1"):
    rng = np.random.default_rng(seed)
    rows, closed = [], []
    for wave, level in zip("12", waves, strict=True):
        for i in range(n):
            who, sector = f"r{i}", "public" if i % 2 else "private"
            chance = level * (public if i % 2 else private) / 0.3
            rows.append((wave, who, f"{wave}/{who}/{question}", bool(rng.random() < chance)))
            closed.append((wave, who, "sector", sector))
            closed.append((wave, who, "view", "yes" if i % 3 else "no"))
    table = pd.DataFrame(rows, columns=["wave", "respondent_id", "response_id", "mentioned"])
    table = table.assign(question_id=question, theme_id=theme, probability=0.5, source=source)
    kinds = dict.fromkeys(["wave", "respondent_id", "response_id", "question_id", "theme_id", "source"], "str")
    return table.astype(kinds), pd.DataFrame(closed, columns=list(CLOSED.columns)).astype("str")


def measured(table, closed, weight=1.0):
    people = table[["wave", "respondent_id"]].drop_duplicates().assign(weight=weight)
    cells, segments = share_cells(table, people, None), segments_of(SURVEY, closed)
    found = measure_differences(cells, segments, list(SURVEY.waves), False, Measure())
    return check(adjust_together(found), DIFFERENCES, "differences")


def test_waves_segments_and_sides_are_each_compared_once():
    found = measured(*survey_of(0, public=0.6, private=0.1, waves=(0.3, 0.3)))
    compared = {tuple(row) for row in found[["wave", "segment", "against"]].to_numpy()}
    assert compared == {
        ("2", "", "1"),
        ("1", "sector=private", "sector=public"),
        ("2", "sector=private", "sector=public"),
        ("1", "side=against", "side=for"),
        ("2", "side=against", "side=for"),
    }
    sector = found[found["segment"] == "sector=private"]
    assert (sector["difference"] < -0.3).all()
    assert (sector["p_adjusted"] < 0.001).all()
    assert (sector["high"] < 0).all()


def test_adjusted_for_what_is_tested_in_the_same_wave():
    found = measured(*survey_of(1))
    for _, mine in found.groupby("wave"):
        p = mine["p"].sort_values().to_numpy()
        stepped = np.minimum.accumulate((p * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
        assert np.allclose(mine["p_adjusted"].sort_values(), np.minimum(stepped, 1))


def test_the_machines_uncorrected_shares_are_compared_and_not_tested():
    found = measured(*survey_of(2, source="model"))
    assert len(found)
    assert found[["low", "high", "p", "p_adjusted"]].isna().all(axis=None)


def test_a_theme_of_two_questions_is_compared_in_both_together_and_in_each():
    why, closed = survey_of(3)
    what, _ = survey_of(4, question="what")
    found = measured(pd.concat([why, what]), closed)
    assert set(found["question_id"]) == {"", "why", "what"}
    assert set(measured(why, closed)["question_id"]) == {"why"}
    assert "side=against" not in set(found.loc[found["question_id"] == "", "segment"])


def test_of_two_values_that_somebody_chose_both_each_is_compared_with_those_who_did_not_choose_it():
    table, closed = survey_of(7)
    both = closed[(closed["question_id"] == "sector") & (closed["respondent_id"] == "r1")].assign(value="private")
    found = measured(table, pd.concat([closed, both]))
    sector = found[(found["wave"] == "1") & found["segment"].str.startswith("sector")].set_index("segment")
    assert set(sector["against"]) == {"others"}
    assert sector["base"].to_dict() == {"sector=private": 101, "sector=public": 100}
    assert sector["other_base"].to_dict() == {"sector=private": 99, "sector=public": 100}


def test_small_groups_are_not_compared():
    table, closed = survey_of(5, n=50)
    assert set(measured(table, closed)["segment"]) == {""}


def test_where_nothing_differs_hardly_anything_is_called_a_difference():
    called = sum(bool((measured(*survey_of(seed))["p_adjusted"] < 0.05).any()) for seed in range(40))
    assert called <= 8  # two families a run, each at 5 %


def test_row_order_and_equal_weights_change_nothing():
    table, closed = survey_of(6, public=0.5)
    first = measured(table, closed)
    again = measured(table.sample(frac=1, random_state=0), closed.sample(frac=1, random_state=1), weight=3.0)
    pd.testing.assert_frame_equal(first, again)
