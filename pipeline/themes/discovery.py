"""Candidates: what the codebook leaves unexplained, in fine groups under a few broad ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.foundation.contracts import CANDIDATE_RESPONSES, CANDIDATE_UNITS, CANDIDATES
from pipeline.foundation.params import Discover
from pipeline.foundation.tables import empty
from pipeline.themes.grouping import Space, explained, group, number_of_groups
from pipeline.themes.meaning import place, sample_of
from pipeline.themes.naming import broad_name, names_of, telling_phrases
from pipeline.themes.phrases import Phrases
from pipeline.themes.stability import Card, cards, regrouped

# Groups are sought on at most so many distinct passages; all others are placed in them.
MOST_SOUGHT = 12_000
# A group that comes back in fewer resamples than this share of them is an accident of the draw, not a candidate.
ACCIDENT = 0.25
NAMED_BY = 80
STARTS = 4
_LEVEL = 1000


@dataclass(frozen=True)
class Discovered:
    """Candidates of both levels, their units, and the fine candidate that each response is most about."""

    candidates: pd.DataFrame
    units: pd.DataFrame
    responses: pd.DataFrame


NOTHING = Discovered(empty(CANDIDATES), empty(CANDIDATE_UNITS), empty(CANDIDATE_RESPONSES))


def discover(
    units: pd.DataFrame,
    vectors: np.ndarray,
    around: np.ndarray,
    shown: list[str],
    theme_ids: list[str],
    theme_vectors: np.ndarray,
    phrases: Phrases,
    params: Discover,
    seed: int,
) -> Discovered:
    """Group the units that the codebook leaves unexplained.

    Parameters
    ----------
    units : DataFrame
        Unexplained meaning units (contract UNITS) with ``whole_id``, the text id of their whole answer; any order.
        Copies of an answer count once in the grouping.
    vectors, around : ndarray, shape (n, d)
        Vectors of the units and of their whole answers, row by row.
    shown : list of str, length n
        Their masked texts.
    theme_ids, theme_vectors : list of str, ndarray of shape (K, d)
        The codebook's themes, to name the nearest.
    phrases : callable
        Finds the phrases of texts (`pipeline.themes.phrases.readable_phrases`).
    params : Discover
    seed : int

    Returns
    -------
    Discovered
        Without rows where there is too little to claim anything.
    """
    order = np.lexsort(tuple(units[name].to_numpy(dtype=str) for name in ("start", "unit_id", "whole_id", "text_id")))
    units = units.iloc[order].reset_index(drop=True)
    vectors, around, shown = vectors[order], around[order], [shown[i] for i in order]
    first = np.flatnonzero(~units.duplicated(["text_id", "whole_id"]).to_numpy())
    distinct = units.iloc[first].reset_index(drop=True)
    texts = [shown[i] for i in first]
    groups = number_of_groups(len(distinct), params)
    if not groups:
        return NOTHING
    found = _candidates(distinct, vectors[first], around[first], texts, groups, params, seed)
    if not found.cards:
        return NOTHING
    names = _names(found, texts, distinct["language"].tolist(), phrases)
    pair = pd.MultiIndex.from_frame(distinct[["text_id", "whole_id"]])
    row = pair.get_indexer(pd.MultiIndex.from_frame(units[["text_id", "whole_id"]]))
    return _tables(units.assign(row=row), vectors, found, names, theme_ids, theme_vectors)


@dataclass(frozen=True)
class _Found:
    """Fine and broad groups of n distinct passages.

    Parameters
    ----------
    fit : ndarray, shape (n, g)
        Cosine of each passage with each fine group.
    held : ndarray of bool, shape (n,)
        Whether the nearest group explains the passage.
    broad : ndarray of int, shape (g,)
        The broad group of each fine one; -1 where it stands alone.
    cards : list of Card, length g
    broad_cards : dict of int to Card
    """

    fit: np.ndarray
    held: np.ndarray
    broad: np.ndarray
    cards: list[Card]
    broad_cards: dict[int, Card]

    @property
    def fine(self) -> np.ndarray:
        """The nearest fine group of each passage, held or not."""
        return self.fit.argmax(axis=1)


def _candidates(
    distinct: pd.DataFrame,
    vectors: np.ndarray,
    around: np.ndarray,
    texts: list[str],
    groups: int,
    params: Discover,
    seed: int,
) -> _Found:
    """Group distinct passages, take back what does not hold, and say how steady the rest is."""
    points = place(vectors, around, texts, params.components_removed, seed)
    answer = pd.factorize(distinct["whole_id"])[0]
    pool = sample_of((distinct["text_id"] + distinct["whole_id"]).tolist(), MOST_SOUGHT)
    space = Space.of(points, pool, 1.0 / np.bincount(answer)[answer])
    first = group(space, groups, seed, starts=STARTS)
    inner = space.pooled()

    def regroup(kept: np.ndarray, other: int) -> np.ndarray:
        again = group(inner, groups, other, kept)
        # One number carries both levels: the broad group counts in thousands.
        return again.broad[again.fine] * _LEVEL + again.fine

    pooled = pd.factorize(answer[pool])[0]
    again = regrouped(pooled, regroup, params.resamples, params.seeds, seed)
    fine = again.mapped(lambda both: both % _LEVEL)
    steady = cards(first.fine[pool], first.fit.shape[1], fine)
    kept = np.array([c.found_again >= ACCIDENT * c.resamples and c.resamples > 0 for c in steady])
    fit, broad = first.fit[:, kept], first.broad[kept]
    while fit.shape[1]:
        held = explained(fit.max(axis=1), answer, params.not_clear, params.left_out)
        raised = np.array([len(set(answer[held & (fit.argmax(axis=1) == g)])) for g in range(fit.shape[1])])
        if (raised >= params.min_units).all():
            break
        fit, broad = np.delete(fit, raised.argmin(), axis=1), np.delete(broad, raised.argmin())
    else:
        return _Found(fit, np.zeros(len(fit), bool), broad, [], {})
    nearest = fit.argmax(axis=1)[pool]
    families = [b for b in np.unique(broad) if (broad == b).sum() > 1] if len(np.unique(broad)) > 1 else []
    above = dict(zip(families, range(len(families)), strict=True))
    broad = np.array([above.get(b, -1) for b in broad])
    steady = cards(nearest, fit.shape[1], fine)
    over = cards(broad[nearest], len(families), again.mapped(lambda both: both // _LEVEL))
    return _Found(fit, held, broad, steady, dict(enumerate(over)))


def _names(found: _Found, texts: list[str], languages: list[str], phrases: Phrases) -> dict[tuple[str, int], str]:
    """Name fine and broad groups by the passages that fit best."""
    order = np.argsort(-found.fit.max(axis=1), kind="stable")
    order = order[found.held[order]]
    nearest = found.fine[order]
    turn = pd.Series(nearest).groupby(nearest).cumcount().to_numpy()
    rows = np.sort(order[turn < NAMED_BY])
    read = phrases([texts[i] for i in rows], [languages[i] for i in rows])
    fine = found.fine[rows]
    size = np.bincount(found.fine[found.held], minlength=len(found.cards))
    largest = [int(g) for g in np.argsort(-size, kind="stable")]
    names = names_of(telling_phrases(read, fine), largest)
    broad = found.broad[fine]
    over = telling_phrases([p for p, b in zip(read, broad, strict=True) if b >= 0], broad[broad >= 0])
    made = {("fine", g): name for g, name in names.items()}
    for b in found.broad_cards:
        children = [names[g] for g in largest if found.broad[g] == b]
        made["broad", b] = broad_name(over.get(b, []), children)
    return made


def _tables(
    units: pd.DataFrame,
    vectors: np.ndarray,
    found: _Found,
    names: dict[tuple[str, int], str],
    theme_ids: list[str],
    theme_vectors: np.ndarray,
) -> Discovered:
    """Give the three tables; candidates are numbered by how many answers raise them, the broad ones first."""
    fine = found.fine[units["row"]]
    held = found.held[units["row"]]
    said = units.assign(fine=fine, broad=found.broad[fine], fit=found.fit.max(axis=1)[units["row"]])
    said = said[held].assign(vector=np.flatnonzero(held))
    levels = {"broad": said[said["broad"] >= 0], "fine": said}
    ids: dict[tuple[str, int], str] = {}
    rows, members = [], []
    for level, letter in (("broad", "B"), ("fine", "C")):
        mine = levels[level].groupby(level)
        sizes = mine.agg(n_units=("unit_id", "size"), n_responses=("response_id", "nunique"))
        sizes = sizes.assign(name=[names[level, int(g)] for g in sizes.index])
        sizes = sizes.sort_values(["n_responses", "n_units", "name"], ascending=[False, False, True])
        for n, (number, size) in enumerate(sizes.iterrows(), 1):
            key = (level, int(number))
            ids[key] = f"{letter}{n:02d}"
            own = mine.get_group(number)
            steady = found.cards[key[1]] if level == "fine" else found.broad_cards[key[1]]
            nearest, overlap = _nearest(vectors[own["vector"]], theme_ids, theme_vectors)
            parent = ids.get(("broad", int(found.broad[key[1]])), "") if level == "fine" else ""
            rows.append(_row(ids[key], size, parent, nearest, overlap, steady))
            members.append(own[["unit_id", "fit"]].assign(candidate_id=ids[key]))
    return Discovered(pd.DataFrame(rows), pd.concat(members, ignore_index=True), _responses(units, found, said, ids))


def _row(
    candidate_id: str, size: pd.Series, parent: str, nearest: str, overlap: float, steady: Card
) -> dict[str, object]:
    return {
        "candidate_id": candidate_id,
        "name": size["name"],
        "parent_id": parent,
        "n_units": int(size["n_units"]),
        "n_responses": int(size["n_responses"]),
        "nearest_theme": nearest,
        "overlap": overlap,
        "stability": steady.stability,
        "stability_low": steady.low,
        "stability_high": steady.high,
        "found_again": steady.found_again,
        "resamples": steady.resamples,
        "stability_seeds": steady.seeds,
        "stability_halves": steady.halves,
    }


def _responses(units: pd.DataFrame, found: _Found, said: pd.DataFrame, ids: dict[tuple[str, int], str]) -> pd.DataFrame:
    """Give each response the one of its own units' fine candidates that all its units together are nearest to."""
    responses, place_of = np.unique(units["response_id"].to_numpy(dtype=str), return_inverse=True)
    near = np.zeros((len(responses), found.fit.shape[1]))
    np.add.at(near, place_of, np.maximum(found.fit[units["row"]], 0))
    own = np.zeros(near.shape, bool)
    own[np.searchsorted(responses, said["response_id"].to_numpy(dtype=str)), said["fine"]] = True
    near[~own] = -1.0
    some = own.any(axis=1)
    return pd.DataFrame(
        {
            "response_id": responses[some],
            "candidate_id": [ids["fine", int(g)] for g in near[some].argmax(axis=1)],
        }
    ).astype("str")


def _nearest(members: np.ndarray, theme_ids: list[str], theme_vectors: np.ndarray) -> tuple[str, float]:
    """The theme whose texts' mean is nearest to a candidate's mean, with the cosine."""
    if not theme_ids:
        return "", float("nan")
    centre = members.mean(axis=0)
    cosine = theme_vectors @ centre / (np.linalg.norm(theme_vectors, axis=1) * np.linalg.norm(centre))
    best = int(np.argmax(cosine))
    return theme_ids[best], float(cosine[best])
