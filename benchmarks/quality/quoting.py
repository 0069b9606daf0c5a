"""Part `quotes`: whether the first quotes of a theme show what people coded."""

from __future__ import annotations

import warnings

import groups
import numpy as np
from bench import Bench, say
from candidates import Texts
from draws import example_text
from scoring import best_groups

TOP = 3


def quotes(bench: Bench) -> None:
    """Whether the first quotes of each theme carry its human code, with the codebook alone."""
    project = bench.template("default", bench.survey.codebook).copy(bench.work / "quotes")
    project.stages("tune", "code", "discover", "quote")
    table = project.table("coded/quotes")
    table = table[(table["segment"].fillna("") == "")]
    place = {r: i for i, r in enumerate(bench.answers["response_id"])}
    usable = bench.scored(np.zeros(0, int))
    ids = dict(zip(bench.theme_ids, range(len(bench.theme_ids)), strict=True))
    table = table.assign(row=table["response_id"].map(place), theme=table["theme_id"].map(ids))
    near = _nearness(bench)
    question = bench.answers["question_id"].to_numpy(str)
    first = table[(table["rank"] <= TOP) & table["row"].isin(usable) & table["theme"].isin(bench.codes)]
    peer = []
    for (theme, asked), rows in first.groupby(["theme", "question_id"]):
        peer += _nearest(bench, near, theme, usable[question[usable] == asked], len(rows))
    _quotes(bench, "top 3 a theme and question", "themebook", first[["row", "theme"]].astype(int).to_numpy())
    _quotes(bench, "top 3 a theme and question", "nearest neighbours of the examples", np.array(peer, int))
    best = table[table["row"].isin(usable) & table["theme"].isin(bench.codes)]
    best = best.sort_values(["score", "quote_id"], ascending=[False, True]).groupby("theme").head(TOP)
    peer = [pair for theme in best["theme"].unique() for pair in _nearest(bench, near, theme, usable, TOP)]
    _quotes(bench, "top 3 a theme", "themebook", best[["row", "theme"]].astype(int).to_numpy())
    _quotes(bench, "top 3 a theme", "nearest neighbours of the examples", np.array(peer, int))
    if not bench.settings.quick:
        _representative(bench)


def _quotes(bench: Bench, condition: str, who: str, pairs: np.ndarray) -> None:
    right = bench.truth[pairs[:, 0], pairs[:, 1]]
    note = f"{len(pairs)} quotes of {len(set(pairs[:, 1]))} themes"
    bench.add("quotes", condition, who, "share that carries the theme's human code", float(right.mean()), note=note)
    say(f"quotes, {condition}; {who}: {right.mean():.3f} of {len(pairs)}")


def _nearness(bench: Bench) -> np.ndarray:
    """Best cosine of an answer or one of its units to any example of each theme, shape (answers, themes)."""
    vectors, owner = bench.parts
    near = np.full(bench.truth.shape, -1.0)
    for k, theme in enumerate(bench.survey.codebook):
        examples = [e for e in map(example_text, theme.get("examples") or []) if e.strip()]
        taught = bench.encode(examples or [str(theme["name"])])
        near[:, k] = (bench.whole @ taught.T).max(1)
        np.maximum.at(near[:, k], owner, (vectors @ taught.T).max(1))
    return near


def _nearest(bench: Bench, near: np.ndarray, theme: int, rows: np.ndarray, many: int) -> list[tuple[int, int]]:
    """The nearest answers to a theme's examples, each text once."""
    order = rows[np.argsort(-near[rows, theme], kind="stable")]
    texts = bench.answers["text"].iloc[order]
    return [(int(i), int(theme)) for i in order[~texts.duplicated().to_numpy()][:many]]


def _representative(bench: Bench) -> None:
    """BERTopic's representative documents of the topic that matches each theme best."""
    texts = Texts.of(bench)
    model, group, _ = texts.default
    numbers = np.unique(group[group >= 0])
    if not len(numbers):
        return
    row = dict(zip(texts.texts, texts.rows, strict=True))
    best = best_groups(texts.truth, groups.membership(group))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        documents = {g: (model.get_representative_docs(int(numbers[g])) or [])[:TOP] for g in set(best)}
    pairs = [(row[text], theme) for theme, g in zip(bench.codes, best, strict=True) for text in documents[g]]
    _quotes(bench, "top 3 a theme", "BERTopic representative_docs_, best topic", np.array(pairs, int))
