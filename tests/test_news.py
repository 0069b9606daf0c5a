"""What is new, in the report: sentences from figures, words of answers for the team only."""

import re

import pytest
from report_factory import inputs_of, survey_of

from pipeline.report.content import build_content
from pipeline.report.page import render, sections

# Invented.
SHUTTLE = "The shuttle was full, and Zenobia Quill of 0131 496 0000 says it never comes"


def first_of_last_wave(inputs):
    mine = inputs["emerging_answers"]
    return mine.loc[mine["recent"], "response_id"].iloc[0]


@pytest.fixture(scope="module")
def told():
    inputs = inputs_of()
    responses = inputs["responses"].copy()
    response_id = first_of_last_wave(inputs)
    responses.loc[responses["response_id"] == response_id, "text"] = SHUTTLE
    start = SHUTTLE.index("Zenobia")
    redactions = inputs["redactions"]
    redactions = redactions.reindex(range(1))
    redactions.loc[0] = [response_id, start, start + len("Zenobia Quill"), "NAME"]
    redactions = redactions.astype({"start": int, "end": int})
    return inputs | {"responses": responses, "redactions": redactions}


def plain(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_finding_carries_its_figures_and_masked_words(told):
    content = build_content(**told)
    (finding,) = content.news.emerging
    assert finding.sentence == (
        "Since 2021: 6 of 80 respondents; before: 2 of 80. Chance alone gives about 4 since 2021 (p = 0.004)."
    )
    assert any("The shuttle was full" in example for example in finding.examples)
    assert not any("Zenobia" in example for example in finding.examples)
    page = plain(render(content, "internal"))
    assert "What is new in 2021" in page
    assert finding.sentence in page
    assert "words of news" in page


def test_nothing_of_it_is_on_the_public_page(told):
    page = render(build_content(**told), "public")
    for words in ("What is new", "words of news", "shuttle", "in 62 of 100 pairs"):
        assert words not in page


def test_drift_is_said_in_pairs():
    (line,) = build_content(**inputs_of()).news.drift
    assert "in 62 of 100 pairs (50 is chance; p = 0.005): they differ as a whole." in line


def test_drift_that_chance_explains_is_said_to_be_no_more():
    drift = {"change.auc": 0.51, "change.p": 0.4}
    (line,) = build_content(**inputs_of() | {"metrics": {"drift": drift}}).news.drift
    assert "no more than chance explains" in line


def test_silence_is_said_and_is_no_proof():
    inputs = inputs_of()
    inputs |= {name: inputs[name].iloc[:0] for name in ("emerging", "emerging_answers")}
    page = plain(render(build_content(**inputs), "internal"))
    assert "Nothing stands out as new. With few answers that is no proof that nothing is." in page


def test_one_wave_has_no_section():
    content = build_content(**inputs_of(survey_of(waves=1)))
    assert content.news is None
    assert "news" not in [section.id for section in sections(content)]
