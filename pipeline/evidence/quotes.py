"""Quotes: exact spans of answers that show a theme, each by another respondent and saying something new."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.evidence.fragments import FindPhrases, fragments
from pipeline.evidence.passages import PARTS, PERSON, WHO, Sources, best_each, coded_units, likeliest, passages, sources
from pipeline.evidence.segments import all_segments
from pipeline.evidence.spans import FRAGMENT, PULL, Spans, kind_of
from pipeline.evidence.variety import content_words, pick
from pipeline.foundation.contracts import QUOTES
from pipeline.foundation.params import Quote
from pipeline.foundation.tables import empty
from pipeline.survey.description import Survey
from pipeline.text.encoder import Vectors
from pipeline.themes.standing import QuoteStanding

# Passages are cut from so many answers that raise a theme, of each question; a million more would show nothing else.
MOST_READ = 2_000
# Only so many, the best of a theme, are compared with each other.
SHORTLIST = 200
SIDE = "side="
Standing = Mapping[tuple[str, str], QuoteStanding]


def quote_id(theme_id: str, response_id: str, spans: Spans, segment: str) -> str:
    """Give a quote its id: the same words for the same theme keep it in every run."""
    content = f"{theme_id}/{response_id}/{spans}/{segment}"
    return "Q" + hashlib.sha256(content.encode()).hexdigest()[:10]


def choose_quotes(
    mentions: pd.DataFrame,
    unit_codes: pd.DataFrame,
    units: pd.DataFrame,
    vectors: Vectors,
    responses: pd.DataFrame,
    redactions: Mapping[str, list],
    closed: pd.DataFrame,
    survey: Survey,
    standing: Standing,
    find_phrases: FindPhrases,
    params: Quote,
) -> pd.DataFrame:
    """Choose pull quotes and fragments for every theme, and pull quotes by side where its question has sides.

    Parameters
    ----------
    mentions, unit_codes, units, responses, closed : DataFrame
        By contract, all waves, in any row order.
    vectors : Vectors
        Embeddings of units.
    redactions : mapping of str to list
        Personal data by response id.
    survey : Survey
    standing : mapping
        Decisions on quotes by ``(theme_id, response_id)``. A quote that is approved, pinned or clarified is always in
        the result, with the spans and clarifications decided on; a rejected response is never quoted for that theme.
    find_phrases : callable
        Finds phrases for fragments (`pipeline.text.phrases.find_phrases`).
    params : Quote
        Numbers and lengths.

    Returns
    -------
    DataFrame
        Contract QUOTES. ``kind`` is ``pull`` or ``fragment``. ``rank`` runs from 1 within a theme, kind and segment:
        over all its questions where ``segment`` is empty, within its question for a side. Pinned quotes come first,
        then approved and clarified ones. ``score`` and its parts are as in `passages` and `fragments`, missing for a
        quote decided on that is not among them now; ``novelty`` is 1 less the greatest likeness to one of better rank.

    Notes
    -----
    A respondent is quoted once a theme, with one passage or one fragment, in whatever lists it stands; only approval
    or a pin can bring in more.
    """
    mentions = likeliest(mentions, MOST_READ)
    wanted = set(mentions["response_id"]) | {response_id for _, response_id in standing}
    responses = responses[responses["response_id"].isin(wanted)]
    meaning = units[(units["n"] > 0) & units["response_id"].isin(wanted)]
    meaning = meaning.sort_values(["response_id", "n"], ignore_index=True)
    material = sources(meaning, vectors, responses, redactions)
    coded = coded_units(mentions, unit_codes, meaning)
    fixed = _fixed(standing, responses, material, params)
    segments = _segments(survey, closed, responses)
    pulls = _chosen(PULL, passages(coded, material, params), fixed, standing, segments, material, params)
    quoted = set(zip(*(pulls[name] for name in ("theme_id", *PERSON)), strict=True))
    found = fragments(coded, quoted, material, find_phrases, params)
    words = _chosen(FRAGMENT, found, fixed, standing, segments, material, params)
    chosen = pd.concat([table for table in (pulls, words) if len(table)] or [pulls], ignore_index=True)
    if chosen.empty:
        return empty(QUOTES)
    shown = zip(chosen["theme_id"], chosen["response_id"], chosen["spans"], chosen["segment"], strict=True)
    chosen["quote_id"] = [quote_id(*columns) for columns in shown]
    chosen["spans"] = [[list(span) for span in spans] for spans in chosen["spans"]]
    return chosen[list(QUOTES.columns)].sort_values("quote_id", ignore_index=True)


def _fixed(standing: Standing, responses: pd.DataFrame, material: Sources, params: Quote) -> pd.DataFrame:
    """List quotes that stay by decision: `WHO`, ``spans``, ``clarifications``, ``approved``, ``kind``; pinned first."""
    raw = responses.set_index("response_id")
    rows = []
    for (theme_id, response_id), quote in sorted(standing.items(), key=lambda item: (not item[1].pinned, item[0])):
        if quote.state != "rejected" and response_id in raw.index:
            kind = quote.kind or kind_of(material.texts[response_id], quote.spans, params)
            clarified = tuple((each.start, each.end, each.text) for each in quote.clarifications)
            who = (theme_id, *raw.loc[response_id, ["question_id", *PERSON]], response_id)
            rows.append((*who, quote.spans, clarified, quote.approved, kind))
    table = pd.DataFrame(rows, columns=[*WHO, "spans", "clarifications", "approved", "kind"])
    return table.astype({"approved": bool})


def _segments(survey: Survey, closed: pd.DataFrame, responses: pd.DataFrame) -> dict[tuple, frozenset[str]]:
    """Say which groups a respondent's answers to each question belong to: question, wave, attributes and side."""
    found: dict[tuple, frozenset[str]] = {}
    for question_id in sorted(set(responses["question_id"])):
        members = all_segments(survey, closed, question_id)
        members = members[members["respondent_id"].isin(responses["respondent_id"])]
        for (wave, respondent_id), names in members.groupby(PERSON)["segment"]:
            found[question_id, wave, respondent_id] = frozenset(names)
    return found


def _chosen(
    kind: str,
    candidates: pd.DataFrame,
    fixed: pd.DataFrame,
    standing: Standing,
    segments: Mapping[tuple, frozenset[str]],
    material: Sources,
    params: Quote,
) -> pd.DataFrame:
    """Choose one kind of quotes: for every theme, and for pull quotes for every side of its questions."""
    mine = fixed[fixed["kind"] == kind].merge(
        candidates[["theme_id", "response_id", "spans", *PARTS, "score"]],
        how="left",
        on=["theme_id", "response_id", "spans"],
    )
    taken = set(zip(*(fixed[name] for name in ("theme_id", *PERSON)), strict=True))
    keys = zip(*(candidates[name] for name in ("theme_id", *PERSON, "response_id")), strict=True)
    free = np.array([(t, w, p) not in taken and (t, r) not in standing for t, w, p, r in keys], bool)
    others = best_each(candidates[free])
    others = others.assign(approved=False, clarifications=[()] * len(others))
    pool = pd.concat([mine.assign(fixed=True), others.assign(fixed=False)], ignore_index=True)
    lists = []
    for _, mine in pool.groupby("theme_id", sort=True):
        lists.append(_pick(mine, "", params.per_theme if kind == PULL else params.fragments, segments, material))
        if kind == PULL and params.per_side:
            lists += _by_side(mine, segments, material, params)
    table = pd.concat(lists, ignore_index=True) if lists else pool.assign(segment="", rank=0, novelty=0.0, display="")
    return table.astype(dict.fromkeys([*PARTS, "score"], float)).assign(kind=kind)


def _by_side(
    pool: pd.DataFrame, segments: Mapping[tuple, frozenset[str]], material: Sources, params: Quote
) -> list[pd.DataFrame]:
    """Choose the quotes of one theme on each side of each question."""
    groups = _groups(pool, segments)
    lists = []
    for question_id in sorted(set(pool["question_id"])):
        for side in sorted({name for group in groups for name in group if name.startswith(SIDE)}):
            mine = pool[(pool["question_id"] == question_id) & np.array([side in group for group in groups])]
            if len(mine):
                lists.append(_pick(mine, side, params.per_side, segments, material))
    return lists


def _groups(pool: pd.DataFrame, segments: Mapping[tuple, frozenset[str]]) -> list[frozenset[str]]:
    keys = zip(pool["question_id"], pool["wave"], pool["respondent_id"], strict=True)
    return [segments.get(key, frozenset()) | {f"question/{key[0]}", f"wave/{key[1]}"} for key in keys]


def _pick(
    pool: pd.DataFrame, segment: str, most: int, segments: Mapping[tuple, frozenset[str]], material: Sources
) -> pd.DataFrame:
    """Pick one list of quotes; those decided on first, all of them."""
    decided = int(pool["fixed"].sum())
    mine = pool.iloc[: decided + SHORTLIST]
    columns = (mine[name] for name in ("response_id", "spans", "clarifications"))
    shown = [material.shown(r, spans, clarified) for r, spans, clarified in zip(*columns, strict=True)]
    own = [material.vector(r, spans) for r, spans in zip(mine["response_id"], mine["spans"], strict=True)]
    taken, novelty = pick(
        mine["score"].fillna(1.0).to_numpy(),
        np.array(own).reshape(len(mine), -1),
        [content_words(text) for text in shown],
        list(zip(mine["wave"], mine["respondent_id"], strict=True)),
        _groups(mine, segments),
        fixed=decided,
        most=most,
    )
    chosen = mine.iloc[taken]
    return chosen.assign(
        segment=segment,
        rank=np.arange(1, len(chosen) + 1),
        novelty=novelty,
        display=[shown[i] for i in taken],
    )
