"""Stability of the themes: are the same answers found when the coder is taught a part of what it was?"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd

from pipeline.foundation.contracts import THEME_STABILITY
from pipeline.foundation.tables import empty
from pipeline.text.encoder import Vectors
from pipeline.text.words import WordFeatures
from pipeline.themes.codebook import Codebook, example_texts
from pipeline.themes.coder import Examples, ThemeCoder, no_warnings
from pipeline.themes.coding import Encode, answers_of, known_matrix, label_matrix, some
from pipeline.themes.gold import Gold
from pipeline.themes.stability import SHARE, theme_stability

# The coding of at most so many answers is judged.
MOST = 5_000


def theme_cards(
    codebook: Codebook,
    responses: pd.DataFrame,
    units: pd.DataFrame,
    vectors: Vectors,
    gold: Gold,
    encode: Encode,
    coder: ThemeCoder | None,
    words: WordFeatures,
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Teach the coder a random 80 % of each theme's texts and of the coded answers, and compare what it finds.

    The encoder, calibration and thresholds stay as they are: what is judged is how much a theme hangs on single texts.

    Parameters
    ----------
    codebook : Codebook
    responses, units : DataFrame
        By contract, all waves.
    vectors : Vectors
        Embeddings that the coder reads.
    gold : Gold
    encode : callable
        Encodes the codebook's texts as the coder read them.
    coder : ThemeCoder or None
        The fitted coder; None where there are no themes.
    words : WordFeatures
        The coder's.
    resamples : int
    seed : int

    Returns
    -------
    DataFrame
        Contract THEME_STABILITY: overlaps are Jaccard indices of the answers found, see `theme_stability`.
    """
    if coder is None:
        return empty(THEME_STABILITY)
    responses = responses.sort_values("response_id", ignore_index=True)
    answered = responses[responses["status"] == "answered"].reset_index(drop=True)
    labels = label_matrix(gold, [theme.id for theme in codebook.themes])
    judged = some(answered["response_id"], MOST)
    known = np.flatnonzero(answered["response_id"].isin(labels.index))
    rows = np.union1d(judged, known)
    answers, _ = answers_of(answered.iloc[rows].reset_index(drop=True), units, vectors, words)
    texts, owner = example_texts(codebook, responses)
    examples = Examples(encode(texts), owner, words.transform(texts))
    taught = answers.take(np.searchsorted(rows, known))
    given, told = (
        table.loc[answered["response_id"].iloc[known]].to_numpy(bool)
        for table in (labels, known_matrix(gold, codebook))
    )
    asked = answers.take(np.searchsorted(rows, judged))

    def found(by: ThemeCoder) -> np.ndarray:
        return by.predict_proba(asked) >= by.calibration_.threshold

    def recode(repetition: int) -> np.ndarray:
        generator = np.random.default_rng([seed, repetition])
        kept = np.concatenate([_part(np.flatnonzero(owner == k), generator) for k in range(len(codebook.themes))])
        kept, read = np.sort(kept), np.sort(_part(np.arange(len(taught)), generator))
        part = Examples(examples.vectors[kept], owner[kept], examples.words[kept])
        return found(coder.taught_anew(part, taught.take(read), given[read], told[read]))

    with no_warnings():
        cards = theme_stability(found(coder), recode, resamples)
    table = pd.DataFrame([asdict(card) for card in cards]).drop(columns=["seeds", "halves"])
    return table.assign(theme_id=[theme.id for theme in codebook.themes])[list(THEME_STABILITY.columns)]


def _part(rows: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Keep 80 % at random, and never nothing of something."""
    return generator.choice(rows, max(min(1, len(rows)), round(SHARE * len(rows))), replace=False)
