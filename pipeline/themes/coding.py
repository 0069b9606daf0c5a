"""Coding: give every codable response its themes, and every gold response a prediction that never saw it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from pipeline.foundation.contracts import HELDOUT
from pipeline.foundation.params import Code
from pipeline.foundation.tables import empty
from pipeline.survey.nonanswers import normalise
from pipeline.text.encoder import Vectors
from pipeline.text.words import WordFeatures, log_lengths
from pipeline.themes.codebook import Codebook, example_texts
from pipeline.themes.coder import Answers, Examples, ThemeCoder
from pipeline.themes.folds import folds_of
from pipeline.themes.gold import Gold
from pipeline.themes.risk import NEVER_SURE, sure_cuts

Encode = Callable[[list[str]], np.ndarray]
ANSWER = ["wave", "question_id", "respondent_id", "response_id"]


# Thresholds are chosen over at most so many answers.
POOL = 20_000
# Responses coded at a time: what coding holds does not grow with their number.
BLOCK = 20_000
# A short text means a theme where more than half of those who wrote it were given the theme.
HALF = float(np.nextafter(0.5, 1))


def theme_vectors(codebook: Codebook, responses: pd.DataFrame, encode: Encode) -> np.ndarray:
    """Give the mean vector of each theme's texts, shape (K, d)."""
    texts, owner = example_texts(codebook, responses)
    vectors = encode(texts)
    return np.stack([vectors[owner == k].mean(axis=0) for k in range(len(codebook.themes))]).astype(np.float32)


def answers_of(
    responses: pd.DataFrame, units: pd.DataFrame, vectors: Vectors, words: WordFeatures
) -> tuple[Answers, pd.DataFrame]:
    """Bring answered responses and their meaning units into the coder's form.

    Returns
    -------
    answers : Answers
        In the order of `responses`.
    meaning_units : DataFrame
        The units n ≥ 1, in the order of ``answers.units``.
    """
    place = {response_id: i for i, response_id in enumerate(responses["response_id"])}
    mine = units[units["response_id"].isin(place)]
    whole = mine[mine["n"] == 0].set_index("response_id").loc[responses["response_id"]]
    meaning = mine[mine["n"] > 0].reset_index(drop=True)
    answers = Answers(
        _questions(responses),
        vectors(whole["text_id"]),
        vectors(meaning["text_id"]),
        meaning["response_id"].map(place).to_numpy(dtype=int),
        words.transform(responses["text"].tolist()),
        log_lengths(responses["text"].tolist()),
    )
    return answers, meaning


@dataclass(frozen=True)
class Fitted:
    """A coder fitted to codebook and gold, with all that coding an answer takes.

    Parameters
    ----------
    codebook : Codebook
        The effective one, with at least one theme.
    gold : Gold
    params : Code
    coder : ThemeCoder
    words : WordFeatures
    sure : ndarray, shape (K,)
        Probability from which each theme's mentions are sure.
    heldout : DataFrame
        Contract HELDOUT.
    meant : mapping
        What short texts are known to mean, as `_known_texts` gives it.
    """

    codebook: Codebook
    gold: Gold
    params: Code
    coder: ThemeCoder
    words: WordFeatures
    sure: np.ndarray
    heldout: pd.DataFrame
    meant: Mapping[tuple[str, str], Mapping[str, float]]

    @cached_property
    def theme_ids(self) -> list[str]:
        """Ids of the K themes, in the codebook's order."""
        return [theme.id for theme in self.codebook.themes]

    @cached_property
    def _given(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        return label_matrix(self.gold, self.theme_ids), known_matrix(self.gold, self.codebook)

    def given(
        self, responses: pd.DataFrame, units: pd.DataFrame, probability: np.ndarray, of_units: np.ndarray
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Code some responses by their probabilities; what each is given does not depend on which others are with it.

        Parameters
        ----------
        responses, units : DataFrame
            Some responses of any status, and their units.
        probability : ndarray, shape (n, K)
            Of the answered ones among the responses.
        of_units : ndarray, shape (m, K)
            Of their meaning units.

        Returns
        -------
        mentions, unit_codes : DataFrame
            Contracts MENTIONS and UNIT_CODES, of these responses.
        """
        answered, meaning = _answered(responses), units[units["n"] > 0].reset_index(drop=True)
        threshold, allowed = self.coder.calibration_.threshold, self.coder.allowed(_questions(answered))
        sure = np.maximum(threshold, self.sure)
        mentions = _long(answered, probability, threshold, sure, self.theme_ids, allowed)
        rescued = _rescued(responses, self.codebook, self.gold, self.meant, self.theme_ids, self.params.risk)
        mentions = _gold_wins(pd.concat([mentions, rescued], ignore_index=True), self.gold, *self._given)
        return mentions, _unit_codes(threshold, of_units, meaning, answered, mentions, self.theme_ids)


def _answered(responses: pd.DataFrame) -> pd.DataFrame:
    return responses[responses["status"] == "answered"].reset_index(drop=True)


def _questions(responses: pd.DataFrame) -> np.ndarray:
    return responses["question_id"].to_numpy(dtype=str)


def fit_coding(
    responses: pd.DataFrame,
    units: pd.DataFrame,
    vectors: Vectors,
    codebook: Codebook,
    gold: Gold,
    encode: Encode,
    params: Code,
    seed: int,
) -> Fitted:
    """Fit the coder, its thresholds and its held-out predictions.

    Of all answers only the coded ones and those over which thresholds are chosen are looked at closely; how rare words
    are is counted over all, or over a sample where they are very many (`WordFeatures.fit`).

    Parameters
    ----------
    responses, units : DataFrame
        Contracts RESPONSES and UNITS, all waves.
    vectors : Vectors
        Embeddings of all units.
    codebook : Codebook
        The effective codebook, with at least one theme.
    gold : Gold
        Coded responses.
    encode : callable
        Encodes the codebook's texts.
    params : Code
        Folds and regularisation.
    seed : int
        Deals respondents into folds.

    Returns
    -------
    Fitted
    """
    responses = responses.sort_values("response_id", ignore_index=True)
    answered = responses[responses["status"] == "answered"].reset_index(drop=True)
    texts, owner = example_texts(codebook, responses)
    words = WordFeatures().fit(texts + answered["text"].tolist())
    examples = Examples(encode(texts), owner, words.transform(texts))
    theme_ids = [theme.id for theme in codebook.themes]

    labels = label_matrix(gold, theme_ids)
    coder = ThemeCoder([set(t.questions) for t in codebook.themes], params.regularisation)
    known = np.flatnonzero(answered["response_id"].isin(labels.index))
    pooled = some(answered["response_id"], POOL)
    looked_at = np.union1d(known, pooled)
    answers, _ = answers_of(answered.iloc[looked_at].reset_index(drop=True), units, vectors, words)
    coded = answered.iloc[known]
    truth = labels.loc[coded["response_id"]].to_numpy(dtype=bool)
    fold_of = _folds(gold, params.folds, seed)
    groups = fold_of.loc[coded["response_id"]].to_numpy(dtype=int)
    taught = answers.take(np.searchsorted(looked_at, known))
    pool = answers.take(np.searchsorted(looked_at, pooled))
    told = known_matrix(gold, codebook).loc[coded["response_id"]].to_numpy(dtype=bool)
    coder.fit(examples, taught, truth, groups, pool, told)
    sure = _sure_from(coder, coded, taught, truth, told, texts, params.risk)

    row, column = np.nonzero(coder.allowed(taught.question))
    heldout = _pairs(coded, theme_ids, row, column).assign(
        probability=coder.heldout_probability_[row, column], mentioned=coder.heldout_mentioned_[row, column]
    )
    heldout["fold"] = heldout["response_id"].map(fold_of).astype(int)
    rescued = _rescued_heldout(responses, codebook, gold, labels, theme_ids, fold_of)
    heldout = _measured(pd.concat([heldout, rescued], ignore_index=True), codebook, gold)
    meant = _known_texts(responses, codebook, gold, labels, theme_ids)
    return Fitted(codebook, gold, params, coder, words, sure, heldout, meant)


def blocks(responses: pd.DataFrame, units: pd.DataFrame) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Deal responses into blocks of `BLOCK` in the order of their ids, each with its units."""
    responses = responses.sort_values("response_id", ignore_index=True)
    place = pd.Index(responses["response_id"]).get_indexer(units["response_id"])
    order = np.argsort(place, kind="stable")
    place = place[order]
    for start in range(0, max(len(responses), 1), BLOCK):
        low, high = np.searchsorted(place, [start, start + BLOCK])
        mine = units.iloc[order[low:high]].reset_index(drop=True)
        yield responses.iloc[start : start + BLOCK].reset_index(drop=True), mine


def _sure_from(
    coder: ThemeCoder,
    coded: pd.DataFrame,
    taught: Answers,
    given: np.ndarray,
    told: np.ndarray,
    texts: list[str],
    risk: float,
) -> np.ndarray:
    """Say from which probability each theme's mentions are sure; never where nothing is calibrated.

    Answers that equal a text of the codebook are left out: the coder has learnt them by heart.
    """
    known = {normalise(text) for text in texts}
    fresh = np.array([normalise(text) not in known for text in coded["text"]], dtype=bool)
    if not coder.calibration_.fitted or not fresh.any():
        return np.full(given.shape[1], NEVER_SURE)
    allowed = coder.allowed(taught.question) & told
    cuts = sure_cuts(coder.heldout_probability_[fresh], given[fresh], allowed[fresh], risk)
    return np.where(coder.young_, NEVER_SURE, cuts)


def some(response_ids: pd.Series, most: int) -> np.ndarray:
    """Give the positions of all answers, or of so many of them chosen by a hash of their ids, in order."""
    if len(response_ids) <= most:
        return np.arange(len(response_ids))
    digest = [hashlib.sha256(response_id.encode()).digest() for response_id in response_ids]
    return np.sort(np.array(sorted(range(len(digest)), key=digest.__getitem__)[:most]))


def label_matrix(gold: Gold, theme_ids: list[str]) -> pd.DataFrame:
    """Give the readers' codes as a table of bool, one row a coded response, one column a theme."""
    index = pd.Index(gold.responses["response_id"], dtype="str")
    given = np.zeros((len(index), len(theme_ids)), bool)
    column = {theme_id: k for k, theme_id in enumerate(theme_ids)}
    given[index.get_indexer(pd.Index(gold.codes["response_id"])), gold.codes["theme_id"].map(column).to_numpy(int)] = (
        True
    )
    return pd.DataFrame(given, index=index, columns=theme_ids)


def known_matrix(gold: Gold, codebook: Codebook) -> pd.DataFrame:
    """Say which themes the reader of each coded response knew, shaped as `label_matrix`: those given, and older ones.

    A response whose coding time is not known was coded before any theme that has a time.
    """
    labels = label_matrix(gold, [theme.id for theme in codebook.themes])
    times = gold.responses.set_index("response_id")["time"].loc[labels.index].to_numpy(dtype=object)
    older = [np.array([time >= theme.since for time in times], dtype=bool) for theme in codebook.themes]
    return labels | np.column_stack(older) if older else labels


def _folds(gold: Gold, folds: int, seed: int) -> pd.Series:
    """Give every gold response its fold; all answers of one respondent share it."""
    names = gold.responses["respondent_id"].to_numpy(dtype=str)
    return pd.Series(folds_of(names, folds, seed), index=gold.responses["response_id"], dtype=int)


def _pairs(responses: pd.DataFrame, theme_ids: list[str], row: np.ndarray, column: np.ndarray) -> pd.DataFrame:
    """One row for each pair of response and theme, named by position."""
    table = responses[ANSWER].iloc[row].reset_index(drop=True)
    return table.assign(theme_id=pd.Series(np.array(theme_ids, dtype=object)[column], dtype="str"))


def _long(
    responses: pd.DataFrame,
    probability: np.ndarray,
    threshold: np.ndarray,
    sure: np.ndarray,
    theme_ids: list[str],
    allowed: np.ndarray,
) -> pd.DataFrame:
    """Give mentions, one row for each response and each theme of its question."""
    row, column = np.nonzero(allowed)
    return _pairs(responses, theme_ids, row, column).assign(
        probability=probability[row, column],
        mentioned=(probability >= threshold)[row, column],
        sure=(probability >= sure)[row, column],
        source=pd.Series(["model"] * len(row), dtype="str"),
    )


def _known_texts(
    responses: pd.DataFrame, codebook: Codebook, gold: Gold, labels: pd.DataFrame, theme_ids: list[str]
) -> dict[tuple[str, str], dict[str, float]]:
    """What short texts are known to mean: (question, normalised text) to the probability of each theme.

    From gold: the share of the coded responses with that text that were given the theme. From the codebook: 1 for an
    example that names its question.
    """
    shares: dict[tuple[str, str], dict[str, float]] = {}
    raw = responses.set_index("response_id")
    known = raw.loc[raw.index.isin(gold.responses["response_id"])]
    keys = list(zip(known["question_id"], known["text"].map(normalise), strict=True))
    rows = labels.loc[known.index].to_numpy(dtype=float)
    places: dict[tuple[str, str], list[int]] = {}
    for i, key in enumerate(keys):
        places.setdefault(key, []).append(i)
    for key, where in places.items():
        mean = rows[where].mean(axis=0)
        if (mean > 0.5).any():
            shares[key] = dict(zip(theme_ids, map(float, mean), strict=True))
    for theme in codebook.themes:
        for example in theme.examples:
            if example.text and example.question:
                key = (example.question, normalise(example.text))
                if key not in shares or not any(share > 0.5 for share in shares[key].values()):
                    shares[key] = {theme.id: 1.0}
    return shares


def _rescued(
    responses: pd.DataFrame,
    codebook: Codebook,
    gold: Gold,
    meaning: Mapping[tuple[str, str], Mapping[str, float]],
    theme_ids: list[str],
    risk: float,
) -> pd.DataFrame:
    """Give non-answers a theme where gold or an example for that question equals their text, and gold's own codes."""
    silent = responses[responses["status"] == "non_answer"]
    keys = list(zip(silent["question_id"], silent["text"].map(normalise), strict=True))
    coded = set(gold.codes["response_id"])
    kept = [key in meaning or rid in coded for key, rid in zip(keys, silent["response_id"], strict=True)]
    found = silent[np.array(kept, dtype=bool)].reset_index(drop=True)
    shares = [meaning.get(key, {}) for key, keep in zip(keys, kept, strict=True) if keep]
    probability = np.array([[s.get(t, 0.0) for t in theme_ids] for s in shares]).reshape(len(found), len(theme_ids))
    half, sure = np.full(len(theme_ids), HALF), np.full(len(theme_ids), max(HALF, 1 - risk))
    return _long(found, probability, half, sure, theme_ids, _allowed(found, codebook))


def _rescued_heldout(
    responses: pd.DataFrame,
    codebook: Codebook,
    gold: Gold,
    labels: pd.DataFrame,
    theme_ids: list[str],
    fold_of: pd.Series,
) -> pd.DataFrame:
    """The same for gold non-answers, each from the gold of other folds only."""
    silent = set(responses.loc[responses["status"] == "non_answer", "response_id"])
    coded = gold.responses
    parts = []
    for fold in sorted(set(fold_of)):
        others = set(fold_of.index[fold_of != fold])
        rest = Gold(coded[coded["response_id"].isin(others)], gold.codes[gold.codes["response_id"].isin(others)], {}, 0)
        known = _known_texts(responses, codebook, rest, labels, theme_ids)
        held = responses[responses["response_id"].isin(silent & set(fold_of.index[fold_of == fold]))].reset_index(
            drop=True
        )
        keys = zip(held["question_id"], held["text"].map(normalise), strict=True)
        rows = [[known.get(key, {}).get(theme, 0.0) for theme in theme_ids] for key in keys]
        probability = np.array(rows).reshape(len(held), len(theme_ids))
        row, column = np.nonzero(_allowed(held, codebook))
        part = _pairs(held, theme_ids, row, column)
        value = probability[row, column]
        parts.append(part.assign(probability=value, mentioned=value >= HALF, fold=int(fold)))
    return pd.concat(parts, ignore_index=True) if parts else empty(HELDOUT)


def _allowed(responses: pd.DataFrame, codebook: Codebook) -> np.ndarray:
    columns = [[not t.questions or q in t.questions for q in responses["question_id"]] for t in codebook.themes]
    return np.array(columns, dtype=bool).reshape(len(codebook.themes), len(responses)).T


def _measured(heldout: pd.DataFrame, codebook: Codebook, gold: Gold) -> pd.DataFrame:
    """Leave out what measures nothing: answers that teach as examples or were coded after a suggestion, guessed codes,
    and themes that the reader did not know.

    The parts of a split theme are left out altogether while any of their codes is guessed.
    """
    cited = {example.response_id for theme in codebook.themes for example in theme.examples if example.response_id}
    waiting = {theme_id for _, theme_id in gold.guessed}
    out = heldout["response_id"].isin(cited | gold.unmeasured) | heldout["theme_id"].isin(waiting)
    told = _at(known_matrix(gold, codebook), heldout)
    return heldout[~out & told].reset_index(drop=True)


def _at(table: pd.DataFrame, pairs: pd.DataFrame) -> np.ndarray:
    """What a table of responses by themes says of some pairs of these."""
    rows, columns = table.index.get_indexer(pairs["response_id"]), table.columns.get_indexer(pairs["theme_id"])
    return np.asarray(table.to_numpy(dtype=bool)[rows, columns])


def _gold_wins(mentions: pd.DataFrame, gold: Gold, labels: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Put the readers' codes in place of the model's; a machine reader's codes never count as a person's.

    Where a reader changed codes after seeing the model's, the later ones are reported. Of a theme that the reader did
    not know the model's word stands.
    """
    person = dict(zip(gold.responses["response_id"], gold.responses["by_person"], strict=True))
    read = np.array(mentions["response_id"].isin(person), dtype=bool)
    rows = mentions.loc[read]
    checked = np.array([r in gold.checked for r in rows["response_id"]], dtype=bool)
    knew = checked | _at(known, rows)
    read[read], rows, checked = knew, rows[knew], checked[knew]
    given = _at(labels, rows)
    seen = rows[checked]
    given[checked] = [t in gold.checked[r] for r, t in zip(seen["response_id"], seen["theme_id"], strict=True)]
    pairs = zip(rows["response_id"], rows["theme_id"], strict=True)
    by = ["person" if person[r] and (r, t) not in gold.guessed else "model" for r, t in pairs]
    mentions = mentions.copy()
    if len(given):
        mentions.loc[read, "mentioned"] = given
        mentions.loc[read, "sure"] = given
        mentions.loc[read, "source"] = by
    return mentions


def _unit_codes(
    threshold: np.ndarray,
    probability: np.ndarray,
    meaning: pd.DataFrame,
    answered: pd.DataFrame,
    mentions: pd.DataFrame,
    theme_ids: list[str],
) -> pd.DataFrame:
    """Say which meaning units carry each mentioned theme: those above the threshold, or else the likeliest one."""
    column = {theme_id: k for k, theme_id in enumerate(theme_ids)}
    place = {response_id: i for i, response_id in enumerate(answered["response_id"])}
    owner = meaning["response_id"].map(place).to_numpy(dtype=int)
    final = np.zeros((len(answered), len(theme_ids)), bool)
    said = mentions[mentions["mentioned"] & mentions["response_id"].isin(place)]
    final[said["response_id"].map(place), said["theme_id"].map(column)] = True
    best = np.zeros(final.shape)
    np.maximum.at(best, owner, probability)
    likely = (probability >= threshold) | (probability == best[owner])
    carried = final[owner] & likely
    row, theme = np.nonzero(carried)
    return pd.DataFrame(
        {
            "unit_id": meaning["unit_id"].to_numpy()[row],
            "theme_id": np.array(theme_ids, dtype=object)[theme],
            "probability": probability[row, theme],
            "source": "model",
        }
    ).astype({"unit_id": "str", "theme_id": "str", "source": "str"})
