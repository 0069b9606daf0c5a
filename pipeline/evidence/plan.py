"""How many more answers to read, drawn at random, for a share that is as sure as wanted."""

from __future__ import annotations

from math import ceil

import numpy as np
import pandas as pd

from pipeline.evidence.correction import FEWEST, score_bounds
from pipeline.evidence.shares import Share, best, ways
from pipeline.foundation.contracts import READING
from pipeline.foundation.tables import empty

# Where so large a part of the answers would have to be read, reading the rest is the better bargain: it leaves nothing
# to correct, and no error of the machine.
ALL_FROM = 2 / 3


def measure_reading(cells: pd.DataFrame, sampled: bool, confidence: float) -> pd.DataFrame:
    """Say for each wave, question and theme what was read, and how much an answer that is read tells.

    Parameters
    ----------
    cells : DataFrame
        As `share_cells` gives them.
    sampled : bool
        Whether the respondents are themselves a random sample.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    DataFrame
        Contract READING. ``answers`` counts what a respondent answered to a question once, non-answers of known
        meaning left out; ``read`` are those of them that were drawn at random and read by people, or all.
        ``respondents`` is Kish's effective number of respondents where these are a random sample, else NaN.
    """
    rows = []
    for question_id in ["", *sorted(cells["question_id"].unique())]:
        mine = cells if not question_id else cells[cells["question_id"] == question_id]
        for (wave, theme_id), group in mine.groupby(["wave", "theme_id"], sort=True):
            share = best(ways(group, 1, confidence, sampled))
            weight = group.drop_duplicates("respondent_id")["weight"].to_numpy(float)
            answers = int((~group["settled"]).sum())
            # Of what is barred, answers that were read tell nothing.
            read = 0 if group["barred"].any() else int(group["read"].sum())
            read = answers if share.method == "person" else read
            rows.append(
                {
                    "wave": wave,
                    "question_id": question_id,
                    "theme_id": theme_id,
                    "answers": answers,
                    "read": read,
                    "respondents": weight.sum() ** 2 / (weight**2).sum() if sampled else float("nan"),
                    "share": share.share,
                    "ratio": _ratio(share, weight, answers, read),
                    "method": share.method,
                }
            )
    return pd.DataFrame(rows).astype({"answers": "int64", "read": "int64"}) if rows else empty(READING)


def _ratio(share: Share, weight: np.ndarray, answers: int, read: int) -> float:
    """Give the ratio by which `width` finds the interval of today: unequal weights make it larger."""
    squares = float((weight**2).sum() / weight.sum() ** 2) if weight.sum() > 0 else float("nan")
    if share.method != "corrected":
        return len(weight) * squares if squares > 0 else 1.0
    left = 1 - read / answers
    return max((1 / share.effective - squares) * read / left, 0.0) if left > 0 else share.ratio


def width(share: float, ratio: float, answers: int, read: float, respondents: float, confidence: float) -> float:
    """Give the width that an interval will have when so many answers are read, if all else stays as it is.

    Parameters
    ----------
    share : float
        0 to 1.
    ratio : float
        The part of the variance that the predictions leave.
    answers, read : number
        Of answers.
    respondents : float
        Effective number of respondents where they are a random sample, else NaN.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    float
        0 to 1.

    Examples
    --------
    >>> round(width(0.2, 1.0, 1000, 200, float("nan"), 0.95), 3)
    0.099
    >>> width(0.2, 1.0, 1000, 1000, float("nan"), 0.95), width(0.2, 1.0, 1000, 0, float("nan"), 0.95)
    (0.0, 1.0)
    """
    if not read:
        return 1.0
    variance = (1 - read / answers) * ratio / read
    variance += 0.0 if np.isnan(respondents) else 1 / respondents
    low, high = score_bounds(share, 1 / variance if variance > 0 else float("inf"), confidence)
    return high - low


def answers_for(
    wanted: float, share: float, ratio: float, answers: int, respondents: float, confidence: float
) -> int | None:
    """Give how many answers must be read in all for an interval no wider than wanted.

    Returns
    -------
    int or None
        `FEWEST` or more, `answers` at most; None where reading all of them would not be enough.

    Examples
    --------
    >>> answers_for(0.1, 0.2, 1.0, 1000, float("nan"), 0.95)
    197
    >>> answers_for(0.1, 0.2, 0.5, 1000, float("nan"), 0.95)
    109
    """

    def over(read: float) -> float:
        return width(share, ratio, answers, read, respondents, confidence) - wanted

    # Only a plan asks for this, not the many that count shares.
    from scipy.optimize import brentq

    if over(answers) > 0:
        return None
    if answers <= FEWEST or over(FEWEST) <= 0:
        return min(FEWEST, answers)
    return ceil(round(brentq(over, FEWEST, answers), 6))


def plan_reading(reading: pd.DataFrame, wanted: float, confidence: float) -> pd.DataFrame:
    """Say for each theme how many more answers must be read at random for an interval no wider than wanted.

    Parameters
    ----------
    reading : DataFrame
        Contract READING.
    wanted : float
        Width of the interval, above 0 and below 1: 0.1 is five points up and down.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    DataFrame
        Rows of single questions with ``now`` (the width today, NaN where nothing is known), ``needed`` and ``more``
        (numbers of answers, NaN where reading all is not enough). Where the share is uncorrected it is taken as the
        machine counted it, and its predictions as telling nothing, so that ``more`` is rather too large.
    """
    rows = []
    for row in reading[(reading["question_id"] != "") & (reading["answers"] > 0)].to_dict("records"):
        share = 0.5 if pd.isna(row["share"]) else row["share"]
        known = (share, row["ratio"], row["answers"])
        needed = answers_for(wanted, *known, row["respondents"], confidence)
        now = float("nan")
        if row["method"] != "uncorrected":
            now = width(*known, row["read"], row["respondents"], confidence)
        more = float("nan") if needed is None else max(needed - row["read"], 0)
        rows.append({**row, "now": now, "needed": float("nan") if needed is None else needed, "more": more})
    return pd.DataFrame(rows, columns=[*reading.columns, "now", "needed", "more"])


def better_all(more: int, answers: int, read: int, code_all: int) -> bool:
    """Tell whether reading every answer is the better bargain.

    Examples
    --------
    >>> better_all(100, 1000, 0, 500), better_all(100, 400, 0, 500), better_all(650, 1000, 100, 500)
    (False, True, True)
    """
    return more > 0 and (answers <= code_all or more + read >= ALL_FROM * answers)
