"""Who may talk to the review page: this machine, this page, this session.

The server holds respondents' words on a machine that others may use too, beside browsers that visit other sites. So it
answers only under its own name (DNS rebinding), only to who holds the printed key (other users of the machine), and
acts only on forms that it made itself (forged requests).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEY = "key"
CSRF = "csrf"
MOST_BYTES = 1_000_000
SAFE = ("GET", "HEAD")
# Browsers send `Origin: null` with a form from a page that sends no referrer at all, so the page sends one to itself.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@dataclass(frozen=True)
class Access:
    """What opens the page: the key in the printed address, and the secret that sessions are derived from.

    Parameters
    ----------
    port : int
        The page answers to ``127.0.0.1:port`` and ``localhost:port`` and to no other name.
    key : str
        Printed once; whoever opens the address with it gets a session.
    """

    port: int
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def hosts(self) -> tuple[str, str]:
        """The names under which the page answers."""
        return f"127.0.0.1:{self.port}", f"localhost:{self.port}"

    @property
    def address(self) -> str:
        """The address that is printed."""
        return f"http://127.0.0.1:{self.port}/?{KEY}={self.key}"

    @property
    def cookie(self) -> str:
        """The cookie's name; ports share cookies, so it carries the port."""
        return f"themebook_{self.port}"

    def session(self) -> str:
        """Begin a session: a random part and its signature."""
        name = secrets.token_urlsafe(24)
        return f"{name}.{self._sign('session', name)}"

    def known(self, session: str) -> bool:
        """Whether a cookie is a session that this server began."""
        name, _, signature = session.partition(".")
        return bool(name) and hmac.compare_digest(signature.encode(), self._sign("session", name).encode())

    def csrf(self, session: str) -> str:
        """Give the token that every form of a session carries."""
        return self._sign(CSRF, session)

    def _sign(self, what: str, name: str) -> str:
        return hmac.new(self.secret, f"{what}/{name}".encode(), hashlib.sha256).hexdigest()


class Guard:
    """Refuse what does not come from the page itself, and give every answer its headers."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        answer = self._answer(scope)
        await (answer or self.app)(scope, receive, with_headers)

    def _answer(self, scope: Scope) -> Any:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if len(headers.getlist("host")) != 1 or host not in self.access.hosts:
            return refusal("This page answers only under its own address.", self._again())
        if scope["method"] not in (*SAFE, "POST"):
            return refusal("There is nothing here for such a request.", self._again(), 405)
        if scope["path"].startswith("/static/") and scope["method"] in SAFE:
            return None
        if scope["method"] in SAFE:
            given = parse_qs(scope["query_string"].decode("latin-1"))
            if KEY in given:
                return self._enter(scope, given)
        session = self._session(headers)
        if not self.access.known(session):
            return refusal("This page is for whoever started it.", self._again())
        if scope["method"] == "POST" and (problem := self._foreign(headers, host)):
            return problem
        scope.setdefault("state", {})
        scope["state"]["session"] = session
        return None

    def _enter(self, scope: Scope, given: MutableMapping[str, list[str]]) -> Any:
        if not hmac.compare_digest(given.pop(KEY)[0].encode(), self.access.key.encode()):
            return refusal("The key in this address is not the one of this server.", self._again())
        path = scope["path"] if scope["path"].startswith("/") and not scope["path"].startswith("//") else "/"
        rest = urlencode(given, doseq=True)
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, 303)
        answer.set_cookie(self.access.cookie, self.access.session(), httponly=True, samesite="strict", path="/")
        return answer

    def _session(self, headers: Headers) -> str:
        jar: SimpleCookie = SimpleCookie()
        try:
            jar.load(headers.get("cookie", ""))
        except CookieError:
            return ""
        return jar[self.access.cookie].value if self.access.cookie in jar else ""

    def _foreign(self, headers: Headers, host: str) -> Any:
        origin, fetched = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
        if origin != f"http://{host}" or fetched != "same-origin":
            return refusal("A form of another page was sent here; nothing was recorded.", self._again())
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > MOST_BYTES:
            return refusal("The form is too long; nothing was recorded.", "Say less, or select fewer at once.", 413)
        return None

    @staticmethod
    def _again() -> str:
        return "Open the address that `themebook review` printed, with its key."


def refusal(what: str, remedy: str, status: int = 403) -> HTMLResponse:
    """Give a plain page that says what is wrong and what to do; both are our own words."""
    title = "Refused" if status == 403 else "This did not work"
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} – themebook</title>'
        f'<link rel="stylesheet" href="/static/report.css"><link rel="stylesheet" href="/static/review.css"></head>'
        f'<body class="plain"><main><h1>{title}</h1><p>{what}</p><p>{remedy}</p></main></body></html>',
        status,
    )
