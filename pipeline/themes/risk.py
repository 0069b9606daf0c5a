"""What is sure enough to leave to the machine, and which answers people should code next."""

from __future__ import annotations

from collections.abc import Set

import numpy as np
import pandas as pd

from pipeline.foundation.contracts import QUEUE

# A theme's own record weighs as much as so many pairs of the record of all themes together.
PRIOR_PAIRS = 20
# No probability reaches this: nothing is sure.
NEVER_SURE = 2.0


def sure_cuts(probability: np.ndarray, given: np.ndarray, allowed: np.ndarray, risk: float) -> np.ndarray:
    """Find for each theme the probability from which a mention is sure: at most `risk` of the sure ones are wrong.

    Among the m coded pairs of answer and theme at or above a cut, e of them not given by a reader, the risk is bounded
    by (e + 1) / (m + 1), the form of conformal risk control [1]_. The lowest cut that keeps the bound over all themes
    is taken; a theme whose own record, shrunk towards that of all themes, is worse gets a higher cut of its own. The
    share of wrong ones does not fall steadily with the cut, so that the promise rests on trial, not on proof
    (`make bench-quality`).

    Parameters
    ----------
    probability : ndarray, shape (n, K)
        Held-out probabilities of coded answers: a model that saw an answer's codes must not score it.
    given : ndarray of bool, shape (n, K)
        What the readers gave.
    allowed : ndarray of bool, shape (n, K)
        Themes of each answer's question.
    risk : float
        Between 0 and 1.

    Returns
    -------
    ndarray, shape (K,)
        Above 1 where nothing is sure.

    References
    ----------
    .. [1] Angelopoulos, Bates, Fisch, Lei, Schuster, Conformal risk control, ICLR 2024, eq. 4.

    Examples
    --------
    >>> p = np.linspace(1, 0.5, 40)[:, None]
    >>> float(sure_cuts(p, p > 0.7, p > 0, 0.1)[0].round(2))
    0.69
    """
    themes = probability.shape[1]
    pairs, right = probability[allowed], given[allowed]
    cuts = np.unique(pairs)[::-1]
    bound = (_at_or_above(pairs[~right], cuts) + 1) / (_at_or_above(pairs, cuts) + 1)
    lowest = _lowest(cuts, bound, risk)
    found = np.full(themes, lowest)
    if lowest >= NEVER_SURE:
        return found
    for k in range(themes):
        mine, hit = probability[allowed[:, k], k], given[allowed[:, k], k]
        wrong, all_of_it = _at_or_above(mine[~hit], cuts), _at_or_above(mine, cuts)
        own = (wrong + PRIOR_PAIRS * bound) / (all_of_it + PRIOR_PAIRS)
        found[k] = max(lowest, _lowest(cuts, own, risk))
    return found


def _at_or_above(values: np.ndarray, cuts: np.ndarray) -> np.ndarray:
    return len(values) - np.searchsorted(np.sort(values), cuts, side="left")


def _lowest(cuts: np.ndarray, bound: np.ndarray, risk: float) -> float:
    kept = np.flatnonzero(bound <= risk)
    return float(cuts[kept[-1]]) if len(kept) else NEVER_SURE


def expected_errors(probability: np.ndarray, mentioned: np.ndarray) -> np.ndarray:
    """Give the expected number of wrong yes and no in each row, taking probabilities at their word, shape (n,).

    Examples
    --------
    >>> expected_errors(np.array([[0.9, 0.2]]), np.array([[True, False]])).round(6).tolist()
    [0.3]
    """
    return np.where(mentioned, 1 - probability, probability).sum(axis=1)


def doubts(mentions: pd.DataFrame, read: Set[str]) -> pd.DataFrame:
    """Say of each answer that nobody has read how doubtful its codes are.

    Parameters
    ----------
    mentions : DataFrame
        Contract MENTIONS, whole answers.
    read : set of str
        Responses that are coded already.

    Returns
    -------
    DataFrame
        ``response_id``, ``expected_errors`` as `expected_errors` gives them, ``unsure``: the mentions that are not
        sure.
    """
    rows = mentions[~mentions["response_id"].isin(read)]
    doubt = expected_errors(rows[["probability"]].to_numpy(), rows[["mentioned"]].to_numpy())
    table = rows.assign(expected_errors=doubt, unsure=rows["mentioned"] & ~rows["sure"])
    table = table.groupby("response_id", as_index=False).agg(
        expected_errors=("expected_errors", "sum"), unsure=("unsure", "sum")
    )
    return table.assign(expected_errors=table["expected_errors"].round(9))


def reading_queue(doubtful: pd.DataFrame) -> pd.DataFrame:
    """Put answers in the order in which reading them mends most.

    Parameters
    ----------
    doubtful : DataFrame
        As `doubts` gives it.

    Returns
    -------
    DataFrame
        Contract QUEUE.
    """
    table = doubtful.sort_values(["expected_errors", "response_id"], ascending=[False, True], ignore_index=True)
    return table.assign(rank=np.arange(1, len(table) + 1))[list(QUEUE.columns)]
