"""Text exports: bytes to text, and text to rows, without a single guess that could lose an answer."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from pipeline.foundation.errors import ThemebookError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_FIELD_LIMIT = 2**31 - 1
_MAGIC = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"$FL2": "an SPSS file",
    b"$FL3": "an SPSS file",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
}
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_HTML = re.compile(rb"\s*(<!doctype html|<html|<head|<table|<meta)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def refuse_disguise(content: bytes, where: str, own: tuple[bytes, ...] = ()) -> None:
    """Refuse a file that is not what its ending says.

    Parameters
    ----------
    content : bytes
        The file.
    where : str
        The file's name, for the message.
    own : tuple of bytes
        First bytes that a file of this ending may have.

    Raises
    ------
    ThemebookError
        If it is empty, a web page, or a file of another kind.
    """
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        raise ThemebookError(f"{where} is empty.", "Export the survey again.")
    if _HTML.match(content.removeprefix(b"\xef\xbb\xbf")):
        raise ThemebookError(
            f"{where} is a web page (HTML), whatever its ending says.",
            "Open it in a spreadsheet and save it as .xlsx or .csv.",
        )
    for magic, kind in _MAGIC.items():
        if content.startswith(magic) and not content.startswith(own or (b"\0none",)):
            raise ThemebookError(
                f"{where} is {kind}, whatever its ending says.",
                "Give it its true ending (.xlsx, .xls, .sav), or export it again as CSV.",
            )


def decode(content: bytes, where: str) -> tuple[str, list[str]]:
    """Turn bytes into text: UTF-8, UTF-16 with its mark, or Windows-1252 with a notice.

    Returns
    -------
    text : str
        Without a byte order mark; line ends as they are.
    notices : list of str
        What the user should know.

    Raises
    ------
    ThemebookError
        If the bytes are UTF-16 without a mark, hold NUL or many control characters, or are damaged UTF-8.
    """
    if content.startswith(_UTF16_MARKS):
        try:
            return content.decode("utf-16"), []
        except UnicodeDecodeError:
            raise ThemebookError(f"{where} is damaged UTF-16 text.", "Export it again, as UTF-8.") from None
    if b"\0" in content:
        head = content[:4000]
        if max(head[0::2].count(0), head[1::2].count(0)) > len(head) // 5:
            raise ThemebookError(f"{where} looks like UTF-16 text without its mark.", "Save it as CSV UTF-8.")
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise ThemebookError(
            f"{where}, line {line}: a NUL byte, so the file is binary or damaged.", "Export the survey again, as CSV."
        )
    text, notices = _utf8_or_windows(content, where)
    if len(_CONTROL.findall(text)) > max(5, len(text) // 100):
        raise ThemebookError(f"{where} is not text: it is full of control characters.", "Export it again as CSV.")
    return text, notices


def _utf8_or_windows(content: bytes, where: str) -> tuple[str, list[str]]:
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
    whole = content.decode("utf-8", errors="ignore")
    accents = sum(1 for character in whole if ord(character) > 127)
    damaged = content.decode("utf-8", errors="replace").count("�")
    if accents > damaged:
        raise ThemebookError(
            f"{where}, line {line}: damaged UTF-8 text; {damaged} characters cannot be read.", "Export it again."
        )
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError:
        raise ThemebookError(
            f"{where}, line {line}: neither UTF-8 nor Windows-1252 text.", "Save the file as CSV UTF-8."
        ) from None
    return text, [f"{where} is not UTF-8 (line {line}); read as Windows-1252. Check an answer with accents."]


@dataclass(frozen=True)
class _Reading:
    """One attempt to read the text with one delimiter."""

    delimiter: str
    rows: list[list[str]]
    lines: list[int]
    error: str
    error_line: int

    @property
    def rank(self) -> tuple[bool, float, int]:
        """Better readings have more than one column, more rows as wide as the header, and more columns."""
        width = len(self.rows[0]) if self.rows else 0
        fitting = sum(len(row) == width for row in self.rows) / len(self.rows) if self.rows else 0.0
        return width > 1, fitting, width


def _read(text: str, delimiter: str, first_line: int) -> _Reading:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(start + first_line)
            start = reader.line_num + 1
    except csv.Error as error:
        return _Reading(delimiter, rows, lines, str(error), start + first_line)
    return _Reading(delimiter, rows, lines, "", 0)


def split_rows(text: str, where: str) -> tuple[list[list[str]], list[int]]:
    """Split text into rows of cells, all as wide as the header.

    Every delimiter is tried over the whole text, and the one taken gives the most rows the header's number of cells;
    a text whose header holds no delimiter is one column. Lines without any cell are dropped.

    Returns
    -------
    rows : list of list of str
        Header row first; cells exactly as they stand in the file.
    lines : list of int
        The line on which each row starts.

    Raises
    ------
    ThemebookError
        If a quote does not close, or a row is shorter or longer than the header.
    """
    csv.field_size_limit(_FIELD_LIMIT)
    told = re.match(r"sep=([,;\t|])\r?\n", text)
    if told:
        readings = [_read(text[told.end() :], told.group(1), 1)]
    else:
        readings = [_read(text, delimiter, 0) for delimiter in DELIMITERS]
    best = max(readings, key=lambda reading: reading.rank)
    if best.error:
        raise ThemebookError(
            f'{where}, line {best.error_line}: a quotation mark (") is not closed or not doubled inside its cell.',
            "Close it, double it inside the cell, or export the file again.",
        )
    width = len(best.rows[0]) if best.rows else 0
    for row, line in zip(best.rows, best.lines, strict=True):
        if len(row) != width:
            fault = "short" if len(row) < width else "long"
            why = "an answer with an unquoted line break" if fault == "short" else "an unquoted delimiter in an answer"
            raise ThemebookError(
                f"{where}, line {line}: the row is too {fault}: {len(row)} cells where the header has {width} "
                f"(delimiter: {DELIMITERS[best.delimiter]}).",
                f"The usual cause is {why}: mend that row, or export the file again with quoted cells.",
            )
    return best.rows, best.lines
