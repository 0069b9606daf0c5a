"""The public page with `suppress`: a reader who adds and subtracts what it shows finds no small count."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from report_factory import codebook_of, inputs_of, survey_of
from scipy.optimize import Bounds, LinearConstraint, milp

from pipeline.report.content import build_content
from pipeline.report.page import render
from pipeline.report.public import to_public


class Tables(HTMLParser):
    """The tables of a page as rows of texts, with their captions."""

    def __init__(self):
        super().__init__()
        self.tables, self._into = [], None

    def handle_starttag(self, tag, attrs):
        if tag == "table":
            self.tables.append(["", []])
        elif tag == "tr" and self.tables:
            self.tables[-1][1].append([])
        elif tag in ("td", "th", "caption"):
            self._into = tag
            if tag != "caption":
                self.tables[-1][1][-1].append("")

    def handle_endtag(self, tag):
        if tag == self._into:
            self._into = None

    def handle_data(self, data):
        if self._into == "caption":
            self.tables[-1][0] += data
        elif self._into:
            self.tables[-1][1][-1][-1] += data


def made_of(people, suppress=5, waves=2, themes=8, **more):
    made = inputs_of(survey=survey_of(waves), codebook=codebook_of(themes), people=people, **more)
    made["survey"] = made["survey"].model_copy(update={"suppress": suppress})
    return made


def counts_of(text, base):
    """What a printed cell tells of a count: one number, a range by rounding, or nothing."""
    if found := re.search(r"\((\d[\d,]*)\)", text):
        n = int(found[1].replace(",", ""))
        return n, n
    if found := re.search(r"(\d+)\N{NO-BREAK SPACE}%", text):
        share = int(found[1])
        return int(np.ceil(base * (share - 0.5) / 100 - 1e-9)), int(np.floor(base * (share + 0.5) / 100 + 1e-9))
    return 0, base


def width(lows, highs, rows, target):
    """How far apart the lowest and the highest number are that one unknown can be, as whole numbers."""
    rules = [LinearConstraint(np.array([row for row, _, _ in rows]), [r[1] for r in rows], [r[2] for r in rows])]
    cost = np.zeros(len(lows))
    ends = []
    for sign in (1, -1):
        cost[target] = sign
        found = milp(cost, integrality=np.ones(len(lows)), bounds=Bounds(lows, highs), constraints=rules)
        ends.append(sign * found.fun)
    return ends[1] - ends[0]


@pytest.mark.parametrize("people", [24, 40, 80, 120])
def test_no_hidden_option_of_a_scale_can_be_worked_out(people):
    """Options of one answer add up to the base that the page states."""
    html = render(build_content(**made_of(people)), "public")
    parser = Tables()
    parser.feed(html)
    checked = 0
    for caption, rows in parser.tables:
        if not caption.startswith(("Statement number", "How do you feel", "Any training")):
            continue
        for column in range(1, len(rows[0])):
            cells = [row[column] for row in rows[1:]]
            bounds = [counts_of(cell, people) for cell in cells]
            unknown = [i for i, cell in enumerate(cells) if "[c]" in cell or "–" in cell]
            if not unknown or len(unknown) == len(cells) == 1:
                continue
            one = (np.ones(len(cells)), people, people)
            lows, highs = zip(*bounds, strict=True)
            for target in [i for i in unknown if "[c]" in cells[i]]:
                assert width(lows, highs, [one], target) >= 4, (caption, cells)
                checked += 1
    assert checked


@pytest.mark.parametrize("people", [24, 40, 80])
def test_no_count_under_five_is_printed(people):
    made = made_of(people)
    html = render(build_content(**made), "public")
    assert not re.search(r"\(([0-4])\)", html)
    assert not re.search(r"\b[0-4] of \d", html)


def test_small_counts_are_printed_where_nobody_asked():
    html = render(build_content(**made_of(40, suppress=0)), "public")
    assert "[c]" not in html


def test_hidden_themes_stand_last_by_name_and_no_sentence_counts_them():
    public = to_public(build_content(**made_of(16)))
    hidden = [t for t in public.themes if t.cell is not None and t.cell.hidden]
    assert hidden
    for theme in hidden:
        assert theme.cell.n is None and theme.cell.share is None and not theme.change
        assert not re.search(r"\d", theme.sentence)
    for question in public.questions:
        names = [t.name for t in question.themes if t.role != "overarching" and (t.cell is None or t.cell.hidden)]
        assert names == sorted(names)


def test_a_survey_of_few_has_no_figures():
    html = render(build_content(**made_of(8)), "public")
    assert not re.search(r"\d\N{NO-BREAK SPACE}%", re.sub(r"<style.*?</style>", "", html, flags=re.S).split("<main")[1])


def test_quotes_tell_no_side_of_few():
    content = build_content(**made_of(12, suppress=0, approve=6))
    assert all(not q.segment for view in content.outlooks for side in view.sides for q in side.quotes)
    assert all(not q.segment for t in content.themes for q in (*t.quotes, *t.fragments))
