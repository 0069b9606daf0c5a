"""Find candidates in what the codebook leaves unexplained."""

from __future__ import annotations

from pipeline.foundation.contracts import (
    CANDIDATE_RESPONSES,
    CANDIDATE_UNITS,
    CANDIDATES,
    REDACTIONS,
    RESPONSES,
    UNIT_CODES,
    UNITS,
)
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_table, read_waves, write_table
from pipeline.survey.description import load_survey
from pipeline.text.encoder import load_vectors
from pipeline.text.shown import redactions_by_response, shown_units
from pipeline.themes.card import load_coder
from pipeline.themes.discovery import discover
from pipeline.themes.phrases import readable_phrases


def run(wave: str | None = None) -> None:
    """Discover candidates over all listed waves."""
    survey, params = load_survey(), load_params()
    units = read_waves(UNITS, survey.waves)
    coded = read_table(UNIT_CODES)
    whole = units[units["n"] == 0].set_index("response_id")["text_id"]
    open_units = units[(units["n"] > 0) & ~units["unit_id"].isin(coded["unit_id"])].reset_index(drop=True)
    open_units["whole_id"] = open_units["response_id"].map(whole)
    vectors = load_vectors(survey.waves)
    texts = read_waves(RESPONSES, survey.waves).set_index("response_id")["text"].to_dict()
    redactions = redactions_by_response(read_waves(REDACTIONS, survey.waves))
    _, _, theme_ids, theme_vectors = load_coder()
    found = discover(
        open_units,
        vectors(open_units["text_id"]),
        vectors(open_units["whole_id"]),
        shown_units(open_units, texts, redactions),
        theme_ids,
        theme_vectors,
        readable_phrases(params.segment),
        params.discover,
        params.seed,
    )
    write_table(found.candidates, CANDIDATES)
    write_table(found.units, CANDIDATE_UNITS)
    write_table(found.responses, CANDIDATE_RESPONSES)
    say("discover", unexplained=len(open_units), candidates=len(found.candidates), grouped=len(found.responses))
