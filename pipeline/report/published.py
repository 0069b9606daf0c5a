"""What was published beside what is counted now: published figures never change, and what differs is said."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from pipeline.report import wording
from pipeline.report.inputs import Inputs, known
from pipeline.report.records import Cell, PublishedRow, Release

_NEARLY = 1e-9


def split(before: str, release: str, published: float | None, answers: float | None, coding: float | None) -> str:
    """Say how much of a change since a published figure lies in the answers, and how much in the coding.

    Examples
    --------
    >>> split("2025", "A", 0.27, 0.06, 0.02).replace(wording.NBSP, " ")
    'against the 27 % published for 2025 (release A) up 8 points: up 6 points in the answers, up 2 points in the coding'
    >>> split("2025", "first", 0.27, 0.06, 0.0).replace(wording.NBSP, " ")
    '2025 stands as published (27 %, release first)'
    """
    if published is None or answers is None or coding is None:
        return ""
    share = wording.percent(published)
    if abs(coding) < _NEARLY:
        return f"{before} stands as published ({share}, release {release})"
    return (
        f"against the {share} published for {before} (release {release}) {wording.points(round(answers + coding, 6))}: "
        f"{wording.points(answers)} in the answers, {wording.points(coding)} in the coding"
    )


def releases(inputs: Inputs) -> tuple[Release, ...]:
    """Lay out every release: each published share beside today's, and in one sentence how many differ."""
    table = _at_home(inputs.tables["published"])
    order = {wave: i for i, wave in enumerate(inputs.waves)}
    found = []
    for name, mine in table.groupby("release", sort=True):
        records = sorted(
            mine.to_dict("records"),
            key=lambda r: (r["question_id"] != "", r["question_id"], r["name"], order.get(r["wave"], -1), r["wave"]),
        )
        rows = tuple(
            PublishedRow(
                question_id=record["question_id"],
                question=inputs.title(record["question_id"]),
                theme_id=record["theme_id"],
                now_id=record["now_theme_id"],
                theme=record["name"],
                fate=fate(record["fate"], record["now_name"]),
                published=_cell(record, ""),
                now=_cell(record, "now_") if record["now_method"] else None,
                difference=known(record["difference"]),
            )
            for record in records
        )
        found.append(Release(name=str(name), sentence=_sentence(rows), rows=rows))
    return tuple(found)


def _at_home(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out shares of all questions together where a theme was counted at one only: they are the same."""
    own = table[table["question_id"] != ""].groupby(["release", "wave", "theme_id"]).size()
    questions = table.set_index(["release", "wave", "theme_id"]).index.map(own.to_dict())
    return table[(table["question_id"] != "") | (questions != 1)]


def _cell(record: dict[str, object], prefix: str) -> Cell:
    return Cell(
        wave=str(record["wave"]),
        base=int(str(record[f"{prefix}base"])),
        n=int(str(record[f"{prefix}n"])),
        share=known(record[f"{prefix}share"]),
        low=known(record[f"{prefix}low"]),
        high=known(record[f"{prefix}high"]),
        method=str(record[f"{prefix}method"]),
    )


def fate(what: str, heir: str) -> str:
    """Say what became of a theme since it was published; nothing where it is the same.

    Examples
    --------
    >>> fate("merged", "Long-term thinking"), fate("same", "Trust")
    ('now part of “Long-term thinking”', '')
    """
    return {
        "same": "",
        "renamed": f"now called “{heir}”",
        "merged": f"now part of “{heir}”",
        "split": f"since split into “{heir}”" if heir else "since split",
        "retired": "since retired",
        "removed": "no longer in the codebook",
    }[what]


def _sentence(rows: Iterable[PublishedRow]) -> str:
    """How many figures stand as published, differ, or are no longer counted."""
    all_rows = list(rows)
    differ = sum(row.difference is not None and abs(row.difference) >= _NEARLY for row in all_rows)
    gone = sum(row.difference is None for row in all_rows)
    if not differ and not gone:
        return f"{wording.counted(len(all_rows), 'figure')} published, all of them as coded now."
    parts = [f"{wording.number(differ)} {'is' if differ == 1 else 'are'} otherwise as coded now"] if differ else []
    parts += [f"{wording.number(gone)} {'is' if gone == 1 else 'are'} no longer counted"] if gone else []
    return f"Of {wording.counted(len(all_rows), 'published figure')}, {' and '.join(parts)}."
