"""The report as a tagged PDF: bookmarks, contents with page numbers, a summary of exactly two pages first."""

from __future__ import annotations

import logging
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Any, NoReturn

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.foundation.errors import ThemebookError
from pipeline.report.document import document
from pipeline.report.pieces import Document, Heading, Piece
from pipeline.report.records import Content
from pipeline.report.summary import Room, first_page, rooms_first, rooms_second, second_page

VARIANT = "pdf/ua-1"
MOST_CONTENTS = 60
STRETCH = 300
_DATA = re.compile(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=]+")
JOINERS = frozenset("\u200d\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
EPOCH = "SOURCE_DATE_EPOCH"


def pdf(content: Content, room: Room | None = None) -> bytes:
    """Make the PDF.

    Parameters
    ----------
    content : Content
        Made public already, for a document that leaves the team.
    room : Room, optional
        What the two pages of the summary hold; found by trying where it is not given.

    Returns
    -------
    bytes
        A tagged PDF (PDF/UA-1), the same for the same content and fonts.
    """
    laid_out = document(content, room or fitting(content))
    with _no_clock():
        return _render(html(laid_out), laid_out.logo).write_pdf(pdf_variant=VARIANT)


@contextmanager
def _no_clock() -> Iterator[None]:
    """Keep the time out of the file: each font written into it would carry when."""
    before = os.environ.get(EPOCH)
    os.environ[EPOCH] = before or "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ[EPOCH]


def fitting(content: Content) -> Room:
    """Find the most that the two pages of the summary can hold.

    Raises
    ------
    ThemebookError
        If not even the least fits.
    """
    bare = document(content)
    first = _first(rooms_first(), lambda room: _fits(bare, (first_page(content, room), ())))
    return _first(rooms_second(first), lambda room: _fits(bare, ((), second_page(content, room))))


def _first(rooms: Iterable[Room], fits: Callable[[Room], bool]) -> Room:
    for room in rooms:
        if fits(room):
            return room
    raise ThemebookError(
        "The summary of the printed report does not fit on its two pages.",
        "Shorten `title` and `note` in data/survey.yaml.",
    )


def _fits(bare: Document, pages: tuple[tuple[Piece, ...], tuple[Piece, ...]]) -> bool:
    alone = replace(bare, summary=pages, body=())
    return len(_render(html(alone), bare.logo).pages) == 1


def html(laid_out: Document) -> str:
    """Give the document as HTML for print, every text escaped."""
    numbered = tuple(zip(map("part-{}".format, count(1)), laid_out.body, strict=False))
    headings = [(key, piece) for key, piece in numbered if isinstance(piece, Heading)]
    deepest = max((d for d in (4, 3, 2, 1) if sum(h.level <= d for _, h in headings) <= MOST_CONTENTS), default=1)
    return (
        _environment()
        .get_template("print.html.jinja")
        .render(
            document=laid_out,
            style=Markup(_text("print.css")),
            # Letters, digits and `+/=;:,` only, as `_DATA` says: nothing to escape, and nothing to divide.
            logo=Markup(laid_out.logo if _DATA.fullmatch(laid_out.logo) else ""),
            numbered=numbered,
            contents=[(key, piece) for key, piece in headings if piece.level <= min(deepest, 3)],
        )
    )


def _render(page: str, logo: str = "") -> Any:
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise ThemebookError(
            f"The PDF cannot be laid out, since a system library is missing: {error}.".replace("\n", " "),
            "Install pango (Debian: apt-get install libpangoft2-1.0-0; macOS: brew install pango).",
        ) from None

    def fetch(url: str, *_: object, **__: object) -> Any:
        return URLFetcher(allowed_protocols={"data"}).fetch(url) if logo and url == logo else _refuse(url)

    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    return HTML(string=page, base_url=None, url_fetcher=fetch).render(pdf_variant=VARIANT)


def _refuse(url: str, *_: object, **__: object) -> NoReturn:
    """Nothing of the document but the logo lies anywhere else: whatever is asked for comes from an answer."""
    raise ValueError(f"the report asks for nothing from outside: {url[:80]}")


def _in_stretches(value: object) -> object:
    """Divide a very long text: what lays out lines takes time by the square of a stretch's length.

    Where it has no spaces, signs without width let lines end between two stretches.
    """
    if isinstance(value, Markup) or not isinstance(value, str) or len(value) <= STRETCH:
        return value
    made = (each if each[-1].isspace() else f"{each}\u200b" for each in stretches(value))
    return Markup("").join(Markup("<span>{}</span>").format(each) for each in made)


def stretches(text: str, most: int = STRETCH) -> list[str]:
    """Divide a text after a space where there is one, and never within what is shown as one sign.

    Examples
    --------
    >>> stretches("some words here", 8)
    ['some ', 'words ', 'here']
    """
    found = []
    while len(text) > most:
        end = text.rfind(" ", 0, most) + 1 or most
        while end < len(text) and (unicodedata.combining(text[end]) or JOINERS & {text[end], text[end - 1]}):
            end += 1
        found.append(text[:end])
        text = text[end:]
    return [*found, text]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipeline.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_in_stretches,
    )
    environment.tests |= {"piece": lambda piece, name: type(piece).__name__ == name}
    return environment


@cache
def _text(name: str) -> str:
    return files("pipeline.report").joinpath("templates", name).read_text(encoding="utf-8")
