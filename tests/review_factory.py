"""A project folder with small made-up tables, as a run leaves it, for the tests of the review page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from fastapi.testclient import TestClient
from report_factory import TABLES, codebook_of, inputs_of, survey_of

from pipeline.foundation import contracts as c
from pipeline.foundation.params import Params
from pipeline.foundation.tables import empty, write_table, write_text, write_vectors
from pipeline.project.create import as_yaml
from pipeline.review.desk import BY_WAVE, Desk
from pipeline.review.security import Access
from pipeline.review.server import create_app
from pipeline.text.encoder import vectors_path

CHROMIUM = Path("/usr/bin/chromium")
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
