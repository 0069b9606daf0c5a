"""What the codebook does not explain: candidates on two levels, and the answers that nothing explains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.report import wording
from pipeline.report.inputs import Inputs, known
from pipeline.report.records import Candidate
from pipeline.report.remainder import spread
from pipeline.themes.decisions import RejectCandidate
from pipeline.themes.proposals import decided_before, passages

MOST_EXAMPLES = 5
MOST_UNCLAIMED = 20


def candidates(inputs: Inputs) -> tuple[Candidate, ...]:
    """Give the candidates: each broad one followed by the finer ones under it, the most often raised first."""
    table = inputs.tables["candidates"]
    members = inputs.tables["candidate_units"].merge(inputs.tables["units"], on="unit_id", how="inner")
    by_candidate = dict(list(members.groupby("candidate_id", sort=False)))
    themes = {theme.id: theme.name for theme in inputs.codebook.themes}
    parents = set(table["parent_id"]) - {""}
    decided = decided_before(by_candidate, inputs.standing.applied if inputs.standing else ())
    rejected = {c: decision.reviewer for c, decision in decided.items() if isinstance(decision, RejectCandidate)}
    made = [
        _candidate(inputs, row, themes, rejected, row["candidate_id"] in parents, by_candidate.get(row["candidate_id"]))
        for row in table.to_dict("records")
    ]
    made.sort(key=lambda c: (c.rejected != "", -c.n_responses, -c.n_units, c.id))
    children = {parent: [c for c in made if c.parent_id == parent] for parent in parents}
    tops = [c for c in made if c.parent_id not in {m.id for m in made}]
    return tuple(c for top in tops for c in (top, *children.get(top.id, [])))


def _candidate(
    inputs: Inputs,
    row: dict[Any, Any],
    themes: dict[str, str],
    rejected: Mapping[str, str],
    broad: bool,
    members: pd.DataFrame | None,
) -> Candidate:
    overlap = known(row["overlap"])
    nearest = themes.get(row["nearest_theme"], row["nearest_theme"])
    return Candidate(
        id=row["candidate_id"],
        name=wording.tame(row["name"]),
        broad=broad,
        parent_id=row["parent_id"],
        n_units=int(row["n_units"]),
        n_responses=int(row["n_responses"]),
        stability=wording.stability(known(row["stability"]), int(row["found_again"]), int(row["resamples"])),
        details=wording.stability_details(
            *(known(row[name]) for name in ("stability_low", "stability_high", "stability_seeds", "stability_halves"))
        ),
        nearest=f"{nearest} (similarity {overlap:.2f})" if nearest and overlap is not None else nearest,
        rejected=wording.tame(rejected.get(row["candidate_id"], "")),
        examples=() if broad else tuple(_exemplars(inputs, members)),
    )


def _exemplars(inputs: Inputs, members: pd.DataFrame | None) -> list[str]:
    """Show the passages that fit best and can be read by themselves, no two alike and no two of one answer."""
    if members is None:
        return []
    shown: list[str] = []
    for each in passages(members, len(members)):
        text = inputs.show(each.response_id, each.start, each.end, 300)
        if text.casefold() not in {other.casefold() for other in shown}:
            shown.append(text)
        if len(shown) == MOST_EXAMPLES:
            break
    return shown


def unclaimed(inputs: Inputs) -> tuple[int, int, tuple[str, ...]]:
    """Find the answers that neither a theme nor a candidate explains.

    Returns
    -------
    n : int
        How many there are.
    base : int
        Of how many answers.
    examples : tuple of str
        At most 20 of them, masked, evenly spread.
    """
    tables = inputs.tables
    answered = set(tables["responses"].loc[tables["responses"]["status"] == "answered", "response_id"])
    mentions = tables["mentions"]
    explained = set(mentions.loc[mentions["mentioned"], "response_id"]) | set(
        tables["candidate_responses"]["response_id"]
    )
    left = sorted(answered - explained)
    return len(left), len(answered), tuple(inputs.show(r, most=300) for r in spread(left, MOST_UNCLAIMED))
