"""The sample survey is what it says: invented answers as people write them, its codebook and a random draw of gold."""

import csv
import re
import statistics
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from pipeline.survey.description import load_survey
from pipeline.survey.nonanswers import classify, normalise
from pipeline.themes.codebook import load_codebook

DATA = Path(__file__).parents[1] / "data"
SURVEY = load_survey(DATA / "survey.yaml")
CODEBOOK = load_codebook(SURVEY, DATA / "codebook/codebook.yaml")
SIZES = {"2025": 270, "2026": 280}
NHS = ("FFT Why?", "How could we improve?", "What could we do better?", "What was good?")
NEW = re.compile(r"\b(AI|chatbots?|algorithms?|machine learning)\b")


def table(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def answers(rows, columns):
    """The distinct answers of some columns, as words."""
    texts = [row[column] for row in rows for column in columns]
    told = {normalise(text): text for text in texts if classify(text)[0] == "answered"}
    return [re.findall(r"[\w'’]+", told[key].casefold()) for key in sorted(told)]


def runs(words, size):
    return [tuple(words[i : i + size]) for i in range(len(words) - size + 1)]


def distinct_share(found, size=4):
    """How many of all runs of words are different ones."""
    every = [run for words in found for run in runs(words, size)]
    return len(set(every)) / len(every)


def spread(found):
    return statistics.pstdev(map(len, found))


@pytest.fixture(scope="module")
def waves():
    return {wave: table(DATA / f"raw/{wave}.csv") for wave in SIZES}


@pytest.fixture(scope="module")
def columns():
    return {name: question.columns[0] for name, question in SURVEY.open_questions.items()}


def test_its_size(waves):
    assert {wave: len(rows) for wave, rows in waves.items()} == SIZES
    assert all(SURVEY.waves[wave].invited > size for wave, size in SIZES.items())
    assert SURVEY.sampling == "self-selected"
    assert "Invented for illustration" in SURVEY.note


def test_no_templates(waves, columns):
    found = answers([row for rows in waves.values() for row in rows], columns.values())
    owners = defaultdict(set)
    for i, words in enumerate(found):
        for run in runs(words, 8):
            owners[run].add(i)
    shared = set().union(*[own for own in owners.values() if len(own) > 1])
    assert len(found) > 900
    assert len(shared) <= 0.03 * len(found)


def test_answers_are_as_people_write_them(waves, columns):
    texts = [row[c] for rows in waves.values() for row in rows for c in columns.values()]
    lengths = [len(text.split()) for text in texts if text.strip()]
    assert (min(lengths), max(lengths)) == (1, 60)
    status = Counter(classify(text)[0] for text in texts)
    assert status["blank"] > 30 and status["non_answer"] > 20
    filled = Counter(text for text in texts if classify(text)[0] == "answered")
    assert 3 <= sum(n - 1 for n in filled.values()) <= 30
    assert any("@" in text for text in texts) and any("020 7946" in text for text in texts)


def test_as_varied_as_a_real_survey(waves, columns, shared_data):
    """Shares of distinct runs depend on how many there are, so question by question where 100 answers are distinct."""
    real = {}
    for path in sorted((shared_data / "nhs_fft").glob("20*.csv")):
        rows = table(path)
        cells = {column: answers(rows, [column]) for column in NHS}
        real |= {(path.stem, column): found for column, found in cells.items() if len(found) >= 100}
    mine = [answers(rows, [column]) for rows in waves.values() for column in columns.values()]
    assert len(real) >= 8
    for measure in (distinct_share, spread):
        low, high = (end(map(measure, real.values())) for end in (min, max))
        assert all(low <= measure(found) <= high for found in mine), measure.__name__


def test_examples_are_no_answers(waves, columns):
    said = {normalise(row[c]) for rows in waves.values() for row in rows for c in columns.values()}
    for theme in CODEBOOK.themes:
        assert theme.definition and theme.include and theme.exclude
        assert len(theme.questions) == 1
        assert len({normalise(example.text) for example in theme.examples}) >= 8
        assert not said & {normalise(example.text) for example in theme.examples}
    assert [theme.id for theme in CODEBOOK.themes if theme.role == "overarching"] == ["T04"]
    assert {theme.group for theme in CODEBOOK.themes if theme.group} == {"Reasons for", "Reasons against"}


def test_gold_is_a_random_draw_and_says_who_coded(columns):
    rows = table(DATA / "codebook/gold.csv")
    read = {(r["wave"], r["question"], r["respondent_id"]) for r in rows}
    assert Counter((wave, question) for wave, question, _ in read) == dict.fromkeys(
        [(wave, question) for wave in SIZES for question in columns], 120
    )
    assert {(r["coder"], r["sample"]) for r in rows} == {("machine:language-model", "random")}


def test_the_second_wave_has_a_new_thing_that_no_theme_names(waves, columns):
    raised = {wave: sum(any(NEW.search(r[c]) for c in columns.values()) for r in waves[wave]) for wave in SIZES}
    assert raised["2025"] <= 2 < 15 <= raised["2026"]
    written = [t.name + t.definition + t.include + " ".join(e.text for e in t.examples) for t in CODEBOOK.themes]
    assert not any(NEW.search(text) for text in written)
