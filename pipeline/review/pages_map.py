"""A map of the units: alike ones near each other, each a link."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import Response

from pipeline.report.wording import plain
from pipeline.review.desk import Desk
from pipeline.review.history import names_of
from pipeline.review.web import desk_of, page
from pipeline.themes.meaning import sample_of

router = APIRouter()
MOST_POINTS = 3_000
FEWEST_POINTS = 12
COMPONENTS = 30
WIDTH, HEIGHT = 900, 600


def flat(vectors: np.ndarray) -> np.ndarray:
    """Lay points out in a plane so that alike ones lie near each other.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
        Distinct; in the same order, the same places come out.

    Returns
    -------
    ndarray, shape (n, 2)
        Between 0 and 1 in both directions.

    Notes
    -----
    t-SNE [1]_ on the first 30 principal components, begun from the first two. Those two alone keep few neighbours
    together: docs/decisions/0011-review-page.md.

    References
    ----------
    .. [1] van der Maaten, Hinton, Visualizing data using t-SNE, JMLR 9 (2008), 2579.
    """
    if len(vectors) < FEWEST_POINTS:
        return np.linspace([0.1, 0.5], [0.9, 0.5], len(vectors))
    from sklearn.manifold import TSNE

    centred = np.asarray(vectors, float) - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    axes = directions[:, ::-1][:, :COMPONENTS]
    # A direction and its opposite are one: the largest entry is made positive.
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    kept = centred @ axes
    begin = kept[:, :2] / max(kept[:, 0].std(), 1e-12) * 1e-4
    perplexity = min(30.0, (len(vectors) - 1) / 3)
    places = TSNE(2, init=begin, perplexity=perplexity, max_iter=300, random_state=0, n_jobs=1).fit_transform(kept)
    low, high = np.percentile(places, [0.5, 99.5], axis=0)
    return np.clip((places - low) / np.maximum(high - low, 1e-12), 0, 1)


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
