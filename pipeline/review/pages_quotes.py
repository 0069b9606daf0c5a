"""Quotes as they will be printed: approve, reject, pin, shorten or clarify."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.evidence.disclosure import attributes_of, masked, names_left, rare
from pipeline.evidence.spans import Spans, display
from pipeline.foundation.errors import ThemebookError
from pipeline.report.coded import all_quotes, home_of, theme_block
from pipeline.report.records import Quote
from pipeline.report.wording import counted, tame
from pipeline.review.clarify import as_fields, read_edited
from pipeline.review.desk import Desk
from pipeline.review.history import names_of
from pipeline.review.pages_themes import theme_of
from pipeline.review.web import NotFound, desk_of, form_of, own_path, page, with_done
from pipeline.themes.codebook import Theme
from pipeline.themes.replay import seen_of

router = APIRouter()
ACTS = {"approve": "approve_quote", "reject": "reject_quote", "pin": "pin_quote"}
STATES = {
    "": "not decided yet",
    "approved": "approved",
    "rejected": "rejected",
    "pinned": "pinned, not approved",
    "clarified": "clarified, waits for approval",
}


class Card(NamedTuple):
    """A quote as it stands: what would be printed, and what speaks against it."""

    theme_id: str
    response_id: str
    kind: str
    display: str
    attribution: str
    state: str
    pinned: bool
    by: str
    warnings: tuple[str, ...]
    spans: Spans
    clarifications: tuple[tuple[int, int, str], ...]
    seen: str

    @property
    def fields(self) -> dict[str, str]:
        """What a form carries of it."""
        spans = json.dumps([list(span) for span in self.spans])
        clarified = json.dumps([list(each) for each in self.clarifications])
        return {"spans": spans, "clarifications": clarified, "kind": self.kind, "seen": self.seen}


def cards(desk: Desk, theme: Theme) -> list[Card]:
    """Give a theme's quotes: those that the last run chose, and those that people decided on since or rejected."""
    inputs, standing = desk.inputs, desk.standing
    heirs = {t: heir.id for t in set(desk.table("quotes")["theme_id"]) if (heir := standing.codebook.find(t))}
    chosen = [q.model_copy(update={"theme_id": heirs.get(q.theme_id, q.theme_id)}) for q in all_quotes(inputs)]
    block = theme_block(inputs, theme, home_of(inputs, theme), chosen)
    rows = desk.table("quotes").set_index("quote_id")["spans"]
    found: dict[str, Card] = {}
    for quote in (*block.quotes, *block.fragments):
        spans = tuple((int(start), int(end)) for start, end in rows[quote.quote_id])
        found.setdefault(quote.response_id, _card(desk, theme.id, quote.response_id, quote, spans))
    for (theme_id, response_id), stands in standing.quotes.items():
        if theme_id == theme.id and response_id not in found and response_id in desk.texts:
            found[response_id] = _card(desk, theme_id, response_id, None, stands.spans)
    return list(found.values())


def _card(desk: Desk, theme_id: str, response_id: str, quote: Quote | None, spans: Spans) -> Card:
    standing = desk.standing
    stands = standing.quotes.get((theme_id, response_id))
    clarified: tuple[tuple[int, int, str], ...] = ()
    if stands is not None:
        spans = stands.spans
        clarified = tuple((c.start, c.end, c.text) for c in stands.clarifications)
    wave = desk.inputs.responses[response_id][0]
    shown = tame(display(desk.texts[response_id], spans, desk.redactions.get(response_id, []), clarified))
    label = quote.segment_label if quote and quote.segment_base >= desk.params.measure.min_segment else ""
    return Card(
        theme_id=theme_id,
        response_id=response_id,
        kind=(quote.kind if quote else stands.kind if stands else ""),
        display=shown,
        attribution=f"{label or 'A respondent'} · {wave}",
        state=stands.state if stands else "",
        pinned=bool(stands and stands.pinned),
        by=stands.reviewer if stands else "",
        warnings=warnings(desk, response_id, shown),
        spans=spans,
        clarifications=clarified,
        seen=seen_of("approve_quote", standing, desk.texts, theme_id=theme_id, response_id=response_id, spans=spans),
    )


def warnings(desk: Desk, response_id: str, shown: str) -> tuple[str, ...]:
    """Say what could tell who spoke."""
    people = desk.keep("attributes", desk.paths("closed"), lambda: attributes_of(desk.survey, desk.table("closed")))
    table = desk.keep(
        "respondent", desk.paths("responses"), lambda: desk.table("responses").set_index("response_id")["respondent_id"]
    )
    wave = desk.inputs.responses[response_id][0]
    who = (wave, str(table[response_id]))
    said = []
    for questions, n in rare(people, who):
        values = " and ".join(tame(people[who][q]) for q in questions)
        few = f"Only {counted(n, 'respondent')} of {wave} {'is' if n == 1 else 'are'} {values}"
        said.append(f"{few}: the words could tell who spoke.")
    marks = {kind for _, _, kind in desk.redactions.get(response_id, [])}
    if found := masked(shown, marks):
        said.append(f"Personal data was masked here ({', '.join(found)}): what stands around it may still tell.")
    if names := names_left(shown):
        said.append(f"These may be names that were not masked: {', '.join(names)}.")
    return tuple(said)


@router.get("/quotes")
def quotes(request: Request, theme: str = "", state: str = "all") -> Response:
    """Show a theme's quotes; without a theme, the first that has one to decide on."""
    desk = desk_of(request)
    themes = desk.standing.codebook.themes
    counts = quote_counts(desk)
    if not theme:
        theme = next((t.id for t in themes if counts.get(t.id, (0, 0))[1]), themes[0].id if themes else "")
    listed = cards(desk, theme_of(desk, theme)) if theme else []
    shown = [card for card in listed if state == "all" or card.state == ("" if state == "open" else state)]
    return page(
        request,
        "quotes.html.jinja",
        "Quotes",
        themes=themes,
        counts=counts,
        chosen=theme,
        name=names_of(desk.standing).get(theme, ""),
        state=state,
        states=STATES,
        cards=shown,
        total=len(listed),
    )


def quote_counts(desk: Desk) -> dict[str, tuple[int, int]]:
    """For each theme, how many quotes are decided and how many are not."""
    standing = desk.standing
    pairs = desk.table("quotes")[["theme_id", "response_id"]].drop_duplicates().itertuples(index=False)
    found: dict[str, tuple[int, int]] = {}
    for theme_id, response_id in {(heir.id, r) for t, r in pairs if (heir := standing.codebook.find(t))} | set(
        standing.quotes
    ):
        done, left = found.get(theme_id, (0, 0))
        decided = (theme_id, response_id) in standing.quotes and standing.quotes[theme_id, response_id].state in (
            "approved",
            "rejected",
        )
        found[theme_id] = (done + decided, left + (not decided))
    return found


def _fields(request: Request, theme_id: str, response_id: str) -> dict[str, Any]:
    """Read which words a form was about."""
    desk, form = desk_of(request), form_of(request)
    if response_id not in desk.texts:
        raise NotFound("There is no such answer in the listed waves.", "See Quotes.")
    try:
        spans = [(int(start), int(end)) for start, end in json.loads(form.raw("spans"))]
        clarified = [(int(start), int(end), str(words)) for start, end, words in json.loads(form.raw("clarifications"))]
    except (ValueError, TypeError):
        raise ThemebookError("The form does not say which words are quoted.", "Load the quotes anew.") from None
    if any(not 0 <= start < end <= len(desk.texts[response_id]) for start, end in spans):
        raise ThemebookError("The form quotes words that the answer does not hold.", "Load the quotes anew.")
    kind = form.raw("kind")
    return {
        "theme_id": theme_id,
        "response_id": response_id,
        "spans": spans,
        "clarifications": as_fields(clarified),
        "kind": kind if kind in ("pull", "fragment") else "",
        "seen": form.seen(),
        "why": form.text("why", most=500),
    }


@router.post("/quotes/{theme_id}/{response_id}/{act}")
def decide(request: Request, theme_id: str, response_id: str, act: str) -> Response:
    """Approve, reject or pin a quote, or change its words."""
    desk, form = desk_of(request), form_of(request)
    if act == "clarify":
        return _clarify(request, theme_id, response_id)
    if act not in ACTS:
        raise NotFound("There is no such act on a quote.", "See Quotes.")
    decision = desk.decide(ACTS[act], **_fields(request, theme_id, response_id))
    return with_done(own_path(form.raw("back"), f"/quotes?theme={theme_id}"), [decision])


@router.get("/quotes/{theme_id}/{response_id}/clarify")
def clarify_page(request: Request, theme_id: str, response_id: str) -> Response:
    """Show a quote to be shortened or clarified."""
    return _editor(request, theme_id, response_id)


def _editor(
    request: Request, theme_id: str, response_id: str, edited: str = "", preview: str = "", trouble: str = ""
) -> Response:
    desk = desk_of(request)
    theme = theme_of(desk, theme_id)
    card = next((c for c in cards(desk, theme) if c.response_id == response_id), None)
    if card is None:
        raise NotFound("There is no such quote.", "See Quotes.")
    return page(
        request,
        "clarify.html.jinja",
        "Shorten or clarify a quote",
        theme=theme,
        card=card,
        answer=desk.inputs.show(response_id, most=10_000),
        edited=edited or card.display,
        preview=preview,
        trouble=trouble,
        why=form_of(request).text("why", most=500) if request.method == "POST" else "",
    )


def _clarify(request: Request, theme_id: str, response_id: str) -> Response:
    desk, form = desk_of(request), form_of(request)
    fields = _fields(request, theme_id, response_id)
    edited = form.text("printed", "What is printed")
    text, hidden = desk.texts[response_id], desk.redactions.get(response_id, [])
    try:
        made = read_edited(edited, text, hidden, fields["spans"][0][0])
    except ThemebookError as error:
        return _editor(request, theme_id, response_id, edited, trouble=str(error))
    if form.raw("go") != "save":
        shown = tame(display(text, made.spans, hidden, made.clarifications))
        return _editor(request, theme_id, response_id, edited, preview=shown)
    fields |= {"spans": made.spans, "clarifications": as_fields(made.clarifications)}
    # What was seen is what stood, not the words that the reviewer now makes of it.
    seen = seen_of(
        "clarify_quote", desk.standing, desk.texts, **{k: fields[k] for k in ("theme_id", "response_id", "spans")}
    )
    before = (fields["seen"] or "").partition(".")
    fields["seen"] = seen.split(".")[0] + "".join(before[1:])
    decision = desk.decide("clarify_quote", **fields)
    return with_done(f"/quotes?theme={theme_id}", [decision])
