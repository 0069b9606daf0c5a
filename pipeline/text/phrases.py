"""Phrases: spans of a few words that a writer can put into a sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipeline.text.boundaries import count_words

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Token

_BAD_FIRST = frozenset({"PRON", "CCONJ", "SCONJ", "PUNCT", "ADP", "PART", "SPACE", "AUX", "SYM", "X"})
_BAD_LAST = frozenset({"PRON", "CCONJ", "SCONJ", "PUNCT", "ADP", "PART", "DET", "SPACE", "AUX", "SYM", "X"})
_TELLING = frozenset({"NOUN", "VERB", "ADJ", "PROPN", "ADV"})
_DESCRIBING = frozenset({"acomp", "attr", "oprd"})


def find_phrases(texts: Sequence[str], nlp: Language, least: int, most: int) -> list[list[tuple[int, int]]]:
    """Find the noun phrases, predicates and commands in some texts.

    Parameters
    ----------
    texts : sequence of str
        Meaning units, each read by itself.
    nlp : spaCy Language
        Tags and parses English.
    least, most : int
        Words of a phrase.

    Returns
    -------
    list of list of (int, int)
        For each text its phrases as spans in code points, sorted, each once: noun phrases with what hangs on them ("a
        shared language", "lack of time for training"), what something is said to be ("friendly and helpful"), and
        verbs with their objects ("listen to patients"). Each has two telling words (nouns, verbs, adjectives, adverbs)
        or more and neither begins nor ends with a word that wants another.
    """
    distinct = sorted(set(texts))
    found = {}
    for text, doc in zip(distinct, nlp.pipe(distinct, disable=["ner"]), strict=True):
        spans = {(doc[left].idx, doc[right - 1].idx + len(doc[right - 1])) for left, right in _phrases(doc)}
        found[text] = sorted((s, e) for s, e in spans if least <= count_words(text[s:e]) <= most)
    return [found[text] for text in texts]


def _phrases(doc: Doc) -> Iterator[tuple[int, int]]:
    for chunk in doc.noun_chunks:
        yield from _kept(doc, chunk.start, chunk.end)
        yield from _kept(doc, chunk.start, _right_end(chunk.root))
    for token in doc:
        objects = any(child.dep_ in {"dobj", "prep", "xcomp", "acomp"} for child in token.rights)
        if token.dep_ in _DESCRIBING or (token.pos_ == "VERB" and objects):
            start = token.left_edge.i if token.dep_ in _DESCRIBING else token.i
            yield from _kept(doc, start, _right_end(token))


def _right_end(token: Token) -> int:
    """One past the last word that hangs on the right of a word, up to a comma or a clause with its own subject."""
    end = token.i + 1
    for child in token.rights:
        clause = any(t.dep_ in {"nsubj", "nsubjpass"} for t in child.subtree)
        if child.left_edge.i != end or child.dep_ == "punct" or clause:
            break
        end = child.right_edge.i + 1
    return end


def _kept(doc: Doc, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the span if it is a phrase that can stand in a sentence."""
    span = doc[start:end]
    if len(span) < 2 or span[0].pos_ in _BAD_FIRST or span[-1].pos_ in _BAD_LAST:
        return
    if any(t.is_space or t.text in '.!?;:,()"“”/' for t in span):
        return
    if sum(t.pos_ in _TELLING and not t.is_stop for t in span) >= 2:
        yield start, end
