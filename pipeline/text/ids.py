"""What a text is known by wherever it stands."""

from __future__ import annotations

import hashlib


def text_id(text: str) -> str:
    """Give a text's id, its sha256: the same text has the same embedding wherever it stands."""
    return digest(text).hex()


def digest(text: str) -> bytes:
    """Give the same in 32 bytes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
