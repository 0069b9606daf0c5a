"""Answers that read like the other side: made-up vectors, no text from any survey."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.contradictions import CLEAR, FEWEST, clearly_other, find_contradictions
from pipeline.foundation.contracts import CONTRADICTIONS, PROPOSALS
from pipeline.foundation.params import parse
from pipeline.foundation.tables import check, empty
from pipeline.survey.description import Survey
from pipeline.text.encoder import Vectors

SURVEY = parse(
    Survey,
    {
        "waves": {"w": {"file": "f", "sha256": "0" * 64}},
        "questions": {
            "mood": {"columns": ["How do you feel?"], "kind": "single"},
            "why": {
                "columns": ["Why?"],
                "kind": "open",
                "explains": "mood",
                "sides": {"glad": ["Glad"], "sad": ["Sad"]},
            },
        },
    },
    "survey.yaml",
)


def made(glad=60, sad=60, swapped=(0,)):
    """Answers whose vectors show their side; those of `swapped` show the other."""
    rng = np.random.default_rng(5)
    side = np.array(["Glad"] * glad + ["Sad"] * sad)
    shows = np.where(side == "Glad", 1.0, -1.0)
    shows[list(swapped)] *= -1
    vectors = np.column_stack([3 * shows, rng.normal(size=(len(side), 4))]).astype(np.float32)
    ids = [f"r{i:03}" for i in range(len(side))]
    responses = pd.DataFrame(
        {"response_id": ids, "wave": "w", "respondent_id": ids, "question_id": "why", "status": "answered"}
    )
    units = pd.DataFrame({"response_id": ids, "n": 0, "text_id": ids})
    closed = pd.DataFrame({"wave": "w", "respondent_id": ids, "question_id": "mood", "value": side})
    return responses, units, Vectors(ids, vectors), closed


def found(responses, units, vectors, closed, proposals=None):
    proposals = empty(PROPOSALS) if proposals is None else proposals
    return check(
        find_contradictions(responses, units, vectors, closed, SURVEY, proposals, 7), CONTRADICTIONS, "contradictions"
    )


def test_only_what_clearly_shows_the_other_side_is_listed():
    table = found(*made(swapped=(0, 3, 100))).set_index("response_id")
    assert sorted(table.index[table["to_read"]]) == ["r000", "r003", "r100"]
    assert table.loc["r000", ["side", "reads_like"]].tolist() == ["glad", "sad"]
    assert (table.loc[table["to_read"], "probability"] >= CLEAR).all() and len(table) == 120


def test_an_answer_that_proposes_is_not_listed():
    proposals = pd.DataFrame({"unit_id": ["u"], "response_id": ["r000"], "proposes": [True]})
    table = found(*made(swapped=(0, 3)), proposals).set_index("response_id")
    assert table.index[table["to_read"]].tolist() == ["r003"]


@pytest.mark.parametrize(("sad", "rows"), [(FEWEST - 1, 0), (FEWEST, 60 + FEWEST)])
def test_a_small_side_tells_nothing(sad, rows):
    assert len(found(*made(sad=sad))) == rows


def test_who_ticked_both_sides_or_none_is_left_out():
    responses, units, vectors, closed = made()
    both = pd.DataFrame({"wave": ["w"], "respondent_id": ["r005"], "question_id": ["mood"], "value": ["Sad"]})
    closed = pd.concat([closed[closed["respondent_id"] != "r007"], both])
    assert not {"r005", "r007"} & set(found(responses, units, vectors, closed)["response_id"])


def test_row_order_changes_nothing():
    responses, units, vectors, closed = made(swapped=(0, 3))
    mixed = [table.sample(frac=1, random_state=1) for table in (responses, units, closed)]
    pd.testing.assert_frame_equal(
        found(responses, units, vectors, closed), found(mixed[0], mixed[1], vectors, mixed[2])
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=2, max_size=40))
def test_nothing_unclear_or_of_its_own_side_is_listed(rows):
    first, own = np.array([p for p, _ in rows]), np.array([side for _, side in rows])
    own[:2] = (0, 1)
    probability = np.column_stack([first, 1 - first])
    listed = clearly_other(probability, own)
    other = probability[np.arange(len(own)), 1 - own]
    assert not (listed & (other < CLEAR)).any()
    # A clearer answer is never passed over for one that is less clear.
    for side in (0, 1):
        mine = own == side
        if (mine & listed).any():
            assert listed[mine & (other > other[mine & listed].min())].all()
