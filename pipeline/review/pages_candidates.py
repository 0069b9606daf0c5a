"""Candidates: what the machine proposes beyond the codebook, and the acts on it."""

from __future__ import annotations

import uuid
from typing import Any

import pandas as pd
from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.foundation.errors import ThemebookError
from pipeline.report.proposed import candidates as list_candidates
from pipeline.report.records import Candidate
from pipeline.review.acts import new_theme_id
from pipeline.review.desk import Desk
from pipeline.review.history import names_of
from pipeline.review.web import NotFound, desk_of, form_of, page, told, with_done
from pipeline.themes.decisions import words
from pipeline.themes.proposals import Passage, decided_before, passages

router = APIRouter()
CHOSEN = 8
# A question belongs to a candidate from this share of its units on.
ASKED = 0.1


def members_of(desk: Desk) -> dict[str, pd.DataFrame]:
    """The units of every candidate."""

    def make() -> dict[str, pd.DataFrame]:
        joined = desk.table("candidate_units").merge(desk.table("units"), on="unit_id")
        return {str(name): table for name, table in joined.groupby("candidate_id", sort=True)}

    return desk.keep("members", desk.paths("candidate_units", "units"), make)


@router.get("/candidates")
def candidates(request: Request) -> Response:
    """List the candidates; those decided on stand apart."""
    desk = desk_of(request)
    standing = desk.standing
    decided = decided_before(members_of(desk), standing.applied)
    listed = list_candidates(desk.inputs)
    return page(
        request,
        "candidates.html.jinja",
        "Candidates",
        open=[c for c in listed if c.id not in decided],
        decided=[(c, decided[c.id].act, told(decided[c.id]), decided[c.id].id) for c in listed if c.id in decided],
        provisional=not standing.codebook.themes,
    )


def _candidate(desk: Desk, candidate_id: str) -> tuple[Candidate, list[Passage]]:
    found = next((c for c in list_candidates(desk.inputs) if c.id == candidate_id), None)
    if found is None or candidate_id not in members_of(desk):
        raise NotFound("There is no such candidate now.", "A run may have found others: see Candidates.")
    return found, passages(members_of(desk)[candidate_id])


@router.get("/candidates/{candidate_id}")
def candidate_page(request: Request, candidate_id: str) -> Response:
    """Show a candidate and what can be done with it."""
    desk = desk_of(request)
    candidate, shown = _candidate(desk, candidate_id)
    standing = desk.standing
    before = decided_before(members_of(desk), standing.applied).get(candidate_id)
    table = desk.table("candidates").set_index("candidate_id")
    responses = desk.table("responses").set_index("response_id")["question_id"]
    share = responses.reindex(members_of(desk)[candidate_id]["response_id"]).value_counts(normalize=True)
    asked = [q for q in desk.survey.open_questions if share.get(q, 0) >= ASKED]
    return page(
        request,
        "candidate.html.jinja",
        candidate.name,
        candidate=candidate,
        passages=[(p, desk.inputs.show(p.response_id, p.start, p.end, 400)) for p in shown],
        chosen=CHOSEN,
        questions=[(q, desk.inputs.title(q), q in asked) for q in desk.survey.open_questions],
        nearest=str(table.loc[candidate_id, "nearest_theme"]),
        themes=standing.codebook.themes,
        names=names_of(standing),
        before=(told(before), before.id) if before else None,
        children=[c for c in list_candidates(desk.inputs) if c.parent_id == candidate_id],
    )


def _chosen(request: Request, candidate_id: str, all_of_them: bool = False) -> list[dict[str, Any]]:
    desk, form = desk_of(request), form_of(request)
    _, shown = _candidate(desk, candidate_id)
    ids = set(form.many("words"))
    found = [
        words(desk.texts[p.response_id], p.response_id, p.start, p.end).model_dump()
        for p in shown
        if all_of_them or p.unit_id in ids
    ]
    if not found:
        raise ThemebookError("No words were chosen.", "Go back and choose at least one passage as an example.")
    return found


@router.post("/candidates/{candidate_id}/accept")
def accept(request: Request, candidate_id: str) -> Response:
    """Make a theme of a candidate."""
    desk, form = desk_of(request), form_of(request)
    asked = [q for q in form.many("question") if q in desk.survey.open_questions]
    standing = desk.standing
    decision = desk.decide(
        "accept",
        why=form.text("why", most=500),
        theme_id=new_theme_id(standing.codebook, standing.decisions, uuid.uuid4().hex),
        name=form.text("name", "The name of the theme", most=200),
        definition=form.text("definition"),
        questions=[] if len(asked) == len(desk.survey.open_questions) else asked,
        candidate_id=candidate_id,
        examples=_chosen(request, candidate_id),
    )
    return with_done("/candidates", [decision])


@router.post("/candidates/{candidate_id}/merge")
def merge(request: Request, candidate_id: str) -> Response:
    """Give a candidate's words to a theme as examples."""
    desk, form = desk_of(request), form_of(request)
    decision = desk.decide(
        "add_examples",
        why=form.text("why", most=500),
        theme_id=form.text("theme", "The theme to merge into"),
        candidate_id=candidate_id,
        examples=_chosen(request, candidate_id),
    )
    return with_done("/candidates", [decision])


@router.post("/candidates/{candidate_id}/reject")
def reject(request: Request, candidate_id: str) -> Response:
    """Say that a candidate is no theme."""
    desk, form = desk_of(request), form_of(request)
    candidate, _ = _candidate(desk, candidate_id)
    decision = desk.decide(
        "reject_candidate",
        why=form.text("why", most=500),
        candidate_id=candidate_id,
        name=candidate.name,
        examples=_chosen(request, candidate_id, all_of_them=True),
    )
    return with_done("/candidates", [decision])
