"""Column headers of an export: one, two or three header rows made one clear, unique header a column.

Qualtrics writes three rows: a short code (`Q3`), the question's text, and an import id. The question's text becomes
the header, because a question's id is the slug of its header and codes change from one survey project to the next;
where the text is missing the code stands in, and where several columns have one text the header is ``code: text``.

SurveyMonkey writes two rows: the question above its first column, blank above the others, and the options below it.
The header becomes ``question [option]``, or the question alone above a column that simply holds the response.
"""

from __future__ import annotations

import re
from collections import Counter

PLAIN_OPTIONS = ("response", "open-ended response")
_IMPORT_ID = re.compile(r"\s*\{\s*['\"]?ImportId['\"]?\s*:.*\}\s*", re.DOTALL)


def clean_header(header: str) -> str:
    r"""Give a header without spaces at its ends, and with every run of white space as one space.

    Examples
    --------
    >>> clean_header(" Why\n do you\xa0say so? ")
    'Why do you say so?'
    """
    return " ".join(header.split())


def count_header_rows(rows: list[list[str]]) -> int:
    """Recognise how many rows of an export are header rows.

    Parameters
    ----------
    rows : list of list of str
        The first rows of the file.

    Returns
    -------
    int
        3 for a Qualtrics export (import ids in the third row); 2 where the first row goes on in the second, which has
        nothing below the first column: a SurveyMonkey export ("Response" below the questions), or questions in merged
        cells over their options (text below a blank); otherwise 1.

    Examples
    --------
    >>> count_header_rows([["ID", "Rate these", ""], ["", "Speed", "Price"], ["L1", "Good", "Poor"]])
    2
    >>> count_header_rows([["ID", "Why?"], ["L1", "Response"], ["L2", ""]])
    1
    """
    if len(rows) > 2:
        ids = [cell for cell in rows[2] if cell.strip()]
        if ids and all(_IMPORT_ID.fullmatch(cell) for cell in ids):
            return 3
    if len(rows) > 1 and rows[1]:
        above, below = ([cell.strip().casefold() for cell in row] for row in rows[:2])
        plain = any(cell in PLAIN_OPTIONS for cell in below)
        merged = any(under and not over for over, under in zip(above, below, strict=True))
        # A row without an id below a column without a header could be an answer, where no answer has an id.
        if above[0] and not below[0] and (plain or (merged and len(rows) > 2 and rows[2][0].strip())):
            return 2
    return 1


def merge_header(rows: list[list[str]]) -> list[str]:
    """Make one header a column of one to three header rows of equal length.

    Returns
    -------
    list of str
        Cleaned headers; unique where there were several rows, except that a column without any header stays blank.
    """
    cleaned = [[clean_header(cell) for cell in row] for row in rows]
    if len(cleaned) == 1:
        return cleaned[0]
    if len(cleaned) == 3 and all(_IMPORT_ID.fullmatch(cell) for cell in cleaned[2] if cell):
        cleaned = cleaned[:2]
    merged = any(not cell and any(row[i] for row in cleaned[1:]) for i, cell in enumerate(cleaned[0]))
    headers = _stem_and_option(cleaned) if merged else _code_and_text(cleaned)
    return _numbered(headers)


def _code_and_text(rows: list[list[str]]) -> list[str]:
    """Take the text, or the code where there is none; both where several columns have one text."""
    codes, texts = rows[0], rows[1]
    often = Counter(text or code for code, text in zip(codes, texts, strict=True))
    pairs = zip(codes, texts, strict=True)
    return [text if text and often[text] == 1 else f"{code}: {text}" if text else code for code, text in pairs]


def _stem_and_option(rows: list[list[str]]) -> list[str]:
    """Carry the question over the blank cells beside it, and put the option behind it in brackets."""
    headers, stem = [], ""
    for column in zip(*rows, strict=True):
        stem = column[0] or stem
        options = [part for part in column[1:] if part and part.casefold() not in PLAIN_OPTIONS]
        headers.append(" ".join([stem if any(column) else "", *(f"[{part}]" for part in options)]).strip())
    return headers


def _numbered(headers: list[str]) -> list[str]:
    """Give the second and later columns of one header a number."""
    seen: Counter[str] = Counter()
    unique = []
    for header in headers:
        seen[header] += 1
        unique.append(f"{header} ({seen[header]})" if header and seen[header] > 1 else header)
    return unique
