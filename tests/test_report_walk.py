"""The researcher's text against runs: what its figures no longer bear stops `dvc repro`, until the line is mended."""

from __future__ import annotations

import csv
import re

import pandas as pd
import pytest
from walk import copy_of, ran, repro, run

TEXT = "data/report.md"
TRAINING = "Have you had any training in working across the sectors?"

pytestmark = pytest.mark.slow


def line_of(folder, words):
    lines = (folder / TEXT).read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(lines, 1) if words in line)


def rewrite(folder, pattern, words):
    before = (folder / TEXT).read_text(encoding="utf-8")
    after = re.sub(pattern, words, before)
    assert after != before
    (folder / TEXT).write_text(after, encoding="utf-8")


def answer_otherwise(folder):
    """Let most of those who had no training have had some."""
    path = folder / "data/raw/2026.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for i, row in enumerate(rows):
        if row[TRAINING] == "No" and i % 2:
            row[TRAINING] = "Yes"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    run(folder, "themebook", "wave", "accept", "2026")


def failed(folder, *said):
    before = {p: p.read_bytes() for p in (folder / "reports").rglob("themes.html")}
    out = repro(folder, ok=False)
    for words in said:
        assert words in out, out[-3000:]
    assert {p: p.read_bytes() for p in before} == before
    return out


def test_a_share_crosses_a_half_a_theme_retires_and_a_quote_is_withdrawn(whole, tmp_path):
    folder = copy_of(whole, tmp_path / "walk")

    answer_otherwise(folder)
    most = line_of(folder, "share:training.no")
    failed(folder, f"{TEXT}, line {most}: ", "“most”", "{share:training.no}")
    rewrite(folder, r"(have never had any training for it\.)", r"\1 {checked: ann}")
    out = repro(folder)
    assert "sentences of data/report.md print other figures than before" in out
    assert "{share:training.no} was 77" in out

    rewrite(folder, r"most \(\{share:training.no\}\) (have [^{]*) \{checked: ann\}", r"{share:training.no} \1")
    run(folder, "git", "add", "-A")
    theme = line_of(folder, "theme:T03.name")
    record_retirement(folder)
    out = failed(folder, f"{TEXT}, line {theme}: ", "the theme T03 “Risk appetite” was retired")
    assert len(re.findall(rf"{TEXT}, line \d+: \{{(?:theme|quote):", out)) >= 3
    rewrite(folder, r"(?s)## \{theme:T03.name\}.*?(?=## )", "")
    repro(folder)

    quotes = pd.read_parquet(folder / "data/coded/quotes.parquet").set_index("quote_id")
    quote = re.search(r"\{quote:(Q\w+)\}", (folder / TEXT).read_text(encoding="utf-8"))[1]
    assert quotes.loc[quote, "approved"]
    place = line_of(folder, f"{{quote:{quote}}}")
    run(folder, "themebook", "quote", "reject", quote, "--reviewer", "ann")
    failed(folder, f"{TEXT}, line {place}: {{quote:{quote}}}", "withdrawn")
    rewrite(folder, rf"\{{quote:{quote}\}}\n\n", "")
    assert {"report", "print"} <= ran(repro(folder))
    assert ran(repro(folder)) == set()


def record_retirement(folder):
    """Retire T03 as the review page does."""
    script = (
        "from pipeline.foundation.contracts import RESPONSES\n"
        "from pipeline.foundation.tables import read_waves\n"
        "from pipeline.review.acts import record\n"
        "from pipeline.survey.description import load_survey\n"
        "from pipeline.themes.codebook import load_codebook\n"
        "from pipeline.themes.decisions import load_decisions\n"
        "from pipeline.themes.replay import replay\n"
        "survey = load_survey()\n"
        "table = read_waves(RESPONSES, survey.waves)\n"
        "texts = dict(zip(table['response_id'], table['text']))\n"
        "record('retire', 'ann', replay(load_codebook(survey), load_decisions(), texts), texts, theme_id='T03')\n"
    )
    run(folder, "python", "-c", script)
