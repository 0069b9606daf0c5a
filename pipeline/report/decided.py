"""What people decided: every decision with what became of it, and what the decisions made of each theme."""

from __future__ import annotations

from pipeline.report.records import Decided, Fact
from pipeline.report.wording import tame
from pipeline.themes.codebook import Codebook
from pipeline.themes.replay import Standing, wish


def decided(standing: Standing) -> tuple[Decided, ...]:
    """List the decisions, the latest first; those that could not be applied stand before all others."""
    why_not = {c.decision.id: c for c in standing.conflicts}
    undone = {d.id for d in standing.undone}
    rows = []
    for decision in reversed(standing.decisions):
        conflict = why_not.get(decision.id)
        stands = "undone" if decision.id in undone else "applied"
        if conflict:
            stands = "applied in part" if conflict.applied else "not applied"
        rows.append(
            Decided(
                id=decision.id,
                time=decision.time[:16].replace("T", " "),
                reviewer=tame(decision.reviewer),
                said=tame(wish(decision)),
                why=tame(decision.why),
                stands=stands,
                conflict=tame(conflict.sentence) if conflict else "",
            )
        )
    return tuple(sorted(rows, key=lambda row: row.stands not in ("not applied", "applied in part")))


def lineage(codebook: Codebook) -> dict[str, str]:
    """Say of each theme what it was called before, and what was merged or split into it.

    Examples
    --------
    >>> from pipeline.themes.codebook import Former, Theme
    >>> old = Former(id="T02", name="Faith", fate="merged", into=("T01",))
    >>> lineage(Codebook(themes=(Theme(id="T01", name="Trust"),), former=(old,)))
    {'T01': 'took in “Faith” (T02)'}
    """
    said: dict[str, list[str]] = {}
    for former in codebook.former:
        words = {
            "renamed": f"was called “{former.name}”",
            "merged": f"took in “{former.name}” ({former.id})",
            "split": f"is a part of what was “{former.name}” ({former.id})",
        }
        for heir in former.into:
            said.setdefault(heir, []).append(words[former.fate])
    return {theme_id: tame("; ".join(parts)) for theme_id, parts in said.items()}


def retired(codebook: Codebook) -> tuple[str, ...]:
    """Name the themes that were retired."""
    return tuple(tame(f"{f.name} ({f.id})") for f in codebook.former if f.fate == "retired")


def former(codebook: Codebook) -> tuple[Fact, ...]:
    """Say of each theme that ended what became of it.

    Examples
    --------
    >>> from pipeline.themes.codebook import Former, Theme
    >>> old = Former(id="T02", name="Faith", fate="merged", into=("T01",))
    >>> former(Codebook(themes=(Theme(id="T01", name="Trust"),), former=(old,)))[0].value
    'the theme T02 “Faith” was merged into T01'
    """
    alive = {theme.id for theme in codebook.themes}
    told = []
    for each in codebook.former:
        if each.id not in alive:
            heirs = f" into {' and '.join(each.into)}" if each.into else " and is counted no longer"
            told.append(Fact(name=each.id, value=tame(f"the theme {each.id} “{each.name}” was {each.fate}{heirs}")))
    return tuple(told)
