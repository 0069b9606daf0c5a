"""Invented inputs, by seed and at the edges."""

from __future__ import annotations

import numpy as np

SEED = 20250


def make() -> dict[str, object]:
    """Give the inputs of every figure, as JSON can hold them; None stands for an answer that a coder did not code."""
    rng = np.random.default_rng(SEED)
    return {
        "shares": [[0, 10], [10, 10], [1, 1], [8, 10], [3, 400], [83, 268], [1999, 2000]],
        "confidences": [0.9, 0.95, 0.99],
        "two_shares": [[83, 268, 41, 200], [5, 40, 1, 60], [30, 60, 30, 60], [2, 900, 9, 1000]],
        "p_values": [[0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205], [0.5], [0.04, 0.04, 0.04, 1.0]],
        "weighted": [_weighted(rng, n, same) for n, same in ((60, False), (40, True), (200, False))],
        "two_coders": [_coders(rng, 2, n, share, 0.0) for n, share in ((50, 0.4), (80, 0.06), (12, 0.5))],
        "many_coders": [
            _coders(rng, k, n, share, gaps) for k, n, share, gaps in ((2, 60, 0.3, 0.2), (4, 50, 0.1, 0.4))
        ],
        "sets": [_sets(rng, k, n, t, gaps) for k, n, t, gaps in ((2, 40, 4, 0.0), (3, 40, 6, 0.3))],
        "corrected": [
            _corrected(rng, n, there, slope, weights)
            for n, there, slope, weights in ((60, 240, 0.6, False), (40, 100, 0.7, True), (50, 150, 1.5, False))
        ],
    }


def _weighted(rng: np.random.Generator, n: int, same: bool) -> dict[str, object]:
    weight = np.ones(n) if same else rng.gamma(2.0, 1.0, n).round(3) + 0.01
    return {"given": (rng.random(n) < 0.3).astype(int).tolist(), "weight": weight.tolist()}


def _coders(rng: np.random.Generator, coders: int, answers: int, share: float, gaps: float) -> list[list[object]]:
    truth = rng.random(answers) < share
    codes = []
    for _ in range(coders):
        said = np.where(rng.random(answers) < 0.15, ~truth, truth)
        missing = rng.random(answers) < gaps
        codes.append([None if gone else int(yes) for yes, gone in zip(said, missing, strict=True)])
    # Nobody is left without any code, which irrCAC divides by.
    codes[0] = [int(yes) if code is None else code for code, yes in zip(codes[0], truth, strict=True)]
    return codes


def _sets(rng: np.random.Generator, coders: int, answers: int, themes: int, gaps: float) -> list[list[object]]:
    """Sets of themes as lists of their numbers, empty ones too."""
    truth = rng.random((answers, themes)) < 0.3
    found = []
    for _ in range(coders):
        said = np.where(rng.random(truth.shape) < 0.1, ~truth, truth)
        missing = rng.random(answers) < gaps
        found.append([None if gone else np.flatnonzero(row).tolist() for row, gone in zip(said, missing, strict=True)])
    return found


def _corrected(rng: np.random.Generator, read: int, there: int, slope: float, weights: bool) -> dict[str, object]:
    probability = rng.beta(0.6, 1.4, there).round(4)
    given = (rng.random(there) < np.clip(0.05 + slope * probability, 0, 1)).astype(int)
    return {
        "predicted": probability.tolist(),
        "given": given[:read].tolist(),
        "weight": (rng.gamma(3.0, 1.0, there).round(3) + 0.1 if weights else np.ones(there)).tolist(),
    }
