"""Files: atomic, checked, the same bytes for the same table."""

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from pipeline.foundation import tables, vector_files
from pipeline.foundation.contracts import CANDIDATES, HEADLINES, PREVALENCE, QUOTES, RESPONSES, UNITS
from pipeline.foundation.errors import ThemebookError


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def responses(n=3):
    return pd.DataFrame(
        {
            "response_id": [f"a{i}" for i in range(n)],
            "wave": "2025",
            "respondent_id": [f"p{i}" for i in range(n)],
            "question_id": "q",
            "text": ["NA", "", "00123"][:n],
            "status": ["answered", "blank", "answered"][:n],
            "reason": "",
        }
    )


def test_round_trip_keeps_text_and_sorts():
    tables.write_table(responses().iloc[::-1], RESPONSES, "2025")
    again = tables.read_table(RESPONSES, "2025")
    assert again["text"].tolist() == ["NA", "", "00123"]
    assert again["response_id"].is_monotonic_increasing


def test_row_order_changes_no_byte():
    tables.write_table(responses(), RESPONSES, "a")
    tables.write_table(responses().sample(frac=1, random_state=1), RESPONSES, "b")
    assert tables.path_of(RESPONSES, "a").read_bytes() == tables.path_of(RESPONSES, "b").read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.drop(columns="text"),
        lambda t: t.assign(extra=1),
        lambda t: t.assign(status="lost"),
        lambda t: t.assign(response_id="same"),
        lambda t: t.assign(wave=2025),
    ],
)
def test_a_broken_contract_is_refused_and_the_earlier_file_stays(change):
    tables.write_table(responses(), RESPONSES, "2025")
    before = tables.path_of(RESPONSES, "2025").read_bytes()
    with pytest.raises(ThemebookError, match="breaks its contract"):
        tables.write_table(change(responses()), RESPONSES, "2025")
    assert tables.path_of(RESPONSES, "2025").read_bytes() == before


def test_a_range_is_checked_at_its_boundary():
    row = {"candidate_id": "C", "name": "n", "parent_id": "", "n_units": 1, "n_responses": 1, "nearest_theme": ""}
    unmeasured = ("overlap", "stability_low", "stability_high", "stability_seeds", "stability_halves")
    row |= {**dict.fromkeys(unmeasured, np.nan), "found_again": 0, "resamples": 20}
    fine = pd.DataFrame([{**row, "stability": 1.0}])
    tables.write_table(fine, CANDIDATES)
    with pytest.raises(ThemebookError, match="stability"):
        tables.write_table(fine.assign(stability=1.01), CANDIDATES)


def test_a_hand_edited_output_is_refused_on_read():
    table = pd.DataFrame(
        {"wave": ["w"], "question_id": ["q"], "value": ["NA"], "base": [3], "n": [1], "share": [1 / 3]}
    )
    tables.write_table(table, HEADLINES)
    assert tables.read_table(HEADLINES)["value"].tolist() == ["NA"]
    path = tables.path_of(HEADLINES)
    path.write_text(path.read_text().replace("0.333333", "1.333333"))
    with pytest.raises(ThemebookError, match="share"):
        tables.read_table(HEADLINES)


@pytest.mark.parametrize("contract", [RESPONSES, UNITS, QUOTES, PREVALENCE, CANDIDATES])
def test_a_table_without_rows_survives(contract):
    tables.write_table(tables.empty(contract), contract, "w")
    assert list(tables.read_table(contract, "w").columns) == list(contract.columns)


def test_a_missing_table_says_what_makes_it():
    with pytest.raises(ThemebookError, match="dvc repro"):
        tables.read_table(RESPONSES, "2099")


def test_a_failed_write_leaves_no_temporary_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tables.os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        tables.write_text(tmp_path / "x.txt", "y")
    assert list(tmp_path.iterdir()) == []


def test_vectors_round_trip_sorted_by_id(tmp_path):
    vectors = np.eye(3, dtype=np.float32)
    ids = [letter * 64 for letter in "cab"]
    vector_files.write_vectors(tmp_path / "v.safetensors", ids, vectors, {"encoder": "e"})
    digests, read = vector_files.read_vectors(tmp_path / "v.safetensors")
    assert [row.tobytes().hex() for row in digests] == sorted(ids)
    assert np.array_equal(read, vectors[[1, 2, 0]])
    assert vector_files.about_vectors(tmp_path / "v.safetensors") == {"encoder": "e"}
    # The file is what the format says, for any other reader of it.
    assert np.array_equal(load_file(tmp_path / "v.safetensors")["vectors"], read)


def test_yaml_with_a_key_twice_names_the_line(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: 1\nb: 2\na: 3\n")
    with pytest.raises(ThemebookError, match="line 3.*twice"):
        tables.read_yaml(path, "")


def test_json_refuses_nan(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        tables.write_json(tmp_path / "x.json", {"a": float("nan")})
