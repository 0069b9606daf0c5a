"""Cell suppression: small counts are hidden, and others with them, so that none can be worked out from the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import numpy as np

from pipeline.foundation.errors import ThemebookError

Key = tuple[str, ...]
Table = dict[Key, int]
Solve = Callable[[Mapping[Key, int]], Table | None]


class Count(NamedTuple):
    """A number of respondents out of a base, and what a reader knows of it however much is hidden.

    ``shown`` is False for a count that stands nowhere and can only be worked out. ``low`` and ``high`` are known
    bounds; None stands for 0 and for the base.
    """

    n: int
    base: int
    shown: bool = True
    low: int | None = None
    high: int | None = None

    @property
    def least(self) -> int:
        """The lowest number that a reader would believe."""
        return min(self.low or 0, self.n)

    @property
    def most(self) -> int:
        """The highest number that a reader would believe."""
        return max(self.base if self.high is None else self.high, self.n)

    def small(self, under: int) -> bool:
        """Whether fewer than `under` respondents are in it, or fewer than `under` of its base are not."""
        return self.n < under or self.base - self.n < under


class Exposed(ThemebookError):
    """A count can be narrowed down whatever else is hidden; ``key`` says which."""

    def __init__(self, key: Key) -> None:
        self.key = key
        super().__init__(
            f"The count {key} can be worked out from the other figures, whatever else is hidden.",
            "Report this as a fault, and take `suppress` out of data/survey.yaml only if nobody outside reads the "
            "public report.",
        )


class Relation(NamedTuple):
    """What everybody knows of some counts: the sum of coefficient × count lies between ``low`` and ``high``."""

    parts: Mapping[Key, int]
    low: float
    high: float


class Suppressed(NamedTuple):
    """What is hidden: ``small`` for its own size, ``further`` so that no small count can be worked out.

    ``ranges`` holds for every hidden count two numbers that it could be, given everything that is shown; they are at
    least ``under - 1`` apart, or as far apart as its known bounds.
    """

    small: frozenset[Key]
    further: frozenset[Key]
    ranges: Mapping[Key, tuple[int, int]]

    @property
    def hidden(self) -> frozenset[Key]:
        """All that must not be shown."""
        return self.small | self.further


def suppress(counts: Mapping[Key, Count], relations: Sequence[Relation], under: int) -> Suppressed:
    """Choose what to hide so that every hidden count could be any of at least `under` numbers.

    A count is hidden where fewer than `under` respondents are in it, or fewer than `under` of its base are not; none
    and all are hidden, too, since they would say something of everybody. Then further counts are hidden, the smallest
    first, as long as a reader could narrow one of these, or one that stands nowhere, down to fewer than `under`
    numbers. What that reader knows is taken to be everything: every shown count exactly, every base, every relation,
    that counts are whole numbers, and this method.

    Parameters
    ----------
    counts : mapping of Key to Count
        Every count that is shown or can be worked out.
    relations : sequence of Relation
        Among these counts; each must hold.
    under : int
        At least 2.

    Returns
    -------
    Suppressed
        Every range in it rests on two whole tables of numbers, both in keeping with everything shown; both are checked
        again before this returns.

    Raises
    ------
    ValueError
        If a relation does not hold among the counts.
    Exposed
        If a count can be narrowed down whatever is hidden.

    Notes
    -----
    Primary and secondary suppression with a sliding protection level of ``under - 1`` (Fischetti, Salazar-González,
    Journal of the American Statistical Association 95 (2000), pp. 916-928, sect. 2). The attacker's problem, the
    least and the greatest that a hidden cell can be, is solved as a mixed-integer programme (their eqs. 3-4); which
    cells to add is a greedy choice, as in Castro, European Journal of Operational Research 216 (2012), pp. 257-269,
    sect. 4: it may hide more than the fewest. The relations fall into blocks that share no hidden count; each is
    solved by itself.
    """
    for relation in relations:
        if not _holds(relation, {key: counts[key].n for key in relation.parts}):
            raise ValueError(f"the counts contradict what is known of them: {relation}")
    small = {key for key, count in counts.items() if count.small(under)}
    open_ = small | {key for key, count in counts.items() if not count.shown}
    of_key: dict[Key, list[Relation]] = {}
    for relation in relations:
        for key in relation.parts:
            of_key.setdefault(key, []).append(relation)
    witnesses: dict[Key, tuple[Table, Table]] = {}
    wanted = {key for key in small if _needs(counts[key], under)}
    while waiting := sorted(wanted - witnesses.keys()):
        block = _block(waiting[0], open_, of_key)
        loose = _search([key for key in waiting if key in block], block, counts, of_key, under, witnesses)
        if loose:
            further = _next(loose[0], counts, open_, of_key)
            if further is None:
                raise Exposed(loose[0])
            open_.add(further)
            wanted.add(further)
    hidden = {key for key in open_ if counts[key].shown}
    found = {key: _audited(key, pair, counts, of_key, open_, under) for key, pair in witnesses.items()}
    return Suppressed(frozenset(hidden & small), frozenset(hidden - small), found)


def _needs(count: Count, under: int) -> int:
    """How far apart two possible numbers must be; 0 where the known bounds leave one number only."""
    return min(under - 1, count.most - count.least)


def _holds(relation: Relation, table: Mapping[Key, int]) -> bool:
    return relation.low <= sum(factor * table[key] for key, factor in relation.parts.items()) <= relation.high


def _block(start: Key, open_: AbstractSet[Key], of_key: Mapping[Key, Sequence[Relation]]) -> set[Key]:
    """The hidden counts that hang together with one by relations."""
    block, edge = {start}, [start]
    while edge:
        for relation in of_key.get(edge.pop(), ()):
            new = (relation.parts.keys() & open_) - block
            block |= new
            edge += new
    return block


def _search(
    wanted: Sequence[Key],
    block: set[Key],
    counts: Mapping[Key, Count],
    of_key: Mapping[Key, Sequence[Relation]],
    under: int,
    witnesses: dict[Key, tuple[Table, Table]],
) -> list[Key]:
    """Look for two tables for every wanted count that are far enough apart; add them, and give those without.

    Every table found may serve several counts.
    """
    keys = sorted(block)
    truth = {key: counts[key].n for key in keys}
    ends = {key: [truth, truth] for key in wanted}
    solve = _solver(keys, counts, of_key)

    def seen(table: Table | None) -> None:
        for key in ends if table else ():
            assert table is not None
            if table[key] < ends[key][0][key]:
                ends[key][0] = table
            if table[key] > ends[key][1][key]:
                ends[key][1] = table

    def wide(key: Key) -> bool:
        return ends[key][1][key] - ends[key][0][key] >= _needs(counts[key], under)

    for sign in (1, -1):
        if len(wanted) > 1:
            seen(solve(dict.fromkeys(wanted, sign)))
    for key in wanted:
        for sign in (-1, 1):
            if not wide(key):
                seen(solve({key: sign}))
    for key in wanted:
        if wide(key):
            witnesses[key] = (ends[key][0], ends[key][1])
    return [key for key in wanted if not wide(key)]


def _solver(keys: Sequence[Key], counts: Mapping[Key, Count], of_key: Mapping[Key, Sequence[Relation]]) -> Solve:
    """Give a function that finds the whole table of hidden counts with the smallest weighted sum."""
    # Where small counts are not hidden, nothing is solved.
    from scipy.optimize import Bounds, LinearConstraint, milp

    place = {key: i for i, key in enumerate(keys)}
    mine = list({id(relation): relation for key in keys for relation in of_key.get(key, ())}.values())
    matrix = np.zeros((len(mine), len(keys)))
    low, high = np.empty(len(mine)), np.empty(len(mine))
    for i, relation in enumerate(mine):
        known = 0
        for key, factor in relation.parts.items():
            if key in place:
                matrix[i, place[key]] = factor
            else:
                known += factor * counts[key].n
        low[i], high[i] = relation.low - known, relation.high - known
    bounds = Bounds([counts[key].least for key in keys], [counts[key].most for key in keys])
    constraints = [LinearConstraint(matrix, low, high)] if mine else []

    def solve(weights: Mapping[Key, int]) -> Table | None:
        cost = np.zeros(len(keys))
        for key, weight in weights.items():
            cost[place[key]] = weight
        found = milp(cost, integrality=np.ones(len(keys)), bounds=bounds, constraints=constraints)
        return {key: round(x) for key, x in zip(keys, found.x, strict=True)} if found.x is not None else None

    return solve


def _next(
    start: Key, counts: Mapping[Key, Count], open_: AbstractSet[Key], of_key: Mapping[Key, Sequence[Relation]]
) -> Key | None:
    """Choose what to hide next: the smallest count among those nearest by relations to one that can be worked out."""
    reached, edge = {start}, [start]
    while edge:
        near = {key for each in edge for relation in of_key.get(each, ()) for key in relation.parts} - reached
        shown = [key for key in near if key not in open_]
        if shown:
            return min(shown, key=lambda key: (counts[key].n, key))
        reached |= near
        edge = sorted(near)
    return None


def _audited(
    key: Key,
    pair: tuple[Table, Table],
    counts: Mapping[Key, Count],
    of_key: Mapping[Key, Sequence[Relation]],
    open_: AbstractSet[Key],
    under: int,
) -> tuple[int, int]:
    """Check by plain arithmetic that both tables agree with all that is shown, and are far enough apart."""
    low, high = pair[0][key], pair[1][key]
    fits = high - low >= _needs(counts[key], under)
    for table in pair:
        fits &= all(each in open_ and counts[each].least <= n <= counts[each].most for each, n in table.items())
        touched = (relation for each in table for relation in of_key.get(each, ()))
        fits &= all(_holds(r, {each: table.get(each, counts[each].n) for each in r.parts}) for r in touched)
    if not fits:
        raise ThemebookError(
            f"The count {key} was thought to be hidden and is not.",
            "Report this as a fault; the public report was not written.",
        )
    return low, high
