"""Candidates: what the codebook leaves unexplained, grouped by BERTopic behind this one adapter.

`topic`, `cluster` and `document` are words of the library; they do not leave this module.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.foundation.contracts import CANDIDATE_RESPONSES, CANDIDATE_UNITS, CANDIDATES
from pipeline.foundation.params import Discover
from pipeline.foundation.tables import empty

# Units whose cosine to their candidate's centre is in the lowest share stay unexplained rather than being forced in.
LEFT_OUT = 0.15


@dataclass(frozen=True)
class Discovered:
    """Candidates, their units, and the candidate that covers most of each response's text."""

    candidates: pd.DataFrame
    units: pd.DataFrame
    responses: pd.DataFrame


def without_common_components(vectors: np.ndarray, components: int) -> np.ndarray:
    """Take the mean and the first principal components out of vectors: general praise and blame.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
        Unit length.
    components : int
        How many to remove; fewer where n is too small.

    Returns
    -------
    ndarray, shape (n, d)
        Unit length again; a vector left with nothing is zero (Mu and Viswanath, All-but-the-top, ICLR 2018, alg. 1).
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    count = min(components, max(0, len(vectors) - 2))
    if count:
        values, axes = np.linalg.eigh(centred.T @ centred)
        top = axes[:, np.argsort(values)[::-1][:count]]
        centred = centred - centred @ top @ top.T
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.divide(centred, length, out=np.zeros_like(centred), where=length > 1e-9)


def number_of_candidates(texts: int, params: Discover) -> int:
    """How many groups n distinct texts can support: the root of half their number (Mardia et al. 1979, p. 365).

    Examples
    --------
    >>> number_of_candidates(200, Discover()), number_of_candidates(8, Discover())
    (10, 0)
    """
    if texts < 2 * params.min_units:
        return 0
    return int(np.clip(round((texts / 2) ** 0.5), 2, min(params.max_candidates, texts // params.min_units)))


def assign(vectors: np.ndarray, groups: int, seed: int) -> np.ndarray:
    """Group distinct texts by k-means; far ones get -1.

    Parameters
    ----------
    vectors : ndarray, shape (n, d)
        As `without_common_components` gives them, in the order of their text ids.
    groups : int
        Number of groups.
    seed : int
        For the starting centres.

    Returns
    -------
    ndarray of int, shape (n,)
    """
    from sklearn.cluster import KMeans

    fitted = KMeans(groups, n_init=4, random_state=seed).fit(vectors)
    centres = fitted.cluster_centers_ / np.maximum(np.linalg.norm(fitted.cluster_centers_, axis=1, keepdims=True), 1e-9)
    near = (vectors * centres[fitted.labels_]).sum(axis=1)
    return np.where(near < np.quantile(near, LEFT_OUT), -1, fitted.labels_)


def names_of(texts: list[str], vectors: np.ndarray, group: np.ndarray, languages: set[str]) -> dict[int, str]:
    """Name each group by its most telling phrases, through BERTopic's class-based TF-IDF.

    Parameters
    ----------
    texts : list of str, length n
        Masked texts, so that no personal name becomes a candidate's name.
    vectors : ndarray, shape (n, d)
    group : ndarray of int, shape (n,)
        -1 for none.
    languages : set of str
        Languages of the texts; English stop words are left out where English is among them.

    Returns
    -------
    dict of int to str
        Up to three phrases, such as ``"data sharing, legal agreement, same form"``.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bertopic import BERTopic
        from bertopic.cluster import BaseCluster
        from bertopic.dimensionality import BaseDimensionalityReduction
        from bertopic.vectorizers import ClassTfidfTransformer

    vectorizer = CountVectorizer(
        ngram_range=(1, 2), stop_words="english" if "en" in languages else None, token_pattern=r"(?u)\b[^\W\d_]{3,}\b"
    )
    try:
        vectorizer.fit(texts)
    except ValueError:  # no words at all, only marks and numbers
        return {int(g): "(no words)" for g in set(group) if g >= 0}
    model = BERTopic(
        embedding_model=None,
        umap_model=BaseDimensionalityReduction(),
        hdbscan_model=BaseCluster(),
        vectorizer_model=vectorizer,
        ctfidf_model=ClassTfidfTransformer(bm25_weighting=True, reduce_frequent_words=True),
        calculate_probabilities=False,
        verbose=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(texts, embeddings=vectors, y=group)
    given = np.asarray(model.topics_)
    names = {}
    for number in sorted(set(group) - {-1}):
        # A manual fit may renumber the groups; any member tells the new number.
        words = [w for w, score in model.get_topic(int(given[group == number][0])) or [] if w and score > 0]
        names[int(number)] = ", ".join(distinct_phrases(words)) or "(no words)"
    return names


def distinct_phrases(words: list[str], most: int = 3) -> list[str]:
    """Keep the first phrases that do not repeat one another's words, the longer of two that overlap.

    Examples
    --------
    >>> distinct_phrases(["data", "sharing", "data sharing", "forms", "legal"])
    ['data sharing', 'forms', 'legal']
    """
    kept: list[str] = []
    for word in words:
        inside = [k for k in kept if set(k.split()) & set(word.split())]
        if not inside:
            kept.append(word)
        elif len(word.split()) > max(len(k.split()) for k in inside):
            kept[kept.index(inside[0])] = word
            kept = [k for k in kept if k not in inside[1:]]
    return kept[:most]


def discover(
    units: pd.DataFrame,
    vectors: np.ndarray,
    shown: list[str],
    theme_ids: list[str],
    theme_vectors: np.ndarray,
    params: Discover,
    seed: int,
) -> Discovered:
    """Group the units that the codebook leaves unexplained.

    Parameters
    ----------
    units : DataFrame
        Unexplained meaning units (contract UNITS), any order; copies of a text count once in the grouping.
    vectors : ndarray, shape (n, d)
        Their vectors, row by row.
    shown : list of str, length n
        Their masked texts.
    theme_ids, theme_vectors : list of str, ndarray of shape (K, d)
        The codebook's themes, to name the nearest.
    params : Discover
    seed : int

    Returns
    -------
    Discovered
        Without rows where there are too few units to claim anything.
    """
    from pipeline.themes.stability import stability

    order = np.lexsort((units["unit_id"].to_numpy(dtype=str), units["text_id"].to_numpy(dtype=str)))
    units = units.iloc[order].reset_index(drop=True)
    vectors, shown = vectors[order], [shown[i] for i in order]
    first = np.flatnonzero(~units["text_id"].duplicated().to_numpy())
    groups = number_of_candidates(len(first), params)
    nothing = Discovered(empty(CANDIDATES), empty(CANDIDATE_UNITS), empty(CANDIDATE_RESPONSES))
    if not groups:
        return nothing
    distinct = without_common_components(vectors[first], params.components_removed)
    group = assign(distinct, groups, seed)
    of_text = dict(zip(units["text_id"].to_numpy()[first], group, strict=True))
    units = units.assign(group=units["text_id"].map(of_text).astype(int))
    sizes = (
        units[units["group"] >= 0]
        .groupby("group")
        .agg(n_units=("unit_id", "size"), n_responses=("response_id", "nunique"))
    )
    sizes = sizes[sizes["n_responses"] >= params.min_units]
    if sizes.empty:
        return nothing
    group = np.where(np.isin(group, sizes.index), group, -1)
    names = names_of([shown[i] for i in first], distinct, group, set(units["language"]))
    steady = stability(distinct, group, groups, assign, params.resamples, seed)
    sizes = sizes.assign(name=[names[int(g)] for g in sizes.index])
    sizes = sizes.sort_values(["n_responses", "n_units", "name"], ascending=[False, False, True])
    ids = {int(g): f"C{n:02d}" for n, g in enumerate(sizes.index, 1)}

    rows = []
    for number, size in sizes.iterrows():
        nearest, overlap = _nearest(vectors[first][group == number], theme_ids, theme_vectors)
        rows.append(
            {
                "candidate_id": ids[int(number)],
                "name": size["name"],
                "parent_id": "",
                "n_units": int(size["n_units"]),
                "n_responses": int(size["n_responses"]),
                "nearest_theme": nearest,
                "overlap": overlap,
                "stability": steady[int(number)],
            }
        )
    kept = units[units["group"].isin(list(ids))]
    members = pd.DataFrame({"unit_id": kept["unit_id"], "candidate_id": kept["group"].map(ids)})
    covered = kept.assign(candidate_id=kept["group"].map(ids), length=kept["end"] - kept["start"])
    length = covered.groupby(["response_id", "candidate_id"], as_index=False)["length"].sum()
    most = length.sort_values(["response_id", "length", "candidate_id"], ascending=[True, False, True])
    return Discovered(
        pd.DataFrame(rows),
        members.reset_index(drop=True),
        most.drop_duplicates("response_id")[["response_id", "candidate_id"]].reset_index(drop=True),
    )


def _nearest(members: np.ndarray, theme_ids: list[str], theme_vectors: np.ndarray) -> tuple[str, float]:
    """The theme whose texts' mean is nearest to a candidate's mean, with the cosine."""
    if not theme_ids:
        return "", float("nan")
    centre = members.mean(axis=0)
    cosine = theme_vectors @ centre / (np.linalg.norm(theme_vectors, axis=1) * np.linalg.norm(centre))
    best = int(np.argmax(cosine))
    return theme_ids[best], float(cosine[best])
