"""The folder outside the project for what is slow to make and may be made again: converted models and embeddings.

It is this machine's and this user's: shared between projects, readable by nobody else, never part of a result.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pipeline.foundation.errors import ThemebookError

FOLDER, LIMIT = "THEMEBOOK_CACHE", "THEMEBOOK_CACHE_LIMIT"
GIGABYTE = 1_000_000_000
MADE = ("converted", "embeddings")


def cache_folder() -> Path | None:
    """Say where the cache is: ``$THEMEBOOK_CACHE``, else a folder in the user's cache; None when that says ``off``."""
    told = os.environ.get(FOLDER, "")
    if told.lower() == "off":
        return None
    if told:
        return Path(told).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else "")
    return (Path(base) if base else Path.home() / ".cache") / "themebook"


def cache_limit() -> int:
    """Say how many bytes the embeddings in the cache may take: ``$THEMEBOOK_CACHE_LIMIT`` in gigabytes, else 2.

    Raises
    ------
    ThemebookError
        If the variable is not a number of gigabytes.
    """
    told = os.environ.get(LIMIT, "2")
    try:
        limit = float(told)
    except ValueError:
        limit = -1.0
    if not 0 <= limit < float("inf"):
        raise ThemebookError(f"{LIMIT} is `{told}`, not a number of gigabytes.", "Give one, such as 2 or 0.5.")
    return int(limit * GIGABYTE)


def make_private(folder: Path) -> Path:
    """Make a folder of the cache that only this user can open.

    Raises
    ------
    OSError
        If it cannot be made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def describe_cache() -> list[str]:
    """Say where the cache is, what it holds and how large it is, a line each."""
    folder = cache_folder()
    if folder is None:
        return [f"no cache: {FOLDER} is off"]
    lines = [f"cache: {folder}"]
    for name in MADE:
        files = [f for f in (folder / name).rglob("*") if f.is_file()]
        lines.append(f"  {name}: {sum(f.stat().st_size for f in files) / 1e6:,.1f} MB in {len(files)} files")
    return [*lines, f"  embeddings may take {cache_limit() / GIGABYTE:g} GB ({LIMIT})"]


def clear_cache() -> list[str]:
    """Delete what themebook keeps in the cache, and nothing else that lies in that folder."""
    folder = cache_folder()
    if folder is not None:
        for name in MADE:
            if (folder / name).exists():
                shutil.rmtree(folder / name)
    return describe_cache()
