"""Names of candidates, by BERTopic's class-based TF-IDF behind this one adapter.

`topic` and `document` are words of the library; they do not leave this module.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

NAMELESS = "(no words)"
# A phrase that only one answer has names that answer, not the candidate, and could give a person away.
FEWEST_ANSWERS = 2
LENGTH_WORTH = {1: 1.0, 2: 1.6, 3: 1.7}
MOST_CONSIDERED = 40


def telling_phrases(phrases: Sequence[Sequence[str]], group: np.ndarray) -> dict[int, list[str]]:
    """Rank the phrases of each group by how much they set it apart.

    Parameters
    ----------
    phrases : sequence of sequence of str, length n
        The phrases of each passage.
    group : ndarray of int, shape (n,)

    Returns
    -------
    dict of int to list of str
        The most telling first; a phrase stands in at least two passages of its group. Scores are BERTopic's class-based
        TF-IDF (Grootendorst, BERTopic, arXiv 2203.05794, eq. 3) times a small premium for two or three words.
    """
    numbers = sorted({int(g) for g in group})
    documents = [" ".join(sorted({phrase.replace(" ", "_") for phrase in mine})) for mine in phrases]
    scored = _class_tfidf(documents, group)
    ranked: dict[int, list[str]] = {}
    for number in numbers:
        mine = [set(document.split()) for document, g in zip(documents, group, strict=True) if g == number]
        worth = {
            token: score * LENGTH_WORTH.get(token.count("_") + 1, 1.0)
            for token, score in scored.get(number, [])
            if score > 0 and sum(token in passage for passage in mine) >= FEWEST_ANSWERS
        }
        ranked[number] = [t.replace("_", " ") for t in sorted(worth, key=lambda token: (-worth[token], token))]
    return ranked


def _class_tfidf(documents: list[str], group: np.ndarray) -> dict[int, list[tuple[str, float]]]:
    """Let BERTopic weigh the phrases of given groups."""
    from sklearn.feature_extraction.text import CountVectorizer

    known = sorted({token for document in documents for token in document.split()})
    if len(known) < 2:  # the library cannot weigh a single phrase, and there is nothing to choose
        return {int(g): [(token, 1.0) for token in known] for g in np.unique(group)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from bertopic import BERTopic
        from bertopic.cluster import BaseCluster
        from bertopic.dimensionality import BaseDimensionalityReduction
        from bertopic.vectorizers import ClassTfidfTransformer

        model = BERTopic(
            language="multilingual",  # "english" would strip the marks that hold a phrase together
            embedding_model=None,
            umap_model=BaseDimensionalityReduction(),
            hdbscan_model=BaseCluster(),
            vectorizer_model=CountVectorizer(analyzer=str.split),
            ctfidf_model=ClassTfidfTransformer(bm25_weighting=True, reduce_frequent_words=True),
            top_n_words=MOST_CONSIDERED,
            calculate_probabilities=False,
            verbose=False,
        )
        model.fit(documents, embeddings=np.zeros((len(documents), 2)), y=group)
    given = np.asarray(model.topics_)
    # A manual fit may renumber the groups; any member tells the new number.
    return {
        int(number): [
            (w, float(s)) for w, s in model.get_topic(int(given[group == number][0])) or [] if w and w != "emptydoc"
        ]
        for number in np.unique(group)
    }


def names_of(ranked: dict[int, list[str]], order: Sequence[int], taken: Sequence[str] = ()) -> dict[int, str]:
    """Give each group its most telling phrase that no earlier group has.

    Parameters
    ----------
    ranked : dict of int to list of str
        As `telling_phrases` gives them.
    order : sequence of int
        Groups, the one that chooses first at the front.
    taken : sequence of str
        Names that are gone.

    Examples
    --------
    >>> names_of({0: ["car park"], 1: ["car park", "bus"], 2: ["bus"]}, [0, 1, 2])
    {0: 'car park', 1: 'bus', 2: 'bus (2)'}
    """
    used = set(taken)
    names = {}
    for number in order:
        phrases = ranked.get(number, [])
        name = next((p for p in phrases if p not in used), phrases[0] if phrases else NAMELESS)
        copies = 2
        while name in used:
            name = f"{(phrases or [NAMELESS])[0]} ({copies})"
            copies += 1
        used.add(name)
        names[number] = name
    return names


def broad_name(phrases: Sequence[str], children: Sequence[str]) -> str:
    """Name a broad group by the two most telling phrases that share no word.

    Where its texts as a whole have none, the names of its largest children stand for it.

    Examples
    --------
    >>> broad_name(["waiting time", "long time", "phone"], ["call back"])
    'waiting time and phone'
    """
    chosen: list[str] = []
    for phrase in [*phrases[:10], *children]:
        if not any(set(phrase.split()) & set(other.split()) for other in chosen):
            chosen.append(phrase)
        if len(chosen) == 2:
            break
    return " and ".join(chosen) or NAMELESS
