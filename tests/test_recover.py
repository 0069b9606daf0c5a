"""The public page with `suppress`: whoever reads everything off it cannot work out what is small."""

import pytest
from attacker import Attack, Questionnaire
from report_factory import codebook_of, inputs_of, survey_of

from pipeline.evidence.suppression import Suppressed
from pipeline.report import small
from pipeline.report.content import build_content
from pipeline.report.inputs import SIDE, question_title
from pipeline.report.page import render
from pipeline.survey.description import Survey

UNDER = 5


def title_of(survey, question_id):
    question = survey.questions.get(question_id)
    if question is not None:
        return question_title(question_id, question)
    if question_id in survey.closed_items:
        column, question = survey.closed_items[question_id]
        return f"{question.text}: {column}" if question.text and question.text not in column else column
    return "Across all open questions"


def questionnaire(survey, figures, fewest_segment):
    options, kinds, sides, folds = {}, {}, {}, {}
    for item, (_, question) in survey.closed_items.items():
        title = title_of(survey, item)
        mine = figures[(figures["question_id"] == item) & (figures["part"] == "option")]
        options[title] = sorted(set(mine["value"]) | set(question.order))
        kinds[title] = question.kind
        folds[title] = max(fewest_segment, 2 * UNDER) if question.attribute else UNDER
    for question in survey.open_questions.values():
        if question.explains:
            sides[title_of(survey, question.explains)] = dict(question.sides)
    return Questionnaire(options, kinds, sides, [title_of(survey, q) for q in survey.open_questions], folds)


def truths(survey, codebook, figures, prevalence):
    """Every count of the tables by the key under which the attacker looks for it, with its base."""
    names = {theme.id: theme.name for theme in codebook.themes}
    found = {}
    for row in figures[(figures["part"] == "option") & (figures["base"] > 0)].to_dict("records"):
        key = ("option", title_of(survey, row["question_id"]), row["wave"], row["value"])
        found[key] = (int(row["n"]), int(row["base"]))
    for row in figures[(figures["part"] == "side") & (figures["base"] > 0)].to_dict("records"):
        key = ("option", title_of(survey, row["question_id"]), row["wave"], f"side:{row['value'].casefold()}")
        found[key] = (int(row["n"]), int(row["base"]))
    for row in prevalence.to_dict("records"):
        if row["theme_id"] in names:
            attribute, _, value = row["segment"].partition("=")
            attribute, value = ("side", value.casefold()) if attribute == SIDE else (attribute, value)
            attribute = title_of(survey, attribute) if attribute and attribute != "side" else attribute
            question = title_of(survey, row["question_id"])
            key = ("theme", question, names[row["theme_id"]], row["wave"], attribute, value)
            found[key] = (int(row["n"]), int(row["base"]))
    return found


def recovered(html, made, under=UNDER):
    """The small counts that the page lets an attacker narrow down to fewer than `under` numbers, and all he tried."""
    survey: Survey = made["survey"]
    attack = Attack(html, questionnaire(survey, made["figures"], made["params"].measure.min_segment))
    truth = truths(survey, made["codebook"], made["figures"], made["prevalence"])
    targets = {k: v for k, v in truth.items() if k in attack.system.low and (v[0] < under or v[1] - v[0] < under)}
    ranges = attack.system.ranges(targets)
    for key, (low, high) in ranges.items():
        assert low <= targets[key][0] <= high, ("the attacker is wrong", key, targets[key], low, high)
    return {k: (targets[k], r) for k, r in ranges.items() if r[1] - r[0] < under - 1}, targets, attack


def made_of(people, seed=7, suppress=UNDER, waves=2, themes=8, **more):
    made = inputs_of(survey=survey_of(waves), codebook=codebook_of(themes), people=people, seed=seed, **more)
    made["survey"] = made["survey"].model_copy(update={"suppress": suppress})
    return made


CASES = [(people, seed) for people in (16, 24, 40, 80, 120) for seed in (1, 2, 3)]


@pytest.mark.parametrize(("people", "seed"), CASES)
def test_no_small_count_of_a_made_survey_can_be_worked_out(people, seed):
    made = made_of(people, seed, approve=seed % 3)
    found, targets, attack = recovered(render(build_content(**made), "public"), made)
    assert not found
    assert len(targets) >= 20 or people >= 80
    assert attack.figures >= (0 if people < 24 else 10)


@pytest.mark.parametrize("people", [24, 40, 80])
def test_the_attacker_finds_what_is_not_hidden(people):
    made = made_of(people, suppress=0)
    found, targets, _ = recovered(render(build_content(**made), "public"), made)
    assert found and len(found) >= len(targets) // 2


def test_the_attacker_subtracts_where_only_the_small_ones_are_hidden(monkeypatch):
    """With nothing hidden beside the small counts themselves, some are worked out."""

    def only_small(counts, relations, under):
        hidden = frozenset(key for key, count in counts.items() if count.shown and count.small(under))
        return Suppressed(hidden, frozenset(), {})

    monkeypatch.setattr(small, "suppress", only_small)
    lost = 0
    for people in (24, 40, 80):
        made = made_of(people, 3)
        lost += len(recovered(render(build_content(**made), "public"), made)[0])
    assert lost
