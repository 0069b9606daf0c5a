"""Stability: is a candidate or a theme found again in other parts of the answers, or from another start?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline.foundation.cores import in_threads

SHARE = 0.8
# Hennig (2007): below this overlap, a group has dissolved.
FOUND = 0.5
INTERVAL = (0.05, 0.95)


@dataclass(frozen=True)
class Card:
    """How steady one candidate or theme is. Every overlap is a Jaccard index between 0 and 1.

    Parameters
    ----------
    stability, low, high : float
        Mean over resamples, and the 5 % and 95 % points of the single overlaps.
    found_again, resamples : int
        In how many of how many resamples the overlap was at least 0.5.
    seeds : float
        Mean overlap with the groups found from other starting points; NaN where none were tried.
    halves : float
        Overlap, in one half of the answers, of the group found there with the group found in the other half.
    """

    stability: float
    low: float
    high: float
    found_again: int
    resamples: int
    seeds: float = float("nan")
    halves: float = float("nan")


def jaccard(one: np.ndarray, other: np.ndarray) -> float:
    """Overlap of two sets given as masks: shared over all; 0 where both are empty."""
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else 0.0


def overlaps(group: np.ndarray, again: np.ndarray, groups: int) -> np.ndarray:
    """Best Jaccard overlap of each group with any group of another grouping of the same passages.

    Parameters
    ----------
    group, again : ndarray of int, shape (n,)
        -1 for none.
    groups : int
        Groups are numbered 0 to ``groups - 1`` in `group`.

    Returns
    -------
    ndarray, shape (groups,)
        NaN where a group has no member here (Hennig, Cluster-wise assessment of cluster stability, Computational
        Statistics & Data Analysis 52 (2007), section 3).

    Examples
    --------
    >>> overlaps(np.array([0, 0, 1, 1]), np.array([5, 5, 5, 6]), 2)
    array([0.66666667, 0.5       ])
    """
    best = np.full(groups, np.nan)
    for number in range(groups):
        mine = group == number
        if mine.any():
            best[number] = max((jaccard(mine, again == other) for other in set(again[mine]) - {-1}), default=0.0)
    return best


def parts(answer: np.ndarray, resamples: int, seed: int) -> list[np.ndarray]:
    """Draw random parts of the answers, each 80 % of them without replacement, as masks over the passages."""
    generator = np.random.default_rng(seed)
    answers = answer.max() + 1
    drawn = []
    for _ in range(resamples):
        chosen = np.zeros(answers, bool)
        chosen[generator.choice(answers, max(1, int(SHARE * answers)), replace=False)] = True
        drawn.append(chosen[answer])
    return drawn


@dataclass(frozen=True)
class Again:
    """What other parts of the answers and other starting points gave.

    Parameters
    ----------
    parts : list of (ndarray of bool, ndarray of int)
        For each resample the passages it used, and the group of every passage.
    seeds : list of ndarray of int
        The groups found on all passages from other starting points.
    halves : (ndarray of bool, ndarray of int, ndarray of int)
        One half of the answers, the groups found in it, and those found in the other half, each for all passages.
    """

    parts: list[tuple[np.ndarray, np.ndarray]]
    seeds: list[np.ndarray]
    halves: tuple[np.ndarray, np.ndarray, np.ndarray]

    def mapped(self, level: Callable[[np.ndarray], np.ndarray]) -> Again:
        """Give the same with every grouping put through `level`."""
        half, one, other = self.halves
        return Again(
            [(kept, level(g)) for kept, g in self.parts],
            [level(g) for g in self.seeds],
            (half, level(one), level(other)),
        )


def regrouped(
    answer: np.ndarray,
    regroup: Callable[[np.ndarray, int], np.ndarray],
    resamples: int,
    seeds: int,
    seed: int,
) -> Again:
    """Group again: on parts of the answers, from other starting points, and on two halves.

    Parameters
    ----------
    answer : ndarray of int, shape (n,)
        The answer each passage stands in, from 0; parts are drawn by answer.
    regroup : callable
        ``regroup(kept, seed)`` groups all n passages using only those of the mask `kept`.
    resamples, seeds : int
        How many parts are drawn, each of 80 % of the answers without replacement, and how many other starting points.
    seed : int
    """
    everything = np.ones(len(answer), bool)
    drawn = parts(answer, resamples, seed)
    half = np.random.default_rng(seed + 1).permutation(answer.max() + 1)[answer] % 2 == 0
    todo = [
        *((kept, seed + 1 + n) for n, kept in enumerate(drawn)),
        *((everything, seed + 1001 + n) for n in range(seeds)),
        (half, seed + 2001),
        (~half, seed + 2002),
    ]
    done = in_threads(lambda each: regroup(*each), todo)
    return Again(list(zip(drawn, done, strict=False)), done[len(drawn) : -2], (half, done[-2], done[-1]))


def cards(group: np.ndarray, groups: int, again: Again) -> list[Card]:
    """Make the stability card of every group.

    Parameters
    ----------
    group : ndarray of int, shape (n,)
        The grouping to be judged, numbered 0 to ``groups - 1``.
    groups : int
    again : Again
        The same passages grouped again.

    Returns
    -------
    list of Card, length groups
    """
    rows = np.array([overlaps(group[kept], other[kept], groups) for kept, other in again.parts])
    started = np.array([overlaps(group, other, groups) for other in again.seeds])
    half, one, other = again.halves
    made = []
    for number in range(groups):
        mine = group == number
        here, there = _counterpart(mine & half, one, half), _counterpart(mine & ~half, other, ~half)
        # Where it was not looked for: the group that one half found, and the other half's own, in that other half.
        crossed = jaccard(one[~half] == here, other[~half] == there) if min(here, there) >= 0 else 0.0
        found = rows[:, number]
        seeds = started[:, number] if len(started) else np.array([])
        made.append(card(found[~np.isnan(found)], float(seeds.mean()) if len(seeds) else float("nan"), crossed))
    return made


def _counterpart(mine: np.ndarray, other: np.ndarray, where: np.ndarray) -> int:
    """The group of another grouping that overlaps most with mine; -1 where there is none."""
    return max(
        (int(g) for g in np.unique(other[mine])),
        key=lambda g: (jaccard(mine[where], other[where] == g), -g),
        default=-1,
    )


def card(values: np.ndarray, seeds: float = float("nan"), halves: float = float("nan")) -> Card:
    """Sum up the overlaps of the resamples in which a group could have been found.

    Examples
    --------
    >>> card(np.array([0.9, 0.7, 0.4, 0.8])).found_again
    3
    """
    if not len(values):
        return Card(0.0, 0.0, 0.0, 0, 0, seeds, halves)
    low, high = np.quantile(values, INTERVAL)
    return Card(float(values.mean()), float(low), float(high), int((values >= FOUND).sum()), len(values), seeds, halves)


def theme_stability(mentioned: np.ndarray, recode: Callable[[int], np.ndarray], resamples: int) -> list[Card]:
    """Make the stability card of every theme: does the coder find the same answers when taught a part of what it was?

    Parameters
    ----------
    mentioned : ndarray of bool, shape (n, K)
        The coding to be judged: answers by themes.
    recode : callable
        ``recode(repetition)`` teaches the coder a random 80 % of each theme's texts and of the coded answers, and
        codes the same n answers: ndarray of bool, shape (n, K). Themes keep their column, so nothing is matched.
    resamples : int

    Returns
    -------
    list of Card, length K
        A theme with no mention in either coding has overlap 0.
    """
    again = in_threads(recode, range(resamples))
    return [
        card(np.array([jaccard(mentioned[:, k], coded[:, k]) for coded in again])) for k in range(mentioned.shape[1])
    ]
