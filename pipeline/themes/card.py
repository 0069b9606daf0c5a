"""The coder on disk: safetensors and a JSON card, never pickle; it reloads to identical probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.foundation.tables import read_bytes, read_json, write_bytes, write_json
from pipeline.text.words import WordFeatures
from pipeline.themes.calibration import Calibration
from pipeline.themes.coder import Heads, ThemeCoder

FOLDER = Path("models/coder")
CALIBRATION = ("slopes", "offset", "pull", "prior", "threshold")


def save_coder(
    coder: ThemeCoder | None,
    words: WordFeatures,
    theme_ids: list[str],
    theme_vectors: np.ndarray,
    about: dict[str, Any],
) -> None:
    """Write the coder and its card to ``models/coder``.

    Parameters
    ----------
    coder : ThemeCoder or None
        None where the codebook is empty.
    words : WordFeatures
        What gives answers their word features; fitted where there is a coder.
    theme_ids : list of str, length K
    theme_vectors : ndarray of float32, shape (K, d)
        Mean vector of each theme's texts, by the encoder as it came.
    about : dict
        What the card says besides: encoder, counts, seed.
    """
    from safetensors.numpy import save

    card: dict[str, Any] = {"themes": theme_ids, "about": about}
    tensors: dict[str, np.ndarray] = {"theme_vectors": theme_vectors.astype(np.float32)}
    if coder is not None:
        tensors |= {
            "own": coder.heads_.own,
            "among": coder.heads_.among,
            "words": coder.heads_.words,
            "idf": words.idf_,
            **{name: getattr(coder.calibration_, name) for name in CALIBRATION},
        }
        card |= {
            "questions": [sorted(qs) for qs in coder.questions],
            "regularisation": coder.regularisation,
            "calibrated": coder.calibration_.fitted,
        }
    write_bytes(FOLDER / "coder.safetensors", save({k: np.ascontiguousarray(v) for k, v in tensors.items()}))
    write_json(FOLDER / "card.json", card)


def load_coder() -> tuple[ThemeCoder | None, WordFeatures, list[str], np.ndarray]:
    """Read what `save_coder` wrote: the coder, its word features, the theme ids, and the themes' mean vectors."""
    from safetensors.numpy import load

    card = read_json(FOLDER / "card.json")
    tensors = load(read_bytes(FOLDER / "coder.safetensors", "Run `dvc repro`, which makes it."))
    words = WordFeatures()
    if "calibrated" not in card:
        return None, words, card["themes"], tensors["theme_vectors"]
    coder = ThemeCoder([set(qs) for qs in card["questions"]], card["regularisation"])
    coder.heads_ = Heads(tensors["own"], tensors["among"], tensors["words"])
    coder.calibration_ = Calibration(**{name: tensors[name] for name in CALIBRATION}, fitted=card["calibrated"])
    words.idf_ = tensors["idf"]
    return coder, words, card["themes"], tensors["theme_vectors"]
