"""Stability: is a candidate found again when part of the answers is left out?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

SHARE = 0.8


def stability(
    vectors: np.ndarray,
    group: np.ndarray,
    groups: int,
    assign: Callable[[np.ndarray, int, int], np.ndarray],
    resamples: int,
    seed: int,
) -> dict[int, float]:
    """Find each group's mean best Jaccard overlap over random parts of the texts.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
        Distinct texts, sorted by their ids.
    group : ndarray of int, shape (n,)
        The grouping to be judged; -1 for none.
    groups : int
        How many groups each repetition looks for.
    assign : callable
        ``assign(vectors, groups, seed)`` gives a grouping.
    resamples : int
        Repetitions, each on 80 % of the texts without replacement.
    seed : int

    Returns
    -------
    dict of int to float
        For each group the mean over repetitions, between 0 and 1. See Hennig, Cluster-wise assessment of cluster
        stability, Computational Statistics & Data Analysis 52 (2007), section 3.
    """
    generator = np.random.default_rng(seed)
    found: dict[int, list[float]] = {int(g): [] for g in set(group) - {-1}}
    for repetition in range(resamples):
        rows = np.sort(generator.choice(len(vectors), max(groups, int(SHARE * len(vectors))), replace=False))
        again = assign(vectors[rows], groups, seed + 1 + repetition)
        for number, overlaps in found.items():
            mine = group[rows] == number
            if mine.any():
                others = set(again[mine]) - {-1}
                overlaps.append(max((_jaccard(mine, again == other) for other in others), default=0.0))
    return {number: float(np.mean(overlaps)) if overlaps else 0.0 for number, overlaps in found.items()}


def _jaccard(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())
