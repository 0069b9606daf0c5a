"""What a reviewer wrote into a review workbook: every row checked, and turned into the decisions that it asks for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pipeline.foundation.errors import ThemebookError, closest, listing
from pipeline.report.sheets import Row
from pipeline.review.clarify import as_fields, read_edited
from pipeline.review.sheets import as_typed
from pipeline.themes.codebook import Codebook
from pipeline.themes.coded_rows import shown_fingerprint

THEMES, CANDIDATES, QUOTES, UNITS, NOTES = "Themes", "Candidates", "Quotes", "Units", "Notes"
# The locked words that tell whether a row still stands beside its id.
SHOWN = {THEMES: "theme", CANDIDATES: "words", QUOTES: "quote", UNITS: "words"}
NO_THEME = "(no theme)"
YES = "retire"
ON_CANDIDATES = ("accept", "merge", "reject")
ON_QUOTES = {"approve": "approve_quote", "reject": "reject_quote", "pin": "pin_quote"}
TEXTS = ("definition", "include", "exclude")


@dataclass(frozen=True)
class Target:
    """What one row of the workbook is about, kept on its hidden sheet.

    Parameters
    ----------
    sheet, id : str
    shown : str
        The fingerprint of the locked words of the row (`SHOWN`).
    seen : mapping
        By act, the hash of what the reviewer sees.
    fields : mapping
        The fields of a decision that name the target, and the free cells as they were filled in.
    """

    sheet: str
    id: str
    shown: str
    seen: Mapping[str, str]
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """One decision that a row asks for; ``was``: the fields of its target that were others when it was seen."""

    sheet: str
    number: int
    id: str
    act: str
    fields: Mapping[str, Any]
    why: str = ""
    seen: str = ""
    was: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Found:
    """What the rows of a workbook come to: decisions asked for, and every problem with sheet and row."""

    wanted: list[Wanted] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Known:
    """What the reader knows beside the rows.

    Parameters
    ----------
    targets : mapping
        By sheet and id.
    former : sequence of str
        Names that themes had before; none is given again.
    codebook : Codebook
        The effective one of now, for themes that are newer than the workbook.
    texts, redactions : mapping
        Raw text, and what of it is masked, by response id.
    """

    targets: Mapping[tuple[str, str], Target]
    former: Sequence[str]
    codebook: Codebook
    texts: Mapping[str, str]
    redactions: Mapping[str, Sequence[tuple[int, int, str]]]

    @cached_property
    def names(self) -> dict[str, str]:
        """Theme ids by name, as the workbook has them."""
        return {t.fields["name"]: t.id for (sheet, _), t in self.targets.items() if sheet == THEMES}

    def theme(self, name: str) -> str:
        """Find a theme by name or id: as the workbook has it, else as it is now.

        Raises
        ------
        ValueError
            Saying that there is none.
        """
        names = self.names
        for each, theme_id in names.items():
            if as_typed(name).casefold() in (as_typed(each).casefold(), theme_id.casefold()):
                return theme_id
        if found := self.codebook.find(as_typed(name)):
            return found.id
        raise ValueError(f"`{name.strip()}` is no theme. {closest(name, names) or f'Known: {listing(names, 5)}.'}")


def read_sheets(sheets: Mapping[str, Iterable[tuple[int, Row]]], known: Known) -> Found:
    """Read the sheets of a review workbook, in the order in which their decisions are to be taken.

    Parameters
    ----------
    sheets : mapping of str to iterable of (int, mapping)
        Rows with their numbers, by sheet; a sheet may be missing, and so may any row.
    known : Known

    Returns
    -------
    Found
        With any problem, nothing of it is to be written.
    """
    found = Found()
    # Words and quotes go to themes while these are there; ends of themes come last.
    for sheet, read in ((QUOTES, _quote), (UNITS, _unit), (CANDIDATES, _candidate), (THEMES, _theme)):
        rows = list(sheets.get(sheet, ()))
        wanted = _rows(sheet, rows, read, known, found)
        found.wanted += wanted
    found.wanted.sort(key=lambda each: (each.act in ("merge", "retire"), each.act == "retire"))
    _check_names(found, known)
    _check_ends(found)
    for number, row in sheets.get(NOTES, ()):
        _note(number, row, known, found)
    return found


def _rows(
    sheet: str,
    rows: Sequence[tuple[int, Row]],
    read: Callable[[Row, Target, Known], list[tuple[str, dict[str, Any]]]],
    known: Known,
    found: Found,
) -> list[Wanted]:
    """Read the rows of a sheet that ask for something."""
    wanted: list[Wanted] = []
    first: dict[str, int] = {}
    ids = [i for name, i in known.targets if name == sheet]
    for number, row in rows:
        row_id = row["id"].strip()
        target = known.targets.get((sheet, row_id))
        if target is None:
            if _written(sheet, row):
                hint = closest(row_id, ids) if row_id else "The id column is locked: write a fresh workbook."
                found.problems.append(f"{sheet}, row {number}: there is no `{row_id}` in this workbook. {hint}".strip())
            continue
        try:
            acts = read(row, target, known)
        except ValueError as problem:
            found.problems.append(f"{sheet}, row {number}: {problem}")
            continue
        if not acts:
            continue
        if shown_fingerprint(row[SHOWN[sheet]]) != target.shown:
            found.problems.append(
                f"{sheet}, row {number}: the {SHOWN[sheet]} beside `{row_id}` is another's (were only some columns "
                "sorted?)"
            )
        elif row_id in first:
            found.problems.append(f"{sheet}, row {number}: `{row_id}` is decided on at row {first[row_id]} too")
        first.setdefault(row_id, number)
        for act, fields in acts:
            seen = target.seen.get(act, "")
            was = {"spans": target.fields["spans"]} if sheet == QUOTES else {}
            wanted.append(Wanted(sheet, number, row_id, act, fields, row.get("why", "").strip(), seen, was))
    return wanted


def _written(sheet: str, row: Row) -> bool:
    """Whether somebody wrote into a row whose id is not known."""
    free = {
        THEMES: ("name", "definition", "include", "exclude", "retire", "merge into"),
        CANDIDATES: ("decision", "name", "merge into"),
        QUOTES: ("decision", "printed as"),
        UNITS: ("give to",),
    }
    return any(row[name].strip() for name in free[sheet])


def _theme(row: Row, target: Target, known: Known) -> list[tuple[str, dict[str, Any]]]:
    changed = {name: _changed(row[name], target.fields[name]) for name in ("name", *TEXTS)}
    edited = {name: value for name, value in changed.items() if value is not None}
    ends = as_typed(row["retire"])
    into = as_typed(row["merge into"])
    if ends and ends.casefold() != YES:
        raise ValueError(f"`{ends}` in the column `retire`: choose {YES}, or leave it empty")
    if (ends and into) or ((ends or into) and edited):
        raise ValueError("a theme is changed, merged or retired, one of these")
    if ends:
        return [("retire", {"theme_id": target.id})]
    if into:
        heir = known.theme(into)
        if heir == target.id:
            raise ValueError(f"{target.id} cannot be merged into itself")
        return [("merge", {"theme_id": target.id, "into": heir})]
    acts: list[tuple[str, dict[str, Any]]] = []
    if "name" in edited:
        if not edited["name"]:
            raise ValueError("a theme needs a name; to end it, choose retire or merge it")
        acts.append(("rename", {"theme_id": target.id, "name": as_typed(edited["name"])}))
    if set(edited) & set(TEXTS):
        texts = {name: edited.get(name, target.fields[name]) for name in TEXTS}
        acts.append(("redefine", {"theme_id": target.id, **texts}))
    return acts


def _candidate(row: Row, target: Target, known: Known) -> list[tuple[str, dict[str, Any]]]:
    choice, into = as_typed(row["decision"]).casefold(), as_typed(row["merge into"])
    named = _changed(row["name"], target.fields["name"])
    defined = row["definition"].strip()
    if choice and choice not in ON_CANDIDATES:
        raise ValueError(f"`{row['decision'].strip()}` is no decision on a candidate: {', '.join(ON_CANDIDATES)}")
    if into and choice not in ("", "merge"):
        raise ValueError(f"both {choice} and a theme to merge it into")
    if choice == "merge" and not into:
        raise ValueError("merge needs the theme to merge it into")
    if (named is not None or defined) and choice != "accept":
        raise ValueError("a name or a definition is given; choose accept to make a theme of the candidate")
    common = {"candidate_id": target.fields["candidate_id"], "examples": target.fields["examples"]}
    if into:
        return [("add_examples", {"theme_id": known.theme(into), **common})]
    if choice == "reject":
        return [("reject_candidate", {"name": target.fields["name"], **common})]
    if choice == "accept":
        name = as_typed(row["name"])
        if not name:
            raise ValueError("the theme needs a name")
        texts = {"name": name, "definition": _plain(row["definition"])}
        return [("accept", {**texts, "questions": target.fields["questions"], **common})]
    return []


def _quote(row: Row, target: Target, known: Known) -> list[tuple[str, dict[str, Any]]]:
    choice = as_typed(row["decision"]).casefold()
    edited = _changed(row["printed as"], target.fields["printed"])
    if choice and choice not in ON_QUOTES:
        raise ValueError(f"`{row['decision'].strip()}` is no decision on a quote: {', '.join(ON_QUOTES)}")
    if edited is not None and choice == "reject":
        raise ValueError("a rejected quote is not printed: leave its words as they were")
    if edited is None and not choice:
        return []
    fields = {name: target.fields[name] for name in ("theme_id", "response_id", "spans", "clarifications", "kind")}
    if edited is not None:
        response_id = fields["response_id"]
        if response_id not in known.texts:
            raise ValueError(f"answer {response_id} is not in the listed waves any more")
        masked = known.redactions.get(response_id, ())
        try:
            made = read_edited(edited, known.texts[response_id], masked, near=fields["spans"][0][0])
        except ThemebookError:
            # The error would show words of an answer.
            raise ValueError(
                "what is to be printed holds words outside [ ] that are not the answer's own in their order; write […] "
                "where words are left out and put yours in [ ]"
            ) from None
        fields |= {"spans": [list(span) for span in made.spans], "clarifications": as_fields(made.clarifications)}
    return [(ON_QUOTES.get(choice, "clarify_quote"), fields)]


def _unit(row: Row, target: Target, known: Known) -> list[tuple[str, dict[str, Any]]]:
    choice = as_typed(row["give to"])
    if not choice:
        return []
    fields = dict(target.fields)
    into = "" if choice.casefold() == NO_THEME else known.theme(choice)
    if into == fields["theme_id"]:
        raise ValueError("the words have no theme to take away" if not into else f"the words are coded {into} already")
    return [("reassign", {**fields, "into": into})]


def _note(number: int, row: Row, known: Known, found: Found) -> None:
    about, said = row["about"].strip(), row["note"].strip()
    if not said:
        return
    fields: dict[str, Any] = {}
    if about in known.texts:
        fields = {"response_id": about}
    elif (CANDIDATES, about) in known.targets:
        fields = {"candidate_id": about}
    elif about:
        try:
            fields = {"theme_id": known.theme(about)}
        except ValueError:
            found.problems.append(f"{NOTES}, row {number}: `{about}` is no theme, candidate or answer")
            return
    found.wanted.append(Wanted(NOTES, number, about, "note", fields, said))


def _check_names(found: Found, known: Known) -> None:
    """Refuse names that are or were another theme's, and names given twice."""
    taken = {as_typed(name).casefold(): owner for name, owner in known.names.items()}
    taken |= {as_typed(name).casefold(): "" for name in known.former if as_typed(name).casefold() not in taken}
    for each in found.wanted:
        if each.act in ("rename", "accept"):
            name = each.fields["name"].casefold()
            own = each.fields.get("theme_id", each.id)
            if name in taken and taken[name] != own:
                found.problems.append(
                    f"{each.sheet}, row {each.number}: `{each.fields['name']}` is or was the name of another theme"
                )
            taken.setdefault(name, own)


def _check_ends(found: Found) -> None:
    """Refuse a merge into a theme that the workbook ends, and words given to one that it retires."""
    ends = {each.fields["theme_id"]: each for each in found.wanted if each.act in ("merge", "retire")}
    for each in found.wanted:
        into = each.fields["theme_id"] if each.act == "add_examples" else each.fields.get("into", "")
        end = ends.get(into)
        if end and (each.act == "merge" or end.act == "retire"):
            found.problems.append(f"{each.sheet}, row {each.number}: {into} ends at {end.sheet}, row {end.number}")


def _changed(cell: str, before: str) -> str | None:
    """Give what a cell says now, or None where it says what it did."""
    return None if as_typed(cell) == as_typed(before) else _plain(cell)


def _plain(cell: str) -> str:
    return cell.replace("_x000D_", "").strip()


def counts(wanted: Iterable[Wanted]) -> Counter[str]:
    """Count decisions by sheet."""
    return Counter(each.sheet for each in wanted)
