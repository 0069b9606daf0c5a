"""Meaning units: each rule at its boundary, and what holds for any answer."""

import hashlib
import re

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.foundation.contracts import REDACTIONS, UNITS
from pipeline.foundation.params import Segment
from pipeline.foundation.tables import check
from pipeline.text.boundaries import count_words, cut
from pipeline.text.units import segment

PROPERTY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)


def table(texts):
    return pd.DataFrame({"response_id": [f"r{i:03}" for i in range(len(texts))], "text": texts})


def pieces(text, nlp, **params):
    units, _, _ = segment(table([text]), Segment(**params), nlp)
    return [text[a:b] for n, a, b in zip(units["n"], units["start"], units["end"], strict=True) if n]


@pytest.mark.parametrize(
    "marked",
    [
        # sentences, lines, lists
        "The room was cold. | Nobody came for hours.",
        "The room was cold\n|nobody came for hours",
        "1. Fix the lifts soon\n|2. More chairs please now\n|- Clean the toilets daily",
        "It is too slow here; | it is far too dear",
        "I liked the care.|The staff was very nice to us.",
        "Dr. Khan was kind to me. | Mr. Smith was not kind.",
        # clauses
        "The nurse was kind | and the food was cold.",
        "Staff were friendly | but the room was dirty | and nobody cleaned it.",
        "I like it | although the wait was long",
        "The staff were kind, | the food was bad.",
        "When I arrived, the staff were kind.",
        "Reduce waiting times | and hire more staff",
        "The nurses and the doctors were very kind to me.",
        # lists: items of at least three words, or none
        "More parking near the hospital, | cleaner toilets on every ward | and better food for patients",
        "more parking, cleaner toilets and better food",
        # short pieces join a neighbour
        "Great. Really great. | I loved the new website so much.",
        "I loved the new website so much. Great.",
        "Parking\nFood\nStaff",
        # never inside quotes, brackets, addresses
        'He said "the food was cold and the staff were rude" to me.',
        "Some wards (the food was cold and the staff were rude) are bad.",
        "See https://a.org/x;y=1 and mail me.now@b.org; | it is good to know",
        # other scripts
        "我很喜欢这里的服务，工作人员都很友好。|可是等待的时间实在太长了！|希望能够改进预约系统。",
        "Das Personal war sehr freundlich, z. B. am Empfang. | Das Essen war leider kalt und spät.",
        "كان الموظفون ودودين للغاية. | لكن الانتظار كان طويلا جدا؟ | نعم كان كذلك",
        "👨‍👩‍👧 loved it so much. | Cafe\u0301 was closed all day 🇬🇧🇫🇷",
    ],
)
def test_boundaries(marked, nlp):
    text = re.sub(r" ?\| ?", lambda m: " " if " " in m.group() else "", marked)
    assert pieces(text, nlp) == [part.strip() for part in marked.split("|")]


@pytest.mark.parametrize(("least", "n"), [(5, 2), (6, 1)])
def test_min_words_on_both_sides(least, n, nlp):
    assert len(pieces("The nurse was very kind and the food was cold.", nlp, min_words=least)) == n


def test_unit_zero_is_the_whole_answer_without_outer_space(nlp):
    text = "  All was good.\n"
    units, _, _ = segment(table([text]), Segment(), nlp)
    assert units[["n", "start", "end"]].values.tolist() == [[0, 2, 15], [1, 2, 15]]
    assert set(units["text_id"]) == {hashlib.sha256(b"All was good.").hexdigest()}
    assert units["unit_id"].str.fullmatch("u_[0-9a-f]{16}").all() and units["unit_id"].is_unique


def test_other_languages_get_patterns_only(nlp):
    text = "Danke an Frau Petra Schneider, sie war wirklich sehr freundlich. Mail an p@x.de bitte."
    units, redactions, _ = segment(table([text]), Segment(), nlp)
    assert set(units["language"]) == {"de"}
    assert redactions["type"].tolist() == ["EMAIL"]


def test_names_are_masked_unless_told_otherwise(nlp):
    answers = table(["My nurse Priya was very kind, ring 020 7946 0318."])
    assert segment(answers, Segment(), nlp)[1]["type"].tolist() == ["NAME", "PHONE"]
    assert segment(answers, Segment(mask_names=False), nlp)[1]["type"].tolist() == ["PHONE"]


def test_no_answers_give_empty_tables(nlp):
    units, redactions, _ = segment(table([]), Segment(), nlp)
    assert list(units) == list(UNITS.columns) and list(redactions) == list(REDACTIONS.columns)
    assert len(units) == len(redactions) == 0
    assert len(segment(table(["  \n "]), Segment(), nlp)[0]) == 0


@pytest.mark.parametrize("text", ["The staff was kind but slow. " * 1400, "(" * 40_000, "a@" * 20_000, "." * 40_000])
def test_very_long_answers(text, nlp):
    units, _, _ = segment(table([text]), Segment(), nlp)
    assert units["end"].max() == len(text.strip())


def test_an_answer_longer_than_one_part(nlp):
    text = "The staff was kind to me. " * 2400
    assert len(text) > 50_000
    assert set(pieces(text, nlp)) == {"The staff was kind to me."}


TEXT = st.text(
    st.sampled_from("abcxyzABC \n\t.,;:!?\"'()[]-–&@/0123éñ\u0301\u200b\u200d\u202eשم،؟我。！🇬🇧😀👩\U0001f3fd\u00a0"),
    max_size=80,
)
WORDS = st.lists(
    st.sampled_from(
        'the staff was kind and but food cold , . ; however nurse Julie they came \n although we ( ) " 2.'.split(" ")
    ),
    max_size=40,
).map(" ".join)


@PROPERTY
@given(st.lists(st.one_of(TEXT, WORDS), min_size=1, max_size=5), st.integers(1, 6))
def test_units_tile_every_answer_in_order(nlp, texts, least):
    answers = table(texts)
    units, redactions, _ = segment(answers, Segment(min_words=least), nlp)
    check(units, UNITS, "units")
    check(redactions, REDACTIONS, "redactions")
    for response_id, text in zip(answers["response_id"], answers["text"], strict=True):
        own = units[units["response_id"] == response_id]
        spans = own[["start", "end"]].values.tolist()
        assert own["n"].tolist() == list(range(len(own)))
        if not text.strip():
            assert not spans
            continue
        whole, parts = spans[0], spans[1:]
        assert text[slice(*whole)] == text.strip()
        assert all(text[a:b] == text[a:b].strip() != "" for a, b in parts)
        assert all(b <= c for (_, b), (c, _) in zip(parts, parts[1:], strict=False))
        covered = {i for a, b in parts for i in range(a, b)}
        assert {i for i, c in enumerate(text) if not c.isspace()} <= covered
        if len(parts) > 1:
            assert all(count_words(text[a:b]) >= least for a, b in parts)
        ids = [hashlib.sha256(text[a:b].encode()).hexdigest() for a, b in spans]
        assert own["text_id"].tolist() == ids


@PROPERTY
@given(st.lists(WORDS, min_size=2, max_size=6), st.randoms())
def test_row_order_changes_nothing(nlp, texts, random):
    answers = table(texts + texts[:1])
    shuffled = answers.sample(frac=1, random_state=random.randrange(1000))
    for one, two in zip(segment(answers, Segment(), nlp), segment(shuffled, Segment(), nlp), strict=True):
        pd.testing.assert_frame_equal(one, two)


def test_cut_leaves_accents_flags_and_joined_emoji_whole():
    text = "e\u0301 🇬🇧 👩\u200d👧 👍\U0001f3fd"
    every = {i for a, b in cut(text, range(len(text)), 0) for i in (a, b)}
    assert not every & {1, 4, 7, 8, 11}


@pytest.mark.shared
def test_real_answers_are_cut_into_whole_tiles(shared_data, nlp):
    forms = pd.read_csv(shared_data / "nhs_fft" / "2021Q2.csv", dtype=str, keep_default_na=False)
    texts = [text for column in forms.columns[6:] for text in forms[column] if text.strip()][:120]
    units, _, _ = segment(table(texts), Segment(), nlp)
    parts = units[units["n"] > 0]
    assert 1.2 < len(parts) / len(texts) < 4
    by_id = dict(zip(table(texts)["response_id"], texts, strict=True))
    shown = parts.groupby("response_id").apply(
        lambda g: "".join(by_id[g.name][a:b] for a, b in zip(g["start"], g["end"], strict=True)), include_groups=False
    )
    assert all("".join(shown[i].split()) == "".join(text.split()) for i, text in by_id.items())
