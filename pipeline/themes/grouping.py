"""Grouping: fine groups of passages, and broad groups of these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.foundation.params import Discover
from pipeline.themes.meaning import drawn, likeness, neighbours, towards, unit_length

# Below so many fine groups, broader ones would say nothing more.
FEWEST_FOR_BROAD = 6


@dataclass(frozen=True)
class Space:
    """Where passages lie, who their neighbours are, and how much each counts.

    Parameters
    ----------
    points : ndarray, shape (n, d)
    pool : ndarray of int, shape (m,)
        The bounded sample on which groups are sought.
    index, weight : ndarray, shape (n, p)
        Neighbours in the pool.
    counts : ndarray, shape (n,)
        Above 0: one shared out among the passages of an answer, so that long answers do not speak louder.
    """

    points: np.ndarray
    pool: np.ndarray
    index: np.ndarray
    weight: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, points: np.ndarray, pool: np.ndarray, counts: np.ndarray) -> Space:
        """Find the neighbours once; resamples reuse them."""
        own = np.full(len(points), -1)
        own[pool] = np.arange(len(pool))
        return cls(points, pool, *neighbours(points, points[pool], own), counts)

    def settled(self, kept: np.ndarray) -> np.ndarray:
        """Draw all points to where those most like them are, by the part `kept` of the pool alone; shape (n, d)."""
        graph = likeness(self.index, self.weight, kept)
        return towards(self.points, graph, drawn(self.points[self.pool], graph[self.pool]))

    def pooled(self) -> Space:
        """Give the pool alone, as a space of its own."""
        rows = self.pool
        return Space(self.points[rows], np.arange(len(rows)), self.index[rows], self.weight[rows], self.counts[rows])


@dataclass(frozen=True)
class Grouping:
    """A grouping and how well each passage fits.

    Parameters
    ----------
    fine : ndarray of int, shape (n,)
        The nearest fine group of each passage.
    fit : ndarray, shape (n, g)
        Cosine of each passage with each fine group's centre.
    broad : ndarray of int, shape (g,)
        The broad group of each fine one.
    centres : ndarray, shape (g, d)
        The middle of each fine group, unit length.
    """

    fine: np.ndarray
    fit: np.ndarray
    broad: np.ndarray
    centres: np.ndarray


def number_of_groups(passages: int, params: Discover) -> int:
    """How many fine groups n distinct passages can support: the root of half their number, at most what is allowed.

    The rule of thumb of Mardia, Kent and Bibby (Multivariate Analysis, 1979, p. 365). Groups that do not hold are
    taken back later, so this is where the search starts, not where it ends.

    Examples
    --------
    >>> number_of_groups(200, Discover()), number_of_groups(8, Discover())
    (10, 0)
    """
    if passages < 2 * params.min_units:
        return 0
    most = params.max_candidates
    while most + number_of_broad(most) > params.max_candidates:
        most -= 1
    return int(np.clip(round((passages / 2) ** 0.5), 2, max(2, min(most, passages // params.min_units))))


def number_of_broad(groups: int) -> int:
    """How many broad groups stand over so many fine ones; 0 where there are too few to need them.

    Examples
    --------
    >>> number_of_broad(50), number_of_broad(15), number_of_broad(5)
    (10, 5, 0)
    """
    return 0 if groups < FEWEST_FOR_BROAD else round(1.4 * groups**0.5)


def group(space: Space, groups: int, seed: int, kept: np.ndarray | None = None, starts: int = 1) -> Grouping:
    """Group passages on their shared ground.

    Parameters
    ----------
    space : Space
    groups : int
        How many fine groups to look for.
    seed : int
        For the starting centres.
    kept : ndarray of bool, shape (m,), optional
        The part of the pool that may be used; the others are only placed in what is found. All when missing.
    starts : int
        Starting points tried; the best is kept.

    Returns
    -------
    Grouping
        Of all n passages: k-means on unit vectors (Dhillon and Modha, Machine Learning 42 (2001)), and over its centres
        Ward's hierarchy (Ward, JASA 58 (1963)), cut.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from sklearn.cluster import KMeans

    kept = np.ones(len(space.pool), bool) if kept is None else kept
    points = space.settled(kept)
    rows = space.pool[kept]
    fitted = KMeans(min(groups, len(rows)), n_init=starts, random_state=seed).fit(
        points[rows], sample_weight=space.counts[rows]
    )
    centres = unit_length(fitted.cluster_centers_)
    fit = points @ centres.T
    broad = number_of_broad(len(centres))
    cut = fcluster(linkage(centres, "ward"), broad, "maxclust") if broad else np.arange(len(centres)) + 1
    return Grouping(fit.argmax(axis=1), fit, cut - 1, centres)


def bounds_of(fit: np.ndarray, clear: float, bare: float) -> tuple[float, float]:
    """Find the cosines from which passages are clearly explained by their group, and from which hardly at all.

    Parameters
    ----------
    fit : ndarray, shape (n,)
        Cosine of each passage with its own group.
    clear : float
        Share of passages, from the worst fitting, that are not clear.
    bare : float
        Share of passages that fit nowhere at all.
    """
    return float(np.quantile(fit, clear)), float(np.quantile(fit, bare))


def explained(fit: np.ndarray, answer: np.ndarray, clear: float, bare: float) -> np.ndarray:
    """Say which passages a group explains, so that the rest is left unexplained rather than forced in.

    Parameters
    ----------
    fit : ndarray, shape (n,)
        Cosine of each passage with its own group.
    answer : ndarray of int, shape (n,)
        The answer each stands in, counted from 0.
    clear, bare : float
        As `bounds_of` gives them. Between the two, only the best passage of an answer counts.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    best = np.full(answer.max() + 1, -np.inf)
    np.maximum.at(best, answer, fit)
    return (fit >= clear) | ((fit >= bare) & (fit == best[answer]))
