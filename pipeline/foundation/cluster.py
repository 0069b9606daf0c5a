"""Shards on a Dask cluster, which does all scheduling."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.log import progress
from pipeline.foundation.shard import Shard, work_on

# So often may the workers of one shard die.
ATTEMPTS = 3
CONNECT_SECONDS = 15


def on_dask(todo: list[Shard], scheduler: str) -> None:
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
        bar = iter(progress(range(len(todo)), todo[0].name, len(todo)))
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
