"""Cell suppression on tables: what a reader could still find out is searched by trying every whole table."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.suppression import Count, Relation, suppress
from pipeline.foundation.errors import ThemebookError


def total(name, *parts):
    """The parts sum to the whole."""
    return Relation({(name,): 1, **{(part,): -1 for part in parts}}, 0, 0)


def table(base=100, **ns):
    return {(name,): Count(n, base) for name, n in ns.items()}


def possible(counts, relations, hidden):
    """Every number that each hidden count can have, by trying all."""
    keys = sorted(counts)
    spans = [range(counts[k].least, counts[k].most + 1) if k in hidden else [counts[k].n] for k in keys]
    tables = np.array(list(product(*spans)))
    for relation in relations:
        sums = sum(factor * tables[:, keys.index(key)] for key, factor in relation.parts.items())
        tables = tables[(relation.low <= sums) & (sums <= relation.high)]
    return {key: set(tables[:, keys.index(key)].tolist()) for key in hidden}


@pytest.mark.parametrize(("n", "small"), [(0, True), (4, True), (5, False), (95, False), (96, True), (100, True)])
def test_fewer_than_five_are_small_and_so_are_all_but_four(n, small):
    assert (("a",) in suppress(table(a=n), [], 5).hidden) == small


def test_one_hidden_part_takes_the_next_smallest_with_it():
    found = suppress(table(all=60, a=3, b=20, c=37), [total("all", "a", "b", "c")], 5)
    assert (found.small, found.further) == ({("a",)}, {("b",)})


def test_two_hidden_parts_of_too_small_a_sum_need_a_third():
    found = suppress(table(all=61, a=1, b=1, c=20, d=39), [total("all", "a", "b", "c", "d")], 5)
    assert found.further == {("c",)}


def test_two_hidden_parts_that_hide_each_other_need_nothing():
    found = suppress(table(all=65, a=4, b=4, c=57), [total("all", "a", "b", "c")], 5)
    assert not found.further
    assert all(high - low >= 4 for low, high in found.ranges.values())


def test_what_stands_nowhere_is_protected_too():
    """Three of those in no shown group raise it: whoever subtracts would know."""
    counts = table(all=60, a=20, b=37) | {("rest",): Count(3, 40, shown=False)}
    found = suppress(counts, [total("all", "a", "b", "rest")], 5)
    assert found.hidden == {("a",)}
    assert ("rest",) in found.ranges


def test_known_bounds_are_known_to_the_reader():
    """Four people are quoted, so the count is four or more; the shown rest must leave room above."""
    counts = table(all=63, b=30, c=25) | {("a",): Count(4, 50, low=4), ("d",): Count(4, 50)}
    found = suppress(counts, [total("all", "a", "b", "c", "d")], 5)
    assert not found.further
    assert found.ranges[("a",)] == (4, 8)


def test_a_number_that_nothing_can_hide_is_an_error():
    with pytest.raises(ThemebookError, match="whatever else is hidden"):
        suppress(table(a=3), [Relation({("a",): 1}, 3, 3)], 5)


def test_counts_that_contradict_their_relations_are_refused():
    with pytest.raises(ValueError, match="contradict"):
        suppress(table(all=10, a=3), [total("all", "a")], 5)


@st.composite
def crossed(draw):
    """A small table of two attributes with their sums, or with a part that stands nowhere."""
    ns = draw(st.lists(st.integers(0, 3), min_size=2, max_size=3))
    split = draw(st.integers(0, sum(ns)))
    base = sum(ns) + draw(st.integers(0, 2))
    names = "abc"[: len(ns)]
    counts = table(base, all=sum(ns), x=split, y=sum(ns) - split, **dict(zip(names, ns, strict=True)))
    relations = [total("all", *names), total("all", "x", "y")]
    if draw(st.booleans()):
        counts[("a",)] = counts[("a",)]._replace(shown=False)
    return counts, relations, draw(st.integers(2, 3))


@settings(max_examples=40, deadline=None)
@given(crossed())
def test_no_hidden_count_can_be_narrowed_down(made):
    counts, relations, under = made
    try:
        found = suppress(counts, relations, under)
    except ThemebookError:
        assert min(count.base for count in counts.values()) < 2 * under
        return
    virtual = {key for key, count in counts.items() if not count.shown}
    left = possible(counts, relations, found.hidden | virtual)
    for key in found.hidden | {key for key in virtual if counts[key].small(under)}:
        assert len(left[key]) >= min(under, counts[key].most - counts[key].least + 1)
        assert counts[key].n in left[key]
    for key, count in counts.items():
        assert count.small(under) <= (key in found.hidden or not count.shown)


@settings(max_examples=20, deadline=None)
@given(crossed(), st.randoms())
def test_row_order_changes_nothing(made, random):
    counts, relations, under = made
    shuffled, turned = list(counts.items()), list(relations)
    random.shuffle(shuffled)
    random.shuffle(turned)
    try:
        first = suppress(counts, relations, under).hidden
    except ThemebookError:
        return
    assert suppress(dict(shuffled), turned, under).hidden == first
