"""The table of agreement: machine with readers, person with person, by theme and overall, with intervals."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from pipeline.evidence import reliability as rel
from pipeline.evidence.readers import (
    ANSWER,
    MACHINE,
    PEOPLE,
    Readings,
    beside_each,
    fair_several,
    read_by_machine,
    read_by_persons,
)
from pipeline.foundation.contracts import AGREEMENT
from pipeline.foundation.tables import empty
from pipeline.themes.codebook import Codebook
from pipeline.themes.gold import Gold

RESAMPLES = 1000
# Below so many answers with a theme, resamples of them show little of what other answers would.
FEWEST = 5
MEANS = ("kappa", "alpha", "ac1")
Figures = dict[str, np.ndarray]


def compare_readers(
    heldout: pd.DataFrame, gold: Gold, several: pd.DataFrame, codebook: Codebook, confidence: float, seed: int
) -> pd.DataFrame:
    """Say how far the machine agrees with its readers, and persons with each other.

    Parameters
    ----------
    heldout : DataFrame
        Contract HELDOUT: the machine's codes by a coder that had not seen the answer's own.
    gold : Gold
        Settled gold.
    several : DataFrame
        Contract SEVERAL.
    codebook : Codebook
        The effective one.
    confidence : float
        Of the intervals, between 0 and 1.
    seed : int

    Returns
    -------
    DataFrame
        Contract AGREEMENT. Rows compare

        - ``machine`` with ``people`` or a machine reader (``machine:…``), ``among`` all answers that stand for all;
        - persons with each other, among answers that several coded: each two by name, and ``people`` with ``people``;
        - ``machine`` with each of these persons on the same answers, taken together: ``people``, among ``several``.

        ``theme_id`` is empty for all themes together: ``f1``, ``precision`` and ``recall`` add up all codes,
        ``macro_f1`` is the mean over themes that at least `FEWEST` answers have, ``kappa``, ``alpha`` and ``ac1`` are
        means over the themes where they are defined, ``masi`` is alpha over the sets of themes. ``f1_gap`` is the
        machine's F1 minus that of people with people on the same answers. ``positives``: answers to which a reader gave
        the theme, or any. What is not defined has no row. ``low`` and ``high``: over resampled respondents; NaN where
        fewer than `FEWEST` answers have the theme, or no resample differs.
    """
    compared: list[tuple[Readings, str, str, str]] = []
    for name, readings in read_by_machine(heldout, gold).items():
        compared.append((readings, MACHINE, name, "all"))
    persons = read_by_persons(fair_several(several, gold), codebook)
    pairs = beside_each(persons, heldout) if persons else None
    if persons:
        compared.append((persons, PEOPLE, PEOPLE, "several"))
        compared += [(persons.by(*two), *two, "several") for two in combinations(persons.coders, 2)]
    if pairs:
        compared.append((pairs, MACHINE, PEOPLE, "several"))
    rows = []
    for readings, one, other, among in compared:
        for question_id in ["", *sorted(set(readings.answers["question_id"]))]:
            about = {"one": one, "other": other, "among": among, "question_id": question_id}
            rows += [about | row for row in _rows(readings.of(question_id), one, confidence, seed)]
    if persons and pairs:
        for question_id in ["", *sorted(set(pairs.answers["question_id"]))]:
            about = {"one": MACHINE, "other": PEOPLE, "among": "several", "question_id": question_id}
            rows += [about | row for row in _gaps(persons.of(question_id), pairs.of(question_id), confidence, seed)]
    if not rows:
        return empty(AGREEMENT)
    return pd.DataFrame(rows, columns=list(AGREEMENT.columns))


def flat_agreement(table: pd.DataFrame) -> dict[str, float]:
    """Give the overall figures with people and between people as flat numbers for `dvc metrics`."""
    whole = table[(table["question_id"] == "") & (table["theme_id"] == "") & (table["other"] == PEOPLE)]
    figures: dict[str, float] = {}
    for one, among, prefix in ((MACHINE, "all", "with_people"), (PEOPLE, "several", "between_people")):
        mine = whole[(whole["one"] == one) & (whole["among"] == among)]
        figures |= {f"{prefix}_{m}": round(float(v), 6) for m, v in zip(mine["measure"], mine["value"], strict=True)}
        if len(mine):
            figures[f"{prefix}_answers"] = float(mine["answers"].max())
    return figures


def _rows(readings: Readings, one: str, confidence: float, seed: int) -> list[dict[str, object]]:
    """Measure what some coders gave the same answers, for each theme and for all together."""
    if readings.answers.empty:
        return []
    owner = owners(readings.answers)
    weights = rel.resamples(owner, RESAMPLES, seed)
    answers, positives = _sizes(readings, 1 if one == MACHINE else 0)
    sums = rel.by_respondent(rel.answer_counts(readings.codes), owner)
    frequent = positives[:-1] >= FEWEST
    figures = {True: _figures(sums.sum(axis=0), frequent), False: _figures(rel.resampled(weights, sums), frequent)}
    apart, sets, distance = rel.set_coincidences(readings.codes)
    apart, sets = rel.by_respondent(apart, owner), rel.by_respondent(sets, owner)
    masi = rel.set_alpha(apart.sum(axis=0), sets.sum(axis=0), distance)
    again = rel.set_alpha(rel.resampled(weights, apart), rel.resampled(weights, sets), distance)
    figures[True]["masi"], figures[False]["masi"] = (_overall(x, len(readings.themes)) for x in (masi, again))
    rows = []
    for measure, value in figures[True].items():
        if one == PEOPLE and measure in ("precision", "recall"):
            continue
        low, high = rel.percentile_interval(value, figures[False][measure], confidence)
        rows += _table(readings.themes, measure, (value, low, high), answers, positives)
    return rows


def _gaps(persons: Readings, pairs: Readings, confidence: float, seed: int) -> list[dict[str, object]]:
    """Measure how far the machine's F1 with people is from people's with each other, on the same answers."""
    if persons.answers.empty or pairs.answers.empty:
        return []
    known = pd.MultiIndex.from_frame(persons.answers).isin(pd.MultiIndex.from_frame(pairs.answers))
    same = Readings(persons.answers[known], persons.themes, persons.coders, persons.codes[:, known])
    weights = rel.resamples(owners(same.answers), RESAMPLES, seed)
    value, replicates = np.zeros(len(same.themes) + 1), np.zeros((RESAMPLES, len(same.themes) + 1))
    for sign, readings in ((1, pairs), (-1, same)):
        sums = rel.by_respondent(rel.answer_counts(readings.codes), owners(readings.answers))
        value += sign * _each_and_all(sums.sum(axis=0))["f1"]
        replicates += sign * _each_and_all(rel.resampled(weights, sums))["f1"]
    low, high = rel.percentile_interval(value, replicates, confidence)
    return _table(same.themes, "f1_gap", (value, low, high), *_sizes(same, 0))


def owners(answers: pd.DataFrame) -> np.ndarray:
    """Give the position of each answer's respondent, by wave and id."""
    return answers.groupby(ANSWER[:2], sort=True).ngroup().to_numpy()


def _figures(sums: np.ndarray, frequent: np.ndarray) -> Figures:
    """Give coefficients (..., themes + 1): each theme's, then that of all together."""
    figures = _each_and_all(sums)
    for name in MEANS:
        figures[name][..., -1] = rel.mean_over_themes(figures[name][..., :-1])
    told = np.where(frequent, figures["f1"][..., :-1], np.nan)
    return figures | {"macro_f1": _overall(rel.mean_over_themes(told), len(frequent))}


def _each_and_all(sums: np.ndarray) -> Figures:
    """Give the coefficients of each theme's counts, then those of the counts of all themes added up."""
    return rel.yes_no_figures(np.concatenate([sums, sums.sum(axis=-2, keepdims=True)], axis=-2))


def _overall(values: np.ndarray, themes: int) -> np.ndarray:
    """Give a figure that only all themes together have its place behind those of single themes."""
    values = np.asarray(values)
    return np.concatenate([np.full((*values.shape, themes), np.nan), values[..., None]], axis=-1)


def _sizes(readings: Readings, since: int) -> tuple[np.ndarray, np.ndarray]:
    """Count the answers that two coders or more read, and those to which a reader gave a theme, and any theme."""
    coded = ~np.isnan(readings.codes)
    several = coded.sum(axis=0) >= 2
    yes = (np.nan_to_num(readings.codes[since:]) > 0).any(axis=0) & several
    place = readings.answers.groupby(ANSWER, sort=True).ngroup().to_numpy()

    def count(values: np.ndarray) -> np.ndarray:
        each = np.concatenate([values, values.any(axis=1, keepdims=True)], axis=1)
        return (rel.by_respondent(each, place) > 0).sum(axis=0)

    return count(several), count(yes)


def _table(
    themes: tuple[str, ...],
    measure: str,
    figures: tuple[np.ndarray, np.ndarray, np.ndarray],
    answers: np.ndarray,
    positives: np.ndarray,
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for i, theme_id in enumerate([*themes, ""]):
        value, low, high = (float(x[i]) for x in figures)
        if np.isnan(value):
            continue
        if positives[i] < FEWEST:
            low = high = float("nan")
        sizes = {"answers": int(answers[i]), "positives": int(positives[i])}
        rows.append({"theme_id": theme_id, "measure": measure, "value": value, "low": low, "high": high, **sizes})
    return rows
