"""A coded survey as a folder: one csv a wave, gold.csv, codebook.yaml."""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

GOLD_COLUMNS = ["respondent_id", "wave", "question", "code"]


@dataclass(frozen=True)
class Survey:
    """A coded survey.

    Parameters
    ----------
    name : str
        Name of its folder.
    waves : dict of str to Path
        The raw export of each wave: every csv but ``gold*.csv``, named by its stem.
    gold : DataFrame
        gold.csv, every cell as text.
    codebook : list of dict
        codebook.yaml as it stands.
    """

    name: str
    waves: dict[str, Path]
    gold: pd.DataFrame
    codebook: list[dict[str, Any]]


def read_survey(folder: Path) -> Survey:
    """Read a coded survey; a folder in another form ends the run with what is missing."""
    for name in ("gold.csv", "codebook.yaml"):
        if not (folder / name).is_file():
            raise SystemExit(f"{folder} has no {name}: see benchmarks/quality/README.md for the form of a folder.")
    waves = {path.stem: path for path in sorted(folder.glob("*.csv")) if not path.stem.startswith("gold")}
    gold = pd.read_csv(folder / "gold.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
    missing = [c for c in GOLD_COLUMNS if c not in gold] + sorted(set(gold.get("wave", [])) - set(waves))
    if missing or not waves:
        raise SystemExit(
            f"{folder}: gold.csv needs {', '.join(GOLD_COLUMNS)} and a csv for each wave; missing: {missing}"
        )
    themes = yaml.safe_load((folder / "codebook.yaml").read_text("utf-8")) or []
    return Survey(folder.resolve().name, waves, gold, themes["themes"] if isinstance(themes, dict) else themes)


def with_rows(path: Path, out: Path, *, shuffle: int | None = None, copies: int = 0, id_column: str = "") -> list[str]:
    """Write a raw export again with its rows in another order, or with exact copies of some rows under new ids.

    Returns
    -------
    list of str
        The ids of the copies.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = [row for row in csv.reader(file) if row]
    new = []
    if shuffle is not None:
        random.Random(shuffle).shuffle(rows)
    for row in random.Random(0).sample(rows, min(copies, len(rows))):
        place = header.index(id_column)
        new.append(f"{row[place]} again")
        rows.append([*row[:place], new[-1], *row[place + 1 :]])
    with out.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return new
