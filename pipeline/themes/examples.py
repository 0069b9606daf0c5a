"""The codebook's examples, each read by a coder that did not see it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.foundation.params import Code
from pipeline.survey.nonanswers import normalise
from pipeline.text.encoder import Vectors
from pipeline.text.words import WordFeatures, log_lengths
from pipeline.themes.codebook import Codebook, Theme, listed_texts
from pipeline.themes.coder import Answers, Examples, ThemeCoder
from pipeline.themes.coding import Encode, answers_of, label_matrix
from pipeline.themes.folds import folds_of
from pipeline.themes.gold import Gold

# Few, because every fold trains a coder; names and definitions are never held out.
FOLDS = 3
COLUMNS = ["theme_id", "example", "read_as", "probability", "own"]


def read_examples(
    codebook: Codebook,
    questions: list[str],
    responses: pd.DataFrame,
    units: pd.DataFrame,
    vectors: Vectors,
    gold: Gold,
    encode: Encode,
    params: Code,
    seed: int,
) -> pd.DataFrame:
    """Read every example with a coder taught by everything else: all names and definitions, other examples, gold.

    Examples are dealt into folds by their text, so that one text at two themes is held out at both. Gold answers with
    an example's very words are left out. The encoder must be one that was not tuned on the codebook.

    Parameters
    ----------
    codebook : Codebook
        K themes.
    questions : list of str
        The open questions; a theme of all questions is read as answering the first.
    responses, units : DataFrame
        Contracts RESPONSES and UNITS.
    vectors : Vectors
        Embeddings of all units.
    gold : Gold
    encode : callable
        Encodes the codebook's texts.
    params : Code
    seed : int

    Returns
    -------
    DataFrame
        ``theme_id``, ``example`` (its number in the theme, from 1), ``read_as`` (the likeliest other theme that the
        question allows), its ``probability`` and the ``own`` theme's, each 0 to 1 and uncalibrated; no rows where
        fewer than two themes have any text.
    """
    rows = listed_texts(codebook, responses)
    if len(codebook.themes) < 2 or not any(row.example for row in rows):
        return pd.DataFrame(columns=COLUMNS)
    texts = [row.text for row in rows]
    theme, number = (np.array([getattr(row, name) for row in rows]) for name in ("theme", "example"))
    keys = np.array([normalise(text) for text in texts])
    fold = np.where(number > 0, folds_of(keys, FOLDS, seed), -1)
    matrix = encode(texts)
    answers, labels, words = _taught(codebook, responses, units, vectors, gold, texts, set(keys[number > 0]))
    features, length = words.transform(texts), log_lengths(texts)
    asked = np.array([_question(codebook.themes[row.theme], row.question, questions) for row in rows])
    probability = np.zeros((len(rows), len(codebook.themes)))
    for held in sorted(set(fold) - {-1}):
        rest, mine = np.flatnonzero(fold != held), np.flatnonzero(fold == held)
        coder = ThemeCoder([set(t.questions) for t in codebook.themes], params.regularisation)
        coder.fit(Examples(matrix[rest], theme[rest], features[rest]), answers, labels)
        each = Answers(asked[mine], matrix[mine], matrix[mine], np.arange(len(mine)), features[mine], length[mine])
        probability[mine] = coder.predict_proba(each)
    own = probability[np.arange(len(rows)), theme]
    others = probability.copy()
    others[np.arange(len(rows)), theme] = -1.0
    best = others.argmax(axis=1)
    ids = np.array([t.id for t in codebook.themes], dtype=object)
    table = pd.DataFrame(
        {
            "theme_id": ids[theme],
            "example": number,
            "read_as": ids[best],
            "probability": np.maximum(others.max(axis=1), 0.0),
            "own": own,
        }
    )
    return table[number > 0].reset_index(drop=True)


def _taught(
    codebook: Codebook,
    responses: pd.DataFrame,
    units: pd.DataFrame,
    vectors: Vectors,
    gold: Gold,
    texts: list[str],
    held: set[str],
) -> tuple[Answers, np.ndarray, WordFeatures]:
    """The coded answers that teach beside the codebook, their codes, and the word features of all."""
    labels = label_matrix(gold, [theme.id for theme in codebook.themes])
    coded = responses[(responses["status"] == "answered") & responses["response_id"].isin(labels.index)]
    coded = coded[~coded["text"].map(normalise).isin(held)].sort_values("response_id", ignore_index=True)
    words = WordFeatures().fit(texts + coded["text"].tolist())
    if coded.empty:
        nothing = np.zeros((0, vectors.dimensions), np.float32)
        answers = Answers(
            np.array([], dtype=str),
            nothing,
            nothing,
            np.array([], dtype=int),
            words.transform(texts)[:0],
            np.zeros(0),
        )
    else:
        answers, _ = answers_of(coded, units, vectors, words)
    return answers, labels.loc[coded["response_id"]].to_numpy(bool), words


def _question(theme: Theme, question: str, questions: list[str]) -> str:
    return question or next(iter([*theme.questions, *questions]), "")
