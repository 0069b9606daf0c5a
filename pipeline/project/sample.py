"""`themebook sample`: draw answers for people to code, and read their workbook back into gold.csv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.foundation.contracts import MENTIONS, QUEUE, REDACTIONS, RESPONSES, UNITS
from pipeline.foundation.errors import ThemebookError, closest, listing
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import empty, path_of, read_parts, read_table, read_waves, write_bytes
from pipeline.report.inputs import question_title
from pipeline.report.sheets import MOST
from pipeline.report.wording import counted, tame
from pipeline.review.acts import standing_now
from pipeline.review.coding import Cell, add_rows
from pipeline.review.coding_book import build, parse
from pipeline.survey.description import SURVEY_FILE, Survey, find_question, load_survey, slug
from pipeline.text.encoder import load_vectors
from pipeline.text.personal import mask
from pipeline.text.shown import redactions_by_response
from pipeline.themes import sampling
from pipeline.themes.codebook import Codebook, Example
from pipeline.themes.coded_rows import read_rows, shown_fingerprint
from pipeline.themes.gold import GOLD_FILE, match_gold, read_gold

FOLDER = Path("data/sample")
# What of a mention tells how doubtful it is.
DOUBTED = ("response_id", "theme_id", "probability", "mentioned")
Redactions = Mapping[str, list[tuple[int, int, str]]]


def draw(
    n: int,
    coder: str = "",
    waves: Sequence[str] = (),
    questions: Sequence[str] = (),
    out: Path | None = None,
    seed: int | None = None,
    random_only: bool = False,
) -> list[str]:
    """Draw answers and write the workbook in which they are coded.

    Parameters
    ----------
    n : int
        How many.
    coder : str
        Stands in every row.
    waves, questions : sequence of str
        Draw from these only; all by default.
    out : Path, optional
        The workbook, by default ``data/sample/<coder>.xlsx``, which is kept out of git.
    seed : int, optional
        In place of the one in params.yaml.
    random_only : bool
        Whether the active part is left out.

    Returns
    -------
    list of str
        What was drawn, a line each.

    Raises
    ------
    ThemebookError
        If the answers were not coded yet by the machine, nothing is left to draw, or the file is there already.
    """
    survey, params = load_survey(), load_params()
    path = out or FOLDER / f"{slug(coder) if coder else 'sample'}.xlsx"
    _check_path(path)
    mentions = (part.to_pandas() for part in read_parts(MENTIONS, None, DOUBTED))
    responses = read_waves(RESPONSES, survey.waves)
    codebook = standing_now(survey, responses).codebook
    gold = read_gold()
    match_gold(gold, survey, responses, codebook)
    coded = sampling.gold_cells(gold, survey, responses)
    cells = sampling.frame(responses, codebook)
    within = _within(cells, survey, codebook, waves, questions)
    queue = read_table(QUEUE) if path_of(QUEUE).exists() else empty(QUEUE)
    seed = params.seed if seed is None else seed
    share = 1.0 if random_only else params.sample.random_share
    doubt = sampling.doubts(cells, mentions, queue)
    drawn = sampling.draw(cells, coded, doubt, _vectors(cells, survey), n, share, seed, within)
    if drawn.rows.empty:
        raise ThemebookError("There is nothing left to draw: every codable answer asked for is coded.", "")
    chosen = cells.merge(drawn.rows, on="cell_id")
    chosen = sampling.in_sheet_order(chosen, list(survey.open_questions), seed)
    redactions = redactions_by_response(read_waves(REDACTIONS, survey.waves))
    texts = dict(zip(responses["response_id"], responses["text"], strict=True))
    themes = {q: [theme.name for theme in codebook.for_question(q)] for q in survey.open_questions}
    write_bytes(
        path,
        build(
            answer_rows(chosen, survey, texts, redactions),
            themes,
            code_frame(codebook, survey, texts, redactions),
            coder,
            drawn.promoted,
        ),
    )
    return _said(path, chosen, len(drawn.promoted), n, len(within) < len(cells), codebook)


def _check_path(path: Path) -> None:
    if path.suffix.lower() != ".xlsx":
        raise ThemebookError(f"--out {path}: the workbook is an .xlsx file.", "Give a name that ends so.")
    if path.exists():
        raise ThemebookError(
            f"{path} is there already, and may hold somebody's codes.",
            "Read it back with `themebook sample read` and move it away, or give another name with --out.",
        )


def _within(
    cells: pd.DataFrame, survey: Survey, codebook: Codebook, waves: Sequence[str], questions: Sequence[str]
) -> set[str]:
    """The ids of the cells of some waves and questions."""
    for wave in waves:
        if wave not in survey.waves:
            raise ThemebookError(
                f"{SURVEY_FILE} has no wave `{wave}`.", f"{closest(wave, survey.waves)} Known: {listing(survey.waves)}."
            )
    asked = [find_question(survey, name, "--question") for name in questions] or list(survey.open_questions)
    for question in asked:
        if question not in survey.open_questions:
            raise ThemebookError(
                f"`{question}` is not an open question.", f"Open questions: {listing(survey.open_questions)}."
            )
        if questions and codebook.themes and not codebook.for_question(question):
            raise ThemebookError(
                f"No theme of the codebook belongs to the question `{question}`: there is nothing to code with.",
                "Give a theme this question in data/codebook/codebook.yaml.",
            )
    mine = cells[cells["wave"].isin(list(waves or survey.waves)) & cells["question_id"].isin(asked)]
    return set(mine["cell_id"])


def _vectors(cells: pd.DataFrame, survey: Survey) -> np.ndarray:
    units = read_waves(UNITS, survey.waves)
    text_of = units[units["n"] == 0].set_index("response_id")["text_id"]
    return load_vectors(survey.waves)(text_of.loc[cells["first"]])


def answer_rows(
    cells: pd.DataFrame, survey: Survey, texts: Mapping[str, str], redactions: Redactions
) -> list[dict[str, str]]:
    """The rows of the sheet: each answer as it may be shown, the parts of a question below each other."""
    rows = []
    for cell in cells.to_dict("records"):
        parts = [mask(texts[r], redactions.get(r, [])) for r in cell["response_ids"]]
        answer = tame("\n".join(parts))[:MOST]
        rows.append(
            {
                "id": cell["cell_id"],
                "question": question_title(cell["question_id"], survey.questions[cell["question_id"]]),
                "answer": answer,
                "respondent_id": cell["respondent_id"],
                "wave": cell["wave"],
                "question_id": cell["question_id"],
                "sample": cell["sample"],
                "seen": shown_fingerprint(answer),
            }
        )
    return rows


def code_frame(codebook: Codebook, survey: Survey, texts: Mapping[str, str], redactions: Redactions) -> list[list[str]]:
    """The codebook as a coder reads it; a respondent's own words are masked."""

    def words(example: Example) -> str:
        if example.text:
            return example.text
        text = texts.get(example.response_id, "")
        return mask(text, redactions.get(example.response_id, []), example.start, example.end)

    return [
        [
            theme.name,
            theme.definition,
            theme.include,
            theme.exclude,
            "\n".join(shown for example in theme.examples if (shown := words(example))),
            "\n".join(question_title(q, survey.questions[q]) for q in theme.questions),
        ]
        for theme in codebook.themes
    ]


def _said(path: Path, chosen: pd.DataFrame, promoted: int, n: int, part: bool, codebook: Codebook) -> list[str]:
    counts = chosen["sample"].value_counts()
    lines = [
        f"{path}: {counted(len(chosen), 'answer')} to code, {counts.get('random', 0)} at random and "
        f"{counts.get('active', 0)} to learn from"
    ]
    if promoted:
        lines.append(
            f"{counted(promoted, 'answer')} coded before came up at random too: not to be coded again, they count as "
            "random once the workbook is read back"
        )
    if len(chosen) + promoted < n:
        lines.append("fewer than asked for: the rest is coded, or nearly repeats what is drawn or coded")
    if part:
        lines.append("drawn from some waves or questions only: the random part says nothing of the others")
    if not codebook.themes:
        lines.append("the codebook is empty: code in your own words")
    lines.append(f"when it is coded: themebook sample read {path}")
    return lines


def read(path: Path, coder: str = "") -> list[str]:
    """Read a coded workbook into gold.csv.

    Parameters
    ----------
    path : Path
        The workbook.
    coder : str
        Who coded the rows that name nobody.

    Returns
    -------
    list of str
        What was taken and what was not, a line each.

    Raises
    ------
    ThemebookError
        Naming every problem with the number of its row; gold.csv is then as it was.
    """
    survey = load_survey()
    responses = read_waves(RESPONSES, survey.waves)
    codebook = standing_now(survey, responses).codebook
    gold = read_gold()
    match_gold(gold, survey, responses, codebook)
    coded = sampling.gold_cells(gold, survey, responses)
    rows, drawn, promoted = parse(path)
    cells = sampling.frame(responses, Codebook())
    found = read_rows(rows, drawn, cells["cell_id"], coded, codebook, coder)
    if found.problems:
        listed = "".join(f"\n  {problem}" for problem in found.problems)
        raise ThemebookError(
            f"{path}: {counted(len(found.problems), 'problem')}, nothing was written.{listed}\n",
            "Mend the workbook and read it again.",
        )
    came_up = coded[coded["cell_id"].isin(promoted) & (coded["sample"] != "random")]
    fresh = cells.loc[cells["cell_id"].isin(came_up["cell_id"]), sampling.KEY]
    add_rows(found.rows, survey=survey, drawn=[Cell(*key) for key in fresh.itertuples(index=False, name=None)])
    told = (
        (found.counts["empty"], "row", "without a code: not coded"),
        (found.counts["again"], "answer", "coded so before by the same coder: nothing to add"),
        (found.counts["second coder"], "answer", "coded before by somebody else: both codings stand"),
        (came_up["cell_id"].nunique(), "answer", "coded before came up at random too: random from now on"),
        (found.counts["notes"], "note", "left in the workbook"),
    )
    lines = [f"{GOLD_FILE}: {counted(found.counts['answers'], 'answer')} added ({counted(len(found.rows), 'row')})"]
    lines += [f"{counted(n, what)} {words}" for n, what, words in told if n]
    return [*lines, "run `dvc repro`"]
