"""Answer scales that surveys use, so that the options of a closed question can be put in order, lowest first."""

from __future__ import annotations

import re
from collections.abc import Callable

from pipeline.survey.nonanswers import classify, normalise

Rank = Callable[[str], float | None]
# Lowest to highest; alternatives for one level are parted by a bar.
_LADDERS = {
    "quality": (
        "terrible|awful|horrible|extremely poor",
        "very poor|very bad",
        "poor|bad|below average",
        "fairly poor|quite poor|fairly bad",
        "fair|ok|okay|average|acceptable|satisfactory|adequate|neither good nor poor|neither good nor bad|neutral",
        "fairly good|quite good|above average",
        "good",
        "very good",
        "great|excellent|outstanding|exceptional|extremely good",
    ),
    "frequency": (
        "never|not at all",
        "almost never|very rarely|hardly ever",
        "rarely|seldom|less often",
        "occasionally|once in a while",
        "sometimes|now and then|half the time|about half the time",
        "often|frequently|regularly|most of the time",
        "usually|very often|very frequently|almost always|nearly always",
        "always|all the time",
    ),
    "period": (
        "never",
        "less often|rarely|less than once a year|infrequently|less often than monthly|less than monthly|"
        "less than once a month",
        "yearly|annually|once a year",
        "a few times a year|several times a year|every few months",
        "quarterly",
        "monthly|once a month|about once a month",
        "a few times a month|several times a month|fortnightly|every two weeks",
        "weekly|once a week|about once a week",
        "a few times a week|several times a week",
        "daily|every day|once a day",
        "several times a day|multiple times a day|more than once a day|hourly|constantly",
    ),
    "amount": (
        "none at all|not at all",
        "very little|hardly at all|to a very small extent",
        "a little|little|slightly|a bit|a small amount|to a small extent",
        "some|somewhat|moderately|a moderate amount|to some extent|partly",
        "quite a bit|quite a lot|considerably|to a considerable extent",
        "a lot|much|very much|mostly|to a large extent|to a great extent|very",
        "a great deal|completely|extremely|fully|entirely|totally",
    ),
    "change": (
        "much worse|a lot worse",
        "worse|somewhat worse|a little worse|slightly worse",
        "the same|about the same|no change|no different|unchanged|stayed the same",
        "better|somewhat better|a little better|slightly better",
        "much better|a lot better",
    ),
    "movement": (
        "decreased a lot|greatly decreased",
        "decreased|decreased a little|decreased slightly",
        "the same|about the same|no change|stayed the same",
        "increased|increased a little|increased slightly",
        "increased a lot|greatly increased",
    ),
    "level": ("very low", "low", "medium|moderate|average", "high", "very high"),
    "size": ("very small", "small", "medium|medium sized", "large", "very large"),
    "extent": ("no", "yes to some extent|yes somewhat|partly", "yes definitely|yes completely|yes fully|yes always"),
    "chance": (
        "no|definitely not|certainly not|no definitely not|no definitely",
        "probably not|no probably not",
        "maybe|possibly|perhaps|might or might not|undecided",
        "probably|probably yes|yes probably",
        "yes|definitely|definitely yes|yes definitely|certainly",
    ),
}
# One word of a pair and its opposite; other words for the same stand beside them.
_PAIRS = (
    ("agree", "disagree"),
    ("satisfied", "dissatisfied|unsatisfied"),
    ("likely", "unlikely"),
    ("important|critical|essential", "unimportant"),
    ("confident", "unconfident"),
    ("optimistic", "pessimistic"),
    ("strong", "weak"),
    ("easy", "difficult|hard"),
    ("useful", "useless"),
    ("helpful", "unhelpful"),
    ("happy", "unhappy"),
    ("comfortable", "uncomfortable"),
    ("interested", "uninterested"),
    ("familiar", "unfamiliar"),
    ("aware", "unaware"),
    ("concerned|worried", "unconcerned"),
    ("positive", "negative"),
    ("clear", "unclear"),
    ("safe", "unsafe"),
    ("effective", "ineffective"),
    ("support|supportive|favour|favor", "oppose|opposed|against"),
    ("trust", "distrust"),
)
_STRENGTH = {
    "strongly|extremely|completely|totally|fully|definitely|entirely|highly": 4.0,
    "very": 3.0,
    "": 2.0,
    "mostly|generally|quite|rather|fairly|moderately|reasonably": 1.6,
    "somewhat|tend to|partly": 1.3,
    "slightly|a little|a bit|mildly": 1.0,
}
_DENIED = {"not very|not so|not too|not particularly|not that|not really": -0.5, "not": -4.5, "not at all": -5.0}
_NEUTRAL = ("neutral", "undecided", "mixed", "mixed feelings", "neither", "in between", "moderate", "average", "medium")
_TOP = ("critical", "essential")
_RANGE = re.compile(
    r"(?P<before>under|less than|fewer than|below|up to|over|more than|above|at least|<|>|≤|≥)?\s*[£$€]?"
    r"(?P<first>\d[\d,.]*)(?P<rest>(\s*(-|–|—|to|and|\+|or|years?|months?|weeks?|days?|hours?|people|employees|more|"
    r"over|older|under|less|younger|above|below|[£$€]|\d[\d,.]*|k\b))*)",
    re.IGNORECASE,
)


def scale_order(options: list[str]) -> tuple[str, ...]:
    """Put the options of a closed question in order, where they form a known scale.

    Parameters
    ----------
    options : list of str
        The distinct answers.

    Returns
    -------
    tuple of str
        From lowest to highest; "don't know", "not applicable" and the like are left out. Empty where the options are
        no known scale.

    Examples
    --------
    >>> scale_order(["Agree", "Strongly disagree", "Don't know", "Neither agree nor disagree", "Disagree"])
    ('Strongly disagree', 'Disagree', 'Neither agree nor disagree', 'Agree')
    >>> scale_order(["65+", "Under 18", "18-34", "35 to 64"])
    ('Under 18', '18-34', '35 to 64', '65+')
    >>> scale_order(["North", "South"])
    ()
    """
    for rank in (*(_ladder_rank(name) for name in _LADDERS), *(_pair_rank(pair) for pair in _PAIRS), _range_rank):
        known = {option: rank(option) for option in options}
        on = {option: score for option, score in known.items() if score is not None}
        off = [option for option in options if option not in on]
        extras = [option for option in off if classify(option)[0] == "non_answer" or normalise(option) == "other"]
        if off == extras and len(off) <= 2 and len(set(on.values())) >= 3:
            return tuple(sorted(on, key=lambda option: (on[option], option)))
    for pair in _PAIRS:
        scores = {option: _pair_rank(pair)(option) for option in options}
        signs = {score > 0 for score in scores.values() if score}
        if None not in scores.values() and signs == {True, False}:
            return tuple(sorted(scores, key=lambda option: (scores[option] or 0.0, option)))
    return ()


def _bare(option: str) -> str:
    """Normalise an option and take a leading number off, as in ``5 - Very good``."""
    return re.sub(r"^\d+ (?=\D)", "", normalise(option))


def _ladder_rank(name: str) -> Rank:
    levels = {phrase: float(i) for i, level in enumerate(_LADDERS[name]) for phrase in level.split("|")}
    return lambda option: levels.get(_bare(option))


def _pair_rank(pair: tuple[str, str]) -> Rank:
    signs = {**dict.fromkeys(pair[0].split("|"), 1.0), **dict.fromkeys(pair[1].split("|"), -1.0)}
    strength = {phrase: value for phrases, value in _STRENGTH.items() for phrase in phrases.split("|")}
    denied = {phrase: value for phrases, value in _DENIED.items() for phrase in phrases.split("|")}

    def rank(option: str) -> float | None:
        text = _bare(option)
        words = text.split()
        if text in _NEUTRAL:
            return 0.0
        found = [word for word in words if word in signs]
        if words[:1] == ["neither"] and found:
            return 0.0
        if len(found) != 1:
            return None
        rest = " ".join(word for word in words if word != found[0])
        if rest in denied:
            return denied[rest] * signs[found[0]]
        if rest not in strength:
            return None
        return signs[found[0]] * strength[rest] + (4.0 if found[0] in _TOP else 0.0)

    return rank


def _range_rank(option: str) -> float | None:
    """Rank ``Under 18``, ``18-24``, ``65+`` by their first number."""
    match = _RANGE.fullmatch(option.strip())
    if not match:
        return None
    try:
        first = float(match["first"].replace(",", "").rstrip("."))
    except ValueError:
        return None
    before = (match["before"] or "").lower()
    after = match["rest"].lower()
    if (
        before in ("under", "less than", "fewer than", "below", "up to", "<", "≤")
        or "under" in after
        or "less" in after
    ):
        return first - 0.5
    return first + 0.5 if before in ("over", "more than", "above", ">") else first
