"""Closed questions: options, boxes, nets, sides, numbers; non-response; nothing counted twice."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.closed import asked_of, headlines_of, measure_closed, option_sets, who_chose
from pipeline.evidence.correction import score_bounds
from pipeline.evidence.numeric import measure_numbers, weighted_quantile
from pipeline.foundation.contracts import CLOSED, FIGURES, HEADLINES, NUMBERS
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Ingest, parse
from pipeline.foundation.tables import check, empty
from pipeline.survey.description import Survey
from pipeline.survey.formats import read_export
from pipeline.survey.guess import guess_survey
from pipeline.survey.ingest import ingest

SCALE = ["Disagree", "Neither", "Agree", "Strongly agree"]
QUESTIONS = {
    "view": {"columns": ["View"], "kind": "ordinal", "order": SCALE},
    "barriers": {"columns": ["Barriers"], "kind": "multi", "options": ["money", "time", "rules", "law"]},
    "rate": {"columns": ["Rate [food]", "Rate [staff]"], "kind": "grid", "order": SCALE, "boxes": {"yes": SCALE[2:]}},
    "age": {"columns": ["Age"], "kind": "numeric"},
    "why": {"columns": ["Why?"], "kind": "open", "explains": "view", "sides": {"for": SCALE[2:], "against": SCALE[:1]}},
}
NETS = {"means": {"name": "Money or time", "question": "barriers", "options": ["money", "time"]}}


def survey(**changes):
    waves = {"1": {"file": "f", "sha256": "x"}, "2": {"file": "g", "sha256": "y"}}
    questions = QUESTIONS | changes.pop("questions", {})
    return parse(Survey, {"waves": waves, "questions": questions, "nets": NETS, **changes}, "survey.yaml")


def closed(rows):
    return check(pd.DataFrame(rows, columns=list(CLOSED.columns)).astype("str").drop_duplicates(), CLOSED, "closed")


def people(names="abcd", weights=(), waves="1"):
    rows = [(wave, name, (weights or [1.0] * len(names))[i]) for wave in waves for i, name in enumerate(names)]
    return pd.DataFrame(rows, columns=["wave", "respondent_id", "weight"]).astype(
        {"wave": "str", "respondent_id": "str"}
    )


def asked(answers, respondents, not_asked=0):
    """As many asked as there are respondents, in each wave in which somebody answered."""
    n = respondents.groupby("wave").size()
    counts = answers.groupby(["wave", "question_id"])["respondent_id"].nunique()
    items = {}
    for (wave, item), k in counts.items():
        blank = int(n[wave]) - k - not_asked
        items.setdefault(wave, {})[item] = {"answered": k, "blank": blank, "not_asked": not_asked}
    return asked_of({wave: {"items": mine} for wave, mine in items.items()})


def measure(answers, respondents, described=None, **kind):
    found = measure_closed(answers, respondents, asked(answers, respondents, **kind), described or survey(), 0.95)
    return check(found, FIGURES, "x")


def one(table, value, **where):
    for name, wanted in {"wave": "1", "value": value, **where}.items():
        table = table[table[name] == wanted]
    assert len(table) == 1
    return table.iloc[0]


MULTI = closed(
    [
        ("1", "a", "barriers", "money"),
        ("1", "a", "barriers", "time"),
        ("1", "b", "barriers", "money"),
        ("1", "c", "barriers", "rules"),
    ]
)


def test_a_weighted_multi_select_has_shares_by_weight_and_counts_of_respondents():
    found = measure(MULTI, people(weights=[3.0, 1.0, 1.0, 9.0]))
    money = one(found, "money")
    assert money[["n", "base", "asked", "no_answer", "not_asked"]].tolist() == [2, 3, 4, 1, 0]
    assert money["share"] == pytest.approx(4 / 5)
    assert money["effective_base"] == pytest.approx(25 / 11)
    assert one(found, "time")["share"] == pytest.approx(3 / 5)


def test_a_net_counts_a_respondent_once_and_an_option_that_nobody_chose_has_a_row():
    found = measure(MULTI, people())
    assert one(found, "means", part="net")[["n", "base"]].tolist() == [2, 3]
    assert one(found, "law")[["n", "share"]].tolist() == [0, 0.0]


def test_an_option_seen_in_another_wave_is_listed_and_one_that_the_wave_did_not_ask_is_not():
    answers = closed(
        [*MULTI.itertuples(index=False, name=None), ("2", "a", "barriers", "noise"), ("2", "a", "view", "Agree")]
    )
    found = measure(answers, people(waves="12"))
    assert one(found, "noise")["n"] == 0 and one(found, "noise", wave="2")["n"] == 1
    assert found.loc[found["question_id"] == "view", "wave"].unique().tolist() == ["2"]


def test_boxes_are_the_top_two_of_four_or_the_named_ones():
    rows = [("1", p, q, v) for p, v in zip("abcd", SCALE, strict=True) for q in ("view", "rate.1", "rate.2")]
    found = measure(closed(rows), people())
    boxes = found[found["part"] == "box"]
    assert boxes[["question_id", "value", "n"]].values.tolist() == [
        ["rate.1", "yes", 2],
        ["rate.2", "yes", 2],
        ["view", "top 2", 2],
    ]
    assert found.loc[found["part"] == "side", ["value", "n"]].values.tolist() == [["against", 1], ["for", 2]]


@pytest.mark.parametrize(("order", "top", "boxes"), [(SCALE[:3], None, []), (SCALE, 0, []), (SCALE, 1, ["top 1"])])
def test_three_options_have_no_box_unless_the_survey_asks(order, top, boxes):
    question = {"columns": ["View"], "kind": "ordinal", "order": order, "top": top}
    described = survey(questions={"view": question, "why": {"columns": ["Why?"], "kind": "open"}})
    assert list(described.questions["view"].all_boxes) == boxes


def test_only_a_probability_sample_has_intervals():
    respondents = people(weights=[2.0, 1.0, 1.0, 1.0])
    for sampling in ("census", "self-selected"):
        assert measure(MULTI, respondents, survey(sampling=sampling))[["low", "high"]].isna().all().all()
    money = one(measure(MULTI, respondents, survey(sampling="probability")), "money")
    assert (money["low"], money["high"]) == pytest.approx(score_bounds(3 / 4, 16 / 6))


def test_nobody_with_a_weight_leaves_the_share_unknown_and_no_answer_at_all_a_base_of_0():
    found = measure(MULTI, people(weights=[0.0] * 4), survey(sampling="probability"))
    assert found["share"].isna().all() and found["low"].isna().all() and found["base"].eq(3).all()
    nobody = asked_of({"1": {"items": {"barriers": {"answered": 0, "blank": 4, "not_asked": 2}}}})
    found = check(measure_closed(empty(CLOSED), people(), nobody, survey(), 0.95), FIGURES, "x")
    assert one(found, "money")[["n", "base", "asked", "no_answer", "not_asked"]].tolist() == [0, 0, 4, 4, 2]
    assert np.isnan(one(found, "money")["share"])


def test_headlines_are_the_options_that_somebody_chose():
    found = check(headlines_of(measure(MULTI, people(weights=[3.0, 1.0, 1.0, 1.0]))), HEADLINES, "x")
    assert found[["value", "n", "base", "share"]].values.tolist() == [
        ["money", 2, 3, 0.8],
        ["rules", 1, 3, 0.2],
        ["time", 1, 3, 0.6],
    ]


def test_an_unknown_option_of_a_net_is_named_with_the_closest():
    described = survey(nets={"means": {"question": "barriers", "options": ["mony"]}})
    with pytest.raises(ThemebookError, match=r"the net `means` names the option `mony`.*Closest: `money`"):
        option_sets(described, MULTI)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"nets": {"x": {"question": "barrier", "options": ["money"]}}},
            "`x` names `barrier`, no question.*`barriers`",
        ),
        ({"nets": {"x": {"question": "age", "options": ["3"]}}}, "`age`, a question of kind numeric"),
        ({"nets": {"x": {"question": "view", "themes": ["T01"]}}}, "`view`, a question of kind ordinal"),
        ({"nets": {"x": {"question": "view"}}}, "a net is"),
        ({"nets": {"x": {"options": ["money"]}}}, "needs the `question`"),
        ({"nets": {"a b": {"themes": ["T01"]}}}, "net id"),
        ({"cross": ["why"]}, "`cross` names `why`"),
        ({"questions": {"view": {**QUESTIONS["view"], "top": 5}}}, "more than the 4 options"),
        ({"questions": {"view": {**QUESTIONS["view"], "boxes": {"x": ["Agre"]}}}}, "Closest: `Agree`"),
        ({"questions": {"age": {**QUESTIONS["age"], "top": 1}}}, "write a net instead"),
        (
            {
                "questions": {
                    "so": {"columns": ["So?"], "kind": "open", "explains": "view", "sides": {"for": ["Agree"]}}
                }
            },
            "two lists of options",
        ),
    ],
)
def test_what_survey_yaml_names_wrongly_is_said_when_it_is_read(changes, message):
    with pytest.raises(ThemebookError, match=message):
        survey(**changes)


def test_a_respondent_who_was_not_asked_is_told_apart_from_one_who_did_not_answer(tmp_path):
    path = tmp_path / "1.csv"
    path.write_text(
        "View,Barriers,Rate [food],Rate [staff],Age,Why?\nAgree,,Agree,,41,so\n,time,,,not asked,so\n,,,,,\n", "utf-8"
    )
    items = ingest(read_export(path), survey(), "1", Ingest()).ledger["items"]
    assert items["view"] == {"answered": 1, "blank": 1, "not_asked": 0}
    assert items["rate.2"] == {"answered": 0, "blank": 2, "not_asked": 0}
    assert items["age"] == {"answered": 1, "blank": 0, "not_asked": 1}
    table = asked_of({"1": {"items": items}}).set_index("question_id")
    assert table.loc["age", ["answered", "blank", "not_asked"]].tolist() == [1, 0, 1]


def test_numbers_are_described_and_what_is_no_number_is_counted_apart():
    rows = [("1", p, "age", v) for p, v in zip("abcde", ["20", "30", "old", "40", "50"], strict=True)]
    answers = closed(rows)
    respondents = people("abcdef")
    row = check(measure_numbers(answers, respondents, asked(answers, respondents), survey()), NUMBERS, "x").iloc[0]
    assert row[["n", "base", "asked", "no_answer"]].tolist() == [4, 5, 6, 1]
    figures = row[["mean", "lower_quartile", "median", "upper_quartile", "minimum", "maximum"]].tolist()
    assert figures == [35, 27.5, 35, 42.5, 20, 50]


def test_numbers_of_nobody_are_unknown():
    answers = closed([("1", "a", "age", "old")])
    row = check(measure_numbers(answers, people(), asked(answers, people()), survey()), NUMBERS, "x").iloc[0]
    assert row["n"] == 0 and row["base"] == 1 and np.isnan(row["median"])


values = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)


@given(values, st.floats(0, 1), st.floats(0.1, 9))
def test_a_quantile_with_equal_weights_is_that_of_numpy(numbers, p, weight):
    mine = weighted_quantile(np.array(numbers), np.full(len(numbers), weight), p)
    assert mine == pytest.approx(float(np.quantile(numbers, p)), abs=1e-5)


@given(values.flatmap(lambda v: st.tuples(st.just(v), st.lists(st.floats(0.01, 9), min_size=len(v), max_size=len(v)))))
def test_a_weighted_quantile_lies_between_the_ends_and_rises(pair):
    numbers, weights = map(np.array, pair)
    found = [weighted_quantile(numbers, weights, p) for p in (0, 0.25, 0.5, 0.75, 1)]
    assert numbers.min() <= found[0] and found[-1] <= numbers.max()
    assert all(a <= b + 1e-6 for a, b in zip(found, found[1:], strict=False))


choices = st.lists(
    st.tuples(
        st.sampled_from("12"),
        st.sampled_from("abcdef"),
        st.sampled_from(["barriers"]),
        st.sampled_from(["money", "time", "rules", "own words"]),
    ),
    min_size=1,
)


@given(choices, st.lists(st.floats(0.1, 5), min_size=6, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_shares_recompute_from_answers_and_nets_are_unions(rows, weights, shuffler):
    answers, respondents = closed(rows), people("abcdef", weights, "12")
    found = measure(answers, respondents)
    weight = dict(zip("abcdef", weights, strict=True))
    for row in found.to_dict("records"):
        wanted = {"money", "time"} if row["part"] == "net" else {row["value"]}
        mine = answers[answers["wave"] == row["wave"]]
        chose, answered = set(mine.loc[mine["value"].isin(wanted), "respondent_id"]), set(mine["respondent_id"])
        assert (row["n"], row["base"], row["asked"]) == (len(chose), len(answered), 6)
        assert row["share"] == pytest.approx(sum(map(weight.get, chose)) / sum(map(weight.get, answered)))
    shuffled = answers.sample(frac=1, random_state=shuffler.randint(0, 99))
    pd.testing.assert_frame_equal(measure(shuffled, respondents), found)


@given(choices, st.floats(0.1, 9))
@settings(max_examples=30, deadline=None)
def test_equal_weights_change_nothing(rows, weight):
    answers, described = closed(rows), survey(sampling="probability")
    plain = measure(answers, people("abcdef", waves="12"), described)
    pd.testing.assert_frame_equal(measure(answers, people("abcdef", [weight] * 6, "12"), described), plain)


@given(choices)
@settings(max_examples=30, deadline=None)
def test_everyone_is_once_in_what_is_counted_together(rows):
    found = who_chose(survey(), closed(rows))
    assert not found.duplicated().any()
    names = {name: set(map(tuple, mine[["wave", "respondent_id"]].values)) for name, mine in found.groupby("value")}
    assert names.get("means", set()) == names.get("money", set()) | names.get("time", set())


@pytest.mark.shared
def test_the_same_figures_as_pandas_by_hand_on_a_real_survey(shared_data):
    """A single, a multi-select with a net, and an item of a grid with its top two, counted from the file itself."""
    path = shared_data / "spack_survey" / "2021.csv"
    content, _ = guess_survey({"2021": read_export(path)}, title="Spack")
    nets = {"red_hat": {"question": "what_os_do_you_use_spack_on", "options": ["RHEL 7", "RHEL 8"]}}
    described = parse(Survey, content | {"nets": nets}, "guessed")
    read = ingest(read_export(path), described, "2021", Ingest())
    asked_ = asked_of({"2021": read.ledger})
    found = check(measure_closed(read.closed, read.respondents, asked_, described, 0.95), FIGURES, "x")
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)

    who = raw["What kind of user are you?"]
    mine = found[found["question_id"] == "what_kind_of_user_are_you"].set_index("value")
    assert mine["n"].to_dict() == who[who != ""].value_counts().to_dict()
    assert mine["share"].to_dict() == pytest.approx(who[who != ""].value_counts(normalize=True).to_dict())

    systems = (
        raw["What OS do you use Spack on?"].str.split(",").map(lambda cell: {each.strip() for each in cell} - {""})
    )
    answered = systems[systems.map(len) > 0]
    mine = found[found["question_id"] == "what_os_do_you_use_spack_on"].set_index("value")
    assert mine.loc["CentOS 7", "n"] == answered.map(lambda cell: "CentOS 7" in cell).sum()
    assert mine.loc["red_hat", "n"] == answered.map(lambda cell: bool(cell & {"RHEL 7", "RHEL 8"})).sum()
    assert mine.loc["red_hat", ["base", "asked", "no_answer"]].tolist() == [
        len(answered),
        len(raw),
        len(raw) - len(answered),
    ]

    rated = raw["How would you rate the overall quality of ... [Spack documentation]"]
    mine = found[found["question_id"] == "how_would_you_rate_the_overall_quality_of.1"].set_index("value")
    assert mine.loc["top 2", "share"] == pytest.approx(rated.isin(["Good", "Excellent"]).sum() / (rated != "").sum())
    assert mine.loc["Horrible", "n"] == (rated == "Horrible").sum()
