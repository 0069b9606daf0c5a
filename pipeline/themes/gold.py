"""gold.csv: responses coded by readers, checked against the survey, the responses and the codebook."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline.foundation.errors import ThemebookError, closest
from pipeline.foundation.tables import read_text
from pipeline.survey.description import Survey, find_question
from pipeline.survey.identity import public_id
from pipeline.themes.codebook import Codebook

GOLD_FILE = Path("data/codebook/gold.csv")
COLUMNS = ("respondent_id", "wave", "question", "code")
SAMPLES = ("all", "random", "active", "convenience")
MACHINE = "machine:"


@dataclass(frozen=True)
class Gold:
    """Coded responses.

    Parameters
    ----------
    responses : DataFrame
        One row a coded response: ``response_id``, ``wave``, ``question_id``, ``respondent_id``, ``coder``, ``sample``,
        ``by_person`` (False where the coder's name starts with ``machine:``). A question of several columns gives
        one row for each of its parts that holds an answer.
    codes : DataFrame
        ``response_id``, ``theme_id``: the themes each was given; a response with none of them has no row here.
    unknown : dict of str to int
        Codes that the codebook lacks, with their counts: kept in gold.csv, not scored.
    other_waves : int
        Rows of waves that the survey does not list.
    """

    responses: pd.DataFrame
    codes: pd.DataFrame
    unknown: dict[str, int]
    other_waves: int


def read_gold(path: Path = GOLD_FILE) -> pd.DataFrame:
    """Read gold.csv as text, with the line of each row.

    Raises
    ------
    ThemebookError
        If a column is missing, a row has too few or too many cells, or ``sample`` is not one of the four words.
    """
    text = read_text(path, "A survey without coded answers has a gold.csv that holds the header only.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        missing = [c for c in COLUMNS if c not in header]
        if missing:
            raise ThemebookError(
                f"{path} has no column `{missing[0]}`. Found: {', '.join(header)}.",
                f"{closest(missing[0], header)} The header is respondent_id,wave,question,code,coder,sample.".strip(),
            )
        rows = []
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                raise ThemebookError(
                    f"{path}, line {reader.line_num}: {len(cells)} cells where the header has {len(header)}.",
                    "Mend that line.",
                )
            rows.append({**dict(zip(header, cells, strict=True)), "line": reader.line_num})
    except csv.Error as error:
        raise ThemebookError(f"{path}, line {reader.line_num}: {error}.", "Mend the quotes on that line.") from None
    table = pd.DataFrame(rows, columns=[*header, "line"])
    for column in ("coder", "sample"):
        if column not in table:
            table[column] = ""
    table["sample"] = table["sample"].str.strip().replace("", "convenience")
    wrong = table[~table["sample"].isin(SAMPLES)]
    if len(wrong):
        raise ThemebookError(
            f"{path}, line {wrong['line'].iloc[0]}: sample `{wrong['sample'].iloc[0]}`.",
            f"Write one of {', '.join(SAMPLES)}.",
        )
    return table


def match_gold(rows: pd.DataFrame, survey: Survey, responses: pd.DataFrame, codebook: Codebook) -> Gold:
    """Join gold rows to responses and themes.

    Parameters
    ----------
    rows : DataFrame
        As `read_gold` gives them.
    survey : Survey
        Names the questions and the listed waves; rows of other waves are counted and left out.
    responses : DataFrame
        All responses of the listed waves.
    codebook : Codebook
        Themes by id or name.

    Raises
    ------
    ThemebookError
        If a row names a respondent or question that is not there, or a cell that holds no answer is given a theme.
    """
    listed = rows[rows["wave"].isin(list(survey.waves))].copy()
    listed["question_id"] = [
        find_question(survey, name, f"{GOLD_FILE}, line {line}")
        for name, line in zip(listed["question"], listed["line"], strict=True)
    ]
    given = responses[~responses["status"].isin(["blank", "not_asked"])]
    by_cell = given.groupby(["wave", "respondent_id", "question_id"], sort=False)["response_id"].agg(list).to_dict()
    known = set(zip(responses["wave"], responses["respondent_id"], strict=True))
    coded: dict[str, dict[str, object]] = {}
    codes: set[tuple[str, str]] = set()
    unknown: dict[str, int] = {}
    for row in listed.to_dict("records"):
        where = f"{GOLD_FILE}, line {row['line']}"
        person = row["respondent_id"]
        if (row["wave"], person) not in known:
            person = public_id(row["respondent_id"])
        if (row["wave"], person) not in known:
            raise ThemebookError(
                f"{where}: wave {row['wave']} has no respondent `{person}`.",
                "Mend the id, or remove the row.",
            )
        ids = by_cell.get((row["wave"], person, row["question_id"]))
        if not ids:
            raise ThemebookError(
                f"{where}: respondent `{person}` gave no answer to `{row['question']}` in wave {row['wave']}.",
                "Blank cells have no code: remove the row.",
            )
        theme = codebook.find(row["code"]) if row["code"].strip() else None
        if row["code"].strip() and theme is None:
            unknown[row["code"].strip()] = unknown.get(row["code"].strip(), 0) + 1
        for response_id in ids:
            coded.setdefault(
                response_id,
                {
                    "response_id": response_id,
                    "wave": row["wave"],
                    "question_id": row["question_id"],
                    "respondent_id": person,
                    "coder": row["coder"],
                    "sample": row["sample"],
                    "by_person": not row["coder"].startswith(MACHINE),
                },
            )
            if theme is not None:
                codes.add((response_id, theme.id))
    columns = ["response_id", "wave", "question_id", "respondent_id", "coder", "sample", "by_person"]
    table = pd.DataFrame([coded[key] for key in sorted(coded)], columns=columns)
    return Gold(
        table.astype({"by_person": bool}),
        pd.DataFrame(sorted(codes), columns=["response_id", "theme_id"]).astype("str"),
        dict(sorted(unknown.items())),
        len(rows) - len(listed),
    )
