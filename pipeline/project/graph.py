"""The pipeline as DVC knows it: one definition, written to dvc.yaml of this repository and of every project folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.project.modules import code_of
from pipeline.project.stamp import STAMP

SURVEY = "data/survey.yaml"
# Small files for git rather than DVC's cache. Not those that name options (headlines, closed, crosstabs): an
# export's can hold what a respondent wrote beside "other". Nor numbers.csv: least and most are single answers.
KEPT_BY_GIT = tuple(f"reports/{name}.csv" for name in ("changes", "published", "nets", "agreement", "sentences"))
# DVC's own templates would pile up the rows of all waves, questions and segments on one bar.
PLOT_TEMPLATE = Path(".dvc/plots/prevalence.json")
PLOT: dict[str, Any] = {
    "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
    "data": {"values": "<DVC_METRIC_DATA>"},
    "title": "<DVC_METRIC_TITLE>",
    "transform": [{"filter": "datum.segment === '' && datum.question_id === ''"}],
    "mark": "bar",
    "encoding": {
        "x": {"field": "share", "type": "quantitative", "title": "share", "axis": {"format": "%"}},
        "y": {"field": "theme_id", "type": "nominal", "title": "theme"},
        "yOffset": {"field": "rev"},
        "color": {"field": "rev", "type": "nominal", "title": "version"},
        "column": {"field": "wave", "type": "nominal", "title": "wave"},
    },
}


@dataclass(frozen=True)
class Stage:
    """One stage: what it reads, the keys it depends on, and what it writes.

    ``{wave}`` in a path makes sense only where ``per_wave`` is true.
    """

    name: str
    deps: tuple[str, ...]
    outs: tuple[str, ...]
    params: tuple[str, ...] = ()
    # Not the questions: who reads them depends on `data/responses`, whose ledgers say how they are described.
    survey: tuple[str, ...] = ("waves",)
    per_wave: bool = False
    metrics: tuple[str, ...] = ()
    plots: tuple[str, ...] = ()


STAGES = (
    Stage(
        "verify",
        # The folder, not the file: DVC stops with a bare errno at a missing file, and never asks us.
        deps=("data/raw",),
        survey=("waves.{wave}",),
        outs=("data/responses/{wave}.verified.json",),
        per_wave=True,
    ),
    Stage(
        "ingest",
        deps=("data/responses/{wave}.verified.json",),
        params=("ingest",),
        survey=("questions", "respondent_id", "weight", "waves.{wave}"),
        outs=tuple(
            f"data/responses/{{wave}}{end}"
            for end in (".parquet", ".closed.parquet", ".respondents.parquet", ".ledger.json")
        ),
        per_wave=True,
    ),
    Stage(
        "segment",
        deps=("data/responses/{wave}.parquet", "models/spacy.json"),
        params=("segment",),
        survey=(),
        outs=tuple(f"data/units/{{wave}}{end}" for end in (".parquet", ".redactions.parquet", ".signs.parquet")),
        per_wave=True,
    ),
    Stage(
        "embed",
        deps=("data/responses/{wave}.parquet", "data/units/{wave}.parquet", "models/encoder.json"),
        params=("embed",),
        survey=(),
        outs=("data/embeddings/{wave}.safetensors",),
        per_wave=True,
    ),
    Stage(
        "tune",
        deps=("data/responses", "data/units", "data/codebook/codebook.yaml", "models/encoder.json"),
        params=("seed", "embed", "tune"),
        outs=("models/tuned",),
    ),
    Stage(
        "code",
        deps=(
            "data/responses",
            "data/units",
            "data/embeddings",
            "data/codebook",
            "models/tuned",
            "models/encoder.json",
        ),
        params=("seed", "embed", "code"),
        outs=(
            "data/coded/units.parquet",
            "data/coded/mentions.parquet",
            "data/coded/heldout.parquet",
            "data/coded/queue.parquet",
            "data/coded/gold.parquet",
            "data/coded/several.parquet",
            "data/coded/codebook.json",
            "data/coded/proposals.parquet",
            "data/coded/contradictions.parquet",
            "models/coder",
        ),
    ),
    Stage(
        "discover",
        deps=(
            "data/responses",
            "data/units",
            "data/embeddings",
            "data/coded/units.parquet",
            "data/coded/mentions.parquet",
            "data/coded/heldout.parquet",
            "models/coder",
        ),
        params=("seed", "segment", "discover"),
        outs=(
            *(f"data/candidates/{name}.parquet" for name in ("candidates", "units", "responses")),
            "data/coded/emerging.parquet",
            "data/coded/emerging_answers.parquet",
        ),
        metrics=("reports/metrics/drift.json",),
    ),
    Stage(
        "quote",
        deps=(
            "data/responses",
            "data/units",
            "data/embeddings",
            "data/coded/mentions.parquet",
            "data/coded/units.parquet",
            "data/codebook/codebook.yaml",
            "data/codebook/decisions",
            "models/spacy.json",
        ),
        params=("segment", "quote"),
        outs=("data/coded/quotes.parquet",),
    ),
    Stage(
        "measure",
        deps=(
            "data/responses",
            "data/coded/mentions.parquet",
            "data/coded/heldout.parquet",
            "data/coded/gold.parquet",
            "data/coded/codebook.json",
            "models/releases",
        ),
        params=("measure",),
        survey=("sampling", "waves", "nets", "cross"),
        outs=(
            *(f"reports/{name}.csv" for name in ("closed", "headlines", "numbers", "nets", "crosstabs")),
            *(f"reports/{name}.csv" for name in ("changes", "differences", "reading", "published")),
        ),
        plots=("reports/prevalence.csv",),
    ),
    Stage(
        "evaluate",
        deps=(
            "data/responses",
            "data/units",
            "data/coded/heldout.parquet",
            "data/coded/mentions.parquet",
            "data/coded/units.parquet",
            "data/coded/codebook.json",
            "data/coded/gold.parquet",
            "data/coded/several.parquet",
            "data/candidates",
            "data/embeddings",
            "models/encoder.json",
            "models/tuned",
            "models/coder",
        ),
        params=("seed", "embed", "code", "measure"),
        outs=(
            "data/coded/findings.parquet",
            "data/coded/stability.parquet",
            "data/coded/disagreements.parquet",
            "reports/agreement.csv",
        ),
        metrics=tuple(f"reports/metrics/{name}.json" for name in ("agreement", "coverage", "themeset", "workload")),
    ),
    Stage(
        "report",
        deps=(
            "data/responses",
            "data/units",
            "data/coded",
            "data/candidates",
            "data/codebook/codebook.yaml",
            "data/codebook/gold.csv",
            "data/codebook/decisions",
            "data/report.md",
            "data/report.yaml",
            "data/templates",
            "data/embeddings",
            "models/coder",
            "models/encoder.json",
            "models/spacy.json",
            "reports/prevalence.csv",
            *(f"reports/{name}.csv" for name in ("closed", "numbers", "nets", "crosstabs")),
            "reports/changes.csv",
            "reports/differences.csv",
            "reports/reading.csv",
            "reports/published.csv",
            "reports/agreement.csv",
            "reports/metrics",
        ),
        # The methods tell every setting that steers a stage.
        params=("seed", "ingest", "segment", "embed", "tune", "code", "discover", "quote", "measure", "report"),
        survey=("title", "note", "sampling", "suppress", "respondent_id", "weight", "waves", "nets"),
        outs=(
            "reports/internal/content.json",
            "reports/internal/themes.html",
            "reports/public/themes.html",
            "reports/sentences.csv",
        ),
    ),
    Stage(
        "print",
        deps=(
            "data/responses",
            "data/units",
            "data/coded/mentions.parquet",
            "data/coded/codebook.json",
            "data/templates",
            "reports/internal/content.json",
        ),
        outs=(
            "reports/public/report.pdf",
            "reports/public/report.docx",
            "reports/public/figures.xlsx",
            "reports/internal/report.xlsx",
        ),
    ),
)


def dvc_yaml(with_code: bool) -> str:
    """Write the pipeline file.

    Parameters
    ----------
    with_code : bool
        True in this repository: each stage depends on the code it imports. False in a project folder: one small
        file with the version and hash of the installed package stands in for them.
    """
    stages = {stage.name: _stage(stage, with_code) for stage in STAGES}
    content: dict[str, Any] = {"vars": [SURVEY], "stages": stages, "plots": [_plot()]}
    head = "# Written by `python -m pipeline.project.graph`; change pipeline/project/graph.py instead.\n"
    if not with_code:
        head = "# Written by `themebook init`. Settings are in params.yaml, the survey in data/survey.yaml.\n"
    return head + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def _plot() -> dict[str, Any]:
    return {
        "Prevalence": {
            "template": PLOT_TEMPLATE.stem,
            "x": "share",
            "y": {"reports/prevalence.csv": "theme_id"},
            "title": "Share of respondents raising each theme, over all open questions",
        }
    }


def _stage(stage: Stage, with_code: bool) -> dict[str, Any]:
    wave = "${key}" if stage.per_wave else ""

    def here(path: str) -> str:
        return path.replace("{wave}", wave)

    code = code_of(stage.name) if with_code else [STAMP.as_posix()]
    params: list[Any] = list(stage.params)
    if stage.survey:
        params.append({SURVEY: [here(key) for key in stage.survey]})
    body: dict[str, Any] = {
        "cmd": f"themebook stage {stage.name}" + (f" --wave {wave}" if stage.per_wave else ""),
        "deps": [here(dep) for dep in stage.deps] + code,
    }
    if params:
        body["params"] = params
    if stage.outs:
        small = [path for path in stage.outs if path in KEPT_BY_GIT]
        body["outs"] = [
            {here(path): {"persist": True, **({"cache": False} if path in small else {})}} for path in stage.outs
        ]
    for kind, paths in (("metrics", stage.metrics), ("plots", stage.plots)):
        if paths:
            body[kind] = [{path: {"persist": True, "cache": False}} for path in paths]
    return {"foreach": "${waves}", "do": body} if stage.per_wave else body


if __name__ == "__main__":
    from pipeline.foundation.tables import write_json, write_text

    write_text(Path("dvc.yaml"), dvc_yaml(with_code=True))
    write_json(PLOT_TEMPLATE, PLOT)
