"""Stability of the themes: a theme that many texts teach is found again, one that hangs on single texts is not."""

import numpy as np
import pytest
from coding_factory import code_responses
from test_coding import CODEBOOK, encode, gold, survey

from pipeline.foundation.contracts import THEME_STABILITY
from pipeline.foundation.params import Code
from pipeline.foundation.tables import check
from pipeline.themes.codebook import Codebook, Example, Theme
from pipeline.themes.steadiness import theme_cards

WORDS = ("red", "green", "blue", "round", "long")
COLOURS = ["trust amber", "money beige", "trust coral", "money denim"]
# Each text of the second theme says something of its own: without it, nobody knows of those answers.
THEMES = Codebook(
    themes=(
        Theme(id="T1", name="trust", examples=tuple(Example(text=f"trust {w}") for w in WORDS)),
        Theme(id="T3", name="money", examples=tuple(Example(text=f"money {w}") for w in WORDS)),
        Theme(id="T2", name="colours", examples=tuple(Example(text=w) for w in COLOURS)),
    )
)
ANSWERS = [f"{theme} {w}" for theme in ("trust", "money") for w in WORDS] * 3 + COLOURS * 3


def cards(codebook, seed=1, extra=ANSWERS, shuffle=False):
    responses, units, vectors = survey(extra)
    if shuffle:
        responses, units = responses.sample(frac=1, random_state=3), units.sample(frac=1, random_state=4)
    marked = gold({})
    coded = code_responses(responses, units, vectors, codebook, marked, encode, Code(), 1)
    table = theme_cards(codebook, responses, units, vectors, marked, encode, coded.coder, coded.words, 20, seed)
    return check(table, THEME_STABILITY, "stability")


@pytest.mark.parametrize("seed", range(3))
def test_a_theme_that_hangs_on_single_texts_is_less_steady(seed):
    table = cards(THEMES, seed).set_index("theme_id")
    assert table.loc["T1", "stability"] > table.loc["T2", "stability"]
    assert (table["resamples"] == 20).all()
    assert (table["low"] <= table["stability"]).all() and (table["stability"] <= table["high"]).all()


def test_row_order_changes_nothing():
    one, two = cards(CODEBOOK), cards(CODEBOOK, shuffle=True)
    assert np.array_equal(one["stability"], two["stability"])


def test_without_themes_there_is_nothing_to_judge():
    assert cards(Codebook()).empty
