"""The three ways to give a share with an interval from one draw of gold, and how each fared over many draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.evidence.correction import Cells, corrected_share, score_bounds
from pipeline.themes.calibration import best_cut

WAYS = ("people only", "naive", "corrected")
BARRED = 0.02


@dataclass(frozen=True)
class Population:
    """Coded answers: what people gave, and which respondent and question each belongs to."""

    truth: np.ndarray
    owner: np.ndarray
    question: np.ndarray

    def within(self, rows: np.ndarray) -> Population:
        """Give some of the answers, by position."""
        return Population(self.truth[rows], np.unique(self.owner[rows], return_inverse=True)[1], self.question[rows])


def people_only(given: np.ndarray, size: int) -> np.ndarray:
    """Share, low and high of each theme by the drawn gold alone, shape (K, 3)."""
    n = len(given)
    effective = n / (1 - n / size) if n < size else float("inf")
    return np.array([(p, *score_bounds(p, effective)) for p in given.mean(0).tolist()])


def naive(final: np.ndarray, gold: np.ndarray, given: np.ndarray, themes: np.ndarray) -> np.ndarray:
    """The same by counting the machine's codes, people's where there are any, as if they were all people's."""
    rows = []
    for k in themes:
        said = final[:, k] >= best_cut(final[:, k])
        said[gold] = given[:, k]
        share = float(said.mean())
        rows.append((share, *score_bounds(share, len(said))))
    return np.array(rows)


def corrected(
    people: Population, held: np.ndarray, final: np.ndarray, gold: np.ndarray, themes: np.ndarray, by_respondent: bool
) -> np.ndarray:
    """The same by `corrected_share`; NaN where it gives none.

    Each answer is a respondent of its own in one stratum, as in a single question; `by_respondent` makes it a share of
    respondents who raise the theme in any question.
    """
    size = len(people.truth)
    read = np.zeros(size, bool)
    read[gold] = True
    owner, stratum = (people.owner, people.question) if by_respondent else (np.arange(size), np.zeros(size, int))
    weight, nothing = np.ones(int(owner.max()) + 1), np.zeros(size, bool)
    rows = []
    for k in themes:
        predicted = final[:, k].copy()
        predicted[gold] = held[:, k]
        found = corrected_share(
            Cells(owner, stratum, predicted, read, people.truth[:, k] & read, read, nothing, weight)
        )
        rows.append((found.share, found.low, found.high) if found else (np.nan,) * 3)
    return np.array(rows)


def fared(found: np.ndarray, true: np.ndarray) -> dict[str, np.ndarray]:
    """Coverage, mean width, bias and root mean squared error by theme.

    Parameters
    ----------
    found : ndarray, shape (draws, K, 3)
        Share, low, high; NaN draws are left out.
    true : ndarray, shape (K,)
    """
    share, low, high = np.moveaxis(found, -1, 0)
    there = np.isfinite(share)
    count = np.maximum(there.sum(0), 1)

    def mean(values: np.ndarray) -> np.ndarray:
        return np.where(there, values, 0.0).sum(0) / count

    return {
        "coverage": mean((low <= true) & (true <= high)),
        "width": mean(high - low),
        "bias": mean(share - true),
        "rmse": np.sqrt(mean((share - true) ** 2)),
        "draws": there.sum(0),
    }


def bars(size: int, by_way: dict[str, dict[str, np.ndarray]], true: np.ndarray) -> list[dict]:
    """Hold the corrected intervals against the bars of issue 5, over themes with a true share of 2 % or more."""
    mine = true >= BARRED
    coverage = by_way["corrected"]["coverage"][mine]
    found = [("mean coverage", float(coverage.mean()), "0.93 to 0.97", bool(0.93 <= coverage.mean() <= 0.97))]
    if size >= 200:
        found.append(
            ("lowest coverage of a theme", float(coverage.min()), "at least 0.90", bool(coverage.min() >= 0.9))
        )
    widths = by_way["corrected"]["width"][mine], by_way["people only"]["width"][mine]
    if size == 200:
        both = float(widths[0].mean() / widths[1].mean())
        each = float((widths[0] / widths[1]).mean())
        worst = float((widths[0] / widths[1]).max())
        found += [
            ("mean width over mean people-only width", both, "at most 0.92", both <= 0.92),
            ("mean over themes of width over people-only width", each, "at most 0.92", each <= 0.92),
            ("largest width over people-only width of a theme", worst, "at most 1.05", worst <= 1.05),
        ]
    return [dict(zip(("figure", "value", "bar", "met"), row, strict=True), size=size) for row in found]
