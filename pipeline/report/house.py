"""The house style, `data/report.yaml`: logo, colours, words of the page and their language, order of the evidence."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from pipeline.foundation.errors import ThemebookError, closest
from pipeline.foundation.params import Section, parse
from pipeline.foundation.tables import read_bytes, read_text, read_yaml
from pipeline.report import colours
from pipeline.report.labels import LABELS, SECTIONS

HOUSE_FILE = Path("data/report.yaml")
TEMPLATES = Path("data/templates")
LARGEST_LOGO = 200_000
# Those that say who was asked, what was not counted and how, without which no figure can be judged.
NEVER_LEFT_OUT = ("asked", "left", "methods")
_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_ACCENT, _SECOND = "#0b5a63", "#a33f1f"
_DARK = {_ACCENT: "#78cac6", _SECOND: "#f2a385"}


class Logo(Section):
    """A picture in data/templates, and what it says to those who do not see it; ``data`` holds it as a data URI."""

    file: str
    alt: str = Field(min_length=1)
    data: str = ""


class Colours(Section):
    """Two colours of the house, each with its shade for dark screens; a shade not given is derived."""

    accent: str = _ACCENT
    second: str = _SECOND
    accent_dark: str = ""
    second_dark: str = ""

    @field_validator("*", mode="before")
    @classmethod
    def _colour(cls, value: Any) -> Any:
        if isinstance(value, str) and (not value or re.fullmatch(r"#[0-9A-Fa-f]{6}", value)):
            return value.lower()
        raise ValueError("a colour is written in quotes with six digits, such as '#0b5a63'")

    def dark(self, name: str) -> str:
        """Give the shade of ``accent`` or ``second`` for dark screens."""
        colour: str = getattr(self, name)
        return getattr(self, f"{name}_dark") or _DARK.get(colour) or colours.for_dark(colour)


class Document(Section):
    """What the Word document is made with: a document in data/templates whose styles it takes."""

    template: str = ""


class House(Section):
    """The house style: what the report looks like, in whose words its fixed labels are, and in which order.

    ``order`` names sections of the evidence that come first, ``leave_out`` those that are not shown. ``methods`` are
    people's own statements for the methods appendix.
    """

    logo: Logo | None = None
    colours: Colours = Colours()
    language: str = Field("en", pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
    texts: dict[str, str] = {}
    order: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    document: Document = Document()
    methods: dict[str, str] = {}

    def say(self, label: str) -> str:
        """Give a fixed heading or label in the words of the house."""
        return self.texts.get(label, label)

    def css(self) -> str:
        """Write the colours as the head of a style sheet: light, dark, and on paper."""
        own = self.colours
        light = colours.scheme_css(colours.LIGHT, own.accent, own.second)
        dark = colours.scheme_css(colours.DARK, own.dark("accent"), own.dark("second"))
        paper = colours.scheme_css(colours.PAPER, own.accent, own.second)
        return (
            f":root {{ color-scheme: light dark; {light} }}\n"
            f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
            f"@media print {{ :root {{ color-scheme: light; {paper} }} }}\n"
        )


def load_house(path: Path = HOUSE_FILE) -> House:
    """Read the house style; a file that is missing or holds only comments gives that of themebook.

    Raises
    ------
    ThemebookError
        Naming the line with a key that is not known or a value that cannot be; a logo that is missing, too large or
        no picture; a colour that cannot be read on the report's paper.
    """
    if not path.exists():
        return House()
    content = read_yaml(path, "")
    text = read_text(path, "")
    house = parse(House, {} if content is None else content, str(path), text)
    _known(path, "texts", house.texts, LABELS)
    _known(path, "order", house.order, SECTIONS)
    _known(path, "leave_out", house.leave_out, SECTIONS)
    if held := [name for name in house.leave_out if name in NEVER_LEFT_OUT]:
        raise ThemebookError(
            f"{path}: `leave_out` names `{held[0]}`, which says what the figures rest on and cannot say.",
            "It stays in every report: take it off the list.",
        )
    _legible(path, house.colours)
    if house.document.template:
        house_file(house.document.template, "document.template")
    if house.logo is None:
        return house
    return house.model_copy(update={"logo": house.logo.model_copy(update={"data": _logo(house.logo.file)})})


def load_templates(folder: Path = TEMPLATES) -> dict[str, str]:
    """Read the project's own templates and style sheet, which take the place of those of the same name."""
    files = sorted(folder.glob("*.jinja")) + [folder / "report.css"] if folder.is_dir() else []
    return {file.name: read_text(file, "") for file in files if file.is_file()}


def _known(path: Path, key: str, given: Any, known: Any) -> None:
    for name in given:
        if name not in known:
            near = closest(name, known) or f"Known here are such as “{'”, “'.join(list(known)[:6])}”."
            raise ThemebookError(f"{path}: `{key}` names `{name}`, which the report does not have.", near)
    if len(set(given)) < len(given):
        raise ThemebookError(f"{path}: `{key}` names one thing twice.", "Name each once.")


def _legible(path: Path, own: Colours) -> None:
    for name in ("accent", "second"):
        for key, colour, scheme, where in (
            (name, getattr(own, name), colours.LIGHT, "the report’s light paper"),
            (f"{name}_dark", own.dark(name), colours.DARK, "the report’s dark paper"),
        ):
            if (found := colours.legible(colour, scheme)) < colours.ENOUGH:
                raise ThemebookError(
                    f"{path}: `colours.{key}` ({colour}) has a contrast of {int(found * 10) / 10:.1f} to 1 with "
                    f"{where} and its boxes; words in it need {colours.ENOUGH} to 1.",
                    f"The nearest shade that can be read is '{colours.nearest_legible(colour, scheme)}'.",
                )


def house_file(name: str, key: str) -> Path:
    """Say where a file of the house lies: in data/templates, so that a changed one makes the report anew.

    Raises
    ------
    ThemebookError
        If it would lie elsewhere or is not there.
    """
    place = TEMPLATES / name
    if Path(name).name != name or not place.is_file():
        raise ThemebookError(
            f"{HOUSE_FILE}: `{key}` names `{name}`, which is not in {TEMPLATES}.", f"Put the file into {TEMPLATES}."
        )
    return place


def _logo(name: str) -> str:
    """Read the picture as a data URI; its type is told by its first bytes, never by its name."""
    place = house_file(name, "logo.file")
    content = read_bytes(place, "")
    kind = next((kind for head, kind in _KINDS.items() if content.startswith(head)), "")
    if not kind:
        raise ThemebookError(f"{place} is neither a PNG nor a JPEG picture.", "Save the logo as one of these.")
    if len(content) > LARGEST_LOGO:
        raise ThemebookError(
            f"{place} has {len(content) // 1000} kB; every page and document carries it.",
            f"Save it smaller, under {LARGEST_LOGO // 1000} kB.",
        )
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
