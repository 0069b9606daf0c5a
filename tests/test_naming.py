"""Names: short phrases from the texts, never a list, never one person's own words."""

import numpy as np
import pytest

from pipeline.foundation.params import Segment
from pipeline.themes.naming import NAMELESS, broad_name, names_of, telling_phrases
from pipeline.themes.phrases import plain_words, readable_phrases

PARKING = ["The car park was full.", "There is no car park nearby", "Bigger car park please", "A car park, finally"]
FOOD = ["The hospital food was cold", "I hated the hospital food", "Better hospital food", "Food, hospital food!"]


@pytest.fixture(scope="module")
def phrases():
    return readable_phrases(Segment())


def test_a_name_is_a_noun_phrase_of_the_texts(phrases):
    texts = PARKING + FOOD
    ranked = telling_phrases(phrases(texts, ["en"] * 8), np.repeat([0, 1], 4))
    assert names_of(ranked, [0, 1]) == {0: "car park", 1: "hospital food"}


def test_masked_names_and_people_never_name_a_candidate(phrases):
    found = phrases(["[NAME] was lovely", "Thank you John Smith and Mary Jones"] * 3, ["en"] * 6)
    words = {word for mine in found for phrase in mine for word in phrase.split()}
    assert not words & {"name", "john", "smith", "mary", "jones"}


def test_what_has_no_noun_is_named_by_its_quality(phrases):
    ranked = telling_phrases(phrases(["Very good.", "Was very good", "very good!"], ["en"] * 3), np.zeros(3, int))
    assert ranked[0][0] == "very good"


def test_what_one_passage_alone_says_is_no_name():
    assert telling_phrases([["secret"], ["open"], ["open"]], np.zeros(3, int)) == {0: ["open"]}


def test_other_languages_give_their_words(phrases):
    assert phrases(["Das Essen war kalt"], ["de"]) == [["das", "essen", "war", "kalt"]]
    assert plain_words("停车场 12") == ["停车场"]


def test_nothing_to_say_is_said():
    assert telling_phrases([[], []], np.array([0, 1])) == {0: [], 1: []}
    assert names_of({0: [], 1: []}, [0, 1]) == {0: NAMELESS, 1: f"{NAMELESS} (2)"}
    assert broad_name([], []) == NAMELESS


def test_no_two_candidates_share_a_name():
    names = names_of({0: ["bus"], 1: ["bus"], 2: ["bus", "train"]}, [2, 0, 1])
    assert len(set(names.values())) == 3 and names[2] == "bus"


def test_a_broad_name_repeats_no_word():
    assert broad_name(["long wait", "wait", "phone call"], []) == "long wait and phone call"
    assert broad_name(["long wait"], ["wait", "staff"]) == "long wait and staff"
