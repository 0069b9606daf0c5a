"""The stamp of a project folder: which code made it, so that no folder mixes the work of two versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import read_json
from pipeline.project.modules import code_hash

STAMP = Path("models/themebook.json")


def stamp() -> dict[str, str]:
    """Say which version of this package, with which code, is installed."""
    return {"version": __version__, "code_sha256": code_hash()}


def check_stamp() -> None:
    """Refuse to run in a folder that another version of this package was recorded for.

    Raises
    ------
    ThemebookError
        If the recorded code differs from the installed one: the stages that are up to date were made by other code.
    """
    if not STAMP.exists():
        return
    recorded: dict[str, Any] = read_json(STAMP)
    installed = stamp()
    if recorded != installed:
        raise ThemebookError(
            f"{STAMP}: this folder was made with themebook {recorded.get('version')}, installed is "
            f"{installed['version']} with other code.",
            "`themebook check --fix` records the installed one; `dvc repro` then makes everything again.",
        )
