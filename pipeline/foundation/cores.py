"""How many processor cores are free for this process: more threads than that make everything several times slower."""

from __future__ import annotations

import math
import os
from pathlib import Path

# Long enough to see whether somebody else is computing (ten ticks of the system's clock), too short to be felt.
WATCH_SECONDS = 0.1


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


def allowed_cores() -> int:
    """Count the cores that this process may use: its affinity, and the quota of its control group."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(Path("/sys/fs/cgroup/cpu.max"))
    return max(1, min(cores, math.ceil(quota))) if quota else cores


def _quota(path: Path) -> float:
    """Read a control group's quota in cores; 0 where there is none."""
    try:
        most, period = path.read_text().split()
        return 0.0 if most == "max" else int(most) / int(period)
    except (OSError, ValueError):
        return 0.0


def _busy(allowed: int) -> float:
    """Watch for a moment how many of the cores others keep busy; this process sleeps meanwhile."""
    try:
        import psutil

        shares = psutil.cpu_percent(WATCH_SECONDS, percpu=True)
    except Exception:  # no counters in this container: nothing is known of others
        return 0.0
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(len(shares))
    seen = [share for core, share in enumerate(shares) if core in mine]
    return min(allowed, sum(seen) / 100)
