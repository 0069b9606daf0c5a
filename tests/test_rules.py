"""The rules of a good theme set, each at its limit, and how their findings are said."""

import numpy as np
import pandas as pd
import pytest

from pipeline.evidence.rules import BY_NAME, RULES, ThemeSet, apply_rules, count_findings, findings_by_theme, sentence
from pipeline.foundation.contracts import FINDINGS
from pipeline.foundation.tables import check
from pipeline.themes.codebook import Codebook, Example, Theme


def book(*names, **more):
    """Themes T1, T2 … of these names; `more` gives T1 further fields."""
    themes = [Theme(id=f"T{i}", name=name, **(more if i == 1 else {})) for i, name in enumerate(names, 1)]
    return Codebook(themes=tuple(themes))


def coded(asked, texts=None, **raised):
    """Mentions: `asked` respondents, each theme raised by those listed; `texts` sets the words of some."""
    rows = [("w", "q", f"p{p}", f"r{p}", theme, p in people) for theme, people in raised.items() for p in range(asked)]
    columns = ["wave", "question_id", "respondent_id", "response_id", "theme_id", "mentioned"]
    mentions = pd.DataFrame(rows, columns=columns)
    raw = {f"r{p}": (texts or {}).get(p, f"words {p}") for p in range(asked)}
    return {"mentions": mentions, "raw": raw}


def found(rule, themes):
    table = check(apply_rules(themes, [BY_NAME[rule]]), FINDINGS, "findings")
    return [(row["theme_id"], row["other_theme"]) for row in table.to_dict("records")]


def test_every_rule_says_why_and_is_found_by_name():
    assert len(BY_NAME) == len(RULES)
    for rule in RULES:
        assert rule.why.endswith(".") and rule.says.endswith(".") and rule.title
        assert rule.find.__doc__


@pytest.mark.parametrize(("cosine", "flagged"), [(0.79, False), (0.80, True), (0.81, True)])
def test_two_themes_that_read_alike(cosine, flagged):
    likeness = np.array([[1, 0.1, cosine], [0.1, 1, 0.2], [cosine, 0.2, 1]])
    themes = ThemeSet(book("A", "B", "C"), likeness=likeness)
    assert found("alike", themes) == ([("T1", "T3")] if flagged else [])


def test_all_pairs_are_compared_but_those_of_different_questions():
    themes = ThemeSet(book(*"ABCD", questions=("q",)), likeness=np.ones((4, 4)))
    assert len(found("alike", themes)) == 6
    apart = Codebook(themes=(Theme(id="T1", name="A", questions=("q",)), Theme(id="T2", name="B", questions=("z",))))
    assert found("alike", ThemeSet(apart, likeness=np.ones((2, 2)))) == []


@pytest.mark.parametrize(
    ("one", "two", "flagged"),
    [
        (range(6), range(2, 8), True),
        (range(6), range(3, 8), False),
        (range(4), range(4), False),
        (range(5), range(5), True),
    ],
)
def test_two_themes_of_the_same_respondents(one, two, flagged):
    """4 of 8 and 5 of 5 are enough, 3 of 8 are not, and neither are 4 of 4: fewer than five respondents."""
    themes = ThemeSet(book("A", "B"), **coded(20, T1=one, T2=two))
    assert found("same_people", themes) == ([("T1", "T2")] if flagged else [])


@pytest.mark.parametrize(("people", "flagged"), [(0, True), (4, True), (5, False), (6, False)])
def test_few_respondents(people, flagged):
    assert found("few_people", ThemeSet(book("A"), **coded(20, T1=range(people)))) == [("T1", "")] * flagged


def test_a_theme_that_nobody_could_be_given_is_not_small():
    themes = ThemeSet(book("A", "B", questions=("another",)), **coded(20, T2=range(9)))
    assert found("few_people", themes) == found("small_share", themes) == []


@pytest.mark.parametrize(("people", "flagged"), [(9, True), (10, False), (11, False)])
def test_a_small_share(people, flagged):
    assert found("small_share", ThemeSet(book("A"), **coded(1000, T1=range(people)))) == [("T1", "")] * flagged


@pytest.mark.parametrize(("people", "flagged"), [(49, False), (50, False), (51, True)])
def test_a_large_share(people, flagged):
    assert found("large_share", ThemeSet(book("A"), **coded(100, T1=range(people)))) == [("T1", "")] * flagged


@pytest.mark.parametrize(
    ("copies", "of", "flagged"), [(4, 10, False), (5, 10, False), (6, 10, True), (4, 4, False), (5, 5, True)]
)
def test_one_repeated_answer(copies, of, flagged):
    texts = {p: ["Good.", "good", "GOOD!"][p % 3] for p in range(copies)}
    assert found("one_answer", ThemeSet(book("A"), **coded(20, texts, T1=range(of)))) == [("T1", "")] * flagged


@pytest.mark.parametrize("name", ["Other", "General", "Miscellaneous comments", "Other / misc.", "Everything else"])
def test_names_that_hold_the_rest(name):
    assert found("rest_name", ThemeSet(book(name, "Food"))) == [("T1", "")]


@pytest.mark.parametrize("name", ["Other staff", "General practitioners", "Rest and sleep", "Mixed wards", "Comments"])
def test_names_that_only_hold_such_a_word(name):
    assert found("rest_name", ThemeSet(book(name))) == []


@pytest.mark.parametrize(("companions", "flagged"), [(1, False), (2, False), (3, True), (4, True)])
def test_a_theme_that_comes_with_more_than_half_of_the_others(companions, flagged):
    groups = [range(i * 10, i * 10 + 10) for i in range(4)]
    most = {p for group in groups[:companions] for p in group[:6]}
    raised = coded(100, T1=most, **{f"T{i}": group for i, group in enumerate(groups, 2)})
    assert found("everywhere", ThemeSet(book(*"ABCDE"), **raised)) == [("T1", "")] * flagged
    assert found("everywhere", ThemeSet(book(*"ABCDE", role="overarching"), **raised)) == []


def test_half_of_a_themes_respondents_are_not_most_of_them():
    groups = [range(i * 10, i * 10 + 10) for i in range(4)]
    half = {p for group in groups for p in group[:5]}
    raised = coded(100, T1=half, **{f"T{i}": group for i, group in enumerate(groups, 2)})
    assert found("everywhere", ThemeSet(book(*"ABCDE"), **raised)) == []


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({}, "only_name"),
        ({"definition": "What A is."}, "no_examples"),
        ({"examples": (Example(text="a"),)}, ""),
        ({"definition": "What A is.", "examples": (Example(text="a"),)}, ""),
    ],
)
def test_what_a_theme_lacks(more, rule):
    themes = ThemeSet(book("A", **more))
    for name in ("only_name", "no_examples"):
        assert found(name, themes) == [("T1", "")] * (name == rule)


def test_an_example_at_two_themes():
    one = Theme(
        id="T1", name="A", examples=(Example(text="x"), Example(text="Too slow!"), Example(text="it", question="q"))
    )
    two = Theme(id="T2", name="B", examples=(Example(text="too slow"), Example(text="it", question="z")))
    table = apply_rules(ThemeSet(Codebook(themes=(one, two))), [BY_NAME["repeated_example"]])
    assert table.values.tolist() == [["repeated_example", "T1", "T2", 2, 1.0]]
    assert sentence(*table[["rule", "theme_id", "example", "value"]].iloc[0]) == (
        "Its example 2 stands at “T1” too, as example 1."
    )


@pytest.mark.parametrize(
    ("probability", "own", "flagged"), [(0.5, 0.24, True), (0.5, 0.25, False), (0.49, 0.1, False), (0.9, 0.6, False)]
)
def test_an_example_that_reads_as_another_theme(probability, own, flagged):
    examples = pd.DataFrame(
        [("T1", 3, "T2", probability, own)], columns=["theme_id", "example", "read_as", "probability", "own"]
    )
    assert found("misread_example", ThemeSet(book("A", "B"), examples=examples)) == [("T1", "T2")] * flagged


def test_an_empty_codebook_breaks_no_rule():
    assert check(apply_rules(ThemeSet(Codebook())), FINDINGS, "").empty


def test_a_pair_is_said_at_both_of_its_themes_and_counted_once():
    findings = apply_rules(ThemeSet(book("A", "B"), likeness=np.ones((2, 2))), [BY_NAME["alike"]])
    said = findings_by_theme(findings, {"T1": "A", "T2": "B"})
    assert "“B”" in said["T1"][0] and "“A”" in said["T2"][0]
    counts = count_findings(findings, 2, 0)
    assert (counts["alike"], counts["themes_flagged"], counts["few_people"]) == (1.0, 2.0, 0.0)
    assert all(isinstance(n, float) for n in counts.values())


def test_findings_on_a_theme_that_is_gone_are_not_said():
    findings = apply_rules(ThemeSet(book("A", "B"), likeness=np.ones((2, 2))), [BY_NAME["alike"]])
    assert findings_by_theme(findings, {"T1": "A"}) == {}
