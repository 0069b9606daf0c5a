"""`themebook refs` finds, completes and compares references; `themebook draft` writes where nothing was written."""

from __future__ import annotations

import subprocess

import pytest
from click.testing import CliRunner
from report_factory import inputs_of

from pipeline.cli import cli
from pipeline.foundation.contracts import SENTENCES
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import write_table
from pipeline.project import refs
from pipeline.project.create import STORY
from pipeline.report.content import build_content
from pipeline.report.draft import with_story
from pipeline.report.records import CONTENT_FILE
from pipeline.report.sentences import sentences
from pipeline.report.story import STORY_FILE, parse

NAMES = "---\nnames: {t: training, b: barriers}\n---\n"


@pytest.fixture(scope="module")
def content():
    return with_story(build_content(**inputs_of()), "")


@pytest.fixture
def folder(tmp_path, monkeypatch, content):
    (tmp_path / "reports/internal").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    (tmp_path / CONTENT_FILE).write_text(content.model_dump_json(), encoding="utf-8")
    (tmp_path / STORY_FILE).write_text(STORY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(*words):
    done = CliRunner().invoke(cli, list(words), catch_exceptions=False)
    return done.output


def ran_badly(*words):
    done = CliRunner().invoke(cli, list(words))
    assert done.exit_code
    return done.output


def test_refs_lists_what_holds_all_words(folder):
    lines = refs.listed(["yes", "any training"])
    assert all("share:training.yes" in line or ":training.yes" in line for line in lines)
    assert any(line.startswith("{share:training.yes}  ") and "2021)" in line for line in lines)
    assert any(line.startswith("{share:training.yes@2020}  ") for line in lines)
    assert refs.listed(["no such thing"]) == ["Nothing holds no such thing."]


def test_refs_names_questions_as_the_text_does(folder):
    (folder / STORY_FILE).write_text(NAMES + "x", encoding="utf-8")
    assert any(line.startswith("{share:t.yes}") for line in refs.listed(["training", "yes"]))


def test_refs_lists_quotes_with_their_state_and_pieces(folder, content):
    quote = content.quotes[0]
    (line,) = refs.listed([quote.quote_id])
    assert quote.theme_id in line and ("approved" in line)
    assert any(line.startswith("{theme:T01}  on a line of its own") for line in refs.listed(["theme:T01", "line"]))


def test_every_listed_figure_can_be_written_into_the_text(folder, content):
    figures = [line.split("}")[0] + "}" for line in refs.listed([]) if "on a line of its own" not in line]
    told = with_story(content, "\n\n".join(f"a {figure}" for figure in figures))
    assert len(told.story) == len(figures) > 300


def test_complete_writes_out_what_is_cut_short(folder):
    before = NAMES + "a {share:b.goals} b {share:t.yes} c {share:b.zzz}\n"
    (folder / STORY_FILE).write_text(before, encoding="utf-8")
    assert refs.complete() == ["{share:b.goals} is now {share:b.different_goals}"]
    text = (folder / STORY_FILE).read_text(encoding="utf-8")
    assert text == NAMES + "a {share:b.different_goals} b {share:t.yes} c {share:b.zzz}\n"
    assert refs.complete() == ["Every reference is whole, or nothing begins like it."]


def test_complete_leaves_what_could_be_several(folder):
    before = NAMES + "a {theme:T01.s}\n"
    (folder / STORY_FILE).write_text(before, encoding="utf-8")
    (line,) = refs.complete()
    assert line.startswith("{theme:T01.s} could be {theme:T01.sentence}, {theme:T01.share}")
    assert (folder / STORY_FILE).read_text(encoding="utf-8") == before


def test_draft_writes_a_text_that_is_the_draft(folder, content):
    assert "holds a draft" in ran("draft")
    text = (folder / STORY_FILE).read_text(encoding="utf-8")
    assert with_story(content, text).story == content.story
    with pytest.raises(ThemebookError, match="holds a text already"):
        refs.write_draft()
    assert (folder / STORY_FILE).read_text(encoding="utf-8") == text


def test_nothing_was_run_yet(folder):
    (folder / CONTENT_FILE).unlink()
    for act in (refs.write_draft, refs.complete, lambda: refs.listed([])):
        with pytest.raises(ThemebookError, match="does not exist. Run `dvc repro` first"):
            act()


def test_changes_are_those_since_the_last_commit(folder, content):
    table = sentences(with_story(content, "There were {n:respondents}.").story)
    write_table(table, SENTENCES)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "init", "-q"], check=True)
    with pytest.raises(ThemebookError, match="is in no commit yet"):
        refs.changes()
    subprocess.run([*git, "add", "reports/sentences.csv"], check=True)
    subprocess.run([*git, "commit", "-qm", "a"], check=True)
    assert refs.changes() == ["No sentence prints another figure than at the last commit."]
    write_table(table.assign(figure="81"), SENTENCES)
    assert ran("refs", "--changed").startswith("line 1: “There were {n:respondents}.”: {n:respondents} was 80, is 81")


def test_claims_without_a_figure_are_listed(folder):
    text = NAMES + "Most ({share:t.no}) had none.\n\n- a\n- Most leaders want\n  more of it.\n"
    (folder / STORY_FILE).write_text(text, encoding="utf-8")
    (line,) = refs.unbacked()
    assert line.startswith(f"{STORY_FILE}, line 7: “Most” has no figure in its sentence")
    (folder / STORY_FILE).write_text(NAMES + "Most ({share:t.no}) had none.\n", encoding="utf-8")
    assert ran("refs", "--unbacked") == "Every sentence that claims a share has a figure beside it.\n"
    assert "one of --complete" in ran_badly("refs", "--unbacked", "--changed")


def test_a_new_folder_holds_no_text_yet():
    assert parse(STORY).blocks == ()
