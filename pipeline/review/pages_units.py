"""Units: the filtered list with reassignment, and whole answers with confirmation and notes."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from pipeline.foundation.errors import ThemebookError
from pipeline.report.wording import tame
from pipeline.review.desk import Desk
from pipeline.review.history import names_of, rows
from pipeline.review.units import ONLY, PER_PAGE, UNCODED, Filters, select
from pipeline.review.web import NotFound, desk_of, form_of, own_path, page, with_done
from pipeline.text.personal import mask
from pipeline.themes.replay import seen_of

router = APIRouter()


def filters(
    theme: str = "", wave: str = "", question: str = "", segment: str = "", only: str = "", text: str = ""
) -> Filters:
    """Read the filters of an address."""
    return Filters(theme=theme, wave=wave, question=question, segment=segment, only=only, text=text[:200])


@router.get("/units")
def units(request: Request, asked: Annotated[Filters, Depends(filters)], number: int = 1) -> Response:
    """List the units that pass the filters."""
    desk = desk_of(request)
    listed, standing = desk.units, desk.standing
    disputed = desk.disputed if asked.only == "disagreement" else set()
    found = select(listed, asked, desk.segments if asked.segment else {}, disputed)
    pages = max(1, -(-len(found) // PER_PAGE))
    number = min(max(number, 1), pages)
    shown = [_row(desk, int(i)) for i in found[(number - 1) * PER_PAGE : number * PER_PAGE]]
    query = {name: value for name, value in asked.model_dump().items() if value}
    return page(
        request,
        "units.html.jinja",
        "Units",
        units=shown,
        total=len(found),
        of=len(listed.table),
        number=number,
        pages=pages,
        link=f"/units?{urlencode(query)}&" if query else "/units?",
        asked=asked,
        uncoded=UNCODED,
        only=ONLY,
        themes=standing.codebook.themes,
        names=names_of(standing),
        waves=list(desk.survey.waves),
        questions=[(q, desk.inputs.title(q)) for q in desk.survey.open_questions],
        segments=[(s, _segment_name(desk, s)) for s in sorted(desk.segments)],
    )


def _segment_name(desk: Desk, segment: str) -> str:
    question_id, _, value = segment.partition("=")
    return f"{desk.inputs.title(question_id)}: {tame(value)}"


def _row(desk: Desk, i: int) -> dict[str, Any]:
    """One unit as the list shows it, with what its reassignment was decided on."""
    unit = desk.units.table.iloc[i]
    target = {"response_id": unit["response_id"], "start": int(unit["start"]), "end": int(unit["end"])}
    return {
        "unit_id": unit["unit_id"],
        **target,
        "wave": unit["wave"],
        "question": desk.inputs.title(unit["question_id"]),
        "shown": tame(unit["shown"]),
        "codes": desk.units.codes(i),
        "seen": seen_of("reassign", desk.standing, desk.texts, **target),
    }


@router.post("/units/reassign")
def reassign(request: Request) -> Response:
    """Take units from one theme and give them to another."""
    desk, form = desk_of(request), form_of(request)
    chosen = set(form.many("unit"))
    if not chosen:
        raise ThemebookError("No unit was chosen.", "Go back and tick the units to reassign.")
    table = desk.units.table
    mine = table[table["unit_id"].isin(chosen)]
    if len(mine) < len(chosen):
        raise ThemebookError("A unit that was chosen is not there any more.", "Load the list of units anew.")
    taken = [
        desk.decide(
            "reassign",
            why=form.text("why", most=500),
            seen=form.seen(f"seen-{unit.unit_id}"),
            response_id=unit.response_id,
            start=int(unit.start),
            end=int(unit.end),
            theme_id=form.text("from"),
            into=form.text("into"),
        )
        for unit in mine.itertuples()
    ]
    return with_done(own_path(form.raw("back"), "/units"), taken)


@router.get("/answers/{response_id}")
def answer(request: Request, response_id: str, unit: str = "") -> Response:
    """Show a whole answer, with a unit marked."""
    desk = desk_of(request)
    if response_id not in desk.texts:
        raise NotFound("There is no such answer in the listed waves.", "See Units.")
    listed, standing = desk.units, desk.standing
    at = np.flatnonzero((listed.table["response_id"] == response_id).to_numpy())
    mine = [_row(desk, int(i)) for i in at]
    wave, question_id, _ = desk.inputs.responses[response_id]
    codes = codes_of(desk, response_id)
    known = [d for d in standing.decisions if getattr(d, "response_id", "") == response_id]
    return page(
        request,
        "answer.html.jinja",
        "An answer",
        response_id=response_id,
        wave=wave,
        question=desk.inputs.title(question_id),
        parts=_marked(desk, response_id, next((u for u in mine if u["unit_id"] == unit), None)),
        units=mine,
        unit=unit,
        names=names_of(standing),
        themes=standing.codebook.for_question(question_id),
        given=codes,
        confirmed_by=standing.confirmed_by.get(response_id, ""),
        coded=desk.gold.responses["response_id"].eq(response_id).any(),
        seen=seen_of("confirm", standing, desk.texts, response_id=response_id),
        history=rows(standing, known, names_of(standing)),
    )


def _marked(desk: Desk, response_id: str, unit: dict[str, Any] | None) -> tuple[str, str, str]:
    """The answer in three parts, masked: before the unit, the unit, after it."""
    text, hidden = desk.texts[response_id], desk.redactions.get(response_id, [])
    if unit is None:
        return tame(mask(text, hidden)), "", ""
    start, end = unit["start"], unit["end"]
    return tame(mask(text, hidden, 0, start)), tame(mask(text, hidden, start, end)), tame(mask(text, hidden, end))


def codes_of(desk: Desk, response_id: str) -> set[str]:
    """The themes of a whole answer as they stand: confirmed, or the last run's, with words reassigned since."""
    standing = desk.standing
    if response_id in standing.confirmed:
        found = set(standing.confirmed[response_id])
    else:
        mentions = desk.keep("mentioned", desk.paths("mentions"), lambda: _mentioned(desk.table("mentions")))
        heirs = (standing.codebook.find(theme_id) for theme_id in mentions.get(response_id, ()))
        found = {theme.id for theme in heirs if theme}
    cells = {(key[1:], yes) for key, yes in standing.units.items() if key[0] == response_id}
    given = {theme_id for (_, _, theme_id), yes in cells if yes}
    listed = desk.units
    carried = listed.given[(listed.table["response_id"] == response_id).to_numpy()].any(axis=0)
    still = {theme_id for theme_id, yes in zip(listed.themes, carried, strict=True) if yes}
    lost = {theme_id for (_, _, theme_id), yes in cells if not yes} - still
    return (found | given) - lost


def _mentioned(mentions: pd.DataFrame) -> dict[str, list[str]]:
    given = mentions[mentions["mentioned"]]
    return given.groupby("response_id")["theme_id"].agg(list).to_dict()


@router.post("/answers/{response_id}/confirm")
def confirm(request: Request, response_id: str) -> Response:
    """Say which themes a whole answer raises."""
    desk, form = desk_of(request), form_of(request)
    decision = desk.decide(
        "confirm",
        why=form.text("why", most=500),
        seen=form.seen(),
        response_id=response_id,
        themes=sorted(form.many("theme")),
    )
    return with_done(own_path(form.raw("back"), f"/answers/{response_id}"), [decision])


@router.post("/answers/{response_id}/note")
def note(request: Request, response_id: str) -> Response:
    """Say something of an answer."""
    desk, form = desk_of(request), form_of(request)
    if response_id not in desk.texts:
        raise NotFound("There is no such answer in the listed waves.", "See Units.")
    decision = desk.decide("note", response_id=response_id, why=form.text("why", "The note"))
    return with_done(f"/answers/{response_id}", [decision])
