"""Counts and ids on standard error, never answer text; progress bars only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")


def say(stage: str, **counts: object) -> None:
    """Log one line: the stage and what it counted."""
    print(f"{stage}: " + ", ".join(f"{name} {value}" for name, value in counts.items()), file=sys.stderr)


def notice(text: str) -> None:
    """Tell the user something that is not an error; never any answer text."""
    print(f"notice: {text}", file=sys.stderr)


def progress(items: Iterable[Item], what: str, total: int | None = None) -> Iterable[Item]:
    """Show a progress bar over a long loop, where standard error is a terminal; only in the process a user started."""
    from multiprocessing import parent_process

    from tqdm import tqdm

    hidden = not sys.stderr.isatty() or parent_process() is not None
    return tqdm(items, desc=what, total=total, disable=hidden, leave=False)
