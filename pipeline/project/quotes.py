"""`themebook quote …`: see the chosen quotes and record decisions on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pipeline.foundation.contracts import QUOTES, RESPONSES
from pipeline.foundation.errors import ThemebookError, closest
from pipeline.foundation.tables import read_table, read_waves
from pipeline.review.acts import record
from pipeline.survey.description import load_survey
from pipeline.themes.codebook import load_codebook
from pipeline.themes.decisions import load_decisions
from pipeline.themes.replay import replay


def listed(theme: str = "") -> list[str]:
    """Give the chosen quotes, a line each: id, theme, question, whether approved, and the words as printed.

    No segment stands beside them: together with another it could tell who spoke.
    """
    quotes = read_table(QUOTES)
    mine = quotes[quotes["theme_id"] == theme] if theme else quotes
    rows = mine.sort_values(["theme_id", "question_id", "segment", "rank"]).to_dict("records")
    return [
        "  ".join([q["quote_id"], q["theme_id"], q["question_id"], "approved" * q["approved"] or "-", q["display"]])
        for q in rows
    ]


def decide(ids: Sequence[str], act: Literal["approve_quote", "reject_quote"], reviewer: str, why: str) -> str:
    """Record the same decision on some quotes in the reviewer's file.

    Raises
    ------
    ThemebookError
        If an id is not a chosen quote's, or the reviewer's name cannot name a file.
    """
    quotes = read_table(QUOTES).set_index("quote_id")
    survey = load_survey()
    responses = read_waves(RESPONSES, survey.waves)
    texts = dict(zip(responses["response_id"], responses["text"], strict=True))
    codebook = load_codebook(survey)
    for quote_id in ids:
        if quote_id not in quotes.index:
            raise ThemebookError(
                f"There is no quote `{quote_id}`.", f"{closest(quote_id, quotes.index)} See `themebook quote list`."
            )
    for quote_id in ids:
        row = quotes.loc[quote_id]
        standing = replay(codebook, load_decisions(), texts)
        before = standing.quotes.get((row["theme_id"], row["response_id"]))
        record(
            act,
            reviewer,
            standing,
            texts,
            why=why,
            theme_id=row["theme_id"],
            response_id=row["response_id"],
            spans=[[int(start), int(end)] for start, end in row["spans"]],
            clarifications=before.clarifications if before else (),
            kind=row["kind"],
        )
    return f"{len(ids)} decisions recorded in data/codebook/decisions/{reviewer}.jsonl; run `dvc repro`"
