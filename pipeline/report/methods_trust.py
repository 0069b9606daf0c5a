"""The methods on trust: agreement, stability, decisions, quotes, and what the figures cannot say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.report import wording
from pipeline.report.inputs import Inputs, known
from pipeline.report.known import Known, facts
from pipeline.report.records import Agreement, Content

_ACTS = {
    "accept": "candidates accepted as themes",
    "add_examples": "examples added",
    "reject_candidate": "candidates rejected",
    "merge": "themes merged",
    "split": "themes split",
    "rename": "themes renamed",
    "redefine": "themes redefined",
    "retire": "themes retired",
    "reassign": "passages reassigned",
    "confirm": "answers confirmed",
    "approve_quote": "quotes approved",
    "reject_quote": "quotes rejected",
    "pin_quote": "quotes pinned",
    "clarify_quote": "quotes clarified",
    "note": "notes",
    "undo": "decisions undone",
}


def agreement(found: Agreement | None) -> Known:
    """How far machine and readers agree, over all themes."""
    if found is None:
        return Known(text=("Agreement was not measured: no answers were coded that stand for all.",))
    whole = found.rows[0]
    compared = facts(
        ("Answers compared", wording.number(found.answers) if found.answers else ""),
        ("Machine and reader", _figures(whole.f1, whole.kappa, whole.ac1)),
    )
    people = facts(
        ("Answers that several people coded", wording.number(found.several) if found.several else ""),
        ("People and people", _figures(whole.people, whole.people_kappa)),
    )
    brackets = f"Figures in brackets are {found.confidence} intervals, from resamples of respondents."
    text = [brackets] if people or not found.reader else []
    if not found.several:
        text.append("No answers were coded by two people, so how far people agree with each other is not known.")
    if not found.reader:
        return Known(text=tuple(text), measured=compared + people)
    machine = (
        "The machine was compared only with another machine. That the two agree does not show that people would read "
        "the answers so."
    )
    return Known(text=(machine, *text), measured=people, team=compared)


def _figures(*values: str) -> str:
    named = zip(("F1", "Cohen’s kappa", "Gwet’s AC1"), values, strict=False)
    return "; ".join(f"{name} {value}" for name, value in named if value != "–")


def stability(inputs: Inputs) -> Known:
    """How well themes and candidates are found again when texts or answers are left out."""
    text = (
        "Themes and candidates were sought again when a fifth of what they rest on was left out, and held against "
        "the first (overlap by Jaccard; the words for it are Hennig’s).",
    )
    themes = _steady(inputs.tables["theme_stability"])
    return Known(
        text=text,
        measured=facts(("Themes", themes)),
        team=facts(("Candidates", _steady(inputs.tables["candidates"]))),
    )


def _steady(table: pd.DataFrame) -> str:
    """Count by the words for stability, the firmest first."""
    order = ("very stable", "stable", "a pattern with uncertain borders", "not stable", "stability not measured")
    words = Counter(
        wording.stability(known(row["stability"]), int(row["found_again"]), int(row["resamples"])).split(": ")[-1]
        for row in table.to_dict("records")
    )
    return ", ".join(f"{words[name]} {name.replace('stability ', '')}" for name in order if words[name])


def decisions(inputs: Inputs) -> Known:
    """What people decided, and how many of them."""
    standing = inputs.standing
    if standing is None or not standing.decisions:
        return Known(text=("No decision of a reviewer is recorded.",))
    taken = standing.decisions
    people = Counter(decision.reviewer for decision in taken)
    acts = Counter(decision.act for decision in taken)
    waiting = len(standing.open_conflicts)
    return Known(
        text=(
            "Every decision is recorded with who took it, when, what they saw and why, and is applied anew in every "
            "run. One whose ground has changed since is kept, not applied, and listed for the team.",
        ),
        measured=facts(
            ("Decisions", f"{wording.number(len(taken))} by {wording.counted(len(people), 'person', 'people')}"),
            ("Of what kind", ", ".join(f"{_ACTS[act]} ({n})" for act, n in _by_number(acts))),
            ("Not applied", wording.number(waiting) if waiting else ""),
        ),
        team=facts(("By whom", ", ".join(f"{name} ({n})" for name, n in _by_number(people)))),
    )


def _by_number(counts: Mapping[str, int]) -> Sequence[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def quotes(inputs: Inputs) -> Known:
    """How quotes were chosen, and who let them be published."""
    each = inputs.tables["quotes"].drop_duplicates(["theme_id", "response_id"])
    approved = inputs.tables["quotes"].query("approved").drop_duplicates(["theme_id", "response_id"])
    return Known(
        text=(
            "Quotes are exact words of respondents, each by another one within a theme, proposed by machine for how "
            "clearly they show the theme, how well they stand alone and how much they add to those before. "
            "Clarifications stand in square brackets; personal data are masked.",
            "People approved each published quote one by one. Quotes are chosen, not drawn at random.",
        ),
        measured=facts(("Approved", wording.of_base(len(approved), len(each)))) if len(each) else (),
    )


def limitations(content: Content) -> Known:
    """What the figures cannot say."""
    return Known(text=content.limits)
