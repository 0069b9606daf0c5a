"""What a passage is compared by: its meaning, the answer around it, its words, and the passages most like it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np

# Chosen on several surveys (docs/decisions/0005-candidates.md), not per project.
ANSWER_WEIGHT = 0.6
WORD_WEIGHT = 0.5
WORD_DIMENSIONS = 200
NEIGHBOURS = 15
POOL = 40
ROUNDS = 3
OWN_SHARE = 0.3
_MARK = re.compile(r"\[[^\]]*\]")
_TINY = 1e-9


def unit_length(vectors: np.ndarray) -> np.ndarray:
    """Scale rows to length 1; a row of nothing stays zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > _TINY)


def without_common_components(vectors: np.ndarray, components: int) -> np.ndarray:
    """Take the mean and the first principal components out of vectors: what all passages share.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
    components : int
        How many components to remove beside the mean; fewer where n is too small.

    Returns
    -------
    ndarray, shape (n, d)
        Unit length; a vector left with nothing is zero (Mu and Viswanath, All-but-the-top, ICLR 2018, alg. 1).
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    count = min(components, max(0, len(vectors) - 2))
    if count:
        values, axes = np.linalg.eigh(centred.T @ centred)
        top = axes[:, np.argsort(values)[::-1][:count]]
        centred = centred - centred @ top @ top.T
    return unit_length(centred)


def word_space(texts: Sequence[str], seed: int) -> np.ndarray:
    """Place texts by the words that they share.

    Parameters
    ----------
    texts : sequence of str, length n
        Masked; the marks themselves are not words.
    seed : int

    Returns
    -------
    ndarray, shape (n, w)
        Unit length or zero, w at most 200 (latent semantic analysis: Deerwester et al., Indexing by latent semantic
        analysis, JASIS 41 (1990)). No column where no word stands in two texts.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(
        sublinear_tf=True, min_df=2, max_df=0.5, stop_words="english", token_pattern=r"(?u)\b\w\w+\b"
    )
    try:
        counts = words.fit_transform([_MARK.sub(" ", text) for text in texts])
    except ValueError:  # no word that two texts share
        return np.zeros((len(texts), 0))
    width = min(WORD_DIMENSIONS, counts.shape[1] - 1, counts.shape[0] - 1)
    if width < 1:
        return np.zeros((len(texts), 0))
    return unit_length(TruncatedSVD(width, random_state=seed).fit_transform(counts))


def place(vectors: np.ndarray, around: np.ndarray, texts: Sequence[str], components: int, seed: int) -> np.ndarray:
    """Join a passage's meaning, the answer that it stands in, and its words.

    Parameters
    ----------
    vectors, around : ndarray, shape (n, d)
        Of the passages and of their whole answers, unit length.
    texts : sequence of str, length n
    components : int
        Principal components to remove.
    seed : int

    Returns
    -------
    ndarray, shape (n, d + w)
        Unit length.
    """
    meaning = without_common_components(unit_length(vectors + ANSWER_WEIGHT * around), components)
    return unit_length(np.hstack([meaning, WORD_WEIGHT * word_space(texts, seed)]))


def sample_of(ids: Sequence[str], most: int) -> np.ndarray:
    """Positions of all, or of so many chosen by a hash of their ids, in their own order."""
    if len(ids) <= most:
        return np.arange(len(ids))
    digest = [hashlib.sha256(name.encode()).digest() for name in ids]
    return np.sort(np.array(sorted(range(len(digest)), key=digest.__getitem__)[:most]))


def neighbours(points: np.ndarray, pool: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest rows of a pool by cosine.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Unit length.
    pool : ndarray of int, shape (m,)
        Rows of `points` that may be neighbours; no row is its own.

    Returns
    -------
    index : ndarray of int, shape (n, p)
        Positions in `pool`, the nearest first.
    weight : ndarray, shape (n, p)
        Their cosines, none below 0.
    """
    near = points[pool]
    count = max(1, min(POOL, len(pool) - 1))
    where = np.full(len(points), -1)
    where[pool] = np.arange(len(pool))
    index = np.empty((len(points), count), dtype=int)
    weight = np.empty((len(points), count))
    for start in range(0, len(points), 1000):
        rows = slice(start, min(start + 1000, len(points)))
        cosine = points[rows] @ near.T
        inside = where[rows] >= 0
        cosine[np.flatnonzero(inside), where[rows][inside]] = -np.inf
        best = np.argpartition(-cosine, count - 1, axis=1)[:, :count]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(cosine, best, 1), axis=1, kind="stable"), 1)
        index[rows], weight[rows] = best, np.maximum(np.take_along_axis(cosine, best, 1), 0)
    return index, weight


def settled(
    points: np.ndarray, pool: np.ndarray, index: np.ndarray, weight: np.ndarray, kept: np.ndarray
) -> np.ndarray:
    """Draw every passage towards those most like it, so that groups stand apart.

    Parameters
    ----------
    points : ndarray, shape (n, d)
    pool : ndarray of int, shape (m,)
    index, weight : ndarray, shape (n, p)
        As `neighbours` gives them.
    kept : ndarray of bool, shape (m,)
        The rows of the pool that may be used: in a resample those left out must have no influence.

    Returns
    -------
    ndarray, shape (n, d)
        Unit length: each point mixed with the weighted mean of its 15 nearest, three times over (label spreading on a
        k-nearest-neighbour graph, with vectors in place of labels: Zhou et al., Learning with local and global
        consistency, NIPS 2003, algorithm).
    """
    from scipy.sparse import csr_matrix

    usable = kept[index]
    usable &= np.cumsum(usable, axis=1) <= NEIGHBOURS
    row, column = np.nonzero(usable)
    values = weight[row, column]
    total = np.bincount(row, values, minlength=len(points))[row]
    share = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    graph = csr_matrix((share, (row, index[row, column])), shape=(len(points), len(pool)))
    inner = graph[pool]
    drawn = points[pool]
    for _ in range(ROUNDS - 1):
        drawn = unit_length(OWN_SHARE * points[pool] + (1 - OWN_SHARE) * (inner @ drawn))
    return unit_length(OWN_SHARE * points + (1 - OWN_SHARE) * (graph @ drawn))
