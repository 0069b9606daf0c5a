"""Coefficients of agreement: textbook values, and what must hold whatever the codes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.evidence import reliability as rel

CODE = st.sampled_from([0.0, 1.0, 1.0, float("nan")])


def figures(codes):
    return rel.yes_no_figures(rel.answer_counts(codes).sum(axis=0))


def masi(codes):
    apart, sets, distance = rel.set_coincidences(codes)
    return float(rel.set_alpha(apart.sum(), sets.sum(axis=0), distance))


SOME = st.integers(2, 4)


def codings(coders=SOME, missing=True):
    shape = st.tuples(coders, st.integers(2, 12), st.integers(1, 4))
    return shape.flatmap(lambda s: hnp.arrays(float, s, elements=CODE if missing else st.sampled_from([0.0, 1.0])))


def test_alpha_of_krippendorffs_binary_example():
    # Krippendorff, Computing Krippendorff's alpha-reliability (2011), section A: alpha 0.095.
    one = [0, 1, 0, 0, 0, 0, 0, 0, 1, 0]
    other = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]
    found = figures(np.array([one, other], float)[:, :, None])
    assert float(found["alpha"][0]) == pytest.approx(0.095, abs=5e-4)


def test_alpha_leaves_out_answers_that_only_one_coded():
    both = np.array([[1, 0, 1, 0], [1, 0, 0, 0]], float)[:, :, None]
    more = np.concatenate([both, np.array([[1.0], [np.nan]])[:, :, None]], axis=1)
    assert figures(more)["alpha"] == figures(both)["alpha"]


def test_ac1_keeps_its_value_where_kappa_falls():
    # Nearly everybody says no, and 96 of 100 agree: the paradox of kappa.
    counts = np.array([0.0, 2, 2, 96])
    codes = np.repeat([[1, 1, 0, 0], [1, 0, 1, 0]], counts.astype(int), axis=1).astype(float)[:, :, None]
    found = figures(codes)
    assert float(found["kappa"][0]) < 0
    # Observed 0.96, chance 2 × 0.02 × 0.98.
    assert float(found["ac1"][0]) == pytest.approx((0.96 - 0.0392) / (1 - 0.0392))


def test_kappa_of_three_coders_is_the_mean_over_pairs_by_their_answers():
    codes = np.array([[1, 0, 1, 0, 1, 0], [1, 0, 0, 0, 1, 1], [1, 0, np.nan, np.nan, np.nan, np.nan]])[:, :, None]
    two = [figures(codes[[i, j]])["kappa"][0] for i, j in ((0, 1), (0, 2), (1, 2))]
    assert two[1] == two[2] == 1
    assert float(figures(codes)["kappa"][0]) == pytest.approx((6 * two[0] + 2 + 2) / 10)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_where_only_one_value_is_given_chance_explains_all(value):
    found = figures(np.full((2, 5, 1), value))
    assert np.isnan(found["kappa"][0])
    assert np.isnan(found["alpha"][0])
    assert found["ac1"][0] == 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("ab", "ab", 0),
        ("", "", 0),
        ("a", "", 1),
        ("a", "b", 1),
        ("a", "ab", 1 - 1 / 2 * 2 / 3),
        ("abc", "ab", 1 - 2 / 3 * 2 / 3),
        ("ab", "bc", 1 - 1 / 3 * 1 / 3),
    ],
)
def test_masi_at_its_boundaries(one, other, expected):
    shared = len(set(one) & set(other))
    assert float(rel.masi_distance(np.array(shared), np.array(len(one)), np.array(len(other)))) == pytest.approx(
        expected
    )


@given(hnp.arrays(bool, (2, 6)))
def test_masi_is_between_0_and_1_and_symmetric(sets):
    shared, one, other = (sets[0] & sets[1]).sum(), sets[0].sum(), sets[1].sum()
    distance = float(rel.masi_distance(shared, one, other))
    assert 0 <= distance <= 1
    assert distance == float(rel.masi_distance(shared, other, one))
    assert (distance == 0) == bool((sets[0] == sets[1]).all())


@given(
    hnp.arrays(
        float, st.tuples(st.just(1), st.integers(3, 12), st.integers(1, 4)), elements=st.sampled_from([0.0, 1.0])
    )
)
def test_equal_codings_agree_wholly(once):
    codes = np.repeat(once, 3, axis=0)
    for values in (*figures(codes).values(), np.array([masi(codes)])):
        assert np.allclose(values[~np.isnan(values)], 1)


@settings(max_examples=60)
@given(codings(), st.randoms(use_true_random=False))
def test_the_order_of_coders_and_answers_changes_nothing(codes, rng):
    coders, answers = list(range(len(codes))), list(range(codes.shape[1]))
    rng.shuffle(coders)
    rng.shuffle(answers)
    before, after = figures(codes), figures(codes[np.ix_(coders, answers)])
    # Precision and recall say who is first.
    for name in ("f1", "kappa", "alpha", "ac1"):
        np.testing.assert_allclose(before[name], after[name], atol=1e-12)
    np.testing.assert_allclose(masi(codes), masi(codes[np.ix_(coders, answers)]), atol=1e-12)


@settings(max_examples=60)
@given(codings())
def test_coefficients_stay_within_their_bounds(codes):
    found = figures(codes)
    for name in ("kappa", "ac1"):
        told = found[name][~np.isnan(found[name])]
        assert ((told >= -1 - 1e-12) & (told <= 1 + 1e-12)).all()
    for name in ("alpha",):
        assert (found[name][~np.isnan(found[name])] <= 1).all()
    assert ((found["f1"] >= 0) & (found["f1"] <= 1) | np.isnan(found["f1"])).all()


@settings(max_examples=40)
@given(codings(st.just(2), missing=False), st.integers(0, 5))
def test_an_interval_holds_its_estimate_and_the_seed_fixes_it(codes, seed):
    owner = np.arange(codes.shape[1]) // 2
    sums = rel.by_respondent(rel.answer_counts(codes), owner)
    estimate = rel.yes_no_figures(sums.sum(axis=0))

    def intervals():
        drawn = rel.yes_no_figures(rel.resampled(rel.resamples(owner, 50, seed), sums))
        return {name: rel.percentile_interval(estimate[name], drawn[name]) for name in estimate}

    first, again = intervals(), intervals()
    for name, (low, high) in first.items():
        np.testing.assert_array_equal((low, high), again[name])
        told = ~np.isnan(low)
        assert (low[told] <= estimate[name][told]).all()
        assert (estimate[name][told] <= high[told]).all()


def test_resamples_draw_respondents_whole():
    owner = np.array([0, 0, 0, 1, 2])
    weights = rel.resamples(owner, 200, 1)
    assert weights.shape == (200, 3)
    assert (weights.sum(axis=1) == 3).all()
    values = rel.by_respondent(np.arange(5.0), owner)
    assert values.tolist() == [3, 3, 4]


def test_thirty_themes_in_three_thousand_answers_take_seconds():
    # Counts add up over answers, so that the resamples of all themes are one product.
    rng = np.random.default_rng(1)
    codes = (rng.random((2, 3000, 31)) < 0.1).astype(float)
    owner = np.arange(3000)
    sums = rel.by_respondent(rel.answer_counts(codes), owner)
    drawn = rel.yes_no_figures(rel.resampled(rel.resamples(owner, 1000, 1), sums))
    assert drawn["f1"].shape == (1000, 31)
    assert abs(float(np.nanmean(drawn["kappa"]))) < 0.02
