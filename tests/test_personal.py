"""Personal data: what is found, what is left alone, and what a masked text shows."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.text.patterns import Redaction, find_patterns, merge
from pipeline.text.personal import TYPES, find_personal, mask

# Names between braces; invented, of many origins.
NAMED = [
    "My nurse {Priya} was lovely and explained everything.",
    "{Oluwaseun} on reception could not do enough for us.",
    "Thanks to {Siân} and {Rhys} for looking after dad.",
    "{Mohammed} drove me home safely.",
    "Special mention to {Agnieszka}, who stayed after her shift.",
    "Mr {O'Neill} did my operation.",
    "my nurse {julie} was great",
    "thanks to {sarah} for everything",
    "{Julie}, {Sam} and {Priya} were brilliant.",
    "{Julie}'s kindness will stay with me.",
    "I saw Dr. {J. Smith} on Tuesday.",
    "Dr {Khan} listened to me.",
    "dr {patel} was rude",
    "The consultant, Mr {Okafor}, was very clear.",
    "Sister {Mary} runs a tight ship.",
    "Nurse {Adaeze} held my hand.",
    "Prof {Kowalski} gave a dull lecture.",
    "A lady called {Gwenllian} took my blood.",
    "The paramedic named {Chukwuemeka} was calm.",
    "My name is {Beata Nowak} and I am unhappy.",
    "I am grateful to {Thandiwe} for her patience.",
    "{Will} was brilliant with my son.",
    "My support worker {Grace} has helped a lot.",
    "I spoke to {Rose} at the front desk.",
    "Cllr {Ahmed} never replied.",
    "Regards, {Margaret}",
    "{Fatima} and {Yusuf} made the tea.",
    "We met {John Smith} at the door.",
    "It was {Mary-Jane} who found the notes.",
    "{Siobhan O'Connor} rang me back the same day.",
    "{Anna de la Cruz} explained the form.",
    "Thank you {Niamh}!",
    "thank you {sandra} and {mohammed}",
    "The driver ({Dave}) waited for me.",
    "My son {Jack} was seen quickly.",
    "My daughter {Aisha} was scared.",
    "DR {HOWARD} WAS GREAT AND SO WAS {JULIE}",
    "Please tell {Wei Chen} that I got home.",
    "Mrs {Begum} from the office was kind.",
    "Ms {van der Berg} chaired it badly.",
    "Rev {Thomas} visited.",
    "{Krzysztof} fixed the bed.",
    "Can {Steve} please call me?",
    "I want to thank {Bev}, {Trish} & {Mo}.",
    "It would be good to see {Katie} more often.",
    "cpn {karen} is always late",
    "{Sanjay Gupta} was on the desk.",
    "Physio with {Hamish} has been superb.",
    "Whenever {Eilidh} is on shift things go well.",
    "{Mark} from the council came round.",
    "Dr {Nguyen} and Dr {Al-Hassan} disagreed.",
    "Signed {Peter Jones}",
    "{Zsófia} was patient with my questions.",
    "My carer is {Joanna}, she is great.",
    "Ask for {Gary} or {Lorraine}.",
    "shout out to {deepak} in pharmacy",
    "{Ngozi Eze} in A&E saved my life.",
    "{Liam}’s attitude was poor.",
    "Doctor {Rajesh Iyer} was thorough.",
    "Only {Paul} knew what to do, the others did not.",
    "Huge thanks to the team, especially {Svetlana} and {Ioana}.",
    "Sir {Keith} opened the new wing.",
    "Miss {Jones} taught my class.",
    "Student midwife {Ffion} was a star.",
]
UNNAMED = [
    "The NHS is short of money.",
    "My GP sent me to A&E at the Royal Victoria Infirmary.",
    "I was on Kingsley ward at Byron House.",
    "Durham hospital sent my notes to Peterlee.",
    "Please open in May or June.",
    "Will you add more parking?",
    "I hope the new Spack release is faster.",
    "Jupyter notebooks and Julia kernels crash with Anaconda.",
    "Grace period is too short.",
    "Mark my words, it will rain.",
    "The Nurse Practitioner was kind.",
    "Nothing. Everything was excellent.",
    "Sister was kind to me.",
    "Doctors and nurses do a great job.",
    "Joy to use.",
    "New Zealand needs a capital gains tax.",
    "Bowling Green should pass the Uniform Act.",
    "I miss the old centre.",
    "My bill was wrong and I sue when I must.",
    "Staff at Lings Bar Hospital were great.",
    "Had my Pfizer jab at Tesco.",
    "The Dean Street clinic was closed.",
    "Taking Clozapine affects my sugar.",
    "Better than the Queens.",
    "I live in Chester and work in Lincoln.",
    "Victoria Road is full of holes.",
    "Easter Monday was busy.",
    "Covid rules were confusing.",
    "The Macmillan nurse came at Christmas.",
    "Thank You NHS",
    "Thanks. Very Good Service",
    "VERY GOOD SERVICE FROM ALL STAFF",
    "More staff and More beds",
    "Docker and Singularity support in Spack",
    "I use Emacs, Vim and PyCharm.",
    "Carol services at Christmas were nice.",
    "Nurse was lovely, Doctor was rude.",
    "Drs and nurses were kind.",
    "I frank my post and pat the dog.",
]


def masked(text, nlp=None, names=True):
    return mask(text, find_personal([text], [nlp(text)] if nlp else None, names)[0])


@pytest.mark.parametrize("sentence", NAMED)
def test_names_are_masked(sentence, nlp):
    text = re.sub(r"[{}]", "", sentence)
    assert masked(text, nlp) == re.sub(r"\{[^}]*\}", "[NAME]", sentence)


@pytest.mark.parametrize("text", UNNAMED)
def test_what_is_no_name_stays(text, nlp):
    assert masked(text, nlp) == text


def test_names_are_looked_for_only_where_asked_and_parsed(nlp):
    text = "Thanks to Julie, j@x.org"
    assert masked(text, nlp, names=False) == "Thanks to Julie, [EMAIL]"
    assert masked(text) == "Thanks to Julie, [EMAIL]"
    assert find_personal([text, text], [nlp(text), None])[1] == [Redaction(17, 24, "EMAIL")]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mail j.o'brien+x@nhs.co.uk now", "mail [EMAIL] now"),
        ("jo.bloggs [at] example [dot] org", "[EMAIL]"),
        ("gcc@4.8.5 at noon", "gcc@4.8.5 at noon"),
        ("Call 07700 900 123 or 020 7946 0318.", "Call [PHONE] or [PHONE]."),
        ("0191-498 0123 ext 45", "[PHONE]"),
        ("(0191) 498 0123", "[PHONE]"),
        ("+44 (0)20 7946 0318", "[PHONE]"),
        ("+49 30 901820 / 00353 1 234 5678", "[PHONE] / [PHONE]"),
        ("office: 270-555-0199", "office: [PHONE]"),
        ("tel: 498 0123", "tel: [PHONE]"),
        ("ring me on 4980123 please", "ring me on [PHONE] please"),
        ("call 111 or 999, ward 12", "call 111 or 999, ward 12"),
        ("01/02/2023 12:30:45, 2019-2020, 10,000 to 20,000", "01/02/2023 12:30:45, 2019-2020, 10,000 to 20,000"),
        ("0.1234567890 of £1,200,000.00", "0.1234567890 of £1,200,000.00"),
        ("9434765919 is mine", "[NHS_NUMBER] is mine"),
        ("943 476 5919", "[NHS_NUMBER]"),
        ("943 476 5918", "[PHONE]"),
        ("ref 1234567890 here", "ref 1234567890 here"),
        ("NHS no: 123 456 7890", "NHS no: [NHS_NUMBER]"),
        ("my NHS number is 1234567890", "my NHS number is [NHS_NUMBER]"),
        ("NE1 4LP, ne14lp and sw1a 1aa", "[POSTCODE], [POSTCODE] and [POSTCODE]"),
        ("b12 3rd, M1 8GB, QQ1 1AA", "b12 3rd, M1 8GB, QQ1 1AA"),
        ("AB 12 34 56 C and ab123456c", "[NI_NUMBER] and [NI_NUMBER]"),
        ("BG 12 34 56 C", "BG 12 34 56 C"),
        ("AB 12 34 56 E", "AB 12 34 56 E"),
        ("Follow @jane_doe or https://twitter.com/janedoe", "Follow [HANDLE] or [HANDLE]"),
        ("www.linkedin.com/in/jane-doe and https://nhs.uk/care", "[HANDLE] and https://nhs.uk/care"),
        ("meet @ 5, @spackbot", "meet @ 5, @spackbot"),
    ],
)
def test_patterns(text, shown):
    assert masked(text) == shown


def test_mask_shows_a_span_and_hides_what_reaches_over_its_edges():
    text = "Ask Julie Smith about it"
    redactions = [(4, 15, "NAME")]
    assert mask(text, redactions) == "Ask [NAME] about it"
    assert mask(text, redactions, 0, 9) == "Ask [NAME]"
    assert mask(text, redactions, 10, 24) == "[NAME] about it"
    assert mask(text, redactions, 6, 8) == "[NAME]"
    assert mask(text, redactions, 0, 4) == "Ask "
    assert mask(text, redactions, 15, 24) == " about it"


def test_overlapping_redactions_are_joined_under_the_first_type():
    assert merge([Redaction(0, 5, "EMAIL"), Redaction(3, 9, "NAME")]) == [Redaction(0, 9, "EMAIL")]
    assert merge([Redaction(0, 5, "EMAIL"), Redaction(5, 9, "NAME")]) == [
        Redaction(0, 5, "EMAIL"),
        Redaction(5, 9, "NAME"),
    ]


PIECES = st.sampled_from(
    [
        "07700 900123",
        "a@b.org",
        "NE1 4LP",
        "943 476 5919",
        "@jane_doe",
        "AB123456C",
        "word",
        "é",
        "😀",
        "\n",
        " ",
        ".",
        "12",
    ]
)


@given(st.lists(PIECES, max_size=12).map(" ".join), st.integers(0, 60), st.integers(0, 60))
def test_no_redacted_character_is_shown_and_nothing_else_is_lost(text, one, two):
    start, end = sorted((min(one, len(text)), min(two, len(text))))
    redactions = find_patterns(text)
    hidden = {i for r in redactions for i in range(r.start, r.end)}
    marks = "|".join(re.escape(f"[{kind}]") for kind in TYPES)
    shown = re.sub(marks, "", mask(text, redactions, start, end))
    assert shown == "".join(text[i] for i in range(start, end) if i not in hidden)


@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_masking_twice_changes_nothing(text):
    once = masked(text)
    assert masked(once) == once


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(NAMED + UNNAMED), min_size=1, max_size=4))
def test_redactions_are_sorted_inside_the_text_and_stable(nlp, sentences):
    text = re.sub(r"[{}]", "", " ".join(sentences))
    redactions = find_personal([text], [nlp(text)])[0]
    assert redactions == sorted(redactions)
    assert all(0 <= r.start < r.end <= len(text) and r.type in TYPES for r in redactions)
    assert all(a.end <= b.start for a, b in zip(redactions, redactions[1:], strict=False))


@pytest.mark.shared
def test_few_masks_in_product_feedback(shared_data, nlp):
    import csv

    with (shared_data / "spack_survey" / "2021.csv").open(encoding="utf-8-sig", newline="") as stream:
        cells = sorted({v for row in csv.DictReader(stream) for v in row.values() if v and len(v.split()) >= 8})[:300]
    found = find_personal(cells, list(nlp.pipe(cells)))
    assert len(cells) == 300
    assert sum(bool(r) for r in found) <= 15
