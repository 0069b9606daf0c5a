"""What reading buys: the curve from the machine's agreement to all of it, and sure mentions judged by other folds."""

import numpy as np
import pandas as pd
import pytest

from pipeline.evidence.workload import measure_workload
from pipeline.themes.gold import Gold


def held_out(seed, n=200):
    """Invented predictions whose probabilities are true, and the codes that go with them."""
    generator = np.random.default_rng(seed)
    ids = [f"r{i:03d}" for i in range(n)]
    rows, codes = [], []
    for i, response_id in enumerate(ids):
        for theme_id in ("T1", "T2"):
            p = generator.beta(0.5, 1)
            rows.append((response_id, theme_id, p, p > 0.4, i % 5))
            if generator.random() < p:
                codes.append((response_id, theme_id))
    columns = ["response_id", "theme_id", "probability", "mentioned", "fold"]
    responses = pd.DataFrame({"response_id": ids, "sample": "random", "by_person": True})
    gold = Gold(responses, pd.DataFrame(codes, columns=["response_id", "theme_id"]), {}, 0)
    return pd.DataFrame(rows, columns=columns), gold


@pytest.mark.parametrize("seed", range(3))
def test_the_curve_rises_to_one_and_beats_reading_at_random(seed):
    figures = measure_workload(*held_out(seed), 0.1)
    read = [figures[f"f1_read_{step:03d}"] for step in range(0, 101, 10)]
    chance = [figures[f"f1_random_{step:03d}"] for step in range(0, 101, 10)]
    assert read == sorted(read)
    assert read[-1] == chance[-1] == 1.0
    assert read[0] == chance[0] < 0.9
    assert figures["f1_read_030"] > figures["f1_random_030"] + 0.02


def test_the_share_of_wrong_ones_among_the_sure_is_near_the_risk_asked():
    figures = [measure_workload(*held_out(seed, 600), 0.1) for seed in range(12)]
    sure = np.array([f["sure"] for f in figures])
    assert sure @ [f["sure_wrong"] for f in figures] / sure.sum() < 0.12
    assert np.mean([f["sure_found"] for f in figures]) > 0.15


def test_only_answers_drawn_at_random_count():
    heldout, gold = held_out(1)
    gold.responses.loc[gold.responses.index >= 100, "sample"] = "active"
    alone = measure_workload(heldout[heldout["response_id"] < "r100"], gold, 0.1)
    assert measure_workload(heldout, gold, 0.1) == alone


def test_without_coded_answers_there_is_nothing_to_say():
    heldout, gold = held_out(0)
    nothing = Gold(gold.responses.iloc[:0], gold.codes.iloc[:0], {}, 0)
    assert measure_workload(heldout.iloc[:0], nothing, 0.1) == {}
