"""In which order people read answers when they code them all: like beside like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.survey.nonanswers import normalise

# So many distinct texts are put in the best order at once (three seconds on one core); more are cut into blocks.
AT_ONCE = 1_500
BLOCK = 500


def alike_order(texts: Sequence[str], vectors: np.ndarray, ids: Sequence[str]) -> np.ndarray:
    """Put answers in an order in which each stands beside answers that say the like.

    Answers with one normalised text stand together, by id. Up to `AT_ONCE` distinct texts are grouped by average
    linkage on cosine distance, and the leaves of that tree are put in the order with the smallest sum of distances
    between neighbours [1]_. More are first halved along their first principal direction until no block holds more than
    `BLOCK`; each block is ordered so, and turned round where that brings it nearer to the end of the one before. Of
    the two directions the one that begins with the shorter texts is taken.

    Parameters
    ----------
    texts : sequence of str, length n
        As people read them.
    vectors : ndarray, shape (n, d)
        Their embeddings; of answers with one normalised text the first by id counts.
    ids : sequence of str, length n
        Distinct; they settle ties, so that the order of the rows changes nothing.

    Returns
    -------
    ndarray of int, shape (n,)
        Positions in the order of reading.

    References
    ----------
    .. [1] Bar-Joseph, Gifford, Jaakkola, Fast optimal leaf ordering for hierarchical clustering, Bioinformatics 17
       (2001), S22, section 3.
    """
    members: dict[str, list[int]] = {}
    for i in sorted(range(len(ids)), key=ids.__getitem__):
        members.setdefault(normalise(texts[i]) or texts[i].strip(), []).append(i)
    keys = sorted(members)
    if not keys:
        return np.zeros(0, int)
    unit = _unit(vectors[[members[key][0] for key in keys]])
    blocks = [np.arange(len(keys))] if len(keys) <= AT_ONCE else _halved(np.arange(len(keys)), unit)
    order: list[int] = []
    for block in blocks:
        path = block[_best_path(unit[block])]
        if order and unit[order[-1]] @ unit[path[-1]] > unit[order[-1]] @ unit[path[0]]:
            path = path[::-1]
        order += list(path)
    half = len(order) // 2
    words = [len(keys[k].split()) for k in order]
    if np.mean(words[:half] or [0]) > np.mean(words[-half:] if half else [0]):
        order.reverse()
    return np.array([i for k in order for i in members[keys[k]]], dtype=int)


def _unit(vectors: np.ndarray) -> np.ndarray:
    rows = np.asarray(vectors, float)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _best_path(unit: np.ndarray) -> np.ndarray:
    """Order some texts by optimal leaf ordering, shape (m,)."""
    if len(unit) < 3:
        return np.arange(len(unit))
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    distance = np.clip(1 - unit @ unit.T, 0, 2)
    distance = (distance + distance.T) / 2
    np.fill_diagonal(distance, 0)
    condensed = squareform(distance, checks=False)
    return np.asarray(leaves_list(optimal_leaf_ordering(linkage(condensed, "average"), condensed)), int)


def _halved(block: np.ndarray, unit: np.ndarray) -> list[np.ndarray]:
    """Cut a block in two along its first principal direction, and again, until every part is small enough."""
    if len(block) <= BLOCK:
        return [block]
    centred = unit[block] - unit[block].mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    first = directions[:, -1]
    # A direction and its opposite are one: the larger entry is made positive.
    along = centred @ (first * np.sign(first[np.abs(first).argmax()]))
    order = np.argsort(along, kind="stable")
    half = len(block) // 2
    return [part for side in (order[:half], order[half:]) for part in _halved(block[np.sort(side)], unit)]
