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
from sklearn.svm import LinearSVC

INVERSE_PENALTY = 3.0


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


def fit_logistic(inputs: np.ndarray, truth: np.ndarray, inverse_penalty: float = INVERSE_PENALTY) -> np.ndarray:
    """Fit one balanced logistic regression a column at once; weights, shape (d + 1, K), the last row intercepts.

    The problem that scikit-learn's `LogisticRegression(C, class_weight="balanced")` solves for each column alone.
    """
    n, (d, k) = len(inputs), (inputs.shape[1], truth.shape[1])
    positive = np.clip(truth.sum(0), 0.5, n - 0.5)
    weight = np.where(truth, n / (2 * positive), n / (2 * (n - positive)))
    x = np.column_stack([inputs, np.ones(n)]).astype(float)
    sign = np.where(truth, 1.0, -1.0)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w = flat.reshape(d + 1, k)
        margin = sign * (x @ w)
        slope = x.T @ (-weight * sign * expit(-margin)) * inverse_penalty
        slope[:-1] += w[:-1]
        return (w[:-1] ** 2).sum() / 2 + inverse_penalty * (weight * np.logaddexp(0, -margin)).sum(), slope.ravel()

    found = minimize(loss, np.zeros((d + 1) * k), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return found.x.reshape(d + 1, k)


def _probability(vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return expit(vectors @ weights[:-1] + weights[-1])


def _threshold(
    learnt: Lesson, score: Callable[[Lesson, np.ndarray], np.ndarray], start: float, codes: np.ndarray
) -> float:
    """The cut with the highest micro-F1 over cross-fitted coded answers; `start` where there are none."""
    coded = np.arange(learnt.codebook_texts, len(learnt.texts))
    if len(coded) < 50:
        return start
    fold = np.random.default_rng(0).permutation(len(coded)) % 5
    scores = np.zeros((len(coded), learnt.given.shape[1]))
    for number in range(5):
        kept = np.concatenate([np.arange(learnt.codebook_texts), coded[fold != number]])
        part = Lesson([learnt.texts[i] for i in kept], learnt.vectors[kept], learnt.given[kept], learnt.codebook_texts)
        scores[fold == number] = score(part, coded[fold == number])
    cuts = np.unique(np.quantile(scores[:, codes], np.linspace(0.5, 1, 101)))
    return float(max(cuts, key=lambda cut: f1(learnt.given[coded][:, codes], scores[:, codes] >= cut)[0]))


def logistic(bench: Bench, learnt: Lesson) -> tuple[np.ndarray, np.ndarray]:
    """Logistic regression on embeddings: what is mentioned, and how probable that is."""
    cut = _threshold(
        learnt,
        lambda part, rows: _probability(learnt.vectors[rows], fit_logistic(part.vectors, part.given)),
        0.5,
        bench.codes,
    )
    probability = _probability(bench.whole, fit_logistic(learnt.vectors, learnt.given))
    return probability >= cut, probability


def svc(bench: Bench, learnt: Lesson) -> tuple[np.ndarray, None]:
    """TF-IDF of words and pairs of words with one linear support vector machine a theme."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    words.fit(learnt.texts + bench.answers["text"].tolist())

    def margins(part: Lesson, inputs: Any) -> np.ndarray:
        taught, out = words.transform(part.texts), np.full((inputs.shape[0], part.given.shape[1]), -9.0)
        for k in np.flatnonzero(part.given.any(0) & ~part.given.all(0)):
            model = LinearSVC(class_weight="balanced", random_state=0).fit(taught, part.given[:, k])
            out[:, k] = model.decision_function(inputs)
        return out

    own = words.transform(learnt.texts)
    cut = _threshold(learnt, lambda part, rows: margins(part, own[rows]), 0.0, bench.codes)
    return margins(learnt, words.transform(bench.answers["text"])) >= cut, None


def names_only(bench: Bench, learnt: Lesson, least: float) -> tuple[np.ndarray, None]:
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
    return mentioned, None


def _backend(bench: Bench) -> Any:
    from bertopic.backend import BaseEmbedder

    class Same(BaseEmbedder):
        """Hands BERTopic the same embeddings."""

        def embed(self, documents: list[str], verbose: bool = False) -> np.ndarray:
            return bench.encode(documents)

    return Same()


def mmsscode(bench: Bench, learnt: Lesson) -> tuple[np.ndarray, None]:
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
        learnt = lesson(bench, bench.survey.codebook, np.flatnonzero(of_row != number))
        out[of_row == number] = logistic(bench, learnt)[0][of_row == number]
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
            (mentioned, probability), seconds = timed(lambda way=way: way(bench, learnt))
        results[name] = (mentioned, probability, seconds)
    return results
