"""Agreement of the coder with its readers, from held-out predictions only."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.evidence.reliability import cohens_kappa, mean_over_themes
from pipeline.themes.gold import Gold

# Active and convenience draws hold too many hard or easy answers; random ones are used where there are any.
FAIR = ("all", "random")


def fair_responses(gold: Gold) -> pd.DataFrame:
    """Give the coded responses that stand for all: those drawn at random or coded throughout, or else all there are."""
    fair = gold.responses[gold.responses["sample"].isin(FAIR)]
    return fair if len(fair) else gold.responses


def fair_pairs(heldout: pd.DataFrame, gold: Gold) -> pd.DataFrame:
    """Give the held-out predictions of those responses, with what the readers gave in the column ``given``."""
    pairs = heldout[heldout["response_id"].isin(fair_responses(gold)["response_id"])]
    known = set(zip(gold.codes["response_id"], gold.codes["theme_id"], strict=True))
    given = [pair in known for pair in zip(pairs["response_id"], pairs["theme_id"], strict=True)]
    return pairs.assign(given=np.array(given, dtype=bool))


def f1(both: float, only_said: float, only_given: float) -> float:
    """Give F1 from counts: 2 both / (2 both + only said + only given); 0 where nothing is said or given.

    Examples
    --------
    >>> f1(3, 1, 1)
    0.75
    """
    return _ratio(2 * both, 2 * both + only_said + only_given)


def measure_agreement(heldout: pd.DataFrame, gold: Gold, fewest: int = 5) -> dict[str, float]:
    """Compare held-out yes/no predictions with the readers' codes.

    Parameters
    ----------
    heldout : DataFrame
        Contract HELDOUT.
    gold : Gold
        The readers' codes.
    fewest : int
        A theme with fewer coded answers than this is left out of the mean over themes and of the per-theme figures.

    Returns
    -------
    dict of str to float
        ``answers``, ``micro_f1``, ``macro_f1``, ``precision``, ``recall``, ``kappa`` (mean of `cohens_kappa` over the
        themes where it is defined: chance is counted theme by theme), ``brier`` (Brier 1950, eq. 2, over pairs),
        ``read_by_people`` (the share of the answers coded by a person, 0 to 1), and ``f1_<theme>``; numbers only,
        empty where nothing was coded.
    """
    pairs = fair_pairs(heldout, gold)
    if pairs.empty:
        return {}
    truth = pairs["given"].to_numpy(bool)
    said = pairs["mentioned"].to_numpy(bool)
    hit, only_said, only_given = (said & truth).sum(), (said & ~truth).sum(), (~said & truth).sum()
    figures = {
        "answers": float(pairs["response_id"].nunique()),
        "read_by_people": float(fair_responses(gold)["by_person"].mean()),
        "micro_f1": f1(hit, only_said, only_given),
        "precision": _ratio(hit, hit + only_said),
        "recall": _ratio(hit, hit + only_given),
        "brier": float(((pairs["probability"].to_numpy() - truth) ** 2).mean()),
    }
    each = {}
    kappas = []
    for theme_id in sorted(pairs["theme_id"].unique()):
        mine = (pairs["theme_id"] == theme_id).to_numpy()
        one, other = said[mine], truth[mine]
        both, only_said, only_given = (one & other).sum(), (one & ~other).sum(), (~one & other).sum()
        kappas.append(cohens_kappa(np.array([both, only_said, only_given, (~one & ~other).sum()])))
        if both + only_given >= fewest:
            each[f"f1_{theme_id}"] = f1(both, only_said, only_given)
    figures["kappa"] = float(np.nan_to_num(mean_over_themes(np.array(kappas))))
    if each:
        figures["macro_f1"] = float(np.mean(list(each.values())))
    return {name: round(value, 6) for name, value in {**figures, **each}.items()}


def _ratio(a: float, b: float) -> float:
    return float(a / b) if b else 0.0
