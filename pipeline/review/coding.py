"""What people code: what gold.csv holds of each answer, and the acts that change it.

Three kinds of rows besides a person's own: ``machine:NAME`` (no person), ``adjudicated:NAME`` (the final codes of an
answer that two persons coded differently) and ``checked:NAME`` (what NAME says after seeing the machine's codes; her
own rows stay beside them, and only they teach and measure the machine: docs/decisions/0012-coding-everything.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from filelock import FileLock

from pipeline.foundation.errors import ThemebookError, closest, listing
from pipeline.foundation.tables import read_bytes, read_text, write_bytes
from pipeline.survey.description import Survey, find_question
from pipeline.survey.identity import public_id
from pipeline.text.encoder import Vectors
from pipeline.themes.codebook import Codebook
from pipeline.themes.coded_rows import GOLD_COLUMNS
from pipeline.themes.decisions import DECISIONS, LOCK, REVIEWER, now
from pipeline.themes.gold import (
    ADJUDICATED,
    CHECKED,
    GOLD_FILE,
    SAMPLES,
    chosen_coder,
    firmest,
    is_person,
    is_unresolved,
    read_gold,
)
from pipeline.themes.gold_text import Row, rows_of, with_rows_replaced
from pipeline.themes.sampling import frame, gold_cells

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Cell:
    """What is coded at once: everything that one respondent answered to one question in one wave."""

    wave: str
    respondent_id: str
    question_id: str


@dataclass(frozen=True)
class Codings:
    """Who gave each answer which codes.

    Parameters
    ----------
    cells : DataFrame
        As `sampling.frame` gives them, sorted by ``cell_id``, with ``answered``: False for a non-answer that is in the
        tables because its words mean a theme; it is coded with all others, and never drawn.
    given : mapping
        By cell id, then by coder as gold.csv has the name: theme ids, or words where the codebook lacks them.
    samples : mapping
        By cell id, then by coder: how the cell was sampled.
    """

    cells: pd.DataFrame
    given: Mapping[str, Mapping[str, frozenset[str]]]
    samples: Mapping[str, Mapping[str, str]]

    @cached_property
    def _answers(self) -> Counter[str]:
        """How many answers each coder coded."""
        return Counter(coder for given in self.given.values() for coder in given)

    def cell(self, cell_id: str) -> Cell:
        """Give what a cell's id stands for.

        Raises
        ------
        ThemebookError
            If no answer of the listed waves has the id.
        """
        at = int(self.cells["cell_id"].searchsorted(cell_id))
        if at == len(self.cells) or self.cells["cell_id"].iat[at] != cell_id:
            raise ThemebookError(
                f"There is no answer `{cell_id}`.", "Its wave may be listed no more, or the raw file has changed."
            )
        row = self.cells.iloc[at]
        return Cell(row["wave"], row["respondent_id"], row["question_id"])

    def persons(self, cell_id: str) -> dict[str, frozenset[str]]:
        """Give each person's own codes of a cell, by name."""
        return {coder: codes for coder, codes in self.given.get(cell_id, {}).items() if is_person(coder)}

    def final(self, cell_id: str) -> frozenset[str] | None:
        """Give a cell's codes as they are reported, whoever gave them; None where nobody did."""
        given = self.given.get(cell_id, {})
        coder = chosen_coder(given, self._answers)
        return None if coder is None else given.get(CHECKED + coder, given[coder])

    def latest(self, cell_id: str, coder: str) -> frozenset[str] | None:
        """Give what one coder says of a cell now: what she checked, else what she gave; None where nothing."""
        given = self.given.get(cell_id, {})
        return given.get(CHECKED + coder, given.get(coder))

    def unresolved(self, cell_id: str) -> bool:
        """Tell whether persons differ on a cell and nobody has adjudicated it."""
        return is_unresolved(self.given.get(cell_id, {}))


def codable_cells(responses: pd.DataFrame, codebook: Codebook, mentions: pd.DataFrame | None = None) -> pd.DataFrame:
    """List what people code when they code everything, by cell id; see `Codings.cells`.

    Parameters
    ----------
    responses : DataFrame
        Contract RESPONSES, the listed waves.
    codebook : Codebook
        The effective one.
    mentions : DataFrame, optional
        Contract MENTIONS: non-answers that it gives a row are codable too.
    """
    told = set(mentions["response_id"]) if mentions is not None else set()
    meant = (responses["status"] == "non_answer") & responses["response_id"].isin(told)
    cells = frame(responses.assign(status=responses["status"].mask(meant, "answered")), codebook)
    real = set(responses.loc[responses["status"] == "answered", "response_id"])
    return cells.assign(answered=[not real.isdisjoint(ids) for ids in cells["response_ids"]])


def codings_of(
    rows: pd.DataFrame, survey: Survey, responses: pd.DataFrame, codebook: Codebook, cells: pd.DataFrame
) -> Codings:
    """Say who gave each answer which codes.

    Parameters
    ----------
    rows : DataFrame
        As `read_gold` gives them; rows of waves that are not listed are left out.
    survey : Survey
    responses : DataFrame
        Contract RESPONSES, the listed waves.
    codebook : Codebook
        The effective one; codes are its themes by id, name or former name.
    cells : DataFrame
        As `codable_cells` gives them; they stay the same while people code.

    Returns
    -------
    Codings
    """
    given: dict[str, dict[str, set[str]]] = {}
    samples: dict[str, dict[str, str]] = {}
    find = cache(codebook.find)
    coded = gold_cells(rows, survey, responses)
    for cell, code, coder, sample in zip(*(coded[c] for c in ("cell_id", "code", "coder", "sample")), strict=True):
        name = coder.strip()
        codes = given.setdefault(cell, {}).setdefault(name, set())
        if code.strip():
            theme = find(code.strip())
            codes.add(theme.id if theme else code.strip())
        before = samples.setdefault(cell, {}).setdefault(name, sample)
        if sample != before:
            samples[cell][name] = firmest((before, sample))
    frozen = {cell: {name: frozenset(codes) for name, codes in by.items()} for cell, by in given.items()}
    return Codings(cells, frozen, samples)


def read_codings(survey: Survey, responses: pd.DataFrame, codebook: Codebook, cells: pd.DataFrame) -> Codings:
    """Read gold.csv and say who gave each answer which codes; see `codings_of`."""
    return codings_of(read_gold(), survey, responses, codebook, cells)


def give(
    coder: str,
    cell: Cell,
    themes: Iterable[str],
    sample: str,
    *,
    survey: Survey,
    codebook: Codebook,
    drawn: Collection[Cell] = (),
    path: Path = GOLD_FILE,
) -> None:
    """Record what one coder gives one answer, in place of what she gave it before; on disk when this returns.

    Whoever has checked an answer against the machine's codes cannot code it blind any more: what she gives it then
    replaces what she checked, and her first codes stay.

    Parameters
    ----------
    coder : str
        Letters, digits, ``_``, ``-`` and ``.`` only.
    cell : Cell
    themes : iterable of str
        Ids of themes of the cell's question, or words where the question has no themes; none of them is "none".
    sample : str
        One of `SAMPLES`.
    survey, codebook
        As they stand; what the file says of questions and themes is read by them.
    drawn : collection of Cell
        Cells coded before that a random draw has come upon: their rows become ``random``.
    path : Path

    Raises
    ------
    ThemebookError
        If the name, a theme or the sample is none; the file is then as it was.
    """
    _check_name(coder)
    codes = _checked_codes(themes, cell, codebook)
    _check_sample(sample)

    def change(text: str) -> str:
        is_cell = _finder(survey)
        seen = any(r.get("coder") == CHECKED + coder and is_cell(r) == _place(cell) for r in rows_of(text))
        name = CHECKED + coder if seen else coder
        return with_rows_replaced(
            text,
            lambda row: row.get("coder", "").strip() == name and is_cell(row) == _place(cell),
            _gold_rows(cell, codes, name, sample),
            _promotion(survey, drawn),
        )

    _rewrite(path, change)


def check(
    coder: str,
    cell: Cell,
    themes: Iterable[str],
    sample: str,
    *,
    survey: Survey,
    codebook: Codebook,
    path: Path = GOLD_FILE,
) -> None:
    """Record what a coder says of an answer after seeing the machine's codes; her own rows stay beside it.

    The later codes are what is reported; the first ones go on teaching and measuring the machine, so that what it
    suggested never counts as agreement. See `give` for the parameters and errors.
    """
    _check_name(coder)
    codes = _checked_codes(themes, cell, codebook)
    _check_sample(sample)
    _replace(survey, cell, {CHECKED + coder}, _gold_rows(cell, codes, CHECKED + coder, sample), path)


def adjudicate(
    coder: str,
    cell: Cell,
    themes: Iterable[str],
    sample: str,
    *,
    survey: Survey,
    codebook: Codebook,
    path: Path = GOLD_FILE,
) -> None:
    """Record the final codes of an answer that persons coded differently; their own rows stay for their agreement.

    Codes adjudicated before, by whomever, are replaced. See `give` for the parameters and errors.
    """
    _check_name(coder)
    codes = _checked_codes(themes, cell, codebook)
    _check_sample(sample)
    name = ADJUDICATED + coder
    _replace(survey, cell, ADJUDICATED, _gold_rows(cell, codes, name, sample), path)


def add_rows(rows: Sequence[Row], *, survey: Survey, drawn: Collection[Cell] = (), path: Path = GOLD_FILE) -> None:
    """Add rows to gold.csv as they are, all at once; rows of cells that a random draw has come upon become random.

    Parameters
    ----------
    rows : sequence of mapping
        By `GOLD_COLUMNS`; the time is put in.
    survey, drawn, path
        As in `give`.
    """
    change = _promotion(survey, drawn)
    timed = [{**row, "time": now()} for row in rows]
    _rewrite(path, lambda text: with_rows_replaced(text, lambda row: False, timed, change))


def _promotion(survey: Survey, drawn: Collection[Cell]) -> Callable[[Row], bool]:
    """Say of a row whether a random draw has come upon its cell."""
    is_cell, fresh = _finder(survey), {_place(each) for each in drawn}
    return lambda row: bool(fresh) and row.get("sample") != "random" and is_cell(row) in fresh


def take_back(coder: str, cell: Cell, *, survey: Survey, path: Path = GOLD_FILE) -> None:
    """Take back what one coder gave one answer, checked codes too; the answer is then not coded by her.

    To take back what was adjudicated, give ``adjudicated:NAME`` as the coder.
    """
    _replace(survey, cell, {coder, CHECKED + coder}, [], path)


def _replace(survey: Survey, cell: Cell, coders: Collection[str] | str, rows: Sequence[Row], path: Path) -> None:
    """Replace the rows that some coders (or those whose name begins with a word) gave a cell."""
    is_cell = _finder(survey)

    def gone(row: Row) -> bool:
        name = row.get("coder", "").strip()
        mine = name.startswith(coders) if isinstance(coders, str) else name in coders
        return mine and is_cell(row) == _place(cell)

    _rewrite(path, lambda text: with_rows_replaced(text, gone, rows))


def _rewrite(path: Path, change: Callable[[str], str]) -> None:
    """Change gold.csv while nobody else does, a mark at its beginning kept."""
    DECISIONS.mkdir(parents=True, exist_ok=True)
    with FileLock(DECISIONS / LOCK):
        text = read_text(path, "A survey without coded answers has a gold.csv that holds the header only.")
        mark = BOM if read_bytes(path, "").startswith(BOM) else b""
        after = change(text)
        if after != text:
            write_bytes(path, mark + after.encode("utf-8"))


def _place(cell: Cell) -> tuple[str, str, str]:
    return cell.wave, cell.respondent_id, cell.question_id


def _finder(survey: Survey) -> Callable[[Row], tuple[str, str, str]]:
    """Say which cell a row of gold.csv codes, however it writes the question and the respondent."""
    question = cache(lambda name: find_question(survey, name, str(GOLD_FILE)))
    person = cache(public_id)

    def place(row: Row) -> tuple[str, str, str]:
        if row["wave"] not in survey.waves:
            return row["wave"], "", ""
        return row["wave"], person(row["respondent_id"]), question(row["question"])

    return place


def _gold_rows(cell: Cell, codes: Sequence[str], coder: str, sample: str) -> list[Row]:
    """One row a code; one row with an empty code for "none of them"."""
    values = [(cell.respondent_id, cell.wave, cell.question_id, code, coder, sample) for code in codes or [""]]
    return [{**dict(zip(GOLD_COLUMNS, row, strict=True)), "time": now()} for row in values]


def _check_name(coder: str) -> None:
    if not REVIEWER.fullmatch(coder):
        raise ThemebookError(f"The coder `{coder}`: letters, digits, `_`, `-` and `.` only.", "Give such a name.")


def _check_sample(sample: str) -> None:
    if sample not in SAMPLES:
        raise ThemebookError(f"sample `{sample}`.", f"Known: {listing(SAMPLES)}.")


def _checked_codes(themes: Iterable[str], cell: Cell, codebook: Codebook) -> list[str]:
    known = codebook.for_question(cell.question_id)
    codes = set()
    for code in themes:
        theme = codebook.find(code) if code.strip() else None
        if theme in known:
            codes.add(theme.id)
        elif known or not code.strip():
            ids = [each.id for each in known]
            raise ThemebookError(
                f"`{code}` is no theme of the question `{cell.question_id}`.",
                f"{closest(code, ids)} Known: {listing(ids)}.".strip(),
            )
        else:
            codes.add(code.strip())
    return sorted(codes)


def machine_codes(codings: Codings, mentions: pd.DataFrame) -> dict[str, frozenset[str]]:
    """Give what the machine says of each cell, of all its parts together; cells that a person coded have none.

    Parameters
    ----------
    codings : Codings
    mentions : DataFrame
        Contract MENTIONS; only rows whose source is ``model`` count.
    """
    owner = codings.cells[["cell_id", "response_ids"]].explode("response_ids")
    rows = mentions[mentions["source"] == "model"].merge(
        owner.rename(columns={"response_ids": "response_id"}), on="response_id"
    )
    said = rows[rows["mentioned"]].groupby("cell_id")["theme_id"].agg(frozenset).to_dict()
    return {cell: said.get(cell, frozenset()) for cell in sorted(set(rows["cell_id"]))}


def cell_vectors(cells: pd.DataFrame, units: pd.DataFrame, vectors: Vectors) -> np.ndarray:
    """Give the vector of each cell's first answering part, shape (n, d); zeros where it has no unit (a non-answer)."""
    whole = units[units["n"] == 0].set_index("response_id")["text_id"].reindex(cells["first"])
    found = np.zeros((len(cells), vectors.dimensions), np.float32)
    has = whole.notna().to_numpy()
    found[has] = vectors(whole[has])
    return found
