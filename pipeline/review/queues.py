"""In which order answers come to a coder, and how far coding is; pure, from what `pipeline.review.coding` reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pipeline.foundation.errors import ThemebookError, closest
from pipeline.review.coding import Codings
from pipeline.survey.nonanswers import normalise
from pipeline.themes.gold import ADJUDICATED, firmest
from pipeline.themes.ordering import alike_order
from pipeline.themes.sampling import by_chance, doubts, random_order

# From this cosine on most pairs of answers were given the very same codes by readers (by all-MiniLM-L6-v2, two surveys:
# docs/decisions/0012-coding-everything.md), below it half of them or fewer.
ALIKE = 0.6
NEAREST = 3


@dataclass(frozen=True)
class Queue:
    """Answers in the order in which a coder is to read them.

    Parameters
    ----------
    cells : tuple of str
        Cell ids; those done keep their place.
    done : frozenset of str
        The cells that need no reading.
    samples : mapping
        What `coding.give` is to record as each cell's sample.
    passed : frozenset of str
        Cells of a random queue that were coded for another reason: once a cell behind them is coded they are random.
    """

    cells: tuple[str, ...]
    done: frozenset[str]
    samples: Mapping[str, str]
    passed: frozenset[str] = field(default=frozenset())

    @property
    def left(self) -> tuple[str, ...]:
        """The cells still to be read, in order."""
        return tuple(cell for cell in self.cells if cell not in self.done)

    def drawn_with(self, cell_id: str) -> tuple[str, ...]:
        """Give the passed cells that become random when this one is coded: those before it."""
        return tuple(cell for cell in self.cells[: self.cells.index(cell_id)] if cell in self.passed)


def scope(codings: Codings, wave: str = "", question_id: str = "", answered_only: bool = False) -> list[str]:
    """List the cells of a wave and question (empty: any), by id; where asked, without non-answers.

    Raises
    ------
    ThemebookError
        If no answer is of the wave or question.
    """
    cells = codings.cells
    for column, name in (("wave", wave), ("question_id", question_id)):
        if name and name not in set(cells[column]):
            known = cells[column].unique()
            raise ThemebookError(f"No answer to code is of the {column.split('_')[0]} `{name}`.", closest(name, known))
    keep = np.ones(len(cells), bool)
    keep &= (cells["wave"] == wave).to_numpy() if wave else True
    keep &= (cells["question_id"] == question_id).to_numpy() if question_id else True
    keep &= cells["answered"].to_numpy() if answered_only else True
    return list(cells.loc[keep, "cell_id"])


def everything(codings: Codings, ids: Sequence[str], texts: Mapping[str, str], vectors: np.ndarray) -> Queue:
    """Order cells for people who code them all: question by question, like beside like.

    Parameters
    ----------
    codings : Codings
    ids : sequence of str
        As `scope` gives them; waves of one question are not kept apart. What a person coded is done.
    texts : mapping of str to str
        The words of each cell.
    vectors : ndarray, shape (all cells, d)
        As `coding.cell_vectors` gives them for all of ``codings.cells``.
    """
    order: list[str] = []
    chosen = set(ids)
    for _, group in codings.cells.groupby("question_id", sort=True):
        mine = group[group["cell_id"].isin(chosen)]
        names = list(mine["cell_id"])
        places = alike_order([texts[name] for name in names], vectors[mine.index], names)
        order += [names[i] for i in places]
    return _queue(codings, order, "all")


def at_random(codings: Codings, ids: Sequence[str], seed: int) -> Queue:
    """Order cells at random, by seed and id: stop anywhere, and what is coded so far is a random sample of `ids`.

    That holds as cells coded before for another reason keep their place: they are passed over, and count as random
    once the queue has come past them (`Queue.drawn_with`; `sampling.draw` has the source).
    """
    order = random_order(ids, seed)
    coded = [(cell, sample) for cell in order for sample in codings.samples.get(cell, {}).values()]
    fair = by_chance(codings.cells, pd.DataFrame(coded, columns=["cell_id", "sample"]))
    queue = _queue(codings, order, "random")
    return Queue(queue.cells, queue.done, queue.samples, frozenset(queue.done - fair))


def active(
    codings: Codings, ids: Sequence[str], queue: pd.DataFrame, mentions_of: Callable[[Set[str]], pd.DataFrame]
) -> Queue:
    """Order cells by what reading them mends: as the coder ranked them, then by the expected errors of their coding.

    Parameters
    ----------
    codings : Codings
    ids : sequence of str
    queue : DataFrame
        Contract QUEUE; it lacks what gold holds already, a machine's included.
    mentions_of : callable
        Gives the rows of the contract MENTIONS for some responses: those of cells that the coder did not rank.
    """
    cells = codings.cells[codings.cells["cell_id"].isin(set(ids))]
    owner = cells[["cell_id", "response_ids"]].explode("response_ids")
    ranked = owner.merge(queue, left_on="response_ids", right_on="response_id").groupby("cell_id")["rank"].min()
    rank = ranked.to_dict()
    left = mentions_of(set(owner.loc[~owner["cell_id"].isin(ranked.index), "response_ids"]))
    doubt = dict(zip(cells["cell_id"], doubts(cells, [left], queue.iloc[:0]).sum(axis=1), strict=True))
    last = len(queue) + 1
    return _queue(codings, sorted(ids, key=lambda each: (rank.get(each, last), -doubt[each], each)), "active")


def second(codings: Codings, ids: Sequence[str], coder: str, seed: int) -> Queue:
    """Order the cells that another person coded, at random, for a second coder who does not see the first one's codes.

    Each keeps the sample that it has.
    """
    others = [each for each in random_order(ids, seed) if set(codings.persons(each)) - {coder}]
    done = frozenset(each for each in others if coder in codings.given[each])
    samples = {each: firmest(codings.samples[each][name] for name in codings.persons(each)) for each in others}
    return Queue(tuple(others), done, samples)


def to_adjudicate(codings: Codings, ids: Sequence[str]) -> Queue:
    """List the cells that persons coded differently, by id; those adjudicated are done."""
    cells = []
    for each in ids:
        persons = codings.persons(each)
        if len(set(persons.values())) > 1 or codings.unresolved(each):
            cells.append(each)
    samples = {each: firmest(codings.samples[each].values()) for each in cells}
    return Queue(tuple(cells), frozenset(each for each in cells if not codings.unresolved(each)), samples)


def _queue(codings: Codings, order: Sequence[str], sample: str) -> Queue:
    done = frozenset(each for each in order if is_coded(codings, each))
    return Queue(tuple(order), done, dict.fromkeys(order, sample))


def is_coded(codings: Codings, cell_id: str) -> bool:
    """Tell whether a person coded a cell, or it was adjudicated."""
    return bool(codings.persons(cell_id)) or any(
        name.startswith(ADJUDICATED) for name in codings.given.get(cell_id, {})
    )


def progress(codings: Codings, code_all: int) -> pd.DataFrame:
    """Say how far people are, by question and wave.

    Parameters
    ----------
    codings : Codings
    code_all : int
        ``review.code_all`` of params.yaml.

    Returns
    -------
    DataFrame
        ``question_id``, ``wave``, ``cells`` (codable answers), ``coded`` (by a person), ``machine`` (by a machine
        reader only), ``twice`` (by two persons or more), ``unresolved``, ``altogether`` (whether people are to code
        them all: at most `code_all`); sorted by question and wave.
    """
    columns = ["question_id", "wave", "cells", "coded", "machine", "twice", "unresolved", "altogether"]
    rows = []
    for (question, wave), group in codings.cells.groupby(["question_id", "wave"], sort=True):
        ids = list(group["cell_id"])
        coded = [each for each in ids if is_coded(codings, each)]
        rows.append(
            (
                question,
                wave,
                len(ids),
                len(coded),
                sum(each in codings.given for each in ids) - len(coded),
                sum(len(codings.persons(each)) > 1 for each in ids),
                sum(codings.unresolved(each) for each in ids),
                len(ids) <= code_all,
            )
        )
    return pd.DataFrame(rows, columns=columns)


@dataclass(frozen=True)
class Inconsistency:
    """Answers to one question that say the like, and that one coder coded differently.

    Parameters
    ----------
    first, second : tuple of str
        Cell ids; the cells of one tuple have the same words and the same codes.
    alike : float
        Cosine of their vectors; 1 for the same words.
    only_first, only_second : tuple of str
        The themes that the others lack.
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    alike: float
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


def inconsistencies(
    codings: Codings, coder: str, texts: Mapping[str, str], vectors: np.ndarray, bound: float = ALIKE
) -> list[Inconsistency]:
    """List where a coder coded like answers differently, the most alike first.

    Compared are answers to one question, of any wave: those with the same normalised text, and each one with the
    `NEAREST` answers most alike to it, where their cosine is at least `bound`.

    Parameters
    ----------
    codings : Codings
    coder : str
        Her latest codes count.
    texts : mapping of str to str
        The words of each cell.
    vectors : ndarray, shape (all cells, d)
        As `coding.cell_vectors` gives them.
    bound : float
        0 to 1.
    """
    found: list[Inconsistency] = []
    for _, cells in codings.cells.groupby("question_id", sort=True):
        mine: dict[tuple[str, frozenset[str]], list[str]] = {}
        place: dict[str, int] = {}
        for i, cell in zip(cells.index, cells["cell_id"], strict=True):
            codes = codings.latest(cell, coder)
            if codes is not None:
                mine.setdefault((normalise(texts[cell]), codes), []).append(cell)
                place[cell] = i
        # Sorted by what stands in the tables, never by the order of a set.
        items = sorted(((text, sorted(codes), tuple(ids)) for (text, codes), ids in mine.items()), key=lambda x: x[2])
        unit = vectors[[place[ids[0]] for _, _, ids in items]]
        found += [
            _inconsistency(items[i], items[j], alike)
            for i, j, alike in _pairs([t for t, _, _ in items], unit)
            if alike >= bound and items[i][1] != items[j][1]
        ]
    return sorted(found, key=lambda each: (-each.alike, each.first, each.second))


def _inconsistency(
    one: tuple[str, list[str], tuple[str, ...]], other: tuple[str, list[str], tuple[str, ...]], alike: float
) -> Inconsistency:
    only = (tuple(sorted(set(a) - set(b))) for a, b in ((one[1], other[1]), (other[1], one[1])))
    return Inconsistency(one[2], other[2], alike, *only)


def _pairs(texts: Sequence[str], unit: np.ndarray) -> list[tuple[int, int, float]]:
    """Pairs i < j to compare: the same words, and each one with the nearest of other words."""
    pairs: dict[tuple[int, int], float] = {}
    same: dict[str, list[int]] = {}
    for i, text in enumerate(texts):
        if text:
            pairs.update({(j, i): 1.0 for j in same.setdefault(text, [])})
            same[text].append(i)
    for rows in np.array_split(np.arange(len(texts)), len(texts) // 1000 + 1):
        cosine = unit[rows] @ unit.T
        for row, i in enumerate(rows):
            cosine[row, [i, *same.get(texts[i], [])]] = -1
            for j in map(int, np.argsort(-cosine[row], kind="stable")[:NEAREST]):
                if cosine[row, j] > 0:
                    pairs.setdefault((min(int(i), j), max(int(i), j)), float(min(cosine[row, j], 1.0)))
    return [(i, j, alike) for (i, j), alike in sorted(pairs.items())]
