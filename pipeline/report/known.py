"""What the pipeline knows of one item of the methods, before a person adds to it."""

from __future__ import annotations

from typing import NamedTuple

from pipeline.report.records import Fact
from pipeline.report.wording import counted, tame

# A count under this says too much of too few where it stands beside what they share.
FEW = 5


class Known(NamedTuple):
    """Sentences and figures, as in `MethodItem`; ``open`` replaces what a person must add, and empty asks nothing."""

    text: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    measured: tuple[Fact, ...] = ()
    team: tuple[Fact, ...] = ()
    open: str | None = None


def facts(*pairs: tuple[str, str]) -> tuple[Fact, ...]:
    """Give lines of a name and a value; one without a value is left out.

    Examples
    --------
    >>> [fact.name for fact in facts(("Seed", "7"), ("Tuned", ""))]
    ['Seed']
    """
    return tuple(Fact(name=tame(name), value=tame(value)) for name, value in pairs if value)


def some(n: int, one: str, many: str = "") -> str:
    """Say how many of something, without telling how few.

    Examples
    --------
    >>> some(12, "name"), some(3, "phone number"), some(0, "name")
    ('12 names', 'fewer than 5 phone numbers', 'no names')
    """
    if n >= FEW:
        return counted(n, one, many)
    return f"{f'fewer than {FEW}' if n else 'no'} {many or one + 's'}"
