"""Personal data in answers: where it stands, and how a text is shown without it. Raw texts are never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from pipeline.text.names import find_names
from pipeline.text.patterns import Redaction, find_patterns, merge

if TYPE_CHECKING:
    from spacy.tokens import Doc

TYPES = ("NAME", "EMAIL", "PHONE", "POSTCODE", "NHS_NUMBER", "NI_NUMBER", "HANDLE")


def find_personal(
    texts: Sequence[str],
    docs: Sequence[Doc | None] | None = None,
    names: bool = True,
    entities: Callable[[Doc], Doc] | None = None,
) -> list[list[Redaction]]:
    """Find the personal data that must not be shown.

    Parameters
    ----------
    texts : sequence of str
        Answers.
    docs : sequence of spaCy Doc or None, optional
        The same texts, parsed with an English pipeline that tags and finds named entities. Where it is None (another
        language), only what has a form of its own (e-mail, phone, postcode …) is found, and no names.
    names : bool
        Whether names of people are looked for.
    entities : callable, optional
        Finds the named entities of a Doc that has none yet; called only for answers where they can matter.

    Returns
    -------
    list of list of Redaction
        For each text its spans ``[start, end)`` in code points, sorted and without overlap, of one of `TYPES`.

    Examples
    --------
    >>> find_personal(["Ring me on 020 7946 0318"])
    [[Redaction(start=11, end=24, type='PHONE')]]
    """
    found = []
    for i, text in enumerate(texts):
        redactions = find_patterns(text)
        doc = docs[i] if docs is not None else None
        if names and doc is not None:
            spans = find_names(text, doc, entities)
            redactions = merge(redactions + [Redaction(start, end, "NAME") for start, end in spans])
        found.append(redactions)
    return found


def mask(text: str, redactions: Iterable[tuple[int, int, str]], start: int = 0, end: int | None = None) -> str:
    """Give a span of a text for display, with a mark such as ``[NAME]`` in place of each redacted part.

    Parameters
    ----------
    text : str
        The raw answer.
    redactions : iterable of (start, end, type)
        What `find_personal` or the table of redactions says about this answer, in any order.
    start, end : int
        The span to show, in code points; the whole text by default. A redaction that reaches over an edge of the span
        is masked as well, so that no part of it shows.

    Returns
    -------
    str
        The text between redactions, unchanged, and the marks.

    Examples
    --------
    >>> mask("Thanks to Julie.", [(10, 15, "NAME")])
    'Thanks to [NAME].'
    >>> mask("Thanks to Julie Smith.", [(10, 21, "NAME")], start=0, end=13)
    'Thanks to [NAME]'
    """
    stop = len(text) if end is None else end
    shown = []
    at = start
    for left, right, kind in merge([Redaction(*r) for r in sorted(redactions)]):
        if right <= start or left >= stop:
            continue
        shown += [text[at : max(left, at)], f"[{kind}]"]
        at = right
    shown.append(text[at:stop])
    return "".join(shown)
