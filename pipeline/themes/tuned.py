"""The tuned encoder: what the codebook teaches it, when it is taught anew, and how it is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Embed, Tune
from pipeline.foundation.tables import read_bytes, read_json, remove, write_bytes, write_json
from pipeline.foundation.vector_files import about_vectors, read_vectors, write_vector_blocks
from pipeline.text.encoder import MANIFEST, CachedEncoder, Vectors, load_encoder, vectors_path
from pipeline.text.tuning import Lessons
from pipeline.themes.codebook import Codebook, example_texts

FOLDER = Path("models/tuned")
WEIGHTS, VECTORS, CARD = FOLDER / "weights.safetensors", FOLDER / "vectors.safetensors", FOLDER / "card.json"
# `auto` keeps a tuned encoder while at least this share of what it was taught and of what it would be taught agree.
ENOUGH_ALIKE = 0.9
# `auto` tunes from so many texts a theme on average: names and definitions alone gave the encoder little to learn from.
TEXTS_A_THEME = 3.0


@dataclass(frozen=True)
class Plan:
    """What the stage does: ``off`` (no tuned encoder), ``keep`` (the one there is) or ``tune``, with its reason."""

    act: str
    reason: str


def lessons_of(codebook: Codebook, responses: pd.DataFrame) -> Lessons:
    """Bring the codebook's names, definitions and examples into the form that tuning learns from.

    Gold is no part of it: coded answers measure the coder, and an encoder that saw them could not score them.
    """
    texts, owner = example_texts(codebook, responses)
    questions = [set(theme.questions) for theme in codebook.themes]
    possible = np.array([[not a or not b or bool(a & b) for b in questions] for a in questions], bool)
    given = np.zeros((len(texts), len(questions)), bool)
    given[np.arange(len(texts)), owner] = True
    return Lessons(tuple(texts), given, possible[owner].reshape(given.shape))


def fingerprints(lessons: Lessons, theme_ids: list[str]) -> list[str]:
    """Give one hash for each text with its theme, sorted."""
    row, theme = np.nonzero(lessons.given)
    pairs = [f"{theme_ids[k]}/{lessons.texts[i]}" for i, k in zip(row, theme, strict=True)]
    return sorted(hashlib.sha256(pair.encode()).hexdigest()[:16] for pair in pairs)


def plan(lessons: Lessons, taught: list[str], settings: dict[str, Any], params: Tune, card: dict[str, Any]) -> Plan:
    """Decide whether to tune.

    Parameters
    ----------
    lessons : Lessons
        What there is to teach now.
    taught : list of str
        Its fingerprints.
    settings : dict
        Everything else the weights depend on: encoder files, themes, params, seed.
    params : Tune
    card : dict
        The card of the tuned encoder there is; empty where there is none.

    Returns
    -------
    Plan
    """
    if params.mode == "off":
        return Plan("off", "params.yaml says `tune: off`")
    themes = int(lessons.given.any(axis=0).sum())
    if themes < 2:
        return Plan("off", "a codebook with fewer than two themes teaches no difference")
    if params.mode == "auto" and len(taught) < TEXTS_A_THEME * themes:
        return Plan("off", f"{len(taught)} texts for {themes} themes are too few to learn from")
    if card.get("settings") == settings:
        if card["taught"] == taught:
            return Plan("keep", "taught exactly the codebook as it is")
        both, either = len(set(card["taught"]) & set(taught)), len(set(card["taught"]) | set(taught))
        if params.mode == "auto" and both >= ENOUGH_ALIKE * either:
            return Plan(
                "keep", f"taught an earlier codebook, {both} of {either} texts the same (`tune: now` tunes anew)"
            )
    return Plan("tune", "taught exactly the codebook as it is")


def save_tuned(
    weights: dict[str, np.ndarray] | None,
    digests: np.ndarray,
    blocks: Iterable[np.ndarray],
    card: dict[str, Any],
    made_by: dict[str, str] | None = None,
) -> None:
    """Write the changed weights, the vectors of all units by the tuned encoder, and the card; without weights, a card.

    Parameters
    ----------
    weights : dict of str to ndarray, or None
        What `tune` gave; None takes any earlier tuned encoder away.
    digests : ndarray of uint8, shape (n, 32)
        The texts, sorted.
    blocks : iterable of ndarray of float32, shape (m, d)
        Their vectors, block by block.
    card : dict
    made_by : dict, optional
        What the encoder says about itself; recorded with the vectors.
    """
    from safetensors.numpy import save

    if weights is None:
        for path in (WEIGHTS, VECTORS):
            remove(path)
    else:
        write_bytes(WEIGHTS, save({name: np.ascontiguousarray(value) for name, value in weights.items()}))
        write_vector_blocks(VECTORS, digests, blocks, _about(made_by or {}))
    write_json(CARD, card)


def read_card() -> dict[str, Any]:
    """Read the card of the tuned encoder; empty where the stage has never run."""
    return read_json(CARD) if CARD.exists() else {}


def load_weights() -> dict[str, np.ndarray]:
    """Read the weights that tuning changed."""
    from safetensors.numpy import load

    return dict(load(read_bytes(WEIGHTS, "Run `dvc repro`, which makes it.")))


def coder_space(params: Embed, waves: Iterable[str]) -> tuple[CachedEncoder, list[Path], dict[str, Any]]:
    """Give what the coder reads: the encoder, tuned where it was, the files of vectors by it, and the card."""
    card = read_card() or {"act": "off", "reason": "the stage `tune` has not run"}
    manifest = read_json(MANIFEST)
    if card["act"] == "off":
        return load_encoder(params, manifest), [vectors_path(wave) for wave in waves], card
    return load_encoder(params, manifest, load_weights()), [VECTORS], card


def load_tuned_vectors() -> Vectors:
    """Read the vectors of all units by the tuned encoder."""
    return Vectors(*read_vectors(VECTORS))


def vectors_kept(made_by: dict[str, str]) -> Vectors | None:
    """Give the tuned vectors of the last run; None unless they are whole and were made in the same way."""
    try:
        return load_tuned_vectors() if about_vectors(VECTORS) == _about(made_by) else None
    except ThemebookError:
        return None


def _about(made_by: dict[str, str]) -> dict[str, str]:
    return {"encoder": "tuned", **made_by}
