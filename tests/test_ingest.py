import csv
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from pipeline.foundation.contracts import CLOSED, RESPONDENTS, RESPONSES
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Ingest
from pipeline.foundation.tables import check
from pipeline.survey.description import Survey
from pipeline.survey.formats import Export, read_export
from pipeline.survey.guess import guess_survey
from pipeline.survey.ingest import ingest, split_options

QUESTIONS = {
    "why": {"columns": ["Why 1", "Why 2"], "kind": "open"},
    "more": {"columns": ["More?"], "kind": "open", "waves": ["2026"]},
    "tools": {"columns": ["Tools"], "kind": "multi"},
    "rate": {"columns": ["Rate [food]", "Rate [staff]"], "kind": "grid"},
    "age": {"columns": ["Age"], "kind": "numeric"},
    "sector": {"columns": ["Sector", "Branch"], "kind": "single", "attribute": True},
    "date": {"columns": ["Date"], "kind": "ignore", "reason": "dates"},
}
HEADER = ("id", "w", "Why 1", "Why 2", "Tools", "Rate [food]", "Rate [staff]", "Age", "Branch", "Date")
ROWS = (
    ("1", "1.5", "  because  ", "n/a", "R; Python;R", "good", "", "41", "public", "1 May"),
    ("2", "0", "", "so it is", " ; ", "bad", "good", "old", " private ", "2 May"),
)


def survey(**changes):
    content = {"questions": QUESTIONS, "respondent_id": "id", "weight": "w", **changes}
    content.setdefault("waves", {"2025": {"file": "data/raw/2025.csv", "sha256": "0"}})
    return Survey.model_validate(content)


def export(columns=HEADER, rows=ROWS, not_asked=()):
    rows = [list(row) for row in rows]
    return Export(Path("data/raw/2025.csv"), tuple(columns), rows, list(range(2, len(rows) + 2)), frozenset(not_asked))


def run(export_, survey_=None, **params):
    return ingest(export_, survey_ or survey(), "2025", Ingest(**params))


def test_responses_hold_every_part_of_every_respondent_as_given():
    table = check(run(export()).responses, RESPONSES, "test")
    found = sorted(zip(table["respondent_id"], table["text"], table["status"], table["reason"], strict=True))
    assert found == [
        ("1", "  because  ", "answered", ""),
        ("1", "n/a", "non_answer", "not_applicable"),
        ("2", "", "blank", ""),
        ("2", "so it is", "answered", ""),
    ]
    assert set(table["question_id"]) == {"why"} and set(table["wave"]) == {"2025"}
    assert table["response_id"].is_unique and table["response_id"].str.fullmatch("a_[0-9a-f]{20}").all()


def test_closed_answers_are_one_row_an_option():
    table = check(run(export()).closed, CLOSED, "test")
    assert list(table[["respondent_id", "question_id", "value"]].itertuples(index=False, name=None)) == [
        ("1", "age", "41"),
        ("1", "rate.1", "good"),
        ("1", "sector", "public"),
        ("1", "tools", "Python"),
        ("1", "tools", "R"),
        ("2", "age", "old"),
        ("2", "rate.1", "bad"),
        ("2", "rate.2", "good"),
        ("2", "sector", "private"),
    ]


def test_respondents_have_weights():
    table = check(run(export()).respondents, RESPONDENTS, "test")
    assert list(table["weight"]) == [1.5, 0.0]
    unweighted = survey(weight="", questions={**QUESTIONS, "w": {"columns": ["w"], "kind": "ignore"}})
    assert list(run(export(), unweighted).respondents["weight"]) == [1.0, 1.0]


@pytest.mark.parametrize(("cell", "message"), [("-1", "not a number"), ("x", "not a number"), ("", "is blank")])
def test_weights_must_be_numbers(cell, message):
    rows = [ROWS[0], ("2", cell, *ROWS[1][2:])]
    with pytest.raises(ThemebookError, match=rf"row 3: the weight \(column `w`\) .*{message}"):
        run(export(rows=rows))


def test_the_ledger_changes_with_the_description_of_a_question():
    other = survey()
    question = other.questions["why"]
    changed = other.model_copy(
        update={"questions": {**other.questions, "why": question.model_copy(update={"text": "Y"})}}
    )
    kept, new = (ingest(export(), each, "2025", Ingest()).ledger for each in (other, changed))
    assert kept["described"] != new["described"]
    assert {**kept, "described": ""} == {**new, "described": ""}


def test_ledger_counts_every_cell_once():
    ledger = run(export()).ledger
    assert ledger["cells"] == 20 == sum(ledger["status"].values())
    assert ledger["status"] == {"answered": 10, "non_answer": 1, "blank": 3, "not_asked": 0, "excluded": 6}
    assert ledger["reasons"] == {"dates": 2, "not a number": 1, "not_applicable": 1, "respondent id": 2, "weight": 2}
    assert ledger["questions"]["why"]["cells"] == 4
    assert ledger["questions"]["tools"]["status"]["blank"] == 1
    assert ledger["absent"] == ["more"]
    assert (ledger["file"], ledger["rows"], ledger["columns"]) == ("data/raw/2025.csv", 2, 10)


def test_user_missing_cells_were_not_asked():
    result = run(export(not_asked=[(0, 2), (0, 5)]))
    row = result.responses[result.responses["text"] == "  because  "].iloc[0]
    assert (row["status"], row["reason"]) == ("not_asked", "user-missing in the file")
    assert "rate.1" not in set(result.closed[result.closed["respondent_id"] == "1"]["question_id"])
    assert result.ledger["status"]["not_asked"] == 2


def test_blank_rows_are_nobody_and_are_counted():
    result = run(export(rows=[*ROWS, ("",) * 10]))
    assert len(result.respondents) == 2
    assert result.ledger["cells"] == 30 == sum(result.ledger["status"].values())
    assert result.ledger["reasons"]["blank row"] == 7


def test_a_survey_adds_non_answers():
    assert run(export(), non_answers=("because",)).ledger["reasons"]["listed"] == 1


def test_two_wordings_in_one_file():
    columns = [*HEADER[:-1], "Sector", "Date"]
    rows = [(*row[:-1], "other", row[-1]) for row in ROWS]
    result = run(export(columns, rows))
    assert set(result.closed[result.closed["question_id"] == "sector"]["value"]) == {"other"}
    assert result.ledger["reasons"]["another wording of the question is filled in"] == 2


def test_options_of_several_columns_are_united():
    questions = {**QUESTIONS, "tools": {"columns": ["Tools [R]", "Tools [Python]"], "kind": "multi"}}
    columns = ["Tools [R]" if c == "Tools" else c for c in HEADER] + ["Tools [Python]"]
    result = run(export(columns, [(*row, "Python") for row in ROWS]), survey(questions=questions))
    mine = result.closed[(result.closed["question_id"] == "tools") & (result.closed["respondent_id"] == "1")]
    assert list(mine["value"]) == ["Python", "R"]


@pytest.mark.parametrize(
    ("cell", "separator", "options"),
    [
        ("a;b; a ;;", ";", ["a", "b"]),
        ("a, b (c, d), e", ", ", ["a", "b (c, d)", "e"]),
        ("a (b, c", ", ", ["a (b", "c"]),
        ("  ", ";", []),
    ],
)
def test_split_options(cell, separator, options):
    assert split_options(cell, separator) == options


def renamed(**names):
    return [names.get(c.replace(" ", "_"), c) for c in HEADER]


def test_columns_that_do_not_match_are_errors():
    with pytest.raises(
        ThemebookError,
        match=r"data/raw/2025.csv has no column `Tools` \(survey.yaml, wave 2025\). Found: `Tool`, .*Closest: `Tool`.",
    ):
        run(export(renamed(Tools="Tool")))
    with pytest.raises(ThemebookError, match=r"has no column `Tools`.*list the waves that did under its `waves`"):
        run(export([c for c in HEADER if c != "Tools"], [row[:4] + row[5:] for row in ROWS]))
    with pytest.raises(ThemebookError, match=r"does not mention .*: `More`. Closest: `More\?`. .*kind `ignore`"):
        run(export([*HEADER, "More"], [(*row, "x") for row in ROWS]))
    with pytest.raises(ThemebookError, match=r"has no column `id` .* Closest: `ids`. Mend `respondent_id`"):
        run(export(renamed(id="ids")))
    with pytest.raises(ThemebookError, match=r"has no column `w` "):
        run(export(renamed(w="weight")))


def test_a_part_or_an_ignored_column_may_be_missing():
    result = run(export([c for c in HEADER if c not in ("Why 2", "Date")], [row[:3] + row[4:-1] for row in ROWS]))
    assert len(result.responses) == 2
    assert result.ledger["absent"] == ["more", "date"]


def test_no_open_question_at_all():
    questions = {**QUESTIONS, "why": {**QUESTIONS["why"], "waves": ["2026"]}}
    with pytest.raises(ThemebookError, match=r"has no column `Why 1`.*needs one open question"):
        run(
            export([c for c in HEADER if not c.startswith("Why")], [row[:2] + row[4:] for row in ROWS]),
            survey(questions=questions),
        )


def test_a_part_keeps_its_response_id_when_a_wording_is_added():
    before = run(export()).responses
    questions = {**QUESTIONS, "why": {"columns": ["Why 1", "Why 2", "Reason"], "kind": "open"}}
    assert_frame_equal(before, run(export(), survey(questions=questions)).responses)


CELL = st.sampled_from(["", " ", "n/a", "yes", "no idea why", "a;b", "3", "[not asked]", "-"])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(CELL, min_size=8, max_size=8), min_size=1, max_size=6), st.randoms(), st.booleans())
def test_cells_conserve_and_row_order_changes_nothing(cells, chance, with_ids):
    rows = [[str(i) if with_ids else "", "1", *row] for i, row in enumerate(cells)]
    described = (
        survey()
        if with_ids
        else survey(respondent_id="", questions={**QUESTIONS, "id": {"columns": ["id"], "kind": "ignore"}})
    )
    one = run(export(rows=rows), described)
    shuffled = rows.copy()
    chance.shuffle(shuffled)
    two = run(export(rows=shuffled), described)
    assert sum(one.ledger["status"].values()) == one.ledger["cells"] == 10 * len(rows)
    assert sum(q["cells"] for q in one.ledger["questions"].values()) + (2 if with_ids else 1) * len(rows) == 10 * len(
        rows
    )
    assert len(one.responses) == 2 * len(rows)
    assert one.ledger == two.ledger
    for table in ("responses", "closed", "respondents"):
        assert_frame_equal(getattr(one, table), getattr(two, table))


@pytest.mark.shared
@pytest.mark.parametrize("pattern", ["nhs_fft/20*.csv", "spack_survey/*.csv", "jupyter_2015/export.csv"])
def test_real_surveys_lose_no_cell(shared_data, pattern):
    exports = {path.stem: read_export(path) for path in sorted(shared_data.glob(pattern))}
    content, _ = guess_survey(exports)
    described = Survey.model_validate(content)
    for wave, raw in exports.items():
        result = ingest(raw, described, wave, Ingest())
        with raw.path.open(encoding="utf-8-sig", newline="") as stream:
            _, *rows = [row for row in csv.reader(stream) if row]
        assert result.ledger["cells"] == sum(map(len, rows)) == sum(result.ledger["status"].values())
        blank = sum(not cell.strip() for row in rows for cell in row)
        assert result.ledger["status"]["blank"] <= blank
        columns = [c for q in described.open_questions.values() for c in q.columns if c in raw.columns]
        assert len(result.responses) == len(rows) * len(columns)
        given_ = sorted(row[raw.columns.index(c)] for row in rows for c in columns)
        assert sorted(result.responses["text"]) == given_
        moved = raw.rows.copy()
        random.Random(1).shuffle(moved)
        other = ingest(Export(raw.path, raw.columns, moved, raw.row_numbers), described, wave, Ingest())
        assert_frame_equal(check(result.responses, RESPONSES, wave), other.responses)
        assert_frame_equal(check(result.closed, CLOSED, wave), other.closed)
        assert_frame_equal(check(result.respondents, RESPONDENTS, wave), other.respondents)
