"""The coder: linear models on codebook texts and coded answers, calibrated where it can be."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock
from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, vstack
from scipy.special import expit, log_expit, log_softmax
from sklearn import config_context
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from pipeline.foundation.cores import in_threads
from pipeline.themes.calibration import (
    FEWEST_TO_CALIBRATE,
    Calibration,
    best_cut,
    calibrate,
    can_calibrate,
    fixed,
    usual_cut,
)

# Where a fit ends: no slope of its mean loss is steeper, in the coordinates that it is looked for in.
GRADIENT = 3e-6
# Keeps a matrix from being singular.
SMALL = 1e-9
# The log share of a theme that is out of the question.
NEVER = -12.0
# By meaning two of the whole answer and two of its best unit, by words one.
SCORES = 5
# liblinear draws from one sequence for the whole process: of two fits at once each would take the other's numbers.
_ONE_AT_A_TIME = Lock()


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
    length : ndarray, shape (n,)
        Logarithm of one plus their number of words.
    """

    question: np.ndarray
    whole: np.ndarray
    units: np.ndarray
    owner: np.ndarray
    words: csr_matrix
    length: np.ndarray

    def __len__(self) -> int:
        return len(self.question)

    def take(self, rows: np.ndarray) -> Answers:
        """Give some of the answers, by position."""
        place = np.full(len(self), -1)
        place[rows] = np.arange(len(rows))
        kept = place[self.owner] >= 0
        return Answers(
            self.question[rows],
            self.whole[rows],
            self.units[kept],
            place[self.owner[kept]],
            self.words[rows],
            self.length[rows],
        )


class Context(NamedTuple):
    """Question and length of the answers that some units belong to."""

    question: np.ndarray
    length: np.ndarray


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
        """Score texts by their vectors in two ways, shape (n, K, 2), both 0 where nothing is decided.

        The first is the log odds by the theme's own model, the second its log share among the possible themes,
        counted from halfway between an even share and the whole.
        """
        own = _linear(vectors, self.own)
        if not len(self.among):
            return np.stack([own, own], axis=-1)
        among = _linear(vectors, self.among)
        among[:, :-1][~allowed] = NEVER
        halfway = np.log(np.maximum(allowed.sum(axis=1, keepdims=True), 1)) / 2
        return np.stack([own, np.maximum(log_softmax(among, axis=1)[:, :-1], NEVER) + halfway], axis=-1)


class ThemeCoder(BaseEstimator):
    """Give answers the themes of a codebook.

    Linear models are trained on the codebook's texts and the coded whole answers. On their vectors: a logistic
    regression for each theme, classes weighted to balance, and one multinomial regression in which the themes
    compete, a text with several themes counting in part for each [1]_. On their words: a logistic regression for each
    theme. An answer has five scores for each theme: both scores by vectors, each of the whole answer and of its best
    meaning unit, and the score by words.

    The scores, the theme's share among the coded answers and the answer's length become a probability by `calibrate`,
    fitted on scores from cross-fitting, with 50 coded answers or more. With fewer the scores are added at fixed weights
    and are not calibrated. A theme counts as mentioned from the threshold with its highest expected F1; uncalibrated,
    from 0.5 or from where answers have about as many themes as is usual.

    Parameters
    ----------
    questions : list of set of str
        For each of the K themes the questions it belongs to; an empty set means all.
    regularisation : float
        Inverse strength C of the penalty.

    Attributes
    ----------
    heads_ : Heads
    calibration_ : Calibration
    young_ : ndarray of bool, shape (K,)
        Themes that the readers of fewer than 50 coded answers knew, where others are calibrated: they are coded as
        they would be without any coded answer.
    alone_ : Heads or None
        Models of the codebook's texts alone, for these; None where there are none.
    heldout_probability_ : ndarray, shape (n, K)
        For each coded answer the probability from models trained without its fold, calibrated on other folds.
    heldout_mentioned_ : ndarray of bool, shape (n, K)
        The same after thresholds chosen by models trained without its fold.

    References
    ----------
    .. [1] Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., eq. 4.17, 4.20 and 18.11.
    """

    def __init__(self, questions: list[set[str]], regularisation: float = 3.0) -> None:
        self.questions = questions
        self.regularisation = regularisation

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
        known: np.ndarray | None = None,
    ) -> ThemeCoder:
        """Train on codebook texts and coded answers, and predict each coded answer by models that never saw its fold.

        Parameters
        ----------
        examples : Examples
            The codebook's texts.
        answers : Answers
            n coded answers, maybe none.
        labels : ndarray of bool, shape (n, K)
            The themes that readers gave them.
        groups : ndarray of int, shape (n,), optional
            Fold of each answer in the cross-fitting; a respondent's answers share one. All in one fold by default,
            which leaves nothing to calibrate with.
        pool : Answers, optional
            Answers over whose probabilities the thresholds are chosen; the coded ones by default.
        known : ndarray of bool, shape (n, K), optional
            False where a label says nothing, since the reader of the answer did not know the theme; True by default.

        Returns
        -------
        ThemeCoder
            Itself, fitted.
        """
        pool = pool or answers
        known = np.ones(labels.shape, bool) if known is None else known
        groups = np.zeros(len(answers), int) if groups is None else groups
        allowed = self.allowed(answers.question)
        folds = [int(fold) for fold in np.unique(groups)]
        rows = {fold: np.flatnonzero(groups == fold) for fold in folds}

        def without(*left_out: int) -> Heads:
            rest = np.flatnonzero(~np.isin(groups, left_out))
            return self._train(examples, answers.take(rest), labels[rest], known[rest])

        def judged(left_out: tuple[int, ...]) -> tuple[Heads, dict[int, np.ndarray]]:
            made = without(*left_out)
            return made, {fold: self._scores(answers.take(rows[fold]), made) for fold in left_out}

        pairs = [(fold, other) for i, fold in enumerate(folds) for other in folds[:i]]
        without_some = [(), *((fold,) for fold in folds), *pairs]
        with no_warnings():
            trained = dict(zip(without_some, in_threads(judged, without_some), strict=True))
            self.heads_ = trained[()][0]
            self._set_apart(examples, answers, labels, allowed & known)
        scores = np.zeros((*labels.shape, SCORES))
        # What an answer's fold is calibrated with comes from models that saw neither of the two folds.
        blind = {fold: np.zeros((*labels.shape, SCORES)) for fold in folds}
        for fold in folds:
            scores[rows[fold]] = trained[(fold,)][1][fold]
        for fold, other in pairs:
            blind[fold][rows[other]] = trained[fold, other][1][other]
            blind[other][rows[fold]] = trained[fold, other][1][fold]
        self.heldout_probability_ = np.zeros(labels.shape)
        self.heldout_mentioned_ = np.zeros(labels.shape, bool)
        for fold in folds:
            held, rest = rows[fold], np.flatnonzero(groups != fold)
            others = self._calibrate(
                blind[fold][rest],
                answers.take(rest),
                labels[rest],
                known[rest],
                groups[rest],
                trained[(fold,)][0],
                pool,
            )
            self.heldout_probability_[held] = others.probabilities(scores[held], answers.take(held), allowed[held])
            self.heldout_mentioned_[held] = (self.heldout_probability_[held] >= others.threshold) & allowed[held]
        fair = np.arange(len(answers) if len(folds) > 1 else 0)
        self.calibration_ = self._calibrate(
            scores[fair], answers.take(fair), labels[fair], known[fair], groups[fair], self.heads_, pool
        )
        if self.young_.any():
            cut = usual_cut(self._alone(pool), self.allowed(pool.question))
            self.calibration_.threshold[self.young_] = cut
            self.heldout_probability_[:, self.young_] = self._alone(answers)[:, self.young_]
            self.heldout_mentioned_[:, self.young_] = self.heldout_probability_[:, self.young_] >= cut
        return self

    def _set_apart(self, examples: Examples, answers: Answers, labels: np.ndarray, told: np.ndarray) -> None:
        """Find the themes that too few readers knew, and model the codebook's texts alone for them."""
        self.young_ = (told.sum(axis=0) < FEWEST_TO_CALIBRATE) & (
            told.sum(axis=0) < self.allowed(answers.question).sum(axis=0)
        )
        self.alone_ = None
        if not can_calibrate(labels, told) or not self.young_.any():
            self.young_ = np.zeros(len(self.questions), bool)
        else:
            nothing = np.array([], int)
            self.alone_ = self._train(examples, answers.take(nothing), labels[nothing], told[nothing])

    def _alone(self, answers: Answers) -> np.ndarray:
        """Give probabilities by the codebook's texts alone, shape (n, K)."""
        assert self.alone_ is not None
        allowed = self.allowed(answers.question)
        return fixed(self.alone_.words[:, -1]).first(self._scores(answers, self.alone_), answers, allowed)

    def taught_anew(self, examples: Examples, answers: Answers, labels: np.ndarray, known: np.ndarray) -> ThemeCoder:
        """Give a coder with the same calibration and thresholds whose models are trained on other texts and answers."""
        other = ThemeCoder(self.questions, self.regularisation)
        other.calibration_, other.young_, other.alone_ = self.calibration_, self.young_, None
        other.heads_ = self._train(examples, answers, labels, known)
        if self.young_.any():
            nothing = np.array([], int)
            other.alone_ = self._train(examples, answers.take(nothing), labels[nothing], known[nothing])
        return other

    def _calibrate(
        self,
        scores: np.ndarray,
        answers: Answers,
        labels: np.ndarray,
        known: np.ndarray,
        groups: np.ndarray,
        heads: Heads,
        pool: Answers,
    ) -> Calibration:
        """Calibrate on scores of answers that the models never saw, and choose thresholds over the pool."""
        allowed = self.allowed(answers.question) & known
        enough = can_calibrate(labels, allowed)
        fitted = calibrate(scores, labels, answers, allowed, groups) if enough else fixed(heads.words[:, -1])
        possible = self.allowed(pool.question)
        likely = fitted.probabilities(self._scores(pool, heads), pool, possible)
        if enough:
            cuts = [best_cut(column[mine]) for column, mine in zip(likely.T, possible.T, strict=True)]
        else:
            cuts = [usual_cut(likely, possible)] * len(self.questions)
        return replace(fitted, threshold=np.array(cuts))

    # Hundreds of small models are fitted on what was checked before.
    @config_context(assume_finite=True, skip_parameter_validation=True)
    def _train(self, examples: Examples, answers: Answers, labels: np.ndarray, known: np.ndarray) -> Heads:
        allowed = self.allowed(answers.question) & known
        themes = len(self.questions)
        words = np.zeros((themes, examples.words.shape[1] + 1), np.float32)
        # Rows of texts, then of answers; a theme learns from those of its questions.
        learns = np.vstack([self._siblings()[examples.theme], allowed])
        truth = np.vstack([examples.theme[:, None] == np.arange(themes), labels]) & learns
        own = self._by_meaning(np.vstack([examples.vectors, answers.whole]), truth, learns)
        said = vstack([examples.words, answers.words], format="csr")
        # Most themes learn from the same rows, which are brought together once.
        together: dict[bytes, tuple[csr_matrix, np.ndarray]] = {}
        for k in range(themes):
            rows = learns[:, k]
            if rows.tobytes() not in together:
                mine = said[rows]
                used = np.unique(mine.indices)
                together[rows.tobytes()] = mine[:, used], used
            mine, used = together[rows.tobytes()]
            words[k, np.append(used, -1)] = self._by_words(mine, truth[rows, k])
        # To be given none of the themes means little where not all were known.
        sure = labels.any(axis=1) | (known | ~self.allowed(answers.question)).all(axis=1)
        told = np.flatnonzero(sure)
        return Heads(own, self._among(examples, answers.take(told), labels[told]), words)

    def _siblings(self) -> np.ndarray:
        """Say which themes share a question, shape (K, K)."""
        themes = self.questions
        return np.array([[not one or not other or bool(one & other) for one in themes] for other in themes], bool)

    def _by_meaning(self, inputs: np.ndarray, truth: np.ndarray, learns: np.ndarray) -> np.ndarray:
        """Fit every theme against everything else that it learns from, all at once, shape (K, d + 1)."""
        weights = balanced_logistic(inputs, truth, learns, self.regularisation)
        for k in np.flatnonzero((truth == learns).all(axis=0)):
            # A lone theme has nothing to be told apart from: cosine to its mean, yes from 0.35.
            centre = inputs[learns[:, k]].mean(axis=0)
            weights[k] = np.append(10.0 * centre / np.linalg.norm(centre), -3.5)
        return weights

    def _by_words(self, inputs: csr_matrix, truth: np.ndarray) -> np.ndarray:
        if truth.all() or not inputs.shape[1]:
            return np.zeros(inputs.shape[1] + 1)
        # There are more words than texts: the dual problem, which has the same solution, is the smaller one.
        model = LogisticRegression(
            C=3 * self.regularisation, class_weight="balanced", solver="liblinear", dual=True, tol=1e-3, random_state=0
        )
        with _ONE_AT_A_TIME:
            model.fit(inputs, truth)
        return np.append(model.coef_[0], model.intercept_[0])

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
        """Score answers, shape (n, K, 5): two scores by meaning of the whole, two of its best unit, one by words."""
        return self._looked_at(answers, heads)[0]

    def _looked_at(self, answers: Answers, heads: Heads) -> tuple[np.ndarray, np.ndarray]:
        """Score answers, and by meaning alone their units, shape (m, K, 2)."""
        allowed = self.allowed(answers.question)
        whole = heads.meaning(answers.whole, allowed)
        meaning = heads.meaning(answers.units, allowed[answers.owner])
        best = np.full(whole.shape, -np.inf)
        np.maximum.at(best, answers.owner, meaning)
        best = np.where(np.isfinite(best), best, whole)
        words = _linear(answers.words, heads.words)[..., None]
        return np.concatenate([whole, best, words], axis=-1), meaning

    def predict_proba(self, answers: Answers) -> np.ndarray:
        """Give the probability that a reader would give each theme, shape (n, K); 0 where the question rules it out."""
        return self.both_proba(answers)[0]

    def both_proba(self, answers: Answers) -> tuple[np.ndarray, np.ndarray]:
        """Give the probabilities of answers and of their meaning units.

        Returns
        -------
        probability : ndarray, shape (n, K)
            As `predict_proba` gives it.
        of_units : ndarray, shape (m, K)
            By each meaning unit's own meaning, the rest from its whole answer.
        """
        probability, of_units = self._both(answers, self.heads_, self.calibration_)
        if self.alone_ is None:
            return probability, of_units
        alone = self._both(answers, self.alone_, fixed(self.alone_.words[:, -1]))
        return np.where(self.young_, alone[0], probability), np.where(self.young_, alone[1], of_units)

    def _both(self, answers: Answers, heads: Heads, calibration: Calibration) -> tuple[np.ndarray, np.ndarray]:
        allowed, owner = self.allowed(answers.question), answers.owner
        scores, meaning = self._looked_at(answers, heads)
        first = calibration.first(scores, answers, allowed)
        mine = np.concatenate([meaning, meaning, scores[owner, :, -1:]], axis=-1)
        about = Context(answers.question[owner], answers.length[owner])
        return (
            calibration.second(scores, answers, allowed, first),
            calibration.second(mine, about, allowed[owner], first[owner]),
        )


def balanced_logistic(inputs: np.ndarray, truth: np.ndarray, counts: np.ndarray, strength: float) -> np.ndarray:
    """Fit several logistic regressions on the same inputs at once, classes weighted to balance.

    One matrix product serves them all, so that thirty themes cost little more than one.

    Parameters
    ----------
    inputs : ndarray, shape (n, d)
    truth : ndarray of bool, shape (n, K)
    counts : ndarray of bool, shape (n, K)
        Which rows each regression is fitted on; the others have no part in it.
    strength : float
        Inverse strength C of the penalty on all weights but the intercept.

    Returns
    -------
    ndarray, shape (K, d + 1)
        Coefficients, the intercept last: each row the least of its own penalised mean loss (Hastie, Tibshirani,
        Friedman, The Elements of Statistical Learning, 2nd ed., eq. 4.20 and 18.11), found by L-BFGS.
    """
    x = np.column_stack([inputs, np.ones(len(inputs))]).astype(np.float64)
    sign = np.where(truth, 1.0, -1.0)
    share = np.where(truth, 0.5 / np.maximum(truth.sum(axis=0), 1), 0.5 / np.maximum((counts & ~truth).sum(axis=0), 1))
    share = np.where(counts, share, 0.0)
    penalty = 1 / (strength * np.maximum(counts.sum(axis=0), 1))
    penalised = np.append(np.ones(x.shape[1] - 1), 0.0)
    # In coordinates in which the mean loss curves alike in all directions at the start, half as many steps lead there.
    curve = (x.T * share.mean(axis=1) / 4) @ x + np.diag(penalised * penalty.mean() + SMALL)
    lower = np.linalg.cholesky(curve)
    turned = np.ascontiguousarray(solve_triangular(lower, x.T, lower=True).T)
    root = solve_triangular(lower, np.diag(penalised), lower=True)
    norm = root @ root.T
    shape = (x.shape[1], truth.shape[1])

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(shape)
        margin = sign * (turned @ weights)
        shrunk = penalty * (norm @ weights)
        value = -(share * log_expit(margin)).sum() + 0.5 * (weights * shrunk).sum()
        slope = turned.T @ (-share * sign * expit(-margin)) + shrunk
        return float(value), slope.ravel()

    settings = {"maxiter": 500, "gtol": GRADIENT, "ftol": 0.0, "maxls": 50}
    found = minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options=settings)
    weights = solve_triangular(lower, found.x.reshape(shape), lower=True, trans="T")
    return np.ascontiguousarray(weights.T)


@contextmanager
def no_warnings() -> Iterator[None]:
    """Take a model that stops before it settles as good enough."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def _linear(inputs: np.ndarray | csr_matrix, weights: np.ndarray) -> np.ndarray:
    if not isinstance(inputs, np.ndarray):
        # Few of the many columns are used by some answers; all of them would be copied for each product.
        used = np.unique(inputs.indices)
        return np.asarray(inputs[:, used] @ weights[:, used].T + weights[:, -1])
    return np.asarray(inputs @ weights[:, :-1].T + weights[:, -1])
