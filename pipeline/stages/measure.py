"""Count shares of themes and of closed answers, their differences and changes, and what became of published ones."""

from __future__ import annotations

from pipeline.evidence.breaks import held_columns
from pipeline.evidence.changes import compare_published, measure_changes
from pipeline.evidence.differences import measure_differences
from pipeline.evidence.headlines import measure_headlines
from pipeline.evidence.plan import measure_reading
from pipeline.evidence.prevalence import count_shares
from pipeline.evidence.reading import read_of
from pipeline.evidence.releases import load_releases
from pipeline.evidence.shares import share_cells
from pipeline.foundation.contracts import (
    CHANGES,
    CLOSED,
    DIFFERENCES,
    GOLD,
    HEADLINES,
    HELDOUT,
    MENTIONS,
    PREVALENCE,
    PUBLISHED,
    READING,
    RESPONDENTS,
    RESPONSES,
)
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_json, read_table, read_waves, write_table
from pipeline.survey.description import ledger_path, load_survey
from pipeline.themes.codebook import EFFECTIVE_FILE, from_effective
from pipeline.themes.gold import gold_of


def run(wave: str | None = None) -> None:
    """Measure all listed waves."""
    survey, params = load_survey(), load_params().measure
    closed, respondents = read_waves(CLOSED, survey.waves), read_waves(RESPONDENTS, survey.waves)
    mentions, responses = read_table(MENTIONS), read_waves(RESPONSES, survey.waves)
    known = read_of(mentions, read_table(HELDOUT), gold_of(read_table(GOLD)), responses)
    cells = share_cells(mentions, respondents, known)
    prevalence = count_shares(cells, closed, survey, params)
    differences = measure_differences(cells, closed, survey, params)
    reading = measure_reading(cells, survey.sampling == "probability", params.confidence)
    headlines = measure_headlines(closed, respondents, survey)
    releases = load_releases()
    held = held_columns({wave: read_json(ledger_path(wave)) for wave in survey.waves})
    changes = measure_changes(prevalence, survey, held, releases)
    published = compare_published(prevalence, releases, from_effective(read_json(EFFECTIVE_FILE)))
    write_table(prevalence, PREVALENCE)
    write_table(headlines, HEADLINES)
    write_table(changes, CHANGES)
    write_table(differences, DIFFERENCES)
    write_table(reading, READING)
    write_table(published, PUBLISHED)
    counts = {"headlines": len(headlines), "changes": len(changes), "published": len(published)}
    say("measure", shares=len(prevalence), differences=len(differences), **counts)
