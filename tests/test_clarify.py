import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.evidence.spans import display
from pipeline.foundation.errors import ThemebookError
from pipeline.review.clarify import as_fields, read_edited
from pipeline.themes.decisions import draft

TEXT = "They need time, and Julie needs us. More time is needed, they say."
HIDDEN = [(20, 25, "NAME")]


def printed(edited, near=0, text=TEXT, hidden=HIDDEN):
    made = read_edited(edited, text, hidden, near)
    return display(text, made.spans, hidden, made.clarifications)


@pytest.mark.parametrize(
    "edited",
    [
        "They need time",
        "They need time […] More time is needed",
        "[The sectors] need time",
        "More time [for training] is needed",
        "More [money] is needed",
        "and [NAME] needs us",
        "and [NAME] needs [the team]. More time",
        "They need time [to think]",
        "[All] need time […] they say [again].",
    ],
)
def test_what_is_edited_is_what_is_printed(edited):
    assert printed(edited) == edited


def test_three_dots_and_white_space_are_tidied():
    assert printed("They   need\n[...]More time") == "They need […] More time"
    assert printed("They need[ … ]they say") == "They need […] they say"


def test_words_that_stand_twice_are_taken_where_the_quote_was():
    assert read_edited("time", TEXT, HIDDEN).spans == ((10, 14),)
    assert read_edited("time", TEXT, HIDDEN, near=36).spans == ((41, 45),)
    assert read_edited("They need", TEXT, HIDDEN, near=36).spans == ((0, 9),)


@pytest.mark.parametrize(
    ("edited", "said"),
    [
        ("They need money", "not in the answer"),
        ("More time is needed […] They need time", "not in this place"),
        ("Julie needs us", "not in the answer"),
        ("They [] time", "empty brackets"),
        ("They [a] [b] time", "side by side"),
        ("[only mine]", "no words of the answer"),
        ("They need […]", "no words of the answer"),
        ("", "no words of the answer"),
        ("They need [an open bracket", "not in the answer"),
    ],
)
def test_what_nobody_said_is_refused(edited, said):
    with pytest.raises(ThemebookError, match=re.escape(said)):
        read_edited(edited, TEXT, HIDDEN)


WORDS = st.lists(st.sampled_from("one two three four five six".split()), min_size=3, max_size=12)


@given(WORDS, st.data())
def test_any_cut_is_read_back_and_is_a_decision(words, data):
    text = " ".join(words)
    keep = data.draw(st.lists(st.booleans(), min_size=len(words), max_size=len(words)))
    assume(any(keep))
    edited = re.sub(r"(?:\0 ?)+", "[…] ", " ".join(w if k else "\0" for w, k in zip(words, keep, strict=True)))
    edited = re.sub(r"^\[…\] |\s*\[…\] ?$", "", edited).strip()
    made = read_edited(edited, text, [])
    assert display(text, made.spans, [], made.clarifications) == edited
    fields = {"spans": made.spans, "clarifications": as_fields(made.clarifications)}
    assert draft("clarify_quote", "anna", theme_id="T1", response_id="r", seen="x", **fields)
