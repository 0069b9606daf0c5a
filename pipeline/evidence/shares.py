"""One share of one theme among some respondents, counted in each way that their codes allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.evidence.correction import Cells, Corrected, corrected_share, score_bounds
from pipeline.evidence.reading import cells_of
from pipeline.foundation.contracts import METHODS

PERSON = ["wave", "respondent_id"]
ROWS_AT_ONCE = 1_000_000
# Predictions are left aside where more of those read than this share have none that is held out.
MOST_BLIND = 0.05


@dataclass(frozen=True)
class Share:
    """One share, counted in one way.

    Parameters
    ----------
    base, n : int
        Respondents.
    share, low, high : float
        0 to 1; NaN where unknown.
    method : str
        One of METHODS.
    effective : float
        How many respondents, drawn at random and read by people, would tell as much of people such as these; it holds
        the chance of who answered and the errors of the coder. NaN where the share is uncorrected.
    ratio : float
        The part of the variance that the machine's predictions leave (`Corrected`); 1 where none are used.
    """

    base: int
    n: int
    share: float
    low: float
    high: float
    method: str
    effective: float = float("nan")
    ratio: float = 1.0


def row(share: Share) -> dict[str, object]:
    """Give a share as columns of the contract PREVALENCE."""
    return {name: getattr(share, name) for name in ("base", "n", "share", "low", "high", "method")}


def ways(group: pd.DataFrame, fewest: int, confidence: float, sampled: bool) -> list[Share]:
    """Count one theme among the respondents of some cells (`share_cells`) in each way that their codes allow.

    Parameters
    ----------
    group : DataFrame
        Cells of one theme in one wave.
    fewest : int
        With fewer respondents nothing is counted.
    confidence : float
        Between 0 and 1.
    sampled : bool
        Whether the respondents are a random sample (`corrected_share`).

    Returns
    -------
    list of Share
        ``person`` alone where people coded all; else ``uncorrected``, and where gold allows ``corrected`` and
        ``person``.
    """
    owner, names = pd.factorize(group["respondent_id"], sort=True)
    base = len(names)
    if base < fewest:
        return []
    weight = np.zeros(base)
    weight[owner] = group["weight"].to_numpy(float)
    said, total = _any(owner, group["mentioned"], base), float(weight.sum())
    n, counted = int(said.sum()), float(min(weight[said].sum() / total, 1.0)) if total > 0 else float("nan")
    kish = total**2 / float((weight**2).sum()) if total > 0 else float("nan")
    # A non-answer of known meaning is not drawn to be read: people read all where they read the others.
    if group["person"].any() and (group["person"] | group["settled"]).all():
        low, high = score_bounds(counted, kish, confidence) if total > 0 else (float("nan"),) * 2
        return [Share(base, n, counted, low, high, "person", kish)]
    found = [Share(base, n, counted, float("nan"), float("nan"), "uncorrected")]
    if total <= 0 or group["barred"].any():
        return found
    columns = {name: group[name].to_numpy() for name in ("predicted", "read", "given", "known", "settled")}
    # Who weighs nothing says nothing of a share, read or not.
    counts = group["weight"].to_numpy(float) > 0
    if not counts.all():
        group = group[counts]
        owner, weight = pd.factorize(group["respondent_id"], sort=True)[0], weight[weight > 0]
        columns = {name: values[counts] for name, values in columns.items()}
    cells = Cells(owner=owner, stratum=pd.factorize(group["question_id"], sort=True)[0], weight=weight, **columns)
    read = int(group["read"].sum())
    trusted = bool(group["blind"].sum() <= MOST_BLIND * read)
    corrected = corrected_share(cells, confidence, sampled=sampled, trusted=trusted)
    if corrected is None:
        return found
    found.append(_share(corrected, base, round(corrected.share * base), "corrected", sampled, kish))
    people = corrected_share(cells, confidence, sampled=sampled, trusted=False)
    if people is not None and len(group) == len(weight) and fewest <= read < base:
        hits = int((group["read"] & group["given"]).sum())
        found.append(_share(people, read, hits, "person", sampled, kish))
    return found


def _share(found: Corrected, base: int, n: int, method: str, sampled: bool, kish: float) -> Share:
    both = found.effective if sampled else 1 / (1 / found.effective + 1 / kish)
    return Share(base, n, found.share, found.low, found.high, method, both, found.ratio)


def best(shares: Sequence[Share]) -> Share:
    """Give the share nearest to a reader's that speaks of everybody, as `nearest` does for a table."""
    most = max(share.base for share in shares)
    return min(shares, key=lambda share: (share.base < most, METHODS.index(share.method)))


def _any(owner: np.ndarray, values: pd.Series, size: int) -> np.ndarray:
    return np.bincount(owner, weights=values.to_numpy(float), minlength=size) > 0


def numbered(people: pd.Index, table: pd.DataFrame, few: Sequence[str] = ("wave",)) -> pd.DataFrame:
    """Put numbers in place of respondents' ids, and categories of other text: both take less time and room to count.

    Parameters
    ----------
    people : Index
        Ids of all respondents, sorted; their places are the numbers, so that the order of rows stays.
    table : DataFrame
        With ``respondent_id``.
    few : sequence of str
        Columns of few values.
    """
    return table.assign(
        respondent_id=people.get_indexer(table["respondent_id"]),
        **{name: table[name].astype("category") for name in few},
    )


def in_blocks(themes: Sequence[str], rows: int) -> Iterator[list[str]]:
    """Part themes so that so many rows of mentions, evenly spread over the themes, are held about a million at once."""
    size = max(1, len(themes) * ROWS_AT_ONCE // max(rows, 1))
    yield from (list(themes[at : at + size]) for at in range(0, len(themes), size))


def share_cells(mentions: pd.DataFrame, respondents: pd.DataFrame, reading: pd.DataFrame | None) -> pd.DataFrame:
    """Give what every share is counted from: the cells of `cells_of`, with their respondents' weights."""
    cells = cells_of(mentions, reading)
    weights = respondents.set_index(PERSON)["weight"]
    return cells.assign(weight=weights.reindex(pd.MultiIndex.from_frame(cells[PERSON])).to_numpy())
