"""Shards in processes of this machine, as many as cores are free."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.foundation.cores import ONE_THREAD
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.log import progress
from pipeline.foundation.shard import Shard, is_done, work_on

if TYPE_CHECKING:
    from concurrent.futures import Executor

# So often in a row may a worker process die without any shard being finished.
ATTEMPTS = 3


def on_this_machine(todo: list[Shard], workers: int) -> None:
    """Do shards in processes of this machine; a process that dies is replaced and its shard done again."""
    from concurrent.futures import as_completed
    from concurrent.futures.process import BrokenProcessPool

    if workers <= 1:
        for shard in progress(todo, todo[0].name, len(todo)):
            work_on(shard)
        return
    finished: set[str] = set()
    deaths = 0
    bar = iter(progress(range(len(todo)), todo[0].name, len(todo)))
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
                finished |= {shard.key for shard in left if is_done(shard)}
                deaths = 0 if len(finished) > before else deaths + 1
        if deaths >= ATTEMPTS:
            raise ThemebookError(
                f"{left[0].name}: worker processes were killed {deaths} times, with {len(left)} shards to do.",
                "Often the memory is too small: set fewer `workers` or smaller `shard_rows` in params.yaml and run "
                "again; what is done is kept.",
            )
    next(bar, None)


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
