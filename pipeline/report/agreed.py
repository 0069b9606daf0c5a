"""How far machine and people agree, and people with each other: for the team only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipeline.evidence.compared import FEWEST
from pipeline.evidence.readers import MACHINE, PEOPLE
from pipeline.report import wording
from pipeline.report.inputs import Inputs
from pipeline.report.records import Agreement, AgreementRow, Differing

# So many answers coded by a second person bound kappa of a theme in a fifth of them to about ± 0.2.
SECOND = 100
MOST = 10
WHOLE = "All themes"
Figures = Mapping[tuple[str, str, str, str], dict[str, Any]]


def agreement(inputs: Inputs) -> Agreement | None:
    """Give the figures by theme, what they mean, and the answers to settle; None where nothing was compared."""
    table = inputs.tables["agreement"]
    mine = table[table["question_id"] == ""]
    readers = sorted(set(mine.loc[(mine["one"] == MACHINE) & (mine["among"] == "all"), "other"]))
    reader = PEOPLE if PEOPLE in readers else readers[0] if readers else ""
    found: Figures = {
        (row["one"], row["among"], row["theme_id"], row["measure"]): row
        for row in mine[mine["other"].isin([reader, PEOPLE])].to_dict("records")
        if row["one"] in (MACHINE, PEOPLE) and (row["other"] == reader or row["among"] == "several")
    }
    if not found:
        return None
    themes = [theme for theme in inputs.codebook.themes if (MACHINE, "all", theme.id, "ac1") in found]
    between = found.get((PEOPLE, "several", "", "ac1"))
    return Agreement(
        reader="" if reader == PEOPLE else reader,
        answers=int(found[MACHINE, "all", "", "ac1"]["answers"]) if reader else 0,
        several=int(between["answers"]) if between else 0,
        confidence=wording.percent(inputs.params.measure.confidence),
        ceiling=ceiling(int(between["answers"]) if between else 0),
        rows=tuple(_row(found, name, theme_id) for name, theme_id in [(WHOLE, ""), *((t.name, t.id) for t in themes)]),
        differing=_differing(inputs),
    )


def ceiling(answers: int) -> str:
    """Say what people's agreement with each other rests on, or how to get to know it.

    Examples
    --------
    >>> ceiling(0)
    'No answers were coded by two people, so how far people agree is not known; ask a second person to code 100.'
    """
    if not answers:
        return (
            "No answers were coded by two people, so how far people agree is not known; "
            f"ask a second person to code {SECOND}."
        )
    return (
        f"{wording.counted(answers, 'answer')} were coded by two people or more, none of whom saw the others’ codes. "
        "How far they agree is what can be asked of a machine at most."
    )


def meaning(figures: Mapping[str, dict[str, Any]], positives: int, by: str, every: bool = False) -> str:
    """Say in plain words what the machine finds of a theme, and how much of what it gives is right.

    Parameters
    ----------
    figures : mapping
        Rows of AGREEMENT by measure.
    positives : int
        Answers to which the reader gave the theme.
    by : str
        Who read them, in the plural.
    every : bool
        Of all themes together.

    Examples
    --------
    >>> meaning({"precision": {"value": 0.71}, "recall": {"value": 0.8}}, 40, "people")
    'Of 10 answers that the machine gives it to, people give it to about 7; of 10 of theirs, the machine finds about 8.'
    >>> meaning({"recall": {"value": 0.0}}, 12, "people")
    'The machine gave it to none of the 12 answers to which people gave it.'
    >>> meaning({}, 2, "people")
    'Only 2 of the answers read have it: too few to tell.'
    """
    if positives < FEWEST:
        only = f"Only {positives} of the answers read have it" if positives else "None of the answers read has it"
        return f"{only}: too few to tell."
    if "precision" not in figures or not figures["recall"]["value"]:
        return f"The machine gave it to none of the {positives} answers to which {by} gave it."
    right, found = (_of_ten(figures[name]["value"]) for name in ("precision", "recall"))
    if every:
        return f"Of 10 codes that the machine gives, {by} give {right}; of 10 of theirs, the machine finds {found}."
    return (
        f"Of 10 answers that the machine gives it to, {by} give it to {right}; "
        f"of 10 of theirs, the machine finds {found}."
    )


def beside_people(gap: Mapping[str, Any] | None) -> str:
    """Say whether the machine agrees with people as well as they do with each other, on the same answers.

    Examples
    --------
    >>> beside_people({"low": -0.3, "high": -0.1, "answers": 80})
    'People agree better with each other: examples and coded answers can still teach the machine.'
    >>> beside_people({"low": -0.2, "high": 0.1, "answers": 80})
    'On 80 answers people agree no better with each other, as far as can be told.'
    """
    if gap is None or math.isnan(gap["low"]):
        return ""
    if gap["high"] < 0:
        return "People agree better with each other: examples and coded answers can still teach the machine."
    if gap["low"] > 0:
        return "People agree less with each other than the machine with them: a sharper definition would help."
    return f"On {gap['answers']} answers people agree no better with each other, as far as can be told."


def _of_ten(share: float) -> str:
    n = math.floor(10 * share + 0.5)
    exact = share in (0.0, 1.0)
    return {0: "hardly any", 10: "nearly all"}.get(n, f"about {n}") if not exact else {0.0: "none", 1.0: "all"}[share]


def _row(found: Figures, name: str, theme_id: str) -> AgreementRow:
    def of(one: str, among: str) -> dict[str, dict[str, Any]]:
        return {m: row for (o, a, t, m), row in found.items() if (o, a, t) == (one, among, theme_id)}

    machine, people, gap = (
        of(MACHINE, "all"),
        of(PEOPLE, "several"),
        found.get((MACHINE, "several", theme_id, "f1_gap")),
    )
    by = "people" if any(row["other"] == PEOPLE for row in machine.values()) else "machine readers"
    positives = max((row["positives"] for row in machine.values()), default=0)
    said = meaning(machine, positives, by, every=not theme_id) if machine else ""
    return AgreementRow(
        theme=wording.plain(name, 120),
        f1=_figure(machine.get("f1")),
        kappa=_figure(machine.get("kappa")),
        ac1=_figure(machine.get("ac1")),
        people=_figure(people.get("f1")),
        people_kappa=_figure(people.get("kappa")),
        sentence=" ".join(part for part in (said, beside_people(gap)) if part),
    )


def _figure(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "–"
    if math.isnan(row["low"]):
        return f"{row['value']:.2f}"
    return f"{row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f})"


def _differing(inputs: Inputs) -> tuple[Differing, ...]:
    """Give the most telling answers of each kind, masked."""
    names = {theme.id: wording.plain(theme.name, 60) for theme in inputs.codebook.themes}
    table = inputs.tables["disagreements"]
    table = table[table["response_id"].isin(list(inputs.responses))]
    found = []
    for machine in (False, True):
        mine = table[(table["one"] == MACHINE) == machine]
        shown = mine[mine["rank"] <= MOST].sort_values(["rank", "one", "other", "theme_id"])
        for (_, one, other), rows in shown.groupby(["rank", "one", "other"], sort=True):
            sides = []
            for side, who in (("one", one), ("other", other)):
                only = [names.get(t, t) for t in rows.loc[rows["given_by"] == side, "theme_id"]]
                if only:
                    sides.append(f"only {'the machine' if who == MACHINE else who or 'no name'}: {', '.join(only)}")
            said = wording.tame("; ".join(sides))
            said = said[:1].upper() + said[1:]
            found.append(Differing(machine=machine, text=inputs.show(rows["response_id"].iloc[0], most=300), said=said))
    return tuple(found)
