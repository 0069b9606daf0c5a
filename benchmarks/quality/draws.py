"""Random draws, each from its own number: coded answers, examples of the codebook, samples of answers."""

from __future__ import annotations

from typing import Any

import numpy as np


def draw(ids: list[str], size: int, number: int) -> list[str]:
    """Draw some ids; the same draw for the same set of ids, whatever their order.

    Examples
    --------
    >>> draw(["b", "a", "c"], 2, 1) == draw(["c", "b", "a"], 2, 1)
    True
    """
    chosen = np.random.default_rng([size, number]).choice(len(ids), min(size, len(ids)), replace=False)
    ordered = sorted(ids)
    return sorted(ordered[i] for i in chosen)


def example_text(example: Any) -> str:
    """The text of an example in any of its written forms; empty where it is a reference."""
    return str(example.get("text", "")) if isinstance(example, dict) else str(example)


def with_examples(codebook: list[dict[str, Any]], most: int | None, number: int = 0) -> list[dict[str, Any]]:
    """Give the codebook with at most so many examples a theme, drawn at random; None keeps all.

    Examples
    --------
    >>> with_examples([{"name": "a", "examples": ["x", "y"]}, {"name": "b"}], 0)
    [{'name': 'a', 'examples': []}, {'name': 'b', 'examples': []}]
    """
    if most is None:
        return codebook
    themes = []
    for k, theme in enumerate(codebook):
        examples = theme.get("examples") or []
        kept = np.random.default_rng([number, k]).permutation(len(examples))[:most]
        themes.append({**theme, "examples": [examples[i] for i in sorted(kept)]})
    return themes
