"""Drift: do the answers of the newest wave, as a whole, differ from those before?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.evidence.emerging import About
from pipeline.themes.meaning import sample_of

PERMUTATIONS = 199
FEWEST = 20
MOST = 1_500
# Of the penalty, as a share of a vector's length: fixed, since tuning it would cost a search in every permutation.
PENALTY = 1.0


@dataclass(frozen=True)
class Drift:
    """Whether a machine can tell the newest wave's answers to one question from earlier ones.

    Parameters
    ----------
    question_id : str
    n_new, n_earlier : int
        Answers compared.
    auc : float
        How often, of one newer and one earlier answer, it takes the right one for the newer; 0.5 is chance.
    p : float
        How often waves dealt at random are told apart as well; adjusted for the number of questions.
    """

    question_id: str
    n_new: int
    n_earlier: int
    auc: float
    p: float


def measure_drift(answers: pd.DataFrame, vectors: About, waves: list[str], seed: int) -> list[Drift]:
    """Test for each question whether the newest wave's answers differ from all earlier ones.

    A ridge regression tells the newest wave from the earlier ones by the answers' vectors; each answer is judged by
    the regression without it, and the area under the curve compared with that of waves dealt anew among the
    respondents of the question: a classifier two-sample test [1]_. Questions with fewer than 20 answers on either side
    are passed over; of more than 1,500 answers, so many are compared. p values are Holm's [2]_ over questions.

    Parameters
    ----------
    answers : DataFrame
        As `pipeline.evidence.emerging.answers_of` gives them.
    vectors : callable
        Positions in `answers` to the vectors of the whole answers, unit length, shape (m, d).
    waves : list of str
        Ids, the newest last.
    seed : int

    References
    ----------
    .. [1] Lopez-Paz and Oquab, Revisiting classifier two-sample tests, ICLR 2017, section 3; leave-one-out residuals of
       ridge: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., eq. 7.64.
    .. [2] Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).
    """
    found = []
    for question_id, mine in answers.sort_values("response_id").groupby("question_id", sort=True):
        rows = mine.index.to_numpy()[sample_of(mine["response_id"].tolist(), MOST)]
        own = answers.loc[rows]
        new = (own["wave"] == waves[-1]).to_numpy()
        if min(new.sum(), (~new).sum()) < FEWEST:
            continue
        person = pd.factorize(own["wave"] + "\n" + own["respondent_id"])[0]
        place = answers.index.get_indexer(rows)
        auc, p = _told_apart(vectors(place).astype(np.float64), new, person, seed)
        found.append(Drift(str(question_id), int(new.sum()), int((~new).sum()), auc, p))
    return _holm(found)


def drift_metrics(drifts: list[Drift]) -> dict[str, float]:
    """Give flat figures for `dvc metrics`: ``<question>.auc``, ``.p``, ``.new``, ``.earlier``."""
    figures: dict[str, float] = {}
    for drift in drifts:
        figures |= {
            f"{drift.question_id}.auc": round(drift.auc, 6),
            f"{drift.question_id}.p": round(drift.p, 6),
            f"{drift.question_id}.new": float(drift.n_new),
            f"{drift.question_id}.earlier": float(drift.n_earlier),
        }
    return figures


def _told_apart(vectors: np.ndarray, new: np.ndarray, person: np.ndarray, seed: int) -> tuple[float, float]:
    """Give the area under the curve and its permutation p value."""
    generator = np.random.default_rng(seed)
    of_person = np.zeros(person.max() + 1, bool)
    of_person[person] = new
    labels = np.empty((len(new), PERMUTATIONS + 1))
    labels[:, 0] = new
    for column in range(1, PERMUTATIONS + 1):
        labels[:, column] = generator.permutation(of_person)[person]
    centred = vectors - vectors.mean(axis=0)
    gram = centred @ centred.T
    hat = np.linalg.solve(gram + PENALTY * np.eye(len(gram)), gram).T + 1 / len(gram)
    own = np.diag(hat)[:, None]
    judged = (hat @ labels - own * labels) / (1 - own)
    # Ranks of rounded scores: copies of an answer tie, whatever the last digit.
    from scipy.stats import rankdata

    ranks = rankdata(judged.round(9), axis=0)
    n_new = labels.sum(axis=0)
    auc = ((ranks * labels).sum(axis=0) - n_new * (n_new + 1) / 2) / (n_new * (len(new) - n_new))
    return float(auc[0]), float((1 + (auc[1:] >= auc[0] - 1e-9).sum()) / (PERMUTATIONS + 1))


def _holm(drifts: list[Drift]) -> list[Drift]:
    order = sorted(range(len(drifts)), key=lambda i: drifts[i].p)
    adjusted, worst = dict[int, float](), 0.0
    for rank, i in enumerate(order):
        worst = max(worst, min(1.0, drifts[i].p * (len(drifts) - rank)))
        adjusted[i] = worst
    return [Drift(d.question_id, d.n_new, d.n_earlier, d.auc, adjusted[i]) for i, d in enumerate(drifts)]
