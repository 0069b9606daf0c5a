"""The acts of a reviewer: each is checked, given what was seen, and on disk when the call returns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.foundation.errors import ThemebookError, closest
from pipeline.survey.description import Survey
from pipeline.themes.codebook import Codebook, load_codebook
from pipeline.themes.decisions import DECISIONS, Accept, Decision, Split, Undo, append, draft, load_decisions
from pipeline.themes.replay import Standing, replay, seen_of, wish
from pipeline.themes.standing import Impossible


def standing_now(survey: Survey, responses: pd.DataFrame) -> Standing:
    """Read codebook and decisions, and say what stands."""
    texts = dict(zip(responses["response_id"], responses["text"], strict=True))
    return replay(load_codebook(survey), load_decisions(), texts)


def record(
    act: str,
    reviewer: str,
    standing: Standing,
    texts: Mapping[str, str],
    *,
    why: str = "",
    seen: str | None = None,
    folder: Path = DECISIONS,
    **fields: Any,
) -> Decision:
    """Take a decision and write it down.

    Parameters
    ----------
    act : str
        As in `pipeline.themes.decisions`.
    reviewer : str
        Who decides; names the file.
    standing : Standing
        What stands now.
    texts : mapping of str to str
        Raw text by response id, of the listed waves.
    why : str
        The reason.
    seen : str, optional
        The hash of what the reviewer saw, where it was shown some time ago; by default of what stands now. A decision
        on something that has changed since is written down too, and is a conflict until somebody settles it.
    folder : Path
        Where the decisions lie.
    fields
        The fields of the act.

    Raises
    ------
    ThemebookError
        If what was seen still stands, and the decision is impossible all the same.
    """
    decision = draft(act, reviewer, why=why, **fields)
    try:
        now = seen_of(act, standing, texts, **_target(decision))
    except Impossible as reason:
        if not seen:
            raise ThemebookError(f"{reviewer} {wish(decision)}: {reason}.", "Look at what stands now.") from None
        now = ""
    decision = decision.model_copy(update={"seen": seen or now})
    if decision.seen == now:
        _refuse_impossible(decision, standing, texts)
    append(decision, folder)
    return decision


def _target(decision: Decision) -> dict[str, Any]:
    return {name: getattr(decision, name) for name in type(decision).model_fields if name not in ("act", "seen")}


def _refuse_impossible(decision: Decision, standing: Standing, texts: Mapping[str, str]) -> None:
    if isinstance(decision, Undo):
        ids = [each.id for each in standing.decisions]
        if decision.decision_id not in ids:
            raise ThemebookError(f"There is no decision `{decision.decision_id}`.", closest(decision.decision_id, ids))
        return
    after = replay(standing.base, [*standing.decisions, decision], texts)
    for conflict in after.conflicts:
        if conflict.decision.id == decision.id and not conflict.applied:
            raise ThemebookError(f"{decision.reviewer} {wish(decision)}: {conflict.sentence}.", "Nothing was recorded.")


def new_theme_id(codebook: Codebook, decisions: tuple[Decision, ...], salt: str) -> str:
    """Give a new theme its id: the next free number, and four signs that no other clone will give.

    Parameters
    ----------
    codebook : Codebook
        The effective one.
    decisions : tuple of Decision
        All; ids that undone ones gave are not used again.
    salt : str
        Hexadecimal, at random (such as ``uuid.uuid4().hex``); its first four signs are taken.

    Examples
    --------
    >>> from pipeline.themes.codebook import Theme
    >>> new_theme_id(Codebook(themes=(Theme(id="T07", name="Trust"),)), (), "a7f1c2")
    'T08-a7f1'
    """
    ids = [theme.id for theme in codebook.themes] + [former.id for former in codebook.former]
    for decision in decisions:
        if isinstance(decision, Accept):
            ids.append(decision.theme_id)
        elif isinstance(decision, Split):
            ids += [part.theme_id for part in decision.parts]
    numbers = [int(head[1:]) for head in (i.split("-")[0] for i in ids) if head[:1] == "T" and head[1:].isdigit()]
    return f"T{max(numbers, default=0) + 1:02d}-{salt[:4]}"
