"""How far coders agree: kappa, AC1, alpha, precision, recall and F1, with intervals over resampled respondents.

Every coefficient but the one for sets is a function of a few counts that add up over answers (`COUNTS`), so that a
resample is a weighted sum, and a thousand of them for all themes at once are one product of matrices.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

# Of two coders of a pair, by the first and the second: yes and yes, yes and no, no and yes, no and no.
TABLE = 4
# Of all coders of an answer: coincidences yes-yes, yes-no (one way) and no-no; whether two or more coded it, and the
# share of their pairs that agree; whether anybody coded it, and the share that said yes.
UNIT = 7


def cohens_kappa(counts: np.ndarray) -> np.ndarray:
    """Give Cohen's kappa of two yes/no codings (Cohen, Educational and Psychological Measurement 20 (1960), eq. 1).

    Parameters
    ----------
    counts : ndarray, shape (..., 4)
        Answers to which the first and the second said: yes and yes, yes and no, no and yes, no and no.

    Returns
    -------
    ndarray, shape (...)
        1 for the same coding, 0 for agreement by chance; NaN where both say the same of every answer, always yes or
        always no: chance alone would explain that.

    Examples
    --------
    >>> float(cohens_kappa(np.array([20, 5, 10, 15])).round(6))
    0.4
    """
    both, first, second, neither = _columns(counts)
    n = both + first + second + neither
    # Both sides of eq. 1 times n², so that whole numbers stay exact.
    by_chance = (both + first) * (both + second) + (neither + first) * (neither + second)
    return _ratio(n * (both + neither) - by_chance, n * n - by_chance)


def precision(counts: np.ndarray) -> np.ndarray:
    """Give the share of the first coder's mentions that the second gave too; NaN where the first gave none."""
    both, first, _, _ = _columns(counts)
    return _ratio(both, both + first)


def recall(counts: np.ndarray) -> np.ndarray:
    """Give the share of the second coder's mentions that the first gave too; NaN where the second gave none."""
    both, _, second, _ = _columns(counts)
    return _ratio(both, both + second)


def f1(counts: np.ndarray) -> np.ndarray:
    """Give F1, the same whoever is first (van Rijsbergen, Information Retrieval, 1979, ch. 7, E with equal weights).

    Examples
    --------
    >>> float(f1(np.array([3, 1, 1, 0])))
    0.75
    """
    both, first, second, _ = _columns(counts)
    return _ratio(2 * both, 2 * both + first + second)


def nominal_alpha(counts: np.ndarray) -> np.ndarray:
    """Give Krippendorff's alpha of yes/no codings from coincidences (Computing Krippendorff's alpha, 2011, section C).

    Parameters
    ----------
    counts : ndarray, shape (..., 3)
        Coincidences yes-yes, yes-no (one way) and no-no; an answer with m codes adds its ordered pairs / (m - 1).

    Returns
    -------
    ndarray, shape (...)
        At most 1; NaN where only one value was ever given.
    """
    yes, apart, no = _columns(counts)
    ones, zeros = yes + apart, no + apart
    observed, expected = (ones + zeros - 1) * apart, ones * zeros
    return 1 - _ratio(observed, expected)


def gwets_ac1(counts: np.ndarray) -> np.ndarray:
    """Give Gwet's AC1 of yes/no codings (Gwet, British J. of Math. and Statistical Psychology 61 (2008), 29-48).

    Chance agreement is 2 π (1 - π), where π is the mean over answers of the share of their coders that said yes.

    Parameters
    ----------
    counts : ndarray, shape (..., 4)
        Answers coded by two or more, sum over these of the share of pairs that agree, answers coded by anybody, sum
        over these of the share that said yes.

    Returns
    -------
    ndarray, shape (...)
        -1 to 1; NaN only where nothing was coded twice.
    """
    twice, agreeing, once, said = _columns(counts)
    observed, share = _ratio(agreeing, twice), _ratio(said, once)
    chance = 2 * share * (1 - share)
    return (observed - chance) / (1 - chance)


def masi_distance(shared: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Give the distance of two sets: 1 - Jaccard × monotonicity (Passonneau, LREC 2006, section 3).

    Monotonicity is 1 for equal sets, 2/3 where one holds the other, 1/3 where each has something of its own, and 0
    where nothing is shared. Two empty sets are equal.

    Parameters
    ----------
    shared, one, other : ndarray, shape (...)
        Size of what both hold, and of each set.

    Returns
    -------
    ndarray, shape (...)
        0 to 1.

    Examples
    --------
    >>> masi_distance(np.array([2, 0, 1]), np.array([2, 0, 1]), np.array([2, 1, 2])).round(6).tolist()
    [0.0, 1.0, 0.666667]
    """
    union = one + other - shared
    held = np.select([union == shared, shared == np.minimum(one, other)], [1.0, 2 / 3], 1 / 3)
    jaccard = np.where(union > 0, shared / np.where(union > 0, union, 1), 1.0)
    return 1 - jaccard * held


def answer_counts(codes: np.ndarray) -> np.ndarray:
    """Give what each answer adds to the counts of every pair of coders, and of all coders together.

    Parameters
    ----------
    codes : ndarray, shape (k, n, t)
        1 where a coder gave an answer a theme, 0 where not, NaN where the coder did not code it.

    Returns
    -------
    ndarray, shape (n, t, 4 p + 7)
        Counts of the p pairs of coders in order (`TABLE`), then of all together (`UNIT`).
    """
    coded = ~np.isnan(codes)
    yes = np.nan_to_num(codes)
    no = coded - yes
    parts = []
    for i, j in combinations(range(len(codes)), 2):
        parts += [yes[i] * yes[j], yes[i] * no[j], no[i] * yes[j], no[i] * no[j]]
    m, said = coded.sum(axis=0), yes.sum(axis=0)
    unsaid = m - said
    several = m >= 2
    pairs = np.where(several, m - 1, 1)
    same = said * (said - 1) + unsaid * (unsaid - 1)
    parts += [np.where(several, x, 0) / pairs for x in (said * (said - 1), said * unsaid, unsaid * (unsaid - 1))]
    parts += [several, np.where(several, same / (np.maximum(m, 1) * pairs), 0), m > 0, said / np.maximum(m, 1)]
    return np.stack([np.asarray(part, float) for part in parts], axis=-1)


def yes_no_figures(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Give every coefficient of yes/no codings from sums of `answer_counts`.

    Of several pairs of coders ``f1`` adds up their counts, and ``kappa`` is the mean over pairs, by the number of
    answers that each shares (Light, Psychological Bulletin 76 (1971), 365, weighs them alike). ``precision`` and
    ``recall`` are for a first and a second coder, and given for two coders only.

    Parameters
    ----------
    counts : ndarray, shape (..., 4 p + 7)

    Returns
    -------
    dict of str to ndarray
        ``f1``, ``kappa``, ``alpha``, ``ac1``, and of two coders ``precision`` and ``recall``, each of shape (...).
    """
    tables, unit = counts[..., :-UNIT], counts[..., -UNIT:]
    tables = tables.reshape(*tables.shape[:-1], -1, TABLE)
    pooled = tables.sum(axis=-2)
    figures = {"f1": f1(pooled)}
    if tables.shape[-2] == 1:
        figures |= {"precision": precision(pooled), "recall": recall(pooled)}
    kappas, shared = cohens_kappa(tables), tables.sum(axis=-1)
    told = ~np.isnan(kappas)
    figures["kappa"] = _ratio((np.where(told, kappas, 0) * shared).sum(axis=-1), (told * shared).sum(axis=-1))
    return figures | {"alpha": nominal_alpha(unit[..., :3]), "ac1": gwets_ac1(unit[..., 3:])}


def set_coincidences(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give what alpha over sets of themes needs of each answer.

    Parameters
    ----------
    codes : ndarray, shape (k, n, t)
        As for `answer_counts`. A theme that some coder of an answer could not give is left out of all sets there; a
        coder with NaN throughout did not code the answer.

    Returns
    -------
    apart : ndarray, shape (n,)
        Sum of the distances of the ordered pairs of sets / (m - 1), where m coders coded the answer; 0 below two.
    sets : ndarray, shape (n, s)
        How often each of the s sets that occur was given to the answer; 0 throughout where fewer than two coded it.
    distance : ndarray, shape (s, s)
        `masi_distance` of each two sets.
    """
    coded = ~np.isnan(codes).all(axis=2)
    known = (~np.isnan(codes) | ~coded[:, :, None]).all(axis=0)
    yes = (np.nan_to_num(codes) > 0) & known
    kinds, place = np.unique(yes.reshape(-1, codes.shape[2]), axis=0, return_inverse=True)
    place = place.reshape(codes.shape[:2])
    held, size = kinds.astype(float), kinds.sum(axis=1)
    distance = masi_distance(held @ held.T, size[:, None], size[None, :])
    several = coded.sum(axis=0) >= 2
    sets = np.zeros((codes.shape[1], len(kinds)))
    for row, mine in zip(place, coded, strict=True):
        sets[np.flatnonzero(mine & several), row[mine & several]] += 1
    apart = np.zeros(codes.shape[1])
    for i, j in combinations(range(len(codes)), 2):
        apart += 2 * distance[place[i], place[j]] * (coded[i] & coded[j])
    return apart / np.maximum(coded.sum(axis=0) - 1, 1), sets, distance


def set_alpha(apart: np.ndarray, sets: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Give Krippendorff's alpha of sets from sums of `set_coincidences` (2011, section D, with this distance).

    Parameters
    ----------
    apart : ndarray, shape (...)
    sets : ndarray, shape (..., s)
    distance : ndarray, shape (s, s)

    Returns
    -------
    ndarray, shape (...)
        At most 1; NaN where only one set was ever given.
    """
    expected = ((sets @ distance) * sets).sum(axis=-1)
    return 1 - _ratio((sets.sum(axis=-1) - 1) * apart, expected)


def resamples(owner: np.ndarray, times: int, seed: int) -> np.ndarray:
    """Draw respondents with replacement, as weights (Efron, Annals of Statistics 7 (1979), 1; clusters as units).

    Parameters
    ----------
    owner : ndarray of int, shape (n,)
        Position of each answer's respondent: 0 to r - 1, by id, each with one answer or more.
    times : int
    seed : int

    Returns
    -------
    ndarray, shape (times, r)
        How often each respondent was drawn: r in each row.
    """
    size = int(owner.max()) + 1
    drawn = np.random.default_rng(seed).integers(0, size, (times, size))
    return np.stack([np.bincount(row, minlength=size) for row in drawn]).astype(float)


def by_respondent(values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Add up what answers (n, ...) have by respondent (r, ...)."""
    found = np.zeros((int(owner.max()) + 1, *values.shape[1:]))
    np.add.at(found, owner, values)
    return found


def resampled(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Give the sums of respondents' counts (r, ...) in each resample: (times, ...)."""
    flat = weights @ values.reshape(len(values), -1)
    return flat.reshape(len(weights), *values.shape[1:])


def percentile_interval(
    estimate: np.ndarray, replicates: np.ndarray, confidence: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Give percentile intervals (Efron and Tibshirani, An introduction to the bootstrap, 1993, eq. 13.5).

    Resamples in which a coefficient is not defined are passed over. An interval that would not hold the estimate is
    drawn to it. Where all resamples give one value they tell nothing of how sure it is: no interval.

    Parameters
    ----------
    estimate : ndarray, shape (...)
    replicates : ndarray, shape (times, ...)
    confidence : float
        Between 0 and 1.

    Returns
    -------
    low, high : ndarray, shape (...)
        NaN where there is none.
    """
    told = ~np.isnan(replicates)
    enough = told.sum(axis=0) > 0
    filled = np.where(enough, replicates, 0.0)
    tail = 100 * (1 - confidence) / 2
    low, high = np.nanpercentile(filled, [tail, 100 - tail], axis=0)
    alike = ~enough | np.isnan(estimate) | (np.nanmax(filled, axis=0) - np.nanmin(filled, axis=0) < 1e-12)
    low, high = np.minimum(low, estimate), np.maximum(high, estimate)
    return np.where(alike, np.nan, low), np.where(alike, np.nan, high)


def mean_over_themes(values: np.ndarray) -> np.ndarray:
    """Give the mean over the last axis, of the themes where a coefficient is defined; NaN where it is for none."""
    told = ~np.isnan(values)
    return _ratio(np.where(told, values, 0).sum(axis=-1), told.sum(axis=-1))


def _columns(counts: np.ndarray) -> list[np.ndarray]:
    return [counts[..., i] for i in range(counts.shape[-1])]


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(b != 0, a / np.where(b != 0, b, 1), np.nan)
