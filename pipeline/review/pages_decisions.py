"""Decisions: the list, conflicts with both sides, and undo."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.foundation.errors import ThemebookError
from pipeline.review.history import names_of, rows
from pipeline.review.web import desk_of, form_of, own_path, page, with_done
from pipeline.themes.decisions import KINDS

router = APIRouter()
PER_PAGE = 100


@router.get("/decisions")
def decisions(request: Request, reviewer: str = "", act: str = "", number: int = 1) -> Response:
    """List the decisions, the latest first, after the conflicts."""
    standing = desk_of(request).standing
    names = names_of(standing)
    reviewers = sorted({decision.reviewer for decision in standing.decisions})
    chosen = [d for d in standing.decisions if reviewer in ("", d.reviewer) and act in ("", d.act)]
    open_ = [conflict.decision for conflict in standing.conflicts if not conflict.applied]
    sentences = {c.decision.id: c.sentence for c in standing.conflicts if not c.applied}
    listed = rows(standing, chosen, names)
    pages = max(1, -(-len(listed) // PER_PAGE))
    number = min(max(number, 1), pages)
    return page(
        request,
        "decisions.html.jinja",
        "Decisions",
        listed=listed[(number - 1) * PER_PAGE : number * PER_PAGE],
        total=len(listed),
        conflicts=[(row, sentences[row.id]) for row in rows(standing, open_, names)],
        reviewers=reviewers,
        acts=sorted(KINDS),
        chosen_reviewer=reviewer,
        chosen_act=act,
        number=number,
        pages=pages,
    )


@router.post("/decisions/undo")
def undo(request: Request) -> Response:
    """Reverse decisions; an undo is reversed in the same way."""
    desk, form = desk_of(request), form_of(request)
    ids = form.many("decision")
    if not ids:
        raise ThemebookError("No decision was chosen.", "Choose one to undo.")
    undone = {decision.id for decision in desk.standing.undone}
    for decision_id in ids:
        if decision_id in undone:
            raise ThemebookError(f"{decision_id} is undone already.", "Load the list of decisions anew.")
    taken = [desk.decide("undo", decision_id=each, why=form.text("why", most=500)) for each in reversed(ids)]
    return with_done(own_path(form.raw("back"), "/decisions"), taken)
