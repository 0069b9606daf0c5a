"""What is new: found where it was planted, silent where waves are dealt at random, the same for every row order."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from pipeline.evidence.emerging import ALPHA, answers_of, find_news, neighbourhoods, scan
from pipeline.evidence.explained import explained
from pipeline.foundation.contracts import EMERGING, EMERGING_ANSWERS, HELDOUT, MENTIONS
from pipeline.foundation.tables import check, empty
from pipeline.themes.phrases import plain_words

WAVES = ["2023", "2024", "2025"]
THINGS = ["parking is hard", "forms are long", "nobody calls back", "heating is broken", "the shuttle bus is full"]


def words(texts, languages):
    return [plain_words(text) for text in texts]


def survey(seed, planted=12, each=50, new="2025", gone=False):
    """Answers (invented) about four things in every wave, and a fifth in one wave alone, or in the others."""
    generator = np.random.default_rng(seed)
    wave = np.repeat(WAVES, each)
    thing = generator.integers(0, 4, len(wave))
    home = np.flatnonzero(wave != new) if gone else np.flatnonzero(wave == new)
    thing[generator.choice(home, planted, replace=False)] = 4
    vectors = np.eye(5, 20)[thing] + 0.12 * generator.normal(size=(len(wave), 20))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = generator.permutation(len(wave))
    answers = pd.DataFrame(
        {
            "response_id": [f"a{i:03d}" for i in ids],
            "unit_id": [f"u{i:03d}" for i in ids],
            "wave": wave,
            "respondent_id": [f"r{i:03d}" for i in ids],
            "question_id": np.where(np.arange(len(wave)) % 3 == 0, "why", "change"),
            "text_id": [f"t{i:03d}" for i in ids],
            "language": "en",
            "explained": False,
        }
    )
    return answers, vectors, [THINGS[t] for t in thing], thing


def run(answers, vectors, shown, waves=WAVES, seed=0):
    return find_news(answers, lambda rows: vectors[rows], lambda rows: [shown[i] for i in rows], waves, words, seed)


@pytest.mark.parametrize("seed", range(4))
def test_a_planted_group_is_found_and_named(seed):
    answers, vectors, shown, thing = survey(seed)
    news = run(answers, vectors, shown)
    first = news.findings.iloc[0]
    assert (first["kind"], first["since"]) == ("emerging", "2025")
    mine = news.answers[news.answers["finding_id"] == first["finding_id"]]
    of_thing = answers.assign(thing=thing).set_index("response_id")["thing"]
    assert (of_thing.loc[mine.loc[mine["recent"], "response_id"]] == 4).mean() > 0.8
    assert set(first["name"].split()) & {"shuttle", "bus", "full"}
    assert first["n_new"] > 2 * first["expected"]
    assert first["p_adjusted"] <= ALPHA


def test_what_began_in_the_wave_before_the_newest_is_still_news():
    answers, vectors, shown, thing = survey(1, planted=10, new="2024")
    late = np.flatnonzero((answers["wave"] == "2025").to_numpy())[:10]
    vectors[late] = vectors[np.flatnonzero(thing == 4)] + 0.01 * vectors[late]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert run(answers, vectors, shown).findings["since"].tolist() == ["2024"]


def test_what_is_said_no_more_fades():
    answers, vectors, shown, _ = survey(2, planted=40, gone=True)
    found = run(answers, vectors, shown).findings
    assert found["kind"].tolist() == ["fading"]
    assert found["difference"].iloc[0] < 0


def test_waves_dealt_at_random_seldom_raise_an_alarm():
    alarms = 0
    for seed in range(40):
        answers, vectors, shown, _ = survey(seed)
        dealt = np.random.default_rng(100 + seed).permutation(answers["wave"])
        alarms += len(run(answers.assign(wave=dealt), vectors, shown, seed=seed).findings) > 0
    # At 5 % for both kinds together, more than 6 of 40 come about once in a hundred times.
    assert alarms <= 6


def test_another_question_asked_makes_no_news():
    """A wave that alone asked one question differs in what it says by that alone."""
    answers, vectors, shown, thing = survey(3, planted=15)
    asked = np.where(thing == 4, "shuttle", answers["question_id"])
    assert not len(run(answers.assign(question_id=asked), vectors, shown).findings)


def test_what_a_theme_explains_is_no_news():
    answers, vectors, shown, thing = survey(0)
    assert not len(run(answers.assign(explained=thing == 4), vectors, shown).findings)


def test_row_order_changes_nothing():
    answers, vectors, shown, _ = survey(0)
    before = run(answers, vectors, shown)
    order = np.random.default_rng(1).permutation(len(answers))
    after = run(answers.iloc[order], vectors[order], [shown[i] for i in order])
    pd.testing.assert_frame_equal(before.findings, after.findings)
    pd.testing.assert_frame_equal(before.answers, after.answers)


def test_names_of_waves_change_nothing():
    answers, vectors, shown, _ = survey(0)
    other = dict(zip(WAVES, ["a", "b", "c"], strict=True))
    before = run(answers, vectors, shown).findings
    after = run(answers.assign(wave=answers["wave"].map(other)), vectors, shown, list(other.values())).findings
    pd.testing.assert_frame_equal(before.drop(columns="since"), after.drop(columns="since"))


def test_tables_keep_their_contracts_and_agree():
    answers, vectors, shown, _ = survey(0)
    news = run(answers, vectors, shown)
    findings, members = check(news.findings, EMERGING, "here"), check(news.answers, EMERGING_ANSWERS, "here")
    for row in findings.to_dict("records"):
        mine = members[members["finding_id"] == row["finding_id"]]
        assert (mine["recent"].sum(), (~mine["recent"]).sum()) == (row["n_new"], row["n_earlier"])
        assert row["difference"] == pytest.approx(row["share_new"] - row["share_earlier"])


@pytest.mark.parametrize("kept", [0, 8])
def test_little_or_one_wave_gives_empty_tables(kept):
    answers, vectors, shown, _ = survey(0)
    few = run(answers.iloc[:kept], vectors[:kept], shown[:kept])
    one = run(answers[answers["wave"] == "2023"], vectors[:50], shown[:50], ["2023"])
    for news in (few, one):
        assert not len(check(news.findings, EMERGING, "here"))
        assert not len(check(news.answers, EMERGING_ANSWERS, "here"))


def test_copies_of_an_answer_stand_together():
    vectors = np.eye(12)[np.arange(24) % 12]
    groups = neighbourhoods([f"t{i % 12:02d}" for i in range(24)], vectors)
    assert groups.windows.shape[1] == 12
    assert np.array_equal(groups.point[:12], groups.point[12:])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.integers(5, 30), st.sampled_from([1, -1]))
def test_a_group_that_holds_whole_waves_evenly_is_never_found(seed, size, sign):
    """Every wave and stratum alike inside the group and out: nothing can stand out."""
    wave = np.tile([0, 1], size * 2)
    members = csr_matrix((np.arange(len(wave)) < 2 * size)[None, :].astype(np.float32))
    assert scan(members, wave, np.zeros(len(wave), int), [1], sign, seed) == []


def mention(response_id, mentioned, source="model", sure=False):
    ids = {"wave": "2025", "question_id": "why", "respondent_id": response_id, "response_id": response_id}
    return {**ids, "theme_id": "T01", "probability": 0.5, "mentioned": mentioned, "sure": sure, "source": source}


RESPONSES = pd.DataFrame({"response_id": list("abcdefghij"), "wave": ["2024"] * 5 + ["2025"] * 5})


def test_people_decide_where_they_read_nearly_everything():
    read = [mention(r, r in "abf", "person") for r in "abcdefghij"]
    mentions = check(pd.DataFrame(read), MENTIONS, "here")
    assert "".join(RESPONSES["response_id"][explained(RESPONSES, mentions, empty(HELDOUT))]) == "abf"


def test_otherwise_the_machine_decides_for_all_by_what_it_had_not_seen():
    """People gave b and c a theme; the machine, without having seen them, only c."""
    read = [mention(r, r in "bc", "person") for r in "abcde"] + [mention(r, r in "fg") for r in "fghij"]
    heldout = [{**mention(r, r in "cd"), "fold": 0} for r in "abcde"]
    heldout = check(pd.DataFrame(heldout).drop(columns=["sure", "source"]), HELDOUT, "here")
    mentions = check(pd.DataFrame(read), MENTIONS, "here")
    assert "".join(RESPONSES["response_id"][explained(RESPONSES, mentions, heldout)]) == "cdfg"


def test_the_few_that_people_did_not_read_need_a_sure_mention():
    many = pd.DataFrame({"response_id": [f"a{i:02d}" for i in range(40)], "wave": ["2024"] * 20 + ["2025"] * 20})
    rows = [mention(r, False, "person") for r in many["response_id"][:38]]
    rows += [mention("a38", True), mention("a39", True, sure=True)]
    found = explained(many, check(pd.DataFrame(rows), MENTIONS, "here"), empty(HELDOUT))
    assert many["response_id"][found].tolist() == ["a39"]


def test_without_a_codebook_nothing_is_explained():
    assert not explained(RESPONSES, empty(MENTIONS), empty(HELDOUT)).any()


def test_answers_are_the_answered_ones_with_their_whole_unit():
    responses = pd.DataFrame(
        {
            "response_id": ["b", "a", "c"],
            "wave": "2025",
            "respondent_id": ["r2", "r1", "r3"],
            "question_id": "why",
            "text": ["too far", "too dear", "n/a"],
            "status": ["answered", "answered", "non_answer"],
            "reason": "",
        }
    )
    units = pd.DataFrame(
        {
            "unit_id": ["b.0", "b.1", "a.0", "c.0"],
            "response_id": ["b", "b", "a", "c"],
            "n": [0, 1, 0, 0],
            "start": 0,
            "end": 7,
            "text_id": ["x", "y", "z", "w"],
            "language": "en",
        }
    )
    listed = answers_of(responses, units, empty(MENTIONS), empty(HELDOUT))
    assert listed[["response_id", "unit_id", "explained"]].values.tolist() == [["a", "a.0", False], ["b", "b.0", False]]
