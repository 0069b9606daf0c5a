"""The order of coding everything: like beside like, whatever the order of the rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.themes import ordering
from pipeline.themes.ordering import alike_order

WORDS = "more time trust money less paper one door open data we need meet".split()


def answers(seed, n=200, meanings=12, d=24):
    """Invented answers whose vectors gather around some meanings."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(meanings, d))
    vectors = centres[generator.integers(0, meanings, n)] + 0.7 * generator.normal(size=(n, d))
    texts = [" ".join(generator.choice(WORDS, generator.integers(1, 9))) for _ in range(n)]
    # One text has one vector.
    first = {text: i for i, text in reversed(list(enumerate(texts)))}
    vectors = vectors[[first[text] for text in texts]]
    return texts, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), [f"A{i:04d}" for i in range(n)]


def neighbours(vectors, order):
    return float((vectors[order[:-1]] * vectors[order[1:]]).sum(axis=1).mean())


@pytest.mark.parametrize("at_once", [1500, 50])
@pytest.mark.parametrize("seed", range(5))
def test_neighbours_are_more_alike_than_by_chance_or_by_alphabet(seed, at_once, monkeypatch):
    monkeypatch.setattr(ordering, "AT_ONCE", at_once)
    monkeypatch.setattr(ordering, "BLOCK", at_once)
    texts, vectors, ids = answers(seed)
    ordered = neighbours(vectors, alike_order(texts, vectors, ids))
    alphabetical = neighbours(vectors, np.argsort(np.array(texts), kind="stable"))
    chance = max(neighbours(vectors, np.random.default_rng(i).permutation(len(ids))) for i in range(20))
    assert ordered > chance + 0.3
    assert ordered > alphabetical + 0.2


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(0, 40), blocks=st.booleans())
def test_the_order_of_rows_changes_nothing_and_none_is_lost(seed, n, blocks):
    texts, vectors, ids = answers(seed, max(n, 1))
    texts, vectors, ids = texts[:n], vectors[:n], ids[:n]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "AT_ONCE", 5 if blocks else 1500)
        patch.setattr(ordering, "BLOCK", 5)
        order = alike_order(texts, vectors, ids)
        mixed = np.random.default_rng(seed).permutation(n)
        again = alike_order([texts[i] for i in mixed], vectors[mixed], [ids[i] for i in mixed])
    assert sorted(order) == list(range(n))
    assert [ids[i] for i in order] == [ids[mixed[i]] for i in again]


def test_one_normalised_text_stands_together_and_short_texts_come_first():
    texts = ["Time.", "a long answer about quite another thing", "TIME", "time!", "a long answer about another thing"]
    vectors = np.array([[1, 0], [0, 1], [1, 0.1], [1, 0], [0.1, 1]], float)
    order = list(alike_order(texts, vectors, list("abcde")))
    assert order[:3] == [0, 2, 3]
    assert set(order[3:]) == {1, 4}


def test_a_text_without_vector_or_words_has_a_place():
    texts, vectors = ["...", "!!", "words that say something"], np.array([[0, 0], [0, 0], [1, 0]], float)
    assert sorted(alike_order(texts, vectors, list("abc"))) == [0, 1, 2]
