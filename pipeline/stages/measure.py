"""Count shares of themes and of closed answers, and their changes from wave to wave."""

from __future__ import annotations

from pipeline.evidence.headlines import measure_headlines
from pipeline.evidence.prevalence import measure_changes, measure_prevalence
from pipeline.foundation.contracts import CHANGES, CLOSED, HEADLINES, MENTIONS, PREVALENCE, RESPONDENTS
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_table, read_waves, write_table
from pipeline.survey.description import load_survey


def run(wave: str | None = None) -> None:
    """Measure all listed waves."""
    survey, params = load_survey(), load_params().measure
    closed, respondents = read_waves(CLOSED, survey.waves), read_waves(RESPONDENTS, survey.waves)
    prevalence = measure_prevalence(read_table(MENTIONS), respondents, closed, survey, params)
    headlines = measure_headlines(closed, respondents, survey)
    changes = measure_changes(prevalence, list(survey.waves))
    write_table(prevalence, PREVALENCE)
    write_table(headlines, HEADLINES)
    write_table(changes, CHANGES)
    say("measure", shares=len(prevalence), headlines=len(headlines), changes=len(changes))
