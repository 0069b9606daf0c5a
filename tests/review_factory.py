"""A project folder with small made-up tables, as a run leaves it, for the tests of the review page."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from fastapi.testclient import TestClient
from report_factory import TABLES, codebook_of, inputs_of, survey_of

from pipeline.foundation import contracts as c
from pipeline.foundation.params import Params
from pipeline.foundation.tables import empty, write_table, write_text
from pipeline.foundation.vector_files import write_vectors
from pipeline.project.create import as_yaml
from pipeline.review.desk import BY_WAVE, Desk
from pipeline.review.security import Access
from pipeline.review.server import create_app
from pipeline.text.encoder import vectors_path

GOLD_HEADER = "respondent_id,wave,question,code,coder,sample\n"


def write_project(folder: Path, people: int = 60, themes: int = 4, **more: Any) -> dict[str, Any]:
    """Write everything that the page reads below `folder`, the current directory; give back the tables by name."""
    survey, codebook = survey_of(), codebook_of(themes)
    made = inputs_of(survey, codebook, people=people, approve=0, **more)
    tables = {name: made[name] for name in TABLES}
    whole = tables["units"].assign(n=0, unit_id=tables["units"]["unit_id"].str.replace(".1", ".0"))
    tables["units"] = pd.concat([tables["units"], whole], ignore_index=True)
    said = tables["mentions"][tables["mentions"]["mentioned"]]
    tables["unit_codes"] = pd.DataFrame(
        {
            "unit_id": said["response_id"] + ".1",
            "theme_id": said["theme_id"],
            "probability": said["probability"],
            "source": "model",
        }
    )
    tables["candidate_responses"] = empty(c.CANDIDATE_RESPONSES)
    tables["queue"] = empty(c.QUEUE)
    write_text(folder / "data/survey.yaml", as_yaml(survey.model_dump(mode="json", exclude_defaults=True)))
    themes_ = codebook.model_dump(mode="json", exclude_defaults=True)["themes"]
    write_text(folder / "data/codebook/codebook.yaml", as_yaml(themes_))
    write_text(folder / "data/codebook/gold.csv", GOLD_HEADER)
    write_text(folder / "params.yaml", as_yaml(Params().model_dump(mode="json")))
    (folder / "data/codebook/decisions").mkdir(parents=True)
    for name, contract in {**TABLES, "queue": c.QUEUE}.items():
        if name not in BY_WAVE:
            write_table(tables[name], contract)
            continue
        for wave in survey.waves:
            write_table(_of_wave(tables, name, wave), contract, wave)
    rng = np.random.default_rng(3)
    for wave in survey.waves:
        ids = sorted(set(_of_wave(tables, "units", wave)["text_id"]))
        vectors = rng.normal(size=(len(ids), 8)).astype(np.float32)
        write_vectors(vectors_path(wave), ids, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), {})
    return tables


def _of_wave(tables: dict[str, pd.DataFrame], name: str, wave: str) -> pd.DataFrame:
    table = tables[name]
    if "wave" in table:
        return table[table["wave"] == wave]
    mine = tables["responses"].loc[tables["responses"]["wave"] == wave, "response_id"]
    return table[table["response_id"].isin(set(mine))]


class Browser:
    """A reviewer at the page: a client with a session, that sends forms as a browser would."""

    def __init__(self, reviewer: str = "anna", port: int = 8765) -> None:
        self.access = Access(port)
        self.desk = Desk(reviewer)
        self.origin = f"http://127.0.0.1:{port}"
        self.client = TestClient(create_app(self.desk, self.access), base_url=self.origin)
        self.client.get(f"/?key={self.access.key}")
        self.session = self.client.cookies[self.access.cookie]

    def get(self, path: str, **more: Any) -> Any:
        return self.client.get(path, **more)

    def post(self, path: str, **fields: Any) -> Any:
        """Send a form of this session; a field may be a list."""
        data = {"csrf": self.access.csrf(self.session), **fields}
        return self.client.post(path, data=data, headers={"origin": self.origin})


def chromium() -> str:
    """Where Chromium is; empty where it is not installed."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome", "chrome"))
    return next((path for path in found if path), "")


class Server:
    """`themebook review` as a process of its own, in a project folder."""

    def __init__(self, folder: Path, reviewer: str = "anna", port: int = 0) -> None:
        self.port = port or free_port()
        command = [sys.executable, "-m", "pipeline.cli", "review", "--no-browser", "--reviewer", reviewer]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
        )
        self.said: list[str] = []
        for line in self.process.stderr or ():
            self.said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/\?key=(\S+)", line):
                self.address, self.key = found.group(0), found.group(1)
                break
        else:
            raise AssertionError("".join(self.said))
        self.origin = f"http://127.0.0.1:{self.port}"
        # Nobody reads on: what is written later must not fill the pipe.
        self._drained = threading.Thread(target=self._drain, daemon=True)
        self._drained.start()

    def _drain(self) -> None:
        for line in self.process.stderr or ():
            self.said.append(line)

    def kill(self) -> None:
        """Stop it as a power cut would."""
        self.process.kill()
        self.process.wait()
        self._drained.join()
        if self.process.stderr:
            self.process.stderr.close()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
