"""Counts and ids on standard error, never answer text; progress bars only on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
EVERY_SECONDS = 30.0


def say(stage: str, **counts: object) -> None:
    """Log one line: the stage and what it counted."""
    print(f"{stage}: " + ", ".join(f"{name} {value}" for name, value in counts.items()), file=sys.stderr)


def notice(text: str) -> None:
    """Tell the user something that is not an error; never any answer text."""
    print(f"notice: {text}", file=sys.stderr)


def progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterable[Item]:
    """Show a progress bar over a long loop, where a user started this process on a terminal."""
    from multiprocessing import parent_process

    from tqdm import tqdm

    hidden = not sys.stderr.isatty() or parent_process() is not None
    return tqdm(items, desc=what, total=total, disable=hidden, leave=False)


@contextmanager
def counting(what: str, total: int, of: str) -> Iterator[Callable[[int], None]]:
    """Show how far long work is, with rate and time left: a bar on a terminal, elsewhere a line every half minute.

    Parameters
    ----------
    what : str
        What is done.
    total : int
        How many there are to do.
    of : str
        Of what.

    Yields
    ------
    callable
        To be called with how many more are done.
    """
    if sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(desc=what, total=total, unit=f" {of}", unit_scale=True, leave=False) as shown:
            yield shown.update
        return
    done, began = 0, time.monotonic()
    told = began

    def more(n: int) -> None:
        nonlocal done, told
        done, now = done + n, time.monotonic()
        if now - told >= EVERY_SECONDS and done < total:
            told, rate = now, done / (now - began)
            left = _minutes((total - done) / rate) if rate else "unknown"
            notice(f"{what}: {done:,} of {total:,} {of}, {rate:,.0f} a second, {left} left")

    yield more


def _minutes(seconds: float) -> str:
    """Say a time as a person would.

    Examples
    --------
    >>> _minutes(42), _minutes(600), _minutes(7300)
    ('42 s', '10 min', '2 h 2 min')
    """
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
