import numpy as np
import pytest

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
