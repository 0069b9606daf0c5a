"""Make the content of the report, and both pages, from everything that the other stages made."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

from pipeline import __version__
from pipeline.evidence.coverage import metrics_path
from pipeline.evidence.told import read_told
from pipeline.foundation import contracts as c
from pipeline.foundation.log import notice, say
from pipeline.foundation.params import Params, load_params
from pipeline.foundation.tables import (
    path_of,
    read_bytes,
    read_json,
    read_table,
    read_text,
    read_waves,
    sha256_of,
    write_table,
    write_text,
)
from pipeline.report.claims import faults
from pipeline.report.content import build_content
from pipeline.report.draft import with_story
from pipeline.report.house import HOUSE_FILE, load_house, load_templates
from pipeline.report.methods import check_said
from pipeline.report.page import render
from pipeline.report.records import CONTENT_FILE, Content
from pipeline.report.sentences import changed, sentences
from pipeline.report.story import STORY_FILE, parse
from pipeline.survey.description import ledger_path, load_survey
from pipeline.text.encoder import MANIFEST as ENCODER
from pipeline.text.encoder import load_vectors
from pipeline.text.spacy_model import MANIFEST as SPACY
from pipeline.themes.card import CARD
from pipeline.themes.codebook import CODEBOOK_FILE, EFFECTIVE_FILE, from_effective, load_codebook
from pipeline.themes.decisions import DECISIONS, load_decisions
from pipeline.themes.gold import GOLD_FILE, gold_of
from pipeline.themes.replay import replay

METRICS = ("agreement", "coverage", "themeset", "workload", "drift")
LIBRARIES = ("bertopic", "scikit-learn", "sentence-transformers", "spacy", "torch")


def run(wave: str | None = None) -> None:
    """Write the content model and both pages."""
    survey, params, card, house = load_survey(), load_params(), read_json(CARD), load_house()
    check_said(house.methods, f"{HOUSE_FILE}, `methods`")
    waves = list(survey.waves)
    codebook = from_effective(read_json(EFFECTIVE_FILE))
    responses = read_waves(c.RESPONSES, waves)
    settled = gold_of(read_table(c.GOLD))
    gold = settled.responses
    texts = dict(zip(responses["response_id"], responses["text"], strict=True))
    content = build_content(
        survey=survey,
        codebook=codebook,
        responses=responses,
        closed=read_waves(c.CLOSED, waves),
        respondents=read_waves(c.RESPONDENTS, waves),
        units=read_waves(c.UNITS, waves),
        redactions=read_waves(c.REDACTIONS, waves),
        unit_codes=read_table(c.UNIT_CODES),
        mentions=read_told(),
        heldout=read_table(c.HELDOUT),
        candidates=read_table(c.CANDIDATES),
        candidate_units=read_table(c.CANDIDATE_UNITS),
        candidate_responses=read_table(c.CANDIDATE_RESPONSES),
        quotes=read_table(c.QUOTES),
        prevalence=read_table(c.PREVALENCE),
        figures=read_table(c.FIGURES),
        numbers=read_table(c.NUMBERS),
        nets=read_table(c.NETS),
        crosstabs=read_table(c.CROSSTABS),
        changes=read_table(c.CHANGES),
        differences=read_table(c.DIFFERENCES),
        reading=read_table(c.READING),
        published=read_table(c.PUBLISHED),
        findings=read_table(c.FINDINGS),
        theme_stability=read_table(c.THEME_STABILITY),
        agreement=read_table(c.AGREEMENT),
        disagreements=read_table(c.DISAGREEMENTS),
        emerging=read_table(c.EMERGING),
        emerging_answers=read_table(c.EMERGING_ANSWERS),
        proposals=read_table(c.PROPOSALS),
        contradictions=read_table(c.CONTRADICTIONS),
        ledgers={wave: read_json(ledger_path(wave)) for wave in waves},
        metrics={name: read_json(metrics_path(name)) for name in METRICS},
        params=params,
        provenance={
            "version": __version__,
            "encoder": params.embed.encoder,
            "tuned": card["about"]["tuned"],
            "calibrated": card.get("calibrated"),
            "codebook": card["about"]["data"]["codebook_sha256"],
            "samples": {str(name): int(n) for name, n in gold.groupby("sample").size().items()},
            "models": _models(params),
            "files": _files(),
            "gold": {str(wave): int(n) for wave, n in gold.groupby("wave").size().items()},
            "coded": {theme: int(n) for theme, n in settled.codes.groupby("theme_id").size().items()},
            "coders": sorted(set(gold["coder"])),
            "versions": {name: version(name) for name in LIBRARIES},
        },
        standing=replay(load_codebook(survey), load_decisions(), texts),
        house=house,
        said=house.methods,
        vectors=load_vectors(waves),
    )
    text = read_text(Path(STORY_FILE), "An empty file lets the report draft its own text.")
    content = with_story(content, text, faults)
    if content.provisional and parse(text).blocks:
        notice(f"the codebook is empty, so {STORY_FILE} is not told; the report drafts its own text")
    own = load_templates()
    internal, public = (render(content, audience, own) for audience in ("internal", "public"))
    _say_changes(content)
    write_text(Path(CONTENT_FILE), content.model_dump_json())
    write_text(Path("reports/internal/themes.html"), internal)
    write_text(Path("reports/public/themes.html"), public)
    say("report", internal_kb=len(internal) // 1000, public_kb=len(public) // 1000)


def _models(params: Params) -> dict[str, str]:
    """The hash of the weights of each model, as its manifest has them and every load of it checks them."""
    found = {}
    for name, manifest in ((params.embed.encoder, ENCODER), (params.segment.spacy_model, SPACY)):
        files = read_json(manifest)["files"]
        # One file says which model it is: the weights, or of spaCy's many parts the description that names its version.
        for file in ("model.safetensors", "meta.json"):
            if file in files:
                found[f"{name}, {file}"] = files[file]
                break
    return found


def _files() -> dict[str, str]:
    """The hashes of people's files; all decisions together, in the order of their names, so that none names anybody."""
    decisions = b"".join(read_bytes(path, "") for path in sorted(DECISIONS.glob("*.jsonl")))
    return {
        "codebook.yaml": sha256_of(CODEBOOK_FILE, "Run `themebook init`, which makes it."),
        "gold.csv": sha256_of(GOLD_FILE, "A survey without coded answers has a gold.csv that holds the header only."),
        "all files of decisions, one after the other": hashlib.sha256(decisions).hexdigest(),
    }


def _say_changes(content: Content) -> None:
    """Write which figures the researcher's sentences print, and say which print others than after the last run."""
    now = sentences(() if content.drafted else content.story)
    news = changed(read_table(c.SENTENCES), now) if path_of(c.SENTENCES).exists() else []
    if news:
        notice(f"{len(news)} sentences of {STORY_FILE} print other figures than before; read them again:")
        for line in news:
            notice(f"  {line}")
    write_table(now, c.SENTENCES)
