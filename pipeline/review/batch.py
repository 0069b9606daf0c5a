"""Decisions taken away from the page, all at once: each given what was seen, the same ones never taken twice."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pipeline.foundation.errors import ThemebookError
from pipeline.review.acts import new_theme_id
from pipeline.review.book_rows import Wanted
from pipeline.themes.codebook import Codebook
from pipeline.themes.decisions import Decision, QuoteAct, draft
from pipeline.themes.replay import Conflict, Standing, replay, seen_of
from pipeline.themes.standing import Impossible

BOOK_DIGITS = 6


@dataclass(frozen=True)
class Taken:
    """What a batch gives.

    Parameters
    ----------
    decisions : tuple of Decision
        New ones, in order, to be appended.
    again : int
        Decisions asked for that were taken before from the same workbook.
    conflicts : tuple of Conflict
        New decisions whose target has changed since it was seen; they are appended too, and wait to be settled.
    problems : list of str
        What no decision can be; with any, nothing is to be written.
    """

    decisions: tuple[Decision, ...]
    again: int
    conflicts: tuple[Conflict, ...]
    problems: list[str]


def take_all(
    wanted: Sequence[Wanted],
    reviewer: str,
    book: str,
    codebook: Codebook,
    decisions: Iterable[Decision],
    texts: Mapping[str, str],
) -> Taken:
    """Make the decisions that a workbook asks for.

    A target that nobody else has changed since the workbook was written is decided on as it stands, after the
    workbook's own earlier decisions. Any other keeps the hash of what was seen, so that the replay finds the conflict.
    The id of a decision comes from the workbook, the reviewer and what is decided: reading a workbook twice adds
    nothing, and a decision that was undone meanwhile stays undone.

    Parameters
    ----------
    wanted : sequence of Wanted
        In the order in which they are to be taken.
    reviewer : str
    book : str
        The workbook's id, hexadecimal.
    codebook : Codebook
        As codebook.yaml has it.
    decisions : iterable of Decision
        All that there are.
    texts : mapping of str to str
        Raw text by response id, of the listed waves.

    Returns
    -------
    Taken
    """
    known = list(decisions)
    own = [each for each in known if each.id.startswith(_prefix(book)) and each.reviewer == reviewer]
    apart = {each.id for each in own}
    # What others made of it since the workbook was written.
    others = replay(codebook, [each for each in known if each.id not in apart], texts)
    full = replay(codebook, known, texts)
    now = replace(full, state=copy.deepcopy(full.state))
    made: list[Decision] = []
    problems: list[str] = []
    again = 0
    start: datetime | None = None
    for each in wanted:
        try:
            first = _drafted(each, reviewer, _fields(each, now, [*known, *made], book))
        except ThemebookError as error:
            problems.append(f"{each.sheet}, row {each.number}: {error.what}")
            continue
        start = start or datetime.fromisoformat(first.time)
        decision_id = _free_id(each, first, reviewer, book, [*own, *made])
        if decision_id is None:
            again += 1
            continue
        time = (start + timedelta(microseconds=len(made))).isoformat(timespec="microseconds")
        decision = first.model_copy(update={"id": decision_id, "time": time})
        made.append(_with_seen(each, decision, others, now, texts))
    ids = {each.id for each in made}
    after = replay(codebook, [*known, *made], texts)
    return Taken(tuple(made), again, tuple(c for c in after.conflicts if c.decision.id in ids), problems)


def _drafted(each: Wanted, reviewer: str, fields: Mapping[str, Any]) -> Decision:
    return draft(each.act, reviewer, why=each.why, **fields)


def _fields(each: Wanted, now: Standing, decisions: Sequence[Decision], book: str) -> dict[str, Any]:
    """The fields of a decision; a theme made of a candidate gets its id here."""
    if each.act != "accept":
        return dict(each.fields)
    salt = _digest([book, each.id, each.fields["name"]])
    return {"theme_id": new_theme_id(now.state.codebook(), tuple(decisions), salt), **each.fields}


def _with_seen(each: Wanted, decision: Decision, others: Standing, now: Standing, texts: Mapping[str, str]) -> Decision:
    """Give a decision what was seen, and bring what stands up to it."""
    fields: dict[str, Any] = {
        name: getattr(decision, name) for name in type(decision).model_fields if name not in ("act", "seen")
    }
    try:
        found = seen_of(decision.act, others, texts, **{**fields, **each.was})
        shown = seen_of(decision.act, now, texts, **fields)
    except Impossible:
        return decision.model_copy(update={"seen": each.seen})
    if found != each.seen:
        # Of words that are as they were, what stood on them then goes with the words chosen since.
        words, _, stood = each.seen.partition(".")
        if each.was and words == found.partition(".")[0]:
            chosen = shown.partition(".")[0]
            return decision.model_copy(update={"seen": f"{chosen}.{stood}" if stood else chosen})
        return decision.model_copy(update={"seen": each.seen})
    if not now.state.already(decision):
        with suppress(Impossible):
            now.state.apply(decision, texts)
    return decision.model_copy(update={"seen": shown})


def _free_id(each: Wanted, first: Decision, reviewer: str, book: str, own: Sequence[Decision]) -> str | None:
    """Give a decision its id; None where the workbook's last word on the target, or a note, says it already."""
    mine = [d for d in own if _about(d) == _about(first)]
    if any(_says(d) == _says(first) for d in (mine if first.act == "note" else mine[-1:])):
        return None
    content = [each.sheet, each.id, reviewer, _says(first), mine[-1].id if mine else ""]
    return _prefix(book) + _digest(content)[: 16 - BOOK_DIGITS]


def _about(decision: Decision) -> tuple[Any, ...]:
    """What a decision is about: later ones on the same replace it."""
    if candidate_id := getattr(decision, "candidate_id", ""):
        return "candidate", candidate_id
    act = "quote" if isinstance(decision, QuoteAct) else decision.act
    return act, *(getattr(decision, name, "") for name in ("theme_id", "response_id", "start", "end"))


def _says(decision: Decision) -> dict[str, Any]:
    """What a decision says, whenever and wherever it was taken; the reason counts in notes only."""
    apart = {"id", "time", "seen"} | (set() if decision.act == "note" else {"why"})
    return decision.model_dump(mode="json", exclude=apart | ({"theme_id"} if decision.act == "accept" else set()))


def _prefix(book: str) -> str:
    return f"D{book[:BOOK_DIGITS]}"


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
