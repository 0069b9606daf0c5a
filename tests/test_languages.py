"""The language of each answer, and the default where an answer does not tell."""

import csv

import pytest

from pipeline.text.languages import MIN_LETTERS, detect


def test_languages_are_told():
    texts = [
        "The staff were friendly and helped me a lot.",
        "Das Personal war sehr freundlich und hilfsbereit.",
        "Le personnel était très gentil avec ma mère.",
        "工作人员非常友好，服务也很周到，谢谢你们。",
    ]
    assert detect(texts, "en") == ["en", "de", "fr", "zh"]


def test_short_answers_get_the_default():
    text = "Das Personal ist sehr gut"
    letters = [i for i, c in enumerate(text) if c.isalpha()]
    short = text[: letters[MIN_LETTERS - 2] + 1]
    assert detect([short, ""], "en") == ["en", "en"]
    assert detect([text], "en") == ["de"]
    assert detect(["12345 67890 !!! ???"], "fr") == ["fr"]


def test_order_and_repetition_change_nothing():
    texts = ["Das Personal war sehr freundlich.", "The staff were friendly to me."]
    assert detect(texts[::-1] + texts, "en") == ["en", "de", "de", "en"]


@pytest.mark.shared
@pytest.mark.parametrize(("file", "least"), [("english", 0.995), ("non_english", 0.94)])
def test_accuracy_on_public_consultations(file, least, shared_data):
    with (shared_data / "polis" / f"{file}.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["text"].strip()]
    found = detect([row["text"] for row in rows], "en")
    assert sum(a == row["language"] for a, row in zip(found, rows, strict=True)) >= least * len(rows)
