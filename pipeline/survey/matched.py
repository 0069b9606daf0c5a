"""What a new wave's columns and the survey have to do with each other, and what a user said of it: records only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal


@dataclass(frozen=True)
class Replies:
    """What a user said of the columns that do not match, by flags or in answer to questions.

    ``rename`` and ``part`` hold ``new header=question or old header``; the others hold headers, or the text that the
    columns of one question share; ``not_asked`` holds questions. ``rest`` says what becomes of every other new column.
    """

    rename: tuple[str, ...] = ()
    part: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    attribute: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rest: Literal["", "new", "ignore"] = ""

    def plus(self, name: str, value: str) -> Replies:
        """Add one reply."""
        changes: dict[str, Any] = {name: (*getattr(self, name), value)}
        return replace(self, **changes)


@dataclass(frozen=True)
class Missing:
    """What the survey has and the file has not: a question, or the id or weight column, with the nearest new columns.

    ``target`` is how a flag names it; ``near`` is sorted, nearest first.
    """

    target: str
    column: str
    kind: str
    near: tuple[str, ...]


@dataclass(frozen=True)
class New:
    """Columns of the file that no question owns and that look like one question, with the nearest known columns."""

    stem: str
    headers: tuple[str, ...]
    kind: str
    why: str
    near: tuple[str, ...] = ()
    family_of: str = ""


@dataclass(frozen=True)
class Matching:
    """How a file's columns relate to the survey; settled where ``missing`` and ``new`` are empty.

    ``renamed`` maps a new header to its question and the earlier header; ``parts`` a new header to its question;
    ``special`` the names ``respondent_id`` and ``weight`` to the file's own column (empty: none).
    """

    same: int
    renamed: dict[str, tuple[str, str]] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)
    special: dict[str, str] = field(default_factory=dict)
    not_asked: tuple[str, ...] = ()
    asked_again: tuple[str, ...] = ()
    added: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: tuple[Missing, ...] = ()
    new: tuple[New, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether nothing is left to ask."""
        return not self.missing and not self.new
