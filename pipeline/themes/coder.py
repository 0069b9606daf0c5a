"""The coder: linear models on codebook texts and coded answers, calibrated where it can be."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, vstack
from scipy.special import expit, log_softmax, logit
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

# Below this many coded answers, thresholds and calibration chosen from them would follow their noise.
FEWEST_TO_CALIBRATE = 50
# The log share of a theme that is out of the question.
NEVER = -12.0
# How much the score by words adds to the score by meaning where no coded answers can tell.
WORDS_WEIGHT = 1 / 3


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
    words : sparse matrix, shape (n, w)
        Word features of the whole answers.
    """

    question: np.ndarray
    whole: np.ndarray
    units: np.ndarray
    owner: np.ndarray
    words: csr_matrix

    def __len__(self) -> int:
        return len(self.question)

    def take(self, rows: np.ndarray) -> Answers:
        """Give some of the answers, by position."""
        place = np.full(len(self), -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.owner] >= 0
        return Answers(
            self.question[rows], self.whole[rows], self.units[kept], place[self.owner[kept]], self.words[rows]
        )


@dataclass(frozen=True)
class Examples:
    """The codebook's own texts: names, definitions and examples.

    Parameters
    ----------
    vectors : ndarray of float32, shape (e, d)
        Their vectors.
    theme : ndarray of int, shape (e,)
        The theme each belongs to, as a position in the list of themes.
    words : sparse matrix, shape (e, w)
        Their word features.
    """

    vectors: np.ndarray
    theme: np.ndarray
    words: csr_matrix


@dataclass(frozen=True)
class Heads:
    """Linear models, one row a theme; the last column of each holds the intercepts.

    Parameters
    ----------
    own : ndarray, shape (K, d + 1)
        Each theme against everything else, on vectors.
    among : ndarray, shape (K + 1, d + 1)
        All themes against each other, on vectors, the last row for "none of them"; without rows where there is
        nothing to choose among.
    words : ndarray, shape (K, w + 1)
        Each theme against everything else, on word features.
    """

    own: np.ndarray
    among: np.ndarray
    words: np.ndarray

    def meaning(self, vectors: np.ndarray, allowed: np.ndarray) -> np.ndarray:
        """Score texts by their vectors, shape (n, K): the mean of two parts, both 0 where nothing is decided.

        The first is the log odds by the theme's own model, the second its log share among the possible themes,
        counted from halfway between an even share and the whole.
        """
        own = _linear(vectors, self.own)
        if not len(self.among):
            return own
        among = _linear(vectors, self.among)
        among[:, :-1][~allowed] = NEVER
        halfway = np.log(np.maximum(allowed.sum(axis=1, keepdims=True), 1)) / 2
        return (own + np.maximum(log_softmax(among, axis=1)[:, :-1], NEVER) + halfway) / 2


class ThemeCoder(BaseEstimator):
    """Give answers the themes of a codebook.

    Linear models are trained on the codebook's texts and the coded whole answers. On their vectors: a logistic
    regression for each theme, classes weighted to balance, and one multinomial regression in which the themes
    compete, a text with several themes counting in part for each [1]_; a text's score is the mean of the two, an
    answer's the mean of the whole's and of its best meaning unit's. On their words: a logistic regression for each
    theme.

    With 50 coded answers or more the two scores become a probability by Platt scaling [2]_ with the theme's share
    among the coded answers as a third input, fitted on scores from cross-fitting. With fewer they are added at fixed
    weights and are not calibrated.

    A theme counts as mentioned from the threshold with its highest expected F1 [3]_; uncalibrated, from 0.5.

    Parameters
    ----------
    questions : list of set of str
        For each of the K themes the questions it belongs to; an empty set means all.
    regularisation : float
        Inverse strength C of the penalty.
    folds : int
        Folds for the cross-fitted scores that calibration rests on.

    Attributes
    ----------
    heads_ : Heads
    calibration_ : ndarray, shape (4,)
        Slopes on the score by meaning, the score by words and the log odds of the theme's share; intercept.
    prior_ : ndarray, shape (K,)
        Log odds of each theme's share among coded answers; where not calibrated, minus the intercepts by words.
    threshold_ : ndarray, shape (K,)
        Probability from which each theme counts as mentioned.
    calibrated_ : bool

    References
    ----------
    .. [1] Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., eq. 4.17, 4.20 and 18.11.
    .. [2] Platt, Probabilistic outputs for support vector machines, Advances in Large Margin Classifiers, 1999, eq. 3.
    .. [3] Lipton, Elkan, Naryanaswamy, Optimal thresholding of classifiers to maximize F1 measure, ECML 2014, thm 1.
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
        self,
        examples: Examples,
        answers: Answers,
        labels: np.ndarray,
        groups: np.ndarray | None = None,
        pool: Answers | None = None,
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
            Fold of each answer in the cross-fitting for calibration; without it nothing is calibrated.
        pool : Answers, optional
            Answers over whose probabilities the thresholds are chosen; the coded ones by default.

        Returns
        -------
        ThemeCoder
            Itself, fitted.
        """
        pool = pool or answers
        self.heads_ = self._train(examples, answers, labels)
        self.calibrated_ = False
        allowed = self.allowed(answers.question)
        truth = labels[allowed]
        if groups is None or len(answers) < FEWEST_TO_CALIBRATE or truth.all() or not truth.any():
            # The intercepts are taken back: a text that shares no words with any other is undecided.
            self.prior_ = -self.heads_.words[:, -1].astype(float)
            self.calibration_ = np.array([1.0, WORDS_WEIGHT, WORDS_WEIGHT, 0.0])
            self.threshold_ = np.full(len(self.questions), 0.5)
            return self
        shares = (np.where(allowed, labels, False).sum(axis=0) + 0.5) / (allowed.sum(axis=0) + 1.0)
        self.prior_ = logit(shares)
        scores = np.zeros((*labels.shape, 2))
        for fold in np.unique(groups):
            inside, outside = np.flatnonzero(groups == fold), np.flatnonzero(groups != fold)
            heads = self._train(examples, answers.take(outside), labels[outside])
            scores[inside] = self._scores(answers.take(inside), heads)
        inputs = np.column_stack([scores[allowed], np.broadcast_to(self.prior_, labels.shape)[allowed]])
        platt = LogisticRegression(C=1e3, max_iter=1000).fit(inputs, truth)
        self.calibration_ = np.array([*platt.coef_[0], platt.intercept_[0]])
        self.calibrated_ = True
        columns = zip(self.predict_proba(pool).T, self.allowed(pool.question).T, strict=True)
        self.threshold_ = np.array([best_cut(column[possible]) for column, possible in columns])
        return self

    def _train(self, examples: Examples, answers: Answers, labels: np.ndarray) -> Heads:
        allowed = self.allowed(answers.question)
        themes = len(self.questions)
        own = np.zeros((themes, examples.vectors.shape[1] + 1))
        words = np.zeros((themes, examples.words.shape[1] + 1), np.float32)
        # One thread: these problems are small, and threads that wait for a busy core cost fifty times the work.
        with threadpool_limits(1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            for k in range(themes):
                siblings = [j for j in range(themes) if self._share_a_question(j, k)]
                texts = np.isin(examples.theme, siblings)
                coded = allowed[:, k]
                truth = np.concatenate([examples.theme[texts] == k, labels[coded, k]])
                own[k] = self._by_meaning(np.vstack([examples.vectors[texts], answers.whole[coded]]), truth)
                words[k] = self._by_words(vstack([examples.words[texts], answers.words[coded]], format="csr"), truth)
            return Heads(own, self._among(examples, answers, labels), words)

    def _share_a_question(self, j: int, k: int) -> bool:
        mine, other = self.questions[k], self.questions[j]
        return not mine or not other or bool(mine & other)

    def _by_meaning(self, inputs: np.ndarray, truth: np.ndarray) -> np.ndarray:
        if truth.all():
            # A lone theme has nothing to be told apart from: cosine to its mean, yes from 0.35.
            centre = inputs.mean(axis=0)
            return np.append(10.0 * centre / np.linalg.norm(centre), -3.5)
        model = LogisticRegression(C=self.regularisation, class_weight="balanced", max_iter=300)
        model.fit(inputs.astype(np.float64), truth)
        return np.append(model.coef_[0], model.intercept_[0])

    def _by_words(self, inputs: csr_matrix, truth: np.ndarray) -> np.ndarray:
        weights = np.zeros(inputs.shape[1] + 1)
        used = np.unique(inputs.indices)
        if not truth.all() and len(used):
            model = LogisticRegression(C=3 * self.regularisation, class_weight="balanced", solver="liblinear")
            model.fit(inputs[:, used], truth)
            weights[np.append(used, -1)] = np.append(model.coef_[0], model.intercept_[0])
        return weights

    def _among(self, examples: Examples, answers: Answers, labels: np.ndarray) -> np.ndarray:
        """Fit the themes against each other: one row for each theme of a text, weighted by one over their number."""
        none = labels.shape[1]
        row, theme = np.nonzero(np.column_stack([labels, ~labels.any(axis=1)]))
        inputs = np.vstack([examples.vectors, answers.whole[row]]).astype(np.float64)
        truth = np.concatenate([examples.theme, theme])
        if len(set(truth.tolist()) - {none}) < 2:
            return np.zeros((0, inputs.shape[1] + 1))
        parts = np.bincount(row, minlength=len(labels))
        weight = np.concatenate([np.ones(len(examples.theme)), 1 / parts[row]])
        # Halfway to balance: full balance lets the rarest theme win wherever nothing else is near.
        weight = weight / np.sqrt(np.bincount(truth, weight)[truth])
        weight *= len(weight) / weight.sum()
        model = LogisticRegression(C=3 * self.regularisation, max_iter=200, tol=1e-3)
        model.fit(inputs, truth, sample_weight=weight)
        coef, intercept = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            coef, intercept = np.vstack([-coef, coef]) / 2, np.append(-intercept, intercept) / 2
        weights = np.zeros((none + 1, inputs.shape[1] + 1))
        weights[:, -1] = NEVER
        weights[model.classes_] = np.column_stack([coef, intercept])
        return weights

    def _scores(self, answers: Answers, heads: Heads) -> np.ndarray:
        """Score answers by meaning and by words, shape (n, K, 2)."""
        allowed = self.allowed(answers.question)
        whole = heads.meaning(answers.whole, allowed)
        best = np.full(whole.shape, -np.inf)
        np.maximum.at(best, answers.owner, heads.meaning(answers.units, allowed[answers.owner]))
        meaning = (whole + np.where(np.isfinite(best), best, whole)) / 2
        return np.stack([meaning, _linear(answers.words, heads.words)], axis=-1)

    def probabilities(self, scores: np.ndarray) -> np.ndarray:
        """Turn scores of shape (n, K, 2) into probabilities between 0 and 1."""
        meaning, words, prior, shift = self.calibration_
        return expit(meaning * scores[..., 0] + words * scores[..., 1] + prior * self.prior_ + shift)

    def predict_proba(self, answers: Answers) -> np.ndarray:
        """Give the probability that a reader would give each theme, shape (n, K); 0 where the question rules it out."""
        return np.where(self.allowed(answers.question), self.probabilities(self._scores(answers, self.heads_)), 0.0)

    def unit_proba(self, answers: Answers) -> np.ndarray:
        """Give the same for each meaning unit, shape (m, K): its own meaning, with the words of its whole answer."""
        allowed = self.allowed(answers.question[answers.owner])
        meaning = self.heads_.meaning(answers.units, allowed)
        words = _linear(answers.words, self.heads_.words)[answers.owner]
        return np.where(allowed, self.probabilities(np.stack([meaning, words], axis=-1)), 0.0)


def _linear(inputs: np.ndarray | csr_matrix, weights: np.ndarray) -> np.ndarray:
    return np.asarray(inputs @ weights[:, :-1].T + weights[:, -1])


def best_cut(probability: np.ndarray) -> float:
    """Find the threshold with the highest expected F1, taking probabilities at their word.

    Above a threshold lie m of n pairs; their expected F1 is close to 2 Σ p (above) / (m + Σ p (all)).

    Parameters
    ----------
    probability : ndarray, shape (n,)

    Returns
    -------
    float
        The lowest probability that still counts; 1 where there is nothing to find.

    Examples
    --------
    >>> best_cut(np.array([0.9, 0.1, 0.8, 0.2]))
    0.8
    """
    ranked = np.sort(probability)[::-1]
    if not len(ranked) or ranked[0] <= 0:
        return 1.0
    found = np.cumsum(ranked)
    return float(ranked[np.argmax(2 * found / (np.arange(1, len(ranked) + 1) + found[-1]))])


def cross_fit(
    coder: ThemeCoder,
    examples: Examples,
    answers: Answers,
    labels: np.ndarray,
    groups: np.ndarray,
    inner: np.ndarray,
    pool: Answers | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Predict every coded answer by a coder that never saw its codes, thresholds and calibration chosen without them.

    Parameters
    ----------
    coder : ThemeCoder
        Its parameters are used; it is not fitted.
    examples, answers, labels, pool
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
        fitted.fit(examples, answers.take(rest), labels[rest], inner[rest], pool)
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
