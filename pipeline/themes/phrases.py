"""Phrases that could name a candidate: short noun phrases as people wrote them, or else plainer words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pipeline.foundation.params import Segment

if TYPE_CHECKING:
    from spacy.tokens import Doc, Span, Token

Phrases = Callable[[Sequence[str], Sequence[str]], list[list[str]]]
MOST_WORDS = 3
_MARK = re.compile(r"\[[^\]]*\]")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_DROPPED = {"DET", "PRON", "NUM", "PUNCT", "SPACE", "SYM", "X", "CCONJ", "SCONJ", "ADP", "PART", "INTJ"}
# Heads that name nothing by themselves.
_EMPTY = set(
    "thing things lot lots way ways bit one ones people person time times day days something anything everything "
    "nothing everyone someone anyone all part kind sort bits number point fact case reason example other others".split()
)


def readable_phrases(params: Segment) -> Phrases:
    """Give the reader of phrases for texts in the pipeline's language; other texts give their single words.

    Returns
    -------
    callable
        ``phrases(texts, languages)`` gives for each text its phrases in lower case, each of at most three words.
    """

    def phrases(texts: Sequence[str], languages: Sequence[str]) -> list[list[str]]:
        from pipeline.text.spacy_model import load_spacy

        own = [i for i, language in enumerate(languages) if language == params.language]
        found = [plain_words(text) for text in texts]
        if own:
            nlp = load_spacy(params.spacy_model)
            entities = nlp.get_pipe("ner")
            docs = nlp.pipe((_MARK.sub(" ", texts[i])[:1000] for i in own), disable=["ner"])
            for i, doc in zip(own, docs, strict=True):
                # Looking for people takes longer than all else, and people are called by proper names.
                named = entities(doc) if any(token.pos_ == "PROPN" for token in doc) else doc
                found[i] = noun_phrases(named) or qualities(named)
        return found

    return phrases


def plain_words(text: str) -> list[str]:
    """Give the words of three letters or more (any length in scripts without case), without marks.

    Examples
    --------
    >>> plain_words("Le personnel est gentil, [NAME]")
    ['personnel', 'est', 'gentil']
    """
    words = [word.lower() for word in _WORD.findall(_MARK.sub(" ", text))]
    return [word for word in words if len(word) > 2 or word.upper() == word]


def noun_phrases(doc: Doc) -> list[str]:
    """Give each noun phrase and its shorter ends: ``long waiting time``, ``waiting time``."""
    found = []
    for chunk in doc.noun_chunks:
        words = _core(chunk)
        for length in range(1, min(MOST_WORDS, len(words)) + 1):
            end = words[-length:]
            if length > 1 or end[0] not in _EMPTY:
                found.append(" ".join(end))
    return found


def _core(chunk: Span) -> list[str]:
    """The words of a phrase up to its head, without articles, numbers and people's names; none for a pronoun."""
    if chunk.root.pos_ not in ("NOUN", "PROPN") or any(token.ent_type_ == "PERSON" for token in chunk):
        return []
    tokens = [token for token in chunk if token.i <= chunk.root.i]
    last = max((n for n, token in enumerate(tokens) if not _speaks(token)), default=-1)
    return [token.lower_ for token in tokens[last + 1 :]]


def _speaks(token: Token) -> bool:
    return token.pos_ not in _DROPPED and _WORD.fullmatch(token.text) is not None and len(token.text) > 1


def qualities(doc: Doc) -> list[str]:
    """Give what is said where no noun is: ``very good``, or else verbs, such as ``listened``."""
    found = []
    for token in doc:
        if token.pos_ == "ADJ" and token.dep_ != "amod" and _speaks(token) and token.ent_type_ != "PERSON":
            before = [left.lower_ for left in token.lefts if left.dep_ in ("advmod", "neg") and left.i == token.i - 1]
            found += [" ".join([*before, token.lower_])]
    return found or [
        token.lower_ for token in doc if token.pos_ in ("VERB", "ADV") and _speaks(token) and not token.is_stop
    ]
