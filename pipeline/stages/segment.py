"""Split one wave's answers into units, tell their languages, find personal data and signs of proposals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.foundation.contracts import REDACTIONS, RESPONSES, SIGNS_OF_PROPOSALS, UNITS
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.shards import sharded, slices
from pipeline.foundation.tables import read_parts, write_parts
from pipeline.text.units import distinct_texts, placed, read_part, settings_of

if TYPE_CHECKING:
    import pyarrow as pa


def run(wave: str) -> None:
    """Segment one wave."""
    import pyarrow as pa

    params = load_params()
    response_ids, rows, texts = distinct_texts(read_parts(RESPONSES, wave, ["response_id", "text", "status"]))
    parts = slices(texts, params.shard_rows) if len(texts) else iter([texts])
    del texts
    redactions: list[pa.Table] = []
    signs: list[pa.Table] = []

    def units() -> Iterator[pa.Table]:
        for unit_part, redaction_part, sign_part in placed(response_ids, rows, results):
            redactions.append(redaction_part)
            signs.append(sign_part)
            yield unit_part

    with sharded(f"segment/{wave}", read_part, parts, settings_of(params.segment), params) as results:
        write_parts(units(), UNITS, wave)
        masked = write_parts(redactions, REDACTIONS, wave)
        signed = pa.concat_tables(signs).sort_by("unit_id")
        write_parts(slices(signed, 500_000) if len(signed) else [signed], SIGNS_OF_PROPOSALS, wave)
    say(f"segment {wave}", units=len(signed), redactions=masked)
