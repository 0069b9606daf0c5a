"""Boxes, nets, numbers, combined themes and cross-tables as the two pages show them."""

import pytest
from report_factory import BARRIERS, SCALE, codebook_of, inputs_of, survey_of

from pipeline.report import crossed
from pipeline.report.content import build_content
from pipeline.report.crossed import FEWEST_MENTIONS
from pipeline.report.page import render
from pipeline.report.public import FEWEST, across, fold, to_public
from pipeline.report.records import Cell, Chart, CrossTable, Row
from pipeline.survey.description import Survey
from pipeline.themes.codebook import Codebook

NETS = {
    "means": {"name": "Money or time", "question": "barriers", "options": BARRIERS[1:3]},
    "pair": {"name": "One or three", "themes": ["T01", "T03"]},
    "across": {"name": "One or two", "themes": ["T01", "Theme number 2"]},
}


def described(**nets):
    survey = survey_of(closed=1, extra={"age": {"columns": ["Age"], "kind": "numeric"}})
    return Survey.model_validate(survey.model_dump() | {"nets": nets or NETS})


@pytest.fixture(scope="module")
def inputs():
    return inputs_of(described(), people=200)


@pytest.fixture(scope="module")
def content(inputs):
    return build_content(**inputs)


def chart_of(content, key):
    return next(c for c in [*content.closed, *content.choices] if c.key == key)


def test_boxes_and_nets_are_those_of_the_table(inputs, content):
    rows = inputs["figures"].query("wave == '2021'").set_index(["question_id", "value"])
    box, net = chart_of(content, "agree_1").nets[0], chart_of(content, "barriers").nets[0]
    assert (box.label, box.parts) == ("Strongly agree or agree", (SCALE[4], SCALE[3]))
    assert (net.label, set(net.parts)) == ("Money or time", set(BARRIERS[1:3]))
    for row, key in ((box, ("agree_1", "top 2")), (net, ("barriers", "means"))):
        assert (row.latest.n, row.latest.share) == (rows.loc[key, "n"], rows.loc[key, "share"])


def test_non_response_is_said():
    inputs = inputs_of(described(), people=200)
    figures = inputs["figures"]
    mine = figures["question_id"] == "barriers"
    inputs["figures"] = figures.assign(base=figures["base"].mask(mine, 190), asked=figures["asked"].mask(mine, 195))
    note = chart_of(build_content(**inputs), "barriers").note
    assert note.startswith("190 of 195 who were asked answered in 2021.")


def test_numbers_are_told_without_single_answers_outside(content):
    line = chart_of(content, "age").numbers[-1]
    assert line.least is not None and line.lower <= line.median <= line.upper
    outside = chart_of(to_public(content), "age").numbers[-1]
    assert (outside.least, outside.most, outside.median) == (None, None, line.median)
    assert "all between" in render(content, "internal") and "all between" not in render(content, "public")


def test_few_numbers_are_not_told_outside():
    content = build_content(**inputs_of(described(), people=29))
    assert "age" in [c.key for c in content.closed] and "age" not in [c.key for c in to_public(content).closed]


def test_combined_themes_stand_in_the_ranking_of_the_question_that_holds_them(inputs, content):
    rows = inputs["nets"].query("wave == '2021' and segment == ''").set_index(["net_id", "question_id"])
    chart = next(q for q in content.questions if q.id == "change").chart
    row = next(row for row in chart.rows if row.parts)
    assert (row.label, row.latest.n) == ("One or three (combined)", rows.loc[("pair", "change"), "n"])
    assert "counts whoever mentions any of: Theme number 1; Theme number 3." in chart.note
    assert [r.latest.share for r in chart.rows] == sorted((r.latest.share for r in chart.rows), reverse=True)
    overall = content.overall.chart
    assert [(r.label, r.latest.n) for r in overall.rows] == [("One or two (combined)", rows.loc[("across", ""), "n"])]
    assert "One or two (combined)" in render(content, "internal")


def test_a_retired_theme_of_a_net_is_said():
    codebook = codebook_of()
    ended = [{"id": "T09", "name": "Old news", "fate": "retired"}]
    codebook = Codebook.model_validate(codebook.model_dump() | {"former": ended})
    survey = described(pair={"themes": ["T01", "T03", "T09"]})
    chart = build_content(**inputs_of(survey, codebook)).questions[0].chart
    assert chart.note.endswith("No longer counted in it, since retired: Old news.")


def test_cross_tables_are_those_of_the_table(inputs, content):
    table = inputs["crosstabs"].query("wave == '2021'")
    assert {t.of for t in content.crosses} == {"chosen", "raised"}
    assert {t.closed_id for t in content.crosses} == {"agree_1", "barriers", "training", "outlook"}
    names = {theme.name: theme.id for theme in inputs["codebook"].themes}
    keys = {(r["closed_id"], r["question_id"], r["of"], r["theme_id"], r["value"]): r for r in table.to_dict("records")}
    seen = 0
    for cross in content.crosses:
        for row in cross.rows:
            for label, cell, option in zip(cross.columns, row.cells, cross.options, strict=True):
                if cell is None or not option:
                    continue
                found = keys[cross.closed_id, cross.question_id, cross.of, names[row.label], label]
                assert (cell.n, cell.base, cell.share) == (found["n"], found["base"], found["share"])
                seen += 1
    assert seen > 50


def test_themes_that_few_raise_are_not_in_the_tables():
    inputs = inputs_of(described(), people=200)
    mine = (inputs["prevalence"]["theme_id"] == "T01") & (inputs["prevalence"]["segment"] == "")
    for n, shown in ((FEWEST_MENTIONS, True), (FEWEST_MENTIONS - 1, False)):
        inputs["prevalence"] = inputs["prevalence"].assign(n=inputs["prevalence"]["n"].mask(mine, n))
        labels = {row.label for cross in build_content(**inputs).crosses for row in cross.rows}
        assert ("Theme number 1" in labels) == shown


def test_a_page_has_tables_of_so_many_questions_and_says_how_many_more_there_are(content, inputs, monkeypatch):
    monkeypatch.setattr(crossed, "MOST_QUESTIONS", 1)
    fewer = build_content(**inputs)
    assert {t.closed_id for t in fewer.crosses} == {"agree_1"} and fewer.crosses_left_out == 3
    assert "3 more questions are put across the themes" in render(fewer, "internal")
    assert "crosstabs.csv" not in render(fewer, "public") and content.crosses_left_out == 0


def test_the_page_puts_a_cross_table_under_its_question(content):
    for audience in ("internal", "public"):
        html = render(content, audience)
        assert html.count('<details class="crosses">') == 4
        assert "Of those who chose an answer, how many mention each theme" in html
        assert "Counted together:" in html and "Strongly agree or agree: Strongly agree" not in html


def test_public_cross_tables_show_no_count_and_nothing_small(content):
    public = to_public(content)
    assert public.crosses
    by_key = {(t.closed_id, t.question_id, t.of): t for t in content.crosses}
    for table in public.crosses:
        before = by_key[table.closed_id, table.question_id, table.of]
        rows = {row.label: dict(zip(before.columns, row.cells, strict=True)) for row in before.rows}
        for row in table.rows:
            for label, cell in zip(table.columns, row.cells, strict=True):
                if cell is not None:
                    own = rows[row.label][label]
                    assert cell.n is None and own.base >= content.min_segment
                    assert FEWEST <= own.n <= own.base - FEWEST


def pair(*ns, single=True, base=100):
    """Both tables of one theme; each option of `ns` was chosen by `base` respondents, n of whom raise it."""
    columns = tuple("ABCD"[: len(ns)])
    tables = []
    for of, bases in (("chosen", [base] * len(ns)), ("raised", [sum(ns)] * len(ns))):
        cells = tuple(Cell(wave="1", base=b, n=n, share=n / b) for n, b in zip(ns, bases, strict=True))
        about = {"closed_id": "q", "question_id": "why", "question": "Why?", "wave": "1", "of": of, "single": single}
        rows = (Row(label="T", cells=cells),)
        tables.append(CrossTable(**about, columns=columns, options=(True,) * len(ns), rows=rows))
    rows = tuple(Row(label=c, cells=(Cell(wave="1", base=400, n=base, share=0.25),)) for c in columns)
    return tables, Chart(key="q", title="Q", kind="single" if single else "multi", waves=("1",), rows=rows)


@pytest.mark.parametrize(
    ("ns", "single", "shown"),
    [
        ((20, 30, 40), True, "ABC"),
        ((5, 30, 40), True, "ABC"),
        ((4, 30, 40), True, "C"),
        ((4, 3, 40), True, "C"),
        ((4, 30, 40), False, "BC"),
        ((96, 30, 40), False, "BC"),
    ],
)
def test_one_figure_alone_is_never_missing_where_the_others_give_it_away(ns, single, shown):
    tables, chart = pair(*ns, single=single)
    for table in across(tables, [chart], 30):
        (row,) = table.rows
        assert "".join(c for c, cell in zip(table.columns, row.cells, strict=True) if cell) == shown


def test_a_net_of_a_hidden_option_is_hidden_outside():
    cells = {"A": 40, "B": 30, "C": 4}
    rows = tuple(Row(label=k, cells=(Cell(wave="1", base=80, n=n, share=n / 80),)) for k, n in cells.items())
    nets = tuple(
        Row(label=f"{a} or {b}", cells=(Cell(wave="1", base=80, n=cells[a] + cells[b], share=0.5),), parts=(a, b))
        for a, b in ("AB", "AC")
    )
    chart = Chart(key="q", title="Q", kind="single", waves=("1",), rows=rows, nets=nets)
    assert [row.label for row in fold(chart, FEWEST).nets] == ["A or B"]
