"""References become figures and quotes of the content model, or one error that names every line."""

from __future__ import annotations

import re

import pytest
from report_factory import inputs_of, survey_of

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Measure, Params
from pipeline.report import wording
from pipeline.report.chapters import chapters, inserted, words
from pipeline.report.claims import faults
from pipeline.report.content import build_content
from pipeline.report.draft import draft, with_story
from pipeline.report.page import render
from pipeline.report.public import to_public
from pipeline.report.references import figures_of
from pipeline.report.story import parse
from pipeline.report.telling import book_of, full, spans_of, tell
from pipeline.survey.description import slug
from pipeline.themes.codebook import Codebook, Former


def quote_of(content, approved):
    return next(q for q in content.quotes if q.approved is approved).quote_id


@pytest.fixture(scope="module")
def content():
    return build_content(**inputs_of())


@pytest.fixture(scope="module")
def figures(content):
    return figures_of(content)


def test_shares_of_themes_and_closed_questions_are_those_of_the_content(content, figures):
    for theme in content.themes:
        for cell in theme.history:
            figure = figures[f"theme:{theme.id}.share@{cell.wave}"]
            assert (figure.value, figure.text) == (cell.share, wording.percent(cell.share))
            assert figures[f"theme:{theme.id}.n@{cell.wave}"].text == wording.number(cell.n)
        assert figures[f"theme:{theme.id}.share"].value == theme.cell.share
    yes = next(row for chart in content.closed if chart.key == "training" for row in chart.rows if row.label == "Yes")
    assert figures["share:training.yes"].value == yes.latest.share
    assert figures["count:training.yes@2020"].value == yes.cells[0].n
    change = figures["change:training.yes"]
    assert change.value == pytest.approx(yes.cells[1].share - yes.cells[0].share)
    assert (change.kind, change.before, change.text) == ("change", yes.cells[0].share, wording.points(change.value))


def test_a_figure_of_the_latest_wave_keeps_its_wave(figures):
    assert figures["share:training.yes"].reference == "share:training.yes@2021"
    assert all(figures[figure.reference] is figure for figure in figures.values())


def test_what_can_be_ranked_is_of_one_question_and_wave(content, figures):
    together = [f for f in figures.values() if f.among == "training@2021"]
    assert {f.reference for f in together} == {"share:training.yes@2021", "share:training.no@2021"}
    for theme in content.themes:
        assert figures[f"theme:{theme.id}.share"].among == f"themes of {theme.question_id}@2021"


def test_segments_and_sides_have_figures():
    few = Params(measure=Measure(min_segment=10))
    content = build_content(**{**inputs_of(), "params": few})
    figures = figures_of(content)
    theme = next(t for t in content.themes if t.segments)
    row = theme.segments[0].rows[0]
    name = f"theme:{theme.id}.share[sector={row.value.lower()}]"
    assert figures[name].value == row.cell.share
    side = content.outlooks[0].sides[0]
    assert figures["share:outlook.optimists"].value == side.cell.share


def test_a_corrected_share_has_no_count_beside_it():
    figures = figures_of(build_content(**inputs_of(method="corrected")))
    assert "theme:T01.share" in figures and "theme:T01.interval" in figures
    assert "theme:T01.n" not in figures


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n\nb {share:training.ja}", r"line 3: \{share:training.ja\}: there is no such figure"),
        ("{theme:T99.share} x", r"line 1: \{theme:T99.share\}: the codebook has no theme `T99`"),
        ("{theme:T01.sahre} x", r"the theme has no such figure. Closest: `theme:T01.share`"),
        ("x {theme:T01} y", "stands on a line of its own"),
        ("{theme:T99}", "the codebook has no theme `T99`"),
        ("{chart:trainin}", "no question with a chart has this id. Closest: `training`"),
        ("{outlook:agree_1}", "there is none. `themebook refs`"),
        ("{headlines:x}", "nothing may follow its name"),
        ("{quote:Q999}", r"line 1: \{quote:Q999\}: there is no such quote now"),
        ("one\ntwo {quote:Q999} x", "line 2: .*there is no such quote now"),
        ("{anything}", r"line 1: \{anything\}: there is no such figure"),
        ("- a\n- {n:respondnts}\n", "line 2: .*Closest: `n:respondents`"),
        ("| a |\n|---|\n| {n:x} |\n", "line 3: "),
    ],
)
def test_a_reference_to_what_there_is_not_names_its_line(content, text, said):
    with pytest.raises(ThemebookError) as error:
        tell(parse(text), content)
    assert re.search(said, error.value.what)


def test_all_faults_are_named_at_once(content):
    with pytest.raises(ThemebookError) as error:
        tell(parse("{n:x}\n\n{n:respondents}\n\n{n:y}"), content)
    assert re.findall(r"line (\d+)", error.value.what) == ["1", "5"]


def test_a_theme_that_ended_is_named_with_its_fate(content):
    gone = (Former(id="T08", name="Hope", fate="retired"), Former(id="T09", name="Faith", fate="merged", into=("T01",)))
    inputs = inputs_of()
    book = Codebook(themes=inputs["codebook"].themes, former=gone)
    ended = build_content(**{**inputs, "codebook": book})
    for theme, said in (("T08", "the theme T08 “Hope” was retired"), ("T09", "“Faith” was merged into T01")):
        with pytest.raises(ThemebookError, match=said):
            tell(parse(f"x {{theme:{theme}.share}}"), ended)


def test_short_names_stand_for_questions(content):
    story = parse("---\nnames: {t: training}\n---\n{share:t.yes} and\n\n{chart:t}")
    first, chart = tell(story, content)
    assert first.spans[0].figure.reference == "share:training.yes@2021"
    assert chart.insert == "chart:training"
    with pytest.raises(ThemebookError, match="a question that there is not: `trainin`. Closest: `training`"):
        tell(parse("---\nnames: {t: trainin}\n---\nx"), content)


def test_short_names_reach_the_items_of_a_grid():
    assert full("share:g.2.yes@2025", {"g": "a_grid"}) == "share:a_grid.2.yes@2025"
    assert full("n:respondents", {"n": "x", "respondents": "y"}) == "n:respondents"


def test_quotes_are_the_respondents_words(content):
    approved = quote_of(content, True)
    block, line = tell(parse(f"{{quote:{approved}}}\n\nThey say {{quote:{approved}}}."), content)
    assert block.spans[0].quote.quote_id == approved
    assert words(line.spans) == f"They say “{block.spans[0].quote.display}”."


def test_an_unapproved_quote_stays_inside(content):
    told = with_story(content, f"a\n\n{{quote:{quote_of(content, False)}}}")
    with pytest.raises(ThemebookError, match=r"line 3: \{quote:Q\d+\}: nobody approved this quote"):
        to_public(told)
    kept = with_story(content, f"a\n\n{{quote:{quote_of(content, False)}}} {{internal}}")
    assert [block.kind for block in to_public(kept).story] == ["paragraph"]


def test_public_figures_are_those_of_the_public_content(content):
    told = with_story(content, "{theme:T01.share} and {n:respondents}")
    public = to_public(told)
    known = figures_of(public)
    assert [known[s.figure.reference] == s.figure for s in spans_of(public.story) if s.figure] == [True, True]


def test_what_is_not_public_is_named_with_its_line(content):
    told = with_story(content, "x\n\n{count:barriers.my_own_words_here} wrote so")
    with pytest.raises(ThemebookError, match="line 3: .*too small a figure"):
        to_public(told)
    told = with_story(content, "{count:barriers.my_own_words_here} wrote so {internal}")
    assert to_public(told).story == ()


def test_hidden_figures_are_not_told():
    content = build_content(**inputs_of(survey_of().model_copy(update={"suppress": 5})))
    told = with_story(content, "There were {n:responses} answers.")
    with pytest.raises(ThemebookError, match="line 1: "):
        to_public(told)


def test_public_quotes_carry_no_id(content):
    told = with_story(content, f"{{quote:{quote_of(content, True)}}}")
    (block,) = to_public(told).story
    assert block.spans[0].quote.quote_id == block.spans[0].quote.response_id == block.spans[0].text == ""


@pytest.mark.parametrize("kwargs", [{}, {"approve": 0}, {"method": "corrected"}, {"method": "person"}])
def test_the_draft_is_a_text_that_can_be_told(kwargs):
    content = build_content(**inputs_of(**kwargs))
    text = draft(content, to_public(content))
    told = with_story(content, text)
    assert told.story == with_story(content, "").story
    assert not told.drafted and with_story(content, "<!-- nothing yet -->").drafted
    public = to_public(told)
    assert "headlines" in inserted(public)
    assert any(insert.startswith("theme:T") for insert in inserted(public))


@pytest.mark.parametrize("closed", [0, 1, 3])
@pytest.mark.parametrize("waves", [1, 3])
def test_every_kind_of_survey_is_drafted(waves, closed):
    survey = survey_of(waves=waves, closed=closed, attributes=closed > 0)
    for made in ({}, {"codebook": Codebook(themes=())}, {"answered": False}, {"quotes": False}):
        content = with_story(build_content(**inputs_of(survey, **made)), "")
        assert chapters(content)[-1].heading[0].text == "What to do next"
        for audience in ("internal", "public"):
            assert "What to do next" in render(content, audience)


def test_a_draft_takes_no_word_of_the_survey_for_markup():
    survey = survey_of().model_copy(update={"title": "A *{theme:T01}* <b> # [x](y)"})
    content = with_story(build_content(**inputs_of(survey)), "")
    assert words(content.story[0].spans) == "A *{theme:T01}* <b> # [x](y)"


@pytest.mark.parametrize("label", ["0.18", "45 %", "12 of the 95 respondents", "1", "Yes, 3 of 10"])
def test_a_number_in_an_option_or_a_question_is_no_typed_figure(content, label):
    chart = next(chart for chart in content.choices if chart.kind == "multi")
    rows = (chart.rows[0].model_copy(update={"label": label}), *chart.rows[1:])
    title = "Which 3 of these do most respondents name? Pick 2."
    other = content.model_copy(update={"choices": (chart.model_copy(update={"title": title, "rows": rows}),)})
    text = draft(other, to_public(other))
    assert f"“{label}”" in text and title in text
    assert with_story(other, text, faults).story == with_story(other, "", faults).story


def test_the_text_is_on_the_page_and_numbers_its_themes(content):
    text = "# A title of *our* own\n\nLead.\n\n## Why\n\nx {n:respondents}\n\n## {theme:T02.name}\n\n{theme:T02}\n"
    told = with_story(content, text)
    assert [(c.number, words(c.heading)) for c in chapters(told)] == [(0, ""), (0, "Why"), (1, "Theme number 2")]
    for audience in ("internal", "public"):
        page = render(told, audience)
        assert "<em>our</em>" in page and "A title of our own" in page
        assert page.index("Lead.") < page.index(">Why<") < page.index('id="panel-T02"') < page.index('id="evidence"')


def test_what_the_text_shows_is_not_shown_again(content):
    told = with_story(content, "# T\n\n## A\n\n{headlines}\n\n{chart:training}\n")
    page = render(told, "internal")
    assert page.count('class="heads"') == 1
    assert page.count("<bdi>Any training?</bdi></h3>") == 1


def test_the_catalogue_of_a_large_survey_is_quick_to_list(content):
    assert len(book_of(content).figures) > 300


def test_a_claim_is_named_as_it_was_written(content):
    no = figures_of(content)["share:training.no"].value
    word = "Few" if no > 0.5 else "Most"
    text = f"---\nnames: {{t: training}}\n---\nA line.\n\nThey said so.\n{word} ({{share:t.no}}) had none.\n"
    with pytest.raises(ThemebookError, match=rf"line 7: “{word}” .*\{{share:t.no\}} is") as error:
        with_story(content, text, faults)
    assert "@2021" not in error.value.what
    assert with_story(content, text.replace("none.", "none. {checked: Ada}"), faults).story


def test_a_headline_is_public_though_one_of_its_options_is_folded():
    content = build_content(**inputs_of(people=12))
    told = next(h for h in content.headlines if len(h.options) > 1)
    told = content.model_copy(update={"headlines": (told,)})
    public = to_public(told.model_copy(update={"choices": (), "closed": ()}))
    for h in public.headlines:
        assert figures_of(public)[f"share:{h.question_id}.{slug(h.answer)}"].value == h.cell.share
    assert public.headlines
