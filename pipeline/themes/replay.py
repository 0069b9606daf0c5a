"""What the reviewers' decisions come to: replayed by time and id, each checked against what its reviewer saw.

A decision is applied where its target still is what was seen when it was taken, or is already as the decision wants it.
Otherwise it is a conflict: kept, not applied, and listed with both sides. What was seen is judged at the place of the
decision in the replay, undone decisions included, so that an undo reverses one decision and makes no other stale.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from pipeline.themes import decisions as acts
from pipeline.themes.codebook import Codebook
from pipeline.themes.decisions import Decision, fingerprint, in_order
from pipeline.themes.standing import Impossible, QuoteStanding, State

TEXT_FIELDS = ("name", "definition", "include", "exclude")
REDEFINED = TEXT_FIELDS[1:]


@dataclass(frozen=True)
class Conflict:
    """A decision that could not be applied (or, with `applied`, only in part), and why, naming both sides."""

    decision: Decision
    sentence: str
    applied: bool = False


@dataclass(frozen=True)
class Standing:
    """What stands after all decisions.

    Parameters
    ----------
    base : Codebook
        As codebook.yaml has it.
    codebook : Codebook
        The effective one.
    confirmed : dict of str to tuple of str
        Response id to the ids of all themes that the answer raises, as confirmed after a suggestion.
    confirmed_by, confirmed_at : dict of str to str
        Who confirmed each, and when.
    units : dict of (str, int, int, str) to bool
        Reassigned words: response, start, end and theme, to whether they carry it.
    sorted : dict of str to dict of str to tuple of str
        Ended theme by split, to response id, to the parts that the answer raises.
    quotes : dict of (str, str) to QuoteStanding
        Theme and response id to what stands of a quote.
    rejected, notes : tuple of Decision
        Candidates rejected and notes taken, as they stand.
    decisions, applied, undone : tuple of Decision
        All, those in force, and those reversed, in the order of the replay.
    conflicts : tuple of Conflict
    """

    base: Codebook
    codebook: Codebook
    confirmed: dict[str, tuple[str, ...]]
    confirmed_by: dict[str, str]
    confirmed_at: dict[str, str]
    units: dict[tuple[str, int, int, str], bool]
    sorted: dict[str, dict[str, tuple[str, ...]]]
    quotes: dict[tuple[str, str], QuoteStanding]
    rejected: tuple[Decision, ...]
    notes: tuple[Decision, ...]
    decisions: tuple[Decision, ...]
    applied: tuple[Decision, ...]
    undone: tuple[Decision, ...]
    conflicts: tuple[Conflict, ...]
    state: State

    @property
    def open_conflicts(self) -> tuple[Conflict, ...]:
        """Those that were not applied at all."""
        return tuple(c for c in self.conflicts if not c.applied)


def replay(codebook: Codebook, decisions: Iterable[Decision], texts: Mapping[str, str]) -> Standing:
    """Say what stands after all decisions.

    Parameters
    ----------
    codebook : Codebook
        As codebook.yaml has it.
    decisions : iterable of Decision
        In any order; they are replayed by time and id.
    texts : mapping of str to str
        Raw text by response id, of the listed waves.

    Returns
    -------
    Standing
    """
    ordered = in_order(decisions)
    by_id = {decision.id: decision for decision in ordered}
    valid = _valid(codebook, ordered, texts)
    reversed_ = _reversed(ordered)
    state = State(codebook)
    applied, conflicts = [], []
    for decision in ordered:
        if decision.id in reversed_:
            continue
        try:
            said = _take(decision, state, texts, known_good=decision.id in valid)
        except Impossible as reason:
            conflicts.append(Conflict(decision, f"{reason}"))
            continue
        if isinstance(decision, acts.Undo) and decision.decision_id not in by_id:
            said = f"undoes {decision.decision_id}, which is in nobody's file here"
        applied.append(decision)
        if said:
            conflicts.append(Conflict(decision, said, applied=True))
    codes = state.final_codes()
    quotes, open_quotes = state.final_quotes()
    moot = [*codes.moot, *((by_id[i], sentence) for i, sentence in open_quotes)]
    return Standing(
        base=codebook,
        codebook=state.codebook(),
        confirmed=codes.confirmed,
        confirmed_by={response: decision.reviewer for response, (_, decision) in state.confirmed.items()},
        confirmed_at={response: decision.time for response, (_, decision) in state.confirmed.items()},
        units=codes.units,
        sorted={theme: dict(rows) for theme, rows in state.sorted.items()},
        quotes=quotes,
        rejected=tuple(state.rejected),
        notes=tuple(state.notes),
        decisions=tuple(ordered),
        applied=tuple(applied),
        undone=tuple(d for d in ordered if d.id in reversed_),
        conflicts=(*conflicts, *(Conflict(decision, sentence) for decision, sentence in moot)),
        state=state,
    )


def seen_of(act: str, standing: Standing, texts: Mapping[str, str], **target: Any) -> str:
    """Give the hash of what a reviewer sees of a target now; empty for acts that change nothing that stands.

    Parameters
    ----------
    act : str
        As in the decision.
    target
        The fields that name the target: ``theme_id``; ``response_id``, ``start``, ``end``; ``theme_id``,
        ``response_id``, ``spans``.

    Raises
    ------
    Impossible
        If there is no such target.
    """
    return _view(SimpleNamespace(act=act, **target), standing.state, texts)


def _reversed(ordered: Iterable[Decision]) -> set[str]:
    """The ids of reversed decisions: an undo counts unless a later one reverses it."""
    found: set[str] = set()
    for decision in reversed(list(ordered)):
        if isinstance(decision, acts.Undo) and decision.id not in found:
            found.add(decision.decision_id)
    return found


def _valid(codebook: Codebook, ordered: list[Decision], texts: Mapping[str, str]) -> set[str]:
    """The ids of decisions whose target was as seen, at their place among all decisions before them."""
    valid: set[str] = set()
    before: list[Decision] = []
    state = State(codebook)
    for decision in ordered:
        before.append(decision)
        if isinstance(decision, acts.Undo):
            reversed_ = _reversed(before)
            state = State(codebook)
            for earlier in before:
                if earlier.id in valid and earlier.id not in reversed_:
                    with suppress(Impossible):
                        _take(earlier, state, texts, known_good=True)
            continue
        try:
            _take(decision, state, texts, known_good=False)
        except Impossible:
            continue
        valid.add(decision.id)
    return valid


def _take(decision: Decision, state: State, texts: Mapping[str, str], known_good: bool) -> str:
    """Apply a decision whose target is what was seen; one that wants what already stands changes nothing.

    Raises
    ------
    Impossible
        Naming both sides, or why it cannot be.
    """
    if isinstance(decision, acts.Undo) or state.already(decision):
        return ""
    found = _view(decision, state, texts)
    same_words = not _has_words(decision) or found.split(".")[0] == decision.seen.split(".")[0]
    # Words are checked even where all was as seen when it was decided: the raw answers may have changed since.
    if found != decision.seen and not (known_good and same_words):
        raise Impossible(_both_sides(decision, state, found))
    return state.apply(decision, texts)


def _has_words(decision: Any) -> bool:
    return isinstance(decision, acts.QuoteAct | acts.Reassign | acts.Confirm)


def _view(decision: Any, state: State, texts: Mapping[str, str]) -> str:
    """Give the hash of what the decision's target is now.

    For words it is two hashes, of the words and of what stands on them, the second only where something stands.
    """
    match decision.act:
        case "rename":
            return _hash(state.theme(decision.theme_id).name)
        case "redefine":
            theme = state.theme(decision.theme_id)
            return _hash([getattr(theme, name) for name in REDEFINED])
        case "merge" | "split" | "retire":
            theme = state.theme(decision.theme_id)
            return _hash([getattr(theme, name) for name in TEXT_FIELDS])
        case "reassign":
            raw = state.text(decision.response_id, texts)[decision.start : decision.end]
            return _two(raw, state.on_words(decision.response_id, decision.start, decision.end))
        case "confirm":
            raw = state.text(decision.response_id, texts)
            return _two(raw, state.on_response(decision.response_id))
        case "approve_quote" | "reject_quote" | "pin_quote" | "clarify_quote":
            raw = state.text(decision.response_id, texts)
            shown = " ".join(raw[start:end] for start, end in decision.spans)
            return _two(shown, state.on_quote(decision.theme_id, decision.response_id))
    return ""


def _hash(content: Any) -> str:
    return fingerprint(json.dumps(content, ensure_ascii=False, sort_keys=True))


def _two(words: str, stands: Any) -> str:
    return fingerprint(words) + (f".{_hash(stands)}" if stands else "")


def _both_sides(decision: Any, state: State, found: str) -> str:
    """Say what a decision wants and what stands in its way."""
    if not decision.seen:
        return f"{wish(decision)}, and does not say what was seen"
    if _has_words(decision):
        if found.split(".")[0] != decision.seen.split(".")[0]:
            return f"{wish(decision)}, but the words of answer {decision.response_id} are not those seen"
        return f"{wish(decision)}, but meanwhile {state.said_on(decision)}"
    return f"{wish(decision)}, but what was seen of it is not what stands now: {state.said_of_theme(decision)}"


def wish(decision: Any) -> str:
    """Say what a decision does, in a few words; never the words of an answer.

    Examples
    --------
    >>> wish(acts.Rename(id="D1", time="t", reviewer="anna", theme_id="T03", name="Trust"))
    'renames T03 to “Trust”'
    """
    match decision.act:
        case "accept":
            return f"makes the theme {decision.theme_id} “{decision.name}” of a candidate"
        case "add_examples":
            return f"adds {_n(decision.examples, 'example')} to {decision.theme_id}"
        case "reject_candidate":
            named = f" “{decision.name}”" if decision.name else ""
            return f"rejects the candidate{named}"
        case "merge":
            return f"merges {decision.theme_id} into {decision.into}"
        case "split":
            parts = ", ".join(f"{part.theme_id} “{part.name}”" for part in decision.parts)
            return f"splits {decision.theme_id} into {parts}"
        case "rename":
            return f"renames {decision.theme_id} to “{decision.name}”"
        case "redefine":
            return f"redefines {decision.theme_id}"
        case "retire":
            return f"retires {decision.theme_id}"
        case "reassign":
            where = f"words of answer {decision.response_id}"
            if not decision.into:
                return f"takes {where} from {decision.theme_id}"
            return f"gives {where} to {decision.into}" + (
                f" instead of {decision.theme_id}" if decision.theme_id else ""
            )
        case "confirm":
            return f"codes answer {decision.response_id} with {', '.join(decision.themes) or 'none of the themes'}"
        case "approve_quote" | "reject_quote" | "pin_quote" | "clarify_quote":
            verb = {"approve": "approves", "reject": "rejects", "pin": "pins", "clarify": "clarifies"}
            name = verb[decision.act.removesuffix("_quote")]
            return f"{name} a quote of {decision.theme_id} from answer {decision.response_id}"
        case "note":
            return f"notes on {decision.theme_id or decision.response_id or decision.candidate_id or 'the whole'}"
    return f"undoes {decision.decision_id}"


def _n(items: tuple, what: str) -> str:
    return f"{len(items)} {what}{'' if len(items) == 1 else 's'}"


def touches(decision: Any) -> set[str]:
    """Name the themes that a decision speaks of."""
    found = {getattr(decision, "theme_id", ""), getattr(decision, "into", "")}
    found |= set(getattr(decision, "themes", ())) | {part.theme_id for part in getattr(decision, "parts", ())}
    return found - {""}
