"""Replaying decisions: what each act does, when it is a conflict, and that undo restores."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.foundation.errors import ThemebookError
from pipeline.project.history import lines
from pipeline.review.acts import new_theme_id, record
from pipeline.themes.codebook import Codebook, Example, Theme
from pipeline.themes.decisions import draft, load_decisions, words
from pipeline.themes.replay import replay, seen_of
from pipeline.themes.standing import Impossible

TEXTS = {f"r{i}": f"answer {i} speaks of trust, time and money in number {i}" for i in range(6)}
CODEBOOK = Codebook(
    themes=(
        Theme(id="T1", name="Trust", definition="Trust in others", examples=(Example(text="I trust them"),)),
        Theme(id="T2", name="Time", questions=("why",)),
        Theme(id="T3", name="Money", questions=("why", "how")),
        Theme(id="T4", name="People"),
        Theme(id="T5", name="Places"),
    )
)
CLOCK = itertools.count()


def take(standing, act, reviewer="ann", seen=None, **fields):
    """Give the decisions with one more, taken on what stands now."""
    decision = draft(act, reviewer, **fields)
    target = {k: getattr(decision, k) for k in type(decision).model_fields if k not in ("act", "seen")}
    seen = seen_of(act, standing, TEXTS, **target) if seen is None else seen
    time = f"2026-01-01T{next(CLOCK):012d}"
    return [*standing.decisions, decision.model_copy(update={"seen": seen, "time": time})]


def after(*acts, codebook=CODEBOOK, texts=TEXTS):
    """Replay acts taken one after the other, each ``(act, fields)``."""
    standing = replay(codebook, [], texts)
    for act, fields in acts:
        standing = replay(codebook, take(standing, act, **fields), texts)
    return standing


def theme(standing, theme_id):
    return next(t for t in standing.codebook.themes if t.id == theme_id)


def result(standing):
    """What stands, without who decided it when."""
    quotes = {k: (q.state, q.approved, q.pinned, q.spans, q.clarifications) for k, q in standing.quotes.items()}
    texts = {t.id: t.model_copy(update={"since": ""}) for t in standing.codebook.themes}
    former = set(standing.codebook.former)
    return texts, former, standing.confirmed, standing.units, standing.sorted, quotes, len(standing.rejected)


def test_rename_keeps_the_id_and_the_former_name_finds_it():
    standing = after(("rename", {"theme_id": "T1", "name": "Mutual trust"}))
    assert theme(standing, "T1").name == "Mutual trust"
    assert standing.codebook.find("trust").id == "T1"
    assert standing.codebook.find("Mutual Trust").id == "T1"


def test_redefine_changes_the_text_and_nothing_else():
    standing = after(("redefine", {"theme_id": "T1", "definition": "New", "include": "a", "exclude": "b"}))
    assert theme(standing, "T1").definition == "New"
    assert theme(standing, "T1").examples == CODEBOOK.themes[0].examples


def test_merge_hands_on_examples_text_and_questions():
    standing = after(("merge", {"theme_id": "T1", "into": "T2"}), ("merge", {"theme_id": "T2", "into": "T3"}))
    heir = theme(standing, "T3")
    assert Example(text="I trust them") in heir.examples
    assert "Trust: Trust in others" in heir.include and "Time" in heir.include
    assert heir.questions == ()
    assert standing.codebook.find("T1").id == standing.codebook.find("Trust").id == "T3"
    assert [t.id for t in standing.codebook.themes] == ["T3", "T4", "T5"]


def test_merge_of_themes_of_some_questions_belongs_to_all_of_them():
    assert theme(after(("merge", {"theme_id": "T3", "into": "T2"})), "T2").questions == ("why", "how")


def split(**more):
    parts = [
        {"theme_id": "T6-a", "name": "Trust at the top", "examples": [words(TEXTS["r0"], "r0", 0, 8)]},
        {"theme_id": "T6-b", "name": "Trust below", "examples": [words(TEXTS["r1"], "r1", 0, 8)]},
    ]
    return ("split", {"theme_id": "T1", "parts": parts, **more})


def test_split_ends_the_theme_and_its_answers_go_where_they_were_sorted():
    sorted_ = [{"response_id": "r2", "themes": ["T6-b"], "seen": words(TEXTS["r2"], "r2").seen}]
    standing = after(("confirm", {"response_id": "r2", "themes": ["T1", "T2"]}), split(sorted=sorted_))
    assert standing.confirmed == {"r2": ("T2", "T6-b")}
    assert standing.codebook.find("T1") is None
    assert standing.codebook.follow("Trust").fate == "split"
    assert standing.conflicts == ()


def test_what_a_split_leaves_undecided_is_listed_and_not_guessed():
    standing = after(
        ("confirm", {"response_id": "r2", "themes": ["T1", "T2"]}),
        ("reassign", {"response_id": "r3", "start": 0, "end": 8, "into": "T1"}),
        split(),
    )
    assert standing.confirmed == {} and standing.units == {}
    assert [c.decision.act for c in standing.conflicts] == ["confirm", "reassign"]
    assert all("say which it is" in c.sentence for c in standing.conflicts)


def test_an_accepted_candidate_carries_name_definition_and_words():
    fields = {"theme_id": "T6-a", "name": "Roads", "definition": "d", "questions": ["why"]}
    standing = after(("accept", {**fields, "examples": [words(TEXTS["r0"], "r0", 0, 8)]}))
    assert theme(standing, "T6-a").examples == (Example(response_id="r0", start=0, end=8),)
    assert theme(standing, "T6-a").questions == ("why",)


def test_examples_whose_words_changed_are_left_out_and_said():
    given = take(
        replay(CODEBOOK, [], TEXTS),
        "accept",
        theme_id="T6",
        name="Roads",
        examples=[words(TEXTS[r], r, 0, 8) for r in ("r0", "r1", "r2")],
    )
    standing = replay(CODEBOOK, given, {**TEXTS, "r1": "other words now"})
    assert len(theme(standing, "T6").examples) == 2
    (conflict,) = standing.conflicts
    assert conflict.applied and "1 of 3 examples" in conflict.sentence


def test_retired_themes_end_and_their_ids_and_names_are_not_used_again():
    standing = after(("retire", {"theme_id": "T1"}))
    assert standing.codebook.find("T1") is None and standing.codebook.follow("Trust").fate == "retired"
    for fields in ({"theme_id": "T1", "name": "New"}, {"theme_id": "T7", "name": "trust"}):
        with pytest.raises(ThemebookError, match="never used again|was that of"):
            record("accept", "ann", standing, TEXTS, folder=None, examples=[words(TEXTS["r0"], "r0", 0, 8)], **fields)


def test_reassigned_words_teach_their_new_theme():
    standing = after(("reassign", {"response_id": "r0", "start": 0, "end": 8, "theme_id": "T1", "into": "T2"}))
    assert standing.units == {("r0", 0, 8, "T1"): False, ("r0", 0, 8, "T2"): True}
    assert Example(response_id="r0", start=0, end=8) in theme(standing, "T2").examples


def test_codes_follow_a_later_merge():
    standing = after(
        ("reassign", {"response_id": "r0", "start": 0, "end": 8, "into": "T1"}),
        ("confirm", {"response_id": "r1", "themes": ["T1", "T3"]}),
        ("merge", {"theme_id": "T1", "into": "T2"}),
    )
    assert standing.units == {("r0", 0, 8, "T2"): True}
    assert standing.confirmed == {"r1": ("T2", "T3")}


def quote(act, **more):
    return (act, {"theme_id": "T1", "response_id": "r0", "spans": [[0, 8]], **more})


def test_the_later_act_on_a_quote_stands_and_a_clarified_one_waits_for_approval():
    clear = [{"start": 0, "end": 6, "text": "one"}]
    standing = after(quote("approve_quote"), quote("clarify_quote", clarifications=clear))
    (stands,) = standing.quotes.values()
    assert (stands.state, stands.approved, len(stands.clarifications)) == ("clarified", False, 1)
    standing = after(quote("approve_quote"), quote("pin_quote"))
    assert [(q.approved, q.pinned) for q in standing.quotes.values()] == [(True, True)]
    standing = after(quote("pin_quote"), quote("reject_quote"))
    assert [(q.approved, q.pinned) for q in standing.quotes.values()] == [(False, False)]


def test_quotes_follow_a_merge():
    standing = after(quote("approve_quote"), ("merge", {"theme_id": "T1", "into": "T2"}))
    assert list(standing.quotes) == [("T2", "r0")]


def test_a_quote_of_a_split_theme_goes_where_its_answer_was_sorted_or_is_listed():
    sorted_ = [{"response_id": "r0", "themes": ["T6-b"], "seen": words(TEXTS["r0"], "r0").seen}]
    standing = after(quote("approve_quote"), split(sorted=sorted_))
    assert list(standing.quotes) == [("T6-b", "r0")] and standing.conflicts == ()
    standing = after(quote("approve_quote"), split())
    assert standing.quotes == {} and "say which it is" in standing.conflicts[0].sentence


@pytest.mark.parametrize("texts", [{}, {**TEXTS, "r0": "Other words now"}])
def test_a_decision_on_words_that_are_gone_is_a_conflict(texts):
    decisions = take(replay(CODEBOOK, [], TEXTS), *quote("approve_quote")[:1], **quote("approve_quote")[1])
    standing = replay(CODEBOOK, decisions, texts)
    assert standing.quotes == {}
    (conflict,) = standing.conflicts
    assert "r0" in conflict.sentence and "answer 0" not in conflict.sentence and not conflict.applied


def test_two_people_deciding_at_once_are_both_kept_and_the_conflict_names_both_sides():
    start = replay(CODEBOOK, [], TEXTS)
    seen = seen_of("rename", start, TEXTS, theme_id="T1")
    one = replay(CODEBOOK, take(start, "rename", "ann", theme_id="T1", name="Faith"), TEXTS)
    both = replay(CODEBOOK, take(one, "rename", "bob", seen=seen, theme_id="T1", name="Hope"), TEXTS)
    assert theme(both, "T1").name == "Faith"
    (conflict,) = both.conflicts
    assert conflict.decision.reviewer == "bob" and "Hope" in conflict.sentence
    assert "Faith" in conflict.sentence and "ann" in conflict.sentence
    settled = replay(CODEBOOK, take(both, "undo", "ann", decision_id=both.decisions[0].id), TEXTS)
    assert theme(settled, "T1").name == "Hope" and settled.conflicts == ()


@pytest.mark.parametrize(
    ("act", "fields"),
    [
        ("rename", {"theme_id": "T1", "name": "Faith"}),
        ("retire", {"theme_id": "T1"}),
        ("merge", {"theme_id": "T1", "into": "T2"}),
        ("approve_quote", {"theme_id": "T1", "response_id": "r0", "spans": [[0, 8]]}),
        ("reassign", {"response_id": "r0", "start": 0, "end": 8, "into": "T1"}),
        ("confirm", {"response_id": "r0", "themes": ["T1"]}),
    ],
)
def test_two_people_who_want_the_same_do_not_disagree(act, fields):
    start = replay(CODEBOOK, [], TEXTS)
    one = replay(CODEBOOK, take(start, act, "ann", **fields), TEXTS)
    seen = take(start, act, "bob", **fields)[0].seen
    both = replay(CODEBOOK, take(one, act, "bob", seen=seen, **fields), TEXTS)
    assert both.conflicts == () and result(both) == result(one)


def test_a_theme_edited_by_hand_after_a_decision_is_a_conflict_and_the_file_stands():
    standing = after(("rename", {"theme_id": "T1", "name": "Faith"}))
    edited = Codebook(themes=(CODEBOOK.themes[0].model_copy(update={"name": "Confidence"}), *CODEBOOK.themes[1:]))
    now = replay(edited, standing.decisions, TEXTS)
    assert theme(now, "T1").name == "Confidence"
    assert "Faith" in now.conflicts[0].sentence and "Confidence" in now.conflicts[0].sentence
    done = Codebook(themes=(CODEBOOK.themes[0].model_copy(update={"name": "Faith"}), *CODEBOOK.themes[1:]))
    assert replay(done, standing.decisions, TEXTS).conflicts == ()


def test_a_new_wave_makes_nothing_stale():
    standing = after(split(), quote("approve_quote") and ("rename", {"theme_id": "T2", "name": "Hours"}))
    more = {**TEXTS, **{f"n{i}": f"new answer {i}" for i in range(20)}}
    assert result(replay(CODEBOOK, standing.decisions, more)) == result(standing)


def test_undo_of_something_that_others_rest_on_lists_them():
    standing = after(
        ("accept", {"theme_id": "T6", "name": "Roads", "examples": [words(TEXTS["r0"], "r0", 0, 8)]}),
        ("rename", {"theme_id": "T6", "name": "Streets"}),
    )
    undone = replay(CODEBOOK, take(standing, "undo", decision_id=standing.decisions[0].id), TEXTS)
    assert [c.decision.act for c in undone.conflicts] == ["rename"]
    again = replay(CODEBOOK, take(undone, "undo", decision_id=undone.decisions[-1].id), TEXTS)
    assert theme(again, "T6").name == "Streets" and again.conflicts == ()


def test_a_decision_that_does_not_say_what_was_seen_is_not_applied():
    standing = replay(CODEBOOK, take(replay(CODEBOOK, [], TEXTS), "retire", seen="", theme_id="T1"), TEXTS)
    assert "does not say what was seen" in standing.conflicts[0].sentence


def test_recording_refuses_what_cannot_be_and_writes_nothing(tmp_path):
    standing = replay(CODEBOOK, [], TEXTS)
    for act, fields, message in (
        ("rename", {"theme_id": "T9", "name": "x"}, "no theme T9"),
        ("rename", {"theme_id": "T1", "name": "money"}, "the name of T3"),
        ("merge", {"theme_id": "T1", "into": "T1"}, "into itself"),
        ("undo", {"decision_id": "D0"}, "no decision"),
        ("approve_quote", {"theme_id": "T1", "response_id": "gone", "spans": [[0, 2]]}, "not in the listed waves"),
    ):
        with pytest.raises(ThemebookError, match=message):
            record(act, "ann", standing, TEXTS, folder=tmp_path, **fields)
    assert not list(tmp_path.glob("*.jsonl"))


def test_recording_on_what_was_seen_before_keeps_both_sides(tmp_path):
    start = replay(CODEBOOK, [], TEXTS)
    seen = seen_of("retire", start, TEXTS, theme_id="T1")
    record("redefine", "ann", start, TEXTS, folder=tmp_path, theme_id="T1", definition="New")
    now = replay(CODEBOOK, load_decisions(tmp_path), TEXTS)
    record("retire", "bob", now, TEXTS, folder=tmp_path, seen=seen, theme_id="T1")
    both = replay(CODEBOOK, load_decisions(tmp_path), TEXTS)
    assert len(both.decisions) == 2 and len(both.conflicts) == 1 and theme(both, "T1").definition == "New"


def test_ids_of_undone_themes_are_not_minted_again():
    standing = after(("accept", {"theme_id": "T6-aaaa", "name": "x", "examples": [words(TEXTS["r0"], "r0", 0, 8)]}))
    undone = replay(CODEBOOK, take(standing, "undo", decision_id=standing.decisions[0].id), TEXTS)
    assert new_theme_id(undone.codebook, undone.decisions, "bbbb") == "T07-bbbb"


def test_history_tells_a_theme_s_life():
    standing = after(
        ("rename", {"theme_id": "T1", "name": "Faith", "why": "clearer"}),
        ("merge", {"theme_id": "T1", "into": "T2"}),
    )
    told = lines("Trust", standing)
    assert told[0] == "T1 in data/codebook/codebook.yaml: Trust"
    assert "renames T1 to “Faith”: clearer" in told[1] and told[-1].startswith("now: ended, merged into T2 by ann")
    assert any("merges T1 into T2" in line for line in lines("T2", standing))
    with pytest.raises(ThemebookError, match="no theme `Tust`. Closest"):
        lines("Tust", standing)


# Random sequences.

IDS = tuple(t.id for t in CODEBOOK.themes)


def an_act(rng, standing, themes, responses, tag):
    """Draw an act on some themes and answers that is possible now, or None."""
    active = [t.id for t in standing.codebook.themes if t.id in themes or t.id.endswith(tag)]
    response = rng.choice(responses)
    start = rng.choice([0, 7, 14])
    n = next(CLOCK)
    act = rng.choice(
        "rename redefine merge split retire accept add reassign confirm approve reject pin clarify note undo".split()
    )
    if not active and act not in ("note", "accept", "undo"):
        return None
    one = rng.choice(active) if active else ""
    example = [words(TEXTS[response], response, start, start + 6)]
    span = {"theme_id": one, "response_id": response, "spans": [[start, start + 6]]}
    match act:
        case "rename":
            return act, {"theme_id": one, "name": f"name {n}{tag}"}
        case "redefine":
            return act, {"theme_id": one, "definition": f"text {n}"}
        case "merge" if len(active) > 1:
            return act, {"theme_id": one, "into": rng.choice([t for t in active if t != one])}
        case "split":
            parts = [{"theme_id": f"N{n}{i}{tag}", "name": f"part {n} {i}{tag}", "examples": example} for i in "ab"]
            row = {"response_id": response, "themes": [parts[0]["theme_id"]], "seen": words(TEXTS[response], "r").seen}
            return act, {"theme_id": one, "parts": parts, "sorted": [row] if rng.random() < 0.5 else []}
        case "retire":
            return act, {"theme_id": one}
        case "accept":
            return act, {"theme_id": f"N{n}{tag}", "name": f"new {n}{tag}", "examples": example}
        case "add":
            return "add_examples", {"theme_id": one, "examples": example}
        case "reassign":
            into = rng.choice([t for t in (*active, "") if t != one])
            return act, {"response_id": response, "start": start, "end": start + 6, "theme_id": one, "into": into}
        case "confirm":
            return act, {"response_id": response, "themes": rng.sample(active, rng.randint(0, min(2, len(active))))}
        case "approve" | "reject" | "pin":
            return f"{act}_quote", span
        case "clarify":
            return "clarify_quote", {**span, "clarifications": [{"start": start, "end": start + 2, "text": f"w{n}"}]}
        case "note":
            return act, {"theme_id": one, "why": f"note {n}"}
        case "undo" if standing.decisions:
            mine = [d for d in standing.decisions if d.reviewer == tag]
            return (act, {"decision_id": rng.choice(mine).id}) if mine else None
    return None


def session(rng, start, length, themes=IDS, responses=tuple(TEXTS), tag="-ann", undo=True):
    """Let one reviewer take some decisions, each on what stands then."""
    standing = start
    for _ in range(length):
        drawn = an_act(rng, standing, themes, responses, tag)
        if drawn is None or (drawn[0] == "undo" and not undo):
            continue
        act, fields = drawn
        standing = replay(CODEBOOK, take(standing, act, tag, **fields), TEXTS)
    return standing


@settings(max_examples=1000, deadline=None)
@given(st.integers(0, 10**9))
def test_replay_of_random_sequences(seed):
    rng = random.Random(seed)
    start = replay(CODEBOOK, [], TEXTS)
    standing = session(rng, start, rng.randint(1, 10))
    decisions = list(standing.decisions)
    # Deterministic, whatever the order of files and lines.
    rng.shuffle(decisions)
    assert result(replay(CODEBOOK, decisions, TEXTS)) == result(standing)
    # Each decision stands, was undone, or is listed as a conflict.
    accounted = [d.id for d in (*standing.applied, *standing.undone)] + [
        c.decision.id for c in standing.open_conflicts if c.decision not in standing.applied
    ]
    assert sorted(accounted) == sorted(d.id for d in standing.decisions)
    # Whoever decides on what stands makes no conflict, but for what an undo or a split takes away under others.
    if not any(d.act in ("undo", "split") for d in standing.decisions):
        assert standing.conflicts == ()
    # Undo restores, and undoing the undo too.
    drawn = an_act(rng, standing, IDS, tuple(TEXTS), "-ann")
    if drawn and drawn[0] != "undo":
        one_more = replay(CODEBOOK, take(standing, drawn[0], **drawn[1]), TEXTS)
        undone = replay(CODEBOOK, take(one_more, "undo", decision_id=one_more.decisions[-1].id), TEXTS)
        assert result(undone) == result(standing)
        redone = replay(CODEBOOK, take(undone, "undo", decision_id=undone.decisions[-1].id), TEXTS)
        assert result(redone) == result(one_more)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9))
def test_the_order_of_independent_decisions_does_not_matter(seed):
    rng = random.Random(seed)
    start = replay(CODEBOOK, [], TEXTS)
    ann = session(rng, start, 6, ("T1", "T2"), ("r0", "r1", "r2"), "-ann").decisions
    bob = session(rng, start, 6, ("T3", "T4", "T5"), ("r3", "r4", "r5"), "-bob").decisions
    results = []
    for _ in range(3):
        # Any interleaving in which each keeps the order of the own decisions.
        places = sorted(rng.sample(range(len(ann) + len(bob)), len(ann)))
        left, right = iter(ann), iter(bob)
        mixed = [next(left) if i in places else next(right) for i in range(len(ann) + len(bob))]
        timed = [d.model_copy(update={"time": f"2026-01-01T{i:012d}"}) for i, d in enumerate(mixed)]
        results.append(replay(CODEBOOK, timed, TEXTS))
    assert result(results[0]) == result(results[1]) == result(results[2])
    assert len({len(r.conflicts) for r in results}) == 1


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**9))
def test_two_reviewers_at_once_lose_nothing(seed):
    rng = random.Random(seed)
    shared = session(rng, replay(CODEBOOK, [], TEXTS), 3)
    ann = session(rng, shared, 5, tag="-ann2").decisions[len(shared.decisions) :]
    bob = session(rng, shared, 5, tag="-bob").decisions[len(shared.decisions) :]
    one = replay(CODEBOOK, [*shared.decisions, *ann, *bob], TEXTS)
    two = replay(CODEBOOK, [*bob, *shared.decisions, *ann], TEXTS)
    assert result(one) == result(two) and one.conflicts == two.conflicts
    known = {d.id for d in (*one.applied, *one.undone)} | {c.decision.id for c in one.conflicts}
    assert known == {d.id for d in one.decisions}


def test_there_is_no_target_to_see():
    with pytest.raises(Impossible, match="no theme T9"):
        seen_of("rename", replay(CODEBOOK, [], TEXTS), TEXTS, theme_id="T9")
