"""Parts of speech by the rules of a spaCy pipeline, each kind of word looked up once.

spaCy's attribute ruler tries every rule on every token, and sets lemmas and morphology that nothing here reads. Nearly
all of its rules look at one token's tag, place in the sentence and lower-case form only: what they give is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.pipeline import AttributeRuler
    from spacy.tokens import Doc

NAME = "themebook_parts_of_speech"
_READ = {"POS", "TAG", "DEP"}
_LOOKED_AT = {"TAG", "DEP", "LOWER", "IS_SPACE"}
# So many kinds of words are kept at most; where rules name their words, there are a few thousand.
_MOST = 50_000


def replace_ruler(nlp: Language) -> None:
    """Put the same rules for parts of speech, tags and dependencies in place of a pipeline's attribute ruler.

    Parameters
    ----------
    nlp : spaCy Language
        Changed in place, if it has an attribute ruler.
    """
    if "attribute_ruler" not in nlp.pipe_names:
        return
    from spacy.language import Language as Factories

    if not Factories.has_factory(NAME):
        Factories.factory(NAME, func=lambda nlp, name: PartsOfSpeech(nlp.get_pipe("attribute_ruler")))
    nlp.add_pipe(NAME, after="attribute_ruler")
    nlp.remove_pipe("attribute_ruler")


class PartsOfSpeech:
    """A component of a spaCy pipeline that sets what an attribute ruler's rules say of parts of speech.

    Parameters
    ----------
    ruler : AttributeRuler
        A later rule has precedence over an earlier one, as there.
    """

    def __init__(self, ruler: AttributeRuler) -> None:
        from spacy.attrs import DEP, IS_SPACE, LOWER, TAG
        from spacy.matcher import Matcher

        self.vocab = ruler.vocab
        self.key = [TAG, DEP, LOWER, IS_SPACE]
        self.rules: list[tuple[int, dict[str, int]]] = []
        self.single, self.several = (Matcher(ruler.vocab) for _ in range(2))
        rules: list[dict[str, Any]] = list(ruler.patterns)
        for number, rule in enumerate(rules):
            set_by_it = {name: ruler.vocab.strings.add(v) for name, v in _plain(rule["attrs"]).items() if name in _READ}
            self.rules.append((rule["index"], set_by_it))
            for pattern in rule["patterns"] if set_by_it else ():
                alone = len(pattern) == 1 and set(pattern[0]) <= _LOOKED_AT
                (self.single if alone else self.several).add(str(number), [pattern])
        self.words = _words_of(ruler)
        self.known: dict[tuple[int, ...], dict[str, tuple[int, int]]] = {}

    def __call__(self, doc: Doc) -> Doc:
        """Set the parts of speech of a text."""
        found = []
        for tag, dep, lower, space in doc.to_array(self.key).tolist():
            key = (tag, dep, lower if self.words is None or lower in self.words else 0, space)
            values = self.known.get(key)
            found.append(self._look(key, lower) if values is None else values)
        for i, number in self._matches(self.several, doc):
            # One of a kind of its own, for this token only.
            found[i] = self._with(found[i], number)
        for token, values in zip(doc, found, strict=True):
            for name, (_, value) in values.items():
                if name == "POS":
                    token.pos = value
                elif name == "TAG":
                    token.tag = value
                else:
                    token.dep = value
        return doc

    def _look(self, key: tuple[int, ...], lower: int) -> dict[str, tuple[int, int]]:
        """What the rules for one token say, with the number of the rule that says it."""
        from spacy.tokens import Doc

        if len(self.known) >= _MOST:
            self.known.clear()
        tag, dep, word = (self.vocab.strings[part] for part in (key[0], key[1], lower))
        alone = Doc(self.vocab, words=[word], spaces=[False], tags=[tag], deps=[dep], heads=[0])
        values: dict[str, tuple[int, int]] = {}
        for _, number in self._matches(self.single, alone):
            values = self._with(values, number)
        self.known[key] = values
        return values

    def _matches(self, matcher: Any, doc: Doc) -> list[tuple[int, int]]:
        """The places that rules are about, and their numbers, rising."""
        if not len(matcher):
            return []
        strings = self.vocab.strings
        hits = sorted((int(strings[rule]), start, end) for rule, start, end in matcher(doc, allow_missing=True))
        return [(range(start, end)[self.rules[number][0]], number) for number, start, end in hits]

    def _with(self, values: dict[str, tuple[int, int]], number: int) -> dict[str, tuple[int, int]]:
        joined = dict(values)
        for name, value in self.rules[number][1].items():
            if name not in joined or joined[name][0] <= number:
                joined[name] = (number, value)
        return joined


def _words_of(ruler: AttributeRuler) -> set[int] | None:
    """The words that rules name; None where a rule describes them otherwise, such as by a pattern of letters."""
    words: set[int] = set()
    rules: list[dict[str, Any]] = list(ruler.patterns)
    for rule in rules:
        for token in (token for pattern in rule["patterns"] if _READ & set(_plain(rule["attrs"])) for token in pattern):
            asked = token.get("LOWER", [])
            named = [asked] if isinstance(asked, str) else asked.get("IN") if isinstance(asked, dict) else asked
            if named is None or (isinstance(asked, dict) and set(asked) != {"IN"}):
                return None
            words |= {ruler.vocab.strings.add(word) for word in named}
    return words


def _plain(attrs: dict[Any, Any]) -> dict[str, str]:
    """A rule's attributes by name; spaCy lets them be numbers too."""
    from spacy.attrs import NAMES

    return {(NAMES[name] if isinstance(name, int) else str(name)).upper(): value for name, value in attrs.items()}
