"""The codebook: ids that stay, refused contradictions, examples in three forms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import parse
from pipeline.survey.description import Survey
from pipeline.themes.codebook import effective, from_effective, give_ids, load_codebook

SURVEY = parse(
    Survey,
    {
        "waves": {"w": {"file": "f", "sha256": "x"}},
        "questions": {
            "why": {"columns": ["Why?"], "kind": "open"},
            "what": {"columns": ["What?"], "kind": "open"},
            "sector": {"columns": ["Sector"], "kind": "single"},
        },
    },
    "survey.yaml",
)


def load(tmp_path, text):
    path = tmp_path / "codebook.yaml"
    path.write_text(text)
    return load_codebook(SURVEY, path)


def test_name_and_id_are_enough_and_no_is_a_word(tmp_path):
    codebook = load(tmp_path, "- {id: T01, name: Trust}\n- {id: T02, name: 'No', examples: ['No', 12]}\n")
    assert [t.name for t in codebook.themes] == ["Trust", "No"]
    assert [e.text for e in codebook.themes[1].examples] == ["No", "12"]


def test_questions_may_be_headers(tmp_path):
    codebook = load(tmp_path, "- {id: T01, name: a, questions: ['Why?'], examples: [{text: x, question: 'What?'}]}\n")
    assert codebook.themes[0].questions == ("why",)
    assert codebook.themes[0].examples[0].question == "what"
    assert [t.id for t in codebook.for_question("what")] == []


@pytest.mark.parametrize("text", ["", "[]\n", "# nothing yet\n"])
def test_an_empty_codebook_is_fine(tmp_path, text):
    assert load(tmp_path, text).themes == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {id: T01, name: a}\n- {id: T01, name: b}\n", "id `T01` stands at two"),
        ("- {id: T01, name: a}\n- {id: T02, name: A}\n", "name `A` stands at two"),
        ("- {name: a}\n", "no id.*--fix"),
        ("- {id: T01, name: a, questions: [who]}\n", "no question `who`"),
        ("- {id: T01, name: a, questions: [sector]}\n", "not an open question"),
        ("- {id: T01, name: a, colour: red}\n", "unknown key"),
        ("- {id: T01, name: a, examples: [{start: 1, end: 2}]}\n", "an example is"),
        ("- {id: T01, name: a, examples: [{response_id: r, start: 2, end: 2}]}\n", "start < end"),
        ("- {id: T01, name: a, examples: [No]}\n", "in quotes"),
        ("- just words\n", "not a mapping"),
        ("name: a\n", "not a list"),
        ("- {id: T01, name: a\n", "line"),
    ],
)
def test_a_codebook_that_cannot_be_is_refused(tmp_path, text, message):
    with pytest.raises(ThemebookError, match=message):
        load(tmp_path, text)


def test_the_effective_codebook_reads_back(tmp_path):
    codebook = load(tmp_path, "- {id: T01, name: a, definition: d, include: [x, y], role: overarching}\n")
    assert from_effective(effective(codebook)) == codebook
    assert codebook.themes[0].include == "x; y"


@given(st.lists(st.sampled_from(["", "T01", "T03", "X"]), max_size=12))
def test_given_ids_are_new_and_standing_ones_stay(ids):
    standing = [i for n, i in enumerate(ids) if not i or i not in ids[:n]]
    themes = give_ids([{"name": str(n), "id": i} if i else {"name": str(n)} for n, i in enumerate(standing)])
    assert len({t["id"] for t in themes}) == len(themes)
    assert [t["id"] for t, i in zip(themes, standing, strict=True) if i] == [i for i in standing if i]
