"""Numeric questions: mean, median and quartiles, weighted where weights are given."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.evidence.closed import ITEM, PERSON, bases_of
from pipeline.foundation.contracts import NUMBERS
from pipeline.foundation.tables import empty
from pipeline.survey.description import Survey

QUARTILES = {"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}


def weighted_quantile(values: np.ndarray, weights: np.ndarray, p: float) -> float:
    """Give a weighted quantile (Akinshin, Weighted quantile estimators, arXiv:2304.07265, 2023, type 7).

    With equal weights it is the quantile that NumPy, R and spreadsheets give (Hyndman and Fan 1996, type 7); otherwise
    Kish's effective base stands in for the number of values.

    Parameters
    ----------
    values : ndarray of shape (n,)
    weights : ndarray of shape (n,)
        0 or more, some of them above 0.
    p : float
        0 to 1.

    Examples
    --------
    >>> weighted_quantile(np.array([1.0, 2.0, 3.0, 10.0]), np.ones(4), 0.5)
    2.5
    >>> round(weighted_quantile(np.array([1.0, 2.0]), np.array([3.0, 1.0]), 0.5), 2)
    1.1
    """
    order = np.argsort(values, kind="stable")
    value, weight = values[order], weights[order] / weights.sum()
    value, weight = value[weight > 0], weight[weight > 0]
    effective = 1 / float((weight**2).sum())
    # The mean of the quantile function over a window one observation wide, as type 7 interpolates.
    start = p * (effective - 1) / effective
    edges = np.concatenate([[0.0], np.cumsum(weight)])
    edges[-1] = 1.0
    within = np.clip((edges - start) * effective, 0.0, 1.0)
    return float(np.clip((np.diff(within) * value).sum(), value[0], value[-1]))


def measure_numbers(
    closed: pd.DataFrame, respondents: pd.DataFrame, asked: pd.DataFrame, survey: Survey
) -> pd.DataFrame:
    """Describe the answers to every numeric question, wave by wave.

    Parameters
    ----------
    closed, respondents : DataFrame
        Contracts CLOSED and RESPONDENTS, all waves.
    asked : DataFrame
        As `closed.asked_of` gives it.
    survey : Survey

    Returns
    -------
    DataFrame
        Contract NUMBERS. ``base`` counts who answered, ``n`` those of them who gave a number and have a weight above
        0: all other figures are of these, NaN where there is none. ``minimum`` and ``maximum`` are single answers and
        not for publication.
    """
    items = [item for item, (_, question) in survey.closed_items.items() if question.kind == "numeric"]
    mine = closed[closed["question_id"].isin(items)]
    bases = bases_of(mine, respondents, asked[asked["question_id"].isin(items)])
    if bases.empty:
        return empty(NUMBERS)
    # Digits and a point: what else a cell holds, `ingest` has counted as no number.
    answers = mine.assign(number=pd.to_numeric(mine["value"], errors="coerce")).dropna(subset=["number"])
    answers = answers[np.isfinite(answers["number"])].drop_duplicates([*PERSON, "question_id"])
    answers = answers.merge(respondents, on=PERSON, how="left")
    groups = dict(list(answers[answers["weight"] > 0].groupby(ITEM)))
    rows = []
    for row in bases.sort_values(ITEM).to_dict("records"):
        group = groups.get((row["wave"], row["question_id"]))
        rows.append({**row, **_figures(group)})
    return pd.DataFrame(rows)[list(NUMBERS.columns)]


def _figures(group: pd.DataFrame | None) -> dict[str, float | int]:
    if group is None:
        named = ("mean", *QUARTILES, "minimum", "maximum", "effective_base")
        return {"n": 0, **dict.fromkeys(named, float("nan"))}
    values, weights = group["number"].to_numpy(float), group["weight"].to_numpy(float)
    return {
        "n": len(values),
        "mean": float(np.average(values, weights=weights)),
        **{name: weighted_quantile(values, weights, p) for name, p in QUARTILES.items()},
        "minimum": float(values.min()),
        "maximum": float(values.max()),
        "effective_base": float(weights.sum() ** 2 / (weights**2).sum()),
    }
