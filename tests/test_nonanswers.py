import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.survey.nonanswers import classify, normalise, word_list

REASONS = {
    "nothing": ["none", "None.", "NO", "nil", "Nothing!", "nothing to add", "no comment", "keine", "rien", "nada"],
    "not_applicable": ["n/a", "N/A", "na", "N.A.", "not applicable", "Sans objet", "no aplica", "entfällt"],
    "dont_know": ["don't know", "Don’t know", "DONT KNOW", "idk", "not sure", "weiß nicht", "je ne sais pas"],
    "refused": ["prefer not to say", "Refused", "keine Angabe"],
    "not_answered": ["Did not answer", "no response", "nan"],
    "refers_elsewhere": ["as above", "See above.", "ditto", "siehe oben"],
    "no_content": ["-", ".", "???", "…", "--- ---", "(!)"],
}


@pytest.mark.parametrize(("reason", "text"), [(reason, text) for reason, texts in REASONS.items() for text in texts])
def test_non_answers(reason, text):
    assert classify(f" {text} ") == ("non_answer", reason)


@pytest.mark.parametrize(
    "text",
    [
        "No problems at all, thank you",
        "Yes",
        "Good",
        "5",
        "0",
        "Nothing could have been better",
        "No parking",
        "nothing to improve",
        "No complaints",
        "don't know where to start: the food, the noise",
        "👍",
        "好",
        "none of the nurses listened",
    ],
)
def test_answers(text):
    assert classify(text) == ("answered", "")


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u00a0"])
def test_blank(text):
    assert classify(text) == ("blank", "")


def test_marks_of_questions_not_asked():
    assert classify("[not asked]") == ("not_asked", "marked")
    assert classify("Not shown") == ("not_asked", "marked")


def test_a_survey_adds_its_own():
    assert classify("See the letter!", ["see the LETTER"]) == ("non_answer", "listed")
    assert classify("See the letter!") == ("answered", "")


def test_normalise():
    assert normalise("  Don't   KNOW!! ") == normalise("dont know") == "dont know"
    assert normalise("ﬁne") == "fine"
    assert normalise("👍") != normalise("👎")
    assert normalise("C++") != normalise("C")
    assert normalise("हिन्दी") == "हिन्दी"


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


@given(st.text(max_size=30))
def test_status_is_one_of_four(text):
    status, reason = classify(text)
    assert status in ("answered", "non_answer", "blank", "not_asked")
    assert bool(reason) == (status in ("non_answer", "not_asked"))
    assert (status == "blank") == (not text.strip())


def test_the_word_list_is_normalised_and_has_reasons():
    assert len(word_list()) > 200
    assert all(phrase and normalise(phrase) == phrase and reason for phrase, reason in word_list().items())
