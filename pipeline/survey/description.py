"""survey.yaml: the waves, the columns and the questions of a survey."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.foundation.errors import ThemebookError, closest, listing
from pipeline.foundation.params import Section, parse
from pipeline.foundation.tables import read_yaml
from pipeline.survey.headers import clean_header
from pipeline.survey.nets import Net, top_of, unknown_option

SURVEY_FILE = Path("data/survey.yaml")
WAVE_ID = re.compile(r"[A-Za-z0-9_-]+")
SCALES = ("ordinal", "grid")
COUNTED = ("single", "multi", *SCALES)

Kind = Literal["open", "single", "multi", "ordinal", "grid", "numeric", "ignore"]


class Changed(Section):
    """What was done otherwise than in the wave before, in words for the reader; ``wording`` names questions.

    A question whose column has another name is known to be worded otherwise without being named here.
    """

    wording: tuple[str, ...] = ()
    mode: str = ""
    sampling: str = ""


class Wave(Section):
    """One round of the survey: its raw file, the file's sha256, and what the file's form needs said.

    ``respondent_id`` and ``weight`` are given where the file's columns have other names than the survey's; empty says
    that the file has no such column.
    """

    file: str
    sha256: str
    header_rows: int | None = Field(None, ge=1, le=3)
    invited: int | None = Field(None, ge=1)
    respondent_id: str | None = None
    weight: str | None = None
    changed: Changed = Changed()

    @field_validator("respondent_id", "weight")
    @classmethod
    def _as_read(cls, column: str | None) -> str | None:
        return None if column is None else clean_header(column)


class Renamed(Section):
    """A column that had another header before. A list of these, since DVC cannot read long keys that it wrote."""

    now: str
    was: str

    @field_validator("now", "was")
    @classmethod
    def _as_read(cls, column: str) -> str:
        return clean_header(column)


class Question(Section):
    """One question.

    ``columns`` are headers of the raw files, in the order of the parts; a question whose wording changed lists every
    wording. ``waves`` names the waves that asked it (empty: every wave); a wave that asked it and whose file holds none
    of its columns is an error. ``renamed`` gives the earlier header of a column whose wording changed, so that a grid's
    item stays one item. ``order`` lists the options of an ordinal question from lowest to highest.
    ``options`` lists what could be chosen, where an option that nobody chose is to be shown. ``top`` options of an
    ordinal question or grid count together (see `nets.top_of`), and so do ``boxes``: ``{agree: [Agree, Strongly
    agree]}``.
    ``explains`` names the closed question whose answer this open one gives the reasons for, and ``sides`` groups that
    question's options: ``{optimists: [Very optimistic, Optimistic]}``. ``asks`` says what an open question asks for
    where its words do not tell it (see `pipeline.survey.asking`): ``proposals``, ``reasons`` or ``experience``.
    """

    columns: tuple[str, ...] = Field(min_length=1)
    kind: Kind
    text: str = ""
    attribute: bool = False
    waves: tuple[str, ...] = ()
    renamed: tuple[Renamed, ...] = ()
    reason: str = ""
    separator: str = ";"
    order: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    top: int | None = Field(None, ge=0)
    boxes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    explains: str = ""
    sides: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    asks: Literal["", "proposals", "reasons", "experience"] = ""

    @field_validator("columns")
    @classmethod
    def _as_read(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(clean_header, columns))

    @model_validator(mode="after")
    def _renamed_columns(self) -> Question:
        for each in self.renamed:
            for column in (each.now, each.was):
                if column not in self.columns:
                    raise ValueError(f"`renamed` names the column `{column}`, which is not among `columns`")
            if self.first_wording(each.now) == each.now:
                raise ValueError(f"`renamed` leads from the column `{each.now}` in a circle")
        return self

    @model_validator(mode="after")
    def _boxes_of_a_scale(self) -> Question:
        if (self.top or self.boxes) and (self.kind not in SCALES or not self.order):
            raise ValueError(
                "`top` and `boxes` are for an ordinal question or grid with an `order`; write a net instead"
            )
        if self.top and self.top > len(self.order):
            raise ValueError(f"`top: {self.top}` is more than the {len(self.order)} options in `order`")
        for name, options in self.boxes.items():
            if not options:
                raise ValueError(f"the box `{name}` has no options")
            if wrong := unknown_option(options, self.order):
                raise ValueError(f"the box `{name}` names {wrong}")
        return self

    @property
    def all_boxes(self) -> dict[str, tuple[str, ...]]:
        """The options of each box by its name: those in ``boxes``, and ``top N`` where the top counts together."""
        order = self.order if self.kind in SCALES else ()
        top = top_of(order, self.top, bool(self.boxes))
        return {**({f"top {len(top)}": top} if top else {}), **self.boxes}

    @property
    def earlier(self) -> dict[str, str]:
        """The header before, by the header that a column was renamed to."""
        return {each.now: each.was for each in self.renamed}

    def first_wording(self, column: str) -> str:
        """Give the earliest wording of a column; in a circle of renamings, the column itself."""
        earlier, first = self.earlier, column
        for _ in earlier:
            first = earlier.get(first, first)
        return column if first in earlier else first


class Survey(Section):
    """The whole of survey.yaml. ``note`` is printed at the head of every report.

    ``suppress: 5``: on the public page no count under 5 is shown or can be worked out; 0 asks for nothing.
    ``cross`` lists the closed questions whose answers are put across the themes; without it, it is every one that is no
    attribute and has few options.
    """

    title: str = "Survey"
    note: str = ""
    waves: dict[str, Wave] = Field(min_length=1)
    questions: dict[str, Question] = Field(min_length=1)
    respondent_id: str = ""
    weight: str = ""
    suppress: int = Field(0, ge=0)
    sampling: Literal["census", "probability", "self-selected"] = "self-selected"
    nets: dict[str, Net] = Field(default_factory=dict)
    cross: tuple[str, ...] | None = None

    @field_validator("respondent_id", "weight")
    @classmethod
    def _as_read(cls, column: str) -> str:
        return clean_header(column)

    @field_validator("waves", mode="before")
    @classmethod
    def _wave_ids(cls, waves: Any) -> Any:
        for wave in waves if isinstance(waves, dict) else ():
            if not isinstance(wave, str):
                raise ValueError(f"write the wave id {wave!r} in quotes, '{wave}', so that YAML keeps it as text")
            if not WAVE_ID.fullmatch(wave):
                raise ValueError(f"the wave id {wave!r} may hold only letters, digits, `_` and `-`, such as 2021Q3")
        return waves

    @model_validator(mode="after")
    def _references(self) -> Survey:
        owner: dict[str, str] = {}
        for name, question in self.questions.items():
            for column in question.columns:
                if column in owner:
                    raise ValueError(f"the column `{column}` belongs to two questions, `{owner[column]}` and `{name}`")
                owner[column] = name
            if question.explains and question.explains not in self.questions:
                raise ValueError(f"`{name}` explains `{question.explains}`, which is no question of this survey")
            if question.sides and not question.explains:
                raise ValueError(f"`{name}` has sides, but says of no question that it `explains` it")
        for wave, described in self.waves.items():
            for name in described.changed.wording:
                if name not in self.questions:
                    raise ValueError(f"wave {wave}: `changed.wording` names `{name}`, which is no question")
        return self

    @model_validator(mode="after")
    def _counted_together(self) -> Survey:
        for net_id, net in self.nets.items():
            if not WAVE_ID.fullmatch(net_id):
                raise ValueError(f"the net id {net_id!r} may hold only letters, digits, `_` and `-`")
            if net.question:
                self._must_be(net.question, COUNTED if net.options else ("open",), f"the net `{net_id}`")
        for name in self.cross or ():
            self._must_be(name, COUNTED, "`cross`")
            if self.questions[name].attribute:
                raise ValueError(f"`cross` names `{name}`, an attribute: its tables are made anyway")
        of_sides: dict[tuple[str, str], tuple[str, ...]] = {}
        for question in self.questions.values():
            for side, options in question.sides.items():
                if set(of_sides.setdefault((question.explains, side), options)) != set(options):
                    raise ValueError(f"the side `{side}` of `{question.explains}` has two lists of options")
        return self

    def _must_be(self, name: str, kinds: tuple[str, ...], where: str) -> None:
        fitting = [each for each, question in self.questions.items() if question.kind in kinds]
        if name not in fitting:
            what = f"a question of kind {self.questions[name].kind}" if name in self.questions else "no question"
            hint = f"{closest(name, fitting)} Fitting: {listing(fitting)}".strip()
            raise ValueError(f"{where} names `{name}`, {what}. {hint}")

    def id_column(self, wave: str) -> str:
        """The header of the respondent id in a wave's file; empty where it has none."""
        own = self.waves[wave].respondent_id if wave in self.waves else None
        return self.respondent_id if own is None else own

    def weight_column(self, wave: str) -> str:
        """The header of the weight in a wave's file; empty where it has none."""
        own = self.waves[wave].weight if wave in self.waves else None
        return self.weight if own is None else own

    @property
    def open_questions(self) -> dict[str, Question]:
        """The free-text questions, in the order of survey.yaml."""
        return {name: q for name, q in self.questions.items() if q.kind == "open"}

    @property
    def closed_items(self) -> dict[str, tuple[str, Question]]:
        """Closed questions by the id they have in the closed answers, with their column.

        A grid is one item a column, ``id.1``, ``id.2`` …, under its first wording; every other closed question is one
        item.
        A question listing several wordings of itself (not a grid) gives its first column here.
        """
        return {item: (column, self.questions[name]) for item, name, column in self._items()}

    @property
    def question_of(self) -> dict[str, str]:
        """The question that each closed question's item belongs to: itself, or its grid."""
        return {item: name for item, name, _ in self._items()}

    def _items(self) -> Iterator[tuple[str, str, str]]:
        for name, question in self.questions.items():
            if question.kind == "grid":
                for i, column in enumerate(question.columns, 1):
                    if column not in question.earlier:
                        yield f"{name}.{i}", name, column
            elif question.kind not in ("open", "ignore"):
                yield name, name, question.columns[0]


def slug(header: str) -> str:
    """Make a question id from a column header.

    Examples
    --------
    >>> slug("What could we do better?")
    'what_could_we_do_better'
    >>> slug("  Région / Land ")
    'région_land'
    """
    words = re.split(r"[\W_]+", unicodedata.normalize("NFKC", header).casefold())
    return "_".join(word for word in words if word) or "column"


def question_ids(headers: list[str]) -> dict[str, str]:
    """Give each header its id; a clash gets ``_2``, ``_3`` … in column order.

    Examples
    --------
    >>> question_ids(["Why?", "Why", "Sector"])
    {'Why?': 'why', 'Why': 'why_2', 'Sector': 'sector'}
    """
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for header in headers:
        base = candidate = slug(header)
        n = 1
        while candidate in taken:
            n += 1
            candidate = f"{base}_{n}"
        taken.add(candidate)
        ids[header] = candidate
    return ids


def load_survey(path: Path = SURVEY_FILE) -> Survey:
    """Read data/survey.yaml of the project folder.

    Raises
    ------
    ThemebookError
        If it is missing, holds an unknown key, a wave id that is not plain, or contradicts itself.
    """
    content = read_yaml(path, "Run in a project folder: `themebook init DIR --wave 2025=export.csv` makes one.")
    return parse(Survey, content, str(path))


def find_question(survey: Survey, name: str, where: str) -> str:
    """Find a question by its id or by one of its headers.

    Raises
    ------
    ThemebookError
        If the survey has no such question.
    """
    if name in survey.questions:
        return name
    for key, question in survey.questions.items():
        if clean_header(name) in question.columns or slug(name) == key:
            return key
    raise ThemebookError(
        f"{where}: the survey has no question `{name}`.",
        f"{closest(name, survey.questions)} Known open questions: {listing(survey.open_questions)}.".strip(),
    )


def ledger_path(wave: str) -> Path:
    """Say where a wave's ledger lies."""
    return Path(f"data/responses/{wave}.ledger.json")


def verified_path(wave: str) -> Path:
    """Say where the record of a wave's verified raw file lies."""
    return Path(f"data/responses/{wave}.verified.json")
