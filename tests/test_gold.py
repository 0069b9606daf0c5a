"""gold.csv: joined to responses and themes, every problem named by line."""

import pandas as pd
import pytest

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import parse
from pipeline.survey.description import Survey
from pipeline.survey.identity import public_id
from pipeline.themes.codebook import Codebook, Theme
from pipeline.themes.gold import match_gold, read_gold

SURVEY = parse(
    Survey,
    {
        "waves": {"w": {"file": "f", "sha256": "x"}},
        "questions": {"why": {"columns": ["Why?", "Why 2?"], "kind": "open"}},
    },
    "survey.yaml",
)
CODEBOOK = Codebook(themes=(Theme(id="T01", name="Trust"), Theme(id="T02", name="Time")))
MAIL = "jo@example.org"
RESPONSES = pd.DataFrame(
    [
        ("r1", "w", "p1", "why", "trust me", "answered", ""),
        ("r2", "w", "p1", "why", "and more", "answered", ""),
        ("r3", "w", "p2", "why", "", "blank", ""),
        ("r4", "w", public_id(MAIL), "why", "n/a", "non_answer", "not_applicable"),
    ],
    columns=["response_id", "wave", "respondent_id", "question_id", "text", "status", "reason"],
)
HEADER = "respondent_id,wave,question,code,coder,sample\n"


def match(tmp_path, text):
    path = tmp_path / "gold.csv"
    path.write_text(text)
    return match_gold(read_gold(path), SURVEY, RESPONSES, CODEBOOK)


def test_codes_are_ids_or_names_and_parts_share_them(tmp_path):
    gold = match(tmp_path, HEADER + "p1,w,Why?,trust,ann,random\np1,w,why,T02,ann,random\n")
    assert gold.responses["response_id"].tolist() == ["r1", "r2"]
    assert gold.codes.values.tolist() == [["r1", "T01"], ["r1", "T02"], ["r2", "T01"], ["r2", "T02"]]


def test_an_empty_code_is_a_coded_response_without_theme(tmp_path):
    gold = match(tmp_path, HEADER + "p1,w,why,,ann,all\n")
    assert len(gold.responses) == 2
    assert gold.codes.empty


def test_an_unknown_code_is_counted_and_the_response_stays_coded(tmp_path):
    gold = match(tmp_path, HEADER + "p1,w,why,Colour,ann,random\np1,w,why,Colour,bob,random\n")
    assert gold.unknown == {"Colour": 2}
    assert len(gold.responses) == 2


def test_a_hashed_respondent_is_found_by_the_raw_id(tmp_path):
    assert match(tmp_path, HEADER + f"{MAIL},w,why,T01,ann,random\n").responses["response_id"].tolist() == ["r4"]


def test_a_machine_reader_is_no_person(tmp_path):
    gold = match(tmp_path, HEADER + "p1,w,why,T01,machine:x,random\n")
    assert not gold.responses["by_person"].any()


@pytest.mark.parametrize(
    ("rows", "chosen", "themes", "open_"),
    [
        (["p1,T01,bob", "p1,T02,ann"], "ann", {"T02"}, 1),
        (["p1,T01,bob", "p1,T02,ann", "p4,T01,bob"], "bob", {"T01"}, 1),
        (["p1,T01,bob", "p1,trust,ann"], "ann", {"T01"}, 0),
        (["p1,T01,machine:m", "p4,T01,machine:m", "p1,,ann"], "ann", set(), 0),
        (["p1,T01,bob", "p1,T02,ann", "p1,T02,adjudicated:cy"], "adjudicated:cy", {"T02"}, 0),
        (["p1,T01,bob", "p1,T02,adjudicated:ann", "p1,T01,adjudicated:cy"], "adjudicated:ann", {"T02"}, 1),
        (["p1,T01,bob", "p1,T02,bob", "p1,T02,bob"], "bob", {"T01", "T02"}, 0),
        (["p1,Colour,ann", "p1,Shape,bob"], "ann", set(), 1),
    ],
)
def test_of_several_coders_one_counts_whatever_the_order_of_rows(tmp_path, rows, chosen, themes, open_):
    for order in (rows, rows[::-1]):
        lines = [f"{p.replace('p4', MAIL)},w,why,{code},{coder},random\n" for p, code, coder in map(split, order)]
        gold = match(tmp_path, HEADER + "".join(lines))
        mine = gold.responses[gold.responses["response_id"] == "r1"]
        assert mine["coder"].tolist() == [chosen]
        assert set(gold.codes.loc[gold.codes["response_id"] == "r1", "theme_id"]) == themes
        assert gold.disagreements == open_


def split(row):
    return row.split(",")


def test_codes_changed_after_seeing_the_machines_are_reported_and_measure_nothing(tmp_path):
    gold = match(tmp_path, HEADER + "p1,w,why,T01,ann,all\np1,w,why,T02,checked:ann,all\np1,w,why,T01,bob,all\n")
    assert set(gold.codes["theme_id"]) == {"T01"}
    assert gold.checked == {"r1": ("T02",), "r2": ("T02",)}
    assert gold.disagreements == 0
    assert set(gold.responses["coder"]) == {"ann"}


def test_codes_given_after_seeing_the_machines_are_no_gold_by_themselves(tmp_path):
    gold = match(tmp_path, HEADER + "p1,w,why,T02,checked:ann,all\n")
    assert gold.responses.empty
    assert gold.checked == {}


def test_all_is_no_sample_until_every_answer_is_coded(tmp_path):
    more = pd.DataFrame([("r5", "w", "p5", "why", "words", "answered", "")], columns=RESPONSES.columns)
    responses = pd.concat([RESPONSES, more])
    path = tmp_path / "gold.csv"
    samples = []
    for text in ("p1,w,why,T01,ann,all\n", "p1,w,why,T01,ann,all\np5,w,why,,ann,all\n"):
        path.write_text(HEADER + text)
        samples.append(set(match_gold(read_gold(path), SURVEY, responses, CODEBOOK).responses["sample"]))
    assert samples == [{"convenience"}, {"all"}]


def test_what_people_coded_of_a_question_is_no_sample_where_a_machine_coded_the_rest(tmp_path):
    more = pd.DataFrame([("r5", "w", "p5", "why", "words", "answered", "")], columns=RESPONSES.columns)
    path = tmp_path / "gold.csv"
    path.write_text(HEADER + "p1,w,why,T01,ann,all\np5,w,why,,machine:m,all\n")
    coded = match_gold(read_gold(path), SURVEY, pd.concat([RESPONSES, more]), CODEBOOK).responses
    assert set(coded.loc[coded["by_person"], "sample"]) == {"convenience"}


def test_other_waves_are_counted_and_left_out(tmp_path):
    assert match(tmp_path, HEADER + "p1,2099,why,T01,ann,random\n").other_waves == 1


def test_a_missing_sample_is_convenience(tmp_path):
    gold = match(tmp_path, "respondent_id,wave,question,code\np1,w,why,T01\n")
    assert set(gold.responses["sample"]) == {"convenience"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "p9,w,why,T01,ann,random\n", "line 2: wave w has no respondent `p9`"),
        (HEADER + "p1,w,who,T01,ann,random\n", "line 2: the survey has no question `who`"),
        (HEADER + "p2,w,why,T01,ann,random\n", "line 2: respondent `p2` gave no answer"),
        (HEADER + "p1,w,why,T01,ann,sometimes\n", "line 2: sample `sometimes`"),
        (HEADER + "p1,w,why\n", "line 2: 3 cells"),
        (HEADER + 'p1,w,why,"T01,ann,random\n', "line 2"),
        ("respondent,wave,question,code\n", "no column `respondent_id`.*Found"),
        ("", "no column"),
    ],
)
def test_every_problem_is_named(tmp_path, text, message):
    with pytest.raises(ThemebookError, match=message):
        match(tmp_path, text)


def test_an_unknown_respondent_with_an_email_is_not_shown(tmp_path):
    with pytest.raises(ThemebookError) as caught:
        match(tmp_path, HEADER + "other@example.org,w,why,T01,ann,random\n")
    assert "@" not in str(caught.value)
