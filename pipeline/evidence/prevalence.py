"""Prevalence: the share of respondents who raise a theme, with its base and how it was counted."""

from __future__ import annotations

from statistics import NormalDist

import pandas as pd

from pipeline.evidence.segments import MEMBERS, all_segments
from pipeline.foundation.contracts import PREVALENCE
from pipeline.foundation.params import Measure
from pipeline.foundation.tables import empty
from pipeline.survey.description import Survey

PERSON = ["wave", "respondent_id"]


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
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = hits / base
    centre = (share + z * z / (2 * base)) / (1 + z * z / base)
    half = z / (1 + z * z / base) * (share * (1 - share) / base + z * z / (4 * base * base)) ** 0.5
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    high = 1.0 if hits == base else min(1.0, centre + half)
    return float(low), float(high)


def measure_prevalence(
    mentions: pd.DataFrame, respondents: pd.DataFrame, closed: pd.DataFrame, survey: Survey, params: Measure
) -> pd.DataFrame:
    """Count who raises each theme, by wave, question and segment.

    A respondent with several responses to a question counts once. The share is weighted where weights are given;
    `base` and `n` are always numbers of respondents. ``method`` is ``person`` where a person coded every codable
    response that the row rests on, with a score interval (on Kish's effective base where weights differ: Kish,
    Survey Sampling, 1965, eq. 8.2.1); otherwise ``uncorrected``, without an interval, since counts of a machine's
    codes carry its errors.

    Parameters
    ----------
    mentions : DataFrame
        Contract MENTIONS.
    respondents, closed : DataFrame
        Contracts RESPONDENTS and CLOSED, all waves.
    survey : Survey
    params : Measure

    Returns
    -------
    DataFrame
        Contract PREVALENCE. Segments of fewer than ``params.min_segment`` respondents have no row.
    """
    if mentions.empty:
        return empty(PREVALENCE)
    weights = respondents.set_index(PERSON)["weight"]
    parts = []
    for question_id in ["", *sorted(mentions["question_id"].unique())]:
        rows = mentions if not question_id else mentions[mentions["question_id"] == question_id]
        by_person = (
            rows.assign(person=rows["source"] == "person")
            .groupby([*PERSON, "theme_id"], as_index=False)
            .agg(mentioned=("mentioned", "max"), person=("person", "min"))
        )
        by_person["weight"] = weights.reindex(pd.MultiIndex.from_frame(by_person[PERSON])).to_numpy()
        everybody = by_person.assign(segment="")
        named = by_person.merge(all_segments(survey, closed, question_id)[MEMBERS], on=PERSON, how="inner")
        for table, fewest in ((everybody, 1), (named, params.min_segment)):
            parts.append(_shares(table, fewest, params.confidence).assign(question_id=question_id))
    return pd.concat(parts, ignore_index=True)[list(PREVALENCE.columns)]


def _shares(table: pd.DataFrame, fewest: int, confidence: float) -> pd.DataFrame:
    rows = []
    for (wave, theme_id, segment), group in table.groupby(["wave", "theme_id", "segment"], sort=True):
        if len(group) < fewest:
            continue
        weight = group["weight"].to_numpy(float)
        said = group["mentioned"].to_numpy(bool)
        share = float(weight[said].sum() / weight.sum()) if weight.sum() > 0 else float("nan")
        low = high = float("nan")
        by_people = bool(group["person"].all())
        if by_people and weight.sum() > 0:
            effective = weight.sum() ** 2 / (weight**2).sum()
            low, high = score_interval(min(share * effective, effective), effective, confidence)
        rows.append(
            {
                "wave": wave,
                "theme_id": theme_id,
                "segment": segment,
                "base": len(group),
                "n": int(said.sum()),
                "share": min(share, 1.0),
                "low": low,
                "high": high,
                "method": "person" if by_people else "uncorrected",
            }
        )
    kinds = {"base": "int64", "n": "int64", "share": "float64", "low": "float64", "high": "float64"}
    columns = ["wave", "theme_id", "segment", "base", "n", "share", "low", "high", "method"]
    return pd.DataFrame(rows, columns=columns).astype(kinds)
