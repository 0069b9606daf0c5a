"""Words that set one figure against others: “more often than”, “twice as many as”, “the most common”, “second”.

=================================  ====================================================================
words                              true where
=================================  ====================================================================
more often than, ahead of          the first figure is the larger
less often than, behind            the first figure is the smaller
as many … as, on a par with        they are 3 points apart or less (a similar share: 5)
no more, no less often than        the first is at most 3 points the larger, the smaller
twice as often as, half as many    as “doubled” and “halved” (`claimchanges.times`)
the most common, top, first        no figure that it is ranked with is larger; a tie will do
second, third most common          that many places from the top; ties leave it open
the least common, last, rarest     no figure that it is ranked with is smaller
among the most (least) common      in the upper (lower) half
among the top three                in the first three
=================================  ====================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipeline.report.claimamounts import NOT, PEOPLE, SMALL, SUBJECT
from pipeline.report.claimchanges import times
from pipeline.report.claimtext import FIG, Place, Sentence, bind, inside, set_off
from pipeline.report.records import Figure
from pipeline.report.wording import whole

_DONE = (
    r"(?:cited|mentioned|named|raised|chosen|reported|given|heard|voiced|quoted|discussed|selected"
    r"|picked|expressed|brought up)"
)
_HOW = r"(?:often|common(?:ly)?|frequent(?:ly)?|widespread|popular|prevalent|widely)"
_MOST = (
    rf"(?:most (?:{_HOW}|{_DONE})|commonest|largest|biggest|greatest|highest|top|leading|number one|foremost|dominant)"
)
_LEAST = rf"(?:least (?:{_HOW}|{_DONE})|rarest|smallest|lowest|bottom)"
_PLACES = {"second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
_NTH = "|".join(_PLACES)
RANKS: tuple[tuple[str, str], ...] = (
    (
        "spared",
        rf"(?:the )?{_MOST} (?:single )?(?:change|rise|increase|growth|fall|drop|decline|gain|loss"
        r"|difference|gap|shift)s?\b"
        r"|(?:one of|some of|two of|three of|their|his|her|my|our|your|its|people's|\w+'s|next|single"
        rf"|no|any|at) (?:own )?(?:the )?(?:{_MOST}|{_LEAST})(?! single)|top (?:of|down|level|management"
        r"|manager|team|floor|up|to|quality)|(?:from|at|over|on) the top\b(?! of the (?:list|table"
        r"|ranking))|apart from|aside from|besides|leaving aside|largest (?:ever|charit|organi"
        r"|compan|firm|employer)\w*|(?:first|last) (?:wave|year|survey|time|month|week|decade|question"
        r"|section|of all)",
    ),
    (
        "within",
        rf"the (?P<within2>two|three|four|five|six) {_MOST}"
        r"|(?:in |among |amongst |one of |into |makes? |made |reach\w* )?the top (?P<within>two|three|four"
        r"|five|six|seven|eight|nine|ten|\d+)",
    ),
    ("upper", rf"(?:one of|among|amongst) the (?:\w+ )?{_MOST}"),
    ("lower", rf"(?:one of|among|amongst) the (?:\w+ )?{_LEAST}"),
    ("nth last", rf"(?P<nth_last>{_NTH})[ -](?:{_LEAST}|(?:from )?last|to last|from the bottom)"),
    (
        "nth",
        rf"(?P<nth>{_NTH})[ -](?:{_MOST}|place)|(?:rank(?:s|ed|ing)?|comes?|came|coming|placed|is"
        rf"|was|finish\w*|in) (?:a (?:close|distant|clear) )?(?P<nth2>{_NTH})\b(?! (?:to|from|wave"
        r"|year|question))|runner[- ]up"
        rf"|(?P<nth3>(?<![\w] ){_NTH}) (?:comes?|came|is|was)\b",
    ),
    (
        "last",
        rf"the (?:single )?{_LEAST}|{_LEAST} of all|(?:rank(?:s|ed|ing)?|comes?|came|coming|placed"
        r"|finish\w*) (?:\w+ )?last|in last place|at the bottom(?: of the (?:list|table|ranking))?"
        r"|(?:(?:mention|nam|rais|cit)ed|(?:comes?|came) up) least(?: often)?|least often (?:mentioned"
        r"|named|raised|cited)"
        r"|(?:rat|scor|mark|plac)(?:ed?|es) (?:[\w']+ ){0,3}?lowest"
        r"|fewer than any other|less (?:often )?than any other",
    ),
    (
        "first",
        rf"(?:the|was|is|were|are) (?:single |clear |by far |far and away )*{_MOST}(?: single)?"
        rf"|{_DONE} (?:the )?most (?:often|frequently|commonly|widely)|{_DONE} (?:the )?most(?= \W*{FIG}"
        rf"|\W*[.,(–])|most (?:often|frequently|commonly|widely) {_DONE}|more (?:often |frequently "
        r"|widely |common )?than any (?:other|of the others)|(?:rank(?:s|ed|ing)?|comes?|came|coming"
        r"|placed|finish\w*) (?:clearly )?(?:first|top|in first place)|in first place|(?:tops?"
        r"|topped|topping|heads?|headed|leads?|led) the (?:list|table|ranking|field|answers|themes"
        r"|way)|ahead of all (?:the )?others?|(?:more )?than anything else"
        r"|(?:rat|scor|mark|plac)(?:ed?|es) (?:[\w']+ ){0,3}?highest"
        rf"|most (?:often|frequently|commonly) (?:in|by|among|at|from|with) (?=[^.;,]{{0,40}}{FIG})"
        r"|above (?:all|everything) else|^what [^.;,]{1,40}? most (?:is|are|was|were)\b"
        rf"|the (?:main|chief|principal|primary|prime) (?:single )?{SUBJECT}"
        r"|(?:comes?|came) up (?:the )?most(?: often)?\b"
        r"|(?:appears?|appeared) (?:the )?most\b|at the (?:very )?top of the (?:list"
        r"|table|ranking)|number one|no (?:other )?\w+ (?:(?!and"
        rf"|but)\w+ ){{1,4}}?(?:more|as) (?:often|common|frequent|frequently|widespread|many)(?: than"
        r"| as)?|commonest",
    ),
)
_RANK_WORDS = [(kind, re.compile(rf"\b(?:{words})")) for kind, words in RANKS]

# “After funding, the most common …” ranks what is left.
_AFTER = re.compile(
    r"(?:^|[;:(]\s*)\W*(?:after|behind|apart from|besides|aside from|next to|excluding|other than)\b[^.;]*,[^.;]*$"
)
_GAP = r"(?:[^.;]{0,70}?)"
_AS_HOW = r"(?:many|often|much|common(?:ly)?|frequent(?:ly)?|likely|widespread|high|large|popular)"
_OFTEN = r"(?:often|common(?:ly)?|frequent(?:ly)?|likely|widespread|popular|prevalent|widely)"
_TIMES = r"(?:twice|double|half|three times|four times|five times|thrice|treble|triple)"
_FACTORS = {"half": 0.5, "th": 3.0, "tr": 3.0, "four": 4.0, "five": 5.0}
_HEDGE = r"(?:(?P<hedge>well over|more than|over|at least|nearly|almost|not quite|about|roughly|around|close to) )?"
_FAR = r"(?:(?:far|well|clearly|way|slightly|just|much|a little|narrowly|comfortably|significantly) )?"
# “is higher … than”, “a higher share … than”: not “larger charities … than”.
_BE = (
    rf"(?:(?:is|are|was|were|be|remain\w*|stands?|a|the|,|:|–) {_FAR}(?:even )?(?=\w+ (?:share"
    rf"|proportion|number|figure|rate|than|in|for|among|at|on|here|with|\(|{FIG}))|(?=\w+ (?:share"
    r"|proportion|than)))"
)
_PLAIN = r"(?:(?!\b(?:less|more|fewer)\b)[^.;]){0,70}?"
# “More leaders (31 %) than …”, not “more money (31 %) for longer than …”.
_OF_WHOM = rf"(?: [\w-]+){{0,2}} {PEOPLE}\b|(?: [\w-]+){{0,2}}\W*{FIG}| than\b"
COMPARED: tuple[tuple[str, str], ...] = (
    (
        "times",
        rf"{_HEDGE}(?P<times>{_TIMES})(?: (?:as|more) {_AS_HOW}{_GAP} (?:as|than)| (?:the|that) (?:share|proportion"
        r"|number|rate|figure)(?: of| for| among)?| that of)\b",
    ),
    ("no more", rf"(?:no|hardly|scarcely) more {_OFTEN}\b{_GAP} than\b"),
    ("no less", rf"no less {_OFTEN}\b{_GAP} than\b"),
    ("times back", rf"{_HEDGE}(?P<times>{_TIMES}) as {_AS_HOW}(?=\W*{FIG})"),
    (
        "less",
        rf"(?:matter|count|weigh)(?:s|ed)? (?:\w+ )?less than\b"
        rf"|(?:not|n't|never|nor) (?:\w+ ){{0,2}}(?:as|so) {_AS_HOW}\b{_GAP} as\b"
        rf"|(?:less|not more) {_OFTEN}\b{_GAP} than\b"
        rf"|{_BE}(?:lower|smaller|rarer)\b{_PLAIN} than\b|{_FAR}behind\b|trail(?:s|ed|ing)?\b"
        rf"|lag(?:s|ged|ging)? behind|(?:comes?|came) after|{_FAR}below(?= [^.;,]{{0,40}}{FIG})"
        r"|outnumbered by|overtaken by"
        r"|eclipsed by|outweighed by",
    ),
    (
        "equal",
        rf"(?:just |exactly |almost |nearly |about |not quite )?as {_AS_HOW}\b(?! (?:as )?(?:{FIG}|an?\b|one\b"
        rf"|half)){_GAP} as\b|on a par with|level with|the same (?:share|proportion|number|level)(?: \w+){{0,3}} as"
        r"|equal to|in equal measure|neck and neck|equally (?:often|common|likely|frequent|widespread"
        r"|large|big|strong)|of (?:(?:roughly|about|almost|nearly) )?equal (?:size|number|strength"
        r"|weight)|equal in (?:size|number)"
        r"|(?:an? (?:\w+ )?)?(?:similar|equal|identical) (?:share|proportion|number|percentage)s?"
        r"|gap (?:(?!not)\w+ ){0,6}?(?:closed|vanished|disappeared|gone)",
    ),
    (
        "more",
        rf"(?:matter|count|weigh)(?:s|ed)? (?:\w+ )?more than\b"
        rf"|(?:more|not less) {_OFTEN}\b{_GAP} than\b(?! any)|{_BE}(?:higher|larger|greater|bigger"
        rf"|commoner)\b{_PLAIN} than\b(?! any)|(?:closely |distantly )?followed(?: \w+){{0,4}}? by"
        rf"|(?:comes?|came) before|{_FAR}ahead of|exceed(?:s|ed|ing)?\b|outnumber(?:s|ed"
        r"|ing)?\b|outweigh(?:s|ed)?\b|outstrip(?:s|ped)?\b|outrank(?:s|ed)?\b|surpass(?:es|ed)?\b"
        rf"|overt(?:ook|aken|akes)\b|eclips(?:es|ed)\b|{_FAR}above(?= [^.;,]{{0,40}}{FIG})",
    ),
    ("front less", rf"less {_OFTEN}\b|(?:fewer|less|lower)(?= (?:{PEOPLE}|share)\b|\W*{FIG})"),
    ("front more", rf"more {_OFTEN}\b|(?:more|higher)(?= (?:{PEOPLE}|share)\b|\W*{FIG})"),
    ("bare less", rf"(?:fewer|less)(?={_OF_WHOM}){_GAP} than\b"),
    ("bare more", rf"more(?={_OF_WHOM}){_GAP} than\b(?! any)"),
)
_COMPARED = [(kind, re.compile(rf"\b(?:{words})")) for kind, words in COMPARED]


class Fault(NamedTuple):
    """A contradicted word: where it is in its sentence, what it says, and what the figures say."""

    start: int
    end: int
    said: str
    found: str


def named(figure: Figure) -> str:
    """A figure by its reference and what it prints."""
    return f"{{{figure.reference.strip('{}')}}} is {figure.text}"


def ranks(sentence: Sentence, figures: Mapping[str, Sequence[Figure]]) -> Iterator[Fault]:
    """Yield every word that claims a place for a figure that it has not among those that it is ranked with."""
    text = sentence.plain
    places = [p for p in _valued(sentence, figures) if len(figures.get(p.figure.among, ())) > 1]
    if not places:
        return
    words = list(_rank_words(text))
    bound = bind(text, [(start, end) for start, end, _, _ in words], [p.at for p in places])
    for i, j in bound.items():
        start, end, kind, place = words[i]
        figure, rivals = places[j].figure, figures[places[j].figure.among]
        negation = NOT.search(text[:start])
        if _AFTER.search(text[:start]) or _holds(kind, place, figure, rivals, negated=negation is not None):
            continue
        order = sorted((r for r in rivals if r.value is not None), key=lambda r: -(r.value or 0))
        at = 1 + sum((r.value or 0) > (figure.value or 0) for r in order)
        ends = order[-1] if kind in ("last", "lower", "nth last") else order[0]
        claimed = "that it does not come there" if negation else _claimed(kind, place)
        start = negation.start() if negation else start
        yield Fault(start, end, claimed, f"{named(figure)}, place {at} of {len(order)} ({named(ends)})")


def _claimed(kind: str, place: int) -> str:
    return {
        "first": "that no other is larger",
        "last": "that no other is smaller",
        "upper": "that it is in the upper half",
        "lower": "that it is in the lower half",
        "within": f"that it is among the first {place}",
        "nth": f"that it comes in place {place}",
        "nth last": f"that it comes in place {place} from the end",
    }[kind]


def _rank_words(text: str) -> Iterator[tuple[int, int, str, int]]:
    taken: list[tuple[int, int]] = []
    for kind, pattern in _RANK_WORDS:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            if kind == "spared" and re.match(r"one of the|some of the|two of the|three of the", match[0]):
                continue
            taken.append(match.span())
            groups = match.groupdict()
            word = next(
                (g for k in ("nth", "nth2", "nth3", "nth_last", "within", "within2") if (g := groups.get(k))), ""
            )
            place = int(word) if word.isdigit() else _PLACES.get(word, SMALL.get(word, 2 if kind == "nth" else 1))
            if kind != "spared":
                yield (*match.span(), kind, place)


def _holds(kind: str, place: int, figure: Figure, rivals: Sequence[Figure], *, negated: bool = False) -> bool:
    mine = figure.value or 0.0
    values = [r.value for r in rivals if r.value is not None and r.reference != figure.reference]
    above, below = sum(v > mine for v in values), sum(v < mine for v in values)
    ties = len(values) - above - below
    if negated:
        return ties > 0 or not _holds(kind, place, figure, rivals)
    if kind in ("first", "nth", "within"):
        return above < place if kind == "within" else above < place <= above + ties + 1
    if kind in ("last", "nth last"):
        return below < place <= below + ties + 1
    return (above if kind == "upper" else below) < max((len(values) + 1) / 2, 2)


def _valued(sentence: Sentence, figures: Mapping[str, Sequence[Figure]]) -> list[Place]:
    """The shares of a sentence; where it has none, those of the latest wave that belong to the names in it."""
    if shares := sentence.of("share"):
        return shares
    if counts := sentence.of("count"):
        return counts
    every = {
        f.reference.strip("{}").partition("@")[0]: f for among in figures.values() for f in among if f.kind == "share"
    }
    found = []
    for at, figure in sentence.places:
        stem = re.sub(r"\.name$", "", figure.reference.strip("{}").partition("@")[0])
        own = every.get(f"{stem}.share") or every.get(stem)
        if figure.kind == "words" and own:
            found.append(Place(at, own))
    return found


def compared(sentence: Sentence, taken: Sequence[tuple[int, int]] = ()) -> Iterator[Fault]:
    """Yield every word that sets two figures of the sentence against each other wrongly."""
    text, shares = sentence.plain, sentence.of("share")
    if len(shares) < 2:
        return
    taken = list(taken)
    for kind, pattern in _COMPARED:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            if kind.startswith("front") and _front(text, match, shares) is None:
                continue
            taken.append(match.span())
            pair = _front(text, match, shares) if kind.startswith("front") else None
            pair = pair or _pair(text, match, shares, bare=kind.startswith("bare"))
            if pair is None:
                continue
            one, other = (p.figure for p in (reversed(pair) if kind == "times back" else pair))
            said, holds = _relation(kind, match, one.value or 0.0, other.value or 0.0)
            if not holds:
                yield Fault(*match.span(), f"that the one is {said} the other", f"{named(one)} and {named(other)}")


def _relation(kind: str, match: re.Match[str], one: float, other: float) -> tuple[str, bool]:
    if kind.startswith("times"):
        factor = next((f for stem, f in _FACTORS.items() if match["times"].startswith(stem)), 2.0)
        hedge = match["hedge"] or ""
        said, test = times(hedge, factor)
        return said, other > 0 and test(round(one / other, 6))
    if kind == "equal":
        if "similar" in match[0]:
            return "much as large as", whole(abs(one - other)) <= 5
        if re.match(r"almost|nearly|not quite", match[0]):
            return "nearly as large as", -0.085 < one - other < 0.035
        return "as large as", whole(abs(one - other)) <= 3
    if kind.startswith("no "):
        beyond = one - other if kind == "no more" else other - one
        return ("no larger than" if kind == "no more" else "no smaller than"), whole(max(beyond, 0.0)) <= 3
    return ("larger than", one > other) if kind.endswith("more") else ("smaller than", one < other)


def _front(text: str, match: re.Match[str], shares: Sequence[Place]) -> tuple[Place, Place] | None:
    """The two figures of “compared with men (26 %), women (42 %) … more often”."""
    for one, other in zip(shares, shares[1:], strict=False):
        opened = re.search(
            r"(?:^|[;:(])\W*(?:but )?(?:compared (?:with|to)|unlike|against|by comparison with)\b[^.;]*$",
            text[: one.at],
        )
        if opened and "," in text[one.at : other.at] and match.start() > one.at and " than" not in text[match.end() :]:
            return other, one
    return None


def _pair(text: str, match: re.Match[str], shares: Sequence[Place], *, bare: bool) -> tuple[Place, Place] | None:
    """The two figures that a comparison is about: what is measured, and what it is measured by."""
    low = max(text.rfind(";", 0, match.start()), 0)
    high = text.find(";", match.end()) if text.find(";", match.end()) >= 0 else len(text)
    shares = [p for p in shares if low <= p.at < high]
    within = [p for p in shares if match.start() <= p.at < match.end()]
    before, after = [p for p in shares if p.at < match.start()], [p for p in shares if p.at >= match.end()]
    together = [
        (a, b) for a, b in zip(after, after[1:], strict=False) if (r := inside(text, a.at)) and r == inside(text, b.at)
    ]
    against = [
        (a, b)
        for a, b in zip(after, after[1:], strict=False)
        if re.fullmatch(
            r"[^.;]{0,40}\b(?:against|compared (?:with|to)|versus|vs|and)\b[^.;]{0,30}", text[a.at + 1 : b.at]
        )
    ]
    if within and after:
        return within[-1], after[0]
    if together and not before:
        return together[0]
    close = after and len(text[match.end() : after[0].at].split()) <= (2 if bare else 9)
    if bare:
        told = re.search(r"(?:,|–|\b(?:far|many|and so|well))\s*$", text[: match.start()])
        the = re.match(r" (?:the|those|its) ", text[match.end() :])
        return (before[-1], after[0]) if before and close and (told or the) and not within else None
    if before and close:
        return before[-1], after[0]
    if len(after) >= 2 and not before:
        standard = set_off(text, after[0].at) == "bracket" or text[match.end() : after[0].at].strip() in ("", "the")
        return against[0] if against and not standard else (after[1], after[0])
    if len(before) >= 2 and not after:
        return before[-2], before[-1]
    return None
