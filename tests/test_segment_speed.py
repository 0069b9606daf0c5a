"""What segmenting saves changes no result: rules looked up once, entities if asked for, any batch, any shard."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.foundation.contracts import REDACTIONS, SIGNS_OF_PROPOSALS, UNITS
from pipeline.foundation.params import Segment
from pipeline.text import units
from pipeline.text.names import find_names
from pipeline.text.parts_of_speech import NAME, replace_ruler
from pipeline.text.units import distinct_texts, placed, read_texts, segment

ROOT = Path(__file__).parents[1]
PACKAGE = Segment().spacy_model
TEXTS = [
    "Julie and Dr Khan were lovely, but the food was cold.",
    "Ask for Dmitri at the desk. Dmitri explained it all to me.",
    "There is no parking\nand it's not gonna get better, is it?",
    "I wish that somebody would answer; they ain't there.",
    "More chairs,  cleaner toilets and better food for patients!",
    "What was there is what I had to do, let's say. Y'all did well.",
    "Das Personal war sehr freundlich und hilfsbereit.",
    "Write to j.bloggs@example.org or ring 020 7946 0318.",
    "J. Smith and Westminster Hospital and Google Cloud and Zsófia",
    " ",
    "",
    "Sam told us. Thanks to Sam, Priya & O'Neill of Unit 7 (Leeds).",
]
SENTENCES = st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3).map(" ".join)
PROPERTY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)


@pytest.fixture(scope="module")
def plain():
    """The pipeline as its package has it."""
    return importlib.import_module(PACKAGE).load(exclude=["lemmatizer", "senter"])


def parts(nlp, texts):
    return [[(t.text, t.pos_, t.tag_, t.dep_) for t in doc] for doc in nlp.pipe(texts)]


@PROPERTY
@given(texts=st.lists(SENTENCES | st.text(max_size=40), min_size=1, max_size=5))
def test_parts_of_speech_are_those_of_the_attribute_ruler(nlp, plain, texts):
    assert NAME in nlp.pipe_names
    assert "attribute_ruler" not in nlp.pipe_names
    assert parts(nlp, texts) == parts(plain, texts)


@pytest.mark.parametrize(
    ("patterns", "pos"),
    [
        # a later rule wins
        ([([[{"LOWER": "a"}]], "NOUN", 0), ([[{"LOWER": "a"}]], "VERB", 0)], ["VERB", "", "VERB"]),
        # over two words, and of two, the later one
        ([([[{"LOWER": "a"}, {"LOWER": "b"}]], "ADJ", 1), ([[{"LOWER": "b"}]], "NOUN", 0)], ["", "NOUN", ""]),
        ([([[{"LOWER": "b"}]], "NOUN", 0), ([[{"LOWER": "a"}, {"LOWER": "b"}]], "ADJ", 1)], ["", "ADJ", ""]),
        # from the end
        ([([[{"LOWER": "a"}, {"LOWER": "b"}]], "ADJ", -2)], ["ADJ", "", ""]),
        # words described, words listed, and what is looked up in no list
        ([([[{"LOWER": {"REGEX": "^a$"}}]], "X", 0)], ["X", "", "X"]),
        ([([[{"LOWER": {"IN": ["a", "z"]}}]], "X", 0)], ["X", "", "X"]),
        ([([[{"SHAPE": "X"}]], "PROPN", 0)], ["", "PROPN", ""]),
    ],
)
def test_rules_of_any_kind_are_kept(patterns, pos):
    import spacy

    def made():
        nlp = spacy.blank("en")
        ruler = nlp.add_pipe("attribute_ruler")
        for pattern, value, index in patterns:
            ruler.add(pattern, {"POS": value, "LEMMA": "unread"}, index)
        return nlp

    fast = made()
    replace_ruler(fast)
    assert [t.pos_ for t in made()("a B a")] == pos
    for _ in range(2):
        assert [t.pos_ for t in fast("a B a")] == pos


@PROPERTY
@given(text=SENTENCES)
def test_entities_found_when_asked_for_give_the_same_names(nlp, text):
    whole = nlp(text)
    with nlp.select_pipes(disable=["ner"]):
        later = nlp(text)
    assert find_names(text, later, nlp.get_pipe("ner")) == find_names(text, whole)


def test_entities_are_not_looked_for_where_no_word_could_be_a_name(nlp):
    with nlp.select_pipes(disable=["ner"]):
        doc = nlp("The food was cold and nobody came.")
    find_names(doc.text, doc, lambda doc: pytest.fail("nobody asked"))


@PROPERTY
@given(texts=st.lists(SENTENCES, min_size=1, max_size=8, unique=True), batch=st.integers(1, 5))
def test_how_texts_are_grouped_changes_nothing(nlp, texts, batch):
    whole = read_texts(texts, Segment(), nlp)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(units, "BATCH", batch)
        assert read_texts(texts, Segment(), nlp).equals(whole)
    alone = pa.concat_tables([read_texts([text], Segment(), nlp) for text in texts])
    assert alone.combine_chunks().equals(whole)


@PROPERTY
@given(texts=st.lists(SENTENCES, max_size=8), rows=st.integers(1, 9), at_once=st.integers(1, 9))
def test_answers_get_the_same_units_however_they_are_cut(nlp, texts, rows, at_once):
    responses = pd.DataFrame({"response_id": [f"r{i:02}" for i in range(len(texts))], "text": texts}, dtype="str")
    whole = segment(responses, Segment(), nlp)
    table = pa.table({**responses, "status": ["answered"] * len(texts)}).cast(
        pa.schema([(name, pa.string()) for name in ("response_id", "text", "status")])
    )
    ids, of, distinct = distinct_texts(table.slice(i, rows) for i in range(0, len(table), rows))
    assert distinct["text"].to_pylist() == sorted(set(texts))
    known = distinct["text"].to_pylist()
    read = [read_texts(known[i : i + rows], Segment(), nlp) for i in range(0, len(known), rows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(units, "ANSWERS", at_once)
        cut = list(placed(ids, of, read or [read_texts([], Segment(), nlp)]))
    for contract, one, many in zip((UNITS, REDACTIONS, SIGNS_OF_PROPOSALS), whole, zip(*cut, strict=True), strict=True):
        joined = pa.concat_tables(many).to_pandas()
        if contract is SIGNS_OF_PROPOSALS:
            joined = joined.sort_values("unit_id", ignore_index=True)
        pd.testing.assert_frame_equal(joined, one)


def test_only_answered_responses_are_read():
    table = pa.table(
        {"response_id": ["a", "b", "c"], "text": ["x", "y", "x"], "status": ["answered", "blank", "answered"]}
    )
    ids, rows, texts = distinct_texts([table])
    assert ids == ["a", "c"]
    assert np.array_equal(rows, [0, 0])
    assert texts.to_pydict() == {"text": ["x"]}


def test_spacy_is_loaded_without_torch():
    script = (
        "import sys\nfrom pipeline.text.spacy_model import load_spacy\n"
        f"load_spacy({PACKAGE!r})\nassert 'torch' not in sys.modules\nimport torch\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
