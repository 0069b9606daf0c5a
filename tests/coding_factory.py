"""Coding of a few answers in one go, as the stage does it block by block."""

from dataclasses import dataclass

import pandas as pd

from pipeline.foundation.contracts import HELDOUT, MENTIONS, UNIT_CODES
from pipeline.foundation.tables import empty
from pipeline.text.words import WordFeatures
from pipeline.themes.coder import ThemeCoder
from pipeline.themes.coding import answers_of, blocks, fit_coding


@dataclass(frozen=True)
class Coded:
    unit_codes: pd.DataFrame
    mentions: pd.DataFrame
    heldout: pd.DataFrame
    coder: ThemeCoder | None
    words: WordFeatures


def code_responses(responses, units, vectors, codebook, *rest):
    """Fit the coder and code every response; arguments as `fit_coding` takes them, the codebook may be empty."""
    if not codebook.themes:
        return Coded(empty(UNIT_CODES), empty(MENTIONS), empty(HELDOUT), None, WordFeatures())
    fitted = fit_coding(responses, units, vectors, codebook, *rest)
    parts = []
    for some, theirs in blocks(responses, units):
        answered = some[some["status"] == "answered"].reset_index(drop=True)
        answers, _ = answers_of(answered, theirs, vectors, fitted.words)
        parts.append(fitted.given(some, theirs, *fitted.coder.both_proba(answers)))
    mentions, unit_codes = (pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True))
    return Coded(unit_codes, mentions, fitted.heldout, fitted.coder, fitted.words)
