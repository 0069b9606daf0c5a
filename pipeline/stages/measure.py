"""Count shares of themes and of closed answers, their changes from wave to wave, and what became of published ones."""

from __future__ import annotations

from pipeline.evidence.breaks import held_columns
from pipeline.evidence.changes import compare_published, measure_changes
from pipeline.evidence.closed import asked_of, headlines_of, measure_closed
from pipeline.evidence.crosstabs import measure_crosstabs
from pipeline.evidence.nets import measure_nets
from pipeline.evidence.numeric import measure_numbers
from pipeline.evidence.prevalence import measure_prevalence
from pipeline.evidence.reading import read_of
from pipeline.evidence.releases import load_releases
from pipeline.foundation.contracts import (
    CHANGES,
    CLOSED,
    CROSSTABS,
    FIGURES,
    GOLD,
    HEADLINES,
    HELDOUT,
    MENTIONS,
    NETS,
    NUMBERS,
    PREVALENCE,
    PUBLISHED,
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
    reading = read_of(mentions, read_table(HELDOUT), gold_of(read_table(GOLD)), responses)
    prevalence = measure_prevalence(mentions, respondents, closed, survey, params, reading)
    ledgers = {wave: read_json(ledger_path(wave)) for wave in survey.waves}
    codebook, asked, releases = from_effective(read_json(EFFECTIVE_FILE)), asked_of(ledgers), load_releases()
    figures = measure_closed(closed, respondents, asked, survey, params.confidence)
    nets = measure_nets(mentions, respondents, closed, survey, codebook, params, reading)
    crosstabs = measure_crosstabs(mentions, respondents, closed, survey, params, reading)
    changes = measure_changes(prevalence, survey, held_columns(ledgers), releases)
    published = compare_published(prevalence, releases, codebook)
    write_table(prevalence, PREVALENCE)
    write_table(figures, FIGURES)
    write_table(headlines_of(figures), HEADLINES)
    write_table(measure_numbers(closed, respondents, asked, survey), NUMBERS)
    write_table(nets, NETS)
    write_table(crosstabs, CROSSTABS)
    write_table(changes, CHANGES)
    write_table(published, PUBLISHED)
    say(
        "measure",
        shares=len(prevalence),
        closed=len(figures),
        nets=len(nets),
        crosstabs=len(crosstabs),
        changes=len(changes),
        published=len(published),
    )
