"""What people decided, as the internal report tells it; the public page tells none of it."""

import pytest
from report_factory import inputs_of

from pipeline.report.content import build_content
from pipeline.report.page import render
from pipeline.report.public import to_public
from pipeline.themes.decisions import draft, words
from pipeline.themes.replay import replay, seen_of


@pytest.fixture(scope="module")
def content():
    """The factory's survey after a rename, a merge, a rejected candidate, an undone note and a conflict."""
    inputs = inputs_of()
    texts = dict(zip(inputs["responses"]["response_id"], inputs["responses"]["text"], strict=True))
    units = inputs["units"].set_index("unit_id")
    mine = inputs["candidate_units"].query("candidate_id == 'C1'")["unit_id"]
    examples = [words(texts[units.loc[u, "response_id"]], units.loc[u, "response_id"]) for u in mine]
    base = inputs["codebook"]
    first, second, third = (theme.id for theme in base.themes[:3])
    acts = [
        ("rename", {"theme_id": first, "name": "<b>Renamed</b>", "why": "=clearer"}),
        ("merge", {"theme_id": second, "into": first}),
        ("retire", {"theme_id": third}),
        ("reject_candidate", {"candidate_id": "C9", "examples": examples}),
        ("note", {"theme_id": first, "why": "a passing thought"}),
    ]
    standing = replay(base, [], texts)
    stale = seen_of("rename", standing, texts, theme_id=first)
    decisions = []
    for n, (act, fields) in enumerate(acts):
        made = draft(act, "ann", **fields)
        seen = seen_of(act, standing, texts, **{k: v for k, v in fields.items() if k != "why"})
        decisions.append(made.model_copy(update={"seen": seen, "time": f"2026-01-0{n + 1}T10:00:00"}))
        standing = replay(base, decisions, texts)
    undo = draft("undo", "bob", decision_id=decisions[-1].id)
    late = draft("rename", "bob", theme_id=first, name="Other").model_copy(update={"seen": stale})
    standing = replay(base, [*decisions, undo, late], texts)
    return build_content(**{**inputs, "codebook": standing.codebook, "standing": standing})


def test_every_decision_is_listed_with_what_became_of_it_and_conflicts_first(content):
    assert [(d.reviewer, d.stands) for d in content.decisions] == [
        ("bob", "not applied"),
        ("bob", "applied"),
        ("ann", "undone"),
        ("ann", "applied"),
        ("ann", "applied"),
        ("ann", "applied"),
        ("ann", "applied"),
    ]
    assert "Other" in content.decisions[0].conflict and "Renamed" in content.decisions[0].conflict


def test_a_theme_says_what_it_was_called_and_took_in_and_ended_ones_are_named(content):
    renamed = next(t for t in content.themes if "Renamed" in t.name)
    assert "was called" in renamed.lineage and "took in" in renamed.lineage
    assert len(content.retired) == 1


def test_a_candidate_rejected_in_an_earlier_run_is_marked_and_comes_last(content):
    assert [(c.id, c.rejected) for c in content.candidates] == [("C2", ""), ("C1", "ann")]


def test_the_internal_page_shows_it_inert_and_the_public_page_nothing(content):
    internal, public = render(content, "internal"), render(content, "public")
    assert "What people decided" in internal and "Rejected by ann" in internal and "To be settled" in internal
    assert "<b>Renamed" not in internal and "&lt;b&gt;Renamed" in internal
    for word in ("What people decided", "passing thought", "clearer", "bob", "took in"):
        assert word not in public
    assert not (to_public(content).decisions or to_public(content).retired)
