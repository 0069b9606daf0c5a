"""The coder: one logistic regression a theme on codebook texts and coded answers, calibrated where it can be."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

# Below this many coded answers, thresholds and calibration chosen from them would follow their noise.
FEWEST_TO_CALIBRATE = 50


@dataclass(frozen=True)
class Answers:
    """Answers as the coder sees them.

    Parameters
    ----------
    question : ndarray of str, shape (n,)
        The question each answer belongs to.
    whole : ndarray of float32, shape (n, d)
        Vectors of the whole answers.
    units : ndarray of float32, shape (m, d)
        Vectors of their meaning units.
    owner : ndarray of int, shape (m,)
        Which answer each unit belongs to; every answer has at least one.
    """

    question: np.ndarray
    whole: np.ndarray
    units: np.ndarray
    owner: np.ndarray

    def __len__(self) -> int:
        return len(self.question)

    def take(self, rows: np.ndarray) -> Answers:
        """Give some of the answers, by position."""
        place = np.full(len(self), -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.owner] >= 0
        return Answers(self.question[rows], self.whole[rows], self.units[kept], place[self.owner[kept]])


@dataclass(frozen=True)
class Examples:
    """The codebook's own texts: names, definitions and examples.

    Parameters
    ----------
    vectors : ndarray of float32, shape (e, d)
        Their vectors.
    theme : ndarray of int, shape (e,)
        The theme each belongs to, as a position in the list of themes.
    """

    vectors: np.ndarray
    theme: np.ndarray


class ThemeCoder(BaseEstimator):
    """Give answers the themes of a codebook.

    Each theme has a logistic regression [1]_ (classes weighted to balance) on the vectors of the codebook's texts and
    of the coded whole answers. An answer's score for a theme is the mean of the score of the whole and of its best
    meaning unit. With 50 coded answers or more, scores become probabilities by Platt scaling [2]_ with the theme's
    share among the coded answers as a second input, fitted on scores from cross-fitting; with fewer, the logistic
    function of the score stands and is not calibrated. One threshold serves all themes.

    Parameters
    ----------
    questions : list of set of str
        For each of the K themes the questions it belongs to; an empty set means all.
    regularisation : float
        Inverse strength C of the penalty.
    folds : int
        Folds for the cross-fitted scores that calibration and threshold rest on.

    Attributes
    ----------
    coef_ : ndarray, shape (K, d)
    intercept_ : ndarray, shape (K,)
    calibration_ : ndarray, shape (3,)
        Slope on the score, slope on the log odds of the theme's share, intercept.
    prior_ : ndarray, shape (K,)
        Log odds of each theme's share among coded answers; zeros where not calibrated.
    threshold_ : float
        Probability from which a theme counts as mentioned.
    calibrated_ : bool

    References
    ----------
    .. [1] Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., eq. 4.20 and 18.11.
    .. [2] Platt, Probabilistic outputs for support vector machines, Advances in Large Margin Classifiers, 1999, eq. 3.
    """

    def __init__(self, questions: list[set[str]], regularisation: float = 3.0, folds: int = 5) -> None:
        self.questions = questions
        self.regularisation = regularisation
        self.folds = folds

    def allowed(self, question: np.ndarray) -> np.ndarray:
        """Say which themes each answer can be given, shape (n, K), by its question."""
        columns = [np.isin(question, sorted(qs)) if qs else np.ones(len(question), bool) for qs in self.questions]
        return np.stack(columns, axis=1) if columns else np.zeros((len(question), 0), bool)

    def fit(
        self, examples: Examples, answers: Answers, labels: np.ndarray, groups: np.ndarray | None = None
    ) -> ThemeCoder:
        """Train on codebook texts and coded answers.

        Parameters
        ----------
        examples : Examples
            The codebook's texts.
        answers : Answers
            n coded answers, maybe none.
        labels : ndarray of bool, shape (n, K)
            The themes that readers gave them.
        groups : ndarray of int, shape (n,), optional
            Fold of each answer in the cross-fitting for calibration, 0 to ``folds`` - 1.

        Returns
        -------
        ThemeCoder
            Itself, fitted.
        """
        self.coef_, self.intercept_ = self._train(examples, answers, labels)
        themes = len(self.questions)
        self.calibration_ = np.array([1.0, 0.0, 0.0])
        self.prior_ = np.zeros(themes)
        self.threshold_ = 0.5
        self.calibrated_ = False
        if groups is None or len(answers) < FEWEST_TO_CALIBRATE or not labels.any():
            return self
        scores = np.zeros(labels.shape)
        for fold in np.unique(groups):
            inside, outside = np.flatnonzero(groups == fold), np.flatnonzero(groups != fold)
            coef, intercept = self._train(examples, answers.take(outside), labels[outside])
            scores[inside] = response_scores(answers.take(inside), coef, intercept)
        allowed = self.allowed(answers.question)
        asked = allowed.sum(axis=0)
        self.prior_ = logit((np.where(allowed, labels, False).sum(axis=0) + 0.5) / (asked + 1.0))
        inputs = np.column_stack([scores[allowed], np.broadcast_to(self.prior_, scores.shape)[allowed]])
        truth = labels[allowed]
        if truth.all() or not truth.any():
            return self
        platt = LogisticRegression(C=1e3, max_iter=1000).fit(inputs, truth)
        self.calibration_ = np.array([*platt.coef_[0], platt.intercept_[0]])
        self.threshold_ = best_threshold(platt.predict_proba(inputs)[:, 1], truth)
        self.calibrated_ = True
        return self

    def _train(self, examples: Examples, answers: Answers, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        allowed = self.allowed(answers.question)
        themes = len(self.questions)
        coef = np.zeros((themes, examples.vectors.shape[1]))
        intercept = np.zeros(themes)
        for k in range(themes):
            siblings = [j for j in range(themes) if self._share_a_question(j, k)]
            texts = np.isin(examples.theme, siblings)
            coded = allowed[:, k]
            inputs = np.vstack([examples.vectors[texts], answers.whole[coded]])
            truth = np.concatenate([examples.theme[texts] == k, labels[coded, k]])
            # One thread: these problems are small, and threads that wait for a busy core cost fifty times the work.
            with threadpool_limits(1):
                coef[k], intercept[k] = self._one_theme(inputs, truth)
        return coef, intercept

    def _share_a_question(self, j: int, k: int) -> bool:
        mine, other = self.questions[k], self.questions[j]
        return not mine or not other or bool(mine & other)

    def _one_theme(self, inputs: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, float]:
        if truth.all():
            # A lone theme has nothing to be told apart from: cosine to its mean, yes from 0.35.
            centre = inputs.mean(axis=0)
            return 10.0 * centre / np.linalg.norm(centre), -3.5
        model = LogisticRegression(C=self.regularisation, class_weight="balanced", max_iter=300)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(inputs.astype(np.float64), truth)
        return model.coef_[0], float(model.intercept_[0])

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Turn scores of shape (n, K) into probabilities between 0 and 1."""
        slope, weight, shift = self.calibration_
        return expit(slope * scores + weight * self.prior_ + shift)

    def predict_proba(self, answers: Answers) -> np.ndarray:
        """Give the probability that a reader would give each theme, shape (n, K); 0 where the question rules it out."""
        scores = response_scores(answers, self.coef_, self.intercept_)
        return np.where(self.allowed(answers.question), self.probabilities(scores), 0.0)

    def unit_proba(self, answers: Answers) -> np.ndarray:
        """Give the same probability for each meaning unit taken alone, shape (m, K)."""
        scores = answers.units @ self.coef_.T + self.intercept_
        return np.where(self.allowed(answers.question[answers.owner]), self.probabilities(scores), 0.0)


def response_scores(answers: Answers, coef: np.ndarray, intercept: np.ndarray) -> np.ndarray:
    """Score answers: the mean of the whole answer's score and of its best unit's, shape (n, K), log odds."""
    whole = answers.whole @ coef.T + intercept
    best = np.full(whole.shape, -np.inf)
    np.maximum.at(best, answers.owner, answers.units @ coef.T + intercept)
    return (whole + np.where(np.isfinite(best), best, whole)) / 2


def best_threshold(probability: np.ndarray, truth: np.ndarray) -> float:
    """Find the threshold with the highest micro-F1 (van Rijsbergen 1979, ch. 7), halfway between two probabilities.

    Examples
    --------
    >>> float(best_threshold(np.array([0.1, 0.2, 0.6, 0.8]), np.array([False, False, True, True])))
    0.4
    """
    order = np.argsort(-probability, kind="stable")
    ranked = probability[order]
    found = np.cumsum(truth[order])
    f1 = 2 * found / (np.arange(1, len(ranked) + 1) + truth.sum())
    ends = np.append(ranked[:-1] != ranked[1:], True)
    best = int(np.argmax(np.where(ends, f1, -1.0)))
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)


def cross_fit(
    coder: ThemeCoder, examples: Examples, answers: Answers, labels: np.ndarray, groups: np.ndarray, inner: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Predict every coded answer by a coder that never saw it, thresholds and calibration chosen without it.

    Parameters
    ----------
    coder : ThemeCoder
        Its parameters are used; it is not fitted.
    examples, answers, labels
        As for `ThemeCoder.fit`.
    groups : ndarray of int, shape (n,)
        Fold of each answer; a respondent's answers share one.
    inner : ndarray of int, shape (n,)
        Fold of each answer in the cross-fitting inside a fold.

    Returns
    -------
    probability : ndarray, shape (n, K)
    mentioned : ndarray of bool, shape (n, K)
    """
    probability = np.zeros(labels.shape)
    mentioned = np.zeros(labels.shape, bool)
    for fold in np.unique(groups):
        held, rest = np.flatnonzero(groups == fold), np.flatnonzero(groups != fold)
        fitted = ThemeCoder(coder.questions, coder.regularisation, coder.folds)
        fitted.fit(examples, answers.take(rest), labels[rest], inner[rest])
        probability[held] = fitted.predict_proba(answers.take(held))
        mentioned[held] = (probability[held] >= fitted.threshold_) & fitted.allowed(answers.question[held])
    return probability, mentioned


def folds_of(names: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Deal names into folds of equal size by a hash, so that row order changes nothing; equal names share a fold.

    Examples
    --------
    >>> folds_of(np.array(["a", "b", "a"]), 2, 0)[[0, 2]].tolist() in ([0, 0], [1, 1])
    True
    """
    distinct = sorted(set(names), key=lambda name: hashlib.sha256(f"{seed}/{name}".encode()).digest())
    fold = {name: i % folds for i, name in enumerate(distinct)}
    return np.array([fold[name] for name in names], dtype=int)
