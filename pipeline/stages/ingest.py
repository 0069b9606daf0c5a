"""Read one wave's raw file into responses, closed answers, respondents and a ledger."""

from __future__ import annotations

from pathlib import Path

from pipeline.foundation.contracts import CLOSED, RESPONDENTS, RESPONSES
from pipeline.foundation.log import notice, say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import write_json, write_table
from pipeline.survey.description import ledger_path, load_survey
from pipeline.survey.formats import read_export
from pipeline.survey.ingest import ingest


def run(wave: str) -> None:
    """Ingest one wave."""
    survey, params = load_survey(), load_params().ingest
    described = survey.waves[wave]
    export = read_export(Path(described.file), described.header_rows)
    for line in export.notices:
        notice(line)
    result = ingest(export, survey, wave, params)
    write_table(result.responses, RESPONSES, wave)
    write_table(result.closed, CLOSED, wave)
    write_table(result.respondents, RESPONDENTS, wave)
    write_json(ledger_path(wave), result.ledger)
    say(f"ingest {wave}", respondents=len(result.respondents), cells=result.ledger["cells"], **result.ledger["status"])
