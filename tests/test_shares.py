"""Shares by hand-made cells: what people read, what weighs nothing, and what a plan makes of both."""

import numpy as np
import pandas as pd
import pytest

from pipeline.evidence.plan import measure_reading, plan_reading
from pipeline.evidence.shares import ways


def group(n, **more):
    given = np.arange(n) % 5 == 0
    table = pd.DataFrame({"wave": "w", "respondent_id": [f"r{i:04d}" for i in range(n)], "question_id": "q"})
    table = table.assign(theme_id="T", mentioned=given, given=given, predicted=given * 0.8, read=False, known=False)
    return table.assign(**{"person": False, "settled": False, "blind": False, "barred": False, "weight": 1.0, **more})


def test_people_read_all_where_they_read_all_but_non_answers_of_known_meaning():
    settled = np.arange(100) == 99
    (share,) = ways(group(100, person=~settled, read=~settled, known=~settled, settled=settled), 1, 0.95, False)
    assert share.method == "person" and share.share == pytest.approx(0.2)
    assert share.low < 0.15 < 0.25 < share.high
    assert "person" not in {each.method for each in ways(group(100, settled=True), 1, 0.95, False)}


def test_answers_that_weigh_nothing_are_not_read():
    read = np.arange(300) < 100
    for light in (100, 80):
        weight = np.where(np.arange(300) < light, 0.0, 1.0)
        found = ways(group(300, read=read, known=read, weight=weight), 1, 0.95, False)
        assert [share.method for share in found] == ["uncorrected"]
    some = group(300, read=read, known=read, weight=np.where(np.arange(300) < 50, 0.0, 1.0))
    left = some[some["weight"] > 0]
    one, other = (next(s for s in ways(t, 1, 0.95, False) if s.method == "corrected") for t in (some, left))
    assert (one.share, one.low, one.high) == pytest.approx((other.share, other.low, other.high))
    assert one.base == 300


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_the_plan_knows_the_width_of_today_whatever_the_weights(spread):
    rng = np.random.default_rng(1)
    read = np.isin(np.arange(3000), rng.choice(3000, 200, replace=False))
    table = group(3000, read=read, known=read, weight=rng.lognormal(0, spread, 3000))
    for sampled in (False, True):
        now = next(s for s in ways(table, 1, 0.95, sampled) if s.method == "corrected")
        (row,) = plan_reading(measure_reading(table.assign(wave="w"), sampled, 0.95), 0.02, 0.95).to_dict("records")
        assert row["now"] == pytest.approx(now.high - now.low, abs=1e-6)


def test_what_was_read_of_a_barred_theme_counts_for_nothing_in_the_plan():
    table = measure_reading(group(3000, read=np.arange(3000) < 1000, barred=True), False, 0.95)
    (row,) = plan_reading(table, 0.08, 0.95).to_dict("records")
    assert row["read"] == 0 and row["more"] == row["needed"] > 0
