"""What in a quote could tell who spoke: rare attributes, masked words, and names that were not masked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import combinations

import pandas as pd

from pipeline.survey.description import Survey

# A combination of attributes that fewer respondents of a wave share could identify one of them.
FEWEST = 10
_MARK = re.compile(r"\[[^\[\]]*\]")
# A word with a capital that no sentence begins with, and with a small letter, so that NHS is none.
_NAME = re.compile(r"(?<![.!?…:\n\"“'‘(])(?<!^)\s+([A-Z][\w’'-]*[a-z][\w’'-]*)")
_PLAIN = frozenset("I I'm I've I'd I'll I’m I’ve I’d I’ll".split())


def attributes_of(survey: Survey, closed: pd.DataFrame) -> dict[tuple[str, str], dict[str, str]]:
    """Give each respondent's attributes.

    Parameters
    ----------
    survey : Survey
        Attributes are closed questions marked so.
    closed : DataFrame
        Contract CLOSED.

    Returns
    -------
    dict
        Wave and respondent to question to value; several values are joined.
    """
    names = {name for name, question in survey.questions.items() if question.attribute}
    found: dict[tuple[str, str], dict[str, str]] = {}
    mine = closed[closed["question_id"].isin(names)].sort_values(["question_id", "value"])
    for wave, respondent, question, value in mine[["wave", "respondent_id", "question_id", "value"]].itertuples(
        index=False
    ):
        own = found.setdefault((wave, respondent), {})
        own[question] = f"{own[question]}; {value}" if question in own else value
    return found


def rare(
    attributes: Mapping[tuple[str, str], Mapping[str, str]], who: tuple[str, str], fewest: int = FEWEST
) -> list[tuple[tuple[str, ...], int]]:
    """Find the smallest combinations of a respondent's attributes that few of the same wave share.

    Returns
    -------
    list of (questions, n)
        Combinations of one attribute, or else of two, or else of all, each with the number of respondents who share
        it, the respondent included; empty where every combination is common.

    Examples
    --------
    >>> people = {("1", str(i)): {"sector": "private", "rank": "head" if i == 0 else "staff"} for i in range(12)}
    >>> rare(people, ("1", "0")), rare(people, ("1", "1"))
    ([(('rank',), 1)], [])
    """
    own = attributes.get(who, {})
    others = [each for (wave, _), each in attributes.items() if wave == who[0]]
    for size in sorted({1, 2, len(own)} & set(range(1, len(own) + 1))):
        found = []
        for questions in combinations(sorted(own), size):
            n = sum(all(each.get(q) == own[q] for q in questions) for each in others)
            if n < fewest:
                found.append((questions, n))
        if found:
            return found
    return []


def attachable(segments: AbstractSet[str], members: Mapping[str, AbstractSet[str]], fewest: int = FEWEST) -> bool:
    """Say whether all segments that a quote carries, wherever it stands, may be told together.

    Parameters
    ----------
    segments : set of str
        Every segment that stands at any copy of the quote: who reads the page can put the copies together.
    members : mapping of str to set of str
        The respondents of the quote's wave by segment.

    Examples
    --------
    >>> private, heads = {str(i) for i in range(12)}, {str(i) for i in range(3, 20)}
    >>> attachable({"a"}, {"a": private, "b": heads}), attachable({"a", "b"}, {"a": private, "b": heads})
    (True, False)
    """
    groups = [members.get(segment, frozenset()) for segment in segments]
    return not groups or len(frozenset(groups[0]).intersection(*groups[1:])) >= fewest


def names_left(display: str) -> list[str]:
    """List words of a quote that look like names and were not masked: capitals inside a sentence.

    Examples
    --------
    >>> names_left("We asked Acme and I waited. They came with [NAME] to Leeds.")
    ['Acme', 'Leeds']
    """
    # After words left out a capital may begin a sentence.
    found = _NAME.findall(_MARK.sub("[]", display.replace("[…]", "…")))
    return list(dict.fromkeys(word for word in found if word not in _PLAIN))


def masked(display: str, marks: Iterable[str]) -> Sequence[str]:
    """List the marks of masked words in a quote, each once.

    Examples
    --------
    >>> masked("Thanks to [NAME] for [their] work.", {"NAME", "EMAIL"})
    ['NAME']
    """
    known = set(marks)
    return [mark for mark in dict.fromkeys(m[1:-1] for m in _MARK.findall(display)) if mark in known]
