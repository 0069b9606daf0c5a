"""`themebook release NAME`: what is published is frozen, with the hash of every file, and never changes."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.evidence.releases import CARD as RELEASE_CARD
from pipeline.evidence.releases import CODEBOOK, FOLDER, PREVALENCE_FILE, ROWS, checked_card, load_release
from pipeline.foundation.contracts import MENTIONS, PREVALENCE
from pipeline.foundation.errors import ThemebookError, listing
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import path_of, read_bytes, read_table, sha256_of, write_bytes, write_json
from pipeline.project.modules import code_hash
from pipeline.report.wording import counted
from pipeline.survey.description import SURVEY_FILE, load_survey
from pipeline.themes.card import CARD as CODER_CARD
from pipeline.themes.card import FOLDER as CODER
from pipeline.themes.codebook import CODEBOOK_FILE, EFFECTIVE_FILE
from pipeline.themes.decisions import DECISIONS
from pipeline.themes.gold import GOLD_FILE

NAME = re.compile(r"[A-Za-z0-9_-]+")
LIBRARIES = ("dvc", "numpy", "pandas", "scikit-learn", "sentence-transformers", "spacy", "torch")


def release(name: str) -> list[str]:
    """Freeze codebook, coder, mentions and shares as they are.

    What git can keep goes to ``models/releases/NAME``: the effective codebook, the shares, survey.yaml, params.yaml and
    a card with all hashes. Mentions hold respondent ids, and the coder is large: they go to ``models/released/NAME``,
    which git ignores and DVC carries (``dvc push``).

    Parameters
    ----------
    name : str
        Letters, digits, ``_`` and ``-``.

    Returns
    -------
    list of str
        What was frozen and what to do next, a line each.

    Raises
    ------
    ThemebookError
        If the name is taken or not plain, or the outputs are not up to date with their inputs.
    """
    if not NAME.fullmatch(name):
        raise ThemebookError(f"release `{name}`: a name holds only letters, digits, `_` and `-`.", "Try 2025.")
    survey, params = load_survey(), load_params()
    folder, rows = FOLDER / name, ROWS / name
    if (folder / RELEASE_CARD).exists():
        raise ThemebookError(f"There is a release `{name}` already.", "A release never changes: give another name.")
    _must_be_up_to_date()
    shares = read_table(PREVALENCE)
    if shares.empty:
        raise ThemebookError("No theme has been counted yet.", "Write themes into the codebook and run `dvc repro`.")
    copies = {
        EFFECTIVE_FILE: folder / CODEBOOK,
        path_of(PREVALENCE): folder / PREVALENCE_FILE,
        SURVEY_FILE: folder / SURVEY_FILE.name,
        Path("params.yaml"): folder / "params.yaml",
        path_of(MENTIONS): rows / "mentions.parquet",
        CODER_CARD: rows / "coder/card.json",
        CODER / "coder.safetensors": rows / "coder/coder.safetensors",
    }
    for source, target in copies.items():
        write_bytes(target, read_bytes(source, "Run `dvc repro`, which makes it."))
    _dvc("add", str(rows))
    card = {
        "name": name,
        "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "waves": {wave: described.sha256 for wave, described in survey.waves.items()},
        "files": {target.as_posix(): sha256_of(target, "") for target in copies.values()},
        "made_from": {
            "codebook_sha256": sha256_of(CODEBOOK_FILE, ""),
            "gold_sha256": sha256_of(GOLD_FILE, ""),
            "decisions_sha256": _hash_of_folder(DECISIONS),
        },
        "seed": params.seed,
        "version": __version__,
        "code_sha256": code_hash(),
        "versions": {"python": platform.python_version(), **{library: version(library) for library in LIBRARIES}},
        "git": _git(),
    }
    # The card is written last: without it there is no release, and the same name can be tried again.
    write_json(folder / RELEASE_CARD, card)
    return [
        f"release {name}: {counted(len(shares), 'share')} of {counted(len(survey.waves), 'wave')}: "
        f"{listing(survey.waves)}; every file with its hash in {folder / RELEASE_CARD}",
        f"for git: {folder} and {rows}.dvc; the coder and the mentions, which hold respondents' ids, are in {rows}, "
        "which git ignores: `dvc push` carries them",
        "run `dvc repro`: the report shows these figures as published from now on",
    ]


def listed() -> list[str]:
    """List the releases, each checked, with what it covers."""
    lines = []
    for path in sorted(FOLDER.glob(f"*/{RELEASE_CARD}")):
        name = path.parent.name
        try:
            found, card = load_release(name), checked_card(name)
        except ThemebookError as error:
            lines.append(f"{name}: NOT AS RELEASED. {error}")
            continue
        there = all(Path(file).exists() for file in card["files"])
        themes, shares = len(found.codebook.themes), len(found.prevalence)
        lines.append(
            f"{name}: {found.created[:10]}, waves {listing(found.waves)}, {counted(themes, 'theme')}, "
            f"{counted(shares, 'share')}; hashes good"
            + ("" if there else f"; {ROWS / name} is not here (`dvc pull` brings it)")
        )
    return lines or ["no release yet: `themebook release NAME` makes one"]


def _must_be_up_to_date() -> None:
    """Refuse where DVC finds any stage whose inputs or outputs are not those of the last run."""
    stale = json.loads(_dvc("status", "--json", "dvc.yaml") or "{}")
    if stale:
        raise ThemebookError(
            f"The outputs are not up to date: {listing(stale)}.",
            "Run `dvc repro`, look at the report, and release then.",
        )


def _dvc(*command: str) -> str:
    done = subprocess.run([sys.executable, "-m", "dvc", *command], capture_output=True, text=True)
    if done.returncode:
        raise ThemebookError(
            f"`dvc {' '.join(command)}` failed: {done.stderr.strip()[:300]}", "Mend that and try again."
        )
    return done.stdout


def _git() -> dict[str, Any]:
    """Say which commit the folder is at, if any, and whether files differ from it."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True)
    if commit.returncode:
        return {}
    changed = subprocess.run(["git", "status", "--porcelain", "--", "."], capture_output=True, text=True).stdout
    return {"commit": commit.stdout.strip(), "changed_files": len(changed.splitlines())}


def _hash_of_folder(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*.jsonl"))
    lines = [f"{path.relative_to(folder).as_posix()} {sha256_of(path, '')}" for path in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
