"""Figures that somebody typed into a sentence in place of a reference.

Typed figures are percentages and points, “83 of 270” and “one in five”, fractions, and counts of people, answers or
themes. Years, dates, durations, money, ages, numbering and words with digits are not. A bare number in digits counts
as typed where its sentence also speaks of people or shares, or holds a reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.report.claimamounts import NUMBER, PEOPLE
from pipeline.report.claimtext import FIG, Sentence

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_TIME = r"(?:years?|months?|weeks?|days?|hours?|minutes?|seconds?|decades?|centur(?:y|ies)|nights?|terms?|quarters?)"
_UNIT = (
    rf"(?:{_TIME}|pages?|words|characters|km|kilomet\w+|miles?|met(?:re|er)s?|cm|mm|kg|tonnes?"
    r"|litres?|degrees?|pounds?|euros?|dollars?|pence|million|billion|thousand pounds|am|pm"
    r"|o'clock|beds?|times?|steps?|questions?|options?|waves?|sites?|countries|sections?|chapters?"
    r"|columns?|regions?|districts?|counties|cities|towns|areas?|locations?|interviews?|workshops?"
    r"|languages?|surveys?)"
)
_NUMBERED = (
    r"(?:figures?|fig\.?|tables?|sections?|chapters?|pages?|pp?\.|questions?|appendix|annex"
    r"|part|steps?|waves?|levels?|phases?|no\.?|numbers?|stages?|themes?|versions?|boxe?s?"
    r"|charts?|items?|options?|bands?|grades?|notes?|article|clause|paragraph|act|covid|version"
    r"|proposal|recommendation|priority|objective|aim|target|outcome|indicator|principle|policy|rule|regulation"
    r"|standard|statement|scenario|model|plan|class|form|paper|schedule"
    r"|release|q|room|line|goals?|sdg|type|tier|round|volume|issue|chapter|slide|step|top|first"
    r"|last|next|ward|unit|zone|route|module|group|cohort|(?:in|by|on|at|of|from|until|after|before|since|to)"
    r" (?:week|day|month|year|term|session))"
)
_SAYING = (
    r"(?:said|say|named?|mention(?:ed)?|raised?|cited?|cites|wrote|write|spoke|speak|asked?"
    r"|chose|answered|replied|responded|agreed?|wanted|felt|thought|told|called|described|reported"
    r"|disagreed|gave|took part)"
)
_COUNTED = (
    rf"(?:{PEOPLE}|themes|barriers|reasons|quotes|concerns|others|proposals|suggestions"
    r"|of them|of those|of the respondents|of the answers)"
)
SPARED = re.compile(
    rf"https?://\S+|www\.\S+|[\w.+-]{{1,60}}@\S+"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th)?(?: (?:of )?|[–-]){_MONTH}\b(?:,? \d{{4}})?|\b{_MONTH} \d{{1,2}}(?:st"
    rf"|nd|rd|th)?\b(?:,? \d{{4}})?"
    rf"|\b\d{{1,2}}(?: ?(?:–|-|to|and) ?)\d{{1,2}} {_MONTH}\b"
    r"|\b\d{1,2}:\d{2}\b|\b\d{1,4}[/.]\d{1,2}[/.]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b|\b24/7\b|\b\d{4}/\d{2,4}\b"
    r"|\+?\b\d{2,5}[ -]\d{3,4}[ -]\d{3,4}\b|\b0\d{3,5} \d{5,7}\b"
    r"|[£$€] ?\d[\d,.]*(?: ?(?:k|m|bn|million|billion|thousand))?\b(?: (?:to|or|and) [£$€]? ?\d[\d,.]*)?"
    rf"|\b{NUMBER}(?: ?(?:–|-|to|or|and) ?{NUMBER})?[ -](?:full |more |calendar |working )?{_UNIT}\b"
    rf"|\b{_NUMBERED} ?\d[\d.]*(?:,? ?(?:–|-|to|and|or|,) ?\d[\d.]*)*"
    r"|\b(?:aged?|ages|age group)(?: (?:between|from|over|under|above|below))? \d+(?: ?(?:–|-|to|and|or) ?\d+)?"
    r"|\b(?:aged?|ages|age group|over[- ]the[- ]age of|under[- ]the[- ]age of) \d+(?: ?(?:–"
    r"|-|to|and|or) ?(?:\d+|over|under|older|above))?"
    r"|\b(?:the )?\d+ ?(?:–|-|to) ?\d+[ -](?:age|year)[ -]\w+|\b(?:(?:between|from) )?\d+ (?:and|to) \d+ years\b"
    r"|\b(?:those|people|(?:any|every|no|some)(?:one|body)|no one|none|few|many|most|all|adults|children|men|women"
    r"|\w+s|aged|and|or) (?:under|over|below"
    r"|above) \d{2}(?! ?(?:%|per))(?=[\s.,;:)(]*(?:\W|$))(?! (?:people|leaders|respondents"
    r"|answers|responses))"
    r"|\bscale (?:of|from|running from) \d+ (?:to|–) \d+|\b\d+[ -]point scale|\b\d+ (?:–|-) \d+ scale"
    r"|\b(?:in|since|from|until|till|by|of|during|before|after|than|between|to|and) (?:18|19|20|21)\d\d\b"
    r"|\b(?:19|20)\d\d ?(?:–|-|to|and) ?(?:(?:19|20)\d\d|\d\d)\b|\b(?:18|19|20|21)\d\d(?:s"
    r"|'s)?\b(?! (?:respondents|people|answers|responses|replies|comments)\b)"
    rf"|^\s*\d{{1,3}}[.)]\s|\d+(?: ?%)? (?:confidence|interval|per cent confidence)|{NUMBER}(?: ?%"
    r"| per ?cent) (?:confidence|interval|credible)"
    r"|\b(?:firms?|compan\w+|organi[sz]ations?|charit\w+|teams?|business\w*|employers?|schools?"
    rf"|groups?) (?:of|with|under|over|having|employing) [^.;,]{{0,30}}?\d+(?: ?(?:–|-|to|and"
    rf"|or) ?(?:\d+|more))? {PEOPLE}"
    rf"|\b(?:ha(?:ve|s|d|ving)|with|employ\w*) (?:\w+ ){{0,2}}{NUMBER} (?:or (?:more|fewer) )?(?:staff"
    r"|employees|workers|volunteers)\b"
    rf"|\b(?:the|our|these|those|its|their|all|other) {NUMBER} (?!(?:[a-z-]+ ){{0,2}}{_COUNTED}\b|{_SAYING}\b"
    r"|per\b|points?\b|who|that|which|were|are|have|had|did|do)[a-z]{3,}(?! of them)"
    rf"|\bthe {NUMBER} [a-z]{{3,}}est \w+"
    r"|\bone (?:of the|thing|another|way|hand|size|day|reason|respondent|leader|person|answer"
    r"|and)\b|\bno one\b|\bat one\b"
)
_SHARE_WORDS = re.compile(
    rf"\b{PEOPLE}\b|\b(?:share|proportion|percentage|per ?cent|majority|minority|mentioned|named"
    r"|raised|said|surveyed|survey|answered|replied|responded|themes?|barriers?|voiced|cited"
    rf"|chose)\b|{FIG}"
)
_CENT = re.compile(
    r"(?<![\w.,])\d[\d,]*\d (?:out )?of (?:the |all )?\d[\d,]*\d(?!\w)|"
    rf"(?<![\w.,]){NUMBER}(?: ?%|[ -]per ?cent(?:age points?)?\b)(?!\w)|(?<![\w.,]){NUMBER}[ -](?:percentage"
    rf"|per cent|%)[ -]points?\b|\b(?:by|up|down) {NUMBER} points?\b|(?<![\w.,])\d+(?:\.\d+)?[ -]points?\b(?! scale)"
)
_OF_MONEY = re.compile(
    r" (?:confidence|interval|credible|(?:pay|price|wage|salary|rent|fee|tax|budget)s? \w+|inflation|interest|vat\b)"
)
_COUNT = re.compile(
    rf"(?<![\w.,£$€-])(?P<n>{NUMBER}|a dozen)(?: (?:of (?:the |our |these |those )?)?(?!and"
    rf"|or|to|in\b)[a-z-]+){{0,2}}? {_COUNTED}\b"
)
_SAID = re.compile(
    rf"(?<![\w.,£$€-])(?P<n>{NUMBER}) (?:also |have |had |of them )?{_SAYING}\b|\bby (?:only "
    rf"|just |about |some |over )?(?P<by>{NUMBER})(?= ?(?:[.,;:)(]|$| of (?:them|those)))"
)
_DIGITS = re.compile(r"(?<![\w.,/£$€+-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w/]|[.,]\d|-\w)")
_BEFORE_COUNT = re.compile(
    r"(?:^|[,(–=]|\b(?:by|from|to|at|than|of|only|just|about|some|around|over|under|nearly|almost|were|was|is|are|but"
    r"|against|for|with|among|another|fewer|more|said|named|a further))\s*$"
)
_AFTER_COUNT = re.compile(
    r"\s*(?:[.,;:)(–]|$|(?:to|and|or|out of|who|did|do|were|had|have|would|could"
    r"|of (?:them|those|whom|the|our|these))\b)"
)
_TIMES = re.compile(
    r"\b(?:twice|double|half|three times|four times|five times|ten times) as (?:many|often"
    r"|common|frequent|likely|frequently)\b|\b(?:twice|double|three times|four times) the (?:share"
    r"|proportion|number) of\b"
)
_IN = re.compile(r"\b(?:in|since|from|until|of|the|our|waves?|and|to|between|than)\s$")
_FEW = re.compile(r"(?:one|two|three|four|five|six|seven|eight|nine|ten)$")


def typed(sentence: Sentence, taken: list[tuple[int, int]], waves: set[str]) -> Iterator[tuple[int, int]]:
    """Yield where figures are typed by hand, apart from `taken`: amounts that are bound to a reference."""
    text = sentence.plain
    spared = [m.span() for m in SPARED.finditer(text)]
    claim = bool(_SHARE_WORDS.search(text))
    found: list[tuple[int, int]] = []

    def free(start: int, end: int, *others: list[tuple[int, int]]) -> bool:
        return not any(start < high and low < end for spans in (taken, found, *others) for low, high in spans)

    for match in _CENT.finditer(text):
        if free(*match.span()) and not _OF_MONEY.match(text[match.end() :]):
            found.append(match.span())
    for match in _TIMES.finditer(text):
        if free(*match.span()) and claim:
            found.append(match.span())
    for pattern in (_COUNT, _SAID):
        for match in pattern.finditer(text):
            number = next(g for g in match.groups() if g)
            wave = number in waves and _IN.search(text[: match.start()])
            if free(*match.span(), spared) and not wave and not _numbering(number, match[0]):
                found.append(match.span())
    for match in _DIGITS.finditer(text):
        if (
            claim
            and free(*match.span(), spared)
            and match[0] not in waves
            and (len(match[0]) > 2 or _alone(text, *match.span()))
            and not re.search(r"\b(?:scale|rated?|rating|scores?|out of)\b", text)
        ):
            found.append(match.span())
    yield from sorted(found)


def _alone(text: str, start: int, end: int) -> bool:
    """Whether a number below 100 stands where a count would, rather than counting or numbering other things."""
    head, after = text[:start], text[end:]
    if re.search(rf"\b{PEOPLE} $", head):
        return not re.match(r" (?:and|or) (?:over|older|under|younger|more)", after)
    return bool(_BEFORE_COUNT.search(head) and _AFTER_COUNT.match(after))


def _numbering(number: str, words: str) -> bool:
    """Whether a small number in letters orders the text (“two themes run through it”) rather than counting people."""
    if number == "one":
        return True
    return bool(_FEW.match(number)) and not re.search(rf"{PEOPLE}$|{_SAYING}$|of (?:them|those)$|^by", words)
