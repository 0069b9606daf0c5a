"""Make the content of the report, and both pages, from everything that the other stages made."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from pipeline import __version__
from pipeline.evidence.coverage import metrics_path
from pipeline.foundation import contracts as c
from pipeline.foundation.log import notice, say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import path_of, read_json, read_table, read_text, read_waves, write_table, write_text
from pipeline.report.claims import faults
from pipeline.report.content import build_content
from pipeline.report.draft import with_story
from pipeline.report.page import render
from pipeline.report.records import Content
from pipeline.report.sentences import changed, sentences
from pipeline.report.story import STORY_FILE, parse
from pipeline.survey.description import ledger_path, load_survey
from pipeline.themes.card import CARD
from pipeline.themes.codebook import EFFECTIVE_FILE, from_effective, load_codebook
from pipeline.themes.decisions import load_decisions
from pipeline.themes.gold import gold_of
from pipeline.themes.replay import replay

METRICS = ("agreement", "coverage", "themeset", "workload", "drift")
LIBRARIES = ("bertopic", "scikit-learn", "sentence-transformers", "spacy", "torch")


CONTENT_FILE = Path("reports/internal/content.json")


def run(wave: str | None = None) -> None:
    """Write the content model and both pages."""
    survey, params = load_survey(), load_params()
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
        mentions=read_table(c.MENTIONS),
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
            "tuned": read_json(CARD)["about"]["tuned"],
            "gold": {str(wave): int(n) for wave, n in gold.groupby("wave").size().items()},
            "coded": {theme: int(n) for theme, n in settled.codes.groupby("theme_id").size().items()},
            "coders": sorted(set(gold["coder"])),
            "versions": {name: version(name) for name in LIBRARIES},
        },
        standing=replay(load_codebook(survey), load_decisions(), texts),
    )
    text = read_text(Path(STORY_FILE), "An empty file lets the report draft its own text.")
    content = with_story(content, text, faults)
    if content.provisional and parse(text).blocks:
        notice(f"the codebook is empty, so {STORY_FILE} is not told; the report drafts its own text")
    internal, public = (render(content, audience) for audience in ("internal", "public"))
    _say_changes(content)
    write_text(CONTENT_FILE, content.model_dump_json())
    write_text(Path("reports/internal/themes.html"), internal)
    write_text(Path("reports/public/themes.html"), public)
    say("report", internal_kb=len(internal) // 1000, public_kb=len(public) // 1000)


def _say_changes(content: Content) -> None:
    """Write which figures the researcher's sentences print, and say which print others than after the last run."""
    now = sentences(() if content.drafted else content.story)
    news = changed(read_table(c.SENTENCES), now) if path_of(c.SENTENCES).exists() else []
    if news:
        notice(f"{len(news)} sentences of {STORY_FILE} print other figures than before; read them again:")
        for line in news:
            notice(f"  {line}")
    write_table(now, c.SENTENCES)
