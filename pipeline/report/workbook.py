"""The two workbooks: figures only for outside, and everything that was coded for the team."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.report import wording
from pipeline.report.figure_sheets import HIDDEN, figure_sheets
from pipeline.report.public import to_public
from pipeline.report.records import Content
from pipeline.report.sheets import Column, Row, Sheet, parts, shortened, write

README = "Read me"


def public_workbook(content: Content) -> bytes:
    """Make the workbook for outside: what the public page shows as figures, and no word of any answer.

    Parameters
    ----------
    content : Content
        As `build_content` gives it; what is not for outside is removed here.

    Returns
    -------
    bytes
        An .xlsx file.
    """
    public = to_public(content)
    return _write(public, [*figure_sheets(public), _made(public)])


def internal_workbook(content: Content, coded: Sequence[Sheet]) -> bytes:
    """Make the workbook for the team: the figures, and beside them what they rest on.

    Parameters
    ----------
    content : Content
        The internal content.
    coded : sequence of Sheet
        As `coded_sheets` gives them.

    Returns
    -------
    bytes
        An .xlsx file.

    Raises
    ------
    ValueError
        If the content was made public: it has lost what this workbook needs.
    """
    if content.audience != "internal":
        raise ValueError("content made public has lost what an internal workbook needs: build it anew")
    return _write(content, [*coded, *figure_sheets(content), _made(content)])


def _write(content: Content, sheets: Sequence[Sheet]) -> bytes:
    split = [part for sheet in sheets for part in parts(sheet)]
    about = _read_me(content, sheets, len(split) - len(sheets), shortened(split))
    return write([about, *split], title=wording.plain(content.title))


def _read_me(content: Content, sheets: Sequence[Sheet], further: int, cut: int) -> Sheet:
    """Say what the workbook holds, of whom, and what it does not say."""
    internal = content.audience == "internal"
    lines = [("Survey", content.title)]
    if internal:
        lines.append(("INTERNAL", "For the team only: holds words that nobody has approved for publication."))
    if content.note:
        lines.append(("Please note", content.note))
    lines += [("About", line) for line in content.summary]
    lines += [("Wave", wave.sentence) for wave in content.waves]
    lines.append(("Whose figures", content.sampling))
    lines.append(
        (
            "share",
            f"Of the base, in whole percent; “from” and “to” bound it where an interval is given. {_exact(internal)}",
        )
    )
    lines.append(("base", "The respondents that a share is of; “respondents” says how many of them are counted."))
    if any(HIDDEN in row.values() for sheet in sheets for row in sheet.rows):
        few = f"Fewer than {content.suppress}, or hidden so that such a number cannot be worked out."
        lines.append((HIDDEN, few))
    lines += [(f"Sheet “{sheet.name}”", f"{sheet.about} {_rows(sheet)}") for sheet in sheets]
    if further:
        lines.append(
            ("Further sheets", f"{wording.counted(further, 'sheet')} more, since a sheet holds a million rows.")
        )
    cells = f"{wording.counted(cut, 'cell')} shortened; each says so at its end" if cut else "None"
    lines.append(("Shortened texts", f"{cells}: a cell of a workbook holds some 32,000 characters."))
    columns = (Column("about", 26), Column("what it says", 110))
    rows = [dict(zip(("about", "what it says"), line, strict=True)) for line in lines]
    return Sheet(README, columns, rows, protected=False)


def _exact(internal: bool) -> str:
    return "Cells hold the exact share." if internal else "Cells hold no more than that."


def _rows(sheet: Sheet) -> str:
    return f"{wording.counted(len(sheet.rows), 'row')}."


def _made(content: Content) -> Sheet:
    """How the figures were made, and what they cannot say."""
    rows: list[Row] = []
    for item in content.methods:
        about = {"part": item.group, "about": item.title}
        rows += [about | {"what it says": line} for line in (*item.text, *item.said.splitlines()) if line.strip()]
        facts = (*item.facts, *item.measured, *item.team)
        rows += [about | {"what": fact.name, "what it says": fact.value} for fact in facts]
        rows += [about | {"what": "still to be said", "what it says": item.open}] if item.open else []
    columns = (Column("part", 26), Column("about", 30), Column("what", 30), Column("what it says", 100))
    about_sheet = "How the figures were made, and what they cannot say."
    return Sheet("How it was made", columns, rows, protected=False, filters=True, about=about_sheet)
