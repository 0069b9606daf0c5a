"""Decisions as files: one line an act, one file a person, merged by plain git."""

import subprocess

import pytest

from pipeline.foundation.errors import ThemebookError
from pipeline.themes.decisions import (
    KINDS,
    Clarification,
    append,
    as_line,
    decision_of,
    draft,
    fingerprint,
    load_decisions,
    words,
)

QUOTE = {"theme_id": "T1", "response_id": "r0", "spans": [[0, 4]]}


def test_a_decision_survives_its_file(tmp_path):
    text = "Trust and time"
    given = [
        draft("rename", "ann", theme_id="T1", name="Trust"),
        draft("accept", "ann", theme_id="T9-a1b2", name="Time", examples=[words(text, "r0", 10, 14)], why="often said"),
        draft("clarify_quote", "ann", **QUOTE, clarifications=[{"start": 0, "end": 2, "text": "sectors"}]),
        draft("confirm", "ann", response_id="r0"),
    ]
    for decision in given:
        append(decision, tmp_path)
    assert load_decisions(tmp_path) == given
    assert [line.split(",")[0] for line in (tmp_path / "ann.jsonl").read_text().splitlines()] == [
        f'{{"id": "{d.id}"' for d in given
    ]


def test_no_answer_text_stands_in_a_decision():
    secret = "words that only the respondent may show"
    line = as_line(draft("accept", "ann", theme_id="T9", name="Time", examples=[words(secret, "r0", 0, 20)]))
    assert not any(word in line for word in secret.split() if len(word) > 4)


def test_decisions_are_read_in_the_order_of_time_and_id(tmp_path):
    late = draft("note", "ann", why="b").model_copy(update={"time": "2026-02-01T00:00:00"})
    early = draft("note", "bob", why="a").model_copy(update={"time": "2026-01-01T00:00:00"})
    append(late, tmp_path)
    append(early, tmp_path)
    assert [d.why for d in load_decisions(tmp_path)] == ["a", "b"]


def test_a_line_cut_short_by_a_crash_is_named_and_the_next_act_does_not_hide_it(tmp_path):
    append(draft("note", "ann", why="a"), tmp_path)
    path = tmp_path / "ann.jsonl"
    path.write_text(path.read_text() + '{"id": "D')
    append(draft("note", "ann", why="b"), tmp_path)
    with pytest.raises(ThemebookError, match="line 2: not JSON"):
        load_decisions(tmp_path)
    assert len(path.read_text().splitlines()) == 3


def test_the_same_line_twice_is_one_decision_and_two_with_one_id_are_refused(tmp_path):
    decision = draft("note", "ann", why="a")
    append(decision, tmp_path)
    append(decision, tmp_path)
    assert load_decisions(tmp_path) == [decision]
    append(decision.model_copy(update={"why": "b"}), tmp_path)
    with pytest.raises(ThemebookError, match="says something else"):
        load_decisions(tmp_path)


@pytest.mark.parametrize("name", ["", "a/b", "../ann", "ann smith", "a\n"])
def test_a_reviewer_whose_name_cannot_name_a_file_is_refused(name):
    with pytest.raises(ThemebookError, match="names a file"):
        draft("note", name)


@pytest.mark.parametrize(
    ("act", "fields", "message"),
    [
        ("rename", {"theme_id": "T1"}, "`name`: Field required"),
        ("rename", {"theme_id": "T1", "name": "a", "nome": "b"}, "unknown key `nome`"),
        ("split", {"theme_id": "T1", "parts": []}, "parts"),
        ("reassign", {"response_id": "r0", "start": 0, "end": 3}, "from one theme, gives them to another"),
        ("approve_quote", {**QUOTE, "spans": [[5, 9], [0, 4]]}, "stand in order"),
        ("clarify_quote", {**QUOTE, "clarifications": [{"start": 3, "end": 9, "text": "x"}]}, "inside a span"),
        ("clarify_quote", {**QUOTE, "clarifications": [{"start": 0, "end": 2, "text": "[x]"}]}, "plain words"),
        ("renamed", {}, "no act of a reviewer. Closest: `rename`"),
    ],
)
def test_a_decision_that_says_too_little_or_too_much_is_refused(act, fields, message):
    with pytest.raises(ThemebookError, match=message):
        draft(act, "ann", **fields)


@pytest.mark.parametrize(
    ("line", "message"), [("{", "line 1: not JSON"), ('{"id": "D"}', "line 1"), ("[1]", "line 1"), ('"x"', "line 1")]
)
def test_a_broken_decision_names_its_line(tmp_path, line, message):
    (tmp_path / "ann.jsonl").write_text(line + "\n")
    with pytest.raises(ThemebookError, match=message):
        load_decisions(tmp_path)


def test_every_act_has_a_kind_of_its_own():
    assert len(KINDS) == 16
    for act, kind in KINDS.items():
        assert kind.model_fields["act"].default == act


def test_a_quote_decided_on_by_an_earlier_version_is_still_read():
    line = {"id": "D1", "time": "t", "reviewer": "ann", "act": "approve_quote", **QUOTE, "seen": fingerprint("Time")}
    assert decision_of(line, "here").clarifications == ()


def test_a_clarification_is_one_line_of_words():
    assert Clarification(start=0, end=0, text=" the\n two  sectors ").text == "the two sectors"


def git(folder, *command):
    named = ["-c", "user.name=inv", "-c", "user.email=inv@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *named, *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("same_file", [False, True])
def test_decisions_of_two_clones_are_merged_by_git_in_either_order(tmp_path, same_file):
    base = tmp_path / "base"
    folder = "data/codebook/decisions"
    base.mkdir()
    git(base, "init", "-q", "-b", "main")
    (base / ".gitattributes").write_text(f"{folder}/*.jsonl merge=union\n")
    append(draft("note", "ann", why="shared"), base / folder)
    git(base, "add", "-A")
    git(base, "commit", "-qm", "start")
    for name, who in (("one", "ann"), ("two", "ann" if same_file else "bob")):
        git(tmp_path, "clone", "-q", "base", name)
        for n in range(3):
            append(draft("note", who, why=f"{name} {n}"), tmp_path / name / folder)
        git(tmp_path / name, "add", f"{folder}/{who}.jsonl")
        git(tmp_path / name, "commit", "-qm", name)
    merged = []
    for mine, other in (("one", "two"), ("two", "one")):
        git(tmp_path, "clone", "-q", mine, f"{mine}-merged")
        git(tmp_path / f"{mine}-merged", "pull", "-q", "--no-rebase", f"../{other}", "HEAD")
        merged.append(load_decisions(tmp_path / f"{mine}-merged" / folder))
    assert merged[0] == merged[1]
    assert len(merged[0]) == 7
