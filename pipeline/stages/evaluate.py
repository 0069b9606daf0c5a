"""Write flat figures on agreement, coverage, stability and the theme set for `dvc metrics`, and check the codebook."""

from __future__ import annotations

from pipeline.evidence.agreement import measure_agreement
from pipeline.evidence.checked import check_codebook
from pipeline.evidence.compared import compare_readers, flat_agreement
from pipeline.evidence.coverage import measure_coverage, metrics_path
from pipeline.evidence.disagreements import list_disagreements
from pipeline.evidence.told import read_told
from pipeline.evidence.workload import measure_workload
from pipeline.foundation.contracts import (
    AGREEMENT,
    CANDIDATE_UNITS,
    CANDIDATES,
    DISAGREEMENTS,
    FINDINGS,
    GOLD,
    HELDOUT,
    RESPONSES,
    SEVERAL,
    THEME_STABILITY,
    UNIT_CODES,
    UNITS,
)
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_json, read_table, read_waves, write_json, write_table
from pipeline.survey.description import load_survey
from pipeline.text.encoder import MANIFEST, load_encoder, load_vectors, vectors_of
from pipeline.themes.card import load_coder
from pipeline.themes.codebook import EFFECTIVE_FILE, from_effective
from pipeline.themes.gold import gold_of
from pipeline.themes.steadiness import theme_cards
from pipeline.themes.tuned import coder_space


def run(wave: str | None = None) -> None:
    """Evaluate the coding and the candidates."""
    survey, params = load_survey(), load_params()
    responses = read_waves(RESPONSES, survey.waves)
    codebook = from_effective(read_json(EFFECTIVE_FILE))
    gold = gold_of(read_table(GOLD))
    units, mentions = read_waves(UNITS, survey.waves), read_told()
    heldout = read_table(HELDOUT)
    several = read_table(SEVERAL)
    compared = compare_readers(heldout, gold, several, codebook, params.measure.confidence, params.seed)
    write_table(compared, AGREEMENT)
    write_table(list_disagreements(heldout, gold, several, codebook), DISAGREEMENTS)
    agreement = measure_agreement(heldout, gold) | flat_agreement(compared)
    coverage = measure_coverage(
        responses,
        units,
        mentions,
        read_table(UNIT_CODES),
        read_table(CANDIDATES),
        read_table(CANDIDATE_UNITS),
    )
    findings, themeset = check_codebook(
        codebook,
        list(survey.open_questions),
        responses,
        units,
        load_vectors(survey.waves),
        mentions,
        gold,
        load_encoder(params.embed, read_json(MANIFEST)).encode,
        params.code,
        params.seed,
    )
    write_table(findings, FINDINGS)
    coder, words, _, _ = load_coder()
    encoder, embedded, _ = coder_space(params.embed, survey.waves)
    read = vectors_of(embedded)
    steady = theme_cards(
        codebook, responses, units, read, gold, encoder.encode, coder, words, params.code.resamples, params.seed
    )
    write_table(steady, THEME_STABILITY)
    write_json(metrics_path("themeset"), themeset)
    write_json(metrics_path("agreement"), agreement)
    write_json(metrics_path("coverage"), coverage)
    write_json(metrics_path("workload"), measure_workload(heldout, gold, params.code.risk))
    say("evaluate", **{name: agreement[name] for name in ("answers", "micro_f1", "macro_f1") if name in agreement})
    say("evaluate", **{name: int(themeset[name]) for name in ("themes", "themes_flagged", "examples_read")})
