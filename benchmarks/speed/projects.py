"""themebook's side: projects of a given size, their stages each in a cold process, the sample survey by DVC."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import yaml
from corpus import Corpus
from measure import Taken, measure

ROOT = Path(__file__).resolve().parents[2]
PER_WAVE = ("verify", "ingest", "segment", "embed")
OVERALL = ("tune", "code", "discover", "quote")
TO_QUOTES = (*PER_WAVE, *OVERALL)
TO_REPORT = ("measure", "evaluate", "report", "print")
PROGRAM = str(Path(sys.executable).with_name("themebook"))
DVC = str(Path(sys.executable).with_name("dvc"))


def environment(cache: Path, root: Path = ROOT, **more: str) -> dict[str, str]:
    """The environment of a measured command: this checkout's code, and a cache folder of its own."""
    return {**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "0", "THEMEBOOK_CACHE": str(cache), **more}


def make_project(folder: Path, corpus: Corpus, tune: str) -> Path:
    """A fresh project of a corpus, by `themebook init`; `tune` is the mode of that stage."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [PROGRAM, "init", str(folder), *(f"--wave={wave}={path}" for wave, path in corpus.waves.items())]
    command += [*corpus.options, f"--codebook={corpus.codebook}", f"--gold={corpus.gold}"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(folder / ".cache"))
    if done.returncode:
        raise SystemExit(f"themebook init failed: {done.stderr[-2000:]}")
    path = folder / "params.yaml"
    params = yaml.safe_load(path.read_text("utf-8"))
    params["tune"]["mode"] = tune
    path.write_text(yaml.safe_dump(params, sort_keys=False), "utf-8")
    return folder


def run_stage(folder: Path, stage: str, cache: Path, wave: str = "") -> Taken:
    """One stage in a process of its own."""
    return measure([PROGRAM, "stage", stage, *(["--wave", wave] if wave else [])], folder, environment(cache))


def run_stages(folder: Path, cache: Path, stages: Sequence[str] = TO_QUOTES) -> dict[str, Taken]:
    """Stages in order, each in a process of its own."""
    return {stage: run_stage(folder, stage, cache) for stage in stages}


def run_together(folder: Path, cache: Path) -> Taken:
    """All stages to the quotes in one process."""
    return measure([PROGRAM, "stage", *TO_QUOTES], folder, environment(cache))


def only_converted(cache: Path) -> None:
    """Leave in a cache what was converted from the model, as an installation holds the peer's model, and no vector."""
    for path in cache.iterdir():
        if path.name != "converted" and path.is_dir():
            shutil.rmtree(path)


def answered(folder: Path) -> list[str]:
    """The distinct answers that say something: what the peer is given."""
    tables = [path for path in (folder / "data/responses").glob("*.parquet") if "." not in path.stem]
    responses = pd.concat([pd.read_parquet(path) for path in sorted(tables)])
    return sorted(set(responses.loc[responses["status"] == "answered", "text"]))


def units(folder: Path) -> dict[str, int]:
    """Meaning units, and how many of them are distinct."""
    total, distinct = 0, set()
    for path in sorted((folder / "data/units").glob("*.parquet")):
        if "." in path.stem:
            continue
        table = pd.read_parquet(path, columns=["n", "text_id"])
        table = table[table["n"] > 0]
        total += len(table)
        distinct.update(table["text_id"])
    return {"units": total, "distinct": len(distinct)}


def clone(folder: Path) -> Path:
    """This repository as it is committed, in a folder of its own, with nothing that its stages made."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder)], check=True)
    return folder


def repro(folder: Path, cache: Path, *targets: str) -> Taken:
    """`dvc repro` in a clone, with the code of that clone."""
    path = os.pathsep.join([str(Path(PROGRAM).parent), os.environ.get("PATH", "")])
    return measure([DVC, "repro", *targets], folder, environment(cache, folder, PATH=path))


def edit_codebook(folder: Path) -> None:
    """Change the definition of one theme, as a person would."""
    path = folder / "data/codebook/codebook.yaml"
    lines = path.read_text("utf-8").split("\n")
    at = next(i for i, line in enumerate(lines) if line.lstrip().startswith(("definition:", "- definition:")))
    lines[at] = lines[at].rstrip() + " More than once."
    path.write_text("\n".join(lines), "utf-8")


def as_dict(taken: Mapping[str, Taken]) -> dict[str, dict[str, float]]:
    """Measured stages as plain numbers."""
    return {name: vars(one) for name, one in taken.items()}
