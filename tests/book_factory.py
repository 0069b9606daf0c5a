"""A project as the stages would leave it, with candidates, quotes and unit codes: what a reviewer decides on."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sample_factory import CODEBOOK, project_of

from pipeline.foundation import contracts as c
from pipeline.foundation.tables import read_waves, write_table

THEMES = [
    {**CODEBOOK[0], "include": "faith in colleagues"},
    CODEBOOK[1],
    CODEBOOK[2],
    {"id": "T04", "name": "Hope", "definition": "Hope for the better.", "questions": ["why"]},
]


def reviewed_project(folder: Path, people: int = 12, gold: str = "") -> Path:
    """Write the project of `project_of` with what `discover` and `quote` make; the current folder is `folder`."""
    project_of(folder, people, THEMES, gold)
    waves = ("2025", "2026")
    units = read_waves(c.UNITS, waves)
    responses = read_waves(c.RESPONSES, waves).set_index("response_id")
    meaning = units[units["n"] == 1]
    asked = responses.loc[meaning["response_id"], "question_id"].to_numpy()
    codes = pd.DataFrame(
        {
            "unit_id": meaning["unit_id"].to_numpy(),
            "theme_id": ["T01" if q == "why" else "T03" for q in asked],
            "probability": 0.6,
            "source": "model",
        }
    ).iloc[1:]
    write_table(codes.astype({"unit_id": "str", "theme_id": "str", "source": "str"}), c.UNIT_CODES)
    proposed = [
        ("B01", "broad one", "", "T01"),
        ("C01", "fair pay", "B01", "T03"),
        ("C02", "=odd name", "B01", ""),
    ]
    parts = {"C01": meaning.iloc[:4], "C02": meaning.iloc[4:8]}
    candidates = pd.DataFrame(
        [
            {
                **dict.fromkeys(c.CANDIDATES.columns, 0.5),
                "candidate_id": i,
                "name": name,
                "parent_id": parent,
                "n_units": 8 if i == "B01" else 4,
                "n_responses": 8 if i == "B01" else 4,
                "nearest_theme": nearest,
                "found_again": 10,
                "resamples": 20,
            }
            for i, name, parent, nearest in proposed
        ]
    )
    write_table(candidates, c.CANDIDATES)
    members = pd.concat(
        [
            pd.DataFrame({"unit_id": table["unit_id"], "candidate_id": name, "fit": 0.8})
            for name, table in ({"B01": meaning.iloc[:8]} | parts).items()
        ]
    )
    write_table(members, c.CANDIDATE_UNITS)
    chosen = meaning[asked == "why"].iloc[:6]
    quotes = pd.DataFrame(
        [
            {
                **dict.fromkeys(("score", "relevance", "centrality", "length_fit", "self_contained", "novelty"), 0.5),
                "quote_id": f"Q{i}",
                "theme_id": "T01",
                "question_id": "why",
                "kind": "pull",
                "segment": segment,
                "rank": i + 1,
                "response_id": row.response_id,
                "spans": [[row.start, row.end]],
                "display": responses.at[row.response_id, "text"],
                "approved": False,
            }
            for i, (row, segment) in enumerate(
                [*((r, "") for r in chosen.itertuples()), (next(chosen.itertuples()), "side=for")]
            )
        ]
    )
    write_table(quotes, c.QUOTES)
    return folder
