"""What the content is made from, with the look-ups that every part of it needs."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os.path import commonprefix
from typing import Any

import pandas as pd

from pipeline.evidence.differences import OTHERS
from pipeline.evidence.prevalence import nearest
from pipeline.evidence.proposing import proposing_units
from pipeline.foundation.params import Params
from pipeline.report.records import Cell
from pipeline.report.wording import tame, tested, verdict
from pipeline.survey.description import Question, Survey
from pipeline.text.personal import mask
from pipeline.text.shown import redactions_by_response
from pipeline.themes.codebook import Codebook
from pipeline.themes.replay import Standing

SIDE = "side"
_SHORTENED = " … (shortened)"


@dataclass(frozen=True)
class Inputs:
    """Tables by the names of their contracts, and what people wrote; ``said`` is their text on items of the methods."""

    survey: Survey
    codebook: Codebook
    params: Params
    tables: Mapping[str, pd.DataFrame]
    ledgers: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    metrics: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    standing: Standing | None = None
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def waves(self) -> list[str]:
        """The waves in the order of survey.yaml."""
        return list(self.survey.waves)

    @cached_property
    def responses(self) -> dict[str, tuple[str, str, str]]:
        """Wave, question and raw text by response id."""
        table = self.tables["responses"]
        rows = zip(table["response_id"], table["wave"], table["question_id"], table["text"], strict=True)
        return {response_id: (wave, question_id, text) for response_id, wave, question_id, text in rows}

    @cached_property
    def redactions(self) -> dict[str, list[tuple[int, int, str]]]:
        """What is masked, by response id."""
        return redactions_by_response(self.tables["redactions"])

    @cached_property
    def prevalence(self) -> dict[tuple[str, str, str], dict[str, Cell]]:
        """Cells by wave for each question, theme and segment; of several methods the one nearest to a reader's."""
        found: dict[tuple[str, str, str], dict[str, Cell]] = {}
        for row in nearest(self.tables["prevalence"]).to_dict("records"):
            found.setdefault((row["question_id"], row["theme_id"], row["segment"]), {})[row["wave"]] = self.cell(row)
        return found

    @cached_property
    def proposing(self) -> pd.DataFrame:
        """The units that propose something about a theme, as `proposing_units` gives them."""
        return proposing_units(self.tables["proposals"], self.tables["unit_codes"], self.tables["units"])

    @cached_property
    def quote_spans(self) -> dict[str, list[tuple[int, int]]]:
        """What each quote is cut from, by quote id."""
        table = self.tables["quotes"]
        spans = zip(table["quote_id"], table["spans"], strict=True)
        return {name: [(int(start), int(end)) for start, end in each] for name, each in spans}

    def cell(self, row: Mapping[Hashable, Any]) -> Cell:
        """Give a row of the prevalence as a cell; in a census that people read altogether nothing is left to chance."""
        shares = {name: known(row[name]) for name in ("share", "low", "high")}
        if self.survey.sampling == "census" and row["method"] == "person":
            shares |= {"low": None, "high": None}
        return Cell(wave=row["wave"], base=int(row["base"]), n=int(row["n"]), method=row["method"], **shares)

    @cached_property
    def differences(self) -> dict[tuple[str, str, str, str], dict[Hashable, Any]]:
        """What is known of differences, by question, theme, wave and segment (empty: the wave against the one before).

        Of an attribute with two values, and of two sides, each is there with its own sign.
        """
        found: dict[tuple[str, str, str, str], dict[Hashable, Any]] = {}
        for row in self.tables["differences"].to_dict("records"):
            key = (row["question_id"], row["theme_id"], row["wave"])
            found[*key, row["segment"]] = row
            if row["segment"] and row["against"] != OTHERS:
                turned: dict[Hashable, Any] = {"low": -row["high"], "high": -row["low"], "effect": -row["effect"]}
                found[*key, row["against"]] = row | turned
        return found

    def tested(self, question_id: str, theme_id: str, wave: str, segment: str = "") -> str:
        """Say what is known of a difference; empty where the two were not compared."""
        row = self._difference(question_id, theme_id, wave, segment)
        if row is None:
            return ""
        return tested(row["low"], row["high"], row["p_adjusted"], row["effect"], self.params.measure.confidence)

    def verdict(self, question_id: str, theme_id: str, wave: str) -> str:
        """Give what the test found of the change since the wave before: ``difference``, ``none``, or nothing."""
        row = self._difference(question_id, theme_id, wave, "")
        if row is None:
            return ""
        return verdict(row["low"], row["high"], row["p_adjusted"], self.params.measure.confidence)

    def _difference(self, question_id: str, theme_id: str, wave: str, segment: str) -> dict[Hashable, Any] | None:
        if not question_id:
            asked = [q for q in self.survey.open_questions if (q, theme_id, "") in self.prevalence]
            question_id = asked[0] if len(asked) == 1 else ""
        return self.differences.get((question_id, theme_id, wave, segment))

    def cells(self, question_id: str, theme_id: str, segment: str = "") -> list[Cell]:
        """A theme's cells in the order of the waves."""
        found = self.prevalence.get((question_id, theme_id, segment), {})
        return [found[wave] for wave in self.waves if wave in found]

    def show(self, response_id: str, start: int = 0, end: int | None = None, most: int = 600) -> str:
        """Give a span of an answer for display: masked, and shortened where it is longer than `most` code points."""
        text = self.responses[response_id][2]
        shown = tame(mask(text, self.redactions.get(response_id, ()), start, end)).strip()
        return shown if len(shown) <= most else shown[:most].rstrip() + _SHORTENED

    def title(self, question_id: str) -> str:
        """Give a question as people read it; a grid's item carries its question before it."""
        if question_id in self.survey.questions:
            return question_title(question_id, self.survey.questions[question_id])
        item = self.survey.closed_items.get(question_id)
        if item is None:
            return question_id or "Across all open questions"
        column, question = item
        return (
            f"{tame(question.text)}: {tame(column)}" if question.text and question.text not in column else tame(column)
        )


def known(value: Any) -> float | None:
    """Give a number, or None for NaN."""
    return None if value is None or pd.isna(value) else float(value)


def question_title(question_id: str, question: Question) -> str:
    """Give a question's text, or what its columns say.

    Examples
    --------
    >>> question_title("why", Question(columns=("Why?",), kind="open"))
    'Why?'
    >>> question_title("tools", Question(columns=("Tools used [R]", "Tools used [Python]"), kind="multi"))
    'Tools used'
    """
    if question.text:
        return tame(question.text)
    if len(question.columns) == 1 or question.kind == "open":
        return tame(question.columns[0])
    shared = commonprefix(list(question.columns)).rstrip(" ([:-–_./")
    return tame(shared) if len(shared) >= 8 else question_id.replace("_", " ")


def options_base(inputs: Inputs, question_id: str, options: set[str], wave: str) -> int:
    """Count the respondents of a wave who chose one of some options of a closed question."""
    closed = inputs.tables["closed"]
    chosen = closed[(closed["question_id"] == question_id) & (closed["wave"] == wave) & closed["value"].isin(options)]
    return int(chosen["respondent_id"].nunique())
