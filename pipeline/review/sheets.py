"""Workbooks that people fill in: written with locked and free columns and drop-downs, read back as text."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline.foundation.errors import ThemebookError, closest
from pipeline.foundation.tables import read_bytes
from pipeline.report.wording import tame

LISTS = "lists"
# What an Excel cell can hold.
MOST = 32_000
Row = Mapping[str, str]


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    Parameters
    ----------
    name : str
        Its header, and the field of a row that it shows.
    width : int
        In characters.
    free : bool
        Whether people write in it; the others are locked where the sheet is protected.
    hidden : bool
    choices : str
        The name of a list that the cells offer; ``{field}`` in it is taken from the row. Empty for none.
    strict : bool
        Whether other values than those are refused.
    """

    name: str
    width: int
    free: bool = False
    hidden: bool = False
    choices: str = ""
    strict: bool = True


@dataclass(frozen=True)
class Sheet:
    """One sheet: its columns and rows; `still` columns stay in view; a hidden one is for the reader alone."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    still: int = 0
    protected: bool = True
    hidden: bool = False


def write(sheets: Sequence[Sheet], lists: Mapping[str, Sequence[str]] | None = None) -> bytes:
    """Make a workbook.

    Parameters
    ----------
    sheets : sequence of Sheet
    lists : mapping of str to sequence of str
        The lists that columns offer, by name; an empty one offers nothing. They stand on a hidden sheet, for they can
        be longer than a validation may be.

    Returns
    -------
    bytes
        An .xlsx file. Every cell is text, whatever it begins with; nothing is computed when it is opened.
    """
    import xlsxwriter
    from xlsxwriter.utility import xl_col_to_name

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        made = [(sheet, book.add_worksheet(sheet.name)) for sheet in sheets]
        named = {name: values for name, values in (lists or {}).items() if values}
        places = {}
        if named:
            hidden = book.add_worksheet(LISTS)
            hidden.hide()
            for i, (name, values) in enumerate(named.items()):
                for j, value in enumerate(values):
                    hidden.write_string(j, i, tame(value)[:MOST])
                places[name] = f"={LISTS}!${xl_col_to_name(i)}$1:${xl_col_to_name(i)}${len(values)}"
        wrap = {"text_wrap": True, "valign": "top", "quote_prefix": True}
        forms = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
            "locked": book.add_format({**wrap, "bg_color": "#F2F2F2"}),
            "free": book.add_format({**wrap, "locked": False}),
            "plain": book.add_format(wrap),
        }
        for sheet, page in made:
            _fill(sheet, page, forms)
            _offer(sheet, page, places)
    return buffer.getvalue()


def _fill(sheet: Sheet, page: Any, forms: Mapping[str, Any]) -> None:
    for i, column in enumerate(sheet.columns):
        _put(page, 0, i, column.name, forms["head"])
        form = forms["plain" if not sheet.protected else "free" if column.free else "locked"]
        for number, row in enumerate(sheet.rows, 1):
            _put(page, number, i, row.get(column.name, ""), form)
        page.set_column(i, i, column.width, None, {"hidden": True} if column.hidden else {})
    page.freeze_panes(1, sheet.still)
    if sheet.hidden:
        page.hide()
    elif sheet.protected:
        page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.columns) - 1)
        page.protect("", dict.fromkeys(("autofilter", "format_columns", "format_rows"), True))


def _put(page: Any, row: int, column: int, cell: str, form: Any) -> None:
    if cell:
        page.write_string(row, column, tame(cell)[:MOST], form)
    else:
        page.write_blank(row, column, None, form)


def _offer(sheet: Sheet, page: Any, places: Mapping[str, str]) -> None:
    """Give cells their lists, one validation for each block of neighbouring rows and columns with the same list."""
    at = 0
    for (choices, strict), block in groupby(sheet.columns, key=lambda column: (column.choices, column.strict)):
        width = len(list(block))
        at += width
        if not choices:
            continue
        number = 1
        for place, rows in groupby(places.get(choices.format(**row)) for row in sheet.rows):
            height = len(list(rows))
            number += height
            if place is not None:
                said = {"error_title": "Not in the list", "error_message": "Choose from the list."}
                rule = {"validate": "list", "source": place, "show_error": strict, **said}
                page.data_validation(number - height, at - width, number - 1, at - 1, rule)


def read(path: Path, needed: Sequence[str], made: str) -> dict[str, list[list[str]]]:
    """Read the cells of a workbook's sheets as text.

    Parameters
    ----------
    path : Path
    needed : sequence of str
        The sheets that it must have.
    made : str
        For messages: which workbook to give.

    Raises
    ------
    ThemebookError
        If it is no .xlsx workbook, or lacks one of those sheets.
    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(read_bytes(path, made)))
        if missing := [name for name in needed if name not in book.sheet_names]:
            raise ThemebookError(f"{path} has no sheet `{missing[0]}`.", made)
        return {
            name: [[_text(c) for c in row] for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
            for name in book.sheet_names
        }
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, OSError, ValueError) as error:
        raise ThemebookError(f"{path} cannot be read as a workbook ({type(error).__name__}).", made) from None


def _text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def table(cells: Sequence[Sequence[str]], columns: Sequence[str], where: str, made: str) -> list[tuple[int, Row]]:
    """Give the rows of a sheet as mappings by header, with their numbers; further columns are passed over.

    Raises
    ------
    ThemebookError
        If a column is missing.
    """
    header = list(cells[0]) if cells else []
    for name in columns:
        if name not in header:
            raise ThemebookError(f"{where}: no column `{name}`.", f"{closest(name, header)} {made}".strip())
    at = {name: header.index(name) for name in columns}
    return [(number, {name: row[i] for name, i in at.items()}) for number, row in enumerate(cells[1:], 2)]


def as_typed(cell: str) -> str:
    """Give a cell's text without what a spreadsheet makes of its spaces and line ends.

    Examples
    --------
    >>> as_typed(" More_x000D_\\n time ")
    'More time'
    """
    return " ".join(cell.replace("_x000D_", " ").split())
