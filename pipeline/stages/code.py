"""Train the coder on codebook and gold, and code every response of the listed waves."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from pipeline.evidence.agreement import measure_agreement
from pipeline.evidence.contradictions import find_contradictions
from pipeline.evidence.proposing import find_proposals
from pipeline.foundation.contracts import (
    CLOSED,
    CONTRADICTIONS,
    GOLD,
    HELDOUT,
    MENTIONS,
    PROPOSALS,
    QUEUE,
    RESPONSES,
    SEVERAL,
    SIGNS_OF_PROPOSALS,
    UNIT_CODES,
    UNITS,
)
from pipeline.foundation.log import notice, say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import empty, read_json, read_waves, table_in_parts, write_json, write_table
from pipeline.survey.description import load_survey
from pipeline.text.encoder import MANIFEST, load_encoder, vectors_of
from pipeline.text.words import WordFeatures
from pipeline.themes.card import describe, save_coder
from pipeline.themes.codebook import EFFECTIVE_FILE, Codebook, effective, load_codebook
from pipeline.themes.coding import fit_coding, theme_vectors
from pipeline.themes.decisions import load_decisions
from pipeline.themes.gold import Gold, gold_table, match_gold, read_gold
from pipeline.themes.replay import Standing, replay
from pipeline.themes.risk import doubts, reading_queue
from pipeline.themes.settled import counting, nearest_theme, settle_gold, settle_units
from pipeline.themes.spread import code_in_shards
from pipeline.themes.tuned import coder_space


def run(wave: str | None = None) -> None:
    """Code all listed waves."""
    survey, params = load_survey(), load_params()
    responses = read_waves(RESPONSES, survey.waves)
    texts = dict(zip(responses["response_id"], responses["text"], strict=True))
    standing = replay(load_codebook(survey), load_decisions(), texts)
    codebook = standing.codebook
    matched = match_gold(read_gold(), survey, responses, codebook)
    _notices(matched, standing)
    encoder, embedded, tuned = coder_space(params.embed, survey.waves)
    vectors = vectors_of(embedded)
    units = read_waves(UNITS, survey.waves)

    def nearest(response_ids: list[str], theme_ids: list[str]) -> dict[str, str]:
        parts = Codebook(themes=tuple(t for t in codebook.themes if t.id in theme_ids))
        centres = theme_vectors(parts, responses, encoder.encode)
        return nearest_theme(response_ids, [t.id for t in parts.themes], units, vectors, centres)

    gold = settle_gold(matched, standing, responses, nearest)
    cells = counting(standing.units, responses, codebook, gold)
    heldout, coder, words = empty(HELDOUT), None, WordFeatures()
    doubtful, unit_codes, counts = [], [], Counter[str]()
    with table_in_parts(MENTIONS) as write:
        if codebook.themes:
            fitted = fit_coding(responses, units, vectors, codebook, gold, encoder.encode, params.code, params.seed)
            heldout, coder, words = fitted.heldout, fitted.coder, fitted.words
            read = set(gold.responses["response_id"])
            for mentions, codes, some, theirs in code_in_shards(fitted, responses, units, embedded, params):
                mentions, codes = settle_units(mentions, codes, theirs, some, codebook, cells)
                write(mentions)
                unit_codes.append(codes)
                doubtful.append(doubts(mentions, read))
                counts["responses"] += mentions["response_id"].nunique()
                counts["mentions"] += int(mentions["mentioned"].sum())
        else:
            write(empty(MENTIONS))
    if passed_over := len(standing.units) - len(cells):
        notice(
            f"{passed_over} reassignments change nothing: gold speaks of the answer, or the theme of other questions"
        )
    write_table(pd.concat(unit_codes) if unit_codes else empty(UNIT_CODES), UNIT_CODES)
    write_table(gold_table(gold), GOLD)
    write_table(gold.several, SEVERAL)
    write_table(heldout, HELDOUT)
    write_table(reading_queue(pd.concat(doubtful)) if doubtful else empty(QUEUE), QUEUE)
    proposals = find_proposals(units, read_waves(SIGNS_OF_PROPOSALS, survey.waves), responses, survey)
    closed = read_waves(CLOSED, survey.waves)
    other_side = find_contradictions(responses, units, vectors, closed, survey, proposals, params.seed)
    write_table(proposals, PROPOSALS)
    write_table(other_side, CONTRADICTIONS)
    write_json(EFFECTIVE_FILE, effective(codebook))
    about = {
        "encoder": params.embed.encoder,
        "tuned": {"act": tuned["act"], "reason": tuned["reason"]},
        "params": params.code.model_dump(mode="json"),
        "seed": params.seed,
        **describe(codebook, gold, units, measure_agreement(heldout, gold)),
    }
    # Candidates are sought among vectors by the encoder as it came, and so are the themes nearest to them.
    plain = encoder if tuned["act"] == "off" else load_encoder(params.embed, read_json(MANIFEST))
    centres = theme_vectors(codebook, responses, plain.encode) if codebook.themes else np.zeros((0, 1), np.float32)
    save_coder(coder, words, [t.id for t in codebook.themes], centres, about)
    say(
        "code",
        themes=len(codebook.themes),
        gold=len(gold.responses),
        responses=counts["responses"],
        mentions=counts["mentions"],
        decisions=len(standing.decisions),
        conflicts=len(standing.conflicts),
        proposals=int(proposals["proposes"].sum()),
        like_other_side=int(other_side["to_read"].sum()),
    )


def _notices(gold: Gold, standing: Standing) -> None:
    """Say what of gold and decisions is kept but not used, by counts."""
    for what, counts in (("codes that the codebook lacks", gold.unknown), ("codes of retired themes", gold.retired)):
        if counts:
            named = ", ".join(f"{name} ({n})" for name, n in counts.items())
            notice(f"gold.csv holds {what}; kept, not scored: {named}")
    if gold.other_waves:
        notice(f"gold.csv holds {gold.other_waves} rows of waves that survey.yaml does not list; left out")
    if gold.disagreements:
        notice(f"{gold.disagreements} answers are coded differently by two persons; adjudicate them on the review page")
    if waiting := gold.split["response_id"].nunique():
        notice(f"{waiting} coded answers name themes that were split since; code again those that nobody has sorted")
    for conflict in standing.conflicts:
        part = "is applied in part" if conflict.applied else "is not applied"
        notice(f"the decision {conflict.decision.id} of {conflict.decision.reviewer} {part}: {conflict.sentence}")
