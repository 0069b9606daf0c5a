"""Answers cut into meaning units, each masked and placed exactly in its answer.

Each distinct text is read once (`read_part`), wherever and in however many parts that is done; then the answers get
what was read in their text (`placed`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.foundation.contracts import REDACTIONS, SIGNS, SIGNS_OF_PROPOSALS, UNITS, Contract
from pipeline.foundation.log import progress
from pipeline.foundation.params import Segment
from pipeline.foundation.tables import arrow_schema, empty, read_json
from pipeline.text.boundaries import cut, find_cuts
from pipeline.text.ids import digest
from pipeline.text.languages import detect
from pipeline.text.personal import TYPES, find_personal
from pipeline.text.proposing import sign_of
from pipeline.text.spacy_model import MANIFEST, load_spacy

if TYPE_CHECKING:
    import pyarrow as pa
    from spacy.language import Language
    from spacy.tokens import Doc

# So many texts are parsed at once, or fewer where they are long. How they are grouped changes no result.
BATCH = 256
# spaCy's parser needs about a gigabyte for 100,000 characters; a longer answer is read in parts of this size.
PART = 50_000
# So many answers get their units at once.
ANSWERS = 100_000
# spaCy's tokenizer takes quadratic time over signs without white space; such a run is shown to it as one word.
_RUN = re.compile(r"\S{200,}")


def segment(
    responses: pd.DataFrame, params: Segment, nlp: Language | None = None
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Cut answers into meaning units, find the personal data in them, and the signs that a unit proposes something.

    Parameters
    ----------
    responses : DataFrame
        Answered responses: ``response_id`` and ``text`` are read. Any row order.
    params : Segment
        The spaCy package, the survey's language, the least words of a unit, and whether names are masked.
    nlp : spaCy Language, optional
        A loaded pipeline; by default the one that `params` names, checked against ``models/spacy.json``.

    Returns
    -------
    units : DataFrame
        Table `units`: for each answer unit 0, the whole answer without outer white space, and units 1, 2, … in order,
        which share no character and leave out nothing but white space. Offsets count Unicode code points of the raw
        text. An answer of white space only has no units.
    redactions : DataFrame
        Table `redactions`: where personal data stands in each answer.
    signs : DataFrame
        Table `signs of proposals`: of every meaning unit, not of whole answers. English answers only.

    Raises
    ------
    ThemebookError
        If the spaCy package or its manifest is missing or differs.

    Notes
    -----
    Each distinct text is read once, in sorted order, so that row order changes nothing. Answers in another language
    than `params.language` are cut at sentence ends only, and no names are looked for in them.
    """
    ordered = responses.sort_values("response_id", kind="stable")
    texts = sorted(set(ordered["text"]))
    place = {text: i for i, text in enumerate(texts)}
    rows = np.array([place[text] for text in ordered["text"]], dtype=np.int64)
    parts = list(placed(list(ordered["response_id"]), rows, [read_texts(texts, params, nlp)]))
    tables = []
    for contract, of_one in zip((UNITS, REDACTIONS, SIGNS_OF_PROPOSALS), zip(*parts, strict=True), strict=True):
        table = pd.concat([part.to_pandas() for part in of_one], ignore_index=True)
        tables.append(_typed(table, contract))
    return tables[0], tables[1], tables[2]


def _typed(table: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    typed = table.astype(empty(contract).dtypes.to_dict())
    return typed.sort_values(list(contract.key), kind="stable", ignore_index=True)


def settings_of(params: Segment) -> dict[str, Any]:
    """Say in JSON what the result of `read_part` depends on beside the texts; the model's files among it."""
    return {"segment": params.model_dump(mode="json"), "spacy": read_json(MANIFEST)}


def read_part(part: pa.Table, settings: dict[str, Any]) -> pa.Table:
    """Read a part of the distinct texts, in any process.

    Parameters
    ----------
    part : pyarrow Table
        Column ``text``: distinct texts.
    settings : dict
        What `settings_of` gives.

    Returns
    -------
    pyarrow Table
        As `read_texts` gives it.
    """
    return read_texts(part["text"].to_pylist(), Segment(**settings["segment"]))


def read_texts(texts: Sequence[str], params: Segment, nlp: Language | None = None) -> pa.Table:
    """Find the units of distinct texts, their personal data and their signs of proposals.

    Parameters
    ----------
    texts : sequence of str
        Distinct texts.
    params : Segment
        As for `segment`.
    nlp : spaCy Language, optional
        A loaded pipeline.

    Returns
    -------
    pyarrow Table
        A row for each text, in their order: ``language``; ``start``, ``end`` and ``sign`` (a place in `SIGNS`) of each
        meaning unit; ``digest`` (sha256) of the whole answer and of each unit after it; ``mask_start``, ``mask_end``
        and ``mask_type`` (a place in `TYPES`) of each redaction.
    """
    import pyarrow as pa

    languages = detect(texts, params.language)
    own = [i for i, text in enumerate(texts) if languages[i] == params.language and text.strip()]
    chosen = set(own)
    rows = {i: _row(texts[i], None, params) for i in range(len(texts)) if i not in chosen}
    if own:
        pipeline = nlp if nlp is not None else load_spacy(params.spacy_model)
        rows.update(progress(_parsed(texts, own, params, pipeline), "splitting answers", len(own)))
    offsets, small = pa.list_(pa.int32()), pa.list_(pa.int8())
    types = (offsets, offsets, small, pa.list_(pa.binary(32)), offsets, offsets, small)
    columns = {"language": pa.array(languages, pa.string())}
    for k, (name, kind) in enumerate(zip(_READ, types, strict=True)):
        columns[name] = pa.array([rows[i][k] for i in range(len(texts))], kind)
    return pa.table(columns)


_SIGN = {sign: i for i, sign in enumerate(SIGNS)}
_READ = ("start", "end", "sign", "digest", "mask_start", "mask_end", "mask_type")


def distinct_texts(parts: Iterable[pa.Table]) -> tuple[list[str], np.ndarray, pa.Table]:
    """Find the distinct texts of answers that come bit by bit.

    Parameters
    ----------
    parts : iterable of pyarrow Table
        Of the table `responses`: ``response_id``, ``text``, ``status``.

    Returns
    -------
    response_ids : list of str
        Of the answered responses, in their order.
    rows : ndarray of int, shape (n,)
        For each, the row of its text.
    texts : pyarrow Table
        Column ``text``: the distinct texts, sorted by code point.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    ids, texts = [], [pa.array([], pa.large_string())]
    for part in parts:
        answered = part.filter(pc.equal(part["status"], "answered"))
        ids += answered["response_id"].to_pylist()
        texts += answered["text"].cast(pa.large_string()).chunks
    coded = pa.chunked_array(texts).combine_chunks().dictionary_encode()
    distinct, given = coded.dictionary, coded.indices.to_numpy()
    order = pc.sort_indices(distinct).to_numpy()
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return ids, rank[given], pa.table({"text": distinct.take(order)})


def placed(
    response_ids: Sequence[str], rows: np.ndarray, read: Iterable[pa.Table]
) -> Iterator[tuple[pa.Table, pa.Table, pa.Table]]:
    """Give answers what was read in their texts.

    Parameters
    ----------
    response_ids : sequence of str
        Sorted.
    rows : ndarray of int, shape (n,)
        For each, the row of its text in `read`.
    read : iterable of pyarrow Table
        What `read_texts` gave, in the order of the texts.

    Yields
    ------
    units, redactions, signs : pyarrow Table
        Parts of these tables, at least one. The first two are in the order of their keys, the third is not.
    """
    import pyarrow as pa

    table = pa.concat_tables(read).combine_chunks()
    spans, masks, digests = _Lists(table, "start"), _Lists(table, "mask_start"), _Lists(table, "digest")
    start, end, sign = (_flat(table, name) for name in ("start", "end", "sign"))
    mask_start, mask_end, mask_type = (_flat(table, name) for name in ("mask_start", "mask_end", "mask_type"))
    digest = _bytes(table["digest"])
    ids = np.asarray(response_ids, dtype=object)
    for at in range(0, max(1, len(ids)), ANSWERS):
        here, texts = ids[at : at + ANSWERS], rows[at : at + ANSWERS]
        of, n = digests.numbered(texts)
        text = texts[of]
        first, last = spans.first[text], spans.first[text] + spans.count[text] - 1
        left = start[np.where(n > 0, first + n - 1, first)]
        right = end[np.where(n > 0, first + n - 1, last)]
        owners = here[of]
        unit_ids = [_unit_id(*place) for place in zip(owners, left.tolist(), right.tolist(), n.tolist(), strict=True)]
        units = {
            "unit_id": unit_ids,
            "response_id": owners,
            "n": n,
            "start": left,
            "end": right,
            "text_id": _hex(digest[digests.first[text] + n]),
            "language": table["language"].take(text),
        }
        inner = n > 0
        shown = np.array(SIGNS, dtype=object)[sign[(first + n - 1)[inner]]]
        signs = {"unit_id": pa.array(unit_ids, pa.string()).filter(pa.array(inner)), "sign": shown}
        of, n = masks.numbered(texts)
        mask = masks.first[texts[of]] + n
        redactions = {
            "response_id": here[of],
            "start": mask_start[mask],
            "end": mask_end[mask],
            "type": np.array(TYPES, dtype=object)[mask_type[mask]],
        }
        yield _arrow(units, UNITS), _arrow(redactions, REDACTIONS), _arrow(signs, SIGNS_OF_PROPOSALS)


class _Lists:
    """Where the items of each row's list stand among all items."""

    def __init__(self, table: pa.Table, name: str) -> None:
        import pyarrow.compute as pc

        self.count = pc.list_value_length(table[name]).to_numpy().astype(np.int64)
        self.first = np.cumsum(self.count) - self.count

    def numbered(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each item of these rows' lists: which of `rows` it belongs to, and its number there, from 0."""
        count = self.count[rows]
        of = np.repeat(np.arange(len(rows)), count)
        return of, np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)


def _flat(table: pa.Table, name: str) -> np.ndarray:
    import pyarrow.compute as pc

    return pc.list_flatten(table[name]).to_numpy().astype(np.int64)


def _bytes(digests: pa.ChunkedArray) -> np.ndarray:
    """Digests as rows of 32 bytes."""
    import pyarrow as pa
    import pyarrow.compute as pc

    flat = pc.list_flatten(digests).combine_chunks()
    flat = pa.concat_arrays(flat.chunks) if isinstance(flat, pa.ChunkedArray) else flat
    if not len(flat):
        return np.empty((0, 32), dtype=np.uint8)
    return np.frombuffer(flat.buffers()[1], dtype=np.uint8)[32 * flat.offset : 32 * (flat.offset + len(flat))].reshape(
        -1, 32
    )


def _hex(digests: np.ndarray) -> pa.Array:
    """Rows of 32 bytes as texts of 64 hexadecimal digits."""
    import pyarrow as pa

    places = np.arange(len(digests) + 1, dtype=np.int32) * 64
    return pa.StringArray.from_buffers(
        len(digests), pa.py_buffer(places), pa.py_buffer(digests.tobytes().hex().encode())
    )


def _arrow(columns: dict[str, Any], contract: Contract) -> pa.Table:
    import pyarrow as pa

    return pa.table(columns, schema=arrow_schema(contract))


def _unit_id(response_id: str, start: int, end: int, n: int) -> str:
    place = f"{response_id}\x1f{start}\x1f{end}\x1f{n}"
    return "u_" + hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class _Later(Exception):
    """Named entities are asked for, which are looked for in many texts at once."""


def _later(doc: Doc) -> Doc:
    raise _Later


def _parsed(
    texts: Sequence[str], own: Sequence[int], params: Segment, nlp: Language
) -> Iterator[tuple[int, tuple[list[Any], ...]]]:
    """Read the texts at some places, in batches: the place of each, and what `_row` gives.

    Named entities take spaCy longer than all else, and few answers need them: only those get them.
    """
    entities: Any = nlp.get_pipe("ner")
    for places in _batches(texts, [i for i in own if len(texts[i]) <= PART]):
        waiting = []
        docs = nlp.pipe((_readable(texts[i]) for i in places), batch_size=BATCH, disable=["ner"])
        for i, doc in zip(places, docs, strict=True):
            try:
                yield i, _row(texts[i], doc, params, _later)
            except _Later:
                waiting.append((i, doc))
        docs = entities.pipe((doc for _, doc in waiting), batch_size=BATCH)
        yield from ((i, _row(texts[i], doc, params)) for (i, _), doc in zip(waiting, docs, strict=True))
    for i in own:
        if len(texts[i]) > PART:
            yield i, _row(texts[i], _parsed_in_parts(texts[i], nlp), params)


def _batches(texts: Sequence[str], places: Sequence[int]) -> Iterator[list[int]]:
    """Places in order, at most `BATCH` at once and no more than `PART` characters."""
    batch: list[int] = []
    characters = 0
    for i in places:
        if batch and (len(batch) == BATCH or characters + len(texts[i]) > PART):
            yield batch
            batch, characters = [], 0
        batch.append(i)
        characters += len(texts[i])
    if batch:
        yield batch


def _row(
    text: str, doc: Doc | None, params: Segment, entities: Callable[[Doc], Doc] | None = None
) -> tuple[list[Any], ...]:
    """What `read_texts` says of one text, in the order of `_READ`."""
    redactions = find_personal([text], [doc], names=params.mask_names, entities=entities)[0]
    spans = cut(text, find_cuts(text, doc, params.min_words, [(r.start, r.end) for r in redactions]), params.min_words)
    whole = doc.text if doc is not None else ""
    english = doc if params.language == "en" else None
    return (
        [start for start, _ in spans],
        [end for _, end in spans],
        [_SIGN[sign_of(english, *span, whole)] if english is not None else _SIGN[""] for span in spans],
        [digest(text[start:end]) for start, end in ([(spans[0][0], spans[-1][1])] if spans else []) + spans],
        [r.start for r in redactions],
        [r.end for r in redactions],
        [TYPES.index(r.type) for r in redactions],
    )


def _readable(text: str) -> str:
    """The text for spaCy, of the same length: one word in place of a run without white space."""
    return _RUN.sub(lambda run: "a" * len(run.group()), text)


def _parsed_in_parts(text: str, nlp: Language) -> Doc:
    """Read a very long answer in parts that end at white space where there is any."""
    from spacy.tokens import Doc

    parts = []
    start = 0
    while start < len(text):
        end = min(start + PART, len(text))
        if end < len(text):
            space = max(text.rfind("\n", start, end), text.rfind(" ", start, end))
            end = space + 1 if space > start else end
        parts.append(_readable(text[start:end]))
        start = end
    return Doc.from_docs(list(nlp.pipe(parts, batch_size=1)), ensure_whitespace=False)
