"""Tune the encoder on the codebook, or keep the tuned one, and give every distinct text its vector by it."""

from __future__ import annotations

import numpy as np

from pipeline.foundation.contracts import RESPONSES, UNITS
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_json, read_vectors, read_waves
from pipeline.survey.description import load_survey
from pipeline.text.encoder import MANIFEST, load_encoder
from pipeline.text.tuning import tune
from pipeline.themes.codebook import load_codebook
from pipeline.themes.tuned import VECTORS, fingerprints, lessons_of, load_weights, plan, read_card, save_tuned


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
        save_tuned(None, [], np.zeros((0, 1)), about)
        say("tune", act="off", reason=todo.reason)
        return
    if todo.act == "keep":
        weights, taught = load_weights(), card["taught"]
        known = dict(zip(*read_vectors(VECTORS), strict=True))
        encoder = load_encoder(params.embed, manifest, weights)
    else:
        encoder = load_encoder(params.embed, manifest)
        weights, known = tune(encoder.model, lessons, params.tune, params.seed), {}
    units = read_waves(UNITS, survey.waves).drop_duplicates("text_id").sort_values("text_id")
    raw = responses.set_index("response_id")["text"]
    new = units[~units["text_id"].isin(known)]
    texts = [raw[r][s:e] for r, s, e in zip(new["response_id"], new["start"], new["end"], strict=True)]
    known |= dict(zip(new["text_id"], encoder.encode(texts), strict=True)) if texts else {}
    text_ids = units["text_id"].tolist()
    vectors = np.stack([known[text_id] for text_id in text_ids]) if text_ids else np.zeros((0, 1), np.float32)
    save_tuned(weights, text_ids, vectors, {**about, "taught": taught, "settings": settings})
    say("tune", act=todo.act, reason=todo.reason, taught=len(taught), texts=len(text_ids), new=len(texts))
