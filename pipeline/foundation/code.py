"""Which code this is: a hash of the package, so that nothing mixes the work of two versions."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


@cache
def code_hash() -> str:
    """Hash the whole package: 64 hexadecimal digits that change when any file of its code does."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        inside = path.relative_to(PACKAGE).as_posix()
        if path.is_file() and path.suffix != ".pyc" and not inside.startswith(("sample/", "manifests/")):
            digest.update(f"{inside}\0".encode() + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()
