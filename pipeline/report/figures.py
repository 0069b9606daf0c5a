"""Figures as inline SVG of our own making: no outside file, no style attribute, text that stays its size on a phone.

Widths are in percent of the page's column and heights in pixels, so a figure has no view box and nothing is scaled.
Colours come from the page's style sheet by class.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

from pipeline.report.records import UnitMap
from pipeline.report.wording import plain, short_percent

LABEL_WIDTH = 46
_LINE, _BAR, _GAP = 20, 12, 18
_VALUE = 58  # pixels right of the bars that the style sheet keeps free for their values
_MOST_LINES = 4


class Bar(NamedTuple):
    """One bar: its label, its share between 0 and 1, and the share of an earlier wave where there is one."""

    label: str
    share: float | None
    before: float | None = None
    tone: str = ""


def wrap(label: str, width: int = LABEL_WIDTH) -> list[str]:
    """Break a label into at most four lines of about the same length.

    Examples
    --------
    >>> wrap("a label that is rather long", 12)
    ['a label', 'that is', 'rather long']
    """
    lines = _lines(label, width)
    while width > 8 and len(lines) > 1 and len(narrower := _lines(label, width - 1)) == len(lines):
        if narrower[-1].endswith("…") != lines[-1].endswith("…"):
            break
        lines, width = narrower, width - 1
    return lines or ["(no text)"]


def _lines(label: str, width: int) -> list[str]:
    return textwrap.wrap(plain(label), width, max_lines=_MOST_LINES, placeholder=" …")


def bars(rows: Sequence[Bar], key: str, title: str, description: str) -> Markup:
    """Draw horizontal bars on a common scale from 0 to 100 %.

    Parameters
    ----------
    rows : sequence of Bar
        From top to bottom.
    key : str
        Unique on the page; letters, digits, ``-`` and ``_``.
    title, description : str
        What a screen reader says.

    Returns
    -------
    Markup
        An ``svg`` element; every text in it is escaped.
    """
    parts: list[str] = []
    y = 0
    for row in rows:
        lines = wrap(row.label)
        for line in lines:
            y += _LINE
            parts.append(f'<text class="label" x="0" y="{y - 8}">{escape(line)}</text>')
        parts.append(_track(row, y))
        y += _BAR + _GAP
    return svg("bars", max(y - _GAP + 3, 1), key, title, description, parts)


def _track(row: Bar, y: int) -> str:
    middle = y + _BAR - 1
    value = (
        f'<text class="value" x="100%" dx="{_VALUE}" y="{middle}" text-anchor="end">'
        f"{escape(short_percent(row.share))}</text>"
    )
    shapes = [f'<rect class="track" x="0" y="{y}" width="100%" height="{_BAR}"/>']
    if row.share:
        tone = f" {row.tone}" if row.tone else ""
        shapes.append(f'<rect class="bar{tone}" x="0" y="{y}" width="{_pc(row.share)}" height="{_BAR}"/>')
    if row.before is not None:
        at = _pc(min(row.before, 0.995))
        shapes.append(f'<rect class="before" x="{at}" y="{y - 3}" width="3" height="{_BAR + 6}"/>')
    return "".join(shapes) + value


def stack(rows: Sequence[Bar], key: str, title: str, description: str) -> Markup:
    """Draw parts of a whole as one bar; each part shows its share where there is room for it."""
    parts: list[str] = []
    x = 0.0
    for row in rows:
        share = max(0.0, min(row.share or 0.0, 1.0 - x))
        if share:
            tone = f" {row.tone}" if row.tone else ""
            parts.append(f'<rect class="part{tone}" x="{_pc(x)}" y="0" width="{_pc(share)}" height="44"/>')
        if share >= 0.12:
            middle = _pc(x + share / 2)
            parts.append(
                f'<text class="inside{tone}" x="{middle}" y="29" text-anchor="middle">'
                f"{escape(short_percent(row.share))}</text>"
            )
        x += share
    return svg("stack", 44, key, title, description, parts)


def line(share: float | None, before: float | None = None, tone: str = "") -> Markup:
    """Draw one thin bar beside a large figure that says the same in words; hidden from screen readers."""
    shapes = ['<rect class="track" x="0" y="4" width="100%" height="10"/>']
    if share:
        kind = f"bar {tone}".strip()
        shapes.append(f'<rect class="{kind}" x="0" y="4" width="{_pc(share)}" height="10"/>')
    if before is not None:
        shapes.append(f'<rect class="before" x="{_pc(min(before, 0.995))}" y="0" width="3" height="18"/>')
    return _silent("line", 18, shapes)


def ranged(share: float | None, low: float | None, high: float | None, before: float | None = None) -> Markup:
    """Draw a share with its interval on a scale from 0 to 100 %, as `line` does beside the same in words."""
    shapes = ['<rect class="track" x="0" y="8" width="100%" height="14"/>']
    if share:
        shapes.append(f'<rect class="bar" x="0" y="8" width="{_pc(share)}" height="14"/>')
    if low is not None and high is not None:
        shapes.append(f'<rect class="whisker" x="{_pc(low)}" y="14" width="{_pc(high - low)}" height="2"/>')
        ends = (min(max(end, 0.0), 0.997) for end in (low, high))
        shapes += [f'<rect class="whisker" x="{_pc(end)}" y="10" width="2" height="10"/>' for end in ends]
    if before is not None:
        shapes.append(f'<rect class="before" x="{_pc(min(before, 0.995))}" y="3" width="3" height="24"/>')
    scale = ((0, "start", "0"), (50, "middle", "50"), (100, "end", "100\N{NO-BREAK SPACE}%"))
    shapes += [f'<text class="wave" x="{x}%" y="40" text-anchor="{at}">{said}</text>' for x, at, said in scale]
    return _silent("line", 44, shapes)


def _silent(kind: str, height: int, shapes: Sequence[str]) -> Markup:
    return Markup(
        '<svg class="figure {}" width="100%" height="{}" aria-hidden="true" focusable="false">{}</svg>'
    ).format(kind, height, Markup("".join(shapes)))


# Eight marks of two colours and four shapes, so that none is told by colour alone.
_MARKS = ("dot", "square", "triangle", "diamond")
MAP_WIDTH, MAP_HEIGHT = 900, 600


def scatter(drawn: UnitMap, key: str, title: str, description: str) -> Markup:
    """Draw the map of the units: one path for each mark, which keeps thousands of points small."""
    parts = []
    for i, kind in enumerate(drawn.kinds):
        mark, css = _mark(drawn, i)
        places = (
            (12 + x * (MAP_WIDTH - 24) / 1000, 12 + (1000 - y) * (MAP_HEIGHT - 24) / 1000) for x, y in kind.places
        )
        parts.append(f'<path class="{css}" d="{"".join(_shape(mark, x, y) for x, y in places)}"/>')
    return Markup(
        '<svg class="figure map" viewBox="0 0 {width} {height}" role="img" aria-labelledby="{key}-t {key}-d">'
        '<title id="{key}-t">{title}</title><desc id="{key}-d">{description}</desc>{body}</svg>'
    ).format(
        width=MAP_WIDTH,
        height=MAP_HEIGHT,
        key=key,
        title=plain(title),
        description=plain(description, 2000),
        body=Markup("".join(parts)),
    )


def map_key(drawn: UnitMap, at: int) -> Markup:
    """Draw the mark of one kind of points, for the legend."""
    mark, css = _mark(drawn, at)
    return Markup('<svg class="mark" viewBox="0 0 14 14" aria-hidden="true" focusable="false">{}</svg>').format(
        Markup(f'<path class="{css}" d="{_shape(mark, 7, 7)}"/>')
    )


def _mark(drawn: UnitMap, at: int) -> tuple[str, str]:
    faint = len(drawn.kinds) - sum(kind.themed for kind in drawn.kinds)
    if at < faint:
        return "dot", f"at faint-{at}"
    own = at - faint
    return _MARKS[own // 2 % len(_MARKS)], f"at {'tone-a' if own % 2 == 0 else 'tone-b'}"


def _shape(mark: str, x: float, y: float) -> str:
    if mark == "square":
        return f"M{x - 4:.0f} {y - 4:.0f}h8v8h-8z"
    if mark == "triangle":
        return f"M{x:.0f} {y - 5:.0f}l5 9h-10z"
    if mark == "diamond":
        return f"M{x:.0f} {y - 6:.0f}l5 6l-5 6l-5 -6z"
    return f"M{x - 4:.0f} {y:.0f}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z"


def _pc(share: float) -> str:
    return f"{max(0.0, min(share, 1.0)) * 100:.2f}%"


def svg(kind: str, height: int, key: str, title: str, description: str, parts: Sequence[str]) -> Markup:
    """Put the parts of a figure together, with the title and the description that a screen reader says."""
    return Markup(
        '<svg class="figure {kind}" width="100%" height="{height}" role="img" aria-labelledby="{key}-t {key}-d">'
        '<title id="{key}-t">{title}</title><desc id="{key}-d">{description}</desc>{body}</svg>'
    ).format(
        kind=kind,
        height=height,
        key=key,
        title=plain(title),
        description=plain(description, 2000),
        body=Markup("".join(parts)),
    )
