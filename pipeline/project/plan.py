"""`themebook plan`: how many more answers people should read, and which, for shares that are as sure as wanted."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

import pandas as pd

from pipeline.evidence.plan import better_all, plan_reading
from pipeline.foundation.contracts import READING
from pipeline.foundation.errors import ThemebookError, closest, listing
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_json, read_table
from pipeline.report.inputs import question_title
from pipeline.report.wording import NBSP, counted, number, percent, plain, whole
from pipeline.survey.description import SURVEY_FILE, Survey, find_question, load_survey
from pipeline.themes.codebook import EFFECTIVE_FILE, Codebook, Theme, from_effective

NAME = 44
MOST = 10


def plan(
    wanted: float, waves: Sequence[str] = (), questions: Sequence[str] = (), themes: Sequence[str] = ()
) -> list[str]:
    """Plan reading from the figures of the last run.

    Parameters
    ----------
    wanted : float
        The width that no interval should exceed, 0 to 1.
    waves, questions, themes : sequence of str
        Only these; all by default. Questions and themes by id or name.

    Returns
    -------
    list of str
        A block of lines for each wave and question.

    Raises
    ------
    ThemebookError
        If the measures are not made yet, or a wave, question or theme does not exist.
    """
    survey, params = load_survey(), load_params()
    codebook = from_effective(read_json(EFFECTIVE_FILE))
    table = plan_reading(read_table(READING), wanted, params.measure.confidence)
    asked = [find_question(survey, name, "--question") for name in questions] or list(survey.open_questions)
    table = table[table["wave"].isin(_waves(survey, waves)) & table["question_id"].isin(asked)]
    if themes:
        table = table[table["theme_id"].isin([_theme(codebook, name) for name in themes])]
    if table.empty:
        return ["There is nothing to plan: no theme of the codebook was counted in these answers."]
    lines = []
    for wave in survey.waves:
        for question_id in asked:
            mine = table[(table["wave"] == wave) & (table["question_id"] == question_id)]
            if len(mine):
                title = question_title(question_id, survey.questions[question_id])
                lines += [*_block(mine, codebook, wave, question_id, title, wanted, params.review.code_all), ""]
    return lines[:-1]


def _waves(survey: Survey, names: Sequence[str]) -> list[str]:
    for name in names:
        if name not in survey.waves:
            raise ThemebookError(
                f"{SURVEY_FILE} has no wave `{name}`.", f"{closest(name, survey.waves)} Known: {listing(survey.waves)}."
            )
    return list(names or survey.waves)


def _theme(codebook: Codebook, name: str) -> str:
    found = codebook.follow(name)
    if isinstance(found, Theme):
        return found.id
    known = [theme.id for theme in codebook.themes] + [theme.name for theme in codebook.themes]
    raise ThemebookError(f"The codebook has no theme `{name}`.", f"{closest(name, known)} Known: {listing(known)}.")


def _block(
    mine: pd.DataFrame, codebook: Codebook, wave: str, question_id: str, title: str, wanted: float, code_all: int
) -> list[str]:
    names = {theme.id: theme.name for theme in codebook.themes}
    answers, read = int(mine["answers"].max()), int(mine["read"].max())
    lines = [
        f"{wave}, {plain(title, 80)}",
        f"{counted(answers, 'answer')}, {number(read)} of them read by people at random or all. "
        f"Wanted: no interval wider than {_points(wanted)} points.",
        f"  {'theme':<{NAME}} {'share':>15} {'width now':>10} {'more answers':>13}",
    ]
    table = mine.sort_values(["share", "theme_id"], ascending=[False, True])
    for row in table[:MOST].to_dict("records"):
        now = "not known" if isnan(row["now"]) else _points(row["now"])
        more = "not by reading" if isnan(row["more"]) else number(int(row["more"]))
        share = percent(row["share"]).replace(NBSP, " ") + (" ?" if row["method"] == "uncorrected" else "")
        name = plain(f"{row['theme_id']} {names.get(row['theme_id'], '')}", NAME)
        lines.append(f"  {name:<{NAME}} {share:>15} {now:>10} {more:>13}")
    rest = table[MOST:]["more"]
    if len(rest):
        most = "" if rest.isna().all() else f", {number(int(rest.max()))} more answers at most"
        lines.append(f"  {counted(len(rest), 'theme')} raised less often{most}")
    return lines + _advice(mine, wave, question_id, answers, read, code_all)


def _advice(mine: pd.DataFrame, wave: str, question_id: str, answers: int, read: int, code_all: int) -> list[str]:
    lines = []
    if (mine["method"] == "uncorrected").any():
        lines.append("A share with ? is the machine's count, which nobody has checked: the plan is a first guess.")
    if mine["more"].isna().any():
        lines.append("Not by reading: too few people were asked for an interval as narrow as that, whoever codes.")
    most = mine["more"].max()
    if isnan(most) or most == 0:
        return [*lines, "Reading more is not needed." if most == 0 else "Reading more does not help."]
    where = f"--wave {wave} --question {question_id}"
    if better_all(int(most), answers, read, code_all):
        return [
            *lines,
            f"Code all {number(answers)}, of which {number(answers - read)} are left: that is the better bargain, for "
            "then nothing is left to the machine. `themebook review` opens the page for it.",
        ]
    return [
        *lines,
        f"Read {number(int(most))} more, drawn at random: "
        f"themebook sample --random-only --n {int(most)} --coder YOUR_NAME {where}",
    ]


def _points(share: float) -> str:
    points = round(share * 100, 1)
    return f"{whole(share)}" if points == int(points) else f"{points}"
