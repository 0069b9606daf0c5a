"""Give every distinct text of one wave its vector."""

from __future__ import annotations

from pipeline.foundation.contracts import RESPONSES, UNITS
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_json, read_table, write_vectors
from pipeline.text.encoder import MANIFEST, load_encoder, vectors_path


def run(wave: str) -> None:
    """Embed one wave."""
    params = load_params().embed
    encoder = load_encoder(params, read_json(MANIFEST))
    units = read_table(UNITS, wave).drop_duplicates("text_id").sort_values("text_id")
    raw = read_table(RESPONSES, wave).set_index("response_id")["text"]
    texts = [raw[r][s:e] for r, s, e in zip(units["response_id"], units["start"], units["end"], strict=True)]
    vectors = encoder.encode(texts)
    about = {"encoder": params.encoder, "precision": params.precision}
    write_vectors(vectors_path(wave), units["text_id"].tolist(), vectors, about)
    say(f"embed {wave}", texts=len(texts), dimensions=vectors.shape[1])
