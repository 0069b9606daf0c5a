"""What the coding says of each answer, without the many themes that it does not raise."""

from __future__ import annotations

import pandas as pd

from pipeline.foundation.contracts import MENTIONS
from pipeline.foundation.tables import empty, read_parts


def read_told() -> pd.DataFrame:
    """Read every mention, and one row at least of each coded answer and each source of its codes.

    That is enough to tell which answers were coded, by whom, and what they raise, and it is a small part of a table
    that has a row for each answer and theme, which is never held whole.

    Returns
    -------
    DataFrame
        Rows of the contract MENTIONS.

    Raises
    ------
    ThemebookError
        If the table is missing or breaks its contract.
    """
    parts = [empty(MENTIONS)]
    for part in read_parts(MENTIONS, None, list(MENTIONS.columns)):
        rows = part.to_pandas()
        parts.append(rows[rows["mentioned"] | ~rows.duplicated(["response_id", "source"])])
    return pd.concat(parts, ignore_index=True)
