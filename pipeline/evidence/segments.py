"""Segments: which respondents belong to ``attribute=value`` and to each side of a question."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pandas as pd

from pipeline.survey.description import Survey

MEMBERS = ["wave", "respondent_id", "segment"]
# Gives the segments of one question, or those of all questions together where it is empty.
Segments = Callable[[str], pd.DataFrame]


def attribute_segments(survey: Survey, closed: pd.DataFrame) -> pd.DataFrame:
    """List respondents by attribute.

    Parameters
    ----------
    survey : Survey
        Attributes are closed questions marked ``attribute: true``.
    closed : DataFrame
        Contract CLOSED, all waves.

    Returns
    -------
    DataFrame
        ``wave``, ``respondent_id``, ``segment`` (``question_id=value``), each once, sorted.
    """
    names = [name for name, question in survey.questions.items() if question.attribute]
    mine = closed[closed["question_id"].isin(names)]
    table = mine.assign(segment=mine["question_id"] + "=" + mine["value"])
    return table[MEMBERS].drop_duplicates().sort_values(MEMBERS, ignore_index=True)


def sides(survey: Survey, closed: pd.DataFrame, question_id: str) -> pd.DataFrame:
    """List respondents by the side they took on the closed question that an open question explains.

    Returns
    -------
    DataFrame
        ``wave``, ``respondent_id``, ``segment`` (``side=name``); no rows where the question has no sides.
    """
    question = survey.questions[question_id]
    side_of = {option: f"side={name}" for name, options in question.sides.items() for option in options}
    mine = closed[(closed["question_id"] == question.explains) & closed["value"].isin(list(side_of))]
    table = mine.assign(segment=mine["value"].map(side_of).astype("str"))
    return table[MEMBERS].drop_duplicates().sort_values(MEMBERS, ignore_index=True)


def all_segments(survey: Survey, closed: pd.DataFrame, question_id: str) -> pd.DataFrame:
    """List the segments in which one question's figures are shown: attributes, and sides where it has them."""
    parts = [attribute_segments(survey, closed)]
    if question_id and survey.questions[question_id].sides:
        parts.append(sides(survey, closed, question_id))
    return pd.concat(parts, ignore_index=True)


def segments_of(survey: Survey, closed: pd.DataFrame) -> Segments:
    """Give what lists the segments of a question (`all_segments`), each list made once.

    Parameters
    ----------
    survey : Survey
    closed : DataFrame
        Contract CLOSED, all waves.

    Returns
    -------
    callable
        ``segment`` is categorical.
    """
    return cache(lambda question_id: all_segments(survey, closed, question_id).astype({"segment": "category"}))
