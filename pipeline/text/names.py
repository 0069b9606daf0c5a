"""Names of people in English answers: what spaCy finds, and rules that raise what is found and drop what is no name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from pipeline.text.patterns import marks
from pipeline.text.wordlists import (
    AMBIGUOUS,
    NOT_NAMES,
    PARTICLES,
    PLACE_WORDS,
    ROLES,
    SOFT_TITLES,
    TITLES,
    TOLD_BY_CAPITAL,
    clear_names,
    first_names,
    plain_names,
    surnames,
)

if TYPE_CHECKING:
    from spacy.tokens import Doc

_LETTER = r"[^\W\d_][\u0300-\u036f]*"
_WORD = re.compile(rf"(?:{_LETTER})+(?:['’-](?:{_LETTER})+)*")
_POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?:;\n\r•*–—()\"“”\[\]]\W*$|^\W*$")
_INNER_CAPITAL = re.compile(r"^(?!Ma?c|D[aei]|L[ae]|Van|Fitz).*[^\W\d_A-Z][A-Z]")
_THANKS = frozenset(["thank", "thanks", "thankyou"])
_CALLED = frozenset(["called", "named", "name's"])
_PERSON_VERBS = frozenset(
    [
        "was",
        "is",
        "has",
        "had",
        "who",
        "came",
        "made",
        "did",
        "does",
        "explained",
        "listened",
        "helped",
        "said",
        "told",
        "gave",
        "took",
        "went",
        "got",
        "rang",
        "phoned",
        "visited",
        "looked",
        "cared",
        "really",
        "were",
        "always",
        "were",
        "have",
        "treated",
        "spoke",
        "talked",
        "answered",
        "showed",
        "supported",
        "understood",
        "seemed",
        "felt",
        "saw",
        "deserves",
        "needs",
        "kept",
        "works",
        "worked",
        "asked",
        "comes",
        "saved",
    ]
)
_SAYING = frozenset(
    [
        "explained",
        "listened",
        "told",
        "said",
        "rang",
        "phoned",
        "visited",
        "spoke",
        "talked",
        "smiled",
        "explains",
        "listens",
    ]
)
_ASKING = frozenset(
    """
    told met ask asked asking contact contacted saw thank see tell
    """.split()
)
_OTHER = frozenset(
    ["ORG", "GPE", "LOC", "FAC", "PRODUCT", "NORP", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE", "DATE", "TIME"]
)
_IN_PLACE = frozenset(
    """
    in at from near around outside to of via off the
    """.split()
)
_SPOKE = frozenset(
    ["spoke", "spoken", "speak", "speaking", "talk", "talked", "talking", "listened", "grateful", "kudos", "credit"]
)
_VERBS_TOO = frozenset(
    """
    will mark sue rob drew pat bill don grant chase carry frank
    """.split()
)


# Joined once: they are asked for every word.
_NEVER = NOT_NAMES | ROLES
_IMPLAUSIBLE = NOT_NAMES | ROLES | PLACE_WORDS | TITLES | SOFT_TITLES
_ANY_TITLE = TITLES | SOFT_TITLES
_CUES = _CALLED | _THANKS | ROLES | {"is", "was", "to", "you", "regards", "sincerely", "cheers"}


class _Entities:
    """Where spaCy finds named entities, looked for only if a rule asks: few answers have a word that may be a name."""

    def __init__(self, doc: Doc, find: Callable[[Doc], Doc] | None) -> None:
        self.doc = doc
        self.find = find

    @cached_property
    def found(self) -> tuple[set[int], set[int]]:
        """The characters of people's names, and those of organisations, places, products …"""
        doc = self.doc if self.find is None else self.find(self.doc)
        persons = [(e.start_char, e.end_char) for e in doc.ents if e.label_ == "PERSON"]
        in_person = {i for start, end in persons if end - start < 60 for i in range(start, end)}
        return in_person, {i for e in doc.ents if e.label_ in _OTHER for i in range(e.start_char, e.end_char)}


class _Word(NamedTuple):
    """A word and what the rules ask of it; a possessive 's is cut off."""

    start: int
    end: int
    text: str
    lower: str
    capital: bool  # a capital letter that says something: not in an answer written in capitals throughout
    opens: bool  # first in a sentence, a line, brackets or quotes
    proper: bool  # spaCy's tagger takes it for a proper noun
    numbered: bool  # a number follows
    gap: str  # what stands between the word before and this one
    entities: _Entities

    @property
    def person(self) -> bool:
        """SpaCy finds a person's name here."""
        return self.start in self.entities.found[0]

    @property
    def other(self) -> bool:
        """SpaCy finds an organisation, a place or a product here."""
        return self.start in self.entities.found[1]


def find_names(text: str, doc: Doc, entities: Callable[[Doc], Doc] | None = None) -> list[tuple[int, int]]:
    """Find people's names in an English answer.

    Parameters
    ----------
    text : str
        The answer.
    doc : spaCy Doc
        The same text, tagged and with named entities.
    entities : callable, optional
        Finds the named entities of `doc`, where it has none yet; called only if a rule asks for them.

    Returns
    -------
    list of (int, int)
        Spans ``[start, end)`` in code points, sorted, without overlap; a title ("Dr") stays outside.
    """
    words = _words(text, doc, _Entities(doc, entities))
    hits = {i for i in range(len(words)) if _is_name(words, i)}
    hits |= _after_titles(words) | _after_cues(words, hits)
    hits |= _in_lists(words, hits)
    hits |= _signatures(words)
    hits |= _neighbours(words, hits)
    spans: list[tuple[int, int]] = []
    for i in sorted(hits):
        word = words[i]
        if i - 1 in hits and spans and re.fullmatch(r"[ \t.]{0,2}", word.gap):
            spans[-1] = (spans[-1][0], word.end)
        else:
            spans.append((word.start, word.end))
    return spans


def _words(text: str, doc: Doc, entities: _Entities) -> list[_Word]:
    letters = list(filter(str.isalpha, text))
    shouted = len(letters) > 8 and sum(map(str.isupper, letters)) > 0.7 * len(letters)
    proper = {token.idx for token in doc if token.pos_ == "PROPN"}
    masked = {i for start, end in marks(text) for i in range(start, end)}
    words: list[_Word] = []
    end = 0
    for match in _WORD.finditer(text):
        start, stop = match.span()
        if start in masked:
            continue
        shown = match.group()
        if shown[-2:-1] in ("'", "’"):
            shown = _POSSESSIVE.sub("", shown)
        before = text[end:start]
        capital = shown[0].isupper() and not shouted and not (len(shown) > 1 and shown.isupper())
        # A single space after a word opens nothing.
        opens = (before != " " or not words) and bool(_SENTENCE_END.search(text[max(0, start - 12) : start]))
        # "Dr. Khan" and "J. Smith" open no sentence.
        if opens and words and before in (".", ". "):
            opens = not (words[-1].lower in _ANY_TITLE or len(words[-1].text) == 1)
        after = text[stop : stop + 2]
        numbered = (after[1:] if after[:1] == " " else after[:1]).isdecimal()
        end = start + len(shown)
        words.append(
            _Word(start, end, shown, _fold(shown), capital, opens, start in proper, numbered, before, entities)
        )
    return words


def _at(words: list[_Word], i: int) -> str:
    """The word at a place in lower case, or the empty string beyond the ends or across a sentence end."""
    return words[i].lower if 0 <= i < len(words) else ""


def _before(words: list[_Word], i: int) -> str:
    return "" if words[i].opens else _at(words, i - 1)


def _after(words: list[_Word], i: int) -> str:
    return "" if i + 1 >= len(words) or words[i + 1].opens else words[i + 1].lower


def _fold(text: str) -> str:
    """Lower case without accents, as the lists of names are written: "Zsófia" is listed as "zsofia"."""
    if text.isascii():
        return text.lower()
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return plain.lower().replace("’", "'")


def _parts(word: _Word) -> list[str]:
    return [word.lower, *re.split("-", word.lower)] if "-" in word.lower else [word.lower]


def _clear(word: _Word) -> bool:
    return any(part in clear_names() for part in _parts(word))


def _known(word: _Word) -> bool:
    return any(part in first_names() for part in _parts(word))


def _plausible(word: _Word) -> bool:
    """Could this capitalised word be a name, if something beside it says so?"""
    joined = any(part in NOT_NAMES for part in _parts(word)) and not _known(word)
    return (
        word.capital
        and len(word.text) > 1
        and word.lower not in _IMPLAUSIBLE
        and not joined
        and not _INNER_CAPITAL.search(word.text)
        and "n't" not in word.lower
        and "'" not in word.lower[2:]
    )


def _in_place_name(words: list[_Word], i: int) -> bool:
    """Is the word part of a place or an organisation: "Byron House", "Kingsley ward", "University of Julia"?"""
    for j in (i + 1, i + 2):
        if j >= len(words) or words[j].opens or words[j].gap.strip(" -") or words[j - 1].text.endswith("'s"):
            break
        if words[j].lower in PLACE_WORDS and not (i > 0 and _before(words, i) in TITLES):
            return words[j].capital or j == i + 1
        if not words[j].capital:
            break
    return _at(words, i - 1) in {"university", "college", "lake", "mount", "fort", "port", "st", "saint", "of"} and (
        words[i - 1].capital and words[i].gap in (" ", ". ")
    )


def _is_name(words: list[_Word], i: int) -> bool:
    """Does the word itself, its capital and the words beside it make it a name?"""
    word = words[i]
    if word.lower in _NEVER or (not word.capital and word.lower not in plain_names()) or _in_place_name(words, i):
        return False
    if not word.capital:
        # An acronym is written in capitals within an answer that is not.
        acronym = word.text.isupper() and len(word.text) < 5
        return not acronym
    if _clear(word) or (word.lower in TOLD_BY_CAPITAL and not word.opens):
        return True
    if word.numbered:
        return False  # "Rocky 8", "Amber 2"
    surname_next = i + 1 < len(words) and words[i + 1].gap == " " and _surname(words[i + 1])
    if _known(word):
        if word.lower in PLACE_WORDS:
            return False
        if _before(words, i) in _IN_PLACE and not surname_next:
            return _before(words, i) == "to" and _at(words, i - 2) in _SPOKE
        if word.person and (surname_next or not word.opens):
            return True
        acts = _after(words, i) in _PERSON_VERBS
        if word.opens and word.lower in _VERBS_TOO and _after(words, i) in {"was", "is", "has", "who", "from"}:
            return True
        return (word.proper and acts and len(word.text) > 2) or (surname_next and word.proper and not word.opens)
    if not (word.proper and _plausible(word)) or word.text.isupper():
        return False
    if not word.other and surname_next and i + 1 < len(words) and _after(words, i + 1) in _PERSON_VERBS:
        return True
    # A word that no list knows, where only a person fits: "contact Dmitri", "Dmitri explained".
    acts = _after(words, i) in _SAYING and (word.opens or not words[i - 1].capital)
    if not word.other and (acts or _before(words, i) in _ASKING):
        return True
    return word.person and _person_like(words, i)


def _surname(word: _Word) -> bool:
    return _plausible(word) and word.lower in surnames() and word.proper


def _person_like(words: list[_Word], i: int) -> bool:
    """Keep what spaCy calls a person if more than its word says so: it is often wrong about places and products."""
    word = words[i]
    beside = [j for j in (i - 1, i + 1) if 0 <= j < len(words) and words[max(i, j)].gap in (" ", "-")]
    if any(words[j].person and _clear(words[j]) and words[j].capital for j in beside):
        return True
    if _before(words, i) in _IN_PLACE:
        return False
    if i > 0 and word.gap in (" ", "-") and (words[i - 1].capital or words[i - 1].text.isupper()) and not word.opens:
        return False  # the end of a longer name of something: "Google Cloud"
    return word.lower in surnames() and len(word.text) > 3 and (not word.opens or _after(words, i) in _PERSON_VERBS)


def _after_titles(words: list[_Word]) -> set[int]:
    """Find "Dr Howard", "dr. howard", "Nurse Adaeze", "Sister Mary", "Prof J Smith"."""
    hits: set[int] = set()
    for i in range(len(words) - 1):
        title, word = words[i], words[i + 1]
        if title.lower not in _ANY_TITLE or not re.fullmatch(r"\.? {1,2}|\.", word.gap):
            continue
        j = i + 1
        if len(word.text) == 1 and word.text.isupper() and j + 1 < len(words) and words[j + 1].gap in (" ", ". ", "."):
            j += 1  # an initial between title and surname
        word = words[j]
        if title.text == "MS":
            continue  # Microsoft
        if title.lower in TITLES:
            lower = title.lower not in {"miss", "doctor", "dame", "sir", "matron"} and word.lower in surnames()
            named = _plausible(word) or (not word.capital and (lower or word.lower in plain_names()))
            fits = named and word.lower not in _NEVER and not (title.lower == "miss" and not title.capital)
            fits = fits or (title.lower in {"dr", "mr", "mrs", "ms"} and _known(word) and word.lower not in NOT_NAMES)
        else:
            soft = title.lower in SOFT_TITLES and title.capital and not _in_place_name(words, j)
            fits = soft and _plausible(word) and (word.proper or _known(word))
        if fits and not (title.lower == "doctor" and word.lower == "who"):
            hits |= set(range(i + 1, j + 1))
    return hits


def _after_cues(words: list[_Word], hits: set[int]) -> set[int]:
    """Find names after "my nurse", "called", "thanks to", "my name is", "Regards,"."""
    found: set[int] = set()
    for i, word in enumerate(words):
        one, two = _at(words, i - 1), _at(words, i - 2)
        if one not in _CUES or i in hits or word.lower in _NEVER or _in_place_name(words, i):
            continue
        beside = bool(re.fullmatch(r" {1,2}|, ?| [-–] | ?\(", word.gap))
        called = one in _CALLED or (one in {"is", "was"} and two == "name")
        thanks = one in _THANKS or (one in {"to", "you"} and two in _THANKS)
        role = one in ROLES and word.gap in (" ", ", ", " - ", " (", "  ")
        signed = one in {"regards", "sincerely", "cheers"} and not word.gap.strip(" ,.\n\r-")
        if not (beside and (called or thanks or role) and (not word.opens or "(" in word.gap)) and not signed:
            continue
        if word.capital:
            # A role's name must be known to someone; after the other cues a proper noun will do.
            sure = _known(word) or word.lower in surnames() or word.person or (word.proper and word.gap == " ")
            if _plausible(word) and sure or _known(word):
                found.add(i)
        elif (
            word.lower in first_names()
            and len(word.lower) > 2
            # Without a capital, a name that is a word too must also act: "my nurse heather was".
            and (word.lower not in AMBIGUOUS or (role and word.proper and _after(words, i) in _PERSON_VERBS))
        ):
            found.add(i)
    return found


def _in_lists(words: list[_Word], hits: set[int]) -> set[int]:
    """Carry a name over to its neighbours in a list: "Julie, Sam and Priya", "mark & julie".

    A word that no list knows is taken only beside a name that is hardly anything else.
    """
    found = set(hits)
    sure = {i for i in hits if _clear(words[i])}
    changed = True
    while changed:
        changed = False
        for i in sorted(found):
            for step in (-1, 1):
                j = _list_neighbour(words, i, step)
                if j is None or j in found:
                    continue
                word = words[j]
                next_surname = _surname(word) and i in sure and not _in_place_name(words, j)
                known = _known(word) and word.lower not in NOT_NAMES and not _in_place_name(words, j)
                cap = word.capital and word.proper and _plausible(word) and not word.opens and i in sure
                lower = not word.capital and known and (word.lower not in AMBIGUOUS or word.proper)
                if (word.capital and known) or next_surname or (cap and not _in_place_name(words, j)) or lower:
                    found.add(j)
                    sure |= {j} if i in sure else set()
                    changed = True
    return found - hits


def _list_neighbour(words: list[_Word], i: int, step: int) -> int | None:
    """The word that a comma, "and", "&" or "/" joins to word `i`, going forwards or backwards."""
    j = i + step
    if not 0 <= j < len(words):
        return None
    joined = words[max(i, j)].gap
    if words[j].lower == "and" and joined.strip() in ("", ","):
        k = j + step
        return k if 0 <= k < len(words) and words[max(j, k)].gap.strip() in ("", ",") else None
    return j if joined.strip() in (",", "&", "/", ", &", "+") else None


def _signatures(words: list[_Word]) -> set[int]:
    """Find an initial and a listed surname that are alone on their line: "D. Whitfield"."""
    found: set[int] = set()
    for i, (initial, surname) in enumerate(pairwise(words)):
        alone = i + 2 == len(words) or "\n" in words[i + 2].gap
        opens = i == 0 or "\n" in initial.gap
        letter = len(initial.text) == 1 and initial.text.isupper() and surname.gap in (". ", ".")
        if alone and opens and letter and surname.capital and surname.lower in surnames():
            found |= {i, i + 1}
    return found


def _neighbours(words: list[_Word], hits: set[int]) -> set[int]:
    """Extend names by surnames, particles and initials: "Julie O'Neill", "Anna de la Cruz", "J. Smith", "Julie B"."""
    found = set(hits)
    for i in sorted(hits):
        j = i + 1
        particles: list[int] = []
        while j < len(words) and re.fullmatch(r" |-|\. ?", words[j].gap) and not words[j].opens:
            word = words[j]
            initial = len(word.text) == 1 and word.text.isupper() and word.text not in "IA"
            if word.lower in PARTICLES and particles == list(range(j - len(particles), j)) and word.gap == " ":
                particles.append(j)
            elif (initial and word.capital) or (_plausible(word) and (word.proper or word.lower in surnames())):
                found |= {*particles, j}
                particles = []
            elif not word.capital and not words[i].capital and _lower_surname(words, i, j):
                found.add(j)
            else:
                break
            j += 1
        k = i - 1
        if k >= 0 and k not in found and len(words[k].text) == 1 and words[k].text.isupper():
            dotted = words[i].gap in (". ", ".")
            if dotted or (words[i].gap == " " and words[k].text not in "AI"):
                found.add(k)
        elif (
            k >= 0
            and k not in found
            and words[i].gap == " "
            and (words[k].capital and not words[k].opens)
            and (_known(words[k]) and words[k].lower not in _NEVER)
        ):
            found.add(k)
    found |= {
        i + 1
        for i in range(len(words) - 1)
        if len(words[i].text) == 1
        and words[i].capital
        and words[i + 1].gap in (". ", ".")
        and _surname(words[i + 1])
        and not _in_place_name(words, i + 1)
        and (not words[i].opens or words[i + 1].person)
    }
    found |= {
        i - 1 for i in found if i > 0 and i not in hits and words[i].gap in (". ", ".") and len(words[i - 1].text) == 1
    }
    return found - hits


def _lower_surname(words: list[_Word], i: int, j: int) -> bool:
    """In an answer without capitals, a frequent surname straight after a first name: "julie thompson"."""
    word = words[j]
    return (
        j == i + 1
        and word.gap == " "
        and len(word.lower) > 4
        and word.lower in surnames()
        and word.lower not in AMBIGUOUS
        and word.proper
    )
