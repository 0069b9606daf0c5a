"""`themebook refs` and `themebook draft`: what the researcher's text may refer to, and a first text."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pandas as pd

from pipeline.foundation.contracts import SENTENCES
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import path_of, read_table, read_text, write_text
from pipeline.report import claims
from pipeline.report.draft import draft
from pipeline.report.public import to_public
from pipeline.report.records import CONTENT_FILE, Block, Content
from pipeline.report.sentences import changed
from pipeline.report.story import STORY_FILE, lines_of, parse
from pipeline.report.telling import Book, book_of, full, tell
from pipeline.report.wording import plain

_REFERENCE = re.compile(r"(?<!\\)\{([a-z]+:[^{}\n]*)\}")
_WIDTH = 60


def listed(words: Sequence[str]) -> list[str]:
    """List references with what they print and what they are, those that hold all words; in their shortest form."""
    book, short = _book()
    folded = [word.casefold() for word in words]
    found = [line for name, line in _lines(book, short) if all(word in f"{name} {line}".casefold() for word in folded)]
    return found or [f"Nothing holds {' and '.join(words)}."]


def _lines(book: Book, short: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every reference once, without its wave where it needs none."""
    shortest: dict[str, str] = {}
    for name, figure in sorted(book.figures.items()):
        before = shortest.get(figure.reference)
        shortest[figure.reference] = name if before is None or len(name) < len(before) else before
    for reference, name in shortest.items():
        figure = book.figures[reference]
        yield reference, f"{{{_shortened(name, short)}}}  {plain(figure.text, _WIDTH)}  ({plain(figure.about, 200)})"
    for quote_id, quote in sorted(book.quotes.items(), key=lambda item: (item[1].theme_id, item[1].rank, item[0])):
        state = "approved" if quote.approved else "not approved"
        yield quote_id, f"{{quote:{quote_id}}}  {quote.theme_id} {state}  “{plain(quote.display, 2 * _WIDTH)}”"
    for kind, names in (("chart", book.charts), ("outlook", book.outlooks), ("theme", book.themes)):
        for each in sorted(filter(None, names)):
            yield each, f"{{{_shortened(f'{kind}:{each}', short)}}}  on a line of its own"


def _shortened(reference: str, short: dict[str, str]) -> str:
    kind, _, rest = reference.partition(":")
    for question in sorted(short, key=len, reverse=True):
        if rest == question or rest.startswith((f"{question}.", f"{question}@")):
            return f"{kind}:{short[question]}{rest[len(question) :]}"
    return reference


def complete() -> list[str]:
    """Write out each reference of the text that is cut short, where only one begins or ends like it."""
    text = _text()
    names = parse(text).names
    book, short = _book()
    known = {_shortened(name, short) for name in book.figures} | {f"quote:{quote}" for quote in book.quotes}
    lines: list[str] = []

    def written(found: re.Match[str]) -> str:
        reference = found[1]
        if full(reference, names) in book.figures or reference in known:
            return found[0]
        kind, _, rest = reference.partition(":")
        question, dot, last = rest.rpartition(".")
        plain_ones = sorted(name for name in known if "@" not in name and "[" not in name)
        alone = [name for name in plain_ones if name.startswith(reference)]
        if dot and not alone:
            of = f"{kind}:{question}."
            alone = [name for name in plain_ones if name.startswith(of) and last in name[len(of) :]]
        if len(alone) == 1:
            lines.append(f"{{{reference}}} is now {{{alone[0]}}}")
            return f"{{{alone[0]}}}"
        if alone:
            lines.append(f"{{{reference}}} could be {', '.join(f'{{{name}}}' for name in alone[:8])}")
        return found[0]

    rewritten = _REFERENCE.sub(written, text)
    if rewritten != text:
        write_text(Path(STORY_FILE), rewritten)
    return lines or ["Every reference is whole, or nothing begins like it."]


def changes() -> list[str]:
    """List the sentences that print other figures than those of the last commit."""
    path = path_of(SENTENCES)
    now = read_table(SENTENCES)
    done = subprocess.run(
        ["git", "show", f"HEAD:./{path.as_posix()}"], capture_output=True, text=True, encoding="utf-8"
    )
    if done.returncode:
        raise ThemebookError(f"{path} is in no commit yet.", "Commit it once (`git add reports`, `git commit`).")
    before = pd.read_csv(io.StringIO(done.stdout), dtype=str, keep_default_na=False)
    return changed(before, now) or ["No sentence prints another figure than at the last commit."]


def unbacked() -> list[str]:
    """List the sentences that claim a share (“most”) with no figure beside it: nobody checks these but the reader."""
    content = _content()
    blocks = tell(parse(_text()), content)
    found = [f"{STORY_FILE}, line {line}: {said}" for block in _every(blocks) for line, said in _claims(block)]
    return found or ["Every sentence that claims a share has a figure beside it."]


def _every(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        yield from _every(block.children)


def _claims(block: Block) -> Iterator[tuple[int, str]]:
    lines = [line for _, line in lines_of(block)]
    for at, said in claims.unbacked(block.spans):
        yield lines[at], said


def write_draft() -> str:
    """Write a draft to the text's file, where that holds nothing yet.

    Raises
    ------
    ThemebookError
        If somebody has written there already, or nothing was run yet.
    """
    if parse(_text()).blocks:
        raise ThemebookError(
            f"{STORY_FILE} holds a text already; it was not changed.",
            "Move it away to begin anew from a draft.",
        )
    content = _content().model_copy(update={"story": ()})
    write_text(Path(STORY_FILE), draft(content, to_public(content)))
    return f"{STORY_FILE} holds a draft; rewrite it freely, then run `dvc repro`."


def _text() -> str:
    path = Path(STORY_FILE)
    return read_text(path, "") if path.exists() else ""


def _book() -> tuple[Book, dict[str, str]]:
    """What may be referred to, and the short name of each question that has one."""
    names = parse(_text()).names
    return book_of(_content(), names), {question: name for name, question in names.items()}


def _content() -> Content:
    path = Path(CONTENT_FILE)
    if not path.exists():
        raise ThemebookError(f"{path} does not exist.", "Run `dvc repro` first.")
    return Content.model_validate_json(read_text(path, ""))
