"""Give every distinct text of one wave its vector."""

from __future__ import annotations

from pipeline.foundation.contracts import RESPONSES, UNITS
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import digests_of, read_json, read_table, write_vector_blocks
from pipeline.text.encoder import MANIFEST, load_encoder, vectors_path


def run(wave: str) -> None:
    """Embed one wave."""
    params = load_params().embed
    encoder = load_encoder(params, read_json(MANIFEST))
    units = read_table(UNITS, wave).drop_duplicates("text_id").sort_values("text_id")
    raw = dict(zip(*(read_table(RESPONSES, wave)[name] for name in ("response_id", "text")), strict=True))
    place = zip(units["response_id"], units["start"], units["end"], strict=True)
    blocks = encoder.stream((raw[response_id][start:end] for response_id, start, end in place), len(units))
    about = {"encoder": params.encoder, "precision": params.precision, **encoder.about}
    write_vector_blocks(vectors_path(wave), digests_of(units["text_id"]), blocks, about)
    say(f"embed {wave}", texts=len(units), dimensions=encoder.dimensions, **encoder.about)
