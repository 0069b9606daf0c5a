"""What a column looks like: its header's words and the shape of its values, never their meaning."""

from __future__ import annotations

import re
import statistics
from collections import Counter

from pipeline.survey.description import slug
from pipeline.survey.ingest import NUMBER, split_options
from pipeline.survey.nonanswers import classify

MIN_CELLS, MIN_DISTINCT, MEDIAN_WORDS, LONG_WORDS, LONG_SHARE = 30, 0.6, 3, 8, 0.2
MOST_OPTIONS = 30
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_DAY = (
    r"(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{1,2}[ -]?[A-Za-zÀ-ÿ]{3,9}\.?,?[ -]?\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4})"
)
_TIME = r"\d{1,2}:\d{2}(:\d{2})?(\.\d+)?( ?[ap]\.?m\.?)?"
_ZONE = r"( ?(Z|UTC|GMT|[A-Z]{3,4}|[+-]\d{2}:?\d{2}|GMT[+-]\d+))?"
_VALUES = {
    "e-mail addresses": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "web addresses": re.compile(r"(https?://|www\.)\S+", re.IGNORECASE),
    "IP addresses": re.compile(r"\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{0,4}(:[0-9a-f]{0,4}){3,7}", re.IGNORECASE),
    "dates or times": re.compile(rf"{_DAY}([ T,]+{_TIME})?{_ZONE}|{_TIME}{_ZONE}", re.IGNORECASE),
    "phone numbers": re.compile(r"\+?[\d(][\d ()/.-]{7,}\d"),
}
_IDENTIFIER = re.compile(r"(?=[^\s]*\d)[A-Za-z0-9_.:-]{4,}")
_NAME_HEADER = re.compile(
    r"((what is|what s|please (enter|give|state|provide|tell us)|enter) )?"
    r"((your|my|the|full|first|last|family|given|middle|maiden|contact|respondents?|participants?|recipients?|customers?|"
    r"patients?|employees?|users?|person|optional|complete|real) )*"
    r"(name|names|surname|forename|firstname|lastname|fullname|username|nickname|initials)"
    r"( (first|last|optional|and surname|and last name|and e ?mail( address)?))*"
)
_CONTACT_WORDS = frozenset(
    [
        "email",
        "mail",
        "phone",
        "telephone",
        "mobile",
        "postcode",
        "postal",
        "zip",
        "address",
        "ip",
        "latitude",
        "longitude",
        "signature",
        "birth",
        "dob",
    ]
)
_TOOL_SLUGS = frozenset(
    [
        "timestamp",
        "time_stamp",
        "start_date",
        "end_date",
        "startdate",
        "enddate",
        "recorded_date",
        "recordeddate",
        "submitdate",
        "datestamp",
        "startlanguage",
        "lastpage",
        "seed",
        "progress",
        "finished",
        "duration_in_seconds",
        "duration",
        "status",
        "response_type",
        "collector_id",
        "collector",
        "ip_address",
        "ipaddress",
        "user_language",
        "userlanguage",
        "distribution_channel",
        "distributionchannel",
        "external_data_reference",
        "external_reference",
        "location_latitude",
        "location_longitude",
        "date_created",
        "date_modified",
        "custom_data_1",
        "start_time",
        "completion_time",
        "last_modified_time",
        "time_started",
        "date_submitted",
        "refurl",
        "referer",
        "user_agent",
        "contact_id",
        "session_id",
        "language",
        "total_time",
        "interviewtime",
        "browser",
        "operating_system",
        "quota",
        "tags",
        "weight_source",
    ]
)
_STATUS_VALUES = frozenset(
    """
    partial complete completed disqualified true false 0 1
    """.split()
) | {
    "in progress",
    "ip address",
}
_AMBIGUOUS_TOOL_SLUGS = frozenset(
    """
    status progress finished tags language duration quota
    """.split()
)
_OTHER_HEADER = re.compile(
    r"\b(other|else)\b[^?]{0,60}\b(specify|write[ -]?in|please (say|state|describe|explain|give|name|list))"
    r"|\bif (so|yes|other)\b[^?]{0,20}\bspecify\b"
    r"|\(?\bplease specify\b\)?\W*$"
    r"|\[other\b[^\]]*\]$"
    r"|\bother\b.*- text$"
    r"|^other\b(?!.*\b(comment|suggestion|feedback|thought|remark|issue)s?\b)[^:?]{0,30}::?\s*\S",
    re.IGNORECASE,
)
_ID_WORDS = frozenset(
    [
        "id",
        "ids",
        "uuid",
        "guid",
        "uid",
        "identifier",
        "token",
        "respondentid",
        "responseid",
        "participantid",
        "recordid",
    ]
)
_ID_RANK = ("respondent", "response", "participant", "person", "record", "case", "submission")
_ATTRIBUTE_WORDS = frozenset(
    [
        "sector",
        "region",
        "country",
        "county",
        "state",
        "province",
        "city",
        "district",
        "area",
        "location",
        "trust",
        "site",
        "hospital",
        "ward",
        "department",
        "division",
        "directorate",
        "faculty",
        "team",
        "role",
        "job",
        "occupation",
        "profession",
        "position",
        "seniority",
        "grade",
        "rank",
        "level",
        "age",
        "gender",
        "sex",
        "ethnicity",
        "ethnic",
        "nationality",
        "religion",
        "disability",
        "education",
        "qualification",
        "employment",
        "industry",
        "organisation",
        "organization",
        "company",
        "employer",
        "institution",
        "tenure",
        "income",
        "household",
        "marital",
        "language",
    ]
)
_ASKS_WHO = re.compile(
    r"\b(what|which|where|how old|how long|select|indicate|choose|kind|type)\b.*\b(you|your|yourself)\b|^your\b", re.I
)
_ASKS_VIEW = re.compile(
    r"\b(rate|think|feel|agree|satisf\w*|confident|support\w*|better|improve\w*|likely|important|enjoy|recommend|"
    r"find out|hear|how (well|often|much|easy|strong|good)|in your (view|opinion)|prefer\w*|expect)\b",
    re.IGNORECASE,
)


def word_count(text: str) -> int:
    """Count words; two characters of Chinese, Japanese or Korean script count as one."""
    spaced, pictured = _CJK.sub(" ", text), len(_CJK.findall(text))
    return len(spaced.split()) + (pictured + 1) // 2


def describe_text(values: list[str]) -> tuple[bool, str]:
    """Tell whether values look like free text, and give the figures in words.

    Returns
    -------
    open : bool
        At least 30 values; non-answers aside ("n/a" and its like repeat in any free text), 60 % of them distinct, and a
        median of 3 words or 20 % over 8 words.
    figures : str
        Such as ``412 answers, 93 % distinct, median 11 words``.
    """
    told = [value for value in values if classify(value)[0] == "answered"]
    if not told:
        return False, f"{len(values)} cells, no answers"
    distinct = len({value.casefold() for value in told}) / len(told)
    words = [word_count(value) for value in told]
    median = statistics.median(words)
    long = sum(count > LONG_WORDS for count in words) / len(words)
    is_open = len(values) >= MIN_CELLS and distinct >= MIN_DISTINCT and (median >= MEDIAN_WORDS or long >= LONG_SHARE)
    counted = "1 answer" if len(told) == 1 else f"{len(told)} answers"
    return is_open, f"{counted}, {100 * distinct:.0f} % distinct, median {median:g} words"


def contact_or_date(values: list[str]) -> str:
    """Name what at least 80 % of the values are: addresses, dates, phone numbers; empty for anything else."""
    if not values:
        return ""
    for kind, pattern in _VALUES.items():
        hits = sum(bool(pattern.fullmatch(value)) for value in values)
        plain = kind == "phone numbers" and sum(bool(NUMBER.fullmatch(value)) for value in values) > len(values) / 2
        if hits >= 0.8 * len(values) and not plain:
            return kind
    return ""


def names_or_contacts(header: str, values: list[str]) -> str:
    """Say why a column may hold names or contact details; empty where nothing points to it."""
    words = slug(header).split("_")
    if _NAME_HEADER.fullmatch(" ".join(words)):
        return "the header asks for a name"
    short = not values or statistics.median(word_count(value) for value in values) <= 3
    if any("@" in value and _VALUES["e-mail addresses"].search(value) for value in values):
        held = sum(bool(_VALUES["e-mail addresses"].search(value)) for value in values)
        if held >= 0.5 * len(values) or (short and held >= 0.2 * len(values)):
            return "it holds e-mail addresses"
    asks_mail = {"email", "mail"} & set(words) and ("e" in words or "email" in words)
    if (len(words) <= 4 and _CONTACT_WORDS & set(words) and short) or (asks_mail and short):
        return "the header asks for contact details"
    return "its values look like names of people" if _are_names(values) else ""


def _are_names(values: list[str]) -> bool:
    """Tell whether most values are two or three capitalised words, hardly any of them twice."""
    if len(values) < 10 or len(set(values)) < 0.9 * len(values):
        return False
    pattern = re.compile(r"([A-ZÀ-Þ][\w'’-]*\.?)( [A-ZÀ-Þ][\w'’-]*\.?){1,2}")
    return sum(bool(pattern.fullmatch(value)) and not any(c.isdigit() for c in value) for value in values) >= 0.8 * len(
        values
    )


def is_other_box(header: str) -> bool:
    """Tell whether a header is the text box beside an "other" option.

    Examples
    --------
    >>> [is_other_box(header) for header in ("Other (please specify)", "Any other comments?", "Role [Other]")]
    [True, False, True]
    """
    return bool(_OTHER_HEADER.search(header))


def is_tool_column(header: str, values: list[str]) -> bool:
    """Tell whether a column is the survey tool's own record, such as a start date or a collector's id."""
    name = slug(header)
    if name in _AMBIGUOUS_TOOL_SLUGS:
        folded = {value.casefold() for value in values}
        return bool(folded) and (folded <= _STATUS_VALUES or all(NUMBER.fullmatch(value) for value in folded))
    return name in _TOOL_SLUGS


def is_identifier(values: list[str]) -> bool:
    """Tell whether values are codes: single words with a digit, hardly any of them twice."""
    if len(values) < 5 or len(set(values)) < 0.95 * len(values):
        return False
    return sum(bool(_IDENTIFIER.fullmatch(v)) and not NUMBER.fullmatch(v) for v in values) >= 0.9 * len(values)


def id_rank(header: str) -> int | None:
    """Rank a header that looks like a respondent id's, best first; None for any other header.

    Examples
    --------
    >>> id_rank("Respondent ID"), id_rank("ID"), id_rank("What is your idea?")
    (0, 7, None)
    """
    words = re.sub(r"(?<=[a-z])(?=ID\b|Id\b)", "_", header).replace("-", "_")
    parts = slug(words).split("_")
    bare = len(parts) == 1 and parts[0] in ("respondent", "participant")
    if not bare and (len(parts) > 3 or not _ID_WORDS & set(parts)):
        return None
    if {"collector", "session", "ip", "device"} & set(parts):
        return None
    return next((i for i, word in enumerate(_ID_RANK) if any(part.startswith(word) for part in parts)), len(_ID_RANK))


def asks_attribute(header: str) -> bool:
    """Tell whether a header asks who the respondent is rather than what they think.

    Examples
    --------
    >>> [asks_attribute(h) for h in ("Sector", "Which region do you live in?", "How would you rate your site?")]
    [True, True, False]
    """
    words = slug(header).split("_")
    named = bool(_ATTRIBUTE_WORDS & set(words)) or words[:2] == ["service", "type"]
    who = re.search(
        r"\b(kind|type) of (user|organi[sz]ation|employer|institution|work)|where do you (work|live)", header, re.I
    )
    if _ASKS_VIEW.search(header):
        return False
    return (named and (len(words) <= 3 or bool(_ASKS_WHO.search(header)))) or bool(who)


def is_attribute_like(values: list[str]) -> bool:
    """Tell whether values can split respondents: 2 to 12 of them, most seen at least 10 times."""
    counts = Counter(values)
    return 2 <= len(counts) <= 12 and sum(n >= 10 for n in counts.values()) >= 0.5 * len(counts)


def multi_separator(values: list[str]) -> str:
    """Find the separator of a multi-select column; empty where its cells are not lists of recurring options."""
    for separator in (";", "|", "\n", ", ", ","):
        lists = [split_options(value, separator) for value in values]
        several = sum(len(options) > 1 for options in lists)
        counts = Counter(option for options in lists for option in options)
        least = 3 if len(values) >= 50 else 2
        recurring = {option: n for option, n in counts.items() if n >= least}
        wholes = len(set(values))
        if (
            several >= max(3, 0.1 * len(values))
            and sum(recurring.values()) >= 0.8 * counts.total()
            and 2 <= len(recurring) <= 50
            and wholes > (len(recurring) if "," in separator else 1)
        ):
            return separator
    return ""


def are_numbers(values: list[str]) -> bool:
    """Tell whether at least 95 % of the values are numbers."""
    return bool(values) and sum(bool(NUMBER.fullmatch(value)) for value in values) >= 0.95 * len(values)


def rating_order(values: list[str]) -> tuple[str, ...]:
    """Give the points of a rating, lowest first: 3 to 11 whole numbers from 0 to 10, each given often enough.

    Examples
    --------
    >>> rating_order(["3", "1", "2", "10"] * 3)
    ('1', '2', '3', '10')
    >>> rating_order(["1971", "1980"] * 9)
    ()
    """
    points = sorted({value for value in values if re.fullmatch(r"\d{1,2}", value)}, key=int)
    fits = len(points) == len(set(values)) and 3 <= len(points) <= 11 and len(values) >= 3 * len(points)
    return tuple(points) if fits and int(points[-1]) <= 10 else ()
