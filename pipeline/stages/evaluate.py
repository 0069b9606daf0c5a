"""Write flat figures on agreement, coverage and stability for `dvc metrics`."""

from __future__ import annotations

from pipeline.evidence.agreement import measure_agreement
from pipeline.evidence.coverage import measure_coverage, metrics_path
from pipeline.evidence.workload import measure_workload
from pipeline.foundation.contracts import CANDIDATE_UNITS, CANDIDATES, HELDOUT, MENTIONS, RESPONSES, UNIT_CODES, UNITS
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_json, read_table, read_waves, write_json
from pipeline.survey.description import load_survey
from pipeline.themes.codebook import EFFECTIVE_FILE, from_effective
from pipeline.themes.gold import match_gold, read_gold


def run(wave: str | None = None) -> None:
    """Evaluate the coding and the candidates."""
    survey = load_survey()
    responses = read_waves(RESPONSES, survey.waves)
    codebook = from_effective(read_json(EFFECTIVE_FILE))
    heldout, gold = read_table(HELDOUT), match_gold(read_gold(), survey, responses, codebook)
    agreement = measure_agreement(heldout, gold)
    coverage = measure_coverage(
        responses,
        read_waves(UNITS, survey.waves),
        read_table(MENTIONS),
        read_table(UNIT_CODES),
        read_table(CANDIDATES),
        read_table(CANDIDATE_UNITS),
    )
    write_json(metrics_path("agreement"), agreement)
    write_json(metrics_path("coverage"), coverage)
    write_json(metrics_path("workload"), measure_workload(heldout, gold, load_params().code.risk))
    say("evaluate", **{name: agreement[name] for name in ("answers", "micro_f1", "macro_f1") if name in agreement})
