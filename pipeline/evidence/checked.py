"""The codebook, checked: every rule applied to the themes, their examples and what was coded with them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.evidence.rules import ThemeSet, apply_rules, count_findings
from pipeline.foundation.params import Code
from pipeline.text.encoder import Vectors
from pipeline.themes.codebook import Codebook
from pipeline.themes.coding import Encode
from pipeline.themes.examples import read_examples
from pipeline.themes.gold import Gold


def likeness(codebook: Codebook, encode: Encode) -> np.ndarray:
    """Give the cosines between the themes' names with definitions, shape (K, K)."""
    vectors = encode([f"{t.name}. {t.definition}" if t.definition else t.name for t in codebook.themes])
    return np.asarray(vectors @ vectors.T, dtype=float)


def check_codebook(
    codebook: Codebook,
    questions: list[str],
    responses: pd.DataFrame,
    units: pd.DataFrame,
    vectors: Vectors,
    mentions: pd.DataFrame,
    gold: Gold,
    encode: Encode,
    params: Code,
    seed: int,
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Apply every rule.

    Parameters
    ----------
    codebook : Codebook
        The effective one.
    questions : list of str
        The open questions.
    responses, units, mentions : DataFrame
        By contract, all waves.
    vectors : Vectors
        Embeddings of all units.
    gold : Gold
    encode : callable
        Encodes texts with the encoder as it came: one tuned on the codebook has seen the examples.
    params : Code
    seed : int
        Deals examples into folds.

    Returns
    -------
    findings : DataFrame
        Contract FINDINGS.
    counts : dict of str to float
        As `count_findings` gives them.
    """
    if not codebook.themes:
        return apply_rules(ThemeSet(codebook)), count_findings(apply_rules(ThemeSet(codebook)), 0, 0)
    examples = read_examples(codebook, questions, responses, units, vectors, gold, encode, params, seed)
    raw = dict(zip(responses["response_id"], responses["text"], strict=True))
    findings = apply_rules(ThemeSet(codebook, raw, mentions, likeness(codebook, encode), examples))
    return findings, count_findings(findings, len(codebook.themes), len(examples))
