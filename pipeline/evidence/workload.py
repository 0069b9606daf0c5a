"""What people's reading buys: agreement of the finished coding, and how often what is called sure is wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.evidence.agreement import f1, fair_pairs
from pipeline.themes.gold import Gold
from pipeline.themes.risk import NEVER_SURE, expected_errors, sure_cuts

STEPS = tuple(range(0, 101, 10))
COLUMNS = ("probability", "mentioned", "given")


def measure_workload(heldout: pd.DataFrame, gold: Gold, risk: float) -> dict[str, float]:
    """Say from held-out predictions what coding a part of the answers by hand would give.

    Parameters
    ----------
    heldout : DataFrame
        Contract HELDOUT.
    gold : Gold
        The readers' codes.
    risk : float
        Share of the sure mentions that may be wrong, between 0 and 1.

    Returns
    -------
    dict of str to float
        ``f1_read_<p>``: micro-F1 when people code the p % of the answers with most expected errors and the machine the
        rest; ``f1_random_<p>``: the same for answers chosen at random, by expected counts; ``risk_asked``;
        ``sure_wrong``, the share of sure mentions that the readers did not give, and ``sure_found``, the share of the
        readers' mentions that are found and sure, each fold by cuts from the other folds. Shares lie between 0 and 1.
        Empty where nothing was coded.
    """
    pairs = fair_pairs(heldout, gold)
    if pairs.empty:
        return {}
    wide = {name: pairs.pivot(index="response_id", columns="theme_id", values=name) for name in COLUMNS}
    allowed = wide["probability"].notna().to_numpy()
    probability = wide["probability"].fillna(0).to_numpy(float)
    said, given = (wide[name].eq(True).to_numpy(bool) for name in ("mentioned", "given"))
    fold = pairs.groupby("response_id")["fold"].first().reindex(wide["given"].index).to_numpy(int)
    figures = _curve(probability, said, given) | _risk(probability, given, allowed, fold, risk)
    return {name: round(value, 6) for name, value in figures.items()}


def _curve(probability: np.ndarray, said: np.ndarray, given: np.ndarray) -> dict[str, float]:
    order = np.argsort(-expected_errors(probability, said), kind="stable")
    hit, only_said, only_given = (said & given).sum(), (said & ~given).sum(), (~said & given).sum()
    figures = {}
    for step in STEPS:
        finished = said.copy()
        read = order[: round(len(order) * step / 100)]
        finished[read] = given[read]
        figures[f"f1_read_{step:03d}"] = f1(
            (finished & given).sum(), (finished & ~given).sum(), (~finished & given).sum()
        )
        left = 1 - step / 100
        figures[f"f1_random_{step:03d}"] = f1(hit + (1 - left) * only_given, left * only_said, left * only_given)
    return figures


def _risk(
    probability: np.ndarray, given: np.ndarray, allowed: np.ndarray, fold: np.ndarray, risk: float
) -> dict[str, float]:
    sure = np.zeros(given.shape, bool)
    for one in np.unique(fold):
        held, rest = fold == one, fold != one
        cuts = sure_cuts(probability[rest], given[rest], allowed[rest], risk) if rest.any() else NEVER_SURE
        sure[held] = (probability[held] >= cuts) & allowed[held]
    return {
        "risk_asked": risk,
        "sure": float(sure.sum()),
        "sure_wrong": float((sure & ~given).sum() / max(1, sure.sum())),
        "sure_found": float((sure & given).sum() / max(1, given.sum())),
    }
