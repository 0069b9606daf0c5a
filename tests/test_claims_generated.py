"""200 generated sentences: what is contradicted is decided here, by ranges of shares that the checker does not know.

All sentences are invented.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from claims_factory import found

# Words, shares (in whole percent) for which they are plainly true, and for which they are plainly not.
AMOUNTS: list[tuple[str, list[tuple[int, int]], list[tuple[int, int]]]] = [
    ("over half", [(51, 95)], [(2, 50)]),
    ("more than half", [(51, 95)], [(2, 50)]),
    ("well over half", [(58, 95)], [(2, 50)]),
    ("just over half", [(51, 54)], [(2, 50), (65, 95)]),
    ("just under half", [(46, 49)], [(2, 35), (50, 95)]),
    ("nearly half", [(45, 49)], [(2, 35), (51, 95)]),
    ("almost half", [(45, 49)], [(2, 35), (51, 95)]),
    ("about half", [(46, 54)], [(2, 38), (62, 95)]),
    ("half", [(50, 50)], [(2, 42), (58, 95)]),
    ("exactly half", [(50, 50)], [(2, 47), (53, 95)]),
    ("fewer than half", [(2, 49)], [(51, 95)]),
    ("less than half", [(2, 49)], [(51, 95)]),
    ("not even half", [(2, 49)], [(51, 95)]),
    ("at least half", [(50, 95)], [(2, 49)]),
    ("a third", [(33, 34)], [(2, 26), (41, 95)]),
    ("more than a third", [(34, 60)], [(2, 33)]),
    ("fewer than a third", [(2, 33)], [(35, 95)]),
    ("about a third", [(31, 36)], [(2, 25), (42, 95)]),
    ("around one third", [(31, 36)], [(2, 25), (42, 95)]),
    ("nearly two thirds", [(63, 66)], [(2, 55), (68, 95)]),
    ("over two thirds", [(67, 95)], [(2, 66)]),
    ("a quarter", [(25, 25)], [(2, 19), (31, 95)]),
    ("roughly a quarter", [(22, 28)], [(2, 18), (33, 95)]),
    ("under a quarter", [(2, 24)], [(26, 95)]),
    ("more than three quarters", [(76, 98)], [(2, 74)]),
    ("a fifth", [(20, 20)], [(2, 14), (27, 95)]),
    ("less than a tenth", [(1, 9)], [(11, 95)]),
    ("one in four", [(25, 25)], [(2, 18), (33, 95)]),
    ("more than one in five", [(21, 40)], [(2, 19)]),
    ("two in five", [(40, 40)], [(2, 33), (47, 95)]),
    ("three out of four", [(75, 75)], [(2, 67), (83, 98)]),
    ("more than twenty per cent", [(21, 60)], [(2, 19)]),
]
WORDS: list[tuple[str, list[tuple[int, int]], list[tuple[int, int]]]] = [
    ("most", [(51, 95)], [(2, 49)]),
    ("the majority", [(51, 95)], [(2, 49)]),
    ("a majority", [(51, 95)], [(2, 49)]),
    ("a clear majority", [(60, 90)], [(2, 49)]),
    ("the vast majority", [(80, 97)], [(2, 60)]),
    ("an overwhelming majority", [(80, 97)], [(2, 60)]),
    ("a slim majority", [(51, 54)], [(2, 49), (70, 95)]),
    ("a minority", [(5, 49)], [(51, 95)]),
    ("a small minority", [(2, 14)], [(35, 95)]),
    ("few", [(1, 14)], [(30, 95)]),
    ("very few", [(1, 5)], [(20, 95)]),
    ("only a few", [(1, 10)], [(35, 95)]),
    ("almost all", [(91, 99)], [(2, 75)]),
    ("nearly all", [(91, 99)], [(2, 75)]),
    ("almost none", [(1, 4)], [(15, 95)]),
    ("many", [(35, 80)], [(1, 9)]),
]
PEOPLE = ["leaders", "respondents", "carers", "those who answered", "volunteers", "charities", "people we asked"]
SUBJECTS = ["short contracts", "trust", "the cost of living", "time to think", "skills", "pay", "paperwork"]
VERBS = ["named", "mentioned", "raised", "wrote about", "spoke of", "brought up"]
SHARES = [
    "{W} of the {P} ({s}) {v} {t}.",
    "In 2025, {w} of the {P} ({s}) {v} {t}.",
    "At {s}, {w} of the {P} {v} {t}.",
    "{T} was named by {w} of the {P} ({s}).",
    "{W} of the {P} – {s} – {v} {t}.",
    "Of the {{count:270}} {P}, {w} ({s}) {v} {t}.",
    "When asked what gets in the way, {w} of the {P} ({s}) {v} {t}.",
    "It is striking that {w} of the {P} ({s}) {v} {t}.",
    "{T}, raised by {w} of the {P} ({s}), has much to do with {t2}.",
    "{W} of the {P}, {s}, {v} {t}, the first of five themes.",
    "{T} came up again and again: {w} of the {P} ({s}) {v} it.",
    "As in the years before, {w} of the {P} ({s}) {v} {t}; nothing else is so often linked to {t2}.",
]
SHARES_AMOUNT = [
    "{T} was raised by {s} of the {P}, {w}.",
    "{s} of the {P} – {w} – {v} {t}.",
    "{W} ({s}) {v} {t}.",
]
TWO = [
    "{W} of the {P} ({s}) {v} {t}, but {w2} ({s2}) {v} {t2}.",
    "{W} of the {P} ({s}) {v} {t}, and {w2} ({s2}) {v} {t2}.",
    "While {w} of the {P} ({s}) {v} {t}, {w2} ({s2}) {v} {t2}.",
    "{W} ({s}) {v} {t}; {w2} of the {P} ({s2}) {v} {t2}.",
]
LIMITS: list[tuple[str, list[tuple[int, int]], list[tuple[int, int]]]] = [
    ("Only {s} of the {P} {v} {t}.", [(1, 30)], [(55, 95)]),
    ("Just {s} of the {P} {v} {t}.", [(1, 30)], [(55, 95)]),
    ("{T} was raised by merely {s}.", [(1, 30)], [(55, 95)]),
    ("{T} matters to many, but only {s} {v} {t2}.", [(1, 30)], [(55, 95)]),
    ("As few as {s} of the {P} {v} {t}.", [(1, 20)], [(55, 95)]),
    ("Opinion on {t} is evenly split: {s} are in favour.", [(48, 52)], [(5, 35), (66, 95)]),
]
# What is said of a change, whether it is true of (points, before, tested), and where it is plainly not.
Change = Callable[[random.Random, bool], tuple[int, int, str]]


def _up(rng: random.Random, true: bool) -> tuple[int, int, str]:
    return rng.randint(3, 15) * (1 if true else -1), rng.randint(20, 60), rng.choice(["difference", "none", ""])


def _down(rng: random.Random, true: bool) -> tuple[int, int, str]:
    points, before, tested = _up(rng, true)
    return -points, before, tested


def _same(rng: random.Random, true: bool) -> tuple[int, int, str]:
    if true:
        return rng.choice([-1, 1]), rng.randint(20, 60), "none"
    return rng.choice([-1, 1]) * rng.randint(6, 15), rng.randint(20, 60), "difference"


def _double(rng: random.Random, true: bool) -> tuple[int, int, str]:
    before = rng.randint(10, 30)
    return (before if true else before // 4), before, "difference"


def _half(rng: random.Random, true: bool) -> tuple[int, int, str]:
    before = 2 * rng.randint(10, 30)
    return -(before // 2 if true else before // 8), before, "difference"


def _sharp(rng: random.Random, true: bool) -> tuple[int, int, str]:
    return (rng.randint(8, 20) if true else 1), rng.randint(25, 60), "difference" if true else "none"


def _slight(rng: random.Random, true: bool) -> tuple[int, int, str]:
    return (rng.randint(1, 3) if true else rng.randint(12, 20)), rng.randint(25, 60), "none" if true else "difference"


def _significant(rng: random.Random, true: bool) -> tuple[int, int, str]:
    return rng.randint(4, 9), rng.randint(20, 60), "difference" if true else "none"


def _insignificant(rng: random.Random, true: bool) -> tuple[int, int, str]:
    return rng.randint(4, 9), rng.randint(20, 60), "none" if true else "difference"


CHANGES: list[tuple[str, Change]] = [
    ("Mentions of {t} rose ({c}).", _up),
    ("{T} is mentioned more often than before ({c}).", _up),
    ("Concern about {t} has grown since 2024 ({c}).", _up),
    ("The share who {v} {t} increased ({c}).", _up),
    ("Mentions of {t} fell ({c}).", _down),
    ("{T} is mentioned less than before ({c}).", _down),
    ("Since the last wave, {t} has lost ground ({c}).", _down),
    ("Talk of {t} declined: {c}.", _down),
    ("Mentions of {t} are unchanged ({c}).", _same),
    ("There was no change in how often {t} was raised ({c}).", _same),
    ("{T} stayed about the same ({c}).", _same),
    ("The share for {t} has been stable since 2024 ({c}).", _same),
    ("Mentions of {t} doubled ({c}).", _double),
    ("Since 2024 the share for {t} has doubled ({c}).", _double),
    ("Mentions of {t} halved ({c}).", _half),
    ("Mentions of {t} rose sharply ({c}).", _sharp),
    ("Mentions of {t} rose slightly ({c}).", _slight),
    ("Mentions of {t} rose significantly ({c}).", _significant),
    ("There was a significant increase for {t} ({c}).", _significant),
    ("There was no significant change for {t} ({c}).", _insignificant),
]
# Two figures, and the order in which they make the sentence true.
PAIRS: list[tuple[str, int]] = [
    ("{T} ({s}) was raised more often than {t2} ({s2}).", 1),
    ("{T} ({s}) was raised less often than {t2} ({s2}).", -1),
    ("At {s}, {t} is ahead of {t2} ({s2}).", 1),
    ("{T} ({s}) lies behind {t2} ({s2}).", -1),
    ("Women raised {t} more often than men ({s} against {s2}).", 1),
    ("The share is higher in the north ({s}) than in the south ({s2}).", 1),
    ("Fewer women ({s}) than men ({s2}) {v} {t}.", -1),
    ("Mentions of {t} rose from {s} to {s2}.", -1),
    ("Mentions of {t} fell from {s} in 2024 to {s2} in 2025.", 1),
    ("{T}, now at {s}, is up from {s2}.", 1),
]
RANKS: list[tuple[str, Callable[[int], bool]]] = [
    ("The most common theme was {t} ({s}).", lambda place: place == 0),
    ("{T} ({s}) was the most frequent answer.", lambda place: place == 0),
    ("{T} tops the list with {s}.", lambda place: place == 0),
    ("The largest group of {P} ({s}) {v} {t}.", lambda place: place == 0),
    ("{T} was mentioned most often ({s}).", lambda place: place == 0),
    ("The second most common theme was {t} ({s}).", lambda place: place == 1),
    ("{T} ({s}) comes third.", lambda place: place == 2),
    ("The least common theme was {t} ({s}).", lambda place: place == 4),
]


def _draw(rng: random.Random, ranges: list[tuple[int, int]]) -> str:
    return f"{{share:{rng.randint(*rng.choice(ranges))}%}}"


def _fill(template: str, rng: random.Random, **slots: str) -> str:
    t, t2 = rng.sample(SUBJECTS, 2)
    first = {"W": slots["w"].capitalize()} if "w" in slots else {}
    words = {"P": rng.choice(PEOPLE), "v": rng.choice(VERBS), "t": t, "T": t.capitalize(), "t2": t2}
    return template.format(**words, **slots, **first)


def _share(rng: random.Random, true: bool) -> tuple[str, str]:
    amount = rng.random() < 0.6
    word, yes, no = rng.choice(AMOUNTS if amount else WORDS)
    templates = SHARES + SHARES_AMOUNT if amount else SHARES
    return _fill(rng.choice(templates), rng, w=word, s=_draw(rng, yes if true else no)), ""


def _two(rng: random.Random, true: bool) -> tuple[str, str]:
    (w, yes, no), (w2, yes2, no2) = rng.sample(AMOUNTS + WORDS, 2)
    wrong = rng.choice([(1, 0), (0, 1), (1, 1)]) if not true else (0, 0)
    s, s2 = _draw(rng, no if wrong[0] else yes), _draw(rng, no2 if wrong[1] else yes2)
    return _fill(rng.choice(TWO), rng, w=w, s=s, w2=w2, s2=s2), ""


def _limit(rng: random.Random, true: bool) -> tuple[str, str]:
    template, yes, no = rng.choice(LIMITS)
    return _fill(template, rng, s=_draw(rng, yes if true else no)), ""


def _change(rng: random.Random, true: bool) -> tuple[str, str]:
    template, draw = rng.choice(CHANGES)
    points, before, tested = draw(rng, true)
    return _fill(template, rng, c=f"{{change:{points:+d} points, before {before}%, {tested}}}"), ""


def _pair(rng: random.Random, true: bool) -> tuple[str, str]:
    template, order = rng.choice(PAIRS)
    low = rng.randint(5, 45)
    high = low + rng.randint(6, 40)
    first, second = (high, low) if (order > 0) == true else (low, high)
    return _fill(template, rng, s=f"{{share:{first}%}}", s2=f"{{share:{second}%}}"), ""


def _rank(rng: random.Random, true: bool) -> tuple[str, str]:
    template, right = rng.choice(RANKS)
    shares = sorted(rng.sample(range(3, 80, 3), 5), reverse=True)
    place = rng.choice([i for i in range(5) if right(i) == true])
    return _fill(template, rng, s=f"{{share:{shares[place]}%}}"), " ".join(map(str, shares))


KINDS = [_share] * 8 + [_two] * 3 + [_limit] * 2 + [_change] * 4 + [_pair] * 2 + [_rank] * 2


def generated(seed: int, n: int) -> list[tuple[str, str, bool]]:
    """`n` true sentences and `n` contradicted ones, with the shares that theirs is ranked with."""
    rng = random.Random(seed)
    return [(*rng.choice(KINDS)(rng, true), true) for true in (True, False) for _ in range(n)]


@pytest.mark.parametrize("seed", range(10))
def test_contradicted_sentences_are_caught_and_true_ones_pass(seed: int) -> None:
    sentences = generated(seed, 100)
    missed = [text for text, ranked, true in sentences if not true and not found(text, ranked)]
    refused = [(text, said) for text, ranked, true in sentences if true and (said := found(text, ranked))]
    assert len(missed) <= 5, missed
    assert len(refused) <= 2, refused


def test_there_are_more_than_forty_forms_of_sentences() -> None:
    forms = [*SHARES, *SHARES_AMOUNT, *TWO, *LIMITS, *CHANGES, *PAIRS, *RANKS]
    assert len(forms) > 40
    assert len({text for text, _, _ in generated(0, 100)}) > 190
