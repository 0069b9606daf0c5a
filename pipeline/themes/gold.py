"""gold.csv: responses coded by readers, checked against the survey, the responses and the codebook."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.foundation.contracts import GOLD, SEVERAL
from pipeline.foundation.errors import ThemebookError, closest
from pipeline.foundation.tables import empty, read_text
from pipeline.survey.description import Survey, find_question
from pipeline.survey.identity import public_id
from pipeline.themes.codebook import Codebook, Theme

GOLD_FILE = Path("data/codebook/gold.csv")
COLUMNS = ("respondent_id", "wave", "question", "code")
CELL = ["wave", "respondent_id", "question_id"]
CODED = ["response_id", "wave", "question_id", "respondent_id", "coder", "sample", "by_person", "time"]
# Stand before a code that the codebook lacks, and before the id of a theme that was split; no id can begin so.
UNKNOWN, SPLIT = "?", "/"
SAMPLES = ("all", "random", "active", "convenience")
# A coder whose name begins so is no person; gives the codes that two persons agreed on; is a person who has seen the
# machine's codes after giving her own.
MACHINE, ADJUDICATED, CHECKED = "machine:", "adjudicated:", "checked:"
Codes = Mapping[str, Collection[str]]


@dataclass(frozen=True)
class Gold:
    """Coded responses.

    Parameters
    ----------
    responses : DataFrame
        One row a coded response: ``response_id``, ``wave``, ``question_id``, ``respondent_id``, ``coder``, ``sample``,
        ``by_person`` (False where the coder's name starts with ``machine:``). A question of several columns gives
        one row for each of its parts that holds an answer. Where several coded one answer, `chosen_coder` says whose
        codes count. ``sample`` is ``all`` only where every answer of the question and wave is coded: the part of
        them that is coded so far was not drawn by chance, and is ``convenience``. ``time``: when, empty where gold.csv
        does not say.
    codes : DataFrame
        ``response_id``, ``theme_id``: the themes each was given; a response with none of them has no row here. Nobody
        had seen the machine's codes who gave these.
    unknown : dict of str to int
        Codes that the codebook lacks, with their counts: kept in gold.csv, not scored.
    other_waves : int
        Rows of waves that the survey does not list.
    disagreements : int
        Answers that persons coded differently and nobody has adjudicated.
    checked : dict of str to tuple of str
        The themes of responses whose coder changed the codes after seeing the machine's: these are reported, while
        `codes` teach and measure the machine.
    split : DataFrame
        ``response_id``, ``theme_id``: codes of themes that were split since, for `settle_gold` to follow.
    retired : dict of str to int
        Codes of themes that were retired, with their counts: kept in gold.csv, not scored.
    guessed : frozenset of (str, str)
        Response and theme of codes that stand for a split theme's by the machine's guess.
    unmeasured : frozenset of str
        Responses whose coder had seen the machine's suggestion: they teach, and measure nothing.
    several : DataFrame
        Contract SEVERAL: what each coder gave the answers that several coded, as gold.csv has it.
    """

    responses: pd.DataFrame
    codes: pd.DataFrame
    unknown: dict[str, int]
    other_waves: int
    disagreements: int = 0
    checked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    split: pd.DataFrame = field(default_factory=lambda: _pairs(()))
    retired: dict[str, int] = field(default_factory=dict)
    guessed: frozenset[tuple[str, str]] = frozenset()
    unmeasured: frozenset[str] = frozenset()
    several: pd.DataFrame = field(default_factory=lambda: empty(SEVERAL))


def is_person(coder: str) -> bool:
    """Tell whether a coder coded by herself, without having seen other codes."""
    return not coder.startswith((MACHINE, ADJUDICATED, CHECKED))


def chosen_coder(coders: Collection[str], answers: Mapping[str, int]) -> str | None:
    """Say whose codes of one answer count: what was adjudicated, else a person's, else a machine's.

    Among those the coder who coded most answers, ties by name; one coder's view of all answers is steadier than the
    union of everybody's. ``checked:`` codes count only beside their own coder's, and are never chosen.

    Parameters
    ----------
    coders : collection of str
        Who coded the answer.
    answers : mapping of str to int
        How many answers each coder coded in all.

    Examples
    --------
    >>> chosen_coder(["bob", "ann", "machine:m"], {"ann": 10, "bob": 20, "machine:m": 500})
    'bob'
    >>> chosen_coder(["bob", "adjudicated:ann"], {"bob": 20, "adjudicated:ann": 1})
    'adjudicated:ann'
    """

    def place(coder: str) -> tuple[int, int, str]:
        kind = 0 if coder.startswith(ADJUDICATED) else 2 if coder.startswith(MACHINE) else 1
        return kind, -answers[coder], coder

    return min((c for c in coders if not c.startswith(CHECKED)), key=place, default=None)


def firmest(samples: Iterable[str]) -> str:
    """Of several ways in which one answer was sampled, give the one that figures may best rest on."""
    return min(samples, key=("random", "all", "active", "convenience").index)


def is_unresolved(given: Codes) -> bool:
    """Tell whether persons coded one answer differently, and nobody (or two, differently) adjudicated it."""
    final = {frozenset(codes) for coder, codes in given.items() if coder.startswith(ADJUDICATED)}
    if final:
        return len(final) > 1
    return len({frozenset(codes) for coder, codes in given.items() if is_person(coder)}) > 1


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
            cells = padded(cells, header)
            if len(cells) != len(header):
                raise ThemebookError(
                    f"{path}, line {reader.line_num}: {len(cells)} cells where the header has {len(header)}.",
                    "Mend that line.",
                )
            rows.append({**dict(zip(header, cells, strict=True)), "line": reader.line_num})
    except csv.Error as error:
        raise ThemebookError(f"{path}, line {reader.line_num}: {error}.", "Mend the quotes on that line.") from None
    table = pd.DataFrame(rows, columns=[*header, "line"])
    for column in ("coder", "sample", "time"):
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


def padded(cells: list[str], header: Sequence[str]) -> list[str]:
    """Give a row that another clone wrote before the file had the column ``time`` an empty one."""
    return [*cells, ""] if len(cells) == len(header) - 1 and header[-1] == "time" else cells


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
    named = {*listed["respondent_id"], *map(public_id, listed["respondent_id"])}
    theirs = responses[responses["respondent_id"].isin(named)]
    given = theirs[~theirs["status"].isin(["blank", "not_asked"])]
    by_cell = given.groupby(CELL, sort=False)["response_id"].agg(list).to_dict()
    known = set(zip(theirs["wave"], theirs["respondent_id"], strict=True))
    cells: dict[tuple[str, str, str], dict[str, set[str]]] = {}
    samples: dict[tuple[str, str, str], dict[str, set[str]]] = {}
    times: dict[tuple[str, str, str], dict[str, str]] = {}
    unknown: dict[str, int] = Counter()
    retired: dict[str, int] = Counter()
    for row in listed.to_dict("records"):
        cell = _cell_of(row, known, by_cell)
        coder, code = row["coder"].strip(), row["code"].strip()
        codes = cells.setdefault(cell, {}).setdefault(coder, set())
        samples.setdefault(cell, {}).setdefault(coder, set()).add(row["sample"])
        when = times.setdefault(cell, {})
        when[coder] = max(when.get(coder, ""), row.get("time", "").strip())
        theme = codebook.follow(code) if code else None
        if isinstance(theme, Theme):
            codes.add(theme.id)
        elif theme is not None and theme.fate == "split":
            codes.add(SPLIT + theme.id)
        elif theme is not None:
            retired[theme.name] += 1
        elif code:
            unknown[code] += 1
            codes.add(UNKNOWN + code.casefold())
    people = [cell for cell, given in cells.items() if any(not c.startswith((MACHINE, CHECKED)) for c in given)]
    gold = _resolved(
        cells, samples, times, by_cell, _coded_throughout(responses, cells), _coded_throughout(responses, people)
    )
    unknown, retired = dict(sorted(unknown.items())), dict(sorted(retired.items()))
    return replace(gold, unknown=unknown, retired=retired, other_waves=len(rows) - len(listed))


def _cell_of(
    row: Mapping[str, str], known: Collection[tuple[str, str]], answered: Collection[tuple[str, str, str]]
) -> tuple[str, str, str]:
    """The wave, respondent and question that a row codes."""
    where = f"{GOLD_FILE}, line {row['line']}"
    person = row["respondent_id"]
    if (row["wave"], person) not in known:
        person = public_id(row["respondent_id"])
    if (row["wave"], person) not in known:
        raise ThemebookError(
            f"{where}: wave {row['wave']} has no respondent `{person}`.", "Mend the id, or remove the row."
        )
    cell = (row["wave"], person, row["question_id"])
    if cell not in answered:
        raise ThemebookError(
            f"{where}: respondent `{person}` gave no answer to `{row['question']}` in wave {row['wave']}.",
            "Blank cells have no code: remove the row.",
        )
    return cell


def _coded_throughout(responses: pd.DataFrame, coded: Collection[tuple[str, str, str]]) -> set[tuple[str, str]]:
    """The waves and questions of which every answer is coded."""
    answered = responses.loc[responses["status"] == "answered", CELL].itertuples(index=False, name=None)
    open_ = {(wave, question) for wave, person, question in answered if (wave, person, question) not in coded}
    return {(wave, question) for wave, _, question in coded} - open_


def _resolved(
    cells: Mapping[tuple[str, str, str], Mapping[str, set[str]]],
    samples: Mapping[tuple[str, str, str], Mapping[str, set[str]]],
    times: Mapping[tuple[str, str, str], Mapping[str, str]],
    by_cell: Mapping[tuple[str, str, str], list[str]],
    whole: Collection[tuple[str, str]],
    by_people: Collection[tuple[str, str]],
) -> Gold:
    """Choose one coder's codes for each cell, and give them to all its responses."""
    answers = Counter(coder for given in cells.values() for coder in given)
    rows, codes, split = [], [], []
    checked: dict[str, tuple[str, ...]] = {}
    several: list[tuple[str, ...]] = []
    for cell, given in cells.items():
        coder = chosen_coder(given, answers)
        if coder is None:
            continue
        wave, person, question = cell
        if len(given) > 1:
            first = min(by_cell[cell])
            several += [
                (*cell, first, name, times[cell][name], code)
                for name, codes_ in given.items()
                for code in _known(codes_) or [""]
            ]
        sample = firmest(samples[cell][coder])
        # What people coded is no random part of what they and a machine coded together.
        if sample == "all" and (wave, question) not in (whole if coder.startswith(MACHINE) else by_people):
            sample = "convenience"
        for response_id in by_cell[cell]:
            rows.append(
                (response_id, wave, question, person, coder, sample, not coder.startswith(MACHINE), times[cell][coder])
            )
            codes += [(response_id, code) for code in _known(given[coder])]
            split += [(response_id, code[1:]) for code in given[coder] if code.startswith(SPLIT)]
            if CHECKED + coder in given:
                checked[response_id] = tuple(_known(given[CHECKED + coder]))
    return Gold(
        pd.DataFrame(sorted(rows), columns=CODED).astype({"by_person": bool}),
        _pairs(codes),
        unknown={},
        other_waves=0,
        disagreements=sum(is_unresolved(given) for given in cells.values()),
        checked=dict(sorted(checked.items())),
        split=_pairs(split),
        several=pd.DataFrame(sorted(several), columns=list(SEVERAL.columns)).astype("str"),
    )


def _pairs(pairs: Iterable[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(sorted(pairs), columns=["response_id", "theme_id"]).astype("str")


def _known(codes: Collection[str]) -> list[str]:
    return sorted(code for code in codes if not code.startswith((UNKNOWN, SPLIT)))


def gold_table(gold: Gold) -> pd.DataFrame:
    """Give settled gold as it is stored: contract GOLD."""
    table = gold.responses.merge(gold.codes, on="response_id", how="left").fillna({"theme_id": ""})
    pairs = zip(table["response_id"], table["theme_id"], strict=True)
    table["guessed"] = np.array([pair in gold.guessed for pair in pairs], bool)
    table["measured"] = ~table["response_id"].isin(gold.unmeasured)
    return table[list(GOLD.columns)]


def gold_of(table: pd.DataFrame) -> Gold:
    """Give settled gold as `code` stored it (contract GOLD); what concerns gold.csv only is not in it."""
    guessed = table[table["guessed"]]
    responses = table.drop_duplicates("response_id")
    return Gold(
        responses[CODED].reset_index(drop=True),
        table.loc[table["theme_id"] != "", ["response_id", "theme_id"]].reset_index(drop=True),
        unknown={},
        other_waves=0,
        guessed=frozenset(zip(guessed["response_id"], guessed["theme_id"], strict=True)),
        unmeasured=frozenset(responses.loc[~responses["measured"], "response_id"]),
    )
