from pathlib import Path

import pytest

from pipeline.foundation.errors import ThemebookError
from pipeline.survey import shapes
from pipeline.survey.description import Survey
from pipeline.survey.formats import Export, read_export
from pipeline.survey.guess import guess_survey
from pipeline.survey.scales import scale_order

N = 60
WORDS = "trust time money people rules data skills leaders goals systems".split()


def prose(i, about="answer"):
    return f"{WORDS[i % 10]} and {WORDS[(i * 7) % 10]} matter for {about} {i}"


def cycle(*options):
    return [options[i % len(options)] for i in range(N)]


def export(columns, path="raw.csv", **details):
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return Export(Path(path), tuple(columns), rows, list(range(2, len(rows) + 2)), sha256="0", **details)


WHY = {"Why?": [prose(i) for i in range(N)]}
LATER = {"Why?": [prose(i, "the second wave") for i in range(N)]}


def guess(columns, **flags):
    return guess_waves({"2025": export({**columns, **WHY})}, **flags)


def guess_waves(exports, **flags):
    content, lines = guess_survey(exports, **flags)
    return Survey.model_validate(content), lines


def kind_of(values, header="Question", **flags):
    question = guess({header: values}, **flags)[0].questions
    return next(q for q in question.values() if q.columns == (header,))


def test_an_open_question_needs_thirty_cells():
    def made(n):
        return [prose(i) if i < n else "" for i in range(N)]

    assert kind_of(made(29)).kind == "ignore"
    assert kind_of(made(30)).kind == "open"


def test_an_open_question_needs_sixty_percent_distinct():
    def made(n):
        return [prose(i) if i < n else prose(0) for i in range(N)]

    assert kind_of(made(36)).kind == "open"
    assert kind_of(made(35)).kind == "ignore"


def test_an_open_question_needs_words():
    assert kind_of([f"one {i}x" for i in range(N)]).kind == "ignore"
    assert kind_of([f"one two {i}x" for i in range(N)]).kind == "open"
    long = "a b c d e f g h"
    assert kind_of([f"{long} {i}" if i < 12 else f"w{i}" for i in range(N)]).kind == "open"
    assert kind_of([f"{long} {i}" if i < 11 else f"w{i}" for i in range(N)]).kind == "ignore"


def test_non_answers_do_not_make_free_text_less_distinct():
    assert kind_of([prose(i) if i < 25 else "Did not answer" for i in range(N)]).kind == "open"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([f"2025-01-{i % 28 + 1:02} 10:{i:02}:00" for i in range(N)], "dates or times"),
        ([f"{i % 12 + 1}/{i % 28 + 1}/2025 9:05 PM" for i in range(N)], "dates or times"),
        ([f"someone{i}@mail.org" for i in range(N)], "e-mail"),
        ([f"https://site.org/{i}" for i in range(N)], "web addresses"),
        ([f"10.0.0.{i}" for i in range(N)], "IP addresses"),
        ([f"+44 7700 900 1{i:02}" for i in range(N)], "phone numbers"),
        ([f"R_{i}abc" for i in range(N)], "identifiers"),
        ([f"Name{chr(97 + i % 26)} Surname{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(N)], "names of people"),
        (["same"] * N, "the same value"),
        ([""] * N, "blank in every wave"),
        ([f"w{i % 50} x" for i in range(N)], "neither free text nor"),
    ],
)
def test_columns_that_are_no_questions(values, reason):
    question = kind_of(values)
    assert question.kind == "ignore" and reason in question.reason


@pytest.mark.parametrize(
    "header", ["Name", "Your full name", "Last name", "E-mail address", "Email", "Phone", "Postcode"]
)
def test_names_and_contacts_never_become_attributes(header):
    values = cycle("Ann", "Bea", "Cas")
    assert kind_of(values, header).kind == "ignore"
    with pytest.raises(ThemebookError, match="an attribute's values are printed"):
        guess({header: values}, attributes=[header])


@pytest.mark.parametrize(
    ("header", "other"),
    [
        ("Other (please specify)", True),
        ("Role [Other]", True),
        ("Other - Write In:How do you run it?", True),
        ("Which tools? - Other (please say) - Text", True),
        ("If other, please specify", True),
        ("Any other comments?", False),
        ("Other comments", False),
        ("Do you have any other suggestions for us?", False),
    ],
)
def test_other_boxes(header, other):
    assert shapes.is_other_box(header) == other
    assert (kind_of([prose(i) for i in range(N)], header).kind == "ignore") == other


def test_closed_kinds():
    assert kind_of(cycle("red", "green")).kind == "single"
    assert kind_of([str(1940 + i) for i in range(N)]).kind == "numeric"
    rating = kind_of(cycle("5", "1", "3", "2", "4"))
    assert (rating.kind, rating.order) == ("ordinal", ("1", "2", "3", "4", "5"))
    quality = kind_of(cycle("Good", "Poor", "Very good", "Fair"))
    assert (quality.kind, quality.order) == ("ordinal", ("Poor", "Fair", "Good", "Very good"))


@pytest.mark.parametrize("separator", [";", ", ", ",", "|"])
def test_multi_select(separator):
    sets = (["git", "R"], ["R"], ["git", "Python", "R"], ["Python"], ["git", "Julia"])
    question = kind_of(cycle(*(separator.join(own) for own in sets)))
    assert (question.kind, question.separator) == ("multi", separator)


def test_a_comma_inside_an_option_is_no_list():
    assert kind_of(cycle("Yes, I would", "No, I would not", "Maybe")).kind == "single"


def test_parts_of_one_question():
    columns = {f"Need #{n}:What needs does it not address?": [prose(i, str(n)) for i in range(N)] for n in (1, 2, 3)}
    columns["Need #3:What needs does it not address?"] = [""] * (N - 2) + ["speed", "style"]
    survey, lines = guess(columns)
    question = survey.questions["need_what_needs_does_it_not_address"]
    assert (question.kind, question.columns) == ("open", tuple(columns))
    assert any("(3 columns)" in line for line in lines)


def test_numbered_questions_are_not_parts():
    survey, _ = guess({f"Question {n}": [prose(i, str(n)) for i in range(N)] for n in (1, 2)})
    assert {"question_1", "question_2"} <= set(survey.questions)
    survey, _ = guess({f"Would you miss version {n}?": [prose(i, str(n)) for i in range(N)] for n in (2, 3)})
    assert len(survey.questions) == 3


def test_grids():
    items = ("food", "staff", "Other")
    columns = {f"How would you rate ... [{item}]": cycle("Good", "Poor", "Fair", "") for item in items}
    survey, _ = guess(columns)
    grid = survey.questions["how_would_you_rate"]
    assert (grid.kind, len(grid.columns), grid.order) == ("grid", 2, ("Poor", "Fair", "Good"))
    assert survey.closed_items["how_would_you_rate.2"][0] == "How would you rate ... [staff]"
    assert survey.questions["how_would_you_rate_other"].kind == "ignore"


def test_one_column_an_option():
    columns = {f"Tools [{tool}]": [tool if i % n == 0 else "" for i in range(N)] for n, tool in ((2, "R"), (3, "C;D"))}
    question = guess(columns)[0].questions["tools"]
    assert (question.kind, question.columns, question.separator) == ("multi", tuple(columns), "|")


def test_attributes():
    assert kind_of(cycle("public", "private"), "Sector").attribute
    assert kind_of(cycle("N", "S"), "Which region do you live in?").attribute
    assert not kind_of(cycle("good", "bad"), "How would you rate your site?").attribute
    assert not kind_of([f"r{i // 2}" for i in range(N)], "Region").attribute
    assert kind_of(cycle("x", "y"), "Colour", attributes=["Colour"]).attribute
    assert not kind_of(cycle("x", "y"), "Colour").attribute


def test_respondent_ids():
    ids = [f"L{i:03}" for i in range(N)]
    assert guess({"Respondent ID": ids, "ID": ids})[0].respondent_id == "Respondent ID"
    assert guess({"ID": ids[:-1] + ids[:1]})[0].respondent_id == ""
    assert guess({"ID": ids[:-1] + [""]})[0].respondent_id == ""
    assert guess({"Any idea of an id?": ids})[0].respondent_id == ""
    assert guess({"Code": ids}, respondent_id="Code")[0].respondent_id == "Code"
    waves = {"1": export({"id": ids, **WHY}), "2": export({"key": ids, **LATER})}
    assert guess_waves(waves)[0].respondent_id == ""
    with pytest.raises(ThemebookError, match="wave 2 has no such column"):
        guess_waves(waves, respondent_id="id")


def test_waves_are_united():
    late = [prose(i, "later") for i in range(N)]
    one = export({"What should change? ": [""] * N, "Sector": cycle("a", "b"), **WHY}, "one.csv")
    two = export({"what should change": late, "Sector": cycle("a", "c"), "New": cycle("x", "y"), **WHY}, "two.csv")
    survey, lines = guess_waves({"2025": one, "2026": two})
    question = survey.questions["what_should_change"]
    assert (question.kind, question.waves) == ("open", ())
    assert question.columns == ("What should change?", "what should change")
    assert survey.questions["new"].waves == ("2026",)
    assert list(survey.waves) == ["2025", "2026"]
    assert survey.waves["2026"].file == "two.csv"


def test_other_wordings_are_pointed_to():
    waves = {
        "1": export({"How good is the food today?": cycle("a", "b"), **WHY}),
        "2": export({"How good is the food this day?": cycle("a", "b"), **LATER}),
    }
    assert any("How good is the food this day?" in line and "`columns`" in line for line in guess_waves(waves)[1])


def test_flags_win():
    columns = {"A": cycle("x", "y"), "B": [prose(i) for i in range(N)], "W": cycle("1", "2.5")}
    survey, lines = guess(columns, open_=["A"], weight="W")
    assert [name for name, q in survey.questions.items() if q.kind == "open"] == ["a"]
    assert survey.questions["why"].reason == "not named by --open"
    assert survey.weight == "W" and "w" not in survey.questions
    assert any("named by --open" in line for line in lines)
    assert guess(columns, closed=["B"])[0].questions["b"].kind == "single"


def test_flags_that_cannot_be():
    with pytest.raises(ThemebookError, match=r"--open `Whi\?`: no wave has such a column. Closest: `Why\?`"):
        guess({}, open_=["Whi?"])
    with pytest.raises(ThemebookError, match="`A` is named as open and as attribute"):
        guess({"A": cycle("x", "y")}, open_=["A"], attributes=["A"])
    with pytest.raises(ThemebookError, match="No column looks like free text .*`B`.*--open COLUMN"):
        guess_waves({"1": export({"B": cycle("some", "words")})})


def test_lines_hold_no_answer():
    secret = {"Role": [f"secret {prose(i)}" for i in range(N)], "Sector": cycle("hush", "quiet")}
    _, lines = guess(secret)
    assert not any(word in line for line in lines for word in ("secret", "hush", "quiet"))


@pytest.mark.parametrize(
    "order",
    [
        ("Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"),
        ("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"),
        ("Extremely unlikely", "Unlikely", "Likely", "Extremely likely"),
        ("Never", "Rarely", "Sometimes", "Often", "Always"),
        ("Less often than monthly", "Monthly", "Weekly", "Daily"),
        ("Very poor", "Poor", "Fair", "Good", "Excellent"),
        ("Very pessimistic", "Pessimistic", "Neither optimistic nor pessimistic", "Optimistic", "Very optimistic"),
        ("Not at all important", "Slightly important", "Somewhat important", "Very Important", "Critical"),
        ("Not at all confident", "Not very confident", "Fairly confident", "Very confident"),
        ("Very weak", "Weak", "Strong", "Very strong"),
        ("No", "Probably not", "Probably", "Yes, definitely!"),
        ("Less than 1 year", "1-2 years", "2-5 years", "5+ years"),
        ("1 - 10", "10 - 100", "100 - 200", "> 1,000"),
        ("Disagree", "Agree"),
    ],
)
def test_known_scales(order):
    assert scale_order(sorted(order)) == order
    assert scale_order([*sorted(order, key=len), "Don't know"])[-1:] == order[-1:] or len(order) == 2


@pytest.mark.parametrize("options", [("North", "South"), ("Yes", "No"), ("Good", "Cheap", "Fast"), ("Agree", "Other")])
def test_no_scale(options):
    assert scale_order(list(options)) == ()


@pytest.mark.shared
def test_nhs(shared_data):
    exports = {path.stem: read_export(path) for path in sorted((shared_data / "nhs_fft").glob("20*.csv"))}
    survey, _ = guess_waves(exports)
    assert survey.respondent_id == "respondent_id"
    assert len(survey.open_questions) == 5
    assert {name for name, q in survey.questions.items() if q.attribute} == {"trust", "service_type_1"}


@pytest.mark.shared
def test_spack(shared_data):
    exports = {path.stem: read_export(path) for path in sorted((shared_data / "spack_survey").glob("*.csv"))}
    survey, _ = guess_waves(exports)
    assert survey.respondent_id == ""
    assert len(survey.open_questions) == 8
    assert {name for name, q in survey.questions.items() if q.kind == "grid"} == {
        "rank_these_tbd_spack_features_by_importance",
        "how_would_you_rate_the_overall_quality_of",
    }
    assert survey.questions["what_languages_do_you_primarily_program_in"].kind == "multi"


@pytest.mark.shared
def test_jupyter(shared_data):
    survey, _ = guess_waves({"2015": read_export(shared_data / "jupyter_2015/export.csv")})
    assert sorted(len(q.columns) for q in survey.open_questions.values()) == [1, 3, 3, 3, 3, 3, 3]
    assert survey.questions["select_all_the_words_that_best_describe_jupyter_notebook"].kind == "multi"
