"""What a question asks for: proposals, reasons, or what was experienced. Its words tell; people may overrule them."""

from __future__ import annotations

import re
from typing import Literal

from pipeline.survey.description import Question

Asks = Literal["proposals", "reasons", "experience"]

# "Why", and questions that leave open what is said: a command or a wish in the answer proposes, a bare noun does not.
_REASONS = re.compile(r"^\W*(?:why|how come)\b|\bwhy\b|\breasons?\b|\bcomments?\b|\banything else\b", re.IGNORECASE)
_PROPOSALS = re.compile(
    r"\b(?:improv\w*|better|chang\w*|suggest\w*|recommend\w*|propos\w*|ideas?|wish|wishes|enhanc\w*|differently"
    r"|missing|should|needs? to|ought"
    r"|what (?:would|could) (?:help|make)|(?:like|want|love|hope) (?:\w+ )?to (?:see|have)"
    r"|what (?:do|would) you want)\b",
    re.IGNORECASE,
)
# "What has changed?" and "What got better?" ask about the past.
_PAST = re.compile(
    r"\b(?:has|have|had|got|gone|did|was|were)\b(?:(?! could| should| would).){0,40}\b(?:changed?|improved?|better)\b",
    re.IGNORECASE,
)


def asks(question: Question) -> Asks:
    """Say what an open question asks for.

    Parameters
    ----------
    question : Question
        Its ``asks`` decides where a person set it; else the words of its text, or of its columns.

    Returns
    -------
    str
        ``reasons`` for a "why" and for "any comments?"; ``proposals`` where the words speak of improving, changing,
        suggesting, of what should or needs to be, of what one would like to see; ``experience`` for all others.

    Examples
    --------
    >>> asks(Question(columns=("What could we do better?",), kind="open"))
    'proposals'
    >>> asks(Question(columns=("Why do you think so?",), kind="open"))
    'reasons'
    >>> asks(Question(columns=("What has improved?",), kind="open"))
    'experience'
    """
    if question.asks:
        return question.asks
    text = question.text or " ".join(question.columns)
    if _REASONS.search(text):
        return "reasons"
    return "proposals" if _PROPOSALS.search(text) and not _PAST.search(text) else "experience"
