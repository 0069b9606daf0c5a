"""The cache of embeddings: what it holds, that it may be lost at any time, and that it stays within its limit."""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from pipeline.foundation import cache as places
from pipeline.foundation.errors import ThemebookError
from pipeline.text import embedding_cache
from pipeline.text.embedding_cache import NAME, EmbeddingCache
from pipeline.text.encoder import CachedEncoder

ROOT = Path(__file__).parents[1]
D = 6


def made(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    digests = rng.integers(0, 256, (n, 32), dtype=np.uint8)
    return digests, rng.normal(size=(n, D)).astype(np.float32)


class Counted:
    """A backend that counts what it is asked for."""

    dimensions, about = D, {"backend": "none"}

    def __init__(self) -> None:
        self.asked = 0

    def encode(self, texts, done=None):
        self.asked += len(texts)
        return np.array([[len(text)] * D for text in texts], np.float32)


def test_what_was_added_is_found_bit_for_bit_and_by_its_own_model_only(tmp_path):
    digests, vectors = made(1200)
    EmbeddingCache("a", D, tmp_path).add(digests[:1000], vectors[:1000])
    known, found = EmbeddingCache("a", D, tmp_path).find(digests)
    assert known.tolist() == [True] * 1000 + [False] * 200
    assert np.array_equal(found[:1000], vectors[:1000])
    assert not found[1000:].any()
    assert not EmbeddingCache("b", D, tmp_path).find(digests)[0].any()


def test_projects_share_it_and_it_can_be_switched_off(tmp_path, monkeypatch):
    monkeypatch.setenv("THEMEBOOK_CACHE", str(tmp_path))
    texts, inner = ["good", "bad", "good", "fine"], Counted()
    first = CachedEncoder(inner, "m").encode(texts)
    assert np.array_equal(CachedEncoder(inner, "m").encode(texts), first)
    assert inner.asked == 3
    CachedEncoder(inner, "other model").encode(["good"])
    CachedEncoder(inner, "m", cached=False).encode(["good"])
    monkeypatch.setenv("THEMEBOOK_CACHE", "off")
    CachedEncoder(inner, "m").encode(["good"])
    assert inner.asked == 6


def test_it_holds_no_text(tmp_path, monkeypatch):
    monkeypatch.setenv("THEMEBOOK_CACHE", str(tmp_path))
    CachedEncoder(Counted(), "m").encode(["Nurse Joy was lovely"])
    for path in (tmp_path / "embeddings").iterdir():
        assert b"Nurse" not in path.read_bytes()
        if os.name == "posix":
            assert path.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", ["noise", "cut", "empty", "header"])
def test_a_damaged_file_is_taken_away_with_one_notice(tmp_path, capsys, damage):
    digests, vectors = made(3000)
    cache = EmbeddingCache("a", D, tmp_path)
    cache.add(digests, vectors)
    cache.close()
    path = tmp_path / NAME
    whole = path.read_bytes()
    noise = np.random.default_rng(0).bytes(len(whole) - 100)
    damaged = {"noise": whole[:100] + noise, "cut": whole[: len(whole) // 2], "empty": b"", "header": b"x" * 200}
    path.write_bytes(damaged[damage])
    again = EmbeddingCache("a", D, tmp_path)
    known, found = again.find(digests)
    assert np.array_equal(found[known], vectors[known])
    again.add(digests, vectors)
    again.close()
    assert capsys.readouterr().err.count("notice") <= 1
    after = EmbeddingCache("a", D, tmp_path)
    after.add(digests, vectors)
    known, found = after.find(digests)
    assert known.all()
    assert np.array_equal(found, vectors)


def test_a_row_that_is_not_as_it_was_written_is_encoded_anew(tmp_path):
    digests, vectors = made(10)
    EmbeddingCache("a", D, tmp_path).add(digests, vectors)
    with sqlite3.connect(tmp_path / NAME) as base:
        (content,) = base.execute("SELECT vector FROM vectors WHERE row = 3").fetchone()
        base.execute("UPDATE vectors SET vector = ? WHERE row = 3", (content[:5] + b"\0" + content[6:],))
        base.execute("UPDATE vectors SET vector = x'00' WHERE row = 4")
    base.close()
    cache = EmbeddingCache("a", D, tmp_path)
    known, _ = cache.find(digests)
    assert known.sum() == 8
    cache.add(digests[~known], vectors[~known])
    known, found = cache.find(digests)
    assert known.all()
    assert np.array_equal(found, vectors)


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("THEMEBOOK_CACHE", str(tmp_path / "file"))
    encoder = CachedEncoder(Counted(), "m")
    assert encoder.encode(["good"]).shape == encoder.encode(["bad"]).shape == (1, D)
    assert capsys.readouterr().err.count("cannot be used") == 1


@pytest.mark.parametrize("reason", ["attempt to write a readonly database", "database or disk is full"])
def test_a_full_disk_or_a_file_that_cannot_be_written_stops_nothing(tmp_path, monkeypatch, capsys, reason):
    digests, vectors = made(5)

    def refuse(*_):
        raise sqlite3.OperationalError(reason)

    cache = EmbeddingCache("a", D, tmp_path)
    monkeypatch.setattr(cache, "_add", refuse)
    cache.add(digests, vectors)
    cache.add(digests, vectors)
    assert not cache.find(digests)[0].any()
    assert capsys.readouterr().err.count(reason) == 1
    assert (tmp_path / NAME).exists()


def test_the_parts_not_used_for_longest_make_room(tmp_path, monkeypatch):
    monkeypatch.setattr(embedding_cache, "PART", 100)
    row = 4 * D + embedding_cache.BESIDE
    now = [1_000.0]
    monkeypatch.setattr(embedding_cache.time, "time", lambda: now[0])
    digests, vectors = made(1000)

    def run(rows: slice, add: bool) -> int:
        now[0] += 1000
        cache = EmbeddingCache("a", D, tmp_path, limit=500 * row)
        if add:
            cache.add(digests[rows], vectors[rows])
        known = int(cache.find(digests[rows])[0].sum())
        cache.close()
        return known

    for start in range(0, 500, 100):
        assert run(slice(start, start + 100), True) == 100
    assert run(slice(0, 100), False) == 100
    assert run(slice(500, 600), True) == 100
    # The second and third were not used for longest (a tenth more than needed goes); the first had been read meanwhile.
    assert [run(slice(s, s + 100), False) for s in range(0, 600, 100)] == [100, 0, 0, 100, 100, 100]
    # A run larger than the limit keeps what fits of it and does not throw out its own.
    assert run(slice(0, 1000), True) == 500


def test_the_file_stays_within_the_limit(tmp_path):
    rng = np.random.default_rng(1)
    limit = 8_000_000
    for seed in range(6):
        cache = EmbeddingCache("a", 384, tmp_path, limit=limit)
        cache.add(made(4000, seed)[0], rng.normal(size=(4000, 384)).astype(np.float32))
        cache.close()
    assert 0.5 * limit < (tmp_path / NAME).stat().st_size <= 1.1 * limit


def test_processes_write_and_read_it_at_once(tmp_path):
    code = """
import sys, numpy as np
from pathlib import Path
from pipeline.text.embedding_cache import EmbeddingCache
rng = np.random.default_rng(5)
digests = rng.integers(0, 256, (3000, 32), dtype=np.uint8)
vectors = rng.normal(size=(3000, 6)).astype(np.float32)
me = int(sys.argv[2])
cache = EmbeddingCache("a", 6, Path(sys.argv[1]))
for start in range(me * 500, 3000, 250):
    rows = slice(start, start + 250)
    known, found = cache.find(digests[rows])
    assert np.array_equal(found[known], vectors[rows][known])
    cache.add(digests[rows][~known], vectors[rows][~known])
"""
    command = [sys.executable, "-W", "error", "-c", code, str(tmp_path)]
    runs = [subprocess.Popen([*command, str(i)], cwd=ROOT, stderr=subprocess.PIPE) for i in range(4)]
    said = [run.communicate()[1].decode() for run in runs]
    assert [run.returncode for run in runs] == [0] * 4, said
    assert said == [""] * 4
    rng = np.random.default_rng(5)
    digests = rng.integers(0, 256, (3000, 32), dtype=np.uint8)
    known, found = EmbeddingCache("a", 6, tmp_path).find(digests)
    assert known.all()
    assert np.array_equal(found, rng.normal(size=(3000, 6)).astype(np.float32))


def test_the_command_says_where_it_is_and_empties_it(tmp_path, monkeypatch):
    monkeypatch.setenv("THEMEBOOK_CACHE", str(tmp_path))
    (tmp_path / "mine.txt").write_text("stays")
    CachedEncoder(Counted(), "m").encode(["good"])
    said = CliRunner().invoke(cli, ["cache"]).output
    assert str(tmp_path) in said
    assert re.search(r"embeddings: 0\.[1-9] MB", said)
    assert "embeddings: 0.0 MB in 0 files" in CliRunner().invoke(cli, ["cache", "--clear"]).output
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_where_it_is_and_how_large_it_may_be(monkeypatch, tmp_path):
    monkeypatch.delenv("THEMEBOOK_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert places.cache_folder() == tmp_path / "themebook"
    monkeypatch.setenv("THEMEBOOK_CACHE", "off")
    assert places.cache_folder() is None
    assert places.describe_cache() == places.clear_cache() == ["no cache: THEMEBOOK_CACHE is off"]
    monkeypatch.setenv("THEMEBOOK_CACHE_LIMIT", "0.5")
    assert places.cache_limit() == 500_000_000
    for wrong in ("a lot", "-1", "inf", "nan"):
        monkeypatch.setenv("THEMEBOOK_CACHE_LIMIT", wrong)
        with pytest.raises(ThemebookError, match="not a number of gigabytes"):
            places.cache_limit()
