"""The content model: every figure, sentence and quote that any format shows, built once from the tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import pandas as pd

from pipeline.foundation.params import Params
from pipeline.report import wording
from pipeline.report.agreed import agreement as agreed
from pipeline.report.checked import checked
from pipeline.report.closed import closed_charts, headlines
from pipeline.report.coded import all_quotes, open_questions, outlooks
from pipeline.report.crossed import cross_tables
from pipeline.report.decided import decided, former, retired
from pipeline.report.house import House
from pipeline.report.inputs import Inputs
from pipeline.report.mapped import Vectors, unit_map
from pipeline.report.methods import methods
from pipeline.report.news import news
from pipeline.report.proposed import candidates as list_candidates
from pipeline.report.proposed import unclaimed
from pipeline.report.published import releases
from pipeline.report.records import Content, WaveInfo
from pipeline.report.remainder import coded_answers, losses
from pipeline.report.remainder import metrics as list_metrics
from pipeline.survey.description import Survey
from pipeline.themes.codebook import Codebook
from pipeline.themes.replay import Standing


def build_content(
    *,
    survey: Survey,
    codebook: Codebook,
    responses: pd.DataFrame,
    closed: pd.DataFrame,
    respondents: pd.DataFrame,
    units: pd.DataFrame,
    redactions: pd.DataFrame,
    unit_codes: pd.DataFrame,
    mentions: pd.DataFrame,
    heldout: pd.DataFrame,
    candidates: pd.DataFrame,
    candidate_units: pd.DataFrame,
    candidate_responses: pd.DataFrame,
    quotes: pd.DataFrame,
    prevalence: pd.DataFrame,
    figures: pd.DataFrame,
    numbers: pd.DataFrame,
    nets: pd.DataFrame,
    crosstabs: pd.DataFrame,
    changes: pd.DataFrame,
    differences: pd.DataFrame,
    reading: pd.DataFrame,
    published: pd.DataFrame,
    findings: pd.DataFrame,
    theme_stability: pd.DataFrame,
    agreement: pd.DataFrame,
    disagreements: pd.DataFrame,
    emerging: pd.DataFrame,
    emerging_answers: pd.DataFrame,
    proposals: pd.DataFrame,
    contradictions: pd.DataFrame,
    ledgers: Mapping[str, dict[str, Any]],
    metrics: Mapping[str, dict[str, Any]],
    params: Params,
    provenance: Mapping[str, Any],
    standing: Standing | None = None,
    said: Mapping[str, str] | None = None,
    house: House | None = None,
    vectors: Vectors | None = None,
) -> Content:
    """Build the content of the internal report.

    Parameters
    ----------
    survey, codebook, params
        What people wrote; the codebook is the effective one.
    responses … contradictions : DataFrame
        The tables by contract, all listed waves in one.
    ledgers : mapping of str to dict
        Each wave's ledger as `ingest` writes it; a wave without one is counted from its responses.
    metrics : mapping of str to dict
        Flat figures by family (``agreement``, ``coverage`` …); may be empty.
    provenance : mapping
        Every key is optional: ``version`` (str, of this software), ``encoder`` (str), ``gold`` (dict of str to int:
        how many answers of each wave were coded), ``samples`` (the same by how they were sampled), ``coded`` (dict of
        str to int: coded answers with each theme, by its id), ``coders`` (list of str: who or what coded the gold),
        ``tuned`` (dict of str to str: ``act`` and ``reason``), ``calibrated`` (bool: whether coded answers made the
        machine's scores probabilities), ``codebook`` (str: sha256 of the effective one), ``versions`` (dict of str to
        str: the libraries), ``models`` and ``files`` (dict of str to str: sha256 by what to call them).
    standing : Standing, optional
        What the reviewers' decisions come to.
    said : mapping of str to str, optional
        What people say of items of the methods, by their keys; `check_said` finds keys that are none.
    house : House, optional
        The house style; by default themebook's own.
    vectors : callable, optional
        Gives the embeddings of the units' text ids; without them the report has no map of the units.

    Returns
    -------
    Content
        For the team; `to_public` makes from it what may leave the team.
    """
    inputs = Inputs(
        survey=survey,
        codebook=codebook,
        params=params,
        tables={
            "responses": responses,
            "closed": closed,
            "respondents": respondents,
            "units": units,
            "redactions": redactions,
            "unit_codes": unit_codes,
            "mentions": mentions,
            "heldout": heldout,
            "candidates": candidates,
            "candidate_units": candidate_units,
            "candidate_responses": candidate_responses,
            "quotes": quotes,
            "prevalence": prevalence,
            "figures": figures,
            "numbers": numbers,
            "nets": nets,
            "crosstabs": crosstabs,
            "changes": changes,
            "differences": differences,
            "reading": reading,
            "published": published,
            "findings": findings,
            "theme_stability": theme_stability,
            "agreement": agreement,
            "disagreements": disagreements,
            "emerging": emerging,
            "emerging_answers": emerging_answers,
            "proposals": proposals,
            "contradictions": contradictions,
        },
        ledgers=ledgers,
        metrics=metrics,
        provenance=provenance,
        standing=standing,
        said=said if said is not None else house.methods if house else {},
    )
    content = _content(inputs)
    names = {theme.id: wording.tame(theme.name) for theme in codebook.themes}
    drawn = unit_map(units, unit_codes, names, vectors) if vectors else None
    return content.model_copy(update={"house": house or House(), "unit_map": drawn})


def _content(inputs: Inputs) -> Content:
    survey = inputs.survey
    charts = closed_charts(inputs)
    quotes = all_quotes(inputs)
    overall, questions = open_questions(inputs, quotes)
    views = outlooks(inputs, charts, quotes)
    explained = {view.question_id for view in views}
    crosses, crosses_left_out = cross_tables(inputs, charts)
    plain_charts = [c for c in charts if not c.attribute and c.key not in explained]
    answers, left_out, unexplained, n_unexplained, n_uncoded = coded_answers(inputs)
    n_unclaimed, of_answers, unclaimed_examples = unclaimed(inputs)
    weighted = " Shares are weighted; counts are not." if survey.weight else ""
    content = Content(
        title=wording.tame(survey.title),
        note=wording.tame(survey.note),
        audience="internal",
        sampling=wording.SAMPLING[survey.sampling] + weighted,
        provisional=not inputs.codebook.themes,
        min_segment=inputs.params.measure.min_segment,
        flag_segment=inputs.params.measure.flag_segment,
        suppress=survey.suppress,
        quotes_per_theme=inputs.params.report.quotes_per_theme,
        summary=_summary(inputs),
        waves=_waves(inputs),
        who=tuple(c for c in charts if c.attribute),
        headlines=tuple(headlines(inputs, charts)),
        choices=tuple(c for c in plain_charts if c.kind == "multi"),
        closed=tuple(c for c in plain_charts if c.kind != "multi"),
        crosses=crosses,
        crosses_left_out=crosses_left_out,
        outlooks=views,
        overall=overall,
        questions=questions,
        releases=releases(inputs),
        candidates=list_candidates(inputs),
        news=news(inputs),
        checked=checked(inputs),
        unclaimed=n_unclaimed,
        unclaimed_of=of_answers,
        unclaimed_examples=unclaimed_examples,
        losses=losses(inputs),
        uncoded=n_uncoded,
        unexplained=n_unexplained,
        unexplained_examples=tuple(unexplained),
        answers=tuple(answers),
        answers_left_out=left_out,
        agreement=agreed(inputs),
        metrics=list_metrics(inputs),
        coders=tuple(map(str, inputs.provenance.get("coders", ()))),
        decisions=decided(inputs.standing) if inputs.standing else (),
        retired=retired(inputs.codebook),
        former=former(inputs.codebook),
        limits=_limits(inputs),
        quotes=tuple(quotes),
    )
    return content.model_copy(update={"methods": methods(inputs, content)})


def _waves(inputs: Inputs) -> tuple[WaveInfo, ...]:
    counts = inputs.tables["respondents"].groupby("wave")["respondent_id"].nunique()
    waves = []
    for name, wave in inputs.survey.waves.items():
        people = int(counts.get(name, 0))
        waves.append(
            WaveInfo(
                id=name,
                file=PurePath(wave.file.replace("\\", "/")).name,
                sha256=wave.sha256,
                invited=wave.invited,
                respondents=people,
                sentence=wording.wave_line(name, people, wave.invited),
            )
        )
    return tuple(waves)


def _summary(inputs: Inputs) -> tuple[str, ...]:
    """What was asked, in two sentences."""
    responses = inputs.tables["responses"]
    answered = int((responses["status"] == "answered").sum())
    closed = [q for q in inputs.survey.questions.values() if q.kind not in ("open", "ignore") and not q.attribute]
    asked = [wording.counted(len(closed), "closed question")] if closed else []
    asked.append(wording.counted(len(inputs.survey.open_questions), "open question"))
    lines = [
        f"{' and '.join(asked)} in {wording.counted(len(inputs.waves), 'wave')}; "
        f"{wording.counted(answered, 'answer')} in people’s own words."
    ]
    themes = len(inputs.codebook.themes)
    if themes:
        lines.append(f"These answers were coded with a codebook of {wording.counted(themes, 'theme')}.")
    return tuple(lines)


def _limits(inputs: Inputs) -> tuple[str, ...]:
    """What the figures cannot say."""
    methods = set(inputs.tables["prevalence"]["method"])
    limits = []
    if inputs.survey.sampling == "self-selected":
        limits.append(
            "People chose for themselves whether to answer. The figures describe those who did, not everyone who was "
            "invited and not a wider population."
        )
    elif inputs.survey.sampling == "census":
        limits.append("Everyone was asked, but not everyone answered; those who did not may see things differently.")
    else:
        limits.append("Those who were drawn and did not answer may see things differently from those who did.")
    if "uncorrected" in methods:
        limits.append(
            "Shares of themes marked as counted by machine carry the machine’s mistakes, in both directions. They have "
            "no interval, because an interval would claim a precision that they lack."
        )
    if "person" in methods:
        limits.append("Intervals show the play of chance among answers such as these, nothing else.")
    if "corrected" in methods and inputs.survey.sampling != "probability":
        limits.append(
            "Intervals of corrected shares speak of the machine’s errors among those who answered: between which "
            "figures the share would lie had people read everything. Of those who did not answer they say nothing."
        )
    if methods:
        limits.append(
            "A theme’s share is of those who wrote an answer that could be coded. Not to mention something in one’s "
            "own words does not mean to disagree with it."
        )
    if len(inputs.waves) > 1:
        limits.append(
            "Changes between waves are differences taken before rounding. Where it says “not tested”, other people may "
            "have answered, and small ones can be chance."
        )
    if inputs.tables["differences"]["low"].notna().any():
        limits.append(
            "“No evidence of a difference” does not mean that there is none: the figures beside it say how large it "
            "may be. What is said to be more than chance takes into account how many differences were looked at."
        )
    limits.append("Figures are rounded to whole percent, so parts may seem not to add up.")
    limits.append("Quotes show what a theme sounds like. They are chosen, not drawn at random, and prove no share.")
    return tuple(limits)
