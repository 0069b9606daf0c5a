"""Meaning units: texts that once stopped the segmentation, further boundaries, and real answers of every survey."""

import csv
import random

import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.foundation.params import Segment
from pipeline.text.ids import text_id
from pipeline.text.units import segment

SEED = 2025


def table(texts):
    return pd.DataFrame({"response_id": [f"r{i:04}" for i in range(len(texts))], "text": texts})


def checked(texts, nlp, **params):
    """The pieces of each text, after everything that must hold of any segmentation was asserted."""
    answers = table(texts)
    units, _, _ = segment(answers, Segment(**params), nlp)
    spans = dict(iter(units.groupby("response_id")))
    found = []
    for response_id, text in zip(answers["response_id"], answers["text"], strict=True):
        own = spans.get(response_id)
        if own is None:
            assert not text.strip()
            found.append([])
            continue
        places = list(zip(own["start"], own["end"], strict=True))
        assert own["n"].tolist() == list(range(len(own)))
        assert own["text_id"].tolist() == [text_id(text[a:b]) for a, b in places]
        (start, end), parts = places[0], places[1:]
        assert text[start:end] == text.strip()
        assert (parts[0][0], parts[-1][1]) == (start, end)
        assert all(text[a:b] and text[a:b] == text[a:b].strip() for a, b in parts)
        # Nothing but white space lies between one piece and the next, which begins no earlier than the first ends.
        assert all(b <= c and not text[b:c].strip() for (_, b), (c, _) in zip(parts, parts[1:], strict=False))
        found.append([text[a:b] for a, b in parts])
    return found


@pytest.mark.parametrize(
    "text",
    [
        # A clause as subject and a comma after it: next() found no other subject.
        "What they did for me that day, helped a lot.",
        "I think going there, was bad.",
        # A conjunction or comma with nothing after it, or nothing at all.
        "and",
        "and ,",
        ", and ,",
        ", but , although ,",
        "The staff were kind and",
        "The staff were kind but ,",
        ",,,,",
        "...!!!???",
        "()[]\"\"''",
        "123 456; 789",
        "👍",
        "\u200b",
        "\u0301",
    ],
)
def test_odd_texts_stay_one_unit(text, nlp):
    assert checked([text], nlp) == [[text]]


@pytest.mark.parametrize("text", ["", " ", "\n\t\u3000\u00a0\u2028"])
def test_white_space_has_no_units(text, nlp):
    assert checked([text], nlp) == [[]]


@pytest.mark.parametrize(
    "parts",
    [
        ["Was it good?", "No it was not!", "It never was."],
        ["The staff were kind；", "the food was cold"],
        ["More nurses on wards;", " better food at night; free parking"],
        ["- more nurses on wards\n", "- better food at night\n", "• free parking for visitors"],
        ["Bring things, e.g. Pillows and blankets for the night."],
        ["Appointments approx. Ten minutes late every single time."],
        ["It cost 3.50 to park.", " That is too much."],
        ["Well... it was good I suppose."],
        ["The nurses were kind but cold"],
        ["kind but the waiting room was far too cold"],
        ["nurses, food, and parking"],
        ["We waited (it was very cold. Nobody came to see us) for two hours."],
        ["We waited [it was very cold. Nobody came to see us] for two hours."],
        ["She said “it was cold. Nobody came to see us” and left."],
        ["See https://example.org/a.B;c?d=1.E for the full list of things we want."],
        ["Ring me on 020 7946 0318;", " then tell me what happened there."],
        ["הצוות היה אדיב מאוד.", " האוכל היה קר וההמתנה ארוכה מדי."],
        ["The staff\u200b were kind. ", "The food\u200b was cold."],
        # Another language is cut at the end of a sentence, never before its "und".
        ["Das Personal war sehr freundlich.", " Das Essen war kalt, und die Betten waren hart."],
    ],
)
def test_further_boundaries(parts, nlp):
    assert checked(["".join(parts)], nlp) == [[part.strip() for part in parts]]


def test_a_redaction_is_never_cut(nlp):
    text = "I was seen by Julie Smith; J. Patel and Anna de la Cruz. Mail j.b@x.org; ring 020 7946 0318. All lovely."
    units, redactions, _ = segment(table([text]), Segment(), nlp)
    assert len(redactions) >= 5
    edges = set(units.loc[units["n"] > 0, "start"]) | set(units.loc[units["n"] > 0, "end"])
    assert all(not edges & set(range(a + 1, b)) for a, b in zip(redactions["start"], redactions["end"], strict=True))


@pytest.mark.parametrize("sign", [",", "👍", "\u0301", "和", "a.", "; x ", "\n\n- "])
def test_forty_thousand_characters_of_one_sign(sign, nlp):
    text = (sign * 40_000)[:40_000]
    (found,) = checked([text], nlp)
    assert found


WORDS = st.lists(
    st.sampled_from(
        "what they did waiting going there to wait that it is was were been helped seems makes me the staff kind "
        'slow I think and or but so plus & although even though while yet which who , . ; : … ( ) " “ ” - 1. 👍'.split()
    ),
    max_size=30,
).map(" ".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(texts=st.lists(WORDS, min_size=8, max_size=12), least=st.integers(1, 5))
@example(texts=["and ,"], least=1)
def test_words_in_any_order_are_cut_into_whole_tiles(nlp, texts, least):
    checked(texts, nlp, min_words=least)


def of_csv(path, least_words=1):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        cells = {cell for row in list(csv.reader(stream))[1:] for cell in row}
    return sorted(cell for cell in cells if len(cell.split()) >= least_words)


def of_polis(path):
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return sorted({row["text"] for row in csv.DictReader(stream)})


@pytest.mark.shared
def test_real_answers_of_every_survey(shared_data, nlp):
    pools = [
        of_polis(shared_data / "polis" / "english.csv"),
        of_polis(shared_data / "polis" / "non_english.csv"),
        of_csv(shared_data / "jupyter_2015" / "export.csv", 4),
        of_csv(shared_data / "spack_survey" / "2021.csv", 4),
        of_csv(shared_data / "nhs_fft" / "2022Q1.csv", 4),
    ]
    draw = random.Random(SEED)
    texts = [text for pool in pools for text in draw.sample(pool, 100)]
    found = checked(texts, nlp)
    assert len(texts) == 500 and all(found)
    assert sum(map(len, found)) > 1.3 * len(texts)
