"""Which answers the codebook explains, judged in the same way in every wave."""

from __future__ import annotations

import pandas as pd

# From this share on, in every wave, people's codes are what explains an answer.
READ_BY_PEOPLE = 0.9


def explained(responses: pd.DataFrame, mentions: pd.DataFrame, heldout: pd.DataFrame) -> pd.Series:
    """Say of each answer whether a theme of the codebook explains it.

    Where people coded nearly every answer of every wave (90 %), their codes decide, and for the few answers that they
    did not read, mentions that the machine is sure of. Otherwise the machine decides for all, by its held-out verdict
    where people had taught it the answer: waves that people read and waves that they did not would differ by that
    alone.

    Parameters
    ----------
    responses : DataFrame
        Answered responses: ``response_id``, ``wave``.
    mentions, heldout : DataFrame
        By contract; other responses are passed over.

    Returns
    -------
    Series of bool
        By position in `responses`.
    """
    ids = responses["response_id"]
    person = mentions["source"] == "person"
    read = ids.isin(mentions.loc[person, "response_id"])
    share = read.groupby(responses["wave"]).mean()
    said = mentions[mentions["mentioned"]]
    if len(share) and (share >= READ_BY_PEOPLE).all():
        decided = said[(said["source"] == "person") | said["sure"]]["response_id"]
        return ids.isin(decided)
    taught = ids.isin(heldout["response_id"])
    by_heldout = ids.isin(heldout.loc[heldout["mentioned"], "response_id"])
    by_model = ids.isin(said.loc[said["source"] == "model", "response_id"])
    return by_heldout.where(taught, by_model)
