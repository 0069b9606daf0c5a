"""Trends: one scale, no line across a break, and the same cells as everywhere else."""

import re

import pandas as pd
import pytest
from report_factory import codebook_of, inputs_of, survey_of

from pipeline.evidence.breaks import Break as Found
from pipeline.foundation.params import Params
from pipeline.report import trends
from pipeline.report.content import build_content
from pipeline.report.inputs import Inputs
from pipeline.report.page import render, sections
from pipeline.report.public import to_public
from pipeline.report.published import fate
from pipeline.report.wording import NBSP


def survey(waves=3, changed=None):
    plain = survey_of(waves=waves)
    described = plain.model_dump()
    for wave, what in (changed or {}).items():
        described["waves"][wave]["changed"] = what
    return type(plain).model_validate(described)


def content_of(waves=3, changed=None, **more):
    return build_content(**{**inputs_of(survey(waves, changed), people=40), **more})


def figure(page):
    return re.findall(r'<svg class="figure trends".*?</svg>', page, re.DOTALL)


def test_two_waves_are_no_trend_and_three_are():
    assert "trends" not in {s.id for s in sections(content_of(2))}
    content = content_of(3)
    assert "trends" in {s.id for s in sections(content)}
    drawn = figure(render(content, "internal"))
    assert len(drawn) == len(trends.trends(content)) == 2
    question = trends.trends(content)[0]
    rows = len(trends.drawn(question.chart))
    assert drawn[0].count('class="point"') == 3 * rows and drawn[0].count('class="trend"') == 2 * rows


def test_the_scale_is_one_and_starts_at_nothing():
    question = trends.trends(content_of())[0]
    heights = {}
    for row, drawn in zip(
        trends.drawn(question.chart), str(trends.draw(question, 1)).split('class="axis"')[1:], strict=True
    ):
        bottom = float(re.search(r'y1="([\d.]+)"', drawn)[1])
        points = re.findall(r'class="point" cx="[\d.]+%" cy="([\d.]+)"', drawn)
        for cell, y in zip(row.cells, points, strict=True):
            heights[cell.share] = bottom - float(y)
    highest = max(heights)
    assert all(abs(height - 46 * share / highest) < 0.06 for share, height in heights.items())


def test_no_line_crosses_a_break_and_the_reader_is_told():
    content = content_of(3, {"2022": {"mode": "by telephone & post"}})
    question = trends.trends(content)[0]
    drawn = str(trends.draw(question, 1))
    rows = len(trends.drawn(question.chart))
    assert drawn.count('class="trend"') == rows and drawn.count('class="break"') == rows
    said = "Between 2021 and 2022, people were asked in another way (by telephone & post): the two cannot be compared"
    assert question.breaks[0].sentence.startswith(said) and said in question.chart.note
    assert all("people were asked in another way" in theme.change for theme in content.themes if theme.change)
    page = render(content, "public")
    assert "by telephone &amp; post" in page and "after a break" in page
    # Between the two waves before, nothing broke.
    assert "Between 2020 and 2021" not in page


def test_a_break_of_wording_is_of_its_question():
    content = build_content(**{**inputs_of(survey(3, {"2022": {"wording": ["why"]}}), people=40), "ledgers": ledgers()})
    by_id = {question.id: question for question in content.questions}
    assert [b.what for b in by_id["why"].breaks] == [("wording",)] and by_id["change"].breaks == ()


def ledgers():
    held = {"why": ["Why do you feel this way?"], "change": ["What needs to change?"]}
    plain = {"rows": 40, "cells": 80, "status": {}, "reasons": {}}
    return {
        str(wave): {**plain, "questions": {q: {"columns": c, "status": {}, "reasons": {}} for q, c in held.items()}}
        for wave in (2020, 2021, 2022)
    }


def test_closed_questions_tell_their_breaks_too():
    inputs = inputs_of(survey(2, {"2021": {"mode": "online"}}), people=40)
    content = build_content(**inputs)
    said = "people were asked in another way (online)"
    assert all(said in chart.note for chart in content.closed) and said in content.headlines[0].change
    assert said in content.outlooks[0].sides[0].sentence


def test_an_item_of_a_grid_is_worded_by_its_own_column():
    described = survey_of(waves=2).model_dump()
    columns = ["Rate [Speed]", "Rate [Price]", "Rate [Pace]"]
    renamed = [{"now": "Rate [Pace]", "was": "Rate [Speed]"}]
    described["questions"]["rate"] = {"columns": columns, "kind": "grid", "order": ["Poor", "Good"], "renamed": renamed}
    plain = type(survey_of()).model_validate(described)
    files = {
        "2020": {"questions": {"rate": {"columns": columns[:2]}}},
        "2021": {"questions": {"rate": {"columns": columns[1:]}}},
    }
    inputs = Inputs(plain, codebook_of(), Params(), {}, ledgers=files)
    assert [b.what for b in trends.breaks(inputs, "rate.1")] == [("wording",)]
    assert trends.breaks(inputs, "rate.2") == ()


def test_the_public_page_shows_the_cells_of_its_own_charts():
    content = content_of()
    public = to_public(content)
    charts = {question.id: question.chart for question in public.questions}
    assert all(question.chart == charts[question.id] for question in trends.trends(public))


def test_a_wave_without_a_figure_leaves_a_gap():
    inputs = inputs_of(survey(4), people=40)
    table = inputs["prevalence"]
    inputs["prevalence"] = table[~((table["wave"] == "2021") & (table["theme_id"] == "T01"))].reset_index(drop=True)
    question = trends.trends(build_content(**inputs))[0]
    drawn = str(trends.draw(question, 1))
    lines = drawn.count('class="trend"')
    assert lines == 3 * len(trends.drawn(question.chart)) - 2


@pytest.mark.parametrize("several", [True, False])
def test_what_broke_is_said_in_words(several):
    found = [Found("2026", "wording"), Found("2026", "sampling", "members only")]
    said = trends.sentence("2025", "2026", found, several)
    assert said == (
        f"Between 2025 and 2026, {'a' if several else 'the'} question was worded otherwise and other people were asked "
        "(members only): the two cannot be compared as they stand."
    )


# As published, and as coded now


def published(rows):
    base = {"question_id": "why", "name": "Theme <2>", "base": 40, "n": 10, "share": 0.25, "low": None, "high": None}
    base |= {"method": "person", "fate": "same", "now_theme_id": "T02", "now_name": "Theme <2>", "now_base": 40}
    base |= {"now_n": 12, "now_share": 0.3, "now_low": None, "now_high": None, "now_method": "person"}
    return pd.DataFrame(
        [{**base, "release": "R1", "theme_id": f"T{i:02}", "difference": 0.05, **r} for i, r in enumerate(rows)]
    )


GONE = {"fate": "retired", "now_method": "", "now_share": float("nan"), "difference": float("nan")}


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_both_figures_are_shown(audience):
    content = content_of(2, published=published([{"wave": "2020"}, {"wave": "2021", **GONE}]))
    page = render(content, audience)
    section = page[page.index('<section id="published"') :]
    assert "Of 2 published figures, 1 is otherwise as coded now and 1 is no longer counted." in section
    assert f"25{NBSP}%" in section and f"30{NBSP}%" in section and "up 5 points" in section
    assert "Theme &lt;2&gt;" in section and "since retired" in section


def test_figures_that_stand_are_said_to_stand():
    content = content_of(2, published=published([{"wave": "2020", "now_share": 0.25, "difference": 0.0}]))
    assert content.releases[0].sentence == "1 figure published, all of them as coded now."


def test_a_theme_of_one_question_is_shown_there_only():
    rows = [{"wave": "2020", "theme_id": "T02"}, {"wave": "2020", "theme_id": "T02", "question_id": ""}]
    assert len(content_of(2, published=published(rows)).releases[0].rows) == 1


def test_without_a_release_there_is_no_section():
    assert "published" not in {s.id for s in sections(content_of(2))}


def test_every_fate_has_words():
    from pipeline.foundation.contracts import FATES

    assert [fate(what, "X") == "" for what in FATES] == [what == "same" for what in FATES]


def test_the_split_is_in_the_change_sentence():
    inputs = inputs_of(survey(2), people=40)
    first = inputs["changes"].index[0]
    row = inputs["changes"].loc[first]
    values = {"release": "R1", "published_share": row["previous_share"] - 0.05}
    values |= {"from_answers": row["difference"], "from_coding": 0.05}
    for name, value in values.items():
        inputs["changes"].loc[first, name] = value
    theme = next(t for t in build_content(**inputs).themes if t.id == row["theme_id"])
    assert "(release R1)" in theme.change and "up 5 points in the coding" in theme.change
