"""Answers whose words read like the other side of the closed question that they explain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from pipeline.evidence.segments import sides
from pipeline.foundation.contracts import CONTRADICTIONS
from pipeline.foundation.tables import empty
from pipeline.survey.description import Survey
from pipeline.text.encoder import Vectors
from pipeline.themes.folds import folds_of
from pipeline.themes.meaning import sample_of

# Fewer answers on a side teach too little of how that side writes.
FEWEST = 50
FOLDS = 10
# How sure the machine must be, with both sides taken as equally likely, before an answer is listed for reading.
CLEAR = 0.8
STRENGTH = 1.0
# So many answers tell how a side writes; all others are only judged, so many at a time.
MOST_TAUGHT = 50_000
BLOCK = 20_000
_SIDE = "side="


def find_contradictions(
    responses: pd.DataFrame,
    units: pd.DataFrame,
    vectors: Vectors,
    closed: pd.DataFrame,
    survey: Survey,
    proposals: pd.DataFrame,
    seed: int,
) -> pd.DataFrame:
    """Find the answers to a "why" whose text reads like another side than the one whose box its writer ticked.

    Parameters
    ----------
    responses, units, closed : DataFrame
        By contract, all waves, in any row order.
    vectors : Vectors
        Embeddings of whole answers (unit 0).
    survey : Survey
        Open questions with ``explains`` and two or more ``sides``.
    proposals : DataFrame
        Contract PROPOSALS. Who proposes something may have ticked either side, so an answer that does is not listed.
    seed : int
        Deals respondents into folds.

    Returns
    -------
    DataFrame
        Contract CONTRADICTIONS: each answer of a respondent on one side, of questions with at least `FEWEST` such
        answers on every side. ``probability`` is how much the text reads like ``reads_like``, the likeliest side, to a
        model that has not seen this respondent and takes the sides as equally likely; ``to_read`` where that is
        another side than ``side``, the answer is clear (see `clearly_other`) and proposes nothing.

    Notes
    -----
    Logistic regression of side on embedding, classes weighted equally, cross-fitted by respondent. The counting is
    that of confident learning (Northcutt, Jiang, Chuang, JAIR 70, 2021, eq. 1 and 2), with a floor of `CLEAR`. It
    finds where tick and text differ, not which of them is meant; praise with one complaint is mixed, no contradiction,
    and a reader decides.
    """
    whole = units.loc[units["n"] == 0, ["response_id", "text_id"]]
    proposing = proposals.loc[proposals["proposes"], "response_id"]
    tables = []
    for question_id, question in survey.open_questions.items():
        if not question.explains or len(question.sides) < 2:
            continue
        members = sides(survey, closed, question_id)
        members = members[~members.duplicated(["wave", "respondent_id"], keep=False)]
        mine = responses[(responses["question_id"] == question_id) & (responses["status"] == "answered")]
        mine = mine[["response_id", "question_id", "wave", "respondent_id"]].merge(
            members, on=["wave", "respondent_id"]
        )
        mine = mine.merge(whole, on="response_id").sort_values("response_id", ignore_index=True)
        side = mine["segment"].str.removeprefix(_SIDE)
        counts = side.value_counts()
        if len(counts) < len(question.sides) or counts.min() < FEWEST:
            continue
        people = (mine["wave"] + "\x1f" + mine["respondent_id"]).to_numpy(str)
        probability, names = held_out(
            partial(_vectors_at, vectors, mine["text_id"]),
            side.to_numpy(str),
            folds_of(people, FOLDS, seed),
            sample_of(mine["response_id"].tolist(), MOST_TAUGHT),
        )
        best = probability.argmax(axis=1)
        clear = clearly_other(probability, np.searchsorted(names, side.to_numpy(str)))
        mine = mine.assign(
            side=side,
            reads_like=np.array(names)[best],
            probability=probability.max(axis=1),
            to_read=clear & ~mine["response_id"].isin(proposing).to_numpy(),
        )
        tables.append(mine[list(CONTRADICTIONS.columns)])
    if not tables:
        return empty(CONTRADICTIONS)
    return pd.concat(tables).sort_values("response_id", ignore_index=True)


def _vectors_at(vectors: Vectors, text_ids: pd.Series, rows: np.ndarray) -> np.ndarray:
    return vectors(text_ids.iloc[rows])


def held_out(
    vectors: Callable[[np.ndarray], np.ndarray], side: np.ndarray, fold: np.ndarray, taught: np.ndarray
) -> tuple[np.ndarray, Sequence[str]]:
    """Give each answer's probability of each side by a model that did not see its writer.

    Parameters
    ----------
    vectors : callable
        Positions of answers to their vectors, shape (m, d).
    side : ndarray of str, shape (n,)
    fold : ndarray of int, shape (n,)
    taught : ndarray of int
        Positions of the answers that may teach.

    Returns
    -------
    probability : ndarray, shape (n, sides)
    names : sequence of str
        The sides in the order of the columns, sorted.
    """
    from sklearn.linear_model import LogisticRegression

    names = sorted(set(side))
    probability = np.full((len(side), len(names)), 1 / len(names))
    teachers = vectors(taught)
    for each in sorted(set(fold)):
        rest = fold[taught] != each
        if set(side[taught[rest]]) != set(names):
            continue
        model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=1000)
        model.fit(teachers[rest], side[taught[rest]])
        held = np.flatnonzero(fold == each)
        for start in range(0, len(held), BLOCK):
            rows = held[start : start + BLOCK]
            probability[rows] = model.predict_proba(vectors(rows))
    return probability, names


def clearly_other(probability: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Say which answers clearly read like another side than their own.

    An answer counts for another side if that side is the likeliest, its probability is at least the mean that the
    side's own answers have (Northcutt et al. 2021, eq. 2), and at least `CLEAR`.

    Parameters
    ----------
    probability : ndarray, shape (n, sides)
        Held-out probabilities.
    own : ndarray of int, shape (n,)
        Column of the side that was ticked.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> p = np.array([[0.9, 0.1], [0.1, 0.9], [0.45, 0.55], [0.1, 0.9]])
    >>> clearly_other(p, np.array([0, 0, 0, 1])).tolist()
    [False, True, False, False]
    """
    thresholds = np.array([max(probability[own == j, j].mean(), CLEAR) for j in range(probability.shape[1])])
    best = probability.argmax(axis=1)
    return np.asarray((best != own) & (probability[np.arange(len(own)), best] >= thresholds[best]))
