"""`themebook wave …`: add a wave, remove one, accept a changed raw file; survey.yaml keeps its comments."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from pipeline.foundation.contracts import CLOSED, REDACTIONS, RESPONDENTS, RESPONSES, UNITS
from pipeline.foundation.errors import ThemebookError, listing
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import path_of, read_bytes, read_text, sha256_of, write_bytes, write_text
from pipeline.project.create import wave_files
from pipeline.survey.description import SURVEY_FILE, ledger_path, load_survey, verified_path
from pipeline.survey.formats import read_export
from pipeline.survey.ingest import ingest
from pipeline.text.encoder import vectors_path


def add(pair: str) -> str:
    """Add a wave, ``ID=FILE``: the file is copied to ``data/raw`` and named in survey.yaml.

    Raises
    ------
    ThemebookError
        If the wave is there already, or the file's columns do not match the survey's.
    """
    survey = load_survey()
    ((wave, path),) = wave_files([pair]).items()
    if wave in survey.waves:
        raise ThemebookError(f"{SURVEY_FILE} has a wave `{wave}` already.", "Give the new wave another id.")
    ingest(read_export(path), survey, wave, load_params().ingest)
    target = Path(f"data/raw/{wave}{path.suffix.lower()}")
    write_bytes(target, read_bytes(path, ""))
    _edit(
        lambda content: content["waves"].update(
            {_quoted(wave): {"file": target.as_posix(), "sha256": sha256_of(path, "")}}
        )
    )
    return f"wave {wave} added; run `dvc repro`"


def remove(wave: str) -> str:
    """Take a wave out of survey.yaml and delete what the stages made of it; its raw file stays."""
    _known(wave)
    if len(load_survey().waves) == 1:
        raise ThemebookError(f"{wave} is the only wave of {SURVEY_FILE}.", "A survey needs one.")
    _edit(lambda content: content["waves"].pop(wave))
    made = [path_of(contract, wave) for contract in (RESPONSES, CLOSED, RESPONDENTS, UNITS, REDACTIONS)]
    for path in [*made, ledger_path(wave), verified_path(wave), vectors_path(wave)]:
        path.unlink(missing_ok=True)
    return f"wave {wave} removed, its raw file kept; run `dvc repro`"


def accept(wave: str) -> str:
    """Take the raw file as it is now for the wave's file."""
    _known(wave)
    described = load_survey().waves[wave]
    found = sha256_of(Path(described.file), "Put the file there first.")
    read_export(Path(described.file), described.header_rows)
    _edit(lambda content: content["waves"][wave].update({"sha256": found}))
    return f"wave {wave}: {described.file} accepted as it is (sha256 {found[:12]}…); run `dvc repro`"


def _known(wave: str) -> None:
    waves = load_survey().waves
    if wave not in waves:
        raise ThemebookError(f"{SURVEY_FILE} has no wave `{wave}`.", f"Known: {listing(waves)}.")


def _quoted(wave: str) -> Any:
    from ruamel.yaml.scalarstring import SingleQuotedScalarString

    return SingleQuotedScalarString(wave)


def _edit(change: Any) -> None:
    """Change survey.yaml in place, comments and order kept."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 110
    content = yaml.load(read_text(SURVEY_FILE, "Run in a project folder."))
    change(content)
    buffer = io.StringIO()
    yaml.dump(content, buffer)
    write_text(SURVEY_FILE, buffer.getvalue())
    load_survey()
