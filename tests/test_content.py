from __future__ import annotations

import json

import pandas as pd
import pytest
from report_factory import OUTLOOK, SCALE, codebook_of, inputs_of, survey_of

from pipeline.report.content import build_content
from pipeline.report.public import FEWEST, fold, to_public
from pipeline.report.records import Cell, Chart, Content, Row
from pipeline.report.wording import whole
from pipeline.themes.codebook import Codebook


@pytest.fixture(scope="module")
def inputs():
    return inputs_of()


@pytest.fixture(scope="module")
def content(inputs):
    return build_content(**inputs)


def test_content_survives_json(content):
    assert Content.model_validate_json(content.model_dump_json()) == content
    json.dumps(content.model_dump(mode="json"), allow_nan=False)


def test_every_figure_of_a_theme_is_that_of_prevalence(inputs, content):
    table = inputs["prevalence"].set_index(["wave", "question_id", "theme_id", "segment"])
    assert [t.id for t in content.themes]
    for theme in content.themes:
        row = table.loc[("2021", theme.question_id, theme.id, "")]
        assert (theme.cell.n, theme.cell.base, theme.cell.share) == (row["n"], row["base"], row["share"])
        assert f"{whole(row['share'])}\u00a0%" in theme.sentence
        assert f"({row['n']} of {row['base']})" in theme.sentence


def test_headline_of_a_scale_is_its_top_two_boxes(inputs, content):
    first = content.headlines[0]
    rows = inputs["figures"].query("wave == '2021' and question_id == 'agree_1'").set_index("value")
    assert first.answer == "Strongly agree or agree"
    assert first.cell.n == rows.loc[SCALE[3:], "n"].sum()
    assert first.cell.share == pytest.approx(rows.loc[SCALE[3:], "share"].sum())
    assert first.change.endswith("since 2020 (not tested)")
    assert 3 <= len(content.headlines) <= 5
    assert "outlook" not in [h.question_id for h in content.headlines]


def test_yes_no_headline_is_the_more_frequent_answer(content):
    training = next(h for h in content.headlines if h.question_id == "training")
    assert training.answer == "Answered “No”" and training.cell.share > 0.5


def test_few_scales_are_filled_up_with_the_answers_most_often_chosen():
    content = build_content(**inputs_of(survey_of(closed=1)))
    assert [h.question_id for h in content.headlines] == ["agree_1", "barriers", "training"]
    assert content.headlines[1].answer == "Answered “Different goals”"


def test_overarching_themes_come_first(content):
    question = next(q for q in content.questions if q.id == "change")
    assert [t.role for t in question.themes] == ["overarching", ""]


def test_outlook_has_sides_reasons_and_a_quote_a_side(content):
    (view,) = content.outlooks
    assert (view.question_id, view.open_id, view.heading) == ("outlook", "why", "Outlook")
    assert [s.name for s in view.sides] == ["optimists", "pessimists"]
    assert view.sides[0].cell.share + view.sides[1].cell.share + view.rest.share == pytest.approx(1)
    assert view.sides[0].cell.n + view.sides[1].cell.n + view.rest.n == view.rest.base
    assert [r.name for r in view.reasons] == ["Reasons for", "Reasons against"]
    assert all(side.quotes and {q.segment for q in side.quotes} == {f"side={side.name}"} for side in view.sides)
    assert "outlook" not in [c.key for c in content.closed]


def test_small_segments_are_not_told():
    content = build_content(**inputs_of(people=150))
    tables = [table for theme in content.themes for table in theme.segments]
    assert tables and all(row.cell.base >= content.min_segment for t in tables for row in t.rows)


def test_a_theme_of_several_questions_is_told_once_with_its_parts():
    book = Codebook.model_validate({"themes": [{"id": "T01", "name": "Everywhere"}]})
    content = build_content(**inputs_of(codebook=book))
    assert [t.id for t in content.themes] == ["T01"]
    assert [t.id for t in content.overall.themes] == ["T01"]
    assert [p.question_id for p in content.overall.themes[0].parts] == ["change", "why"]
    assert content.overall.themes[0].change


def test_losses_count_every_cell(inputs, content):
    assert sum(loss.n for loss in content.losses) == len(inputs["responses"])
    ledger = {"2021": {"status": {"answered": 500, "blank": 100}, "questions": {"why": {"status": {"blank": 60}}}}}
    again = build_content(**{**inputs, "ledgers": ledger}).losses
    assert sum(x.n for x in again if (x.question_id, x.wave, x.status) == ("why", "2021", "blank")) == 60
    assert sum(x.n for x in again if not x.question_id) == 600
    assert sum(x.n for x in to_public(build_content(**{**inputs, "ledgers": ledger})).losses) == sum(
        x.n for x in again if x.question_id
    )


def test_answers_are_capped_and_the_rest_is_counted(inputs, content, monkeypatch):
    monkeypatch.setattr("pipeline.report.remainder.MOST_ANSWERS", 10)
    capped = build_content(**inputs)
    assert len(capped.answers) == 10 and capped.answers_left_out == len(content.answers) - 10
    assert {a.wave for a in capped.answers} == {"2020", "2021"}


def test_words_are_masked(inputs):
    text = inputs["responses"].set_index("response_id")["text"]
    shown = build_content(**inputs).answers[0]
    word = len(text[shown.response_id].split()[0])
    redactions = inputs["redactions"].copy()
    redactions.loc[0] = [shown.response_id, 0, word, "NAME"]
    redactions = redactions.astype({"start": "int64", "end": "int64"})
    again = build_content(**{**inputs, "redactions": redactions})
    assert again.answers[0].text == "[NAME]" + text[shown.response_id][word:]


@pytest.mark.parametrize(
    "made",
    [
        {"codebook": Codebook()},
        {"quotes": False},
        {"answered": False},
        {"survey": survey_of(waves=1)},
        {"survey": survey_of(waves=10), "people": 20},
        {"survey": survey_of(closed=0)},
        {"survey": survey_of(attributes=False)},
        {"survey": survey_of(closed=40), "people": 20},
        {"codebook": codebook_of(36), "people": 20},
        {"method": "person"},
        {"method": "corrected"},
        {"people": 1},
    ],
    ids=lambda made: "-".join(made),
)
def test_every_kind_of_survey_has_content_for_both_audiences(made):
    inputs = inputs_of(**made)
    content = build_content(**{**inputs, "metrics": {}, "provenance": {}})
    assert to_public(content).audience == "public"
    assert content.provisional == (made.get("codebook") == Codebook())


def test_public_content_holds_approved_quotes_and_nothing_else_of_an_answer(inputs, content):
    public = to_public(content)
    quotes = [q for t in public.themes for q in t.quotes] + [
        q for o in public.outlooks for s in o.sides for q in s.quotes
    ]
    assert quotes and all(q.approved and not q.response_id and not q.quote_id for q in quotes)
    shown = {(t.id, q.display) for t in public.themes for q in t.quotes}
    assert shown == {(t.id, q.display) for t in content.themes for q in t.quotes if q.approved}
    assert not (public.candidates or public.answers or public.unexplained_examples or public.metrics)
    assert not (public.coders or public.decisions or public.retired)
    dumped = public.model_dump_json()
    approved = " / ".join(q.display for q in quotes)
    for text in inputs["responses"].query("status == 'answered'")["text"]:
        words = text.split()
        for i in range(len(words) - 4):
            passage = " ".join(words[i : i + 5])
            assert passage in approved or passage not in dumped
    assert to_public(public) == public


def test_fragments_stand_apart_from_quotes_and_are_public_only_where_approved():
    content = build_content(**inputs_of(approve=2))
    told = [t for t in content.themes if t.fragments]
    assert told and all({q.kind for q in t.fragments} == {"fragment"} for t in told)
    assert all(q.kind == "pull" for t in content.themes for q in t.quotes)
    assert any(t.fragments for t in to_public(content).themes)
    assert not any(t.fragments for t in to_public(build_content(**inputs_of(approve=1))).themes)


def test_a_public_quote_names_no_small_group():
    content = build_content(**inputs_of(people=40))
    sides = [s for view in content.outlooks for s in view.sides]
    assert any(s.cell.n < content.min_segment for s in sides)
    public = to_public(content)
    assert all(s.cell.n >= content.min_segment for view in public.outlooks for s in view.sides)
    labels = {q.segment_label for t in public.themes for q in t.quotes}
    assert "One of the pessimists" not in labels and "" in labels


def test_options_of_few_are_folded_in_public():
    cells = {"a": 50, "b": FEWEST, "c": FEWEST - 1, "d": 1}
    rows = tuple(
        Row(label=name, cells=(Cell(wave="1", base=60, n=2, share=2 / 60), Cell(wave="2", base=60, n=n, share=n / 60)))
        for name, n in cells.items()
    )
    chart = fold(Chart(key="q", title="q", kind="single", waves=("1", "2"), rows=rows), FEWEST)
    assert [row.label for row in chart.rows] == ["a", "b", "other answers (fewer than 5 each)"]
    assert chart.rows[0].cells[0].n is None and chart.rows[0].cells[0].share is None
    assert chart.rows[2].latest.n == FEWEST
    multi = fold(Chart(key="q", title="q", kind="multi", waves=("1", "2"), rows=rows), FEWEST)
    assert multi.rows[2].latest is None


def test_what_a_respondent_wrote_as_an_option_is_not_public(content):
    assert "my own words here" in content.model_dump_json()
    assert "my own words here" not in to_public(content).model_dump_json()


def test_the_last_small_group_cannot_be_worked_out():
    # 150 people: 35 public, 35 private, 80 charity; without one of them the rest would be exactly that one.
    content = build_content(**inputs_of(people=150))
    for theme in to_public(content).themes:
        for table in theme.segments:
            rest = theme.cell.base - sum(row.cell.base for row in table.rows)
            assert rest == 0 or rest >= content.min_segment
            assert all(row.cell.n is None for row in table.rows)


def test_machine_coders_are_never_called_human(content):
    assert content.machine_coders
    # A guideline's own name for an item speaks of human subjects.
    items = tuple(item.model_copy(update={"guideline": ""}) for item in content.methods)
    told = content.model_copy(update={"methods": items})
    assert "human" not in told.model_dump_json().casefold()


def test_no_word_of_evidence_where_nothing_was_tested_and_none_of_significance(content):
    said = content.model_dump_json().casefold()
    assert "significant" not in said and "no evidence" not in said and OUTLOOK[0].casefold() in said
    tested = build_content(**inputs_of(method="corrected")).model_dump_json().casefold()
    assert "no evidence of a difference" in tested and "significant" not in tested


def test_metrics_are_named_for_people():
    inputs = inputs_of(people=12)
    numbers = {"f1_T01": 0.5, "micro_f1": 0.25, "answers": 12.0}
    content = build_content(**{**inputs, "metrics": {"agreement": numbers}})
    assert [(m.name, m.value) for m in content.metrics] == [
        ("F1 over all codes (micro)", "0.250"),
        ("Answers compared", "12"),
        ("F1: Theme number 1", "0.500"),
    ]


def test_row_order_changes_nothing(inputs, content):
    shuffled = {
        name: value.sample(frac=1, random_state=1) if isinstance(value, pd.DataFrame) else value
        for name, value in inputs.items()
    }
    assert build_content(**shuffled) == content


def test_inputs_are_not_changed(inputs):
    before = {name: value.copy() for name, value in inputs.items() if hasattr(value, "columns")}
    build_content(**inputs)
    assert all(inputs[name].equals(table) for name, table in before.items())


def test_headlines_are_of_the_latest_wave_and_one_of_a_grid():
    grid = {"columns": ["Item one", "Item two"], "kind": "grid", "order": SCALE}
    inputs = inputs_of(survey_of(closed=2, extra={"grid": grid}))
    figures = inputs["figures"]
    inputs["figures"] = figures[(figures["question_id"] != "agree_2") | (figures["wave"] == "2020")]
    shown = [h.question_id for h in build_content(**inputs).headlines]
    assert "agree_1" in shown and "agree_2" not in shown
    assert len([key for key in shown if key.startswith("grid.")]) == 1


def test_a_scale_of_bare_numbers_is_not_read_as_better_upwards():
    numbers = {"columns": ["Rate it"], "kind": "ordinal", "order": ["1", "2", "3", "4", "5"]}
    content = build_content(**inputs_of(survey_of(closed=1, extra={"rate": numbers})))
    headline = next(h for h in content.headlines if h.question_id == "rate")
    most = max(next(c for c in content.closed if c.key == "rate").rows, key=lambda row: row.latest.share)
    assert headline.answer == f"{most.label}, on a scale from 1 to 5" and headline.cell.n == most.latest.n


def test_what_is_sure_is_told_where_people_coded_and_only_to_the_team():
    """A machine's codes are no evidence of what is sure."""
    inputs = inputs_of()
    workload = {"risk_asked": 0.1, "sure": 9.0, "sure_wrong": 0.05, "sure_found": 0.3}
    workload |= {"f1_read_000": 0.7, "f1_read_030": 0.9, "f1_random_030": 0.8}
    for share, told in ((1.0, True), (0.0, False)):
        inputs["metrics"] = {"agreement": {"read_by_people": share}, "workload": workload}
        content = build_content(**inputs)
        shown, public = (
            {fact.name for item in each.methods for fact in item.team} for each in (content, to_public(content))
        )
        assert ({"Sure mentions", "Reading more"} <= shown) == told and not public
