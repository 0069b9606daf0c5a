"""Shares counted from tables, as the stage `measure` counts them."""

from pipeline.evidence.prevalence import measure_prevalence
from pipeline.evidence.segments import segments_of
from pipeline.evidence.shares import share_cells


def prevalence_of(mentions, respondents, closed, survey, params, reading=None):
    cells, sampled = share_cells(mentions, respondents, reading), survey.sampling == "probability"
    return measure_prevalence(cells, segments_of(survey, closed), sampled, params)
