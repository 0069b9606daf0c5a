"""From scores to probabilities, and from probabilities to yes or no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit, logit

# Below this many coded answers, slopes and thresholds chosen from them would follow their noise.
FEWEST_TO_CALIBRATE = 50
# Where no coded answers can tell, scores by meaning are averaged and the score by words adds a third of itself.
MEANING_WEIGHT, WORDS_WEIGHT = 1 / 4, 1 / 3
# Inverse strength of the penalty on slopes, offsets and pulls, all on inputs of like scale.
STRENGTH = 0.3
# Themes less likely than this say nothing about the others.
NEGLIGIBLE = 0.01
# An input that varies less than this is not blown up to the scale of the others.
LEAST_SPREAD = 0.1
# What share of the answers usually raises a theme, where nothing else is known.
USUAL_SHARE = 0.1
# A theme's share among all answers weighs as much as so many answers to one question.
SHRINK = 10


class About(Protocol):
    """What calibration knows of answers beside their scores."""

    @property
    def question(self) -> np.ndarray:
        """The question of each answer, shape (n,)."""

    @property
    def length(self) -> np.ndarray:
        """Logarithm of one plus its number of words, shape (n,)."""


@dataclass(frozen=True)
class Shares:
    """How often each theme was given among coded answers, in log odds.

    Parameters
    ----------
    overall : ndarray, shape (K,)
        Among all answers it was possible for, half an answer added to each side; without enough coded answers, minus
        the intercepts by words.
    asked : ndarray, shape (Q, K)
        Among the answers to each question, shrunk towards `overall`, less `overall`.
    questions : tuple of str
        The Q questions; of any other nothing is known.
    """

    overall: np.ndarray
    asked: np.ndarray
    questions: tuple[str, ...]

    def of(self, question: np.ndarray) -> np.ndarray:
        """Give both for answers to some questions, shape (n, K, 2)."""
        place = {name: i for i, name in enumerate(self.questions)}
        known = np.vstack([self.asked, np.zeros(len(self.overall))])
        asked = known[[place.get(name, len(place)) for name in question.tolist()]]
        return np.stack([np.broadcast_to(self.overall, asked.shape), asked], axis=-1)


@dataclass(frozen=True)
class Calibration:
    """How scores become probabilities, in two steps, and from where a theme counts as mentioned.

    Parameters
    ----------
    slopes : ndarray, shape (2, 9)
        For each step the slopes on the five scores, both shares and the answer's length, then the intercept.
    offset : ndarray, shape (2, K)
        For each step what a theme adds whatever the inputs.
    pull : ndarray, shape (K, K)
        Second step: what the first step's probability of theme j (row) adds to the log odds of theme k (column).
    shares : Shares
    threshold : ndarray, shape (K,)
        Probability from which each theme counts as mentioned.
    fitted : bool
        False where too few coded answers leave fixed slopes.
    """

    slopes: np.ndarray
    offset: np.ndarray
    pull: np.ndarray
    shares: Shares
    threshold: np.ndarray
    fitted: bool

    def first(self, scores: np.ndarray, about: About, allowed: np.ndarray) -> np.ndarray:
        """Give first probabilities from scores of shape (n, K, 5), each theme by itself, shape (n, K)."""
        inputs = _inputs(scores, self.shares.of(about.question), about.length)
        return np.where(allowed, expit(inputs @ self.slopes[0, :-1] + self.slopes[0, -1] + self.offset[0]), 0.0)

    def second(self, scores: np.ndarray, about: About, allowed: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Give final probabilities; `others` are the first ones of the same answers, shape (n, K)."""
        if not self.fitted:
            return self.first(scores, about, allowed)
        inputs = _inputs(scores, self.shares.of(about.question), about.length)
        log_odds = inputs @ self.slopes[1, :-1] + self.slopes[1, -1] + self.offset[1] + _noted(others) @ self.pull
        return np.where(allowed, expit(log_odds), 0.0)

    def probabilities(self, scores: np.ndarray, about: About, allowed: np.ndarray) -> np.ndarray:
        """Do both steps for whole answers, shape (n, K); 0 where the question rules a theme out."""
        return self.second(scores, about, allowed, self.first(scores, about, allowed))


def can_calibrate(labels: np.ndarray, allowed: np.ndarray) -> bool:
    """Say whether coded answers are enough, and differ."""
    truth = labels[allowed]
    return len(labels) >= FEWEST_TO_CALIBRATE and bool(truth.any()) and not truth.all()


def fixed(undecided: np.ndarray) -> Calibration:
    """Give the calibration that no coded answer shaped: fixed weights; thresholds are still 1.

    Parameters
    ----------
    undecided : ndarray, shape (K,)
        The score by words of a text that tells nothing; it is taken back.
    """
    themes = len(undecided)
    slopes = np.array([*[MEANING_WEIGHT] * 4, WORDS_WEIGHT, WORDS_WEIGHT, 0.0, 0.0, 0.0])
    return Calibration(
        np.stack([slopes, slopes]),
        np.zeros((2, themes)),
        np.zeros((themes, themes)),
        Shares(-undecided, np.zeros((0, themes)), ()),
        np.ones(themes),
        False,
    )


def calibrate(
    scores: np.ndarray, labels: np.ndarray, about: About, allowed: np.ndarray, groups: np.ndarray
) -> Calibration:
    """Fit both steps on scores of answers that the models behind them never saw.

    Each step is one penalised logistic regression over all pairs of answer and theme: Platt scaling [1]_ with several
    inputs and an offset a theme. The second step knows besides what the first says of the answer's other themes, as in
    stacked binary relevance [2]_.

    Parameters
    ----------
    scores : ndarray, shape (n, K, 5)
    labels : ndarray of bool, shape (n, K)
        What the readers gave.
    about : About
        Question and length of the n answers.
    allowed : ndarray of bool, shape (n, K)
        Themes of each answer's question that its reader knew.
    groups : ndarray of int, shape (n,)
        Fold of each answer; two or more.

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
    given = np.where(allowed, labels, False)
    shares = _shares(given, allowed, about.question)
    apart = _shares_apart(given, allowed, about.question, groups, shares.overall)
    row, theme = np.nonzero(allowed)
    truth, pairs = labels[allowed], _inputs(scores, apart, about.length)[allowed]
    mean, scale = pairs.mean(axis=0), np.maximum(pairs.std(axis=0), LEAST_SPREAD)
    own = csr_matrix((np.ones(len(theme)), (np.arange(len(theme)), theme)), shape=(len(theme), themes))
    plain = hstack([csr_matrix((pairs - mean) / scale), own]).tocsr()
    slopes, offset, _ = _fit(plain, truth, mean, scale, themes)
    first = np.zeros(labels.shape)
    first[allowed] = expit(pairs @ slopes[:-1] + slopes[-1] + offset[theme])
    said = csr_matrix(_noted(first))[row].tocoo()
    others = said.col != theme[said.row]
    column = said.col[others] * themes + theme[said.row[others]]
    block = csr_matrix((said.data[others], (said.row[others], column)), shape=(len(theme), themes * themes))
    slopes_2, offset_2, pull = _fit(hstack([plain, block]).tocsr(), truth, mean, scale, themes)
    return Calibration(
        np.stack([slopes, slopes_2]),
        np.stack([offset, offset_2]),
        pull.reshape(themes, themes),
        shares,
        np.ones(themes),
        True,
    )


def _shares(given: np.ndarray, allowed: np.ndarray, question: np.ndarray) -> Shares:
    base = allowed.sum(axis=0)
    share = (given.sum(axis=0) + 0.5) / (base + 1.0)
    # Of a theme that no coder knew the others give the best guess.
    share[base == 0] = expit(logit(share[base > 0]).mean()) if base.any() else USUAL_SHARE
    overall, names = logit(share), sorted(set(question.tolist()))
    asked = np.zeros((len(names), given.shape[1]))
    for i, name in enumerate(names):
        mine = question == name
        asked[i] = logit((given[mine].sum(axis=0) + SHRINK * share) / (allowed[mine].sum(axis=0) + SHRINK)) - overall
    return Shares(overall, asked, tuple(names))


def _shares_apart(
    given: np.ndarray, allowed: np.ndarray, question: np.ndarray, groups: np.ndarray, overall: np.ndarray
) -> np.ndarray:
    """Give each answer the shares among other folds, shape (n, K, 2): its own codes must not show in them."""
    both = np.zeros((*given.shape, 2))
    for fold in np.unique(groups):
        mine, rest = groups == fold, groups != fold
        both[mine] = _shares(given[rest], allowed[rest], question[rest]).of(question[mine])
    both[..., 0] = overall
    return both


def _inputs(scores: np.ndarray, shares: np.ndarray, length: np.ndarray) -> np.ndarray:
    lengths = np.broadcast_to(length[:, None, None], (*scores.shape[:2], 1))
    return np.concatenate([scores, shares, lengths], axis=-1)


def _fit(
    inputs: csr_matrix, truth: np.ndarray, mean: np.ndarray, scale: np.ndarray, themes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fit one step on scaled inputs and give its slopes on the inputs as they are, offsets and pulls."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=STRENGTH, max_iter=3000).fit(inputs, truth)
    weights, n = model.coef_[0], len(mean)
    slopes = weights[:n] / scale
    intercept = model.intercept_[0] - slopes @ mean
    return np.append(slopes, intercept), weights[n : n + themes], weights[n + themes :]


def _noted(probability: np.ndarray) -> np.ndarray:
    return np.where(probability >= NEGLIGIBLE, probability, 0.0)


def usual_cut(probability: np.ndarray, allowed: np.ndarray) -> float:
    """Find a threshold where nothing is calibrated: 0.5, or lower until answers have about as many themes as is usual.

    Models taught by names and definitions alone hardly ever reach 0.5. A reader finds about one theme in an answer
    where many are possible, and each of a few themes in about a tenth of the answers.

    Parameters
    ----------
    probability : ndarray, shape (n, K)
        Of the answers that are to be coded.
    allowed : ndarray of bool, shape (n, K)
        Themes of each answer's question.

    Returns
    -------
    float
        At most 0.5.

    Examples
    --------
    >>> usual_cut(np.array([[0.3, 0.2], [0.1, 0.4]]), np.ones((2, 2), bool))
    0.4
    """
    usual = int(np.minimum(1, allowed.sum(axis=1) * USUAL_SHARE).sum().round())
    pairs = np.sort(probability[allowed])[::-1]
    return min(0.5, float(pairs[max(usual, 1) - 1])) if len(pairs) else 0.5


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
