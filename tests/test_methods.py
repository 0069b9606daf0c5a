"""The methods appendix: what the pipeline knows by the tables, what a person must say, and nothing of it that names."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_factory import codebook_of, inputs_of, survey_of
from test_agreed import machine, rows

from pipeline.foundation.contracts import REDACTIONS
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import check
from pipeline.report.content import build_content
from pipeline.report.methods import ITEMS, NOT_STATED, check_said, outside
from pipeline.report.page import render
from pipeline.report.public import to_public
from pipeline.report.wording import percent
from pipeline.themes.codebook import Codebook
from pipeline.themes.decisions import draft
from pipeline.themes.replay import replay

OPEN = [item.key for item in ITEMS if item.open]
# A name that no word of the report holds.
NAMES = st.from_regex(r"Q[a-z]{4,9}Z[0-9]{2}", fullmatch=True)


@pytest.fixture(scope="module")
def inputs():
    return inputs_of()


@pytest.fixture(scope="module")
def few():
    return inputs_of(people=15, survey=survey_of(waves=1, closed=1))


def items_of(**made):
    return {item.key: item for item in build_content(**made).methods}


def told(item, *fields):
    """Every fact of an item by its name."""
    return {fact.name: fact.value for field in fields or ("facts", "measured", "team") for fact in getattr(item, field)}


def words_of(items):
    return " ".join(str(item.model_dump()) for item in items)


def with_sampling(inputs, sampling, **more):
    return {**inputs, "survey": inputs["survey"].model_copy(update={"sampling": sampling, **more})}


def test_every_item_stands_once_in_its_order(inputs):
    keys = [item.key for item in build_content(**inputs).methods]
    assert keys == [item.key for item in ITEMS] and len(set(keys)) == len(keys)


def test_response_rates_are_those_of_the_tables(inputs):
    said = told(items_of(**inputs)["response"])
    assert said["2020"] == said["2021"] == "80 respondents of 400 invited (20\N{NO-BREAK SPACE}%)"
    answers = inputs["responses"].query("question_id == 'change' and wave == '2021'")
    wrote = answers[answers["status"] == "answered"]["respondent_id"].nunique()
    assert f"({wrote} of 80 asked)" in said["What needs to change?"].split("; ")[1]
    figures = inputs["figures"].query("wave == '2021'").drop_duplicates("question_id")
    share = (figures["base"] / figures["asked"]).min()
    assert f"each of {len(figures)} was answered by between {percent(share)}" in said["Questions with fixed answers"]


def test_without_the_number_invited_a_person_is_asked_for_it(inputs):
    waves = {name: wave.model_copy(update={"invited": None}) for name, wave in inputs["survey"].waves.items()}
    item = items_of(**with_sampling(inputs, "self-selected", waves=waves))["response"]
    assert told(item)["2020"] == "80 respondents; how many were invited is not recorded"
    assert item.open.startswith("A person must say: how many people were invited; who was not reached")


def test_a_question_of_several_columns_counts_its_respondent_once(inputs):
    responses = inputs["responses"]
    twice = responses[responses["question_id"] == "change"].assign(
        response_id=lambda table: "again" + table["response_id"]
    )
    both = pd.concat([responses, twice], ignore_index=True)
    again, once = (told(items_of(**{**inputs, "responses": table})["response"]) for table in (both, responses))
    assert again["What needs to change?"] == once["What needs to change?"]


def test_units_languages_and_cells_are_those_of_the_tables(inputs):
    found = items_of(**inputs)
    said = told(found["units"])
    assert said["Respondents"] == "160" and said["Passages"] == str((inputs["units"]["n"] > 0).sum())
    assert said["Answers"] == str((inputs["responses"]["status"] == "answered").sum())
    assert said["Languages of the answers"].startswith("en 100\N{NO-BREAK SPACE}%; told by machine")
    counts = inputs["responses"].query("wave == '2020'")["status"].value_counts()
    cells = told(found["cleaning"])["Cells of the open questions, 2020"]
    assert cells.startswith(f"{counts.sum()}: {counts['answered']} answered, {counts['non_answer']} non-answers")
    assert told(found["cleaning"], "team")["Why: left blank"].startswith("empty cell (")


def test_languages_of_few_answers_are_not_named(inputs):
    units = inputs["units"].copy()
    units.loc[:3, "language"] = "cy"
    said = told(items_of(**{**inputs, "units": units})["units"])["Languages of the answers"]
    assert "cy" not in said and "a few in others" in said


def test_masked_personal_data_are_counted_by_kind_and_few_are_not_told(inputs):
    ids = inputs["responses"].query("status == 'answered'")["response_id"].tolist()
    places = [(r, 0, 2, "NAME") for r in ids[:7]] + [(r, 3, 5, "EMAIL") for r in ids[:2]]
    table = pd.DataFrame(places, columns=list(REDACTIONS.columns))
    item = items_of(**{**inputs, "redactions": check(table, REDACTIONS, "r")})["personal"]
    assert told(item) == {"Masked": "7 names, fewer than 5 e-mail addresses"}


def test_exact_copies_of_a_questionnaire_are_counted(inputs):
    copies = [f"R{n:03d}" for n in range(1, 8)]
    responses, closed = inputs["responses"], inputs["closed"]
    text = responses["respondent_id"].isin(copies) & (responses["wave"] == "2020")
    same = responses.assign(text=responses["text"].mask(text, "the same words of an invented answer"))
    same["status"] = same["status"].mask(text, "answered")
    mine = closed["respondent_id"].isin(copies) & (closed["wave"] == "2020")
    first = closed[(closed["respondent_id"] == copies[0]) & (closed["wave"] == "2020")]
    alike = pd.concat([closed[~mine], *(first.assign(respondent_id=name) for name in copies)], ignore_index=True)
    said = told(items_of(**{**inputs, "responses": same, "closed": alike})["entries"])
    assert list(said.values()) == ["2020: 7 respondents; 2021: no respondents"]
    apart = told(items_of(**{**inputs, "responses": same})["entries"])
    assert list(apart.values()) == ["2020: no respondents; 2021: no respondents"]


@pytest.mark.parametrize(("column", "words"), [("Respondent", "known by the ids of the file"), ("", "has no ids")])
def test_how_respondents_are_told_apart(inputs, column, words):
    item = items_of(**with_sampling(inputs, "census", respondent_id=column))["entries"]
    assert words in " ".join(item.text)


@pytest.mark.parametrize(
    ("sampling", "words"),
    [
        ("self-selected", "Self-selected"),
        ("census", "Everyone was asked"),
        ("probability", "A random sample was asked"),
    ],
)
def test_sampling_and_limits_are_said_for_each_kind(inputs, sampling, words):
    content = build_content(**with_sampling(inputs, sampling))
    found = {item.key: item for item in content.methods}
    assert found["sampling"].text[0].startswith(words)
    assert found["limitations"].text == content.limits


@pytest.mark.parametrize("method", ["person", "corrected", "uncorrected"])
def test_shares_are_said_as_they_were_counted(method):
    inputs = inputs_of(method=method)
    found = items_of(**inputs)
    said = " ".join(found["shares"].text)
    assert ("every answer was read" in said) == (method == "person")
    assert ("prediction-powered" in said) == (method == "corrected")
    assert (
        ("score intervals" in said) == (method != "uncorrected") == ("Confidence of intervals" in told(found["shares"]))
    )
    tested = inputs["differences"]["low"].notna()
    compared = told(found["differences"])
    assert compared.get("Differences looked at", "0") == str(tested.sum())
    beyond = (inputs["differences"]["p_adjusted"] < 0.05).sum()
    assert compared.get("More than chance", "0") == str(beyond)


def test_a_person_is_asked_for_weights_only_where_there_are_some(inputs):
    assert not items_of(**inputs)["shares"].open
    item = items_of(**with_sampling(inputs, "census", weight="Weight"))["shares"]
    assert "how the weights were made" in item.open and told(item)["Column of the weight"] == "Weight"


def test_the_codebook_is_told_with_its_version(inputs):
    version = "cd" * 32
    item = items_of(**{**inputs, "provenance": {**inputs["provenance"], "codebook": version}})["codebook"]
    assert told(item)["Themes"] == "4 themes (1 overarching)" and told(item)["Version (sha256)"] == version
    assert told(item)["Examples of what a theme sounds like"] == "4 examples; 1 to 1 a theme"


def test_without_a_codebook_the_groups_are_proposals_and_nothing_is_asked_of_its_making():
    found = items_of(**inputs_of(codebook=Codebook()))
    assert "No theme has been settled" in found["approach"].text[0] and not found["codebook"].open
    assert "nothing to code" in found["coder"].text[0]


def test_readers_are_people_or_said_to_be_a_machine(inputs):
    about = inputs["provenance"]
    item = items_of(**inputs)["read"]
    assert told(item)["Coded answers"] == "120 (2020: 70, 2021: 50)" and told(item)["Readers"] == "1 machine"
    assert "The reader was a machine, not a person" in " ".join(item.text)
    mixed = {**about, "coders": ["ann", "bob", "machine:m"], "samples": {"random": 100, "active": 20}}
    item = items_of(**{**inputs, "provenance": mixed})["read"]
    assert told(item)["Readers"] == "2 people and 1 machine" and "Some were read by a machine" in " ".join(item.text)
    assert told(item)["How they were chosen"].startswith("drawn at random: 100, chosen because")
    people = items_of(**{**inputs, "provenance": {**about, "coders": ["ann"]}})["read"]
    assert "machine, not" not in " ".join(people.text)


def test_without_coded_answers_nothing_is_claimed(inputs):
    found = items_of(**{**inputs, "provenance": {}, "metrics": {}})
    assert "Nobody has coded answers yet" in found["read"].text[0] and not told(found["read"])
    assert "not measured" in found["agreement"].text[0] and not told(found["agreement"])


@pytest.mark.parametrize(("calibrated", "words"), [(True, "highest"), (False, "Fewer than 50 answers")])
def test_the_coder_says_what_its_probabilities_rest_on(inputs, calibrated, words):
    item = items_of(**{**inputs, "provenance": {**inputs["provenance"], "calibrated": calibrated}})["coder"]
    assert words in " ".join(item.text)


def test_agreement_with_people_may_be_told_and_with_a_machine_not(inputs):
    with_people = build_content(**{**inputs, "agreement": rows(*machine())})
    with_machine = build_content(**{**inputs, "agreement": rows(*machine("machine:m"))})
    public = [{i.key: i for i in to_public(content).methods}["agreement"] for content in (with_people, with_machine)]
    assert told(public[0])["Answers compared"] == "60" and "F1 0.60 (0.50 to 0.70)" in str(told(public[0]))
    assert not told(public[1]) and "only with another machine" in public[1].text[0]
    internal = {item.key: item for item in with_machine.methods}["agreement"]
    assert "F1 0.60 (0.50 to 0.70)" in str(told(internal, "team"))


def test_what_people_must_say_is_marked_until_they_do(inputs):
    bare = items_of(**inputs)
    marked = {key for key, item in bare.items() if item.open}
    assert marked == set(OPEN) - {"shares"}
    said = {
        "reflexivity": "  We are gardeners <b>ourselves</b>.\n\nInvented. ",
        "cleaning": "Read twice.",
        "funding": " ",
    }
    content = build_content(**inputs, said=said)
    found = {item.key: item for item in content.methods}
    assert not found["reflexivity"].open and found["funding"].open and found["cleaning"].said == "Read twice."
    for audience in ("internal", "public"):
        html = render(content, audience)
        assert "We are gardeners &lt;b&gt;ourselves&lt;/b&gt;." in html and "<b>ourselves" not in html
    assert "A person must say: who paid" in render(content, "internal")


def test_a_key_that_is_no_items_is_named_with_those_that_are():
    check_said({item.key: "words" for item in ITEMS}, "data/report.yaml, `methods`")
    with pytest.raises(ThemebookError, match=r"report.yaml, `methods`: the methods have no item `reflexivty`"):
        check_said({"reflexivty": "words"}, "data/report.yaml, `methods`")


def test_outside_what_is_open_is_said_not_to_be_stated(inputs):
    content = build_content(**inputs, said={"context": "Invented."})
    public = to_public(content)
    found = {item.key: item for item in public.methods}
    assert all(not item.open and not item.team for item in public.methods)
    missing = found[NOT_STATED].text
    assert len(missing) == len(OPEN) - 2 and "Funding: who paid, and what part they had in the work." in missing
    assert "funding" not in found and found["context"].said == "Invented."
    html = render(content, "public")
    assert "Not stated in this report" in html and "A person must say" not in html and "data/report.yaml" not in html
    assert outside(public.methods) == public.methods
    everything = build_content(**inputs, said={item.key: "Invented." for item in ITEMS})
    assert NOT_STATED not in {item.key for item in to_public(everything).methods}


@settings(max_examples=12, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=3, unique=True), st.lists(NAMES, min_size=1, max_size=3, unique=True))
def test_no_name_of_a_coder_or_reviewer_leaves_the_team(few, coders, reviewers):
    inputs = dict(few)
    texts = dict(zip(inputs["responses"]["response_id"], inputs["responses"]["text"], strict=True))
    taken = [draft("note", name, theme_id="T01", why=f"a thought of {name}") for name in reviewers]
    standing = replay(inputs["codebook"], taken, texts)
    names = [*coders, f"machine:{coders[0]}"]
    inputs |= {"standing": standing, "provenance": {**inputs["provenance"], "coders": names}}
    content = build_content(**inputs)
    mine = words_of(content.methods)
    public = to_public(content)
    assert all(name in mine for name in [*coders, *reviewers])
    assert not any(
        name in text for name in [*coders, *reviewers] for text in (words_of(public.methods), render(public, "public"))
    )
    many = "1 person" if len(reviewers) == 1 else f"{len(reviewers)} people"
    said = told({item.key: item for item in public.methods}["decisions"])
    assert said["Decisions"] == f"{len(reviewers)} by {many}" and said["Of what kind"] == f"notes ({len(reviewers)})"


def test_with_suppress_the_methods_tell_nothing_of_how_many():
    """Whatever is left is the same for other people with other answers."""
    shown = []
    for people, seed in ((40, 7), (57, 8)):
        inputs = inputs_of(survey=survey_of(), codebook=codebook_of(8), people=people, seed=seed, method="person")
        inputs["survey"] = inputs["survey"].model_copy(update={"suppress": 5})
        inputs["provenance"] |= {"coders": ["ann"], "samples": {"random": people}, "gold": {"2020": people}}
        public = to_public(build_content(**inputs))
        assert all(not item.measured for item in public.methods)
        shown.append(public.methods)
    assert shown[0] == shown[1] and {"response", "coder", "hashes"} <= {item.key for item in shown[0]}
    assert "No count under 5 is shown" in words_of(shown[0])


def test_settings_versions_and_hashes_stand_as_they_are(inputs):
    about = {**inputs["provenance"], "models": {"an encoder": "ef" * 32}, "files": {"gold.csv": "01" * 32}}
    found = items_of(**{**inputs, "provenance": about})
    assert told(found["versions"]) == {
        "Software": "themebook 0.1.0",
        "Libraries": "numpy 2.4.6",
        "an encoder (sha256)": "ef" * 32,
    }
    settings_ = told(found["parameters"])
    assert settings_["measure"] == "min_segment: 30, flag_segment: 50, confidence: 0.95"
    assert settings_["seed"] == "2025" and not {"review", "sample"} & set(settings_)
    assert told(found["hashes"]) == {"2020.csv (2020)": "ab" * 32, "2021.csv (2021)": "ab" * 32, "gold.csv": "01" * 32}


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_the_section_stands_on_both_pages_and_holds_every_item(inputs, audience):
    content = build_content(**inputs)
    html = render(content, audience)
    section = html[html.index('<section id="methods"') :].split("</section>")[0]
    shown = content if audience == "internal" else to_public(content)
    assert section.count("<h3>") == len(shown.methods)
    assert all(f"<summary>{group}" in section for group in {item.group for item in shown.methods})
