from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.foundation.errors import ThemebookError
from pipeline.survey.formats import Export
from pipeline.survey.identity import public_id, respondent_ids


def export(columns, *rows):
    return Export(Path("raw.csv"), tuple(columns), [list(row) for row in rows], list(range(2, 2 + len(rows))))


@pytest.mark.parametrize("raw", ["L002", "NEAS 111 114", "12345", "R_3abc", "A-B", "ab", "é1", "0b1c-44"])
def test_plain_ids_are_kept(raw):
    assert public_id(f" {raw} ") == raw


@pytest.mark.parametrize(
    "raw", ["a@b.org", "1@2", "Ann Lee", "O'Hara, J.", "Zoë", "Jean-Luc", "abc", "D’Arcy", "李小龙"]
)
def test_names_and_addresses_are_hashed(raw):
    hashed = public_id(raw)
    assert hashed.startswith("p_") and len(hashed) == 18
    assert raw not in hashed
    assert public_id(f" {raw.upper()}") == hashed


def test_a_known_hash():
    assert public_id("Ann Lee") == "p_e4959174ae7b937f"


def test_blank_and_double_ids_are_errors():
    with pytest.raises(ThemebookError, match="rows 2 and 4 have one respondent id, `7`"):
        respondent_ids(export(["id"], ["7"], ["8"], ["7 "]), "id")
    with pytest.raises(ThemebookError, match="raw.csv, row 3: the id column `id` is blank"):
        respondent_ids(export(["id", "a"], ["7", ""], [" ", "x"]), "id")
    with pytest.raises(ThemebookError, match=r"rows 2 and 3 have one respondent id, `p_") as caught:
        respondent_ids(export(["id"], ["Ann Lee"], ["ann lee"]), "id")
    assert "Ann" not in str(caught.value)


def test_a_blank_row_is_nobody():
    assert respondent_ids(export(["id", "a"], ["7", "x"], ["", " "]), "id") == ["7", ""]
    assert respondent_ids(export(["a", "b"], [" ", ""]))[0] == ""


def test_copies_get_a_counter():
    first, second, other = respondent_ids(export(["a", "b"], ["x", "y"], ["x", "y"], ["y", "x"]))
    assert second == f"{first}_2"
    assert other != first and first.startswith("r_") and len(first) == 18


@given(
    st.lists(st.tuples(st.text(max_size=3), st.sampled_from("ab")), max_size=8).flatmap(
        lambda rows: st.tuples(st.just(rows), st.permutations(rows))
    )
)
def test_row_order_changes_no_id(pair):
    rows, shuffled = pair
    given_, moved = (respondent_ids(export(["a", "b"], *some)) for some in (rows, shuffled))
    assert sorted(zip(given_, rows, strict=True)) == sorted(zip(moved, shuffled, strict=True))
    named = [own for own in given_ if own]
    assert len(set(named)) == len(named)
