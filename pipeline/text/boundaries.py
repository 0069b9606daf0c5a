"""Where an answer may be cut into meaning units: after sentences, list items and clauses, never inside quotes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from pipeline.text.languages import is_dense

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_NEW_LINE = re.compile(r"[\n\r\u2028\u2029]+")
_ITEM = re.compile(r"(?<=\s)(?=(?:\(?\d{1,2}[.)]|\([a-z]\)|[•·▪◦‣●*–-])\s+\S)")
_SEMICOLON = re.compile(r";\s+|；")
_FULL_STOP = re.compile(
    r"(?<![.!?…؟।])(?P<stop>[.!?…؟।]{1,50})[\"'”’»)\]]*\s+(?=[^\s])|[。！？｡]+[”’」』）]*"
    r"|(?<=[^\W\d_]{2})[.!?]+(?=[^\W\d_a-z][^\W\d_]+[ ,'’])"
)
_ABBREVIATED = re.compile(
    r"(?:\b(?:dr|mr|mrs|ms|prof|st|rev|cllr|sr|jr|no|nr|vs|etc|approx|ext|ca|bzw|usw|[^\W\d_])|\b\d{1,2}|\b(?:e\.g|i\.e|z\.B))$",
    re.IGNORECASE,
)
_PROTECTED = re.compile(
    r"\([^()\n]{1,300}\)|\[[^\[\]\n]{1,300}\]|\"[^\"\n]{1,300}\"|“[^“”\n]{1,300}”|«[^«»\n]{1,300}»|„[^„“”\n]{1,300}[“”]"
    r"|(?:https?://|www\.)\S{1,300}|(?<![^\s@])[^\s@]{1,64}@[^\s@]{1,64}\.\w+"
    r"|(?<![\w/.-])[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}/\S{0,300}"
)
_SEPARATOR = re.compile(r",\s+(?!and\b|or\b|&)|,?\s+(?=(?:and|&|plus)\s)", re.IGNORECASE)
_MARKER = re.compile(r"(?:^|[\n\r]|[.!?:;]\s)\s*\(?(?:\d{1,2}[.)]|[a-z]\))\s*$")
_CONTRAST = frozenset(
    """
    but however although though whereas while yet nevertheless
    """.split()
)
_CLAUSE_ROOTS = frozenset(["ROOT", "conj", "parataxis", "ccomp"])
_LISTED = frozenset(
    """
    ROOT dobj attr conj appos oprd dep
    """.split()
)


def count_words(text: str) -> int:
    """Count words; two characters of a script without spaces (Chinese, Japanese) count as one.

    Examples
    --------
    >>> count_words("Don't rush me!"), count_words("服务很好")
    (3, 2)
    """
    dense = sum(map(is_dense, text)) if not text.isascii() else 0
    spaced = "".join(" " if is_dense(c) else c for c in text) if dense else text
    return len(_WORD.findall(spaced)) + (dense + 1) // 2


def cut(text: str, cuts: Iterable[int], min_words: int) -> list[tuple[int, int]]:
    """Cut a text, joining pieces that are too short to a neighbour.

    Parameters
    ----------
    text : str
        The answer.
    cuts : iterable of int
        Offsets at which a new piece may begin.
    min_words : int
        A piece with fewer words joins the piece before it (the one after it at the beginning or after a colon).

    Returns
    -------
    list of (int, int)
        Spans in order, without outer white space, that hold every character of the text but white space. Empty for a
        text of white space only.

    Examples
    --------
    >>> cut("Lovely kind staff. Thanks. Food was cold.", [18, 26], 3)
    [(0, 26), (27, 41)]
    """
    edges = [0, *sorted({c for c in cuts if 0 < c < len(text) and not _inside_character(text, c)}), len(text)]
    joined: list[tuple[int, int]] = []
    for start, end in pairwise(edges):
        piece = _trimmed(text, start, end)
        if piece is None:
            continue
        if joined and (_short(text, piece, min_words) or _short(text, joined[-1], min_words)):
            joined[-1] = (joined[-1][0], piece[1])
        else:
            joined.append(piece)
    return joined


def _short(text: str, span: tuple[int, int], min_words: int) -> bool:
    return count_words(text[span[0] : span[1]]) < min_words


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    body = piece.strip()
    return (start + left, start + left + len(body)) if body else None


def _inside_character(text: str, offset: int) -> bool:
    """Would a cut here part an accent from its letter, or an emoji from what modifies it?"""
    after, before = text[offset], text[offset - 1]
    modifies = unicodedata.category(after)[0] == "M" or after == "\u200d" or "\U0001f3fb" <= after <= "\U0001f3ff"
    flag = "\U0001f1e6" <= after <= "\U0001f1ff" and "\U0001f1e6" <= before <= "\U0001f1ff"
    return modifies or before == "\u200d" or flag


def find_cuts(text: str, doc: Doc | None, min_words: int, whole: Iterable[tuple[int, int]] = ()) -> set[int]:
    """Find the offsets at which a meaning unit may begin.

    Parameters
    ----------
    text : str
        The answer.
    doc : spaCy Doc or None
        The same text, parsed. Without it (another language than the pipeline's) only marks are looked at: line ends,
        list items, semicolons and full stops of any script.
    min_words : int
        The least number of words on both sides of a cut inside a sentence.
    whole : iterable of (int, int)
        Spans that are not cut, such as redactions; quotes, brackets, web and e-mail addresses never are.
    """
    cuts = {m.end() for m in _SEMICOLON.finditer(text)} | {m.start() for m in _ITEM.finditer(text)}
    cuts |= {m.end() for m in _FULL_STOP.finditer(text) if _ends_sentence(text, m)}
    if doc is not None:
        for sentence in doc.sents:
            if not _MARKER.search(text[max(0, sentence.start_char - 12) : sentence.start_char]):
                cuts.add(sentence.start_char)
            cuts |= _clause_cuts(sentence, text, min_words)
    kept = [m.span() for m in _PROTECTED.finditer(text)] + list(whole)
    inside = {i for start, end in kept for i in range(start + 1, end)}
    return (cuts - inside) | {m.end() for m in _NEW_LINE.finditer(text)}


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    """Not "Dr. Khan", "e.g. this", "3. Mai" or "Well... it was": a small letter follows no full stop."""
    if match["stop"] is None:
        return True
    following = text[match.end()]
    if following.islower() and set(match["stop"]) <= {".", "…"}:
        return False
    return match["stop"] != "." or not _ABBREVIATED.search(text[max(0, match.start() - 12) : match.start()])


def _clause_cuts(sentence: Span, text: str, min_words: int) -> set[int]:
    """Cuts inside a sentence, kept from left to right where both sides have enough words."""
    left, end = sentence.start_char, sentence.end_char
    if not any(_is_verb(token) for token in sentence):
        return _items(text, left, end, min_words)
    offsets = {_clause_start(token, min_words) for token in sentence if token.is_alpha or token.text in ",&"}
    # A list counts its words no further than it needs to, however long the sentence.
    enough = 200 + 40 * min_words
    cuts: set[int] = set()
    for offset in sorted(o for o in offsets if o is not None and left < o < end):
        before, after = text[max(left, offset - enough) : offset], text[offset : min(end, offset + enough)]
        if min(count_words(before), count_words(after)) >= min_words:
            cuts.add(offset)
            left = offset
    return cuts


def _items(text: str, start: int, end: int, min_words: int) -> set[int]:
    """Cut a list without any verb, where each of its items has enough words."""
    inner = [m.end() for m in _SEPARATOR.finditer(text, start, end)]
    edges = [start, *inner, end]
    return set(inner) if all(count_words(text[a:b]) >= min_words for a, b in pairwise(edges)) else set()


def _clause_start(token: Token, min_words: int) -> int | None:
    """Where a new clause begins because of this token: before a conjunction, after a comma; None if none does."""
    lower = token.lower_
    if token.text == ",":
        return _after_comma(token, min_words)
    if lower in _CONTRAST and token.dep_ in {"cc", "mark", "advmod"}:
        return _contrast(token)
    if token.dep_ == "cc" and lower in {"and", "or", "&", "plus", "so"}:
        following = [t for t in token.head.conjuncts if t.i > token.i]
        nouns = lower == "or" and not _is_verb(token.head)
        if following and not nouns and _parts_thoughts(token.head, following[0], min_words):
            return int(token.idx)
    return None


def _contrast(token: Token) -> int | None:
    """Cut before "but", "although" … if a clause with a verb follows and one with a verb precedes."""
    if token.dep_ == "cc":
        following = [t for t in token.head.conjuncts if t.i > token.i]
        verbal = bool(following) and _is_verb(following[0]) and _is_verb(token.head)
    else:
        clause = token.head
        before = token.doc[token.sent.start : token.i]
        own = _is_verb(clause) and clause.i > token.i and _has_subject(clause)
        verbal = own and any(_is_verb(t) for t in before)
    first = token.nbor(-1) if token.i > token.sent.start and token.nbor(-1).lower_ == "even" else token
    return int(first.idx) if verbal else None


def _after_comma(token: Token, min_words: int) -> int | None:
    """Cut after a comma between two clauses with their own verbs, or two long items of a list."""
    if token.i + 1 >= token.sent.end:
        return None
    following = token.nbor()
    if following.dep_ == "cc" or following.lower_ in _CONTRAST:
        return None  # the conjunction decides
    for right in (following, *islice(following.ancestors, 8)):
        if right.left_edge.i != following.i or right.i <= token.i:
            continue
        if right.dep_ == "conj" and right.head.i < token.i and _parts_thoughts(right.head, right, min_words):
            return int(following.idx)
        if _is_verb(right) and right.dep_ in _CLAUSE_ROOTS and _has_subject(right):
            left = right.head if right.dep_ != "ROOT" else None
            if left is not None and left.i < token.i and _is_verb(left) and left.dep_ in _CLAUSE_ROOTS:
                return int(following.idx)
    # "The staff were kind, the food was bad": the parser hangs the first clause on the second.
    left_clause = token.head if token.head.i > token.i else None
    if left_clause is not None and _is_verb(left_clause) and _has_subject(left_clause):
        earlier = [c for c in left_clause.children if c.dep_ == "ccomp" and c.i < token.i and _has_subject(c)]
        # A clause can be the subject ("What they did for me, helped"): then there is no other one.
        subject = next((c for c in left_clause.children if c.dep_ in {"nsubj", "nsubjpass", "expl"}), None)
        if earlier and subject is not None and subject.left_edge.i == following.i and subject.pos_ != "PRON":
            return int(following.idx)
    return None


def _parts_thoughts(left: Token, right: Token, min_words: int) -> bool:
    """Do two joined words carry a thought each: two clauses, or two items of a list that stands for the answer?"""
    if _is_verb(left) and _is_verb(right):
        return _main_clause(left) and (_has_subject(right) or not _has_subject(left))
    if left.pos_ == right.pos_ == "NOUN":
        first = left
        while first.dep_ == "conj":
            first = first.head
        item = left.doc[left.left_edge.i : right.left_edge.i]
        long = count_words(item.text) - any(t.dep_ == "cc" for t in item[-1:]) >= min_words
        return long and first.dep_ in _LISTED and (first.dep_ == "ROOT" or first.head.dep_ == "ROOT")
    return _is_verb(right) and _has_subject(right) and left.dep_ in _CLAUSE_ROOTS


def _main_clause(verb: Token) -> bool:
    while verb.dep_ == "conj":
        verb = verb.head
    return verb.dep_ in _CLAUSE_ROOTS


def _is_verb(token: Token) -> bool:
    return token.pos_ in {"VERB", "AUX"}


def _has_subject(verb: Token) -> bool:
    return any(child.dep_ in {"nsubj", "nsubjpass", "csubj", "expl"} for child in verb.children)
