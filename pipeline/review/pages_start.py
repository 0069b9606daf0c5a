"""The start: how far the work is, and where to go on."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.report.proposed import candidates as list_candidates
from pipeline.review.pages_candidates import members_of
from pipeline.review.pages_quotes import quote_counts
from pipeline.review.queues import progress
from pipeline.review.web import desk_of, page
from pipeline.themes.proposals import decided_before

router = APIRouter()


@router.get("/")
def start(request: Request) -> Response:
    """Show what is done and what waits."""
    desk = desk_of(request)
    standing = desk.standing
    counts = quote_counts(desk)
    decided, left = (sum(n[i] for n in counts.values()) for i in (0, 1))
    known = decided_before(members_of(desk), standing.applied)
    waiting = [c for c in list_candidates(desk.inputs) if c.id not in known]
    return page(
        request,
        "start.html.jinja",
        desk.survey.title,
        coding=[
            row | {"title": desk.inputs.title(row["question_id"])}
            for row in progress(desk.codings, desk.params.review.code_all).to_dict("records")
        ],
        quotes=(decided, left),
        candidates=(len(waiting), len(known)),
        conflicts=len([c for c in standing.conflicts if not c.applied]),
        themes=len(standing.codebook.themes),
        decisions=len(standing.decisions),
        mine=len([d for d in standing.decisions if d.reviewer == desk.reviewer]),
        since=desk.since_last_run,
        disputed=len(desk.disputed),
    )
