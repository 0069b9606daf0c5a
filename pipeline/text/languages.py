"""The language of each answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

MIN_LETTERS = 20
MIN_PROBABILITY = 0.5


def detect(texts: Sequence[str], default: str) -> list[str]:
    """Say in which language each answer is written.

    Parameters
    ----------
    texts : sequence of str
        Answers.
    default : str
        The survey's language (ISO 639-1), given to an answer that is too short or too mixed to tell: fewer than 20
        letters (a Chinese, Japanese or Korean character counts as four), or a probability under 0.5.

    Returns
    -------
    list of str
        ISO 639-1 codes.

    Examples
    --------
    >>> detect(["Das Personal war sehr freundlich und hilfsbereit.", "Ja, gut"], "en")
    ['de', 'en']
    """
    return [_one(text, default) for text in texts]


def _one(text: str, default: str) -> str:
    letters = sum(map(str.isalpha, text))
    if letters < MIN_LETTERS and not text.isascii():
        letters += 3 * sum(c.isalpha() and is_dense(c) for c in text)
    if letters < MIN_LETTERS:
        return default
    language, probability = _identifier().classify(text[:2000])
    return str(language) if probability >= MIN_PROBABILITY else default


def is_dense(character: str) -> bool:
    """Is this a character of a script that writes a word with one or two of them (Chinese, Japanese, Korean)?"""
    return "\u2e80" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7af" or "\uf900" <= character <= "\ufaff"


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
