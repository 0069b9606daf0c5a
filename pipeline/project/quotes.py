"""`themebook quote …`: see the chosen quotes and record decisions on them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pipeline.foundation.contracts import QUOTES, RESPONSES
from pipeline.foundation.errors import ThemebookError, closest
from pipeline.foundation.tables import read_table, read_waves
from pipeline.survey.description import load_survey
from pipeline.themes.decisions import append, draft, fingerprint


def listed(theme: str = "") -> list[str]:
    """Give the chosen quotes, a line each: id, theme, segment, whether approved, and the words as printed."""
    quotes = read_table(QUOTES)
    mine = quotes[quotes["theme_id"] == theme] if theme else quotes
    rows = mine.sort_values(["theme_id", "question_id", "segment", "rank"]).to_dict("records")
    return [
        "  ".join([q["quote_id"], q["theme_id"], q["segment"] or "-", "approved" * q["approved"] or "-", q["display"]])
        for q in rows
    ]


def decide(ids: Sequence[str], act: Literal["approve_quote", "reject_quote"], reviewer: str, why: str) -> str:
    """Record the same decision on some quotes in the reviewer's file.

    Raises
    ------
    ThemebookError
        If an id is not a chosen quote's, or the reviewer's name cannot name a file.
    """
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", reviewer):
        raise ThemebookError(f"--reviewer {reviewer}: letters, digits, `_`, `-` and `.` only.", "It names a file.")
    quotes = read_table(QUOTES).set_index("quote_id")
    raw = read_waves(RESPONSES, load_survey().waves).set_index("response_id")["text"]
    for quote_id in ids:
        if quote_id not in quotes.index:
            raise ThemebookError(
                f"There is no quote `{quote_id}`.", f"{closest(quote_id, quotes.index)} See `themebook quote list`."
            )
    for quote_id in ids:
        row = quotes.loc[quote_id]
        spans = tuple((int(start), int(end)) for start, end in row["spans"])
        append(
            draft(
                act,
                reviewer,
                why=why,
                theme_id=row["theme_id"],
                response_id=row["response_id"],
                spans=spans,
                seen=fingerprint(" ".join(raw[row["response_id"]][start:end] for start, end in spans)),
            )
        )
    return f"{len(ids)} decisions recorded in data/codebook/decisions/{reviewer}.jsonl; run `dvc repro`"
