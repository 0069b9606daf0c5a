"""Candidates: found where they are, the same for every row order, silent where there is too little."""

import numpy as np
import pandas as pd
import pytest

from pipeline.foundation.contracts import CANDIDATE_RESPONSES, CANDIDATE_UNITS, CANDIDATES
from pipeline.foundation.params import Discover
from pipeline.foundation.tables import check
from pipeline.themes import discovery
from pipeline.themes.discovery import discover, some_answers
from pipeline.themes.grouping import Space, bounds_of, explained, number_of_broad, number_of_groups
from pipeline.themes.meaning import ground_of, neighbours, sample_of
from pipeline.themes.phrases import plain_words

PARAMS = Discover(min_units=3, resamples=6, seeds=2)
WORDS = [
    "parking spaces near the station",
    "tender forms too long",
    "nobody answers the phone",
    "heating broken every winter",
    "volunteers need training",
    "newsletter arrives late",
]


def planted(seed, each=20, noise=0.1):
    """Units about six things (invented), each thing a direction of its own, all more or less full of praise."""
    generator = np.random.default_rng(seed)
    thing = np.repeat(np.arange(6), each)
    vectors = np.eye(6, 24)[thing] + noise * generator.normal(size=(len(thing), 24))
    vectors[:, 23] += 2 * generator.random(len(thing))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    text_ids = [f"t{i:03d}" for i in generator.permutation(len(thing))]
    units = pd.DataFrame(
        {
            "unit_id": [f"u{i:03d}" for i in range(len(thing))],
            "response_id": [f"a{i:03d}" for i in range(len(thing))],
            "n": 1,
            "start": 0,
            "end": 10 + np.arange(len(thing)),
            "text_id": text_ids,
            "whole_id": text_ids,
            "language": "en",
            "stratum": "",
        }
    )
    return units, vectors.astype(np.float32), [f"{WORDS[t]} {i}" for i, t in enumerate(thing)], thing


def words(texts, languages):
    return [plain_words(text) for text in texts]


def run(units, vectors, shown, seed=0, params=PARAMS):
    themes = np.eye(1, 24, dtype=np.float32)

    def look(rows):
        return vectors[rows], vectors[rows], [shown[i] for i in rows]

    return discover(units, look, ["T01"], themes, words, params, seed)


@pytest.fixture(scope="module")
def found():
    units, vectors, shown, thing = planted(0)
    return units.assign(thing=thing), run(units, vectors, shown)


@pytest.mark.parametrize("seed", range(3))
def test_each_candidate_is_about_one_planted_thing(seed):
    units, vectors, shown, thing = planted(seed)
    about = run(units, vectors, shown, seed).units.merge(units.assign(thing=thing), on="unit_id")
    about = about[about["candidate_id"].str.startswith("C")]
    purity = about.groupby("candidate_id")["thing"].agg(lambda t: t.value_counts(normalize=True).iloc[0])
    assert purity.mean() > 0.9
    assert set(about["thing"]) == set(range(6))


def test_tables_keep_their_contracts_and_agree(found):
    units, tables = found
    for table, contract in (
        (tables.candidates, CANDIDATES),
        (tables.units, CANDIDATE_UNITS),
        (tables.responses, CANDIDATE_RESPONSES),
    ):
        check(table, contract, contract.name)
    members = tables.units.merge(units, on="unit_id")
    for row in tables.candidates.to_dict("records"):
        mine = members[members["candidate_id"] == row["candidate_id"]]
        assert (row["n_units"], row["n_responses"]) == (len(mine), mine["response_id"].nunique())
        assert row["n_responses"] >= PARAMS.min_units
        assert 0 <= row["found_again"] <= row["resamples"] == PARAMS.resamples
        assert row["stability_low"] <= row["stability"] <= row["stability_high"]
    pairs = set(zip(members["response_id"], members["candidate_id"], strict=True))
    assert set(zip(tables.responses["response_id"], tables.responses["candidate_id"], strict=True)) <= pairs


def test_a_broad_candidate_has_children_and_exactly_their_units(found):
    _, tables = found
    parent = tables.candidates.set_index("candidate_id")["parent_id"]
    for broad in set(parent) - {""}:
        children = parent.index[parent == broad]
        assert len(children) > 1 and parent[broad] == ""
        under = set(tables.units.loc[tables.units["candidate_id"].isin(children), "unit_id"])
        assert under == set(tables.units.loc[tables.units["candidate_id"] == broad, "unit_id"])
    assert set(parent) - {""}


def test_row_order_and_copies_of_answers_change_nothing(found):
    units, one = found
    units, vectors, shown, _ = planted(0)
    order = np.random.default_rng(5).permutation(len(units))
    two = run(units.iloc[order], vectors[order], [shown[i] for i in order])
    for name in ("candidates", "units", "responses"):
        left, right = getattr(one, name), getattr(two, name)
        key = list(left.columns)[:2]
        pd.testing.assert_frame_equal(
            left.sort_values(key, ignore_index=True), right.sort_values(key, ignore_index=True)
        )
    copies = units.iloc[:10].assign(unit_id=[f"x{i}" for i in range(10)], response_id=[f"b{i}" for i in range(10)])
    more = run(pd.concat([units, copies]), np.vstack([vectors, vectors[:10]]), shown + shown[:10])
    same = more.units[more.units["unit_id"].isin(units["unit_id"])]

    def sets(table):
        return {frozenset(mine) for _, mine in table.groupby("candidate_id")["unit_id"]}

    assert sets(same) == sets(one.units)
    assert sorted(more.candidates["name"]) == sorted(one.candidates["name"])
    pd.testing.assert_series_equal(
        more.candidates["stability"].sort_values(ignore_index=True),
        one.candidates["stability"].sort_values(ignore_index=True),
    )


def test_the_nearest_theme_is_named_with_its_cosine(found):
    _, tables = found
    assert set(tables.candidates["nearest_theme"]) == {"T01"}
    assert tables.candidates["overlap"].max() > 0.4


@pytest.mark.parametrize("n", [0, 1, 5])
def test_too_few_units_claim_nothing(n):
    units, vectors, shown, _ = planted(0, each=1)
    nothing = run(units.iloc[:n], vectors[:n], shown[:n])
    assert len(nothing.candidates) == len(nothing.units) == len(nothing.responses) == 0


@pytest.mark.parametrize("seed", range(3))
def test_noise_is_claimed_less_and_is_less_steady_than_planted_things(seed, found):
    generator = np.random.default_rng(seed)
    units, vectors, _, _ = planted(seed)
    noise = generator.normal(size=vectors.shape).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    claimed = run(units, noise, ["x"] * len(units), seed).candidates
    assert len(claimed) == 0 or claimed["stability"].mean() < found[1].candidates["stability"].mean() - 0.1


@pytest.mark.parametrize(("passages", "expected"), [(9, 0), (10, 2), (200, 10), (1_000_000, 50)])
def test_how_many_the_passages_support(passages, expected):
    params = Discover(min_units=5)
    assert number_of_groups(passages, params) == expected
    assert expected + number_of_broad(expected) <= params.max_candidates


def test_only_the_best_passage_of_an_answer_counts_between_clear_and_bare():
    fit = np.array([0.1, 0.2, 0.3, 0.4, 0.9, 0.8, 0.7, 0.6])
    answer = np.array([0, 1, 2, 2, 3, 3, 4, 5])
    held = explained(fit, answer, *bounds_of(fit, 0.5, 0.125))
    assert held.tolist() == [False, True, False, True, True, True, True, True]
    assert explained(fit, answer, *bounds_of(fit, 0.0, 0.0)).all()


def test_common_components_are_gone():
    generator = np.random.default_rng(0)
    praise = np.eye(1, 12)
    vectors = 3 * generator.normal(size=(50, 1)) * praise + generator.normal(size=(50, 12))
    ground, cleaned = ground_of(vectors, 0 * vectors, ["a b"] * 50, 1, 0)
    assert np.allclose(ground.place(vectors, 0 * vectors, ["a b"] * 50), cleaned)
    assert np.allclose(np.linalg.norm(cleaned, axis=1), 1)
    before = abs(vectors @ praise.T).mean() / np.linalg.norm(vectors, axis=1).mean()
    assert abs(cleaned @ praise.T).mean() < 0.5 * before


def test_shared_words_bring_texts_together_and_no_shared_word_is_no_fault():
    same = np.ones((4, 3))
    texts = ["car park full", "full car park", "cold soup again", "soup was cold"]
    ground, near = ground_of(same, same, texts, 0, 0)
    assert near[0] @ near[1] > near[0] @ near[2] + 0.5
    assert np.allclose(abs(ground.place(same, same, texts)), abs(near))
    vectors = np.eye(3)
    ground, points = ground_of(vectors, vectors, ["alpha", "beta", "1"], 0, 0)
    assert points.shape == (3, 3) and np.allclose(np.linalg.norm(points, axis=1), 1)
    assert np.allclose(ground.place(vectors, vectors, ["alpha", "beta", "1"]), points)


def test_a_resample_is_untouched_by_what_it_leaves_out():
    _, vectors, _, _ = planted(3)
    pool = np.arange(len(vectors))
    kept = np.arange(len(vectors)) % 5 > 0
    points = vectors.astype(float)
    moved = vectors.astype(float)
    moved[~kept] = np.roll(moved[~kept], 1, axis=1)
    index, weight = neighbours(points, points, pool)
    one, two = (Space(each, pool, index, weight, np.ones(len(pool))).settled(kept) for each in (points, moved))
    assert np.allclose(one[kept], two[kept])


def test_no_passage_is_its_own_neighbour_and_weights_fall():
    _, vectors, _, _ = planted(1)
    pool = np.arange(0, len(vectors), 2)
    own = np.where(np.arange(len(vectors)) % 2, -1, np.arange(len(vectors)) // 2)
    index, weight = neighbours(vectors.astype(float), vectors[pool].astype(float), own)
    assert (pool[index] != np.arange(len(vectors))[:, None]).all()
    assert (np.diff(weight, axis=1) <= 1e-12).all()


def test_the_sample_depends_on_ids_alone():
    ids = [f"t{i}" for i in range(50)]
    chosen = {ids[i] for i in sample_of(ids, 10)}
    assert chosen == {ids[::-1][i] for i in sample_of(ids[::-1], 10)} and len(chosen) == 10
    assert sample_of(ids, 50).tolist() == list(range(50))


def test_beyond_the_limit_a_sample_is_grouped_and_every_passage_placed(monkeypatch):
    units, vectors, shown, thing = planted(2, each=60)
    every = run(units, vectors, shown)
    monkeypatch.setattr(discovery, "MOST_FITTED", 200)
    monkeypatch.setattr(discovery, "BLOCK", 50)
    found = run(units, vectors, shown)
    about = found.units.merge(units.assign(thing=thing), on="unit_id")
    about = about[about["candidate_id"].str.startswith("C")]
    assert about.groupby("candidate_id")["thing"].agg(lambda t: t.value_counts(normalize=True).iloc[0]).mean() > 0.9
    assert set(about["thing"]) == set(range(6))
    assert abs(len(found.responses) - len(every.responses)) < 0.1 * len(units)
    order = np.random.default_rng(1).permutation(len(units))
    other = run(units.iloc[order], vectors[order], [shown[i] for i in order])
    key = ["unit_id", "candidate_id"]
    pd.testing.assert_frame_equal(*(t.units.sort_values(key, ignore_index=True) for t in (found, other)), rtol=1e-5)


def test_the_assigner_places_what_was_fitted_where_it_was(monkeypatch):
    units, vectors, shown, _ = planted(4, each=40)
    found = run(units, vectors, shown)
    monkeypatch.setattr(
        discovery, "_placed", lambda u, k, _, look, f, real=discovery._placed: real(u, k, False, look, f)
    )
    again = run(units, vectors, shown)
    key = ["unit_id", "candidate_id"]
    one, two = (t.units.sort_values(key, ignore_index=True) for t in (found, again))
    pd.testing.assert_frame_equal(one, two, rtol=1e-4)


def test_a_sample_of_answers_is_whole_and_in_proportion():
    answers = np.arange(3000)
    passages = pd.DataFrame(
        {"whole_id": [f"{a * 2654435761 % 2**32:08x}" for a in answers for _ in range(2)], "stratum": "a"}
    )
    passages.loc[5900:, "stratum"] = "b"
    chosen = passages.iloc[some_answers(passages, 600)]
    assert 600 <= len(chosen) <= 606
    assert (chosen.groupby("whole_id").size() == 2).all()
    assert 8 <= (chosen["stratum"] == "b").sum() <= 12
