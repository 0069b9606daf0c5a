"""Closed questions: who chose each option, box, net and side, of those who answered, who were asked, who were not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.evidence.correction import score_bounds
from pipeline.foundation.contracts import FIGURES, HEADLINES
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import empty
from pipeline.survey.description import COUNTED, SURVEY_FILE, Survey
from pipeline.survey.nets import unknown_option

PERSON = ["wave", "respondent_id"]
ITEM = ["wave", "question_id"]
SET = ["question_id", "part", "value"]
CHOSEN = [*PERSON, *SET]
OPTION, BOX, NET, SIDE = "option", "box", "net", "side"


def counted_items(survey: Survey) -> list[str]:
    """List the closed questions and grid items whose options are counted, in the order of the survey."""
    return [item for item, (_, question) in survey.closed_items.items() if question.kind in COUNTED]


def asked_of(ledgers: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Say of how many respondents each wave asked each closed question, from the waves' ledgers.

    Returns
    -------
    DataFrame
        ``wave``, ``question_id``, ``answered``, ``blank`` (asked, and nothing chosen), ``not_asked`` (marked so in the
        file): numbers of respondents. An item that a wave's file does not hold has no row. Where an export leaves the
        cells of those empty whom it did not ask, they are among the blank: nothing tells them apart.
    """
    rows = [
        {"wave": wave, "question_id": item, **counts}
        for wave, ledger in ledgers.items()
        for item, counts in ledger.get("items", {}).items()
    ]
    kinds = {"answered": "int64", "blank": "int64", "not_asked": "int64"}
    return pd.DataFrame(rows, columns=[*ITEM, *kinds]).astype({**dict.fromkeys(ITEM, "str"), **kinds})


def option_sets(survey: Survey, closed: pd.DataFrame) -> pd.DataFrame:
    """Say which options each figure of a closed question counts.

    Parameters
    ----------
    survey : Survey
        Its boxes, nets and sides, and the options that it lists.
    closed : DataFrame
        Contract CLOSED, all waves: every option that anybody chose.

    Returns
    -------
    DataFrame
        ``question_id`` (a grid's item by itself), ``part`` (``option``, ``box``, ``net`` or ``side``), ``value`` (the
        option, or the name of what is counted together) and ``option``, one row for each option counted.

    Raises
    ------
    ThemebookError
        If a net names an option that its question does not list and nobody chose.
    """
    seen = closed.groupby("question_id")["value"].unique()
    rows, known_of, names = [], dict[str, list[str]](), survey.question_of
    for item in counted_items(survey):
        name = names[item]
        question = survey.questions[name]
        known = list(dict.fromkeys([*question.order, *question.options, *sorted(seen.get(item, ()))]))
        known_of[name] = known_of.get(name, []) + known
        rows += [(item, OPTION, option, option) for option in known]
        rows += [(item, BOX, box, option) for box, options in question.all_boxes.items() for option in options]
        rows += [
            (item, NET, net_id, option)
            for net_id, net in survey.nets.items()
            if net.question == name
            for option in net.options
        ]
        rows += [
            (item, SIDE, side, option)
            for other in survey.open_questions.values()
            if other.explains == name
            for side, options in other.sides.items()
            for option in options
        ]
    for net_id, net in survey.nets.items():
        if net.options and (wrong := unknown_option(net.options, known_of.get(net.question, []))):
            raise ThemebookError(
                f"{SURVEY_FILE}: the net `{net_id}` names {wrong}.",
                f"Mend it, or list the option under the `options` of `{net.question}` if nobody happened to choose it.",
            )
    table = pd.DataFrame(rows, columns=[*SET, "option"]).astype("str")
    return table.drop_duplicates().sort_values([*SET, "option"], ignore_index=True)


def who_chose(survey: Survey, closed: pd.DataFrame) -> pd.DataFrame:
    """List who chose each option, or any option of a box, net or side: the union of respondents, each once.

    Returns
    -------
    DataFrame
        ``wave``, ``respondent_id``, ``question_id``, ``part``, ``value``, sorted.
    """
    sets = option_sets(survey, closed)
    found = closed.rename(columns={"value": "option"}).merge(sets, on=["question_id", "option"], how="inner")
    return found[CHOSEN].drop_duplicates().sort_values(CHOSEN, ignore_index=True)


def bases_of(closed: pd.DataFrame, respondents: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """Give the bases of each closed question and wave.

    Returns
    -------
    DataFrame
        ``wave``, ``question_id``, ``base`` (respondents who answered), ``total`` (their weights), ``effective_base``
        (Kish, Survey Sampling, 1965, eq. 8.2.1: the squared sum of weights over the sum of their squares; NaN where
        nobody with a weight answered), ``asked``, ``no_answer``, ``not_asked``.
    """
    answered = closed[[*ITEM, "respondent_id"]].drop_duplicates().merge(respondents, on=PERSON, how="left")
    answered["square"] = answered["weight"] ** 2
    sums = answered.groupby(ITEM, as_index=False).agg(
        base=("respondent_id", "size"), total=("weight", "sum"), squares=("square", "sum")
    )
    table = asked.merge(sums, on=ITEM, how="outer")
    counts = ["base", "total", "squares", "blank", "not_asked"]
    table[counts] = table[counts].fillna(0)
    table["effective_base"] = table["total"] ** 2 / table["squares"].where(table["squares"] > 0)
    whole = table[["base", "blank", "not_asked"]].astype("int64")
    table = table[[*ITEM, "total", "effective_base"]].assign(
        base=whole["base"],
        asked=whole["base"] + whole["blank"],
        no_answer=whole["blank"],
        not_asked=whole["not_asked"],
    )
    return table.astype({"wave": "str", "question_id": "str"})


def measure_closed(
    closed: pd.DataFrame, respondents: pd.DataFrame, asked: pd.DataFrame, survey: Survey, confidence: float
) -> pd.DataFrame:
    """Count who chose each option of every closed question that is not numeric, and each box, net and side of options.

    A box, net or side counts whoever chose any of its options, once. Shares are weighted where weights are given and
    are of those who answered; counts and bases are numbers of respondents.

    An interval is given where the survey is a probability sample only: the score interval on the effective base. In a
    census nobody was drawn, so there is no error of drawing. Those who selected themselves speak for themselves; an
    interval would claim a population that nobody drew from. What non-response does is in no interval.

    Parameters
    ----------
    closed : DataFrame
        Contract CLOSED, all waves.
    respondents : DataFrame
        Contract RESPONDENTS: the weights.
    asked : DataFrame
        As `asked_of` gives it.
    survey : Survey
    confidence : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        Contract FIGURES: one row for every wave that asked the question and every option that the survey lists or
        anybody ever chose, those that nobody chose included. ``share`` is NaN where nobody answered.

    Raises
    ------
    ThemebookError
        If a net names an option that its question does not have.
    """
    sets = option_sets(survey, closed)[SET].drop_duplicates()
    bases = bases_of(closed, respondents, asked)
    table = bases.merge(sets, on="question_id", how="inner")
    if table.empty:
        return empty(FIGURES)
    chosen = who_chose(survey, closed).merge(respondents, on=PERSON, how="left")
    counts = chosen.groupby(["wave", *SET], as_index=False).agg(n=("respondent_id", "size"), weight=("weight", "sum"))
    table = table.merge(counts, on=["wave", *SET], how="left", validate="one_to_one")
    table["n"] = table["n"].fillna(0).astype("int64")
    share = table["weight"].fillna(0.0) / table["total"].where(table["total"] > 0)
    table["share"] = share.clip(upper=1.0)
    sampled = survey.sampling == "probability"
    bounds = [
        score_bounds(share, base, confidence) if sampled and base > 0 else (np.nan, np.nan)
        for share, base in zip(table["share"], table["effective_base"], strict=True)
    ]
    table[["low", "high"]] = np.array(bounds, dtype=float)
    return table[list(FIGURES.columns)].sort_values(list(FIGURES.key), ignore_index=True)


def headlines_of(figures: pd.DataFrame) -> pd.DataFrame:
    """Give the options that somebody chose, as the contract HEADLINES has them."""
    chosen = figures[(figures["part"] == OPTION) & (figures["n"] > 0)]
    return chosen[list(HEADLINES.columns)].reset_index(drop=True)
