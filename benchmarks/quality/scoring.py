"""How codings, groups and quotes are scored; arrays in, numbers out."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_mutual_info_score, average_precision_score

FOUND = 0.3
MOST_GROUPS = 60


def plain(text: str) -> str:
    """Fold case, and strip white space and punctuation from both ends.

    Examples
    --------
    >>> plain("  Nothing! ")
    'nothing'
    """
    folded = text.casefold()
    inside = [i for i, c in enumerate(folded) if not c.isspace() and unicodedata.category(c)[0] not in "PS"]
    return folded[inside[0] : inside[-1] + 1] if inside else folded.strip()


def f1(truth: np.ndarray, given: np.ndarray) -> tuple[float, float]:
    """Micro- and macro-F1 over columns, shape (n, K) each; a column with nothing true and nothing given counts 0."""
    hits, given_n, true_n = (truth & given).sum(0), given.sum(0), truth.sum(0)
    micro = 2 * hits.sum() / max(given_n.sum() + true_n.sum(), 1)
    return float(micro), float(np.mean(2 * hits / np.maximum(given_n + true_n, 1)))


def calibration_error(truth: np.ndarray, probability: np.ndarray, least: float = 0.1, bins: int = 10) -> float:
    """Expected calibration error over the pairs with at least that probability, bins of equal mass.

    The mean over bins, weighted by size, of the distance between mean probability and share of true pairs (Naeini,
    Cooper, Hauskrecht, Obtaining well calibrated probabilities using Bayesian binning, AAAI 2015, eq. 2; bins of equal
    mass as in Nguyen and O'Connor, EMNLP 2015).
    """
    kept = probability >= least
    p, y = probability[kept], truth[kept].astype(float)
    if not len(p):
        return float("nan")
    parts = np.array_split(np.argsort(p, kind="stable"), min(bins, len(p)))
    return float(sum(abs(p[part].mean() - y[part].mean()) * len(part) for part in parts) / len(p))


def brier_skill(truth: np.ndarray, probability: np.ndarray, base: np.ndarray) -> float:
    """One minus the Brier score over that of always saying the base rates, shape (K,) (Wilks 2011, eq. 8.37)."""
    worst = np.mean((base[None, :] - truth) ** 2)
    return float(1 - np.mean((probability - truth) ** 2) / worst)


def risk(truth: np.ndarray, sure: np.ndarray) -> tuple[float, float]:
    """Error rate among sure mentions, and the share of people's mentions that are found and sure."""
    right = (truth & sure).sum()
    return float(1 - right / sure.sum()) if sure.any() else float("nan"), float(right / max(truth.sum(), 1))


def finished(truth: np.ndarray, given: np.ndarray, coded: np.ndarray) -> float:
    """Micro-F1 of the whole after people coded the rows `coded`."""
    return f1(truth, np.where(coded[:, None], truth, given))[0]


def ami(code: Sequence[str], group: Sequence[str]) -> float:
    """Adjusted mutual information of one code and one group an answer; no group ("") is one class of its own."""
    return float(adjusted_mutual_info_score(list(code), list(group)))


def largest(members: np.ndarray, most: int = MOST_GROUPS) -> np.ndarray:
    """Keep the largest groups: columns of an array of bool, shape (n, G); groups without a scored answer go."""
    order = np.argsort(-members.sum(0), kind="stable")[:most]
    return members[:, np.sort(order[members[:, order].any(0)])]


def match(truth: np.ndarray, members: np.ndarray) -> dict[str, float]:
    """Compare groups with codes, both as membership of answers, shapes (n, K) and (n, G).

    Returns
    -------
    dict
        ``best_f1``: mean over codes of the best F1 with any group. ``found``: share of codes whose best F1 is above
        0.3. ``precision``: mean over groups of the largest share of their answers that one code holds.
    """
    if not members.shape[1]:
        return {"best_f1": 0.0, "found": 0.0, "precision": float("nan")}
    both = truth.T.astype(float) @ members
    best = (2 * both / np.maximum(truth.sum(0)[:, None] + members.sum(0)[None, :], 1)).max(1)
    precision = (both / np.maximum(members.sum(0), 1)).max(0)
    return {
        "best_f1": float(best.mean()),
        "found": float((best > FOUND).mean()),
        "precision": float(precision.mean()),
    }


def best_groups(truth: np.ndarray, members: np.ndarray) -> np.ndarray:
    """The group with the best F1 for each code, shape (K,)."""
    both = truth.T.astype(float) @ members
    return (2 * both / np.maximum(truth.sum(0)[:, None] + members.sum(0)[None, :], 1)).argmax(1)


def key_point_precision(best: pd.DataFrame, labels: pd.DataFrame) -> tuple[float, float]:
    """Strict and relaxed mean average precision of matching statements to key points.

    For each topic and stance the better half of the statements by score is kept; average precision over them, mean
    over topics and stances. Pairs that nobody judged are wrong (strict) or right (relaxed) (Friedman et al., Overview
    of the 2021 Key Point Analysis shared task, ArgMining 2021, section 4.1; ties stand in the order of statement ids).

    Parameters
    ----------
    best : DataFrame
        One row a statement: ``arg_id``, ``topic``, ``stance``, ``key_point_id`` (its best), ``score``.
    labels : DataFrame
        Judged pairs: ``arg_id``, ``key_point_id``, ``label`` (0 or 1).
    """
    table = best.merge(labels[["arg_id", "key_point_id", "label"]], on=["arg_id", "key_point_id"], how="left")
    table = table.sort_values(["score", "arg_id"], ascending=[False, True])
    strict, relaxed = [], []
    for _, rows in table.groupby(["topic", "stance"], sort=True):
        top = rows.head(len(rows) // 2)
        if len(top):
            strict.append(_average_precision(top["label"].fillna(0), top["score"]))
            relaxed.append(_average_precision(top["label"].fillna(1), top["score"]))
    return float(np.mean(strict)), float(np.mean(relaxed))


def _average_precision(label: pd.Series, score: pd.Series) -> float:
    return float(average_precision_score(label.astype(int), score)) if label.any() else 0.0
