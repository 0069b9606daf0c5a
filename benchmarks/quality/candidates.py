"""Parts `candidates` and `small`: groups found without a codebook."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import groups
import numpy as np
from bench import Bench, say, timed
from draws import draw
from project import Project
from scoring import MOST_GROUPS, ami, largest, match

LEAST_IN_SAMPLE = 5
NEEDED = ("tune", "code", "discover")


@dataclass
class Texts:
    """Distinct coded texts, one answer each, and every distinct text that a peer groups.

    Parameters
    ----------
    rows : ndarray of int
        Rows of ``bench.answers``: the first answer with each text.
    """

    bench: Bench
    rows: np.ndarray

    @classmethod
    def of(cls, bench: Bench) -> Texts:
        return cls(bench, np.flatnonzero(~bench.answers["text"].duplicated().to_numpy()))

    @property
    def texts(self) -> list[str]:
        """The coded texts."""
        return self.bench.answers["text"].iloc[self.rows].tolist()

    @property
    def vectors(self) -> np.ndarray:
        """Their embeddings."""
        return self.bench.whole[self.rows]

    @property
    def truth(self) -> np.ndarray:
        """Their codes, those that are scored."""
        return self.bench.truth[self.rows][:, self.bench.codes]

    @property
    def single(self) -> np.ndarray:
        """Which have exactly one code in the whole codebook, and it is scored."""
        return (self.bench.truth[self.rows].sum(1) == 1) & self.truth.any(1)

    @cached_property
    def default(self) -> tuple[Any, np.ndarray, float]:
        """BERTopic as it comes, on the coded texts, with its seconds."""
        say("BERTopic default")
        (model, group), seconds = timed(lambda: groups.bertopic(self.texts, self.vectors))
        return model, group, seconds


def _score(texts: Texts, members: np.ndarray, main: np.ndarray) -> dict[str, float]:
    """Every figure of one grouping; `main` names each text's one group, "" for none."""
    code = texts.truth[texts.single].argmax(1).astype(str)
    figures = {"AMI, single-coded answers": ami(code, main[texts.single])}
    matched = match(texts.truth, largest(members))
    figures["macro best-match F1"] = matched["best_f1"]
    figures["share of codes found (F1 > 0.3)"] = matched["found"]
    figures["mean precision of a group for its best code"] = matched["precision"]
    figures["answers in no group"] = float(np.mean(main == ""))
    return figures


def _own_members(project: Project, texts: Texts) -> tuple[np.ndarray, np.ndarray, dict[str, str]]:
    """Candidates' answers by their units, each answer's candidate, and each candidate's parent."""
    place = {r: i for i, r in enumerate(texts.bench.answers["response_id"].iloc[texts.rows])}
    table = project.table("candidates/candidates")
    parent = dict(zip(table["candidate_id"], table["parent_id"], strict=True))
    broad = set(parent.values()) - {""}
    fine = [c for c in table["candidate_id"] if c not in broad]
    units = project.table("candidates/units").merge(project.of_waves("units")[["unit_id", "response_id"]], on="unit_id")
    units = units[units["response_id"].isin(place)]
    members = np.zeros((len(place), len(fine)), bool)
    column = {c: g for g, c in enumerate(fine)}
    own = units[units["candidate_id"].isin(column)]
    members[own["response_id"].map(place).to_numpy(int), own["candidate_id"].map(column).to_numpy(int)] = True
    main = np.array([""] * len(place), dtype=object)
    for response_id, candidate in project.table("candidates/responses").itertuples(index=False):
        if response_id in place:
            main[place[response_id]] = candidate
    return members, main, parent


def candidates(bench: Bench) -> None:
    """Groups found with an empty codebook, against the peers."""
    condition, texts = "empty codebook", Texts.of(bench)
    project = bench.base.copy(bench.work / "empty").write(codebook=[])
    project.stages(*NEEDED)
    members, main, parent = _own_members(project, texts)
    figures = _score(texts, members, main)
    seconds = sum(project.seconds[s] for s in NEEDED)
    note = f"{members.shape[1]} candidates, number not told"
    _add(bench, "candidates", condition, "themebook", figures, seconds, note)
    numbers = sorted({len(bench.codes), MOST_GROUPS})
    default = None if bench.settings.quick else texts.default
    for name, way in groups.peers(texts.texts, texts.vectors, numbers, default and default[:2]).items():
        group, seconds = timed(way)
        seconds += default[2] if default and "told" not in name else 0
        members_of, main_of = groups.membership(group), np.where(group >= 0, group.astype(str), "")
        note = f"{members_of.shape[1]} groups"
        _add(bench, "candidates", condition, name, _score(texts, members_of, main_of), seconds, note)
    _broad(bench, texts, main, parent, default)


def _add(bench: Bench, part: str, condition: str, who: str, figures: dict, seconds: float, note: str) -> None:
    for figure, value in figures.items():
        bench.add(part, condition, who, figure, value, seconds=seconds, note=note)
    say(f"{condition}; {who} ({note}): " + ", ".join(f"{v:.3f}" for v in figures.values()))


def _broad(bench: Bench, texts: Texts, main: np.ndarray, parent: dict[str, str], default: Any) -> None:
    """The broad level against the codebook's groups, on answers whose codes all stand in one group."""
    condition, figure = "empty codebook, broad level", "AMI with the codebook's groups"
    names = [str(t.get("group") or "") for t in bench.survey.codebook]
    of_text = [{names[k] for k in np.flatnonzero(row)} - {""} for row in bench.truth[texts.rows]]
    one = np.array([len(g) == 1 for g in of_text])
    code = [next(iter(g)) for g in of_text if len(g) == 1]
    if len(set(code)) < 2:
        bench.skip("candidates", condition, "the codebook has no groups")
        return
    broad = np.array([parent.get(c) or c for c in main], dtype=object)
    if any(parent.values()):
        k = len(set(broad) - {""})
        bench.add("candidates", condition, "themebook", figure, ami(code, broad[one]), note=f"{k} broad candidates")
    else:
        k = len(set(code))
        bench.skip("candidates", condition, "candidates have no broader ones (parent_id is empty)")
    ways = groups.peers(texts.texts, texts.vectors, [k], None)
    if default:
        ways["BERTopic, topics reduced"] = lambda: groups.bertopic(texts.texts, texts.vectors, nr_topics=k + 1)[1]
    for name, way in ways.items():
        group = way()
        bench.add("candidates", condition, name, figure, ami(code, np.where(group >= 0, group.astype(str), "")[one]))


def small(bench: Bench) -> None:
    """Samples of a few hundred answers, against BERTopic as it comes."""
    size, whole = bench.settings.sample_size, Texts.of(bench)
    ids = bench.answers["response_id"].iloc[whole.rows].tolist()
    place = {r: i for i, r in zip(whole.rows, ids, strict=True)}
    condition = f"samples of {size} answers"
    scores: dict[str, list[tuple[float, float, float]]] = {}
    seconds: dict[str, list[float]] = {}
    samples = [
        Texts(bench, np.array(sorted(place[r] for r in draw(ids, size, number))))
        for number in range(bench.settings.samples)
    ]

    def one(number: int) -> tuple[tuple[float, float, float], float]:
        texts = samples[number]
        project = bench.base.copy(bench.work / "slots" / f"sample-{number}").write(codebook=[])
        _cut(bench.base, project, set(bench.answers["response_id"].iloc[texts.rows]))
        members, main, _ = _own_members(project.stages(*NEEDED), texts)
        shutil.rmtree(project.folder)
        say(f"sample {number + 1} of {len(samples)}")
        return _small_score(texts, members, main), sum(project.seconds[s] for s in NEEDED)

    for score, took in bench.side_by_side(one, range(len(samples))):
        scores.setdefault("themebook", []).append(score)
        seconds.setdefault("themebook", []).append(took)
    for texts in [] if bench.settings.quick else samples:
        (_, group), took = timed(lambda texts=texts: groups.bertopic(texts.texts, texts.vectors))
        main = np.where(group >= 0, group.astype(str), "")
        scores.setdefault("BERTopic default", []).append(_small_score(texts, groups.membership(group), main))
        seconds.setdefault("BERTopic default", []).append(took)
    for who, values in scores.items():
        figures = ("AMI, single-coded answers", "share of codes with 5 answers or more found", "answers in no group")
        for figure, column in zip(figures, zip(*values, strict=True), strict=True):
            bench.add("small", condition, who, figure, list(column), seconds=float(np.mean(seconds[who])))


def _small_score(texts: Texts, members: np.ndarray, main: np.ndarray) -> tuple[float, float, float]:
    truth = texts.bench.truth[texts.rows]
    single = truth.sum(1) == 1
    often = truth[:, truth.sum(0) >= LEAST_IN_SAMPLE]
    return (
        ami(truth[single].argmax(1).astype(str), main[single]),
        match(often, largest(members))["found"],
        float(np.mean(main == "")),
    )


def _cut(base: Project, project: Project, kept: set[str]) -> None:
    """Leave only some responses in a project's tables, as if the export had held no others."""
    for wave in base.survey["waves"]:
        for name in (f"responses/{wave}", f"units/{wave}", f"units/{wave}.redactions"):
            table = base.table(name)
            path = project.folder / "data" / f"{name}.parquet"
            table[table["response_id"].isin(kept)].reset_index(drop=True).to_parquet(path)
