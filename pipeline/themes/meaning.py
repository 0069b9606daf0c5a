"""What a passage is compared by: its meaning, the answer around it, its words, and the passages most like it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.foundation.cores import in_threads

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

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


@dataclass(frozen=True)
class Ground:
    """What passages are placed on: the common part of their meaning, and the words that they share.

    Parameters
    ----------
    mean : ndarray, shape (d,)
        What all passages share, taken out.
    top : ndarray, shape (d, c)
        The first principal components, taken out as well (Mu and Viswanath, All-but-the-top, ICLR 2018, alg. 1).
    words : sequence of transformers
        Counting and narrowing of words (latent semantic analysis: Deerwester et al., Indexing by latent semantic
        analysis, JASIS 41 (1990)); empty where no word stands in two texts.
    """

    mean: np.ndarray
    top: np.ndarray
    words: tuple[Any, ...]

    def place(self, vectors: np.ndarray, around: np.ndarray, texts: Sequence[str]) -> np.ndarray:
        """Join a passage's meaning, the answer that it stands in, and its words.

        Parameters
        ----------
        vectors, around : ndarray, shape (n, d)
            Of the passages and of their whole answers, unit length.
        texts : sequence of str, length n
            Masked; the marks themselves are not words.

        Returns
        -------
        ndarray, shape (n, d + w)
            Unit length.
        """
        said: Any = [_MARK.sub(" ", text) for text in texts]
        for step in self.words:
            said = step.transform(said)
        return self._joined(_both(vectors, around), said if self.words else np.zeros((len(texts), 0)))

    def _joined(self, meaning: np.ndarray, said: np.ndarray) -> np.ndarray:
        centred = meaning.astype(np.float64) - self.mean
        if self.top.shape[1]:
            centred = centred - centred @ self.top @ self.top.T
        return unit_length(np.hstack([unit_length(centred), WORD_WEIGHT * unit_length(said)]))


def ground_of(
    vectors: np.ndarray, around: np.ndarray, texts: Sequence[str], components: int, seed: int
) -> tuple[Ground, np.ndarray]:
    """Find the ground of some passages, and place them on it.

    Parameters
    ----------
    vectors, around, texts
        As `Ground.place` takes them.
    components : int
        Principal components to remove beside the mean; fewer where n is too small.
    seed : int

    Returns
    -------
    ground : Ground
    points : ndarray, shape (n, d + w)
    """
    meaning = _both(vectors, around)
    mean = meaning.mean(axis=0, dtype=np.float64)
    count = min(components, max(0, len(meaning) - 2))
    top = np.zeros((meaning.shape[1], 0))
    if count:
        centred = meaning.astype(np.float64) - mean
        values, axes = np.linalg.eigh(centred.T @ centred)
        top = axes[:, np.argsort(values)[::-1][:count]]
    words, said = _words_of([_MARK.sub(" ", text) for text in texts], seed)
    ground = Ground(mean, top, words)
    return ground, ground._joined(meaning, said)


def _both(vectors: np.ndarray, around: np.ndarray) -> np.ndarray:
    return unit_length(vectors + ANSWER_WEIGHT * around)


def _words_of(texts: list[str], seed: int) -> tuple[tuple[Any, ...], np.ndarray]:
    """Learn to place texts by the words that they share, shape (n, w), w at most 200."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(
        sublinear_tf=True, min_df=2, max_df=0.5, stop_words="english", token_pattern=r"(?u)\b\w\w+\b"
    )
    try:
        counts = words.fit_transform(texts)
    except ValueError:  # no word that two texts share
        return (), np.zeros((len(texts), 0))
    width = min(WORD_DIMENSIONS, counts.shape[1] - 1, counts.shape[0] - 1)
    if width < 1:
        return (), np.zeros((len(texts), 0))
    narrow = TruncatedSVD(width, random_state=seed)
    placed = narrow.fit_transform(counts)
    return (words, narrow), placed


def sample_of(ids: Sequence[str], most: int) -> np.ndarray:
    """Positions of all, or of so many chosen by a hash of their ids, in their own order."""
    if len(ids) <= most:
        return np.arange(len(ids))
    digest = [hashlib.sha256(name.encode()).digest() for name in ids]
    return np.sort(np.array(sorted(range(len(digest)), key=digest.__getitem__)[:most]))


def neighbours(points: np.ndarray, near: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest rows of a pool by cosine.

    Parameters
    ----------
    points : ndarray, shape (n, d)
        Unit length.
    near : ndarray, shape (m, d)
        The pool: points that may be neighbours.
    own : ndarray of int, shape (n,)
        Where a point itself stands in the pool, so that it is not its own neighbour; -1 where it does not.

    Returns
    -------
    index : ndarray of int, shape (n, p)
        Positions in `near`, the nearest first.
    weight : ndarray, shape (n, p)
        Their cosines, none below 0.
    """
    count = max(1, min(POOL, len(near) - 1))
    index = np.empty((len(points), count), dtype=int)
    weight = np.empty((len(points), count))

    def find(start: int) -> None:
        rows = slice(start, min(start + 1000, len(points)))
        cosine = points[rows] @ near.T
        inside = own[rows] >= 0
        cosine[np.flatnonzero(inside), own[rows][inside]] = -np.inf
        best = np.argpartition(-cosine, count - 1, axis=1)[:, :count]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(cosine, best, 1), axis=1, kind="stable"), 1)
        index[rows], weight[rows] = best, np.maximum(np.take_along_axis(cosine, best, 1), 0)

    in_threads(find, range(0, len(points), 1000))
    return index, weight


def likeness(index: np.ndarray, weight: np.ndarray, kept: np.ndarray) -> csr_matrix:
    """Give each point's 15 nearest of the pool their shares in it, shape (n, m).

    Parameters
    ----------
    index, weight : ndarray, shape (n, p)
        As `neighbours` gives them.
    kept : ndarray of bool, shape (m,)
        The rows of the pool that may be used: in a resample those left out must have no influence.
    """
    from scipy.sparse import csr_matrix

    usable = kept[index]
    usable &= np.cumsum(usable, axis=1) <= NEIGHBOURS
    row, column = np.nonzero(usable)
    values = weight[row, column]
    total = np.bincount(row, values, minlength=len(index))[row]
    share = np.divide(values, total, out=np.zeros_like(values), where=total > 0)
    return csr_matrix((share, (row, index[row, column])), shape=(len(index), len(kept)))


def drawn(near: np.ndarray, graph: csr_matrix) -> np.ndarray:
    """Draw the pool's own points together, so often that one round is left: see `towards`."""
    points = near
    for _ in range(ROUNDS - 1):
        points = towards(near, graph, points)
    return points


def towards(points: np.ndarray, graph: csr_matrix, pulled: np.ndarray) -> np.ndarray:
    """Draw every passage towards those most like it, so that groups stand apart.

    Parameters
    ----------
    points : ndarray, shape (n, d)
    graph : sparse matrix, shape (n, m)
        As `likeness` gives it.
    pulled : ndarray, shape (m, d)
        The pool, drawn together itself.

    Returns
    -------
    ndarray, shape (n, d)
        Unit length: each point mixed with the weighted mean of its 15 nearest, three times over (label spreading on a
        k-nearest-neighbour graph, with vectors in place of labels: Zhou et al., Learning with local and global
        consistency, NIPS 2003, algorithm).
    """
    return unit_length(OWN_SHARE * points + (1 - OWN_SHARE) * (graph @ pulled))
