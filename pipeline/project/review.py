"""`themebook review workbook` and `read`: a reviewer's acts as a workbook, out and back."""

from __future__ import annotations

import uuid
from collections import Counter
from pathlib import Path

import pandas as pd

from pipeline.evidence.told import read_told
from pipeline.foundation.contracts import (
    CANDIDATE_UNITS,
    CANDIDATES,
    QUOTES,
    REDACTIONS,
    RESPONSES,
    UNIT_CODES,
    UNITS,
)
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_table, read_waves, write_bytes
from pipeline.project.sample import answer_rows, code_frame
from pipeline.report.wording import counted
from pipeline.review import batch, book_rows, queues, review_book
from pipeline.review.acts import standing_now
from pipeline.review.book_rows import CANDIDATES as CANDIDATE_SHEET
from pipeline.review.book_rows import QUOTES as QUOTE_SHEET
from pipeline.review.book_rows import THEMES
from pipeline.review.book_rows import UNITS as UNIT_SHEET
from pipeline.review.coding import add_rows, cell_vectors, codable_cells, read_codings
from pipeline.review.coding_book import ANSWERS, parse_answers
from pipeline.survey.description import Survey, load_survey
from pipeline.text.encoder import load_vectors
from pipeline.text.shown import redactions_by_response
from pipeline.themes import sampling
from pipeline.themes.codebook import Codebook, load_codebook
from pipeline.themes.coded_rows import Reading, read_rows
from pipeline.themes.decisions import DECISIONS, REVIEWER, append_all, load_decisions
from pipeline.themes.gold import GOLD_FILE, match_gold, read_gold
from pipeline.themes.replay import Conflict, wish

FOLDER = Path("data/review")
NAMED = ((THEMES, "theme"), (CANDIDATE_SHEET, "candidate"), (QUOTE_SHEET, "quote"), (UNIT_SHEET, "unit"))


def write(reviewer: str, out: Path | None = None) -> list[str]:
    """Write the review workbook of one reviewer.

    Parameters
    ----------
    reviewer : str
        Whose decisions and codes it will hold.
    out : Path, optional
        By default ``data/review/<reviewer>.xlsx``, which is kept out of git.

    Returns
    -------
    list of str
        What it holds, a line each.

    Raises
    ------
    ThemebookError
        If the name cannot name a file, the pipeline has not run, or the workbook is there already.
    """
    _check_reviewer(reviewer)
    path = out or FOLDER / f"{reviewer}.xlsx"
    if path.suffix.lower() != ".xlsx":
        raise ThemebookError(f"--out {path}: the workbook is an .xlsx file.", "Give a name that ends so.")
    if path.exists():
        raise ThemebookError(
            f"{path} is there already, and may hold somebody's decisions.",
            "Read it back with `themebook review read` and move it away, or give another name with --out.",
        )
    survey = load_survey()
    responses = read_waves(RESPONSES, survey.waves)
    standing = standing_now(survey, responses)
    mentions, units = read_told(), read_waves(UNITS, survey.waves)
    gold = match_gold(read_gold(), survey, responses, standing.codebook).responses
    material = review_book.Material(
        survey=survey,
        standing=standing,
        texts=dict(zip(responses["response_id"], responses["text"], strict=True)),
        redactions=redactions_by_response(read_waves(REDACTIONS, survey.waves)),
        responses=responses,
        units=units,
        unit_codes=read_table(UNIT_CODES),
        mentions=mentions,
        quotes=read_table(QUOTES),
        candidates=read_table(CANDIDATES),
        candidate_units=read_table(CANDIDATE_UNITS),
        coded=set(gold.loc[gold["by_person"], "response_id"]),
    )
    cells = _to_code(survey, responses, standing.codebook, mentions, units)
    answers = answer_rows(cells, survey, material.texts, material.redactions)
    frame = code_frame(standing.codebook, survey, material.texts, material.redactions)
    content, counts = review_book.build(material, answers, frame, uuid.uuid4().hex, reviewer)
    write_bytes(path, content)
    held = ", ".join(counted(counts[sheet], one) for sheet, one in NAMED)
    return [
        f"{path}: {held}, {counted(counts[ANSWERS], 'answer')} to code",
        f"when it is filled in: themebook review read {path}",
    ]


def _check_reviewer(reviewer: str) -> None:
    if not REVIEWER.fullmatch(reviewer):
        raise ThemebookError(f"--reviewer {reviewer}: letters, digits, `_`, `-` and `.` only.", "It names a file.")


def _to_code(
    survey: Survey, responses: pd.DataFrame, codebook: Codebook, mentions: pd.DataFrame, units: pd.DataFrame
) -> pd.DataFrame:
    """The cells of questions that people code altogether and nobody has coded yet, like beside like."""
    cells = codable_cells(responses, codebook, mentions)
    codings = read_codings(survey, responses, codebook, cells)
    progress = queues.progress(codings, load_params().review.code_all)
    altogether = progress.loc[progress["altogether"], ["question_id", "wave"]]
    ids = [i for question, wave in altogether.itertuples(index=False) for i in queues.scope(codings, wave, question)]
    raw = dict(zip(responses["response_id"], responses["text"], strict=True))
    texts = {c: "\n".join(raw[r] for r in rs) for c, rs in zip(cells["cell_id"], cells["response_ids"], strict=True)}
    vectors = cell_vectors(cells, units, load_vectors(survey.waves))
    queue = queues.everything(codings, ids, texts, vectors)
    chosen = cells.set_index("cell_id").loc[list(queue.left)].reset_index()
    return chosen.assign(sample="all")


def read(path: Path, reviewer: str = "") -> list[str]:
    """Read a review workbook: decisions into the reviewer's file, codes into gold.csv.

    Parameters
    ----------
    path : Path
        The workbook.
    reviewer : str
        In place of the one that it was written for.

    Returns
    -------
    list of str
        What was taken, and each conflict with both sides, a line each.

    Raises
    ------
    ThemebookError
        Naming every problem with sheet and row; nothing is then written.
    """
    book = review_book.parse(path)
    reviewer = reviewer or book.reviewer
    _check_reviewer(reviewer)
    survey = load_survey()
    responses = read_waves(RESPONSES, survey.waves)
    standing = standing_now(survey, responses)
    texts = dict(zip(responses["response_id"], responses["text"], strict=True))
    redactions = redactions_by_response(read_waves(REDACTIONS, survey.waves))
    known = book_rows.Known(book.targets, book.former, standing.codebook, texts, redactions)
    found = book_rows.read_sheets(book.sheets, known)
    taken = batch.take_all(found.wanted, reviewer, book.book, load_codebook(survey), load_decisions(), texts)
    coded = _coded(book, path, survey, responses, standing.codebook, reviewer)
    problems = [*found.problems, *taken.problems, *(f"{ANSWERS}, {problem}" for problem in coded.problems)]
    if problems:
        listed = "".join(f"\n  {problem}" for problem in problems)
        raise ThemebookError(
            f"{path}: {counted(len(problems), 'problem')}, nothing was written.{listed}\n",
            "Mend the workbook and read it again.",
        )
    if coded.rows:
        add_rows(coded.rows, survey=survey)
    append_all(taken.decisions)
    return _said(reviewer, taken, coded)


def _coded(
    book: review_book.Read, path: Path, survey: Survey, responses: pd.DataFrame, codebook: Codebook, reviewer: str
) -> Reading:
    """What was coded, as rows for gold.csv."""
    if ANSWERS not in book.cells:
        return Reading([], [], Counter())
    rows, drawn, _ = parse_answers(book.cells, path, review_book.MADE)
    there = codable_cells(responses, Codebook(), read_told())["cell_id"]
    coded = sampling.gold_cells(read_gold(), survey, responses)
    return read_rows(rows, drawn, there, coded, codebook, reviewer)


def _said(reviewer: str, taken: batch.Taken, coded: Reading) -> list[str]:
    lines = [
        f"{DECISIONS}/{reviewer}.jsonl: {counted(len(taken.decisions), 'decision')} recorded",
        f"{GOLD_FILE}: {counted(coded.counts['answers'], 'answer')} added ({counted(len(coded.rows), 'row')})",
    ]
    again = taken.again + coded.counts["again"]
    told = (
        (again, "row", "read before: nothing to add"),
        (coded.counts["second coder"], "answer", "coded before by somebody else: both codings stand"),
        (coded.counts["notes"], "note", "on answers left in the workbook"),
    )
    lines += [f"{counted(n, what)} {words}" for n, what, words in told if n]
    lines += [_conflict(each) for each in taken.conflicts]
    return [*lines, "run `dvc repro`"]


def _conflict(conflict: Conflict) -> str:
    decision = conflict.decision
    how = "applied in part" if conflict.applied else "not applied, both sides are kept"
    return f"conflict {decision.id} ({wish(decision)}): {how}: {conflict.sentence}"
