"""themebook as a user runs it: its public commands in a scratch folder, then its tables."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from safetensors import safe_open

ROOT = Path(__file__).resolve().parents[2]
PREPARE = ("verify", "ingest", "segment", "embed")
CODE = ("tune", "code")


class Project:
    """A project folder that `themebook init` made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seconds: dict[str, float] = {}

    def copy(self, folder: Path) -> Project:
        """Copy it with everything that its stages made."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns(".git", ".dvc"))
        return Project(folder)

    def stages(self, *names: str) -> Project:
        """Run stages in order, keeping the time of each."""
        for name in names:
            start = time.perf_counter()
            command(self.folder, "stage", name)
            self.seconds[name] = time.perf_counter() - start
        return self

    def write(
        self, *, codebook: list | None = None, gold: pd.DataFrame | None = None, params: Mapping | None = None
    ) -> Project:
        """Change people's files, as a person would with an editor. `params` is ``{section: {key: value}}``."""
        if codebook is not None:
            text = yaml.safe_dump(codebook, allow_unicode=True, sort_keys=False)
            (self.folder / "data/codebook/codebook.yaml").write_text(text, "utf-8")
        if gold is not None:
            gold.to_csv(self.folder / "data/codebook/gold.csv", index=False)
        if params is not None:
            path = self.folder / "params.yaml"
            content = yaml.safe_load(path.read_text("utf-8"))
            for section, values in params.items():
                content[section] = {**content[section], **values}
            path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
        return self

    def table(self, name: str) -> pd.DataFrame:
        """One table, such as ``coded/mentions``."""
        return pd.read_parquet(self.folder / "data" / f"{name}.parquet")

    def has(self, name: str) -> bool:
        """Whether the table is there: a stage that is not built writes none."""
        return (self.folder / "data" / f"{name}.parquet").exists()

    def of_waves(self, name: str) -> pd.DataFrame:
        """A table kept wave by wave (``responses``, ``units``), all waves of survey.yaml."""
        return pd.concat([self.table(f"{name}/{wave}") for wave in self.survey["waves"]], ignore_index=True)

    @property
    def survey(self) -> dict[str, Any]:
        """survey.yaml."""
        return yaml.safe_load((self.folder / "data/survey.yaml").read_text("utf-8"))

    @property
    def params(self) -> dict[str, Any]:
        """params.yaml."""
        return yaml.safe_load((self.folder / "params.yaml").read_text("utf-8"))

    @property
    def codebook(self) -> list[dict[str, Any]]:
        """codebook.yaml with the ids that `init` gave."""
        return yaml.safe_load((self.folder / "data/codebook/codebook.yaml").read_text("utf-8"))

    def vectors(self) -> dict[str, np.ndarray]:
        """The embeddings by the encoder as it is shipped, by text id."""
        found: dict[str, np.ndarray] = {}
        for wave in self.survey["waves"]:
            with safe_open(self.folder / f"data/embeddings/{wave}.safetensors", framework="numpy") as file:
                ids = [digest.tobytes().hex() for digest in file.get_tensor("text_ids")]
                found |= dict(zip(ids, file.get_tensor("vectors"), strict=True))
        return found


def command(folder: Path | None, *arguments: str) -> str:
    """Run one themebook command of this checkout; a failure ends the benchmark with its message."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    program = str(Path(sys.executable).with_name("themebook"))
    done = subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise RuntimeError(f"themebook {' '.join(arguments[:2])} failed: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


def prepare(folder: Path, waves: Mapping[str, Path], *options: str) -> Project:
    """Make a project and run it up to the embeddings; a finished one in the folder is taken as it is.

    `options` go to `themebook init`.
    """
    if (folder / ".prepared").exists():
        try:
            return Project(folder).stages("verify")
        except RuntimeError:
            pass  # made by other code: themebook says so and refuses
    shutil.rmtree(folder, ignore_errors=True)
    given = [f"--wave={wave}={path.resolve()}" for wave, path in waves.items()]
    command(None, "init", str(folder), *given, *options)
    project = Project(folder).stages(*PREPARE)
    (folder / ".prepared").write_text("", "utf-8")
    return project
