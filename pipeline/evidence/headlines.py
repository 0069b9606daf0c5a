"""Headlines: the figures of the closed questions."""

from __future__ import annotations

import pandas as pd

from pipeline.foundation.contracts import HEADLINES
from pipeline.foundation.tables import empty
from pipeline.survey.description import Survey


def measure_headlines(closed: pd.DataFrame, respondents: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Count the options of every closed question that is not numeric.

    Parameters
    ----------
    closed : DataFrame
        Contract CLOSED, all waves.
    respondents : DataFrame
        Contract RESPONDENTS: the weights.
    survey : Survey
        Says which questions are single, multi, ordinal or grid.

    Returns
    -------
    DataFrame
        Contract HEADLINES. ``base`` is the number of respondents who answered the question at all, ``n`` those
        who chose the option, ``share`` their weighted part of the base, 0 to 1.
    """
    items = [name for name, (_, question) in survey.closed_items.items() if question.kind != "numeric"]
    mine = closed[closed["question_id"].isin(items)]
    if mine.empty:
        return empty(HEADLINES)
    mine = mine.merge(respondents, on=["wave", "respondent_id"], how="left", validate="many_to_one")
    answered = mine.drop_duplicates(["wave", "question_id", "respondent_id"])
    bases = answered.groupby(["wave", "question_id"]).agg(base=("respondent_id", "size"), total=("weight", "sum"))
    chosen = mine.groupby(["wave", "question_id", "value"], as_index=False).agg(
        n=("respondent_id", "size"), weight=("weight", "sum")
    )
    table = chosen.merge(bases, on=["wave", "question_id"], how="left", validate="many_to_one")
    table["share"] = (table["weight"] / table["total"].where(table["total"] > 0)).clip(upper=1.0)
    return table[list(HEADLINES.columns)]
