"""Tune the encoder on the codebook, or keep the tuned one, and give every distinct text its vector by it."""

from __future__ import annotations

import numpy as np

from pipeline.foundation.contracts import RESPONSES, UNITS
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_json, read_waves
from pipeline.foundation.vector_files import digests_of
from pipeline.survey.description import load_survey
from pipeline.text.encoder import MANIFEST, load_encoder, reference_encoder
from pipeline.text.tuning import tune
from pipeline.themes.codebook import load_codebook
from pipeline.themes.tuned import (
    fingerprints,
    lessons_of,
    load_weights,
    plan,
    read_card,
    save_tuned,
    vectors_kept,
)


def run(wave: str | None = None) -> None:
    """Tune over all listed waves."""
    survey, params = load_survey(), load_params()
    codebook, manifest = load_codebook(survey), read_json(MANIFEST)
    responses = read_waves(RESPONSES, survey.waves)
    lessons = lessons_of(codebook, responses)
    theme_ids = [theme.id for theme in codebook.themes]
    taught, card = fingerprints(lessons, theme_ids), read_card()
    settings = {
        "encoder": manifest,
        "themes": [[theme.id, sorted(theme.questions)] for theme in codebook.themes],
        "tune": params.tune.model_dump(exclude={"mode"}),
        "seed": params.seed,
    }
    todo = plan(lessons, taught, settings, params.tune, card)
    about = {"act": "off" if todo.act == "off" else "tuned", "reason": todo.reason}
    if todo.act == "off":
        save_tuned(None, np.zeros((0, 32), np.uint8), [], about)
        say("tune", act="off", reason=todo.reason)
        return
    if todo.act == "keep":
        weights, taught = load_weights(), card["taught"]
    else:
        weights = tune(reference_encoder(params.embed, manifest).model, lessons, params.tune, params.seed)
    encoder = load_encoder(params.embed, manifest, weights)
    known = vectors_kept(encoder.about) if todo.act == "keep" else None
    units = read_waves(UNITS, survey.waves).drop_duplicates("text_id").sort_values("text_id")
    raw = dict(zip(responses["response_id"], responses["text"], strict=True))
    place = zip(units["response_id"], units["start"], units["end"], strict=True)
    texts = (raw[response_id][start:end] for response_id, start, end in place)
    digests = digests_of(units["text_id"])
    blocks = encoder.stream(texts, len(units), known, digests)
    save_tuned(weights, digests, blocks, {**about, "taught": taught, "settings": settings}, encoder.about)
    say("tune", act=todo.act, reason=todo.reason, taught=len(taught), texts=len(units))
