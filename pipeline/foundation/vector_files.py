"""Files of vectors: safetensors with sorted text ids, written block by block, mapped into memory when large."""

from __future__ import annotations

import hashlib
import itertools
import json
import mmap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import replacing

# Embeddings from this size on, in bytes, are mapped instead of read.
MAPPED_FROM = 64_000_000


def digests_of(text_ids: Iterable[str] | np.ndarray) -> np.ndarray:
    """Turn text ids, 64 hexadecimal digits each, into the 32 bytes they stand for; another id is hashed.

    Returns
    -------
    ndarray of uint8, shape (n, 32)
    """
    if isinstance(text_ids, np.ndarray) and text_ids.dtype == np.uint8:
        return text_ids
    ids = list(text_ids)
    try:
        content = bytes.fromhex("".join(ids))
        if any(len(text_id) != 64 for text_id in ids):
            raise ValueError
    except ValueError:
        content = b"".join(hashlib.sha256(text_id.encode()).digest() for text_id in ids)
    return np.frombuffer(content, np.uint8).reshape(-1, 32)


def in_order(digests: np.ndarray) -> np.ndarray:
    """See digests, shape (n, 32), as n values that can be compared, sorted and searched."""
    return np.ascontiguousarray(digests).view("S32").ravel()


def write_vectors(path: Path, text_ids: Iterable[str] | np.ndarray, vectors: np.ndarray, about: dict[str, Any]) -> None:
    """Write embeddings: row i of `vectors`, shape (n, d), belongs to ``text_ids[i]``; rows are sorted by id."""
    digests = digests_of(text_ids)
    order = np.argsort(in_order(digests), kind="stable")
    write_vector_blocks(path, digests[order], [vectors[order]], about)


def write_vector_blocks(path: Path, digests: np.ndarray, blocks: Iterable[np.ndarray], about: dict[str, Any]) -> None:
    """Write embeddings block by block, so that no more than one block is ever held.

    The file is safetensors: ``text_ids`` (n, 32) uint8 and ``vectors`` (n, d) float32; the metadata say under `about`
    how they were made.

    Parameters
    ----------
    path : Path
    digests : ndarray of uint8, shape (n, 32)
        Sorted, each once.
    blocks : iterable of ndarray, shape (m, d)
        Their vectors, in the same order, n altogether; d is that of the first block.
    about : dict

    Raises
    ------
    ValueError
        If the blocks hold more or fewer rows than there are ids, or the ids are not sorted.
    """
    keys = in_order(digests)
    if (keys[1:] <= keys[:-1]).any():
        raise ValueError(f"{path}: text ids are not sorted, or one stands twice")
    rest = iter(blocks)
    first = next(rest, np.zeros((0, 1), np.float32))
    n, d = len(digests), first.shape[1]
    tensors = {
        "__metadata__": {"about": json.dumps(about, sort_keys=True)},
        "text_ids": {"dtype": "U8", "shape": [n, 32], "data_offsets": [0, 32 * n]},
        "vectors": {"dtype": "F32", "shape": [n, d], "data_offsets": [32 * n, 32 * n + 4 * n * d]},
    }
    header = json.dumps(tensors, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    with replacing(path) as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        stream.write(np.ascontiguousarray(digests).data)
        written = 0
        for block in itertools.chain([first], rest):
            written += len(block)
            stream.write(np.ascontiguousarray(block, dtype="<f4").data)
        if written != n:
            raise ValueError(f"{path}: {written} vectors for {n} texts")


def read_vectors(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read embeddings: digests, shape (n, 32), sorted, and vectors, shape (n, d), float32.

    A large file is mapped into memory, of which only the rows that are asked for take any; a small one is read.

    Raises
    ------
    ThemebookError
        If the file is missing, cut off, or of another form.
    """
    header = _vectors_header(path)
    n, d = header["vectors"]["shape"]
    start = header["start"]
    content: np.ndarray = np.memmap(path, np.uint8, mode="r")
    if content.size < MAPPED_FROM:
        content = np.fromfile(path, np.uint8)
    digests = content[start : start + 32 * n].reshape(n, 32)
    return digests, content[start + 32 * n : start + 32 * n + 4 * n * d].view("<f4").reshape(n, d)


def let_go(array: np.ndarray) -> None:
    """Give back the memory that looking at rows of a mapped file took; the file and the array stay as they are."""
    root: Any = array
    while root is not None and not isinstance(root, mmap.mmap):
        root = getattr(root, "base", None)
    if root is not None and hasattr(mmap, "MADV_DONTNEED"):
        root.madvise(mmap.MADV_DONTNEED)


def about_vectors(path: Path) -> dict[str, Any]:
    """Read how embeddings were made: what was given to the writer as `about`."""
    return dict(json.loads(_vectors_header(path)["__metadata__"]["about"]))


def _vectors_header(path: Path) -> dict[str, Any]:
    remedy = "Run `dvc repro`, which makes it."
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            size = path.stat().st_size
            header: dict[str, Any] = json.loads(stream.read(length)) if 8 + length <= size else {}
    except FileNotFoundError:
        raise ThemebookError(f"{path} does not exist.", remedy) from None
    except ValueError:
        header = {}
    if "text_ids" not in header or 8 + length + header["vectors"]["data_offsets"][1] != size:
        raise ThemebookError(f"{path} is cut off, or was written by an earlier version.", remedy)
    return {**header, "start": 8 + length}
