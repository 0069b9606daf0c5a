"""Heavy row-wise work in shards: bounded memory, all cores or a cluster, and what is done stays done.

A shard is a slice of the rows, a function and its settings. Where there is more than one, each becomes a file in
``.themebook/shards/NAME/`` of the project folder; a worker reads it, calls the function and writes the result beside
it (temporary file, flush, rename), with a receipt: rows, sha256 of the result, and the key of the work, a hash of the
input, the settings and the code. Files are named by that key, so that what a worker still writes for an earlier run
of other work is never taken for this one's. A run that stops half-way leaves them there, and the next one does only
what has no good receipt; a run that ends well takes them away. They hold answers, as the tables do, and are kept out
of git. One shard alone is done in this process, without files.

Where the work runs (``engine`` in params.yaml: processes of this machine, or a Dask cluster) never changes a result,
as long as the function is what it must be: pure, and giving each row a result that rests on that row alone.

How a stage uses it::

    def measured(part: pa.Table, settings: dict[str, Any]) -> pa.Table:   # at a module's top level
        return pa.table({"length": pc.utf8_length(part["text"])})

    with sharded("lengths/2025", measured, slices(texts, params.shard_rows), {"unit": "letters"}, params) as results:
        for result in results:      # in the order of the slices, one in memory at a time
            ...
        write_table(...)            # the shards go when the block ends well

A function may also give a NumPy array, a row for each row (vectors); it is kept as safetensors. ``settings`` must be
JSON: everything that the result depends on beside the rows. The function runs in the project's folder. Heavy imports
and models belong inside the function, behind a cache, so that each worker loads them once.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.foundation.code import code_hash
from pipeline.foundation.cores import allowed_cores
from pipeline.foundation.log import notice
from pipeline.foundation.params import Params
from pipeline.foundation.shard import FOLDER, Function, Result, Shard, hash_of, is_done, packed, result_of
from pipeline.foundation.tables import remove, write_bytes, write_text

if TYPE_CHECKING:
    import pyarrow as pa


def slices(table: pa.Table, rows: int) -> Iterator[pa.Table]:
    """Cut a table into parts of at most so many rows, in order and about equally long."""
    number = -(-len(table) // rows)
    edges = [len(table) * i // number for i in range(number + 1)] if number else []
    return (table.slice(start, end - start) for start, end in pairwise(edges))


@contextmanager
def sharded(
    name: str,
    function: Function,
    parts: Iterable[pa.Table],
    settings: dict[str, Any],
    params: Params,
    processes: int | None = None,
) -> Iterator[Iterator[Result]]:
    """Do row-wise work on parts of a table, wherever `params` says, and give the results in the order of the parts.

    Parameters
    ----------
    name : str
        Of the work, such as ``segment/2025``; its shards lie in ``.themebook/shards/`` under that name.
    function : callable
        At the top level of a module: takes a part and the settings, gives a table or an array.
    parts : iterable of pyarrow Table
        Read one by one; their size changes no result, only the memory that a worker needs.
    settings : dict
        JSON: what the function needs beside the rows.
    params : Params
        ``engine``, ``scheduler`` and ``workers`` are read.
    processes : int, optional
        In place of ``workers``; 1 for work that uses all cores by itself. On a cluster it says nothing.

    Yields
    ------
    iterator of pyarrow Table or ndarray
        All work is done when it is given; a result is read from disk when it is asked for.

    Raises
    ------
    ThemebookError
        If the function fails on a shard, workers die time after time, or the cluster cannot be reached or does not
        see the project folder. What is done is kept, and the next run goes on from there.
    """
    waiting = iter(parts)
    first = list(islice(waiting, 2))
    folder = Path.cwd() / FOLDER / name
    if len(first) < 2:
        shutil.rmtree(folder, ignore_errors=True)
        yield iter([function(part, settings) for part in first])
        return
    _make(folder)
    shards = list(_laid_out(name, function, _chained(first, waiting), settings, folder))
    _take_away_others(folder, shards)
    todo = [shard for shard in shards if not is_done(shard)]
    if len(todo) < len(shards):
        notice(f"{name}: {len(shards) - len(todo)} of {len(shards)} shards were done before.")
    if todo and params.engine == "dask":
        from pipeline.foundation.cluster import on_dask

        on_dask(todo, params.scheduler)
    elif todo:
        from pipeline.foundation.processes import on_this_machine

        on_this_machine(todo, min(processes or params.workers or allowed_cores(), len(todo)))
    yield (result_of(shard) for shard in shards)
    _clear(folder)


@contextmanager
def workplace(name: str) -> Iterator[Path]:
    """Give a folder that workers see, out of git, for what they share; it goes when the block ends well."""
    folder = Path.cwd() / FOLDER / name
    _make(folder)
    yield folder
    _clear(folder)


def _clear(folder: Path) -> None:
    """Take the shards away, and the folders above that are now empty."""
    shutil.rmtree(folder, ignore_errors=True)
    top = Path.cwd() / FOLDER.parent
    for parent in folder.parents:
        if parent == top or any(parent.iterdir()):
            break
        parent.rmdir()
    if [path.name for path in top.iterdir()] == [".gitignore"]:
        shutil.rmtree(top)


def _chained(first: list[pa.Table], waiting: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The parts already read, let go one by one, and the others."""
    while first:
        yield first.pop(0)
    yield from waiting


def _make(folder: Path) -> None:
    """Make the folder, kept out of git by a list of its own, wherever the project stands."""
    folder.mkdir(parents=True, exist_ok=True)
    ignored = Path.cwd() / FOLDER.parent / ".gitignore"
    if not ignored.exists():
        write_text(ignored, "*\n")


def _laid_out(
    name: str, function: Function, parts: Iterator[pa.Table], settings: dict[str, Any], folder: Path
) -> Iterator[Shard]:
    """Write the parts for the workers; a part that lies there already is not written again."""
    given = json.dumps(settings, sort_keys=True, allow_nan=False)
    code = code_hash()
    for number, part in enumerate(parts):
        content = packed(part)
        digest = hashlib.sha256(content).hexdigest()
        about = json.dumps([function.__module__, function.__qualname__, given, code, digest])
        key = hashlib.sha256(about.encode()).hexdigest()
        shard = Shard(name, number, len(part), folder, function, given, key, code)
        if hash_of(shard.source) != digest:
            write_bytes(shard.source, content)
        yield shard


def _take_away_others(folder: Path, shards: Sequence[Shard]) -> None:
    """Remove what an earlier run of other parts, or a worker that was killed, left there."""
    known = {path.name for shard in shards for path in (shard.source, shard.receipt, *shard.outputs)}
    for path in folder.iterdir():
        if path.name not in known and path.is_file():
            remove(path)
