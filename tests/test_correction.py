"""Corrected shares: unbiased, inside 0 and 1, as wide as they must be, and nothing that rests on too little."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.correction import FEWEST, Cells, corrected_share, score_bounds


def cells(given, predicted, read, *, owner=None, stratum=None, weight=None, settled=None, known=None):
    size = len(given)
    owner = np.arange(size) if owner is None else np.asarray(owner)
    return Cells(
        owner=owner,
        stratum=np.zeros(size, int) if stratum is None else np.asarray(stratum),
        predicted=np.asarray(predicted, float),
        read=np.asarray(read, bool),
        given=np.asarray(given, bool),
        known=np.asarray(read if known is None else known, bool),
        settled=np.zeros(size, bool) if settled is None else np.asarray(settled, bool),
        weight=np.ones(int(owner.max()) + 1) if weight is None else np.asarray(weight, float),
    )


def survey(seed, size=1000, share=0.2, sensitivity=0.8, specificity=0.94):
    """Truth and a machine's probabilities that miss a fifth of the mentions and see some that are not there."""
    rng = np.random.default_rng(seed)
    truth = rng.random(size) < share
    said = np.where(truth, rng.random(size) < sensitivity, rng.random(size) > specificity)
    return truth, np.where(said, 0.75, 0.06)


def draw(seed, size, n):
    read = np.zeros(size, bool)
    read[np.random.default_rng([seed, n]).choice(size, n, replace=False)] = True
    return read


def test_the_share_is_the_difference_estimate_with_its_weight_from_the_read_answers():
    truth, predicted = survey(1, sensitivity=0.7)
    predicted = np.clip(predicted * 1.3, 0, 1)
    read = draw(1, 1000, 200)
    y, f = truth[read].astype(float), predicted[read]
    tuning = np.cov(y, f, bias=True)[0, 1] / f.var()
    by_hand = y.mean() + tuning * (predicted.mean() - f.mean())
    found = corrected_share(cells(truth & read, predicted, read))
    assert found.tuning == pytest.approx(tuning, abs=1e-12)
    assert found.share == pytest.approx(by_hand, abs=1e-12)


def test_predictions_that_tell_nothing_leave_the_share_of_those_read():
    truth, _ = survey(2)
    read = draw(2, 1000, 150)
    found = corrected_share(cells(truth & read, np.full(1000, 0.3), read))
    plain = score_bounds(truth[read].mean(), 150 / (1 - 150 / 1000))
    assert found.tuning == 0
    assert found.share == pytest.approx(truth[read].mean())
    assert (found.low, found.high) == pytest.approx(plain, abs=1e-9)


@pytest.mark.parametrize("share", [0.03, 0.2, 0.6])
def test_intervals_hold_the_truth_as_often_as_they_say_where_counts_of_the_machine_do_not(share):
    corrected = counted = width = alone = 0
    draws = 300
    for seed in range(draws):
        truth, predicted = survey(seed, share=share)
        read = draw(seed, 1000, 200)
        found = corrected_share(cells(truth & read, predicted, read))
        low, high = score_bounds(float((predicted > 0.5).mean()), 1000)
        corrected += found.low <= truth.mean() <= found.high
        counted += low <= truth.mean() <= high
        width += found.high - found.low
        people = score_bounds(truth[read].mean(), 200 / 0.8)
        alone += people[1] - people[0]
    assert 0.92 <= corrected / draws <= 0.99
    assert counted < corrected
    assert width < alone


def test_a_respondent_with_two_questions_counts_once_and_without_bias():
    off = []
    for seed in range(60):
        truth, predicted = survey(seed, size=1200, share=0.15)
        owner, stratum = np.arange(1200) // 2, np.arange(1200) % 2
        read = draw(seed, 1200, 400)
        found = corrected_share(cells(truth & read, predicted, read, owner=owner, stratum=stratum))
        off.append(found.share - (truth[0::2] | truth[1::2]).mean())
    assert abs(np.mean(off)) < 3 * np.std(off) / 60**0.5 + 0.002


def test_few_read_answers_correct_nothing_unless_they_are_all():
    truth, predicted = survey(3)
    assert corrected_share(cells(truth, predicted, draw(3, 1000, FEWEST - 1))) is None
    assert corrected_share(cells(truth, predicted, draw(3, 1000, FEWEST))) is not None
    everything = corrected_share(cells(truth[:10], predicted[:10], np.ones(10, bool)))
    assert everything.low == everything.share == everything.high == pytest.approx(truth[:10].mean())


def test_a_question_that_was_left_out_of_the_draw_is_not_corrected_by_the_others():
    truth, predicted = survey(4)
    stratum = np.arange(1000) // 500
    read = draw(4, 1000, 200) & (stratum == 0)
    assert corrected_share(cells(truth, predicted, read, stratum=stratum)) is None


def test_what_people_read_otherwise_bounds_the_share():
    truth = np.zeros(400, bool)
    truth[:80] = True
    read = np.zeros(400, bool)
    read[100:150] = True
    found = corrected_share(cells(truth, np.full(400, 0.1), read, known=read | truth))
    assert found.low >= 80 / 400


def test_non_answers_of_known_meaning_enter_as_they_are():
    truth, predicted = survey(5, size=500)
    read = draw(5, 500, 150)
    alone = corrected_share(cells(truth & read, predicted, read))
    more = corrected_share(
        cells(
            np.append(truth & read, np.zeros(500, bool)),
            np.append(predicted, np.zeros(500)),
            np.append(read, np.zeros(500, bool)),
            settled=np.arange(1000) >= 500,
        )
    )
    assert more.share == pytest.approx(alone.share / 2)


def test_a_sample_of_people_has_a_wider_interval_than_those_who_answered_alone():
    truth, predicted = survey(6)
    read = draw(6, 1000, 200)
    own = corrected_share(cells(truth & read, predicted, read))
    theirs = corrected_share(cells(truth & read, predicted, read), sampled=True)
    assert theirs.share == own.share
    assert theirs.high - theirs.low > own.high - own.low


@st.composite
def drawn(draw_):
    size = draw_(st.integers(40, 120))
    seed = draw_(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    truth = rng.random(size) < draw_(st.floats(0, 1))
    predicted = np.clip(0.6 * truth + rng.random(size) * 0.5, 0, 1)
    read = np.zeros(size, bool)
    read[rng.permutation(size)[: draw_(st.integers(FEWEST, size))]] = True
    return truth, predicted, read, rng.permutation(size)


@settings(max_examples=80, deadline=None)
@given(drawn(), st.floats(0.1, 20))
def test_shares_and_intervals_stay_in_order_and_equal_weights_and_row_order_change_nothing(given_, weight):
    truth, predicted, read, order = given_
    first = corrected_share(cells(truth & read, predicted, read))
    assert 0 <= first.low <= first.share <= first.high <= 1
    again = corrected_share(
        cells((truth & read)[order], predicted[order], read[order], weight=np.full(len(truth), weight))
    )
    assert (again.share, again.low, again.high) == pytest.approx((first.share, first.low, first.high), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(drawn(), st.integers(0, 10**6))
def test_what_nobody_read_does_not_enter_by_its_codes(given_, seed):
    truth, predicted, read, _ = given_
    other = np.where(read, truth, np.random.default_rng(seed).random(len(truth)) < 0.5)
    assert corrected_share(cells(truth, predicted, read)) == corrected_share(cells(other, predicted, read))
