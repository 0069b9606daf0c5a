"""What is sure: the bound at its border, a theme's own record, and the promise kept on answers not used to set it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.foundation.contracts import QUEUE
from pipeline.foundation.tables import check
from pipeline.themes.risk import NEVER_SURE, doubts, expected_errors, reading_queue, sure_cuts


def one_theme(right, wrong):
    """Coded pairs of one theme: so many right ones at 0.9, so many wrong ones at 0.8."""
    p = np.array([0.9] * right + [0.8] * wrong)[:, None]
    return p, p > 0.85, np.ones(p.shape, bool)


def test_nine_right_ones_are_enough_for_a_risk_of_ten_percent_and_eight_are_not():
    assert sure_cuts(*one_theme(9, 0), 0.1) == pytest.approx([0.9])
    assert sure_cuts(*one_theme(8, 0), 0.1) == pytest.approx([NEVER_SURE])


def test_one_wrong_one_among_nineteen_is_within_the_risk_and_among_eighteen_is_not():
    assert sure_cuts(*one_theme(18, 1), 0.1) == pytest.approx([0.8])
    assert sure_cuts(*one_theme(17, 1), 0.1) == pytest.approx([0.9])


def test_a_theme_that_is_often_wrong_gets_a_higher_cut_than_the_others():
    probability = np.hstack([np.full((60, 1), 0.8), np.tile([[0.9], [0.8]], (30, 1))])
    right = np.column_stack([np.ones(60, bool), np.arange(60) % 2 == 0])
    cuts = sure_cuts(probability, right, np.ones(right.shape, bool), 0.3)
    assert cuts.tolist() == pytest.approx([0.8, 0.9])


def test_pairs_that_the_question_rules_out_count_for_nothing():
    probability, given_, allowed = one_theme(9, 0)
    both = np.hstack([probability, probability])
    cuts = sure_cuts(both, np.hstack([given_, ~given_]), np.hstack([allowed, ~allowed]), 0.1)
    assert cuts[0] == pytest.approx(0.9)


@pytest.mark.parametrize("risk", [0.05, 0.1, 0.2])
def test_the_risk_holds_on_answers_not_used_to_set_it(risk):
    """Mean share of wrong ones among the sure, over 60 draws, of themes of unlike quality."""
    generator = np.random.default_rng(11)
    shares = []
    for _ in range(60):
        probability = generator.beta(0.4, 1.5, size=(1200, 6))
        truth = generator.random(probability.shape) < probability ** np.array([0.8, 1, 1, 1, 1.2, 1.5])
        allowed = np.ones((300, 6), bool)
        cuts = sure_cuts(probability[:300], truth[:300], allowed, risk)
        sure = probability[300:] >= cuts
        shares.append((sure & ~truth[300:]).sum() / max(1, sure.sum()))
    assert np.mean(shares) <= risk * 1.05


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40), st.floats(0.02, 0.4))
def test_a_smaller_risk_never_makes_more_sure(pairs, risk):
    probability = np.array([[p] for p, _ in pairs])
    given_ = np.array([[yes] for _, yes in pairs])
    allowed = np.ones(given_.shape, bool)
    assert sure_cuts(probability, given_, allowed, risk / 2)[0] >= sure_cuts(probability, given_, allowed, risk)[0]


def test_expected_errors_count_both_kinds():
    assert expected_errors(np.array([[0.7, 0.4]]), np.array([[True, False]])) == pytest.approx([0.7])


def test_the_queue_puts_the_most_doubtful_first_and_leaves_out_what_was_read():
    rows = [("r1", 0.9, True, True), ("r1", 0.1, False, False), ("r2", 0.6, True, False), ("r3", 0.5, False, False)]
    mentions = pd.DataFrame(rows, columns=["response_id", "probability", "mentioned", "sure"])
    queue = check(reading_queue(doubts(mentions, {"r3"})), QUEUE, "queue").sort_values("rank")
    assert queue["response_id"].tolist() == ["r2", "r1"]
    assert queue["expected_errors"].tolist() == pytest.approx([0.4, 0.2])
    assert queue["unsure"].tolist() == [1, 0]


def test_everything_read_leaves_an_empty_queue():
    mentions = pd.DataFrame({"response_id": ["r"], "probability": [0.5], "mentioned": [True], "sure": [False]})
    assert check(reading_queue(doubts(mentions, {"r"})), QUEUE, "queue").empty
