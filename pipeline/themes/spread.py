"""Coding spread over processes or a cluster: the coder on disk, and what it says of a block of answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.foundation.params import Params
from pipeline.foundation.shards import sharded, workplace
from pipeline.foundation.tables import sha256_of
from pipeline.text.encoder import Vectors, vectors_of
from pipeline.text.words import WordFeatures
from pipeline.themes.card import WEIGHTS, load_coder, save_coder
from pipeline.themes.coder import ThemeCoder
from pipeline.themes.coding import Fitted, answers_of, blocks

if TYPE_CHECKING:
    import pyarrow as pa

# Of every answered response of a block, lists over its units in order; unit 0 is the whole answer.
_UNITS = ["n", "text_id"]


def code_in_shards(
    fitted: Fitted,
    responses: pd.DataFrame,
    units: pd.DataFrame,
    vectors: Sequence[Path],
    params: Params,
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
    """Code all responses, block by block, wherever `params` says.

    Parameters
    ----------
    fitted : Fitted
    responses, units : DataFrame
        By contract, all waves.
    vectors : sequence of Path
        Files with the embeddings of all units.
    params : Params

    Yields
    ------
    mentions, unit_codes, responses, units : DataFrame
        Of one block, as `Fitted.given` gives them, and the block itself.
    """
    themes = len(fitted.theme_ids)
    parts = (_part(*block) for block in blocks(responses, units))
    # Until all answers are coded by it, the coder of the last run stays where it is.
    with workplace("coder") as folder:
        save_coder(fitted.coder, fitted.words, fitted.theme_ids, np.zeros((0, 1)), {}, folder)
        settings = {
            "coder": str(folder),
            "sha256": sha256_of(folder / WEIGHTS, ""),
            "vectors": [[str(path.absolute()), path.stat().st_mtime_ns] for path in vectors],
        }
        with sharded("code", predicted, parts, settings, params) as results:
            for (some, theirs), result in zip(blocks(responses, units), results, strict=True):
                probability, of_units = (_matrix(result[name], themes) for name in ("answers", "units"))
                yield (*fitted.given(some, theirs, probability, of_units), some, theirs)


def predicted(part: pa.Table, settings: dict[str, Any]) -> pa.Table:
    """Give the probabilities of a block of answers, in any process.

    Parameters
    ----------
    part : pyarrow Table
        ``response_id``, ``question_id``, ``text``, ``n`` and ``text_id`` (lists: of the units).
    settings : dict
        ``coder``: folder; ``sha256``: of its weights; ``vectors``: files and their times.

    Returns
    -------
    pyarrow Table
        ``answers``: of each answer a list of K probabilities; ``units``: of each the K probabilities of its meaning
        units, one unit after the other.
    """
    import pyarrow as pa

    coder, words = _coder(settings["coder"], settings["sha256"])
    vectors = _vectors(tuple(map(tuple, settings["vectors"])))
    if not len(part):
        nothing = pa.array([], pa.large_list(pa.float64()))
        return pa.table({"answers": nothing, "units": nothing})
    responses = part.select(["response_id", "question_id", "text"]).to_pandas()
    units = part.select(["response_id", *_UNITS]).to_pandas().explode(_UNITS, ignore_index=True).astype({"n": int})
    answers, _ = answers_of(responses, units, vectors, words)
    probability, of_units = coder.both_proba(answers)
    themes = probability.shape[1]
    ends = np.cumsum(np.bincount(answers.owner, minlength=len(responses))) * themes
    starts = np.arange(len(responses) + 1) * themes
    return pa.table({"answers": _lists(starts, probability), "units": _lists(np.append(0, ends), of_units)})


def _part(responses: pd.DataFrame, units: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    answered = responses.loc[responses["status"] == "answered", ["response_id", "question_id", "text"]]
    theirs = units[units["response_id"].isin(answered["response_id"])].sort_values(["response_id", "n"])
    lists = theirs.groupby("response_id", sort=True)[_UNITS].agg(list)
    whole = answered.sort_values("response_id").merge(lists, left_on="response_id", right_index=True)
    text = pa.large_string()
    types = {
        "response_id": text,
        "question_id": text,
        "text": text,
        "n": pa.list_(pa.int64()),
        "text_id": pa.list_(text),
    }
    return pa.Table.from_pandas(whole, pa.schema(types.items()), preserve_index=False)


def _lists(edges: np.ndarray, rows: np.ndarray) -> pa.Array:
    import pyarrow as pa

    return pa.LargeListArray.from_arrays(pa.array(edges, pa.int64()), pa.array(rows.ravel(), pa.float64()))


def _matrix(column: pa.ChunkedArray, themes: int) -> np.ndarray:
    import pyarrow.compute as pc

    flat: np.ndarray = pc.list_flatten(column).to_numpy()
    return flat.reshape(-1, themes)


@lru_cache(1)
def _coder(folder: str, sha256: str) -> tuple[ThemeCoder, WordFeatures]:
    coder, words, _, _ = load_coder(Path(folder))
    assert coder is not None
    return coder, words


@lru_cache(1)
def _vectors(files: Iterable[tuple[str, int]]) -> Vectors:
    return vectors_of([Path(path) for path, _ in files])
