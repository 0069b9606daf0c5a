"""Emerging and fading: what recent waves say that the codebook does not hold, tested against the waves before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, vstack

from pipeline.evidence.explained import explained
from pipeline.foundation.contracts import EMERGING, EMERGING_ANSWERS
from pipeline.foundation.tables import empty
from pipeline.themes.meaning import sample_of
from pipeline.themes.naming import names_of, telling_phrases
from pipeline.themes.phrases import Phrases

About = Callable[[np.ndarray], np.ndarray]
Said = Callable[[np.ndarray], list[str]]
# In each direction: both together give a false alarm in at most one survey of twenty.
ALPHA = 0.025
PERMUTATIONS = 1_999
# What was first said in the wave before the newest, and is in no codebook yet, is still news.
RECENT = 2
FEWEST = 5
LARGEST = 320
MOST_ANSWERS = 6_000
MOST_CENTRES = 1_500
CHUNK = 50


@dataclass(frozen=True)
class News:
    """What is new and what fades (contract EMERGING), and the answers of each (contract EMERGING_ANSWERS)."""

    findings: pd.DataFrame
    answers: pd.DataFrame


NOTHING = News(empty(EMERGING), empty(EMERGING_ANSWERS))


def answers_of(
    responses: pd.DataFrame, units: pd.DataFrame, mentions: pd.DataFrame, heldout: pd.DataFrame
) -> pd.DataFrame:
    """List the answered responses with the unit of their whole answer, and whether a theme explains them.

    Parameters
    ----------
    responses, units, mentions, heldout : DataFrame
        By contract, all waves.

    Returns
    -------
    DataFrame
        As `find_news` takes it, with ``start`` and ``end`` of the whole answer; sorted by ``response_id``.
    """
    answered = responses[responses["status"] == "answered"]
    whole = units.loc[units["n"] == 0, ["response_id", "unit_id", "text_id", "language", "start", "end"]]
    listed = answered[["response_id", "wave", "respondent_id", "question_id"]].merge(whole, on="response_id")
    listed = listed.sort_values("response_id", ignore_index=True)
    return listed.assign(explained=explained(listed, mentions, heldout))


def find_news(
    answers: pd.DataFrame, vectors: About, shown: Said, waves: list[str], phrases: Phrases, seed: int
) -> News:
    """Find groups of unexplained answers that recent waves give more often, or hardly any more, than those before.

    Answers that no theme explains are grouped without a look at their waves: around each, its nearest neighbours, from
    5 to half of all. For each group and each of the last two waves as the beginning of "now", the respondents from
    then on are compared with how many there would be if waves were dealt at random among respondents who answered the
    same questions [1]_, [2]_. What the largest excess of all would be by chance comes from dealing waves anew, so that
    however many groups are looked at, the chance of any false alarm is at most 2.5 % in each direction [3]_.

    Parameters
    ----------
    answers : DataFrame
        All answered responses: ``response_id``, ``unit_id`` (of the whole answer), ``wave``, ``respondent_id``,
        ``question_id``, ``text_id``, ``language``, ``explained`` (bool); any order.
    vectors : callable
        Positions in `answers` to the vectors of the whole answers, unit length, shape (m, d).
    shown : callable
        Positions in `answers` to their masked texts.
    waves : list of str
        Ids, the newest last.
    phrases : callable
        Finds the phrases that name a finding (`pipeline.themes.phrases.readable_phrases`).
    seed : int

    Returns
    -------
    News
        Without rows where there is one wave, or nothing stands out.

    References
    ----------
    .. [1] Kulldorff, A spatial scan statistic, Communications in Statistics 26 (1997): likelihood ratio, section 3.
    .. [2] Duembgen and Spokoiny, Multiscale testing of qualitative hypotheses, Annals of Statistics 29 (2001): what
       small windows must exceed large ones by, eq. 2.4.
    .. [3] Westfall and Young, Resampling-based multiple testing (1993): single-step maxT, section 2.3.
    """
    starts = list(range(max(1, len(waves) - RECENT), len(waves)))
    order = np.argsort(answers["response_id"].to_numpy(dtype=str), kind="stable")
    answers = answers.iloc[order].reset_index(drop=True)
    open_rows = np.flatnonzero(~answers["explained"].to_numpy(bool))
    open_rows = open_rows[sample_of(answers["response_id"].iloc[open_rows].tolist(), MOST_ANSWERS)]
    points = vectors(order[open_rows])
    groups = neighbourhoods(answers["text_id"].iloc[open_rows].tolist(), points) if starts else None
    if groups is None:
        return NOTHING
    people = respondents(answers, waves)
    who = pd.MultiIndex.from_frame(people[["wave", "respondent_id"]]).get_indexer(
        pd.MultiIndex.from_frame(answers[["wave", "respondent_id"]].iloc[open_rows])
    )
    place = csr_matrix(
        (np.ones(len(open_rows), np.float32), (groups.point, np.arange(len(open_rows)))),
        shape=(groups.windows.shape[1], len(open_rows)),
    )
    by_person = csr_matrix(
        (np.ones(len(open_rows), np.float32), (np.arange(len(open_rows)), who)),
        shape=(len(open_rows), len(people)),
    )
    held = groups.windows @ place
    members = _once(held @ by_person)
    found = [
        (kind, *finding)
        for kind, sign in (("emerging", 1), ("fading", -1))
        for finding in scan(members, people["wave_n"].to_numpy(), people["stratum"].to_numpy(), starts, sign, seed)
    ]
    if not found:
        return NOTHING
    mine = [np.sort(held[window].indices) for _, window, _, _, _ in found]
    fits = [points[own] @ points[groups.centre[f[1]]] for own, f in zip(mine, found, strict=True)]
    names = _names(mine, shown(order[open_rows]), answers["language"].iloc[open_rows].tolist(), phrases)
    rows = [open_rows[own] for own in mine]
    return _tables(answers, people, waves, found, rows, fits, names)


def respondents(answers: pd.DataFrame, waves: list[str]) -> pd.DataFrame:
    """List who answered: ``wave``, ``respondent_id``, ``wave_n`` (its place among waves), ``stratum``.

    A stratum holds those who answered the same open questions, so that like is compared with like: a wave in which
    another question was asked, or another organisation took part that asks its own, makes no news by that alone.
    """
    # Each question is a digit of one number: the same number, the same questions.
    number, questions = pd.factorize(answers["question_id"], sort=True)
    asked = answers[["wave", "respondent_id"]].assign(pattern=[1 << int(n) for n in number])
    asked["pattern"] = asked["pattern"].astype("int64" if len(questions) < 63 else object)
    people = asked.drop_duplicates().groupby(["wave", "respondent_id"], as_index=False)["pattern"].sum()
    people = people.sort_values(["wave", "respondent_id"], ignore_index=True)
    place = {wave: i for i, wave in enumerate(waves)}
    return people.assign(wave_n=people["wave"].map(place).astype(int), stratum=pd.factorize(people["pattern"])[0])


@dataclass(frozen=True)
class Neighbourhoods:
    """Groups of like answers, found without a look at waves.

    Parameters
    ----------
    point : ndarray of int, shape (n,)
        The distinct text of each answer.
    windows : sparse matrix, shape (w, p)
        1 where a group holds a distinct text.
    centre : ndarray of int, shape (w,)
        Position of an answer with the text in the middle of each group.
    """

    point: np.ndarray
    windows: csr_matrix
    centre: np.ndarray


def neighbourhoods(text_ids: list[str], vectors: np.ndarray) -> Neighbourhoods | None:
    """Group each distinct text with its nearest ones, in sizes from 5 to half of all, each 1.4 times the last."""
    ids, first, point = np.unique(np.array(text_ids, dtype=str), return_index=True, return_inverse=True)
    sizes = [round(FEWEST * 2 ** (i / 2)) for i in range(20)]
    sizes = [size for size in sizes if size <= min(len(ids) // 2, LARGEST)]
    if not sizes:
        return None
    points = vectors[first]
    centres = sample_of(ids.tolist(), MOST_CENTRES)
    near = np.empty((len(centres), sizes[-1]), dtype=int)
    for start in range(0, len(centres), 500):
        cosine = points[centres[start : start + 500]] @ points.T
        best = np.argpartition(-cosine, sizes[-1] - 1, axis=1)[:, : sizes[-1]]
        ranked = np.argsort(-np.take_along_axis(cosine, best, 1), axis=1, kind="stable")
        near[start : start + 500] = np.take_along_axis(best, ranked, 1)
    parts = []
    for size in sizes:
        rows = np.repeat(np.arange(len(centres)), size)
        ones = np.ones(len(rows), np.float32)
        parts.append(csr_matrix((ones, (rows, near[:, :size].ravel())), shape=(len(centres), len(ids))))
    return Neighbourhoods(point, vstack(parts, format="csr"), np.tile(first[centres], len(sizes)))


def scan(
    members: csr_matrix, wave: np.ndarray, stratum: np.ndarray, starts: list[int], sign: int, seed: int
) -> list[tuple[int, int, float, float]]:
    """Find the groups with more (sign 1) or fewer (sign -1) recent respondents than chance explains.

    Parameters
    ----------
    members : sparse matrix, shape (w, r)
        1 where a respondent is in a group.
    wave, stratum : ndarray of int, shape (r,)
        Of each respondent; waves are dealt anew within a stratum.
    starts : list of int
        Waves that "now" may begin with.
    sign : {1, -1}
    seed : int

    Returns
    -------
    list of (window, start, expected, p)
        The clearest first, none that shares more than half of its respondents with a clearer one: the row of
        `members`, the first wave of "now", how many recent respondents chance gives, and the adjusted p value.
    """
    size = np.asarray(members.sum(axis=1)).ravel()
    usable = np.flatnonzero(size >= FEWEST)
    if not len(usable):
        return []
    members, size = members[usable], size[usable]
    reached = np.flatnonzero(np.asarray(members.sum(axis=0)).ravel())
    members = members[:, reached]
    # Small groups are many: what they exceed by chance grows as they shrink.
    fine = np.sqrt(2 * np.log(max(len(reached), 2) / size).clip(0))[:, None]
    dealt = _dealt(wave, stratum, reached, seed)
    score = np.full(len(size), -np.inf)
    start_of = np.zeros(len(size), int)
    expected_of = np.zeros(len(size))
    chance = np.full(PERMUTATIONS, -np.inf)
    for start in starts:
        now = wave >= start
        share = np.bincount(stratum, now) / np.bincount(stratum)
        expected = (members @ share[stratum[reached]].astype(np.float32))[:, None]
        seen = (members @ now[reached].astype(np.float32))[:, None]
        mine = (_surprise(seen, size[:, None], expected, sign) - fine)[:, 0]
        better = mine > score
        score[better], start_of[better], expected_of[better] = mine[better], start, expected[better, 0]
        for at in range(0, PERMUTATIONS, CHUNK):
            deal = (dealt[:, at : at + CHUNK] >= start).astype(np.float32)
            most = (_surprise(members @ deal, size[:, None], expected, sign) - fine).max(axis=0)
            chance[at : at + CHUNK] = np.maximum(chance[at : at + CHUNK], most)
    # Rounding must not make a tie with chance a win over it.
    p = (1 + (chance[None, :] >= score[:, None] - 1e-4).sum(axis=1)) / (PERMUTATIONS + 1)
    clear = np.flatnonzero(p <= ALPHA)
    taken = np.zeros(members.shape[1], bool)
    found = []
    for row in clear[np.argsort(-score[clear], kind="stable")]:
        mine = members[row].indices
        if taken[mine].mean() <= 0.5:
            taken[mine] = True
            found.append((int(usable[row]), int(start_of[row]), float(expected_of[row]), float(p[row])))
    return found


def _dealt(wave: np.ndarray, stratum: np.ndarray, kept: np.ndarray, seed: int) -> np.ndarray:
    """Deal waves anew within strata; give those of the kept respondents, shape (k, PERMUTATIONS)."""
    generator = np.random.default_rng(seed)
    dealt = np.empty((len(kept), PERMUTATIONS), np.int16)
    for number in np.unique(stratum[kept]):
        mine = np.flatnonzero(stratum == number)
        places = np.flatnonzero(stratum[kept] == number)
        within = np.searchsorted(mine, kept[places])
        for at in range(0, PERMUTATIONS, CHUNK):
            rows = min(CHUNK, PERMUTATIONS - at)
            deal = generator.permuted(np.tile(wave[mine].astype(np.int16), (rows, 1)), axis=1)
            dealt[places, at : at + rows] = deal[:, within].T
    return dealt


def _surprise(seen: np.ndarray, size: np.ndarray, expected: np.ndarray, sign: int) -> np.ndarray:
    """Signed root of twice the log likelihood ratio of a share; 0 where the share moves the other way."""
    rest, rest_expected = size - seen, size - expected
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(seen > 0, seen * np.log(seen / expected), 0)
        ratio = ratio + np.where(rest > 0, rest * np.log(rest / rest_expected), 0)
    return np.sqrt(2 * np.where(sign * (seen - expected) > 1e-4, np.nan_to_num(ratio, posinf=0.0), 0).clip(0))


def _once(counts: csr_matrix) -> csr_matrix:
    """Count a respondent once, however many answers are in a group."""
    counts = counts.tocsr()
    counts.data[:] = 1
    return counts


def _names(rows: list[np.ndarray], shown: list[str], languages: list[str], phrases: Phrases) -> list[str]:
    """Name each finding by a phrase that sets its answers apart from the other unexplained ones."""
    read = phrases(shown, languages)
    rest = sorted(set(range(len(shown))) - {int(i) for mine in rows for i in mine})
    said = [read[int(i)] for mine in rows for i in mine] + [read[i] for i in rest]
    group = np.concatenate([np.repeat(np.arange(len(rows)), [len(mine) for mine in rows]), np.full(len(rest), -1)])
    names = names_of(telling_phrases(said, group), range(len(rows)))
    return [names[g] for g in range(len(rows))]


def _tables(
    answers: pd.DataFrame,
    people: pd.DataFrame,
    waves: list[str],
    found: list[tuple[str, int, int, float, float]],
    rows: list[np.ndarray],
    fits: list[np.ndarray],
    names: list[str],
) -> News:
    listed, members = [], []
    number = {"emerging": 0, "fading": 0}
    for (kind, _, start, expected, p), mine, fit, name in zip(found, rows, fits, names, strict=True):
        number[kind] += 1
        finding_id = f"{'E' if kind == 'emerging' else 'F'}{number[kind]:02d}"
        own = answers.iloc[mine]
        now = own["wave"].isin(waves[start:])
        n_new, n_earlier = (_people(own[side]) for side in (now, ~now))
        base_new = int((people["wave_n"] >= start).sum())
        base_earlier = len(people) - base_new
        share_new, share_earlier = n_new / max(base_new, 1), n_earlier / max(base_earlier, 1)
        question = own["question_id"].unique()
        listed.append(
            {
                "finding_id": finding_id,
                "kind": kind,
                "since": waves[start],
                "name": name,
                "question_id": question[0] if len(question) == 1 else "",
                "n_new": n_new,
                "n_earlier": n_earlier,
                "expected": min(expected, float(n_new + n_earlier)),
                "base_new": base_new,
                "base_earlier": base_earlier,
                "share_new": share_new,
                "share_earlier": share_earlier,
                "difference": share_new - share_earlier,
                "p_adjusted": p,
            }
        )
        members.append(
            pd.DataFrame(
                {
                    "finding_id": finding_id,
                    "response_id": own["response_id"],
                    "unit_id": own["unit_id"],
                    "recent": now,
                    "fit": np.clip(fit.astype(float), -1, 1),
                }
            )
        )
    return News(pd.DataFrame(listed), pd.concat(members, ignore_index=True))


def _people(answers: pd.DataFrame) -> int:
    return len(answers[["wave", "respondent_id"]].drop_duplicates())
