"""Passages: which exact spans of an answer could be quoted, and how well each stands by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from pipeline.foundation.params import Quote
from pipeline.text.boundaries import count_words
from pipeline.text.personal import mask

PULL, FRAGMENT = "pull", "fragment"
Spans = tuple[tuple[int, int], ...]

# At most so many adjacent meaning units make one passage.
MOST_UNITS = 3
_CONNECTIVE = frozenset(
    "and & but or nor because cos as which who whom whose so then also plus though although".split()
)
_POINTER = frozenset("it it's its they they're their them he he's she she's his him her".split())
_DEMONSTRATIVE = frozenset("this that these those".split())
# After "this" or "that", one of these shows that no noun follows: "this was good", not "this ward was good".
_VERB = frozenset(
    """
    is isn't was wasn't are were has have had do does did would could should can can't cannot will won't may might must
    makes made means helps helped needs needed
    """.split()
)
_DANGLING = frozenset(
    """
    a an the and or but nor of to with for from in on at by as than that which who because if when while so my your our
    their his her its is was are were be been very too
    """.split()
)
_LEAD = re.compile(r"(?:[\s,;:•·▪●*–-]+|\(?\d{1,2}[.)]\s+|(?:and|&|plus|also|but|so|because)\b[\s,]+)+", re.IGNORECASE)
_TAIL = re.compile(r"(?:[\s,;:–-]|\s(?:and|but|or|&))+$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…。！？؟।][\"'”’»)\]]*\s*$|[\n\r]\s*$")
_WORD = re.compile(r"\w+(?:['’]\w+)*|&")
_PAIRS = (("(", ")"), ("[", "]"), ("“", "”"), ("«", "»"))


def display(
    text: str,
    spans: Spans,
    redactions: Sequence[tuple[int, int, str]],
    clarifications: Sequence[tuple[int, int, str]] = (),
) -> str:
    """Show a quote: its spans with personal data masked, `` […] `` between them, and a reviewer's clarifications.

    Parameters
    ----------
    text : str
        The whole answer.
    spans : tuple of (int, int)
        What is quoted.
    redactions : sequence of (start, end, type)
        Personal data.
    clarifications : sequence of (start, end, words)
        ``[words]`` printed in place of ``[start, end)``, or between two words where the span is empty; in order, each
        inside a span.

    Examples
    --------
    >>> display("They need time, and us too.", ((0, 14), (20, 26)), [], [(0, 4, "The sectors")])
    '[The sectors] need time […] us too'
    >>> display("More time is needed", ((0, 19),), [], [(9, 9, "for training")])
    'More time [for training] is needed'
    """
    shown = []
    for start, end in spans:
        at, part = start, ""
        for left, right, words in clarifications:
            if start <= left and right <= end:
                part += mask(text, redactions, at, left)
                before = " " if left == right and part and not part[-1].isspace() else ""
                after = " " if left == right and text[right:end][:1].isalnum() else ""
                part += f"{before}[{words}]{after}"
                at = right
        shown.append(part + (mask(text, redactions, at, end) if at < end else ""))
    return " […] ".join(shown)


def kind_of(text: str, spans: Spans, params: Quote) -> str:
    """Tell a fragment, which runs on in a writer's sentence, from a pull quote, which stands by itself.

    A fragment is one span that is too short for a pull quote, or short enough for a fragment and no whole sentence.

    Examples
    --------
    >>> text = "We all need a shared language."
    >>> kind_of(text, ((12, 29),), Quote()), kind_of(text, ((0, 30),), Quote())
    ('fragment', 'pull')
    """
    (start, end), *more = spans
    words = count_words(text[start:end])
    whole = _opens_sentence(text, start) and _ends_sentence(text, end)
    short = words < params.min_words or (words <= params.fragment_max_words and not whole)
    return FRAGMENT if short and not more else PULL


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out what a quote need not carry at its edges: list marks, "and" or "but" before it, commas after it.

    Examples
    --------
    >>> text = "Kind staff, and the food was good, but"
    >>> start, end = trim(text, 12, 38)
    >>> text[start:end]
    'the food was good'
    """
    lead = _LEAD.match(text, start, end)
    if lead and lead.end() < end:
        start = lead.end()
    tail = _TAIL.search(text[start:end])
    return start, start + tail.start() if tail and tail.start() else end


def self_contained(text: str, start: int, end: int, english: bool = True) -> float:
    """Rate how well a span is understood by somebody who has not read the rest of the answer.

    Parameters
    ----------
    text : str
        The whole answer.
    start, end : int
        The span.
    english : bool
        Whether first and last words are looked at; otherwise only where sentences begin and end.

    Returns
    -------
    float
        1 for a span that begins and ends with a sentence and points at nothing outside. Each of these multiplies it:
        a connective first (0.5) or a word that points back (0.6), both 0.85 where the answer itself begins so, since
        the question comes before it; a beginning (0.85) or an end (0.8) inside a sentence; a last word that wants
        another (0.5); half a pair of brackets (0.6).

    Examples
    --------
    >>> text = "The ward was clean. It was also quiet at night"
    >>> self_contained(text, 0, 19), self_contained(text, 20, 46)
    (1.0, 0.6)
    """
    span = text[start:end]
    rating = 1.0
    words = [w.lower().replace("’", "'") for w in _WORD.findall(span)]
    if english and words:
        points = words[0] in _POINTER or (words[0] in _DEMONSTRATIVE and (words[1:2] or ["is"])[0] in _VERB)
        first = 0.5 if words[0] in _CONNECTIVE else 0.6 if points else 1.0
        rating *= max(first, 0.85) if not text[:start].strip() else first
        rating *= 0.5 if words[-1] in _DANGLING else 1.0
    rating *= 1.0 if _opens_sentence(text, start) else 0.85
    rating *= 1.0 if _ends_sentence(text, end) else 0.8
    halved = span.count('"') % 2 or any(span.count(left) != span.count(right) for left, right in _PAIRS)
    return rating * (0.6 if halved else 1.0)


def _opens_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 12) : start]
    return not before.strip() or bool(_SENTENCE_END.search(before))


def _ends_sentence(text: str, end: int) -> bool:
    return not text[end:].strip() or bool(_SENTENCE_END.search(text[max(0, end - 6) : end])) or text[end] in "\n\r.!?"


def length_fit(words: np.ndarray, low: int = 8, high: int = 30) -> np.ndarray:
    """Rate lengths in words: 1 from `low` to `high`, falling to 0 at no words and at three times `high`.

    Examples
    --------
    >>> length_fit(np.array([4, 8, 30, 60, 90])).tolist()
    [0.5, 1.0, 1.0, 0.5, 0.0]
    """
    return np.clip(np.minimum(words / low, 1 - (words - high) / (2 * high)), 0.0, 1.0)


def windows(
    text: str, places: Sequence[tuple[int, int]], carries: Sequence[bool], params: Quote
) -> Iterator[tuple[int, int, int, int]]:
    """List the passages of an answer that show a theme: one to three adjacent units, one of which carries it.

    Parameters
    ----------
    text : str
        The answer.
    places : sequence of (int, int)
        Its meaning units in order.
    carries : sequence of bool
        Which of them carry the theme.
    params : Quote
        Words of a pull quote.

    Yields
    ------
    first, last : int
        Positions of the first unit and of the one after the last.
    start, end : int
        The passage, one contiguous span without what `trim` leaves out.
    """
    for first in range(len(places)):
        for last in range(first + 1, min(first + MOST_UNITS, len(places)) + 1):
            if not any(carries[first:last]):
                continue
            start, end = trim(text, places[first][0], places[last - 1][1])
            fits = params.min_words <= count_words(text[start:end]) <= params.max_words
            if fits and kind_of(text, ((start, end),), params) == PULL:
                yield first, last, start, end
