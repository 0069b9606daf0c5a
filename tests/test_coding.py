"""Coding: one row an answer and theme, gold wins, short answers are read by their question."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from coding_factory import code_responses
from counted import prevalence_of

from pipeline.foundation.contracts import CLOSED, HELDOUT, MENTIONS, UNIT_CODES
from pipeline.foundation.params import Code, Measure, parse
from pipeline.foundation.tables import check, empty
from pipeline.survey.description import Survey
from pipeline.text.encoder import Vectors
from pipeline.themes.codebook import Codebook, Example, Theme
from pipeline.themes.gold import Gold

D = 64


def encode(texts):
    """A stand-in encoder: words hashed into a bag, so that like words are near."""
    vectors = np.full((len(texts), D), 1e-3, np.float32)
    for i, text in enumerate(texts):
        for word in text.lower().split():
            vectors[i, int(hashlib.sha256(word.encode()).hexdigest(), 16) % D] += 1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


CODEBOOK = Codebook(
    themes=(
        Theme(id="T1", name="trust", examples=(Example(text="trust honesty"), Example(text="more trust"))),
        Theme(id="T2", name="money", examples=(Example(text="money funds"), Example(text="more money"))),
        Theme(id="T3", name="praise", questions=("better",), examples=(Example(text="nothing", question="better"),)),
    )
)
TEXTS = ["we need trust", "money money please", "trust and money", "weather", "nothing", "nothing", "n/a"]


def survey(extra=()):
    rows = []
    for i, text in enumerate([*TEXTS, *extra]):
        question = "good" if i == 5 else "better"
        status = "non_answer" if text in ("nothing", "n/a") else "answered"
        rows.append((f"r{i:02d}", "w", f"p{i:02d}", question, text, status, ""))
    columns = ["response_id", "wave", "respondent_id", "question_id", "text", "status", "reason"]
    responses = pd.DataFrame(rows, columns=columns).astype("str")
    units = pd.DataFrame(
        [
            (f"u{n}{r.response_id}", r.response_id, n, 0, len(r.text), r.text, "en")
            for r in responses.itertuples()
            if r.status == "answered"
            for n in (0, 1)
        ],
        columns=["unit_id", "response_id", "n", "start", "end", "text_id", "language"],
    )
    texts = sorted(set(units["text_id"]))
    return responses, units, Vectors(texts, encode(texts))


def gold(codes, by_person=True):
    """Gold from ``{response: [themes]}``."""
    responses = pd.DataFrame(
        [
            (r, "w", "good" if r == "r05" else "better", r.replace("r", "p"), "ann", "random", by_person, "")
            for r in codes
        ],
        columns=["response_id", "wave", "question_id", "respondent_id", "coder", "sample", "by_person", "time"],
    )
    pairs = pd.DataFrame([(r, t) for r, ts in codes.items() for t in ts], columns=["response_id", "theme_id"])
    return Gold(responses, pairs.astype("str"), {}, 0)


def run(codes=None, extra=(), codebook=CODEBOOK, by_person=True):
    responses, units, vectors = survey(extra)
    coded = code_responses(responses, units, vectors, codebook, gold(codes or {}, by_person), encode, Code(folds=3), 1)
    check(coded.mentions, MENTIONS, "mentions")
    check(coded.unit_codes, UNIT_CODES, "units")
    check(coded.heldout, HELDOUT, "heldout")
    return coded


def said(coded, response_id):
    rows = coded.mentions[(coded.mentions["response_id"] == response_id) & coded.mentions["mentioned"]]
    return set(rows["theme_id"])


def test_the_codebook_alone_codes_and_leaves_none():
    coded = run()
    assert said(coded, "r00") == {"T1"}
    assert said(coded, "r01") == {"T2"}
    assert "T3" not in said(coded, "r03")


def test_every_codable_response_has_a_row_for_every_theme_of_its_question():
    coded = run()
    rows = coded.mentions.groupby("response_id")["theme_id"].agg(set)
    assert rows["r00"] == {"T1", "T2", "T3"}
    assert "r06" not in rows


def test_a_non_answer_is_read_by_its_question():
    coded = run()
    assert said(coded, "r04") == {"T3"}
    assert "r05" not in set(coded.mentions["response_id"])


def test_gold_gives_a_non_answer_its_theme_and_is_held_out_from_itself():
    plain = Codebook(themes=CODEBOOK.themes[:2])
    extra = ["nothing"] * 6
    codes = {f"r{i:02d}": ["T1"] for i in (7, 8, 9)}
    coded = run(codes, extra, plain)
    assert all(said(coded, f"r{i:02d}") == {"T1"} for i in (4, 7, 10))
    alone = run({"r07": ["T1"]}, extra, plain)
    held = alone.heldout[alone.heldout["response_id"] == "r07"]
    assert not held["mentioned"].any()
    assert said(alone, "r07") == {"T1"}


def test_a_survey_without_non_answers_is_coded():
    responses, units, vectors = survey()
    kept = responses[responses["status"] == "answered"]
    coded = code_responses(kept, units, vectors, CODEBOOK, gold({}), encode, Code(folds=3), 1)
    assert set(coded.mentions["response_id"]) == set(kept["response_id"])


def test_gold_wins_and_says_who():
    coded = run({"r00": ["T2"], "r03": []})
    assert said(coded, "r00") == {"T2"}
    assert said(coded, "r03") == set()
    by = coded.mentions.groupby("response_id")["source"].agg(set)
    assert by["r00"] == {"person"}
    assert by["r01"] == {"model"}


def test_codes_changed_after_seeing_the_machines_are_what_is_reported():
    responses, units, vectors = survey()
    blind = gold({"r00": ["T2"], "r01": ["T1"]})
    later = Gold(blind.responses, blind.codes, {}, 0, checked={"r00": ("T1", "T3")})
    one, two = (
        code_responses(responses, units, vectors, CODEBOOK, each, encode, Code(folds=3), 1) for each in (blind, later)
    )
    assert said(two, "r00") == {"T1", "T3"}
    assert said(two, "r01") == {"T1"}
    # They teach and measure nothing: what is predicted is as it was.
    pd.testing.assert_frame_equal(one.heldout, two.heldout)
    pd.testing.assert_series_equal(one.mentions["probability"], two.mentions["probability"])


def test_a_question_that_people_coded_throughout_is_reported_as_by_people():
    answers = {"r00": ["T1"], "r01": ["T2"], "r02": ["T1", "T2"], "r03": [], "r04": ["T3"]}
    respondents = pd.DataFrame({"wave": "w", "respondent_id": [f"p{i:02d}" for i in range(7)], "weight": 1.0})
    asked = parse(
        Survey,
        {
            "waves": {"w": {"file": "f", "sha256": "x"}},
            "questions": {q: {"columns": [q], "kind": "open"} for q in ("better", "good")},
        },
        "survey.yaml",
    )
    methods = []
    for codes in (answers, {r: answers[r] for r in ("r00", "r01", "r02", "r04")}):
        mentions = run(codes).mentions
        prevalence = prevalence_of(mentions, respondents, empty(CLOSED), asked, Measure())
        methods.append(set(prevalence.loc[prevalence["question_id"] == "better", "method"]))
    assert methods == [{"person"}, {"uncorrected"}]


def test_a_machine_reader_is_never_called_a_person():
    coded = run({"r00": ["T2"]}, by_person=False)
    assert said(coded, "r00") == {"T2"}
    assert set(coded.mentions["source"]) == {"model"}


def test_held_out_rows_are_exactly_the_gold_responses():
    coded = run({"r00": ["T1"], "r01": ["T2"], "r04": ["T3"]})
    assert set(coded.heldout["response_id"]) == {"r00", "r01", "r04"}


def test_every_mention_of_an_answer_is_carried_by_a_unit():
    coded = run({"r03": ["T1"]})
    carried = set(zip(coded.unit_codes["unit_id"].str[2:], coded.unit_codes["theme_id"], strict=True))
    mentioned = coded.mentions[coded.mentions["mentioned"] & ~coded.mentions["response_id"].isin(["r04"])]
    assert set(zip(mentioned["response_id"], mentioned["theme_id"], strict=True)) == carried


def test_an_empty_codebook_codes_nothing():
    coded = run(codebook=Codebook())
    assert coded.mentions.empty
    assert coded.coder is None


def test_row_order_changes_nothing():
    responses, units, vectors = survey(["trust is money", "fund us"])
    marked = gold({"r00": ["T1"], "r01": ["T2"], "r07": ["T1", "T2"]})
    one = code_responses(responses, units, vectors, CODEBOOK, marked, encode, Code(folds=3), 1)
    two = code_responses(
        responses.sample(frac=1, random_state=3),
        units.sample(frac=1, random_state=4),
        vectors,
        CODEBOOK,
        marked,
        encode,
        Code(folds=3),
        1,
    )
    for name, contract in (("mentions", MENTIONS), ("unit_codes", UNIT_CODES), ("heldout", HELDOUT)):
        pd.testing.assert_frame_equal(check(getattr(one, name), contract, ""), check(getattr(two, name), contract, ""))


def test_a_withdrawn_example_is_left_out():
    theme = Theme(id="T9", name="weather", examples=(Example(response_id="gone", start=0, end=3),))
    coded = run(codebook=Codebook(themes=(*CODEBOOK.themes, theme)))
    assert said(coded, "r03") >= {"T9"}


@pytest.mark.parametrize("seed", range(3))
def test_a_seed_changes_folds_and_nothing_else_of_the_shape(seed):
    responses, units, vectors = survey()
    coded = code_responses(
        responses,
        units,
        vectors,
        CODEBOOK,
        gold({"r00": ["T1"], "r01": ["T2"], "r02": ["T1"]}),
        encode,
        Code(folds=3),
        seed,
    )
    assert len(coded.heldout) == 9


def test_what_a_theme_includes_teaches_the_coder():
    named = Theme(id="T9", name="climate", include="weather and rain")
    assert "T9" in said(run(codebook=Codebook(themes=(*CODEBOOK.themes, named))), "r03")
    bare = named.model_copy(update={"include": ""})
    assert "T9" not in said(run(codebook=Codebook(themes=(*CODEBOOK.themes, bare))), "r03")
