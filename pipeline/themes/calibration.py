"""From scores to probabilities, and from probabilities to yes or no."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

# Below this many coded answers, slopes and thresholds chosen from them would follow their noise.
FEWEST_TO_CALIBRATE = 50
# Where no coded answers can tell, scores by meaning are averaged and the score by words adds a third of itself.
MEANING_WEIGHT, WORDS_WEIGHT = 1 / 4, 1 / 3
# Inverse strength of the penalty on slopes, offsets and pulls, all on inputs of like scale.
STRENGTH = 0.3
# Themes less likely than this say nothing about the others.
NEGLIGIBLE = 0.01


@dataclass(frozen=True)
class Calibration:
    """How inputs become probabilities, in two steps, and from where a theme counts as mentioned.

    Parameters
    ----------
    slopes : ndarray, shape (2, F + 1)
        For each step the slopes on the F inputs, then the intercept.
    offset : ndarray, shape (2, K)
        For each step what a theme adds whatever the inputs.
    pull : ndarray, shape (K, K)
        Second step: what the first step's probability of theme j (row) adds to the log odds of theme k (column).
    prior : ndarray, shape (K,)
        Log odds of each theme's share among coded answers; without enough of them, minus the intercepts by words.
    threshold : ndarray, shape (K,)
        Probability from which each theme counts as mentioned.
    fitted : bool
        False where too few coded answers leave fixed slopes.
    """

    slopes: np.ndarray
    offset: np.ndarray
    pull: np.ndarray
    prior: np.ndarray
    threshold: np.ndarray
    fitted: bool

    def first(self, inputs: np.ndarray, allowed: np.ndarray) -> np.ndarray:
        """Give first probabilities from inputs of shape (n, K, F), each theme by itself, shape (n, K)."""
        return np.where(allowed, expit(inputs @ self.slopes[0, :-1] + self.slopes[0, -1] + self.offset[0]), 0.0)

    def second(self, inputs: np.ndarray, allowed: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Give final probabilities; `others` are the first ones of the same answers, shape (n, K)."""
        if not self.fitted:
            return self.first(inputs, allowed)
        log_odds = inputs @ self.slopes[1, :-1] + self.slopes[1, -1] + self.offset[1] + _noted(others) @ self.pull
        return np.where(allowed, expit(log_odds), 0.0)

    def probabilities(self, inputs: np.ndarray, allowed: np.ndarray) -> np.ndarray:
        """Do both steps for whole answers, shape (n, K); 0 where the question rules a theme out."""
        return self.second(inputs, allowed, self.first(inputs, allowed))


def log_odds_of_shares(labels: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Give the log odds of each theme's share among the answers it was possible for, half an answer added to each side.

    Examples
    --------
    >>> log_odds_of_shares(np.array([[True], [False]]), np.ones((2, 1), bool)).tolist()
    [0.0]
    """
    return logit((np.where(allowed, labels, False).sum(axis=0) + 0.5) / (allowed.sum(axis=0) + 1.0))


def can_calibrate(labels: np.ndarray, allowed: np.ndarray) -> bool:
    """Say whether coded answers are enough, and differ."""
    truth = labels[allowed]
    return len(labels) >= FEWEST_TO_CALIBRATE and bool(truth.any()) and not truth.all()


def fixed(prior: np.ndarray) -> Calibration:
    """Give the calibration that no coded answer shaped: fixed weights and the threshold 0.5."""
    themes = len(prior)
    slopes = np.array([*[MEANING_WEIGHT] * 4, WORDS_WEIGHT, WORDS_WEIGHT, 0.0, 0.0])
    return Calibration(
        np.stack([slopes, slopes]),
        np.zeros((2, themes)),
        np.zeros((themes, themes)),
        prior,
        np.full(themes, 0.5),
        False,
    )


def calibrate(inputs: np.ndarray, labels: np.ndarray, allowed: np.ndarray, prior: np.ndarray) -> Calibration:
    """Fit both steps on inputs of answers that the models behind them never saw.

    Each step is one penalised logistic regression over all pairs of answer and theme: Platt scaling [1]_ with several
    inputs and an offset a theme. The second step knows besides what the first says of the answer's other themes, as in
    stacked binary relevance [2]_.

    Parameters
    ----------
    inputs : ndarray, shape (n, K, F)
    labels : ndarray of bool, shape (n, K)
        What the readers gave.
    allowed : ndarray of bool, shape (n, K)
        Themes of each answer's question.
    prior : ndarray, shape (K,)
        Kept with the result: the caller's inputs hold it.

    Returns
    -------
    Calibration
        Thresholds are still 1.

    References
    ----------
    .. [1] Platt, Probabilistic outputs for support vector machines, Advances in Large Margin Classifiers, 1999, eq. 3.
    .. [2] Godbole and Sarawagi, Discriminative methods for multi-labeled classification, PAKDD 2004, section 3.1.
    """
    themes = labels.shape[1]
    row, theme = np.nonzero(allowed)
    truth, pairs = labels[allowed], inputs[allowed]
    mean, scale = pairs.mean(axis=0), np.maximum(pairs.std(axis=0), 1e-9)
    own = csr_matrix((np.ones(len(theme)), (np.arange(len(theme)), theme)), shape=(len(theme), themes))
    plain = hstack([csr_matrix((pairs - mean) / scale), own]).tocsr()
    slopes, offset, _ = _fit(plain, truth, mean, scale, themes)
    steps = Calibration(slopes[None], offset[None], np.zeros((themes, themes)), prior, np.ones(themes), True)
    said = csr_matrix(_noted(steps.first(inputs, allowed)))[row].tocoo()
    others = said.col != theme[said.row]
    column = said.col[others] * themes + theme[said.row[others]]
    block = csr_matrix((said.data[others], (said.row[others], column)), shape=(len(theme), themes * themes))
    slopes_2, offset_2, pull = _fit(hstack([plain, block]).tocsr(), truth, mean, scale, themes)
    return Calibration(
        np.stack([slopes, slopes_2]),
        np.stack([offset, offset_2]),
        pull.reshape(themes, themes),
        prior,
        np.ones(themes),
        True,
    )


def _fit(
    inputs: csr_matrix, truth: np.ndarray, mean: np.ndarray, scale: np.ndarray, themes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit one step on scaled inputs and give its slopes on the inputs as they are, offsets and pulls."""
    model = LogisticRegression(C=STRENGTH, max_iter=3000).fit(inputs, truth)
    weights, n = model.coef_[0], len(mean)
    slopes = weights[:n] / scale
    intercept = model.intercept_[0] - slopes @ mean
    return np.append(slopes, intercept), weights[n : n + themes], weights[n + themes :]


def _noted(probability: np.ndarray) -> np.ndarray:
    return np.where(probability >= NEGLIGIBLE, probability, 0.0)


def best_cut(probability: np.ndarray) -> float:
    """Find the threshold with the highest expected F1, taking probabilities at their word.

    Above a threshold lie m of n pairs; their expected F1 is close to 2 Σ p (above) / (m + Σ p (all)): Lipton, Elkan,
    Naryanaswamy, Optimal thresholding of classifiers to maximize F1 measure, ECML 2014, theorem 1.

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
