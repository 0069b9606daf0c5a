"""Breaks: where two waves cannot be compared as they stand, since wording, mode or sampling changed between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.survey.description import Question, Survey, slug

Held = Mapping[str, Mapping[str, Sequence[str]]]
WORDING, MODE, SAMPLING = "wording", "mode", "sampling"


@dataclass(frozen=True)
class Break:
    """What was done otherwise in a wave than in the one before; ``words`` are those of survey.yaml, for the reader."""

    wave: str
    what: str
    words: str = ""


def held_columns(ledgers: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, list[str]]]:
    """Give the columns of each question that each wave's file holds, from the waves' ledgers."""
    return {
        wave: {name: list(question.get("columns", ())) for name, question in ledger.get("questions", {}).items()}
        for wave, ledger in ledgers.items()
    }


def breaks_of(survey: Survey, held: Held, question_id: str) -> tuple[Break, ...]:
    """List the breaks of one question, in the order of the waves.

    Mode and sampling are those that a wave's ``changed`` names. Wording is what it names, and what its file shows: a
    column that ``renamed`` says is a later wording, or a question whose columns all have other headers than in the wave
    that asked it last. Headers that differ in case and punctuation only are one wording.

    Parameters
    ----------
    survey : Survey
    held : mapping
        By wave and question the columns of the wave's file (`held_columns`).
    question_id : str
        Empty for all open questions together.

    Returns
    -------
    tuple of Break
    """
    questions = [question_id] if question_id else list(survey.open_questions)
    found: list[Break] = []
    last: dict[str, Sequence[str]] = {}
    for i, (wave, described) in enumerate(survey.waves.items()):
        mine = {name: held.get(wave, {}).get(name, ()) for name in questions}
        if i:
            worded = [name for name in questions if name in described.changed.wording and mine[name]]
            worded += [
                name
                for name in questions
                if name in survey.questions and _reworded(survey.questions[name], last.get(name, ()), mine[name])
            ]
            found += [Break(wave, WORDING)] if worded else []
            found += [Break(wave, MODE, described.changed.mode)] if described.changed.mode else []
            found += [Break(wave, SAMPLING, described.changed.sampling)] if described.changed.sampling else []
        last |= {name: columns for name, columns in mine.items() if columns}
    return tuple(found)


def between(survey: Survey, breaks: Sequence[Break], earlier: str, later: str) -> tuple[Break, ...]:
    """Give the breaks that lie between two waves."""
    waves = list(survey.waves)
    crossed = waves[waves.index(earlier) + 1 : waves.index(later) + 1]
    return tuple(each for each in breaks if each.wave in crossed)


def _reworded(question: Question, before: Sequence[str], after: Sequence[str]) -> bool:
    """Tell whether a question's columns are worded otherwise than in an earlier file; further parts are no wording."""
    if not before or not after:
        return False
    was = {question.first_wording(column): slug(column) for column in before}
    now = {question.first_wording(column): slug(column) for column in after}
    if any(was[part] != wording for part, wording in now.items() if part in was):
        return True
    return question.kind != "grid" and not {*was.values()} & {*now.values()}
