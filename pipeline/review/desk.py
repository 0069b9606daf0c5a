"""The reviewer's desk: everything the page shows, read when first needed and again when a file changes.

The only part of the page that reads files. Tables may be in the making by a run that goes on beside the page, so a
table is read whole, and joins pass over what another table does not hold yet.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd

from pipeline.evidence.segments import attribute_segments
from pipeline.evidence.told import read_told
from pipeline.foundation import contracts as c
from pipeline.foundation.contracts import Contract
from pipeline.foundation.params import Params, load_params
from pipeline.foundation.tables import path_of, read_table, read_waves
from pipeline.report.inputs import Inputs
from pipeline.report.wording import tame
from pipeline.review.acts import record
from pipeline.review.coding import Codings, cell_vectors, codable_cells, codings_of, machine_codes
from pipeline.review.units import UnitList, list_units, with_standing
from pipeline.survey.description import SURVEY_FILE, Survey, load_survey
from pipeline.text.encoder import Vectors, load_vectors, vectors_path
from pipeline.text.personal import mask
from pipeline.text.shown import redactions_by_response
from pipeline.themes.codebook import CODEBOOK_FILE, EFFECTIVE_FILE, load_codebook
from pipeline.themes.decisions import DECISIONS, Decision, load_decisions
from pipeline.themes.gold import GOLD_FILE, Gold, match_gold, read_gold
from pipeline.themes.replay import Standing, replay

T = TypeVar("T")
PARAMS_FILE = Path("params.yaml")
# Names as the report's inputs have them.
TABLES: dict[str, Contract] = {
    "responses": c.RESPONSES,
    "closed": c.CLOSED,
    "respondents": c.RESPONDENTS,
    "units": c.UNITS,
    "redactions": c.REDACTIONS,
    "unit_codes": c.UNIT_CODES,
    "mentions": c.MENTIONS,
    "heldout": c.HELDOUT,
    "candidates": c.CANDIDATES,
    "candidate_units": c.CANDIDATE_UNITS,
    "candidate_responses": c.CANDIDATE_RESPONSES,
    "quotes": c.QUOTES,
    "prevalence": c.PREVALENCE,
    "changes": c.CHANGES,
    "differences": c.DIFFERENCES,
    "reading": c.READING,
    "nets": c.NETS,
    "proposals": c.PROPOSALS,
    "findings": c.FINDINGS,
    "theme_stability": c.THEME_STABILITY,
    "queue": c.QUEUE,
}
BY_WAVE = {"responses", "closed", "respondents", "units", "redactions"}


class Desk:
    """What one reviewer works on. Safe to use from several threads.

    Parameters
    ----------
    reviewer : str
        Whose decisions are recorded.
    """

    def __init__(self, reviewer: str) -> None:
        self.reviewer = reviewer
        self._kept: dict[str, tuple[Any, Any]] = {}
        self._lock = threading.RLock()

    def keep(self, name: str, paths: Iterable[Path], make: Callable[[], T]) -> T:
        """Give what `make` makes of some files, made again only when one of them has changed."""
        signature = [_signature(path) for path in paths]
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or kept[0] != signature:
                kept = (signature, make())
                self._kept[name] = kept
            return cast(T, kept[1])

    # What people wrote.

    @property
    def survey(self) -> Survey:
        """survey.yaml."""
        return self.keep("survey", [SURVEY_FILE], load_survey)

    @property
    def params(self) -> Params:
        """params.yaml."""
        return self.keep("params", [PARAMS_FILE], load_params)

    @property
    def standing(self) -> Standing:
        """What the codebook and all decisions come to, with those of other reviewers as soon as they are on disk."""
        return self.keep("standing", self.people(), self._replay)

    @property
    def gold(self) -> Gold:
        """gold.csv, matched with the answers and the codebook as it stands."""
        return self.keep(
            "gold",
            [GOLD_FILE, *self.people()],
            lambda: match_gold(read_gold(), self.survey, self.table("responses"), self.standing.codebook),
        )

    def people(self) -> list[Path]:
        """The files that `standing` depends on."""
        return [CODEBOOK_FILE, *sorted(DECISIONS.glob("*.jsonl")), *self.paths("responses")]

    def _replay(self) -> Standing:
        return replay(load_codebook(self.survey), load_decisions(), self.texts)

    # What the stages made.

    def paths(self, *names: str) -> list[Path]:
        """The files of some tables, and survey.yaml, which lists the waves."""
        found = [SURVEY_FILE]
        for name in names:
            waves = list(self.survey.waves) if name in BY_WAVE else [None]
            found += [path_of(TABLES[name], wave) for wave in waves]
        return found

    def table(self, name: str) -> pd.DataFrame:
        """A table by the name it has in the report's inputs, all listed waves in one; of mentions what is told."""
        contract = TABLES[name]
        read: Callable[[], pd.DataFrame] = partial(read_table, contract)
        if name in BY_WAVE:
            read = partial(read_waves, contract, self.survey.waves)
        elif contract is c.MENTIONS:
            read = read_told
        return self.keep(f"table {name}", self.paths(name), read)

    @property
    def texts(self) -> dict[str, str]:
        """Raw text by response id."""
        return self.keep("texts", self.paths("responses"), self._texts)

    def _texts(self) -> dict[str, str]:
        table = self.table("responses")
        return dict(zip(table["response_id"], table["text"], strict=True))

    @property
    def redactions(self) -> dict[str, list[tuple[int, int, str]]]:
        """What is masked, by response id."""
        return self.keep(
            "redactions", self.paths("redactions"), lambda: redactions_by_response(self.table("redactions"))
        )

    @property
    def languages(self) -> dict[str, str]:
        """The language of each answer, as ISO 639-1."""
        return self.keep("languages", self.paths("units"), self._languages)

    def _languages(self) -> dict[str, str]:
        table = self.table("units")
        return dict(zip(table["response_id"], table["language"], strict=True))

    @property
    def vectors(self) -> Vectors:
        """Embeddings of all listed waves."""
        waves = list(self.survey.waves)
        return self.keep("vectors", [vectors_path(wave) for wave in waves], lambda: load_vectors(waves))

    @property
    def inputs(self) -> Inputs:
        """What the report is made from, with the codebook as it stands now."""
        paths = [*self.people(), *self.paths(*TABLES), PARAMS_FILE]
        return self.keep(
            "inputs", paths, lambda: Inputs(self.survey, self.standing.codebook, self.params, _Tables(self))
        )

    @property
    def units(self) -> UnitList:
        """Every unit with its themes as people left them."""
        made = self.paths("units", "responses", "redactions", "unit_codes")
        return self.keep(
            "units as they stand",
            [*self.people(), *made],
            lambda: with_standing(
                self.keep(
                    "units as coded",
                    made,
                    lambda: list_units(
                        self.table("units"), self.table("responses"), self.redactions, self.table("unit_codes")
                    ),
                ),
                self.standing,
            ),
        )

    @property
    def segments(self) -> dict[str, set[tuple[str, str]]]:
        """Who belongs to each attribute's value: wave and respondent."""
        return self.keep("segments", self.paths("closed"), self._segments)

    def _segments(self) -> dict[str, set[tuple[str, str]]]:
        members = attribute_segments(self.survey, self.table("closed"))
        found: dict[str, set[tuple[str, str]]] = {}
        for wave, respondent_id, segment in members.itertuples(index=False):
            found.setdefault(segment, set()).add((wave, respondent_id))
        return found

    @property
    def disputed(self) -> set[str]:
        """Responses that the machine, not having read their codes, codes otherwise than people did."""
        return self.keep("disputed", [GOLD_FILE, *self.people(), *self.paths("heldout")], self._disputed)

    def _disputed(self) -> set[str]:
        heldout = self.table("heldout")
        find = self.standing.codebook.find
        heirs = {theme_id: heir.id for theme_id in set(heldout["theme_id"]) if (heir := find(theme_id))}
        said = {(r, heirs[t]) for r, t in heldout.loc[heldout["mentioned"], ["response_id", "theme_id"]].itertuples(
            index=False) if t in heirs}  # fmt: skip
        read = set(self.gold.responses["response_id"]) & set(heldout["response_id"])
        codes = {(r, t) for r, t in self.gold.codes.itertuples(index=False) if r in read}
        return {response_id for response_id, _ in said ^ codes}

    # What people code.

    @property
    def cells(self) -> pd.DataFrame:
        """The answers that people code; a run that has coded adds the non-answers that mean a theme."""
        return self.keep("cells", [*self.people(), *self.paths("mentions")], self._cells)

    def _cells(self) -> pd.DataFrame:
        mentions = self.table("mentions") if path_of(c.MENTIONS).exists() else None
        return codable_cells(self.table("responses"), self.standing.codebook, mentions)

    @property
    def codings(self) -> Codings:
        """Who gave each answer which codes."""
        paths = [GOLD_FILE, *self.people(), *self.paths("mentions")]
        return self.keep("codings", paths, self._codings)

    def _codings(self) -> Codings:
        codebook = self.standing.codebook
        return codings_of(read_gold(), self.survey, self.table("responses"), codebook, self.cells)

    @property
    def cell_texts(self) -> dict[str, str]:
        """The words of each answer, all its parts, masked."""
        paths = [*self.people(), *self.paths("mentions", "redactions")]
        return self.keep("cell texts", paths, self._cell_texts)

    def _cell_texts(self) -> dict[str, str]:
        columns = (self.cells[name] for name in ("cell_id", "response_ids"))
        return {cell: "\n\n".join(self.shown(r) for r in parts) for cell, parts in zip(*columns, strict=True)}

    def shown(self, response_id: str) -> str:
        """A whole answer, masked."""
        return tame(mask(self.texts[response_id], self.redactions.get(response_id, []))).strip()

    @property
    def cell_vectors(self) -> np.ndarray:
        """A vector for each answer that people code, shape (n, d)."""
        paths = [*self.people(), *self.paths("mentions", "units")]
        return self.keep("cell vectors", paths, lambda: cell_vectors(self.cells, self.table("units"), self.vectors))

    @property
    def machine_codes(self) -> dict[str, frozenset[str]]:
        """What the last run's coder says of each answer that no person had coded."""
        if not path_of(c.MENTIONS).exists():
            return {}
        paths = [*self.people(), *self.paths("mentions")]
        return self.keep(
            "machine codes", paths, lambda: self._heirs(machine_codes(self.codings, self.table("mentions")))
        )

    def _heirs(self, given: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        find = cache(self.standing.codebook.find)
        return {cell: frozenset(heir.id for t in codes if (heir := find(t))) for cell, codes in given.items()}

    @property
    def since_last_run(self) -> tuple[int, bool]:
        """How many decisions were taken since the last run coded, and whether answers were coded since."""
        run = _signature(EFFECTIVE_FILE)
        if run is None:
            return len(self.standing.decisions), False
        begun = datetime.fromtimestamp(run[0] / 1e9, UTC).isoformat()
        gold = _signature(GOLD_FILE)
        return sum(d.time > begun for d in self.standing.decisions), gold is not None and gold[0] > run[0]

    # Acts.

    def decide(self, act: str, *, why: str = "", seen: str | None = None, **fields: Any) -> Decision:
        """Record a decision of this reviewer; it is on disk when this returns."""
        return self.decide_all(act, [{"seen": seen, **fields}], why)[0]

    def decide_all(self, act: str, targets: Iterable[Mapping[str, Any]], why: str = "") -> list[Decision]:
        """Record the same act on several targets that have nothing to do with each other, one decision each."""
        with self._lock:
            standing, texts = self.standing, self.texts
            return [record(act, self.reviewer, standing, texts, why=why, **target) for target in targets]


class _Tables(Mapping[str, pd.DataFrame]):
    """The report's tables, each read when it is asked for."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self._desk.table(name)

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
