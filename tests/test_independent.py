"""Our figures beside those that independent implementations gave (benchmarks/statistics/README.md), to 1e-6."""

import json
from pathlib import Path

import numpy as np
import ours
import pytest

KEPT = json.loads(Path(__file__).with_name("data").joinpath("independent.json").read_text())
FIGURES = ours.figures(KEPT["inputs"])


def test_every_figure_is_compared():
    assert set(FIGURES) == set(KEPT["expected"])


@pytest.mark.parametrize("name", sorted(KEPT["expected"]))
def test_a_figure_is_that_of_an_independent_implementation(name):
    expected = KEPT["expected"][name]
    assert expected
    for mine, theirs in zip(FIGURES[name], expected, strict=True):
        np.testing.assert_allclose(np.asarray(mine, float), theirs, rtol=0, atol=1e-6)


def test_the_predictions_are_trusted_as_far_as_when_they_were_compared():
    np.testing.assert_allclose(ours.tunings(KEPT["inputs"]), KEPT["inputs"]["tunings"], rtol=0, atol=1e-9)
    assert any(0 < tuning < 1 for tuning in KEPT["inputs"]["tunings"])
