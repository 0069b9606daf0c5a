"""Words for changes since an earlier wave, and what a change must be for each to be true.

A change is a difference of two shares, with the earlier share and what a test found; two shares of one sentence (“rose
from 31 % to 40 %”) make one too, which nobody tested.

==================================  ===================================================================
words                               true where
==================================  ===================================================================
rose, grew, up, more than before    the difference is more than 0
fell, dropped, down, lower than …   the difference is less than 0
did not rise, no increase           not: a rise of 2 points or more, or one that a test found
unchanged, no change, the same      less than 2 points, and no difference found by a test
stable, broadly the same            4 points or less, and no difference found by a test
doubled, tripled, …                 the share is 0.9 to 1.4 times twice (three times, …) what it was
more than, at least doubled         the share is more than (at least) twice what it was
nearly, about doubled               0.75 to 1 times twice; 0.8 to 1.25 times twice
halved, down by half                the share is 0.7 to 1.2 times half of what it was; hedges as above
sharply, steeply, soared            5 points or more, or by half of what it was or more
slightly, a little, edged           5 points or less
significant, clear, real            a test found a difference
no significant (clear, real) change no test found a difference
==================================  ===================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from pipeline.report.claimamounts import PEOPLE
from pipeline.report.claimtext import FIG, Place, Sentence, apart, bind
from pipeline.report.records import Figure
from pipeline.report.wording import percent, whole

UP, DOWN, FLAT, SOFT, TIMES, BIG, SMALL, REAL = "up", "down", "flat", "soft", "times", "big", "small", "real"

_STILL = (
    r"(?:is|are|was|were|been|be|remain\w*|stay\w*|held|hold\w*|kept|broadly|largely|roughly"
    r"|much|almost|fairly|relatively|about|more or less|virtually|practically|and|at|essentially)"
)
_SOFTLY = (
    r"(?:broadly|largely|roughly|much|almost|fairly|relatively|about|more or less|virtually"
    r"|practically|essentially|hardly|barely|scarcely|little)"
)
_BEFORE = (
    r"(?:before|last|the (?:last|previous|earlier|year)|in (?:\d{4}|the)|at the|a year|two years"
    r"|previously|earlier|ever|it was|they were|then|it used)"
)
_LIKE = rf"(?:as (?:{_BEFORE}|often|common|many)|level\b|share\b)"

_NOW = r"(?:is|are|was|were|been|keeps?|kept)(?: \w+ly| still| now| again)?"
# Verbs first: where a sentence has a verb and a noun of change, the verb says what happened.
VERBS: tuple[tuple[str, str], ...] = (
    (
        UP,
        r"rose|risen|rises|grew|grown|grows|increased|increases|climbed|climbs|gained|gains|jumped"
        r"|leapt|leaped|soared|surged|rocketed|spiked|swelled|strengthened|rebounded|recovered"
        rf"|mounted|expanded|{_NOW} (?:rising|growing|increasing|climbing|mounting)"
        r"|(?:went|gone|goes|crept|edged|inched|ticked|nudged|picked|shot) up",
    ),
    (
        UP,
        r"(?:is|are|was|were|now|also|slightly|sharply|well|further|again|,|–|\() up(?= (?:by|from"
        rf"|on|since|at|sharply|slightly|\d)|\W*(?:$|{FIG}))|^up (?:by|from|on)|\bup (?:by|on|since"
        r"|sharply|slightly|markedly|significantly)",
    ),
    (
        DOWN,
        r"fell|fallen|falls|dropped|drops|declined|declines|decreased|decreases|shrank|shrunk|sank"
        r"|sunk|slipped|slips|slid|dipped|dips|plunged|plummeted|tumbled|slumped|collapsed|crashed"
        rf"|receded|{_NOW} (?:falling|dropping|declining|decreasing|shrinking|dwindling|waning"
        r"|fading)|waned|faded|weakened|eased|dwindled|diminished|subsided|lost(?: ground)?|(?:went"
        r"|gone|goes|came|come|crept|edged|inched|ticked) down",
    ),
    (
        DOWN,
        r"(?:is|are|was|were|now|also|slightly|sharply|well|further|again|,|–|\() down(?= (?:by"
        rf"|from|on|since|at|to|sharply|slightly|\d)|\W*(?:$|{FIG}))|^down (?:by|from|on)|\bdown (?:by"
        r"|on|since|sharply|slightly|markedly|significantly)",
    ),
    (
        SOFT,
        rf"{_SOFTLY} (?:changed?|moved|shifted|altered|unchanged|the same|as (?:often|common|many)"
        r"|(?:any )?different|level|stable|steady|flat|constant|similar)|(?:hardly|barely|scarcely) any (?:change"
        r"|movement|shift|difference)"
        r"|little (?:change|movement|different|difference)|not (?:much|greatly|materially) changed?"
        r"|not change\w* (?:much|greatly|a lot|materially)|little sign of (?:a |any )?(?:change"
        r"|movement)|(?:little|hardly anything|not much) (?:has "
        r"|had )?changed|changed? (?:little|hardly)|similar (?:to"
        r"|level)",
    ),
    (
        SOFT,
        rf"{_STILL} (?:stable|steady|flat|constant|static|level|consistent|similar)|(?:stable|steady"
        rf"|flat|constant)(?= at {FIG}|\W*{FIG})|plateaued|stagnated|stagnant|levelled off|stabili[sz]ed"
        r"|(?:held|holding|hold) (?:steady|firm|up)",
    ),
    (
        FLAT,
        r"unchanged|nothing (?:has |had )?(?:really |much )?(?:changed|moved|shifted)"
        r"|no signs? of (?:a |any )?(?:change"
        r"|movement)|no change|(?:not|n't) chang\w+"
        r"|(?:not|n't) (?:moved|shifted|altered)|(?:stay"
        r"|remain)\w* (?:exactly )?(?:the same|put|where)|(?:is|are|was|were|exactly|just) the same"
        rf"|the same {_LIKE}|as (?:often|common|many|frequent|high|low|strong|large|widespread)"
        rf"(?: \w+){{0,4}} as {_BEFORE}"
        r"|no different|stood still|neither rose nor fell|no movement|no difference|no more and no less",
    ),
)
_SHARE = r"(?:share|proportion|number|percentage)"
_PLAIN = r"(?:(?!\b(?:more|less|fewer|higher|lower)\b)[^.;]){0,40}?"
NOUNS: tuple[tuple[str, str], ...] = (
    (UP, r"increase|rise|growth|gain|jump|surge|upturn|uptick|climb"),
    (DOWN, r"decrease|fall|drop|decline|dip|slump|reduction|downturn|loss"),
    (UP, rf"(?:growing|rising|increasing|larger|higher|greater|bigger) {_SHARE}"),
    (DOWN, rf"(?:shrinking|falling|declining|dwindling|decreasing|smaller|lower) {_SHARE}"),
    (UP, rf"(?:more|higher|larger|greater|stronger|commoner|up)\b{_PLAIN}\bthan {_BEFORE}"),
    (DOWN, rf"(?:less|fewer|lower|smaller|rarer|weaker)\b{_PLAIN}\bthan {_BEFORE}"),
    (UP, rf"more (?:common|frequent|widespread|often|popular|prevalent)(?:ly)?|more(?= {PEOPLE})|commoner|upward"),
    (DOWN, rf"less (?:common|frequent|widespread|often|popular|prevalent)(?:ly)?|fewer(?= {PEOPLE})|rarer|downward"),
)
_FACTORS = {"doubl": 2.0, "tripl": 3.0, "trebl": 3.0, "quadrupl": 4.0, "halv": 0.5, "twofold": 2.0, "threefold": 3.0}
FACTOR = re.compile(
    r"(?P<hedge>(?:well |much |far )?(?:more than|over)|at least|nearly|almost|not quite|about"
    r"|roughly|around|approximately|all but|virtually|practically|close to)?\s?"
    r"\b(?P<times>doubl(?:ed|es|ing)|tripl(?:ed|es|ing)|trebl(?:ed|es|ing)|quadrupl(?:ed|es"
    r"|ing)|halv(?:ed|es|ing)|twofold|threefold)\b"
)
BY_HALF = re.compile(r"(?:(?P<hedge>more than|over|nearly|almost|about|roughly|around|at least) )?(?:a |one )?half\b")
SIZES: tuple[tuple[str, str], ...] = (
    (
        BIG,
        r"sharp(?:ly|er)?|steep(?:ly)?|strong(?:ly)?|dramatic(?:ally)?|substantial(?:ly)?|considerabl[ey]"
        r"|markedly|greatly|huge(?:ly)?|massive(?:ly)?|large|big|soared|surged|plunged|plummeted"
        r"|rocketed|slumped|tumbled|leapt|collapsed|by a lot|a lot|far",
    ),
    (
        SMALL,
        r"slight(?:ly)?|a little|marginal(?:ly)?|modest(?:ly)?|edged|crept|inched|ticked|nudged"
        r"|a touch|a shade|fractionally|small|a bit",
    ),
)
_CHANGE = (
    r"(?:change|rise|increase|growth|gain|fall|drop|decline|decrease|difference|shift|movement"
    r"|jump|surge|upturn|reduction|dip)"
)
REALLY = re.compile(
    r"(?:statistically |highly )?significantly|(?:statistically |highly )?significant(?! (?:minorit"
    rf"|majorit|number|part|share))|(?:clear|real|genuine|marked|definite)(?: \w+){{0,1}} {_CHANGE}s?\b"
    r"|(?:clearly|genuinely|really)(?= (?:\w+ )?(?:ris|rose|grew|grown|increas|fall|fell|drop"
    rf"|declin|chang|up\b|down\b|more|less|fewer|higher|lower))|(?:{_CHANGE}|rose|grew|increased"
    r"|fell|dropped|declined|changed) clearly|(?:more than|beyond|not (?:down |due )?(?:to )?)\s?chance"
)
UNREAL = re.compile(
    r"insignificant(?:ly)?|no evidence of (?:a |any )?(?:change|difference|rise|increase|fall"
    r"|drop|decline)|(?:may|might|could|can) (?:well )?be (?:due to |down to )?chance|within the margin of error"
    r"|no more than chance|not more than chance"
)
_NOT = re.compile(
    r"(?:\b(?:too \w+ to|not|never|no|neither|nor|without|cannot|fail\w* to|yet to|hardly|barely|scarcely"
    r"|stopped)|n't)\s(?:(?:changed?|risen|rise|fallen|fall|increased?|grown|grow|dropped|declined"
    r"|moved|differ|different|yet|been|any|a|an|further|to|be|really|actually|seen|show|shown"
    r"|much|there|statistically|evidence|of|as|in|have|has|become|is|by)\s){0,4}$"
)
# “Hope of growth”, “after a rise”, “the drop that many feared did not come” say nothing of what happened.
_HOPED = re.compile(
    r"\b(?:(?:hopes?|fears?|talk|wish(?:es)?|calls?|needs?|demands?|desire|expectations?) (?:of|for|about)|after"
    r"|expect\w*|want\w*|fear\w*) (?:(?:an?|any|the|further|more|last|sharp|steep|slight|small|large|big) )*$"
)
_OVER = re.compile(r"\b(?:did not come|failed to|reversed|halted|ended|came to an end|(?:is|was) over|stopped)\b")
_WAYS = [
    (weight, kind, re.compile(rf"(?:(?<=\W)|^)(?:{words})(?!\w)"))
    for weight, table in ((0, VERBS), (6, NOUNS))
    for kind, words in table
]
_SIZES = [(kind, re.compile(rf"\b(?:{words})\b")) for kind, words in SIZES]


class Change(NamedTuple):
    """A stretch of a sentence that claims a change, and what makes it true."""

    start: int
    end: int
    kind: str
    said: str
    holds: Callable[[Figure], bool]
    weight: int = 0


def _difference(figure: Figure) -> float:
    return figure.value or 0.0


def _moved(figure: Figure, by: int) -> bool:
    return figure.tested == "difference" or whole(abs(_difference(figure))) >= by


def _ways(kind: str) -> tuple[str, Callable[[Figure], bool]]:
    return {
        UP: ("more than before", lambda f: _difference(f) > 0),
        DOWN: ("less than before", lambda f: _difference(f) < 0),
        FLAT: ("no change (less than 2 points, and no difference found by a test)", lambda f: not _moved(f, 2)),
        SOFT: (
            "hardly any change (4 points at most, and no difference found by a test)",
            lambda f: whole(abs(_difference(f))) < 2 or not _moved(f, 5),
        ),
        BIG: (
            "a large change (5 points or more, or half of what it was)",
            lambda f: whole(abs(_difference(f))) >= 5 or abs(_difference(f)) >= 0.5 * (f.before or 1),
        ),
        SMALL: ("a small change (5 points or less)", lambda f: whole(abs(_difference(f))) <= 5),
        REAL: ("that a test found a difference", lambda f: f.tested == "difference"),
    }[kind]


_UNTESTED: tuple[str, Callable[[Figure], bool]] = (
    "that no test found a difference",
    lambda f: f.tested != "difference",
)


def _not_way(kind: str) -> tuple[str, Callable[[Figure], bool]]:
    sign = 1 if kind == UP else -1
    return f"not {_ways(kind)[0]}", lambda f: not (sign * _difference(f) > 0 and _moved(f, 2))


def times(hedge: str, factor: float) -> tuple[str, Callable[[float], bool]]:
    """What “doubled” or “twice as often”, with the word before it, means for the ratio of two shares."""
    much = {2.0: "twice", 0.5: "half"}.get(factor, f"{factor:g} times")
    if re.search(r"more than|over", hedge):
        return (f"more than {much}", lambda r: r > factor) if factor > 1 else ("less than half", lambda r: r < factor)
    if hedge == "at least":
        return f"{much} or more", lambda r: r >= factor if factor > 1 else r <= factor
    if re.search(r"nearly|almost|not quite|all but|virtually|practically|close", hedge):
        if factor > 1:
            return f"nearly {much}", lambda r: 0.75 * factor <= r < factor
        return "nearly halved", lambda r: factor < r <= 1.4 * factor
    if hedge:
        return f"about {much}", lambda r: 0.8 * factor <= r <= 1.25 * factor
    low, high = (0.9, 1.4) if factor > 1 else (0.7, 1.2)
    return much, lambda r: low * factor <= r <= high * factor


def _ratio(test: Callable[[float], bool]) -> Callable[[Figure], bool]:
    def holds(figure: Figure) -> bool:
        before = figure.before
        return before is None or (before > 0 and test(round((before + _difference(figure)) / before, 6)))

    return holds


def change_words(text: str) -> Iterator[Change]:
    """Every word in a sentence (in small letters) that claims a change."""
    tests = list(_tests(text))
    yield from tests
    yield from _factors(text)
    # “No significant change” is about the test only.
    taken = [(word.start, word.end + 20) for word in tests if word.said == _UNTESTED[0]]
    for weight, kind, pattern in _WAYS:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            taken.append(match.span())
            if weight and (_HOPED.search(text[: match.start()]) or _OVER.search(text[match.end() :])):
                continue
            no = _NOT.search(text[: match.start()]) if kind in (UP, DOWN) else None
            said, holds = _not_way(kind) if no else _ways(kind)
            yield Change((no or match).start(), match.end(), kind, said, holds, weight)
    for kind, pattern in _SIZES:
        for match in pattern.finditer(text):
            if not _NOT.search(text[: match.start()]):
                yield Change(*match.span(), kind, *_ways(kind))


def _tests(text: str) -> Iterator[Change]:
    for match in [*REALLY.finditer(text), *UNREAL.finditer(text)]:
        no = _NOT.search(text[: match.start()])
        said, holds = _UNTESTED if no or UNREAL.match(match[0]) else _ways(REAL)
        yield Change((no or match).start(), match.end(), REAL, said, holds)


def _factors(text: str) -> Iterator[Change]:
    for match in FACTOR.finditer(text):
        if match["hedge"] or not _NOT.search(text[: match.start("times")]):
            factor = next(f for stem, f in _FACTORS.items() if match["times"].startswith(stem))
            said, test = times(match["hedge"] or "", factor)
            start = match.start("hedge" if match["hedge"] else "times")
            yield Change(start, match.end(), TIMES, f"{said} what it was", _ratio(test))
    for match in BY_HALF.finditer(text):
        head = text[: match.start()]
        if re.search(r"\bby $", head):
            rises = [m.end() for _, kind, way in _WAYS if kind == UP for m in way.finditer(head)]
            falls = [m.end() for _, kind, way in _WAYS if kind == DOWN for m in way.finditer(head)]
            factor = 1.5 if max(rises, default=0) > max(falls, default=0) else 0.5
            said, test = times(match["hedge"] or "", factor)
            yield Change(match.start(), match.end(), TIMES, f"{said} what it was", _ratio(test))


def _in_order(wave: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", wave)]


def pairs(sentence: Sentence) -> Iterator[Place]:
    """Two shares that the sentence itself calls an earlier and a later one, as a change that nobody tested."""
    text, shares = sentence.plain, sentence.of("share")
    for one, other in zip(shares, shares[1:], strict=False):
        middle, head = text[one.at + 1 : other.at], text[: one.at]
        if re.search(r"[;]|\bbut\b", middle):
            continue
        near = r"(?: (?:only|just|about|some|under|over|around))* ?$"
        opened = re.search(r"(?:^|[;:])\W*(?:compared (?:with|to)|against|after|from)\b[^;]{0,30}$", head)
        if opened or (re.search(rf"\bfrom{near}", head) and re.search(rf"\bto{near}", middle)):
            first, last = one, other
        elif re.search(rf"\b(?:from|compared (?:with|to)|against|after|versus){near}", middle):
            first, last = other, one
        elif re.search(r"\bbetween\b", head) and re.search(r"\band\b", middle):
            first, last = one, other
        elif one.figure.wave and other.figure.wave and one.figure.wave != other.figure.wave:
            first, last = sorted((one, other), key=lambda p: _in_order(p.figure.wave))
        else:
            continue
        yield Place(one.at, _made(first.figure, last.figure))


def _made(first: Figure, last: Figure) -> Figure:
    before, after = first.value or 0.0, last.value or 0.0
    size = whole(abs(after - before))
    text = f"{percent(after)} after {percent(before)} ({'up' if after > before else 'down'} {size})"
    return Figure(
        reference=last.reference,
        text=text if after != before else f"{percent(after)} as before",
        about="",
        kind="change",
        value=round(after - before, 9),
        before=before,
        tested="pair",
    )


def changes(sentence: Sentence) -> Iterator[tuple[Change, Figure]]:
    """Yield every contradicted word of change and the figure that says otherwise."""
    places = sentence.of("change") or list(pairs(sentence))
    if not places:
        return
    text, words = sentence.plain, list(change_words(sentence.plain))
    ways = [w for w in words if w.kind in (UP, DOWN, FLAT, SOFT)]
    strong = [w for w in ways if not w.weight and any(not apart(text, w.end, p.at) for p in places)] or ways
    for family in (strong, [w for w in words if w.kind == TIMES]):
        for i, j in bind(text, [(w.start, w.end) for w in family], [p.at for p in places]).items():
            if not family[i].holds(places[j].figure):
                yield family[i], places[j].figure
    for word in (w for w in words if w.kind in (BIG, SMALL, REAL)):
        if word.kind != REAL and not any(
            way.start - 30 < word.end and word.start < way.end + 30 for way in strong if way.kind in (UP, DOWN)
        ):
            continue
        place = min(places, key=lambda p: abs(p.at - word.start))
        tested = word.kind != REAL or place.figure.tested != "pair"
        if tested and not apart(text, word.end, place.at) and not word.holds(place.figure):
            yield word, place.figure


def by_test(word: Change, figure: Figure) -> str:
    """What is known of a test, where the word is about one."""
    if word.kind not in (REAL, FLAT, SOFT):
        return ""
    return {"difference": " (a test found a difference)", "none": " (a test found none)", "": " (not tested)"}.get(
        figure.tested, ""
    )
