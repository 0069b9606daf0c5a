"""A coder in the manner of themebook's, but fast enough to be fitted anew in each of thousands of draws.

Two ridge regressions in closed form (on vectors, on word features cut down to a few hundred columns) score the whole
answer and its best meaning unit; one penalised logistic regression over all pairs of answer and theme, with an offset
for each theme, turns the scores, the theme's share and its share for the question into a probability. Cross-fitting is
themebook's: what calibrates a fold comes from models that saw neither of two folds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, logit

RIDGE = 3.0
# Penalties of the calibration: on slopes and on offsets.
SLOPES, OFFSETS = 1.0, 2.0
SHRINK = 10.0
STEPS = 12


@dataclass(frozen=True)
class Texts:
    """Answers in the form of the quick coder.

    Parameters
    ----------
    whole : ndarray, shape (n, d)
        Features of whole answers, the last column one.
    units : ndarray, shape (m, d)
        The same of their meaning units, in the order of their answers, each answer having one or more.
    first : ndarray of int, shape (n,)
        Where each answer's units begin.
    question : ndarray of int, shape (n,)
    """

    whole: np.ndarray
    units: np.ndarray
    first: np.ndarray
    question: np.ndarray


@dataclass(frozen=True)
class Predicted:
    """Held-out probabilities of the gold, shape (n, K), and final ones of all answers, shape (N, K)."""

    held: np.ndarray
    final: np.ndarray


def fit_predict(
    texts: Texts, examples: np.ndarray, theme: np.ndarray, gold: np.ndarray, truth: np.ndarray, fold: np.ndarray
) -> Predicted:
    """Fit on examples and gold, and predict.

    Parameters
    ----------
    texts : Texts
        The N answers.
    examples : ndarray, shape (e, d)
    theme : ndarray of int, shape (e,)
    gold : ndarray of int, shape (n,)
        Rows of the drawn answers.
    truth : ndarray of bool, shape (n, K)
    fold : ndarray of int, shape (n,)
    """
    themes = truth.shape[1]
    target = np.zeros((len(examples), themes))
    target[np.arange(len(examples)), theme] = 1.0
    x, y = texts.whole[gold], truth.astype(float)
    gram0, right0 = examples.T @ examples, examples.T @ target
    folds = list(range(int(fold.max()) + 1))
    rows = [np.flatnonzero(fold == f) for f in folds]
    gram = [x[r].T @ x[r] for r in rows]
    right = [x[r].T @ y[r] for r in rows]
    total, total_right = gram0 + sum(gram), right0 + sum(right)
    penalty = RIDGE * np.eye(x.shape[1])
    penalty[-1, -1] = 1e-3
    best = _bests(texts, gold)

    def heads(*left_out: int) -> np.ndarray:
        a, b = total + penalty, total_right
        for f in left_out:
            a, b = a - gram[f], b - right[f]
        return cho_solve(cho_factor(a, check_finite=False), b, check_finite=False)

    def scored(w: np.ndarray, r: np.ndarray) -> np.ndarray:
        return best(w, r)

    question = texts.question[gold]
    scores = np.zeros((len(gold), themes, 2))
    blind = np.zeros((len(folds), len(gold), themes, 2))
    for f in folds:
        scores[rows[f]] = scored(heads(f), rows[f])
    for f, g in combinations(folds, 2):
        w = heads(f, g)
        blind[f][rows[g]] = scored(w, rows[g])
        blind[g][rows[f]] = scored(w, rows[f])
    held = np.zeros((len(gold), themes))
    for f in folds:
        rest = np.flatnonzero(fold != f)
        calibrated = Scale.fit(blind[f][rest], y[rest], question[rest])
        held[rows[f]] = calibrated(scores[rows[f]], question[rows[f]])
    final = Scale.fit(scores, y, question)(_all(texts, heads()), texts.question)
    return Predicted(held, final)


def _bests(texts: Texts, gold: np.ndarray):
    """Score gold rows: whole answer and best unit."""
    last = np.append(texts.first[1:], len(texts.units))
    spans = [np.arange(texts.first[g], last[g]) for g in gold]

    def score(w: np.ndarray, r: np.ndarray) -> np.ndarray:
        mine = [spans[i] for i in r]
        starts = np.cumsum([0, *[len(m) for m in mine[:-1]]])
        units = texts.units[np.concatenate(mine)] @ w
        return np.stack([texts.whole[gold[r]] @ w, np.maximum.reduceat(units, starts)], axis=-1)

    return score


def _all(texts: Texts, w: np.ndarray) -> np.ndarray:
    return np.stack([texts.whole @ w, np.maximum.reduceat(texts.units @ w, texts.first)], axis=-1)


@dataclass(frozen=True)
class Scale:
    """How scores become probabilities: slopes, offsets of themes, shares of themes by question."""

    slopes: np.ndarray
    offset: np.ndarray
    asked: np.ndarray
    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def fit(cls, scores: np.ndarray, y: np.ndarray, question: np.ndarray) -> Scale:
        """Fit by Newton's method; offsets are eliminated theme by theme."""
        share = (y.sum(0) + 0.5) / (len(y) + 1)
        asked = np.zeros((question.max() + 2, y.shape[1]))
        apart = np.zeros_like(y)
        for q in np.unique(question):
            mine = question == q
            asked[q] = logit((y[mine].sum(0) + SHRINK * share) / (mine.sum() + SHRINK))
            # an answer's own code must not show in the share it is given
            rest = (y[mine].sum(0) - y[mine] + SHRINK * share) / (mine.sum() - 1 + SHRINK)
            apart[mine] = logit(rest)
        mean, spread = scores.reshape(-1, 2).mean(0), scores.reshape(-1, 2).std(0)
        x = np.concatenate([(scores - mean) / spread, apart[..., None], np.ones((*y.shape, 1))], axis=-1)
        slopes, offset = np.array([0.5, 0.5, 0.5, -1.0]), np.zeros(y.shape[1])
        ridge = SLOPES * np.diag([1.0, 1.0, 1.0, 1e-3])
        for _ in range(STEPS):
            p = expit(x @ slopes + offset)
            w = p * (1 - p)
            g = np.einsum("nkj,nk->j", x, y - p) - ridge @ slopes
            go = (y - p).sum(0) - OFFSETS * offset
            a = np.einsum("nki,nk,nkj->ij", x, w, x, optimize=True) + ridge
            b = np.einsum("nki,nk->ik", x, w)
            d = w.sum(0) + OFFSETS
            step = np.linalg.solve(a - (b / d) @ b.T, g - (b / d) @ go)
            shift = (go - b.T @ step) / d
            slopes, offset = slopes + step, offset + shift
            if max(np.abs(step).max(), np.abs(shift).max()) < 1e-4:
                break
        return cls(slopes, offset, np.vstack([asked[:-1], logit(share)]), mean, spread)

    def __call__(self, scores: np.ndarray, question: np.ndarray) -> np.ndarray:
        known = self.asked[np.minimum(question, len(self.asked) - 1)]
        # a question without coded answers knows the overall share only
        known = np.where((known == 0).all(1, keepdims=True), self.asked[-1], known)
        x = (scores - self.mean) / self.spread
        return expit(x @ self.slopes[:2] + known * self.slopes[2] + self.slopes[3] + self.offset)
