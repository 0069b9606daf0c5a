"""Drawing answers to code: the random part is fair however often it is drawn, the active part is varied."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.themes.codebook import Codebook, Theme
from pipeline.themes.sampling import TOO_ALIKE, cell_id, doubts, draw, frame, in_sheet_order

KEY = ["wave", "respondent_id", "question_id"]


def cells_of(n, questions=1):
    rows = [(f"c{i:03d}", "w", f"p{i}", f"q{i % questions}", [f"r{i}"], f"r{i}") for i in range(n)]
    return pd.DataFrame(rows, columns=["cell_id", *KEY, "response_ids", "first"])


def gold_of(**samples):
    return pd.DataFrame([(c, s) for s, cs in samples.items() for c in cs], columns=["cell_id", "sample"])


def vectors_of(n, seed=0, d=16):
    vectors = np.random.default_rng(seed).normal(size=(n, d))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def drawn(n, asked, share=0.5, seed=1, coded=None, doubt=None, **options):
    cells = cells_of(n)
    doubt = np.random.default_rng(5).random((n, 3)) if doubt is None else doubt
    coded = gold_of() if coded is None else coded
    return draw(cells, coded, doubt, options.pop("vectors", vectors_of(n)), asked, share, seed, **options)


def part(drawn_, sample):
    return set(drawn_.rows.loc[drawn_.rows["sample"] == sample, "cell_id"])


@pytest.mark.parametrize(("share", "random"), [(0.0, 0), (0.5, 10), (1.0, 20)])
def test_the_split_is_as_asked(share, random):
    made = drawn(100, 20, share)
    assert (len(part(made, "random")), len(part(made, "active"))) == (random, 20 - random)


def test_coded_answers_are_not_drawn_again():
    coded = gold_of(random=["c001", "c002"], active=["c003"], all=["c004"], convenience=["c005"])
    made = drawn(10, 10, coded=coded)
    assert set(made.rows["cell_id"]) & set(coded["cell_id"]) == set()
    # `all` is by chance only where the whole question is coded.
    assert set(made.promoted) <= {"c003", "c004", "c005"}


def test_where_everything_is_coded_nothing_is_drawn():
    assert drawn(3, 5, coded=gold_of(active=["c000", "c001", "c002"])).rows.empty


@pytest.mark.parametrize("others", ["active", "convenience"])
def test_two_draws_with_active_gold_between_are_one_simple_random_sample(others):
    """Every answer is in the random part equally often, those coded because the coder was unsure of them too."""
    n, seeds = 30, 500
    sure_of = [f"c{i:03d}" for i in range(8)]
    counts = np.zeros(n)
    for seed in range(seeds):
        one = drawn(n, 6, 1.0, seed)
        first = part(one, "random")
        coded = gold_of(random=sorted(first), **{others: [c for c in sure_of if c not in first]})
        two = drawn(n, 5, 1.0, seed, coded=coded)
        union = first | part(two, "random") | set(two.promoted)
        assert len(union) == 11
        counts[[int(c[1:]) for c in union]] += 1
    expected = seeds * 11 / n
    spread = np.sqrt(expected * (1 - 11 / n))
    assert np.abs(counts - expected).max() < 4 * spread
    assert abs(counts[:8].mean() - counts[8:].mean()) < 4 * spread / np.sqrt(8)


def test_what_was_left_uncoded_comes_first_again():
    one = part(drawn(50, 10, 1.0), "random")
    done = sorted(one)[:4]
    two = part(drawn(50, 10, 1.0, coded=gold_of(random=done)), "random")
    assert one - set(done) <= two


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(40)))
def test_row_order_changes_nothing(order):
    cells, doubt, vectors = cells_of(40), np.random.default_rng(5).random((40, 3)), vectors_of(40)
    made = draw(cells, gold_of(), doubt, vectors, 12, 0.5, 3)
    rows = cells.iloc[order]
    sorted_rows = rows.sort_values("cell_id")
    pd.testing.assert_frame_equal(
        made.rows, draw(sorted_rows.reset_index(drop=True), gold_of(), doubt, vectors, 12, 0.5, 3).rows
    )
    one, two = (in_sheet_order(table, ["q0"], 3)["cell_id"].tolist() for table in (cells, rows))
    assert one == two


def test_the_active_part_prefers_doubt_and_spreads_it_over_themes():
    doubt = np.zeros((40, 2))
    doubt[:10, 0], doubt[10:13, 1], doubt[13:, 0] = 0.45, 0.4, 0.01
    active = {int(c[1:]) for c in part(drawn(40, 6, 0.0, doubt=doubt, vectors=np.eye(40)), "active")}
    assert active <= set(range(13))
    assert len(active & {10, 11, 12}) == 3


@pytest.mark.parametrize("doubtful", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_no_two_of_the_active_part_are_nearly_the_same(doubtful, seed):
    base = vectors_of(10, seed)
    near = np.repeat(base, 6, axis=0) + 0.01 * np.random.default_rng(seed).normal(size=(60, 16))
    near /= np.linalg.norm(near, axis=1, keepdims=True)
    doubt = np.random.default_rng(seed).random((60, 2)) * doubtful
    made = drawn(60, 30, 0.2, seed, doubt=doubt, vectors=near)
    rows = [int(c[1:]) for c in part(made, "active")]
    cosine = near[rows] @ near[rows].T - np.eye(len(rows))
    assert cosine.max() <= TOO_ALIKE
    random = [int(c[1:]) for c in part(made, "random")]
    assert (near[rows] @ near[random].T).max(initial=0) <= TOO_ALIKE
    assert 4 <= len(rows) <= 10


def test_without_doubt_the_active_part_covers_the_groups():
    vectors = np.repeat(np.eye(5), 20, axis=0) + 0.15 * vectors_of(100, 2, 5)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    made = drawn(100, 5, 0.0, doubt=np.zeros((100, 0)), vectors=vectors)
    assert len({int(c[1:]) // 20 for c in part(made, "active")}) == 5


def test_the_same_words_under_another_question_are_another_answer():
    cells = cells_of(2, questions=2)
    made = draw(cells, gold_of(), np.zeros((2, 0)), np.ones((2, 1)), 2, 0.0, 1)
    assert len(made.rows) == 2


def test_only_within():
    made = drawn(40, 10, within={"c001", "c002", "c003"})
    assert set(made.rows["cell_id"]) <= {"c001", "c002", "c003"}


RESPONSES = pd.DataFrame(
    [
        ("r1", "w", "p1", "why", "words", "answered", ""),
        ("r2", "w", "p1", "why", "n/a", "non_answer", "not_applicable"),
        ("r3", "w", "p2", "why", "n/a", "non_answer", "not_applicable"),
        ("r4", "w", "p3", "why", "", "blank", ""),
        ("r5", "w", "p3", "good", "words", "answered", ""),
        ("r6", "w", "p4", "why", "words", "excluded", ""),
    ],
    columns=["response_id", *KEY, "text", "status", "reason"],
)


def test_the_frame_holds_answers_with_all_their_parts_and_no_lone_non_answers():
    cells = frame(RESPONSES, Codebook()).set_index(KEY)
    assert set(cells.index) == {("w", "p1", "why"), ("w", "p3", "good")}
    assert cells.at[("w", "p1", "why"), "response_ids"] == ["r1", "r2"]
    assert cells.at[("w", "p1", "why"), "first"] == "r1"
    assert cells.at[("w", "p3", "good"), "cell_id"] == cell_id("w", "p3", "good")


def test_a_question_without_themes_is_not_in_the_frame():
    book = Codebook(themes=(Theme(id="T1", name="Time", questions=("why",)),))
    assert set(frame(RESPONSES, book)["question_id"]) == {"why"}


def mentions_of(*rows):
    return pd.DataFrame(rows, columns=["response_id", "theme_id", "probability", "mentioned"])


QUEUE = pd.DataFrame(columns=["response_id", "expected_errors"])


def test_doubt_is_the_chance_of_an_error_on_either_side():
    mentions = mentions_of(("r0", "T1", 0.7, True), ("r0", "T2", 0.2, False), ("r1", "T1", 0.5, False))
    assert doubts(cells_of(3), [mentions], QUEUE).round(6).tolist() == [[0.3, 0.2], [0.5, 0.0], [0.0, 0.0]]


def test_the_queue_sets_the_sum_and_comes_first():
    mentions = mentions_of(("r0", "T1", 0.7, True), ("r0", "T2", 0.2, False), ("r1", "T1", 0.5, False))
    queue = pd.DataFrame([("r0", 2.0)], columns=["response_id", "expected_errors"])
    doubt = doubts(cells_of(3), [mentions], queue)
    assert doubt[0].round(6).tolist() == [1.2, 0.8]
    assert 0 < doubt[1].sum() < 1e-5


def test_without_mentions_there_is_no_doubt():
    assert doubts(cells_of(3), [mentions_of()], QUEUE).shape == (3, 0)


@pytest.mark.parametrize("rows", [RESPONSES.iloc[:0], RESPONSES.iloc[2:4]])
def test_where_nobody_answered_the_frame_is_empty_and_nothing_is_drawn(rows):
    cells = frame(rows, Codebook())
    assert list(cells.columns[:3]) == KEY
    assert cells.empty
    doubt = doubts(cells, [mentions_of()], QUEUE)
    assert draw(cells, gold_of(), doubt, np.zeros((0, 8)), 5, 0.5, 1).rows.empty
