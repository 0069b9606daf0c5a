"""Which cells answer nothing: blanks, marks of a question that was not asked, and non-answers from a word list."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import resources

NOT_ASKED = "not_asked"
_APOSTROPHES = re.compile(r"[’'`´ʼ]")
_OTHER_RUNS = re.compile(r"[\W_]+")
_KEPT_SYMBOLS = "+"


def normalise(text: str) -> str:
    """Fold what does not change the meaning of a short answer: case, punctuation, spaces, forms of one character.

    Letters with their marks, digits, ``+`` and pictures (emoji) stay; an apostrophe is left out; every other run of
    characters becomes one space.

    Examples
    --------
    >>> normalise("  Don’t KNOW!! "), normalise("N/A."), normalise("👍 !"), normalise("...")
    ('dont know', 'n a', '👍', '')
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(_OTHER_RUNS.sub(_fold_run, _APOSTROPHES.sub("", folded)).split())


def _fold_run(match: re.Match[str]) -> str:
    """Keep combining marks and pictures of a run that holds neither letters nor digits."""
    run = match.group()
    if run.isascii() and _KEPT_SYMBOLS not in run:
        return " "
    return "".join(character if _is_content(character) else " " for character in run)


def _is_content(character: str) -> bool:
    if character in "\ufe0e\ufe0f":
        return False
    return character in _KEPT_SYMBOLS or unicodedata.category(character) in ("Mn", "Mc", "So")


@cache
def word_list() -> dict[str, str]:
    """Give the package's non-answers: normalised text to reason."""
    reasons: dict[str, str] = {}
    reason = ""
    for line in resources.files("pipeline.survey").joinpath("nonanswers.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            reason = line.strip("[] ")
        elif line.strip() and not line.startswith("#"):
            reasons.setdefault(normalise(line), reason)
    return reasons


def classify(text: str, extra: Iterable[str] = ()) -> tuple[str, str]:
    """Tell whether a cell of an open question holds an answer.

    Parameters
    ----------
    text : str
        The cell as it stands in the file.
    extra : iterable of str
        Non-answers of this survey beyond the word list (params.yaml, ``ingest.non_answers``).

    Returns
    -------
    status : str
        ``answered``, ``non_answer``, ``blank`` or ``not_asked``.
    reason : str
        Empty for ``answered`` and ``blank``; otherwise ``nothing``, ``not_applicable``, ``dont_know``, ``refused``,
        ``not_answered``, ``refers_elsewhere``, ``no_content`` (nothing but punctuation), ``listed`` (from `extra`) or
        ``marked`` (the file says that the question was not asked).

    Examples
    --------
    >>> classify("N/A"), classify("No problems at all, thank you"), classify(" "), classify("[Not asked]")
    (('non_answer', 'not_applicable'), ('answered', ''), ('blank', ''), ('not_asked', 'marked'))
    """
    if not text.strip():
        return "blank", ""
    key = normalise(text)
    if not key:
        return "non_answer", "no_content"
    if key in {normalise(phrase) for phrase in extra}:
        return "non_answer", "listed"
    reason = word_list().get(key, "")
    if reason == NOT_ASKED:
        return "not_asked", "marked"
    return ("non_answer", reason) if reason else ("answered", "")
