"""Raw exports of survey tools: every cell as text, exactly as given, or one clear error."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import read_bytes
from pipeline.survey.delimited import decode, refuse_disguise, split_rows
from pipeline.survey.headers import count_header_rows, merge_header

_ZIP, _OLE, _SAV = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", (b"$FL2", b"$FL3")


@dataclass(frozen=True)
class Export:
    """One raw file as text.

    Parameters
    ----------
    path : Path
        Where it lies, for messages.
    columns : tuple of str
        Headers, each once, white space folded.
    rows : list of list of str
        Cells as they stand in the file, all rows as long as `columns`.
    row_numbers : list of int
        The line or sheet row where each row starts.
    not_asked : frozenset of (int, int)
        Row and column index of cells that the file marks as user-missing.
    notices : list of str
        What the user should know; never any answer.
    sha256 : str
        Of the file, 64 hexadecimal digits.
    header_rows : int
        How many rows the header took.
    options : dict of str to tuple of str
        Value labels by column, in the order of their codes (SPSS files).
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[list[str]]
    row_numbers: list[int]
    not_asked: frozenset[tuple[int, int]] = frozenset()
    notices: list[str] = field(default_factory=list)
    sha256: str = ""
    header_rows: int = 1
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_export(path: Path, header_rows: int | None = None) -> Export:
    """Read the raw file of a wave: ``.csv``, ``.tsv``, ``.txt``, ``.xlsx``, ``.xls`` or ``.sav``.

    Parameters
    ----------
    path : Path
        The file.
    header_rows : int, optional
        1 to 3; recognised where it is not given.

    Raises
    ------
    ThemebookError
        If the file is missing, empty, of another kind than its ending says, truncated or damaged, holds a row of
        another length than the header, a column without a header, or two columns of one name.
    """
    readers: dict[str, Callable[[bytes, Path, int | None], Export]] = {
        ".csv": _read_text,
        ".tsv": _read_text,
        ".txt": _read_text,
        ".xlsx": _read_workbook,
        ".xls": _read_workbook,
        ".sav": _read_spss,
    }
    ending = path.suffix.lower()
    if ending not in readers:
        raise ThemebookError(
            f"{path}: files ending in `{ending or '(nothing)'}` cannot be read.",
            f"Export the survey as one of {', '.join(readers)}.",
        )
    content = read_bytes(path, "Give the path of the survey tool's export.")
    return readers[ending](content, path, header_rows)


def _read_text(content: bytes, path: Path, header_rows: int | None) -> Export:
    refuse_disguise(content, str(path))
    text, notices = decode(content, str(path))
    rows, lines = split_rows(text, str(path))
    return _with_header(rows, lines, path, content, header_rows, notices)


def _read_workbook(content: bytes, path: Path, header_rows: int | None) -> Export:
    import python_calamine as calamine

    if content and not content.startswith((_ZIP, _OLE)) and b"\0" not in content[:4000]:
        refuse_disguise(content, str(path))
        raise ThemebookError(f"{path} is a text file, whatever its ending says.", "Rename it to .csv.")
    refuse_disguise(content, str(path), own=(_ZIP, _OLE))
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names]
    except calamine.PasswordError:
        raise ThemebookError(f"{path} is locked with a password.", "Save a copy without one.") from None
    except (calamine.CalamineError, calamine.ZipError, calamine.XmlError, OSError, ValueError) as error:
        raise ThemebookError(
            f"{path} is not a whole Excel workbook: it is truncated or damaged ({type(error).__name__}).",
            "Download or export it again.",
        ) from None
    filled = [(name, rows) for name, rows in sheets if any(cell != "" for row in rows for cell in row)]
    if not filled:
        raise ThemebookError(f"{path} is empty: none of its sheets holds anything.", "Export the survey again.")
    name, raw = filled[0]
    notices = []
    if len(filled) > 1:
        notices.append(f"{path} has {len(filled)} sheets with content; the first of them, `{name}`, is read.")
    rows = [[cell_text(cell) for cell in row] for row in raw]
    while not any(rows[-1]):
        rows.pop()
    return _with_header(rows, list(range(1, len(rows) + 1)), path, content, header_rows, notices)


def cell_text(value: Any) -> str:
    """Write a typed cell as text: whole numbers without ``.0``, dates as ISO, booleans as Excel shows them.

    Examples
    --------
    >>> [cell_text(value) for value in (5.0, 0.1, True, dt.date(2025, 1, 2), " NA ", None)]
    ['5', '0.1', 'TRUE', '2025-01-02', ' NA ', '']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)


def _read_spss(content: bytes, path: Path, header_rows: int | None) -> Export:
    import pyreadstat

    refuse_disguise(content, str(path), own=_SAV)
    if not content.startswith(_SAV):
        raise ThemebookError(f"{path} is not an SPSS file, whatever its ending says.", "Export the survey again.")
    try:
        data, about = pyreadstat.read_sav(io.BytesIO(content), user_missing=True, output_format="dict")
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError) as error:
        raise ThemebookError(
            f"{path} is not a whole SPSS file: it is truncated or damaged ({type(error).__name__}).",
            "Download or export it again.",
        ) from None
    names = list(data)
    labels = [about.column_names_to_labels.get(name) or "" for name in names]
    headers = merge_header([names, labels])
    columns = [[_spss_text(v, about.variable_value_labels.get(name, {})) for v in data[name]] for name in names]
    missing = frozenset(
        (i, j)
        for j, name in enumerate(names)
        for i, value in enumerate(data[name])
        if any(_within(value, limits) for limits in about.missing_ranges.get(name, ()))
    )
    rows = [list(cells) for cells in zip(*columns, strict=True)]
    options = {
        header: tuple(
            str(text)
            for code, text in sorted(about.variable_value_labels[name].items(), key=lambda item: str(item[0]).zfill(20))
            if not any(_within(code, limits) for limits in about.missing_ranges.get(name, ()))
        )
        for header, name in zip(headers, names, strict=True)
        if about.variable_measure.get(name) == "ordinal" and about.variable_value_labels.get(name)
    }
    if not rows:
        raise ThemebookError(f"{path} has variables but no cases.", "Export the answers as well.")
    return Export(path, tuple(headers), rows, list(range(1, len(rows) + 1)), missing, [], _sha256(content), 1, options)


def _spss_text(value: Any, labels: dict[Any, str]) -> str:
    """Give the value's label where it has one; system-missing is blank."""
    if value is None or value != value:
        return ""
    return str(labels[value]) if value in labels else cell_text(value)


def _within(value: Any, limits: Any) -> bool:
    try:
        return value is not None and bool(limits["lo"] <= value <= limits["hi"])
    except TypeError:
        return False


def _with_header(
    rows: list[list[str]], numbers: list[int], path: Path, content: bytes, header_rows: int | None, notices: list[str]
) -> Export:
    """Part header rows from the rest and refuse headers that are blank or stand twice."""
    taken = header_rows or count_header_rows(rows[:3])
    headers = merge_header(rows[:taken])
    body, numbers = rows[taken:], numbers[taken:]
    if not body:
        raise ThemebookError(
            f"{path} has a header of {taken} row{'s' * (taken > 1)} but no answers.", "Export the answers as well."
        )
    kept = []
    for i, header in enumerate(headers):
        if header:
            kept.append(i)
            continue
        filled = [number for row, number in zip(body, numbers, strict=True) if row[i].strip()]
        if filled:
            raise ThemebookError(
                f"{path}: column {i + 1} has no header, but {len(filled)} cells hold something, "
                f"the first in row {filled[0]}.",
                "Give the column a header in the first row; a title above the header must go.",
            )
    first: dict[str, int] = {}
    for i in kept:
        if headers[i] in first:
            raise ThemebookError(
                f"{path}: columns {first[headers[i]] + 1} and {i + 1} have one name, `{headers[i]}`.",
                "Rename one of them in the file.",
            )
        first[headers[i]] = i
    if len(kept) < len(headers):
        body = [[row[i] for i in kept] for row in body]
        notices = [*notices, f"{path}: {len(headers) - len(kept)} columns without header and content are left out."]
    columns = tuple(headers[i] for i in kept)
    return Export(path, columns, body, numbers, frozenset(), notices, _sha256(content), taken)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
