"""Candidates: found where they are, the same for every row order, silent where there is too little."""

import numpy as np
import pandas as pd
import pytest

from pipeline.foundation.params import Discover
from pipeline.themes.discovery import (
    assign,
    discover,
    distinct_phrases,
    number_of_candidates,
    without_common_components,
)
from pipeline.themes.stability import stability

PARAMS = Discover(min_units=3, resamples=4)
WORDS = [
    "parking spaces near the station",
    "tender forms too long",
    "nobody answers the phone",
    "heating broken every winter",
    "volunteers need training",
    "newsletter arrives late",
]


def planted(seed, each=20, noise=0.1):
    """Units about six things, each thing a direction of its own, and all of them more or less full of praise."""
    generator = np.random.default_rng(seed)
    thing = np.repeat(np.arange(6), each)
    vectors = np.eye(6, 24)[thing] + noise * generator.normal(size=(len(thing), 24))
    vectors[:, 23] += 2 * generator.random(len(thing))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    units = pd.DataFrame(
        {
            "unit_id": [f"u{i:03d}" for i in range(len(thing))],
            "response_id": [f"a{i:03d}" for i in range(len(thing))],
            "n": 1,
            "start": 0,
            "end": 10 + np.arange(len(thing)),
            "text_id": [f"t{i:03d}" for i in generator.permutation(len(thing))],
            "language": "en",
        }
    )
    return units, vectors.astype(np.float32), [f"{WORDS[t]} {i}" for i, t in enumerate(thing)], thing


def run(units, vectors, shown, seed=0):
    return discover(units, vectors, shown, ["T01"], np.eye(1, 24, dtype=np.float32), PARAMS, seed)


@pytest.mark.parametrize("seed", range(3))
def test_each_candidate_is_about_one_planted_thing(seed):
    units, vectors, shown, thing = planted(seed)
    found = run(units, vectors, shown, seed)
    about = found.units.merge(units.assign(thing=thing), on="unit_id")
    purity = about.groupby("candidate_id")["thing"].agg(lambda t: t.value_counts(normalize=True).iloc[0])
    assert purity.mean() > 0.9
    assert set(about["thing"]) == set(range(6))


def test_row_order_and_copies_change_nothing():
    units, vectors, shown, _ = planted(0)
    one = run(units, vectors, shown)
    order = np.random.default_rng(5).permutation(len(units))
    two = run(units.iloc[order], vectors[order], [shown[i] for i in order])
    pd.testing.assert_frame_equal(one.candidates, two.candidates)
    pd.testing.assert_frame_equal(
        one.units.sort_values("unit_id", ignore_index=True), two.units.sort_values("unit_id", ignore_index=True)
    )
    copies = units.iloc[:10].assign(unit_id=[f"x{i}" for i in range(10)], response_id=[f"b{i}" for i in range(10)])
    more = run(pd.concat([units, copies]), np.vstack([vectors, vectors[:10]]), shown + shown[:10])
    same = more.units[more.units["unit_id"].isin(units["unit_id"])]
    joined = one.units.merge(same, on="unit_id", suffixes=("", "_more"))
    assert len(joined) == len(one.units)
    assert joined.groupby("candidate_id")["candidate_id_more"].nunique().max() == 1


def test_names_come_from_the_words_of_the_texts():
    units, vectors, shown, _ = planted(0)
    names = " ".join(run(units, vectors, shown).candidates["name"])
    assert {"parking", "tender"} <= set(names.replace(",", "").split())


def test_too_few_units_claim_nothing():
    units, vectors, shown, _ = planted(0, each=1)
    found = run(units.iloc[:5], vectors[:5], shown[:5])
    assert len(found.candidates) == len(found.units) == len(found.responses) == 0


@pytest.mark.parametrize(("texts", "expected"), [(9, 0), (10, 2), (200, 10), (100_000, 40)])
def test_how_many_the_texts_support(texts, expected):
    assert number_of_candidates(texts, Discover(min_units=5)) == expected


def test_common_components_are_gone():
    generator = np.random.default_rng(0)
    praise = np.eye(1, 12)
    vectors = 3 * generator.normal(size=(50, 1)) * praise + generator.normal(size=(50, 12))
    cleaned = without_common_components(vectors, 1)
    assert np.allclose(np.linalg.norm(cleaned, axis=1), 1)
    assert (
        abs(cleaned @ praise.T).mean() < 0.5 * abs(vectors @ praise.T).mean() / np.linalg.norm(vectors, axis=1).mean()
    )


def test_a_real_group_is_steadier_than_noise():
    _, vectors, _, thing = planted(1, each=30, noise=0.1)
    noise = np.random.default_rng(1).normal(size=vectors.shape)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    real = stability(without_common_components(vectors, 1), thing, 6, assign, 5, 0)
    random = stability(noise, assign(noise, 6, 0), 6, assign, 5, 0)
    assert np.mean(list(real.values())) > 0.75
    assert np.mean(list(random.values())) < 0.6


def test_phrases_do_not_repeat_words():
    assert distinct_phrases(["a b", "b", "c"]) == ["a b", "c"]
    assert distinct_phrases([]) == []
