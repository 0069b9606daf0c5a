"""The review page's server: on this machine only, for whoever started it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.log import notice
from pipeline.report.house import House
from pipeline.report.templating import STYLE
from pipeline.review import (
    pages_candidates,
    pages_coding,
    pages_decisions,
    pages_map,
    pages_quotes,
    pages_start,
    pages_themes,
    pages_units,
)
from pipeline.review.desk import Desk
from pipeline.review.security import Access, Guard, refusal
from pipeline.review.web import Forged, NotFound, checked, page
from pipeline.themes.standing import Impossible

PAGES = (
    pages_start,
    pages_coding,
    pages_themes,
    pages_candidates,
    pages_units,
    pages_map,
    pages_quotes,
    pages_decisions,
)
STATIC = {
    "report.css": ("pipeline.report", "templates", "text/css"),
    "review.css": ("pipeline.review", "static", "text/css"),
    "keys.js": ("pipeline.review", "static", "text/javascript"),
    "icon.svg": ("pipeline.review", "static", "image/svg+xml"),
}


def create_app(desk: Desk, access: Access) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    desk : Desk
        What is reviewed, and by whom.
    access : Access
        Under which address and key.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(checked)])
    app.state.desk, app.state.access = desk, access
    for module in PAGES:
        app.include_router(module.router)
    app.add_api_route("/static/{name}", static, methods=["GET", "HEAD"])
    app.add_middleware(_NoTraceback)
    app.add_middleware(Guard, access=access)
    for kind, handler in _HANDLERS.items():
        app.add_exception_handler(kind, handler)
    return app


def static(name: str) -> Response:
    """Give one of the few files of style and script; there is no folder to walk in."""
    if name not in STATIC:
        return refusal("There is no such file.", "Go back.", 404)
    package, folder, kind = STATIC[name]
    content = files(package).joinpath(folder, name).read_bytes()
    # The report's style sheet takes its colours from the house style; this page has themebook's own.
    return Response(House().css().encode() + content if name == STYLE else content, media_type=kind)


def _problem(request: Request, error: Exception) -> HTMLResponse:
    """Say what is wrong and what to do."""
    assert isinstance(error, ThemebookError)
    status = 404 if isinstance(error, NotFound) else 422 if request.method == "POST" else 500
    return page(request, "problem.html.jinja", "This did not work", status, what=error.what, remedy=error.remedy)


def _impossible(request: Request, error: Exception) -> HTMLResponse:
    return _problem(request, ThemebookError(f"This cannot be: {error}.", "Look at what stands now."))


def _http(request: Request, error: Exception) -> HTMLResponse:
    assert isinstance(error, HTTPException)
    what = "There is no such page." if error.status_code in (404, 405) else "The request cannot be read."
    return page(request, "problem.html.jinja", "Not found", error.status_code, what=what, remedy="Go on from the menu.")


def _forged(request: Request, error: Exception) -> HTMLResponse:
    return refusal("The form is of another session; nothing was recorded.", "Load the page anew and send it again.")


def _unreadable(request: Request, error: Exception) -> HTMLResponse:
    what = "The address names something in a form that cannot be read."
    return page(request, "problem.html.jinja", "Not found", 404, what=what, remedy="Go on from the menu.")


_HANDLERS: dict[type[Exception], Callable[[Request, Exception], HTMLResponse]] = {
    ThemebookError: _problem,
    Impossible: _impossible,
    HTTPException: _http,
    Forged: _forged,
    RequestValidationError: _unreadable,
}


class _NoTraceback:
    """Answer an error of our own with a plain page; the log names its kind and place, never its words."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noting)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            places = [f"{Path(f.filename).name}:{f.lineno}" for f in frames if "pipeline" in Path(f.filename).parts]
            notice(f"review: {type(error).__name__} at {' > '.join(places[-3:])}")
            if begun:
                raise
            what = "Something went wrong in themebook itself. What was recorded before is safe."
            await refusal(what, "Go back and try again; if it stays so, please report it.", 500)(scope, receive, send)
