"""The keys of the coding form."""

from __future__ import annotations

from collections.abc import Sequence

# `u` goes back.
SINGLE = "123456789abcdefghijklmnopqrstvwxyz"
PREFIX = "0"


def keys_for(themes: Sequence[str]) -> dict[str, str]:
    """Give each theme its key, in the order of the codebook: 1 to 9, then letters, and from the 35th on two keys.

    Examples
    --------
    >>> keys_for(["T01", "T02"]), keys_for([str(i) for i in range(36)])["35"]
    ({'T01': '1', 'T02': '2'}, '02')
    """
    keys = [*SINGLE, *(PREFIX + key for key in SINGLE)]
    return dict(zip(themes, keys, strict=False))
