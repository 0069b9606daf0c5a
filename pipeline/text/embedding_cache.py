"""Embeddings by text and model, shared between waves, settings and projects on this machine.

A cache may be lost, damaged, full or locked at any time: then texts are encoded anew, with one notice and nothing else.
It holds vectors and the hashes of their texts, never a text.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from pipeline.foundation.cache import cache_folder, cache_limit, make_private
from pipeline.foundation.log import notice

NAME = "vectors.sqlite"
# Rows that are written, aged and dropped together, and ids that are asked for in one statement.
PART, ASKED = 4_096, 500
# What a row takes beside its vector: id, check, keys and pages.
BESIDE = 160
# When the cache is full, the oldest parts go until so much of the limit is free.
FREED = 0.1
WAIT_SECONDS = 20
LARGEST_LOG = 64_000_000
TABLES = """
CREATE TABLE IF NOT EXISTS parts (
  part INTEGER PRIMARY KEY, model BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  bytes INTEGER NOT NULL, used REAL NOT NULL);
CREATE TABLE IF NOT EXISTS vectors (
  row INTEGER PRIMARY KEY, model BLOB NOT NULL, text_id BLOB NOT NULL, part INTEGER NOT NULL, vector BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS place ON vectors (model, text_id);
"""


class EmbeddingCache:
    """The vectors of one model.

    Parameters
    ----------
    model : str
        Names everything that the vectors depend on beside the text: model files, tuned weights, precision, backend.
    dimensions : int
        The length of a vector.
    folder : Path, optional
        Where the file lies; by default in this user's cache.
    limit : int, optional
        Most bytes of all models together; by default `cache_limit`.
    """

    def __init__(self, model: str, dimensions: int, folder: Path | None = None, limit: int | None = None) -> None:
        self.model = hashlib.sha256(model.encode()).digest()[:16]
        self.dimensions = dimensions
        self.folder = folder
        self.limit = limit
        self._since = time.time()
        self._base: sqlite3.Connection | None = None
        self._off = self._full = False

    def find(self, digests: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Look texts up.

        Parameters
        ----------
        digests : ndarray of uint8, shape (n, 32)

        Returns
        -------
        known : ndarray of bool, shape (n,)
        vectors : ndarray of float32, shape (n, d)
            Zeros where a text is not known.
        """
        known, vectors = np.zeros(len(digests), bool), np.zeros((len(digests), self.dimensions), np.float32)
        self._try(lambda base: self._find(base, digests, known, vectors))
        return known, vectors

    def add(self, digests: np.ndarray, vectors: np.ndarray) -> None:
        """Keep vectors, shape (n, d) float32, of texts, shape (n, 32); what is known already stays as it is."""
        for start in range(0, len(digests), PART):
            rows = slice(start, start + PART)
            self._try(lambda base, rows=rows: self._add(base, digests[rows], vectors[rows]))  # type: ignore[misc]

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go."""
        if self._base is not None:
            self._base.close()
            self._base = None

    def _find(self, base: sqlite3.Connection, digests: np.ndarray, known: np.ndarray, vectors: np.ndarray) -> None:
        if not base.execute("SELECT 1 FROM parts WHERE model = ? LIMIT 1", (self.model,)).fetchone():
            return
        ids = [row.tobytes() for row in digests]
        place = {text_id: i for i, text_id in enumerate(ids)}
        parts = set()
        for start in range(0, len(ids), ASKED):
            asked = ids[start : start + ASKED]
            marks = ",".join("?" * len(asked))
            rows = base.execute(
                f"SELECT text_id, part, vector FROM vectors WHERE model = ? AND text_id IN ({marks})",
                (self.model, *asked),
            )
            for text_id, part, content in rows:
                vector, check = content[:-4], content[-4:]
                # A row that is not as it was written is as good as none.
                if len(vector) == 4 * self.dimensions and _check(text_id, vector) == check:
                    known[place[text_id]] = True
                    vectors[place[text_id]] = np.frombuffer(vector, "<f4")
                    parts.add(part)
        # When a part was last used need not be known to the minute, and others wait for whoever writes.
        now = time.time()
        aged = {part for (part,) in base.execute("SELECT part FROM parts WHERE used < ?", (now - 60,))} & parts
        if aged:
            with base:
                base.execute("BEGIN IMMEDIATE")
                base.executemany("UPDATE parts SET used = ? WHERE part = ?", [(now, part) for part in aged])

    def _add(self, base: sqlite3.Connection, digests: np.ndarray, vectors: np.ndarray) -> None:
        size = len(digests) * (4 * self.dimensions + BESIDE)
        if self._full or not len(digests):
            return
        content = np.ascontiguousarray(vectors, "<f4")
        ids = [row.tobytes() for row in digests]
        with base:
            base.execute("BEGIN IMMEDIATE")
            if not self._room(base, size):
                self._full = True
                return
            (before,) = base.execute("SELECT COALESCE(MAX(row), 0) FROM vectors").fetchone()
            (part,) = base.execute("SELECT COALESCE(MAX(part), 0) + 1 FROM parts").fetchone()
            rows = ((text_id, vector.tobytes()) for text_id, vector in zip(ids, content, strict=True))
            base.executemany(
                "INSERT OR REPLACE INTO vectors (model, text_id, part, vector) VALUES (?, ?, ?, ?)",
                ((self.model, text_id, part, vector + _check(text_id, vector)) for text_id, vector in rows),
            )
            (after,) = base.execute("SELECT COALESCE(MAX(row), 0) FROM vectors").fetchone()
            base.execute(
                "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?)",
                (part, self.model, before + 1, after, size, time.time()),
            )

    def _room(self, base: sqlite3.Connection, size: int) -> bool:
        """Make room by dropping the parts that were not used for longest; those of this run stay, or it would chase
        its own tail."""  # noqa: D205,D209
        limit = cache_limit() if self.limit is None else self.limit
        (taken,) = base.execute("SELECT COALESCE(SUM(bytes), 0) FROM parts").fetchone()
        if taken + size <= limit:
            return True
        wanted = taken + size - (1 - FREED) * limit
        old = base.execute("SELECT part, first, last, bytes FROM parts WHERE used < ? ORDER BY used", (self._since,))
        for part, first, last, freed in old.fetchall():
            base.execute("DELETE FROM vectors WHERE row BETWEEN ? AND ? AND part = ?", (first, last, part))
            base.execute("DELETE FROM parts WHERE part = ?", (part,))
            taken, wanted = taken - freed, wanted - freed
            if wanted <= 0:
                break
        return bool(taken + size <= limit)

    def _try(self, act: Callable[[sqlite3.Connection], None]) -> None:
        """Do something with the file; where that fails, say so once and go on without."""
        if self._off:
            return
        try:
            if self._base is None:
                self._base = self._opened()
            act(self._base)
        except (sqlite3.Error, OSError) as error:
            self.close()
            self._off = True
            damaged = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
            if damaged:
                for end in ("", "-wal", "-shm"):
                    with suppress(OSError):
                        self._path().with_name(NAME + end).unlink()
            said = "was damaged and is taken away" if damaged else "cannot be used"
            notice(f"the cache of embeddings {said} ({error}): this run encodes what it needs itself")

    def _path(self) -> Path:
        folder = self.folder
        if folder is None:
            base = cache_folder()
            if base is None:
                raise OSError("it is switched off")
            folder = base / "embeddings"
        return folder / NAME

    def _opened(self) -> sqlite3.Connection:
        path = self._path()
        make_private(path.parent)
        base = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
        # Ten rows of 384 numbers fill a page; with smaller ones a fifth of the file would be empty.
        base.execute("PRAGMA page_size = 16384")
        base.execute("PRAGMA auto_vacuum = FULL")
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")
        base.execute(f"PRAGMA journal_size_limit = {LARGEST_LOG}")
        base.executescript(TABLES)
        return base


def _check(text_id: bytes, vector: bytes) -> bytes:
    """Give four bytes by which a damaged row, or one that belongs to another text, is known."""
    return zlib.crc32(vector, zlib.crc32(text_id)).to_bytes(4, "little")
