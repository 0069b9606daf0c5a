import numpy as np
import pandas as pd
import pytest

from pipeline.report import mapped
from pipeline.report.figures import scatter
from pipeline.report.mapped import NONE, OTHERS, unit_map
from pipeline.review.grouping import two_groups
from pipeline.themes.flat import flat


@pytest.mark.parametrize("n", [0, 1, 2, 11, 12, 50])
def test_points_lie_in_the_picture(n):
    places = flat(np.random.default_rng(n).normal(size=(n, 6)))
    assert places.shape == (n, 2) and np.all((places >= 0) & (places <= 1))


def test_alike_ones_lie_near_each_other_in_the_same_place_each_time():
    rng = np.random.default_rng(0)
    vectors = np.vstack([rng.normal(0, 0.1, (30, 5)) + [3, 0, 0, 0, 0], rng.normal(0, 0.1, (30, 5))])
    places = flat(vectors)
    inside = np.linalg.norm(places[:30] - places[:30].mean(axis=0), axis=1).max()
    assert np.linalg.norm(places[:30].mean(axis=0) - places[30:].mean(axis=0)) > inside
    assert np.array_equal(flat(vectors), places)


def test_two_groups_of_a_theme():
    rng = np.random.default_rng(1)
    vectors = np.vstack([rng.normal(0, 0.05, (8, 4)), rng.normal(0, 0.05, (8, 4)) + 2])
    assert two_groups(vectors).tolist() == [0] * 8 + [1] * 8
    assert two_groups(np.ones((3, 2))).tolist() == [0, 0, 0]
    assert two_groups(np.zeros((0, 2))).tolist() == []


def units_of(n):
    """Units of which unit i carries theme i % 11 (none where that is 0), and every second one a less likely one."""
    rows = [{"unit_id": f"u{i:04d}", "text_id": f"t{i % 90:02d}", "n": 1 + i % 2} for i in range(n)]
    rows.append({"unit_id": "whole", "text_id": "t00", "n": 0})
    codes = [{"unit_id": f"u{i:04d}", "theme_id": f"T{i % 11:02d}", "probability": 0.9} for i in range(n) if i % 11]
    codes += [{"unit_id": f"u{i:04d}", "theme_id": "T10", "probability": 0.4} for i in range(0, n, 2) if i % 11]
    codes += [{"unit_id": "u0000", "theme_id": "T99", "probability": 1.0}]
    names = {f"T{i:02d}": f"Theme {i}" for i in range(1, 11)}
    return pd.DataFrame(rows), pd.DataFrame(codes), names


def vectors(ids):
    return np.array([np.random.default_rng(int(name[1:])).normal(size=6) for name in ids])


def test_every_passage_is_drawn_once_under_its_likeliest_theme():
    units, codes, names = units_of(220)
    drawn = unit_map(units, codes, names, vectors)
    assert drawn == unit_map(units.sample(frac=1, random_state=1), codes.sample(frac=1, random_state=1), names, vectors)
    assert (drawn.drawn, drawn.total) == (220, 220)
    kinds = {kind.name: kind for kind in drawn.kinds}
    assert list(kinds)[:2] == [NONE, OTHERS] and len(kinds) == 2 + mapped.MOST_KINDS
    assert all(kind.n == len(kind.places) for kind in drawn.kinds)
    assert kinds[NONE].n == 20 and kinds["Theme 1"].n == 20 and kinds[OTHERS].n == 40
    assert all(0 <= x <= 1000 and 0 <= y <= 1000 for kind in drawn.kinds for x, y in kind.places)
    svg = scatter(drawn, "k", "A map", "what it says")
    assert svg.count("<path") == len(kinds) and svg.count("z") >= 220


def test_a_map_of_many_passages_is_an_even_sample(monkeypatch):
    monkeypatch.setattr(mapped, "MOST_POINTS", 60)
    drawn = unit_map(*units_of(220), vectors)
    assert drawn.drawn == 60 == sum(len(kind.places) for kind in drawn.kinds)
    assert drawn.total == 220 == sum(kind.n for kind in drawn.kinds)


def test_without_passages_there_is_no_map_and_without_themes_all_are_without_one():
    units, codes, names = units_of(30)
    assert unit_map(units[units["n"] == 0], codes, names, vectors) is None
    drawn = unit_map(units, codes, {}, vectors)
    assert [(kind.name, kind.n) for kind in drawn.kinds] == [(NONE, 30)]
