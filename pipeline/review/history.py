"""Decisions as the page lists them: who, when, what, why, and whether each stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from pipeline.themes.decisions import Decision, Undo
from pipeline.themes.replay import Standing, touches, wish


class Row(NamedTuple):
    """One decision. ``state`` is ``stands``, ``undone`` or ``conflict``; ``undo`` names what an undo reverses."""

    id: str
    act: str
    time: str
    when: str
    reviewer: str
    said: str
    why: str
    state: str
    part: str
    themes: tuple[tuple[str, str], ...]
    response_id: str
    undo: str


def rows(standing: Standing, chosen: Iterable[Decision], names: Mapping[str, str]) -> list[Row]:
    """List some decisions, the latest first.

    Parameters
    ----------
    standing : Standing
        What all decisions come to.
    chosen : iterable of Decision
        Those to list.
    names : mapping of str to str
        Names of themes by id, ended ones too.
    """
    undone = {decision.id for decision in standing.undone}
    open_ = {conflict.decision.id for conflict in standing.conflicts if not conflict.applied}
    part = {conflict.decision.id: conflict.sentence for conflict in standing.conflicts if conflict.applied}
    by = {d.decision_id: d.id for d in standing.applied if isinstance(d, Undo)}
    found = []
    for decision in sorted(chosen, key=lambda d: (d.time, d.id), reverse=True):
        state = "undone" if decision.id in undone else "conflict" if decision.id in open_ else "stands"
        found.append(
            Row(
                id=decision.id,
                act=decision.act,
                time=decision.time,
                when=when(decision.time),
                reviewer=decision.reviewer,
                said=_said(decision),
                why=decision.why,
                state=state,
                part=part.get(decision.id, ""),
                themes=tuple((t, names[t]) for t in sorted(touches(decision)) if t in names),
                response_id=getattr(decision, "response_id", ""),
                undo=by.get(decision.id, "") if state == "undone" else decision.id,
            )
        )
    return found


def _said(decision: Decision) -> str:
    """Say what a decision did; an answer that is linked beside it is not named by its id."""
    response_id = getattr(decision, "response_id", "")
    said = f"{decision.reviewer} {wish(decision)}."
    return said.replace(f"answer {response_id}", "an answer") if response_id else said


def names_of(standing: Standing) -> dict[str, str]:
    """Names of all themes by id, as they are or as they were when they ended."""
    ended = {former.id: former.name for former in standing.codebook.former if former.fate != "renamed"}
    return ended | {theme.id: theme.name for theme in standing.codebook.themes}


def when(time: str) -> str:
    """Say a decision's time to the minute, in UTC.

    Examples
    --------
    >>> when("2026-11-23T11:46:36.711648+00:00")
    '23 Nov 2026 11:46'
    """
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        return time
    return f"{moment.day} {moment:%b %Y %H:%M}"
