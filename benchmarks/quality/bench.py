"""What every part shares: the prepared project, people's codes as arrays, embeddings, and runs of the coder."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from draws import draw, example_text
from folder import Survey
from project import CODE, Project, prepare
from scoring import plain

LEAST_ANSWERS = 20


@dataclass(frozen=True)
class Settings:
    """How much is run; every field is printed with the results."""

    draws: int = 10
    sizes: tuple[int, ...] = (100, 300, 1000)
    calibrated_on: int = 200
    risk_on: int = 300
    examples: tuple[int | None, ...] = (0, 3, 8, None)
    samples: int = 20
    sample_size: int = 270
    topics: int | None = None
    jobs: int = 2
    quick: bool = False
    mmsscode: str = ""


@dataclass(frozen=True)
class Run:
    """One run of `tune` and `code`: its tables and the seconds of each stage."""

    mentions: pd.DataFrame
    queue: pd.DataFrame | None
    seconds: dict[str, float]


@dataclass
class Bench:
    """A survey made ready once; parts ask it for arrays and runs."""

    survey: Survey
    work: Path
    settings: Settings
    figures: list[dict[str, Any]] = field(default_factory=list)

    def add(self, part: str, condition: str, who: str, figure: str, values: Any, **more: Any) -> None:
        """Note one figure: its value in every draw, the seconds it took, a word on it."""
        listed = [float(v) for v in (values if isinstance(values, list | tuple) else [values])]
        self.figures.append(
            {"part": part, "condition": condition, "who": who, "figure": figure, "values": listed, **more}
        )

    def skip(self, part: str, condition: str, why: str) -> None:
        """Say in the results that a figure is not there, and why."""
        self.figures.append(
            {"part": part, "condition": condition, "who": "themebook", "figure": "not run", "values": [], "note": why}
        )

    @cached_property
    def base(self) -> Project:
        """The project with its whole codebook and no gold, run up to the embeddings."""
        say(f"preparing {self.survey.name}: ingest, segment, embed")
        folder = self.work / "base"
        fresh = not (folder / ".prepared").exists()
        project = prepare(folder, self.survey.waves)
        if fresh or project.seconds.get("embed"):
            for kept in ("runs", "templates"):
                shutil.rmtree(self.work / kept, ignore_errors=True)
        self.codebook_to(project, self.survey.codebook)
        return project

    def codebook_to(self, project: Project, codebook: list[dict[str, Any]]) -> Project:
        """Write a codebook whose themes carry the ids by which the arrays name them."""
        return project.write(codebook=[{"id": f"B{k:03d}", **theme} for k, theme in enumerate(codebook)])

    @cached_property
    def theme_ids(self) -> list[str]:
        """The themes of the codebook, one column of the arrays each."""
        return [str(t.get("id") or f"B{k:03d}") for k, t in enumerate(self.survey.codebook)]

    @cached_property
    def responses(self) -> pd.DataFrame:
        """Every response that holds a text."""
        table = self.base.of_waves("responses")
        return table[~table["status"].isin(["blank", "not_asked", "excluded"])].reset_index(drop=True)

    @cached_property
    def gold(self) -> pd.DataFrame:
        """gold.csv with the response each row is about; rows that match none are left out and counted."""
        questions = {c: q for q, d in self.base.survey["questions"].items() for c in (q, *d["columns"])}
        gold = self.survey.gold.assign(question_id=self.survey.gold["question"].map(questions))
        keys = ["wave", "respondent_id", "question_id"]
        return gold.merge(self.responses[[*keys, "response_id"]], on=keys, how="inner")

    @cached_property
    def answers(self) -> pd.DataFrame:
        """The coded answers, one row each in the order of the arrays: ``response_id``, ``text``, ``scored``."""
        coded = self.responses[self.responses["response_id"].isin(self.gold["response_id"])]
        coded = coded.sort_values("response_id", ignore_index=True)
        known = {plain(example_text(e)) for t in self.survey.codebook for e in t.get("examples") or []}
        return coded.assign(scored=[plain(text) not in known for text in coded["text"]])

    @cached_property
    def truth(self) -> np.ndarray:
        """People's codes, bool, shape (answers, themes of the codebook)."""
        names = {str(t["name"]).strip().casefold(): k for k, t in enumerate(self.survey.codebook)}
        names |= {i.casefold(): k for k, i in enumerate(self.theme_ids)}
        place = {r: i for i, r in enumerate(self.answers["response_id"])}
        given = np.zeros((len(place), len(self.theme_ids)), bool)
        for response_id, code in zip(self.gold["response_id"], self.gold["code"], strict=True):
            if code.strip().casefold() in names:
                given[place[response_id], names[code.strip().casefold()]] = True
        return given

    @cached_property
    def codes(self) -> np.ndarray:
        """The themes that are scored: those with 20 coded answers or more."""
        return np.flatnonzero(self.truth.sum(0) >= LEAST_ANSWERS)

    def drawn(self, size: int, number: int) -> np.ndarray:
        """Rows of `answers` that a draw gives as gold."""
        if not size:
            return np.zeros(0, int)
        place = {r: i for i, r in enumerate(self.answers["response_id"])}
        return np.array(sorted(place[r] for r in draw(list(place), size, number)), int)

    def scored(self, given: np.ndarray) -> np.ndarray:
        """Rows of `answers` to score on: not given as gold, not equal to an example of the codebook."""
        keep = self.answers["scored"].to_numpy().copy()
        keep[given] = False
        return np.flatnonzero(keep)

    @cached_property
    def encoder(self) -> Any:
        """The encoder that the project names, as it is shipped."""
        from pipeline.text.encoder import model_folder
        from pipeline.text.torch_encoder import SentenceTransformerEncoder

        return SentenceTransformerEncoder(model_folder(self.base.params["embed"]["encoder"]))

    @cached_property
    def units(self) -> pd.DataFrame:
        """Units of all waves."""
        return self.base.of_waves("units")

    @cached_property
    def vectors(self) -> dict[str, np.ndarray]:
        """The project's own embeddings, by text id."""
        return self.base.vectors()

    @cached_property
    def whole(self) -> np.ndarray:
        """Vectors of the coded answers, shape (answers, d): the project's own; a text it did not embed is encoded."""
        own = self.units[self.units["n"] == 0].set_index("response_id")["text_id"]
        missing = [r not in own.index for r in self.answers["response_id"]]
        new = iter(self.encode(self.answers["text"][missing].tolist()))
        pairs = zip(self.answers["response_id"], missing, strict=True)
        return np.stack([next(new) if gone else self.vectors[own[r]] for r, gone in pairs])

    @cached_property
    def parts(self) -> tuple[np.ndarray, np.ndarray]:
        """Vectors of the meaning units of the coded answers, and the row of the answer each belongs to."""
        place = {r: i for i, r in enumerate(self.answers["response_id"])}
        mine = self.units[self.units["response_id"].isin(place) & (self.units["n"] > 0)]
        vectors = np.stack([self.vectors[text_id] for text_id in mine["text_id"]])
        return vectors, mine["response_id"].map(place).to_numpy(int)

    def encode(self, texts: Iterable[str]) -> np.ndarray:
        """Vectors of any texts, each encoded once in a run."""
        texts = list(texts)
        known = self.__dict__.setdefault("_encoded", {})
        new = sorted(set(texts) - set(known))
        known.update(zip(new, self.encoder.encode(new), strict=True) if new else ())
        return np.stack([known[t] for t in texts]) if texts else np.zeros((0, self.encoder.encode(["a"]).shape[1]))

    def side_by_side(self, work: Callable[[Any], Any], jobs: Iterable[Any]) -> list[Any]:
        """Do some jobs, as many at a time as the settings say; results in the order of the jobs."""
        with ThreadPoolExecutor(self.settings.jobs) as pool:
            return list(pool.map(work, jobs))

    def template(self, name: str, codebook: list, params: dict | None = None) -> Project:
        """A project with a codebook and no gold, tuned: copies of it start from there, as a user's next run does."""
        folder = self.work / "templates" / name
        if (folder / ".tuned").exists():
            return Project(folder)
        project = self.codebook_to(self.base.copy(folder), codebook).write(params=params).stages("tune")
        (folder / ".tuned").write_text(json.dumps(project.seconds["tune"]), "utf-8")
        return project

    def runs(self, name: str, codebook: list, wanted: list[tuple[int, int]], params: dict | None = None) -> list[Run]:
        """Run `tune` and `code` for each wanted ``(size, number)`` of drawn gold; what has run before is read back."""
        folders = [self.work / "runs" / f"{name}-{size}-{number}" for size, number in wanted]
        if not all(folder.exists() for folder in folders):
            template = self.template(name, codebook, params)

            def one(job: tuple[Path, tuple[int, int]]) -> None:
                folder, (size, number) = job
                if folder.exists():
                    return
                project = template.copy(self.work / "slots" / folder.name)
                rows = self.answers["response_id"].iloc[self.drawn(size, number)]
                gold = self.gold[self.gold["response_id"].isin(rows)][list(self.survey.gold)].drop_duplicates()
                project.write(gold=gold).stages(*CODE)
                if not size:  # what tuning gave stands in the template already: its time is that of the template
                    project.seconds["tune"] = json.loads((template.folder / ".tuned").read_text("utf-8"))
                self._keep(project, folder)
                say(f"coded {folder.name}: {sum(project.seconds.values()):.0f} s")

            self.side_by_side(one, zip(folders, wanted, strict=True))
        return [self._read(folder) for folder in folders]

    def _keep(self, project: Project, folder: Path) -> None:
        partial = folder.with_name(f"{folder.name}.part")
        partial.mkdir(parents=True, exist_ok=True)
        for name in ("mentions", "queue"):
            if project.has(f"coded/{name}"):
                project.table(f"coded/{name}").to_parquet(partial / f"{name}.parquet")
        (partial / "seconds.json").write_text(json.dumps(project.seconds), "utf-8")
        shutil.rmtree(project.folder)
        partial.rename(folder)

    def _read(self, folder: Path) -> Run:
        queue = folder / "queue.parquet"
        return Run(
            pd.read_parquet(folder / "mentions.parquet"),
            pd.read_parquet(queue) if queue.exists() else None,
            json.loads((folder / "seconds.json").read_text("utf-8")),
        )

    def matrix(self, mentions: pd.DataFrame, column: str) -> np.ndarray:
        """One column of a mentions table as an array, shape (answers, themes); no row counts 0."""
        place = {r: i for i, r in enumerate(self.answers["response_id"])}
        theme = {t: k for k, t in enumerate(self.theme_ids)}
        mine = mentions[mentions["response_id"].isin(place)]
        out = np.zeros(self.truth.shape, mine[column].dtype)
        out[mine["response_id"].map(place).to_numpy(int), mine["theme_id"].map(theme).to_numpy(int)] = mine[column]
        return out


def say(line: str) -> None:
    """Print progress with the time; never a text of the survey."""
    print(time.strftime("%H:%M:%S"), line, flush=True)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Do some work and say how many seconds it took."""
    start = time.perf_counter()
    return work(), time.perf_counter() - start
