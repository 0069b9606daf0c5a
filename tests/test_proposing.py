"""Signs of proposals by their examples (invented), and what a question asks for."""

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.evidence.proposing import COUNTS, SCORES, count_proposing, find_proposals, proposing_units
from pipeline.foundation.contracts import PROPOSALS, SIGNS, SIGNS_OF_PROPOSALS
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Segment, parse
from pipeline.foundation.tables import check
from pipeline.survey.asking import asks
from pipeline.survey.description import Question, Survey
from pipeline.text.proposing import EXAMPLES, sign_of
from pipeline.text.units import segment

PROPERTY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
# Invented, none of them from a survey.
INVENTED = [text for texts in EXAMPLES.values() for text in texts] + [
    "The porter was kind and the soup was warm.",
    "I could reach the desk by lift.",
    "We must have been early.",
    "It took two hours to park.",
]


@pytest.mark.parametrize(("sign", "text"), [(sign, text) for sign, texts in EXAMPLES.items() for text in texts])
def test_every_example_shows_its_sign(sign, text, nlp):
    assert sign_of(nlp(text), 0, len(text)) == sign


@pytest.mark.parametrize(
    "text",
    [
        "The porter was kind and the soup was warm.",
        "I could reach the desk by lift.",
        "We must have been early.",
        "I must say that it was warm.",
        "It took two hours to park.",
        "The bus came late.",
        "Too few chairs.",
        "Friendly porters.",
    ],
)
def test_what_only_tells_shows_no_sign(text, nlp):
    assert sign_of(nlp(text), 0, len(text)) in ("", "none")


def survey(**extra):
    questions = {
        "better": {"columns": ["What could we do better?"], "kind": "open"},
        "why": {"columns": ["Why?"], "kind": "open"},
        "good": {"columns": ["What was good?"], "kind": "open", **extra},
    }
    return parse(Survey, {"waves": {"w": {"file": "f", "sha256": "0" * 64}}, "questions": questions}, "survey.yaml")


def answers(texts, question="better"):
    ids = [f"r{i:03}" for i in range(len(texts))]
    return pd.DataFrame(
        {"response_id": ids, "wave": "w", "respondent_id": ids, "question_id": question, "text": list(texts)}
    )


def found(responses, nlp, **extra):
    units, _, signs = segment(responses, Segment(), nlp)
    return units, find_proposals(units, signs, responses, survey(**extra))


@pytest.mark.parametrize(
    ("text", "better", "why", "good"),
    [
        ("A map at the door.", True, False, False),
        ("Open the library at weekends.", True, True, False),
        ("More buses on Sundays.", True, True, True),
        ("Nothing could be better.", False, False, False),
        ("The soup was warm.", False, False, False),
    ],
)
def test_the_question_decides_what_a_bare_fragment_or_command_is(text, better, why, good, nlp):
    for question, expected in (("better", better), ("why", why), ("good", good)):
        units, proposals = found(answers([text], question), nlp)
        check(proposals, PROPOSALS, "proposals")
        assert proposals["proposes"].tolist() == [expected] * len(units)


def test_a_person_may_say_what_a_question_asks_for(nlp):
    assert found(answers(["A map at the door."], "good"), nlp, asks="proposals")[1]["proposes"].all()
    with pytest.raises(ThemebookError, match="asks"):
        survey(asks="anything")


def test_a_whole_answer_proposes_if_one_of_its_parts_does(nlp):
    units, proposals = found(answers(["The soup was warm. The lift should be mended."]), nlp)
    table = units.merge(proposals, on="unit_id").sort_values("n")
    assert table["proposes"].tolist() == [True, False, True]
    assert table["rule"].tolist()[0] == "obliges" and table["score"].tolist()[0] == SCORES["obliges"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("How could we improve?", "proposals"),
        ("What needs to change for the museum to work better?", "proposals"),
        ("Which books would you like to see here?", "proposals"),
        ("Why do you think it should be so?", "reasons"),
        ("Do you have any other comments?", "reasons"),
        ("What was good?", "experience"),
        ("What has changed for you since last year?", "experience"),
        ("What got better?", "experience"),
        ("What do you use it for?", "experience"),
    ],
)
def test_what_a_question_asks_for(text, kind):
    assert asks(Question(columns=(text,), kind="open")) == kind


def test_every_sign_has_its_place():
    assert set(SIGNS) == {"", *EXAMPLES} and set(SCORES) == set(EXAMPLES) - {"none"}
    assert COUNTS["experience"] < COUNTS["reasons"] < COUNTS["proposals"] == set(SCORES)


def test_other_languages_show_no_sign(nlp):
    _, _, signs = segment(answers(["Bitte machen Sie das Fenster zu, es ist sehr kalt hier."]), Segment(), nlp)
    assert set(signs["sign"]) == {""}


@PROPERTY
@given(texts=st.lists(st.sampled_from(INVENTED), min_size=1, max_size=6), seed=st.randoms(use_true_random=False))
def test_an_answer_is_judged_by_itself_and_in_any_order(texts, seed, nlp):
    responses = answers(texts)
    order = list(range(len(texts)))
    seed.shuffle(order)
    _, whole = found(responses, nlp)
    pd.testing.assert_frame_equal(whole, found(responses.iloc[order], nlp)[1])
    alone = found(responses.head(1), nlp)[1]
    kept = whole[whole["unit_id"].isin(alone["unit_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, kept)


def test_masking_changes_no_id_and_no_sign(nlp):
    responses = answers(["Please ring Dr Howard on 01632 960123 before noon."])
    (one, red, first), (two, _, second) = (segment(responses, Segment(mask_names=m), nlp) for m in (True, False))
    assert len(red) and first["unit_id"].tolist() == second["unit_id"].tolist()
    check(first, SIGNS_OF_PROPOSALS, "signs")
    assert set(first["sign"]) == {"please"} and one["unit_id"].tolist() == two["unit_id"].tolist()


def test_who_proposes_is_counted_among_those_who_mention(nlp):
    responses = answers(["The lift should be mended.", "The lift was slow and old.", "The lift should be mended."])
    units, proposals = found(responses, nlp)
    codes = units[units["n"] > 0].assign(theme_id="T01", probability=0.9, source="model")
    proposing = proposing_units(proposals, codes, units)
    mentions = responses.assign(theme_id="T01", probability=0.9, mentioned=[True, True, False])
    assert proposing["response_id"].tolist() == ["r000", "r002"]
    assert count_proposing(mentions, proposing, ["better"], "w") == (1, 2)
    assert count_proposing(mentions, proposing, ["good"], "w") == (0, 0)
