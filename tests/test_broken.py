"""Broken inputs: exit code not 0, one message naming what and what to do, no traceback, earlier outputs untouched."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
ROWS = 40
WORDS = "we need far more trust and time for this work in number"


def themebook(folder, *arguments):
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(["themebook", *arguments], cwd=folder, capture_output=True, text=True, env=environment)


def dvc(folder):
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(["dvc", "repro", "ingest@1"], cwd=folder, capture_output=True, text=True, env=environment)


def export(rows=ROWS, header="id,sector,Why?", cells=None):
    lines = [header] + [f"p{i},{'public' if i % 2 else 'private'},{WORDS} {i}" for i in range(rows)]
    return "\n".join(cells or lines) + "\n"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A small project, ingested."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "one.csv").write_text(export())
    made = themebook(folder, "init", "project", "--wave=1=one.csv", "--respondent-id=id", "--open=Why?")
    assert made.returncode == 0, made.stderr
    assert dvc(folder / "project").returncode == 0
    return folder / "project"


@pytest.fixture
def project(good, tmp_path):
    import shutil

    return Path(shutil.copytree(good, tmp_path / "project"))


def made(folder):
    files = sorted(p for p in (folder / "data/responses").rglob("*") if p.is_file())
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def complains(done, *parts):
    message = done.stderr
    assert done.returncode not in (0, None)
    assert "Traceback" not in message + done.stdout
    ours = [line for line in message.splitlines() if line.startswith("themebook:")]
    assert len(ours) == 1, message
    for part in parts:
        assert part in ours[0], ours[0]


def broken_xlsx():
    import io

    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for i in range(50):
            sheet.write_row(i, 0, [f"a{i}", "b", f"{WORDS} {i}"])
    return buffer.getvalue()[:-2000]


def broken_sav(tmp_path):
    import pandas as pd
    import pyreadstat

    path = tmp_path / "whole.sav"
    pyreadstat.write_sav(
        pd.DataFrame({"id": [f"p{i}" for i in range(60)], "why": [f"{WORDS} {i}" for i in range(60)]}), path
    )
    return path.read_bytes()[:700]


LINES = export().splitlines()
RAW = {
    "short row": ("x.csv", export(cells=[*LINES[:5], "p9,public", *LINES[5:]]).encode(), ["6"]),
    "long row": ("x.csv", export(cells=[*LINES[:5], "p99,public,a,b", *LINES[5:]]).encode(), ["6"]),
    "unclosed quote": ("x.csv", export(cells=[*LINES[:5], 'p99,public,"open', *LINES[5:]]).encode(), []),
    "two columns of one name": ("x.csv", export(header="id,Why?,Why?").encode(), ["Why?"]),
    "empty file": ("x.csv", b"", ["empty"]),
    "header only": ("x.csv", b"id,sector,Why?\n", []),
    "binary file named .csv": ("x.csv", bytes(range(256)) * 20, []),
    "HTML named .xls": ("x.xls", b"<!DOCTYPE html><html><table><tr><td>a</td></tr></table></html>", ["HTML"]),
    "UTF-16 without mark": ("x.csv", export().encode("utf-16-le"), ["UTF-16"]),
    "NUL bytes": ("x.csv", export().replace("p7", "p\0").encode(), ["NUL"]),
    "duplicate id": ("x.csv", export().replace("p7,", "p8,").encode(), ["p8"]),
    "blank id": ("x.csv", export().replace("p7,", ",").encode(), ["9"]),
    "truncated xlsx": ("x.xlsx", broken_xlsx, []),
    "truncated sav": ("x.sav", broken_sav, []),
    "unknown ending": ("x.docx", b"PK", [".docx"]),
}


@pytest.mark.parametrize("case", RAW)
def test_a_broken_raw_file_is_refused_by_init(case, tmp_path):
    name, content, parts = RAW[case]
    if callable(content):
        content = content(tmp_path) if content is broken_sav else content()
    (tmp_path / name).write_bytes(content)
    done = themebook(tmp_path, "init", "new", f"--wave=1={name}", "--respondent-id=id", "--open=Why?")
    complains(done, name, *parts)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("case", [case for case, (name, _, _) in RAW.items() if name == "x.csv"])
def test_the_same_file_in_a_project_leaves_earlier_outputs(case, project):
    before = made(project)
    raw = project / "data/raw/1.csv"
    raw.write_bytes(RAW[case][1])
    complains(dvc(project), "data/raw/1.csv", "themebook wave accept 1")
    assert made(project) == before
    accepted = themebook(project, "wave", "accept", "1")
    if accepted.returncode == 0:
        complains(dvc(project), "data/raw/1.csv")
    assert made(project) == before | {k: v for k, v in made(project).items() if k == "1.verified.json"}


def test_a_changed_raw_file_names_the_command_that_takes_it(project):
    raw = project / "data/raw/1.csv"
    raw.write_text(export(rows=41))
    complains(dvc(project), "data/raw/1.csv", "sha256", "themebook wave accept 1")
    assert themebook(project, "wave", "accept", "1").returncode == 0
    assert dvc(project).returncode == 0


def test_a_missing_raw_file_names_it(project):
    before = made(project)
    (project / "data/raw/1.csv").unlink()
    complains(dvc(project), "data/raw/1.csv", "put the file back")
    assert made(project) == before


def test_a_missing_column_names_the_closest(project):
    raw = project / "data/raw/1.csv"
    raw.write_text(export(header="id,sector,Whyy?"))
    assert themebook(project, "wave", "accept", "1").returncode == 0
    complains(dvc(project), "data/raw/1.csv", "Why?")


def test_a_renamed_column_in_wave_two_is_asked_about(project):
    (project / "two.csv").write_text(export(header="id,sector,Why so?"))
    before = made(project), (project / "data/survey.yaml").read_text()
    complains(themebook(project, "wave", "add", "2=two.csv"), "two.csv", "Why")
    assert (made(project), (project / "data/survey.yaml").read_text()) == before


PEOPLES = {
    "unknown key in survey.yaml": ("data/survey.yaml", lambda t: t + "colour: red\n", "ingest", ["colour"]),
    "wave id with a slash": ("data/survey.yaml", lambda t: t.replace("'1':", "'1/2':"), "ingest", ["1/2"]),
    "duplicate theme id": (
        "data/codebook/codebook.yaml",
        lambda _: "- {id: T01, name: a}\n- {id: T01, name: b}\n",
        "code",
        ["T01", "codebook.yaml"],
    ),
    "theme for an unknown question": (
        "data/codebook/codebook.yaml",
        lambda _: "- {id: T01, name: a, questions: [who]}\n",
        "code",
        ["who", "T01"],
    ),
    "gold for an unknown respondent": (
        "data/codebook/gold.csv",
        lambda t: t + "p99,1,why,,ann,all\n",
        "code",
        ["gold.csv", "line 2", "p99"],
    ),
    "unknown key in params.yaml": ("params.yaml", lambda t: t + "colour: red\n", "code", ["colour"]),
    "missing codebook": ("data/codebook/codebook.yaml", None, "code", ["codebook.yaml", "does not exist"]),
}


@pytest.mark.parametrize("case", PEOPLES)
def test_a_broken_peoples_file_is_named(case, project):
    name, change, stage, parts = PEOPLES[case]
    path = project / name
    before = made(project)
    if change is None:
        path.unlink()
    else:
        path.write_text(change(path.read_text()))
    complains(themebook(project, "stage", stage), *parts)
    assert made(project) == before


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["init", "new", "--wave=2025/1=one.csv"], ["2025/1"]),
        (["init", "new", "--wave=2025"], ["--wave 2025"]),
        (["init", "new", "--wave=1=none.csv"], ["none.csv"]),
        (["init", "new", "--wave=1=one.csv", "--open=Wy?"], ["Wy?", "Why?"]),
        (["init", "new", "--wave=1=one.csv", "--codebook=none.yaml"], ["none.yaml"]),
        (["init", "new", "--wave=1=one.csv", "--codebook=list.yaml"], ["list.yaml", "not a list"]),
        (["init", "new", "--wave=1=one.csv", "--codebook=who.yaml"], ["who.yaml", "no question `who`"]),
        (["init", "new", "--wave=1=one.csv", "--gold=latin.csv"], ["latin.csv", "line 2"]),
        (["init", "project", "--wave=1=one.csv"], ["not empty"]),
    ],
)
def test_init_refuses_what_cannot_be(arguments, parts, project):
    (project.parent / "one.csv").write_text(export())
    (project.parent / "list.yaml").write_text("name: a\n")
    (project.parent / "who.yaml").write_text("- {name: a, questions: [who]}\n")
    (project.parent / "latin.csv").write_bytes(b"respondent_id,wave,question,code,coder,sample\np1,1,why,,Zo\xeb,all\n")
    complains(themebook(project.parent, *arguments), *parts)
    assert not (project.parent / "new").exists()


def test_a_tampered_encoder_is_refused(project):
    import json

    path = project / "models/encoder.json"
    manifest = json.loads(path.read_text())
    manifest["files"]["config.json"] = "0" * 64
    path.write_text(json.dumps(manifest))
    assert themebook(project, "stage", "segment").returncode == 0
    complains(themebook(project, "stage", "embed"), "config.json")


def test_outside_a_project_folder(tmp_path):
    complains(themebook(tmp_path, "stage", "ingest"), "survey.yaml", "themebook init")
