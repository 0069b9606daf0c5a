"""Split one wave's answers into units, tell their languages and find personal data."""

from __future__ import annotations

from pipeline.foundation.contracts import REDACTIONS, RESPONSES, UNITS
from pipeline.foundation.log import say
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_table, write_table
from pipeline.text.units import segment


def run(wave: str) -> None:
    """Segment one wave."""
    params = load_params().segment
    responses = read_table(RESPONSES, wave)
    units, redactions = segment(responses[responses["status"] == "answered"], params)
    write_table(units, UNITS, wave)
    write_table(redactions, REDACTIONS, wave)
    say(f"segment {wave}", units=int((units["n"] > 0).sum()), redactions=len(redactions))
