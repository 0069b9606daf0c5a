import csv
import datetime as dt
import io
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.foundation.errors import ThemebookError
from pipeline.survey.delimited import split_rows
from pipeline.survey.formats import Export, read_export
from pipeline.survey.headers import merge_header


def save(folder: Path, content: str | bytes, name: str = "x.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(path: Path, *sheets: list[list[object]]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for rows in sheets:
        sheet = book.add_worksheet()
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    sheet.write_datetime(i, j, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(i, j, cell)
                elif cell is not None:
                    sheet.write(i, j, cell)
    book.close()
    return path


def spss(path: Path, **options) -> Path:
    data = pd.DataFrame(
        {"id": ["00123", "b", "c"], "rate": [1.0, 2.0, 99.0], "n": [1.5, None, 3.0], "why": ["NA", "", "so so"]}
    )
    pyreadstat.write_sav(
        data,
        str(path),
        column_labels={"rate": "How good?", "why": "Why?"},
        variable_value_labels={"rate": {1: "Bad", 2: "Good", 99: "Not shown"}},
        missing_ranges={"rate": [99]},
        variable_measure={"rate": "ordinal"},
        **options,
    )
    return path


def test_every_cell_is_text_and_survives(tmp_path):
    export = read_export(save(tmp_path, "id,a,b\n00123,NA,None\n2,n/a,  two  \n\n"))
    assert export.columns == ("id", "a", "b")
    assert export.rows == [["00123", "NA", "None"], ["2", "n/a", "  two  "]]
    assert export.row_numbers == [2, 3]
    assert export.notices == []


def test_rows_are_numbered_by_the_line_on_which_they_start(tmp_path):
    export = read_export(save(tmp_path, '﻿id;why\r\n1;"two\r\nlines; one cell"\r\n\r\n2;x\r\n'))
    assert export.rows == [["1", "two\r\nlines; one cell"], ["2", "x"]]
    assert export.row_numbers == [2, 5]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(tmp_path, delimiter):
    stream = io.StringIO(newline="")
    rows = [["id", "which, if any; other | tab?"], ["1", "a;b;c"], ["2", "d, e, f | g\th"]]
    csv.writer(stream, delimiter=delimiter).writerows(rows)
    export = read_export(save(tmp_path, stream.getvalue()))
    assert [list(export.columns), *export.rows] == rows


def test_one_column_and_the_mark_that_excel_reads(tmp_path):
    assert read_export(save(tmp_path, "why\nslow, but fine\nok\n", "x.txt")).rows == [["slow, but fine"], ["ok"]]
    export = read_export(save(tmp_path, "sep=;\nid;why\n1;a\n"))
    assert (export.columns, export.row_numbers) == (("id", "why"), [3])


def test_other_encodings(tmp_path):
    old = read_export(save(tmp_path, "id,why\n1,caf\xe9\n".encode("cp1252")))
    assert old.rows == [["1", "café"]]
    assert "line 2" in old.notices[0] and "Windows-1252" in old.notices[0]
    assert read_export(save(tmp_path, "id,why\n1,é\n".encode("utf-16"))).rows == [["1", "é"]]


def test_a_very_long_cell(tmp_path):
    assert len(read_export(save(tmp_path, f"id,why\n1,{'long ' * 40_000}\n")).rows[0][1]) == 200_000


def test_qualtrics_header(tmp_path):
    rows = [
        ["ResponseId", "Q1", "Q2_1", "Q2_2"],
        ["Response ID", "What  should\nchange?", "Name two", "Name two"],
        ['{"ImportId":"_recordId"}', '{"ImportId":"QID1"}', '{"ImportId":"QID2_1"}', '{"ImportId":"QID2_2"}'],
        ["R_1", "all", "", "x"],
    ]
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    export = read_export(save(tmp_path, stream.getvalue()))
    assert export.columns == ("Response ID", "What should change?", "Q2_1: Name two", "Q2_2: Name two")
    assert export.rows == rows[3:]
    assert (export.header_rows, export.row_numbers) == (3, [5])


def test_surveymonkey_header(tmp_path):
    text = "Respondent ID,Why?,Tools,,\n,Open-Ended Response,R,Python,Other (please specify)\n1,so,R,,\n"
    export = read_export(save(tmp_path, text))
    assert export.columns == (
        "Respondent ID",
        "Why?",
        "Tools [R]",
        "Tools [Python]",
        "Tools [Other (please specify)]",
    )
    assert export.rows == [["1", "so", "R", "", ""]]


def test_questions_in_merged_cells_over_their_options(tmp_path):
    path = save(tmp_path, "ID,Rate these,,Comments\n,Speed,Price,\nL1,Good,Poor,fine\nL2,Poor,Good,slow\n")
    export = read_export(path)
    assert export.columns == ("ID", "Rate these [Speed]", "Rate these [Price]", "Comments")
    assert export.rows[0] == ["L1", "Good", "Poor", "fine"]


def test_a_column_without_header_is_no_second_header_row(tmp_path):
    for first in ("L1", ""):
        path = save(tmp_path, f"ID,Rate,,Why?\n{first},Good,Poor,fine\n{first},Good,Poor,fine\n")
        with pytest.raises(ThemebookError, match="column 3 has no header"):
            read_export(path)


def test_header_rows_can_be_told(tmp_path):
    path = save(tmp_path, "Q1,Q2\nWhy?,\na,b\n")
    assert read_export(path, 2).columns == ("Why?", "Q2")
    assert read_export(path).columns == ("Q1", "Q2")


def test_merged_headers_are_unique():
    assert merge_header([["Q", "", "Q"], ["A", "B", "A"]]) == ["Q [A]", "Q [B]", "Q [A] (2)"]


def test_workbook(tmp_path):
    rows = [["id", "n", "x", "yes", "day"], ["00123", 5, 0.1, True, dt.date(2025, 1, 2)], [" NA ", None, 7.0, False]]
    export = read_export(workbook(tmp_path / "x.xlsx", [], [*rows, [""], ["", ""]], [["other"], ["sheet"]]))
    assert export.rows == [["00123", "5", "0.1", "TRUE", "2025-01-02"], [" NA ", "", "7", "FALSE", ""]]
    assert export.row_numbers == [2, 3]
    assert "2 sheets" in export.notices[0]


def test_spss(tmp_path):
    export = read_export(spss(tmp_path / "x.sav"))
    assert export.columns == ("id", "How good?", "n", "Why?")
    assert export.rows == [["00123", "Bad", "1.5", "NA"], ["b", "Good", "", ""], ["c", "Not shown", "3", "so so"]]
    assert export.not_asked == {(2, 1)}
    assert export.options == {"How good?": ("Bad", "Good")}


BROKEN = {
    "a short row": ("a,b,c\n1,2,3\n1,2\n", r"line 3: the row is too short: 2 cells where the header has 3"),
    "a long row": ("a,b,c\n1,2,3\n4,5,6\n1,2,3,4\n", r"line 4: the row is too long: 4 cells where the header has 3"),
    "an unclosed quote": ('a,b\n1,2\n3,"open\n4,5\n', r"line 3: a quotation mark .* not closed"),
    "an unclosed quote in row one": ('a,b\n1,"open\n4,5\n', r"line 2: a quotation mark"),
    "a quote not doubled": ('a,b\n1,"say "hi" now"\n2,3\n', r"line 2: a quotation mark .* not doubled"),
    "two columns of one name": ("a,b, a\n1,2,3\n", r"columns 1 and 3 have one name, `a`"),
    "a blank header": (
        "a,,c\n1,,3\n1,x,3\n",
        r"column 2 has no header, but 1 cells hold something, the first in row 3",
    ),
    "nothing": ("", r"is empty"),
    "white space": ("\n \n", r"is empty"),
    "a header only": ("a,b\n", r"header of 1 row but no answers"),
    "a workbook": (b"PK\x03\x04\x14\0\0\0", r"is an Excel workbook or a zip archive, whatever its ending says"),
    "binary": (b"a,b\n1,\0\x01\n", r"line 2: a NUL byte"),
    "control characters": (b"a,b\n" + b"\x01\x02\x03" * 9, r"full of control characters"),
    "UTF-16 without mark": ("a,b\n1,2\n".encode("utf-16-le"), r"looks like UTF-16 text without its mark"),
    "damaged UTF-8": ("a,b\né,é\né,".encode() + b"\xe9\n", r"line 3: damaged UTF-8"),
    "a web page": ("<!DOCTYPE html><html></html>", r"is a web page"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_text(tmp_path, name):
    content, message = BROKEN[name]
    with pytest.raises(ThemebookError, match=message) as caught:
        read_export(save(tmp_path, content))
    assert str(tmp_path / "x.csv") in caught.value.what
    assert caught.value.remedy


def test_broken_files(tmp_path):
    whole = workbook(tmp_path / "x.xlsx", [["a"], ["b"]]).read_bytes()
    for n in (len(whole) // 2, len(whole) - 10):
        with pytest.raises(ThemebookError, match="truncated or damaged"):
            read_export(save(tmp_path, whole[:n], "cut.xlsx"))
    whole = spss(tmp_path / "x.sav").read_bytes()
    for n in (100, len(whole) // 2, len(whole) - 8):
        with pytest.raises(ThemebookError, match="truncated or damaged"):
            read_export(save(tmp_path, whole[:n], "cut.sav"))
    with pytest.raises(ThemebookError, match="is a web page"):
        read_export(save(tmp_path, "<html><table></table></html>", "x.xls"))
    with pytest.raises(ThemebookError, match="is a text file"):
        read_export(save(tmp_path, "a,b\n1,2\n", "x.xlsx"))
    with pytest.raises(ThemebookError, match="not an SPSS file"):
        read_export(save(tmp_path, "a,b\n1,2\n", "x.sav"))
    with pytest.raises(ThemebookError, match="none of its sheets"):
        read_export(workbook(tmp_path / "empty.xlsx", []))
    with pytest.raises(ThemebookError, match="does not exist"):
        read_export(tmp_path / "missing.csv")
    with pytest.raises(ThemebookError, match=r"files ending in `.docx`"):
        read_export(tmp_path / "x.docx")


def test_blank_columns_without_header_are_left_out(tmp_path):
    export = read_export(save(tmp_path, "a,b,\n1,2,\n3,4, \n"))
    assert (export.columns, export.rows) == (("a", "b"), [["1", "2"], ["3", "4"]])
    assert "1 columns without header" in export.notices[0]


CELLS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0") | st.sampled_from('",;\t|\n\r '), max_size=12
)


@settings(deadline=None, max_examples=150)
@given(st.integers(2, 4).flatmap(lambda w: st.lists(st.lists(CELLS, min_size=w, max_size=w), min_size=1, max_size=5)))
def test_text_survives_a_round_trip(rows):
    table = [[f"column {i}" for i in range(len(rows[0]))], *rows]
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(table)
    assert split_rows(stream.getvalue(), "x.csv")[0] == table


@pytest.mark.shared
@pytest.mark.parametrize("pattern", ["nhs_fft/20*.csv", "spack_survey/*.csv", "jupyter_2015/export.csv"])
def test_real_exports_equal_the_csv_module(shared_data, pattern):
    paths = sorted(shared_data.glob(pattern))
    assert paths
    for path in paths:
        export: Export = read_export(path)
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header, *rows = [row for row in csv.reader(stream) if row]
        assert export.rows == rows
        assert list(export.columns) == [" ".join(name.split()) for name in header]
