"""Stability cards: 1 for what is always there, low for accidents, honest about what was not measured."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.themes.stability import card, cards, jaccard, overlaps, parts, regrouped, theme_stability


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("1100", "1100", 1), ("1100", "0110", 1 / 3), ("1100", "0011", 0), ("0000", "0000", 0)],
)
def test_jaccard(one, other, expected):
    assert jaccard(np.array(list(one)) == "1", np.array(list(other)) == "1") == pytest.approx(expected)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_the_same_grouping_under_other_numbers_overlaps_fully(group, random):
    numbers = list(range(5))
    random.shuffle(numbers)
    group = np.array(group)
    best = overlaps(group, np.array(numbers)[group], 5)
    there = np.isin(np.arange(5), group)
    assert (best[there] == 1).all() and np.isnan(best[~there]).all()


def test_parts_are_drawn_by_answer():
    answer = np.repeat(np.arange(10), 3)
    for kept in parts(answer, 5, 0):
        shares = [kept[answer == a].mean() for a in range(10)]
        assert sorted(shares) == [0.0] * 2 + [1.0] * 8


def test_found_again_counts_from_one_half():
    assert card(np.array([0.5, 0.499, 1.0])).found_again == 2
    empty = card(np.array([]))
    assert (empty.resamples, empty.found_again, empty.stability) == (0, 0, 0.0)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_there_is_found_everywhere_and_what_is_drawn_by_lot_is_not(seed):
    truth = np.arange(200) % 4
    again = regrouped(np.arange(200), lambda kept, s: truth, 10, 3, seed)
    for steady in cards(truth, 4, again):
        assert (steady.stability, steady.found_again, steady.seeds, steady.halves) == (1, 10, 1, 1)
    lot = regrouped(np.arange(200), lambda kept, s: np.random.default_rng(s).integers(0, 4, 200), 10, 3, seed)
    for steady in cards(truth, 4, lot):
        assert steady.stability < 0.4 and steady.found_again == 0 and steady.seeds < 0.4 and steady.halves < 0.4


def test_levels_are_judged_apart():
    fine = np.arange(80) % 4
    again = regrouped(np.arange(80), lambda kept, s: np.where(fine < 2, (fine + s) % 2, fine), 6, 2, 0)
    broad = cards(fine // 2, 2, again.mapped(lambda group: group // 2))
    assert [c.stability for c in broad] == [1, 1]


def test_a_theme_is_steady_when_the_coder_finds_the_same_answers():
    mentioned = np.array([[True, False], [True, False], [False, True], [False, False]])
    flipped = np.array([[True, True], [True, False], [False, False], [False, False]])
    first, second = theme_stability(mentioned, lambda n: mentioned if n % 2 else flipped, 4)
    assert (first.found_again, first.resamples, first.stability) == (4, 4, 1.0)
    assert (second.found_again, second.stability) == (2, 0.5)
