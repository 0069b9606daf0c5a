"""Count shares of themes and of closed answers, their differences and changes, and what became of published ones."""

from __future__ import annotations

from pipeline.evidence.breaks import held_columns
from pipeline.evidence.changes import compare_published, measure_changes
from pipeline.evidence.closed import asked_of, headlines_of, measure_closed
from pipeline.evidence.crosstabs import measure_crosstabs
from pipeline.evidence.differences import measure_differences
from pipeline.evidence.nets import measure_nets
from pipeline.evidence.numeric import measure_numbers
from pipeline.evidence.plan import measure_reading
from pipeline.evidence.prevalence import count_shares
from pipeline.evidence.reading import read_of
from pipeline.evidence.releases import load_releases
from pipeline.evidence.shares import share_cells
from pipeline.foundation import contracts as c
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import path_of, read_json, read_table, read_waves, write_table
from pipeline.survey.description import ledger_path, load_survey
from pipeline.themes.codebook import EFFECTIVE_FILE, from_effective
from pipeline.themes.gold import gold_of


def run(wave: str | None = None) -> None:
    """Measure all listed waves."""
    survey, params = load_survey(), load_params().measure
    closed, respondents = read_waves(c.CLOSED, survey.waves), read_waves(c.RESPONDENTS, survey.waves)
    mentions, responses = read_table(c.MENTIONS), read_waves(c.RESPONSES, survey.waves)
    ledgers = {wave: read_json(ledger_path(wave)) for wave in survey.waves}
    codebook, asked, releases = from_effective(read_json(EFFECTIVE_FILE)), asked_of(ledgers), load_releases()
    known = read_of(mentions, read_table(c.HELDOUT), gold_of(read_table(c.GOLD)), responses)
    cells = share_cells(mentions, respondents, known)
    prevalence = count_shares(cells, closed, survey, params)
    figures = measure_closed(closed, respondents, asked, survey, params.confidence)
    made = (
        (c.PREVALENCE, prevalence),
        (c.DIFFERENCES, measure_differences(cells, closed, survey, params)),
        (c.READING, measure_reading(cells, survey.sampling == "probability", params.confidence)),
        (c.NETS, measure_nets(mentions, respondents, closed, survey, codebook, params, known)),
        (c.FIGURES, figures),
        (c.HEADLINES, headlines_of(figures)),
        (c.NUMBERS, measure_numbers(closed, respondents, asked, survey)),
        (c.CROSSTABS, measure_crosstabs(cells, closed, survey, params)),
        (c.CHANGES, measure_changes(prevalence, survey, held_columns(ledgers), releases)),
        (c.PUBLISHED, compare_published(prevalence, releases, codebook)),
    )
    for contract, table in made:
        write_table(table, contract)
    say("measure", **{path_of(contract).stem: len(table) for contract, table in made})
