"""Claims in the researcher's own text against their figures. All sentences are invented for illustration."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from claims_factory import figure, found, rivals, spans
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.claimamounts import bounds, value
from pipeline.report.claims import faults, unbacked
from pipeline.report.claimtext import passage, sentences
from pipeline.report.records import Figure, Span

WRITTEN = Path(__file__).parent / "data" / "claims.csv"


def _rows() -> list[dict[str, str]]:
    with WRITTEN.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["sentence"][:60])
def test_sentences_written_without_sight_of_the_vocabulary(row: dict[str, str]) -> None:
    assert bool(found(row["sentence"], row["ranked_with"])) == (row["contradicted"] == "yes")


def _judged() -> list[object]:
    with (WRITTEN.parent / "claims_judged.csv").open(encoding="utf-8", newline="") as lines:
        wrong = pytest.mark.xfail(strict=True, reason="still wrong, said in docs/decisions/0018")
        return [
            pytest.param(row, marks=[wrong] if row["still_wrong"] else [], id=row["sentence"][:60])
            for row in csv.DictReader(lines)
        ]


@pytest.mark.parametrize("row", _judged())
def test_sentences_of_a_second_writer(row: dict[str, str]) -> None:
    assert bool(found(row["sentence"], row["ranked_with"])) == (row["contradicted"] == "yes")


# A word, a share at which it is true, and one at which it is not: each as near to its bound as it can be.
BOUNDARIES = [
    ("Over half ({})", "50.1", "50"),
    ("Over half ({})", "50.3", "49.6"),
    ("More than half ({})", "51", "50"),
    ("Fewer than half ({})", "49.9", "50"),
    ("Less than half ({})", "49", "50"),
    ("Under half ({})", "49", "50"),
    ("At least half ({})", "50", "49.9"),
    ("No fewer than half ({})", "50", "49.9"),
    ("No more than half ({})", "50", "50.1"),
    ("Up to half ({})", "50", "50.1"),
    ("Half of respondents ({})", "51.4", "51.5"),
    ("Half of respondents ({})", "48.5", "48.4"),
    ("Exactly half ({})", "50.4", "50.5"),
    ("About half ({})", "45", "44"),
    ("Around half ({})", "55", "56"),
    ("Nearly half ({})", "45", "44.9"),
    ("Almost half ({})", "49.9", "50"),
    ("Just over half ({})", "55", "55.1"),
    ("Just over half ({})", "50.1", "50"),
    ("Just under half ({})", "45", "44.9"),
    ("Just under half ({})", "49.9", "50"),
    ("Well over half ({})", "55", "54"),
    ("Well under half ({})", "45", "46"),
    ("Barely half ({})", "51", "52"),
    ("Not even half ({})", "49.9", "50"),
    ("A third of respondents ({})", "35", "36"),
    ("One third of respondents ({})", "32", "31"),
    ("More than a third ({})", "33.4", "33.3"),
    ("Nearly two thirds ({})", "66.6", "66.7"),
    ("Two-thirds of respondents ({})", "65", "64"),
    ("A quarter of respondents ({})", "27", "28"),
    ("Three quarters of respondents ({})", "73", "72"),
    ("A fifth of respondents ({})", "18", "17"),
    ("A tenth of respondents ({})", "11", "12"),
    ("One in four ({})", "23", "22"),
    ("One respondent in four ({})", "23", "22"),
    ("Three in ten ({})", "32", "33"),
    ("Seven out of ten ({})", "68", "67"),
    ("More than one in ten ({})", "10.1", "10"),
    ("Over fifty per cent ({})", "50.1", "50"),
    ("More than 40 % ({})", "40.1", "40"),
    ("Between a quarter and a third ({})", "33", "38"),
    ("Most respondents ({})", "50.1", "50"),
    ("Not most respondents ({})", "50", "50.1"),
    ("A majority ({})", "50.1", "50"),
    ("Less than a majority ({})", "50", "50.1"),
    ("No longer a majority ({})", "50", "50.1"),
    ("A minority ({})", "49.9", "50.1"),
    ("A large majority ({})", "55", "54"),
    ("The vast majority ({})", "70", "69"),
    ("A slim majority ({})", "60", "61"),
    ("A small minority ({})", "25", "26"),
    ("A sizeable minority ({})", "15", "14"),
    ("Few respondents ({})", "24", "25"),
    ("Very few respondents ({})", "12", "13"),
    ("A handful of respondents ({})", "12", "13"),
    ("Hardly anyone ({})", "8", "9"),
    ("Hardly any respondents ({})", "8", "9"),
    ("Many respondents ({})", "20", "19"),
    ("Almost all respondents ({})", "85", "84"),
    ("All respondents ({})", "100", "99.9"),
    ("Not all respondents ({})", "99.9", "100"),
    ("Everyone ({})", "100", "99.9"),
    ("Nobody ({})", "0", "0.1"),
    ("None of the respondents ({})", "0", "0.1"),
    ("Only {}", "49", "50"),
    ("Just {}", "49", "50"),
    ("Merely {}", "49", "50"),
    ("As few as {}", "49", "50"),
    ("No more than {}", "49", "50"),
    ("As many as {}", "20", "19"),
    ("Fully {}", "20", "19"),
    ("An evenly split vote ({} for it)", "45", "44"),
]


@pytest.mark.parametrize(("words", "true", "false"), BOUNDARIES)
def test_a_word_for_a_share_is_judged_at_its_bound(words: str, true: str, false: str) -> None:
    sentence = f"{words} named time."
    assert found(sentence.replace("{}", f"{{share:{true}%}}")) == []
    assert len(found(sentence.replace("{}", f"{{share:{false}%}}"))) == 1


CHANGES = [
    ("Mentions rose", "+1, before 20%, none", "-1, before 20%, none"),
    ("Mentions increased", "+0.2, before 20%, none", "0, before 20%, none"),
    ("The share is up", "+3, before 20%, none", "-3, before 20%, none"),
    ("It is named more than before", "+3, before 20%, none", "-3, before 20%, none"),
    ("Mentions fell", "-1, before 20%, none", "+1, before 20%, none"),
    ("Mentions have lost ground", "-1, before 20%, none", "+1, before 20%, none"),
    ("The share is down", "-3, before 20%, none", "+3, before 20%, none"),
    ("Mentions did not rise", "+1, before 20%, none", "+2, before 20%, none"),
    ("Mentions have not fallen", "-1, before 20%, none", "-2, before 20%, none"),
    ("There was no increase", "-9, before 20%, difference", "+9, before 20%, difference"),
    ("There was no change", "+1.4, before 20%, none", "+1.5, before 20%, none"),
    ("The share is unchanged", "-1, before 20%, none", "-1, before 20%, difference"),
    ("The share is the same", "0, before 20%, none", "+2, before 20%, none"),
    ("The share is stable", "+4, before 20%, none", "+5, before 20%, none"),
    ("The share hardly changed", "-4, before 20%, none", "-4, before 20%, difference"),
    ("Mentions doubled", "+16, before 20%, difference", "+15, before 20%, difference"),
    ("Mentions more than doubled", "+20.1, before 20%, difference", "+20, before 20%, difference"),
    ("Mentions nearly doubled", "+19, before 20%, difference", "+20, before 20%, difference"),
    ("Mentions tripled", "+20, before 10%, difference", "+16, before 10%, difference"),
    ("Mentions halved", "-8, before 20%, difference", "-7, before 20%, difference"),
    ("Mentions more than halved", "-10.1, before 20%, difference", "-10, before 20%, difference"),
    ("Mentions rose sharply", "+5, before 20%, none", "+4, before 20%, none"),
    ("Mentions rose sharply", "+4, before 8%, none", "+3, before 8%, none"),
    ("Mentions rose slightly", "+5, before 20%, none", "+6, before 20%, none"),
    ("Mentions rose significantly", "+5, before 20%, difference", "+5, before 20%, none"),
    ("Mentions rose significantly", "+5, before 20%, difference", "+5, before 20%"),
    ("There was a clear fall", "-5, before 20%, difference", "-5, before 20%, none"),
    ("There was no significant change", "+5, before 20%, none", "+5, before 20%, difference"),
]


@pytest.mark.parametrize(("words", "true", "false"), CHANGES)
def test_a_word_for_a_change_is_judged_at_its_bound(words: str, true: str, false: str) -> None:
    assert found(f"{words} ({{change:{true}}}).") == []
    assert len(found(f"{words} ({{change:{false}}}).")) == 1


COMPARED = [
    ("Time ({}) was raised more often than trust ({}).", "31", "30", "30", "31"),
    ("Time ({}) is behind trust ({}).", "30", "31", "31", "30"),
    ("Women raise it more often than men ({} against {}).", "31", "30", "30", "31"),
    ("More leaders named time ({}) than trust ({}).", "31", "30", "30", "31"),
    ("Fewer leaders named time ({}) than trust ({}).", "30", "31", "31", "30"),
    ("Twice as many leaders named time ({}) as trust ({}).", "36", "20", "35", "20"),
    ("More than twice as many leaders named time ({}) as trust ({}).", "41", "20", "40", "20"),
    ("Time ({}) is mentioned as often as trust ({}).", "33", "30", "34", "30"),
    ("The share rose from {} to {}.", "30", "31", "31", "30"),
    ("The share doubled, from {} to {}.", "15", "30", "15", "26"),
    ("At {}, the share is down from {}.", "30", "31", "31", "30"),
    ("Compared with {} before, more people ({}) named it.", "30", "31", "31", "30"),
]


@pytest.mark.parametrize(("words", "one", "other", "low", "high"), COMPARED)
def test_two_figures_of_a_sentence_are_compared(words: str, one: str, other: str, low: str, high: str) -> None:
    assert found(words.format(f"{{share:{one}%}}", f"{{share:{other}%}}")) == []
    assert len(found(words.format(f"{{share:{low}%}}", f"{{share:{high}%}}"))) == 1


RANKS = [
    ("The most common theme was time ({}).", "40", "30"),
    ("Time ({}) tops the list.", "40", "30"),
    ("Time was named most often ({}).", "40", "5"),
    ("Time ({}) comes first.", "40", "30"),
    ("The second most common theme was time ({}).", "30", "40"),
    ("Time ({}) ranks third.", "20", "30"),
    ("The least common theme was time ({}).", "5", "20"),
    ("Time ({}) comes last.", "5", "40"),
    ("Time ({}) is among the top three.", "20", "5"),
    ("Time ({}) is one of the most common themes.", "30", "5"),
    ("Time ({}) was named more often than any other theme.", "40", "30"),
]


@pytest.mark.parametrize(("words", "true", "false"), RANKS)
def test_a_rank_is_judged_among_the_figures_of_its_kind(words: str, true: str, false: str) -> None:
    assert found(words.format(f"{{share:{true}%}}"), "40 30 20 5") == []
    assert len(found(words.format(f"{{share:{false}%}}"), "40 30 20 5")) == 1


def test_a_tie_is_the_most_common_too_and_a_figure_with_no_rivals_is_not_ranked() -> None:
    assert found("The most common theme was time ({share:40%}).", "40 40.0 5") == []
    assert found("The most common theme was time ({share:5%}).") == []


def test_the_largest_change_is_no_rank_of_a_share() -> None:
    assert found("The largest increase was for time, now at {share:20%}.", "40 30 20 5") == []


def test_shares_of_two_waves_are_compared_in_the_order_of_their_waves() -> None:
    def said(first: str, second: str) -> list[Span]:
        shares = [
            figure("share", share, at).model_copy(update={"wave": wave})
            for at, (share, wave) in enumerate(((first, "w10"), (second, "w9")))
        ]
        return [
            Span(text="Mentions rose ("),
            Span(text="x", figure=shares[0]),
            Span(text=" now, "),
            Span(text="x", figure=shares[1]),
            Span(text=" before)."),
        ]

    assert faults(said("31%", "30%"), {}) == []
    assert len(faults(said("30%", "31%"), {})) == 1


def test_a_theme_that_is_only_named_is_ranked_by_its_share() -> None:
    ranked = {"q": [figure("share", share, at, "q") for at, share in ((1, "40%"), (2, "30%"))]}
    ranked["q"] = [f.model_copy(update={"reference": f"{f.reference}@2026"}) for f in ranked["q"]]
    name = Figure(reference="theme:T2.name", text="Time", about="")
    said = [Span(text="The most common theme was "), Span(text="Time", figure=name), Span(text=".")]
    assert len(faults(said, ranked)) == 1
    assert faults([said[0], Span(text="Trust", figure=name.model_copy(update={"reference": "theme:T1"}))], ranked) == []


BOUND = [
    "Most ({share:62%}) want time, but only {share:31%} ask for it, and fewer than a third ({share:30%}) get it.",
    "More than half named time ({share:58%}), about a third trust ({share:32%}) and few money ({share:9%}).",
    "While few ({share:9%}) want money, most ({share:62%}) want time.",
    "{share:62%} named time, and most of them would do so again.",
    "Time ({share:31%}) is scarce, but most leaders find some.",
    "Over half ({share:57%}) in 2026, against under half ({share:45%}) in 2025.",
    "A minority, less than a third ({share:31%}), asked for it.",
    "Support ({share:53%}) has risen ({change:+7, before 46%, difference}) and is above a half.",
    "{share:31%} said that most of their time goes on forms.",
    "{share:31%} feel that nobody listens.",
    "Nobody listens, say {share:31%}.",
    "All {count:270} respondents were asked; {share:31%} named time.",
    "Of all respondents, {share:31%} named time.",
    "The most important thing is time ({share:31%}).",
    "What matters most is time ({share:31%}).",
    "“Most people are tired of it all”, as somebody put it ({share:31%}).",
    "Most days are too short: {quote:half of my day is lost}, and {share:61%} say so.",
    "The wish to halve the paperwork is up ({change:+3, before 20%, none}).",
    "Not only {share:71%} of leaders but {share:64%} of staff agree.",
    "Only {share:62%} feel safe now, against {share:81%} before.",
]


@pytest.mark.parametrize("sentence", BOUND)
def test_a_word_is_bound_to_the_figure_that_it_speaks_of(sentence: str) -> None:
    assert found(sentence) == []


@pytest.mark.parametrize("at", range(3))
def test_of_several_pairs_the_wrong_one_is_named(at: int) -> None:
    sentence = "Most ({}) want time, but only {} ask for it, and fewer than a third ({}) get it."
    shares = [("{share:62%}", "{share:48%}"), ("{share:31%}", "{share:71%}"), ("{share:30%}", "{share:40%}")]
    (said,) = found(sentence.format(*(pair[i == at] for i, pair in enumerate(shares))))
    assert said.startswith(("“Most”", "“only”", "“fewer than a third”")[at])


TYPED = [
    "31 % of leaders want time.",
    "31% want time.",
    "31.5 % want time.",
    "About 31 per cent want time.",
    "Thirty-one percent want time.",
    "The share rose by 4 percentage points.",
    "The share is up 4 points.",
    "83 of 270 want time.",
    "83 out of the 270 want time.",
    "One in five wants time.",
    "Nine out of ten want time.",
    "A third of leaders want time.",
    "A third want time, say our respondents.",
    "Half of the respondents want time.",
    "Two thirds of them want time, by the respondents' own account.",
    "120 leaders want time.",
    "Forty respondents want time.",
    "83 said that they want time.",
    "Time was raised by 83.",
    "Twelve people mentioned time.",
    "Two respondents mentioned time.",
    "1,204 answers came in.",
    "Twice as many women as men want time.",
    "Between 20 and 30 per cent want time.",
    "31 % ({share:31%}) want time.",
    "Of our respondents 83 come from the north.",
    "23 themes were found.",
    "A dozen leaders want time.",
    "Two hundred and seventy people were asked.",
]


@pytest.mark.parametrize("sentence", TYPED)
def test_a_figure_typed_by_hand_in_a_claim_is_a_fault(sentence: str) -> None:
    said = found(sentence)
    assert said
    assert all("typed by hand" in fault for fault in said)


NOT_CLAIMS = [
    "In 2025 leaders were asked for the first time.",
    "Since 12 March 2026 respondents have had a month.",
    "Leaders of the 1990s had more time.",
    "The survey of 2024 and 2025 respondents could see online ran twice.",
    "Respondents had five years in mind.",
    "Leaders want a 10-year plan and 30 days' notice.",
    "Respondents speak of a £3 million fund, of €40 and of 2 billion pounds.",
    "People should hear within 30 days.",
    "Respondents want help 24/7.",
    "Figure 2 and section 3 show the respondents by wave.",
    "1. Respondents want time.",
    "First, respondents want time; second, they want trust.",
    "COVID-19 and Q3 weigh on respondents, as do B2B sales and 3D print.",
    "One of the reasons that respondents give is time.",
    "On the one hand respondents want time, on the other they want speed.",
    "There is no one size that fits all respondents.",
    "Respondents call the reform half-hearted.",
    "Respondents lose half a day a week, and half an hour each night.",
    "Respondents can call 020 7946 0123 or see https://example.org/2025/83.",
    "Two themes run through what respondents say.",
    "Three things stand out from what people said.",
    "One respondent put it well.",
    "A third theme is trust, as respondents put it.",
    "The third of these questions was put to all respondents.",
    "In the second half of the decade respondents expect less.",
    "People aged 65 and over, and those under 30, were asked too.",
    "The 16 to 24 age group of respondents is small.",
    "Respondents rated it on a scale from 1 to 5.",
    "The 95 % interval says how sure a share of respondents is.",
    "Firms with 10 to 49 employees were asked ({share:31%}).",
    "Wave 2 had more respondents.",
    "Everyone deserves a hearing.",
    "Charities with a single member of staff answered too.",
]


@pytest.mark.parametrize("sentence", NOT_CLAIMS)
def test_numbers_that_are_no_result_are_let_pass(sentence: str) -> None:
    assert found(sentence) == []


def test_the_names_of_waves_are_no_figures() -> None:
    wave = Figure(reference="x", text="31 %", about="", kind="share", value=0.31, wave="7", among="q")
    said = [Span(text="In 7 leaders wanted time ("), Span(text="31 %", figure=wave), Span(text=").")]
    assert faults(said, {}) == []


def test_a_fault_says_where_it_is_what_is_claimed_and_what_to_do() -> None:
    said = spans("Time matters.|Over half ({share:31%}) say so,|and 83 leaders wrote it.")
    first, second = faults(said, {})
    assert said[first.at].text.startswith("Over half")
    assert first.said == (
        "“Over half” says more than 50\N{NO-BREAK SPACE}%, but {theme:T1.share} is 31\N{NO-BREAK SPACE}%: "
        "change the words or the reference"
    )
    assert said[second.at].text.startswith("and 83 leaders")
    assert "“83 leaders” is a figure typed by hand" in second.said


def test_a_test_that_found_nothing_is_named() -> None:
    (said,) = found("Mentions rose significantly ({change:+5, before 20%, none}).")
    assert "{change:T1} is up 5 points (a test found none)" in said
    (said,) = found("Mentions rose significantly ({change:+5, before 20%}).")
    assert "(not tested)" in said


def test_the_rivals_of_a_rank_are_named() -> None:
    (said,) = found("The most common theme was time ({share:20%}).", "45 31 20 8")
    assert "place 3 of 4" in said
    assert "45" in said


def test_claims_without_a_figure_are_listed_and_no_fault() -> None:
    said = spans("Most leaders want time. They say so ({share:31%}).|Few would disagree.")
    assert faults(said, {}) == []
    first, second = unbacked(said)
    assert (first.at, first.said) == (0, "“Most” has no figure in its sentence: Most leaders want time.")
    assert said[second.at].text == "Few would disagree."
    assert unbacked(spans("Time matters. Most leaders ({share:62%}) say so.")) == []


def test_a_sentence_ends_at_its_stop_and_not_at_a_short_form_or_a_line() -> None:
    said = passage(spans("Most, e.g. leaders,|want time ({share:62%}). {share:31%} do not. 1,204 came."))
    assert len(list(sentences(said))) == 3


def test_numbers_in_words_have_their_value() -> None:
    assert [value(text) for text in ("1,204", "31.5", "forty", "thirty-one", "a hundred")] == [1204, 31.5, 40, 31, 100]
    assert value("two hundred and seventy") == 270


words = st.text(alphabet="abcdefghij klmnop.,;:()–“”'-\n", max_size=200)


@given(words)
def test_text_without_numbers_or_figures_is_never_a_fault(text: str) -> None:
    assert faults([Span(text=text)], {}) == []


@given(st.text(max_size=120), st.floats(0, 1), st.text(max_size=120))
def test_any_text_is_read(before: str, share: float, after: str) -> None:
    own = Figure(reference="theme:T1.share", text="x", about="", kind="share", value=share, among="q")
    said = [Span(text=before), Span(text="x", figure=own), Span(text=after)]
    assert all(0 <= fault.at < 3 and fault.said for fault in faults(said, {"q": [own]}))
    assert all(0 <= fault.at < 3 for fault in unbacked(said))


@given(
    st.sampled_from(
        ["over", "under", "at least", "at most", "nearly", "about", "just over", "just under", "well over"]
    ),
    st.sampled_from([("half", 50.0), ("a third", 100 / 3), ("two thirds", 200 / 3), ("a quarter", 25.0)]),
    st.integers(0, 1000),
)
def test_a_figure_on_the_other_side_of_the_bound_is_one_fault(
    hedge: str, amount: tuple[str, float], share: int
) -> None:
    sentence = f"{hedge.capitalize()} {amount[0]} of the leaders ({{share:{share / 10}%}}) want time."
    assert len(found(sentence)) == (not bounds(hedge, amount[1]).holds(share / 1000))


def test_rivals_hold_every_share() -> None:
    assert [f.value for f in rivals("45 31")["q"]] == [0.45, 0.31]
