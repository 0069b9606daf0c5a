"""The codebook: the themes that people own, and its effective form after their decisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator, model_validator

from pipeline.foundation.errors import ThemebookError, closest, listing
from pipeline.foundation.params import Section, parse
from pipeline.foundation.tables import read_yaml
from pipeline.survey.description import Survey, find_question

CODEBOOK_FILE = Path("data/codebook/codebook.yaml")
EFFECTIVE_FILE = Path("data/coded/codebook.json")


class Example(Section):
    """What a theme sounds like: a text, or a respondent's own words by reference.

    ``question`` limits the example to one question: only such an example gives a non-answer its theme.
    """

    text: str = ""
    question: str = ""
    response_id: str = ""
    start: int = Field(0, ge=0)
    end: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _one_kind(self) -> Example:
        if bool(self.text.strip()) == bool(self.response_id):
            raise ValueError("an example is a text, {text, question} or {response_id, start, end}")
        if self.response_id and self.end <= self.start:
            raise ValueError("an example by reference needs start < end")
        return self


class Theme(Section):
    """One theme. ``name`` and ``definition`` are enough; ``questions`` empty means every open question.

    ``since`` is the time (ISO) from which coders knew the theme, empty for always: older codes say nothing of it.
    """

    id: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_-]+$")
    name: str = Field(min_length=1)
    questions: tuple[str, ...] = ()
    role: Literal["", "overarching"] = ""
    group: str = ""
    since: str = ""
    definition: str = ""
    include: str = ""
    exclude: str = ""
    examples: tuple[Example, ...] = ()

    @field_validator("examples", mode="before")
    @classmethod
    def _plain_examples(cls, examples: Any) -> Any:
        plain = examples if isinstance(examples, list | tuple) else [examples]
        if any(isinstance(e, bool) for e in plain or ()):
            raise ValueError("YAML reads a bare No or Yes as false or true: write such an example in quotes")
        return tuple({"text": str(e)} if isinstance(e, str | int | float) else e for e in plain or ())

    @field_validator("since", mode="before")
    @classmethod
    def _as_time(cls, value: Any) -> Any:
        return "" if value is None else value.isoformat() if isinstance(value, date) else value

    @field_validator("include", "exclude", "definition", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        return "; ".join(map(str, value)) if isinstance(value, list) else ("" if value is None else value)


class Former(Section):
    """A theme that has ended, or a name that a theme had: what became of it, and the themes that carry it on."""

    id: str
    name: str
    fate: Literal["renamed", "merged", "split", "retired"]
    into: tuple[str, ...] = ()


class Codebook(Section):
    """All active themes, in the order of the file; ``former`` is filled in the effective codebook only."""

    themes: tuple[Theme, ...] = ()
    former: tuple[Former, ...] = ()

    @model_validator(mode="after")
    def _ids_once(self) -> Codebook:
        for what in ("id", "name"):
            seen: set[str] = set()
            for theme in self.themes:
                value = getattr(theme, what).strip().casefold()
                if value in seen:
                    raise ValueError(f"the {what} `{getattr(theme, what)}` stands at two themes; each may stand once")
                seen.add(value)
        return self

    def for_question(self, question_id: str) -> tuple[Theme, ...]:
        """The themes that answers to one question can be given."""
        return tuple(t for t in self.themes if not t.questions or question_id in t.questions)

    def find(self, code: str) -> Theme | None:
        """Find a theme by its id or its name, whatever the case; a former name or a merged theme gives the heir."""
        found = self.follow(code)
        return found if isinstance(found, Theme) else None

    def follow(self, code: str) -> Theme | Former | None:
        """Follow renames and merges to the theme that carries a code on, or to where it was split or retired."""
        former, seen = self.ended(code), set()
        theme = self._active(code)
        while theme is None and former and former.fate in ("renamed", "merged") and former.id not in seen:
            seen.add(former.id)
            theme, former = self._active(former.into[0]), self.ended(former.into[0])
        return theme or former

    def ended(self, code: str) -> Former | None:
        """Find what became of a theme that has ended, or of a name that a theme had."""
        found = [f for f in self.former if _is(code, f.id, f.name)]
        # A theme that ended says more than a name given up on the way.
        return min(found, key=lambda f: f.fate == "renamed", default=None)

    def _active(self, code: str) -> Theme | None:
        return next((t for t in self.themes if _is(code, t.id, t.name)), None)


def _is(code: str, *names: str) -> bool:
    return code.strip().casefold() in {name.strip().casefold() for name in names}


def give_ids(themes: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each theme without an id the next free ``T01``, ``T02`` …; ids that stand are kept.

    Examples
    --------
    >>> [t["id"] for t in give_ids([{"name": "a"}, {"id": "T01", "name": "b"}, {"name": "c"}])]
    ['T02', 'T01', 'T03']
    """
    rows = [dict(theme) for theme in themes]
    taken = {str(theme["id"]) for theme in rows if theme.get("id")}
    width = max(2, len(str(len(rows))))
    n = 0
    for theme in rows:
        if not theme.get("id"):
            n += 1
            while f"T{n:0{width}d}" in taken:
                n += 1
            theme["id"] = f"T{n:0{width}d}"
            taken.add(theme["id"])
    return [{"id": theme["id"], **{k: v for k, v in theme.items() if k != "id"}} for theme in rows]


def load_codebook(survey: Survey, path: Path = CODEBOOK_FILE) -> Codebook:
    """Read codebook.yaml; questions may be named by id or header.

    Raises
    ------
    ThemebookError
        If a theme lacks an id or name, an id or name stands twice, a key is unknown, or a theme or example
        names a question that the survey lacks.
    """
    themes = read_themes(path)
    for n, theme in enumerate(themes, 1):
        if not theme.get("id"):
            raise ThemebookError(
                f"{path}: theme {n} (`{theme.get('name', '')}`) has no id.",
                "`themebook check --fix` writes missing ids.",
            )
    return parse_codebook(themes, survey, path)


def read_themes(path: Path) -> list[dict[str, Any]]:
    """Read the themes of a codebook as they are written, ids or not.

    Raises
    ------
    ThemebookError
        If the file is no list of themes.
    """
    content = read_yaml(path, "An empty codebook is a file holding `[]`.") or []
    if isinstance(content, dict) and set(content) == {"themes"}:
        content = content["themes"] or []
    if not isinstance(content, list):
        raise ThemebookError(f"{path}: the codebook is not a list of themes.", "Write each theme as `- name: …`.")
    for n, theme in enumerate(content, 1):
        if not isinstance(theme, dict):
            raise ThemebookError(f"{path}: theme {n} is not a mapping.", "Write each theme as `- name: …`.")
    return content


def parse_codebook(content: list[dict[str, Any]], survey: Survey, path: Path) -> Codebook:
    """Check themes that all have an id, and give their questions by id; `path` is for messages."""
    codebook = parse(Codebook, {"themes": content}, str(path))
    themes = []
    for theme in codebook.themes:
        where = f"{path}: theme `{theme.id}`"
        questions = tuple(_open_question(survey, q, where) for q in theme.questions)
        examples = tuple(
            e.model_copy(update={"question": _open_question(survey, e.question, where)}) if e.question else e
            for e in theme.examples
        )
        themes.append(theme.model_copy(update={"questions": questions, "examples": examples}))
    return Codebook(themes=tuple(themes))


def _open_question(survey: Survey, name: str, where: str) -> str:
    question = find_question(survey, name, where)
    if question not in survey.open_questions:
        raise ThemebookError(
            f"{where}: `{name}` is not an open question.",
            f"{closest(name, survey.open_questions)} Open: {listing(survey.open_questions)}.".strip(),
        )
    return question


def effective(codebook: Codebook) -> dict[str, Any]:
    """Give the effective codebook as every later stage reads it."""
    return codebook.model_dump(mode="json")


def from_effective(content: dict[str, Any]) -> Codebook:
    """Read back what `effective` gave."""
    return parse(Codebook, content, str(EFFECTIVE_FILE))


@dataclass(frozen=True)
class Listed:
    """One text of the codebook: the position of its theme, its number among the examples (0: name or definition)."""

    theme: int
    example: int
    text: str
    question: str


def listed_texts(codebook: Codebook, responses: pd.DataFrame) -> list[Listed]:
    """List names, definitions, includes and examples; an example by reference whose response is gone is left out."""
    raw = dict(zip(responses["response_id"], responses["text"], strict=True))
    rows = []
    for k, theme in enumerate(codebook.themes):
        rows.append(Listed(k, 0, theme.name, ""))
        if theme.definition:
            rows.append(Listed(k, 0, f"{theme.name}. {theme.definition}", ""))
        if theme.include:
            rows.append(Listed(k, 0, theme.include, ""))
        for n, example in enumerate(theme.examples, 1):
            text = example.text or raw.get(example.response_id, "")[example.start : example.end]
            if text.strip():
                rows.append(Listed(k, n, text, example.question))
    return rows


def example_texts(codebook: Codebook, responses: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """List the codebook's own texts: name, name with definition, what to include, examples.

    An example by reference whose response is gone is left out: it was withdrawn.

    Returns
    -------
    texts : list of str, length e
    theme : ndarray of int, shape (e,)
        Position of each text's theme in the codebook.
    """
    listed = [one for one in listed_texts(codebook, responses) if one.text.strip()]
    return [one.text for one in listed], np.array([one.theme for one in listed], dtype=int)
