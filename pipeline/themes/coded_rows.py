"""Rows of a coding workbook, checked one by one and turned into rows of gold.csv."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.foundation.errors import closest, listing
from pipeline.survey.nonanswers import normalise
from pipeline.themes.codebook import Codebook
from pipeline.themes.decisions import fingerprint

NONE = "(none of them)"
GOLD_COLUMNS = ("respondent_id", "wave", "question", "code", "coder", "sample")


@dataclass(frozen=True)
class SheetRow:
    """One row as it stands in the sheet: its number, the id, the answer shown, what the coder wrote."""

    number: int
    id: str
    answer: str
    codes: tuple[str, ...]
    coder: str
    note: str


@dataclass(frozen=True)
class Drawn:
    """What was drawn under one id: its cell, how it was drawn, and the fingerprint of the answer as shown."""

    respondent_id: str
    wave: str
    question_id: str
    sample: str
    seen: str


@dataclass(frozen=True)
class Reading:
    """What a workbook gives.

    Parameters
    ----------
    rows : list of dict
        New rows for gold.csv.
    problems : list of str
        Every problem, with the number of its row; while there is one, nothing is to be written.
    counts : Counter
        ``answers`` newly coded, ``empty`` rows without a code, ``again`` (coded so before by the same coder),
        ``second coder`` (coded before by another), ``notes``.
    """

    rows: list[dict[str, str]]
    problems: list[str]
    counts: Counter[str]


def shown_fingerprint(answer: str) -> str:
    """Give the fingerprint of an answer as shown, the same after a spreadsheet changed its line ends or spaces.

    Examples
    --------
    >>> shown_fingerprint("More time.\\nMore trust") == shown_fingerprint("More time. _x000D_\\nMore trust ")
    True
    """
    return fingerprint(normalise(answer.replace("_x000D_", " ")) or " ".join(answer.split()))


def read_rows(
    rows: Iterable[SheetRow],
    drawn: Mapping[str, Drawn],
    there: Iterable[str],
    gold: pd.DataFrame,
    codebook: Codebook,
    coder: str,
) -> Reading:
    """Check what coders wrote and turn it into gold.

    Parameters
    ----------
    rows : iterable of SheetRow
        In any order; rows may be missing.
    drawn : mapping of str to Drawn
        What the workbook says was drawn, by id.
    there : iterable of str
        The ids of the answers that the survey holds now.
    gold : DataFrame
        ``cell_id``, ``code``, ``coder``: what gold.csv holds already.
    codebook : Codebook
        A question with themes takes only these; a question without takes any words as a code.
    coder : str
        Who coded the rows that name nobody.

    Returns
    -------
    Reading
        With any problem, its rows are not to be written.
    """
    present = set(there)
    before = _known(gold, codebook)
    first: dict[str, int] = {}
    made: list[dict[str, str]] = []
    found: list[str] = []
    counts: Counter[str] = Counter()
    for row in rows:
        given = [code.strip() for code in row.codes if code.strip()]
        if not row.id and not given and not row.answer:
            continue
        counts["notes"] += bool(row.note.strip())
        if not given:
            counts["empty"] += 1
            continue
        name = row.coder.strip() or coder
        problems = _row_problems(row, drawn, present, first)
        if not name:
            problems.append("nobody is named as its coder: fill in the column, or give --coder NAME")
        first.setdefault(row.id, row.number)
        codes: set[str] = set()
        if row.id in drawn:
            codes, wrong = _codes(given, drawn[row.id].question_id, codebook)
            problems += wrong
        earlier = before.get(row.id, {})
        if not problems and name in earlier and earlier[name] != codes:
            was, now = (", ".join(sorted(each)) or NONE for each in (earlier[name], codes))
            problems.append(f"{name} coded this answer before as {was}, and here as {now}; neither is taken: mend one")
        found += [f"row {row.number}: {problem}" for problem in problems]
        if problems:
            continue
        if name in earlier:
            counts["again"] += 1
            continue
        counts["answers"] += 1
        counts["second coder"] += bool(earlier)
        made += _gold_rows(drawn[row.id], codes, name)
    return Reading(made, found, counts)


def _row_problems(row: SheetRow, drawn: Mapping[str, Drawn], present: set[str], first: Mapping[str, int]) -> list[str]:
    if row.id not in drawn:
        hint = closest(row.id, drawn) if row.id else "The id column is locked: copy the row from a fresh draw."
        return [f"the id `{row.id}` was not drawn. {hint}".rstrip()]
    if row.id in first:
        return [f"the id `{row.id}` stands at row {first[row.id]} too; keep one of them"]
    if row.id not in present:
        return ["the survey holds this answer no more (its wave is not listed, or the raw file has changed)"]
    if shown_fingerprint(row.answer) != drawn[row.id].seen:
        return ["the answer beside this id is another than the one drawn (were only some columns sorted?)"]
    return []


def _codes(given: list[str], question_id: str, codebook: Codebook) -> tuple[set[str], list[str]]:
    """The theme ids (or free words) of one row, and what is wrong with them; an empty set is "none of them"."""
    themes = codebook.for_question(question_id)
    codes: list[str] = []
    problems = []
    for code in given:
        if code.casefold() == NONE.casefold():
            continue
        theme = codebook.find(code)
        if theme in themes:
            codes.append(theme.id)
        elif theme is not None:
            problems.append(f"`{code}` is a theme of other questions than `{question_id}`")
        elif themes:
            names = [t.name for t in themes]
            hint = closest(code, names) or f"Known: {listing(names, 5)}."
            problems.append(f"`{code}` is no theme of the codebook. {hint}")
        else:
            codes.append(code)
    folded = [code.casefold() for code in codes]
    problems += [f"`{code}` is given twice" for code in sorted({c for c in codes if folded.count(c.casefold()) > 1})]
    if NONE.casefold() in [code.casefold() for code in given] and (codes or problems):
        problems.append(f"both `{NONE}` and a code")
    return set(codes), problems


def _known(gold: pd.DataFrame, codebook: Codebook) -> dict[str, dict[str, set[str]]]:
    """Codes that gold.csv holds, by cell and coder, as theme ids where the codebook knows them."""
    known: dict[str, dict[str, set[str]]] = {}
    for cell, code, coder in zip(gold["cell_id"], gold["code"], gold["coder"], strict=True):
        codes = known.setdefault(cell, {}).setdefault(coder.strip(), set())
        if code.strip():
            theme = codebook.find(code)
            codes.add(theme.id if theme else code.strip())
    return known


def _gold_rows(drawn: Drawn, codes: set[str], coder: str) -> list[dict[str, str]]:
    """One row a code; one row with an empty code for "none of them"."""
    cell = (drawn.respondent_id, drawn.wave, drawn.question_id)
    rows = [(*cell, code, coder, drawn.sample) for code in sorted(codes) or [""]]
    return [dict(zip(GOLD_COLUMNS, row, strict=True)) for row in rows]
