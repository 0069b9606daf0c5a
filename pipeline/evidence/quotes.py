"""Quotes: exact spans of answers that show a theme, central, varied, one a respondent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.evidence.segments import sides
from pipeline.foundation.contracts import QUOTES
from pipeline.foundation.params import Quote
from pipeline.foundation.tables import empty
from pipeline.survey.description import Survey
from pipeline.text.encoder import Vectors
from pipeline.text.personal import mask

Spans = tuple[tuple[int, int], ...]

# Best number of words for a quote that stands by itself; below and above it the fit falls off.
BEST_LENGTH = (8, 30)
# A quote this near to one already chosen says the same thing again.
TOO_ALIKE = 0.85


def display(text: str, spans: Spans, redactions: list) -> str:
    """Show a quote: its spans with personal data masked, `` […] `` between them and nothing else added."""
    return " […] ".join(mask(text, redactions, start, end) for start, end in spans)


def quote_id(theme_id: str, response_id: str, spans: Spans, segment: str) -> str:
    """Give a quote its id: the same words for the same theme keep it in every run."""
    content = f"{theme_id}/{response_id}/{spans}/{segment}"
    return "Q" + hashlib.sha256(content.encode()).hexdigest()[:10]


def length_fit(words: np.ndarray) -> np.ndarray:
    """Rate lengths in words: 1 within the best range, falling to 0 at no words and at three times its upper end.

    Examples
    --------
    >>> length_fit(np.array([4, 8, 30, 60, 90])).tolist()
    [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    low, high = BEST_LENGTH
    return np.clip(np.minimum(words / low, 1 - (words - high) / (2 * high)), 0.0, 1.0)


def choose_quotes(
    mentions: pd.DataFrame,
    unit_codes: pd.DataFrame,
    units: pd.DataFrame,
    vectors: Vectors,
    responses: pd.DataFrame,
    redactions: Mapping[str, list],
    closed: pd.DataFrame,
    survey: Survey,
    standing: Mapping[tuple[str, str], tuple[Spans, bool]],
    params: Quote,
) -> pd.DataFrame:
    """Choose quotes for every theme and question, overall and by side where the question has sides.

    Parameters
    ----------
    mentions, unit_codes, units, responses, closed : DataFrame
        By contract, all waves.
    vectors : Vectors
        Embeddings of units.
    redactions : mapping of str to list
        Personal data by response id.
    survey : Survey
    standing : mapping
        Decisions on quotes: ``(theme_id, response_id)`` to ``(spans, approved)``. An approved quote is always in the
        result with the spans approved; a rejected one never is.
    params : Quote
        Numbers and lengths.

    Returns
    -------
    DataFrame
        Contract QUOTES. ``score`` is 0.5 × relevance + 0.3 × centrality + 0.2 × length fit, less 0.1 where something
        is masked; relevance is the unit's probability, centrality its cosine to the mean of the theme's units.
    """
    pool = _pool(mentions, unit_codes, units, vectors, responses, redactions, params)
    if pool.empty and not any(approved for _, approved in standing.values()):
        return empty(QUOTES)
    raw = responses.set_index("response_id")
    parts = []
    for (theme_id, question_id), rows in pool.groupby(["theme_id", "question_id"], sort=True):
        allowed = rows[[standing.get((theme_id, r), ((), True))[1] for r in rows["response_id"]]]
        parts.append(_pick(allowed, vectors, "", params.per_theme))
        if survey.questions[question_id].sides and params.per_side:
            member = allowed.merge(sides(survey, closed, question_id), on=["wave", "respondent_id"])
            for name, group in member.groupby("segment", sort=True):
                parts.append(_pick(group.drop(columns="segment"), vectors, str(name), params.per_side))
    chosen = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    chosen = _with_approved(chosen, standing, raw, redactions)
    chosen["quote_id"] = [
        quote_id(t, r, tuple(map(tuple, s)), g)
        for t, r, s, g in zip(
            chosen["theme_id"], chosen["response_id"], chosen["spans"], chosen["segment"], strict=True
        )
    ]
    chosen = chosen.drop_duplicates("quote_id")
    return chosen[list(QUOTES.columns)].reset_index(drop=True)


def _pool(
    mentions: pd.DataFrame,
    unit_codes: pd.DataFrame,
    units: pd.DataFrame,
    vectors: Vectors,
    responses: pd.DataFrame,
    redactions: Mapping[str, list],
    params: Quote,
) -> pd.DataFrame:
    """Every unit that could be quoted, with the parts of its score."""
    said = mentions.loc[mentions["mentioned"], ["wave", "question_id", "respondent_id", "response_id", "theme_id"]]
    pool = unit_codes.merge(units, on="unit_id").merge(said, on=["response_id", "theme_id"])
    pool = pool.merge(responses[["response_id", "text"]], on="response_id")
    quoted = [t[s:e] for t, s, e in zip(pool["text"], pool["start"], pool["end"], strict=True)]
    words = np.array([len(q.split()) for q in quoted], dtype=float)
    pool = pool[(words >= params.min_words) & (words <= params.max_words)].copy()
    if pool.empty:
        return pool
    pool["length_fit"] = length_fit(words[(words >= params.min_words) & (words <= params.max_words)])
    pool["spans"] = [[[int(s), int(e)]] for s, e in zip(pool["start"], pool["end"], strict=True)]
    pool["display"] = [
        display(t, ((s, e),), redactions.get(r, []))
        for t, s, e, r in zip(pool["text"], pool["start"], pool["end"], pool["response_id"], strict=True)
    ]
    masked = np.array(
        [d != t[s:e] for d, t, s, e in zip(pool["display"], pool["text"], pool["start"], pool["end"], strict=True)]
    )
    pool["relevance"] = pool["probability"]
    pool["centrality"] = 0.0
    for _, rows in pool.groupby("theme_id"):
        mine = vectors(rows["text_id"])
        centre = mine.mean(axis=0)
        pool.loc[rows.index, "centrality"] = mine @ centre / max(float(np.linalg.norm(centre)), 1e-9)
    pool["score"] = 0.5 * pool["relevance"] + 0.3 * pool["centrality"] + 0.2 * pool["length_fit"] - 0.1 * masked
    return pool.drop(columns=["text", "source"])


def _pick(pool: pd.DataFrame, vectors: Vectors, segment: str, most: int) -> pd.DataFrame:
    """Take the best in turn, leaving out a respondent already quoted and words too like a quote already taken."""
    ordered = pool.sort_values(["score", "unit_id"], ascending=[False, True], kind="stable")
    own = vectors(ordered["text_id"])
    taken: list[int] = []
    people: set[tuple[str, str]] = set()
    for i, person in enumerate(zip(ordered["wave"], ordered["respondent_id"], strict=True)):
        if len(taken) == most:
            break
        if person in people or (taken and float((own[taken] @ own[i]).max()) > TOO_ALIKE):
            continue
        taken.append(i)
        people.add(person)
    chosen = ordered.iloc[taken]
    return chosen.assign(segment=segment, rank=np.arange(1, len(chosen) + 1), approved=False)


def _with_approved(
    chosen: pd.DataFrame,
    standing: Mapping[tuple[str, str], tuple[Spans, bool]],
    raw: pd.DataFrame,
    redactions: Mapping[str, list],
) -> pd.DataFrame:
    """Put approved quotes in: with their own spans, first, whether or not the ranking would have chosen them."""
    approved = {key: spans for key, (spans, yes) in standing.items() if yes}
    if not approved:
        return chosen
    if len(chosen):
        keys = zip(chosen["theme_id"], chosen["response_id"], chosen["spans"], strict=True)
        chosen["approved"] = [tuple(map(tuple, s)) == approved.get((t, r)) for t, r, s in keys]
    there = set()
    if len(chosen):
        overall = chosen[chosen["approved"] & (chosen["segment"] == "")]
        there = set(zip(overall["theme_id"], overall["response_id"], strict=True))
    extra = [
        {
            "theme_id": theme_id,
            "question_id": raw.at[response_id, "question_id"],
            "segment": "",
            "rank": 1,
            "response_id": response_id,
            "spans": [list(span) for span in spans],
            "display": display(raw.at[response_id, "text"], spans, redactions.get(response_id, [])),
            "score": 1.0,
            "relevance": 1.0,
            "centrality": 1.0,
            "length_fit": 1.0,
            "approved": True,
        }
        for (theme_id, response_id), spans in sorted(approved.items())
        if (theme_id, response_id) not in there and response_id in raw.index
    ]
    table = pd.concat([chosen, pd.DataFrame(extra)], ignore_index=True) if extra else chosen
    table = table.sort_values(
        ["theme_id", "question_id", "segment", "approved", "rank", "response_id"],
        ascending=[True, True, True, False, True, True],
        kind="stable",
        ignore_index=True,
    )
    table["rank"] = table.groupby(["theme_id", "question_id", "segment"]).cumcount() + 1
    return table
