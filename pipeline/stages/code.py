"""Train the coder on codebook and gold, and code every response of the listed waves."""

from __future__ import annotations

import numpy as np

from pipeline.evidence.agreement import measure_agreement
from pipeline.foundation.contracts import HELDOUT, MENTIONS, QUEUE, RESPONSES, UNIT_CODES, UNITS
from pipeline.foundation.log import notice, say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_json, read_waves, write_json, write_table
from pipeline.survey.description import load_survey
from pipeline.text.encoder import MANIFEST, load_encoder
from pipeline.themes.card import describe, save_coder
from pipeline.themes.codebook import EFFECTIVE_FILE, effective, load_codebook
from pipeline.themes.coding import code_responses, theme_vectors
from pipeline.themes.gold import match_gold, read_gold
from pipeline.themes.tuned import coder_space


def run(wave: str | None = None) -> None:
    """Code all listed waves."""
    survey, params = load_survey(), load_params()
    codebook = load_codebook(survey)
    responses = read_waves(RESPONSES, survey.waves)
    gold = match_gold(read_gold(), survey, responses, codebook)
    if gold.unknown:
        counts = ", ".join(f"{name} ({n})" for name, n in gold.unknown.items())
        notice(f"gold.csv holds codes that the codebook lacks; kept, not scored: {counts}")
    if gold.other_waves:
        notice(f"gold.csv holds {gold.other_waves} rows of waves that survey.yaml does not list; left out")
    if gold.disagreements:
        notice(f"{gold.disagreements} answers are coded differently by two persons; adjudicate them on the review page")
    encoder, vectors, tuned = coder_space(params.embed, survey.waves)
    units = read_waves(UNITS, survey.waves)
    coded = code_responses(
        responses,
        units,
        vectors,
        codebook,
        gold,
        encoder.encode,
        params.code,
        params.seed,
    )
    write_table(coded.unit_codes, UNIT_CODES)
    write_table(coded.mentions, MENTIONS)
    write_table(coded.heldout, HELDOUT)
    write_table(coded.queue, QUEUE)
    write_json(EFFECTIVE_FILE, effective(codebook))
    about = {
        "encoder": params.embed.encoder,
        "tuned": {"act": tuned["act"], "reason": tuned["reason"]},
        "params": params.code.model_dump(mode="json"),
        "seed": params.seed,
        **describe(codebook, gold, units, measure_agreement(coded.heldout, gold)),
    }
    # Candidates are sought among vectors by the encoder as it came, and so are the themes nearest to them.
    plain = encoder if tuned["act"] == "off" else load_encoder(params.embed, read_json(MANIFEST))
    centres = theme_vectors(codebook, responses, plain.encode) if codebook.themes else np.zeros((0, 1), np.float32)
    save_coder(coded.coder, coded.words, [t.id for t in codebook.themes], centres, about)
    say(
        "code",
        themes=len(codebook.themes),
        gold=len(gold.responses),
        responses=coded.mentions["response_id"].nunique(),
        mentions=int(coded.mentions["mentioned"].sum()),
    )
