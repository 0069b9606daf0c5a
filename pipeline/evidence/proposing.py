"""Which units propose something, and how many of those who mention a theme propose something about it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from pipeline.foundation.contracts import PROPOSALS
from pipeline.survey.asking import asks
from pipeline.survey.description import Survey

# How far each rule is to be trusted, in the order of its certainty; an order, not a probability.
SCORES = {
    "please": 0.9,
    "obliges": 0.9,
    "wishes": 0.85,
    "asks": 0.85,
    "could": 0.8,
    "more": 0.8,
    "commands": 0.75,
    "fragment": 0.6,
}
# Signs that count whatever is asked; a command answers "why", but in an account of what was done it is none.
ALWAYS = frozenset({"please", "obliges", "wishes", "asks", "could", "more"})
COUNTS = {
    "experience": ALWAYS,
    "reasons": ALWAYS | {"commands"},
    "proposals": ALWAYS | {"commands", "fragment"},
}
PERSON = ["wave", "respondent_id"]


def find_proposals(units: pd.DataFrame, signs: pd.DataFrame, responses: pd.DataFrame, survey: Survey) -> pd.DataFrame:
    """Say of every unit whether it proposes something: its sign, weighed by what the question asks for.

    Parameters
    ----------
    units, signs, responses : DataFrame
        By contract, all waves, in any row order.
    survey : Survey
        The questions' words, or their ``asks`` where a person set it.

    Returns
    -------
    DataFrame
        Contract PROPOSALS. ``rule`` is the sign that counted, or the one that did not where nothing did; ``score``
        says how far the rule is trusted, 0 where the unit proposes nothing. A whole answer (unit 0) has the rule and
        the score of the surest of its parts.
    """
    question = responses.set_index("response_id")["question_id"]
    asked = {name: asks(each) for name, each in survey.open_questions.items()}
    table = units[["unit_id", "response_id", "n"]].merge(signs, on="unit_id", how="left")
    table["asks"] = table["response_id"].map(question).map(asked).astype("str")
    table["rule"] = table["sign"].fillna("").astype("str")
    table["score"] = [
        SCORES[rule] if rule in COUNTS[kind] else 0.0 for rule, kind in zip(table["rule"], table["asks"], strict=True)
    ]
    parts = table[table["n"] > 0].sort_values(["response_id", "score", "n"], ascending=[True, False, True])
    best = parts.drop_duplicates("response_id").set_index("response_id")
    whole = (table["n"] == 0) & table["response_id"].isin(best.index)
    for column in ("rule", "score"):
        table.loc[whole, column] = table.loc[whole, "response_id"].map(best[column])
    table["proposes"] = table["score"] > 0
    return table[list(PROPOSALS.columns)].sort_values("unit_id", ignore_index=True)


def proposing_units(proposals: pd.DataFrame, unit_codes: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """List the meaning units that propose something about a theme: they carry it and propose.

    Returns
    -------
    DataFrame
        ``theme_id``, ``unit_id``, ``response_id``, ``start``, ``end``, ``rule``, ``score``, ``probability``, sorted.
    """
    mine = proposals.loc[proposals["proposes"], ["unit_id", "rule", "score"]]
    meaning = units.loc[units["n"] > 0, ["unit_id", "response_id", "start", "end"]]
    carried = unit_codes[["unit_id", "theme_id", "probability"]].merge(mine, on="unit_id").merge(meaning, on="unit_id")
    return carried.sort_values(["theme_id", "response_id", "start"], ignore_index=True)


def count_proposing(
    mentions: pd.DataFrame, proposing: pd.DataFrame, questions: Iterable[str], wave: str
) -> tuple[int, int]:
    """Count the respondents who propose something about a theme, and those who mention it.

    Parameters
    ----------
    mentions : DataFrame
        Contract MENTIONS, of one theme.
    proposing : DataFrame
        As `proposing_units` gives it, of the same theme.
    questions : iterable of str
        The open questions that count.
    wave : str
        The wave that counts.

    Returns
    -------
    n, base : int
    """
    said = mentions[mentions["mentioned"] & (mentions["wave"] == wave) & mentions["question_id"].isin(list(questions))]
    propose = said[said["response_id"].isin(proposing["response_id"])]
    return int(propose["respondent_id"].nunique()), int(said["respondent_id"].nunique())
