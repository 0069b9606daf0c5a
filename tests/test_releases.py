"""Releases: frozen with hashes, never overwritten, and refused when a file of them was altered."""

import json
import subprocess

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from pipeline.evidence.releases import load_release, load_releases
from pipeline.foundation.contracts import MENTIONS, PREVALENCE
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import empty, write_json, write_table, write_text
from pipeline.project import release as releases
from pipeline.text.words import WordFeatures
from pipeline.themes.card import save_coder
from pipeline.themes.codebook import EFFECTIVE_FILE

SURVEY = """\
waves:
  '2025': {file: data/raw/2025.csv, sha256: abc}
questions:
  why: {columns: ['Why?'], kind: open}
"""
GIT_FILES = ("codebook.json", "params.yaml", "prevalence.csv", "release.json", "survey.yaml")


def count(share):
    row = {"wave": "2025", "question_id": "why", "theme_id": "T1", "segment": "", "base": 100, "n": round(100 * share)}
    table = pd.DataFrame([{**row, "share": share, "low": np.nan, "high": np.nan, "method": "uncorrected"}])
    strings = [name for name, kind in PREVALENCE.columns.items() if kind == "str"]
    write_table(table.astype(dict.fromkeys(strings, "str")), PREVALENCE)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder as after a run, with DVC played by a function: what it was asked is kept."""
    monkeypatch.chdir(tmp_path)
    write_text(tmp_path / "data/survey.yaml", SURVEY)
    write_text(tmp_path / "params.yaml", "seed: 7\n")
    write_text(tmp_path / "data/codebook/codebook.yaml", "- {id: T1, name: Trust}\n")
    write_text(tmp_path / "data/codebook/gold.csv", "respondent_id,wave,question,code,coder,sample\n")
    write_json(EFFECTIVE_FILE, {"themes": [{"id": "T1", "name": "Trust"}]})
    write_table(empty(MENTIONS), MENTIONS)
    save_coder(None, WordFeatures(), ["T1"], np.zeros((1, 4), np.float32), {})
    count(0.25)
    asked = []
    status = {}

    def dvc(*command):
        asked.append(command)
        return json.dumps(status) if command[0] == "status" else ""

    monkeypatch.setattr(releases, "_dvc", dvc)
    tmp_path.joinpath("asked").write_text("")
    return tmp_path, asked, status


def test_a_release_freezes_what_was_published(project):
    folder, asked, _ = project
    lines = releases.release("2025")
    assert "1 share of 1 wave" in lines[0] and ("add", "models/released/2025") in asked
    assert sorted(p.name for p in (folder / "models/releases/2025").iterdir()) == sorted(GIT_FILES)
    card = json.loads((folder / "models/releases/2025/release.json").read_text())
    assert card["seed"] == 7 and card["waves"] == {"2025": "abc"} and len(card["files"]) == 7
    assert {"codebook_sha256", "gold_sha256", "decisions_sha256"} == set(card["made_from"])
    count(0.75)
    found = load_release("2025")
    assert found.prevalence["share"].tolist() == [0.25] and found.codebook.themes[0].name == "Trust"


def test_nothing_that_git_keeps_of_a_release_holds_a_respondent(project):
    folder, _, _ = project
    releases.release("2025")
    assert not any("mentions" in p.name or "coder" in p.name for p in (folder / "models/releases").rglob("*"))


def test_a_release_is_never_overwritten(project):
    folder, _, _ = project
    releases.release("2025")
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    count(0.5)
    with pytest.raises(ThemebookError, match="There is a release `2025` already"):
        releases.release("2025")
    assert {p: p.read_bytes() for p in before if "reports" not in p.parts} == {
        p: content for p, content in before.items() if "reports" not in p.parts
    }


@pytest.mark.parametrize("name", ["2025 x", "a/b", "..", "", "ü"])
def test_a_name_is_plain(project, name):
    with pytest.raises(ThemebookError, match="holds only letters"):
        releases.release(name)


def test_what_is_not_up_to_date_is_not_released(project):
    folder, _, status = project
    status["measure"] = [{"changed deps": {"data/coded/mentions.parquet": "modified"}}]
    with pytest.raises(ThemebookError, match=r"not up to date: `measure`. Run `dvc repro`"):
        releases.release("2025")
    assert not (folder / "models/releases").exists()


def test_without_a_theme_there_is_nothing_to_release(project):
    write_table(empty(PREVALENCE), PREVALENCE)
    with pytest.raises(ThemebookError, match="No theme has been counted"):
        releases.release("2025")


@pytest.mark.parametrize(
    "file", ["releases/2025/prevalence.csv", "releases/2025/codebook.json", "released/2025/mentions.parquet"]
)
def test_an_altered_file_is_refused(project, file):
    folder, _, _ = project
    releases.release("2025")
    path = folder / "models" / file
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(ThemebookError, match=r"is not the file of the release `2025`.*Published figures never change"):
        load_releases()
    assert "NOT AS RELEASED" in releases.listed()[0]


def test_a_missing_file_is_refused_but_rows_may_be_elsewhere(project):
    folder, _, _ = project
    releases.release("2025")
    (folder / "models/released/2025/mentions.parquet").unlink()
    assert load_release("2025").waves == ("2025",) and "is not here" in releases.listed()[0]
    (folder / "models/releases/2025/prevalence.csv").unlink()
    with pytest.raises(ThemebookError, match="prevalence.csv does not exist"):
        load_releases()


def test_releases_come_oldest_first(project, monkeypatch):
    for name in ("b", "a"):
        releases.release(name)
    folder = project[0]
    for name, created in (("a", "2026-01-01"), ("b", "2025-01-01")):
        path = folder / f"models/releases/{name}/release.json"
        write_json(path, {**json.loads(path.read_text()), "created": created})
    assert [found.name for found in load_releases()] == ["b", "a"]


def test_a_release_that_broke_off_is_none_and_can_be_made(project, monkeypatch):
    def broken(*command):
        raise ThemebookError("`dvc add` failed.", "")

    good = releases._dvc
    monkeypatch.setattr(releases, "_dvc", lambda *c: "{}" if c[0] == "status" else broken())
    with pytest.raises(ThemebookError, match="dvc add"):
        releases.release("2025")
    assert load_releases() == []
    monkeypatch.setattr(releases, "_dvc", good)
    releases.release("2025")
    assert [found.name for found in load_releases()] == ["2025"]


def test_the_command_lists(project):
    runner = CliRunner()
    assert "no release yet" in runner.invoke(cli, ["release", "--list"]).output
    assert runner.invoke(cli, ["release", "2025"]).exit_code == 0
    assert "hashes good" in runner.invoke(cli, ["release", "--list"]).output
    assert runner.invoke(cli, ["release"]).exit_code == 2


def test_a_folder_without_dvc_is_told_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "-q"], check=True)
    with pytest.raises(ThemebookError, match="`dvc status --json dvc.yaml` failed"):
        releases._must_be_up_to_date()
