"""The report as a document: a summary, the researcher's own text, and the evidence for both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pipeline.report import wording
from pipeline.report.chapters import title, words
from pipeline.report.evidence import evidence
from pipeline.report.house import House
from pipeline.report.pieces import Document, Heading, Piece
from pipeline.report.printed_text import text
from pipeline.report.records import Content
from pipeline.report.summary import Room, first_page, second_page

APPROVED = "Quotes in this report were approved for publication one by one."
MADE = "Made with themebook."


def document(content: Content, room: Room | None = None) -> Document:
    """Lay out the report for print.

    Parameters
    ----------
    content : Content
        Made public already, for a document that leaves the team.
    room : Room, optional
        How much of each kind the two pages of the summary hold.

    Returns
    -------
    Document
    """
    room = room or Room()
    waves = [wave.id for wave in content.waves]
    span = f" · {waves[0]} to {waves[-1]}" if len(waves) > 1 else f" · {waves[0]}" if waves else ""
    house = content.house
    return Document(
        title=wording.plain(words(title(content))),
        kicker=f"{house.say('Survey report')}{span}",
        language=house.language,
        summary=(_said(first_page(content, room), house), _said(second_page(content, room), house)),
        body=(*text(content), *_said(evidence(content), house)),
        end=f"{house.say(APPROVED)} {house.say(MADE)}"
        if content.audience == "public"
        else f"Internal report: not for passing on. {house.say(MADE)}",
        accent=house.colours.accent,
        second=house.colours.second,
        logo=house.logo.data if house.logo else "",
        logo_alt=house.logo.alt if house.logo else "",
    )


def _said(pieces: Iterable[Piece], house: House) -> tuple[Piece, ...]:
    """Give fixed headings in the words of the house."""
    return tuple(replace(each, text=house.say(each.text)) if isinstance(each, Heading) else each for each in pieces)
