"""Who gave the same answers which themes: persons, machine readers, and the machine unseen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.evidence.agreement import fair_pairs, fair_responses
from pipeline.themes.codebook import Codebook
from pipeline.themes.gold import Gold, is_person

ANSWER = ["wave", "respondent_id", "question_id"]
MACHINE, PEOPLE = "machine", "people"


@dataclass(frozen=True)
class Readings:
    """What coders gave the same answers; an answer is all that one respondent wrote to one question.

    Parameters
    ----------
    answers : DataFrame
        ``wave``, ``respondent_id``, ``question_id``; one row an answer, or a row for each reader of one.
    themes : tuple of str
        Theme ids.
    coders : tuple of str
    codes : ndarray, shape (coders, answers, themes)
        1 where a coder gave the theme, 0 where not, NaN where the coder did not read the answer or know the theme.
    """

    answers: pd.DataFrame
    themes: tuple[str, ...]
    coders: tuple[str, ...]
    codes: np.ndarray

    def of(self, question_id: str) -> Readings:
        """Give the answers to one question; empty: to any."""
        mine = (self.answers["question_id"] == question_id).to_numpy() | (question_id == "")
        return Readings(self.answers[mine].reset_index(drop=True), self.themes, self.coders, self.codes[:, mine])

    def by(self, *coders: str) -> Readings:
        """Give what some of the coders gave, on the answers that at least two of them read."""
        codes = self.codes[[self.coders.index(name) for name in coders]]
        mine = (~np.isnan(codes).all(axis=2)).sum(axis=0) >= 2
        return Readings(self.answers[mine].reset_index(drop=True), self.themes, coders, codes[:, mine])


def read_by_machine(heldout: pd.DataFrame, gold: Gold) -> dict[str, Readings]:
    """Put the held-out predictions beside what readers gave, on the responses that stand for all (`fair_responses`).

    Parameters
    ----------
    heldout : DataFrame
        Contract HELDOUT.
    gold : Gold
        Settled gold.

    Returns
    -------
    dict of str to Readings
        By reader: ``people`` for all persons together, and each machine reader by its name, ``machine:…``; only those
        who read something. The coders are ``machine`` and this reader.
    """
    pairs = fair_pairs(heldout, gold)
    about = gold.responses.set_index("response_id")[["coder", "by_person"]]
    mine = about.loc[pairs["response_id"]]
    reader = np.where(mine["by_person"], PEOPLE, mine["coder"])
    found = {}
    for name in sorted(set(reader)):
        rows = pairs[reader == name]
        both = [rows.assign(coder=who, yes=rows[column]) for who, column in ((MACHINE, "mentioned"), (name, "given"))]
        found[name] = _readings(pd.concat(both, ignore_index=True), (MACHINE, name))
    return found


def read_by_persons(several: pd.DataFrame, codebook: Codebook) -> Readings | None:
    """Give the codes of persons who coded the same answers without having seen other codes.

    Parameters
    ----------
    several : DataFrame
        Contract SEVERAL; adjudicated codes and those given after seeing the machine's are passed over.
    codebook : Codebook
        The effective one: a person knew the themes that she gave and those that are older than her codes.

    Returns
    -------
    Readings or None
        None where no two persons coded the same answer.
    """
    mine = _of_persons(several)
    mine = mine[mine.groupby("response_id")["coder"].transform("nunique") > 1]
    coded = mine[[*ANSWER, "coder", "time"]].drop_duplicates([*ANSWER, "coder"])
    parts = []
    for question_id, rows in coded.groupby("question_id", sort=True):
        for theme in codebook.for_question(str(question_id)):
            parts.append(rows.assign(theme_id=theme.id, known=rows["time"] >= theme.since))
    if not parts:
        return None
    told = pd.concat(parts, ignore_index=True)
    key = [*ANSWER, "coder", "theme_id"]
    told["yes"] = pd.MultiIndex.from_frame(told[key]).isin(pd.MultiIndex.from_frame(mine[key]))
    told = told[told["known"] | told["yes"]]
    return None if told.empty else _readings(told, sorted(set(told["coder"])))


def fair_several(several: pd.DataFrame, gold: Gold) -> pd.DataFrame:
    """Keep the answers that stand for all (`fair_responses`) of those that persons coded twice, or all if none do."""
    persons = _of_persons(several)
    twice = persons.groupby("response_id")["coder"].nunique()
    fair = twice.index[twice > 1].intersection(fair_responses(gold)["response_id"])
    return several[several["response_id"].isin(fair)] if len(fair) else several


def _of_persons(several: pd.DataFrame) -> pd.DataFrame:
    return several[several["coder"].map(is_person).astype(bool)]


def beside_each(persons: Readings, heldout: pd.DataFrame) -> Readings | None:
    """Put the held-out predictions beside each person's own codes of the answers that several coded.

    Returns
    -------
    Readings or None
        The coders are ``machine`` and ``people``, with a row for each person who read an answer; None where no
        prediction of these answers is held out.
    """
    rows = heldout.merge(persons.answers, on=ANSWER)
    if rows.empty:
        return None
    said = _readings(rows.assign(coder=MACHINE, yes=rows["mentioned"]), (MACHINE,))
    place = pd.MultiIndex.from_frame(said.answers).get_indexer(pd.MultiIndex.from_frame(persons.answers))
    column = pd.Index(said.themes).get_indexer(pd.Index(persons.themes))
    padded = np.pad(said.codes[0], ((0, 1), (0, 1)), constant_values=np.nan)
    machine = padded[np.ix_(place, column)]
    codes = np.stack([np.concatenate([machine] * len(persons.coders)), np.concatenate(list(persons.codes))])
    answers = pd.concat([persons.answers] * len(persons.coders), ignore_index=True)
    return Readings(answers, persons.themes, (MACHINE, PEOPLE), codes).by(MACHINE, PEOPLE)


def _readings(rows: pd.DataFrame, coders: Sequence[str]) -> Readings:
    """Bring together the parts of each answer: it has a theme that any of its parts has."""
    answers = rows[ANSWER].drop_duplicates().sort_values(ANSWER, ignore_index=True)
    themes = tuple(sorted(set(rows["theme_id"])))
    place = pd.MultiIndex.from_frame(answers).get_indexer(pd.MultiIndex.from_frame(rows[ANSWER]))
    at = (pd.Index(coders).get_indexer(pd.Index(rows["coder"])), place, pd.Index(themes).get_indexer(rows["theme_id"]))
    codes = np.full((len(coders), len(answers), len(themes)), -1.0)
    np.maximum.at(codes, at, rows["yes"].to_numpy(float))
    return Readings(answers, themes, tuple(coders), np.where(codes < 0, np.nan, codes))
