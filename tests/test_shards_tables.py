"""Tables that come in parts: the same bytes as whole, and nothing written that is not in order."""

import pandas as pd
import pyarrow as pa
import pytest

from pipeline.foundation.contracts import REDACTIONS, RESPONSES
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import arrow_schema, path_of, read_parts, write_parts, write_table

ROWS = pd.DataFrame(
    {"response_id": ["a", "a", "b", "d"], "start": [0, 9, 4, 1], "end": [3, 12, 5, 2], "type": ["NAME"] * 4}
)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def arrow(table):
    return pa.Table.from_pandas(table, schema=arrow_schema(REDACTIONS), preserve_index=False)


def bytes_of(wave="2025"):
    return path_of(REDACTIONS, wave).read_bytes()


@pytest.mark.parametrize("table", [ROWS, ROWS[:0]])
def test_one_part_gives_the_bytes_of_the_whole(table):
    write_table(table, REDACTIONS, "2025")
    assert write_parts([arrow(table)], REDACTIONS, "2026") == len(table)
    assert bytes_of() == bytes_of("2026")


def test_parts_give_the_rows_of_the_whole():
    assert write_parts([arrow(ROWS[:1]), arrow(ROWS[:0]), arrow(ROWS[1:3]), arrow(ROWS[3:])], REDACTIONS, "2025") == 4
    parts = list(read_parts(REDACTIONS, "2025", ["response_id", "end"], rows=2))
    assert [len(part) for part in parts] == [1, 2, 1] or [len(part) for part in parts] == [2, 2]
    assert pa.concat_tables(parts).to_pydict() == ROWS[["response_id", "end"]].to_dict("list")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([ROWS[2:], ROWS[:2]], "out of order"),
        ([ROWS[:2], ROWS[1:]], "out of order"),
        ([ROWS[:2], pd.concat([ROWS[2:3]] * 2)], "breaks its contract"),
    ],
)
def test_wrong_parts_leave_the_earlier_file(project, parts, message):
    write_table(ROWS, REDACTIONS, "2025")
    before = bytes_of()
    with pytest.raises(ThemebookError, match=message):
        write_parts((arrow(part) for part in parts), REDACTIONS, "2025")
    assert bytes_of() == before
    assert [path.name for path in path_of(REDACTIONS, "2025").parent.iterdir()] == ["2025.redactions.parquet"]


def responses(**change):
    columns = {name: ["x"] for name in RESPONSES.columns} | {"status": ["answered"]} | change
    return pa.table(columns)


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (responses(status=["said"]), "status"),
        (responses(text=[1]), "text"),
        (responses(more=["x"]), "which there are"),
        (responses().drop_columns(["text"]), "which there are"),
    ],
)
def test_what_is_read_in_parts_is_checked(table, column):
    import pyarrow.parquet as pq

    path = path_of(RESPONSES, "2025")
    path.parent.mkdir(parents=True)
    pq.write_table(table, path)
    with pytest.raises(ThemebookError, match=f"breaks its contract in column `\\(?{column}"):
        list(read_parts(RESPONSES, "2025", ["text", "status"]))


def test_a_missing_table_says_how_it_is_made():
    with pytest.raises(ThemebookError, match="does not exist.*dvc repro"):
        list(read_parts(RESPONSES, "2025", ["text"]))
