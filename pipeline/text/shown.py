"""How answers are shown: their words with personal data masked."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.text.personal import mask


def redactions_by_response(redactions: pd.DataFrame) -> dict[str, list[tuple[int, int, str]]]:
    """Group the redactions table (contract REDACTIONS) by response: ``(start, end, type)`` in code points."""
    grouped: dict[str, list[tuple[int, int, str]]] = {}
    columns = (redactions[name] for name in ("response_id", "start", "end", "type"))
    for response_id, start, end, kind in zip(*columns, strict=True):
        grouped.setdefault(response_id, []).append((start, end, kind))
    return grouped


def shown_units(
    units: pd.DataFrame, texts: Mapping[str, str], redactions: Mapping[str, list[tuple[int, int, str]]]
) -> list[str]:
    """Give the masked text of each unit.

    Parameters
    ----------
    units : DataFrame
        Contract UNITS.
    texts : mapping
        Raw text by response id.
    redactions : mapping
        As `redactions_by_response` gives them.
    """
    columns = (units[name] for name in ("response_id", "start", "end"))
    return [mask(texts[r], redactions.get(r, []), start, end) for r, start, end in zip(*columns, strict=True)]
