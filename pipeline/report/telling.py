"""Looking up what a text refers to: each reference becomes its figure or quote, or a fault that names its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.foundation.errors import ThemebookError, closest
from pipeline.report.records import Block, Content, Figure, Quote, Span
from pipeline.report.references import charts_of, figures_of, opens_of
from pipeline.report.story import REFERENCE, STORY_FILE, Story, lines_of

Faults = Callable[[Sequence[Span], Mapping[str, Sequence[Figure]]], Iterable[tuple[int, str]]]
_OF_QUESTION = ("share", "count", "base", "interval", "change", "answered", "mean", "median", "chart", "outlook")


class Fault(NamedTuple):
    """What is wrong on one line of a text, and what to do."""

    line: int
    said: str


class Book(NamedTuple):
    """What references are looked up in: figures and quotes by what names them, charts and themes by their ids."""

    figures: dict[str, Figure]
    quotes: dict[str, Quote]
    charts: frozenset[str]
    outlooks: tuple[str, ...]
    themes: frozenset[str]
    former: dict[str, str]
    names: dict[str, str]


def book_of(content: Content, names: Mapping[str, str] | None = None) -> Book:
    """List all that a text may refer to.

    Parameters
    ----------
    content : Content
    names : mapping of str to str, optional
        Short names of questions, as the text gives them.
    """
    charted = {q.id for q in opens_of(content) if q.chart is not None}
    return Book(
        figures=figures_of(content),
        quotes={quote.quote_id: quote for quote in content.quotes},
        charts=frozenset(charts_of(content)) | charted,
        outlooks=tuple(view.question_id for view in content.outlooks),
        themes=frozenset(theme.id for theme in content.themes),
        former={fact.name: fact.value for fact in content.former},
        names=dict(names or {}),
    )


def full(reference: str, names: Mapping[str, str]) -> str:
    """Write a reference with question ids where it has short names.

    Examples
    --------
    >>> full("share:barriers.delay@2025", {"barriers": "what_gets_in_the_way"})
    'share:what_gets_in_the_way.delay@2025'
    >>> full("theme:T01.share[question=why]", {"why": "why_do_you_feel_this_way"})
    'theme:T01.share[question=why_do_you_feel_this_way]'
    """
    kind, colon, rest = reference.partition(":")
    if kind in _OF_QUESTION and colon:
        end = min((rest.find(sign) for sign in ".@" if sign in rest), default=len(rest))
        # The item of a grid is named by the grid's id, a dot and its place.
        rest = names.get(rest[:end], rest[:end]) + rest[end:]
    rest = re.sub(r"\[question=([^\]]+)\]", lambda found: f"[question={names.get(found[1], found[1])}]", rest)
    return kind + colon + rest


def tell(story: Story, content: Content, check: Faults | None = None) -> tuple[Block, ...]:
    """Look up every reference of a text in the content of the internal report.

    Parameters
    ----------
    story : Story
        As `parse` gives it.
    content : Content
        Whose figures and quotes it may refer to.
    check : callable, optional
        Finds what words claim against their figures; takes the spans of a block and the figures that can be ranked
        with each other, and gives the place of a span and what is wrong there.

    Returns
    -------
    tuple of Block
        With a figure or quote in each span that was a reference.

    Raises
    ------
    ThemebookError
        Naming every line with a reference to what there is not, or with a claim that its figure contradicts.
    """
    book = book_of(content, story.names)
    known = {question.id for question in content.questions} | set(charts_of(content))
    if strangers := [name for name in story.names.values() if name not in known]:
        raise ThemebookError(
            f"{STORY_FILE}: the block of names at its head names a question that there is not: `{strangers[0]}`.",
            closest(strangers[0], known) or "`themebook refs` lists what there is.",
        )
    among: dict[str, list[Figure]] = {}
    for figure in {figure.reference: figure for figure in book.figures.values()}.values():
        among.setdefault(figure.among, []).append(figure)
    faults: list[Fault] = []
    blocks = tuple(_told(block, book, among, check, faults) for block in story.blocks)
    _raise(faults)
    return blocks


def _told(
    block: Block,
    book: Book,
    among: Mapping[str, Sequence[Figure]],
    check: Faults | None,
    faults: list[Fault],
) -> Block:
    spans, lines = [], []
    for span, line in lines_of(block):
        lines.append(line)
        if span.style == REFERENCE:
            span = _found(span, block, line, book, faults)
        spans.append(span)
    if block.insert:
        kind, colon, rest = full(block.insert, book.names).partition(":")
        if fault := _missing(kind, rest, book):
            faults.append(Fault(block.line, fault))
        if kind != "quote":
            spans = []
        if kind == "outlook" and not rest and book.outlooks:
            colon, rest = ":", book.outlooks[0]
        block = block.model_copy(update={"insert": kind + colon + rest})
    elif check and not block.checked:
        faults += [Fault(lines[at], _as_written(said, spans)) for at, said in check(spans, among)]
    children = tuple(_told(child, book, among, check, faults) for child in block.children)
    return block.model_copy(update={"spans": tuple(spans), "children": children})


def _as_written(said: str, spans: Sequence[Span]) -> str:
    """Name figures in a message by the references that the text has for them."""
    for span in spans:
        if span.figure:
            said = said.replace(f"{{{span.figure.reference}}}", f"{{{span.text}}}")
    return said


def _found(span: Span, block: Block, line: int, book: Book, faults: list[Fault]) -> Span:
    """Look one reference up; its words stay as they were written, for messages and for lists of references."""
    written = span.text
    reference = full(written, book.names)
    kind, _, rest = reference.partition(":")
    style = span.href
    if kind == "quote":
        if quote := book.quotes.get(rest):
            return Span(text=written, style=style, quote=quote)
        if not block.insert:
            faults.append(Fault(line, _no_quote(rest)))
    elif figure := book.figures.get(reference):
        return Span(text=written, style=style, figure=figure)
    elif not block.insert:
        faults.append(Fault(line, _unknown(written, reference, book)))
    return Span(text=written, style=style)


def _missing(kind: str, rest: str, book: Book) -> str:
    """Say what is wrong with a piece that stands alone; nothing if it is there."""
    written = "{" + kind + (f":{rest}" if rest else "") + "}"
    if kind == "quote":
        return "" if rest in book.quotes else _no_quote(rest)
    if kind in ("theme", "quotes"):
        return "" if rest in book.themes else _no_theme(written, rest, book)
    if kind == "chart":
        if rest in book.charts:
            return ""
        return f"{written}: no question with a chart has this id. {_near(rest, [*book.charts, *book.names])}"
    if kind == "outlook":
        if not book.outlooks:
            return (
                f"{written}: no closed question has reasons of its own (`explains` in data/survey.yaml). Take it out."
            )
        return "" if not rest or rest in book.outlooks else f"{written}: there is none. {_near(rest, book.outlooks)}"
    return "" if not rest else f"{written}: nothing may follow its name. Write it as {{{kind}}}."


def _unknown(written: str, reference: str, book: Book) -> str:
    kind, _, rest = reference.partition(":")
    if kind == "theme" or (kind == "change" and re.match(r"T\d+\b", rest)):
        theme = re.split(r"[.@\[]", rest)[0]
        if theme not in book.themes:
            return _no_theme("{" + written + "}", theme, book)
        if kind == "theme" and rest == theme:
            return (
                f"{{{written}}}: all that is known of a theme stands on a line of its own; in a sentence, say which "
                f"figure is meant, such as {{theme:{theme}.share}}."
            )
        own = [name for name in book.figures if name.startswith(f"theme:{theme}.")]
        return f"{{{written}}}: the theme has no such figure. {_near(reference, own)}"
    return f"{{{written}}}: there is no such figure. {_near(reference, book.figures)}"


def _near(name: str, known: Iterable[str]) -> str:
    found = closest(name, known)
    return f"{found} `themebook refs` lists all.".strip()


def _no_theme(written: str, theme: str, book: Book) -> str:
    if theme in book.former:
        return f"{written}: {book.former[theme]}. Take the sentence out, or refer to another theme."
    return f"{written}: the codebook has no theme `{theme}`. {_near(theme, book.themes)}"


def _no_quote(quote_id: str) -> str:
    return (
        f"{{quote:{quote_id}}}: there is no such quote now; it was withdrawn, or its theme or answer changed. Choose "
        "another (`themebook quote list`)."
    )


def retell(blocks: Iterable[Block], content: Content, quote: Callable[[Quote], Quote | None]) -> tuple[Block, ...]:
    """Tell a text again for outside: from what is public only.

    Parameters
    ----------
    blocks : iterable of Block
        As `tell` gives them.
    content : Content
        Made public.
    quote : callable
        Gives a quote as it may be shown outside, or None where nobody approved it.

    Raises
    ------
    ThemebookError
        Naming every line with a figure that is not for outside, or a quote that nobody approved.
    """
    book = book_of(content)
    faults: list[Fault] = []
    told = tuple(each for block in blocks if (each := _outside(block, book, quote, faults)))
    _raise(faults)
    return told


def _outside(block: Block, book: Book, quote: Callable[[Quote], Quote | None], faults: list[Fault]) -> Block | None:
    if block.internal:
        return None
    spans = []
    for span, line in lines_of(block):
        if span.figure:
            figure = book.figures.get(span.figure.reference)
            if figure is None:
                faults.append(
                    Fault(
                        line,
                        f"{{{span.text}}} ({span.figure.about}) is too small a figure, or too near to one, to be shown "
                        "outside. Take it out, or end the paragraph with {internal}.",
                    )
                )
            span = span.model_copy(update={"figure": figure})
        elif span.quote:
            shown = quote(span.quote)
            if shown is None:
                faults.append(
                    Fault(
                        line,
                        f"{{{span.text}}}: nobody approved this quote for publication. Approve it (`themebook quote "
                        f"approve {span.quote.quote_id} --reviewer NAME`), take it out, or end the line with "
                        "{internal}.",
                    )
                )
            span = span.model_copy(update={"quote": shown, "text": ""})
        spans.append(span)
    kind, _, rest = block.insert.partition(":")
    if kind == "chart" and rest not in book.charts:
        faults.append(
            Fault(
                block.line,
                f"{{{block.insert}}}: so few answered that nothing of it is public. End it with {{internal}}.",
            )
        )
    children = (_outside(child, book, quote, faults) for child in block.children)
    kept = tuple(child for child in children if child)
    return None if block.children and not kept else block.model_copy(update={"spans": tuple(spans), "children": kept})


def _raise(faults: Sequence[Fault]) -> None:
    if not faults:
        return
    lines = [f"{STORY_FILE}, line {fault.line}: {fault.said}" for fault in sorted(set(faults))]
    raise ThemebookError(
        "\n".join(lines) + "\n",
        "Mend the text and run it again; a line whose words were checked by a person against its figures may end with "
        "{checked: name}.",
    )


def spans_of(blocks: Iterable[Block]) -> Iterator[Span]:
    """Give every span of some blocks and what they hold, in the order of the text."""
    for block in blocks:
        yield from block.spans
        yield from spans_of(block.children)
