"""Coding: answers one after the other, by keyboard, and what comes of it."""

from __future__ import annotations

from collections.abc import Collection, Set
from urllib.parse import urlencode

import pandas as pd
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from pipeline.foundation.contracts import MENTIONS
from pipeline.foundation.tables import empty, read_table
from pipeline.report.wording import plain
from pipeline.review import coding
from pipeline.review.desk import Desk
from pipeline.review.history import names_of
from pipeline.review.keys import keys_for
from pipeline.review.queues import (
    Inconsistency,
    Queue,
    active,
    at_random,
    everything,
    inconsistencies,
    is_coded,
    progress,
    scope,
    second,
    to_adjudicate,
)
from pipeline.review.web import Form, NotFound, desk_of, form_of, page
from pipeline.themes.gold import ADJUDICATED
from pipeline.themes.replay import seen_of

router = APIRouter()
KINDS = {
    "all": "Code all",
    "random": "Code at random",
    "active": "Code what teaches most",
    "second": "Code a second time",
    "adjudicate": "Settle differences",
}


def _mentions_of(responses: Set[str]) -> pd.DataFrame:
    return read_table(MENTIONS, where=[[("response_id", "in", responses)]]) if responses else empty(MENTIONS)


def queue_of(desk: Desk, kind: str, question: str, wave: str) -> Queue:
    """Give the answers of one kind of coding, in the order in which they are read."""
    codings = desk.codings
    ids = scope(codings, wave, question, answered_only=kind in ("random", "active"))
    match kind:
        case "all":
            queue = _all(desk, ids, question, wave)
        case "random":
            queue = at_random(codings, ids, desk.params.seed)
        case "active":
            paths = [*desk.people(), *desk.paths("mentions", "queue")]
            name = f"mentions of answers without a rank, {question} in {wave}"
            queue = active(
                codings, ids, desk.table("queue"), lambda left: desk.keep(name, paths, lambda: _mentions_of(left))
            )
        case "second":
            queue = second(codings, ids, desk.reviewer, desk.params.seed)
        case "adjudicate":
            queue = to_adjudicate(codings, ids)
        case _:
            raise NotFound("There is no such kind of coding.", "See Coding.")
    if desk.params.review.suggestions != "before" or kind == "adjudicate":
        return queue
    parts = dict(zip(codings.cells["cell_id"], codings.cells["response_ids"], strict=True))
    confirmed = {cell for cell in queue.cells if all(r in desk.standing.confirmed for r in parts[cell])}
    return Queue(queue.cells, queue.done | confirmed, queue.samples, queue.passed)


def _all(desk: Desk, ids: list[str], question: str, wave: str) -> Queue:
    """The order is kept, since it takes seconds to find; who has coded what is looked up each time."""
    codings = desk.codings
    order = desk.keep(
        f"order of {question} in {wave}",
        [*desk.people(), *desk.paths("mentions", "units")],
        lambda: everything(codings, ids, desk.cell_texts, desk.cell_vectors).cells,
    )
    done = frozenset(cell for cell in order if is_coded(codings, cell))
    return Queue(order, done, dict.fromkeys(order, "all"))


@router.get("/coding")
def overview(request: Request) -> Response:
    """Show how far the coding is, and its queues."""
    desk = desk_of(request)
    table = progress(desk.codings, desk.params.review.code_all).to_dict("records")
    rows = [row | {"title": desk.inputs.title(row["question_id"])} for row in table]
    return page(
        request,
        "coding.html.jinja",
        "Coding",
        rows=rows,
        kinds=KINDS,
        suggestions=desk.params.review.suggestions,
        code_all=desk.params.review.code_all,
        differ=len(_inconsistent(desk)),
    )


@router.get("/coding/differences")
def differences(request: Request) -> Response:
    """List the reviewer's own like answers that she coded differently."""
    desk = desk_of(request)
    texts, names = desk.cell_texts, names_of(desk.standing)
    question = dict(zip(desk.cells["cell_id"], desk.cells["question_id"], strict=True))
    pairs = []
    for found in _inconsistent(desk)[:200]:
        sides = [
            {
                "text": texts[cells[0]],
                "times": len(cells),
                "codes": _named(desk.codings.latest(cells[0], desk.reviewer) or (), names),
                "again": _path("all", question[cells[0]], "", at=cells[0], back="differences"),
            }
            for cells in (found.first, found.second)
        ]
        pairs.append(sides)
    return page(request, "differences.html.jinja", "Alike, and coded differently", pairs=pairs)


def _inconsistent(desk: Desk) -> list[Inconsistency]:
    paths = [*desk.people(), *desk.paths("mentions", "units"), coding.GOLD_FILE]
    return desk.keep(
        "inconsistencies",
        paths,
        lambda: inconsistencies(desk.codings, desk.reviewer, desk.cell_texts, desk.cell_vectors),
    )


@router.get("/coding/{kind}")
def code(
    request: Request, kind: str, question: str = "", wave: str = "", at: str = "", after: str = "", back: str = ""
) -> Response:
    """Show an answer to be coded: the one asked for, or the next."""
    desk = desk_of(request)
    queue = queue_of(desk, kind, question, wave)
    if not at:
        at = _next(queue, after)
    if not at:
        return page(
            request,
            "coded.html.jinja",
            KINDS[kind],
            cells=len(queue.cells),
            differ=len(_inconsistent(desk)),
            last=_path(kind, question, wave, at=after) if after in queue.cells else "",
        )
    if at not in queue.cells:
        raise NotFound("This answer is not among those to code here.", "See Coding.")
    cell, names = desk.codings.cell(at), names_of(desk.standing)
    themes = desk.standing.codebook.for_question(cell.question_id)
    before = _before(queue, at, after)
    same = _codes_before(desk, kind, before)
    own = desk.codings.latest(at, desk.reviewer)
    checking = _seen_already(desk, kind, at)
    return page(
        request,
        "code.html.jinja",
        desk.inputs.title(cell.question_id),
        kind=kind,
        kind_name=KINDS[kind],
        question=question,
        wave=wave,
        cell=at,
        answer=desk.cell_texts[at],
        first=desk.cells["first"].iloc[int(desk.cells["cell_id"].searchsorted(at))],
        themes=themes,
        keys=keys_for([theme.id for theme in themes]),
        given=_prefilled(desk, kind, at),
        coded=own is not None or at in queue.done,
        checking=checking,
        machine=_named(desk.machine_codes.get(at, ()), names) if checking or _before_seen(desk, kind) else None,
        seen=_seen_of(desk, at) if _before_seen(desk, kind) else {},
        sides=_sides(desk, at) if kind == "adjudicate" else [],
        place=queue.cells.index(at) + 1,
        total=len(queue.cells),
        left=len(queue.left),
        back=_path(kind, question, wave, at=before) if before else "",
        after=before,
        same=None if same is None else _named(same, names),
        hint=_hint(desk, kind, after, names, _path(kind, question, wave, at=after)),
        back_to=back if back == "differences" else "",
    )


@router.post("/coding/{kind}")
def save(request: Request, kind: str) -> Response:
    """Record what an answer was given, and go on to the next."""
    desk, form = desk_of(request), form_of(request)
    question, wave, at = form.raw("question"), form.raw("wave"), form.raw("cell")
    queue = queue_of(desk, kind, question, wave)
    if at not in queue.cells:
        raise NotFound("This answer is not among those to code here.", "See Coding.")
    if form.raw("go") == "take_back":
        name = (ADJUDICATED if kind == "adjudicate" else "") + desk.reviewer
        coding.take_back(name, desk.codings.cell(at), survey=desk.survey)
        return _redirect(kind, question, wave, at=at)
    codes: Collection[str] = form.many("theme")
    if form.raw("go") == "same":
        codes = _codes_before(desk, kind, form.raw("after")) or ()
    _record(desk, kind, queue, at, codes, form)
    if form.raw("back_to") == "differences":
        return RedirectResponse("/coding/differences", 303)
    return _redirect(kind, question, wave, after=at)


def _record(desk: Desk, kind: str, queue: Queue, at: str, codes: Collection[str], form: Form) -> None:
    cell, sample = desk.codings.cell(at), queue.samples[at]
    survey, codebook = desk.survey, desk.standing.codebook
    if kind == "adjudicate":
        coding.adjudicate(desk.reviewer, cell, codes, sample, survey=survey, codebook=codebook)
    elif _before_seen(desk, kind):
        parts = desk.cells.set_index("cell_id")["response_ids"][at]
        for response_id in parts:
            seen = form.seen(f"seen-{response_id}")
            desk.decide("confirm", seen=seen, response_id=response_id, themes=sorted(codes))
    elif _seen_already(desk, kind, at):
        coding.check(desk.reviewer, cell, codes, sample, survey=survey, codebook=codebook)
    else:
        drawn = [desk.codings.cell(each) for each in queue.drawn_with(at)]
        coding.give(desk.reviewer, cell, codes, sample, drawn=drawn, survey=survey, codebook=codebook)


def _before_seen(desk: Desk, kind: str) -> bool:
    """Whether the coder sees the machine's codes first."""
    return kind != "adjudicate" and desk.params.review.suggestions == "before"


def _seen_already(desk: Desk, kind: str, at: str) -> bool:
    """Whether the coder has decided on an answer before and has seen the machine's codes since."""
    shown = kind != "adjudicate" and desk.params.review.suggestions == "after" and at in desk.machine_codes
    return shown and desk.codings.latest(at, desk.reviewer) is not None


def _prefilled(desk: Desk, kind: str, at: str) -> Collection[str]:
    """What is ticked at first: own codes, those on which all agree, or the machine's where it is seen first."""
    if kind == "adjudicate":
        sides = list(desk.codings.persons(at).values())
        final = desk.codings.given.get(at, {}).get(ADJUDICATED + desk.reviewer)
        return final if final is not None else frozenset.intersection(*sides) if sides else ()
    own = desk.codings.latest(at, desk.reviewer)
    if own is not None:
        return own
    return desk.machine_codes.get(at, ()) if _before_seen(desk, kind) else ()


def _seen_of(desk: Desk, at: str) -> dict[str, str]:
    """What a confirmation of each part of an answer is decided on."""
    parts = desk.cells.set_index("cell_id")["response_ids"][at]
    return {r: seen_of("confirm", desk.standing, desk.texts, response_id=r) for r in parts}


def _sides(desk: Desk, at: str) -> list[tuple[str, list[str]]]:
    names = names_of(desk.standing)
    return [(coder, _named(codes, names)) for coder, codes in sorted(desk.codings.persons(at).items())]


def _codes_before(desk: Desk, kind: str, before: str) -> frozenset[str] | None:
    """The codes that the reviewer gave the answer before this."""
    if kind == "adjudicate" or before not in desk.codings.given:
        return None
    return desk.codings.latest(before, desk.reviewer)


def _hint(
    desk: Desk, kind: str, after: str, names: dict[str, str], path: str
) -> tuple[list[tuple[str, str, str]], str] | None:
    """Where the machine says otherwise of the answer just coded: more or less, key and name; and the way back to it.

    The keys stand beside the names in the same window, so that there is little to read.
    """
    if not after or not _seen_already(desk, kind, after):
        return None
    own = desk.codings.latest(after, desk.reviewer) or frozenset()
    machine = desk.machine_codes[after]
    question = desk.codings.cell(after).question_id
    keys = keys_for([theme.id for theme in desk.standing.codebook.for_question(question)])
    signs = [("+" if code in machine else "−", code) for code in sorted(machine ^ own)]
    return ([(sign, keys.get(code, ""), _named([code], names)[0]) for sign, code in signs], path) if signs else None


def _named(codes: Collection[str], names: dict[str, str]) -> list[str]:
    return [plain(names.get(code, code), 60) for code in sorted(codes)]


def _next(queue: Queue, after: str) -> str:
    """The next answer that nobody coded: behind the one before, else the first of all."""
    start = queue.cells.index(after) + 1 if after in queue.cells else 0
    order = (*queue.cells[start:], *queue.cells[:start])
    return next((cell for cell in order if cell not in queue.done), "")


def _before(queue: Queue, at: str, after: str) -> str:
    """The answer before: the one just coded, or the one that stands before."""
    if after in queue.cells:
        return after
    place = queue.cells.index(at)
    return queue.cells[place - 1] if place else ""


def _path(kind: str, question: str, wave: str, **more: str) -> str:
    asked = {"question": question, "wave": wave, **more}
    return f"/coding/{kind}?{urlencode({name: value for name, value in asked.items() if value})}"


def _redirect(kind: str, question: str, wave: str, **more: str) -> RedirectResponse:
    return RedirectResponse(_path(kind, question, wave, **more), 303)
