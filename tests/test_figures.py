from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report import figures
from pipeline.report.figures import Bar

SVG_RECT = re.compile(r'<rect class="bar[^"]*" x="0" y="\d+" width="([\d.]+)%"')
HOSTILE = '</text><script>alert("x")</script>&\u202e"\''


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter("text")]


def test_bars_are_as_long_as_their_shares_and_say_them():
    svg = figures.bars([Bar("one", 0.5), Bar("two", 0.123), Bar("none", 0.0), Bar("hidden", None)], "k", "t", "d")
    assert SVG_RECT.findall(svg) == ["50.00", "12.30"]
    assert [t.replace("\u00a0", " ") for t in texts(svg)] == [
        "one",
        "50 %",
        "two",
        "12 %",
        "none",
        "0 %",
        "hidden",
        "–",
    ]


def test_a_figure_has_a_title_and_a_description():
    root = ET.fromstring(figures.bars([Bar("a", 0.5)], "k", "the title", "a: 50 %"))
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "k-t k-d"
    assert root[0].text == "the title" and root[0].attrib["id"] == "k-t"
    assert root[1].text == "a: 50 %" and root[1].attrib["id"] == "k-d"


@pytest.mark.parametrize("draw", [figures.bars, figures.stack])
def test_hostile_labels_are_text(draw):
    root = ET.fromstring(draw([Bar(HOSTILE, 0.5, tone="tone-a")], "k", HOSTILE, HOSTILE))
    assert {element.tag for element in root.iter()} <= {"svg", "title", "desc", "rect", "text"}
    assert "\u202e" not in "".join(root.itertext())
    assert not [a for e in root.iter() for a in e.attrib if a.startswith("on") or a == "style"]


def test_no_rows_is_still_a_figure():
    ET.fromstring(figures.bars([], "k", "t", "d"))
    ET.fromstring(figures.stack([], "k", "t", "d"))


@given(st.lists(st.floats(0, 1), max_size=6))
def test_parts_of_a_stack_never_leave_it(shares):
    svg = figures.stack([Bar(str(i), share) for i, share in enumerate(shares)], "k", "t", "d")
    parts = re.findall(r'<rect class="part[^"]*" x="([\d.]+)%" y="0" width="([\d.]+)%"', svg)
    assert all(float(x) + float(width) <= 100.02 for x, width in parts)


@given(st.text(max_size=400))
def test_wrapped_labels_are_short(label):
    lines = figures.wrap(label)
    assert 1 <= len(lines) <= 4
    assert all(len(line) <= figures.LABEL_WIDTH for line in lines)


def test_wrapped_lines_are_balanced():
    label = "Little understanding of how the other sectors really work"
    assert figures.wrap(label) == ["Little understanding of how", "the other sectors really work"]
