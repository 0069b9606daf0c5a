"""Points laid out in a plane, alike ones near each other."""

from __future__ import annotations

import numpy as np

FEWEST_POINTS = 12
COMPONENTS = 30


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
