"""Imports without what a library takes along and nothing here uses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(package: str) -> Iterator[None]:
    """Import as if a package were not installed, unless it is loaded already.

    Examples
    --------
    >>> with without("this"):
    ...     import this
    Traceback (most recent call last):
    ...
    ModuleNotFoundError: import of this halted; None in sys.modules
    """
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
