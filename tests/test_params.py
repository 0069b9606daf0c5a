"""params.yaml and survey.yaml: unknown keys and contradictions are refused by name."""

import pytest

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Params, load_params, parse
from pipeline.survey.description import Survey, find_question, load_survey, slug

SURVEY = {
    "waves": {"2025": {"file": "data/raw/2025.csv", "sha256": "x"}},
    "questions": {"why": {"columns": ["Why?"], "kind": "open"}, "sector": {"columns": ["Sector"], "kind": "single"}},
}


def test_an_unknown_key_names_the_closest():
    with pytest.raises(ThemebookError, match="`embed.bach_size`.*Closest: `batch_size`"):
        parse(Params, {"embed": {"bach_size": 1}}, "params.yaml")


def test_an_impossible_value_is_named():
    with pytest.raises(ThemebookError, match="code.folds"):
        parse(Params, {"code": {"folds": 1}}, "params.yaml")


def test_a_params_file_of_one_section_keeps_the_other_defaults(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("code: {folds: 3}\n")
    assert load_params(path).code.folds == 3
    assert load_params(path).quote == Params().quote


def test_params_are_frozen():
    with pytest.raises(ValueError, match="frozen"):
        Params().seed = 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "unknown key `colour`"),
        ({"waves": {"20/25": {"file": "f", "sha256": "x"}}}, "letters, digits"),
        ({"waves": {2025: {"file": "f", "sha256": "x"}}}, "quotes"),
        ({"waves": {}}, "waves"),
        ({"sampling": "random"}, "sampling"),
        (
            {"questions": {"a": {"columns": ["X"], "kind": "open"}, "b": {"columns": ["X"], "kind": "open"}}},
            "two questions",
        ),
        ({"questions": {"a": {"columns": ["X"], "kind": "open", "explains": "zz"}}}, "no question"),
        ({"questions": {"a": {"columns": ["X"], "kind": "essay"}}}, "kind"),
        ({"questions": {"a": {"columns": ["X"], "kind": "open", "colums": 1}}}, "unknown key.*Closest: `columns`"),
    ],
)
def test_a_survey_that_cannot_be_is_refused(change, message):
    with pytest.raises(ThemebookError, match=message):
        parse(Survey, {**SURVEY, **change}, "data/survey.yaml")


def test_a_missing_survey_says_how_to_make_one(tmp_path):
    with pytest.raises(ThemebookError, match="themebook init"):
        load_survey(tmp_path / "survey.yaml")


def test_questions_are_found_by_id_header_and_slug():
    survey = parse(Survey, SURVEY, "x")
    assert {find_question(survey, name, "here") for name in ("why", "Why?", " WHY ")} == {"why"}
    with pytest.raises(ThemebookError, match="no question `whi`.*Closest: `why`"):
        find_question(survey, "whi", "here")


def test_slug_keeps_letters_of_every_script():
    assert slug("您的意见？") == "您的意见"
    assert slug("Q1. What -- now?") == "q1_what_now"
