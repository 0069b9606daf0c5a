"""Differences of shares: from wave to wave, between segments and between sides, with intervals, tested together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

from pipeline.evidence.correction import score_bounds
from pipeline.evidence.segments import Segments
from pipeline.evidence.shares import PERSON, Share, best, ways
from pipeline.foundation.contracts import DIFFERENCES
from pipeline.foundation.params import Measure
from pipeline.foundation.tables import empty

# With fewer expected answers than this in a cell, the test says nothing (Campbell, Stat. in Medicine 26 (2007), 3661).
FEWEST_EXPECTED = 1.0
OTHERS = "others"


def difference_interval(one: Share, other: Share, confidence: float = 0.95) -> tuple[float, float]:
    """Give the interval of a difference of two shares of different people (Newcombe, Stat. in Medicine 17 (1998), 873).

    Newcombe's hybrid score interval (his method 10) from the score intervals of both shares on their effective bases.

    Returns
    -------
    low, high : float
        -1 to 1, around ``one.share - other.share``.

    Examples
    --------
    >>> one, other = (Share(n, k, k / n, 0, 0, "person", n) for k, n in ((56, 70), (48, 80)))
    >>> [round(x, 4) for x in difference_interval(one, other)]
    [0.0524, 0.3339]
    """
    (low1, high1), (low2, high2) = (score_bounds(s.share, s.effective, confidence) for s in (one, other))
    difference = one.share - other.share
    low = difference - ((one.share - low1) ** 2 + (high2 - other.share) ** 2) ** 0.5
    high = difference + ((high1 - one.share) ** 2 + (other.share - low2) ** 2) ** 0.5
    return low, high


def difference_test(one: Share, other: Share) -> float:
    """Test whether two shares of different people are the same: the "N - 1" chi-squared test (Campbell 2007, p. 3668).

    Returns
    -------
    float
        Two-sided p, 0 to 1; NaN where fewer than one answer is to be expected in a cell, and where a share is
        uncorrected.

    Examples
    --------
    >>> one, other = (Share(n, k, k / n, 0, 0, "person", n) for k, n in ((56, 70), (48, 80)))
    >>> round(difference_test(one, other), 5)
    0.00826
    """
    n1, n2 = one.effective, other.effective
    total = n1 + n2
    pooled = (n1 * one.share + n2 * other.share) / total
    if not min(n1, n2) * min(pooled, 1 - pooled) >= FEWEST_EXPECTED:
        return float("nan")
    error = (pooled * (1 - pooled) * (1 / n1 + 1 / n2) * total / (total - 1)) ** 0.5
    return 2 * NormalDist().cdf(-abs(one.share - other.share) / error)


def effect_size(one: float, other: float) -> float:
    """Give Cohen's h, the difference of two shares on a scale on which all are alike (Cohen 1988, eq. 6.2.1).

    Examples
    --------
    >>> round(effect_size(0.5, 0.25), 4)
    0.5236
    """
    return float(2 * np.arcsin(one**0.5) - 2 * np.arcsin(other**0.5))


def measure_differences(
    cells: pd.DataFrame, segments: Segments, waves: Sequence[str], sampled: bool, params: Measure
) -> pd.DataFrame:
    """Compare shares of each theme: a wave with the one before, each segment with the others, the sides.

    A theme of several questions is compared in all of them together and in each; of an attribute with two values and
    of two sides one comparison is made. Both intervals and tests count the chance of who answered among people such as
    these and the errors of the coder (``Share.effective``). Those who answered in two waves are taken as different
    people, which makes a change harder to see, not easier.

    Parameters
    ----------
    cells : DataFrame
        As `share_cells` gives them.
    segments : callable
        As `segments_of` gives it.
    waves : sequence of str
        In their order.
    sampled : bool
        Whether the respondents are a random sample.
    params : Measure

    Returns
    -------
    DataFrame
        Contract DIFFERENCES but for `p_adjusted`, which `adjust_together` adds. Uncorrected shares are compared, and
        not tested: `low` to `p` are NaN.
    """
    rows = []
    for question_id, mine in _scopes(cells):
        for (theme_id, wave, segment, against), one, other in _pairs(
            question_id, mine, segments, waves, sampled, params
        ):
            row = {"question_id": question_id, "theme_id": theme_id, "wave": wave, "segment": segment}
            rows.append({**row, "against": against, **_compared(one, other, params.confidence)})
    return pd.DataFrame(rows) if rows else empty(DIFFERENCES).drop(columns="p_adjusted")


def adjust_together(differences: pd.DataFrame) -> pd.DataFrame:
    """Adjust the p-values of all differences of one wave for each other (Benjamini, Hochberg, JRSS B 57 (1995), 289).

    Parameters
    ----------
    differences : DataFrame
        All that `measure_differences` gives, of all themes.

    Returns
    -------
    DataFrame
        Contract DIFFERENCES.
    """
    # Half a second: where differences are tested, not wherever their table is read.
    from scipy.stats import false_discovery_control

    table = differences.assign(p_adjusted=float("nan")).reset_index(drop=True)
    for _, tested in table[table["p"].notna()].groupby("wave"):
        table.loc[tested.index, "p_adjusted"] = false_discovery_control(tested["p"], method="bh")
    return table[list(DIFFERENCES.columns)].sort_values(list(DIFFERENCES.key), ignore_index=True)


def _scopes(cells: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give all questions together, for themes that several have, and each question."""
    if cells.empty:
        return
    questions = cells.groupby("theme_id")["question_id"].nunique()
    several = cells[cells["theme_id"].isin(questions.index[questions > 1])]
    if len(several):
        yield "", several
    yield from cells.groupby("question_id", sort=True)


Pair = tuple[tuple[str, str, str, str], Share, Share]


def _pairs(
    question_id: str, cells: pd.DataFrame, segments: Segments, waves: Sequence[str], sampled: bool, params: Measure
) -> Iterator[Pair]:
    def share(group: pd.DataFrame) -> Share | None:
        found = ways(group, params.min_segment, params.confidence, sampled)
        return best(found) if found and not np.isnan(best(found).share) else None

    overall = {key: share(group) for key, group in cells.groupby(["theme_id", "wave"], sort=True)}
    before = dict(zip(waves[1:], waves, strict=False))
    for (theme_id, wave), one in overall.items():
        other = overall.get((theme_id, before.get(wave, "")))
        if one and other:
            yield (theme_id, wave, "", before[wave]), one, other
    named = cells.merge(segments(question_id), on=PERSON, how="inner")
    attribute = named["segment"].map(lambda segment: segment.partition("=")[0])
    for (theme_id, wave, _), group in named.groupby(["theme_id", "wave", attribute], sort=True):
        for segment, against, inside, outside in _splits(group):
            one, other = share(inside), share(outside)
            if one and other:
                yield (theme_id, wave, segment, against), one, other


def _splits(group: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame, pd.DataFrame]]:
    """Split respondents by each value of an attribute, or by side, against all who have another value of it alone."""
    code, values = pd.factorize(group["segment"], sort=True)
    owner = pd.factorize(group["respondent_id"])[0]
    place = pd.factorize(group["question_id"])[0]
    # Two values are one comparison, unless somebody chose both.
    two = len(values) == 2 and not np.intersect1d(owner[code == 0], owner[code == 1]).size
    for at in range(1 if two else len(values)):
        inside = code == at
        outside = ~np.isin(owner, owner[inside])
        # Where several values were chosen, what a respondent answered stands there once for each.
        rows = np.flatnonzero(outside)
        rows = rows[np.unique(owner[rows] * (place.max() + 1) + place[rows], return_index=True)[1]]
        if inside.any() and len(rows):
            against = values[1 - at] if two else OTHERS
            yield values[at], against, group[inside], group.iloc[np.sort(rows)]


def _compared(one: Share, other: Share, confidence: float) -> dict[str, object]:
    tested = not np.isnan(one.effective) and not np.isnan(other.effective)
    low, high = difference_interval(one, other, confidence) if tested else (float("nan"),) * 2
    return {
        "share": one.share,
        "other_share": other.share,
        "base": one.base,
        "other_base": other.base,
        "method": one.method,
        "other_method": other.method,
        "difference": one.share - other.share,
        "low": low,
        "high": high,
        "effect": effect_size(one.share, other.share),
        "p": difference_test(one, other) if tested else float("nan"),
    }
