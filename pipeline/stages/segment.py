"""Split one wave's answers into units, tell their languages, find personal data and signs of proposals."""

from __future__ import annotations

from pipeline.foundation.contracts import REDACTIONS, RESPONSES, SIGNS_OF_PROPOSALS, UNITS
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_table, write_table
from pipeline.text.units import segment


def run(wave: str) -> None:
    """Segment one wave."""
    params = load_params().segment
    responses = read_table(RESPONSES, wave)
    units, redactions, signs = segment(responses[responses["status"] == "answered"], params)
    write_table(units, UNITS, wave)
    write_table(redactions, REDACTIONS, wave)
    write_table(signs, SIGNS_OF_PROPOSALS, wave)
    say(f"segment {wave}", units=int((units["n"] > 0).sum()), redactions=len(redactions))
