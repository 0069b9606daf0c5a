"""`themebook plan`: what to read next, in lines that a researcher can follow."""

import pandas as pd
import pytest
from click.testing import CliRunner
from sample_factory import project_of

from pipeline.cli import cli
from pipeline.foundation.contracts import READING
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import write_table
from pipeline.project.plan import plan
from pipeline.report.wording import NBSP


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project_of(tmp_path)
    return tmp_path


def reading(**more):
    row = {"wave": "2025", "question_id": "why", "theme_id": "T01", "answers": 2000, "read": 120}
    row |= {"respondents": float("nan"), "share": 0.2, "ratio": 0.6, "method": "corrected", **more}
    write_table(pd.DataFrame([row])[list(READING.columns)], READING)


def lines(*given, **named):
    return "\n".join(plan(*given, **named)).replace(NBSP, " ")


def test_it_names_the_command_that_draws_what_is_missing(project):
    reading()
    said = lines(0.08)
    assert "2,000 answers, 120 of them" in said
    assert "T01 Trust" in said and "20 %" in said
    number = said.rpartition("--n ")[2].split()[0]
    assert said.endswith(f"themebook sample --random-only --n {number} --coder YOUR_NAME --wave 2025 --question why")
    assert f" {number}\n" in said


def test_few_answers_are_better_coded_altogether(project):
    reading(answers=300)
    assert "Code all 300, of which 180 are left" in lines(0.05)


def test_an_unchecked_share_is_marked_and_enough_is_enough(project):
    reading(method="uncorrected", read=0, ratio=1.0)
    said = lines(0.1)
    assert "20 % ?" in said and "not known" in said and "nobody has checked" in said
    reading(read=1000)
    assert "Reading more is not needed." in lines(0.1)


def test_too_small_a_sample_is_said_to_be_so(project):
    reading(respondents=40.0)
    said = lines(0.05)
    assert "not by reading" in said and "Reading more does not help." in said


def test_what_is_not_there_is_named(project):
    reading()
    with pytest.raises(ThemebookError, match="no wave `2031`"):
        plan(0.1, waves=["2031"])
    with pytest.raises(ThemebookError, match="no theme `T99`"):
        plan(0.1, themes=["T99"])
    assert plan(0.1, waves=["2026"]) == [
        "There is nothing to plan: no theme of the codebook was counted in these answers."
    ]


def test_the_command_line(project):
    reading()
    result = CliRunner().invoke(
        cli, ["plan", "--width", "8", "--wave", "2025", "--question", "Why?", "--theme", "Trust"]
    )
    assert result.exit_code == 0
    assert "no interval wider than 8 points" in result.output
