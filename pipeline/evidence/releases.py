"""Releases: what was published, frozen with hashes that are checked whenever it is read."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.foundation.contracts import PREVALENCE
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import check, read_bytes, read_json, sha256_of, table_from_csv
from pipeline.themes.codebook import Codebook, from_effective

FOLDER = Path("models/releases")
# What holds respondent ids or is large: out of git, carried by DVC.
ROWS = Path("models/released")
CARD = "release.json"
PREVALENCE_FILE, CODEBOOK = "prevalence.csv", "codebook.json"


@dataclass(frozen=True)
class Released:
    """One release: its name, when it was made (ISO 8601, UTC), the waves it covers, its codebook and its figures.

    ``prevalence`` is a table by contract PREVALENCE.
    """

    name: str
    created: str
    waves: tuple[str, ...]
    codebook: Codebook
    prevalence: pd.DataFrame


def load_releases() -> list[Released]:
    """Read every release, the oldest first.

    Raises
    ------
    ThemebookError
        If a file of a release is missing or is not the one that was frozen.
    """
    names = sorted(path.parent.name for path in FOLDER.glob(f"*/{CARD}"))
    return sorted((load_release(name) for name in names), key=lambda release: (release.created, release.name))


def load_release(name: str) -> Released:
    """Read one release after checking the hash of every file of it; what is out of git need not be there."""
    card = checked_card(name)
    folder = FOLDER / name
    return Released(
        name=name,
        created=card["created"],
        waves=tuple(card["waves"]),
        codebook=from_effective(read_json(folder / CODEBOOK)),
        prevalence=read_prevalence(folder / PREVALENCE_FILE),
    )


def checked_card(name: str) -> dict[str, Any]:
    """Read a release's card and compare every file that it lists with its hash.

    Raises
    ------
    ThemebookError
        If there is no such release, a file kept in git is missing, or any file differs.
    """
    path = FOLDER / name / CARD
    if not path.exists():
        raise ThemebookError(f"There is no release `{name}`.", "`themebook release --list` lists them.")
    card: dict[str, Any] = read_json(path)
    for file, sha256 in sorted(card["files"].items()):
        where = Path(file)
        if not where.exists() and where.is_relative_to(ROWS):
            continue
        found = sha256_of(where, f"It belongs to the release `{name}`: take it back from git.")
        if found != sha256:
            raise ThemebookError(
                f"{file} is not the file of the release `{name}`: its sha256 is {found[:12]}…, released was "
                f"{sha256[:12]}….",
                "Published figures never change: take the file back from git (or by `dvc checkout`), and publish what "
                "stands now as a release of another name.",
            )
    return card


def read_prevalence(path: Path) -> pd.DataFrame:
    """Read frozen shares and check them against their contract."""
    content = io.BytesIO(read_bytes(path, "Take it back from git."))
    return check(table_from_csv(content, PREVALENCE), PREVALENCE, str(path))
