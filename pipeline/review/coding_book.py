"""The workbook in which people code: drawn answers without any suggestion, the codebook beside them, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from pipeline.report.sheets import Column, Row, Sheet, write
from pipeline.review.sheets import read, table
from pipeline.themes.coded_rows import NONE, Drawn, SheetRow

ANSWERS, CODEBOOK, HOW, DRAWN = "Answers", "Codebook", "How to code", "drawn"
PROMOTED = "coded before"
CODES = tuple(f"code {i}" for i in range(1, 7))
COLUMNS = (
    Column("id", 15),
    Column("sample", 8, hidden=True),
    Column("wave", 8),
    Column("question", 24),
    Column("answer", 70),
    *(Column(code, 24, free=True, choices="{question_id}") for code in CODES),
    Column("coder", 12, free=True),
    Column("note", 30, free=True),
)
FRAME = ("theme", "definition", "include", "exclude", "examples", "questions")
MADE = "Give a workbook that `themebook sample` made, saved as .xlsx."
CODING = (
    "Code what the answer says, not what its writer may have meant.",
    "Give an answer every theme that it raises, one in each code column; the order does not matter.",
    f"An answer that raises none of the themes gets {NONE}. A row without any code counts as not coded yet.",
    "Where the code columns have no list, write codes in your own words, the same words for the same thing.",
    "Notes stay in this workbook. The sheet is protected without a password, so that answers stay beside their ids.",
    "Personal data are masked. The answers are confidential all the same.",
)
INSTRUCTIONS = (
    *CODING[:4],
    "Work from the top; do not pick rows. They stand in no order, so stopping early is fair, choosing is not.",
    *CODING[4:],
)


def build(
    rows: Sequence[Mapping[str, str]],
    themes: Mapping[str, Sequence[str]],
    frame: Sequence[Sequence[str]],
    coder: str,
    promoted: Sequence[str] = (),
) -> bytes:
    """Make the workbook.

    Parameters
    ----------
    rows : sequence of mapping
        One an answer, in the order of the sheet: ``id``, ``question`` (as people read it), ``answer`` (masked), and the
        fields of `Drawn`.
    themes : mapping of str to sequence of str
        The names of each question's themes; none makes the code columns free text.
    frame : sequence of sequence of str
        The codebook, a row a theme, by `FRAME`.
    coder : str
        Stands in every row; empty leaves it to be filled in.
    promoted : sequence of str
        The ids of answers coded before that the random draw came upon; they are in no row.

    Returns
    -------
    bytes
        An .xlsx file; see `sheets.write`.
    """
    sheets = [
        answers_sheet(rows, coder),
        codebook_sheet(frame),
        how_sheet(HOW, INSTRUCTIONS),
        drawn_sheet(rows, promoted),
    ]
    return write(sheets, code_lists(themes))


def answers_sheet(rows: Sequence[Row], coder: str) -> Sheet:
    """Make the sheet of answers to code; see `build`."""
    return Sheet(ANSWERS, COLUMNS, [{**row, "coder": coder} for row in rows], still=5)


def codebook_sheet(frame: Sequence[Sequence[str]]) -> Sheet:
    """Make the sheet that shows the codebook; see `build`."""
    columns = [Column(name, width) for name, width in zip(FRAME, (24, 50, 40, 40, 70, 30), strict=True)]
    return Sheet(CODEBOOK, columns, [dict(zip(FRAME, row, strict=True)) for row in frame], protected=False)


def how_sheet(name: str, lines: Sequence[str]) -> Sheet:
    """Make a sheet of instructions."""
    return Sheet(name, [Column(name, 110)], [{name: line} for line in lines], protected=False)


def drawn_sheet(rows: Sequence[Row], promoted: Sequence[str] = ()) -> Sheet:
    """Make the hidden sheet that says what was drawn; see `build`."""
    names = [f.name for f in fields(Drawn)]
    kept = [{name: row[name] for name in ("id", *names)} for row in rows]
    kept += [{"id": i, "sample": PROMOTED} for i in promoted]
    return Sheet(DRAWN, [Column("id", 15), *(Column(n, 15) for n in names)], kept, protected=False, hidden=True)


def code_lists(themes: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Give the lists that the code columns offer, by question; none for a question without themes."""
    return {question: [*names, NONE] for question, names in themes.items() if names}


def parse(path: Path) -> tuple[list[SheetRow], dict[str, Drawn], list[str]]:
    """Read a workbook back: its rows, whatever their order, what was drawn, and the ids coded before.

    Raises
    ------
    ThemebookError
        If it is no .xlsx workbook, not one that `themebook sample` made, or has lost a column.
    """
    return parse_answers(read(path, (ANSWERS, DRAWN), MADE), path, MADE)


def parse_answers(
    book: Mapping[str, Sequence[Sequence[str]]], path: Path, made: str
) -> tuple[list[SheetRow], dict[str, Drawn], list[str]]:
    """Read the sheets of answers of a workbook; see `parse`."""
    answers = table(book[ANSWERS], [column.name for column in COLUMNS], f"{path}, sheet {ANSWERS}", made)
    rows = [
        SheetRow(
            number=number,
            id=row["id"].strip(),
            answer=row["answer"],
            codes=tuple(row[name] for name in CODES),
            coder=row["coder"],
            note=row["note"],
        )
        for number, row in answers
    ]
    width = 1 + len(fields(Drawn))
    known = {cells[0]: Drawn(*cells[1:width]) for cells in book[DRAWN][1:] if cells[0]}
    new = {i: each for i, each in known.items() if each.sample != PROMOTED}
    return rows, new, sorted(set(known) - set(new))
