"""What people read beside what the machine says unseen: held-out, drawn at random, themes that they knew."""

import pandas as pd
import pytest
from counted import prevalence_of

from pipeline.evidence.prevalence import nearest
from pipeline.evidence.reading import read_of
from pipeline.foundation.contracts import CLOSED, GOLD, HELDOUT, MENTIONS, PREVALENCE
from pipeline.foundation.params import Measure, parse
from pipeline.foundation.tables import check, empty
from pipeline.survey.description import Survey
from pipeline.themes.gold import gold_of

N, READ = 200, 60


def survey(**more):
    return parse(
        Survey,
        {
            "waves": {"1": {"file": "f", "sha256": "x"}},
            "questions": {"why": {"columns": ["Why?"], "kind": "open"}},
            **more,
        },
        "survey.yaml",
    )


def tables(coder="ann", sample="random", n=N, read=READ, **gold_fields):
    """Each fourth answer raises the theme; the machine finds most of them, and says so surely where a person read."""
    names = [f"p{i:03d}" for i in range(n)]
    truth = [i % 4 == 0 for i in range(n)]
    base = pd.DataFrame(
        {"wave": "1", "question_id": "why", "respondent_id": names, "response_id": names, "theme_id": "T01"}
    ).astype("str")
    unseen = [0.7 if t and i % 3 else 0.1 for i, t in enumerate(truth)]
    person = [i < read for i in range(n)]
    # What a person coded stands in the mentions as sure: it must not be taken for a prediction.
    shown = [float(t) if p else u for t, p, u in zip(truth, person, unseen, strict=True)]
    mentions = base.assign(
        probability=shown,
        mentioned=[t if p else u > 0.5 for t, p, u in zip(truth, person, unseen, strict=True)],
        sure=True,
        source=["person" if p and not coder.startswith("machine") else "model" for p in person],
    )
    heldout = base.assign(probability=unseen, mentioned=[u > 0.5 for u in unseen], fold=0)[:read]
    gold = base[:read].assign(
        coder=coder,
        sample=sample,
        time="",
        theme_id=["T01" if t else "" for t in truth[:read]],
        by_person=not coder.startswith("machine"),
        guessed=False,
        measured=True,
    )
    gold = gold.assign(**gold_fields).astype({"coder": "str", "sample": "str", "time": "str", "theme_id": "str"})
    responses = base.assign(text="x", status="answered", reason="").drop(columns="theme_id")
    return (
        check(mentions[list(MENTIONS.columns)], MENTIONS, "m"),
        check(heldout[list(HELDOUT.columns)], HELDOUT, "h"),
        gold_of(check(gold[list(GOLD.columns)], GOLD, "g")),
        responses,
    )


def measured(mentions, heldout, gold, responses, described=None):
    described = described or survey()
    people = mentions[["wave", "respondent_id"]].drop_duplicates().assign(weight=1.0)
    reading = read_of(mentions, heldout, gold, responses)
    found = prevalence_of(mentions, people, empty(CLOSED), described, Measure(), reading)
    found = check(found, PREVALENCE, "p")
    return found[found["question_id"] == "why"].set_index("method")


def test_random_gold_gives_three_ways_side_by_side_with_their_bases():
    found = measured(*tables())
    assert found["base"].to_dict() == {"corrected": N, "person": READ, "uncorrected": N}
    assert found.loc["person", "share"] == pytest.approx(0.25)
    assert found.loc["uncorrected", "share"] < 0.25
    assert abs(found.loc["corrected", "share"] - 0.25) < abs(found.loc["uncorrected", "share"] - 0.25)
    assert pd.isna(found.loc["uncorrected", "low"])
    assert found.loc["corrected", "low"] < found.loc["corrected", "share"] < found.loc["corrected", "high"]


def test_the_nearest_to_a_reader_is_the_corrected_share_of_all_or_peoples_where_they_read_all():
    assert nearest(measured(*tables()).reset_index())["method"].tolist() == ["corrected"]
    assert nearest(measured(*tables(sample="all", read=N)).reset_index())["method"].tolist() == ["person"]


@pytest.mark.parametrize(
    "made",
    [
        {"coder": "machine:m"},
        {"sample": "active"},
        {"sample": "convenience"},
        {"guessed": True},
        {"measured": False},
        {"read": 20},
    ],
)
def test_nothing_else_than_enough_random_gold_of_people_corrects(made):
    found = measured(*tables(**made))
    assert found.index.tolist() == ["uncorrected"]
    assert pd.isna(found["low"]).all()


def test_a_theme_that_its_readers_did_not_know_is_not_corrected():
    mentions, heldout, gold, responses = tables()
    other = heldout.assign(theme_id="T02").astype({"theme_id": "str"})
    found = measured(mentions, other, gold, responses)
    assert found.index.tolist() == ["uncorrected"]
    found = measured(mentions, heldout[:0], gold, responses)
    assert found.index.tolist() == ["uncorrected"]


def test_predictions_are_those_of_a_coder_that_had_not_seen_the_codes():
    mentions, heldout, gold, responses = tables()
    reading = read_of(mentions, heldout, gold, responses)
    assert reading.loc[reading["read"], "predicted"].tolist() == heldout["probability"].tolist()


def test_a_probability_sample_widens_the_interval_of_a_corrected_share():
    own, theirs = (measured(*tables(), survey(sampling=way)).loc["corrected"] for way in ("census", "probability"))
    assert own["share"] == theirs["share"]
    assert theirs["high"] - theirs["low"] > own["high"] - own["low"]
