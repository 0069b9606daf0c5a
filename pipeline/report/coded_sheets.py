"""What the figures rest on, as sheets for the team: coded answers, codebook, quotes, candidates, decisions."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from pipeline.report.inputs import question_title
from pipeline.report.records import Content
from pipeline.report.sheets import Column, Row, Sheet
from pipeline.report.wording import tame
from pipeline.survey.description import Survey
from pipeline.text.personal import mask
from pipeline.text.shown import redactions_by_response
from pipeline.themes.codebook import Codebook, listed_texts

WORDS, QUESTION, NAME = 90, 40, 30
SOURCE = {"person": "a person", "model": "machine"}
Titles = dict[str, str]


def coded_sheets(
    content: Content,
    *,
    survey: Survey,
    codebook: Codebook,
    responses: pd.DataFrame,
    redactions: pd.DataFrame,
    mentions: pd.DataFrame,
) -> list[Sheet]:
    """Give everything that was coded, personal data masked.

    Parameters
    ----------
    content : Content
        The internal content; candidates, decisions, quotes and agreement come from it.
    survey, codebook
        The codebook is the effective one.
    responses, redactions, mentions : DataFrame
        By contract, all waves in one.

    Returns
    -------
    list of Sheet
        Those without any row are left out.
    """
    titles = {name: question_title(name, question) for name, question in survey.open_questions.items()}
    names = {theme.id: theme.name for theme in codebook.themes}
    order = {wave: i for i, wave in enumerate(survey.waves)}
    places = {name: i for i, name in enumerate(titles)}
    given = mentions[mentions["mentioned"]]
    sheets = (
        _answers(_in_order(_readable(responses, mentions), order, places), redactions, mentions, given, titles, names),
        _mentions(_in_order(given, order, places), titles, names),
        _codebook(codebook, titles),
        _examples(codebook, responses, redactions, titles),
        _quotes(content, titles, names),
        _candidates(content),
        _decisions(content),
        _agreement(content),
        _metrics(content),
    )
    return [sheet for sheet in sheets if sheet.rows]


def _readable(responses: pd.DataFrame, mentions: pd.DataFrame) -> pd.DataFrame:
    """Answers, and what looks like none and was coded all the same."""
    coded = responses["response_id"].isin(set(mentions["response_id"]))
    return responses[(responses["status"] == "answered") | coded]


def _in_order(table: pd.DataFrame, waves: dict[str, int], questions: dict[str, int]) -> pd.DataFrame:
    """Sort rows by question and wave as the survey lists them."""
    keys = {"_q": table["question_id"].map(questions), "_w": table["wave"].map(waves)}
    return table.assign(**keys).sort_values(["_q", "_w", "response_id"], kind="stable")


def _sheet(name: str, about: str, columns: Iterable[Column], rows: Iterable[Row], still: int = 1) -> Sheet:
    return Sheet(name, tuple(columns), list(rows), still=still, protected=False, filters=True, about=about)


def _answers(
    responses: pd.DataFrame,
    redactions: pd.DataFrame,
    mentions: pd.DataFrame,
    given: pd.DataFrame,
    titles: Titles,
    names: dict[str, str],
) -> Sheet:
    masked = redactions_by_response(redactions)
    themes: dict[str, list[str]] = {}
    for response_id, theme_id in zip(given["response_id"], given["theme_id"], strict=True):
        themes.setdefault(response_id, []).append(names.get(theme_id, theme_id))
    by = dict(zip(mentions["response_id"], mentions["source"], strict=True))
    by |= dict.fromkeys(mentions.loc[mentions["source"] == "person", "response_id"], "person")
    rows = [
        {
            "answer id": r.response_id,
            "wave": r.wave,
            "question": titles.get(r.question_id, r.question_id),
            "answer": tame(mask(r.text, masked.get(r.response_id, ()))).strip(),
            "themes": "; ".join(themes.get(r.response_id, ())),
            "coded by": SOURCE[by[r.response_id]] if r.response_id in by else "not coded",
        }
        for r in responses.itertuples(index=False)
    ]
    columns = (
        Column("answer id", 14),
        Column("wave", 10),
        Column("question", QUESTION),
        Column("answer", WORDS),
        Column("themes", NAME),
        Column("coded by", 12),
    )
    about = "Every answer with its themes, personal data masked; cells without an answer are counted under “Not coded”."
    return _sheet("Answers", about, columns, rows)


def _mentions(given: pd.DataFrame, titles: Titles, names: dict[str, str]) -> Sheet:
    rows = [
        {
            "answer id": r.response_id,
            "wave": r.wave,
            "question": titles.get(r.question_id, r.question_id),
            "theme id": r.theme_id,
            "theme": names.get(r.theme_id, r.theme_id),
            "coded by": SOURCE[r.source],
            "probability": float(r.probability),
            "sure": "yes" if r.sure or r.source == "person" else "no",
        }
        for r in given.itertuples(index=False)
    ]
    columns = (
        Column("answer id", 14),
        Column("wave", 10),
        Column("question", QUESTION),
        Column("theme id", 9),
        Column("theme", NAME),
        Column("coded by", 12),
        Column("probability", 12),
        Column("sure", 7),
    )
    about = (
        "A row for each theme that an answer raises, with the machine’s probability that a reader would say so; "
        "themes that an answer does not raise are in data/coded/mentions.parquet."
    )
    return _sheet("Mentions", about, columns, rows)


def _codebook(codebook: Codebook, titles: Titles) -> Sheet:
    rows = [
        {
            "theme id": theme.id,
            "theme": theme.name,
            "definition": theme.definition,
            "include": theme.include,
            "exclude": theme.exclude,
            "questions": "; ".join(titles.get(q, q) for q in theme.questions) or "every open question",
            "role": theme.role,
            "group": theme.group,
            "examples": len(theme.examples),
        }
        for theme in codebook.themes
    ]
    rows += [
        {
            "theme id": former.id,
            "theme": former.name,
            "definition": f"{former.fate} {'into ' + ', '.join(former.into) if former.into else ''}".strip(),
        }
        for former in codebook.former
    ]
    columns = (
        Column("theme id", 9),
        Column("theme", NAME),
        Column("definition", 60),
        Column("include", QUESTION),
        Column("exclude", QUESTION),
        Column("questions", QUESTION),
        Column("role", 13),
        Column("group", 18),
        Column("examples", 10),
    )
    about = "The codebook that was coded with: the file and the decisions on it, and last the themes that were before."
    return _sheet("Codebook", about, columns, rows, still=2)


def _examples(codebook: Codebook, responses: pd.DataFrame, redactions: pd.DataFrame, titles: Titles) -> Sheet:
    """Examples in the codebook's words; a respondent's own are masked."""
    masked = redactions_by_response(redactions)
    raw = dict(zip(responses["response_id"], responses["text"], strict=True))
    own = {
        (k, n): mask(raw[e.response_id], masked.get(e.response_id, ()), e.start, e.end)
        for k, theme in enumerate(codebook.themes)
        for n, e in enumerate(theme.examples, 1)
        if e.response_id in raw
    }
    rows = [
        {
            "theme id": codebook.themes[text.theme].id,
            "theme": codebook.themes[text.theme].name,
            "example": own.get((text.theme, text.example), text.text),
            "only for": titles.get(text.question, text.question),
        }
        for text in listed_texts(codebook, responses)
        if text.example
    ]
    columns = (Column("theme id", 9), Column("theme", NAME), Column("example", WORDS), Column("only for", QUESTION))
    return _sheet("Examples", "What each theme sounds like, as the codebook has it.", columns, rows)


def _quotes(content: Content, titles: Titles, names: dict[str, str]) -> Sheet:
    rows = [
        {
            "quote id": quote.quote_id,
            "theme": names.get(quote.theme_id, quote.theme_id),
            "question": titles.get(quote.question_id, quote.question_id),
            "quote": quote.display,
            "said of who spoke": quote.attribution,
            "kind": "stands by itself" if quote.kind == "pull" else "for running text",
            "approved": "yes" if quote.approved else "no",
            "answer id": quote.response_id,
        }
        for quote in content.quotes
    ]
    columns = (
        Column("quote id", 11),
        Column("theme", NAME),
        Column("question", QUESTION),
        Column("quote", WORDS),
        Column("said of who spoke", 26),
        Column("kind", 16),
        Column("approved", 10),
        Column("answer id", 14),
    )
    return _sheet("Quotes", "Every quote, and whether a person approved it for publication.", columns, rows)


def _candidates(content: Content) -> Sheet:
    rows = [
        {
            "candidate": c.id,
            "words": c.name,
            "part of": c.parent_id,
            "passages": c.n_units,
            "answers": c.n_responses,
            "stability": c.stability,
            "nearest theme": c.nearest,
            "rejected by": c.rejected,
            "examples": "\n".join(f"• {example}" for example in c.examples),
        }
        for c in content.candidates
    ]
    columns = (
        Column("candidate", 11),
        Column("words", QUESTION),
        Column("part of", 9),
        Column("passages", 10),
        Column("answers", 10),
        Column("stability", QUESTION),
        Column("nearest theme", NAME),
        Column("rejected by", 14),
        Column("examples", WORDS),
    )
    return _sheet("Candidates", "What the machine proposes beyond the codebook; nobody has accepted it.", columns, rows)


def _decisions(content: Content) -> Sheet:
    rows = [
        {"when": d.time, "who": d.reviewer, "decision": d.said, "why": d.why, "stands": d.stands}
        | {"conflict": d.conflict, "id": d.id}
        for d in content.decisions
    ]
    columns = (
        Column("when", 17),
        Column("who", 16),
        Column("decision", WORDS),
        Column("why", QUESTION),
        Column("stands", 16),
        Column("conflict", QUESTION),
        Column("id", 18),
    )
    return _sheet(
        "Decisions", "What people decided, the latest first; what could not be applied before all.", columns, rows
    )


def _agreement(content: Content) -> Sheet:
    found = content.agreement
    rows = [
        {"theme": r.theme, "F1": r.f1, "kappa": r.kappa, "AC1": r.ac1, "people F1": r.people}
        | {"people kappa": r.people_kappa, "in words": r.sentence}
        for r in (found.rows if found else ())
    ]
    columns = (Column("theme", NAME), *(Column(n, 22) for n in ("F1", "kappa", "AC1", "people F1", "people kappa")))
    who = f"the machine reader {found.reader}" if found and found.reader else "people"
    about = f"How far the machine’s codes and those of {who} agree, on answers held out; in brackets the interval."
    return _sheet("Agreement", about, (*columns, Column("in words", WORDS)), rows)


def _metrics(content: Content) -> Sheet:
    rows = [{"family": m.family, "figure": m.name, "value": m.value} for m in content.metrics]
    columns = (Column("family", 14), Column("figure", 60), Column("value", 12))
    return _sheet("Metrics", "The numbers of reports/metrics.", columns, rows)
