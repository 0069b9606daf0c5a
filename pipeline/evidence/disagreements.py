"""Answers on which readers, or machine and readers, differ: for people to settle, the most telling first."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from pipeline.evidence.readers import ANSWER, MACHINE, PEOPLE, read_by_persons
from pipeline.evidence.reliability import masi_distance
from pipeline.foundation.contracts import DISAGREEMENTS
from pipeline.foundation.tables import empty
from pipeline.themes.codebook import Codebook
from pipeline.themes.gold import ADJUDICATED, CHECKED, Gold, is_unresolved

COLUMNS = list(DISAGREEMENTS.columns)


def list_disagreements(heldout: pd.DataFrame, gold: Gold, several: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """List what people differ on with each other, and the machine with people.

    Parameters
    ----------
    heldout : DataFrame
        Contract HELDOUT.
    gold : Gold
        Settled gold.
    several : DataFrame
        Contract SEVERAL.
    codebook : Codebook
        The effective one.

    Returns
    -------
    DataFrame
        Contract DISAGREEMENTS: a row for each theme that one gave an answer and the other did not. ``one`` and
        ``other`` are two persons, or ``machine`` and ``people``. ``weight`` of two persons is the distance of their
        sets of themes (`masi_distance`), of the machine how far its probability was from what was given. ``rank``: the
        answers of each kind by their greatest weight. Answers that were adjudicated are left out, and for the machine
        those that a person looked at again beside its codes.
    """
    parts = [_of_persons(several, codebook), _of_machine(heldout, gold, several)]
    found = [part for part in parts if len(part)]
    return pd.concat(found, ignore_index=True)[COLUMNS] if found else empty(DISAGREEMENTS)


def _of_persons(several: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    given = {
        str(response_id): {coder: set(codes["theme_id"]) for coder, codes in rows.groupby("coder")}
        for response_id, rows in several.groupby("response_id")
    }
    open_ = several[several["response_id"].isin([r for r, codes in given.items() if is_unresolved(codes)])]
    readings = read_by_persons(open_, codebook)
    if readings is None:
        return empty(DISAGREEMENTS)
    first = open_.groupby(ANSWER)["response_id"].min()
    names = readings.answers.assign(response_id=first.loc[pd.MultiIndex.from_frame(readings.answers)].to_numpy())
    parts = []
    for i, j in combinations(range(len(readings.coders)), 2):
        one, other = readings.codes[i], readings.codes[j]
        yes, also = one == 1, other == 1
        known = ~np.isnan(one) & ~np.isnan(other)
        shared, sizes = (yes & also & known).sum(axis=1), [(x & known).sum(axis=1) for x in (yes, also)]
        weight = masi_distance(shared, *sizes)
        row, column = np.nonzero(known & (yes != also))
        parts.append(
            names.iloc[row].assign(
                one=readings.coders[i],
                other=readings.coders[j],
                theme_id=np.array(readings.themes, dtype=object)[column],
                given_by=np.where(yes[row, column], "one", "other"),
                weight=weight[row],
            )
        )
    return _ranked(pd.concat(parts, ignore_index=True))


def _of_machine(heldout: pd.DataFrame, gold: Gold, several: pd.DataFrame) -> pd.DataFrame:
    coders = gold.responses.loc[gold.responses["by_person"]]
    settled = several.loc[several["coder"].str.startswith((ADJUDICATED, CHECKED)), ANSWER]
    mine = coders[~coders["coder"].str.startswith(ADJUDICATED)]
    rows = heldout[heldout["response_id"].isin(mine["response_id"])]
    pairs = pd.MultiIndex.from_frame(gold.codes[["response_id", "theme_id"]])
    rows = rows.assign(given=pd.MultiIndex.from_frame(rows[["response_id", "theme_id"]]).isin(pairs))
    cells = rows.groupby([*ANSWER, "theme_id"], as_index=False).agg(
        response_id=("response_id", "min"),
        probability=("probability", "max"),
        mentioned=("mentioned", "max"),
        given=("given", "max"),
    )
    seen = pd.MultiIndex.from_frame(cells[ANSWER]).isin(pd.MultiIndex.from_frame(settled))
    differ = cells[(cells["mentioned"] != cells["given"]) & ~seen]
    return _ranked(
        differ.assign(
            one=MACHINE,
            other=PEOPLE,
            given_by=np.where(differ["mentioned"], "one", "other"),
            weight=(differ["given"] - differ["probability"]).abs(),
        )
    )


def _ranked(rows: pd.DataFrame) -> pd.DataFrame:
    """Rank answers by their greatest weight, ties by how much of it there is in all, then by id."""
    total = rows.groupby("response_id")["weight"].agg(["max", "sum"]).reset_index()
    order = total.sort_values(["max", "sum", "response_id"], ascending=[False, False, True])["response_id"]
    place = dict(zip(order, range(1, len(order) + 1), strict=True))
    return rows.assign(rank=rows["response_id"].map(place).astype("int64"))
