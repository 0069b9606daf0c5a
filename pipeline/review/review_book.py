"""The review workbook: themes, candidates, quotes, units and answers to code, with what was seen of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.evidence.spans import display
from pipeline.foundation.errors import ThemebookError
from pipeline.report.inputs import question_title
from pipeline.report.sheets import MOST, Column, Row, Sheet, write
from pipeline.report.wording import tame
from pipeline.review.book_rows import (
    CANDIDATES,
    NO_THEME,
    NOTES,
    ON_CANDIDATES,
    ON_QUOTES,
    QUOTES,
    SHOWN,
    TEXTS,
    THEMES,
    UNITS,
    YES,
    Target,
)
from pipeline.review.coding_book import (
    ANSWERS,
    CODING,
    DRAWN,
    answers_sheet,
    code_lists,
    codebook_sheet,
    drawn_sheet,
    how_sheet,
)
from pipeline.review.sheets import read, table
from pipeline.survey.description import Survey
from pipeline.text.personal import mask
from pipeline.themes.codebook import Theme
from pipeline.themes.coded_rows import shown_fingerprint
from pipeline.themes.decisions import words
from pipeline.themes.proposals import decided_before, passages
from pipeline.themes.replay import Standing, seen_of

SEEN, HOW, BOOK = "seen", "How to review", "book"
MADE = "Give a workbook that `themebook review workbook` made, saved as .xlsx."
# A candidate is proposed for the questions that so many of its words answer.
ASKED = 0.1
COLUMNS: dict[str, tuple[Column, ...]] = {
    THEMES: (
        Column("id", 9),
        Column("theme", 26),
        Column("answers", 9),
        Column("examples", 50),
        Column("name", 26, free=True),
        Column("definition", 50, free=True),
        Column("include", 36, free=True),
        Column("exclude", 36, free=True),
        Column("retire", 9, free=True, choices="retire"),
        Column("merge into", 26, free=True, choices="themes"),
        Column("why", 30, free=True),
    ),
    CANDIDATES: (
        Column("id", 9),
        Column("answers", 9),
        Column("part of", 24),
        Column("words", 70),
        Column("nearest theme", 24),
        Column("decision", 11, free=True, choices="candidate"),
        Column("name", 26, free=True),
        Column("definition", 50, free=True),
        Column("merge into", 26, free=True, choices="themes"),
        Column("why", 30, free=True),
    ),
    QUOTES: (
        Column("id", 15),
        Column("theme", 24),
        Column("question", 24),
        Column("quote", 50),
        Column("answer", 60),
        Column("so far", 12),
        Column("decision", 11, free=True, choices="quote"),
        Column("printed as", 50, free=True),
        Column("why", 30, free=True),
    ),
    UNITS: (
        Column("id", 15),
        Column("wave", 8),
        Column("question", 24),
        Column("theme", 24),
        Column("words", 50),
        Column("answer", 60),
        Column("give to", 26, free=True, choices="units {question_id}"),
        Column("why", 30, free=True),
    ),
    NOTES: (
        Column("about", 26, free=True, choices="themes", strict=False),
        Column("note", 90, free=True),
    ),
}
TARGET = ("sheet", "id", "shown", "seen", "fields")
BLANK_NOTES = 200
LINES = (
    "Write in the white columns only, and delete, sort and filter rows as you like; a row left as it is means nothing.",
    "Themes: change a name, a definition or what is included or excluded; or retire a theme, or merge it into another.",
    "Candidates: accept one as a theme under a name, merge it into a theme, or reject it.",
    "Quotes: approve, reject or pin. In `printed as`, leave words out as […] and put yours in [ ]; all other words are "
    "the answer's own. A quote that is changed and not approved waits for approval.",
    "Units: give the words to another theme, or to (no theme). A unit with two themes stands in two rows.",
    "Answers: those of questions that people code altogether and that nobody has coded; like stands beside like. A "
    "question counts as coded by people once all its answers are. For other questions use `themebook sample`.",
    "Notes: about a theme, a candidate or an answer, by name or id; or about the whole.",
    "What others have changed since this workbook was written is told by id when it is read; both sides are kept.",
    "A workbook can be read again after more was filled in. What it decided before is undone on the review page, and "
    "not by emptying a cell.",
)


@dataclass(frozen=True)
class Material:
    """What the workbook is made from.

    Parameters
    ----------
    survey : Survey
    standing : Standing
    texts, redactions : mapping
        Raw text, and what of it is masked, by response id.
    responses, units, unit_codes, mentions, quotes, candidates, candidate_units : DataFrame
        By contract, all waves.
    coded : set of str
        Responses that a person coded: their units are not reassigned, for gold wins.
    """

    survey: Survey
    standing: Standing
    texts: Mapping[str, str]
    redactions: Mapping[str, list[tuple[int, int, str]]]
    responses: pd.DataFrame
    units: pd.DataFrame
    unit_codes: pd.DataFrame
    mentions: pd.DataFrame
    quotes: pd.DataFrame
    candidates: pd.DataFrame
    candidate_units: pd.DataFrame
    coded: set[str]

    def show(self, response_id: str, start: int = 0, end: int | None = None) -> str:
        """Give words of an answer as a cell holds them: masked."""
        return tame(mask(self.texts[response_id], self.redactions.get(response_id, []), start, end)).strip()[:MOST]

    def title(self, question_id: str) -> str:
        """Give a question as people read it."""
        question = self.survey.questions.get(question_id)
        return question_title(question_id, question) if question else question_id

    def name(self, theme_id: str) -> str:
        """Give the name of the theme that carries on an id; empty where none does."""
        theme = self.standing.codebook.find(theme_id) if theme_id else None
        return theme.name if theme else ""

    def seen(self, act: str, **target: Any) -> str:
        """Give the hash of what is seen of a target."""
        return seen_of(act, self.standing, self.texts, **target)


def build(
    material: Material,
    answers: Sequence[Row],
    frame: Sequence[Sequence[str]],
    book: str,
    reviewer: str,
) -> tuple[bytes, dict[str, int]]:
    """Make the workbook.

    Parameters
    ----------
    material : Material
    answers : sequence of mapping
        Answers to code, as `coding_book.build` takes them.
    frame : sequence of sequence of str
        The codebook as a coder reads it.
    book : str
        The workbook's id, hexadecimal.
    reviewer : str

    Returns
    -------
    content : bytes
        An .xlsx file; see `sheets.write`.
    counts : dict of str to int
        Rows by sheet.
    """
    made = {
        THEMES: _themes(material),
        CANDIDATES: _candidates(material),
        QUOTES: _quotes(material),
        UNITS: _units(material),
    }
    standing = material.standing
    names = {q: [t.name for t in standing.codebook.for_question(q)] for q in material.survey.open_questions}
    lists = {
        "themes": [theme.name for theme in standing.codebook.themes],
        "retire": [YES],
        "candidate": list(ON_CANDIDATES),
        "quote": list(ON_QUOTES),
        **{f"units {question}": [*themes, NO_THEME] for question, themes in names.items()},
        **code_lists(names),
    }
    former = sorted({each.name for each in standing.codebook.former})
    about = Target(BOOK, book, "", {}, {"reviewer": reviewer, "former": former})
    sheets = [
        how_sheet(HOW, [*LINES, "", "How to code", *CODING]),
        *(Sheet(name, COLUMNS[name], [row for row, _ in rows], still=2) for name, rows in made.items()),
        answers_sheet(answers, reviewer),
        Sheet(NOTES, COLUMNS[NOTES], [{}] * BLANK_NOTES),
        codebook_sheet(frame),
        drawn_sheet(answers),
        _seen_sheet([about, *(target for rows in made.values() for _, target in rows)]),
    ]
    return write(sheets, lists), {ANSWERS: len(answers), **{name: len(rows) for name, rows in made.items()}}


Made = list[tuple[Row, Target]]


def _made(sheet: str, row: Row, seen: Mapping[str, str], fields: Mapping[str, Any]) -> tuple[Row, Target]:
    return row, Target(sheet, row["id"], shown_fingerprint(row[SHOWN[sheet]]), seen, fields)


def _themes(material: Material) -> Made:
    raised = material.mentions[material.mentions["mentioned"]].groupby("theme_id")["response_id"].nunique()
    made = []
    for theme in material.standing.state.themes.values():
        texts = {name: tame(getattr(theme, name)) for name in ("name", *TEXTS)}
        row = {
            "id": theme.id,
            "theme": texts["name"],
            "answers": str(int(raised.get(theme.id, 0))),
            "examples": "\n".join(_examples(theme, material)),
            **texts,
        }
        seen = {act: material.seen(act, theme_id=theme.id) for act in ("rename", "redefine", "merge", "retire")}
        made.append(_made(THEMES, row, seen, texts))
    return made


def _examples(theme: Theme, material: Material, most: int = 5) -> list[str]:
    shown = [
        each.text or material.show(each.response_id, each.start, each.end)
        for each in theme.examples
        if each.text or each.response_id in material.texts
    ]
    return shown[:most]


def _candidates(material: Material) -> Made:
    members = dict(list(material.candidate_units.merge(material.units, on="unit_id").groupby("candidate_id")))
    before = decided_before(members, material.standing.applied)
    names = dict(zip(material.candidates["candidate_id"], material.candidates["name"], strict=True))
    asked = material.responses.set_index("response_id")["question_id"]
    open_ = list(material.survey.open_questions)
    made = []
    ordered = material.candidates.sort_values(["n_responses", "candidate_id"], ascending=[False, True])
    for each in ordered.to_dict("records"):
        candidate_id = each["candidate_id"]
        if candidate_id in before or candidate_id not in members:
            continue
        mine = members[candidate_id]
        best = passages(mine)
        share = asked.reindex(mine["response_id"]).value_counts(normalize=True)
        questions = [q for q in open_ if share.get(q, 0) >= ASKED]
        row = {
            "id": candidate_id,
            "answers": str(int(each["n_responses"])),
            "part of": tame(names.get(each["parent_id"], "")),
            "words": "\n".join(f"• {material.show(p.response_id, p.start, p.end)}" for p in best)[:MOST],
            "nearest theme": material.name(each["nearest_theme"]),
            "name": tame(each["name"]),
        }
        fields = {
            "candidate_id": candidate_id,
            "name": row["name"],
            "questions": [] if len(questions) == len(open_) else questions,
            "examples": [
                words(material.texts[p.response_id], p.response_id, p.start, p.end).model_dump() for p in best
            ],
        }
        made.append(_made(CANDIDATES, row, {}, fields))
    return made


def _quotes(material: Material) -> Made:
    standing = material.standing
    table_ = material.quotes.assign(whole=material.quotes["segment"] != "")
    order = ["theme_id", "question_id", "kind", "whole", "segment", "rank"]
    # Pull quotes stand before fragments.
    rows = table_.sort_values(order, ascending=[name != "kind" for name in order]).to_dict("records")
    made: Made = []
    done: set[tuple[str, str]] = set()
    for each in rows:
        response_id = each["response_id"]
        theme = standing.codebook.find(each["theme_id"])
        if theme is None or response_id not in material.texts or (theme.id, response_id) in done:
            continue
        done.add((theme.id, response_id))
        stands = standing.quotes.get((theme.id, response_id))
        if stands and stands.state == "rejected":
            continue
        spans = [list(span) for span in stands.spans] if stands else [[int(s), int(e)] for s, e in each["spans"]]
        put_in = stands.clarifications if stands else ()
        shown = display(
            material.texts[response_id],
            tuple((start, end) for start, end in spans),
            material.redactions.get(response_id, []),
            [(c.start, c.end, c.text) for c in put_in],
        )
        fields = {
            "theme_id": theme.id,
            "response_id": response_id,
            "spans": spans,
            "clarifications": [c.model_dump() for c in put_in],
            "kind": each["kind"],
        }
        hash_ = material.seen("approve_quote", **{k: fields[k] for k in ("theme_id", "response_id", "spans")})
        row = {
            "id": each["quote_id"],
            "theme": theme.name,
            "question": material.title(each["question_id"]),
            "quote": tame(shown)[:MOST],
            "answer": material.show(response_id),
            "so far": _so_far(stands),
            "printed as": tame(shown)[:MOST],
        }
        acts = (*ON_QUOTES.values(), "clarify_quote")
        made.append(_made(QUOTES, row, dict.fromkeys(acts, hash_), {**fields, "printed": row["printed as"]}))
    return made


def _so_far(stands: Any) -> str:
    if stands is None:
        return ""
    said = "approved" if stands.approved else "not approved"
    return f"pinned, {said}" if stands.pinned else said


def _units(material: Material) -> Made:
    """Each meaning unit with each of its themes, those whose theme is least certain first within question and theme."""
    meaning = material.units[(material.units["n"] > 0) & ~material.units["response_id"].isin(material.coded)]
    rows = meaning.merge(material.unit_codes, on="unit_id", how="left")
    rows = rows.merge(material.responses[["response_id", "wave", "question_id"]], on="response_id")
    rows = rows.assign(theme_id=rows["theme_id"].fillna("").astype(object), probability=rows["probability"].fillna(0.0))
    made: Made = []
    for each in rows.sort_values(["question_id", "theme_id", "probability", "unit_id"]).to_dict("records"):
        theme = material.standing.codebook.find(each["theme_id"]) if each["theme_id"] else None
        if each["theme_id"] and theme is None:
            continue
        theme_id = theme.id if theme else ""
        place = {name: each[name] for name in ("response_id", "start", "end")}
        row = {
            "id": "U" + shown_fingerprint(f"{each['unit_id']} {theme_id}")[:12],
            "wave": each["wave"],
            "question": material.title(each["question_id"]),
            "question_id": each["question_id"],
            "theme": theme.name if theme else "",
            "words": material.show(**place),
            "answer": material.show(each["response_id"]),
        }
        seen = {"reassign": material.seen("reassign", theme_id=theme_id, into="", **place)}
        made.append(_made(UNITS, row, seen, {**place, "theme_id": theme_id}))
    return made


def _seen_sheet(targets: Iterable[Target]) -> Sheet:
    def line(target: Target) -> Row:
        packed = {name: json.dumps(getattr(target, name), ensure_ascii=False) for name in ("seen", "fields")}
        return {"sheet": target.sheet, "id": target.id, "shown": target.shown, **packed}

    columns = [Column(name, 15) for name in TARGET]
    return Sheet(SEEN, columns, [line(target) for target in targets], protected=False, hidden=True)


@dataclass(frozen=True)
class Read:
    """A workbook read back: its id and reviewer, former names, targets, the rows of its sheets, and all cells."""

    book: str
    reviewer: str
    former: tuple[str, ...]
    targets: dict[tuple[str, str], Target]
    sheets: dict[str, list[tuple[int, Row]]]
    cells: dict[str, list[list[str]]]


def parse(path: Path) -> Read:
    """Read a workbook back; a sheet may be missing, its hidden ones may not.

    Raises
    ------
    ThemebookError
        If it is no .xlsx workbook, not one that `themebook review workbook` made, or has lost a column.
    """
    cells = read(path, (SEEN, DRAWN), MADE)
    targets: dict[tuple[str, str], Target] = {}
    try:
        for _, row in table(cells[SEEN], TARGET, f"{path}, sheet {SEEN}", MADE):
            if row["sheet"]:
                found = (json.loads(row[name]) for name in ("seen", "fields"))
                targets[row["sheet"], row["id"]] = Target(row["sheet"], row["id"], row["shown"], *found)
    except json.JSONDecodeError:
        raise ThemebookError(f"{path}: the hidden sheet {SEEN} was changed.", MADE) from None
    about = next((each for (sheet, _), each in targets.items() if sheet == BOOK), None)
    if about is None:
        raise ThemebookError(f"{path}: the hidden sheet {SEEN} does not name the workbook.", MADE)
    sheets = {
        name: table(cells[name], [column.name for column in columns], f"{path}, sheet {name}", MADE)
        for name, columns in COLUMNS.items()
        if name in cells
    }
    return Read(about.id, about.fields["reviewer"], tuple(about.fields["former"]), targets, sheets, cells)
