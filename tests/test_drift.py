"""Drift: told where answers differ, not told where waves are dealt at random."""

import numpy as np
import pandas as pd
import pytest

from pipeline.evidence.drift import Drift, _holm, drift_metrics, measure_drift

WAVES = ["2024", "2025"]


def survey(seed, shift=0.0, each=60):
    generator = np.random.default_rng(seed)
    wave = np.repeat(WAVES, each)
    vectors = generator.normal(size=(len(wave), 16)) + shift * np.eye(1, 16) * (wave == "2025")[:, None]
    ids = [f"a{i:03d}" for i in generator.permutation(len(wave))]
    answers = pd.DataFrame({"response_id": ids, "wave": wave, "respondent_id": ids, "question_id": "why"})
    return answers, vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def drift_of(answers, vectors, waves, seed):
    return measure_drift(answers, lambda rows: vectors[rows], waves, seed)


def test_answers_that_differ_are_told_apart():
    (drift,) = drift_of(*survey(0, shift=2.0), WAVES, 0)
    assert drift.auc > 0.75
    assert drift.p <= 0.01
    assert (drift.n_new, drift.n_earlier) == (60, 60)


def test_answers_alike_are_told_apart_no_more_often_than_by_chance():
    found = [drift_of(*survey(seed), WAVES, seed)[0] for seed in range(40)]
    # At 5 %, more than 6 of 40 come about once in a hundred times.
    assert sum(drift.p <= 0.05 for drift in found) <= 6
    assert np.mean([drift.auc for drift in found]) == pytest.approx(0.5, abs=0.04)


def test_row_order_changes_nothing():
    answers, vectors = survey(1, shift=0.5)
    order = np.random.default_rng(2).permutation(len(answers))
    (before,) = drift_of(answers, vectors, WAVES, 0)
    (after,) = drift_of(answers.iloc[order].reset_index(drop=True), vectors[order], WAVES, 0)
    assert (before.auc, before.p) == pytest.approx((after.auc, after.p))


@pytest.mark.parametrize(("each", "questions"), [(19, 0), (20, 1)])
def test_a_side_needs_twenty_answers(each, questions):
    assert len(drift_of(*survey(0, each=each), WAVES, 0)) == questions


def test_one_wave_has_nothing_to_differ_from():
    answers, vectors = survey(0)
    assert drift_metrics(drift_of(answers.assign(wave="2025"), vectors, ["2025"], 0)) == {}


def test_p_values_are_adjusted_for_the_number_of_questions():
    given = [Drift(name, 20, 20, 0.6, p) for name, p in (("a", 0.04), ("b", 0.01), ("c", 0.5))]
    assert [drift.p for drift in _holm(given)] == pytest.approx([0.08, 0.03, 0.5])


def test_figures_are_flat():
    assert drift_metrics([Drift("why", 30, 40, 0.61234567, 0.005)]) == {
        "why.auc": 0.612346,
        "why.p": 0.005,
        "why.new": 30.0,
        "why.earlier": 40.0,
    }
