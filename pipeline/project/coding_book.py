"""The workbook in which people code: drawn answers without any suggestion, the codebook beside them, nothing else."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from pipeline.foundation.errors import ThemebookError, closest
from pipeline.foundation.tables import read_bytes
from pipeline.report.wording import tame
from pipeline.themes.coded_rows import NONE, Drawn, SheetRow

ANSWERS, CODEBOOK, HOW, LISTS, DRAWN = "Answers", "Codebook", "How to code", "lists", "drawn"
PROMOTED = "coded before"
CODES = tuple(f"code {i}" for i in range(1, 7))
HEADER = ("id", "sample", "wave", "question", "answer", *CODES, "coder", "note")
FRAME = ("theme", "definition", "include", "exclude", "examples", "questions")
# What an Excel cell can hold.
MOST = 32_000
INSTRUCTIONS = (
    "Code what the answer says, not what its writer may have meant.",
    "Give an answer every theme that it raises, one in each code column; the order does not matter.",
    f"An answer that raises none of the themes gets {NONE}. A row without any code counts as not coded yet.",
    "Where the code columns have no list, write codes in your own words, the same words for the same thing.",
    "Work from the top; do not pick rows. They stand in no order, so stopping early is fair, choosing is not.",
    "Notes stay in this workbook. The sheet is protected without a password, so that answers stay beside their ids.",
    "Personal data are masked. The answers are confidential all the same.",
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
        An .xlsx file. Every cell is text, whatever it begins with; nothing is computed when it is opened.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        wrap = {"text_wrap": True, "valign": "top", "quote_prefix": True}
        locked, free = book.add_format({**wrap, "bg_color": "#F2F2F2"}), book.add_format({**wrap, "locked": False})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        sheet = book.add_worksheet(ANSWERS)
        _put(sheet, 0, HEADER, bold)
        for i, row in enumerate(rows, 1):
            _put(sheet, i, [row["id"], row["sample"], row["wave"], row["question"], row["answer"]], locked)
            _put(sheet, i, ["" for _ in CODES] + [coder, ""], free, 5)
        _drop_downs(book, sheet, [row["question_id"] for row in rows], themes)
        for columns, width in (
            ("A:A", 15),
            ("C:C", 8),
            ("D:D", 24),
            ("E:E", 70),
            ("F:K", 24),
            ("L:L", 12),
            ("M:M", 30),
        ):
            sheet.set_column(columns, width)
        sheet.set_column("B:B", 8, None, {"hidden": True})
        sheet.freeze_panes(1, 5)
        sheet.autofilter(0, 0, len(rows), len(HEADER) - 1)
        may = ("autofilter", "format_columns", "format_rows")
        sheet.protect("", dict.fromkeys(may, True))
        _table(book, CODEBOOK, [FRAME, *frame], (24, 50, 40, 40, 70, 30), wrap, bold)
        _table(book, HOW, [[line] for line in ("How to code", *INSTRUCTIONS)], (110,), wrap, bold)
        names = [f.name for f in fields(Drawn)]
        kept = [[row["id"], *(row[name] for name in names)] for row in rows]
        kept += [[i, *(PROMOTED if name == "sample" else "" for name in names)] for i in promoted]
        _table(book, DRAWN, [["id", *names], *kept], (15,), {}, bold).hide()
    return buffer.getvalue()


def _put(sheet: Any, row: int, cells: Sequence[str], form: Any, column: int = 0) -> None:
    for i, cell in enumerate(cells, column):
        if cell:
            sheet.write_string(row, i, tame(cell)[:MOST], form)
        else:
            sheet.write_blank(row, i, None, form)


def _table(book: Any, name: str, rows: Sequence[Sequence[str]], widths: Sequence[int], wrap: dict, bold: Any) -> Any:
    sheet = book.add_worksheet(name)
    form = book.add_format(wrap)
    for i, row in enumerate(rows):
        _put(sheet, i, row, form if i else bold)
    for i, width in enumerate(widths):
        sheet.set_column(i, i, width)
    sheet.freeze_panes(1, 0)
    return sheet


def _drop_downs(book: Any, sheet: Any, questions: Sequence[str], themes: Mapping[str, Sequence[str]]) -> None:
    """Give each question's rows the list of its themes; the lists stand on a hidden sheet, for they can be long."""
    lists = book.add_worksheet(LISTS)
    lists.hide()
    places: dict[str, str] = {}
    for i, question in enumerate(q for q in dict.fromkeys(questions) if themes.get(q)):
        names = [*themes[question], NONE]
        for j, name in enumerate(names):
            lists.write_string(j, i, tame(name)[:MOST])
        column = _column(i)
        places[question] = f"={LISTS}!${column}$1:${column}${len(names)}"
    for i, question in enumerate(questions, 1):
        if question in places:
            said = {"error_title": "Not in the list", "error_message": f"Choose a theme from the list, or {NONE}."}
            sheet.data_validation(i, 5, i, 4 + len(CODES), {"validate": "list", "source": places[question], **said})


def _column(index: int) -> str:
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(index))


def parse(path: Path) -> tuple[list[SheetRow], dict[str, Drawn], list[str]]:
    """Read a workbook back: its rows, whatever their order, what was drawn, and the ids coded before.

    Raises
    ------
    ThemebookError
        If it is no .xlsx workbook, not one that `themebook sample` made, or has lost a column.
    """
    import python_calamine as calamine

    made = "Give a workbook that `themebook sample` made, saved as .xlsx."
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(read_bytes(path, made)))
        if missing := [name for name in (ANSWERS, DRAWN) if name not in book.sheet_names]:
            raise ThemebookError(f"{path} has no sheet `{missing[0]}`.", made)
        answers, drawn = (_cells(book.get_sheet_by_name(name)) for name in (ANSWERS, DRAWN))
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, OSError, ValueError) as error:
        raise ThemebookError(f"{path} cannot be read as a workbook ({type(error).__name__}).", made) from None
    header = answers[0] if answers else []
    for name in HEADER:
        if name not in header:
            raise ThemebookError(
                f"{path}, sheet {ANSWERS}: no column `{name}`.", f"{closest(name, header)} {made}".strip()
            )
    at = {name: header.index(name) for name in HEADER}
    rows = [
        SheetRow(
            number=number,
            id=cells[at["id"]].strip(),
            answer=cells[at["answer"]],
            codes=tuple(cells[at[name]] for name in CODES),
            coder=cells[at["coder"]],
            note=cells[at["note"]],
        )
        for number, cells in enumerate(answers[1:], 2)
    ]
    width = 1 + len(fields(Drawn))
    known = {cells[0]: Drawn(*cells[1:width]) for cells in drawn[1:] if cells[0]}
    new = {i: each for i, each in known.items() if each.sample != PROMOTED}
    return rows, new, sorted(set(known) - set(new))


def _cells(sheet: Any) -> list[list[str]]:
    return [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]


def _text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
