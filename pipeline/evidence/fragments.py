"""Fragments: a few words of an answer that a writer can put into a sentence, chosen for what marks the theme."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from pipeline.evidence.passages import PARTS, PERSON, WHO, Sources, pooled, rate
from pipeline.evidence.spans import FRAGMENT, kind_of, length_fit, self_contained, trim
from pipeline.evidence.variety import content_words
from pipeline.foundation.params import Quote
from pipeline.text.boundaries import count_words

# Reads texts and gives the phrases in each, as spans.
FindPhrases = Callable[[Sequence[str]], list[list[tuple[int, int]]]]

# Of `PARTS`: a fragment has few words, so those that mark the theme count as much as its unit's probability.
FRAGMENT_WEIGHTS = np.array([0.4, 0.4, 0.1, 0.1])
# Phrases are looked for in the units of so many respondents a theme, the likeliest first.
READ = 60
# Log-odds of a word are shrunk to its share overall as strongly as this many words of text would.
PRIOR = 100.0
# A word marks a theme fully from this many standard errors on.
CLEAR = 3.0


def marking(texts: Sequence[frozenset[str]], themes: Sequence[str]) -> dict[str, dict[str, float]]:
    """Say how much each word marks each theme, from 0 (no more than elsewhere) to 1 (three standard errors more).

    Parameters
    ----------
    texts : sequence of frozenset of str
        Content words of units; each distinct set counts once a theme.
    themes : sequence of str
        The theme each carries.

    Returns
    -------
    dict
        Theme to word to weight; words of no weight are left out.

    Notes
    -----
    Log-odds ratio with an informative Dirichlet prior, in standard errors: Monroe, Colaresi, Quinn, Fightin' words,
    Political Analysis 16(4), 2008, eq. 16, 20 and 22; the other side is all other themes.
    """
    pairs = sorted(set(zip(themes, map(tuple, map(sorted, texts)), strict=True)))
    names, words = sorted({t for t, _ in pairs}), sorted({w for _, ws in pairs for w in ws})
    row, column = {t: i for i, t in enumerate(names)}, {w: j for j, w in enumerate(words)}
    counts = np.zeros((len(names), len(words)))
    for theme, mine in pairs:
        counts[row[theme], [column[w] for w in mine]] += 1
    total = counts.sum(axis=0)
    prior = PRIOR * total / max(total.sum(), 1.0)
    weights: dict[str, dict[str, float]] = {}
    for theme, i in row.items():
        mine, rest = counts[i] + prior, total - counts[i] + prior
        ratio = np.log(mine / (mine.sum() - mine + 1e-9)) - np.log(rest / (rest.sum() - rest + 1e-9))
        weight = np.clip(ratio / np.sqrt(1 / mine + 1 / rest) / CLEAR, 0.0, 1.0)
        weights[theme] = {words[j]: float(weight[j]) for j in np.flatnonzero(weight)}
    return weights


def fragments(
    coded: pd.DataFrame, quoted: set[tuple], material: Sources, find_phrases: FindPhrases, params: Quote
) -> pd.DataFrame:
    """List the fragments of the respondents who are likeliest to raise each theme.

    Parameters
    ----------
    coded : DataFrame
        As `coded_units` gives it.
    quoted : set of (theme_id, wave, respondent_id)
        Left out.
    material : Sources
    find_phrases : callable
        Finds phrases in English texts; of answers in other languages only short whole units are fragments.
    params : Quote
        Words of a fragment.

    Returns
    -------
    DataFrame
        `WHO`, ``spans``, `PARTS`, ``score``. ``relevance`` is as for passages; ``centrality`` is the mean of how much
        its content words mark the theme (see `marking`); ``length_fit`` is best from 2 to 5 words; ``self_contained``
        is 1 for a phrase, and as in `spans` for a whole unit. Nothing masked is a fragment.
    """
    texts = [material.texts[r][s:e] for r, s, e in zip(coded["response_id"], coded["start"], coded["end"], strict=True)]
    marks = marking([content_words(text) for text in texts], coded["theme_id"].tolist())
    relevance = [pooled(*both) for both in zip(coded["unit"], coded["response"], strict=True)]
    table = coded.assign(text=texts, relevance=relevance, rounded=-np.round(relevance, 6))
    people = zip(*(coded[name] for name in ("theme_id", *PERSON)), strict=True)
    table = table[np.array([who not in quoted for who in people], bool)].sort_values(
        ["theme_id", "rounded", "response_id", "start"]
    )
    likeliest = table.drop_duplicates(["theme_id", *PERSON]).groupby("theme_id").head(READ)
    table = table.merge(likeliest[["theme_id", *PERSON]], on=["theme_id", *PERSON])
    english = table["response_id"].map(material.languages) == "en"
    phrases = iter(find_phrases(table.loc[english, "text"].tolist()))
    rows: list[tuple] = []
    for unit, reads in zip(table.to_dict("records"), english, strict=True):
        rows += _rated(unit, next(phrases) if reads else [], marks.get(unit["theme_id"], {}), material, params)
    return pd.DataFrame(rows, columns=[*WHO, "spans", *PARTS, "score"])


def _rated(
    unit: dict, phrases: Sequence[tuple[int, int]], marks: dict[str, float], material: Sources, params: Quote
) -> list[tuple]:
    """Rate the phrases of one unit, and the unit itself where it is short."""
    raw, start = material.texts[unit["response_id"]], unit["start"]
    first, last = trim(raw, start, start + len(unit["text"]))
    whole = (first, first + len(raw[first:last].rstrip(".!…")))
    rows = []
    for s, e in sorted({(start + s, start + e) for s, e in phrases} | {whole}):
        spans = ((int(s), int(e)),)
        words = count_words(raw[s:e])
        if not params.fragment_min_words <= words <= params.fragment_max_words:
            continue
        if kind_of(raw, spans, params) != FRAGMENT or material.masked(unit["response_id"], spans):
            continue
        telling = sorted(content_words(raw[s:e]))  # in one order, so that their mean is one number
        stands = self_contained(raw, s, e) if (s, e) == whole else 1.0
        central = float(np.mean([marks.get(word, 0.0) for word in telling]))
        parts = [unit["relevance"], central, float(length_fit(np.array(words), 2, 5)), stands]
        rows.append((*(unit[name] for name in WHO), spans, *parts, rate(parts, False, FRAGMENT_WEIGHTS)))
    return rows
