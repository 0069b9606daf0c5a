"""The coder: learns, is honest out of fold, reloads to the same probabilities."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from pipeline.text.words import WordFeatures
from pipeline.themes.calibration import best_cut, usual_cut
from pipeline.themes.card import describe, load_coder, save_coder
from pipeline.themes.codebook import Codebook, Theme
from pipeline.themes.coder import Answers, Examples, Heads, ThemeCoder, balanced_logistic
from pipeline.themes.folds import folds_of
from pipeline.themes.gold import Gold

D = 16
NO_CODES = pd.DataFrame({"response_id": [], "theme_id": []}, dtype="str")


def made_up(seed, n=240, themes=3, noise=0.35):
    """Answers whose vectors lean to the direction of each theme they raise; theme k is the k-th axis."""
    generator = np.random.default_rng(seed)
    labels = generator.random((n, themes)) < 0.3
    whole = labels @ np.eye(themes, D) + noise * generator.normal(size=(n, D))
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)
    answers = Answers(np.array(["q"] * n), whole, whole.copy(), np.arange(n), wordless(n), np.ones(n))
    theme = np.repeat(np.arange(themes), 3)
    examples = Examples(np.repeat(np.eye(themes, D), 3, axis=0) + 0.1, theme, wordless(len(theme)))
    return examples, answers, labels


def wordless(n):
    return csr_matrix((n, 4))


def f1(said, truth):
    return 2 * (said & truth).sum() / (said.sum() + truth.sum())


@pytest.mark.parametrize("seed", range(4))
def test_gold_improves_on_the_codebook_alone(seed):
    examples, answers, labels = made_up(seed, n=400)
    train, test = np.arange(200), np.arange(200, 400)
    groups = np.arange(200) % 5
    none = np.zeros((0, 3), bool)
    alone = ThemeCoder([set()] * 3).fit(examples, answers.take(np.array([], int)), none)
    taught = ThemeCoder([set()] * 3).fit(examples, answers.take(train), labels[train], groups)
    scores = [
        f1(c.predict_proba(answers.take(test)) >= c.calibration_.threshold, labels[test]) for c in (alone, taught)
    ]
    assert scores[0] > 0.5
    assert scores[1] > scores[0]
    assert taught.calibration_.fitted
    assert not alone.calibration_.fitted


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_gold_falls_to_chance(seed):
    examples, answers, labels = made_up(seed)
    shuffled = labels[np.random.default_rng(seed + 99).permutation(len(labels))]
    groups = np.arange(len(labels)) % 5
    nothing = Examples(examples.vectors[:0], examples.theme[:0], wordless(0))
    true_p, chance_p = (
        ThemeCoder([set()] * 3).fit(nothing, answers, given, groups).heldout_probability_
        for given in (labels, shuffled)
    )
    assert np.corrcoef(true_p.ravel(), labels.ravel())[0, 1] > 0.5
    assert abs(np.corrcoef(chance_p.ravel(), shuffled.ravel())[0, 1]) < 0.15


def test_held_out_predictions_do_not_see_their_own_label():
    examples, answers, labels = made_up(0, n=100)
    groups = np.arange(100) % 5
    before = ThemeCoder([set()] * 3).fit(examples, answers, labels, groups).heldout_probability_
    changed = labels.copy()
    changed[groups == 2] = ~changed[groups == 2]
    after = ThemeCoder([set()] * 3).fit(examples, answers, changed, groups).heldout_probability_
    assert np.array_equal(before[groups == 2], after[groups == 2])
    assert not np.array_equal(before[groups != 2], after[groups != 2])


@pytest.mark.parametrize("seed", range(3))
def test_calibrated_probabilities_match_how_often_they_are_right(seed):
    examples, answers, labels = made_up(seed, n=900)
    train, test = np.arange(600), np.arange(600, 900)
    coder = ThemeCoder([set()] * 3).fit(examples, answers.take(train), labels[train], train % 5)
    probability = coder.predict_proba(answers.take(test)).ravel()
    truth = labels[test].ravel()
    for low, high in ((0.0, 0.2), (0.2, 0.6), (0.6, 1.0)):
        inside = (probability >= low) & (probability <= high)
        assert abs(probability[inside].mean() - truth[inside].mean()) < 0.12


def test_a_theme_of_another_question_is_never_given():
    examples, answers, labels = made_up(1)
    coder = ThemeCoder([{"q"}, {"other"}, set()]).fit(examples, answers, labels, np.arange(len(labels)) % 5)
    probability = coder.predict_proba(answers)
    assert (probability[:, 1] == 0).all()
    assert (probability[:, [0, 2]] > 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_a_theme_that_no_reader_knew_is_found_by_its_examples(seed):
    examples, answers, labels = made_up(seed, n=400, noise=0.2)
    train, test = np.arange(200), np.arange(200, 400)
    unaware = labels[train].copy()
    unaware[:, 2] = False
    known = np.ones(unaware.shape, bool)
    taken_at_its_word = ThemeCoder([set()] * 3).fit(examples, answers.take(train), unaware, train % 5)
    known[:, 2] = False
    aware = ThemeCoder([set()] * 3).fit(examples, answers.take(train), unaware, train % 5, known=known)
    rest = answers.take(test)
    scores = [
        f1((c.predict_proba(rest) >= c.calibration_.threshold)[:, 2], labels[test, 2])
        for c in (taken_at_its_word, aware)
    ]
    assert scores[0] < 0.1 < 0.5 < scores[1]
    assert aware.young_.tolist() == [False, False, True] and not taken_at_its_word.young_.any()
    # The other themes are coded as before, but for what the third says of them.
    others = [
        f1((c.predict_proba(rest) >= c.calibration_.threshold)[:, :2], labels[test, :2])
        for c in (taken_at_its_word, aware)
    ]
    assert others[1] > others[0] - 0.05


def test_what_every_reader_knew_changes_nothing():
    examples, answers, labels = made_up(3)
    groups = np.arange(len(labels)) % 5
    plain = ThemeCoder([set()] * 3).fit(examples, answers, labels, groups)
    told = ThemeCoder([set()] * 3).fit(examples, answers, labels, groups, known=np.ones(labels.shape, bool))
    assert np.array_equal(plain.predict_proba(answers), told.predict_proba(answers))


def test_a_lone_theme_with_a_definition_only_works():
    examples = Examples(np.eye(1, D), np.array([0]), wordless(1))
    near, far = np.eye(2, D)
    both = np.stack([near, far])
    answers = Answers(np.array(["q", "q"]), both, both, np.arange(2), wordless(2), np.ones(2))
    coder = ThemeCoder([set()]).fit(examples, answers.take(np.array([], int)), np.zeros((0, 1), bool))
    assert (coder.predict_proba(answers)[:, 0] >= coder.calibration_.threshold).tolist() == [True, False]


def test_a_response_scores_the_mean_of_its_whole_and_its_best_unit():
    whole, units = np.array([[1.0, 0]]), np.array([[0.0, 1], [3, 0]])
    answers = Answers(np.array(["q"]), whole, units, np.array([0, 0]), wordless(1), np.ones(1))
    heads = Heads(np.array([[1.0, 0, 0.5]]), np.zeros((0, 3)), np.array([[0.0, 0, 0, 0, 0.25]]))
    assert ThemeCoder([set()])._scores(answers, heads).tolist() == [[[1.5, 1.5, 3.5, 3.5, 0.25]]]


def test_themes_compete_only_with_those_of_the_same_question():
    examples, answers, labels = made_up(2)
    both = ThemeCoder([{"q"}, {"q"}, {"other"}]).fit(examples, answers, labels)
    among = both.heads_.meaning(answers.whole, both.allowed(answers.question))
    without = Heads(both.heads_.own, np.delete(both.heads_.among, 2, axis=0)[[0, 1, 2]], both.heads_.words)
    only = Heads(without.own[:2], without.among, without.words[:2])
    two = only.meaning(answers.whole, np.ones((len(labels), 2), bool))
    assert np.allclose(among[:, :2], two, atol=1e-4)


def test_words_tell_answers_apart_that_vectors_do_not():
    texts = ["the parking costs too much", "parking was hard", "the food was cold", "cold soup"] * 30
    labels = np.array([[True, False], [True, False], [False, True], [False, True]] * 30)
    words = WordFeatures().fit(texts)
    alike = np.ones((120, D)) / np.sqrt(D)
    answers = Answers(np.array(["q"] * 120), alike, alike, np.arange(120), words.transform(texts), np.ones(120))
    examples = Examples(np.eye(2, D), np.arange(2), words.transform(["parking", "food"]))
    coder = ThemeCoder([set()] * 2).fit(examples, answers, labels, np.arange(120) // 24)
    assert ((coder.predict_proba(answers) >= coder.calibration_.threshold) == labels).all()


@pytest.mark.parametrize("seed", range(3))
def test_what_was_asked_tells_answers_apart_that_read_alike(seed):
    """The same words, a theme given to one question's answers and hardly ever to the other's."""
    _, answers, _ = made_up(seed, n=200)
    question = np.array(["good", "better"] * 100)
    asked = replace(answers, question=question, whole=np.ones((200, D)) / 4, units=np.ones((200, D)) / 4)
    labels = (question == "good")[:, None] & (np.random.default_rng(seed).random((200, 2)) < 0.8)
    examples = Examples(np.eye(2, D), np.arange(2), wordless(2))
    probability = ThemeCoder([set()] * 2).fit(examples, asked, labels, np.arange(200) // 2 % 5).predict_proba(asked)
    assert probability[question == "good"].min() > probability[question == "better"].max() + 0.3


def test_taking_some_answers_keeps_their_units():
    words = csr_matrix(np.diag([1.0, 2, 3]))
    vectors, length = np.arange(8).reshape(4, 2), np.array([1.0, 2, 3])
    answers = Answers(np.array(list("abc")), np.eye(3), vectors, np.array([0, 1, 1, 2]), words, length)
    part = answers.take(np.array([2, 1]))
    assert part.question.tolist() == ["c", "b"]
    assert part.owner.tolist() == [1, 1, 0]
    assert part.units.tolist() == [[2, 3], [4, 5], [6, 7]]
    assert part.length.tolist() == [3, 2]
    assert part.words.toarray().tolist() == [[0, 0, 3], [0, 2, 0]]


def test_threshold_boundaries():
    assert best_cut(np.array([0.9])) == 0.9
    assert best_cut(np.zeros(3)) == 1.0
    assert best_cut(np.array([])) == 1.0
    assert best_cut(np.array([0.5, 0.5, 0.1])) == 0.5


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=30))
def test_no_other_threshold_has_a_higher_expected_f1(values):
    p = np.array(values)

    def expected(cut):
        return 2 * p[p >= cut].sum() / ((p >= cut).sum() + p.sum())

    assert expected(best_cut(p)) >= max(expected(cut) for cut in p) - 1e-9


def test_folds_depend_on_names_and_seed_alone():
    names = np.array([f"p{i}" for i in range(50)] + ["p3"])
    folds = folds_of(names, 5, 1)
    order = np.random.default_rng(0).permutation(len(names))
    assert np.array_equal(folds_of(names[order], 5, 1), folds[order])
    assert folds[3] == folds[50]
    assert np.bincount(folds[:50]).tolist() == [10] * 5
    assert not np.array_equal(folds_of(names, 5, 2), folds)


def test_a_coder_reloads_to_identical_probabilities(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    examples, answers, labels = made_up(3)
    coder = ThemeCoder([set(), {"q"}, {"q", "r"}]).fit(examples, answers, labels, np.arange(len(labels)) % 5)
    words = WordFeatures().fit(["some words", "and others"])
    gold = Gold(pd.DataFrame({"response_id": ["r"], "by_person": [True]}), NO_CODES, {}, 0)
    about = describe(Codebook(), gold, pd.DataFrame({"text_id": ["t"]}), {"micro_f1": 0.5})
    save_coder(coder, words, ["A", "B", "C"], np.eye(3, D), about)
    again, same_words, ids, _ = load_coder()
    assert ids == ["A", "B", "C"]
    assert np.array_equal(again.calibration_.threshold, coder.calibration_.threshold)
    assert (same_words.transform(["other words"]) != words.transform(["other words"])).nnz == 0
    assert np.array_equal(again.predict_proba(answers), coder.predict_proba(answers))


def test_the_card_changes_with_what_the_coder_was_made_from():
    """A changed code, codebook or text changes its own hash and no other."""
    responses = pd.DataFrame({"response_id": ["r"], "by_person": [True]})
    codes = pd.DataFrame({"response_id": ["r"], "theme_id": ["T1"]})
    units = pd.DataFrame({"text_id": ["t"]})
    base = describe(Codebook(), Gold(responses, NO_CODES, {}, 0), units, {})
    coded = describe(Codebook(), Gold(responses, codes, {}, 0), units, {})
    themes = describe(Codebook(themes=(Theme(id="T1", name="a"),)), Gold(responses, NO_CODES, {}, 0), units, {})
    texts = describe(Codebook(), Gold(responses, NO_CODES, {}, 0), pd.DataFrame({"text_id": ["u"]}), {})
    for other, changed in ((coded, "gold_sha256"), (themes, "codebook_sha256"), (texts, "texts_sha256")):
        assert {k for k, v in base["data"].items() if other["data"][k] != v} == {changed}


def test_where_nothing_is_calibrated_answers_get_as_many_themes_as_is_usual():
    probability = np.linspace(0.01, 0.3, 200).reshape(10, 20)
    assert (probability >= usual_cut(probability, probability > 0)).sum() == 10
    few = np.linspace(0.01, 0.3, 20).reshape(10, 2)
    assert (few >= usual_cut(few, few > 0)).sum() == 2
    assert usual_cut(np.full((10, 2), 0.9), np.ones((10, 2), bool)) == 0.5
    assert usual_cut(np.zeros((0, 2)), np.zeros((0, 2), bool)) == 0.5


@pytest.mark.parametrize("seed", range(3))
def test_several_regressions_at_once_are_each_what_scikit_learn_finds_in_the_end(seed):
    generator = np.random.default_rng(seed)
    inputs = generator.normal(size=(120, 6)).astype(np.float32)
    truth = inputs @ generator.normal(size=(6, 4)) + generator.normal(size=(120, 4)) > 0.8
    counts = generator.random((120, 4)) > [0.0, 0.0, 0.3, 0.6]
    found = balanced_logistic(inputs, truth & counts, counts, 3.0)
    for k in range(4):
        mine = counts[:, k]
        model = LogisticRegression(C=3.0, class_weight="balanced", tol=1e-9, max_iter=10_000)
        model.fit(inputs[mine].astype(float), truth[mine, k])
        assert np.allclose(found[k], [*model.coef_[0], model.intercept_[0]], atol=5e-3)


def test_models_fitted_at_once_are_those_fitted_one_by_one(monkeypatch):
    """Whatever the machine has of cores, and however its threads happen to take turns."""
    examples, answers, labels = made_up(0)
    words = csr_matrix(np.random.default_rng(0).random((len(answers) + len(examples.theme), 400)) < 0.05, dtype=float)
    answers, examples = replace(answers, words=words[: len(answers)]), replace(examples, words=words[len(answers) :])

    def fitted(cores):
        monkeypatch.setattr("pipeline.foundation.cores.free_cores", lambda: cores)
        return ThemeCoder([set()] * 3).fit(examples, answers, labels, np.arange(len(answers)) % 5).heldout_probability_

    alone = fitted(1)
    assert all(np.array_equal(fitted(4), alone) for _ in range(3))
