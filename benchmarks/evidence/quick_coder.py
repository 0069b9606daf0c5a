"""A coder in the manner of themebook's, fast enough to be fitted anew in each of thousands of draws.

Ridge regressions in closed form, on vectors and on word features cut down to a hundred columns, score the whole answer
and its best meaning unit; one penalised logistic regression over all pairs of answer and theme, with an offset for each
theme, turns both scores and the theme's share among the question's answers into a probability. The cross-fitting is
themebook's: what calibrates a fold comes from models that saw neither of two folds.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, logit

RIDGE = 3.0
# Penalties of the calibration, on slopes and on offsets.
SLOPES, OFFSETS = 1.0, 2.0
# A theme's share among all answers weighs as much as so many answers to one question.
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
        The same of their meaning units, in the order of the answers, one or more each.
    first : ndarray of int, shape (n,)
        Where each answer's units begin.
    question : ndarray of int, shape (n,)
    """

    whole: np.ndarray
    units: np.ndarray
    first: np.ndarray
    question: np.ndarray

    def take(self, rows: np.ndarray) -> Texts:
        """Give some of the answers, by position."""
        ends = np.append(self.first[1:], len(self.units))
        units = np.concatenate([np.arange(self.first[r], ends[r]) for r in rows])
        counts = ends[rows] - self.first[rows]
        return Texts(self.whole[rows], self.units[units], np.cumsum(counts) - counts, self.question[rows])

    def scores(self, weights: np.ndarray) -> np.ndarray:
        """Score whole answers and their best units, shape (n, K, 2)."""
        return np.stack([self.whole @ weights, np.maximum.reduceat(self.units @ weights, self.first)], axis=-1)


@dataclass(frozen=True)
class Predicted:
    """Held-out probabilities of the gold, shape (n, K), and final ones of all answers, shape (N, K)."""

    held: np.ndarray
    final: np.ndarray


def fit_predict(
    texts: Texts, examples: np.ndarray, theme: np.ndarray, gold: np.ndarray, truth: np.ndarray, fold: np.ndarray
) -> Predicted:
    """Fit on the codebook's texts and the gold, and predict.

    Parameters
    ----------
    texts : Texts
        The N answers.
    examples : ndarray, shape (e, d)
        Features of the codebook's texts.
    theme : ndarray of int, shape (e,)
    gold : ndarray of int, shape (n,)
        Rows of the drawn answers.
    truth : ndarray of bool, shape (n, K)
    fold : ndarray of int, shape (n,)
    """
    given = truth.astype(float)
    target = np.zeros((len(examples), given.shape[1]))
    target[np.arange(len(examples)), theme] = 1.0
    rows = [np.flatnonzero(fold == f) for f in range(int(fold.max()) + 1)]
    mine = [texts.take(gold[r]) for r in rows]
    gram = [t.whole.T @ t.whole for t in mine]
    right = [t.whole.T @ given[r] for t, r in zip(mine, rows, strict=True)]
    penalty = RIDGE * np.eye(examples.shape[1])
    penalty[-1, -1] = 1e-3
    all_gram = examples.T @ examples + sum(gram) + penalty
    all_right = examples.T @ target + sum(right)

    def heads(*left_out: int) -> np.ndarray:
        a, b = all_gram - sum(gram[f] for f in left_out), all_right - sum(right[f] for f in left_out)
        return cho_solve(cho_factor(a, check_finite=False), b, check_finite=False)

    question = texts.question[gold]
    scores = np.zeros((*given.shape, 2))
    blind = np.zeros((len(rows), *scores.shape))
    for f, r in enumerate(rows):
        scores[r] = mine[f].scores(heads(f))
    for f, g in combinations(range(len(rows)), 2):
        weights = heads(f, g)
        blind[f][rows[g]] = mine[g].scores(weights)
        blind[g][rows[f]] = mine[f].scores(weights)
    held = np.zeros(given.shape)
    for f, r in enumerate(rows):
        rest = np.flatnonzero(fold != f)
        held[r] = Scale.fit(blind[f][rest], given[rest], question[rest])(scores[r], question[r])
    final = Scale.fit(scores, given, question)(texts.scores(heads()), texts.question)
    return Predicted(held, final)


@dataclass(frozen=True)
class Scale:
    """How scores become probabilities: slopes, offsets of themes, log odds of themes by question."""

    slopes: np.ndarray
    offset: np.ndarray
    overall: np.ndarray
    asked: dict[int, np.ndarray]
    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def fit(cls, scores: np.ndarray, given: np.ndarray, question: np.ndarray) -> Scale:
        """Fit by Newton's method, the offsets eliminated theme by theme."""
        share = (given.sum(0) + 0.5) / (len(given) + 1)
        asked, apart = {}, np.zeros_like(given)
        for name in np.unique(question):
            mine = question == name
            hits, n = given[mine].sum(0) + SHRINK * share, mine.sum() + SHRINK
            asked[int(name)] = logit(hits / n)
            # An answer's own codes must not show in the share that it is given.
            apart[mine] = logit((hits - given[mine]) / (n - 1))
        mean, spread = scores.reshape(-1, 2).mean(0), scores.reshape(-1, 2).std(0)
        x = np.concatenate([(scores - mean) / spread, apart[..., None], np.ones((*given.shape, 1))], axis=-1)
        slopes, offset = np.array([0.5, 0.5, 0.5, -1.0]), np.zeros(given.shape[1])
        ridge = SLOPES * np.diag([1.0, 1.0, 1.0, 1e-3])
        for _ in range(STEPS):
            p = expit(x @ slopes + offset)
            w = p * (1 - p)
            by_slope = np.einsum("nkj,nk->j", x, given - p) - ridge @ slopes
            by_offset = (given - p).sum(0) - OFFSETS * offset
            a = np.einsum("nki,nk,nkj->ij", x, w, x, optimize=True) + ridge
            b, d = np.einsum("nki,nk->ik", x, w), w.sum(0) + OFFSETS
            step = np.linalg.solve(a - (b / d) @ b.T, by_slope - (b / d) @ by_offset)
            shift = (by_offset - b.T @ step) / d
            slopes, offset = slopes + step, offset + shift
            if max(np.abs(step).max(), np.abs(shift).max()) < 1e-4:
                break
        return cls(slopes, offset, logit(share), asked, mean, spread)

    def __call__(self, scores: np.ndarray, question: np.ndarray) -> np.ndarray:
        """Give probabilities, shape (n, K)."""
        known = np.stack([self.asked.get(q, self.overall) for q in question.tolist()])
        log_odds = (scores - self.mean) / self.spread @ self.slopes[:2] + known * self.slopes[2]
        return expit(log_odds + self.slopes[3] + self.offset)
