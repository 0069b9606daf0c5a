"""Queues of coding: which answers come in which order, what is done, and what a coder did not code alike."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.foundation.contracts import MENTIONS, QUEUE
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import empty
from pipeline.review import queues
from pipeline.review.coding import Codings

TEXTS = ["More time", "more time!", "More time for us", "Trust", "trust them", "Money", "Less paper", "Paper"]
N = len(TEXTS)
IDS = [f"A{i:02d}" for i in range(N)]


def codings(*rows, wave=None):
    """Codings of invented answers from (cell, coder, codes, sample)."""
    cells = pd.DataFrame(
        {
            "cell_id": IDS,
            "wave": wave or ["1"] * N,
            "respondent_id": [f"p{i}" for i in range(N)],
            "question_id": "why",
            "response_ids": [[f"r{i}", f"s{i}"] for i in range(N)],
            "first": [f"r{i}" for i in range(N)],
            "answered": True,
        }
    )
    given_, samples = {}, {}
    for cell, coder, codes, sample in rows:
        given_.setdefault(cell, {})[coder] = frozenset(codes.split())
        samples.setdefault(cell, {})[coder] = sample
    return Codings(cells, given_, samples)


def vectors():
    """Words as directions."""
    words = sorted({w.strip("!").lower() for text in TEXTS for w in text.split()})
    rows = np.array([[w in text.lower().strip("!").split() for w in words] for text in TEXTS], float)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


WORDS = dict(zip(IDS, TEXTS, strict=True))


def test_everything_stands_like_beside_like_and_what_a_person_coded_is_done():
    now = codings(("A00", "ann", "T1", "all"), ("A01", "machine:m", "T1", "random"))
    queue = queues.everything(now, IDS, WORDS, vectors())
    assert sorted(queue.cells) == IDS
    for one, other in (("A00", "A01"), ("A03", "A04"), ("A06", "A07")):
        assert abs(queue.cells.index(one) - queue.cells.index(other)) == 1
    assert queue.done == {"A00"}
    assert len(queue.left) == N - 1
    assert set(queue.samples.values()) == {"all"}


def test_a_scope_is_a_wave_and_a_question():
    now = codings(wave=["1"] * 3 + ["2"] * 5)
    assert queues.scope(now, wave="1") == IDS[:3]
    assert queues.scope(now, question_id="why") == IDS
    with pytest.raises(ThemebookError, match="wave `3`"):
        queues.scope(now, wave="3")


@settings(deadline=None)
@given(seed=st.integers(0, 50), order=st.permutations(IDS))
def test_the_random_order_hangs_on_seed_and_ids_only(seed, order):
    now = codings(("A02", "bob", "T1", "active"), ("A05", "bob", "T1", "random"))
    queue = queues.at_random(now, order, seed)
    assert queue == queues.at_random(now, IDS, seed)
    assert queue.done == {"A02", "A05"}
    assert queue.passed == {"A02"}
    for cell in queue.left:
        before = queue.cells.index("A02") < queue.cells.index(cell)
        assert queue.drawn_with(cell) == (("A02",) if before else ())


def test_stopping_anywhere_leaves_every_answer_the_same_chance():
    first = [queues.at_random(codings(), IDS, seed).left[:2] for seed in range(1000)]
    share = pd.Series([cell for pair in first for cell in pair]).value_counts() / len(first)
    assert share.between(2 / N - 0.05, 2 / N + 0.05).all()
    assert len(share) == N


def test_what_was_coded_throughout_needs_no_promotion():
    whole = codings(*((cell, "ann", "T1", "all") for cell in IDS))
    assert queues.at_random(whole, IDS, 1).passed == frozenset()
    part = codings(*((cell, "ann", "T1", "all") for cell in IDS[:4]))
    assert queues.at_random(part, IDS, 1).passed == set(IDS[:4])


def of(mentions):
    return lambda responses: mentions[mentions["response_id"].isin(responses)]


def test_active_follows_the_coders_ranks_and_then_its_doubts():
    ranks = pd.DataFrame({"response_id": ["s5", "r1"], "rank": [1, 2], "expected_errors": [2.0, 1.0], "unsure": 0})
    rows = [("1", "why", "p", f"r{i}", "T1", p, p >= 0.5, False, "model") for i, p in ((0, 0.9), (2, 0.55), (1, 0.5))]
    mentions = pd.DataFrame(rows, columns=list(MENTIONS.columns))
    queue = queues.active(codings(("A02", "ann", "", "all")), IDS, ranks[list(QUEUE.columns)], of(mentions))
    assert queue.cells[:4] == ("A05", "A01", "A02", "A00")
    assert queue.done == {"A02"}
    assert set(queue.samples.values()) == {"active"}
    assert queues.active(codings(), IDS, empty(QUEUE), of(empty(MENTIONS))).cells == tuple(IDS)


def test_a_second_coder_gets_what_others_coded_with_its_sample():
    now = codings(
        ("A00", "ann", "T1", "random"),
        ("A01", "ann", "T1", "active"),
        ("A01", "bob", "T2", "active"),
        ("A02", "bob", "T1", "all"),
        ("A03", "machine:m", "T1", "random"),
        ("A04", "adjudicated:ann", "T1", "random"),
    )
    queue = queues.second(now, IDS, "bob", 3)
    assert set(queue.cells) == {"A00", "A01"}
    assert queue.left == ("A00",)
    assert queue.samples == {"A00": "random", "A01": "active"}


def test_what_persons_coded_differently_is_to_be_adjudicated():
    now = codings(
        ("A00", "ann", "T1", "random"),
        ("A00", "bob", "T1 T2", "all"),
        ("A01", "ann", "T1", "all"),
        ("A01", "bob", "", "all"),
        ("A01", "adjudicated:bob", "T1", "all"),
        ("A02", "ann", "T1", "all"),
        ("A02", "bob", "T1", "all"),
        ("A03", "ann", "T1", "all"),
        ("A03", "machine:m", "T2", "all"),
        ("A03", "checked:ann", "T2", "all"),
    )
    queue = queues.to_adjudicate(now, IDS)
    assert queue.cells == ("A00", "A01")
    assert queue.left == ("A00",)
    assert queue.samples["A00"] == "random"


def test_progress_counts_by_question_and_wave():
    now = codings(
        ("A00", "ann", "T1", "all"),
        ("A00", "bob", "", "all"),
        ("A01", "machine:m", "T1", "random"),
        ("A05", "ann", "T1", "all"),
        wave=["1"] * 3 + ["2"] * 5,
    )
    table = queues.progress(now, code_all=4)
    assert table.values.tolist() == [["why", "1", 3, 1, 1, 1, 1, True], ["why", "2", 5, 1, 0, 0, 0, False]]
    assert queues.progress(now, code_all=5)["altogether"].all()


def test_like_answers_coded_differently_come_most_alike_first():
    now = codings(
        ("A00", "ann", "T1", "all"),
        ("A01", "ann", "T2", "all"),
        ("A02", "ann", "T2 T3", "all"),
        ("A03", "ann", "T4", "all"),
        ("A04", "ann", "T4", "all"),
        ("A05", "bob", "T1", "all"),
        ("A06", "ann", "T5", "all"),
        ("A07", "ann", "", "all"),
    )
    found = queues.inconsistencies(now, "ann", WORDS, vectors())
    assert found[0] == queues.Inconsistency(("A00",), ("A01",), 1.0, ("T1",), ("T2",))
    assert [(each.first, each.second) for each in found[1:]] == [
        (("A00",), ("A02",)),
        (("A01",), ("A02",)),
        (("A06",), ("A07",)),
    ]
    assert found[2].only_first == ()
    assert found[2].only_second == ("T3",)
    assert found[3].alike == pytest.approx(0.7071, abs=1e-3)
    assert len(queues.inconsistencies(now, "ann", WORDS, vectors(), bound=0.71)) == 1
    assert queues.inconsistencies(now, "bob", WORDS, vectors()) == []


def test_same_words_with_the_same_codes_stand_together():
    rows = [("A00", "ann", "T1", "all"), ("A01", "ann", "T1", "all"), ("A02", "ann", "T2", "all")]
    found = queues.inconsistencies(codings(*rows), "ann", {**WORDS, "A02": "MORE TIME"}, vectors())
    assert [(each.first, each.second, each.alike) for each in found] == [(("A00", "A01"), ("A02",), 1.0)]
    # What she checked against the machine is what she says now.
    later = codings(*rows, ("A02", "checked:ann", "T1", "all"))
    assert queues.inconsistencies(later, "ann", {**WORDS, "A02": "MORE TIME"}, vectors()) == []
