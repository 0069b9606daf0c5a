"""Closed answers across themes: of those who chose an option how many raise a theme, and the other way round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.evidence.closed import OPTION, PERSON, SIDE, counted_items, option_sets, who_chose
from pipeline.evidence.correction import score_bounds
from pipeline.evidence.prevalence import nearest
from pipeline.evidence.shares import row, ways
from pipeline.foundation.contracts import CROSSTABS
from pipeline.foundation.params import Measure
from pipeline.foundation.tables import empty
from pipeline.survey.description import Survey

# By default a question with more options than this is not put across the themes.
MOST_OPTIONS = 12
CHOSEN, RAISED = "chosen", "raised"
THEME = ["wave", "question_id", "theme_id"]
CLOSED_SET = ["closed_id", "part", "value"]


def crossed_items(survey: Survey, closed: pd.DataFrame) -> list[str]:
    """List the closed questions and grid items that are put across the themes, in the order of the survey.

    Those that survey.yaml lists under ``cross``; without such a list all but attributes, which are segments of
    prevalence anyway, and but those of more than `MOST_OPTIONS` options.
    """
    names = survey.question_of
    items = [item for item in counted_items(survey) if not survey.questions[names[item]].attribute]
    if survey.cross is not None:
        return [item for item in items if names[item] in survey.cross]
    sets = option_sets(survey, closed)
    options = sets[sets["part"] == OPTION].groupby("question_id").size()
    return [item for item in items if 0 < int(options.get(item, 0)) <= MOST_OPTIONS]


@dataclass(frozen=True)
class Crossing:
    """The closed answers that are put across the themes.

    Parameters
    ----------
    chosen : DataFrame
        ``wave``, ``respondent_id``, ``closed_id``, ``part``, ``value``: who chose an option, box or net.
    answered : DataFrame
        ``wave``, ``respondent_id``, ``closed_id``: who answered.
    """

    chosen: pd.DataFrame
    answered: pd.DataFrame


def crossing_of(survey: Survey, closed: pd.DataFrame) -> Crossing:
    """Give the closed answers that are put across the themes (`crossed_items`), from the contract CLOSED, all waves."""
    items = crossed_items(survey, closed)
    mine = closed[closed["question_id"].isin(items)].rename(columns={"question_id": "closed_id"})
    chosen = who_chose(survey, closed).rename(columns={"question_id": "closed_id"})
    return Crossing(
        chosen=chosen[chosen["closed_id"].isin(items) & (chosen["part"] != SIDE)],
        answered=mine[[*PERSON, "closed_id"]].drop_duplicates(),
    )


def measure_crosstabs(cells: pd.DataFrame, crossing: Crossing, sampled: bool, params: Measure) -> pd.DataFrame:
    """Put closed answers across the themes of each open question, both ways.

    ``chosen``: of those who chose an option (or any of a box or net) and wrote a codable answer, how many raise the
    theme; counted like any share of a theme (`measure_prevalence`), so that it has a row for each way that the codes
    allow. ``raised``: of those who raise the theme and answered the closed question, how many chose the option; by
    ``person``, with the score interval on Kish's effective base, where people coded every answer that it rests on, else
    ``uncorrected`` without one. (Who is in the base of the latter is itself the coder's word, so that errors of coding
    are in numerator and base at once; its correction is a ratio of two corrected totals and is not built.)

    Parameters
    ----------
    cells : DataFrame
        What every share of a theme is counted from, as `shares.share_cells` gives it.
    crossing : Crossing
    sampled : bool
        Whether the respondents are a random sample.
    params : Measure
        Figures of fewer than ``min_segment`` respondents have no row.

    Returns
    -------
    DataFrame
        Contract CROSSTABS; shares are weighted, counts and bases are respondents.
    """
    if cells.empty or crossing.answered.empty:
        return empty(CROSSTABS)
    rows = []
    for closed_id, answered in crossing.answered.groupby("closed_id", sort=True):
        chosen = crossing.chosen[crossing.chosen["closed_id"] == closed_id]
        rows += _of_those_who_chose(cells, chosen, params, sampled)
        rows += _of_those_who_raise(cells, chosen, answered, params)
    if not rows:
        return empty(CROSSTABS)
    table = pd.DataFrame(rows)[list(CROSSTABS.columns)]
    strings = [name for name, kind in CROSSTABS.columns.items() if kind == "str"]
    return table.astype(dict.fromkeys(strings, "str")).sort_values(list(CROSSTABS.key), ignore_index=True)


def nearest_cells(crosstabs: pd.DataFrame) -> pd.DataFrame:
    """Give one row for each figure, as `prevalence.nearest` does for shares of themes."""
    names = [*CLOSED_SET, "of"]
    number = crosstabs.groupby(names).ngroup() if len(crosstabs) else crosstabs["of"]
    return nearest(crosstabs.assign(segment=number)).drop(columns="segment")


def _of_those_who_chose(
    cells: pd.DataFrame, chosen: pd.DataFrame, params: Measure, sampled: bool
) -> list[dict[str, Any]]:
    keys = [*THEME, *CLOSED_SET]
    table = cells.merge(chosen, on=PERSON, how="inner")
    large = table.groupby(keys)["respondent_id"].transform("size") >= params.min_segment
    return [
        {**dict(zip(keys, key, strict=True)), "of": CHOSEN, **row(share)}
        for key, group in table[large].groupby(keys, sort=True)
        for share in ways(group, params.min_segment, params.confidence, sampled)
    ]


def _of_those_who_raise(
    cells: pd.DataFrame, chosen: pd.DataFrame, answered: pd.DataFrame, params: Measure
) -> list[dict[str, Any]]:
    """Count the options among those who raise each theme; an option that none of them chose has a row, too."""
    base_of = [*THEME, "closed_id"]
    both = cells.merge(answered, on=PERSON, how="inner")
    person = both.groupby(base_of)["person"].min()
    raised = both[both["mentioned"]]
    raised = raised.assign(square=raised["weight"] ** 2)
    bases = raised.groupby(base_of, as_index=False).agg(
        base=("respondent_id", "size"), total=("weight", "sum"), squares=("square", "sum")
    )
    bases = bases[(bases["base"] >= params.min_segment) & (bases["total"] > 0)]
    sets = chosen[["wave", *CLOSED_SET]].drop_duplicates()
    table = bases.merge(sets, on=["wave", "closed_id"], how="inner")
    hits = raised.merge(chosen, on=[*PERSON, "closed_id"], how="inner")
    hits = hits.groupby([*base_of, "part", "value"], as_index=False).agg(
        n=("respondent_id", "size"), weight=("weight", "sum")
    )
    table = table.merge(hits, on=[*base_of, "part", "value"], how="left", validate="one_to_one")
    found = []
    for each in table.to_dict("records"):
        by_people = bool(person[tuple(each[name] for name in base_of)])
        share = 0.0 if pd.isna(each["n"]) else min(each["weight"] / each["total"], 1.0)
        bounds = (float("nan"), float("nan"))
        if by_people:
            bounds = score_bounds(share, each["total"] ** 2 / each["squares"], params.confidence)
        found.append(
            {
                **{name: each[name] for name in [*THEME, *CLOSED_SET, "base"]},
                "of": RAISED,
                "n": 0 if pd.isna(each["n"]) else int(each["n"]),
                "share": share,
                "low": bounds[0],
                "high": bounds[1],
                "method": "person" if by_people else "uncorrected",
            }
        )
    return found
