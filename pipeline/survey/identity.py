"""Respondent ids: kept as given, hashed where they would name a person, made from the row where there are none."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter

from pipeline.foundation.errors import ThemebookError
from pipeline.survey.formats import Export

_NOT_IN_NAMES = re.compile(r"[^\w\s.'’,-]|[\d_]")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def names_a_person(raw: str) -> bool:
    """Tell whether an id looks like an e-mail address or a name.

    A name has at least three letters and nothing but letters, spaces and ``. ' , -``.

    Examples
    --------
    >>> [names_a_person(raw) for raw in ("a@b.org", "Ann O'Hara", "L002", "A-B")]
    [True, True, False, False]
    """
    if "@" in raw:
        return True
    text = unicodedata.normalize("NFC", raw)
    return not _NOT_IN_NAMES.search(text) and sum(character.isalpha() for character in text) >= 3


def public_id(raw: str) -> str:
    """Give the id under which a respondent is known in every table.

    Parameters
    ----------
    raw : str
        The id as the raw file or gold.csv has it.

    Returns
    -------
    str
        The id without spaces at its ends; or, where it looks like an e-mail address or a name, ``p_`` and 16
        hexadecimal digits of the sha256 of its normalised text, the same for ``Ann Lee`` and ``ann lee``.

    Examples
    --------
    >>> public_id(" L002 "), public_id("Ann Lee") == public_id("ann lee ")
    ('L002', True)
    """
    if not names_a_person(raw):
        return raw.strip()
    return "p_" + _digest(unicodedata.normalize("NFKC", raw.strip()).casefold())


def respondent_ids(export: Export, column: str = "") -> list[str]:
    """Give every row of a file its respondent id.

    Parameters
    ----------
    export : Export
        The raw file.
    column : str
        The header of the id column; empty where the file has none.

    Returns
    -------
    list of str
        One id a row. Without an id column: ``r_`` and 16 hexadecimal digits of the sha256 of the row's content, and a
        counter among exact copies. Rows without any content have the empty id.

    Raises
    ------
    ThemebookError
        If an id is blank, or two rows have one id.
    """
    if not column:
        return _content_ids(export)
    index = export.columns.index(column)
    first: dict[str, int] = {}
    ids = []
    for row, number in zip(export.rows, export.row_numbers, strict=True):
        if is_blank_row(row):
            ids.append("")
            continue
        if not row[index].strip():
            raise ThemebookError(
                f"{export.path}, row {number}: the id column `{column}` is blank.",
                "Give every respondent an id, or survey.yaml no `respondent_id`.",
            )
        own = public_id(row[index])
        if own in first:
            raise ThemebookError(
                f"{export.path}: rows {first[own]} and {number} have one respondent id, `{own}`.",
                "An id stands once in a wave: remove the copy, or tell the two apart.",
            )
        first[own] = number
        ids.append(own)
    return ids


def is_blank_row(row: list[str]) -> bool:
    """Tell whether a row holds nothing at all."""
    return not any(cell.strip() for cell in row)


def _content_ids(export: Export) -> list[str]:
    copies: Counter[str] = Counter()
    ids = []
    for i, row in enumerate(export.rows):
        if is_blank_row(row):
            ids.append("")
            continue
        cells = (
            (header, cell, (i, j) in export.not_asked)
            for j, (header, cell) in enumerate(zip(export.columns, row, strict=True))
        )
        own = "r_" + _digest(json.dumps(sorted(cells)))
        copies[own] += 1
        ids.append(own if copies[own] == 1 else f"{own}_{copies[own]}")
    return ids
