"""gold.csv changed in place: rows of one cell put in, taken out or marked, all else kept byte for byte."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence

from pipeline.foundation.errors import ThemebookError
from pipeline.themes.gold import GOLD_FILE, padded

ADDED = ("coder", "sample", "time")
Row = Mapping[str, str]


def with_rows_replaced(
    text: str, gone: Callable[[Row], bool], rows: Sequence[Row], drawn: Callable[[Row], bool] = lambda row: False
) -> str:
    """Take some rows out of gold.csv's text and put others in their place.

    Parameters
    ----------
    text : str
        The whole file, line ends as they are.
    gone : callable
        Says of a row, as a mapping by the header, whether it is taken out.
    rows : sequence of mapping
        Put where the first row taken out stood, or at the end; columns that the header lacks are left out, but
        ``coder``, ``sample`` and ``time`` are added to a file without them.
    drawn : callable
        Says of a row that stays whether its sample becomes ``random``.

    Raises
    ------
    ThemebookError
        If the text is no CSV.

    Examples
    --------
    >>> text = "respondent_id,wave,question,code,coder,sample,time\\np1,w,why,T1,ann,all,\\np2,w,why,T1,ann,all,\\n"
    >>> new = {"respondent_id": "p1", "wave": "w", "question": "why", "code": "T2", "coder": "ann", "sample": "all"}
    >>> print(with_rows_replaced(text, lambda row: row["respondent_id"] == "p1", [new]), end="")
    respondent_id,wave,question,code,coder,sample,time
    p1,w,why,T2,ann,all,
    p2,w,why,T1,ann,all,
    """
    records = _records(text)
    if not records:
        raise ThemebookError(f"{GOLD_FILE} is empty.", "Its header is respondent_id,wave,question,code,coder,sample.")
    header, first = records[0]
    end = "\r\n" if first.endswith("\r\n") else "\n"
    missing = [name for name in ADDED if name not in header] if rows else []
    names = [*header, *missing]
    kept: list[str] = [_widened(first, missing, end)]
    place = None
    for found, raw in records[1:]:
        cells = padded(found, header)
        if len(cells) != len(header):
            kept.append(raw)
            continue
        row = dict(zip(header, cells, strict=True))
        if gone(row):
            place = len(kept) if place is None else place
        elif drawn(row):
            kept.append(_line([{**row, "sample": "random"}.get(name, "") for name in names], end))
        else:
            kept.append(_widened(raw, [""] * len(missing), end))
    made = [_line([row.get(name, "") for name in names], end) for row in rows]
    if place is None:
        place = len(kept)
        if made and not kept[-1].endswith(("\n", "\r")):
            kept[-1] += end
    return "".join([*kept[:place], *made, *kept[place:]])


def rows_of(text: str) -> list[Row]:
    """Read gold.csv's text as mappings by its header; a row with too few or too many cells is left out."""
    records = _records(text)
    header = records[0][0] if records else []
    rows = [padded(cells, header) for cells, _ in records[1:]]
    return [dict(zip(header, cells, strict=True)) for cells in rows if len(cells) == len(header)]


def _records(text: str) -> list[tuple[list[str], str]]:
    """Each record's cells with its own text; a cell may run over several lines."""
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, strict=True)
    found, at = [], 0
    try:
        for cells in reader:
            found.append((cells, "".join(lines[at : reader.line_num])))
            at = reader.line_num
    except csv.Error as error:
        raise ThemebookError(
            f"{GOLD_FILE}, line {reader.line_num}: {error}.", "Mend the quotes on that line."
        ) from None
    return found


def _widened(raw: str, cells: Sequence[str], end: str) -> str:
    if not cells:
        return raw
    return raw.rstrip("\r\n") + "".join(f",{cell}" for cell in cells) + (end if raw.endswith(("\n", "\r")) else "")


def _line(cells: Sequence[str], end: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator=end).writerow(cells)
    return buffer.getvalue()
