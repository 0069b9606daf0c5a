"""What the processor offers: cores that are free (more threads than that are several times slower), and bfloat16."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")

# Long enough to see whether somebody else is computing (ten ticks of the system's clock), too short to be felt.
WATCH_SECONDS = 0.1
_CGROUP = Path("/sys/fs/cgroup")
# One thread each: several processes that each start a thread per core are slower than one.
_LIBRARIES = ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in _LIBRARIES}


def free_cores() -> int:
    """Count the cores to use: as ``OMP_NUM_THREADS`` says, else the idle ones among those this process may use.

    Returns
    -------
    int
        At least 1.
    """
    told = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    if told.isdigit() and int(told) > 0:
        return int(told)
    allowed = allowed_cores()
    return allowed if allowed == 1 else max(1, min(allowed, round(allowed - _busy(allowed))))


def allowed_cores(cgroup: Path = _CGROUP) -> int:
    """Count the cores that this process may use: those it is bound to, within a container's quota.

    Parameters
    ----------
    cgroup : Path
        Where the system keeps a container's quota (Linux; version 2 and 1 of its control groups are read).

    Returns
    -------
    int
        At least 1.
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(cgroup)
    return max(1, min(bound, math.ceil(quota) if quota else bound))


def has_bfloat16(path: Path = Path("/proc/cpuinfo")) -> bool | None:
    """Tell whether the processor has units for bfloat16; None where the system does not say."""
    try:
        words = set(path.read_text(errors="replace").split())
    except OSError:
        return None
    return bool(words & {"avx512_bf16", "amx_bf16", "bf16"})


def _quota(cgroup: Path) -> float:
    """A container's share in cores, 0 where there is no limit."""
    try:
        limit, period = (cgroup / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            limit, period = ((cgroup / "cpu" / f"cpu.cfs_{n}_us").read_text() for n in ("quota", "period"))
        except OSError:
            return 0.0
    try:
        return max(0.0, int(limit) / int(period))
    except (ValueError, ZeroDivisionError):  # "max": no limit
        return 0.0


@cache
def _busy(allowed: int) -> float:
    """Watch for a moment how many of the cores others keep busy, once; this process sleeps meanwhile."""
    try:
        import psutil

        shares = psutil.cpu_percent(WATCH_SECONDS, percpu=True)
    except Exception:  # no counters in this container: nothing is known of others
        return 0.0
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(len(shares))
    seen = [share for core, share in enumerate(shares) if core in mine]
    return min(allowed, sum(seen) / 100)


def in_threads(work: Callable[[Item], Done], items: Iterable[Item]) -> list[Done]:
    """Do several pieces of numeric work at once on the free cores, each with one thread of its own.

    Small problems gain nothing from more threads each: threads that wait for a busy core cost fifty times the work.

    Returns
    -------
    list
        Results in the order of `items`.
    """
    from threadpoolctl import threadpool_limits

    # The limit of linear algebra holds for the process, that of OpenMP for each thread by itself.
    alone = partial(threadpool_limits, 1, "openmp")
    with threadpool_limits(1), ThreadPoolExecutor(free_cores(), initializer=alone) as threads:
        return list(threads.map(work, items))
