"""Candidates: what the codebook leaves unexplained, in fine groups under a few broad ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.foundation.contracts import CANDIDATE_RESPONSES, CANDIDATE_UNITS, CANDIDATES
from pipeline.foundation.cores import in_threads
from pipeline.foundation.params import Discover
from pipeline.foundation.tables import empty
from pipeline.themes.grouping import Space, bounds_of, explained, group, number_of_groups
from pipeline.themes.meaning import Ground, drawn, ground_of, likeness, neighbours, sample_of, towards
from pipeline.themes.naming import broad_name, names_of, telling_phrases
from pipeline.themes.phrases import Phrases
from pipeline.themes.stability import Card, cards, regrouped

Look = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, list[str]]]
# Groups are sought on at most so many distinct passages, and judged and named by at most so many; all others are placed
# in them, so many at a time.
MOST_SOUGHT = 12_000
MOST_FITTED = 50_000
BLOCK = 20_000
# A group that comes back in fewer resamples than this share of them is an accident of the draw, not a candidate.
ACCIDENT = 0.25
NAMED_BY = 80
STARTS = 4
_LEVEL = 1000


@dataclass(frozen=True)
class Discovered:
    """Candidates of both levels, their units, and the fine candidate that each response is most about."""

    candidates: pd.DataFrame
    units: pd.DataFrame
    responses: pd.DataFrame


NOTHING = Discovered(empty(CANDIDATES), empty(CANDIDATE_UNITS), empty(CANDIDATE_RESPONSES))


def discover(
    units: pd.DataFrame,
    look: Look,
    theme_ids: list[str],
    theme_vectors: np.ndarray,
    phrases: Phrases,
    params: Discover,
    seed: int,
) -> Discovered:
    """Group the units that the codebook leaves unexplained.

    Groups are sought on a sample of at most `MOST_FITTED` distinct passages, drawn by answer and in proportion from
    each stratum; all passages are then placed in them, block by block, by the same rule.

    Parameters
    ----------
    units : DataFrame
        Unexplained meaning units (contract UNITS) with ``whole_id``, the text id of their whole answer, and
        ``stratum``, what the sample is to hold in proportion (such as wave and question); any order. Copies of an
        answer count once in the grouping.
    look : callable
        Positions in `units` to what is there: vectors of the units, vectors of their whole answers, both of shape
        (m, d), and their masked texts.
    theme_ids, theme_vectors : list of str, ndarray of shape (K, d)
        The codebook's themes, to name the nearest.
    phrases : callable
        Finds the phrases of texts (`pipeline.themes.phrases.readable_phrases`).
    params : Discover
    seed : int

    Returns
    -------
    Discovered
        Without rows where there is too little to claim anything.
    """
    order = np.lexsort(tuple(units[name].to_numpy(dtype=str) for name in ("start", "unit_id", "whole_id", "text_id")))
    units = units.iloc[order].reset_index(drop=True)
    distinct = np.flatnonzero(~units.duplicated(["text_id", "whole_id"]).to_numpy())
    groups = number_of_groups(len(distinct), params)
    if not groups:
        return NOTHING
    chosen = distinct[some_answers(units.iloc[distinct], MOST_FITTED)]
    vectors, around, texts = look(order[chosen])
    fitted = units.iloc[chosen].reset_index(drop=True)
    found = _candidates(fitted, vectors, around, texts, groups, params, seed)
    if not found.cards:
        return NOTHING
    names = _names(found, texts, fitted["language"].tolist(), phrases)
    known = np.full(len(units), -1)
    known[chosen] = np.arange(len(chosen))
    placed = _placed(units, known, len(chosen) == len(distinct), lambda rows: look(order[rows]), found)
    return _tables(units, placed, found, names, theme_ids, theme_vectors)


def some_answers(passages: pd.DataFrame, most: int) -> np.ndarray:
    """Draw answers, with all of their passages, in proportion from each stratum.

    Parameters
    ----------
    passages : DataFrame
        Distinct ones: ``whole_id`` and ``stratum``.
    most : int
        Passages wanted; a stratum gives at least one answer.

    Returns
    -------
    ndarray of int
        Positions, all where there are no more than `most`. Which answers are drawn depends on their texts alone.
    """
    if len(passages) <= most:
        return np.arange(len(passages))
    # A text's id is a hash of it: the smallest ids are a random sample.
    answers = passages.groupby(["stratum", "whole_id"], sort=True).size().rename("n").reset_index()
    share = most / len(passages)
    quota = np.ceil(answers.groupby("stratum")["n"].transform("sum") * share)
    before = answers.groupby("stratum")["n"].cumsum() - answers["n"]
    taken = pd.MultiIndex.from_frame(answers.loc[before < quota, ["stratum", "whole_id"]])
    return np.flatnonzero(pd.MultiIndex.from_frame(passages[["stratum", "whole_id"]]).isin(taken))


@dataclass(frozen=True)
class Assigner:
    """Places any passage in the groups that were found.

    Parameters
    ----------
    ground : Ground
    near : ndarray, shape (m, d)
        The passages on which groups were sought.
    pulled : ndarray, shape (m, d)
        Where these were drawn to by their neighbours.
    centres : ndarray, shape (g, d)
        Of the fine groups.
    pool : ndarray of int, shape (m,)
        Which of the fitted passages these are.
    """

    ground: Ground
    near: np.ndarray
    pulled: np.ndarray
    centres: np.ndarray
    pool: np.ndarray

    def fit(self, vectors: np.ndarray, around: np.ndarray, texts: list[str], known: np.ndarray) -> np.ndarray:
        """Give the cosine of each passage with each fine group, shape (n, g).

        Parameters
        ----------
        vectors, around, texts
            As `Ground.place` takes them.
        known : ndarray of int, shape (n,)
            Which of the fitted passages each one is; -1 for others.
        """
        points = self.ground.place(vectors, around, texts).astype(np.float32)
        where = np.searchsorted(self.pool, known).clip(max=len(self.pool) - 1)
        own = np.where(self.pool[where] == known, where, -1)
        index, weight = neighbours(points, self.near, own)
        graph = likeness(index, weight, np.ones(len(self.near), bool))
        return towards(points, graph, self.pulled) @ self.centres.T


@dataclass(frozen=True)
class _Found:
    """Fine and broad groups of n distinct passages.

    Parameters
    ----------
    fit : ndarray, shape (n, g)
        Cosine of each passage with each fine group.
    bounds : (float, float)
        From which cosine a passage is explained clearly, and hardly at all (`bounds_of`).
    held : ndarray of bool, shape (n,)
        Whether the nearest group explains the passage.
    broad : ndarray of int, shape (g,)
        The broad group of each fine one; -1 where it stands alone.
    cards : list of Card, length g
    broad_cards : dict of int to Card
    assigner : Assigner
    """

    fit: np.ndarray
    bounds: tuple[float, float]
    held: np.ndarray
    broad: np.ndarray
    cards: list[Card]
    broad_cards: dict[int, Card]
    assigner: Assigner

    @property
    def fine(self) -> np.ndarray:
        """The nearest fine group of each passage, held or not."""
        return self.fit.argmax(axis=1)


@dataclass(frozen=True)
class _Placed:
    """Where every unit lies.

    Parameters
    ----------
    fine : ndarray of int, shape (n,)
    fit : ndarray, shape (n,)
    held : ndarray of bool, shape (n,)
    totals : ndarray, shape (g, d)
        Sums of the vectors of each fine group's units.
    answers : DataFrame
        ``response_id``, ``fine``: the one of its own units' groups that all its units together are nearest to.
    """

    fine: np.ndarray
    fit: np.ndarray
    held: np.ndarray
    totals: np.ndarray
    answers: pd.DataFrame


def _candidates(
    distinct: pd.DataFrame,
    vectors: np.ndarray,
    around: np.ndarray,
    texts: list[str],
    groups: int,
    params: Discover,
    seed: int,
) -> _Found:
    """Group distinct passages, take back what does not hold, and say how steady the rest is."""
    ground, points = ground_of(vectors, around, texts, params.components_removed, seed)
    answer = pd.factorize(distinct["whole_id"])[0]
    pool = sample_of((distinct["text_id"] + distinct["whole_id"]).tolist(), MOST_SOUGHT)
    space = Space.of(points, pool, 1.0 / np.bincount(answer)[answer])
    (first,) = in_threads(lambda start: group(space, groups, start, starts=STARTS), [seed])
    inner = space.pooled()

    def regroup(kept: np.ndarray, other: int) -> np.ndarray:
        again = group(inner, groups, other, kept)
        # One number carries both levels: the broad group counts in thousands.
        return again.broad[again.fine] * _LEVEL + again.fine

    pooled = pd.factorize(answer[pool])[0]
    again = regrouped(pooled, regroup, params.resamples, params.seeds, seed)
    fine = again.mapped(lambda both: both % _LEVEL)
    steady = cards(first.fine[pool], first.fit.shape[1], fine)
    kept = np.array([c.found_again >= ACCIDENT * c.resamples and c.resamples > 0 for c in steady])
    fit, broad, centres = first.fit[:, kept], first.broad[kept], first.centres[kept]
    bounds = (0.0, 0.0)
    held = np.zeros(len(fit), bool)
    while fit.shape[1]:
        bounds = bounds_of(fit.max(axis=1), params.not_clear, params.left_out)
        held = explained(fit.max(axis=1), answer, *bounds)
        raised = np.array([len(set(answer[held & (fit.argmax(axis=1) == g)])) for g in range(fit.shape[1])])
        if (raised >= params.min_units).all():
            break
        weakest = raised.argmin()
        fit, broad, centres = np.delete(fit, weakest, axis=1), np.delete(broad, weakest), np.delete(centres, weakest, 0)
    graph = likeness(inner.index, inner.weight, np.ones(len(pool), bool))
    near, pulled, middle = (part.astype(np.float32) for part in (inner.points, drawn(inner.points, graph), centres))
    assigner = Assigner(ground, near, pulled, middle, pool)
    if not fit.shape[1]:
        return _Found(fit, bounds, np.zeros(len(fit), bool), broad, [], {}, assigner)
    nearest = fit.argmax(axis=1)[pool]
    families = [b for b in np.unique(broad) if (broad == b).sum() > 1] if len(np.unique(broad)) > 1 else []
    above = dict(zip(families, range(len(families)), strict=True))
    broad = np.array([above.get(b, -1) for b in broad])
    steady = cards(nearest, fit.shape[1], fine)
    over = cards(broad[nearest], len(families), again.mapped(lambda both: both // _LEVEL))
    return _Found(fit, bounds, held, broad, steady, dict(enumerate(over)), assigner)


def _placed(units: pd.DataFrame, known: np.ndarray, all_known: bool, look: Look, found: _Found) -> _Placed:
    """Place every unit, answer by answer and block by block."""
    whole = pd.factorize(units["whole_id"], sort=True)[0]
    by_answer = np.argsort(whole, kind="stable")
    ends = np.flatnonzero(np.diff(whole[by_answer], append=-1)) + 1
    fine, fit = np.zeros(len(units), np.int16), np.zeros(len(units))
    held = np.zeros(len(units), bool)
    totals, answers, start = np.zeros(0), [], 0
    while start < len(units):
        end = int(ends[min(int(np.searchsorted(ends, start + BLOCK)), len(ends) - 1)])
        rows, start = by_answer[start:end], end
        mine = units.iloc[rows]
        first = np.asarray(~mine.duplicated(["text_id", "whole_id"]), bool)
        vectors, around, texts = look(rows[first])
        near = (
            found.fit[known[rows[first]]]
            if all_known
            else found.assigner.fit(vectors, around, texts, known[rows[first]])
        )
        here = mine[first]
        explains = explained(near.max(axis=1), pd.factorize(here["whole_id"])[0], *found.bounds)
        pair = pd.MultiIndex.from_frame(here[["text_id", "whole_id"]])
        row = pair.get_indexer(pd.MultiIndex.from_frame(mine[["text_id", "whole_id"]]))
        group = near.argmax(axis=1)[row]
        fine[rows], fit[rows], held[rows] = group, near.max(axis=1)[row], explains[row]
        if not len(totals):
            totals = np.zeros((near.shape[1], vectors.shape[1]))
        copies = np.bincount(row, minlength=len(here))
        for g in np.unique(group[explains[row]]):
            members = explains & (near.argmax(axis=1) == g)
            totals[g] += copies[members] @ vectors[members].astype(np.float64)
        answers.append(_answers(mine["response_id"], near[row], group, explains[row]))
    return _Placed(fine, fit, held, totals, pd.concat(answers, ignore_index=True))


def _answers(response_ids: pd.Series, near: np.ndarray, fine: np.ndarray, held: np.ndarray) -> pd.DataFrame:
    """Give each response the one of its own units' fine groups that all its units together are nearest to."""
    place, responses = pd.factorize(response_ids)
    total = np.zeros((len(responses), near.shape[1]))
    np.add.at(total, place, np.maximum(near, 0))
    own = np.zeros(total.shape, bool)
    own[place[held], fine[held]] = True
    total[~own] = -1.0
    some = own.any(axis=1)
    return pd.DataFrame({"response_id": responses[some], "fine": total[some].argmax(axis=1)})


def _names(found: _Found, texts: list[str], languages: list[str], phrases: Phrases) -> dict[tuple[str, int], str]:
    """Name fine and broad groups by the passages that fit best."""
    order = np.argsort(-found.fit.max(axis=1), kind="stable")
    order = order[found.held[order]]
    nearest = found.fine[order]
    turn = pd.Series(nearest).groupby(nearest).cumcount().to_numpy()
    rows = np.sort(order[turn < NAMED_BY])
    read = phrases([texts[i] for i in rows], [languages[i] for i in rows])
    fine = found.fine[rows]
    size = np.bincount(found.fine[found.held], minlength=len(found.cards))
    largest = [int(g) for g in np.argsort(-size, kind="stable")]
    names = names_of(telling_phrases(read, fine), largest)
    broad = found.broad[fine]
    over = telling_phrases([p for p, b in zip(read, broad, strict=True) if b >= 0], broad[broad >= 0])
    made = {("fine", g): name for g, name in names.items()}
    for b in found.broad_cards:
        children = [names[g] for g in largest if found.broad[g] == b]
        made["broad", b] = broad_name(over.get(b, []), children)
    return made


def _tables(
    units: pd.DataFrame,
    placed: _Placed,
    found: _Found,
    names: dict[tuple[str, int], str],
    theme_ids: list[str],
    theme_vectors: np.ndarray,
) -> Discovered:
    """Give the three tables; candidates are numbered by how many answers raise them, the broad ones first."""
    said = units[["unit_id", "response_id"]].assign(
        fine=placed.fine.astype(int), broad=found.broad[placed.fine], fit=placed.fit
    )[placed.held]
    levels = {"broad": said[said["broad"] >= 0], "fine": said}
    ids: dict[tuple[str, int], str] = {}
    rows, members = [], []
    for level, letter in (("broad", "B"), ("fine", "C")):
        mine = levels[level].groupby(level)
        sizes = mine.agg(n_units=("unit_id", "size"), n_responses=("response_id", "nunique"))
        sizes = sizes.assign(name=[names[level, int(g)] for g in sizes.index])
        sizes = sizes.sort_values(["n_responses", "n_units", "name"], ascending=[False, False, True])
        for n, (number, size) in enumerate(sizes.iterrows(), 1):
            key = (level, int(number))
            ids[key] = f"{letter}{n:02d}"
            own = mine.get_group(number)
            steady = found.cards[key[1]] if level == "fine" else found.broad_cards[key[1]]
            parts = np.flatnonzero(found.broad == key[1]) if level == "broad" else np.array([key[1]])
            nearest, overlap = _nearest(placed.totals[parts].sum(axis=0), theme_ids, theme_vectors)
            parent = ids.get(("broad", int(found.broad[key[1]])), "") if level == "fine" else ""
            rows.append(_row(ids[key], size, parent, nearest, overlap, steady))
            members.append(own[["unit_id", "fit"]].assign(candidate_id=ids[key]))
    answers = placed.answers.sort_values("response_id", ignore_index=True)
    most = pd.DataFrame(
        {"response_id": answers["response_id"], "candidate_id": [ids["fine", g] for g in answers["fine"]]}
    )
    return Discovered(pd.DataFrame(rows), pd.concat(members, ignore_index=True), most.astype("str"))


def _row(
    candidate_id: str, size: pd.Series, parent: str, nearest: str, overlap: float, steady: Card
) -> dict[str, object]:
    return {
        "candidate_id": candidate_id,
        "name": size["name"],
        "parent_id": parent,
        "n_units": int(size["n_units"]),
        "n_responses": int(size["n_responses"]),
        "nearest_theme": nearest,
        "overlap": overlap,
        "stability": steady.stability,
        "stability_low": steady.low,
        "stability_high": steady.high,
        "found_again": steady.found_again,
        "resamples": steady.resamples,
        "stability_seeds": steady.seeds,
        "stability_halves": steady.halves,
    }


def _nearest(centre: np.ndarray, theme_ids: list[str], theme_vectors: np.ndarray) -> tuple[str, float]:
    """The theme whose texts' mean is nearest to a candidate's mean, with the cosine."""
    if not theme_ids:
        return "", float("nan")
    cosine = theme_vectors @ centre / (np.linalg.norm(theme_vectors, axis=1) * np.linalg.norm(centre))
    best = int(np.argmax(cosine))
    return theme_ids[best], float(cosine[best])
