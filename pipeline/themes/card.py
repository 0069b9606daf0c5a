"""The coder on disk: safetensors and a JSON card, never pickle; it reloads to identical probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.foundation.tables import read_bytes, read_json, write_bytes, write_json
from pipeline.themes.coder import ThemeCoder

FOLDER = Path("models/coder")


def save_coder(
    coder: ThemeCoder | None, theme_ids: list[str], theme_vectors: np.ndarray, about: dict[str, Any]
) -> None:
    """Write the coder and its card to ``models/coder``.

    Parameters
    ----------
    coder : ThemeCoder or None
        None where the codebook is empty.
    theme_ids : list of str, length K
    theme_vectors : ndarray of float32, shape (K, d)
        Mean vector of each theme's texts.
    about : dict
        What the card says besides: encoder, counts, seed.
    """
    from safetensors.numpy import save

    card: dict[str, Any] = {"themes": theme_ids, "about": about}
    tensors: dict[str, np.ndarray] = {"theme_vectors": theme_vectors.astype(np.float32)}
    if coder is not None:
        tensors |= {
            "coef": coder.coef_,
            "intercept": coder.intercept_,
            "calibration": coder.calibration_,
            "prior": coder.prior_,
        }
        card |= {
            "questions": [sorted(qs) for qs in coder.questions],
            "regularisation": coder.regularisation,
            "folds": coder.folds,
            "threshold": coder.threshold_,
            "calibrated": coder.calibrated_,
        }
    write_bytes(FOLDER / "coder.safetensors", save({k: np.ascontiguousarray(v) for k, v in tensors.items()}))
    write_json(FOLDER / "card.json", card)


def load_coder() -> tuple[ThemeCoder | None, list[str], np.ndarray]:
    """Read what `save_coder` wrote: the coder, the theme ids, and the themes' mean vectors."""
    from safetensors.numpy import load

    card = read_json(FOLDER / "card.json")
    tensors = load(read_bytes(FOLDER / "coder.safetensors", "Run `dvc repro`, which makes it."))
    if "threshold" not in card:
        return None, card["themes"], tensors["theme_vectors"]
    coder = ThemeCoder([set(qs) for qs in card["questions"]], card["regularisation"], card["folds"])
    coder.coef_, coder.intercept_ = tensors["coef"], tensors["intercept"]
    coder.calibration_, coder.prior_ = tensors["calibration"], tensors["prior"]
    coder.threshold_, coder.calibrated_ = card["threshold"], card["calibrated"]
    return coder, card["themes"], tensors["theme_vectors"]
