"""Give every distinct text of one wave its vector."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from pipeline.foundation.contracts import RESPONSES, UNITS
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.shards import sharded
from pipeline.foundation.tables import read_json, read_table
from pipeline.foundation.vector_files import digests_of, write_vector_blocks
from pipeline.text.encoder import BLOCK, MANIFEST, encode_part, load_encoder, vectors_path

if TYPE_CHECKING:
    import pyarrow as pa


def run(wave: str) -> None:
    """Embed one wave."""
    params = load_params()
    own, manifest = params.embed, read_json(MANIFEST)
    encoder = load_encoder(own, manifest)
    units = read_table(UNITS, wave).drop_duplicates("text_id").sort_values("text_id")
    raw = dict(zip(*(read_table(RESPONSES, wave)[name] for name in ("response_id", "text")), strict=True))
    place = zip(units["response_id"], units["start"], units["end"], strict=True)
    texts = (raw[response_id][start:end] for response_id, start, end in place)
    digests = digests_of(units["text_id"])
    about = {"encoder": own.encoder, "precision": own.precision, **encoder.about}
    if params.engine == "dask":
        settings = {"embed": own.model_dump(mode="json"), "manifest": manifest, "about": encoder.about}
        with sharded(f"embed/{wave}", encode_part, _blocks(texts), settings, params) as blocks:
            write_vector_blocks(vectors_path(wave), digests, blocks, about)
    else:
        # On this machine the encoder uses all cores by itself, and its cache knows what is done.
        write_vector_blocks(vectors_path(wave), digests, encoder.stream(texts, len(units)), about)
    say(f"embed {wave}", texts=len(units), dimensions=encoder.dimensions, **encoder.about)


def _blocks(texts: Iterator[str]) -> Iterator[pa.Table]:
    """The same blocks as the encoder makes: which texts stand together shows in the last bits of a vector."""
    import pyarrow as pa

    while block := list(islice(texts, BLOCK)):
        yield pa.table({"text": pa.array(block, pa.string())})
