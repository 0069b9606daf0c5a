"""What a command takes: seconds, processor seconds, and the memory of its whole process tree."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

# How often the tree's resident memory is looked at.
PERIOD = 0.05


@dataclass(frozen=True)
class Taken:
    """What one command took.

    Parameters
    ----------
    wall, cpu : float
        Seconds by the clock; processor seconds, user and system, of the process and of the children it waited for.
    peak : int
        Bytes: the greatest sum of resident memory over the process and its descendants, looked at every 50 ms. Pages
        that they share count in each, so the sum is at most too high.
    largest : int
        Bytes: the greatest resident memory of any one of them, as the kernel kept it (``ru_maxrss``), no peak missed.
    """

    wall: float
    cpu: float
    peak: int
    largest: int


class Failed(RuntimeError):
    """A measured command failed; holds the end of what it said."""


def measure(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Taken:
    """Run a command to its end and measure it.

    Raises
    ------
    Failed
        If it ends with anything but 0.
    """
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=dict(environment), stdout=said, stderr=said)
        watched = psutil.Process(process.pid)
        peak = 0
        while True:
            peak = max(peak, _resident(watched))
            pid, status, used = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(PERIOD)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            told = said.read().decode("utf-8", "replace")[-2000:]
            raise Failed(f"{' '.join(command[-4:])} ended with {process.returncode}: {told}")
    # Kilobytes on Linux, bytes on a Mac.
    largest = used.ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)
    return Taken(wall, used.ru_utime + used.ru_stime, max(peak, largest), largest)


def _resident(process: psutil.Process) -> int:
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    for each in family:
        try:
            total += each.memory_info().rss
        except psutil.Error:
            continue
    return total
