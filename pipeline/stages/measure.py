"""Count shares of themes and of closed answers, their differences and changes, and what became of published ones."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipeline.evidence.breaks import held_columns
from pipeline.evidence.changes import compare_published, measure_changes
from pipeline.evidence.closed import asked_of, headlines_of, measure_closed
from pipeline.evidence.crosstabs import crossing_of, measure_crosstabs
from pipeline.evidence.differences import adjust_together, measure_differences
from pipeline.evidence.nets import measure_net, theme_nets
from pipeline.evidence.numeric import measure_numbers
from pipeline.evidence.plan import measure_reading
from pipeline.evidence.prevalence import measure_prevalence
from pipeline.evidence.reading import read_of
from pipeline.evidence.releases import load_releases
from pipeline.evidence.segments import segments_of
from pipeline.evidence.shares import in_blocks, numbered, share_cells
from pipeline.foundation import contracts as c
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import empty, path_of, read_json, read_table, read_waves, rows_of, write_table
from pipeline.survey.description import ledger_path, load_survey
from pipeline.themes.codebook import EFFECTIVE_FILE, from_effective
from pipeline.themes.gold import gold_of


def run(wave: str | None = None) -> None:
    """Measure all listed waves, some themes at a time."""
    survey, params = load_survey(), load_params().measure
    sampled, waves = survey.sampling == "probability", list(survey.waves)
    closed, respondents = read_waves(c.CLOSED, waves), read_waves(c.RESPONDENTS, waves)
    ledgers = {wave: read_json(ledger_path(wave)) for wave in waves}
    codebook, asked, releases = from_effective(read_json(EFFECTIVE_FILE)), asked_of(ledgers), load_releases()
    responses, heldout, gold = read_waves(c.RESPONSES, waves), read_table(c.HELDOUT), gold_of(read_table(c.GOLD))
    people = pd.Index(respondents["respondent_id"].unique()).sort_values()
    weights, ticked = numbered(people, respondents), numbered(people, closed)
    segments, crossing = segments_of(survey, ticked), crossing_of(survey, ticked)

    def mentions_of(themes: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
        rows = read_table(c.MENTIONS, where=[[("theme_id", "in", set(themes))]])
        mine = numbered(people, rows, ("wave", "question_id", "theme_id"))
        return mine, read_of(mine, heldout, gold, responses)

    shares, compared, reading, crossed, nets = [], [], [], [], []
    for themes in in_blocks(sorted(theme.id for theme in codebook.themes), rows_of(c.MENTIONS)):
        mentions, known = mentions_of(themes)
        cells = share_cells(mentions, weights, known)
        shares.append(measure_prevalence(cells, segments, sampled, params))
        compared.append(measure_differences(cells, segments, waves, sampled, params))
        reading.append(measure_reading(cells, sampled, params.confidence))
        crossed.append(measure_crosstabs(cells, crossing, sampled, params))
    for net in theme_nets(survey, codebook):
        if net.themes:
            mentions, known = mentions_of(net.themes)
            nets.append(measure_net(net, mentions, weights, segments, sampled, params, known))
    prevalence = _joined(shares, c.PREVALENCE)
    figures = measure_closed(closed, respondents, asked, survey, params.confidence)
    made = (
        (c.PREVALENCE, prevalence),
        (c.DIFFERENCES, adjust_together(_joined(compared, c.DIFFERENCES))),
        (c.READING, _joined(reading, c.READING)),
        (c.NETS, _joined(nets, c.NETS)),
        (c.FIGURES, figures),
        (c.HEADLINES, headlines_of(figures)),
        (c.NUMBERS, measure_numbers(closed, respondents, asked, survey)),
        (c.CROSSTABS, _joined(crossed, c.CROSSTABS)),
        (c.CHANGES, measure_changes(prevalence, survey, held_columns(ledgers), releases)),
        (c.PUBLISHED, compare_published(prevalence, releases, codebook)),
    )
    for contract, table in made:
        write_table(table, contract)
    say("measure", **{path_of(contract).stem: len(table) for contract, table in made})


def _joined(parts: Sequence[pd.DataFrame], contract: c.Contract) -> pd.DataFrame:
    return pd.concat([empty(contract), *parts], ignore_index=True)
