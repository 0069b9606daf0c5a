"""Words for shares, and the shares for which each is true: one table that a reader can check.

Bounds are in percent, and wide where a word is vague: to refuse what is true costs more trust than to let pass what is
vague. Amounts (“a third”) are in `claimamounts`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.report.claimamounts import NOT, PEOPLE, SUBJECT, Bounds, Word, amounts
from pipeline.report.claimtext import FIG


def _least(low: float, *, above: bool = False) -> Bounds:
    return Bounds(low=low, above=above, printed=not above)


def _most(high: float, *, below: bool = False) -> Bounds:
    return Bounds(high=high, below=below, printed=not below)


# Words, the shares for which they are true, and whether they need their figure close by.
_PART = r"(?:proportion|share|fraction|number|percentage|part)(?= of|\W*" + FIG + r"|\W*[(,])"
WORDS: tuple[tuple[str, Bounds, bool], ...] = (
    (
        r"(?:near|nearly|almost|virtually|practically|all but)[ -](?:universal(?:ly)?|unanimous(?:ly)?)",
        _least(85),
        False,
    ),
    (
        rf"(?:almost|nearly|virtually|practically|just about) (?:all|every(?:one|body)?)(?: (?=of|{FIG}|\())?",
        _least(85),
        False,
    ),
    (r"all but (?:a few|a handful|one|two)\b", _least(80), False),
    (r"(?:vast|overwhelming|huge|great|massive) majorit(?:y|ies)", _least(70), False),
    (
        r"(?:large|clear|strong|big|substantial|solid|comfortable|sizeable|wide|considerable|significant) majorit(?:y"
        r"|ies)",
        _least(55),
        False,
    ),
    (r"(?:slim|narrow|small|bare|slight|thin) majority", Bounds(50, 60, above=True), False),
    (
        r"overwhelming(?:ly)? (?:view|support|feeling|opinion|response|message|consensus|sense"
        r"|wish|verdict|mood|in favour|positive|negative|agree\w*)",
        _least(60),
        False,
    ),
    (r"overwhelmingly", _least(60), False),
    (r"(?:near|virtual)[ -]consensus", _least(80), False),
    (r"(?:broad|wide|clear|general|strong) (?:consensus|agreement)", _least(55), False),
    (r"(?:all|every\w*)(?: \w+)? but (?:a |the )?(?:few|handful|one|two|minority)\b", _least(80), False),
    (r"majorit(?:y|ies)", _least(50, above=True), False),
    (rf"(?:mostly|predominantly|for the most part)(?= [\w-]+\W*{FIG})", _least(50, above=True), False),
    (r"(?:tiny|very small) minority", _most(12), False),
    (r"(?:small|slim|modest) minority", _most(25), False),
    (
        r"(?:large|sizeable|sizable|substantial|significant|considerable|big|strong) minority",
        Bounds(15, 50, below=True),
        False,
    ),
    (rf"(?:tiny|very small) {_PART}", _most(12), False),
    (rf"small (?:group(?= of|\W*{FIG}|\W*[(,])|{_PART})", _most(25), False),
    (rf"(?:large|big|high|considerable|substantial|significant|sizeable|sizable) {_PART}", _least(20), False),
    (r"(?:larger|greater|bigger|better) (?:part|half|share) of", _least(50, above=True), False),
    (r"minority", _most(50, below=True), False),
    (
        r"(?:the (?:great )?bulk of|the lion's share|the greater part of|more often than not)",
        _least(50, above=True),
        False,
    ),
    (
        r"(?:evenly|equally) (?:split|divided)|(?:split|divided) (?:evenly|equally|down the middle"
        r"|in half)|fifty[ -]fifty|(?:split|vote|result) (?:is|was) (?:\w+ )?(?:even|equal)\b|(?:even|equal) split",
        Bounds(45, 55, printed=True),
        False,
    ),
    (
        r"(?:hardly|scarcely|barely|almost|virtually|practically|next to) (?:any(?:one|body)?|nobody"
        rf"|none|no one|no {PEOPLE})\b|(?:hardly|scarcely|barely) a single\b",
        _most(8),
        False,
    ),
    (r"very few|precious few", _most(12), False),
    (r"(?:only |just )?a few|a small number", _most(30, below=True), False),
    (r"(?:mere |small |tiny )?handful", _most(12), False),
    (r"quite a few|not a few|no few\b", _least(10), False),
    (r"not (?:very )?many", _most(30, below=True), False),
    (
        r"(?:so |relatively |comparatively |only )?few\b",
        _most(25, below=True),
        False,
    ),
    (rf"(?:a great |very |a good )?many|(?:a lot|lots|plenty|large numbers) of (?=\w* ?{PEOPLE})", _least(20), False),
    (r"(?:is|are|was|were|remains?|a|as|more|most|so) widespread", _least(20), False),
    (
        r"rarely (?:mention|rais|nam|cit|com|appear|brought|voic)\w*|(?:is|are|was|were|remains?"
        rf"|relatively|comparatively|very|still) (?:rare|uncommon)\b|(?:rare|uncommon) {SUBJECT}",
        _most(20, below=True),
        False,
    ),
    (
        rf"(?:nobody|none(?= of|\W*{FIG})|not (?:one|a single) {PEOPLE}|no {PEOPLE}|no one(?! (?:size"
        r"|answer|thing|solution|reason|way|theme|factor|group|single)))\b",
        Bounds(0, 0),
        True,
    ),
    (r"(?:unanimous(?:ly)?|without exception)", Bounds(100, 100), True),
    (
        rf"(?:all|every|each)(?: single)?(?: of)?(?: the| our| these)? {PEOPLE}|every ?one(?! of (?:them"
        rf"|these|us))|everybody|all(?=\W{{1,2}}{FIG})",
        Bounds(100, 100),
        True,
    ),
)
# Not these: words that look like the ones above but claim no share.
SPARED = re.compile(
    rf"\b(?:many of (?:them|these)|how many|(?:far )?too few|how few|as few|so many|as many"
    rf"|too many|more and more|most of all(?! (?:the |our )?{PEOPLE})|first of all|above all"
    r"|at (?:all|most)|after all|all in all|of all|(?:in|among|across|from|for|to|with) all"
    r"|majority (?:vote|rule|owned)"
    r"|ethnic minorit\w+|minority (?:ethnic|groups?|communit\w+|languages?|views?(?!,? (?:shared|held|taken) by)"
    r"|report)|minorities"
    r"|(?:the|these|next|last|past|first|those) few"
    r"|(?:one|two|three|some|any|another) of the (?:many|few)|the many|many years|many (?:a|times|ways|reasons|things)"
    r"|all (?:the (?:same|more|better|time)|too|at once)|for (?:everyone|everybody|all)|to (?:everyone|everybody|all)"
    r"|everyone(?:'s| else)|nobody(?:'s| else)|for the many)\b"
)
MOST = re.compile(r"\bmost\b")
_NOT_MOST_BEFORE = re.compile(
    r"\b(?:the|a|an|at|what|how|their|its|our|his|her|your|my|\w+'s|second|third|fourth|next|is|are|was|were|be|named"
    r"|cited|mentioned|raised|chosen|matters?|mattered|whose|in|across|under|used|heard|even"
    r"|come|came|voiced|reported|worried)\s$"
)
_NOT_MOST_AFTER = re.compile(
    r"(?: (?:common|often|frequent|cited|mentioned|named|raised|important|likely|widely|widespread|striking|urgent"
    rf"|pressing|notabl[ey]|popular|recent(?:ly)?|prominent|strongly|of all(?! (?:the |our )?{PEOPLE})|to (?:lose|gain)"
    r"|(?:divid|unit|matter|worri|concern|affect|troubl|frighten|annoy|pleas|interest|surpris|str[iu]|weigh|hinder)\w*"
    rf"|[a-z]+ly|people want|is|was)\b| of (?:their|my|our|his|her|your|its)\b(?! (?:\w+ )?{PEOPLE})| of the (?:time"
    r"|day|week|year|work|money|budget|way|rest|focus|effort)\b|$|[.!?;:])"
)
_COUNTED = re.compile(
    rf"(?: of| [\w-]+)?(?: [\w-]+)? {PEOPLE}\b| of (?:those|them|the|our|us)\b|\s*(?:[(,.;:–]|{FIG}|$)"
    r"| (?:said|say|want|name|mention|rais|felt|feel|thought|think|believ|agree|report|expect|spoke|speak|wrote|write"
    r"|are|were|have|had|do|did|would|could|gave|give|ask|chose|cit|call|brought|bring|show|know|knew|trust)"
)
_AGENT = re.compile(
    rf" \w+ \({FIG}| (?:[\w-]+ )?[\w-]*(?:[^m]ers|ors|ists|ees|ants|ians|[^m]ents|men|women|folk|ives)\b"
)
_AMONG_MANY = re.compile(r"many|most|majorit|widespread|every|all")


def share_words(text: str) -> Iterator[Word]:
    """Every word or amount in a sentence (in small letters) that claims a share, in the order of the text."""
    taken = [m.span() for m in SPARED.finditer(text)]
    found = list(amounts(text))
    taken += [(word.start, word.end) for word in found]
    for pattern, holds, strict in WORDS:
        for match in re.finditer(rf"\b(?:{pattern})", text):
            if not any(match.start() < end and start < match.end() for start, end in taken):
                taken.append(match.span())
                if not re.search(r"^(?!all|every).*(?:few|many)$", match[0]) or _of_people(text, match):
                    found.append(_negated(text, Word(*match.span(), holds, strict=strict)))
    for match in MOST.finditer(text):
        after = text[match.end() :]
        free = not any(match.start() < end and start < match.end() for start, end in taken)
        if free and not (_NOT_MOST_BEFORE.search(text[: match.start()]) or _NOT_MOST_AFTER.match(after)):
            found.append(_negated(text, Word(*match.span(), _least(50, above=True))))
    yield from sorted(found)


def _of_people(text: str, match: re.Match[str]) -> bool:
    """Whether “few” and “many” count people or answers, not chances or hours."""
    after = text[match.end() :]
    return bool(
        _COUNTED.match(after)
        or (
            re.search(r"(?:^|[.;:(–]\s*|, |\b(?:and|but|while|whereas) )$", text[: match.start()])
            and _AGENT.match(after)
        )
    )


def _negated(text: str, word: Word) -> Word:
    head = text[: word.start]
    match = NOT.search(head) or re.search(r"\b(?:less than|short of|under) (?:an? |the )?$", head)
    if match is None and re.search(r"\bneither\b[^.;]*\bnor\b[^.;]*$", head) and _AMONG_MANY.match(text[word.start :]):
        return word._replace(bounds=word.bounds._replace(negated=True))
    if match is None:
        return word
    return word._replace(start=match.start(), bounds=word.bounds._replace(negated=True), strict=False)
