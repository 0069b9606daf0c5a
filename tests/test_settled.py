"""What decisions settle of the coding: words reassigned, answers confirmed, splits followed, and nothing lost."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.foundation.contracts import GOLD, MENTIONS, UNIT_CODES
from pipeline.foundation.params import parse
from pipeline.foundation.tables import check
from pipeline.survey.description import Survey
from pipeline.themes.codebook import Codebook, Theme
from pipeline.themes.decisions import draft, words
from pipeline.themes.gold import gold_of, gold_table, match_gold
from pipeline.themes.replay import replay, seen_of
from pipeline.themes.settled import counting, settle_gold, settle_units

CODEBOOK = Codebook(themes=tuple(Theme(id=f"T{i}", name=f"theme {i}") for i in (1, 2, 3)))
TEXTS = {f"r{i}": f"first words {i}. second words {i}." for i in range(6)}
SURVEY = parse(
    Survey,
    {"waves": {"w": {"file": "f", "sha256": "x"}}, "questions": {"why": {"columns": ["Why?"], "kind": "open"}}},
    "survey.yaml",
)
RESPONSES = pd.DataFrame(
    [(r, "w", f"p{r[1]}", "why", text, "non_answer" if r == "r5" else "answered", "") for r, text in TEXTS.items()],
    columns=["response_id", "wave", "respondent_id", "question_id", "text", "status", "reason"],
)
UNITS = pd.DataFrame(
    [
        (f"{r}.{n}", r, n, start, end, f"{r}.{n}", "en")
        for r, text in TEXTS.items()
        for n, (start, end) in enumerate([(0, len(text)), (0, 14), (15, len(text))])
    ],
    columns=["unit_id", "response_id", "n", "start", "end", "text_id", "language"],
)
ANSWERED = [r for r in TEXTS if r != "r5"]
MENTIONED = pd.DataFrame(
    [
        ("w", "why", f"p{r[1]}", r, t, 0.8 if t == "T1" else 0.1, t == "T1", False, "model")
        for r in ANSWERED
        for t in ("T1", "T2", "T3")
    ],
    columns=list(MENTIONS.columns),
)
CODES = pd.DataFrame(
    [(f"{r}.{n}", "T1", 0.8, "model") for r in ANSWERED for n in (1, 2)], columns=list(UNIT_CODES.columns)
)


def gold(*rows):
    return pd.DataFrame(
        [(person, "w", "why", code, coder, "random", n) for n, (person, code, coder) in enumerate(rows, 2)],
        columns=["respondent_id", "wave", "question", "code", "coder", "sample", "line"],
    )


def after(*acts):
    standing = replay(CODEBOOK, [], TEXTS)
    for n, (act, fields) in enumerate(acts):
        decision = draft(act, "ann", **fields)
        target = {k: getattr(decision, k) for k in type(decision).model_fields if k not in ("act", "seen")}
        update = {"seen": seen_of(act, standing, TEXTS, **target), "time": f"{n:05d}"}
        standing = replay(CODEBOOK, [*standing.decisions, decision.model_copy(update=update)], TEXTS)
    return standing


def settled(standing, *rows, nearest=lambda responses, themes: dict.fromkeys(responses, themes[0])):
    return settle_gold(match_gold(gold(*rows), SURVEY, RESPONSES, standing.codebook), standing, RESPONSES, nearest)


def units(standing, gold_=None, mentions=MENTIONED):
    cells = counting(standing.units, RESPONSES, standing.codebook, gold_ or settled(standing))
    mentions, codes = settle_units(mentions, CODES, UNITS, RESPONSES, standing.codebook, cells)
    return check(mentions, MENTIONS, "m"), check(codes, UNIT_CODES, "u"), len(standing.units) - len(cells)


def said(mentions, response):
    mine = mentions[mentions["response_id"] == response].set_index("theme_id")
    return {t: (bool(row["mentioned"]), row["source"]) for t, row in mine.iterrows()}


def reassign(response, start, end, theme="", into=""):
    return "reassign", {"response_id": response, "start": start, "end": end, "theme_id": theme, "into": into}


def test_a_theme_taken_from_one_unit_is_still_mentioned_where_another_carries_it():
    mentions, codes, _ = units(after(reassign("r0", 0, 14, "T1", "T2")))
    assert said(mentions, "r0") == {"T1": (True, "model"), "T2": (True, "person"), "T3": (False, "model")}
    assert set(codes.loc[codes["unit_id"] == "r0.1", "theme_id"]) == {"T2"}
    assert said(mentions, "r1")["T1"] == (True, "model")


def test_a_theme_taken_from_every_unit_is_mentioned_no_more():
    mentions, codes, _ = units(after(reassign("r0", 0, 14, "T1"), reassign("r0", 15, len(TEXTS["r0"]), "T1")))
    assert said(mentions, "r0")["T1"] == (False, "person")
    assert not codes["unit_id"].str.startswith("r0").any()
    assert said(units(after(reassign("r0", 0, len(TEXTS["r0"]), "T1")))[0], "r0")["T1"] == (False, "person")


def test_a_non_answer_can_be_given_a_theme_by_a_person():
    mentions, _, _ = units(after(reassign("r5", 0, 14, into="T3")))
    assert said(mentions, "r5") == {"T1": (False, "model"), "T2": (False, "model"), "T3": (True, "person")}


def test_gold_wins_over_a_reassignment():
    standing = after(reassign("r0", 0, 14, "T1", "T2"))
    mentions, _, passed = units(standing, settled(standing, ("p0", "T1", "bob")))
    assert said(mentions, "r0")["T2"] == (False, "model") and passed == 2


def test_a_confirmed_answer_teaches_and_measures_nothing():
    standing = after(("confirm", {"response_id": "r0", "themes": ["T2"]}))
    found = settled(standing, ("p1", "T1", "bob"))
    assert found.unmeasured == {"r0"}
    assert list(found.responses.set_index("response_id").loc["r0", ["coder", "by_person"]]) == ["ann", True]
    assert set(found.codes.itertuples(index=False, name=None)) == {("r0", "T2"), ("r1", "T1")}


def test_gold_of_a_person_wins_over_a_confirmation_and_a_machine_s_does_not():
    standing = after(("confirm", {"response_id": "r0", "themes": ["T2"]}))
    by_person, by_machine = settled(standing, ("p0", "T1", "bob")), settled(standing, ("p0", "T1", "machine:m"))
    assert by_person.codes["theme_id"].tolist() == ["T1"] and by_person.unmeasured == set()
    assert by_machine.codes["theme_id"].tolist() == ["T2"] and by_machine.unmeasured == {"r0"}


def split(sorted_=()):
    parts = [
        {"theme_id": f"P{i}", "name": f"part {i}", "examples": [words(TEXTS[f"r{i}"], f"r{i}", 0, 14)]} for i in (0, 1)
    ]
    rows = [{"response_id": r, "themes": list(t), "seen": words(TEXTS[r], r).seen} for r, t in sorted_]
    return "split", {"theme_id": "T1", "parts": parts, "sorted": rows}


def test_coded_answers_of_a_split_theme_go_where_they_were_sorted_and_else_by_a_guess_that_measures_nothing():
    standing = after(split([("r2", ["P1"]), ("r4", [])]))
    found = settled(standing, ("p2", "T1", "bob"), ("p3", "theme 1", "bob"), ("p3", "T2", "bob"), ("p4", "T1", "bob"))
    assert set(found.codes.itertuples(index=False, name=None)) == {("r2", "P1"), ("r3", "P0"), ("r3", "T2")}
    assert found.guessed == {("r3", "P0"), ("r3", "P1")}
    assert set(found.responses["response_id"]) == {"r2", "r3", "r4"}


def test_parts_that_were_merged_or_split_since_carry_the_codes_on():
    standing = after(split([("r2", ["P1"])]), ("merge", {"theme_id": "P1", "into": "T3"}))
    found = settled(standing, ("p2", "T1", "bob"))
    # What was sorted to a part goes with that part; nothing is guessed.
    assert found.codes.values.tolist() == [["r2", "T3"]] and found.guessed == set()


def test_codes_of_retired_themes_are_counted_and_not_scored():
    standing = after(("retire", {"theme_id": "T1"}))
    found = settled(standing, ("p2", "T1", "bob"), ("p3", "theme 1", "bob"))
    assert found.retired == {"theme 1": 2} and found.codes.empty and len(found.responses) == 2


def test_settled_gold_survives_its_table():
    standing = after(split(), ("confirm", {"response_id": "r0", "themes": []}))
    found = settled(standing, ("p2", "T1", "bob"), ("p3", "", "bob"))
    again = gold_of(check(gold_table(found), GOLD, "gold"))
    pd.testing.assert_frame_equal(again.responses, found.responses)
    pd.testing.assert_frame_equal(again.codes, found.codes)
    assert again.unmeasured == found.unmeasured and again.guessed == found.guessed & set(
        found.codes.itertuples(index=False, name=None)
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(TEXTS)), st.sampled_from("ab*"), *[st.sampled_from(["", *"123"])] * 2)))
def test_no_mention_is_lost_whatever_is_reassigned(acts):
    given_ = []
    for response, where, theme, into in acts:
        if theme != into:
            start, end = {"a": (0, 14), "b": (15, len(TEXTS[response])), "*": (0, len(TEXTS[response]))}[where]
            given_.append(reassign(response, start, end, theme and f"T{theme}", into and f"T{into}"))
    standing = after(*given_)
    mentions, codes, _ = units(standing)
    before = set(zip(MENTIONED["response_id"], MENTIONED["theme_id"], strict=True))
    assert before <= set(zip(mentions["response_id"], mentions["theme_id"], strict=True))
    shuffled, _, _ = units(standing, mentions=MENTIONED.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(shuffled, mentions)
    # A theme that words carry is mentioned by their answer.
    owner = dict(zip(UNITS["unit_id"], UNITS["response_id"], strict=True))
    carried = set(zip(codes["unit_id"].map(owner), codes["theme_id"], strict=True))
    yes = mentions[mentions["mentioned"]]
    assert carried <= set(zip(yes["response_id"], yes["theme_id"], strict=True))
    touched = {a[1]["response_id"] for a in given_}
    untouched = mentions[~mentions["response_id"].isin(touched)].reset_index(drop=True)
    expected = check(MENTIONED[~MENTIONED["response_id"].isin(touched)], MENTIONS, "m")
    pd.testing.assert_frame_equal(untouched, expected)


@pytest.mark.parametrize("heir", ["T2", "T3"])
def test_merging_gives_the_union_of_the_coded_respondents(heir):
    rows = [("p0", "T1", "bob"), ("p1", heir, "bob"), ("p2", "T1", "bob"), ("p2", heir, "bob"), ("p3", "", "bob")]
    found = settled(after(("merge", {"theme_id": "T1", "into": heir})), *rows)
    assert set(found.codes.itertuples(index=False, name=None)) == {("r0", heir), ("r1", heir), ("r2", heir)}
