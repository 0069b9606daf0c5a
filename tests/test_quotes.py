"""Quotes: verbatim, one a respondent, decisions stand, nothing added."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.quotes import choose_quotes, display, length_fit
from pipeline.foundation.contracts import CLOSED, QUOTES
from pipeline.foundation.params import Quote, parse
from pipeline.foundation.tables import check, empty
from pipeline.survey.description import Survey
from pipeline.text.encoder import Vectors
from pipeline.themes.decisions import Decision, append, approvals, fingerprint, load_decisions

SURVEY = parse(
    Survey,
    {
        "waves": {"w": {"file": "f", "sha256": "x"}},
        "questions": {
            "why": {
                "columns": ["Why?"],
                "kind": "open",
                "explains": "view",
                "sides": {"for": ["good"], "against": ["bad"]},
            },
            "view": {"columns": ["View"], "kind": "single"},
        },
    },
    "survey.yaml",
)
TEXTS = [
    "The council never answers our letters about the road",
    "Nobody at the council answers the phone, ever",
    "No",
    "Ask Priya at the council, she never answers letters",
    "Trains are late and the council does not care at all",
]


def tables(texts=TEXTS):
    ids = [f"r{i}" for i in range(len(texts))]
    people = [f"p{i}" for i in range(len(texts))]
    responses = pd.DataFrame(
        {"response_id": ids, "wave": "w", "respondent_id": people, "question_id": "why", "text": texts}
    )
    units = pd.DataFrame(
        {
            "unit_id": [f"u{i}" for i in range(len(texts))],
            "response_id": ids,
            "n": 1,
            "start": 0,
            "end": [len(t) for t in texts],
            "text_id": [f"t{i}" for i in range(len(texts))],
            "language": "en",
        }
    )
    mentions = responses[["wave", "question_id", "respondent_id", "response_id"]].assign(
        theme_id="T1", probability=0.8, mentioned=True, source="model"
    )
    codes = pd.DataFrame({"unit_id": units["unit_id"], "theme_id": "T1", "probability": 0.8, "source": "model"})
    vectors = np.eye(len(texts)) + 0.2
    return (
        mentions,
        codes,
        units,
        Vectors(list(units["text_id"]), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)),
        responses,
    )


def choose(given=None, standing=None, closed=None, redactions=None, **params):
    closed = empty(CLOSED) if closed is None else closed
    quotes = choose_quotes(*(given or tables()), redactions or {}, closed, SURVEY, standing or {}, Quote(**params))
    return check(quotes, QUOTES, "quotes")


def test_quotes_are_verbatim_spans_and_long_enough():
    quotes = choose()
    raw = dict(zip([f"r{i}" for i in range(5)], TEXTS, strict=True))
    assert set(quotes["response_id"]) == {"r0", "r1", "r3", "r4"}
    for row in quotes.to_dict("records"):
        assert row["display"] == " […] ".join(raw[row["response_id"]][s:e] for s, e in row["spans"])


def test_names_are_masked_and_the_raw_text_is_not_touched():
    quotes = choose(redactions={"r3": [(4, 9, "NAME")]})
    shown = quotes.set_index("response_id").loc["r3", "display"]
    assert shown == "Ask [NAME] at the council, she never answers letters"


def test_one_quote_a_respondent_and_theme():
    mentions, codes, units, vectors, responses = tables()
    responses["respondent_id"] = mentions["respondent_id"] = "p0"
    assert len(choose((mentions, codes, units, vectors, responses))) == 1


def test_quotes_by_side():
    closed = pd.DataFrame(
        [("w", "p0", "view", "good"), ("w", "p1", "view", "bad")], columns=list(CLOSED.columns)
    ).astype("str")
    quotes = choose(closed=closed)
    assert set(quotes.loc[quotes["segment"] == "side=for", "response_id"]) == {"r0"}
    assert set(quotes.loc[quotes["segment"] == "side=against", "response_id"]) == {"r1"}


def test_a_rejected_quote_is_not_chosen_and_an_approved_one_always_is():
    assert "r0" not in set(choose(standing={("T1", "r0"): (((0, 11),), False)})["response_id"])
    approved = choose(standing={("T1", "r2"): (((0, 2),), True)}).set_index("response_id")
    assert approved.loc["r2", ["display", "approved", "rank"]].tolist() == ["No", True, 1]


def test_ranks_run_from_one():
    quotes = choose(standing={("T1", "r4"): (((0, 15),), True)})
    assert sorted(quotes["rank"]) == list(range(1, len(quotes) + 1))
    assert quotes["approved"].sum() == 1


def test_the_number_asked_for_is_kept():
    assert len(choose(per_theme=2)) == 2


def test_several_spans_are_joined_by_a_mark():
    assert display("one two three four", ((0, 3), (8, 13)), []) == "one […] three"


def test_no_mentions_no_quotes():
    mentions, *rest = tables()
    assert choose((mentions.assign(mentioned=False), *rest)).empty


@given(st.permutations(range(5)))
@settings(max_examples=15, deadline=None)
def test_row_order_changes_nothing(order):
    mentions, codes, units, vectors, responses = tables()
    order = list(order)
    shuffled = (mentions.iloc[order], codes.iloc[order[::-1]], units.iloc[order], vectors, responses.iloc[order[::-1]])
    pd.testing.assert_frame_equal(choose(), choose(shuffled))


def test_the_fit_of_lengths_at_its_boundaries():
    assert length_fit(np.array([0, 8, 30, 90, 200])).tolist() == [0, 1, 1, 0, 0]


def decision(**change):
    base = {
        "id": "D1",
        "time": "2025-01-01T00:00:00",
        "reviewer": "ann",
        "act": "approve_quote",
        "theme_id": "T1",
        "response_id": "r0",
        "spans": ((0, 11),),
        "seen": fingerprint(TEXTS[0][:11]),
    }
    return Decision(**{**base, **change})


def test_decisions_replay_by_time_and_the_later_one_stands(tmp_path):
    append(decision(id="D2", time="2025-01-02", act="reject_quote"), tmp_path)
    append(decision(id="D1", time="2025-01-01", reviewer="bob"), tmp_path)
    loaded = load_decisions(tmp_path)
    assert [d.id for d in loaded] == ["D1", "D2"]
    standing, conflicts = approvals(loaded, pd.Series({"r0": TEXTS[0]}))
    assert standing == {("T1", "r0"): (((0, 11),), False)}
    assert conflicts == []


@pytest.mark.parametrize("texts", [{}, {"r0": "Other words now"}])
def test_a_decision_on_words_that_are_gone_is_a_conflict(texts):
    standing, conflicts = approvals([decision()], pd.Series(texts, dtype="str"))
    assert standing == {}
    assert len(conflicts) == 1
    assert "The council" not in conflicts[0]


@pytest.mark.parametrize(
    ("line", "message"), [("{", "line 1: not JSON"), ('{"id": "D"}', "line 1"), ('{"id": "D", "colour": 1}', "line 1")]
)
def test_a_broken_decision_names_its_line(tmp_path, line, message):
    from pipeline.foundation.errors import ThemebookError

    (tmp_path / "ann.jsonl").write_text(line + "\n")
    with pytest.raises(ThemebookError, match=message):
        load_decisions(tmp_path)
