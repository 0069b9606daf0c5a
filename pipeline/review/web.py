"""What all pages share: templates, forms, and where a page goes after an act."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse

from pipeline.foundation.errors import ThemebookError
from pipeline.report import wording
from pipeline.review.desk import Desk
from pipeline.review.security import CSRF, Access
from pipeline.themes.decisions import Decision
from pipeline.themes.replay import wish

LONGEST = 2_000
PLACES = (
    ("/", "Start"),
    ("/coding", "Coding"),
    ("/themes", "Themes"),
    ("/candidates", "Candidates"),
    ("/units", "Units"),
    ("/map", "Map"),
    ("/quotes", "Quotes"),
    ("/decisions", "Decisions"),
)


class NotFound(ThemebookError):
    """Something that an address names and that is not there."""


class Form:
    """The fields of a form that this page sent."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str, required: str = "", most: int = LONGEST) -> str:
        """Give a field as one tidy line or text.

        Raises
        ------
        ThemebookError
            If it is empty although `required` says what it is, or too long.
        """
        value = self._data.get(name, "")
        text = wording.tame(" ".join(value.split())) if isinstance(value, str) else ""
        if required and not text:
            raise ThemebookError(f"{required} is missing.", "Go back, fill it in and send the form again.")
        if len(text) > most:
            raise ThemebookError(f"A field of the form is longer than {most} signs.", "Go back and say it in fewer.")
        return text

    def raw(self, name: str) -> str:
        """Give a field as it was sent."""
        value = self._data.get(name, "")
        return value if isinstance(value, str) else ""

    def many(self, name: str) -> list[str]:
        """Give all values of a field, each once, in the order sent."""
        return list(dict.fromkeys(v for v in self._data.getlist(name) if isinstance(v, str) and v))

    def seen(self, name: str = "seen") -> str | None:
        """Give the hash of what the form showed."""
        return self.raw(name) or None

    def __contains__(self, name: str) -> bool:
        return name in self._data


async def checked(request: Request) -> None:
    """Refuse a form without this session's token; every route passes through here."""
    if request.method == "POST":
        data = await request.form(max_files=0, max_fields=5_000)
        token = data.get(CSRF)
        expected = access_of(request).csrf(request.state.session)
        if not isinstance(token, str) or not hmac.compare_digest(token.encode(), expected.encode()):
            raise Forged()
        request.state.form = Form(data)


class Forged(Exception):
    """A form that this session's pages did not send."""


def desk_of(request: Request) -> Desk:
    """The desk of this server."""
    return request.app.state.desk


def access_of(request: Request) -> Access:
    """The access of this server."""
    return request.app.state.access


def form_of(request: Request) -> Form:
    """The form that was sent, checked."""
    return request.state.form


def page(request: Request, template: str, title: str, status: int = 200, **content: Any) -> HTMLResponse:
    """Make a page; what has just been done stands at its head, with a way to undo it."""
    done = [] if status != 200 else _done(request)
    html = (
        environment()
        .get_template(template)
        .render(
            title=title,
            places=PLACES,
            here=_here(request.url.path),
            address=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            reviewer=desk_of(request).reviewer,
            csrf=access_of(request).csrf(getattr(request.state, "session", "")),
            done=done,
            language=lambda response_id: desk_of(request).languages.get(response_id, ""),
            **content,
        )
    )
    return HTMLResponse(html, status)


def _here(path: str) -> str:
    known = [place for place, _ in PLACES if place != "/" and (path == place or path.startswith(place + "/"))]
    return known[0] if known else "/units" if path.startswith("/answers/") else "/" if path == "/" else ""


def _done(request: Request) -> list[dict[str, Any]]:
    """The decisions that the address says were just taken, and whether each stands."""
    asked = request.query_params.get("done", "")
    if not asked:
        return []
    ids = set(asked.split(",")[:200])
    standing = desk_of(request).standing
    conflicts = {conflict.decision.id: conflict.sentence for conflict in standing.conflicts if not conflict.applied}
    found = [decision for decision in standing.decisions if decision.id in ids]
    return [{"id": d.id, "act": d.act, "said": told(d), "conflict": conflicts.get(d.id, "")} for d in found]


def told(decision: Decision) -> str:
    """Say what a decision did, as a sentence about its reviewer."""
    return f"{decision.reviewer} {wish(decision)}."


def after(path: str, decisions: Sequence[Decision] = (), **query: str) -> RedirectResponse:
    """Go on to a page of our own after an act, saying which decisions were taken."""
    if decisions:
        query["done"] = ",".join(decision.id for decision in decisions[:200])
    asked = urlencode({name: value for name, value in query.items() if value})
    return RedirectResponse(f"{path}?{asked}" if asked else path, 303)


def own_path(path: str, otherwise: str) -> str:
    """Give a path that a form names, if it is one of this site's, without the message of an earlier act.

    Examples
    --------
    >>> own_path("/units?wave=2025&done=D1", "/"), own_path("//evil.example", "/"), own_path("/\\\\evil.example", "/")
    ('/units?wave=2025', '/', '/')
    """
    if not path.startswith("/") or path.startswith("//") or "\\" in path or any(ord(sign) < 33 for sign in path):
        return otherwise
    head, _, query = path.partition("?")
    kept = "&".join(part for part in query.split("&") if part and not part.startswith(("done=", "key=")))
    return f"{head}?{kept}" if kept else head


def with_done(path: str, decisions: Sequence[Decision]) -> RedirectResponse:
    """Go back to a page of our own, saying which decisions were taken."""
    ids = ",".join(decision.id for decision in decisions[:200])
    joint = "&" if "?" in path else "?"
    return RedirectResponse(f"{path}{joint}done={ids}" if ids else path, 303)


@cache
def environment() -> Environment:
    """The templates; everything that is put in is escaped."""
    made = Environment(
        loader=PackageLoader("pipeline.review", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "percent": wording.percent,
        "short_percent": wording.short_percent,
        "number": wording.number,
        "plain": wording.plain,
        "tame": wording.tame,
        "counted": wording.counted,
    }
    return made
