"""Peers in coding: each learns from the same codebook texts and coded answers, and codes the same answers."""

from __future__ import annotations

import json
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bench import Bench, timed
from draws import example_text
from scipy.optimize import minimize
from scipy.special import expit
from scoring import f1
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

INVERSE_PENALTY = 3.0
FOLDS = 5
MOST_STEPS = 100
LEAST_CODED = 50


@dataclass(frozen=True)
class Lesson:
    """What a coding peer learns from: texts with their vectors and themes, and where the coded answers begin."""

    texts: list[str]
    vectors: np.ndarray
    given: np.ndarray
    codebook_texts: int


def lesson(bench: Bench, codebook: list[dict[str, Any]], rows: np.ndarray) -> Lesson:
    """Bring names, definitions, examples and the coded answers `rows` together."""
    texts, owner = [], []
    for k, theme in enumerate(codebook):
        mine = [str(theme["name"])]
        mine += [f"{theme['name']}. {theme['definition']}"] if theme.get("definition") else []
        mine += [e for e in map(example_text, theme.get("examples") or []) if e.strip()]
        texts += mine
        owner += [k] * len(mine)
    vectors = np.vstack([bench.encode(texts), bench.whole[rows]])
    given = np.vstack([np.eye(len(codebook), dtype=bool)[owner], bench.truth[rows]])
    return Lesson(texts + bench.answers["text"].iloc[rows].tolist(), vectors, given, len(texts))


def fit_logistic(
    inputs: np.ndarray, truth: np.ndarray, inverse_penalty: float = INVERSE_PENALTY, balance: float = 1.0
) -> np.ndarray:
    """Fit one logistic regression a column, all at once; weights, shape (d + 1, K), the last row intercepts.

    The problem that scikit-learn's `LogisticRegression` solves for each column alone: unweighted at `balance` 0, with
    ``class_weight="balanced"`` at 1, with the root of those weights at 0.5.
    """
    n, (d, k) = len(inputs), (inputs.shape[1], truth.shape[1])
    positive = np.clip(truth.sum(0), 0.5, n - 0.5)
    weight = np.where(truth, n / (2 * positive), n / (2 * (n - positive))) ** balance
    x = np.column_stack([inputs, np.ones(n)]).astype(float)
    sign = np.where(truth, 1.0, -1.0)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w = flat.reshape(d + 1, k)
        margin = sign * (x @ w)
        slope = x.T @ (-weight * sign * expit(-margin)) * inverse_penalty
        slope[:-1] += w[:-1]
        return (w[:-1] ** 2).sum() / 2 + inverse_penalty * (weight * np.logaddexp(0, -margin)).sum(), slope.ravel()

    found = minimize(loss, np.zeros((d + 1) * k), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS})
    return found.x.reshape(d + 1, k)


def _cross_fitted(learnt: Lesson, score: Callable[[Lesson], np.ndarray]) -> np.ndarray:
    """Scores of the coded answers by models that did not see them; `score` gives those of every coded answer."""
    coded = np.arange(learnt.codebook_texts, len(learnt.texts))
    fold = np.random.default_rng(0).permutation(len(coded)) % FOLDS
    scores = np.zeros((len(coded), learnt.given.shape[1]))
    for number in range(FOLDS):
        kept = np.concatenate([np.arange(learnt.codebook_texts), coded[fold != number]])
        part = Lesson([learnt.texts[i] for i in kept], learnt.vectors[kept], learnt.given[kept], learnt.codebook_texts)
        scores[fold == number] = score(part)[fold == number]
    return scores


def _cut(scores: np.ndarray, truth: np.ndarray) -> float:
    """The cut with the highest micro-F1."""
    cuts = np.unique(np.quantile(scores, np.linspace(0.5, 1, 101)))
    return float(max(cuts, key=lambda cut: f1(truth, scores >= cut)[0]))


def logistic(bench: Bench, learnt: Lesson, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logistic regression on embeddings: what is mentioned, and how probable that is.

    An answer's score is the mean of the whole's and of its best unit's. With coded answers: half-balanced weights, and
    a cut and Platt scaling from cross-fitted scores; without: balanced weights and the cut at 0.
    """
    enough = len(rows) >= LEAST_CODED
    parts, owner = bench.parts

    def scores(taught: Lesson) -> np.ndarray:
        weights = fit_logistic(taught.vectors, taught.given, balance=0.5 if enough else 1.0)
        whole, best = bench.whole @ weights[:-1] + weights[-1], np.full(bench.truth.shape, -np.inf)
        np.maximum.at(best, owner, parts @ weights[:-1] + weights[-1])
        return (whole + np.where(np.isfinite(best), best, whole)) / 2

    final = scores(learnt)
    if not enough:
        return final >= 0, expit(final)
    crossed = _cross_fitted(learnt, lambda part: scores(part)[rows])[:, bench.codes]
    truth = bench.truth[rows][:, bench.codes]
    platt = LogisticRegression(C=1e3).fit(crossed.reshape(-1, 1), truth.ravel())
    return final >= _cut(crossed, truth), expit(final * platt.coef_[0, 0] + platt.intercept_[0])


def svc(bench: Bench, learnt: Lesson, rows: np.ndarray) -> tuple[np.ndarray, None]:
    """TF-IDF of words and pairs of words with one linear support vector machine a theme."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    words.fit(learnt.texts + bench.answers["text"].tolist())
    inputs = words.transform(bench.answers["text"])

    def margins(part: Lesson) -> np.ndarray:
        taught, out = words.transform(part.texts), np.full(bench.truth.shape, -9.0)
        for k in np.flatnonzero(part.given.any(0) & ~part.given.all(0)):
            model = LinearSVC(class_weight="balanced", random_state=0).fit(taught, part.given[:, k])
            out[:, k] = model.decision_function(inputs)
        return out

    if len(rows) < LEAST_CODED:
        return margins(learnt) >= 0, None
    crossed = _cross_fitted(learnt, lambda part: margins(part)[rows])[:, bench.codes]
    return margins(learnt) >= _cut(crossed, bench.truth[rows][:, bench.codes]), None


def names_only(bench: Bench, least: float) -> np.ndarray:
    """BERTopic zero-shot: the nearest theme name where its cosine reaches `least`, else a topic of its own."""
    from groups import bertopic

    names = [str(theme["name"]) for theme in bench.survey.codebook]
    texts = bench.answers["text"].tolist()
    first = {text: i for i, text in reversed(list(enumerate(texts)))}
    rows = np.array(sorted(first.values()))

    model, group = bertopic(
        [texts[i] for i in rows],
        bench.whole[rows],
        zeroshot_topic_list=names,
        zeroshot_min_similarity=least,
        embedding_model=_backend(bench),
    )
    of_name = {g: names.index(name) for g, name in model.topic_labels_.items() if name in names}
    mentioned = np.zeros(bench.truth.shape, bool)
    found = dict(zip((texts[i] for i in rows), group, strict=True))
    for i, text in enumerate(texts):
        if found[text] in of_name:
            mentioned[i, of_name[found[text]]] = True
    return mentioned


def _backend(bench: Bench) -> Any:
    from bertopic.backend import BaseEmbedder

    class Same(BaseEmbedder):
        """Hands BERTopic the same embeddings."""

        def embed(self, documents: list[str], verbose: bool = False) -> np.ndarray:
            return bench.encode(documents)

    return Same()


def mmsscode(bench: Bench, learnt: Lesson, rows: np.ndarray) -> tuple[np.ndarray, None]:
    """mmsscode's own decision (nearest example by cosine and Manhattan alike) on the same embeddings."""
    row, theme = np.nonzero(learnt.given)
    with tempfile.TemporaryDirectory(dir=bench.work) as place:
        np.savez(Path(place) / "in.npz", examples=learnt.vectors[row], codes=theme, answers=bench.whole)
        script = Path(__file__).with_name("mmsscode_run.py")
        subprocess.run([bench.settings.mmsscode, str(script), place], check=True, capture_output=True)
        given = json.loads((Path(place) / "out.json").read_text("utf-8"))
    mentioned = np.zeros(bench.truth.shape, bool)
    for i, code in enumerate(given):
        if code:
            mentioned[i, int(code)] = True
    return mentioned, None


def ceiling(bench: Bench, folds: int = 5) -> np.ndarray:
    """Logistic regression on codebook and all gold but the test fold (no respondent in two folds), with its cut."""
    people = bench.answers["respondent_id"].to_numpy(str)
    distinct = np.unique(people)
    fold = dict(zip(distinct, np.random.default_rng(0).permutation(len(distinct)) % folds, strict=True))
    of_row = np.array([fold[p] for p in people])
    out = np.zeros(bench.truth.shape, bool)
    for number in range(folds):
        rows = np.flatnonzero(of_row != number)
        learnt = lesson(bench, bench.survey.codebook, rows)
        out[of_row == number] = logistic(bench, learnt, rows)[0][of_row == number]
    return out


def peers(bench: Bench, codebook: list[dict[str, Any]], rows: np.ndarray) -> dict[str, tuple[np.ndarray, Any, float]]:
    """Run every coding peer: name to what is mentioned, probabilities where there are any, seconds."""
    learnt = lesson(bench, codebook, rows)
    ways: dict[str, Callable] = {"logistic regression on embeddings": logistic, "TF-IDF + linear SVC": svc}
    if bench.settings.mmsscode:
        ways["mmsscode, this encoder"] = mmsscode
    results = {}
    for name, way in ways.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (mentioned, probability), seconds = timed(lambda way=way: way(bench, learnt, rows))
        results[name] = (mentioned, probability, seconds)
    return results
