"""With `suppress`, no field of the page's content passes that suppression does not know."""

import pytest
from report_factory import codebook_of, inputs_of, survey_of

from pipeline.foundation.errors import ThemebookError
from pipeline.report import house, records
from pipeline.report.content import build_content
from pipeline.report.public import to_public
from pipeline.report.records import Cell, Numbers, ThemeBlock
from pipeline.report.sealed import EMPTY, KNOWN, sealed
from pipeline.report.small import conceal


class Louder(ThemeBlock):
    """A theme block with a field that nobody told suppression of."""

    share_of_managers: Cell


def content_of(suppress=5):
    made = inputs_of(survey=survey_of(), codebook=codebook_of(8), people=40)
    made["survey"] = made["survey"].model_copy(update={"suppress": suppress})
    return build_content(**made)


@pytest.fixture(scope="module")
def internal():
    return content_of()


@pytest.fixture(scope="module")
def public(internal):
    return to_public(internal)


def cells(content):
    return [cell for chart in (*content.closed, *content.who) for row in chart.rows for cell in row.cells if cell]


def test_a_new_field_stops_the_page(internal, public):
    unsuppressed = to_public(internal.model_copy(update={"suppress": 0}))
    question = unsuppressed.questions[0]
    figure = Cell(wave="2021", base=40, n=2, share=0.05)
    theme = Louder.model_construct(**dict(question.themes[0]), share_of_managers=figure)
    changed = question.model_copy(update={"themes": (theme, *question.themes[1:])})
    leaking = unsuppressed.model_copy(update={"questions": (changed, *unsuppressed.questions[1:])})
    with pytest.raises(ThemebookError, match="share_of_managers"):
        conceal(leaking, internal)
    assert not public.questions[0].themes[0].proposed


def test_a_figure_that_was_not_let_pass_stops_the_page(public):
    wave = public.waves[0].id
    chart = public.closed[0]
    row = chart.rows[0].model_copy(update={"cells": (Cell(wave=wave, base=40, n=2, share=0.05),) * 2})
    changed = public.model_copy(update={"closed": (chart.model_copy(update={"rows": (row,)}),)})
    with pytest.raises(ThemebookError, match="not found fit"):
        sealed(changed, [cell for cell in cells(public) if not cell.hidden])


@pytest.mark.parametrize("place", ["Chart.numbers", "Row.parts", "SegmentRow.against", "Content.uncoded"])
def test_what_must_be_empty_is_empty(public, place):
    numbers = Numbers.model_construct(**dict.fromkeys(Numbers.model_fields, 1))
    chart = public.closed[0]
    passed = [cell for cell in every_cell(public) if not cell.hidden]
    sealed(public, passed)
    changed = {
        "Chart.numbers": {"closed": (chart.model_copy(update={"numbers": (numbers,)}),)},
        "Row.parts": {"closed": (chart.model_copy(update={"rows": (parted(chart.rows[0]),)}),)},
        "SegmentRow.against": {"outlooks": (compared(public.outlooks[0]),)},
        "Content.uncoded": {"uncoded": 3},
    }[place]
    with pytest.raises(ThemebookError, match=rf"{place}|Numbers"):
        sealed(public.model_copy(update=changed), passed)


def parted(row):
    return row.model_copy(update={"parts": ("Agree", "Strongly agree")})


def compared(view):
    row = records.SegmentRow(value="optimists", cell=Cell(wave="2021", hidden=True), against="up 3 points")
    table = records.SegmentTable(attribute_id="T02", title="Theme", rows=(row,))
    group = view.reasons[0].model_copy(update={"by_side": (table,)})
    return view.model_copy(update={"reasons": (group,)})


def every_cell(value):
    if isinstance(value, Cell):
        return [value]
    if isinstance(value, records.Section):
        return [cell for field in type(value).model_fields for cell in every_cell(getattr(value, field))]
    return [cell for each in value for cell in every_cell(each)] if isinstance(value, tuple) else []


def test_every_known_field_is_a_field_of_its_record():
    for name, fields in KNOWN.items():
        assert fields == set(getattr(records, name, getattr(house, name, None)).model_fields), name
    assert all(field in KNOWN[record] for record, _, field in (place.partition(".") for place in EMPTY))
