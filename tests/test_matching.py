"""A new wave's columns: what is the same is taken, what is like is suggested, and nothing is decided for people."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Ingest
from pipeline.survey.description import Survey
from pipeline.survey.formats import Export
from pipeline.survey.ingest import ingest
from pipeline.survey.likeness import alike
from pipeline.survey.matched import Replies
from pipeline.survey.matching import match

QUESTIONS = {
    "sector": {"columns": ["Sector"], "kind": "single", "attribute": True},
    "rate": {"columns": ["Rate these [Speed]", "Rate these [Price]"], "kind": "grid"},
    "reason": {"columns": ["Reason 1", "Reason 2"], "kind": "open"},
    "helps": {"columns": ["What helps you the most?"], "kind": "open"},
    "old": {"columns": ["What did you like in 2019?"], "kind": "single", "waves": ["2024"]},
}
COLUMNS = [
    "ID",
    "Sector",
    "Rate these [Speed]",
    "Rate these [Price]",
    "Reason 1",
    "Reason 2",
    "What helps you the most?",
]
SECTORS = ["Public", "Private", "Charity"]


def survey(**changes):
    waves = {"2024": {"file": "a.csv", "sha256": "x"}, "2025": {"file": "b.csv", "sha256": "x"}}
    content = {"waves": waves, "questions": QUESTIONS, "respondent_id": "ID", **changes}
    return Survey.model_validate(content)


def cell(header, i):
    """An invented cell that suits a header."""
    if header.casefold() in ("id", "respondent id"):
        return f"R{i}"
    if "ector" in header:
        return SECTORS[i % 3]
    if "[" in header:
        return ["Good", "Poor"][i % 2]
    if "eight" in header:
        return "1.5"
    return f"invented words of an answer number {i} to it, {header}"


def export(columns, n=36, path="new.csv"):
    rows = [[cell(header, i) for header in columns] for i in range(n)]
    return Export(Path(path), tuple(columns), rows, list(range(2, n + 2)))


def matched(columns, replies=None, described=None, earlier=True):
    known = {"2025": export(COLUMNS)} if earlier else {}
    return match(described or survey(), export(columns), "2026", known, replies or Replies())


def swapped(old, new):
    return [new if column == old else column for column in COLUMNS]


def test_the_same_columns_settle_themselves():
    found = matched(COLUMNS)
    assert found.settled and found.same == 7 and not (found.renamed or found.parts or found.special or found.added)


def test_white_space_makes_no_other_header():
    spaced = Export(Path("x.csv"), tuple(COLUMNS), [], [])
    assert match(
        survey(questions={**QUESTIONS, "sector": {"columns": ["  Sector\n"], "kind": "single"}}),
        spaced,
        "2026",
        {},
        Replies(),
    ).settled


def test_a_renamed_question_is_suggested_and_never_taken():
    now = "What has helped you the most this year?"
    found = matched(swapped("What helps you the most?", now))
    assert [(m.target, m.near) for m in found.missing] == [("helps", (now,))]
    assert [n.headers for n in found.new] == [(now,)] and not found.settled and not found.renamed


def test_another_wording_is_found_by_the_values_alone():
    found = matched(swapped("Sector", "In which kind of organisation sector do you work?"))
    assert found.missing[0].near == ("In which kind of organisation sector do you work?",)
    assert matched(swapped("Sector", "In which kind of organisation sector do you work?"), earlier=False).missing


@pytest.mark.parametrize("target", ["helps", "What helps you the most?"])
def test_a_rename_names_a_question_or_its_old_header(target):
    now = "What has helped you the most this year?"
    found = matched(swapped("What helps you the most?", now), Replies(rename=(f"{now}={target}",)))
    assert found.settled and found.renamed == {now: ("helps", "What helps you the most?")}


def test_headers_may_hold_the_sign_of_a_rename():
    now = "Is a=b, or what helps?"
    found = matched(swapped("What helps you the most?", now), Replies(rename=(f"{now}=helps",)))
    assert found.renamed == {now: ("helps", "What helps you the most?")}


def test_a_question_that_was_not_asked():
    found = matched([c for c in COLUMNS if c != "Sector"], Replies(not_asked=("Sector",)))
    assert found.settled and found.not_asked == ("sector",)


def test_a_question_of_earlier_waves_only_is_not_asked_for_and_comes_back():
    assert matched(COLUMNS).asked_again == ()
    assert matched([*COLUMNS, "What did you like in 2019?"]).asked_again == ("old",)


@pytest.mark.parametrize(
    "replies", [Replies(rename=("Respondent ID=ID",)), Replies(rename=("Respondent ID=respondent_id",))]
)
def test_a_renamed_id_column(replies):
    assert matched(swapped("ID", "Respondent ID")).missing[0].near == ("Respondent ID",)
    found = matched(swapped("ID", "Respondent ID"), replies)
    assert found.settled and found.special == {"respondent_id": "Respondent ID"}


def test_an_id_column_that_is_gone_can_be_settled_too():
    found = matched(COLUMNS[1:], Replies(not_asked=("respondent_id",)))
    assert found.settled and found.special == {"respondent_id": ""}


def test_an_id_column_renamed_in_an_earlier_wave_is_known():
    described = survey()
    wave = described.waves["2025"].model_copy(update={"respondent_id": "Respondent ID"})
    described = described.model_copy(update={"waves": {**described.waves, "2025": wave}})
    found = matched(swapped("ID", "Respondent ID"), described=described)
    assert found.settled and found.special == {"respondent_id": "Respondent ID"}


def test_a_renamed_weight():
    described = survey(weight="weight")
    found = matched([*COLUMNS, "Weighting"], described=described)
    assert [(m.target, m.near) for m in found.missing] == [("weight", ("Weighting",))]
    assert matched([*COLUMNS, "Weighting"], Replies(rename=("Weighting=weight",)), described).special == {
        "weight": "Weighting"
    }


@pytest.mark.parametrize(("new", "owner"), [("Rate these [Staff]", "rate"), ("Reason 3", "reason")])
def test_a_further_item_shares_its_questions_text(new, owner):
    found = matched([*COLUMNS, new])
    assert found.settled and found.parts == {new: owner}
    assert any(owner in line for line in found.notices)


def test_an_item_like_one_that_is_missing_is_asked_about():
    found = matched(swapped("Rate these [Speed]", "Rate these [Speed of it]"))
    assert not found.parts and not found.missing
    assert [(n.near, n.family_of) for n in found.new] == [(("Rate these [Speed]",), "rate")]
    renamed = matched(
        swapped("Rate these [Speed]", "Rate these [Speed of it]"), Replies(rename=("Rate these [Speed of it]=rate",))
    )
    assert renamed.settled and renamed.renamed == {"Rate these [Speed of it]": ("rate", "Rate these [Speed]")}


def test_a_missing_item_is_told_and_needs_no_reply():
    found = matched([c for c in COLUMNS if c != "Rate these [Price]"])
    assert found.settled and any("`Price`" in line for line in found.notices)


@pytest.mark.parametrize(
    ("flag", "header", "kind"),
    [
        ("new", "Anything else to say?", "open"),
        ("open", "Subsector", "open"),
        ("closed", "Subsector", "single"),
        ("attribute", "Subsector", "single"),
        ("ignore", "Anything else to say?", "ignore"),
    ],
)
def test_new_questions(flag, header, kind):
    found = matched([*COLUMNS, header], Replies(**{flag: (header,)}))
    ((_, question),) = found.added.items()
    assert found.settled and question["kind"] == kind and question["waves"] == ["2026"]
    assert question.get("attribute", False) == (flag == "attribute")


def test_the_columns_of_a_new_grid_are_one_question():
    grid = ["Agree? [One]", "Agree? [Two]"]
    assert [n.headers for n in matched([*COLUMNS, *grid]).new] == [tuple(grid)]
    ((_, question),) = matched([*COLUMNS, *grid], Replies(new=("Agree?",))).added.items()
    assert question["kind"] == "grid" and question["columns"] == grid


def test_what_becomes_of_the_rest():
    extra = [*COLUMNS, "Anything else to say?", "Subsector"]
    assert {q["kind"] for q in matched(extra, Replies(rest="ignore")).added.values()} == {"ignore"}
    found = matched(extra, Replies(rest="new", ignore=("Subsector",)))
    assert sorted(q["kind"] for q in found.added.values()) == ["ignore", "open"] and found.settled


def test_the_rest_settles_nothing_that_is_missing():
    found = matched(swapped("Sector", "Branch"), Replies(rest="new"))
    assert [m.target for m in found.missing] == ["sector"] and not found.settled


@pytest.mark.parametrize(
    ("replies", "message"),
    [
        (Replies(rename=("Sector",)), "no `=`"),
        (Replies(rename=("Sectro=sector",)), r"no column `Sectro`"),
        (Replies(rename=("Extra=sectro",)), r"no question or column `sectro`.*Closest: `Sector`"),
        (Replies(rename=("Extra=sector",)), "`Sector` of this file stands for that already"),
        (Replies(rename=("Extra=reason",)), "stands for that already"),
        (Replies(rename=("Sector=helps",)), "the survey's already"),
        (Replies(not_asked=("sector",)), "holds its column `Sector`"),
        (Replies(not_asked=("sectro",)), "no question `sectro`.*Closest: `sector`"),
        (Replies(open=("Extra",), ignore=("Extra",)), "named by two flags"),
        (Replies(new=("Extra",), part=("Extra=rate",)), "named by two flags"),
        (Replies(new=("Nowhere",)), "no column `Nowhere`"),
    ],
)
def test_replies_that_make_no_sense(replies, message):
    with pytest.raises(ThemebookError, match=message):
        matched([*COLUMNS, "Extra"], replies)


def test_one_new_column_stands_for_one_old_one():
    columns = [*swapped("Sector", "Branch"), "Trade"]
    with pytest.raises(ThemebookError, match="stands for that already"):
        matched(columns, Replies(rename=("Branch=sector", "Trade=sector")))


def test_of_several_missing_parts_the_one_meant_is_named():
    columns = [c for c in COLUMNS if not c.startswith("Rate")] + ["Pace"]
    with pytest.raises(ThemebookError, match="2 columns that are not in this file"):
        matched(columns, Replies(rename=("Pace=rate",)))
    found = matched(columns, Replies(rename=("Pace=Rate these [Speed]",)))
    assert found.settled and found.renamed == {"Pace": ("rate", "Rate these [Speed]")}


def test_a_renamed_item_stays_the_item_it_was():
    grid = {"columns": ["Rate these [Speed]", "Rate these [Price]", "Pace"], "kind": "grid"}
    grid["renamed"] = [{"now": "Pace", "was": "Rate these [Speed]"}]
    described = survey(questions={**QUESTIONS, "rate": grid})
    assert set(described.closed_items) >= {"rate.1", "rate.2"} and "rate.3" not in described.closed_items
    columns = swapped("Rate these [Speed]", "Pace")
    closed = ingest(export(columns), described, "2026", Ingest()).closed
    assert {q for q in closed["question_id"] if q.startswith("rate")} == {"rate.1", "rate.2"}
    with pytest.raises(ThemebookError, match="later wording of the other"):
        ingest(export([*COLUMNS, "Pace"]), described, "2026", Ingest())


def test_a_wave_may_have_its_own_id_and_weight_columns():
    described = survey(weight="w")
    wave = described.waves["2025"].model_copy(update={"respondent_id": "Respondent ID", "weight": "Weighting"})
    described = described.model_copy(update={"waves": {**described.waves, "2025": wave}})
    columns = [*swapped("ID", "Respondent ID"), "Weighting"]
    respondents = ingest(export(columns), described, "2025", Ingest()).respondents
    assert set(respondents["weight"]) == {1.5} and "R3" in set(respondents["respondent_id"])


HEADERS = st.lists(
    st.sampled_from([*COLUMNS, "Branch", "What helped you most?", "Rate these [Pace]", "Reason 3", "ID no"]),
    unique=True,
    min_size=1,
)


@settings(max_examples=60, deadline=None)
@given(HEADERS, st.booleans())
def test_every_column_of_a_settled_file_has_one_place(columns, ignore):
    """What is not the same, nor a further item, is open or was settled by a reply: nothing is lost or doubled."""
    found = matched(columns, Replies(rest="ignore" if ignore else ""))
    placed = [c for c in columns if c in COLUMNS] + list(found.parts) + [h for n in found.new for h in n.headers]
    placed += [c for q in found.added.values() for c in q["columns"]]
    assert sorted(placed) == sorted(columns) and not found.renamed
    absent = {name for name, q in QUESTIONS.items() if name != "old" and not {*q["columns"]} & {*columns}}
    gone = {m.target for m in found.missing if m.target in QUESTIONS}
    assert gone == absent - set(found.parts.values())


@given(st.text(max_size=30), st.text(max_size=30))
def test_likeness_is_between_none_and_whole(one, other):
    assert 0 <= alike(one, other) <= 1 and alike(one, one) == 1
