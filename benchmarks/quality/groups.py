"""Peers in finding candidates: distinct texts and their embeddings in, one group a text out (-1 for none).

`topic` and `document` are words of the libraries wrapped here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

SEED = 0
NEIGHBOURS, DIMENSIONS = 15, 5


def umap(vectors: np.ndarray) -> np.ndarray:
    """Reduce with BERTopic's own default settings and a fixed seed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from umap import UMAP

        return _umap(UMAP).fit_transform(vectors)


def _umap(kind: Any) -> Any:
    return kind(n_neighbors=NEIGHBOURS, n_components=DIMENSIONS, min_dist=0.0, metric="cosine", random_state=SEED)


def bertopic(texts: list[str], vectors: np.ndarray, **options: Any) -> tuple[Any, np.ndarray]:
    """BERTopic with its defaults, the seed of UMAP apart; `options` go to its constructor."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bertopic import BERTopic
        from umap import UMAP

        model = BERTopic(umap_model=_umap(UMAP), **options)
        model.fit(texts, embeddings=vectors)
    return model, np.asarray(model.topics_)


def reassigned(model: Any, texts: list[str], group: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """BERTopic's outliers put into the topic whose embedding is nearest."""
    if not (group == -1).any() or (group == -1).all():
        return group
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(model.reduce_outliers(texts, group.tolist(), strategy="embeddings", embeddings=vectors))


def kmeans(vectors: np.ndarray, k: int) -> np.ndarray:
    """k-means."""
    from sklearn.cluster import KMeans

    return KMeans(min(k, len(vectors)), n_init=4, random_state=SEED).fit(vectors).labels_


def nmf(texts: list[str], k: int) -> np.ndarray:
    """Non-negative matrix factorisation of TF-IDF; a text without any weight is in no group."""
    from sklearn.decomposition import NMF
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(stop_words="english", min_df=2 if len(texts) > 500 else 1, sublinear_tf=True)
    inputs = words.fit_transform(texts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weights = NMF(min(k, *inputs.shape), init="nndsvd", random_state=SEED, max_iter=300).fit_transform(inputs)
    return np.where(weights.max(1) > 0, weights.argmax(1), -1)


def peers(
    texts: list[str], vectors: np.ndarray, numbers: list[int], default: tuple[Any, np.ndarray] | None
) -> dict[str, Callable[[], np.ndarray]]:
    """The grouping peers as functions without arguments; `numbers` of groups are told to those that want one.

    `default` is BERTopic as it comes, where it was fitted already.
    """
    from sklearn.cluster import KMeans

    ways: dict[str, Callable[[], np.ndarray]] = {}
    if default:
        ways["BERTopic default"] = lambda: default[1]
        ways["BERTopic, outliers reassigned"] = lambda: reassigned(default[0], texts, default[1], vectors)
    reduced = cache(lambda: umap(vectors))
    for k in numbers:
        means = KMeans(min(k, len(texts)), random_state=SEED)
        ways[f"BERTopic with k-means, told k = {k}"] = lambda means=means: bertopic(
            texts, vectors, hdbscan_model=means
        )[1]
        ways[f"UMAP + k-means, told k = {k}"] = lambda k=k: kmeans(reduced(), k)
        ways[f"NMF on TF-IDF, told k = {k}"] = lambda k=k: nmf(texts, k)
    return ways


def membership(group: np.ndarray) -> np.ndarray:
    """One column a group, bool, shape (n, G); -1 belongs to none.

    Examples
    --------
    >>> membership(np.array([1, -1, 0])).tolist()
    [[False, True], [False, False], [True, False]]
    """
    numbers = np.unique(group[group >= 0])
    return group[:, None] == numbers[None, :]
