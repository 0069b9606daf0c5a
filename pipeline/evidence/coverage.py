"""Coverage: how much of what was said the codebook and the candidates explain."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def metrics_path(name: str) -> Path:
    """Say where a file of flat figures lies."""
    return Path(f"reports/metrics/{name}.json")


def measure_coverage(
    responses: pd.DataFrame,
    units: pd.DataFrame,
    mentions: pd.DataFrame,
    unit_codes: pd.DataFrame,
    candidates: pd.DataFrame,
    candidate_units: pd.DataFrame,
) -> dict[str, float]:
    """Count what is explained.

    Parameters
    ----------
    responses, units, mentions, unit_codes, candidates, candidate_units : DataFrame
        By contract, all waves.

    Returns
    -------
    dict of str to float
        Counts, and shares between 0 and 1: ``responses_with_theme`` of the coded responses, ``units_with_theme`` and
        ``units_in_candidates`` of the meaning units, ``candidate_stability`` as the mean over candidates.
    """
    meaning = units[units["n"] > 0]
    by_response = mentions.groupby("response_id")["mentioned"].max()
    figures = {
        "responses_answered": float((responses["status"] == "answered").sum()),
        "responses_coded": float(len(by_response)),
        "responses_with_theme": float(by_response.mean()) if len(by_response) else 0.0,
        "meaning_units": float(len(meaning)),
        "units_with_theme": _share(unit_codes["unit_id"].nunique(), len(meaning)),
        "units_in_candidates": _share(candidate_units["unit_id"].nunique(), len(meaning)),
        "candidates": float(len(candidates)),
        "candidate_stability": float(candidates["stability"].mean()) if len(candidates) else 0.0,
    }
    return {name: round(value, 6) for name, value in figures.items()}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
