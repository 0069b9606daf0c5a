"""`themebook wave …`: add a wave, remove one, accept a changed raw file; survey.yaml keeps its comments."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from pipeline.foundation.contracts import CLOSED, REDACTIONS, RESPONDENTS, RESPONSES, SIGNS_OF_PROPOSALS, UNITS
from pipeline.foundation.errors import ThemebookError, listing
from pipeline.foundation.params import load_params, parse
from pipeline.foundation.tables import path_of, read_bytes, read_text, sha256_of, write_bytes, write_text
from pipeline.project.columns import safe, unsettled, write_into, yaml_editor
from pipeline.project.create import wave_files
from pipeline.survey.description import SURVEY_FILE, Survey, ledger_path, load_survey, verified_path
from pipeline.survey.formats import Export, read_export
from pipeline.survey.ingest import ingest
from pipeline.survey.matched import Matching, Replies
from pipeline.survey.matching import match
from pipeline.text.encoder import vectors_path


def add(
    pair: str,
    replies: Replies = Replies(),  # noqa: B008 (frozen)
    changed: Mapping[str, Any] | None = None,
    invited: int | None = None,
    ask: Callable[[Matching, Replies], Replies] | None = None,
) -> list[str]:
    """Add a wave, ``ID=FILE``: the file is copied to ``data/raw`` and named in survey.yaml.

    Nothing is written before every column is settled and the file was read as the survey describes it.

    Parameters
    ----------
    pair : str
        The wave's id and its file.
    replies : Replies
        What flags say of columns that do not match.
    changed : mapping, optional
        What was done otherwise than in the wave before: ``wording``, ``mode``, ``sampling``.
    invited : int, optional
        How many people were asked.
    ask : callable, optional
        Asks the user about what is open, and adds the reply; without it the first open thing is an error.

    Returns
    -------
    list of str
        What was done, a line each.

    Raises
    ------
    ThemebookError
        If the wave is there already, or a column is not settled.
    """
    survey = load_survey()
    ((wave, path),) = wave_files([pair]).items()
    if wave in survey.waves:
        raise ThemebookError(f"{SURVEY_FILE} has a wave `{wave}` already.", "Give the new wave another id.")
    export = read_export(path)
    earlier = _earlier(survey)
    matching = match(survey, export, wave, earlier, replies)
    while ask is not None and not matching.settled:
        replies = ask(matching, replies)
        matching = match(survey, export, wave, earlier, replies)
    if not matching.settled:
        raise unsettled(matching, wave, str(path))
    target = Path(f"data/raw/{wave}{path.suffix.lower()}")
    described: dict[str, Any] = {"file": target.as_posix(), "sha256": export.sha256}
    described |= {"header_rows": export.header_rows} if export.header_rows > 1 else {}
    described |= {"invited": invited} if invited else {}
    described |= {"changed": {name: value for name, value in changed.items() if value}} if changed else {}

    def change(content: Any) -> None:
        content["waves"][safe(wave)] = safe(described)
        write_into(content, matching, wave)

    text = _edited(change)
    ingest(export, parse(Survey, yaml.safe_load(text), str(SURVEY_FILE)), wave, load_params().ingest)
    write_bytes(target, read_bytes(path, ""))
    write_text(SURVEY_FILE, text)
    told = [f"{matching.same} columns matched by name", *export.notices, *matching.notices]
    told += [f"renamed: `{old}` of `{name}` is now `{new}`" for new, (name, old) in matching.renamed.items()]
    told += [
        f"{name}: {f'`{own}` in this wave' if own else 'none in this wave'}" for name, own in matching.special.items()
    ]
    told += [f"not asked in {wave}: `{name}`" for name in matching.not_asked]
    return [*told, f"wave {wave} added; run `dvc repro`"]


def _earlier(survey: Survey) -> dict[str, Export]:
    """The files of the waves that are there, to compare values with; a file that cannot be read suggests nothing."""
    found = {}
    for wave, described in survey.waves.items():
        with suppress(ThemebookError):
            found[wave] = read_export(Path(described.file), described.header_rows)
    return found


def remove(wave: str) -> str:
    """Take a wave out of survey.yaml and delete what the stages made of it; its raw file stays."""
    _known(wave)
    if len(load_survey().waves) == 1:
        raise ThemebookError(f"{wave} is the only wave of {SURVEY_FILE}.", "A survey needs one.")
    _edit(lambda content: content["waves"].pop(wave))
    contracts = (RESPONSES, CLOSED, RESPONDENTS, UNITS, REDACTIONS, SIGNS_OF_PROPOSALS)
    made = [path_of(contract, wave) for contract in contracts]
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


def _edit(change: Callable[[Any], Any]) -> None:
    """Change survey.yaml in place."""
    write_text(SURVEY_FILE, _edited(change))
    load_survey()


def _edited(change: Callable[[Any], Any]) -> str:
    """Give survey.yaml with a change, comments and order kept."""
    editor = yaml_editor()
    content = editor.load(read_text(SURVEY_FILE, "Run in a project folder."))
    change(content)
    buffer = io.StringIO()
    editor.dump(content, buffer)
    return buffer.getvalue()
