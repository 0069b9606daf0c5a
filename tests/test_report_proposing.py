"""What the report tells of proposals and of answers that read like the other side: invented tables."""

import pandas as pd
import pytest
from report_factory import inputs_of, survey_of, table

from pipeline.report.content import build_content
from pipeline.report.page import render
from pipeline.report.proposing import typical
from pipeline.report.public import to_public
from pipeline.report.records import Cell, SegmentRow, SegmentTable


def all_propose(inputs, every=3):
    """Mark every third unit of the question about change as a proposal."""
    units = inputs["units"]
    rows = [
        {
            "unit_id": row.unit_id,
            "response_id": row.response_id,
            "asks": "proposals",
            "rule": "obliges" if i % every == 0 else "",
            "score": 0.9 if i % every == 0 else 0.0,
            "proposes": i % every == 0,
        }
        for i, row in enumerate(units.itertuples())
    ]
    said = inputs["mentions"].loc[inputs["mentions"]["mentioned"], ["response_id", "theme_id"]]
    codes = said.merge(units[["unit_id", "response_id"]], on="response_id")
    codes = codes.assign(probability=0.9, source="model")[["unit_id", "theme_id", "probability", "source"]]
    return {**inputs, "unit_codes": codes, "proposals": table("proposals", rows)}


def themes(content):
    return [t for q in content.questions for t in q.themes]


def test_a_theme_tells_how_many_propose_and_shows_some():
    content = build_content(**all_propose(inputs_of()))
    told = [t for t in themes(content) if t.proposed]
    assert told
    for theme in told:
        cell = theme.proposed.cell
        assert 0 < cell.n <= cell.base and cell.share == cell.n / cell.base
        assert f"{cell.n} of {cell.base}" in theme.proposed.sentence and len(theme.proposed.examples) <= 5
    assert any(t.proposed.examples for t in told)


def test_without_proposals_nothing_is_told():
    assert all(t.proposed is None for t in themes(build_content(**inputs_of())))


def test_outside_only_approved_quotes_show_what_is_proposed():
    content = build_content(**all_propose(inputs_of(people=200)))
    public = to_public(content)
    page = render(content, "public")
    assert any(t.proposed for t in themes(public))
    for before, after in zip(themes(content), themes(public), strict=True):
        if after.proposed:
            assert after.proposed.examples == () and all(q.approved for q in after.proposed.quotes)
            approved = {q.display for q in (*before.quotes, *before.fragments) if q.approved}
            assert {q.display for q in after.proposed.quotes} <= approved
            assert not any(words in page for words in before.proposed.examples if words not in approved)


def test_so_few_that_they_may_be_mistakes_are_counted_and_not_shown():
    told = [t.proposed for t in themes(build_content(**all_propose(inputs_of(people=200), every=25))) if t.proposed]
    rare = [each for each in told if each.cell.share < 0.1]
    assert rare and all("mistakes" in each.sentence and not each.examples and not each.quotes for each in rare)


def test_few_who_propose_are_not_counted_outside():
    content = build_content(**all_propose(inputs_of(), every=9))
    few = [t.id for t in themes(content) if t.proposed and t.proposed.cell.n < 5]
    assert few and all(t.proposed is None for t in themes(to_public(content)) if t.id in few)


def contradicting(inputs, n=6):
    mine = inputs["responses"]
    mine = mine[(mine["question_id"] == "why") & (mine["status"] == "answered")]
    rows = [
        {
            "response_id": response_id,
            "question_id": "why",
            "side": "optimists",
            "reads_like": "pessimists",
            "probability": 0.9,
            "to_read": i < n,
        }
        for i, response_id in enumerate(mine["response_id"])
    ]
    return {**inputs, "contradictions": table("contradictions", rows)}


def test_answers_that_read_like_the_other_side_are_listed_for_the_team_only():
    inputs = contradicting(inputs_of())
    content = build_content(**inputs)
    told = content.outlooks[0].contradiction
    assert told.sentence.startswith(f"6 of {len(inputs['contradictions'])} answers") and len(told.answers) == 6
    assert all(a.startswith("optimists, reads like pessimists: ") for a in told.answers)
    assert "Read them" in render(content, "internal")
    assert to_public(content).outlooks[0].contradiction is None
    assert "like another side" not in render(content, "public")


def test_too_few_answers_on_a_side_are_said_to_tell_nothing():
    told = build_content(**inputs_of()).outlooks[0].contradiction
    assert "cannot be told" in told.sentence and told.answers == ()


def sides(first, second, base=100):
    rows = [
        SegmentRow(value=name, cell=Cell(wave="w", base=n, share=share))
        for name, share, n in (("optimists", first, 100), ("pessimists", second, base))
    ]
    return [SegmentTable(attribute_id="T01", title="A reason", rows=tuple(rows))]


def test_a_reason_is_typical_of_a_side_from_ten_points_on():
    (said,) = typical(sides(0.31, 0.2), 30)
    assert said.startswith("A reason: typical of optimists (31") and "20" in said and "of 100" in said
    assert typical(sides(0.29, 0.2), 30) == () and typical(sides(0.6, 0.2, base=29), 30) == ()


@pytest.mark.parametrize("known", ["no evidence of a difference: x", "too few to tell: x"])
def test_what_may_be_chance_is_typical_of_nobody(known):
    (table,) = sides(0.31, 0.2)
    rows = tuple(row.model_copy(update={"against": known}) for row in table.rows)
    assert typical([table.model_copy(update={"rows": rows})], 30) == ()


def test_the_report_says_what_a_question_was_taken_to_ask():
    content = build_content(**inputs_of())
    assert [q.asks.split(",")[0].split(" or ")[0] for q in content.questions] == [
        "Taken to ask for proposals",
        "Taken to ask for reasons",
    ]
    said = {**inputs_of(survey_of(extra={"more": {"columns": ["More"], "kind": "open", "asks": "experience"}}))}
    assert "as survey.yaml says" in build_content(**said).questions[-1].asks
    assert all(q.asks == "" for q in to_public(content).questions)


def test_row_order_changes_nothing():
    inputs = contradicting(all_propose(inputs_of()))
    mixed = {
        name: value.sample(frac=1, random_state=2).reset_index(drop=True)
        if isinstance(value, pd.DataFrame) and name in ("proposals", "contradictions", "units", "unit_codes")
        else value
        for name, value in inputs.items()
    }
    one, two = build_content(**inputs), build_content(**mixed)
    assert [t.proposed for t in themes(one)] == [t.proposed for t in themes(two)]
    assert [o.contradiction for o in one.outlooks] == [o.contradiction for o in two.outlooks]
