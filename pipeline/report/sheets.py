"""Workbooks: every text is a text whatever it begins with, and nothing is cut without saying so."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from pipeline.report.wording import NBSP, counted, percent, tame, whole

LISTS = "lists"
# What an Excel cell and an Excel sheet can hold, with room for a note; characters as Excel counts them, in UTF-16.
MOST = 32_000
MOST_ROWS = 1_048_575
_CREATED = datetime(2000, 1, 1)
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


class Share(float):
    """A share between 0 and 1 that a cell holds as a number and shows in whole percent."""

    def __new__(cls, value: float, exact: bool = True) -> Share:
        """Take a share as it is, or, where it is not `exact`, only the whole percent that is shown of it."""
        return super().__new__(cls, value if exact else whole(value) / 100)


Value = str | int | float | None
Row = Mapping[str, Any]


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
    """One sheet: its columns and rows, and in a sentence what it holds.

    `still` columns stay in view; a hidden sheet is for the reader alone; a protected one is written into by people.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    still: int = 0
    protected: bool = True
    hidden: bool = False
    filters: bool = False
    about: str = ""


def parts(sheet: Sheet, most: int = MOST_ROWS) -> list[Sheet]:
    """Split a sheet whose rows are more than a sheet can hold.

    Examples
    --------
    >>> [part.name for part in parts(Sheet("Answers", [], [{}] * 5), most=2)]
    ['Answers', 'Answers (2)', 'Answers (3)']
    """
    starts = range(0, max(len(sheet.rows), 1), most)
    return [
        replace(sheet, rows=sheet.rows[at : at + most], name=f"{sheet.name} ({i})" if i > 1 else sheet.name)
        for i, at in enumerate(starts, 1)
    ]


def fitted(text: str) -> str:
    """Give a text as a cell can hold it: control characters replaced, and what is too long shortened, saying so.

    Examples
    --------
    >>> fitted("x" * 40_000).lstrip("x")
    ' … (shortened: 40,000 characters in all)'
    """
    text = tame(text)
    if _units(text) <= MOST:
        return text
    kept = text.encode("utf-16-le")[: 2 * MOST].decode("utf-16-le", errors="ignore")
    return f"{kept.rstrip()} … (shortened: {counted(len(text), 'character')} in all)"


def shortened(sheets: Sequence[Sheet]) -> int:
    """Count the cells whose text is longer than a cell can hold."""
    cells = (row.get(column.name) for sheet in sheets for row in sheet.rows for column in sheet.columns)
    return sum(isinstance(cell, str) and _units(cell) > MOST for cell in cells)


def _units(text: str) -> int:
    return len(text) + (sum(ord(c) > 0xFFFF for c in text) if len(text) > MOST // 2 else 0)


def write(sheets: Sequence[Sheet], lists: Mapping[str, Sequence[str]] | None = None, title: str = "") -> bytes:
    """Make a workbook.

    Parameters
    ----------
    sheets : sequence of Sheet
    lists : mapping of str to sequence of str
        The lists that columns offer, by name; an empty one offers nothing. They stand on a hidden sheet, for they can
        be longer than a validation may be.
    title : str
        For the file's properties.

    Returns
    -------
    bytes
        An .xlsx file, the same for the same sheets. Every text is text, whatever it begins with; nothing is computed
        when it is opened.
    """
    import xlsxwriter
    from xlsxwriter.utility import xl_col_to_name

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        book.set_properties({"title": tame(title)[:200], "author": "themebook", "created": _CREATED})
        made = [(sheet, book.add_worksheet(sheet.name)) for sheet in sheets]
        named = {name: values for name, values in (lists or {}).items() if values}
        places = {}
        if named:
            hidden = book.add_worksheet(LISTS)
            hidden.hide()
            for i, (name, values) in enumerate(named.items()):
                for j, value in enumerate(values):
                    hidden.write_string(j, i, fitted(value))
                places[name] = f"={LISTS}!${xl_col_to_name(i)}$1:${xl_col_to_name(i)}${len(values)}"
        forms = _forms(book)
        for sheet, page in made:
            _fill(sheet, page, forms)
            _offer(sheet, page, places)
    return buffer.getvalue()


def _forms(book: Any) -> dict[str, Any]:
    wrap = {"text_wrap": True, "valign": "top", "quote_prefix": True}
    number = {"valign": "top", "align": "right"}
    return {
        "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
        "locked": book.add_format({**wrap, "bg_color": "#F2F2F2"}),
        "free": book.add_format({**wrap, "locked": False}),
        "plain": book.add_format(wrap),
        "whole": book.add_format({**number, "num_format": "#,##0"}),
        "number": book.add_format({**number, "num_format": "0.000"}),
        "share": book.add_format({**number, "num_format": f"0{NBSP}%"}),
        "under": book.add_format({**number, "num_format": f'"{percent(0.001)}"'}),
        "over": book.add_format({**number, "num_format": f'"{percent(0.999)}"'}),
    }


def _fill(sheet: Sheet, page: Any, forms: Mapping[str, Any]) -> None:
    for i, column in enumerate(sheet.columns):
        _put(page, 0, i, column.name, forms, "head")
        form = "plain" if not sheet.protected else "free" if column.free else "locked"
        for number, row in enumerate(sheet.rows, 1):
            _put(page, number, i, row.get(column.name, ""), forms, form)
        page.set_column(i, i, column.width, None, {"hidden": True} if column.hidden else {})
    page.freeze_panes(1, sheet.still)
    if sheet.hidden:
        page.hide()
        return
    if sheet.protected or sheet.filters:
        page.autofilter(0, 0, max(len(sheet.rows), 1), len(sheet.columns) - 1)
    if sheet.protected:
        page.protect("", dict.fromkeys(("autofilter", "format_columns", "format_rows"), True))


def _put(page: Any, row: int, column: int, cell: Value, forms: Mapping[str, Any], form: str) -> None:
    if cell is None or cell == "":
        page.write_blank(row, column, None, forms[form])
    elif isinstance(cell, str):
        page.write_string(row, column, fitted(cell), forms[form])
    elif math.isnan(cell):
        page.write_blank(row, column, None, forms[form])
    else:
        page.write_number(row, column, cell, forms[_shown_as(cell)])


def _shown_as(cell: float) -> str:
    """Which form shows a number as every other format says it."""
    if isinstance(cell, Share):
        said = percent(cell)
        return "under" if said == percent(0.001) else "over" if said == percent(0.999) else "share"
    return "whole" if isinstance(cell, int) else "number"


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
