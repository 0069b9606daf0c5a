from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.review.units import UNSURE, Filters, list_units, select, with_standing
from pipeline.themes.codebook import Codebook, Example, Former, Theme

ANSWERS = {"r1": "Kind staff and clean rooms", "r2": "ask Julie about MONEY", "r3": "nothing more"}


def listed():
    units = pd.DataFrame(
        [
            ("u10", "r1", 0, 0, 26), ("u11", "r1", 1, 0, 10), ("u12", "r1", 2, 15, 26),
            ("u20", "r2", 0, 0, 21), ("u21", "r2", 1, 0, 21), ("u30", "r3", 0, 0, 12), ("u31", "r3", 1, 0, 12),
        ],
        columns=["unit_id", "response_id", "n", "start", "end"],
    ).assign(text_id="t", language="en")  # fmt: skip
    responses = pd.DataFrame(
        [("r1", "1", "a", "q"), ("r2", "2", "a", "q"), ("r3", "2", "b", "p")],
        columns=["response_id", "wave", "respondent_id", "question_id"],
    ).assign(text=list(ANSWERS.values()), status="answered", reason="")
    codes = pd.DataFrame(
        [("u11", "T1", UNSURE - 0.01, "model"), ("u12", "T2", 0.9, "model"), ("u21", "T2", 0.3, "person"),
         ("gone", "T1", 0.9, "model")],
        columns=["unit_id", "theme_id", "probability", "source"],
    )  # fmt: skip
    return list_units(units, responses, {"r2": [(4, 9, "NAME")]}, codes)


def standing(themes=("T1", "T2"), former=(), units=None, confirmed=None, examples=()):
    made = tuple(Theme(id=t, name=f"Name {t}", examples=examples if t == "T2" else ()) for t in themes)
    codebook = Codebook(themes=made, former=former)
    return SimpleNamespace(codebook=codebook, units=units or {}, confirmed=confirmed or {})


def found(unit_list, people=None, disputed=(), **filters):
    rows = select(unit_list, Filters(**filters), people or {}, disputed)
    return list(unit_list.table["unit_id"].iloc[rows])


def test_whole_answers_are_not_listed_and_words_are_masked():
    mine = listed()
    assert list(mine.table["unit_id"]) == ["u31", "u11", "u12", "u21"]
    assert mine.table["shown"].iloc[3] == "ask [NAME] about MONEY"
    assert mine.codes(1) == [("T1", UNSURE - 0.01)] and mine.codes(3) == [("T2", None)] and not mine.codes(0)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["u31", "u11", "u12", "u21"]),
        ({"theme": "T2"}, ["u12", "u21"]),
        ({"theme": "T9"}, []),
        ({"theme": "-"}, ["u31"]),
        ({"only": "uncoded"}, ["u31"]),
        ({"only": "unsure"}, ["u11"]),
        ({"only": "people"}, []),
        ({"only": "disagreement", "disputed": ["r2"]}, ["u21"]),
        ({"wave": "2", "question": "q"}, ["u21"]),
        ({"text": "money"}, ["u21"]),
        ({"text": "Julie"}, []),
        ({"text": "["}, ["u21"]),
        ({"segment": "s=1", "people": {"s=1": {("2", "b")}}}, ["u31"]),
        ({"segment": "s=2"}, []),
        ({"theme": "T2", "text": "clean", "wave": "1"}, ["u12"]),
    ],
)
def test_filters(filters, expected):
    assert found(listed(), **filters) == expected


def test_the_least_sure_come_first():
    mine = listed()
    probability = mine.probability.copy()
    probability[2, 1] = 0.1
    assert found(replace(mine, probability=probability), only="unsure") == ["u12", "u11"]


def test_merged_themes_give_the_union_and_retired_ones_nothing():
    merged = standing(("T1",), (Former(id="T2", name="Name T2", fate="merged", into=("T1",)),))
    assert found(with_standing(listed(), merged), theme="T1") == ["u11", "u12", "u21"]
    retired = standing(("T1",), (Former(id="T2", name="Name T2", fate="retired"),))
    assert found(with_standing(listed(), retired), theme="-") == ["u31", "u12", "u21"]


def test_reassigned_and_confirmed_units():
    units = {("r1", 0, 10, "T1"): False, ("r1", 0, 10, "T2"): True, ("r9", 0, 1, "T1"): True}
    mine = with_standing(listed(), standing(units=units, confirmed={"r3": ()}))
    assert mine.codes(1) == [("T2", None)]
    assert found(mine, only="people") == ["u31", "u11"]


def test_words_that_are_an_example_carry_their_theme():
    example = Example(response_id="r3", start=0, end=12)
    mine = with_standing(listed(), standing(examples=(example, Example(text="of the codebook"))))
    assert mine.codes(0) == [("T2", None)]
    taken = with_standing(listed(), standing(examples=(example,), units={("r3", 0, 12, "T2"): False}))
    assert not taken.codes(0)


@given(st.lists(st.sampled_from(["theme", "wave", "question", "text"]), unique=True), st.data())
def test_every_filter_only_takes_away(names, data):
    values = {"theme": ["T1", "T2", "-"], "wave": ["1", "2"], "question": ["p", "q"], "text": ["a", "staff"]}
    chosen = {name: data.draw(st.sampled_from(values[name])) for name in names}
    mine = listed()
    together = set(found(mine, **chosen))
    assert together == set.intersection(set(found(mine)), *(set(found(mine, **{n: v})) for n, v in chosen.items()))
    assert np.all(np.diff(select(mine, Filters(**chosen), {}, ())) > 0)
