"""Answers cut into meaning units, each masked and placed exactly in its answer."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.foundation.contracts import REDACTIONS, SIGNS_OF_PROPOSALS, UNITS, Contract
from pipeline.foundation.log import progress
from pipeline.foundation.params import Segment
from pipeline.foundation.tables import empty
from pipeline.text.boundaries import cut, find_cuts
from pipeline.text.ids import text_id
from pipeline.text.languages import detect
from pipeline.text.patterns import Redaction
from pipeline.text.personal import find_personal
from pipeline.text.proposing import sign_of
from pipeline.text.spacy_model import load_spacy

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

BATCH = 128
# spaCy's parser needs about a gigabyte for 100,000 characters; a longer answer is read in parts of this size.
PART = 50_000
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
    texts = sorted(set(responses["text"]))
    languages = dict(zip(texts, detect(texts, params.language), strict=True))
    read: dict[str, tuple[list[tuple[int, int]], list[Redaction], list[str]]] = {}
    for text, doc in progress(_parsed(texts, languages, params, nlp), "splitting answers", len(texts)):
        redactions = find_personal([text], [doc], names=params.mask_names)[0]
        cuts = find_cuts(text, doc, params.min_words, [(r.start, r.end) for r in redactions])
        spans = cut(text, cuts, params.min_words)
        english = doc if params.language == "en" else None
        read[text] = (spans, redactions, [sign_of(english, *span) if english is not None else "" for span in spans])
    units, masked, signs = [], [], []
    for response_id, text in zip(responses["response_id"], responses["text"], strict=True):
        spans, redactions, shown = read[text]
        whole = [(spans[0][0], spans[-1][1])] if spans else []
        for n, (start, end) in enumerate(whole + spans):
            unit_id = _unit_id(response_id, start, end, n)
            units.append((unit_id, response_id, n, start, end, text_id(text[start:end]), languages[text]))
            if n:
                signs.append((unit_id, shown[n - 1]))
        masked += [(response_id, r.start, r.end, r.type) for r in redactions]
    return _table(units, UNITS), _table(masked, REDACTIONS), _table(signs, SIGNS_OF_PROPOSALS)


def _unit_id(response_id: str, start: int, end: int, n: int) -> str:
    place = "\x1f".join((response_id, str(start), str(end), str(n)))
    return "u_" + hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _table(rows: Sequence[tuple[object, ...]], contract: Contract) -> pd.DataFrame:
    types = empty(contract)
    table = pd.DataFrame(rows, columns=list(contract.columns)) if rows else types
    return table.astype(types.dtypes.to_dict()).sort_values(list(contract.key), kind="stable", ignore_index=True)


def _parsed(
    texts: list[str], languages: dict[str, str], params: Segment, nlp: Language | None
) -> Iterator[tuple[str, Doc | None]]:
    """Each text with its parse, or with None where it is not in the pipeline's language."""
    own = [text for text in texts if languages[text] == params.language and text.strip()]
    if own:
        pipeline = nlp if nlp is not None else load_spacy(params.spacy_model)
        short = [text for text in own if len(text) <= PART]
        readable = (_readable(text) for text in short)
        yield from zip(short, pipeline.pipe(readable, batch_size=BATCH), strict=True)
        for text in own:
            if len(text) > PART:
                yield text, _parsed_in_parts(text, pipeline)
    chosen = set(own)
    yield from ((text, None) for text in texts if text not in chosen)


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
