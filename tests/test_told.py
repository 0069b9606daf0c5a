"""Large tables are read some of their rows at a time: what comes out is what a whole table would give."""

from functools import partial

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence import shares, told
from pipeline.evidence.shares import in_blocks
from pipeline.foundation import contracts as c
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import read_parts, read_table, rows_of, write_table
from pipeline.stages import measure

COUNTED = (c.PREVALENCE, c.DIFFERENCES, c.READING, c.NETS, c.CROSSTABS, c.CHANGES)


def mentions_of(rows):
    """Mentions of (answer, theme, mentioned, source)."""
    table = pd.DataFrame(
        [("w", "q", f"p{a}", f"a{a}", f"T{t}", 0.5, said, False, by) for a, t, said, by in rows],
        columns=list(c.MENTIONS.columns),
    )
    return table if rows else table.astype({"probability": float, "mentioned": bool, "sure": bool})


rows = st.dictionaries(
    st.tuples(st.integers(0, 6), st.integers(0, 4)),
    st.tuples(st.booleans(), st.sampled_from(["person", "model"])),
    max_size=25,
).map(lambda found: [(a, t, said, by) for (a, t), (said, by) in found.items()])


@given(rows, st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_what_was_coded_by_whom_and_what_it_raises_is_told(tmp_path_factory, rows, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("told"))
        patch.setattr(told, "read_parts", partial(read_parts, rows=at_once))
        write_table(mentions_of(rows), c.MENTIONS)
        whole, found = read_table(c.MENTIONS), told.read_told()
    by = ["response_id", "source"]
    assert found.columns.tolist() == whole.columns.tolist()
    assert set(map(tuple, found[by].to_numpy())) == set(map(tuple, whole[by].to_numpy()))
    said = [table[table["mentioned"]].reset_index(drop=True) for table in (found, whole)]
    pd.testing.assert_frame_equal(*said)


def test_an_answer_that_raises_nothing_stands_there_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_table(mentions_of([(0, t, False, "model") for t in range(5)]), c.MENTIONS)
    assert len(told.read_told()) == 1


def test_without_a_table_it_is_said_what_makes_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for read in (told.read_told, lambda: rows_of(c.MENTIONS)):
        with pytest.raises(ThemebookError, match="mentions.parquet does not exist"):
            read()


@given(st.lists(st.text(min_size=1), unique=True, max_size=40), st.integers(0, 10**8))
def test_blocks_hold_each_theme_once_and_few_at_a_time_where_rows_are_many(themes, rows):
    found = list(in_blocks(themes, rows))
    assert [theme for block in found for theme in block] == themes
    assert all(len(block) == 1 or len(block) * rows <= len(themes) * shares.ROWS_AT_ONCE for block in found)


def test_counted_theme_by_theme_the_figures_are_the_same(project, monkeypatch):
    monkeypatch.chdir(project)
    before = {contract.name: read_table(contract) for contract in COUNTED}
    assert all(len(table) for table in before.values())
    monkeypatch.setattr(shares, "ROWS_AT_ONCE", 1)
    measure.run()
    for contract in COUNTED:
        pd.testing.assert_frame_equal(read_table(contract), before[contract.name])
