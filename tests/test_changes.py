"""Changes between waves: the split adds up, breaks are seen, and published figures stay what they were."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.breaks import Break, between, breaks_of, held_columns
from pipeline.evidence.changes import compare_published, fate_of, measure_changes, one_each, release_before
from pipeline.evidence.releases import Released
from pipeline.foundation.contracts import CHANGES, PREVALENCE, PUBLISHED
from pipeline.foundation.tables import check, empty
from pipeline.survey.description import Survey
from pipeline.themes.codebook import Codebook

WAVES = ("2024", "2025", "2026")


def survey(changed=None, questions=None):
    waves = {w: {"file": "f", "sha256": "x", "changed": (changed or {}).get(w, {})} for w in WAVES}
    asked = {"why": {"columns": ["Why?"], "kind": "open"}, "how": {"columns": ["How?"], "kind": "open"}}
    return Survey.model_validate({"waves": waves, "questions": questions or asked})


def shares(rows, method="uncorrected", checked=True):
    """A table of shares from (wave, question, theme, share) or (…, segment, method)."""
    found = []
    for wave, question, theme, share, *more in rows:
        segment, how = (*more, "", method)[:2] if more else ("", method)
        cell = {"wave": wave, "question_id": question, "theme_id": theme, "segment": segment, "base": 200}
        found.append({**cell, "n": round(200 * share), "share": share, "low": None, "high": None, "method": how})
    if not found:
        return empty(PREVALENCE)
    table = pd.DataFrame(found).astype({"low": float, "high": float, "share": float})
    strings = [name for name, kind in PREVALENCE.columns.items() if kind == "str"]
    table = table.astype(dict.fromkeys(strings, "str"))
    return check(table, PREVALENCE, "x") if checked else table


def book(*ids, former=(), names=None):
    return Codebook.model_validate(
        {"themes": [{"id": i, "name": (names or {}).get(i, f"Theme {i}")} for i in ids], "former": list(former)}
    )


def released(rows, name="first", waves=("2024",), codebook=None, created="2025-01-01", checked=True):
    return Released(name, created, tuple(waves), codebook or book("T1", "T2"), shares(rows, checked=checked))


def changes(now, releases=(), described=None, held=None):
    return check(measure_changes(now, described or survey(), held or {}, releases), CHANGES, "x")


SHARE = st.integers(0, 10**6).map(lambda n: n / 10**6)


@settings(max_examples=60, deadline=None)
@given(SHARE, SHARE, SHARE)
def test_the_split_adds_up_to_the_last_printed_digit(published, before, after):
    now = shares([("2024", "why", "T1", before), ("2025", "why", "T1", after)], checked=False)
    release = released([("2024", "why", "T1", published)], checked=False)
    row = measure_changes(now, survey(), {}, [release]).iloc[0]

    def millionths(name):
        value = row[name] * 10**6
        assert abs(value - round(value)) < 1e-3
        return round(value)

    parts = millionths("from_answers") + millionths("from_coding")
    assert parts == millionths("share") - millionths("published_share")
    assert millionths("from_answers") == millionths("difference")
    assert row["release"] == "first"


def test_without_a_release_nothing_is_split():
    table = changes(shares([("2024", "why", "T1", 0.2), ("2025", "why", "T1", 0.3)]))
    assert table["difference"].tolist() == [0.1] and table["release"].tolist() == [""]
    assert table[["published_share", "from_answers", "from_coding"]].isna().all(axis=None)


def test_a_theme_that_the_release_lacks_is_not_split():
    now = shares([(w, "why", t, 0.2) for w in ("2024", "2025") for t in ("T1", "T2")])
    table = changes(now, [released([("2024", "why", "T1", 0.25)])]).set_index("theme_id")
    assert table["release"].to_dict() == {"T1": "first", "T2": ""} and pd.isna(table.at["T2", "from_coding"])
    assert table.at["T1", "from_coding"] == -0.05


def test_the_release_counts_that_a_reader_had_when_the_later_wave_came():
    one, two = released([], "one"), released([], "two", ("2024", "2025"), created="2026-01-01")
    assert release_before([one, two], "2024", "2025") is one
    assert release_before([one, two], "2025", "2026") is two
    assert release_before([two], "2024", "2025") is two and release_before([one], "2025", "2026") is None


def test_of_several_methods_the_readers_counts():
    rows = [("2024", "why", "T1", 0.2, "", "uncorrected"), ("2024", "why", "T1", 0.3, "", "corrected")]
    assert one_each(shares(rows))["share"].tolist() == [0.3]


# Breaks


def told(described, held=None, question="why"):
    return [(b.wave, b.what) for b in breaks_of(described, held or {}, question)]


def test_mode_and_sampling_break_every_question_and_wording_its_own():
    described = survey({"2025": {"mode": "online", "wording": ["why"]}, "2026": {"sampling": "members"}})
    held = {w: {"why": ["Why?"], "how": ["How?"]} for w in WAVES}
    assert told(described, held) == [("2025", "wording"), ("2025", "mode"), ("2026", "sampling")]
    assert told(described, held, "how") == [("2025", "mode"), ("2026", "sampling")]
    assert told(described, held, "") == told(described, held)


def test_the_first_wave_breaks_with_nothing():
    assert told(survey({"2024": {"mode": "online"}})) == []


@pytest.mark.parametrize(
    ("kind", "held", "renamed", "broken"),
    [
        ("open", (["Why?"], ["Why now?"]), {}, True),
        ("open", (["Why?"], ["why"]), {}, False),
        ("open", (["Part 1"], ["Part 1", "Part 2"]), {}, False),
        ("open", (["Part 1", "Part 2"], ["Part 1", "Part two"]), {"Part two": "Part 2"}, True),
        ("grid", (["A", "B"], ["C", "D"]), {}, False),
        ("grid", (["A", "B"], ["A", "B now"]), {"B now": "B"}, True),
        ("single", (["Why?"], []), {}, False),
    ],
)
def test_a_wording_is_seen_in_the_columns(kind, held, renamed, broken):
    columns = list(dict.fromkeys([*held[0], *held[1], *renamed, *renamed.values()]))
    described = survey(
        questions={
            "why": {"columns": columns, "kind": kind, "renamed": [{"now": n, "was": w} for n, w in renamed.items()]}
        }
    )
    files = {"2024": {"why": held[0]}, "2025": {"why": held[1]}}
    assert told(described, files) == ([("2025", "wording")] if broken else [])


def test_a_wave_that_did_not_ask_is_passed_over():
    described = survey(questions={"why": {"columns": ["Why?", "Why now?"], "kind": "open"}})
    assert told(described, {"2024": {"why": ["Why?"]}, "2025": {}, "2026": {"why": ["Why now?"]}}) == [
        ("2026", "wording")
    ]


def test_breaks_between_two_waves():
    found = (Break("2025", "mode"), Break("2026", "sampling"))
    assert between(survey(), found, "2024", "2026") == found
    assert (
        between(survey(), found, "2025", "2026") == found[1:] and between(survey(), found, "2024", "2025") == found[:1]
    )


def test_changes_name_what_else_changed():
    now = shares([(w, q, "T1", 0.2) for w in WAVES for q in ("why", "how")])
    described = survey({"2025": {"mode": "online", "wording": ["why"]}})
    held = held_columns({w: {"questions": {"why": {"columns": ["Why?"]}, "how": {}}} for w in WAVES})
    table = changes(now, (), described, held).set_index(["question_id", "wave"])["changed"].to_dict()
    assert table == {
        ("how", "2025"): "mode",
        ("why", "2025"): "wording, mode",
        ("how", "2026"): "",
        ("why", "2026"): "",
    }


def test_row_order_changes_nothing():
    now = shares([(w, q, t, 0.1) for w in WAVES for q in ("why", "how") for t in ("T1", "T2")])
    release = released([("2024", "why", "T1", 0.2)])
    assert changes(now.sample(frac=1, random_state=3), [release]).equals(changes(now, [release]))


# Published figures


def published(now, releases, codebook):
    return check(compare_published(now, releases, codebook), PUBLISHED, "x").set_index(["theme_id"])


def test_published_figures_stand_beside_todays():
    release = released([("2024", "why", "T1", 0.25), ("2024", "why", "T1", 0.5, "sector=a", "uncorrected")])
    table = published(shares([("2024", "why", "T1", 0.3), ("2025", "why", "T1", 0.4)]), [release], book("T1"))
    assert len(table) == 1
    assert table.loc["T1", ["fate", "share", "now_share", "difference"]].tolist() == ["same", 0.25, 0.3, 0.05]


@pytest.mark.parametrize(
    ("former", "fate", "heirs"),
    [
        ({"id": "T1", "name": "Old", "fate": "merged", "into": ["T2"]}, "merged", "T2"),
        ({"id": "T1", "name": "Old", "fate": "split", "into": ["T2", "T3"]}, "split", "T2;T3"),
        ({"id": "T1", "name": "Old", "fate": "retired"}, "retired", ""),
        (None, "removed", ""),
    ],
)
def test_a_theme_that_ended_is_followed(former, fate, heirs):
    codebook = book("T2", "T3", former=[former] if former else [])
    table = published(shares([("2024", "why", "T2", 0.4)]), [released([("2024", "why", "T1", 0.25)])], codebook)
    assert table.at["T1", "fate"] == fate and table.at["T1", "now_theme_id"] == heirs
    assert (table.at["T1", "difference"] == 0.15) == (fate == "merged")


def test_a_new_name_is_told():
    assert fate_of(book("T1", names={"T1": "New"}), "T1", "Old") == ("renamed", ("T1",), "New")


@settings(max_examples=40, deadline=None)
@given(st.lists(SHARE, min_size=3, max_size=3), st.lists(SHARE, min_size=3, max_size=3))
def test_whatever_is_coded_now_the_published_columns_stay(then, now):
    """A release survives a retrain: only the columns of today move."""
    release = released([(w, "why", "T1", s) for w, s in zip(WAVES, then, strict=True)], waves=WAVES, checked=False)
    today = shares([(w, "why", "T1", s) for w, s in zip(WAVES, now, strict=True)], checked=False)
    table = compare_published(today, [release], book("T1"))
    columns = ["release", "wave", "question_id", "name", "base", "n", "share", "method"]
    again = compare_published(empty(PREVALENCE), [release], book("T2"))
    assert table[columns].equals(again[columns]) and again["now_share"].isna().all()
    assert table["share"].tolist() == then and table["now_share"].tolist() == now
