"""Decisions: one recorded act of a reviewer a line, append-only, one file a person; `replay` says what they come to.

A decision names its target by what it was when it was decided on: a theme by its id, words by response, span and hash.
``seen`` is the hash of what the reviewer saw of the target (`pipeline.themes.replay.view`), so that a replay can tell
a target that has changed since. No answer's words stand in a decision.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from filelock import FileLock
from pydantic import Field, field_validator, model_validator

from pipeline.foundation.errors import ThemebookError, closest, listing
from pipeline.foundation.params import Section, parse
from pipeline.foundation.tables import read_text, write_text

DECISIONS = Path("data/codebook/decisions")
# Git and DVC are told to pass over files that end so.
LOCK = ".lock.tmp"
REVIEWER = re.compile(r"[A-Za-z0-9_.-]+")
Name = Annotated[str, Field(min_length=1)]
ThemeId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]


class Words(Section):
    """Words of a respondent, by reference: ``[start, end)`` of the raw text, and their fingerprint."""

    response_id: Name
    start: int = Field(ge=0)
    end: int = Field(ge=1)
    seen: Name


class Clarification(Section):
    """``[text]`` printed in place of the raw text's ``[start, end)``; an empty span inserts it."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: Name

    @field_validator("text")
    @classmethod
    def _plain(cls, text: str) -> str:
        if "[" in text or "]" in text or not text.strip():
            raise ValueError("a clarification is plain words; the brackets are put around them")
        return " ".join(text.split())

    @model_validator(mode="after")
    def _in_order(self) -> Clarification:
        if self.end < self.start:
            raise ValueError("a clarification needs start <= end")
        return self


class Part(Section):
    """One of the themes that a split makes, with the words that show it."""

    theme_id: ThemeId
    name: Name
    definition: str = ""
    include: str = ""
    exclude: str = ""
    examples: tuple[Words, ...] = Field(min_length=1)


class Sorted(Section):
    """Which parts of a split theme one whole answer raises; ``seen`` is the fingerprint of its text."""

    response_id: Name
    themes: tuple[ThemeId, ...]
    seen: Name


class Decision(Section):
    """What every decision says: its id, when, who, the hash of what was seen, and why."""

    id: Name
    time: Name
    reviewer: Name
    act: str
    seen: str = ""
    why: str = ""


class Accept(Decision):
    """Make a theme of a candidate."""

    act: Literal["accept"] = "accept"
    theme_id: ThemeId
    name: Name
    definition: str = ""
    include: str = ""
    exclude: str = ""
    questions: tuple[str, ...] = ()
    group: str = ""
    candidate_id: str = ""
    examples: tuple[Words, ...] = Field(min_length=1)


class AddExamples(Decision):
    """Give a theme further words: a candidate merged into it."""

    act: Literal["add_examples"] = "add_examples"
    theme_id: ThemeId
    candidate_id: str = ""
    examples: tuple[Words, ...] = Field(min_length=1)


class RejectCandidate(Decision):
    """Say that a candidate is no theme; its words tell it again when candidates are found anew."""

    act: Literal["reject_candidate"] = "reject_candidate"
    candidate_id: str = ""
    name: str = ""
    examples: tuple[Words, ...] = Field(min_length=1)


class Merge(Decision):
    """End a theme; what was coded with it is coded with ``into``."""

    act: Literal["merge"] = "merge"
    theme_id: ThemeId
    into: ThemeId


class Split(Decision):
    """End a theme and make several of it."""

    act: Literal["split"] = "split"
    theme_id: ThemeId
    parts: tuple[Part, ...] = Field(min_length=2)
    sorted: tuple[Sorted, ...] = ()


class Rename(Decision):
    """Give a theme another name."""

    act: Literal["rename"] = "rename"
    theme_id: ThemeId
    name: Name


class Redefine(Decision):
    """Give a theme another definition, or say otherwise what it includes and excludes."""

    act: Literal["redefine"] = "redefine"
    theme_id: ThemeId
    definition: str = ""
    include: str = ""
    exclude: str = ""


class Retire(Decision):
    """End a theme; it is coded no more."""

    act: Literal["retire"] = "retire"
    theme_id: ThemeId


class Reassign(Decision):
    """Take words from a theme and give them to another; either may be empty: only give, only take."""

    act: Literal["reassign"] = "reassign"
    response_id: Name
    start: int = Field(ge=0)
    end: int = Field(ge=1)
    theme_id: str = ""
    into: str = ""

    @model_validator(mode="after")
    def _something(self) -> Reassign:
        if self.theme_id == self.into:
            raise ValueError("a reassignment takes words from one theme, gives them to another, or both")
        return self


class Confirm(Decision):
    """Say after seeing the machine's suggestion which themes a whole answer raises: these and no others."""

    act: Literal["confirm"] = "confirm"
    response_id: Name
    themes: tuple[ThemeId, ...] = ()


class QuoteAct(Decision):
    """What the acts on one quote of one theme say: the words, and how they are printed."""

    theme_id: ThemeId
    response_id: Name
    spans: tuple[tuple[int, int], ...] = Field(min_length=1)
    clarifications: tuple[Clarification, ...] = ()
    kind: Literal["", "pull", "fragment"] = ""

    @model_validator(mode="after")
    def _clarified_inside(self) -> QuoteAct:
        ends = [0]
        for start, end in self.spans:
            if start < ends[-1] or end <= start:
                raise ValueError("the spans of a quote stand in order and do not overlap")
            ends.append(end)
        at = 0
        for each in self.clarifications:
            if each.start < at or not any(start <= each.start and each.end <= end for start, end in self.spans):
                raise ValueError("a clarification lies inside a span of the quote, and after the one before it")
            at = each.end
        return self


class ApproveQuote(QuoteAct):
    """Let a quote into the public report as it stands here."""

    act: Literal["approve_quote"] = "approve_quote"


class RejectQuote(QuoteAct):
    """Never quote this answer for this theme."""

    act: Literal["reject_quote"] = "reject_quote"


class PinQuote(QuoteAct):
    """Keep a quote first in its theme; it is not approved by that."""

    act: Literal["pin_quote"] = "pin_quote"


class ClarifyQuote(QuoteAct):
    """Shorten a quote to spans of its answer, or put a ``[clarification]`` in; it then waits for approval."""

    act: Literal["clarify_quote"] = "clarify_quote"


class Note(Decision):
    """Say something of a theme, an answer or a candidate; ``why`` is what is said."""

    act: Literal["note"] = "note"
    theme_id: str = ""
    response_id: str = ""
    candidate_id: str = ""


class Undo(Decision):
    """Reverse a decision, whoever took it; an undo can be undone."""

    act: Literal["undo"] = "undo"
    decision_id: Name


KINDS: dict[str, type[Decision]] = {
    get_args(kind.model_fields["act"].annotation)[0]: kind
    for kind in (
        Accept,
        AddExamples,
        RejectCandidate,
        Merge,
        Split,
        Rename,
        Redefine,
        Retire,
        Reassign,
        Confirm,
        ApproveQuote,
        RejectQuote,
        PinQuote,
        ClarifyQuote,
        Note,
        Undo,
    )
}


def fingerprint(text: str) -> str:
    """Hash what a reviewer saw, 16 hexadecimal digits of its sha256."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def words(text: str, response_id: str, start: int = 0, end: int | None = None) -> Words:
    """Point to words of an answer, given its raw text."""
    end = len(text) if end is None else end
    return Words(response_id=response_id, start=start, end=end, seen=fingerprint(text[start:end]))


def decision_of(content: Any, where: str) -> Decision:
    """Read one decision.

    Raises
    ------
    ThemebookError
        Naming `where` and what is wrong.
    """
    act = content.get("act") if isinstance(content, dict) else None
    if act not in KINDS:
        raise ThemebookError(
            f"{where}: `{act}` is no act of a reviewer.", f"{closest(str(act), KINDS)} Known: {listing(KINDS, 20)}."
        )
    return parse(KINDS[act], content, where)


def now() -> str:
    """Give the time as acts have it: UTC, ISO 8601, to the microsecond, so that text order is the order of time."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def draft(act: str, reviewer: str, *, why: str = "", **fields: Any) -> Decision:
    """Make a decision of now, with a fresh id and not yet with what was seen.

    Raises
    ------
    ThemebookError
        If the reviewer's name cannot name a file, or a field is missing or wrong.
    """
    if not REVIEWER.fullmatch(reviewer):
        raise ThemebookError(
            f"The reviewer `{reviewer}`: letters, digits, `_`, `-` and `.` only.", "The name names a file."
        )
    content = {"id": f"D{uuid.uuid4().hex[:16]}", "time": now(), "reviewer": reviewer, "act": act, "why": why}
    return decision_of({**content, **fields}, f"the decision of {reviewer}")


def load_decisions(folder: Path = DECISIONS) -> list[Decision]:
    """Read every reviewer's file, in the order of time and id.

    Raises
    ------
    ThemebookError
        Naming the file and line that is not a decision, or an id that stands at two that differ.
    """
    decisions: dict[str, Decision] = {}
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for n, line in enumerate(read_text(path, "Restore it from git.").splitlines(), 1):
            if not line.strip():
                continue
            where = f"{path}, line {n}"
            try:
                content = json.loads(line)
            except json.JSONDecodeError as error:
                raise ThemebookError(f"{where}: not JSON ({error.msg}).", "Restore the line from git.") from None
            decision = decision_of(content, where)
            if decisions.setdefault(decision.id, decision) != decision:
                raise ThemebookError(
                    f"{where}: the decision `{decision.id}` at {seen[decision.id]} says something else.",
                    "Keep one of them.",
                )
            seen.setdefault(decision.id, where)
    return in_order(decisions.values())


def in_order(decisions: Iterable[Decision]) -> list[Decision]:
    """Sort decisions as they are replayed: by time and id."""
    return sorted(decisions, key=lambda d: (d.time, d.id))


def append(decision: Decision, folder: Path = DECISIONS) -> None:
    """Add a decision to its reviewer's file; it is on disk when this returns, also beside other writers."""
    append_all([decision], folder)


def append_all(decisions: Sequence[Decision], folder: Path = DECISIONS) -> None:
    """Add some decisions of one reviewer to the file, all of them or none."""
    if not decisions:
        return
    path = folder / f"{decisions[0].reviewer}.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / LOCK):
        before = read_text(path, "") if path.exists() else ""
        if before and not before.endswith("\n"):
            before += "\n"
        write_text(path, before + "".join(as_line(decision) + "\n" for decision in decisions))


def as_line(decision: Decision) -> str:
    """Write a decision as its line, without what was left at its default."""
    content = decision.model_dump(mode="json", exclude_defaults=True)
    first = {name: content.get(name, getattr(decision, name)) for name in ("id", "time", "reviewer", "act")}
    return json.dumps({**first, **content}, ensure_ascii=False)
