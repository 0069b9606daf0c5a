import pandas as pd
import pytest
from report_factory import survey_of

from pipeline.evidence.disclosure import attributes_of, masked, names_left, rare
from pipeline.survey.description import Survey


def people(counts, wave="1"):
    """Respondents by sector and rank: so many of each."""
    found = {}
    for (sector, rank), n in counts.items():
        for i in range(n):
            found[wave, f"{sector}{rank}{i}"] = {"sector": sector, "rank": rank}
    return found


@pytest.mark.parametrize(("n", "expected"), [(9, [(("rank",), 9)]), (10, [])])
def test_fewer_than_ten_are_few(n, expected):
    assert rare(people({("a", "head"): n, ("a", "staff"): 20}), ("1", "ahead0")) == expected


def test_the_smallest_combination_is_named():
    crossed = people({("a", "head"): 3, ("a", "staff"): 20, ("b", "head"): 20, ("b", "staff"): 20})
    assert rare(crossed, ("1", "ahead0")) == [(("rank", "sector"), 3)]
    assert not rare(crossed, ("1", "astaff0"))


def test_only_the_same_wave_counts_and_nothing_is_said_of_nobody():
    both = people({("a", "head"): 20}) | people({("a", "head"): 2}, wave="2")
    assert rare(both, ("2", "ahead0")) == [(("rank",), 2), (("sector",), 2)]
    assert not rare(both, ("3", "nobody"))


def test_attributes_are_closed_questions_marked_so():
    closed = pd.DataFrame(
        [("1", "p", "sector", "b"), ("1", "p", "sector", "a"), ("1", "p", "training", "Yes")],
        columns=["wave", "respondent_id", "question_id", "value"],
    )
    survey: Survey = survey_of()
    assert attributes_of(survey, closed) == {("1", "p"): {"sector": "a; b"}}


@pytest.mark.parametrize(
    ("display", "names"),
    [
        ("Everybody at Acme says so", ["Acme"]),
        ("It works. Everybody says so", []),
        ("what I said, I’m sure", []),
        ("the NHS and [NAME]", []),
        ("«Nobody» came to Great Yarmouth […] Then they left", ["Great", "Yarmouth"]),
        ("", []),
    ],
)
def test_names_that_were_not_masked(display, names):
    assert names_left(display) == names


def test_marks_are_not_clarifications():
    assert masked("[NAME] told [the board] and [EMAIL], [NAME]", {"NAME", "EMAIL"}) == ["NAME", "EMAIL"]
