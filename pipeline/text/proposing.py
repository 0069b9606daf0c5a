"""Signs that a passage proposes something: a handful of named rules of English grammar, each readable and testable.

A sign is what the words alone show. Whether a sign counts as a proposal also depends on the question: "More staff"
answers "What could we do better?" with a proposal, "Friendly staff" answers "What was good?" with none.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

# In the order in which they are tried, each with invented examples.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "none": ("Nothing could be better.", "Keep up the good work.", "You couldn't have done more."),
    "please": ("Please answer the phone.", "Stop moving the bins."),
    "obliges": ("The lift should be mended.", "Managers need to listen more.", "More chairs are needed."),
    "wishes": ("I would like a later bus.", "Longer hours would help.", "I wish there was a map."),
    "could": ("The desk could open earlier.", "The signs could have been clearer."),
    "asks": ("Why not open on Sundays?", "Can we have a map?"),
    "more": ("More buses on Sundays.", "Better food.", "Fewer forms."),
    "commands": ("Open the library at weekends.", "Listen to the residents."),
    "fragment": ("Internet in the waiting room.", "A map at the door."),
}

_NONE = re.compile(
    r"^\W*(?:no\b(?!\s+more\b)|nothing|none|n/?a\b|not (?:really|much|a lot)|everything|all (?:ok|good|fine"
    r"|was)|keep (?:it |on |up|going|doing)|"
    r"carry on|well done|thank)|\bkeep (?:it |this )?up\b|\b(?:couldn|can|wouldn)['’]?t (?:fault|ask|have)|"
    r"\b(?:could|can|would)\s?(?:not|n['’]t|nt)\b.{0,40}\b(?:better|more|improve|fault|nicer|kinder|helpful)|"
    r"\b(?:nothing|nobody|no one|little)\b.{0,30}\b(?:could|can|should|would|need|improve|better|change)",
    re.IGNORECASE,
)
_PLEASE = re.compile(
    r"^\W*(?:and |also )?(?:(?:please|pls|plz)(?! note\b)|stop)\b|[,;.-]\s*please\W*$|\bplease (?!(?:with"
    r"|by|note|see)\b)",
    re.IGNORECASE,
)
_WISHES = re.compile(
    r"\b(?:would|['’]d|d) (?:\w+ )?(?:like(?! to (?:say|thank|give|praise|express|commend))"
    r"|love(?! to (?:say|thank|contribute|help))|prefer|appreciate|suggest|recommend|"
    r"be (?:\w+ )?(?:nice|good|great|better|best|helpful|useful|awesome|ideal|beneficial|welcomed?"
    r"|appreciated|cool)|"
    r"(?:really |greatly |also )?(?:help|benefit|improve)\b|"
    r"have (?:really |also )?(?:been (?:\w+ )?(?:nice|good|better|helpful|useful|appreciated|easier)|helped"
    r"|liked|preferred|loved))|"
    r"\b(?:i|we) (?:really |just |do )?(?:wish|suggest|recommend|propose|want (?!to (?:say|thank)))"
    r"|\bif only\b|"
    r"\bi wonder if\b|\b(?:maybe|perhaps) (?=\w)(?!because|i |it was|the wait)",
    re.IGNORECASE,
)
_PROPOSING = re.compile(r"\b(?:suggestions?|recommendation|improvements? (?:in|to|on|of))\b", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:why (?:not|don['’]?t (?:you|they|we)|can['’]?t (?:you|they|we))|(?:how|what) about|"
    r"(?:^|[.!?]\s*)(?:can|could|would) (?:you|we|they|there|it|this|someone|i)\b)[^.!]*\?",
    re.IGNORECASE,
)
_NEEDS = re.compile(
    r"\b(?:needs?|requires?) (?:a |an |to be |to (?!go\b|take\b)|more|better|less|improv|changing|fix|updat"
    r"|looking|sorting)"
    r"|\b(?:is|are|be|s|re|help|support|information|staff) (?:\w+ )?(?:needed|required|called for)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"^[\W\d]*(?:and |or |also |a |an |some |just |perhaps |maybe |much |even |a (?:bit|lot|little) |lots "
    r"|provide |have |with )*"
    r"(?:more|better|less|fewer|improved?|improving|extra|additional|increased?|reduced?|clearer|faster"
    r"|quicker|shorter|longer|easier|"
    r"bigger|larger|cheaper|earlier|simpler|extended|updated|further)\b(?! (?:than|or less|and more)\b)",
    re.IGNORECASE,
)
_LACK = re.compile(
    r"\b(?:no|not|n['’]?t|lack|lacks|lacking|poor|poorly|bad|badly|short|too|hard|hardly|difficult\w*|slow"
    r"|problem\w*|issues?|bugs?|unable|never|long|rude|"
    r"wait(?:ing)? times?|time waiting|delay\w*|confus\w+|broken|missing|unclear|terrible|awful|cannot"
    r"|without|blow-?up|unhelpful|boring|cold)\b",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"\b(?:good|great|excell?e?nt|lovely|friendly|kind(?:ness)?|helpful|help|caring|efficient|efficiency"
    r"|fantastic|brilliant|amazing|polite|superb|perfect|"
    r"professional|nice|satisf\w+|happy|pleased|wonderful|quick|quickly|prompt|pleasant|best|first class"
    r"|top|awesome|thanks?|ok|okay|fine|reassur\w+|"
    r"comfort\w*|outstanding|very|really|so|easy)\b",
    re.IGNORECASE,
)
_DUTIES = frozenset({"should", "must", "ought", "shd", "shld"})
_MAY = frozenset({"could", "might"})
_SELF = frozenset({"i", "we"})
_BEFORE_COMMANDS = frozenset("and also maybe or then just really".split())
# Bare forms that open an account of what was rather than a command: "Found it hard", "Thank you".
_NO_COMMANDS = frozenset(
    """
    thank thanks see feel felt got had made found done given told took said love like hope think know guess believe
    find wait need note scroll
    """.split()
)


def sign_of(doc: Doc, start: int, end: int, whole: str | None = None) -> str:
    """Say by which sign a passage proposes something.

    Parameters
    ----------
    doc : spaCy Doc
        The whole answer, parsed.
    start, end : int
        The passage, in code points.
    whole : str, optional
        The text of `doc`, for a caller that has it: spaCy puts it together anew each time.

    Returns
    -------
    str
        The first of `EXAMPLES` that its words show: ``none`` says that nothing is to be changed; ``fragment`` is a bare
        noun phrase, a proposal only where the question asks for one; empty where nothing speaks of a proposal.
    """
    whole = doc.text if whole is None else whole
    text = whole[start:end]
    span = doc.char_span(start, end, alignment_mode="expand")
    tokens = [t for t in span if not t.is_space] if span is not None else []
    if not tokens or _NONE.search(text):
        return "none" if tokens else ""
    if _PLEASE.search(text):
        return "please"
    if any(_obliges(t) for t in tokens) or _needs(text, tokens):
        return "obliges"
    if _WISHES.search(text) or _PROPOSING.search(text):
        return "wishes"
    if any(_could(t) for t in tokens):
        return "could"
    if _ASKS.search(whole[start : end + 1]):
        return "asks"
    finite = _tells(tokens)
    if _MORE.search(text) and not finite:
        return "more"
    if _commands(tokens):
        return "commands"
    return "fragment" if not finite and _names_a_thing(text, tokens) else ""


def _obliges(token: Token) -> bool:
    """Is this "should" or "must" said of what others do, and neither "must have been tired" nor "I must say"?"""
    if token.lower_ not in _DUTIES or token.tag_ not in {"MD", "VB", "VBP"}:
        return False
    around = {t.lower_ for t in token.head.children} | {token.head.lower_}
    if token.lower_ == "must" and around & {"have", "say", "admit"}:
        return False
    return _subject(token.head) not in _SELF or bool(around & {"have", "be", "been"})


def _needs(text: str, tokens: list[Token]) -> bool:
    """Does something or somebody other than the writer need something?"""
    if not (match := _NEEDS.search(text)):
        return bool(tokens[0].lower_ in {"need", "needs"}) and not (len(tokens) > 1 and tokens[1].lower_ == "to")
    before = text[: match.start()].split()
    return not before or before[-1].casefold() not in {"i", "my", "not", "dont", "n't"}


def _could(token: Token) -> bool:
    """Is this "could" said of something that could be done otherwise, and not of what the writer was able to do?"""
    if token.lower_ not in _MAY or token.tag_ != "MD":
        return False
    verb = token.head
    own = [t.lower_ for t in verb.children]
    if any(t.dep_ == "neg" for t in verb.children) or _subject(verb) in _SELF or "only" in own:
        return False
    if any(t.dep_ == "mark" or t.lower_ in {"so", "as", "what", "that"} for t in verb.children if t.i < token.i):
        return False
    words = {t.lower_ for t in token.doc[token.i : min(token.i + 12, len(token.doc))]}
    compared = any(t.tag_ in {"JJR", "RBR"} for t in token.doc[token.i : min(token.i + 12, len(token.doc))])
    passive = bool(words & {"be", "been", "improve", "offer"})
    return (
        compared or (passive and "have" not in own) or token.i == token.sent.start or _subject(verb) in {"you", "they"}
    )


def _subject(verb: Token) -> str:
    return next((t.lower_ for t in verb.children if t.dep_ in {"nsubj", "nsubjpass"}), "")


def _tells(tokens: list[Token]) -> bool:
    """Does a verb outside relative clauses tell what is or was?"""
    verbs = (t for t in tokens if t.tag_ in {"VBD", "VBZ", "VBP", "MD"} and t.pos_ in {"VERB", "AUX"})
    return any(not _inside_noun(t) for t in verbs)


def _inside_noun(verb: Token) -> bool:
    """Does the verb only say more of a noun before it: "a map that shows", "protection when it goes down"?"""
    chain = [verb, *islice(verb.ancestors, 12)]
    return any(t.dep_ in {"relcl", "acl", "advcl", "ccomp", "pcomp"} for t in chain) and chain[-1].pos_ not in {
        "VERB",
        "AUX",
    }


def _commands(tokens: list[Token]) -> bool:
    """Does the passage open with a verb in its bare form and no subject?"""
    words = [t for t in tokens if t.is_alpha and t.lower_ not in _BEFORE_COMMANDS]
    if not words:
        return False
    first = words[0]
    if first.lower_ in {"do", "not", "don"}:
        return any(t.lower_ in {"not", "n't", "n’t"} for t in tokens[:4]) and any(t.tag_ == "VB" for t in words[:4])
    bare = first.tag_ in {"VB", "VBP"} and first.lower_ not in _SELF | _NO_COMMANDS
    return bare and not _subject(first) and len(words) > 1


def _names_a_thing(text: str, tokens: list[Token]) -> bool:
    """Is this a bare noun phrase that neither praises nor complains?"""
    nouns = any(t.pos_ in {"NOUN", "PROPN"} for t in tokens) or any(t.tag_ == "VBG" for t in tokens[:1])
    past = tokens[0].tag_ in {"VBD", "VBN", "PRP"} or tokens[0].pos_ in {"PRON", "CCONJ", "SCONJ", "INTJ"}
    return nouns and not past and not _PRAISE.search(text) and not _LACK.search(text)
