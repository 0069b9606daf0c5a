"""The coder on disk: safetensors and a JSON card, never pickle; it reloads to identical probabilities."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.foundation.tables import read_bytes, read_json, write_bytes, write_json
from pipeline.themes.codebook import Codebook, effective
from pipeline.themes.gold import Gold

# Reading a card needs no learner, whose import takes a second.
if TYPE_CHECKING:
    from pipeline.text.words import WordFeatures
    from pipeline.themes.coder import ThemeCoder

FOLDER = Path("models/coder")
CARD = FOLDER / "card.json"
WEIGHTS = "coder.safetensors"
CODE = ("text/words.py", "themes/calibration.py", "themes/coder.py", "themes/coding.py")
LIMITS = (
    "Probabilities are calibrated only where 50 answers or more were coded, and then for answers like those.",
    "A theme that rests on its name or definition alone is coded by resemblance of words and meaning.",
    "A theme made after the answers were coded is coded by its examples alone until 50 answers are coded again.",
    "Agreement is measured on held-out coded answers; it says nothing of answers unlike them.",
    "Where the readers were a machine, agreement with them is evidence of nothing.",
)
_PACKAGE = Path(__file__).resolve().parents[1]
HEADS = ("own", "among", "words")
CALIBRATION = ("slopes", "offset", "pull", "threshold")


def describe(codebook: Codebook, gold: Gold, units: pd.DataFrame, metrics: dict[str, float]) -> dict[str, Any]:
    """Say in a card's terms what a coder was made from, by which code, how well it agrees, and what it cannot do.

    Parameters
    ----------
    codebook : Codebook
    gold : Gold
    units : DataFrame
        Contract UNITS; their text ids stand for the texts.
    metrics : dict of str to float
        Agreement on held-out coded answers; empty where nothing was coded.

    Returns
    -------
    dict
        Hashes (sha256), counts and sentences; no text of an answer.
    """
    coded = [*gold.responses["response_id"], *(gold.codes["response_id"] + "/" + gold.codes["theme_id"])]
    return {
        "data": {
            "codebook_sha256": _sha256(json.dumps(effective(codebook), sort_keys=True)),
            "gold_sha256": _sha256("\n".join(sorted(coded))),
            "texts_sha256": _sha256("\n".join(sorted(set(units["text_id"])))),
            "gold_responses": len(gold.responses),
            "read_by_people": int(gold.responses["by_person"].sum()),
        },
        "code_sha256": _sha256("\n".join((_PACKAGE / name).read_text(encoding="utf-8") for name in CODE)),
        "metrics": metrics,
        "limits": list(LIMITS),
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def save_coder(
    coder: ThemeCoder | None,
    words: WordFeatures,
    theme_ids: list[str],
    theme_vectors: np.ndarray,
    about: dict[str, Any],
    folder: Path = FOLDER,
) -> None:
    """Write the coder and its card to ``models/coder``, or to another folder.

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
        What the card says besides: encoder, params, seed, and what `describe` gives.
    folder : Path, optional
    """
    from safetensors.numpy import save

    card: dict[str, Any] = {"themes": theme_ids, "about": about}
    tensors: dict[str, np.ndarray] = {"theme_vectors": theme_vectors.astype(np.float32)}
    if coder is not None:
        tensors |= {
            **{name: getattr(coder.heads_, name) for name in HEADS},
            "idf": words.idf_,
            **{name: getattr(coder.calibration_, name) for name in CALIBRATION},
            "shares": coder.calibration_.shares.overall,
            "asked": coder.calibration_.shares.asked,
            "young": coder.young_,
        }
        if coder.alone_ is not None:
            tensors |= {f"alone_{name}": getattr(coder.alone_, name) for name in HEADS}
        card |= {
            "questions": [sorted(qs) for qs in coder.questions],
            "regularisation": coder.regularisation,
            "calibrated": coder.calibration_.fitted,
            "asked": list(coder.calibration_.shares.questions),
        }
    write_bytes(folder / WEIGHTS, save({k: np.ascontiguousarray(v) for k, v in tensors.items()}))
    write_json(folder / CARD.name, card)


def load_coder(folder: Path = FOLDER) -> tuple[ThemeCoder | None, WordFeatures, list[str], np.ndarray]:
    """Read what `save_coder` wrote: the coder, its word features, the theme ids, and the themes' mean vectors."""
    from safetensors.numpy import load

    from pipeline.text.words import WordFeatures
    from pipeline.themes.calibration import Calibration, Shares
    from pipeline.themes.coder import Heads, ThemeCoder

    card = read_json(folder / CARD.name)
    tensors = load(read_bytes(folder / WEIGHTS, "Run `dvc repro`, which makes it."))
    words = WordFeatures()
    if "calibrated" not in card:
        return None, words, card["themes"], tensors["theme_vectors"]
    coder = ThemeCoder([set(qs) for qs in card["questions"]], card["regularisation"])
    coder.heads_ = Heads(*(tensors[name] for name in HEADS))
    coder.young_ = tensors["young"]
    coder.alone_ = Heads(*(tensors[f"alone_{name}"] for name in HEADS)) if coder.young_.any() else None
    shares = Shares(tensors["shares"], tensors["asked"], tuple(card["asked"]))
    parts = {name: tensors[name] for name in CALIBRATION}
    coder.calibration_ = Calibration(**parts, shares=shares, fitted=card["calibrated"])
    words.idf_ = tensors["idf"]
    return coder, words, card["themes"], tensors["theme_vectors"]
