"""`themebook wave …`: survey.yaml changes only when everything is settled, and keeps what people wrote in it."""

import csv
import hashlib
import io

import click
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.cli import cli
from pipeline.foundation.errors import ThemebookError
from pipeline.project import columns, waves
from pipeline.report.wording import tame
from pipeline.survey.description import load_survey
from pipeline.survey.headers import clean_header
from pipeline.survey.matched import Matching, Missing, New, Replies

SURVEY = """\
# A survey, invented for illustration.
title: Gardeners
waves:
  '2025': {file: data/raw/2025.csv, sha256: SHA}   # the first
respondent_id: ID
weight: ''
sampling: self-selected
questions:
  support:
    columns: ['Support?']     # yes or no
    kind: single
  why:
    columns: ['Why do you say so?']
    kind: open
"""
HEADER = ["ID", "Support?", "Why do you say so?"]


def write(path, header, n=36):
    rows = [
        [f"R{i}", ("No", "Yes")[i % 2], *[f"invented words of an answer {i} to {h}" for h in header[2:]]]
        for i in range(n)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    sha = write(folder / "data/raw/2025.csv", HEADER)
    (folder / "data/survey.yaml").write_text(SURVEY.replace("SHA", sha), encoding="utf-8")
    (folder / "params.yaml").write_text("seed: 1\n")
    monkeypatch.chdir(folder)
    return folder


def state(folder):
    return {p.relative_to(folder): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def new_wave(folder, header):
    path = folder.parent / "next.csv"
    write(path, header)
    return f"2026={path}"


def test_a_wave_with_the_same_columns(project):
    assert waves.add(new_wave(project, HEADER))[-1] == "wave 2026 added; run `dvc repro`"
    text = (project / "data/survey.yaml").read_text(encoding="utf-8")
    assert [line for line in SURVEY.splitlines() if "SHA" not in line and line not in text.splitlines()] == []
    assert "# the first" in text and list(load_survey().waves) == ["2025", "2026"]
    assert (project / "data/raw/2026.csv").read_bytes() == (project.parent / "next.csv").read_bytes()


def test_unanswered_nothing_is_written_and_the_flags_are_given(project):
    before = state(project)
    pair = new_wave(project, ["ID", "Support?", "Why do you say that?", "Anything else?"])
    with pytest.raises(ThemebookError) as error:
        waves.add(pair)
    told = str(error.value)
    assert '--rename "Why do you say that?=why"' in told and '--not-asked "why"' in told
    assert '--new "Anything else?"' in told and '--ignore "Anything else?"' in told and "Nothing was written" in told
    assert "invented words" not in told and state(project) == before


def test_the_flags_that_were_given_settle_it(project):
    pair = new_wave(project, ["ID", "Support?", "Why do you say that?", "Anything else?"])
    given = ["--rename", "Why do you say that?=why", "--ignore", "Anything else?", "--invited", "90"]
    given += ["--mode-changed", "online, not on paper", "--wording-changed", "support"]
    done = CliRunner().invoke(cli, ["wave", "add", pair, *given])
    assert done.exit_code == 0 and "renamed: `Why do you say so?` of `why` is now `Why do you say that?`" in done.output
    survey = load_survey()
    assert survey.questions["why"].columns == ("Why do you say so?", "Why do you say that?")
    assert survey.questions["why"].earlier == {"Why do you say that?": "Why do you say so?"}
    assert survey.questions["anything_else"].kind == "ignore" and survey.waves["2026"].invited == 90
    assert survey.waves["2026"].changed.model_dump() == {
        "wording": ("support",),
        "mode": "online, not on paper",
        "sampling": "",
    }
    assert "# yes or no" in (project / "data/survey.yaml").read_text(encoding="utf-8")


def test_words_that_yaml_takes_for_something_else_stay_text(project):
    pair = new_wave(project, ["ID", "No", "Why do you say so?", "2027"])
    waves.add(pair, Replies(rename=("No=support",), open=("2027",)))
    survey = load_survey()
    assert survey.questions["support"].columns == ("Support?", "No")
    assert survey.questions["2027"].columns == ("2027",) and survey.questions["2027"].waves == ("2026",)


def test_a_question_not_asked_lists_the_waves_that_asked_it(project):
    waves.add(new_wave(project, ["ID", "Support?", "Why do you say so?"]))
    path = project.parent / "third.csv"
    write(path, ["ID", "Why do you say so?", "filler"])
    waves.add(f"2027={path}", Replies(not_asked=("support",), ignore=("filler",)))
    assert load_survey().questions["support"].waves == ("2025", "2026")
    path = project.parent / "fourth.csv"
    write(path, HEADER)
    waves.add(f"2028={path}")
    assert load_survey().questions["support"].waves == ("2025", "2026", "2028")


def test_a_renamed_id_column_is_the_waves_own(project):
    waves.add(new_wave(project, ["Respondent", *HEADER[1:]]), Replies(rename=("Respondent=ID",)))
    survey = load_survey()
    assert (survey.id_column("2025"), survey.id_column("2026")) == ("ID", "Respondent")


def test_a_file_that_cannot_be_ingested_changes_nothing(project):
    pair = new_wave(project, HEADER)
    path = project.parent / "next.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("R1,", "R0,"), encoding="utf-8")
    before = state(project)
    with pytest.raises(ThemebookError, match="one respondent id"):
        waves.add(pair)
    assert state(project) == before


def test_a_terminal_is_asked_until_all_is_settled(project):
    pair = new_wave(project, ["ID", "Support?", "Why do you say that?", "Anything else?"])

    @click.command()
    def command():
        for line in waves.add(pair, ask=columns.ask):
            click.echo(line)

    before = state(project)
    # A bare return takes no suggestion; then the user leaves.
    assert CliRunner().invoke(command, input="\n\n").exit_code != 0
    assert state(project) == before
    done = CliRunner().invoke(command, input="y\no\n")
    assert done.exit_code == 0 and "Is it `Why do you say that?` now? [y/N]" in done.output
    assert load_survey().questions["anything_else"].kind == "open"


@pytest.mark.parametrize(
    ("matching", "typed", "reply"),
    [
        (Matching(1, missing=(Missing("why", "Why?", "open", ("Reason?",)),)), "n\ny\n", {"not_asked": ("why",)}),
        (Matching(1, missing=(Missing("why", "Why?", "open", ()),)), "n\nCause?\n", {"rename": ("Cause?=why",)}),
        (
            Matching(1, new=(New("Reason?", ("Reason?",), "open", "text", ("why",)),)),
            "y\n",
            {"rename": ("Reason?=why",)},
        ),
        (Matching(1, new=(New("X [a]", ("X [a]",), "item", "an item", (), "x"),)), "y\n", {"part": ("X [a]=x",)}),
        (Matching(1, new=(New("X [a]", ("X [a]",), "item", "an item", (), "x"),)), "n\n", {"ignore": ("X [a]",)}),
        (Matching(1, new=(New("Y", ("Y",), "single", "2 options"),)), "z\ng\n", {"new": ("Y",)}),
    ],
)
def test_every_answer_is_the_flag_it_stands_for(matching, typed, reply):
    got = []

    @click.command()
    def command():
        got.append(columns.ask(matching, Replies()))

    assert CliRunner().invoke(command, input=typed).exit_code == 0
    assert got == [Replies(**reply)]


@given(st.lists(st.text(min_size=1).map(clean_header).map(tame).filter(bool), min_size=1, unique=True))
def test_any_header_is_read_back_as_it_was_written(headers):
    editor = columns.yaml_editor()
    content = editor.load("columns: ['First?', second]\n")
    content["columns"] += columns.safe(headers)
    content["more"] = columns.safe({"columns": headers, "renamed": [{"now": headers[0], "was": headers[-1]}]})
    buffer = io.StringIO()
    editor.dump(content, buffer)
    read = yaml.safe_load(buffer.getvalue())
    assert read["columns"] == ["First?", "second", *headers]
    assert read["more"] == {"columns": headers, "renamed": [{"now": headers[0], "was": headers[-1]}]}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.lists(
        st.sampled_from([*HEADER, "Why do you say that?", "Support it?", "Region", "Code"]), unique=True, min_size=2
    ),
    replies=st.sampled_from(
        [Replies(), Replies(rest="ignore"), Replies(rename=("Support it?=support",)), Replies(not_asked=("why",))]
    ),
)
def test_a_wave_is_added_whole_or_not_at_all(project, header, replies):
    before = state(project)
    try:
        waves.add(new_wave(project, header), replies)
    except ThemebookError:
        assert state(project) == before
    else:
        survey = load_survey()
        known = {c for q in survey.questions.values() for c in q.columns} | {"ID"}
        assert "2026" in survey.waves and set(header) <= known
        (project / "data/raw/2026.csv").unlink()
        (project / "data/survey.yaml").write_bytes(next(v for k, v in before.items() if k.name == "survey.yaml"))
