"""The sentences of the researcher's text that stand on figures: which figures these were, and which have changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pandas as pd

from pipeline.foundation.contracts import SENTENCES
from pipeline.foundation.tables import empty
from pipeline.report.records import Block, Figure
from pipeline.report.story import lines_of

_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+")


def sentences(blocks: Iterable[Block]) -> pd.DataFrame:
    """List every sentence with each of its figures.

    Parameters
    ----------
    blocks : iterable of Block
        As `tell` gives them.

    Returns
    -------
    DataFrame
        By the contract `SENTENCES`: ``line``, ``reference`` (as written), ``sentence`` (with references in braces) and
        ``figure`` (what is printed there).
    """
    rows = {
        (line, reference): {"line": line, "reference": reference, "sentence": said, "figure": figure.text}
        for line, said, figures in _sentences(blocks)
        for reference, figure in figures.items()
    }
    table = pd.DataFrame(list(rows.values())) if rows else empty(SENTENCES)
    return table.sort_values(["line", "reference"], ignore_index=True)[list(SENTENCES.columns)]


def _sentences(blocks: Iterable[Block]) -> Iterator[tuple[int, str, dict[str, Figure]]]:
    for block in blocks:
        start, said, figures = block.line, "", dict[str, Figure]()
        for span, line in lines_of(block):
            if span.figure:
                figures[span.text] = span.figure
            if span.figure or span.quote:
                said += f"{{{span.text}}}"
                continue
            *ended, rest = _END.split(span.text)
            for part in ended:
                yield start, (said + part).strip(), figures
                start, said, figures = line, "", {}
            start = start if said.strip() else line
            said += rest
        if figures:
            yield start, said.strip(), figures
        yield from _sentences(block.children)


def changed(before: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    """Say which sentences print other figures than before, a line each.

    A sentence that was rewritten since is no news; it is compared where both have it with the same references.

    Examples
    --------
    >>> row = {"line": 3, "reference": "theme:T01.share", "sentence": "Over half ({theme:T01.share}) do."}
    >>> tables = [pd.DataFrame([{**row, "figure": figure}]) for figure in ("52 %", "58 %")]
    >>> changed(*tables)
    ['line 3: “Over half ({theme:T01.share}) do.”: {theme:T01.share} was 52 %, is 58 %']
    """
    known = before.drop_duplicates(["sentence", "reference"])
    both = now.merge(known, on=["sentence", "reference"], suffixes=("", "_before"))
    other = both[both["figure"] != both["figure_before"]]
    told = []
    for (line, sentence), rows in other.groupby(["line", "sentence"], sort=True):
        each = [f"{{{r.reference}}} was {r.figure_before}, is {r.figure}" for r in rows.itertuples()]
        told.append(f"line {line}: “{sentence}”: {'; '.join(each)}")
    return told
