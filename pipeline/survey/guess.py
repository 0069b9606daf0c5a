"""A first survey.yaml from the raw files alone: what each column is, with the reason for every guess."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipeline.foundation.errors import ThemebookError, closest, listing
from pipeline.survey import shapes
from pipeline.survey.description import slug
from pipeline.survey.formats import Export
from pipeline.survey.headers import clean_header
from pipeline.survey.scales import scale_order

_NUMBER = re.compile(r"(?<![\d.,])\d{1,2}(?![\d.,]*\d)")
_GRID = re.compile(r"(?P<stem>.*?\S)\s*\[(?P<item>[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*)\]", re.DOTALL)
_NO_PART = frozenset(
    "question item column field text answer response comment comments open ended other statement free verbatim".split()
)
_MOST_PARTS = 20


@dataclass(frozen=True)
class Field:
    """One column over all waves: its wordings, the waves that have it, and its filled cells without outer spaces."""

    headers: tuple[str, ...]
    waves: tuple[str, ...]
    values: tuple[str, ...]
    labels: tuple[str, ...] = ()
    flag: str = ""

    @property
    def header(self) -> str:
        """The wording of the first wave that has it."""
        return self.headers[0]


@dataclass(frozen=True)
class Guess:
    """What a group of columns was taken for, and why."""

    stem: str
    fields: tuple[Field, ...]
    kind: str
    why: str
    reason: str = ""
    attribute: bool = False
    separator: str = ""
    order: tuple[str, ...] = ()


def guess_survey(
    exports: Mapping[str, Export],
    *,
    title: str = "Survey",
    respondent_id: str = "",
    open_: Sequence[str] = (),
    closed: Sequence[str] = (),
    attributes: Sequence[str] = (),
    weight: str = "",
) -> tuple[dict[str, Any], list[str]]:
    """Guess what flags leave open about a survey.

    Parameters
    ----------
    exports : mapping of str to Export
        The raw file of each wave.
    title : str
        Of the reports.
    respondent_id, weight : str
        Headers of these columns, where the user named them.
    open_, closed, attributes : sequence of str
        Headers whose kind the user named. Any `open_` makes the list of open questions final.

    Returns
    -------
    survey : dict
        What survey.yaml holds (`description.Survey`), file and sha256 of each wave included.
    lines : list of str
        Every guess with its reason; headers and counts, never an answer.

    Raises
    ------
    ThemebookError
        If a flag names a column that no wave has, two flags name one column, an attribute holds names or contact
        details, or no column holds free text.
    """
    fields = _flagged(_fields(exports), respondent_id, open_, closed, attributes, weight)
    lines: list[str] = []
    id_field = next((f for f in fields if f.flag == "respondent id"), None) or _guess_id(fields, exports)
    if id_field is not None:
        how = "named by --respondent-id" if id_field.flag else "its header looks like an id; unique in every wave"
        lines.append(f"respondent_id: `{id_field.header}`: {how}")
    else:
        lines.append("respondent_id: none found; rows get an id made from their content")
    weight_field = next((f for f in fields if f.flag == "weight"), None)
    rest = [f for f in fields if f not in (id_field, weight_field)]
    guesses = [g for group in _groups(rest) for g in _guess(group, final=bool(open_))]
    if not any(guess.kind == "open" for guess in guesses):
        raise _no_open(guesses)
    questions: dict[str, Any] = {}
    for guess in guesses:
        name = free_id(slug(guess.stem), questions)
        questions[name] = _as_question(guess, list(exports))
        columns = f" ({len(guess.fields)} columns)" if len(guess.fields) > 1 else ""
        mark = f"{guess.kind}, attribute" if guess.attribute else guess.kind
        lines.append(f"{mark}: `{guess.stem}`{columns}: {guess.why}")
    lines += _other_wordings(guesses, list(exports))
    survey: dict[str, Any] = {"title": title, "waves": {wave: _as_wave(export) for wave, export in exports.items()}}
    if id_field is not None:
        survey["respondent_id"] = id_field.header
    if weight_field is not None:
        survey["weight"] = weight_field.header
    return {**survey, "questions": questions}, lines


def guess_new(
    export: Export,
    wave: str,
    headers: Sequence[str],
    taken: Sequence[str],
    *,
    open_: Sequence[str] = (),
    closed: Sequence[str] = (),
    attributes: Sequence[str] = (),
) -> list[tuple[str, dict[str, Any], Guess]]:
    """Guess the questions that a new wave asks for the first time.

    Parameters
    ----------
    export : Export
        The new wave's file.
    wave : str
        Its id: the only wave that asked them.
    headers : sequence of str
        The columns in question, among the file's.
    taken : sequence of str
        Ids that other questions have.
    open_, closed, attributes : sequence of str
        Those of the headers whose kind the user named.

    Returns
    -------
    list of (str, dict, Guess)
        Each question's id, what survey.yaml says of it, and what it was taken for and why, in the order of the file.

    Raises
    ------
    ThemebookError
        If two flags name one column, or an attribute holds names or contact details.
    """
    fields = [field for field in _fields({wave: export}) if field.header in headers]
    fields = _flagged(fields, "", open_, closed, attributes, "")
    questions: list[tuple[str, dict[str, Any], Guess]] = []
    for guess in (each for group in _groups(fields) for each in _guess(group, final=False)):
        name = free_id(slug(guess.stem), {*taken, *(own for own, _, _ in questions)})
        questions.append((name, {**_as_question(guess, [wave]), "waves": [wave]}, guess))
    return questions


def _as_wave(export: Export) -> dict[str, Any]:
    wave: dict[str, Any] = {"file": str(export.path), "sha256": export.sha256}
    return {**wave, "header_rows": export.header_rows} if export.header_rows > 1 else wave


def _fields(exports: Mapping[str, Export]) -> list[Field]:
    """Unite the columns of all waves; headers that differ in case and punctuation only are one field."""
    fields: list[Field] = []
    for wave, export in exports.items():
        for j, header in enumerate(export.columns):
            values = tuple(
                row[j].strip() for i, row in enumerate(export.rows) if row[j].strip() and (i, j) not in export.not_asked
            )
            new = Field((header,), (wave,), values, export.options.get(header, ()))
            at = _same(fields, header, wave, set(export.columns))
            if at is None:
                fields.append(new)
                continue
            old = fields[at]
            fields[at] = replace(
                old,
                headers=tuple(dict.fromkeys((*old.headers, header))),
                waves=(*old.waves, wave),
                values=old.values + values,
                labels=old.labels or new.labels,
            )
    return fields


def _same(fields: list[Field], header: str, wave: str, columns: set[str]) -> int | None:
    """Find the field of a header, or one of the same slug whose own wording is not in this wave too."""
    for i, field in enumerate(fields):
        if header in field.headers:
            return i
    for i, field in enumerate(fields):
        if slug(header) == slug(field.header) and wave not in field.waves and not columns.intersection(field.headers):
            return i
    return None


def _flagged(
    fields: list[Field],
    respondent_id: str,
    open_: Sequence[str],
    closed: Sequence[str],
    attributes: Sequence[str],
    weight: str,
) -> list[Field]:
    """Mark the fields that flags name."""
    named = [("respondent id", "--respondent-id", name) for name in (respondent_id,) if name]
    named += [("weight", "--weight", name) for name in (weight,) if name]
    named += [("open", "--open", name) for name in open_]
    named += [("attribute", "--attribute", name) for name in attributes]
    named += [("closed", "--closed", name) for name in closed]
    marked = list(fields)
    waves = {wave for field in fields for wave in field.waves}
    for flag, option, name in named:
        at = _named(fields, name, option)
        before = marked[at].flag
        if before and {before, flag} != {"attribute", "closed"} and before != flag:
            raise ThemebookError(
                f"The column `{name}` is named as {before} and as {flag}.", "Name a column with one flag only."
            )
        lacking = waves.difference(fields[at].waves)
        if flag in ("respondent id", "weight") and lacking:
            raise ThemebookError(
                f"{option} `{name}`: wave {min(lacking)} has no such column.",
                "The column must stand in every wave, under one name.",
            )
        if flag in ("respondent id", "weight") and len(fields[at].headers) > 1:
            raise ThemebookError(
                f"{option} `{name}`: the waves write it differently: {listing(fields[at].headers)}.",
                "Give the column one name in all files.",
            )
        marked[at] = replace(marked[at], flag=before or flag)
    return marked


def _named(fields: list[Field], name: str, option: str) -> int:
    wanted = clean_header(name)
    for match in (lambda field: wanted in field.headers, lambda field: slug(field.header) == slug(wanted)):
        hits = [i for i, field in enumerate(fields) if match(field)]
        if len(hits) == 1:
            return hits[0]
    known = [header for field in fields for header in field.headers]
    raise ThemebookError(
        f"{option} `{name}`: no wave has such a column.",
        f"{closest(wanted, known)} Found: {listing(known, 60)}.".strip(),
    )


def _guess_id(fields: list[Field], exports: Mapping[str, Export]) -> Field | None:
    """Find a column whose header looks like an id and whose cells are filled and different in every wave."""
    ranked = []
    for i, field in enumerate(fields):
        rank = shapes.id_rank(field.header)
        if rank is None or field.flag or set(field.waves) != set(exports) or len(field.headers) > 1:
            continue
        cells = [[row[e.columns.index(field.header)].strip() for row in e.rows if any(row)] for e in exports.values()]
        if all(all(column) and len(set(column)) == len(column) for column in cells):
            ranked.append((rank, i))
    return fields[min(ranked)[1]] if ranked else None


def _groups(fields: list[Field]) -> list[tuple[str, str, tuple[Field, ...]]]:
    """Part fields into parts of one question, items of one grid, and single columns: (form, stem, fields)."""
    groups: list[tuple[str, str, tuple[Field, ...]]] = []
    taken: set[str] = set()
    by_header = {field.header: field for field in fields}
    for form, candidates in (("parts", _numbered(fields)), ("grid", _grids(fields))):
        for stem, members in candidates:
            mine = tuple(by_header[header] for header in members if header not in taken)
            if len(mine) < 2 or len({field.flag for field in mine}) > 1 or mine[0].flag == "attribute":
                continue
            values = [value for field in mine for value in field.values]
            free = mine[0].flag == "open" or shapes.describe_text(values)[0]
            if form == "parts" and (not free or shapes.multi_separator(values)):
                continue
            if form == "grid" and not _is_grid(mine):
                continue
            groups.append((form, stem, mine))
            taken |= {field.header for field in mine}
    groups += [("single", field.header, (field,)) for field in fields if field.header not in taken]
    place = {field.header: i for i, field in enumerate(fields)}
    return sorted(groups, key=lambda group: place[group[2][0].header])


def _numbered(fields: list[Field]) -> list[tuple[str, list[str]]]:
    """Find headers that differ only by a number that runs from 1: (header without the number, headers in order)."""
    found: dict[tuple[str, str], dict[int, str]] = {}
    for field in fields:
        for match in _NUMBER.finditer(field.header):
            key = (field.header[: match.start()], field.header[match.end() :])
            found.setdefault(key, {})[int(match.group())] = field.header
    groups = []
    for (before, after), headers in found.items():
        if set(headers) != set(range(1, len(headers) + 1)) or not 2 <= len(headers) <= _MOST_PARTS:
            continue
        words = [word for word in re.findall(r"[^\W\d_]{4,}", f"{before} {after}") if word.casefold() not in _NO_PART]
        if not words and not before.rstrip().endswith("#"):
            continue
        stem = before.rstrip(" #([-–_.") + (after.lstrip(")].") if before.rstrip().endswith(("#", "(", "[")) else after)
        groups.append((clean_header(stem) or before.strip(), [headers[n] for n in sorted(headers)]))
    return sorted(groups, key=lambda group: -len(group[1]))


def _grids(fields: list[Field]) -> list[tuple[str, list[str]]]:
    """Find headers that share the text before their last square brackets; "other" boxes stay out."""
    found: dict[str, list[str]] = {}
    for field in fields:
        match = _GRID.fullmatch(field.header)
        if match and (field.flag or not shapes.is_other_box(field.header)):
            found.setdefault(match["stem"], []).append(field.header)
    return list(found.items())


def _is_grid(fields: tuple[Field, ...]) -> bool:
    values = [value for field in fields for value in field.values]
    few = 1 <= len(set(values)) <= shapes.MOST_OPTIONS and len(values) > len(set(values))
    return few or (shapes.are_numbers(values) and len(set(values)) < len(values))


def _guess(group: tuple[str, str, tuple[Field, ...]], final: bool) -> list[Guess]:
    """Decide what a group is; `final` says that the flags name all open questions."""
    form, stem, fields = group
    values = [value for field in fields for value in field.values]
    if form == "parts":
        named = fields[0].flag == "open"
        figures = shapes.describe_text(values)[1]
        if final and not named:
            return [Guess(stem, fields, "ignore", f"{figures}; not named by --open", "not named by --open")]
        why = "named by --open" if named else figures
        return [Guess(stem, fields, "open", f"{why}; the headers differ only by a number")]
    if form == "grid":
        return [_guess_grid(stem, fields)]
    return [_guess_field(fields[0], final)]


def _guess_grid(stem: str, fields: tuple[Field, ...]) -> Guess:
    values = sorted({value for field in fields for value in field.values})
    chosen = [set(field.values) for field in fields if field.values]
    if all(len(own) == 1 for own in chosen) and len(set.union(*chosen)) == len(chosen) > 1:
        separator = next(sign for sign in (";", "|", "¦", "\t") if not any(sign in value for value in values))
        return Guess(stem, fields, "multi", "one column an option", separator=separator)
    order = _order(values, fields[0].labels, [value for field in fields for value in field.values])
    scale = ", on a known scale" if order else ""
    return Guess(stem, fields, "grid", f"one text before the brackets, {len(values)} options{scale}", order=order)


def _guess_field(field: Field, final: bool) -> Guess:
    """Decide what a single column is."""
    values = list(field.values)
    if field.flag == "open":
        return Guess(field.header, (field,), "open", f"named by --open; {shapes.describe_text(values)[1]}")
    private = shapes.names_or_contacts(field.header, values)
    if field.flag == "attribute":
        if private:
            raise ThemebookError(
                f"--attribute `{field.header}`: {private}, and an attribute's values are printed in the reports.",
                "Leave it out; it can be the --respondent-id, whose names and addresses are hashed.",
            )
        return replace(_closed(field), attribute=True, why="named by --attribute")
    if field.flag == "closed":
        return replace(_closed(field), why="named by --closed")
    reason = _reason_to_ignore(field, private)
    if reason:
        return Guess(field.header, (field,), "ignore", reason, reason)
    is_open, figures = shapes.describe_text(values)
    guess = _closed(field)
    if is_open and guess.kind != "multi":
        if final:
            return Guess(field.header, (field,), "ignore", f"{figures}; not named by --open", "not named by --open")
        return Guess(field.header, (field,), "open", figures)
    distinct = len(set(values))
    if guess.kind == "single" and (distinct > shapes.MOST_OPTIONS or 2 * distinct > len(values)):
        reason = "neither free text nor a list of options"
        return Guess(field.header, (field,), "ignore", f"{reason}: {figures}; --open or --closed takes it", reason)
    who = guess.kind in ("single", "ordinal") and shapes.asks_attribute(field.header)
    if who and shapes.is_attribute_like(values):
        return replace(guess, attribute=True, why=f"{guess.why}; it says who answered")
    return guess


def _reason_to_ignore(field: Field, private: str) -> str:
    values = list(field.values)
    if not values:
        return "blank in every wave"
    if shapes.is_other_box(field.header):
        return 'the text box beside an "other" option'
    if shapes.is_tool_column(field.header, values):
        return "the survey tool's own record"
    if private:
        return private
    kind = shapes.contact_or_date(values)
    if kind:
        return f"it holds {kind}"
    if len(set(values)) == 1:
        return "the same value in every filled cell"
    numbered = shapes.are_numbers(values) and shapes.id_rank(field.header) is not None
    if shapes.is_identifier(values) or numbered:
        return "its values look like identifiers"
    return ""


def _closed(field: Field) -> Guess:
    """Decide which closed kind a column is."""
    values = list(field.values)
    distinct = len(set(values))
    order = _order(sorted(set(values)), field.labels, values)
    if order:
        return Guess(field.header, (field,), "ordinal", f"{distinct} options on a known scale", order=order)
    if shapes.are_numbers(values):
        return Guess(field.header, (field,), "numeric", f"{distinct} different numbers")
    separator = shapes.multi_separator(values)
    if separator:
        why = f"lists of recurring options, parted by {separator.strip() or 'line breaks'!r}"
        return Guess(field.header, (field,), "multi", why, separator=separator)
    return Guess(field.header, (field,), "single", f"{distinct} options in {len(values)} answers")


def _order(options: list[str], labels: tuple[str, ...], values: list[str]) -> tuple[str, ...]:
    """Order options by the file's own value labels, by a known scale, or as points of a rating."""
    if labels and set(options) <= set(labels):
        return labels
    if len(options) > shapes.MOST_OPTIONS:
        return ()
    return scale_order(options) or shapes.rating_order(values)


def _as_question(guess: Guess, waves: list[str]) -> dict[str, Any]:
    """Write a guess as survey.yaml has it."""
    columns = list(dict.fromkeys(header for field in guess.fields for header in field.headers))
    question: dict[str, Any] = {"columns": columns, "kind": guess.kind}
    if len(guess.fields) > 1:
        question["text"] = guess.stem
    asked = {wave for field in guess.fields for wave in field.waves}
    if asked != set(waves):
        question["waves"] = [wave for wave in waves if wave in asked]
    if guess.attribute:
        question["attribute"] = True
    if guess.reason:
        question["reason"] = guess.reason
    if guess.kind == "multi":
        question["separator"] = guess.separator or ";"
    if guess.order:
        question["order"] = list(guess.order)
    return question


def free_id(base: str, taken: Collection[str]) -> str:
    """Give a question id that is not taken: the slug, then ``_2``, ``_3`` … as far as needed."""
    candidate, n = base, 1
    while candidate in taken:
        n += 1
        candidate = f"{base}_{n}"
    return candidate


def _other_wordings(guesses: list[Guess], waves: list[str]) -> list[str]:
    """Point to questions that look like one question in two wordings, each asked in other waves."""
    lines = []
    partial = [
        (guess, {wave for field in guess.fields for wave in field.waves}) for guess in guesses if guess.kind != "ignore"
    ]
    partial = [(guess, asked) for guess, asked in partial if asked != set(waves)]
    for i, (guess, asked) in enumerate(partial):
        others = [other.stem for other, theirs in partial[i + 1 :] if not asked & theirs and other.kind == guess.kind]
        near = difflib.get_close_matches(guess.stem, others, n=1, cutoff=0.7)
        if near:
            lines.append(
                f"notice: `{guess.stem}` is asked in {', '.join(sorted(asked))} only, `{near[0]}` in others. "
                "If they are one question, "
                "list both headers under one question's `columns` in data/survey.yaml."
            )
    return lines


def _no_open(guesses: list[Guess]) -> ThemebookError:
    """Say that no column holds free text, and which comes nearest."""
    near = sorted(
        (guess for guess in guesses if len(guess.fields) == 1 and guess.fields[0].values),
        key=lambda guess: -sum(shapes.word_count(value) for value in guess.fields[0].values),
    )
    longest = f" Most words stand in {listing([guess.stem for guess in near], 3)}." if near else ""
    return ThemebookError(
        f"No column looks like free text (30 answers, 60 % of them distinct, a median of 3 words).{longest}",
        "Name the open questions with --open COLUMN.",
    )
