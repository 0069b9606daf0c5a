"""Decisions: one recorded act of a reviewer a line, append-only, one file a person, replayed by time and id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import pandas as pd
from pydantic import Field

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Section, parse
from pipeline.foundation.tables import read_text, write_text

DECISIONS = Path("data/codebook/decisions")


class Decision(Section):
    """Approve or reject one quote of one theme.

    The target is named by response, spans and the sha256 of the text seen, never only by a quote id, so that the
    decision survives every re-run and can tell when the words under it have changed.
    """

    id: str
    time: str
    reviewer: str
    act: Literal["approve_quote", "reject_quote"]
    theme_id: str
    response_id: str
    spans: tuple[tuple[int, int], ...] = Field(min_length=1)
    seen: str
    why: str = ""


def fingerprint(text: str) -> str:
    """Hash what a reviewer saw, 16 hexadecimal digits of its sha256."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def load_decisions(folder: Path = DECISIONS) -> list[Decision]:
    """Read every reviewer's file, in the order of time and id.

    Raises
    ------
    ThemebookError
        Naming the file and line that is not a decision, or an id that stands twice.
    """
    decisions: list[Decision] = []
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
            decision = parse(Decision, content, where)
            if decision.id in seen:
                raise ThemebookError(
                    f"{where}: the decision `{decision.id}` stands at {seen[decision.id]} too.", "Keep one of them."
                )
            seen[decision.id] = where
            decisions.append(decision)
    return sorted(decisions, key=lambda d: (d.time, d.id))


def append(decision: Decision, folder: Path = DECISIONS) -> None:
    """Add a decision to its reviewer's file."""
    path = folder / f"{decision.reviewer}.jsonl"
    before = read_text(path, "") if path.exists() else ""
    write_text(path, before + json.dumps(decision.model_dump(mode="json"), ensure_ascii=False) + "\n")


def approvals(decisions: Iterable[Decision], texts: pd.Series) -> tuple[dict[tuple[str, str], tuple], list[str]]:
    """Replay decisions on quotes: what stands approved or rejected now.

    Parameters
    ----------
    decisions : iterable of Decision
        In order of time and id; a later one on the same target replaces an earlier one.
    texts : Series of str
        Raw text by ``response_id``.

    Returns
    -------
    standing : dict
        ``(theme_id, response_id)`` to ``(spans, approved)``.
    conflicts : list of str
        One line for each decision whose response is gone or whose words have changed; it is not applied.
    """
    standing: dict[tuple[str, str], tuple] = {}
    conflicts = []
    for decision in decisions:
        raw = texts.get(decision.response_id)
        if raw is None:
            conflicts.append(f"{decision.id}: the response {decision.response_id} is not in the listed waves")
        elif fingerprint(" ".join(raw[start:end] for start, end in decision.spans)) != decision.seen:
            conflicts.append(f"{decision.id}: the words of response {decision.response_id} are not those approved")
        else:
            spans = tuple((start, end) for start, end in decision.spans)
            standing[decision.theme_id, decision.response_id] = (spans, decision.act == "approve_quote")
    return standing, conflicts
