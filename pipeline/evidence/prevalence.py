"""Prevalence: the share of respondents who raise a theme, with its base and how it was counted."""

from __future__ import annotations

import pandas as pd

from pipeline.evidence.correction import score_bounds
from pipeline.evidence.segments import Segments
from pipeline.evidence.shares import PERSON, row, ways
from pipeline.foundation.contracts import METHODS, PREVALENCE
from pipeline.foundation.params import Measure
from pipeline.foundation.tables import empty

GROUP = ["wave", "theme_id", "segment"]
SHARE = ["wave", "question_id", "theme_id", "segment"]


def score_interval(hits: float, base: float, confidence: float = 0.95) -> tuple[float, float]:
    """Give the score interval of a share (Wilson, JASA 22 (1927), p. 209; Brown, Cai, DasGupta 2001, eq. 4).

    Parameters
    ----------
    hits : float
        How many of the base raise the theme, 0 to `base`.
    base : float
        How many answered; above 0.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    low, high : float
        Inside 0 and 1.

    Examples
    --------
    >>> [round(x, 4) for x in score_interval(8, 10)]
    [0.4902, 0.9433]
    >>> score_interval(0, 10)[0]
    0.0
    """
    return score_bounds(hits / base, base, confidence)


def measure_prevalence(cells: pd.DataFrame, segments: Segments, sampled: bool, params: Measure) -> pd.DataFrame:
    """Count who raises each theme, by wave, question and segment, in each way that the codes allow.

    A respondent with several responses to a question counts once. Shares are weighted where weights are given; `base`
    and `n` are always numbers of respondents. A share has one row for each ``method``:

    ``person``
        What people coded. Where that is every codable response, it is the only row, with a score interval (on Kish's
        effective base where weights differ: Kish, Survey Sampling, 1965, eq. 8.2.1). Where it is a random part of the
        answers to one question, ``base`` is that part (`nearest` tells the two apart).
    ``corrected``
        The machine's counts put right by what people read at random (`corrected_share`); `n` is the share times the
        base, rounded.
    ``uncorrected``
        The machine's counts, people's codes where there are any. No interval: it would leave out the machine's errors.

    Parameters
    ----------
    cells : DataFrame
        As `share_cells` gives them, of any themes.
    segments : callable
        As `segments_of` gives it.
    sampled : bool
        Whether the respondents are a random sample; then intervals of corrected shares hold the chance of who was
        drawn, too.
    params : Measure

    Returns
    -------
    DataFrame
        Contract PREVALENCE. Segments of fewer than ``params.min_segment`` respondents have no row.
    """
    if cells.empty:
        return empty(PREVALENCE)
    parts = []
    for question_id in ["", *sorted(cells["question_id"].unique())]:
        mine = cells if not question_id else cells[cells["question_id"] == question_id]
        everybody = mine.assign(segment="")
        named = mine.merge(segments(question_id), on=PERSON, how="inner")
        for table, fewest in ((everybody, 1), (named, params.min_segment)):
            rows = [
                {**dict(zip(GROUP, key, strict=True)), "question_id": question_id, **row(share)}
                for key, group in table.groupby(GROUP, sort=True)
                for share in ways(group, fewest, params.confidence, sampled)
            ]
            parts.append(pd.DataFrame(rows, columns=list(PREVALENCE.columns)))
    kinds = {"base": "int64", "n": "int64", "share": "float64", "low": "float64", "high": "float64"}
    return pd.concat(parts, ignore_index=True).astype(kinds)


def nearest(prevalence: pd.DataFrame) -> pd.DataFrame:
    """Give one row for each share: of several methods the nearest to a reader's that speaks of everybody.

    People's codes of a part of the respondents stand behind the corrected share of all, and in its interval.
    """
    whole = prevalence["base"] == prevalence.groupby(SHARE)["base"].transform("max")
    place = prevalence["method"].map(METHODS.index).astype(int)
    rank = place.where(whole, place + len(METHODS))
    ranked = prevalence.assign(rank=rank).sort_values([*SHARE, "rank"])
    return ranked.drop_duplicates(SHARE).drop(columns="rank")
