"""A new wave's columns matched to the survey: what is the same is taken, what is not is asked, nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.foundation.errors import ThemebookError, closest, listing
from pipeline.survey import shapes
from pipeline.survey.description import Question, Survey, slug
from pipeline.survey.formats import Export
from pipeline.survey.guess import free_id, guess_new
from pipeline.survey.headers import clean_header
from pipeline.survey.likeness import HEADER_PART, alike, family, item, options_of, values_alike, values_of
from pipeline.survey.matched import Matching, Missing, New, Replies

# Below this likeness nothing is suggested.
LIKELY = 0.45
# An item of a grid that is so like one that is missing is asked about; any other of the same grid is a new item.
LIKELY_ITEM = 0.55
_MOST = 3
RESPONDENT_ID, WEIGHT = "respondent_id", "weight"


def match(survey: Survey, export: Export, wave: str, earlier: Mapping[str, Export], replies: Replies) -> Matching:
    """Match a new wave's columns to the survey.

    Columns of the same name (white space aside) are taken. A column that shares with a question's columns the text
    before its brackets, or all but a number, is a further item of that question, unless it is like one that is missing.
    Everything else is left open for people, with suggestions.

    Parameters
    ----------
    survey : Survey
        As it is, without the wave.
    export : Export
        The wave's file.
    wave : str
        Its id.
    earlier : mapping of str to Export
        The files of earlier waves, as far as they are there: what their columns hold helps to suggest.
    replies : Replies
        What the user has said.

    Returns
    -------
    Matching

    Raises
    ------
    ThemebookError
        If a reply names a column or question that does not exist, that matches already, or that another reply names.
    """
    return _Match(survey, export, wave, earlier, replies).result()


class _Match:
    """One matching in the making."""

    def __init__(
        self, survey: Survey, export: Export, wave: str, earlier: Mapping[str, Export], replies: Replies
    ) -> None:
        self.survey, self.export, self.wave, self.earlier, self.replies = survey, export, wave, earlier, replies
        self.special = {RESPONDENT_ID: survey.respondent_id, WEIGHT: survey.weight}
        self.owner = {column: name for name, q in survey.questions.items() for column in q.columns}
        self.own = self._names_of_other_waves()
        known = {*self.owner, *self.special.values(), *self.own.values()}
        self.present = [column for column in export.columns if column in known]
        self.unowned = [column for column in export.columns if column not in known]
        self.known_options: dict[str, set[str]] = {}
        self.renamed: dict[str, tuple[str, str]] = {}
        self.parts: dict[str, str] = {}
        self.notices: list[str] = []

    def result(self) -> Matching:
        for given in self.replies.rename:
            self._rename(given)
        for given in self.replies.part:
            header, question = self._pair("--part", given, lambda name: self._question(name) is not None)
            self._take(header, "--part")
            self.parts[header] = str(self._question(question))
        named = self._named()
        not_asked = [self._absent(name) for name in self.replies.not_asked]
        self._further_items(named)
        added = self._added(named)
        new_columns = {column for question in added.values() for column in question["columns"]}
        left = [h for h in self.unowned if h not in self._settled() and h not in new_columns]
        missing = tuple(self._missing(not_asked, left))
        new = tuple(self._new(left))
        self._say_absent_items()
        questions = self.survey.questions
        return Matching(
            same=len(self.present),
            renamed=self.renamed,
            parts=self.parts,
            special={**self.own, **{name: "" for name in not_asked if name in self.special}},
            not_asked=tuple(name for name in not_asked if name in questions),
            asked_again=tuple(
                name for name, q in questions.items() if q.waves and self._held(name) and self.wave not in q.waves
            ),
            added=added,
            missing=missing,
            new=new,
            notices=tuple(self.notices),
        )

    def _names_of_other_waves(self) -> dict[str, str]:
        """The id and weight columns that the file has under another wave's name for them."""
        found = {}
        for name, column_of in ((RESPONDENT_ID, self.survey.id_column), (WEIGHT, self.survey.weight_column)):
            names = [column_of(wave) for wave in reversed(list(self.survey.waves))]
            held = next((column for column in names if column and column in self.export.columns), "")
            if held and self.special[name] not in self.export.columns:
                found[name] = held
        return found

    # What replies name

    def _pair(self, flag: str, given: str, is_target: Callable[[str], bool]) -> tuple[str, str]:
        """Part ``new header=target`` at the sign that makes sense of it, for headers hold such signs too."""
        cuts = [i for i, sign in enumerate(given) if sign == "="]
        pairs = [(clean_header(given[:i]), clean_header(given[i + 1 :])) for i in cuts]
        known = [pair for pair in pairs if pair[0] in self.export.columns]
        for pair in known:
            if is_target(pair[1]):
                return pair
        if not pairs:
            raise ThemebookError(f"{flag} {given!r}: no `=` in it.", f'Write it as {flag} "New header=question".')
        if not known:
            raise self._no_column(flag, pairs[0][0])
        targets = [*self.survey.questions, *self.owner]
        raise ThemebookError(
            f"{flag}: the survey has no question or column `{known[0][1]}`.",
            f"{closest(known[0][1], targets)} Questions: {listing(self.survey.questions, 40)}.".strip(),
        )

    def _no_column(self, flag: str, header: str) -> ThemebookError:
        return ThemebookError(
            f"{flag}: {self.export.path} has no column `{header}`.",
            f"{closest(header, self.unowned)} New columns: {listing(self.unowned, 40)}.".strip(),
        )

    def _question(self, name: str) -> str | None:
        if name in self.survey.questions:
            return name
        return self.owner.get(name)

    def _take(self, header: str, flag: str) -> None:
        if header not in self.unowned:
            raise ThemebookError(f"{flag}: the column `{header}` is the survey's already.", "Leave that flag out.")
        if header in self._settled():
            raise ThemebookError(f"{flag}: the column `{header}` is named by two flags.", "Name it once.")

    def _settled(self) -> set[str]:
        return {*self.renamed, *self.parts, *self.own.values()}

    def _rename(self, given: str) -> None:
        columns = {column: name for name, column in self.special.items() if column}
        special = {**columns, **{name: name for name in columns.values()}}
        header, target = self._pair("--rename", given, lambda name: name in special or self._question(name) is not None)
        self._take(header, "--rename")
        name = special.get(target) if target not in self.survey.questions else None
        if name is not None:
            self._refuse_held(self.special[name], header)
            self.own[name] = header
            return
        question_id = str(self._question(target))
        self.renamed[header] = (question_id, self._old(header, question_id, target))

    def _old(self, header: str, question_id: str, target: str) -> str:
        """The earlier header that a new one stands for."""
        question = self.survey.questions[question_id]
        if target in question.columns:
            self._refuse_held(target, header)
            return target
        absent = [c for c in self._last_wordings(question) if not self._holds_wording(question, c)]
        if len(absent) == 1:
            return absent[0]
        if not absent:
            held = [c for c in question.columns if c in self.present]
            self._refuse_held((held or question.columns)[0], header)
        raise ThemebookError(
            f"--rename `{header}`: `{question_id}` has {len(absent)} columns that are not in this file: "
            f"{listing(absent, 20)}.",
            f"Name the one that it stands for, or give it with --part as a further part of `{question_id}`.",
        )

    def _refuse_held(self, column: str, header: str) -> None:
        by = next((new for new, (_, old) in self.renamed.items() if old == column), column)
        if column in self.present or by != column:
            raise ThemebookError(
                f"--rename `{header}`: `{by}` of this file stands for that already.",
                "A further part of a question with several columns is given with --part.",
            )

    def _last_wordings(self, question: Question) -> list[str]:
        """The latest wording of each part; a closed question that is no grid or choice of many has one part."""
        if question.kind not in ("open", "grid", "multi", "ignore"):
            return [question.columns[-1]]
        earlier = set(question.earlier.values())
        return [column for column in question.columns if column not in earlier]

    def _holds_wording(self, question: Question, column: str) -> bool:
        if question.kind not in ("open", "grid", "multi", "ignore"):
            return any(c in self.present for c in question.columns) or any(
                old in question.columns for _, old in self.renamed.values()
            )
        first = question.first_wording(column)
        mine = [c for c in question.columns if question.first_wording(c) == first]
        return any(c in self.present for c in mine) or any(old in mine for _, old in self.renamed.values())

    def _named(self) -> dict[str, str]:
        """The new columns that flags say what they are: header to the flag's name."""
        found: dict[str, str] = {}
        for flag in ("open", "closed", "attribute", "new", "ignore"):
            for given in getattr(self.replies, flag):
                name = clean_header(given)
                headers = [name] if name in self.export.columns else []
                headers = headers or [h for h in self.unowned if family(h) == name or slug(family(h)) == slug(name)]
                if not headers:
                    raise self._no_column(f"--{flag}", name)
                for header in headers:
                    self._take(header, f"--{flag}")
                    if header in found and {found[header], flag} != {"closed", "attribute"}:
                        raise ThemebookError(f"--{flag}: the column `{header}` is named by two flags.", "Name it once.")
                    found[header] = flag
        return found

    def _absent(self, name: str) -> str:
        """The question, or the id or weight column, that was not asked."""
        wanted = clean_header(name)
        special = next((n for n, column in self.special.items() if column and wanted in (n, column)), None)
        target = wanted if wanted in self.survey.questions else special or self._question(wanted)
        if target is None:
            raise ThemebookError(
                f"--not-asked: the survey has no question `{wanted}`.",
                f"{closest(wanted, self.survey.questions)} Questions: {listing(self.survey.questions, 40)}.".strip(),
            )
        held = self._held(target) if target in self.survey.questions else self._special_held(target)
        if held:
            raise ThemebookError(
                f"--not-asked `{wanted}`: {self.export.path} holds its column `{held}`.", "Leave that flag out."
            )
        return target

    # What the file holds

    def _held(self, question_id: str) -> str:
        """A column of the file that belongs to a question; empty where there is none."""
        question = self.survey.questions[question_id]
        mine = [c for c in question.columns if c in self.present and c not in self.special.values()]
        mine += [new for new, (owner, _) in self.renamed.items() if owner == question_id]
        mine += [new for new, owner in self.parts.items() if owner == question_id]
        return mine[0] if mine else ""

    def _special_held(self, name: str) -> str:
        column = self.own.get(name, self.special[name])
        return column if column in self.export.columns else ""

    def _further_items(self, named: Mapping[str, str]) -> None:
        """Take a column that shares a question's own text as a further item of it, unless a missing item is like it."""
        taken: dict[str, list[str]] = {}
        for header in self.unowned:
            owner = self._family_of(header)
            if not owner or header in named or header in self._settled() or self._near_items(header, owner):
                continue
            self.parts[header] = owner
            taken.setdefault(owner, []).append(header)
        for owner, headers in taken.items():
            self.notices.append(f"new in `{owner}`, whose text they share: {listing([item(h) for h in headers], 20)}")

    def _family_of(self, header: str) -> str:
        """The question with several columns whose shared text a header has."""
        shared = family(header)
        for name, question in self.survey.questions.items():
            families = [family(column) for column in question.columns]
            if (
                shared
                and len(families) > 1
                and question.kind != "ignore"
                and families.count(shared) > len(families) / 2
            ):
                return name
        return ""

    def _near_items(self, header: str, owner: str) -> list[str]:
        question = self.survey.questions[owner]
        absent = [c for c in self._last_wordings(question) if not self._holds_wording(question, c)]
        scored = [(alike(item(header), item(column)), column) for column in absent]
        return [c for score, c in sorted(scored, reverse=True) if score >= LIKELY_ITEM][:_MOST]

    def _say_absent_items(self) -> None:
        for name, question in self.survey.questions.items():
            if question.kind in ("grid", "multi", "open") and self._held(name):
                absent = [c for c in self._last_wordings(question) if not self._holds_wording(question, c)]
                if absent:
                    self.notices.append(f"not in this file, of `{name}`: {listing([item(c) for c in absent], 20)}")

    # What is left to ask

    def _missing(self, not_asked: Sequence[str], left: Sequence[str]) -> list[Missing]:
        found = []
        for name, column in self.special.items():
            if column and not self._special_held(name) and name not in not_asked:
                found.append(Missing(name, column, name.replace("_", " "), self._near_special(name, column, left)))
        for name, question in self.survey.questions.items():
            asked = question.kind != "ignore" and (not question.waves or self.wave in question.waves)
            if asked and not self._held(name) and name not in not_asked:
                column = self._last_wordings(question)[-1]
                found.append(Missing(name, column, question.kind, self._near(question, left)))
        return found

    def _near_special(self, name: str, column: str, left: Sequence[str]) -> tuple[str, ...]:
        scored = []
        for header in left:
            score = alike(column, header)
            values = values_of(self.export, header)
            if name == RESPONDENT_ID and shapes.id_rank(header) is not None and len(set(values)) == len(values):
                score = max(score, 0.9)
            if name == WEIGHT and "weight" in slug(header) and shapes.are_numbers(values):
                score = max(score, 0.9)
            scored.append((score, header))
        return _best(scored)

    def _near(self, question: Question, left: Sequence[str]) -> tuple[str, ...]:
        return _best([(self._likeness(question, header), header) for header in left])

    def _likeness(self, question: Question, header: str) -> float:
        words = max(alike(column, header) for column in question.columns)
        key = question.columns[0]
        if key not in self.known_options:
            self.known_options[key] = {
                option
                for export in self.earlier.values()
                for column in question.columns
                for value in values_of(export, column)
                for option in options_of(question, value)
            }
        values = values_alike(question, self.known_options[key], values_of(self.export, header))
        return words if values is None else HEADER_PART * words + (1 - HEADER_PART) * values

    def _new(self, left: Sequence[str]) -> list[New]:
        """Group what is left as it looks, with the questions of earlier waves that it is like."""
        found = []
        items = [header for header in left if self._family_of(header)]
        for header in items:
            owner = self._family_of(header)
            near = tuple(self._near_items(header, owner))
            found.append(New(header, (header,), "item", f"an item of `{owner}`", near, owner))
        rest = [header for header in left if header not in items]
        for _, _, guess in guess_new(self.export, self.wave, rest, list(self.survey.questions)):
            headers = tuple(f.header for f in guess.fields)
            near = self._near_dormant(headers[0]) if len(headers) == 1 else ()
            kind = f"{guess.kind}, attribute" if guess.attribute else guess.kind
            found.append(New(guess.stem, headers, kind, guess.why, near))
        place = {header: i for i, header in enumerate(self.export.columns)}
        return sorted(found, key=lambda new: place[new.headers[0]])

    def _near_dormant(self, header: str) -> tuple[str, ...]:
        """Questions that earlier waves asked, that the last ones did not or that are left out, and that it is like."""
        scored = [
            (self._likeness(question, header), name)
            for name, question in self.survey.questions.items()
            if (question.kind == "ignore" or question.waves) and not self._held(name)
        ]
        return _best(scored)

    def _added(self, named: Mapping[str, str]) -> dict[str, dict[str, Any]]:
        """The questions that are new, as survey.yaml has them."""
        rest = [h for h in self.unowned if h not in self._settled() and h not in named]
        flags = dict(named)
        if self.replies.rest == "ignore":
            flags |= dict.fromkeys(rest, "ignore")
        elif self.replies.rest == "new":
            for header in rest:
                if owner := self._family_of(header):
                    self.parts[header] = owner
                else:
                    flags[header] = "new"
        named_as = {flag: [h for h, own in flags.items() if own == flag] for flag in ("open", "closed", "attribute")}
        asked = [header for header, flag in flags.items() if flag != "ignore"]
        taken = list(self.survey.questions)
        questions: dict[str, dict[str, Any]] = {}
        for name, content, guess in guess_new(
            self.export,
            self.wave,
            asked,
            taken,
            open_=named_as["open"],
            closed=named_as["closed"],
            attributes=named_as["attribute"],
        ):
            questions[name] = content
            kind = f"{guess.kind}, attribute" if guess.attribute else guess.kind
            self.notices.append(f"new, {kind}: `{guess.stem}`: {guess.why}")
        for header in (h for h, flag in flags.items() if flag == "ignore"):
            name = free_id(slug(header), {*taken, *questions})
            reason = f"left out when wave {self.wave} was added"
            questions[name] = {"columns": [header], "kind": "ignore", "waves": [self.wave], "reason": reason}
        return questions


def _best(scored: list[tuple[float, str]]) -> tuple[str, ...]:
    ranked = sorted(scored, key=lambda pair: (-pair[0], pair[1]))
    return tuple(name for score, name in ranked if score >= LIKELY)[:_MOST]
