"""What people read at random beside what the machine says of it unseen: the material of corrected shares."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.evidence.agreement import FAIR
from pipeline.themes.gold import Gold

CELL = ["wave", "respondent_id", "question_id", "theme_id"]
PAIR = ["response_id", "theme_id"]


def read_of(mentions: pd.DataFrame, heldout: pd.DataFrame, gold: Gold, responses: pd.DataFrame) -> pd.DataFrame:
    """Say of each response and theme whether a person read it, what was given, and what the machine says unseen.

    Parameters
    ----------
    mentions : DataFrame
        Contract MENTIONS.
    heldout : DataFrame
        Contract HELDOUT.
    gold : Gold
        Settled gold, as `gold_of` gives it.
    responses : DataFrame
        Contract RESPONSES, all waves.

    Returns
    -------
    DataFrame
        One row for each of `mentions`: ``response_id``, ``theme_id`` and

        - ``predicted``: the held-out probability where people coded the response, else the final coder's; of a
          non-answer, which is outside of what is drawn, what is mentioned;
        - ``known``: coded by a person who knew the theme and had not seen the machine's codes; ``given``: whether with
          this theme; ``read``: known, and drawn at random or part of a question that is coded throughout;
        - ``settled``: a non-answer of known meaning;
        - ``blind``: read, but cited as an example: the coder has learnt it, and no prediction is held out;
        - ``barred``: a theme that its readers did not know, or some of whose codes stand for another's by guess:
          nothing of it is corrected in this wave and question. The same holds where no prediction at all is held out.
    """
    table = mentions[["wave", "question_id", *PAIR, "probability", "mentioned"]].merge(
        heldout[[*PAIR, "probability"]].rename(columns={"probability": "held"}), on=PAIR, how="left"
    )
    coded = gold.responses.set_index("response_id")
    person = coded.index[coded["by_person"]].difference(list(gold.unmeasured))
    fair = coded.index[coded["sample"].isin(FAIR)].intersection(person)
    in_mind = table["response_id"].isin(person)
    pairs = pd.MultiIndex.from_frame(gold.codes[PAIR])
    given = pd.MultiIndex.from_frame(table[PAIR]).isin(pairs) & in_mind
    settled = ~table["response_id"].isin(responses.loc[responses["status"] == "answered", "response_id"])
    # A response of which other themes have a prediction held out lacks this one's because its reader did not know it.
    measured = table["response_id"].isin(heldout["response_id"])
    missing = table["held"].isna()
    untold = in_mind & measured & missing
    read = table["response_id"].isin(fair) & ~settled & ~untold
    guessed = table["theme_id"].isin({theme_id for _, theme_id in gold.guessed})
    strange = (table["response_id"].isin(fair) & untold).groupby([table["wave"], table["theme_id"]]).transform("any")
    predicted = table["held"].fillna(table["probability"]).where(~settled, table["mentioned"].astype(float))
    # Where nothing at all of a theme is held out, nobody is known to have known it.
    scope = [table["wave"], table["question_id"], table["theme_id"]]
    unseen = read & ~(read & ~missing).groupby(scope).transform("any")
    return table[PAIR].assign(
        predicted=predicted,
        known=in_mind & ~untold,
        given=given,
        read=read,
        settled=settled,
        blind=read & missing,
        barred=guessed | strange | unseen,
    )


def cells_of(mentions: pd.DataFrame, reading: pd.DataFrame | None) -> pd.DataFrame:
    """Bring responses together to cells: all that one respondent answered to one question, which is drawn as one.

    Returns
    -------
    DataFrame
        By wave, respondent, question and theme: ``mentioned``, ``person`` (all by people) and what `read_of` gives.
        Without `reading` nothing is read, and everything is barred.
    """
    table = mentions[[*CELL, *PAIR[:1], "mentioned"]].assign(person=mentions["source"] == "person")
    if reading is None:
        nothing = dict.fromkeys(("known", "given", "read", "settled", "blind"), False)
        table = table.assign(predicted=0.0, barred=True, **nothing)
    else:
        table = table.merge(reading, on=PAIR, how="left", validate="one_to_one")
    with np.errstate(divide="ignore"):
        table["none"] = np.log1p(-table["predicted"].to_numpy(float))
    table["open"] = ~table["settled"]
    cells = table.groupby(CELL, as_index=False, sort=True).agg(
        mentioned=("mentioned", "max"),
        person=("person", "min"),
        none=("none", "sum"),
        known=("known", "min"),
        given=("given", "max"),
        read=("read", "max"),
        open=("open", "max"),
        blind=("blind", "max"),
        barred=("barred", "max"),
    )
    cells["predicted"] = -np.expm1(cells["none"].to_numpy(float))
    return cells.assign(settled=~cells["open"]).drop(columns=["none", "open"])
