"""The one kind of error that a user sees: what, where, why it matters and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ThemebookError(Exception):
    """A problem with what the user gave us, said in one message.

    The command line prints the message and leaves with a non-zero exit code; it never shows a traceback.

    Parameters
    ----------
    what : str
        File, row, column and what was found.
    remedy : str
        What to do about it.
    """

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what} {remedy}")

    def __reduce__(self) -> tuple[type[ThemebookError], tuple[str, str]]:
        """Travel between processes with both halves of the message."""
        return type(self), (self.what, self.remedy)


def closest(name: str, known: Iterable[str]) -> str:
    """Say which known name is meant, for the end of an error message.

    Parameters
    ----------
    name : str
        What was found.
    known : iterable of str
        The names that exist.

    Returns
    -------
    str
        ``"Closest: `x`."``, or the empty string where nothing is near.

    Examples
    --------
    >>> closest("q3_text", ["respondent", "q3_txt"])
    'Closest: `q3_txt`.'
    >>> closest("ID", ["id"])
    'Closest: `id`.'
    >>> closest("zzz", ["respondent"])
    ''
    """
    by_folded = {each.casefold(): each for each in known}
    hits = difflib.get_close_matches(name.casefold(), list(by_folded), n=1)
    return f"Closest: `{by_folded[hits[0]]}`." if hits else ""


def listing(names: Iterable[str], most: int = 8) -> str:
    """Give a short list of names for a message.

    Examples
    --------
    >>> listing(["a", "b"])
    '`a`, `b`'
    >>> listing("abc", most=2)
    '`a`, `b` and 1 more'
    """
    known = list(names)
    shown = ", ".join(f"`{n}`" for n in known[:most])
    return f"{shown} and {len(known) - most} more" if len(known) > most else shown
