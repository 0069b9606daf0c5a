"""Which answers people should code next: a random part for honest figures, an active part to learn from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.survey.description import Survey, find_question
from pipeline.survey.identity import public_id
from pipeline.themes.codebook import Codebook
from pipeline.themes.gold import GOLD_FILE

KEY = ["wave", "respondent_id", "question_id"]
# An answer this near to one that is drawn or coded teaches little that the other does not.
TOO_ALIKE = 0.85
# The active part is looked for among so many of the least sure answers for each one wanted.
LOOKED_AT = 20


@dataclass(frozen=True)
class Draw:
    """Answers drawn for people to code.

    Parameters
    ----------
    rows : DataFrame
        ``cell_id``, ``sample`` (``random`` or ``active``), sorted by ``cell_id``.
    promoted : tuple of str
        Cells coded before for another reason that the random draw came upon: they are not coded again, and are
        ``random`` from now on.
    """

    rows: pd.DataFrame
    promoted: tuple[str, ...]


def cell_id(wave: str, respondent_id: str, question_id: str) -> str:
    """Name what one row of gold codes: everything that one respondent answered to one question in one wave.

    Examples
    --------
    >>> cell_id("2025", "L001", "why")
    'Aa58bda659e51'
    """
    return "A" + _digest(json.dumps([wave, respondent_id, question_id]))[:12]


def frame(responses: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """List the answers that can be drawn: those with words that answer.

    Non-answers are not drawn: a reader of "n/a" learns nothing, and where their words mean a theme, `code` takes that
    from an example or a coded answer of the same words. So the frame is the same before and after any coding.

    Parameters
    ----------
    responses : DataFrame
        Contract RESPONSES.
    codebook : Codebook
        Questions that none of its themes belongs to are left out; with no themes all questions stay.

    Returns
    -------
    DataFrame
        ``cell_id``, ``wave``, ``respondent_id``, ``question_id``, ``response_ids`` (all parts that hold words, as a
        list), ``first`` (the first part that answers); sorted by ``cell_id``.
    """
    given = responses[responses["status"].isin(["answered", "non_answer"])].sort_values("response_id")
    if codebook.themes:
        asked = {q for q in given["question_id"] if codebook.for_question(q)}
        given = given[given["question_id"].isin(asked)]
    parts = given.groupby(KEY, sort=False)["response_id"].agg(list)
    first = given[given["status"] == "answered"].groupby(KEY, sort=False)["response_id"].first()
    table = pd.DataFrame({"response_ids": parts, "first": first}).dropna(subset="first").reset_index()
    ids = [cell_id(*key) for key in table[KEY].itertuples(index=False)]
    return table.assign(cell_id=pd.Series(ids, dtype="str")).sort_values("cell_id", ignore_index=True)


def gold_cells(rows: pd.DataFrame, survey: Survey, responses: pd.DataFrame) -> pd.DataFrame:
    """Say which cell each row of gold.csv codes.

    Parameters
    ----------
    rows : DataFrame
        As `read_gold` gives them.
    survey : Survey
    responses : DataFrame
        All responses of the listed waves.

    Returns
    -------
    DataFrame
        ``cell_id``, ``code``, ``coder``, ``sample``, ``line``: the rows of listed waves.
    """
    known = set(zip(responses["wave"], responses["respondent_id"], strict=True))
    found = []
    questions: dict[str, str] = {}
    for row in rows[rows["wave"].isin(list(survey.waves))].to_dict("records"):
        if row["question"] not in questions:
            where = f"{GOLD_FILE}, line {row['line']}"
            questions[row["question"]] = find_question(survey, row["question"], where)
        question, person = questions[row["question"]], row["respondent_id"]
        if (row["wave"], person) not in known:
            person = public_id(person)
        found.append((cell_id(row["wave"], person, question), row["code"], row["coder"], row["sample"], row["line"]))
    return pd.DataFrame(found, columns=["cell_id", "code", "coder", "sample", "line"])


def doubts(cells: pd.DataFrame, mentions: Iterable[pd.DataFrame], queue: pd.DataFrame) -> np.ndarray:
    """Give the expected number of errors of each answer's coding, theme by theme.

    A mention said with probability p is an error with 1 - p, one not said with p.

    Parameters
    ----------
    cells : DataFrame
        As `frame` gives them, n rows.
    mentions : iterable of DataFrame
        The contract MENTIONS, in parts that are looked at one by one; they may be empty.
    queue : DataFrame
        ``response_id``, ``expected_errors``, where the coder ranked answers itself; it may be empty. Each answer's
        sum over themes is then the queue's, and answers that it lacks come after all it has.

    Returns
    -------
    ndarray, shape (n, K)
        K themes with a mention row; 0 where a theme does not belong to the question.
    """
    owner = cells[["cell_id", "response_ids"]].explode("response_ids").rename(columns={"response_ids": "response_id"})
    row_of = pd.Series(pd.Index(cells["cell_id"]).get_indexer(owner["cell_id"]), index=owner["response_id"])
    found: dict[str, np.ndarray] = {}
    for part in mentions:
        rows = part[part["response_id"].isin(row_of.index)]
        error = pd.Series(np.where(rows["mentioned"], 1 - rows["probability"], rows["probability"]), index=rows.index)
        for theme_id, mine in error.groupby(rows["theme_id"]):
            column = found.setdefault(str(theme_id), np.zeros(len(cells)))
            np.maximum.at(column, row_of.loc[rows.loc[mine.index, "response_id"]].to_numpy(), mine.to_numpy())
    if not found:
        return np.zeros((len(cells), 0))
    doubt = np.stack([found[theme_id] for theme_id in sorted(found)], axis=1)
    if len(queue):
        expected = owner.merge(queue, on="response_id").groupby("cell_id")["expected_errors"].max()
        total = doubt.sum(axis=1)
        wanted = expected.reindex(cells["cell_id"]).to_numpy(float)
        wanted = np.where(np.isnan(wanted), 1e-6 * total, wanted)
        doubt = doubt * (wanted / np.maximum(total, 1e-12))[:, None]
    return doubt


def random_order(ids: Iterable[str], seed: int) -> list[str]:
    """Put cells in the order of their permanent random numbers, made from seed and id: any first part is random."""
    return sorted(ids, key=lambda each: _digest(f"{seed}/random/{each}"))


def by_chance(cells: pd.DataFrame, coded: pd.DataFrame) -> set[str]:
    """Say which coded cells figures may rest on: drawn at random, or of a question and wave that is coded throughout.

    Parameters
    ----------
    cells : DataFrame
        As `frame` gives them.
    coded : DataFrame
        ``cell_id``, ``sample``.

    Returns
    -------
    set of str
    """
    done = cells["cell_id"].isin(set(coded["cell_id"]))
    whole = cells[done.groupby([cells["wave"], cells["question_id"]]).transform("all").astype(bool)]
    throughout = coded["cell_id"].isin(set(whole["cell_id"])) & (coded["sample"] == "all")
    return set(coded.loc[(coded["sample"] == "random") | throughout, "cell_id"])


def draw(
    cells: pd.DataFrame,
    coded: pd.DataFrame,
    doubt: np.ndarray,
    vectors: np.ndarray,
    n: int,
    random_share: float,
    seed: int,
    within: Collection[str] | None = None,
) -> Draw:
    """Draw answers for people to code.

    **Random part.** Cells that no random draw holds yet stand in an order of permanent random numbers, made from seed
    and id, and the first ones are taken [1]_. A simple random sample of what earlier simple random samples left is
    with them one simple random sample again. That holds only if cells coded for another reason (because the coder
    was unsure of them, because somebody picked them) keep their place in the order: where it comes upon one, the cell
    is promoted to random without being coded again, and the active part grows by it.

    **Active part.** Cells not coded yet, chosen one after the other so that Σ over themes of √(expected errors taken
    up) grows most, a feature-based submodular function [2]_: many expected errors count, and fewer so for a theme that
    has had its share. Where nothing is coded, or the coder doubts nothing, cells are spread over the meanings by the
    seeding of k-means++ [3]_. An answer nearly the same as one that is drawn or coded for its question is left out.

    Parameters
    ----------
    cells : DataFrame
        As `frame` gives them, n rows.
    coded : DataFrame
        ``cell_id``, ``sample``: gold, as `gold_cells` gives it.
    doubt : ndarray, shape (n, K)
        As `doubts` gives it.
    vectors : ndarray, shape (n, d)
        Embeddings of the cells, unit length.
    n : int
        How many are asked for; fewer are given where there are fewer.
    random_share : float
        The share of the random part, 0 to 1.
    seed : int
    within : collection of str, optional
        The cells that may be drawn; all by default.

    Returns
    -------
    Draw

    References
    ----------
    .. [1] Ohlsson, Coordination of samples using permanent random numbers, in: Business Survey Methods, Wiley 1995,
       ch. 9.2.
    .. [2] Wei, Iyer, Bilmes, Submodularity in data subset selection and active learning, ICML 2015, section 5.2.
    .. [3] Arthur, Vassilvitskii, k-means++: the advantages of careful seeding, SODA 2007, section 2.2.
    """
    ids = cells["cell_id"].to_numpy(dtype=object)
    allowed = np.isin(ids, list(within)) if within is not None else np.ones(len(ids), bool)
    is_coded = np.isin(ids, list(coded["cell_id"]))
    fair = np.isin(ids, list(by_chance(cells, coded)))
    place = {each: i for i, each in enumerate(ids)}
    order = [place[each] for each in random_order(ids[allowed & ~fair], seed)]
    prefix = np.array(order[: round(n * random_share)], dtype=int)
    at_random, promoted = prefix[~is_coded[prefix]], prefix[is_coded[prefix]]
    taken = is_coded.copy()
    taken[at_random] = True
    wanted = n - len(at_random) if random_share < 1 else 0
    question = cells["question_id"].to_numpy(dtype=object)
    active = _active(doubt, vectors, question, taken, allowed & ~taken, wanted, seed)
    rows = pd.DataFrame(
        {"cell_id": ids[[*at_random, *active]], "sample": ["random"] * len(at_random) + ["active"] * len(active)}
    ).astype("str")
    return Draw(rows.sort_values("cell_id", ignore_index=True), tuple(sorted(ids[promoted])))


def _active(
    doubt: np.ndarray,
    vectors: np.ndarray,
    question: np.ndarray,
    taken: np.ndarray,
    free: np.ndarray,
    wanted: int,
    seed: int,
) -> list[int]:
    """Choose the active part, by position: by doubt as far as there is any, the rest spread over the meanings."""
    if wanted <= 0:
        return []
    free = free.copy()
    # Squared distance to the nearest taken cell of the same question; unit vectors are at most 4 apart.
    apart = np.full(len(free), 4.0)
    for asked in dict.fromkeys(question[taken]):
        here, there = np.flatnonzero(free & (question == asked)), np.flatnonzero(taken & (question == asked))
        for rows in np.array_split(here, len(here) // 1000 + 1):
            apart[rows] = 2 - 2 * (vectors[rows] @ vectors[there].T).max(axis=1, initial=-1.0)
    borne = np.zeros(doubt.shape[1])
    generator = np.random.default_rng(seed)
    total = doubt.sum(axis=1)
    pool = np.argsort(-total, kind="stable")[: LOOKED_AT * wanted + int(taken.sum())]
    chosen: list[int] = []
    while len(chosen) < wanted:
        free &= apart > 2 - 2 * TOO_ALIKE
        gain = np.where(free[pool], (np.sqrt(borne + doubt[pool]) - np.sqrt(borne)).sum(axis=1), 0.0)
        if len(pool) and gain.max() > 0:
            best = int(pool[gain.argmax()])
            borne += doubt[best]
        elif free.any():
            weight = np.where(free, apart, 0.0)
            best = int(generator.choice(len(free), p=weight / weight.sum()))
        else:
            break
        chosen.append(best)
        free[best] = False
        same = question == question[best]
        apart[same] = np.minimum(apart[same], 2 - 2 * (vectors[same] @ vectors[best]))
    return chosen


def in_sheet_order(cells: pd.DataFrame, questions: list[str], seed: int) -> pd.DataFrame:
    """Put drawn cells in an order that tells nothing of why they were drawn: by question, then by a hash."""
    place = {question: i for i, question in enumerate(questions)}
    keys = [
        (place.get(q, len(place)), _digest(f"{seed}/order/{i}"))
        for q, i in zip(cells["question_id"], cells["cell_id"], strict=True)
    ]
    return cells.iloc[sorted(range(len(cells)), key=keys.__getitem__)].reset_index(drop=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
