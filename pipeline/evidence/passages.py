"""The pool of quotes: passages of answers that could show a theme, with the parts of their score."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.evidence.spans import Spans, display, length_fit, self_contained, windows
from pipeline.foundation.params import Quote
from pipeline.text.boundaries import count_words
from pipeline.text.encoder import Vectors

# A unit that does not carry the theme, taken in so that the passage is understood, counts for so much of one that does.
CONTEXT = 0.5
MASKED = 0.1
PARTS = ["relevance", "centrality", "length_fit", "self_contained"]
# Relevance above all: a quote that shows another theme is worth nothing, however well it reads.
WEIGHTS = np.array([0.8, 0.05, 0.05, 0.1])
# Log odds beyond which a probability counts as sure (0.993).
SURE = 5.0
PERSON = ["wave", "respondent_id"]
WHO = ["theme_id", "question_id", *PERSON, "response_id"]


@dataclass(frozen=True)
class Unit:
    """One meaning unit: its span, and its row in the table of vectors."""

    start: int
    end: int
    row: int


@dataclass(frozen=True)
class Sources:
    """What quotes are cut from.

    Parameters
    ----------
    texts, languages : mapping of str to str
        Raw text, and its language (ISO 639-1), by response id.
    units : mapping of str to list of Unit
        Meaning units by response id, in order.
    vectors : ndarray, shape (m, d)
        Embeddings of the meaning units.
    redactions : mapping of str to list
        Personal data by response id.
    """

    texts: Mapping[str, str]
    languages: Mapping[str, str]
    units: Mapping[str, list[Unit]]
    vectors: np.ndarray
    redactions: Mapping[str, list]

    def shown(self, response_id: str, spans: Spans, clarifications: Sequence[tuple[int, int, str]] = ()) -> str:
        """Give a quote as it is printed."""
        return display(self.texts[response_id], spans, self.redactions.get(response_id, []), clarifications)

    def masked(self, response_id: str, spans: Spans) -> bool:
        """Say whether something in a quote is masked."""
        places = self.redactions.get(response_id, [])
        return any(s < end and start < e for start, end in spans for s, e, _ in places)

    def vector(self, response_id: str, spans: Spans) -> np.ndarray:
        """Give the vector of a quote: the mean of the meaning units that it touches, of length 1."""
        mine = self.units.get(response_id, [])
        rows = [u.row for u in mine if any(u.start < end and start < u.end for start, end in spans)]
        return unit_length(self.vectors[rows].sum(axis=0))


def sources(
    meaning: pd.DataFrame, vectors: Vectors, responses: pd.DataFrame, redactions: Mapping[str, list]
) -> Sources:
    """Bring the tables into the form in which quotes are cut; `meaning` holds meaning units, sorted."""
    units: dict[str, list[Unit]] = {}
    columns = (meaning[name] for name in ("response_id", "start", "end"))
    for row, (response_id, start, end) in enumerate(zip(*columns, strict=True)):
        units.setdefault(response_id, []).append(Unit(int(start), int(end), row))
    return Sources(
        dict(zip(responses["response_id"], responses["text"], strict=True)),
        dict(zip(meaning["response_id"], meaning["language"], strict=True)),
        units,
        vectors(meaning["text_id"]),
        redactions,
    )


def likeliest(mentions: pd.DataFrame, most: int) -> pd.DataFrame:
    """Keep the mentions from which quotes are chosen: of each theme and question the likeliest, what people gave first.

    Parameters
    ----------
    mentions : DataFrame
        Contract MENTIONS.
    most : int
        A theme and question.

    Returns
    -------
    DataFrame
        Mentioned ones only. Probabilities are compared to six digits, as `best_each` does.
    """
    said = mentions[mentions["mentioned"]]
    rounded = -said["probability"].where(said["source"] == "model", 1.0).round(6)
    ranked = said.assign(rounded=rounded).sort_values(["theme_id", "question_id", "rounded", "response_id"])
    return ranked.groupby(["theme_id", "question_id"]).head(most)[mentions.columns]


def coded_units(mentions: pd.DataFrame, unit_codes: pd.DataFrame, meaning: pd.DataFrame) -> pd.DataFrame:
    """List the units that carry a theme their response mentions.

    Returns
    -------
    DataFrame
        `WHO`, ``row`` (row in `meaning`), ``start``, ``end``, ``unit`` and ``response`` (probabilities between 0 and
        1), sorted. Where a person gave the theme, ``response`` is 1: a reader's code is no guess.
    """
    said = mentions.loc[mentions["mentioned"], [*WHO, "probability", "source"]]
    said = said.assign(response=said["probability"].where(said["source"] == "model", 1.0))
    units = meaning.assign(row=np.arange(len(meaning)))[["unit_id", "response_id", "row", "start", "end"]]
    codes = unit_codes[["unit_id", "theme_id", "probability"]].rename(columns={"probability": "unit"})
    table = codes.merge(units, on="unit_id").merge(said[[*WHO, "response"]], on=["response_id", "theme_id"])
    return table.sort_values(["theme_id", "response_id", "row"], ignore_index=True)


def passages(coded: pd.DataFrame, material: Sources, params: Quote) -> pd.DataFrame:
    """List the passages that could show each theme: one to three adjacent units of one answer.

    Parameters
    ----------
    coded : DataFrame
        As `coded_units` gives it.
    material : Sources
    params : Quote
        Words of a pull quote.

    Returns
    -------
    DataFrame
        `WHO`, ``spans``, `PARTS`, ``score``.

    Notes
    -----
    ``relevance`` pools two probabilities: that the whole response raises the theme, and that the passage's units do
    (their mean by words; context counts half). ``centrality`` is the cosine of the passage to the mean of the theme's
    units; ``length_fit`` and ``self_contained`` are as in `spans`. For ``score`` see `rate`.
    """
    centres = {
        theme_id: unit_length(material.vectors[rows["row"]].mean(axis=0))
        for theme_id, rows in coded.groupby("theme_id")
    }
    rows: list[tuple] = []
    for (*names, likely), group in coded.groupby([*WHO, "response"], sort=False):
        given = dict(zip(group["row"], group["unit"], strict=True))
        theme_id, response_id = names[0], names[-1]
        for spans, unit in _cut(response_id, given, material, params):
            vector = material.vector(response_id, spans)
            central = float(np.clip(vector @ centres[theme_id], 0.0, 1.0))
            parts = [pooled(unit, likely), central, *_form(response_id, spans, material)]
            rows.append((*names, spans, *parts, rate(parts, material.masked(response_id, spans))))
    return pd.DataFrame(rows, columns=[*WHO, "spans", *PARTS, "score"])


def best_each(candidates: pd.DataFrame) -> pd.DataFrame:
    """Keep the best of each respondent and theme; sorted by theme, score and response.

    Scores are compared to six digits, so that the last bits of a vector decide nothing.
    """
    order = candidates.assign(rounded=-candidates["score"].round(6))
    order = order.sort_values(["theme_id", "rounded", "response_id", "spans"])
    return order.drop_duplicates(["theme_id", *PERSON])[candidates.columns].reset_index(drop=True)


def pooled(one: float, other: float) -> float:
    """Pool two probabilities: the mean of their log odds (logarithmic opinion pool: Genest, Zidek, 1986, eq. 3.10).

    Examples
    --------
    >>> round(pooled(0.9, 0.9), 3), round(pooled(0.8, 0.2), 3)
    (0.9, 0.5)
    """
    return 1 / (1 + math.exp(-(_log_odds(one) + _log_odds(other)) / 2))


def rate(parts: Sequence[float], masked: bool, weights: np.ndarray = WEIGHTS) -> float:
    """Give a quote's score, between 0 and 1: its `PARTS` weighed, less `MASKED` where something is masked.

    Relevance counts by its log odds, brought from ±5 to 0 to 1: probabilities near 1 differ much in how often they are
    wrong and little as numbers.

    Examples
    --------
    >>> rate([0.5, 1.0, 1.0, 1.0], False) < rate([0.9, 1.0, 1.0, 1.0], False) < rate([0.99, 1.0, 1.0, 1.0], False)
    True
    """
    strength = 0.5 + _log_odds(parts[0]) / (2 * SURE)
    return max(float(weights @ np.array([strength, *parts[1:]])) - MASKED * masked, 0.0)


def _log_odds(probability: float) -> float:
    """Log odds, no further from 0 than `SURE`."""
    if not 0 < probability < 1:
        return SURE if probability >= 1 else -SURE
    return min(max(math.log(probability / (1 - probability)), -SURE), SURE)


def unit_length(vector: np.ndarray) -> np.ndarray:
    """Scale a vector to length 1; a zero vector stays."""
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


def _cut(
    response_id: str, given: Mapping[int, float], material: Sources, params: Quote
) -> Iterator[tuple[Spans, float]]:
    """Give the passages of one answer that could show a theme, with the probability of each one's units."""
    text, units = material.texts[response_id], material.units[response_id]
    words = np.array([max(count_words(text[u.start : u.end]), 1) for u in units], dtype=float)
    context = CONTEXT * max(given.values())
    probability = np.array([given.get(u.row, context) for u in units])
    carries = [u.row in given for u in units]
    for first, last, start, end in windows(text, [(u.start, u.end) for u in units], carries, params):
        mine = slice(first, last)
        yield ((start, end),), float(np.average(probability[mine], weights=words[mine]))


def _form(response_id: str, spans: Spans, material: Sources) -> tuple[float, float]:
    """Rate length and how well the words stand by themselves."""
    text = material.texts[response_id]
    ((start, end),) = spans
    fit = float(length_fit(np.array(count_words(text[start:end]))))
    return fit, self_contained(text, start, end, material.languages[response_id] == "en")
