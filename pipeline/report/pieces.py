"""The parts that a printed document is made of, the same for PDF and Word."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """A stretch of text; ``style`` is empty, ``strong``, ``emphasis``, ``code`` or ``break`` (a new line)."""

    text: str
    style: str = ""
    href: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 begins a part of the document."""

    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; ``kind`` is empty, ``lead``, ``note``, ``callout``, ``said`` (a quotation), ``marks``
    (of the marks on bars, where they are drawn), ``code``, ``definition`` or ``rule``.
    """

    runs: tuple[Run, ...]
    kind: str = ""


@dataclass(frozen=True)
class Listing:
    """A list; each item is pieces of its own."""

    items: tuple[tuple[Piece, ...], ...]
    ordered: bool = False


@dataclass(frozen=True)
class Quoted:
    """A respondent's words, and what is said of who spoke."""

    text: str
    said: str
    tone: str = ""


@dataclass(frozen=True)
class Big:
    """A large figure with what it says; the bar shows ``share``, and a mark on it ``before``."""

    figure: str
    says: str
    under: str = ""
    share: float | None = None
    before: float | None = None
    note: str = ""
    quote: Quoted | None = None


@dataclass(frozen=True)
class Bar:
    """One row of a figure: a bar, and its figures as they are printed."""

    label: str
    share: float | None
    before: float | None
    values: tuple[str, ...]
    tone: str = ""


@dataclass(frozen=True)
class Bars:
    """A figure that is its own table: a bar of the latest wave in each row, and the figures beside it.

    ``marks`` says what the marks on the bars are, where they are drawn.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[Bar, ...]
    marks: str = ""


@dataclass(frozen=True)
class Table:
    """A table whose first column names the rows; ``words`` are the further columns that hold words."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[int, ...] = ()


Piece = Heading | Paragraph | Listing | Quoted | Big | Bars | Table


@dataclass(frozen=True)
class Document:
    """A report to be printed: a summary of two pages that can be handed out alone, and all the rest.

    ``accent`` and ``second`` are the colours of the house, as ``#0b5a63``; ``logo`` is a picture as a data URI.
    """

    title: str
    kicker: str
    language: str
    summary: tuple[tuple[Piece, ...], tuple[Piece, ...]]
    body: tuple[Piece, ...]
    end: str
    accent: str
    second: str
    logo: str = ""
    logo_alt: str = ""


def words(text: str, kind: str = "") -> Paragraph:
    """Make a paragraph of plain words."""
    return Paragraph((Run(text),), kind)


def points(texts: tuple[str, ...] | list[str]) -> Listing:
    """Make a list of plain sentences."""
    return Listing(tuple((words(text),) for text in texts))
