"""One wave's raw file into responses, closed answers, respondents, and a ledger in which every cell is counted once."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.foundation.contracts import CLOSED, RESPONDENTS, RESPONSES, STATUSES, Contract
from pipeline.foundation.errors import ThemebookError, closest, listing
from pipeline.foundation.params import Ingest
from pipeline.foundation.tables import empty
from pipeline.survey.description import SURVEY_FILE, Question, Survey
from pipeline.survey.formats import Export
from pipeline.survey.identity import respondent_ids
from pipeline.survey.nonanswers import classify

NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
BLANK_ROW = "blank row"
ITEM_STATES = ("answered", "blank", "not_asked")
USER_MISSING = "user-missing in the file"
_BRACKETED = re.compile(r"\([^()]*\)")

Row = tuple[Any, ...]
Parts = list[tuple[int, int]]
Counts = Counter[tuple[str, str, str]]


@dataclass(frozen=True)
class Ingested:
    """What one raw file holds.

    Parameters
    ----------
    responses, closed, respondents : DataFrame
        As the contracts of these names say, sorted by their keys.
    ledger : dict
        Counts of all cells of the file, by status, reason and question, and a hash of how the questions are described.
    """

    responses: pd.DataFrame
    closed: pd.DataFrame
    respondents: pd.DataFrame
    ledger: dict[str, Any]


def ingest(export: Export, survey: Survey, wave: str, params: Ingest) -> Ingested:
    """Read one wave.

    Parameters
    ----------
    export : Export
        The raw file as text.
    survey : Survey
        Says what each of its columns is.
    wave : str
        The wave's id.
    params : Ingest
        Further non-answers.

    Returns
    -------
    Ingested
        The order of the file's rows changes none of its tables.

    Raises
    ------
    ThemebookError
        If columns and survey.yaml do not match (`check_columns`), an id is blank or stands twice, or a weight is not a
        number of 0 or more.
    """
    check_columns(export, survey, wave)
    id_column, weight_column = survey.id_column(wave), survey.weight_column(wave)
    people = respondent_ids(export, id_column)
    weights = _weights(export, weight_column, people)
    owned = _columns_of_questions(export, survey, id_column, weight_column)
    responses: list[Row] = []
    closed: list[Row] = []
    counts: Counts = Counter()
    items: dict[str, dict[str, int]] = {}
    for question_id, parts in owned.items():
        question = survey.questions[question_id]
        if question.kind == "open":
            rows, counted = _responses(export, people, wave, question_id, parts, params)
            responses += rows
        elif question.kind == "ignore":
            counted = _excluded(export, question_id, parts, question.reason or "ignored in survey.yaml")
        else:
            rows, counted, states = _closed(export, people, wave, question_id, question, parts)
            closed += rows
            items |= _item_sums(states)
        counts += counted
    taken = {j for parts in owned.values() for _, j in parts}
    for column, reason in ((id_column, "respondent id"), (weight_column, "weight")):
        rest = [(1, j) for j, header in enumerate(export.columns) if header == column and j not in taken]
        taken.update(j for _, j in rest)
        counts += _excluded(export, "", rest, reason)
    respondents = [(wave, person, weight) for person, weight in zip(people, weights, strict=True) if person]
    return Ingested(
        _table(responses, RESPONSES),
        _table(sorted(set(closed)), CLOSED),
        _table(respondents, RESPONDENTS),
        {**_ledger(export, survey, wave, owned, counts), "items": items},
    )


def _columns_of_questions(export: Export, survey: Survey, id_column: str, weight_column: str) -> dict[str, Parts]:
    """Give each question's columns in the file, as (part, place); no ignored question owns the id or weight column.

    A column that was renamed is the part that it was under its first wording.
    """
    places = {column: j for j, column in enumerate(export.columns)}
    return {
        name: [
            (question.columns.index(question.first_wording(column)) + 1, places[column])
            for column in question.columns
            if column in places and column != id_column and not (column == weight_column and question.kind == "ignore")
        ]
        for name, question in survey.questions.items()
    }


def check_columns(export: Export, survey: Survey, wave: str) -> None:
    """Check that a wave's columns are those that survey.yaml describes.

    Raises
    ------
    ThemebookError
        If the id or weight column is missing, or all columns of a question that the wave asked, or every open question;
        if the file holds two wordings of one column; or if it holds a column that survey.yaml does not mention. The
        closest name is given.
    """
    present = set(export.columns)
    mentioned = [c for q in survey.questions.values() for c in q.columns]
    special = [c for c in (survey.id_column(wave), survey.weight_column(wave)) if c]
    unknown = [c for c in export.columns if c not in mentioned and c not in special]
    for column in special:
        if column not in present:
            raise _missing(export, column, wave, unknown, "Mend `respondent_id` or `weight` in data/survey.yaml.")
    for name, question in survey.questions.items():
        _check_renamed(export, name, question, wave)
        asked = question.kind != "ignore" and (not question.waves or wave in question.waves)
        if asked and not present.intersection(question.columns):
            raise _missing(
                export,
                question.columns[0],
                wave,
                unknown,
                f"If it was renamed, add the new name to the `columns` of `{name}` in {SURVEY_FILE}; if this wave did "
                "not ask it, list the waves that did under its `waves`.",
            )
    if unknown:
        absent = [c for c in mentioned if c not in present]
        raise ThemebookError(
            f"{export.path} has {len(unknown)} column{'s' * (len(unknown) > 1)} that {SURVEY_FILE} does not mention "
            f"(wave {wave}): {listing(unknown)}. {closest(unknown[0], absent)}".strip(),
            f"Add it to the question's `columns` in {SURVEY_FILE} if it was renamed, or as a question of its own, of "
            "kind `ignore` if it is not needed.",
        )
    opened = [c for q in survey.open_questions.values() for c in q.columns]
    if not present.intersection(opened):
        first = opened[0] if opened else "(any open question)"
        raise _missing(export, first, wave, unknown, f"A wave needs one open question of {SURVEY_FILE}.")


def _check_renamed(export: Export, name: str, question: Question, wave: str) -> None:
    by_first: dict[str, str] = {}
    for column in question.columns:
        first = question.first_wording(column)
        if column in export.columns and by_first.setdefault(first, column) != column:
            raise ThemebookError(
                f"{export.path} has both `{by_first[first]}` and `{column}` (wave {wave}), but {SURVEY_FILE} says that "
                "the one is a later wording of the other.",
                f"Mend `renamed` of the question `{name}` in {SURVEY_FILE}.",
            )


def _missing(export: Export, column: str, wave: str, unknown: list[str], remedy: str) -> ThemebookError:
    found = unknown + [c for c in export.columns if c not in unknown]
    near = closest(column, unknown) or closest(column, export.columns)
    return ThemebookError(
        f"{export.path} has no column `{column}` (survey.yaml, wave {wave}). Found: {listing(found)}. {near}".strip(),
        remedy,
    )


def _ledger(export: Export, survey: Survey, wave: str, owned: dict[str, Parts], counts: Counts) -> dict[str, Any]:
    """Lay out all counts, after checking that they add up to the file's cells."""
    rows, cells = len(export.rows), len(export.rows) * len(export.columns)
    if counts.total() != cells:
        raise AssertionError(f"{export.path}: {cells} cells, {counts.total()} counted")
    described = survey.waves.get(wave)
    asked = {name: question.model_dump(mode="json") for name, question in survey.questions.items()}
    return {
        "wave": wave,
        "file": described.file if described else str(export.path),
        "sha256": export.sha256,
        "rows": rows,
        "columns": len(export.columns),
        "cells": cells,
        **_sums(counts),
        "questions": {
            name: {
                "kind": survey.questions[name].kind,
                "columns": [export.columns[j] for _, j in parts],
                "cells": rows * len(parts),
                **_sums(Counter({key: n for key, n in counts.items() if key[0] == name})),
            }
            for name, parts in owned.items()
            if parts
        },
        "absent": [name for name, parts in owned.items() if not parts],
        # Stages that read the questions depend on the ledgers: DVC would copy all of them into its list for each.
        "described": hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest(),
    }


def _sums(counts: Counts) -> dict[str, dict[str, int]]:
    status: dict[str, int] = dict.fromkeys(STATUSES, 0)
    reasons: Counter[str] = Counter()
    for (_, state, reason), n in counts.items():
        status[state] += n
        if reason:
            reasons[reason] += n
    return {"status": status, "reasons": dict(sorted(reasons.items()))}


def _excluded(export: Export, question_id: str, parts: Parts, reason: str) -> Counts:
    """Count whole columns as excluded."""
    return Counter({(question_id, "excluded", reason): len(export.rows) * len(parts)})


def _responses(
    export: Export, people: list[str], wave: str, question_id: str, parts: Parts, params: Ingest
) -> tuple[list[Row], Counts]:
    """Give a row for every respondent and every part of an open question, and a count of its cells."""
    rows: list[Row] = []
    counts: Counts = Counter()
    for part, j in parts:
        for i, (cells, person) in enumerate(zip(export.rows, people, strict=True)):
            if not person:
                counts[question_id, "blank", BLANK_ROW] += 1
                continue
            if (i, j) in export.not_asked:
                status, reason = "not_asked", USER_MISSING
            else:
                status, reason = classify(cells[j], params.non_answers)
            counts[question_id, status, reason] += 1
            key = json.dumps([wave, person, question_id, part])
            response_id = "a_" + hashlib.sha256(key.encode("utf-8")).hexdigest()[:20]
            rows.append((response_id, wave, person, question_id, cells[j], status, reason))
    return rows, counts


def _closed(
    export: Export, people: list[str], wave: str, question_id: str, question: Question, parts: Parts
) -> tuple[list[Row], Counts, dict[str, dict[str, set[str]]]]:
    """Give a row for every option that a respondent chose, a count of the cells, and each item's respondents.

    A grid is one item a column; the options of a multi-select question are those of all its columns; any other question
    with several columns has several wordings, and the first that is filled in counts.
    """
    rows: list[Row] = []
    counts: Counts = Counter()
    items = {f"{question_id}.{part}" if question.kind == "grid" else question_id for part, _ in parts}
    states = {item: {state: set[str]() for state in ITEM_STATES} for item in sorted(items)}
    for i, (cells, person) in enumerate(zip(export.rows, people, strict=True)):
        taken = False
        for part, j in parts:
            options = split_options(cells[j], question.separator) if question.kind == "multi" else [cells[j].strip()]
            item = f"{question_id}.{part}" if question.kind == "grid" else question_id
            if not person:
                status, reason = "blank", BLANK_ROW
            elif (i, j) in export.not_asked:
                status, reason = "not_asked", USER_MISSING
            elif not any(options):
                status, reason = "blank", ""
            elif classify(cells[j])[0] == "not_asked":
                status, reason = "not_asked", "marked"
            elif taken and question.kind not in ("grid", "multi"):
                status, reason = "excluded", "another wording of the question is filled in"
            else:
                taken = True
                odd = question.kind == "numeric" and not NUMBER.fullmatch(options[0])
                status, reason = "answered", "not a number" if odd else ""
                rows += [(wave, person, item, option) for option in options]
            counts[question_id, status, reason] += 1
            if person and status in ITEM_STATES:
                states[item][status].add(person)
    return rows, counts, states


def _item_sums(states: dict[str, dict[str, set[str]]]) -> dict[str, dict[str, int]]:
    """Count each respondent once an item: who answered in no cell and has one that was not asked, was not asked."""
    return {
        item: {
            "answered": len(mine["answered"]),
            "blank": len(mine["blank"] - mine["answered"] - mine["not_asked"]),
            "not_asked": len(mine["not_asked"] - mine["answered"]),
        }
        for item, mine in states.items()
    }


def split_options(cell: str, separator: str) -> list[str]:
    """Split a multi-select cell into its options, each once, in order.

    A comma inside round brackets belongs to the option.

    Examples
    --------
    >>> split_options("gcc; clang; gcc", ";")
    ['gcc', 'clang']
    >>> split_options("University, Lab (e.g., LLNL), Other", ",")
    ['University', 'Lab (e.g., LLNL)', 'Other']
    """
    text = cell
    if separator.strip() == ",":
        text = _BRACKETED.sub(lambda match: match.group().replace(",", "\0"), text)
    options = (option.replace("\0", ",").strip() for option in text.split(separator))
    return list(dict.fromkeys(option for option in options if option))


def _weights(export: Export, column: str, people: list[str]) -> list[float]:
    if not column:
        return [1.0] * len(export.rows)
    j = export.columns.index(column)
    weights = []
    for row, number, person in zip(export.rows, export.row_numbers, people, strict=True):
        cell = row[j].strip()
        value = float(cell) if NUMBER.fullmatch(cell) else math.nan
        if person and not (math.isfinite(value) and value >= 0):
            found = "is blank" if not cell else "is not a number of 0 or more"
            raise ThemebookError(
                f"{export.path}, row {number}: the weight (column `{column}`) {found}.",
                "Give every respondent a weight, with a point for decimals.",
            )
        weights.append(value)
    return weights


def _table(rows: list[Any], contract: Contract) -> pd.DataFrame:
    """Make a contract's table, sorted by its key."""
    if not rows:
        return empty(contract)
    table = pd.DataFrame(rows, columns=list(contract.columns))
    kinds = {name: "str" if kind == "str" else "float64" for name, kind in contract.columns.items()}
    return table.astype(kinds).sort_values(list(contract.key), kind="stable", ignore_index=True)
