"""A map of the units: alike ones near each other, each a link."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.report.wording import plain
from pipeline.review.desk import Desk
from pipeline.review.history import names_of
from pipeline.review.web import desk_of, page
from pipeline.themes.flat import flat
from pipeline.themes.meaning import sample_of

router = APIRouter()
MOST_POINTS = 3_000
WIDTH, HEIGHT = 900, 600


def _points(desk: Desk) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the list of units that are drawn, and their places; the same words lie in the same place."""

    def make() -> tuple[np.ndarray, np.ndarray]:
        table = desk.units.table
        rows = sample_of(table["unit_id"].tolist(), MOST_POINTS)
        texts, place = np.unique(table["text_id"].iloc[rows].to_numpy(str), return_inverse=True)
        return rows, flat(desk.vectors(texts))[place]

    return desk.keep("map", desk.paths("units"), make)


@router.get("/map")
def units_map(request: Request, theme: str = "") -> Response:
    """Draw the map, with one theme marked or those without any."""
    desk = desk_of(request)
    listed = desk.units
    rows, places = _points(desk)
    shown = listed.table.iloc[rows]
    if theme in listed.themes:
        marked = listed.given[rows, listed.themes.index(theme)]
    else:
        marked = ~listed.given[rows].any(axis=1)
    order = np.argsort(marked, kind="stable")
    units, answers, texts = (shown[name].to_numpy() for name in ("unit_id", "response_id", "shown"))
    points = [
        {
            "href": f"/answers/{answers[i]}?unit={units[i]}",
            "x": f"{12 + places[i, 0] * (WIDTH - 24):.1f}",
            "y": f"{12 + (1 - places[i, 1]) * (HEIGHT - 24):.1f}",
            "on": bool(marked[i]),
            "text": plain(texts[i], 90),
        }
        for i in order
    ]
    names = names_of(desk.standing)
    counts = [(t, names.get(t, t), int(listed.given[rows, i].sum())) for i, t in enumerate(listed.themes)]
    return page(
        request,
        "map.html.jinja",
        "Map of the units",
        points=points,
        width=WIDTH,
        height=HEIGHT,
        theme=theme if theme in listed.themes else "",
        name=names.get(theme, ""),
        on=int(marked.sum()),
        counts=sorted(counts, key=lambda row: -row[2]),
        without=int((~listed.given[rows].any(axis=1)).sum()),
        total=len(listed.table),
    )
