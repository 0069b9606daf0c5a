"""The map of the units: where each stands among the others by its meaning, and which theme it carries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from pipeline.report.records import MapKind, UnitMap
from pipeline.themes.flat import flat
from pipeline.themes.meaning import sample_of

MOST_POINTS = 1_000
# As many as can be told apart by shape and colour.
MOST_KINDS = 8
OTHERS, NONE = "Other themes", "Without a theme"
Vectors = Callable[[pd.Series], np.ndarray]


def unit_map(
    units: pd.DataFrame, unit_codes: pd.DataFrame, names: Mapping[str, str], vectors: Vectors
) -> UnitMap | None:
    """Lay the meaning units out in a plane.

    Parameters
    ----------
    units, unit_codes : DataFrame
        By their contracts.
    names : mapping of str to str
        The active themes' names by id.
    vectors : callable
        Gives the embeddings of text ids, a row each.

    Returns
    -------
    UnitMap or None
        A unit with several themes stands under the likeliest. The largest themes have marks of their own. None where
        there are no units.
    """
    mine = units[units["n"] > 0].sort_values("unit_id", ignore_index=True)
    if mine.empty:
        return None
    given = unit_codes[unit_codes["theme_id"].isin(list(names))]
    given = given.sort_values(["unit_id", "probability", "theme_id"], ascending=[True, False, True])
    first = given.drop_duplicates("unit_id")
    likeliest = dict(zip(first["unit_id"], first["theme_id"], strict=True))
    theme = np.array([likeliest.get(unit, "") for unit in mine["unit_id"]], dtype=str)
    counts = Counter(theme[theme != ""].tolist())
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    rows = sample_of(mine["unit_id"].tolist(), MOST_POINTS)
    drawn = mine.iloc[rows]
    # The same words lie in the same place; drawn once each, they do not pull at the others.
    texts, back = np.unique(drawn["text_id"].to_numpy(str), return_inverse=True)
    places = np.rint(flat(vectors(pd.Series(texts)))[back] * 1000).astype(int)
    at = theme[rows]
    kinds = [(NONE, theme == "", at == "")]
    kinds += [(names[name], theme == name, at == name) for name in ranked[:MOST_KINDS]]
    rest = ranked[MOST_KINDS:]
    if rest:
        kinds.insert(1, (OTHERS, np.isin(theme, rest), np.isin(at, rest)))
    return UnitMap(
        kinds=tuple(
            MapKind(
                name=name,
                themed=name not in (OTHERS, NONE),
                n=int(of_all.sum()),
                places=tuple((int(x), int(y)) for x, y in places[here]),
            )
            for name, of_all, here in kinds
        ),
        drawn=len(rows),
        total=len(mine),
    )
