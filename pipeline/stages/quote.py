"""Choose the quotes that show each theme, and apply the reviewers' decisions on them."""

from __future__ import annotations

from pipeline.evidence.quotes import choose_quotes
from pipeline.foundation.contracts import CLOSED, MENTIONS, QUOTES, REDACTIONS, RESPONSES, UNIT_CODES, UNITS
from pipeline.foundation.log import notice, say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_table, read_waves, write_table
from pipeline.survey.description import load_survey
from pipeline.text.encoder import load_vectors
from pipeline.text.shown import redactions_by_response
from pipeline.themes.decisions import approvals, load_decisions


def run(wave: str | None = None) -> None:
    """Choose quotes over all listed waves."""
    survey, params = load_survey(), load_params()
    responses = read_waves(RESPONSES, survey.waves)
    standing, conflicts = approvals(load_decisions(), responses.set_index("response_id")["text"])
    for line in conflicts:
        notice(f"a decision was not applied: {line}")
    quotes = choose_quotes(
        read_table(MENTIONS),
        read_table(UNIT_CODES),
        read_waves(UNITS, survey.waves),
        load_vectors(survey.waves),
        responses,
        redactions_by_response(read_waves(REDACTIONS, survey.waves)),
        read_waves(CLOSED, survey.waves),
        survey,
        standing,
        params.quote,
    )
    write_table(quotes, QUOTES)
    say("quote", quotes=len(quotes), approved=int(quotes["approved"].sum()), conflicts=len(conflicts))
