"""What coding a whole question takes on the page: keys and words, counted on made-up answers."""

import pytest
from acts_and_words import coded
from review_factory import write_project

from pipeline.foundation.tables import read_text
from pipeline.themes.gold import GOLD_FILE


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_project(tmp_path, people=40)


def test_keys_and_words_of_one_question(project, tmp_path):
    figures = coded(tmp_path, "change", "2020")
    mine = project["responses"]
    mine = mine[(mine["question_id"] == "change") & (mine["wave"] == "2020") & (mine["status"] == "answered")]
    assert figures.answers == len(mine)
    assert figures.own_words == mine["text"].str.split().str.len().sum()
    assert figures.answers <= figures.keys and figures.keys_each <= 3
    assert 0 < figures.words_more <= 0.2
    assert read_text(GOLD_FILE, "").count("\n") == 1, "the copy is coded, not the project"


def test_only_what_is_left_is_coded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project = write_project(tmp_path, people=20, themes=2)
    rows = project["responses"]
    rows = rows[(rows["question_id"] == "change") & (rows["status"] == "answered")]
    lines = [f"{r.respondent_id},{r.wave},change,T01,anna,all\n" for r in rows.itertuples()]
    GOLD_FILE.write_text(read_text(GOLD_FILE, "") + "".join(lines[:-1]), encoding="utf-8")
    left = coded(tmp_path, "change", rows["wave"].iloc[-1])
    assert left.answers == 1 and left.keys <= 2
