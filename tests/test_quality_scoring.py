"""The scoring of benchmarks/quality, by examples worked out by hand; every text here is invented."""

import json

import draws
import numpy as np
import pandas as pd
import pytest
import scoring
import table
from peers import fit_logistic
from sklearn.linear_model import LogisticRegression


def yes(*rows):
    return np.array([[c == "x" for c in row] for row in rows])


def test_f1_by_hand():
    truth = yes("x.", "x.", ".x", "..")
    given = yes("x.", "..", ".x", ".x")
    micro, macro = scoring.f1(truth, given)
    assert micro == pytest.approx(2 * 2 / (3 + 3))
    assert macro == pytest.approx((2 * 1 / (2 + 1) + 2 * 1 / (1 + 2)) / 2)


def test_a_code_never_given_counts_nought():
    assert scoring.f1(yes("x.", ".x"), yes("x.", ".."))[1] == pytest.approx(0.5)
    assert scoring.f1(yes("."), yes(".")) == (0.0, 0.0)


def test_answers_with_none_of_the_themes_count_against_what_is_given_them():
    assert scoring.f1(yes("x", "."), yes("x", "x"))[0] == pytest.approx(2 / 3)


def test_calibration_error_by_hand():
    truth = np.array([[True, False], [True, False]])
    probability = np.array([[0.9, 0.05], [0.7, 0.1]])
    # 0.05 is left out; bins of one pair: |0.1 - 0|, |0.7 - 1|, |0.9 - 1|
    assert scoring.calibration_error(truth, probability) == pytest.approx((0.1 + 0.3 + 0.1) / 3)
    # one bin: mean probability 17/30 against 2/3
    assert scoring.calibration_error(truth, probability, bins=1) == pytest.approx(abs(1.7 / 3 - 2 / 3))
    assert np.isnan(scoring.calibration_error(truth, probability, least=0.95))


def test_brier_skill_by_hand():
    truth, base = yes("x", "."), np.array([0.5])
    assert scoring.brier_skill(truth, np.array([[0.5], [0.5]]), base) == pytest.approx(0.0)
    assert scoring.brier_skill(truth, np.array([[1.0], [0.0]]), base) == pytest.approx(1.0)
    assert scoring.brier_skill(truth, np.array([[0.5], [1.0]]), base) == pytest.approx(1 - 0.625 / 0.25)


def test_risk_and_work():
    truth, sure = yes("x.", "x.", ".x"), yes("x.", ".x", "..")
    assert scoring.risk(truth, sure) == pytest.approx((1 / 2, 1 / 3))
    error, found = scoring.risk(truth, yes("..", "..", ".."))
    assert np.isnan(error) and found == 0
    assert scoring.finished(truth, ~truth, np.array([True, True, True])) == 1.0
    assert scoring.finished(truth, ~truth, np.array([False, False, False])) == 0.0
    assert scoring.finished(truth, yes("x.", "..", ".."), np.array([False, True, False])) == pytest.approx(4 / 5)


def test_no_group_is_one_class_of_its_own():
    code = ["a", "a", "b", "b"]
    assert scoring.ami(code, ["1", "1", "", ""]) == pytest.approx(1.0)
    assert scoring.ami(code, ["1", "1", "1", ""]) < 0.5
    # were each ungrouped answer a class of its own, the first would not be perfect
    assert scoring.ami(code, ["1", "1", "2", "3"]) < 1.0


def test_groups_against_codes_by_hand():
    truth = yes("x.", "x.", ".x", ".x", ".x")
    members = yes("x..", ".x.", ".x.", "..x", "..x")
    found = scoring.match(truth, members)
    assert found["best_f1"] == pytest.approx((2 / 3 + 2 * 2 / (3 + 2)) / 2)
    assert found["found"] == 1.0
    assert found["precision"] == pytest.approx((1 + 0.5 + 1) / 3)
    assert scoring.best_groups(truth, members).tolist() == [0, 2]


def test_found_starts_above_the_limit():
    truth = np.zeros((20, 1), bool)
    truth[:10] = True

    def share(hits, size):
        members = np.zeros((20, 1), bool)
        members[:hits] = True
        members[10 : 10 + size - hits] = True
        return scoring.match(truth, members)["found"]

    assert share(3, 10) == 0.0  # F1 0.3 exactly
    assert share(3, 9) == 1.0  # F1 6/19
    assert scoring.match(truth, np.zeros((20, 0), bool))["found"] == 0.0


def test_only_the_largest_groups_count_for_everyone():
    members = yes("x..", ".x.", ".x.")
    assert scoring.largest(members).shape == (3, 2)  # a group without scored answers goes
    assert scoring.largest(members, 1).tolist() == [[False], [True], [True]]


def statement(arg, point, score, topic="t", stance=1):
    return {"arg_id": arg, "topic": topic, "stance": stance, "key_point_id": point, "score": score}


def test_key_points_by_the_published_protocol():
    best = pd.DataFrame(
        [
            statement("a", "k1", 0.9),  # judged a match
            statement("b", "k1", 0.8),  # nobody judged it
            statement("c", "k2", 0.7),  # judged no match
            statement("d", "k2", 0.6),  # a match, but in the worse half, as are the next three
            statement("e", "k1", 0.1),
            statement("f", "k1", 0.1),
        ]
    )
    labels = pd.DataFrame({"arg_id": list("acd"), "key_point_id": ["k1", "k2", "k2"], "label": [1, 0, 1]})
    strict, relaxed = scoring.key_point_precision(best, labels)
    assert strict == pytest.approx(1.0)  # right at the first place, and nowhere else
    assert relaxed == pytest.approx(1.0)  # right at the first and second place
    worse = best.assign(score=[0.8, 0.9, 0.7, 0.6, 0.1, 0.1])
    strict, relaxed = scoring.key_point_precision(worse, labels)
    assert strict == pytest.approx(0.5) and relaxed == pytest.approx(1.0)


def test_key_points_average_over_topics_and_stances():
    rows = [statement("a", "k1", 0.9), statement("b", "k1", 0.1), statement("c", "k2", 0.9, stance=-1)]
    rows.append(statement("d", "k2", 0.1, stance=-1))
    labels = pd.DataFrame({"arg_id": ["a", "c"], "key_point_id": ["k1", "k2"], "label": [1, 0]})
    assert scoring.key_point_precision(pd.DataFrame(rows), labels) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("text", "folded"), [(" Very GOOD! ", "very good"), ("«Straße»", "strasse"), ("it's", "it's"), ("...", "...")]
)
def test_texts_are_compared_without_case_and_outer_marks(text, folded):
    assert scoring.plain(text) == folded


def test_draws_depend_on_their_number_alone():
    ids = [f"r{n}" for n in range(50)]
    assert draws.draw(ids, 20, 3) == draws.draw(ids[::-1], 20, 3)
    assert draws.draw(ids, 20, 3) != draws.draw(ids, 20, 4)
    assert len(set(draws.draw(ids, 20, 3))) == 20
    assert draws.draw(ids, 99, 1) == sorted(ids)


def test_examples_are_cut_and_their_order_kept():
    codebook = [{"name": "a", "examples": list("pqrst")}, {"name": "b", "examples": ["x"]}, {"name": "c"}]
    cut = draws.with_examples(codebook, 3)
    assert [len(t["examples"]) for t in cut] == [3, 1, 0]
    assert cut[0]["examples"] == sorted(cut[0]["examples"])
    assert draws.with_examples(codebook, None) == codebook


def test_the_joint_fit_is_plain_logistic_regression():
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(80, 5))
    truth = np.stack([inputs[:, 0] + generator.normal(size=80) > 1, inputs[:, 1] > 0], axis=1)
    weights = fit_logistic(inputs, truth, 0.5)
    for k in range(2):
        alone = LogisticRegression(C=0.5, class_weight="balanced", tol=1e-8, max_iter=1000).fit(inputs, truth[:, k])
        assert weights[:-1, k] == pytest.approx(alone.coef_[0], abs=1e-3)
        assert weights[-1, k] == pytest.approx(alone.intercept_[0], abs=1e-3)


def test_a_figure_that_did_not_run_says_so():
    rows = [
        {"part": "p", "condition": "c", "who": "w", "figure": "f", "values": [0.1, 0.3], "seconds": 2.0},
        {"part": "p", "condition": "c", "who": "w", "figure": "not run", "values": [], "note": "why"},
    ]
    text = table.markdown({"survey": "s"}, [table.summary(row) for row in rows])
    assert "| 0.200 | 0.105 to 0.295 | 2 | 2 |" in text
    assert "not run | not run |  | 0 |  | why |" in text


def test_a_draw_without_a_figure_is_null_and_does_not_spoil_the_mean(tmp_path):
    figure = {"part": "p", "condition": "c", "who": "w", "figure": "f", "values": [0.5, float("nan")]}
    paths = table.write(tmp_path, {"survey": "s"}, [figure])
    [row] = json.loads(paths[0].read_text(encoding="utf-8"))["figures"]
    assert row["values"] == [0.5, None] and row["value"] == 0.5 and row["draws"] == 1
