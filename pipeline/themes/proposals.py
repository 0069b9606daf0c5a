"""Candidates as a reviewer decides on them: their words, and whether somebody has decided on them before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pandas as pd

from pipeline.themes.decisions import Accept, AddExamples, Decision, RejectCandidate, Words

MOST_WORDS = 20
DECIDED = (Accept, AddExamples, RejectCandidate)


class Passage(NamedTuple):
    """Words of a candidate, and how well they fit it (cosine)."""

    unit_id: str
    response_id: str
    start: int
    end: int
    fit: float


def passages(members: pd.DataFrame, most: int = MOST_WORDS) -> list[Passage]:
    """Give the words that show a candidate best: of readable length first, no text and no answer twice.

    Parameters
    ----------
    members : DataFrame
        Its units: columns of UNITS and ``fit``.
    """
    lengths = members["end"] - members["start"]
    ordered = members.assign(awkward=~lengths.between(20, 220)).sort_values(
        ["awkward", "fit", "unit_id"], ascending=[True, False, True], kind="stable"
    )
    best = ordered.drop_duplicates("text_id").drop_duplicates("response_id").head(most)
    columns = (best[name] for name in ("unit_id", "response_id", "start", "end", "fit"))
    return [Passage(u, r, int(s), int(e), float(f)) for u, r, s, e, f in zip(*columns, strict=True)]


def decided_before(
    members: Mapping[str, pd.DataFrame], applied: Iterable[Decision]
) -> dict[str, Accept | AddExamples | RejectCandidate]:
    """Find the candidates that people have decided on, however they are called now.

    A decision is about the smallest candidate that holds more than half of its words: ids and names of candidates
    change from run to run, words do not. Of several decisions on one candidate the latest counts.

    Parameters
    ----------
    members : mapping of str to DataFrame
        Units by candidate: ``response_id``, ``start``, ``end``.
    applied : iterable of Decision
        The decisions in force, in order.

    Returns
    -------
    dict of str to decision
        By candidate id.
    """
    places: dict[str, dict[str, list[tuple[int, int]]]] = {}
    for candidate_id, table in members.items():
        held: dict[str, list[tuple[int, int]]] = {}
        for response_id, start, end in zip(table["response_id"], table["start"], table["end"], strict=True):
            held.setdefault(response_id, []).append((start, end))
        places[candidate_id] = held
    by_size = sorted(members, key=lambda candidate_id: (len(members[candidate_id]), candidate_id))
    found = {}
    for decision in applied:
        if isinstance(decision, DECIDED):
            for candidate_id in by_size:
                inside = sum(_holds(places[candidate_id], each) for each in decision.examples)
                if 2 * inside > len(decision.examples):
                    found[candidate_id] = decision
                    break
    return found


def _holds(places: Mapping[str, list[tuple[int, int]]], words: Words) -> bool:
    return any(start < words.end and words.start < end for start, end in places.get(words.response_id, ()))
