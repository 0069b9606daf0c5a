"""Find candidates in what the codebook leaves unexplained, and what is new in recent waves."""

from __future__ import annotations

import numpy as np

from pipeline.evidence.coverage import metrics_path
from pipeline.evidence.drift import drift_metrics, measure_drift
from pipeline.evidence.emerging import answers_of, find_news
from pipeline.evidence.told import read_told
from pipeline.foundation.contracts import (
    CANDIDATE_RESPONSES,
    CANDIDATE_UNITS,
    CANDIDATES,
    EMERGING,
    EMERGING_ANSWERS,
    HELDOUT,
    REDACTIONS,
    RESPONSES,
    UNIT_CODES,
    UNITS,
)
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_table, read_waves, write_json, write_table
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
    responses = read_waves(RESPONSES, survey.waves)
    stratum = (responses["wave"] + "\x1f" + responses["question_id"]).set_axis(responses["response_id"])
    open_units["stratum"] = open_units["response_id"].map(stratum)
    texts = responses.set_index("response_id")["text"].to_dict()
    redactions = redactions_by_response(read_waves(REDACTIONS, survey.waves))
    phrases = readable_phrases(params.segment)
    _, _, theme_ids, theme_vectors = load_coder()

    def look(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
        here = open_units.iloc[rows]
        return vectors(here["text_id"]), vectors(here["whole_id"]), shown_units(here, texts, redactions)

    found = discover(open_units, look, theme_ids, theme_vectors, phrases, params.discover, params.seed)
    write_table(found.candidates, CANDIDATES)
    write_table(found.units, CANDIDATE_UNITS)
    write_table(found.responses, CANDIDATE_RESPONSES)
    answers = answers_of(responses, units, read_told(), read_table(HELDOUT))

    def about(rows: np.ndarray) -> np.ndarray:
        return vectors(answers["text_id"].iloc[rows])

    def said(rows: np.ndarray) -> list[str]:
        return shown_units(answers.iloc[rows], texts, redactions)

    waves = list(survey.waves)
    news = find_news(answers, about, said, waves, phrases, params.seed)
    write_table(news.findings, EMERGING)
    write_table(news.answers, EMERGING_ANSWERS)
    write_json(metrics_path("drift"), drift_metrics(measure_drift(answers, about, waves, params.seed)))
    say("discover", unexplained=len(open_units), candidates=len(found.candidates), grouped=len(found.responses))
    say("discover", **{kind: int((news.findings["kind"] == kind).sum()) for kind in ("emerging", "fading")})
