"""Workbooks that people fill in, read back as text; `pipeline.report.sheets` writes them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.foundation.errors import ThemebookError, closest
from pipeline.foundation.tables import read_bytes
from pipeline.report.sheets import Row


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
