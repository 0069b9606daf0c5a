"""The public page with `suppress`: whoever reads everything off it cannot work out what is small."""

import random

import pytest
from attacked import UNDER, recovered
from report_factory import codebook_of, inputs_of, survey_of, table

from pipeline.evidence.suppression import Suppressed
from pipeline.report import small
from pipeline.report.content import build_content
from pipeline.report.page import render


def made_of(people, seed=7, suppress=UNDER, waves=2, themes=8, **more):
    made = inputs_of(survey=survey_of(waves), codebook=codebook_of(themes), people=people, seed=seed, **more)
    made["survey"] = made["survey"].model_copy(update={"suppress": suppress})
    return made


def wide_of(people, seed, waves=3, suppress=UNDER):
    """With themes of both questions, smaller segments, a trend, a release, and weights of one."""
    made = made_of(people, seed, suppress, waves, themes=4)
    themes = [theme.model_copy(update={"questions": ("change", "why")}) for theme in made["codebook"].themes]
    made["codebook"] = made["codebook"].model_copy(update={"themes": tuple(themes)})
    measure = made["params"].measure.model_copy(update={"min_segment": 10})
    made["params"] = made["params"].model_copy(update={"measure": measure})
    rng = random.Random(seed)
    mentions = []
    for response in made["responses"].to_dict("records"):
        if response["status"] == "answered":
            for i, theme in enumerate(themes):
                said = rng.random() < (0.08, 0.15, 0.3, 0.9)[i]
                told = {k: response[k] for k in ("response_id", "wave", "respondent_id", "question_id")}
                told |= {"theme_id": theme.id, "probability": 0.5, "source": "person", "mentioned": said, "sure": True}
                mentions.append(told)
    made["mentions"] = table("mentions", mentions)
    made["prevalence"] = counted(made)
    made["published"] = published(made["prevalence"], rng)
    for name in ("changes", "differences", "reading", "quotes", "proposals"):
        made[name] = table(name, [])
    return made


def counted(made):
    """Shares by wave, question or all, theme and segment, each respondent once."""
    closed, mentions = made["closed"], made["mentions"]
    segments = {}
    sides = {o: f"side={side}" for side, options in made["survey"].questions["why"].sides.items() for o in options}
    for row in closed.to_dict("records"):
        who = (row["wave"], row["respondent_id"])
        if row["question_id"] == "sector":
            segments.setdefault(who, []).append(f"sector={row['value']}")
        if row["question_id"] == "outlook" and row["value"] in sides:
            segments.setdefault(who, []).append(sides[row["value"]])
    people = {}
    for row in mentions.to_dict("records"):
        who = (row["wave"], row["respondent_id"])
        for question in ("", row["question_id"]):
            for segment in ["", *segments.get(who, [])]:
                cell = people.setdefault((row["wave"], question, row["theme_id"], segment), {})
                cell[who] = cell.get(who, False) or row["mentioned"]
    rows = []
    for (wave, question, theme, segment), cell in people.items():
        row = {"wave": wave, "question_id": question, "theme_id": theme, "segment": segment, "base": len(cell)}
        row |= {"n": sum(cell.values()), "share": sum(cell.values()) / len(cell)}
        rows.append(row | {"low": float("nan"), "high": float("nan"), "method": "person"})
    return table("prevalence", rows)


def published(prevalence, rng):
    """The first wave as it was published: now and then one respondent more."""
    rows = []
    for row in prevalence[(prevalence["segment"] == "") & (prevalence["wave"] == "2020")].to_dict("records"):
        n = min(row["n"] + rng.randint(0, 1), row["base"])
        told = {k: row[k] for k in ("wave", "question_id", "theme_id", "base", "low", "high", "method")}
        told |= {
            "release": "first",
            "name": f"Theme number {int(row['theme_id'][1:])}",
            "n": n,
            "share": n / row["base"],
        }
        told |= {
            "fate": "same",
            "now_theme_id": row["theme_id"],
            "now_name": f"Theme number {int(row['theme_id'][1:])}",
        }
        told |= {f"now_{k}": row[k] for k in ("base", "n", "share", "low", "high", "method")}
        rows.append(told | {"difference": (row["n"] - n) / row["base"]})
    return table("published", rows)


CASES = [(16, 1), (16, 2), (24, 3), (30, 1), (31, 2), (40, 4), (80, 2), (120, 3)]


@pytest.mark.parametrize(("people", "seed"), CASES)
def test_no_small_count_of_a_made_survey_can_be_worked_out(people, seed):
    made = made_of(people, seed, approve=seed % 3)
    found, targets, attack = recovered(render(build_content(**made), "public"), **made)
    assert not found
    assert len(targets) >= (20 if people < 30 else 2)
    assert attack.figures >= (0 if people < 24 else 10)


@pytest.mark.parametrize(("people", "seed"), [(18, 1), (26, 2), (34, 3), (48, 4), (70, 5), (110, 6)])
def test_nor_of_themes_at_several_questions_by_segment_wave_and_release(people, seed):
    made = wide_of(people, seed)
    found, targets, attack = recovered(render(build_content(**made), "public"), **made)
    assert not found
    assert len(targets) >= 2 and attack.figures >= 10


@pytest.mark.parametrize(("suppress", "people", "seed"), [(3, 22, 1), (7, 42, 2), (10, 76, 3)])
def test_nor_with_another_limit(suppress, people, seed):
    made = made_of(people, seed, suppress)
    found, targets, _ = recovered(render(build_content(**made), "public"), **made)
    assert not found and len(targets) >= 2


@pytest.mark.parametrize("people", [24, 40, 80])
def test_the_attacker_finds_what_is_not_hidden(people):
    made = made_of(people, suppress=0)
    found, targets, _ = recovered(render(build_content(**made), "public"), **made)
    assert len(found) >= len(targets) // 4 > 0


def only_small(counts, relations, under):
    hidden = frozenset(key for key, count in counts.items() if count.shown and count.small(under))
    return Suppressed(hidden, frozenset(), {})


WEAKER = {
    "nothing is hidden beside the small counts": ("suppress", only_small),
    "nobody thinks of what a fold tells": ("_of_folds", lambda *_: None),
}


@pytest.mark.parametrize("what", WEAKER)
def test_the_attacker_finds_some_where_less_is_hidden(monkeypatch, what):
    monkeypatch.setattr(small, *WEAKER[what])
    lost = 0
    for people, seed in ((16, 1), (24, 3), (30, 1), (40, 1)):
        made = made_of(people, seed)
        lost += len(recovered(render(build_content(**made), "public"), **made)[0])
    assert lost
