"""A proposal how to split a theme: two groups of its units by what they mean."""

from __future__ import annotations

import numpy as np


def two_groups(vectors: np.ndarray) -> np.ndarray:
    """Sort units into two groups by k-means.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
        Their embeddings, unit length.

    Returns
    -------
    ndarray of int, shape (n,)
        0 or 1; the group of the first unit is 0. The same vectors give the same groups.

    Examples
    --------
    >>> two_groups(np.array([[1.0, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]])).tolist()
    [0, 0, 1, 1]
    """
    if len(np.unique(vectors, axis=0)) < 2:
        return np.zeros(len(vectors), int)
    from sklearn.cluster import KMeans

    found = KMeans(2, n_init=5, random_state=0).fit_predict(vectors)
    return np.asarray(found != found[0], int)
