"""The reference backend: any sentence-transformers model on torch, on a GPU where there is one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.foundation.cores import free_cores
from pipeline.foundation.errors import ThemebookError, listing

# Batches between two signs of progress.
TOLD = 16


class SentenceTransformerEncoder:
    """A sentence-transformers model.

    Parameters
    ----------
    folder : Path
        The model's folder; read with every network access switched off.
    batch_size : int
        Texts a batch.
    weights : dict of str to ndarray, optional
        Weights that take the place of the model's own: what tuning changed.
    precision : str
        ``float32``, or ``bfloat16`` for the matrix products.
    device : str, optional
        Where it computes; by default the GPU where there is one.
    """

    def __init__(
        self,
        folder: Path,
        batch_size: int = 64,
        weights: dict[str, np.ndarray] | None = None,
        precision: str = "float32",
        device: str = "",
    ) -> None:
        self.folder = folder
        self.batch_size = batch_size
        self.weights = weights or {}
        self.precision = precision
        self.device = device
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
            device = self.device or ("cuda" if torch.cuda.is_available() else "cpu")
            self._model = SentenceTransformer(str(self.folder), device=device, local_files_only=True)
            tensors = {name: torch.from_numpy(value) for name, value in self.weights.items()}
            unknown = self._model.load_state_dict(tensors, strict=False).unexpected_keys
            if unknown:
                raise ThemebookError(
                    f"The tuned weights are another model's: {self.folder} has no {listing(unknown, 3)}.",
                    "Remove models/tuned and run `dvc repro`, which tunes anew.",
                )
        return self._model

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return int(self.model.get_embedding_dimension())

    @property
    def about(self) -> dict[str, str]:
        """What the vectors are made by, as it is recorded with them."""
        from importlib.metadata import version

        return {"backend": "torch", "version": version("torch"), "computed_in": self.precision}

    def encode(self, texts: list[str], done: Callable[[int], object] | None = None) -> np.ndarray:
        """Encode texts, each distinct text once; the result does not depend on their order.

        Parameters
        ----------
        texts : list of str
            n texts, repeats allowed.
        done : callable, optional
            Called with how many more are encoded.

        Returns
        -------
        ndarray of shape (n, d), float32
            Vectors of Euclidean length 1.
        """
        model = self.model
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        import torch

        # Sorted by length, a batch pads little; a few batches at a time tell how far it is.
        distinct = sorted(set(texts), key=lambda text: (len(text), text))
        vectors = np.empty((len(distinct), self.dimensions), np.float32)
        before = torch.get_num_threads()
        torch.set_num_threads(free_cores())
        try:
            with torch.autocast(model.device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
                for start in range(0, len(distinct), TOLD * self.batch_size):
                    part = slice(start, start + TOLD * self.batch_size)
                    vectors[part] = model.encode(
                        distinct[part], batch_size=self.batch_size, normalize_embeddings=True, show_progress_bar=False
                    )
                    if done is not None:
                        done(len(vectors[part]))
        finally:
            torch.set_num_threads(before)
        place = {text: i for i, text in enumerate(distinct)}
        return vectors[[place[text] for text in texts]]
