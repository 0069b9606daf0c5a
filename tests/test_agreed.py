"""The section on agreement: for the team, with masked words, and a machine reader named as one."""

import pandas as pd
import pytest
from report_factory import inputs_of

from pipeline.foundation.contracts import AGREEMENT, DISAGREEMENTS, REDACTIONS
from pipeline.foundation.tables import check
from pipeline.report.agreed import beside_people, meaning
from pipeline.report.content import build_content
from pipeline.report.page import render

NAN = float("nan")
MACHINE = ("machine", "people", "all")
BETWEEN = ("people", "people", "several")
SAME = ("machine", "people", "several")


def rows(*figures):
    columns = ["one", "other", "among", "theme_id", "measure", "value", "low", "high"]
    table = pd.DataFrame([(*who, *rest) for who, *rest in figures], columns=columns)
    table = table.assign(question_id="", answers=60, positives=20)
    return check(table[list(AGREEMENT.columns)], AGREEMENT, "agreement")


def machine(reader="people", precision=0.7, recall=0.5):
    who = ("machine", reader, "all")
    each = {"f1": 0.6, "kappa": 0.55, "ac1": 0.8, "precision": precision, "recall": recall}
    return [
        (who, theme, name, value, value - 0.1, value + 0.1) for theme in ("", "T01") for name, value in each.items()
    ]


def differing(inputs, words):
    response = inputs["responses"].query("text == @words").iloc[0]
    place = {name: response[name] for name in ("wave", "respondent_id", "question_id", "response_id")}
    table = pd.DataFrame([{**place, "one": "ann", "other": "bob", "theme_id": "T01", "given_by": "one"}])
    table = table.assign(weight=1.0, rank=1)
    return check(table[list(DISAGREEMENTS.columns)], DISAGREEMENTS, "d"), response["response_id"]


def test_figures_stand_beside_what_people_reach_and_not_outside():
    same = [(SAME, "T01", "f1_gap", -0.2, -0.3, -0.1)]
    between = [(BETWEEN, theme, name, 0.8, NAN, NAN) for theme in ("", "T01") for name in ("f1", "kappa", "ac1")]
    content = build_content(**{**inputs_of(), "agreement": rows(*machine(), *between, *same)})
    whole, one = content.agreement.rows
    assert (one.f1, one.people) == ("0.60 (0.50 to 0.70)", "0.80")
    assert one.sentence.startswith("Of 10 answers that the machine gives it to, people give it to about 7")
    assert "People agree better with each other" in one.sentence
    assert whole.sentence.startswith("Of 10 codes that the machine gives, people give about 7")
    internal, public = (render(content, audience) for audience in ("internal", "public"))
    assert "F1, people with people" in internal
    assert "Kappa" not in public
    assert "How far machine and people agree" not in public


def test_without_a_second_person_the_report_asks_for_one():
    content = build_content(**{**inputs_of(), "agreement": rows(*machine())})
    html = render(content, "internal")
    assert "ask a second person to code 100" in html
    assert "people with people" not in html


def test_a_machine_reader_is_said_to_be_one():
    content = build_content(**{**inputs_of(), "agreement": rows(*machine("machine:m"))})
    assert content.agreement.reader == "machine:m"
    html = render(content, "internal")
    assert "it is no human ceiling" in html
    assert "machine readers give it to" in html


def test_nothing_compared_gives_no_section():
    content = build_content(**inputs_of())
    assert content.agreement is None
    assert 'id="agreement"' not in render(content, "internal")


def test_words_of_answers_to_settle_are_masked():
    words = "Invented: ask Jane about it"
    inputs = inputs_of(texts={2: words})
    listed, response_id = differing(inputs, words)
    hidden = pd.DataFrame([{"response_id": response_id, "start": 14, "end": 18, "type": "NAME"}])
    more = {"agreement": rows(*machine()), "disagreements": listed, "redactions": check(hidden, REDACTIONS, "r")}
    content = build_content(**{**inputs, **more})
    (found,) = content.agreement.differing
    assert "Jane" not in found.text
    assert found.said == "Only ann: Theme number 1"
    assert found.text not in render(content, "public")


@pytest.mark.parametrize(
    ("precision", "recall", "said"),
    [
        (1.0, 1.0, "to all; of 10 of theirs, the machine finds all"),
        (0.97, 0.04, "to nearly all; of 10 of theirs, the machine finds hardly any"),
        (0.65, 0.64, "to about 7; of 10 of theirs, the machine finds about 6"),
    ],
)
def test_tenths_are_said_as_they_are(precision, recall, said):
    figures = {"precision": {"value": precision}, "recall": {"value": recall}}
    assert said in meaning(figures, 5, "people")
    assert "too few to tell" in meaning(figures, 4, "people")


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(-0.2, -0.01, "agree better"), (-0.2, 0.0, "no better"), (0.0, 0.2, "no better"), (0.01, 0.2, "agree less")],
)
def test_machine_and_people_differ_only_where_the_interval_says_so(low, high, said):
    assert said in beside_people({"low": low, "high": high, "answers": 60})
