"""Personal data that has a form of its own: e-mails, phones, postcodes, NHS and National Insurance numbers, handles."""

from __future__ import annotations

import re
from typing import NamedTuple


class Redaction(NamedTuple):
    """A part ``[start, end)`` of a text, in Unicode code points, that is masked wherever the text is shown."""

    start: int
    end: int
    type: str


_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+%'-]{1,64}(?:@|\s?[\[(]\s?at\s?[\])]\s?)"
    r"[\w-]{1,63}(?:(?:\.|\s?[\[(]\s?dot\s?[\])]\s?)[\w-]{2,63}){1,4}",
    re.IGNORECASE,
)
_PROFILE = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?"
    r"(?:(?:twitter|x|facebook|fb|instagram|tiktok)\.com/@?|linkedin\.com/in/|youtube\.com/@)[\w.%-]{2,60}",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@/.])@(?=\w{0,29}[A-Za-z])(?!\w*bot\b)\w{3,30}\b")
_AREAS = (
    "AB|AL|B|BA|BB|BD|BF|BH|BL|BN|BR|BS|BT|BX|CA|CB|CF|CH|CM|CO|CR|CT|CV|CW|DA|DD|DE|DG|DH|DL|DN|DT|DY|E|EC|EH|EN|EX|"
    "FK|FY|G|GL|GU|GY|HA|HD|HG|HP|HR|HS|HU|HX|IG|IM|IP|IV|JE|KA|KT|KW|KY|L|LA|LD|LE|LL|LN|LS|LU|M|ME|MK|ML|N|NE|NG|NN|"
    "NP|NR|NW|OL|OX|PA|PE|PH|PL|PO|PR|RG|RH|RM|S|SA|SE|SG|SK|SL|SM|SN|SO|SP|SR|SS|ST|SW|SY|TA|TD|TF|TN|TQ|TR|TS|TW|UB|"
    "W|WA|WC|WD|WF|WN|WR|WS|WV|YO|ZE"
)
_POSTCODE = re.compile(
    rf"(?<![\w-])(?P<area>{_AREAS})(?:\d{{1,2}}|\d[ABEHJKMNPRSTUVWXY]) {{0,2}}"
    r"(?P<inward>\d[ABD-HJLNP-UW-Z]{2})(?![\w-])",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"1st|2nd|3rd|[04-9]th")
_NI = re.compile(
    r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?:[ -]?\d{2}){3}[ -]?[A-D](?!\w)",
    re.IGNORECASE,
)
_TEN_DIGITS = re.compile(r"(?<![\d+£$€.,/-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\w/]|[.,-]\d)")
_NHS_CUE = re.compile(r"\bnhs\s*(?:no|num|number|nr|#)?\W{0,3}(?:is|was)?\W{0,3}$", re.IGNORECASE)
_EXTENSION = r"(?:\s*,?\s*\b(?:ext(?:ension|n)?|x)\.?\s*:?\s*\d{1,6}\b)?"
_GAP = r"[\s().–-]{0,3}"
_PHONES = (
    # The United Kingdom: 0 and nine or ten more digits.
    re.compile(rf"(?<![\w.,£$€/+-])\(?0(?!\.\d)(?:{_GAP}\d){{9,10}}(?![\w/]|[.,-]\d){_EXTENSION}", re.IGNORECASE),
    # Any country: + or 00 and its code; (0) may stand within.
    re.compile(rf"(?<![\w+])(?:\+|00)[1-9](?:{_GAP}\d){{7,13}}(?!\w){_EXTENSION}", re.IGNORECASE),
    # North America: 3-3-4.
    re.compile(rf"(?<![\w.,£$€/+-])(?:1[ .-])?\(?\d{{3}}\)?[ .-]\d{{3}}[ .-]\d{{4}}(?![\w/]|[.,-]\d){_EXTENSION}"),
)
_DECIMAL = re.compile(r"\d\.\d+")
_LOCAL_PHONE = re.compile(
    r"\b(?:tel|telephone|phone|mobile|mob|fax|(?:call|ring|text|phone|contact)(?:ed|ing)? (?:me|us|him|her|them))"
    r"(?: number| no)?(?: is| on| at)?[.:]? {0,2}(?P<number>\(?\d(?:[ -]?\d){5,10})(?![\w/]|[.,:-]\d)",
    re.IGNORECASE,
)
_MARK = re.compile(r"\[(?:NAME|EMAIL|PHONE|POSTCODE|NHS_NUMBER|NI_NUMBER|HANDLE)\]")


def find_patterns(text: str) -> list[Redaction]:
    """Find personal data that has a form of its own.

    Parameters
    ----------
    text : str
        An answer.

    Returns
    -------
    list of Redaction
        Sorted and without overlap. Where two forms claim the same characters, the union of both is masked under the
        type that comes first among e-mail, profile and handle, National Insurance number, NHS number, phone, postcode.

    Examples
    --------
    >>> find_patterns("Write to j.bloggs@example.org or NE1 4LP.")
    [Redaction(start=9, end=29, type='EMAIL'), Redaction(start=33, end=40, type='POSTCODE')]
    """
    digits = sum(map(str.isdigit, text))
    found: list[Redaction] = []
    if "@" in text or "at" in text.lower():
        found += _all(_EMAIL, text, "EMAIL") + _all(_HANDLE, text, "HANDLE")
    if "/" in text:
        found += _all(_PROFILE, text, "HANDLE")
    if digits >= 6:
        found += _all(_NI, text, "NI_NUMBER") + _nhs_numbers(text) + _phones(text, digits)
    if digits >= 2:
        found += _postcodes(text)
    return merge(found)


def merge(redactions: list[Redaction]) -> list[Redaction]:
    """Join redactions that overlap; the joined one has the type of the one given first."""
    rank = {redaction: i for i, redaction in reversed(list(enumerate(redactions)))}
    joined: list[list[Redaction]] = []
    for redaction in sorted(set(redactions)):
        if joined and redaction.start < max(r.end for r in joined[-1]):
            joined[-1].append(redaction)
        else:
            joined.append([redaction])
    return [
        Redaction(group[0].start, max(r.end for r in group), min(group, key=lambda r: rank[r]).type) for group in joined
    ]


def marks(text: str) -> list[tuple[int, int]]:
    """Say where marks such as ``[NAME]`` stand already."""
    return [match.span() for match in _MARK.finditer(text)] if "[" in text else []


def _all(pattern: re.Pattern[str], text: str, kind: str) -> list[Redaction]:
    return [Redaction(*match.span(), kind) for match in pattern.finditer(text)]


def _postcodes(text: str) -> list[Redaction]:
    """Postcodes of areas that exist; "b12 3rd" and "M1 8GB" are a ward on a day and a computer."""
    found = []
    for match in _POSTCODE.finditer(text):
        inward = match["inward"]
        size = inward.upper().endswith(("GB", "TB")) and len(match["area"]) == 1
        if not size and not _ORDINAL.fullmatch(inward):
            found.append(Redaction(*match.span(), "POSTCODE"))
    return found


def _nhs_numbers(text: str) -> list[Redaction]:
    """Ten digits whose last one checks the others (modulus 11), or that stand after "NHS number"."""
    found = []
    for match in _TEN_DIGITS.finditer(text):
        digits = [int(character) for character in match.group() if character.isdigit()]
        check = (11 - sum(d * w for d, w in zip(digits, range(10, 1, -1), strict=False)) % 11) % 11
        if (check == digits[9] and len(set(digits)) > 1) or _NHS_CUE.search(text[: match.start()]):
            found.append(Redaction(*match.span(), "NHS_NUMBER"))
    return found


def _phones(text: str, digits: int) -> list[Redaction]:
    found = [Redaction(*m.span("number"), "PHONE") for m in _LOCAL_PHONE.finditer(text)]
    for pattern in _PHONES:
        found += _all(pattern, text, "PHONE")
    if digits >= 9:
        from phonenumbers import PhoneNumberMatcher

        numbers = PhoneNumberMatcher(text, "GB")
        found += [Redaction(m.start, m.end, "PHONE") for m in numbers if not _DECIMAL.fullmatch(m.raw_string)]
    return [
        r if text[r.start] != "(" or ")" in text[r.start : r.end] else Redaction(r.start + 1, r.end, r.type)
        for r in found
    ]
