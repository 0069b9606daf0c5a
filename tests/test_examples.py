"""Examples are read by a coder that did not see them."""

import pandas as pd
import pytest
from test_coding import D, encode, gold, survey

from pipeline.evidence.checked import check_codebook, likeness
from pipeline.foundation.contracts import FINDINGS, MENTIONS
from pipeline.foundation.params import Code
from pipeline.foundation.tables import check, empty
from pipeline.themes.codebook import Codebook, Example, Theme
from pipeline.themes.examples import read_examples


def theme(id, name, *texts, **more):
    return Theme(id=id, name=name, examples=tuple(Example(text=text) for text in texts), **more)


TRUST = ("we trust them", "trust and honesty", "more trust please", "they trust nobody", "no trust left")
MONEY = ("we need money", "money and funds", "more money please", "they waste money", "no money left")


def read(codebook, codes=None, seed=1):
    responses, units, vectors = survey(["we trust them", "some money came", "trust grew"])
    return read_examples(codebook, ["better"], responses, units, vectors, gold(codes or {}), encode, Code(), seed)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("codes", [None, {"r08": ["T2"], "r09": ["T1"], "r01": ["T2"]}])
def test_an_example_at_the_wrong_theme_is_read_as_the_other(seed, codes):
    book = Codebook(themes=(theme("T1", "trust", *TRUST, "lots of money money"), theme("T2", "money", *MONEY)))
    table = read(book, codes, seed)
    assert len(table) == 11
    wrong = table[(table["theme_id"] == "T1") & (table["example"] == 6)].iloc[0]
    assert wrong["read_as"] == "T2"
    assert wrong["probability"] > 0.5 > wrong["own"]
    right = table.drop(index=wrong.name)
    assert (right["own"] > right["probability"]).mean() >= 0.9


def test_an_example_is_not_read_with_its_own_words():
    """The same text at two themes is held out at both, and a coded answer with these words teaches nothing."""
    book = Codebook(themes=(theme("T1", "trust", *TRUST), theme("T2", "money", *MONEY, "we trust them")))
    without, with_gold = (read(book, codes) for codes in ({"r01": ["T2"]}, {"r01": ["T2"], "r07": ["T2"]}))
    pd.testing.assert_frame_equal(without, with_gold)
    copies = without[
        [key == ("T1", 1) or key == ("T2", 6) for key in zip(without["theme_id"], without["example"], strict=True)]
    ]
    assert copies["own"].sum() == pytest.approx(copies["probability"].sum())


def test_numbers_are_those_of_the_codebook_and_withdrawn_words_are_left_out():
    gone = Theme(
        id="T1", name="trust", examples=(Example(response_id="gone", end=3), *(Example(text=t) for t in TRUST))
    )
    table = read(Codebook(themes=(gone, theme("T2", "money", *MONEY))))
    assert table.loc[table["theme_id"] == "T1", "example"].tolist() == [2, 3, 4, 5, 6]


def test_a_theme_of_another_question_is_not_what_an_example_is_read_as():
    book = Codebook(
        themes=(
            theme("T1", "trust", *TRUST, "money money", questions=("better",)),
            theme("T2", "money", *MONEY, questions=("good",)),
            theme("T3", "food", "good food", questions=("better",)),
        )
    )
    table = read(book)
    assert set(table.loc[table["theme_id"] == "T1", "read_as"]) == {"T3"}


@pytest.mark.parametrize(
    "book",
    [Codebook(), Codebook(themes=(theme("T1", "a", "x"),)), Codebook(themes=(theme("T1", "a"), theme("T2", "b")))],
)
def test_nothing_to_read(book):
    assert read(book).empty


@pytest.mark.parametrize("themes", [0, 1, 3])
def test_the_whole_check_keeps_its_contract(themes):
    book = Codebook(themes=(theme("T1", "trust", *TRUST), theme("T2", "money", *MONEY), theme("T3", "money!"))[:themes])
    responses, units, vectors = survey()
    mentions = empty(MENTIONS)
    args = (responses, units, vectors, mentions, gold({}), encode, Code(), 1)
    findings, counts = check_codebook(book, ["better"], *args)
    check(findings, FINDINGS, "findings")
    assert counts["themes"] == themes
    assert counts["only_name"] == (themes == 3)
    assert counts["alike"] == 0 or ("T2", "T3") in set(zip(findings["theme_id"], findings["other_theme"], strict=True))


def test_likeness_is_of_names_with_definitions():
    book = Codebook(themes=(Theme(id="T1", name="a", definition="b"), Theme(id="T2", name="a. b")))
    assert likeness(book, encode).round(4).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert encode(["a"]).shape[1] == D
