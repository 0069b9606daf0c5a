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
import io
import json
import logging
import multiprocessing
import os
import shutil
import signal
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pipeline.foundation.code import PACKAGE, code_hash
from pipeline.foundation.cores import ONE_THREAD, allowed_cores
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.log import notice, progress
from pipeline.foundation.params import Params
from pipeline.foundation.tables import read_bytes, remove, write_bytes, write_json, write_text

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy as np
    import pyarrow as pa

FOLDER = Path(".themebook/shards")
# So often in a row may a worker process die without any shard being finished.
ATTEMPTS = 3
CONNECT_SECONDS = 15
# A shared file system may show a file of another machine only after a while.
SEEN_SECONDS = 60

Result: TypeAlias = "pa.Table | np.ndarray"
Function: TypeAlias = "Callable[[pa.Table, dict[str, Any]], Result]"

_lock = threading.Lock()


@dataclass(frozen=True)
class Shard:
    """One piece of work, as it is sent to a worker."""

    name: str
    number: int
    rows: int
    folder: Path
    function: Function
    settings: str
    key: str
    code: str

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.folder.parents[len(FOLDER.parts) + self.name.count("/")]

    def file(self, kind: str) -> Path:
        """One of its files: ``in.parquet``, ``out.parquet``, ``out.safetensors`` or ``json``, the receipt."""
        return self.folder / f"{self.number:06}-{self.key[:16]}.{kind}"

    @property
    def source(self) -> Path:
        """The slice of the rows."""
        return self.file("in.parquet")

    @property
    def receipt(self) -> Path:
        """What says that the shard is done."""
        return self.file("json")

    @property
    def outputs(self) -> tuple[Path, Path]:
        """Where the result is: a table or an array."""
        return self.file("out.parquet"), self.file("out.safetensors")

    def __str__(self) -> str:
        return f"{self.name}, shard {self.number + 1}"


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
    todo = [shard for shard in shards if not _is_done(shard)]
    if len(todo) < len(shards):
        notice(f"{name}: {len(shards) - len(todo)} of {len(shards)} shards were done before.")
    if params.engine == "dask":
        _on_dask(todo, params.scheduler)
    else:
        _on_this_machine(todo, min(processes or params.workers or allowed_cores(), len(todo)))
    yield (_result(shard) for shard in shards)
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
        content = _packed(part)
        digest = hashlib.sha256(content).hexdigest()
        about = json.dumps([function.__module__, function.__qualname__, given, code, digest])
        key = hashlib.sha256(about.encode()).hexdigest()
        shard = Shard(name, number, len(part), folder, function, given, key, code)
        if _hash_of(shard.source) != digest:
            write_bytes(shard.source, content)
        yield shard


def _packed(result: Result) -> bytes:
    """A result as the bytes of a file: parquet of a table, safetensors of an array."""
    import numpy as np

    if isinstance(result, np.ndarray):
        from safetensors.numpy import save

        return bytes(save({"rows": np.ascontiguousarray(result)}))
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(result, buffer, compression="zstd", write_statistics=False)
    return buffer.getvalue()


def _unpacked(path: Path, content: bytes) -> Result:
    if path.suffix == ".safetensors":
        from safetensors.numpy import load

        return load(content)["rows"]
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.read_table(pa.BufferReader(content))


def _hash_of(path: Path) -> str:
    """A file's sha256, empty where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def _take_away_others(folder: Path, shards: Sequence[Shard]) -> None:
    """Remove what an earlier run of other parts, or a worker that was killed, left there."""
    known = {path.name for shard in shards for path in (shard.source, shard.receipt, *shard.outputs)}
    for path in folder.iterdir():
        if path.name not in known and path.is_file():
            remove(path)


def _receipt(shard: Shard) -> dict[str, Any]:
    """What the receipt says, empty if there is none for this very work."""
    try:
        receipt = json.loads(shard.receipt.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return receipt if isinstance(receipt, dict) and receipt.get("key") == shard.key else {}


def _is_done(shard: Shard) -> bool:
    receipt = _receipt(shard)
    return bool(receipt) and _hash_of(shard.folder / receipt["file"]) == receipt["sha256"]


def _result(shard: Shard) -> Result:
    """Read a shard's result, waiting for a shared file system where it lags behind."""
    until = time.monotonic() + SEEN_SECONDS
    while True:
        receipt = _receipt(shard)
        path = shard.folder / receipt.get("file", "missing")
        content = path.read_bytes() if receipt and path.exists() else b""
        if receipt and hashlib.sha256(content).hexdigest() == receipt["sha256"]:
            return _unpacked(path, content)
        if time.monotonic() > until:
            raise ThemebookError(
                f"{shard}: its result in {shard.folder} is missing or damaged.",
                "Run again: only what is missing is done. On a cluster, all workers must share the project's folder.",
            )
        os.listdir(shard.folder)
        time.sleep(0.2)


def work_on(shard: Shard) -> str:
    """Do one shard; what a worker runs.

    Returns
    -------
    str
        The key of the work that is done.

    Raises
    ------
    ThemebookError
        If the worker does not see the shard, has other code, or the function fails. No answer text is in the message.
    """
    if code_hash() != shard.code:
        raise ThemebookError(
            f"{shard}: the worker on {socket.gethostname()} has another version of themebook.",
            "Install the same one for all workers and start them anew.",
        )
    content = read_bytes(
        shard.source,
        f"The worker on {socket.gethostname()} does not see it: all workers must share the project's folder, under "
        "the same path.",
    )
    # A worker with several threads: models are not made for being used by two at once.
    with _lock:
        try:
            with chdir(shard.project):
                result = shard.function(_unpacked(shard.source, content), json.loads(shard.settings))
        except ThemebookError:
            raise
        except Exception as error:
            raise ThemebookError(
                f"{shard} ({shard.rows} rows) failed: {_place_of(error)}.",
                "This is a fault of themebook: report it. Earlier tables stay as they are.",
            ) from None
        packed = _packed(result)
        out = shard.outputs[0 if hasattr(result, "schema") else 1]
        if not shard.source.exists():
            # The run that asked for it has stopped, and the next one has cleared up: nobody waits for this.
            raise ThemebookError(f"{shard}: its rows in {shard.folder} were taken away.", "Run again.")
        remove(shard.receipt)
        write_bytes(out, packed)
        digest = hashlib.sha256(packed).hexdigest()
        write_json(shard.receipt, {"key": shard.key, "file": out.name, "rows": len(result), "sha256": digest})
    return shard.key


def _place_of(error: Exception) -> str:
    """The kind of an error and the line of ours it came from; never its message, which can quote an answer."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if PACKAGE.as_posix() in Path(frame.filename).as_posix()] or frames
    return f"{type(error).__name__} in {Path(own[-1].filename).name}, line {own[-1].lineno}"


def _on_this_machine(todo: list[Shard], workers: int) -> None:
    """Do shards in processes of this machine; a process that dies is replaced and its shard done again."""
    from concurrent.futures import as_completed
    from concurrent.futures.process import BrokenProcessPool

    if workers <= 1:
        for shard in progress(todo, _what(todo), len(todo)):
            work_on(shard)
        return
    finished: set[str] = set()
    deaths = 0
    bar = iter(progress(range(len(todo)), _what(todo), len(todo)))
    while left := [shard for shard in todo if shard.key not in finished]:
        before = len(finished)
        with _processes(min(workers, len(left))) as pool:
            futures = _submitted(pool, left)
            try:
                for future in as_completed(futures):
                    finished.add(future.result())
                    next(bar)
            except BrokenProcessPool:
                # The pool is of no more use: those that did finish are known by their receipts.
                finished |= {shard.key for shard in left if _is_done(shard)}
                deaths = 0 if len(finished) > before else deaths + 1
        if deaths >= ATTEMPTS:
            raise ThemebookError(
                f"{left[0].name}: worker processes were killed {deaths} times, with {len(left)} shards to do.",
                "Often the memory is too small: set fewer `workers` or smaller `shard_rows` in params.yaml and run "
                "again; what is done is kept.",
            )
    next(bar, None)


def _what(todo: Sequence[Shard]) -> str:
    return todo[0].name if todo else ""


def _submitted(pool: Executor, shards: Sequence[Shard]) -> list[Any]:
    """Hand all shards in; the processes that start now have one thread each."""
    kept = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        return [pool.submit(work_on, shard) for shard in shards]
    finally:
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


@contextmanager
def _processes(workers: int) -> Iterator[Executor]:
    """A pool of fresh processes, stopped at once if anything goes wrong, an interrupt included."""
    from concurrent.futures import ProcessPoolExecutor

    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin)
    try:
        yield pool
    except BaseException:
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    """Begin a worker process: an interrupt is for the one that started it, and it ends when that one does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _on_dask(todo: list[Shard], scheduler: str) -> None:
    """Do shards on a Dask cluster, which starts a shard again elsewhere when its worker dies."""
    try:
        from distributed import Client, as_completed
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise ThemebookError(
            "params.yaml: `engine: dask` needs the package `distributed`, which is not installed.",
            "Run `pip install 'themebook[dask]'`, or set `engine: local`.",
        ) from None
    # What goes wrong is told in one message of ours; Dask's client would add a traceback.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    client = _reached(partial(Client, set_as_default=False), scheduler)
    try:
        run = f"{time.time_ns():x}"

        def submit(shard: Shard, attempt: int) -> Any:
            key = f"themebook-{shard.key[:16]}-{run}-{attempt}"
            return client.submit(work_on, shard, key=key, retries=1, pure=False)

        under_way = {future.key: (future, shard, 1) for shard in todo for future in [submit(shard, 1)]}
        bar = iter(progress(range(len(todo)), _what(todo), len(todo)))
        completed = as_completed([future for future, _, _ in under_way.values()], loop=client.loop)
        for future in completed:
            _, shard, attempt = under_way.pop(future.key)
            if future.status == "finished":
                next(bar)
                continue
            error = future.exception() if future.status == "error" else None
            if isinstance(error, KilledWorker) and attempt < ATTEMPTS:
                again = submit(shard, attempt + 1)
                under_way[again.key] = (again, shard, attempt + 1)
                completed.add(again)
                continue
            raise _told(error, shard, scheduler)
        next(bar, None)
    finally:
        client.close()


def _reached(client: Callable[..., Any], scheduler: str) -> Any:
    """A client of the cluster, with at least one worker there."""
    try:
        found = client(scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError, TimeoutError) as error:
        raise ThemebookError(
            f"params.yaml: no Dask scheduler answers at {scheduler} ({type(error).__name__}).",
            "Start one with `dask scheduler` and give its address as `scheduler: tcp://…`, or set `engine: local`.",
        ) from None
    try:
        found.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError:
        found.close()
        raise ThemebookError(
            f"The Dask scheduler at {scheduler} has no workers.",
            f"Start some: `dask worker {scheduler} --nthreads 1`, in the same environment as themebook.",
        ) from None
    return found


def _told(error: BaseException | None, shard: Shard, scheduler: str) -> ThemebookError:
    """What went wrong on the cluster, in one message without answer text."""
    if isinstance(error, ThemebookError):
        return error
    what = f"its workers were killed {ATTEMPTS} times over" if error is not None else "the scheduler was lost"
    if error is not None and type(error).__name__ != "KilledWorker":
        what = f"it failed with {type(error).__name__}"
    return ThemebookError(
        f"{shard}, on the cluster at {scheduler}: {what}.",
        "Look at the workers' logs and their memory, then run again; what is done is kept.",
    )
