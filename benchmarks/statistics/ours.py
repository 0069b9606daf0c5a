"""The figures of `inputs.make` by themebook, under the names that independent.py gives them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from pipeline.evidence import reliability as rel
from pipeline.evidence.correction import Cells, Corrected, corrected_share, score_bounds
from pipeline.evidence.differences import difference_interval, difference_test, effect_size
from pipeline.evidence.prevalence import score_interval
from pipeline.evidence.shares import Share, ways


def figures(inputs: dict[str, Any]) -> dict[str, list[Any]]:
    """Give each figure as a list over its inputs."""
    weighted = [_share(case) for case in inputs["weighted"]]
    corrected = [_corrected(case) for case in inputs["corrected"]]
    two = [_yes_no(codes) for codes in inputs["two_coders"]]
    many = [_yes_no(codes) for codes in inputs["many_coders"]]
    return {
        "score_interval": [score_interval(n, base, c) for n, base in inputs["shares"] for c in inputs["confidences"]],
        "weighted_share": [share.share for share in weighted],
        "effective_base": [share.effective for share in weighted],
        "weighted_score_interval": [score_bounds(share.share, share.effective) for share in weighted],
        "kappa": [found["kappa"] for found in two],
        "f1": [found["f1"] for found in two],
        "precision": [found["precision"] for found in two],
        "recall": [found["recall"] for found in two],
        "alpha_nominal": [found["alpha"] for found in two + many],
        "ac1": [found["ac1"] for found in two + many],
        "alpha_masi": [_sets(codes) for codes in inputs["sets"]],
        "alpha_masi_without_empty_sets": [_sets(_filled(codes)) for codes in inputs["sets"]],
        "corrected_share": [found.share for found in corrected],
        "two_shares_newcombe": [difference_interval(*_two(case)) for case in inputs["two_shares"]],
        "two_shares_p": [difference_test(*_two(case)) for case in inputs["two_shares"]],
        "cohens_h": [effect_size(a / b, c / d) for a, b, c, d in inputs["two_shares"]],
        "benjamini_hochberg": [false_discovery_control(p, method="bh") for p in inputs["p_values"]],
        "tuning_with_equal_weights": [
            found.tuning
            for found, case in zip(corrected, inputs["corrected"], strict=True)
            if len(set(case["weight"])) == 1
        ],
    }


def tunings(inputs: dict[str, Any]) -> list[float]:
    """Give how far `corrected_share` trusts the predictions, which ppi-python is told to do as well."""
    return [_corrected(case).tuning for case in inputs["corrected"]]


def _share(case: dict[str, Any]) -> Any:
    n = len(case["given"])
    group = pd.DataFrame({"respondent_id": [f"p{i:04d}" for i in range(n)], "weight": case["weight"]})
    mentioned = np.array(case["given"], bool)
    read = group.assign(question_id="why", mentioned=mentioned, person=True, settled=False)
    return ways(read, 1, 0.95, sampled=False)[0]


def _two(case: list[int]) -> tuple[Share, Share]:
    a, b, c, d = case
    nan = float("nan")
    return Share(b, a, a / b, nan, nan, "person", b), Share(d, c, c / d, nan, nan, "person", d)


def _yes_no(codes: list[list[int | None]]) -> dict[str, float]:
    array = np.array(codes, float)[:, :, None]
    found = rel.yes_no_figures(rel.answer_counts(array).sum(axis=0))
    return {name: float(value[0]) for name, value in found.items()}


def _filled(codes: list[list[list[int] | None]]) -> list[list[list[int] | None]]:
    """Put a theme of its own where a coder gave none."""
    return [[None if one is None else one or [99] for one in coder] for coder in codes]


def _sets(codes: list[list[list[int] | None]]) -> float:
    themes = sorted({theme for coder in codes for one in coder for theme in one or ()})
    array = np.full((len(codes), len(codes[0]), len(themes)), np.nan)
    for i, coder in enumerate(codes):
        for j, one in enumerate(coder):
            if one is not None:
                array[i, j] = np.isin(themes, one)
    apart, sets, distance = rel.set_coincidences(array)
    return float(rel.set_alpha(apart.sum(), sets.sum(axis=0), distance))


def _corrected(case: dict[str, Any]) -> Corrected:
    n, read = len(case["predicted"]), len(case["given"])
    drawn = np.arange(n) < read
    given = np.zeros(n, bool)
    given[:read] = np.array(case["given"], bool)
    cells = Cells(
        owner=np.arange(n),
        stratum=np.zeros(n, int),
        predicted=np.array(case["predicted"]),
        read=drawn,
        given=given,
        known=drawn,
        settled=np.zeros(n, bool),
        weight=np.array(case["weight"]),
    )
    found = corrected_share(cells, sampled=True)
    if found is None:
        raise ValueError("too few were read")
    return found
