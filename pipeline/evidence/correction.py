"""Corrected shares: what the machine counts, put right by answers that people read at random."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

# A share is corrected from so many answers read at random; below, its interval would tell a reader next to nothing.
FEWEST = 30
# Questions of which fewer were read are taken together.
FEWEST_IN_STRATUM = 10
# A question is taken as left out of the draw where so many answers of it were to be expected and none was drawn.
NEVER_DRAWN = 5.0
# Predictions whose variance is no more than this are taken as all the same: what is left is rounding.
ALIKE = 1e-12


@dataclass(frozen=True)
class Cells:
    """One theme in the cells of some respondents; a cell is all that a respondent answered to one question.

    Parameters
    ----------
    owner : ndarray of int, shape (c,)
        Position of the respondent among the N of `weight`, each with one cell or more.
    stratum : ndarray of int, shape (c,)
        The question; answers may have been drawn question by question.
    predicted : ndarray, shape (c,)
        Probability that a reader would give the theme, 0 to 1, by a coder that has not seen this cell's own codes.
    read : ndarray of bool, shape (c,)
        Drawn at random and read by a person.
    given : ndarray of bool, shape (c,)
        Whether the person gave the theme; counts where `read` or `known`.
    known : ndarray of bool, shape (c,)
        Read by a person, drawn at random or not.
    settled : ndarray of bool, shape (c,)
        Outside what was drawn from, such as non-answers of known meaning: `predicted` is taken as it is.
    weight : ndarray, shape (N,)
        Weights of the respondents, above 0 in sum.
    """

    owner: np.ndarray
    stratum: np.ndarray
    predicted: np.ndarray
    read: np.ndarray
    given: np.ndarray
    known: np.ndarray
    settled: np.ndarray
    weight: np.ndarray


@dataclass(frozen=True)
class Corrected:
    """A corrected share.

    Parameters
    ----------
    share, low, high : float
        0 to 1; low ≤ share ≤ high.
    effective : float
        The number of respondents read at random that would tell as much by themselves; infinite where all are read.
    tuning : float
        How far the predictions are trusted, 0 (not at all) to 1.
    ratio : float
        The part of the variance that the predictions leave: with it, an answer read tells as much as 1 / ratio would
        by themselves.
    """

    share: float
    low: float
    high: float
    effective: float
    tuning: float
    ratio: float


def score_bounds(share: float, effective: float, confidence: float = 0.95) -> tuple[float, float]:
    """Give the score interval of a share on an effective base (Wilson, JASA 22 (1927), p. 209).

    Parameters
    ----------
    share : float
        0 to 1.
    effective : float
        Above 0; infinite gives the share itself.
    confidence : float
        Between 0 and 1.

    Examples
    --------
    >>> [round(x, 4) for x in score_bounds(0.8, 10)]
    [0.4902, 0.9433]
    """
    if np.isinf(effective):
        return share, share
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    centre = (share + z * z / (2 * effective)) / (1 + z * z / effective)
    half = z / (1 + z * z / effective) * (share * (1 - share) / effective + z * z / (4 * effective**2)) ** 0.5
    low = 0.0 if share <= 0 else max(0.0, centre - half)
    high = 1.0 if share >= 1 else min(1.0, centre + half)
    return float(min(low, share)), float(max(high, share))


def corrected_share(
    cells: Cells, confidence: float = 0.95, *, sampled: bool = False, trusted: bool = True
) -> Corrected | None:
    """Estimate the share of respondents of whom a reader would say that they raise the theme.

    With one cell a respondent it is prediction-powered inference [1]_ with power tuning [2]_, the difference estimator
    of survey sampling [3]_ with cross-fitted predictions::

        share  = mean(y, read) + λ (mean(f, all) - mean(f, read))
        λ      = cov(y, f) / var(f) among those read, within 0 and 1

    Weights make both means ratio estimates, linearised [3]_. Read answers stand for those of their own question
    (post-strata). A respondent with several cells raises a theme who raises it in any; with the predictions drawn
    towards the mean, g = λ f + (1 - λ) mean(y), to first order ::

        share  = mean over respondents of 1 - Π (1 - g)  +  mean over cells of (y - g) Π of the others (1 - g)

    which is unbiased as far as the cells of one respondent are misread independently.

    The interval is the score interval on an effective base n / ((1 - n/N) r) with Kish's n [4]_, the correction for a
    finite number of answers N and the ratio of variances r = (Σ (y - g)² + 1) / (Σ (y - mean(y))² + 1), squares about
    their means. The added 1 is one answer more that the predictions would have told nothing about: few mentions that
    happen to be predicted well would promise too much without it (docs/decisions/0013).

    Parameters
    ----------
    cells : Cells
    confidence : float
        Between 0 and 1.
    sampled : bool
        True where the respondents are themselves a random sample: the interval then speaks of those they stand for,
        not only of how those who answered would be read.
    trusted : bool
        False leaves the predictions aside (λ = 0).

    Returns
    -------
    Corrected or None
        None where too few answers were read, or a question was left out of the draw.

    References
    ----------
    .. [1] Angelopoulos et al., Prediction-powered inference, Science 382 (2023), 669, eq. 1.
    .. [2] Angelopoulos, Duchi, Zrnic, PPI++: efficient prediction-powered inference, arXiv:2311.01453, example 6.1.
    .. [3] Särndal, Swensson, Wretman, Model assisted survey sampling, 1992, sections 6.3 and 5.5-5.7.
    .. [4] Kish, Survey sampling, 1965, eq. 8.2.1.
    """
    open_ = ~cells.settled
    read = cells.read & open_
    if read.sum() < min(FEWEST, max(open_.sum(), 1)):
        return None
    group = _groups(cells.stratum, open_, read)
    if group is None:
        return None
    weight = cells.weight[cells.owner]
    mean = _Means(group, weight, read)
    given = cells.given.astype(float)
    off, apart = given - mean(given), cells.predicted - mean(cells.predicted)
    squared = np.where(read, weight, 0.0) ** 2
    spread = float((squared * apart**2).sum())
    told = trusted and spread > ALIKE * squared.sum()
    tuning = float(np.clip((squared * off * apart).sum() / spread, 0, 1)) if told else 0.0
    guess = np.where(open_, tuning * cells.predicted + (1 - tuning) * mean(given), cells.predicted)
    nobody, others = _products(1 - guess, cells.owner, len(cells.weight))
    error = (given - guess) * others
    total = cells.weight.sum()
    raised = cells.weight @ (1 - nobody) + (np.where(open_, weight, 0.0) * mean(error)).sum()
    share = float(np.clip(raised / total, 0, 1))
    base, ratio = mean.precision(error - mean(error), off * others, total)
    variance = ratio / base + (float((cells.weight**2).sum() / total**2) if sampled else 0.0)
    effective = 1 / variance if variance > 0 else float("inf")
    low, high = score_bounds(share, effective, confidence)
    if not sampled:
        least, most = _certain(cells, total)
        low, share, high = (float(np.clip(x, least, most)) for x in (low, share, high))
    return Corrected(share, low, high, effective, tuning, ratio)


def _groups(stratum: np.ndarray, open_: np.ndarray, read: np.ndarray) -> np.ndarray | None:
    """Give each cell its post-stratum, those with few read ones together; None where a stratum was left out."""
    names, place = np.unique(stratum, return_inverse=True)
    there = np.bincount(place[open_], minlength=len(names))
    drawn = np.bincount(place[read], minlength=len(names))
    if ((drawn == 0) & (there * drawn.sum() >= NEVER_DRAWN * there.sum())).any():
        return None
    few = (drawn < FEWEST_IN_STRATUM) & (drawn < there)
    if few.any() and drawn[few].sum() < FEWEST_IN_STRATUM and not few.all():
        few[np.flatnonzero(~few)[np.argmin(drawn[~few])]] = True
    group = np.where(few, len(names), np.arange(len(names)))[place]
    return np.where(open_, np.unique(group, return_inverse=True)[1], -1)


class _Means:
    """Weighted means of those read, post-stratum by post-stratum."""

    def __init__(self, group: np.ndarray, weight: np.ndarray, read: np.ndarray) -> None:
        self.group, self.weight, self.read = group, weight, read
        self.size = int(group.max()) + 1
        self.mass = self._sum(weight)

    def _sum(self, values: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
        rows = self.read if among is None else among
        return np.bincount(self.group[rows], weights=values[rows], minlength=self.size)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Give each cell the mean of its post-stratum; 0 outside of any."""
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.nan_to_num(self._sum(self.weight * values) / self.mass)
        return np.append(means, 0.0)[self.group]

    def precision(self, error: np.ndarray, off: np.ndarray, total: float) -> tuple[float, float]:
        """Give the effective base without predictions, and the ratio of variances with and without them."""
        inside = self.group >= 0
        ones = np.ones(len(self.group))
        n, there = self._sum(ones), self._sum(ones, inside)
        part = self._sum(self.weight, inside) / total
        squares = self._sum(self.weight**2)
        left = np.where(n < there, 1 - n / np.maximum(there, 1), 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            scale = np.nan_to_num(part**2 * left / self.mass**2)
            kish = np.nan_to_num(part**2 * left * squares / self.mass**2)
        one = there / there.sum() * squares / np.maximum(n, 1)
        with_, without = (float((scale * (self._sum((self.weight * x) ** 2) + one)).sum()) for x in (error, off))
        if kish.sum() == 0:
            return float("inf"), 1.0
        return float(part.sum() / kish.sum()), with_ / without if without > 0 else 1.0


def _products(left: np.ndarray, owner: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the product of each respondent's cells, and for each cell that of the respondent's others."""
    positive = left > 0
    logs = np.bincount(owner, weights=np.log(np.where(positive, left, 1.0)), minlength=size)
    zeros = np.bincount(owner, weights=~positive, minlength=size)
    nobody = np.where(zeros > 0, 0.0, np.exp(logs))
    own = np.where(positive, np.log(np.where(positive, left, 1.0)), 0.0)
    others = np.where(zeros[owner] - ~positive > 0, 0.0, np.exp(logs[owner] - own))
    return nobody, others


def _certain(cells: Cells, total: float) -> tuple[float, float]:
    """Give the least and the most that the share can be, by what people read."""
    size = len(cells.weight)
    yes = np.bincount(cells.owner, weights=cells.known & cells.given, minlength=size) > 0
    open_ = np.bincount(cells.owner, weights=~(cells.known & ~cells.given), minlength=size) > 0
    return float(cells.weight[yes].sum() / total), float(cells.weight[open_].sum() / total)
