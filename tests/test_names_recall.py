"""How many names the rules find in sentences that they were not made for.

The sentences and names are invented. They were written after the rules, by a language model that had read them but
changed nothing in names.py or wordlists.py for their sake, and none was taken out because it failed. They show a
level, not what real answers would give.
"""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.text.personal import find_personal, mask

# Each name stands in braces.
SENTENCES = [
    "{Marjorie} at the front desk sorted my appointment in minutes.",
    "I would not have coped without {Obinna}.",
    "The physiotherapist, {Katarzyna}, gave me exercises.",
    "{Hiroshi} was so patient with my mother.",
    "Big thank you to {Wanjiru} on ward 7.",
    "{Mrs Lowe|Lowe} in the canteen knows everyone.",
    "We were seen by {Dr Adebayo|Adebayo} within the hour.",
    "Mr. {T. Okonjo} operated on my knee.",
    "My health visitor {Shabnam} came twice.",
    "All credit to {Llewelyn} and {Angharad}.",
    "{Svenja} translated for my father.",
    "It was {Ewa}'s idea to move the bed.",
    "{Charlotte Pemberton} answered my letter.",
    "Please thank {Temperance} for me.",
    "my midwife {chloe} was amazing",
    "{kelly} the receptionist is rude",
    "the doctor {rahul} did not listen",
    "we love {doreen} at the day centre",
    "spoke with {craig} on the phone",
    "dr {hussain} never looked up",
    "{Xiaoming} helped me park.",
    "The night nurse, {Folasade}, checked on me.",
    "{Baljit}, {Harpreet} and {Manpreet} run the clinic well.",
    "{Jean-Pierre} cooked for us.",
    "{Aoife} and {Cillian} came in the ambulance.",
    "Nurse {Blessing} is a blessing.",
    "Sister {Agnes} told me off.",
    "{Hope} was my carer for a year.",
    "{Summer} and {Jade} at reception were lovely.",
    "My key worker is called {Tyrone}.",
    "His name was {Vikram} I think.",
    "{Mo} drove carefully.",
    "{Yvette} who took my bloods was gentle.",
    "I have asked {Nadeem} three times for a reply.",
    "Complained to {Bronwyn} about the noise.",
    "{Ludmila} cleans our ward every day.",
    "{Mehwish} made me feel at ease.",
    "Kind regards {Philippa Hargreaves}",
    "{D. Whitfield}",
    "The porter {Stanislav} made me laugh.",
    "A special mention for {Ines}.",
    "{Ayodele} deserves a rise.",
    "Professor {van Dijk} was late.",
    "Consultant Miss {Rao} was excellent.",
    "{Desmond} rang me on Friday.",
    "{Tuyet} did my nails while I waited.",
    "Could {Maureen} be given an award?",
    "The team led by {Gethin} was great.",
    "{Jamila} from transport waited with me.",
    "{Nurse Comfort|Comfort} was with me all night.",
    "{Rafael Mendes} saw me first, then {Lucia Ferrari}.",
    "I only trust {Solomon}.",
    "{Hye-jin} wrote everything down.",
    "{Tamsin}’s bedside manner is second to none.",
    "DO NOT LET {MAUREEN} LEAVE",
    "{Ahmet} and his colleague {Goran} fixed the lift.",
    "Thanks {Petronella}, you are a star!",
    "My husband {Terence} was treated with respect.",
    "{Amara} noticed that I was in pain.",
    "I met {Lakshmi} in the lift.",
]
NAME = re.compile(r"\{(?:[^{}|]*\|)?([^{}|]*)\}")


def parts(sentence):
    """The text and the spans of its names; in ``{Mrs Lowe|Lowe}`` only what follows the bar need be hidden."""
    text, spans, at = "", [], 0
    for match in re.finditer(r"\{([^{}]*)\}", sentence):
        shown, _, name = match[1].partition("|")
        text += sentence[at : match.start()] + shown
        spans.append((len(text) - len(name or shown), len(text)))
        at = match.end()
    return text + sentence[at:], spans


def test_recall_on_sentences_the_rules_were_not_made_for(nlp):
    found, missed = 0, []
    for text, spans in map(parts, SENTENCES):
        hidden = {i for r in find_personal([text], [nlp(text)])[0] for i in range(r.start, r.end)}
        for start, end in spans:
            found += set(range(start, end)) <= hidden
            if not set(range(start, end)) <= hidden:
                missed.append(text[start:end])
    assert found + len(missed) == 67
    # 56 of 67 (84 %) when this was written; a rule that finds more may raise it.
    assert found >= 56, missed


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(sentences=st.lists(st.sampled_from([parts(s)[0] for s in SENTENCES]), min_size=1, max_size=3))
def test_masking_a_masked_answer_hides_no_more_of_it(nlp, sentences):
    text = "\n".join(sentences)  # some end without a full stop, as people's lines do
    once = mask(text, find_personal([text], [nlp(text)])[0])
    assert mask(once, find_personal([once], [nlp(once)])[0]) == once


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Amara was kind.\nD. Whitfield\nThank you", "[NAME] was kind.\n[NAME]\nThank you"),
        ("A. Training\nB. Parking\nC. Better food", "A. Training\nB. Parking\nC. Better food"),
    ],
)
def test_an_initial_and_a_surname_alone_on_their_line_are_a_signature(nlp, text, masked):
    assert mask(text, find_personal([text], [nlp(text)])[0]) == masked
