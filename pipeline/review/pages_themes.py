"""Themes: the list, a theme's own page with its history, and the acts on it."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.foundation.errors import ThemebookError
from pipeline.report import wording
from pipeline.report.coded import all_quotes, home_of, theme_block
from pipeline.report.inputs import known
from pipeline.review.acts import new_theme_id
from pipeline.review.desk import Desk
from pipeline.review.grouping import two_groups
from pipeline.review.history import names_of, rows
from pipeline.review.web import Form, NotFound, after, desk_of, form_of, page
from pipeline.themes.codebook import Theme
from pipeline.themes.decisions import Decision, fingerprint, words
from pipeline.themes.replay import seen_of, touches

router = APIRouter()
MOST_PARTS = 4
MOST_SORTED = 300


@router.get("/themes")
def themes(request: Request) -> Response:
    """List the themes with their figures."""
    desk = desk_of(request)
    inputs = desk.inputs
    cards = {row["theme_id"]: row for row in desk.table("theme_stability").to_dict("records")}
    quotes = desk.table("quotes")
    approved = quotes[quotes["approved"]].groupby("theme_id")["response_id"].nunique()
    listed: list[dict[str, Any]] = []
    for theme in inputs.codebook.themes:
        cells = inputs.cells(home_of(inputs, theme), theme.id)
        listed.append(
            {
                "theme": theme,
                "cell": cells[-1] if cells else None,
                "stability": _stability(cards.get(theme.id)),
                "units": _n_units(desk, theme.id),
                "approved": int(approved.get(theme.id, 0)),
            }
        )
    listed.sort(key=lambda row: -(row["cell"].share or 0 if row["cell"] else 0))
    former = [f for f in inputs.codebook.former if f.fate != "renamed"]
    return page(request, "themes.html.jinja", "Themes", listed=listed, former=former, names=names_of(desk.standing))


def _n_units(desk: Desk, theme_id: str) -> int:
    listed = desk.units
    return int(listed.given[:, listed.themes.index(theme_id)].sum()) if theme_id in listed.themes else 0


def _stability(row: dict[str, Any] | None) -> str:
    if row is None:
        return "not measured yet"
    value, low, high = (known(row[name]) for name in ("stability", "low", "high"))
    if value is None or low is None or high is None:
        return "not measured"
    return f"{value:.2f} (nine of ten resamples between {low:.2f} and {high:.2f})"


def theme_of(desk: Desk, theme_id: str) -> Theme:
    """Give an active theme.

    Raises
    ------
    NotFound
        If there is none; where it has ended, saying how.
    """
    for theme in desk.standing.codebook.themes:
        if theme.id == theme_id:
            return theme
    ended = desk.standing.codebook.ended(theme_id)
    if ended is not None and ended.fate != "renamed":
        into = f" into {', '.join(ended.into)}" if ended.into else ""
        raise NotFound(f"The theme {ended.id} “{ended.name}” was {ended.fate}{into}.", "Its history is in Decisions.")
    raise NotFound("There is no theme of this id.", "See Themes.")


@router.get("/themes/{theme_id}")
def theme_page(request: Request, theme_id: str) -> Response:
    """Show a theme, its history, and what can be done with it."""
    desk = desk_of(request)
    standing, inputs = desk.standing, desk.inputs
    theme = theme_of(desk, theme_id)
    raw = standing.state.theme(theme_id)
    block = theme_block(inputs, theme, home_of(inputs, theme), all_quotes(inputs))
    cards = {row["theme_id"]: row for row in desk.table("theme_stability").to_dict("records")}
    mine = [decision for decision in standing.decisions if theme_id in touches(decision)]
    texts = standing, desk.texts
    return page(
        request,
        "theme.html.jinja",
        theme.name,
        theme=theme,
        raw=raw,
        block=block,
        stability=_stability(cards.get(theme_id)),
        units=_n_units(desk, theme_id),
        examples=_examples(desk, theme),
        others=[t for t in standing.codebook.themes if t.id != theme_id],
        questions=[inputs.title(q) for q in theme.questions],
        history=rows(standing, mine, names_of(standing)),
        conflicts=[c for c in standing.conflicts if not c.applied and c.decision in mine],
        notes=[d for d in standing.notes if getattr(d, "theme_id", "") == theme_id],
        seen={act: seen_of(act, *texts, theme_id=theme_id) for act in ("rename", "redefine", "merge", "retire")},
    )


def _examples(desk: Desk, theme: Theme) -> list[dict[str, str]]:
    """The examples as they are shown: codebook's words, or respondents' with a link to the answer."""
    shown = []
    for example in theme.examples:
        if not example.response_id:
            shown.append({"text": wording.tame(example.text), "response_id": ""})
        elif example.response_id in desk.texts:
            text = desk.inputs.show(example.response_id, example.start, example.end, 300)
            shown.append({"text": text, "response_id": example.response_id})
    return shown


def _act(request: Request, theme_id: str, act: str, **fields: Any) -> Response:
    desk, form = desk_of(request), form_of(request)
    decision = desk.decide(act, why=form.text("why", most=500), seen=form.seen(), theme_id=theme_id, **fields)
    ended = not any(theme.id == theme_id for theme in desk.standing.codebook.themes)
    return after("/themes" if ended else f"/themes/{theme_id}", [decision])


@router.post("/themes/{theme_id}/rename")
def rename(request: Request, theme_id: str) -> Response:
    """Give a theme another name."""
    return _act(request, theme_id, "rename", name=form_of(request).text("name", "The new name", most=200))


@router.post("/themes/{theme_id}/redefine")
def redefine(request: Request, theme_id: str) -> Response:
    """Say otherwise what a theme is."""
    form = form_of(request)
    return _act(request, theme_id, "redefine", **{n: form.text(n) for n in ("definition", "include", "exclude")})


@router.post("/themes/{theme_id}/merge")
def merge(request: Request, theme_id: str) -> Response:
    """End a theme; another carries it on."""
    return _act(request, theme_id, "merge", into=form_of(request).text("into", "The theme to merge into"))


@router.post("/themes/{theme_id}/retire")
def retire(request: Request, theme_id: str) -> Response:
    """End a theme."""
    return _act(request, theme_id, "retire")


@router.post("/themes/{theme_id}/note")
def note(request: Request, theme_id: str) -> Response:
    """Say something of a theme."""
    desk = desk_of(request)
    said = form_of(request).text("why", "The note")
    return after(f"/themes/{theme_id}", [desk.decide("note", theme_id=theme_id, why=said)])


@router.get("/themes/{theme_id}/split")
def split_page(request: Request, theme_id: str, parts: int = 2, propose: int = 0) -> Response:
    """Show a theme's units, to be sorted to its parts."""
    desk = desk_of(request)
    theme = theme_of(desk, theme_id)
    listed = desk.units
    at = np.flatnonzero(listed.given[:, listed.themes.index(theme_id)])[:MOST_SORTED]
    part = np.zeros(len(at), int)
    if propose:
        part = two_groups(desk.vectors(listed.table["text_id"].iloc[at])) + 1
        order = np.argsort(part, kind="stable")
        at, part = at[order], part[order]
    return page(
        request,
        "split.html.jinja",
        f"Split {theme.name}",
        theme=theme,
        parts=range(1, min(max(parts, 2), MOST_PARTS) + 1),
        propose=propose,
        units=[dict(listed.table.iloc[i]) | {"part": int(g)} for i, g in zip(at, part, strict=True)],
        most=MOST_SORTED,
        seen=seen_of("split", desk.standing, desk.texts, theme_id=theme_id),
    )


@router.post("/themes/{theme_id}/split")
def split(request: Request, theme_id: str) -> Response:
    """Make several themes of one."""
    desk, form = desk_of(request), form_of(request)
    theme = theme_of(desk, theme_id)
    parts, sorted_ = _sorted(desk, form, theme_id)
    decision = desk.decide(
        "split",
        why=form.text("why", most=500),
        seen=form.seen(),
        theme_id=theme.id,
        parts=parts,
        sorted=sorted_,
    )
    return after("/themes", [decision])


def _sorted(desk: Desk, form: Form, theme_id: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Read the parts of a split and the answers sorted to them; an answer counts once all its units are sorted."""
    listed = desk.units
    mine = listed.table[listed.given[:, listed.themes.index(theme_id)]]
    chosen: dict[int, list[Any]] = {}
    whole: dict[str, list[int]] = {}
    for unit in mine.itertuples():
        part = form.raw(f"part-{unit.unit_id}")
        number = int(part) if part in map(str, range(1, MOST_PARTS + 1)) else 0
        whole.setdefault(str(unit.response_id), []).append(number)
        if number:
            example = words(desk.texts[str(unit.response_id)], str(unit.response_id), int(unit.start), int(unit.end))
            chosen.setdefault(number, []).append(example.model_dump())
    ids: dict[int, str] = {}
    parts: list[dict[str, Any]] = []
    made: tuple[Decision, ...] = desk.standing.decisions
    for number in range(1, MOST_PARTS + 1):
        name = form.text(f"name-{number}", most=200)
        if not name and number not in chosen:
            continue
        if not name or number not in chosen:
            lacks = "name" if not name else "unit"
            raise ThemebookError(f"Part {number} has no {lacks}.", "Go back; every part needs a name and a unit.")
        base = new_theme_id(desk.standing.codebook, made, uuid.uuid4().hex)
        head, salt = base.split("-")
        ids[number] = f"T{int(head[1:]) + len(ids):02d}-{salt}"
        definition = form.text(f"definition-{number}")
        parts.append({"theme_id": ids[number], "name": name, "definition": definition, "examples": chosen[number]})
    if len(parts) < 2:
        raise ThemebookError("A split needs two parts, each with a name and a unit.", "Go back and fill them in.")
    sorted_ = [
        {
            "response_id": response_id,
            "themes": sorted({ids[n] for n in numbers}),
            "seen": fingerprint(desk.texts[response_id]),
        }
        for response_id, numbers in whole.items()
        if all(numbers)
    ]
    return parts, sorted_
