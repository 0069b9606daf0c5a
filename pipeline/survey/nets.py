"""Nets and boxes: options of a closed question, or themes, that survey.yaml counts together under one name."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import model_validator

from pipeline.foundation.errors import closest, listing
from pipeline.foundation.params import Section

FEWEST_FOR_TWO_BOXES = 4


class Net(Section):
    """What is counted together: whoever chose any of some options, or raised any of some themes.

    ``name`` is printed; without it the net's id is. ``question`` is the closed question whose ``options`` these are (of
    a grid, every item has the net), or limits ``themes`` to the answers to one open question. A theme is given by its
    id or its name.
    """

    name: str = ""
    question: str = ""
    options: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> Net:
        if bool(self.options) == bool(self.themes):
            raise ValueError("a net is `{question, options}` or `{themes}`")
        if self.options and not self.question:
            raise ValueError("a net of options needs the `question` that they belong to")
        return self


def top_of(order: Sequence[str], top: int | None, named: bool) -> tuple[str, ...]:
    """Give the options at the top of a scale that count together, highest first; empty where none do.

    By default the top two of four options or more whose names hold letters: bare numbers do not say which end is the
    good one.

    Parameters
    ----------
    order : sequence of str
        From lowest to highest.
    top : int or None
        How many; None for the default, 0 for none.
    named : bool
        Whether the survey names boxes of its own, which take the place of the default.

    Examples
    --------
    >>> top_of(["Poor", "Fair", "Good", "Very good"], None, False)
    ('Very good', 'Good')
    >>> top_of(["No", "Partly", "Yes"], None, False), top_of(["1", "2", "3", "4"], None, False)
    ((), ())
    >>> top_of(["1", "2", "3", "4"], 1, False)
    ('4',)
    """
    if top is None:
        words = any(char.isalpha() for option in order for char in option)
        top = 2 if len(order) >= FEWEST_FOR_TWO_BOXES and words and not named else 0
    return tuple(reversed(order[len(order) - top :])) if top else ()


def unknown_option(options: Sequence[str], known: Sequence[str]) -> str:
    """Say which of some options a question does not have; empty where it has all.

    Examples
    --------
    >>> unknown_option(["Agree", "Agre"], ["Agree", "Disagree"])
    'the option `Agre`, which the question does not have. Closest: `Agree`. Known: `Agree`, `Disagree`'
    """
    for option in options:
        if option not in known:
            hint = f" {closest(option, known)}".rstrip()
            return f"the option `{option}`, which the question does not have.{hint} Known: {listing(known)}"
    return ""
