"""A good theme set, as named rules: what each asks, why, from which limit on, and what it found."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.foundation.contracts import FINDINGS, MENTIONS
from pipeline.foundation.tables import empty
from pipeline.survey.nonanswers import normalise
from pipeline.themes.codebook import Codebook, Theme

# (theme, other theme or "", number of the example or 0, value)
Finding = tuple[str, str, int, float]
_REST = {"other", "others", "general", "misc", "miscellaneous", "various", "sundry", "unspecified", "unclassified"}
_REST |= {"uncategorised", "uncategorized", "rest", "remaining", "anything", "everything", "else", "mixed", "unclear"}
_EMPTY = set(
    "and or the a an any all of no not comments comment remarks remark issues issue things thing points".split()
)
_EMPTY |= set(
    "point feedback topics topic themes theme reasons reason answers answer responses response matters".split()
)
_EMPTY |= set(
    "experience experiences opinions opinion praise criticism complaints satisfaction dissatisfaction".split()
)


@dataclass(frozen=True)
class ThemeSet:
    """The themes with what is known of them.

    Parameters
    ----------
    codebook : Codebook
        K themes.
    raw : mapping of str to str
        Text by response id.
    mentions : DataFrame
        Rows of the contract MENTIONS: every mention, and a row of each coded answer at least (`read_told`).
    likeness : ndarray, shape (K, K)
        Cosines between the themes' names with definitions, -1 to 1; empty where no encoder read them.
    examples : DataFrame
        As `read_examples` gives it.
    """

    codebook: Codebook
    raw: Mapping[str, str] = field(default_factory=dict)
    mentions: pd.DataFrame = field(default_factory=lambda: empty(MENTIONS))
    likeness: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    examples: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["theme_id"]))

    @cached_property
    def _people(self) -> pd.Series:
        """A number for each respondent of a wave, by the index of the mentions."""
        return self.mentions.groupby(["wave", "respondent_id"]).ngroup()

    @cached_property
    def asked(self) -> dict[str, int]:
        """How many respondents, of all waves, gave an answer that could be given each theme."""
        found = {}
        for questions in {theme.questions for theme in self.codebook.themes}:
            mine = self.mentions["question_id"].isin(questions) | (not questions)
            found[questions] = int(self._people[mine].nunique())
        return {theme.id: found[theme.questions] for theme in self.codebook.themes}

    @cached_property
    def raised(self) -> dict[str, set[int]]:
        """The respondents who raise each theme."""
        said = self._people[self.mentions["mentioned"].astype(bool)].groupby(self.mentions["theme_id"])
        return {theme.id: set() for theme in self.codebook.themes} | {str(name): set(mine) for name, mine in said}

    def share(self, theme: Theme) -> float:
        """The share of respondents who raise a theme; NaN where nobody could."""
        base = self.asked[theme.id]
        return len(self.raised[theme.id]) / base if base else float("nan")

    def pairs(self) -> Iterable[tuple[int, Theme, int, Theme]]:
        """All pairs of themes that one answer can be given, with their places."""
        for (i, one), (j, two) in combinations(enumerate(self.codebook.themes), 2):
            if not one.questions or not two.questions or set(one.questions) & set(two.questions):
                yield i, one, j, two


@dataclass(frozen=True)
class Rule:
    """One rule.

    Parameters
    ----------
    name : str
        Its name in tables and metrics.
    title : str
        What its findings are, as a heading.
    says : str
        What it says of a theme that breaks it; ``{other}``, ``{example}``, ``{percent}``, ``{n}`` and ``{value}`` are
        filled in.
    why : str
        The rationale, with its source where it has one.
    needs : {"codebook", "coding", "encoder"}
        What it looks at: the codebook alone, the coded answers, or texts read by the encoder.
    limit : float
        From where on it speaks; its function says on which side.
    find : callable
        ``find(themes, limit)`` gives the findings.
    """

    name: str
    title: str
    says: str
    why: str
    needs: Literal["codebook", "coding", "encoder"]
    limit: float
    find: Callable[[ThemeSet, float], Iterable[Finding]]


def alike(themes: ThemeSet, limit: float) -> Iterable[Finding]:
    """All pairs whose names with definitions have at least this cosine."""
    for i, one, j, two in themes.pairs() if len(themes.likeness) else ():
        if themes.likeness[i, j] >= limit:
            yield one.id, two.id, 0, float(themes.likeness[i, j])


def same_people(themes: ThemeSet, limit: float) -> Iterable[Finding]:
    """All pairs whose respondents overlap at least so much (Jaccard, New Phytologist 11 (1912), p. 44), from 5 on."""
    for _, one, _, two in themes.pairs():
        either = themes.raised[one.id] | themes.raised[two.id]
        both = themes.raised[one.id] & themes.raised[two.id]
        if len(either) >= 5 and len(both) >= limit * len(either):
            yield one.id, two.id, 0, len(both) / len(either)


def few_people(themes: ThemeSet, limit: float) -> Iterable[Finding]:
    """Themes that fewer respondents raise."""
    for theme in themes.codebook.themes:
        if themes.asked[theme.id] and len(themes.raised[theme.id]) < limit:
            yield theme.id, "", 0, float(len(themes.raised[theme.id]))


def small_share(themes: ThemeSet, limit: float) -> Iterable[Finding]:
    """Themes that a smaller share of respondents raises."""
    for theme in themes.codebook.themes:
        if (share := themes.share(theme)) < limit:
            yield theme.id, "", 0, share


def large_share(themes: ThemeSet, limit: float) -> Iterable[Finding]:
    """Themes that a larger share of respondents raises."""
    for theme in themes.codebook.themes:
        if (share := themes.share(theme)) > limit:
            yield theme.id, "", 0, share


def one_answer(themes: ThemeSet, limit: float) -> Iterable[Finding]:
    """Themes of five mentions or more, a larger share of which is copies of one text."""
    said = themes.mentions[themes.mentions["mentioned"].astype(bool)]
    for theme_id, rows in said.groupby("theme_id"):
        texts = Counter(normalise(themes.raw.get(r, r)) for r in rows["response_id"])
        share = max(texts.values()) / len(rows)
        if len(rows) >= 5 and share > limit:
            yield str(theme_id), "", 0, share


def rest_names(themes: ThemeSet, limit: float) -> Iterable[Finding]:
    """Themes whose name says no more than "other", "general" or "miscellaneous", whatever noun follows."""
    for theme in themes.codebook.themes:
        words = set(re.findall(r"[^\W\d_]+", theme.name.casefold()))
        if words & _REST and words <= _REST | _EMPTY:
            yield theme.id, "", 0, limit


def everywhere(themes: ThemeSet, limit: float) -> Iterable[Finding]:
    """Themes that most respondents of more than this share of the other themes raise too.

    Others count from 5 respondents on, and there must be three. Overarching themes cut across by intent.
    """
    companions: dict[str, list[bool]] = {}
    for _, one, _, two in themes.pairs():
        for mine, other in ((one, two), (two, one)):
            people = themes.raised[other.id]
            if len(people) >= 5:
                companions.setdefault(mine.id, []).append(2 * len(people & themes.raised[mine.id]) > len(people))
    for theme in themes.codebook.themes:
        found = companions.get(theme.id, [])
        if theme.role != "overarching" and len(found) >= 3 and sum(found) > limit * len(found):
            yield theme.id, "", 0, sum(found) / len(found)


def only_name(themes: ThemeSet, limit: float) -> Iterable[Finding]:
    """Themes without definition and examples."""
    return [(t.id, "", 0, limit) for t in themes.codebook.themes if not t.definition and not t.examples]


def no_examples(themes: ThemeSet, limit: float) -> Iterable[Finding]:
    """Themes with a definition and no example."""
    return [(t.id, "", 0, limit) for t in themes.codebook.themes if t.definition and not t.examples]


def repeated(themes: ThemeSet, limit: float) -> Iterable[Finding]:
    """Examples with the same words at two themes that one answer can be given."""
    words = {
        theme.id: {
            normalise(e.text or themes.raw.get(e.response_id, "")[e.start : e.end]): (n, e.question)
            for n, e in reversed(list(enumerate(theme.examples, 1)))
        }
        for theme in themes.codebook.themes
    }
    for _, one, _, two in themes.pairs():
        for text in sorted(set(words[one.id]) & set(words[two.id]) - {""}):
            (n, asked), (m, also_asked) = words[one.id][text], words[two.id][text]
            if not asked or not also_asked or asked == also_asked:
                yield one.id, two.id, n, float(m)


def misread(themes: ThemeSet, limit: float) -> Iterable[Finding]:
    """Examples to which the coder gives another theme with at least the limit, and their own with less than half it."""
    for row in themes.examples.to_dict("records"):
        if row["probability"] >= limit and row["own"] < limit / 2:
            yield row["theme_id"], row["read_as"], int(row["example"]), float(row["probability"])


_DISTINCT = "Themes must be clearly distinct (Braun, Clarke, Qualitative Research in Psychology 3 (2006), p. 91)"
# Rules whose findings are about two themes alike.
PAIRS = ("alike", "same_people")
RULES = (
    Rule(
        "alike",
        "Themes that read alike",
        "Reads much like “{other}” (similarity {value:.2f}): merge them, or say in both what sets them apart.",
        f"{_DISTINCT}; pairs of distinct key points on one subject in ArgKP reach 0.80 in one of ten cases.",
        "encoder",
        0.8,
        alike,
    ),
    Rule(
        "same_people",
        "Themes raised by the same respondents",
        "Largely the same respondents as “{other}” ({percent} of those who raise either raise both).",
        f"{_DISTINCT}; from a half on, more respondents raise both than only one of them.",
        "coding",
        0.5,
        same_people,
    ),
    Rule(
        "few_people",
        "Themes of fewer than 5 respondents",
        "Raised by only {n}: too few to report without giving people away.",
        "Figures below five respondents can point at a person and are not published.",
        "coding",
        5,
        few_people,
    ),
    Rule(
        "small_share",
        "Themes of fewer than 1 % of respondents",
        "Raised by {percent} of respondents: perhaps part of a wider theme.",
        "A coder that gives the theme wrongly to one answer in a hundred doubles such a share.",
        "coding",
        0.01,
        small_share,
    ),
    Rule(
        "large_share",
        "Themes of more than 50 % of respondents",
        "Raised by {percent} of respondents: perhaps two themes or more.",
        "A theme that most people raise tells little about any of them.",
        "coding",
        0.5,
        large_share,
    ),
    Rule(
        "one_answer",
        "Themes carried by one repeated answer",
        "{percent} of its mentions are copies of one answer.",
        "A theme is a pattern across answers (Braun, Clarke 2006, p. 82), not one phrase repeated.",
        "coding",
        0.5,
        one_answer,
    ),
    Rule(
        "rest_name",
        "Names that hold the rest",
        "Its name says only that it is the rest: nobody can tell what belongs to it.",
        "What holds everything left over has no definition that a second coder could apply.",
        "codebook",
        1,
        rest_names,
    ),
    Rule(
        "everywhere",
        "Themes that come with nearly everything",
        "Comes with nearly everything: most respondents of {percent} of the other themes raise it too.",
        "What goes with every theme sets none apart; where that is meant, give it the role “overarching”.",
        "coding",
        0.5,
        everywhere,
    ),
    Rule(
        "only_name",
        "Themes with a name only",
        "Has neither definition nor examples: coding rests on its name alone.",
        "A codebook is names, definitions and examples (DeCuir-Gunby and others, Field Methods 23 (2011), p. 138).",
        "codebook",
        1,
        only_name,
    ),
    Rule(
        "no_examples",
        "Definitions without examples",
        "Has a definition but no example.",
        "On nhs_fft, three examples a theme raised micro-F1 from 0.28 to 0.42 (docs/design.md).",
        "codebook",
        1,
        no_examples,
    ),
    Rule(
        "repeated_example",
        "Examples that stand at two themes",
        "Its example {example} stands at “{other}” too, as example {n_other}.",
        "The same words as an example of two themes teach the coder that the two are one.",
        "codebook",
        1,
        repeated,
    ),
    Rule(
        "misread_example",
        "Examples that read as another theme",
        "Its example {example} reads like “{other}” to a coder that did not see it.",
        "An example that belongs elsewhere, or to both, teaches the wrong border.",
        "encoder",
        0.5,
        misread,
    ),
)
BY_NAME = {rule.name: rule for rule in RULES}


def apply_rules(themes: ThemeSet, rules: Iterable[Rule] = RULES) -> pd.DataFrame:
    """Apply rules to a theme set.

    Returns
    -------
    DataFrame
        Contract FINDINGS.
    """
    rows = [(rule.name, *finding) for rule in rules for finding in rule.find(themes, rule.limit)]
    if not rows:
        return empty(FINDINGS)
    return pd.DataFrame(rows, columns=list(FINDINGS.columns)).astype({"example": int, "value": float})


def count_findings(findings: pd.DataFrame, themes: int, examples: int) -> dict[str, float]:
    """Give flat counts for the metrics: themes, examples read, themes with a finding, findings of each rule."""
    counts = findings["rule"].value_counts()
    flagged = {*findings["theme_id"], *findings.loc[findings["rule"].isin(PAIRS), "other_theme"]}
    totals = {"themes": themes, "examples_read": examples, "themes_flagged": len(flagged)}
    return {name: float(n) for name, n in (totals | {r.name: int(counts.get(r.name, 0)) for r in RULES}).items()}


def sentence(rule: str, other: str, example: int, value: float) -> str:
    """Say one finding in plain words.

    Examples
    --------
    >>> sentence("small_share", "", 0, 0.004)
    'Raised by 0.4 % of respondents: perhaps part of a wider theme.'
    >>> sentence("few_people", "", 0, 1)
    'Raised by only 1 respondent: too few to report without giving people away.'
    """
    percent = f"{100 * value:.1f}" if value < 0.1 else f"{100 * value:.0f}"
    people = f"{value:.0f} respondent{'' if value == 1 else 's'}"
    return BY_NAME[rule].says.format(
        other=other, example=example, value=value, percent=f"{percent} %", n=people, n_other=f"{value:.0f}"
    )


def findings_by_theme(findings: pd.DataFrame, names: Mapping[str, str]) -> dict[str, list[str]]:
    """Give each theme its findings as sentences; a pair's stands at both of its themes.

    Parameters
    ----------
    findings : DataFrame
        Contract FINDINGS.
    names : mapping of str to str
        Theme id to name; findings on themes that it lacks are left out.
    """
    said: dict[str, list[str]] = {}
    place = {rule.name: i for i, rule in enumerate(RULES)}
    known = findings[findings["rule"].isin(list(place)) & findings["theme_id"].isin(list(names))]
    for row in sorted(known.to_dict("records"), key=lambda r: (place[r["rule"]], r["theme_id"], r["example"])):
        rule, one, two = row["rule"], row["theme_id"], row["other_theme"]
        if two and two not in names:
            continue
        said.setdefault(one, []).append(sentence(rule, names.get(two, ""), row["example"], row["value"]))
        if rule in PAIRS:
            said.setdefault(two, []).append(sentence(rule, names[one], row["example"], row["value"]))
    return said
