"""How many cores this process may really use."""

from __future__ import annotations

import math
import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
# One thread each: several processes that each start a thread per core are slower than one.
_LIBRARIES = ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR")
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in _LIBRARIES}


def free_cores(cgroup: Path = _CGROUP) -> int:
    """Count the cores that this process is allowed to use: those it is bound to, within a container's quota.

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
    return max(1, min(bound, math.ceil(_quota(cgroup)) if _quota(cgroup) else bound))


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
