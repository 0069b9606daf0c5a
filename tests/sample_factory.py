"""A project folder with made-up answers and the tables that the stages would have made, without any model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from pipeline.foundation import contracts as c
from pipeline.foundation.tables import write_json, write_table, write_text
from pipeline.foundation.vector_files import write_vectors
from pipeline.text.encoder import vectors_path
from pipeline.themes.codebook import EFFECTIVE_FILE

WAVES = ("2025", "2026")
CODEBOOK: list[dict[str, Any]] = [
    {
        "id": "T01",
        "name": "Trust",
        "definition": "Trust in others.",
        "examples": ["I trust them"],
        "questions": ["why"],
    },
    {"id": "T02", "name": "=Time, and more", "definition": "Time.", "questions": ["why"]},
    {"id": "T03", "name": "Money", "questions": ["how"]},
]
HEADER = "respondent_id,wave,question,code,coder,sample\n"


def project_of(
    folder: Path, people: int = 30, codebook: list[dict[str, Any]] | None = None, gold: str = "", mentions: bool = True
) -> Path:
    """Write a project: two waves, two open questions, answers all invented; respondent p01 names a person."""
    codebook = CODEBOOK if codebook is None else codebook
    questions = {q: {"columns": [f"{q.capitalize()}?"], "kind": "open"} for q in ("why", "how")}
    survey = {"waves": {w: {"file": f"data/raw/{w}.csv", "sha256": "x"} for w in WAVES}, "questions": questions}
    write_text(folder / "data/survey.yaml", yaml.safe_dump(survey, sort_keys=False))
    write_text(folder / "params.yaml", "seed: 7\n")
    write_text(folder / "data/codebook/codebook.yaml", yaml.safe_dump(codebook, sort_keys=False))
    write_text(folder / "data/codebook/gold.csv", HEADER + gold)
    said = []
    for wave in WAVES:
        rows, units, redactions = [], [], []
        for p in range(people):
            for question in questions:
                response = f"{wave}.p{p:02d}.{question}"
                text = "=1+1 is what Ann says" if p == 1 else f"answer {p} to {question}, {wave}"
                status = "blank" if p == 2 else "non_answer" if p == 3 else "answered"
                text = {"blank": "", "non_answer": "n/a"}.get(status, text)
                rows.append((response, wave, f"p{p:02d}", question, text, status, ""))
                if status == "answered":
                    units += [(f"{response}.{n}", response, n, 0, len(text), response, "en") for n in (0, 1)]
                    for theme in codebook:
                        if question in theme.get("questions", [question]):
                            probability = (p % 10) / 10
                            known = (wave, question, f"p{p:02d}", response, theme["id"], probability)
                            said.append((*known, probability >= 0.5, probability >= 0.9, "model"))
                if p == 1:
                    redactions.append((response, 13, 16, "NAME"))
        write_table(_table(rows, c.RESPONSES), c.RESPONSES, wave)
        write_table(_table(units, c.UNITS), c.UNITS, wave)
        write_table(_table(redactions, c.REDACTIONS), c.REDACTIONS, wave)
        ids = sorted({unit[5] for unit in units})
        vectors = np.random.default_rng(int(wave)).normal(size=(len(ids), 8))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        write_vectors(vectors_path(wave), ids, vectors, {})
    if mentions:
        write_table(_table(said, c.MENTIONS), c.MENTIONS)
        write_json(EFFECTIVE_FILE, {"themes": codebook})
    return folder


def _table(rows: list[tuple], contract: c.Contract) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(contract.columns))
