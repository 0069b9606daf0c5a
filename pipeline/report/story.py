"""The researcher's own text as pieces of a document."""

from __future__ import annotations

from pipeline.report.pieces import Piece
from pipeline.report.records import Content


def story(content: Content) -> list[Piece]:
    """Give the researcher's text, block by block."""
    return []
