"""The list of units: what each says, its themes as people left them, and filters over all of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.foundation.params import Section
from pipeline.text.shown import shown_units

PER_PAGE = 50
# A code that a reader would give with less than this probability is worth a look.
UNSURE = 0.6
UNCODED = "-"
ONLY = {
    "": "all units",
    "unsure": "a code is unsure (under 60 %)",
    "uncoded": "without a theme",
    "disagreement": "readers disagree, or the machine with them",
    "people": "changed or confirmed by people",
}


class Filters(Section):
    """What is asked of the list; an empty field asks nothing. ``theme`` is an id, or ``-`` for units without one."""

    theme: str = ""
    wave: str = ""
    question: str = ""
    segment: str = ""
    only: str = ""
    text: str = ""


@dataclass(frozen=True)
class UnitList:
    """Every meaning unit with its themes.

    Parameters
    ----------
    table : DataFrame
        One row a unit: ``unit_id``, ``response_id``, ``start``, ``end``, ``text_id``, ``wave``, ``question_id``,
        ``respondent_id``, ``shown`` (masked). Sorted by question, wave, response and place in the answer.
    folded : Series
        ``shown`` without difference of case.
    themes : tuple of str
        t theme ids.
    given : ndarray of bool, shape (n, t)
        Which units carry which theme.
    probability : ndarray of float, shape (n, t)
        The machine's probability of a theme given, NaN where it gave none or a person decided.
    touched : ndarray of bool, shape (n,)
        Whether people reassigned the unit or confirmed its answer.
    """

    table: pd.DataFrame
    folded: pd.Series
    themes: tuple[str, ...]
    given: np.ndarray
    probability: np.ndarray
    touched: np.ndarray

    def codes(self, row: int) -> list[tuple[str, float | None]]:
        """Give the themes of one unit with the machine's probability, None where a person gave it."""
        found = []
        for column in np.flatnonzero(self.given[row]):
            probability = self.probability[row, column]
            found.append((self.themes[column], None if np.isnan(probability) else float(probability)))
        return found


def list_units(
    units: pd.DataFrame,
    responses: pd.DataFrame,
    redactions: Mapping[str, list[tuple[int, int, str]]],
    unit_codes: pd.DataFrame,
) -> UnitList:
    """Make the list as the machine left it.

    Parameters
    ----------
    units, responses, unit_codes : DataFrame
        By contract; a code of a unit that is not there is passed over, since tables may be in the making.
    redactions : mapping
        What is masked, by response id.
    """
    columns = ["response_id", "wave", "question_id", "respondent_id"]
    table = units[units["n"] > 0].merge(responses[columns], on="response_id")
    table = table.sort_values(["question_id", "wave", "response_id", "n"], ignore_index=True)
    texts = dict(zip(responses["response_id"], responses["text"], strict=True))
    table["shown"] = pd.Series(shown_units(table, texts, redactions), index=table.index, dtype="str")
    themes = tuple(sorted(set(unit_codes["theme_id"])))
    row = table["unit_id"].map(pd.Series(range(len(table)), index=table["unit_id"]))
    place = dict(zip(table["unit_id"], row, strict=True))
    column = {theme: i for i, theme in enumerate(themes)}
    probability = np.full((len(table), len(themes)), np.nan)
    given = np.zeros(probability.shape, bool)
    codes = unit_codes[unit_codes["unit_id"].isin(place)]
    at = [place[unit_id] for unit_id in codes["unit_id"]], [column[theme] for theme in codes["theme_id"]]
    given[at] = True
    probability[at] = np.where(codes["source"] == "model", codes["probability"], np.nan)
    return UnitList(table, table["shown"].str.casefold(), themes, given, probability, np.zeros(len(table), bool))


def with_standing(listed: UnitList, standing: Any) -> UnitList:
    """Give the list as it is after what people decided: themes merged, renamed or ended, units reassigned.

    A respondent's own words that are an example of a theme carry it, so that the parts of a split and an accepted
    candidate have units before the next run.

    Parameters
    ----------
    listed : UnitList
        As `list_units` gives it.
    standing : Standing
        What the decisions come to (`pipeline.themes.replay`).
    """
    codebook = standing.codebook
    themes = tuple(theme.id for theme in codebook.themes)
    column = {theme: i for i, theme in enumerate(themes)}
    given = np.zeros((len(listed.table), len(themes)), bool)
    probability = np.full(given.shape, np.nan)
    for old, theme_id in enumerate(listed.themes):
        heir = codebook.find(theme_id)
        if heir is None or heir.id not in column:
            continue
        to = column[heir.id]
        given[:, to] |= listed.given[:, old]
        probability[:, to] = np.fmax(probability[:, to], listed.probability[:, old])
    touched = np.zeros(len(given), bool)
    place = {
        key: row
        for row, key in enumerate(
            zip(listed.table["response_id"], listed.table["start"], listed.table["end"], strict=True)
        )
    }
    for theme in codebook.themes:
        shown = [place.get((e.response_id, e.start, e.end)) for e in theme.examples if e.response_id]
        rows = [row for row in shown if row is not None]
        given[rows, column[theme.id]] = True
        probability[rows, column[theme.id]] = np.nan
    for (response_id, start, end, theme_id), yes in standing.units.items():
        at = place.get((response_id, start, end))
        if at is not None and theme_id in column:
            given[at, column[theme_id]] = yes
            probability[at, column[theme_id]] = np.nan
            touched[at] = True
    if standing.confirmed:
        touched |= listed.table["response_id"].isin(list(standing.confirmed)).to_numpy()
    return replace(listed, themes=themes, given=given, probability=probability, touched=touched)


def select(
    listed: UnitList, filters: Filters, people: Mapping[str, Collection[tuple[str, str]]], disputed: Collection[str]
) -> np.ndarray:
    """Find the rows that pass every filter, in the list's order; unsure ones with the least sure first.

    Parameters
    ----------
    people : mapping of str to collection of (wave, respondent_id)
        Who belongs to each segment.
    disputed : collection of str
        Responses on which readers disagree with each other or with the machine.
    """
    table = listed.table
    keep = np.ones(len(table), bool)
    if filters.wave:
        keep &= (table["wave"] == filters.wave).to_numpy()
    if filters.question:
        keep &= (table["question_id"] == filters.question).to_numpy()
    if filters.theme == UNCODED or filters.only == "uncoded":
        keep &= ~listed.given.any(axis=1)
    elif filters.theme:
        keep &= listed.given[:, listed.themes.index(filters.theme)] if filters.theme in listed.themes else False
    if filters.segment:
        members = pd.MultiIndex.from_tuples(list(people.get(filters.segment, ())), names=["wave", "respondent_id"])
        keep &= pd.MultiIndex.from_frame(table[["wave", "respondent_id"]]).isin(members)
    if filters.only == "disagreement":
        keep &= table["response_id"].isin(list(disputed)).to_numpy()
    elif filters.only == "people":
        keep &= listed.touched
    if filters.text.strip():
        keep &= listed.folded.str.contains(filters.text.strip().casefold(), regex=False).to_numpy()
    if filters.only != "unsure":
        return np.flatnonzero(keep)
    least = np.where(listed.given, listed.probability, np.nan)
    least = np.nan_to_num(least, nan=1.0).min(axis=1, initial=1.0)
    rows = np.flatnonzero(keep & (least < UNSURE))
    return rows[np.argsort(least[rows], kind="stable")]
