"""The state that a replay of decisions builds up: themes, codes of answers, and what stands of each quote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.themes import decisions as acts
from pipeline.themes.codebook import Codebook, Example, Former, Theme
from pipeline.themes.decisions import Clarification, Decision, Words, fingerprint

STATES = {"approve_quote": "approved", "reject_quote": "rejected", "pin_quote": "pinned", "clarify_quote": "clarified"}


class Impossible(Exception):
    """A decision that cannot be applied; the message is a sentence naming why."""


@dataclass(frozen=True)
class QuoteStanding:
    """What stands of one quote: its words, what is printed in place of some, and whether it is approved and pinned."""

    state: str
    approved: bool
    pinned: bool
    spans: tuple[tuple[int, int], ...]
    clarifications: tuple[Clarification, ...]
    kind: str
    reviewer: str
    decision_id: str


@dataclass(frozen=True)
class FinalCodes:
    """Codes of whole answers and of words, and the decisions that a split leaves to be taken again."""

    confirmed: dict[str, tuple[str, ...]]
    units: dict[tuple[str, int, int, str], bool]
    moot: tuple[tuple[Decision, str], ...]


@dataclass
class State:
    """Themes and codes as they are at one place of the replay; `apply` moves it one decision on."""

    base: Codebook
    themes: dict[str, Theme] = field(init=False)
    ended: dict[str, Former] = field(default_factory=dict)
    names: list[Former] = field(default_factory=list)
    swallowed: dict[str, list[Theme]] = field(default_factory=dict)
    confirmed: dict[str, tuple[tuple[str, ...], Decision]] = field(default_factory=dict)
    units: dict[str, dict[tuple[int, int, str], tuple[bool, Decision]]] = field(default_factory=dict)
    sorted: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    quotes: dict[tuple[str, str], QuoteStanding] = field(default_factory=dict)
    rejected: list[Decision] = field(default_factory=list)
    notes: list[Decision] = field(default_factory=list)
    set_by: dict[tuple[str, str], Decision] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.themes = {theme.id: theme for theme in self.base.themes}

    # What is there.

    def theme(self, theme_id: str) -> Theme:
        """Give an active theme."""
        if theme_id in self.themes:
            return self.themes[theme_id]
        if theme_id in self.ended:
            raise Impossible(f"the theme {theme_id} has ended: {self.fate(theme_id)}")
        raise Impossible(f"there is no theme {theme_id} in codebook.yaml, and no standing decision makes one")

    def fate(self, theme_id: str) -> str:
        """Say how a theme ended and by whom."""
        former = self.ended[theme_id]
        into = f" into {', '.join(former.into)}" if former.into else ""
        return f"{former.fate}{into} by {self._who(theme_id, 'end')}"

    def heir(self, theme_id: str) -> str:
        """Follow merges to the theme that carries on; empty where it was retired or split."""
        seen: set[str] = set()
        while theme_id in self.ended and theme_id not in seen:
            seen.add(theme_id)
            former = self.ended[theme_id]
            if former.fate != "merged":
                return ""
            theme_id = former.into[0]
        return theme_id if theme_id in self.themes else ""

    def living(self, theme_id: str) -> str:
        """Give the theme that carries on an id."""
        return self.heir(theme_id) or self.theme(theme_id).id

    def text(self, response_id: str, texts: Mapping[str, str]) -> str:
        """Give an answer's raw text."""
        if response_id not in texts:
            raise Impossible(f"answer {response_id} is not in the listed waves")
        return texts[response_id]

    def on_words(self, response_id: str, start: int, end: int) -> list:
        """What stands on words of an answer."""
        mine = self.units.get(response_id, {})
        cells = [[t, yes] for (s, e, t), (yes, _) in mine.items() if (s, e) == (start, end)]
        whole = [list(self.confirmed[response_id][0])] if response_id in self.confirmed else []
        return sorted(cells) + whole

    def on_response(self, response_id: str) -> list:
        """What stands on a whole answer."""
        cells = [[s, e, t, yes] for (s, e, t), (yes, _) in self.units.get(response_id, {}).items()]
        whole = [sorted(self.confirmed[response_id][0])] if response_id in self.confirmed else []
        return sorted(cells) + whole

    def on_quote(self, theme_id: str, response_id: str) -> list:
        """What stands of a quote."""
        stands = self.quotes.get((self.living(theme_id), response_id))
        return _stands(stands) if stands else []

    # One decision on.

    def already(self, decision: Any) -> bool:
        """Say whether the target is already as a decision wants it."""
        try:
            match decision.act:
                case "merge":
                    return self.ended[decision.theme_id].fate == "merged" and self.heir(
                        decision.theme_id
                    ) == self.living(decision.into)
                case "retire":
                    return self.ended[decision.theme_id].fate == "retired"
                case "rename":
                    return self.theme(decision.theme_id).name == decision.name
                case "redefine":
                    theme = self.theme(decision.theme_id)
                    return all(getattr(theme, n) == getattr(decision, n) for n in ("definition", "include", "exclude"))
                case "confirm":
                    whole = self.confirmed.get(decision.response_id)
                    same = whole is not None and set(whole[0]) == {self.living(t) for t in decision.themes}
                    return same and not self.units.get(decision.response_id)
                case "reassign":
                    mine = self.units.get(decision.response_id, {})
                    return all(key in mine and mine[key][0] == yes for key, yes in self._cells(decision).items())
                case "approve_quote" | "reject_quote" | "pin_quote" | "clarify_quote":
                    stands = self.quotes.get((self.living(decision.theme_id), decision.response_id))
                    return stands is not None and _stands(stands) == _stands(self._quote(decision))
        except (Impossible, KeyError):
            return False
        return False

    def apply(self, decision: Any, texts: Mapping[str, str]) -> str:
        """Apply a decision whose target is as seen; give a sentence where a part of it could not be.

        Raises
        ------
        Impossible
            If what it speaks of is not there, or a name or id is taken.
        """
        match decision.act:
            case "accept":
                return self._accept(decision, texts)
            case "add_examples":
                living = self.living(decision.theme_id)
                kept, said = _found(decision.examples, texts)
                self.themes[living] = _with_examples(self.themes[living], kept)
                return said
            case "reject_candidate":
                self.rejected.append(decision)
            case "merge":
                self._merge(decision)
            case "split":
                return self._split(decision, texts)
            case "rename":
                self._rename(decision)
            case "redefine":
                fields = {name: getattr(decision, name) for name in ("definition", "include", "exclude")}
                self.themes[decision.theme_id] = self.theme(decision.theme_id).model_copy(update=fields)
                self.set_by[decision.theme_id, "text"] = decision
            case "retire":
                self._end(self.theme(decision.theme_id), "retired", (), decision)
            case "reassign":
                mine = self.units.setdefault(decision.response_id, {})
                mine |= {key: (yes, decision) for key, yes in self._cells(decision).items()}
            case "confirm":
                themes = tuple(sorted({self.living(t) for t in decision.themes}))
                self.units.pop(decision.response_id, None)
                self.confirmed[decision.response_id] = (themes, decision)
            case "approve_quote" | "reject_quote" | "pin_quote" | "clarify_quote":
                self.quotes[self.living(decision.theme_id), decision.response_id] = self._quote(decision)
            case "note":
                self.notes.append(decision)
        return ""

    def _accept(self, decision: acts.Accept, texts: Mapping[str, str]) -> str:
        self._free(decision.theme_id, decision.name)
        kept, said = _found(decision.examples, texts)
        self.themes[decision.theme_id] = Theme(
            id=decision.theme_id,
            name=decision.name,
            questions=decision.questions,
            group=decision.group,
            since=decision.time,
            definition=decision.definition,
            include=decision.include,
            exclude=decision.exclude,
            examples=kept,
        )
        self.set_by[decision.theme_id, "made"] = decision
        return said

    def _merge(self, decision: acts.Merge) -> None:
        ends, heir = self.theme(decision.theme_id), self.theme(decision.into)
        if ends.id == heir.id:
            raise Impossible(f"the theme {ends.id} cannot be merged into itself")
        both = bool(ends.questions) and bool(heir.questions)
        questions = tuple(dict.fromkeys((*heir.questions, *ends.questions))) if both else ()
        self.themes[heir.id] = _with_examples(heir, ends.examples).model_copy(update={"questions": questions})
        self.swallowed.setdefault(heir.id, []).append(ends)
        self.swallowed[heir.id] += self.swallowed.pop(ends.id, [])
        self._end(ends, "merged", (heir.id,), decision)

    def _split(self, decision: acts.Split, texts: Mapping[str, str]) -> str:
        ends = self.theme(decision.theme_id)
        said = []
        made: dict[str, Theme] = {}
        for part in decision.parts:
            self._free(part.theme_id, part.name)
            if part.theme_id in made or any(_same(part.name, other.name) for other in made.values()):
                raise Impossible(f"two parts of {ends.id} have the same id or name")
            kept, lost = _found(part.examples, texts)
            said.append(lost)
            fields = {name: getattr(part, name) for name in ("name", "definition", "include", "exclude")}
            made[part.theme_id] = ends.model_copy(update={"id": part.theme_id, "examples": kept, **fields})
        rows = {}
        for row in decision.sorted:
            if unknown := sorted(set(row.themes) - set(made)):
                raise Impossible(f"{unknown[0]} is no part of {ends.id}")
            if fingerprint(texts.get(row.response_id, "")) == row.seen:
                rows[row.response_id] = row.themes
        self._end(ends, "split", tuple(made), decision)
        self.themes |= made
        self.sorted[ends.id] = rows
        for theme_id in made:
            self.set_by[theme_id, "made"] = decision
        if len(rows) < len(decision.sorted):
            said.append(f"{len(decision.sorted) - len(rows)} of the answers sorted are gone or have changed")
        return "; ".join(part for part in said if part)

    def _rename(self, decision: acts.Rename) -> None:
        theme = self.theme(decision.theme_id)
        if theme.name == decision.name:
            return
        self._free("", decision.name, but=theme.id)
        self.names.append(Former(id=theme.id, name=theme.name, fate="renamed", into=(theme.id,)))
        self.themes[theme.id] = theme.model_copy(update={"name": decision.name})
        self.set_by[theme.id, "name"] = decision

    def _end(self, theme: Theme, fate: Any, into: tuple[str, ...], decision: Decision) -> None:
        del self.themes[theme.id]
        self.ended[theme.id] = Former(id=theme.id, name=theme.name, fate=fate, into=into)
        self.set_by[theme.id, "end"] = decision

    def _free(self, theme_id: str, name: str, but: str = "") -> None:
        if theme_id in self.themes or theme_id in self.ended:
            raise Impossible(f"the id {theme_id} is taken; ids are never used again")
        for theme in self.themes.values():
            if theme.id != but and _same(theme.name, name):
                raise Impossible(f"the name “{name}” is the name of {theme.id} already")
        for former in (*self.ended.values(), *self.names):
            if former.id != but and _same(former.name, name):
                raise Impossible(f"the name “{name}” was that of {former.id}, and coded answers may still use it so")

    def _cells(self, decision: acts.Reassign) -> dict[tuple[int, int, str], bool]:
        """Which words of the answer carry which theme after a reassignment."""
        at = (decision.start, decision.end)
        cells = {(*at, self.living(decision.theme_id)): False} if decision.theme_id else {}
        return cells | ({(*at, self.living(decision.into)): True} if decision.into else {})

    def _quote(self, decision: Any) -> QuoteStanding:
        before = self.quotes.get((self.living(decision.theme_id), decision.response_id))
        same = before is not None and (before.spans, before.clarifications) == (decision.spans, decision.clarifications)
        act = decision.act
        return QuoteStanding(
            state=STATES[act],
            approved=act == "approve_quote" or (act == "pin_quote" and same and before is not None and before.approved),
            pinned=act == "pin_quote" or (act != "reject_quote" and before is not None and before.pinned),
            spans=decision.spans,
            clarifications=decision.clarifications,
            kind=decision.kind,
            reviewer=decision.reviewer,
            decision_id=decision.id,
        )

    # What it comes to.

    def codebook(self) -> Codebook:
        """Give the effective codebook: active themes, what they took in by merging, ended themes and former names."""
        themes = []
        given: dict[str, list[Example]] = {}
        for (response_id, start, end, theme_id), yes in sorted(self.final_codes().units.items()):
            if yes:
                given.setdefault(theme_id, []).append(Example(response_id=response_id, start=start, end=end))
        for theme in self.themes.values():
            merged = [f"{t.name}: {t.definition}" if t.definition else t.name for t in self.swallowed.get(theme.id, [])]
            include = "; ".join(part for part in (theme.include, *merged) if part)
            themes.append(_with_examples(theme.model_copy(update={"include": include}), given.get(theme.id, [])))
        former = (*self.ended.values(), *self.names)
        return Codebook(themes=tuple(themes), former=tuple(sorted(former, key=lambda f: (f.id, f.name))))

    def final_codes(self) -> FinalCodes:
        """Give what stands on answers, merges followed; what a later split leaves undecided is to be decided again."""
        confirmed: dict[str, tuple[str, ...]] = {}
        units: dict[tuple[str, int, int, str], bool] = {}
        moot: list[tuple[Decision, str]] = []
        for response_id, (themes, decision) in self.confirmed.items():
            if waiting := [t for t in themes if self.carried(t, response_id) is None]:
                moot.append((decision, self._ask_again(decision, waiting[0])))
            else:
                confirmed[response_id] = tuple(sorted({h for t in themes for h in self.carried(t, response_id) or ()}))
        cells = [(r, *key, *value) for r, mine in self.units.items() for key, value in mine.items()]
        for response_id, start, end, theme_id, yes, decision in sorted(
            cells, key=lambda cell: (cell[5].time, cell[5].id, cell[:4])
        ):
            heirs = self.carried(theme_id, response_id)
            if yes and heirs is None:
                moot.append((decision, self._ask_again(decision, theme_id)))
            for heir in heirs or ():
                units[response_id, start, end, heir] = yes or units.get((response_id, start, end, heir), False)
        return FinalCodes(confirmed, units, tuple(moot))

    def _ask_again(self, decision: Decision, theme_id: str) -> str:
        response_id = getattr(decision, "response_id", "")
        return f"gives answer {response_id} the theme {theme_id}, which was {self.fate(theme_id)}: say which it is"

    def carried(self, theme_id: str, response_id: str) -> list[str] | None:
        """Give the living themes that carry on what a theme meant in one answer.

        Empty where it was retired or sorted to none; None where it was split and nobody sorted this answer.
        """
        if theme_id in self.themes:
            return [theme_id]
        former = self.ended.get(theme_id)
        if former is None or former.fate == "retired":
            return []
        if former.fate == "split" and response_id not in self.sorted[theme_id]:
            return None
        parts = former.into if former.fate == "merged" else self.sorted[theme_id][response_id]
        found = [self.carried(part, response_id) for part in parts]
        return None if None in found else sorted({heir for heirs in found for heir in heirs or ()})

    def living_parts(self, theme_id: str) -> list[str]:
        """Give the active themes that an ended theme can live on in."""
        if theme_id in self.themes:
            return [theme_id]
        former = self.ended.get(theme_id)
        return sorted({heir for part in former.into for heir in self.living_parts(part)}) if former else []

    def final_quotes(self) -> tuple[dict[tuple[str, str], QuoteStanding], tuple[tuple[str, str], ...]]:
        """Give what stands of quotes by living theme, and the ids and sentences of those that a split leaves open.

        Of two quotes that a merge brings together the heir's own stands.
        """
        found: dict[tuple[str, str], QuoteStanding] = {}
        moot = []
        for (theme_id, response_id), stands in sorted(
            self.quotes.items(), key=lambda item: (item[0][0] in self.themes, item[0])
        ):
            heirs = self.carried(theme_id, response_id)
            if heirs is None:
                said = (
                    f"a quote of {theme_id} is {stands.state}, but the theme was {self.fate(theme_id)}: say which it is"
                )
                moot.append((stands.decision_id, said))
            for heir in heirs or ():
                found[heir, response_id] = stands
        return found, tuple(moot)

    # Sentences on both sides.

    def said_on(self, decision: Any) -> str:
        """Say what stands on the words or the quote that a decision is about."""
        if isinstance(decision, acts.QuoteAct):
            stands = self.quotes.get((self.living(decision.theme_id), decision.response_id))
            return (
                f"{stands.state} by {stands.reviewer} ({stands.decision_id})" if stands else "the earlier act is gone"
            )
        found = [by for _, by in self.units.get(decision.response_id, {}).values()]
        if decision.response_id in self.confirmed:
            found.append(self.confirmed[decision.response_id][1])
        who = sorted({f"{by.reviewer} ({by.id})" for by in found})
        return f"coded otherwise by {', '.join(who)}" if who else "nothing stands"

    def said_of_theme(self, decision: Any) -> str:
        """Say how the theme that a decision is about reads now, and who made it so."""
        theme = self.themes[decision.theme_id]
        if decision.act == "rename":
            return f"its name is “{theme.name}”, by {self._who(theme.id, 'name')}"
        return (
            f"it is “{theme.name}: {theme.definition}”, name by {self._who(theme.id, 'name')}, "
            f"text by {self._who(theme.id, 'text')}"
        )

    def _who(self, theme_id: str, what: str) -> str:
        by = self.set_by.get((theme_id, what)) or self.set_by.get((theme_id, "made"))
        return f"{by.reviewer} ({by.id})" if by else "codebook.yaml"


def _same(name: str, other: str) -> bool:
    return name.strip().casefold() == other.strip().casefold()


def _stands(quote: QuoteStanding) -> list:
    clarified = [[c.start, c.end, c.text] for c in quote.clarifications]
    return [quote.state, quote.approved, quote.pinned, [list(span) for span in quote.spans], clarified]


def _found(examples: Iterable[Words], texts: Mapping[str, str]) -> tuple[tuple[Example, ...], str]:
    """Give the examples whose words are as they were, and a sentence on those that are not."""
    listed = list(examples)
    kept = tuple(
        Example(response_id=each.response_id, start=each.start, end=each.end)
        for each in listed
        if fingerprint(texts.get(each.response_id, "")[each.start : each.end]) == each.seen
    )
    lost = len(listed) - len(kept)
    return kept, f"{lost} of {len(listed)} examples are not found: the answers are gone or changed" if lost else ""


def _with_examples(theme: Theme, more: Iterable[Example]) -> Theme:
    return theme.model_copy(update={"examples": tuple(dict.fromkeys((*theme.examples, *more)))})
