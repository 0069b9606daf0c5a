"""The report as a document: a summary, the researcher's own text, and the evidence for both."""

from __future__ import annotations

from pipeline.report import wording
from pipeline.report.chapters import title, words
from pipeline.report.evidence import evidence
from pipeline.report.pieces import Document
from pipeline.report.printed_text import text
from pipeline.report.records import Content
from pipeline.report.summary import Room, first_page, second_page

LANGUAGE = "en"


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
    return Document(
        title=wording.plain(words(title(content))),
        kicker=f"Survey report{span}",
        language=LANGUAGE,
        summary=(first_page(content, room), second_page(content, room)),
        body=(*text(content), *evidence(content)),
        end="Quotes in this report were approved for publication one by one. Made with themebook."
        if content.audience == "public"
        else "Internal report: not for passing on. Made with themebook.",
    )
