"""Names of candidates, by BERTopic's class-based TF-IDF behind this one adapter.

`topic` and `document` are words of the library; they do not leave this module.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    numbers = np.unique(group)
    if len(known) < 2:  # there is nothing to choose
        return {int(number): [(token, 1.0) for token in known] for number in numbers}
    joined = [" ".join(d for d, g in zip(documents, group, strict=True) if g == number) for number in numbers]
    counts = CountVectorizer(analyzer=str.split, vocabulary=known).fit_transform(joined)
    weigh = _library().ClassTfidfTransformer(bm25_weighting=True, reduce_frequent_words=True)
    weights = weigh.fit(counts).transform(counts.astype(float)).tocsr()
    scored = {}
    for number, row in zip(numbers, weights, strict=True):
        best = sorted(zip(-row.data, row.indices, strict=True))[:MOST_CONSIDERED]
        scored[int(number)] = [(known[i], float(-score)) for score, i in best]
    return scored


def _library() -> Any:
    """Load BERTopic's class-based TF-IDF alone: the whole package takes six seconds and torch, umap and plotly."""
    package = importlib.util.find_spec("bertopic")
    assert package is not None and package.origin is not None
    path = Path(package.origin).parent / "vectorizers" / "_ctfidf.py"
    spec = importlib.util.spec_from_file_location("bertopic_ctfidf", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
