"""Amounts in words: “over half”, “nearly two thirds”, “one in ten”, “31 per cent”, and the shares they are true for.

===================  ============================================================================================
words                true where the share is
===================  ============================================================================================
half, a third        within 1 point (half, a tenth and less) or 2 points of the amount, as printed
exactly              printed as the amount
over, more than      more than the amount, by the share itself: 50.3 % is over half though it prints as 50 %
at least, or more    the amount or more
under, less than     less than the amount
at most, up to       the amount or less
about, some, or so   within 5 points (or a quarter of the amount, or half of the rest, where that is less)
nearly, almost       less than the amount, by as much as “about” allows
hardly more than     from just under the amount to as far over as “about” allows
just over, under     on that side of the amount, by as much as “about” allows
well over, under     on that side, and at least as far away as “about” allows
barely, hardly       from as far under as “about” allows to the amount itself
as many as, fully    the amount or more
not a third          less; “not over half” is half or less
===================  ============================================================================================
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from pipeline.report.claimtext import FIG
from pipeline.report.wording import whole


class Bounds(NamedTuple):
    """The shares for which a claim is true, in percent."""

    low: float = 0.0
    high: float = 100.0
    above: bool = False
    below: bool = False
    printed: bool = False
    negated: bool = False

    def holds(self, share: float) -> bool:
        """Whether the claim is true of a share (0 to 1)."""
        x = float(whole(share)) if self.printed else round(share * 100, 6)
        low, high = round(self.low, 6), round(self.high, 6)
        within = (x > low if self.above else x >= low) and (x < high if self.below else x <= high)
        return within != self.negated

    @property
    def said(self) -> str:
        """The bounds in words."""
        ends = (math.ceil(self.low), math.floor(self.high)) if self.printed else (self.low, self.high)
        low, high = (f"{round(x, 1):g}\N{NO-BREAK SPACE}%" for x in ends)
        if low == high:
            words = low
        elif self.low <= 0 and not self.above:
            words = f"less than {high}" if self.below else f"{high} or less"
        elif self.high >= 100 and not self.below:
            words = f"more than {low}" if self.above else f"{low} or more"
        else:
            words = f"{'more than ' if self.above else ''}{low} to {'less than ' if self.below else ''}{high}"
        return f"not {words}" if self.negated else words


class Word(NamedTuple):
    """A stretch of a sentence that claims a share: where it is, what it claims, and how it may be bound.

    ``typed`` marks an amount (“a third”), which is a figure typed by hand where no reference stands beside it.
    ``strict`` words (all, nobody) are about a figure only where it directly backs them.
    """

    start: int
    end: int
    bounds: Bounds
    typed: bool = False
    strict: bool = False


PEOPLE = (
    r"(?:respondents?|people|persons?|leaders?|members?|staff|employees?|workers?|managers?|patients?|visitors?|carers?"
    r"|volunteers?|teachers?|nurses?|doctors?|parents?|customers?|users?|clients?|students?|pupils?|learners?"
    r"|residents?|tenants?|citizens?|charit(?:y|ies)|organi[sz]ations?|compan(?:y|ies)|firms?|business(?:es)?|teams?"
    r"|households?|farmers?|trustees?|directors?|executives?|officials?|professionals?|researchers?|developers?"
    r"|colleagues?|adults?|child(?:ren)?|wom[ae]n|m[ae]n|voters?|supporters?|optimists?|pessimists?|funders?|councils?"
    r"|schools?|participants?|interviewees?|individuals?|graduates?|owners?|readers?|users?|commuters?|passengers?"
    r"|borrowers?|donors?|callers?|drivers?|cyclists?|apprentices?|governors?|landlords?|applicants?|attendees?|guests?"
    r"|beneficiaries|grantees?|delegates?|officers?|lecturers?|academics|scientists?|engineers?|consultants?|therapists?"
    r"|midwives|physicians?|surgeons?|pharmacists?|dentists?|councillors?|pensioners?|subscribers?|listeners?|viewers?"
    r"|shoppers?|claimants?|jobseekers?|refugees?|veterans?|prisoners?|neighbours?|suppliers?|investors?|taxpayers?"
    r"|authors?|reviewers?|undergraduates?|postgraduates?|families|farms?|universities|clubs?|employers?|freelancers?"
    r"|answers?|responses?|repl(?:y|ies)|comments?|submissions?|mentions|votes|those (?:who|asked|surveyed|polled))"
)
SUBJECT = r"(?:barrier|reason|concern|worry|obstacle|theme|answer|wish|complaint|request|need|demand|issue|fear|hope)\b"

_UNITS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
SMALL = {word: i for i, word in enumerate(_UNITS.split(), 1)} | {w: 10 * i for i, w in enumerate(_TENS.split(), 2)}
_ONE = "|".join(sorted(SMALL, key=len, reverse=True))
_BELOW = rf"(?:(?:{_TENS.replace(' ', '|')})[ -](?:{'|'.join(_UNITS.split()[:9])})|(?:{_ONE}))"
SPELT = rf"(?:(?:an?|{_ONE}) hundred(?: and {_BELOW})?|{_BELOW})"
NUMBER = rf"(?:\d+(?:,\d{{3}})*(?:\.\d+)?|{SPELT})"
_PARTS = {
    "third": 3,
    "quarter": 4,
    "fifth": 5,
    "sixth": 6,
    "seventh": 7,
    "eighth": 8,
    "ninth": 9,
    "tenth": 10,
    "twentieth": 20,
}
_THIRD = (
    r"(?P<top>another|a further|an?|one|two|three|four|five|six|seven|eight|nine)(?P<good> full| good)?[ -]"
    rf"(?P<part>{'|'.join(_PARTS)})(?P<s>s)?"
)
_N_IN_M = rf"(?P<n>{NUMBER})(?: {PEOPLE})?[ -](?:in|out of|of)(?: every)?[ -](?P<m>{NUMBER})"
_CENT = rf"(?P<cent>{NUMBER})(?: ?%| per ?cent\b)"
_EVERY = r"every (?P<every>second|other|third|fourth|fifth|tenth)"
_HALF = r"(?P<half>(?:(?:a|one)[ -])?(?P<well>good |full )?half)"
AMOUNT = re.compile(rf"(?<![\w.,])(?:{_CENT}|{_N_IN_M}|{_THIRD}|{_EVERY}|{_HALF})(?!\w)")
_ORDINAL = re.compile(
    r" (?:of |said|say|want|name|mention|rais|felt|feel|thought|think|believ|agree|see|saw"
    r"|report|expect|spoke|speak|wrote"
    r"|are|were|have|had|do|did|would|could|gave|give|ask|chose|cit|describ|told|used|more"
    r"|fewer|less|or\b|and\b|to\b|[a-z]+ed\b"
    rf"|{PEOPLE})|\s*(?:[,.;:!?)(–]|{FIG}|{'$'})| (?:in|at|by|from|on)\b"
)
_NOT_HALF = re.compile(
    r"(?: as (?:many|much|often|common|likely)\b| the (?:battle|story|answer|fun|point|time|work|problem)\b"
    r"| of [^.;]* the other\b"
    r"|[ -](?:hearted|way|baked|time|term|dozen|truth|an? |hour|day|year|century|decade|marathon)"
    r"|\w)"
)
_NOT_HALF_BEFORE = re.compile(r"\b(?:first|second|other|latter|better|in|last|next|time and a|and a)\s$")
_SPAN_OF_TIME = re.compile(
    r" (?:of (?:the |this |a |that |their (?:time|day|week|work)|my |our (?:time|work|day))?(?:time"
    r"|day|week|month|year|decade|century|work|money|budget|income|battle|story|answer)s?\b"
    r"|years?|months?|weeks?|days?|hours?|decades?|pounds|euros|dollars)"
)

_SLIGHTLY = (
    r"(?:(?:only|very) )?(?:just|slightly|a little|marginally|a bit|a shade|a touch|a tad|a fraction"
    r"|fractionally|somewhat)"
)
# Words before an amount, longest first, and what they make of it.
HEDGES: tuple[tuple[str, str], ...] = (
    (
        r"(?:nowhere near|nothing like|not nearly|far from|well under|well below|well short of"
        r"|(?:far|considerably|much) (?:less|fewer) than|far below)",
        "well under",
    ),
    (r"(?:well|far|considerably|comfortably|much|significantly) (?:over|more than|above)", "well over"),
    (rf"(?:{_SLIGHTLY}|narrowly|only just) (?:over|more than|above)", "just over"),
    (
        rf"(?:{_SLIGHTLY}|little) (?:under|less than|fewer than|below"
        r"|short of|shy of)|shy of|not quite|not far (?:short of|off|from)|little short of|not much (?:less"
        r"|fewer) than",
        "just under",
    ),
    (r"(?:hardly|barely|scarcely|little|not much) (?:more than|over|above)", "hardly more"),
    (r"(?:at least|no fewer than|no less than|not less than|not fewer than|a minimum of)", "at least"),
    (r"(?:at most|no more than|not more than|up to|a maximum of|no higher than)", "at most"),
    (
        r"(?:over|more than|above|upwards of|in excess of|greater than|higher than|exceed(?:s|ed"
        r"|ing)?|better than|north of)",
        "over",
    ),
    (r"(?:under|less than|fewer than|below|short of|lower than|smaller than)", "under"),
    (r"(?:nearly|almost|approaching|getting on for|close on|verging on|nigh on|all but|not far off)", "nearly"),
    (
        r"(?:about|around|roughly|approximately|some|circa|close to|broadly|in the region of|of the order of"
        r"|in the order of|more or less"
        r"|an estimated|something like|near)",
        "about",
    ),
    (r"(?:barely|scarcely|hardly)", "barely"),
    (r"(?:exactly|precisely)", "exactly"),
    (r"(?:as many as|fully|easily|a full|a good)", "as many as"),
)
# An exact figure in digits is typed by hand even beside its reference.
_EXACT = re.compile(r"\d[\d.,]* ?(?:%|per ?cent)|\d[\d,]*\d (?:of|out of) \d[\d,]*\d")
_HEDGE = re.compile(
    "(?:" + "|".join(rf"(?P<h{i}>\b{words})" for i, (words, _) in enumerate(HEDGES)) + r")\s(?:the |a |one )?$"
)
NOT = re.compile(
    r"(?:\b(?:not|never|no longer|neither|nor|cannot|without|far from|short of|fail\w* to|by no means"
    r"|hardly true that|(?:not|n't) (?:the case|true|right to say|to say) that)|n't)\s"
    r"(?:(?:even|yet|quite|make up|made up|reach|win|form|be|being|constitute|account for|come to"
    r"|amount to|exceed|from|by|in|a|an|the|of|any|by any means|do|does|did|are|is|was|were"
    r"|would|quite)\s)*$"
    r"|\bneither\b[^.;,–:]*\bnor\b[^.;,–:]*$"
    r"|\b(?:neither|none|no)(?: of)?(?: \w+){1,2}? (?:has|have|had|is|are|was|were|wins|won|commands?|reach\w*)"
    r" (?:(?:a|an|the|even|by|\w+ed by) )*$"
)


def _near(amount: float) -> float:
    """How many points “about” and “nearly” may be away: a quarter of the amount (or of the rest), at most 5."""
    return min(5.0, amount / 4, max(100 - amount, 2) / 2)


def bounds(relation: str, amount: float) -> Bounds:
    """What a hedge makes of an amount in percent.

    Examples
    --------
    >>> bounds("over", 50).said.replace(chr(160), " "), bounds("about", 50).said.replace(chr(160), " ")
    ('more than 50 %', '45 % to 55 %')
    """
    near, close = _near(amount), 1.0 if amount in (50, 100) or amount <= 10 else 2.0
    if relation in ("over", "at least"):
        return Bounds(low=amount, above=relation == "over")
    if relation in ("under", "at most"):
        return Bounds(high=amount, below=relation == "under")
    table = {
        "well over": Bounds(low=amount + near, printed=True),
        "well under": Bounds(high=amount - near, printed=True),
        "just over": Bounds(amount, amount + near, above=True),
        "just under": Bounds(amount - near, amount, below=True),
        "nearly": Bounds(amount - near, amount, below=True),
        "about": Bounds(amount - near, amount + near, printed=True),
        "hardly more": Bounds(amount - close, amount + near, printed=True),
        "barely": Bounds(amount - near, amount + close, printed=True),
        "as many as": Bounds(low=amount - close, printed=True),
        "exactly": Bounds(float(whole(amount / 100)), float(whole(amount / 100)), printed=True),
    }
    return table.get(relation, Bounds(amount - close, amount + close, printed=True))


def value(text: str) -> float:
    """The number that digits or words stand for."""
    if text[0].isdigit():
        return float(text.replace(",", ""))
    if " hundred" in text:
        hundreds, _, rest = text.partition(" hundred")
        return 100.0 * SMALL.get(hundreds, 1) + (value(rest.removeprefix(" and ")) if rest else 0)
    return float(sum(SMALL[part] for part in re.split(r"[ -]", text)))


def amounts(text: str) -> Iterator[Word]:
    """Every amount in a sentence (in small letters) that is a share."""
    found = []
    for match in AMOUNT.finditer(text):
        amount = _amount(text, match)
        if amount is None:
            continue
        start, relation = match.start(), ""
        if hedge := _HEDGE.search(text[:start]):
            start = hedge.start()
            relation = next(HEDGES[int(k[1:])][1] for k, v in hedge.groupdict().items() if v)
        if relation == "" and (match["good"] or match["well"]):
            relation = "as many as"
        if relation == "" and re.match(r" (?:or more|or over|at least)\b", text[match.end() :]):
            relation = "at least"
        if relation == "" and re.match(r" or (?:so|thereabouts)\b", text[match.end() :]):
            relation = "about"
        if relation == "" and _EXACT.fullmatch(match[0]):
            continue
        word = Word(start, match.end(), bounds(relation, amount), typed=True)
        negation = NOT.search(text[:start])
        if negation and relation == "":
            word = word._replace(start=negation.start(), bounds=bounds("under", amount))
        elif negation:
            word = word._replace(start=negation.start(), bounds=word.bounds._replace(negated=True))
        found.append(word)
    yield from _ranges(text, found)


def _ranges(text: str, words: list[Word]) -> Iterator[Word]:
    """Join “between a third and a half” to one claim."""
    at = 0
    while at < len(words):
        one, after = words[at], words[at + 1] if at + 1 < len(words) else None
        joined = after and re.fullmatch(r" (?:and|to|or) (?:a )?", text[one.end : after.start])
        opened = re.search(r"\b(?:between|from|anything from|somewhere between) (?:a )?$", text[: one.start])
        if after and joined and opened:
            lows = sorted((one.bounds.low, one.bounds.high, after.bounds.low, after.bounds.high))
            yield Word(opened.start(), after.end, Bounds(lows[0], lows[-1], printed=True), typed=True)
            at += 2
        else:
            yield one
            at += 1


def _amount(text: str, match: re.Match[str]) -> float | None:
    """The percent that a match stands for; None where it is no share (“a third question”, “half an hour”)."""
    after, before = text[match.end() :], text[: match.start()]
    if _SPAN_OF_TIME.match(after) or re.match(r"[-/]\d|-[a-z]| (?:interval|confidence)", after):
        return None
    if match["cent"]:
        return value(match["cent"])
    if match["n"]:
        n, m = value(match["n"]), value(match["m"])
        words = match["n"][0].isalpha()
        if (
            n >= m
            or m > 100000
            or (words and " of " in match[0] and "every" not in match[0] and "out" not in match[0] and n < 2)
        ):
            return None
        return 100 * n / m
    if match["half"]:
        plain = not _NOT_HALF.match(after) and not _NOT_HALF_BEFORE.search(before)
        return 50.0 if plain else None
    if match["every"]:
        fits = re.match(rf" {PEOPLE}", after)
        return 100 / {"other": 2, "second": 2}.get(match["every"], _PARTS.get(match["every"], 4)) if fits else None
    any_one = match["top"] in ("a", "an", "another", "a further")
    top = 1.0 if any_one else value(match["top"])
    share = 100 * top / _PARTS[match["part"]]
    if share > 100 or bool(match["s"]) != (top > 1):
        return None
    if any_one and match["part"] != "quarter":
        hedged = _HEDGE.search(before)
        return share if hedged or _ORDINAL.match(after) else None
    return share
