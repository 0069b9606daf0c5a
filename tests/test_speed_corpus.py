"""The corpus maker of the speed benchmark: the same by seed, mostly distinct, real coded rows first."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
NHS = ROOT.parent / "shared" / "data" / "nhs_fft"
sys.path.insert(0, str(ROOT / "benchmarks" / "speed"))

from corpus import _PIECES, _SENTENCES, CODED_SHARE, make_corpus, read_survey  # noqa: E402

SIZE = 2000

pytestmark = pytest.mark.skipif(not NHS.is_dir(), reason="the real survey nhs_fft is not beside this repository")


@pytest.fixture(scope="module")
def survey():
    return read_survey(NHS)


@pytest.fixture(scope="module")
def made(survey, tmp_path_factory):
    return make_corpus(tmp_path_factory.mktemp("corpus"), survey, {"a": SIZE, "b": 50}, seed=3)


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def answers(rows: pd.DataFrame, questions: list[str]) -> list[str]:
    return [text for question in questions for text in rows[question] if text.strip()]


def questions_of(made) -> list[str]:
    return [option.removeprefix("--open=") for option in made.options if option.startswith("--open=")]


def test_as_many_answers_as_asked_for_and_no_respondent_twice(made):
    rows = {wave: table(path) for wave, path in made.waves.items()}
    assert {wave: len(answers(each, questions_of(made))) for wave, each in rows.items()} == {"a": SIZE, "b": 50}
    assert made.answers == {"a": SIZE, "b": 50}
    everyone = pd.concat(rows.values())["respondent_id"]
    assert everyone.is_unique and everyone.ne("").all()


def test_the_same_seed_gives_the_same_files_and_another_does_not(made, survey, tmp_path):
    again = make_corpus(tmp_path / "again", survey, {"a": SIZE, "b": 50}, seed=3)
    for wave, path in made.waves.items():
        assert again.waves[wave].read_bytes() == path.read_bytes()
    assert again.gold.read_bytes() == made.gold.read_bytes()
    other = make_corpus(tmp_path / "other", survey, {"a": SIZE, "b": 50}, seed=4)
    assert other.waves["b"].read_bytes() != made.waves["b"].read_bytes()


def test_a_larger_survey_begins_with_the_smaller(made, survey, tmp_path):
    large = make_corpus(tmp_path, survey, {"a": SIZE + 500}, seed=3)
    assert large.waves["a"].read_text("utf-8").startswith(made.waves["a"].read_text("utf-8")[:20_000])


def test_most_units_are_distinct_among_made_answers_too(survey, tmp_path):
    made = make_corpus(tmp_path, survey, {"a": 100, "b": SIZE}, seed=1)
    texts = answers(table(made.waves["b"]), questions_of(made))
    parts = [part for text in texts for sentence in _SENTENCES.split(text) for part in _PIECES.split(sentence)]
    parts = [part.strip() for part in parts if len(part.split()) > 2]
    assert len(set(parts)) / len(parts) >= 0.8


def test_made_answers_are_about_as_long_as_real_ones(survey, tmp_path):
    made = make_corpus(tmp_path, survey, {"a": 100, "b": SIZE}, seed=1)
    real = pd.concat([table(path) for path in survey.waves.values()]).fillna("")
    lengths = [
        pd.Series(answers(rows, questions_of(made))).str.split().str.len().quantile([0.25, 0.5, 0.75, 0.95])
        for rows in (real, table(made.waves["b"]))
    ]
    assert (lengths[1] / lengths[0]).between(0.6, 1.6).all()


def test_coded_rows_stand_first_as_they_are_in_the_real_survey(made, survey):
    gold, rows = table(made.gold), table(made.waves["a"]).set_index("respondent_id")
    coded = gold[["respondent_id", "question"]].drop_duplicates()
    assert len(coded) == made.coded == int(SIZE * CODED_SHARE)
    assert set(gold["wave"]) == {"a"}
    real = pd.concat([table(path) for path in survey.waves.values()]).fillna("").set_index("respondent_id")
    for respondent, question in coded.itertuples(index=False):
        assert rows.loc[respondent, question] == real.loc[respondent, question] != ""
    known = set(survey.gold[["respondent_id", "question", "code"]].itertuples(index=False, name=None))
    assert set(gold[["respondent_id", "question", "code"]].itertuples(index=False, name=None)) <= known
    last = max(map(rows.index.get_loc, coded["respondent_id"]))
    assert set(rows.index[: last + 1]) <= set(real.index)
