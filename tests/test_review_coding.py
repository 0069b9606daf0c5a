"""The acts of coding: gold.csv changes by the rows of one cell, and nothing else of it."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_factory import project_of

from pipeline.foundation.contracts import MENTIONS, RESPONSES
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import read_table, read_waves
from pipeline.review import coding
from pipeline.review.coding import (
    Cell,
    adjudicate,
    check,
    codable_cells,
    codings_of,
    give,
    machine_codes,
    read_codings,
    take_back,
)
from pipeline.survey.description import load_survey
from pipeline.survey.identity import public_id
from pipeline.themes.codebook import Codebook, load_codebook
from pipeline.themes.coding import known_matrix
from pipeline.themes.gold import match_gold, read_gold
from pipeline.themes.gold_text import with_rows_replaced
from pipeline.themes.sampling import cell_id

GOLD = Path("data/codebook/gold.csv")
HEADER = "respondent_id,wave,question,code,coder,sample,time\n"
CELL = Cell("2025", "p05", "why")


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    project_of(tmp_path)
    GOLD.write_text(HEADER)
    monkeypatch.setattr(coding, "now", lambda: "2026")
    survey = load_survey()
    return {"survey": survey, "codebook": load_codebook(survey)}


def codings(project, mentions=None):
    survey, codebook = project["survey"], project["codebook"]
    responses = read_waves(RESPONSES, survey.waves)
    return read_codings(survey, responses, codebook, codable_cells(responses, codebook, mentions))


def matched(project):
    return match_gold(
        read_gold(), project["survey"], read_waves(RESPONSES, project["survey"].waves), project["codebook"]
    )


def of(cell):
    return cell_id(cell.wave, cell.respondent_id, cell.question_id)


def test_a_coder_may_change_her_mind_and_take_it_back(project):
    before = GOLD.read_bytes()
    give("ann", CELL, ["T02", "trust"], "all", **project)
    assert codings(project).given[of(CELL)] == {"ann": frozenset({"T01", "T02"})}
    give("ann", CELL, [], "random", **project)
    assert GOLD.read_text() == HEADER + "p05,2025,why,,ann,random,2026\n"
    assert codings(project).persons(of(CELL)) == {"ann": frozenset()}
    take_back("ann", CELL, survey=project["survey"])
    assert GOLD.read_bytes() == before


def test_another_coders_rows_and_other_cells_stay_byte_for_byte(project):
    rows = [
        '"p05",2025,"Why?",T01,bob,active\r\n',
        "p05,2025,why,T01,ann,active\r\n",
        'p06,2025,Why?,"a, ""quoted""\nword",ann,all\r\n',
        "p05,2099,why,T01,ann,all\r\n",
        "p05,2025,Why?,T02,ann,active",
    ]
    GOLD.write_bytes(("\ufeff" + HEADER.replace("\n", "\r\n") + "".join(rows)).encode())
    give("ann", CELL, ["T02"], "all", **project)
    kept = [rows[0], "p05,2025,why,T02,ann,all,2026\r\n", rows[2], rows[3]]
    assert GOLD.read_bytes() == ("\ufeff" + HEADER.replace("\n", "\r\n") + "".join(kept)).encode()


def test_a_file_without_coder_and_sample_gets_both(project):
    GOLD.write_text("wave,respondent_id,question,code,remark\n2025,p04,why,T01,so\n")
    give("ann", CELL, ["T01"], "all", **project)
    assert GOLD.read_text() == (
        "wave,respondent_id,question,code,remark,coder,sample,time\n"
        "2025,p04,why,T01,so,,,\n2025,p05,why,T01,,ann,all,2026\n"
    )


@pytest.mark.parametrize(
    ("coder", "themes", "sample", "message"),
    [
        ("machine:x", ["T01"], "all", "The coder `machine:x`"),
        ("ann lee", ["T01"], "all", "The coder `ann lee`"),
        ("ann", ["T03"], "all", "`T03` is no theme of the question `why`.*Known: `T01`, `T02`"),
        ("ann", [""], "all", "is no theme"),
        ("ann", ["T01"], "some", "sample `some`"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(project, coder, themes, sample, message):
    with pytest.raises(ThemebookError, match=message):
        give(coder, CELL, themes, sample, **project)
    assert GOLD.read_text() == HEADER


def test_a_broken_file_is_named(project):
    GOLD.write_text(HEADER + 'p05,2025,why,"T01,ann,all\n')
    with pytest.raises(ThemebookError, match="gold.csv, line 2"):
        give("ann", CELL, ["T01"], "all", **project)


def test_cells_that_a_random_draw_passed_become_random(project):
    GOLD.write_text(HEADER + "p04,2025,Why?,T01,bob,active\np06,2025,why,T01,bob,active\n")
    give("ann", CELL, ["T01"], "random", drawn=[Cell("2025", "p04", "why")], **project)
    assert GOLD.read_text() == HEADER + (
        "p04,2025,Why?,T01,bob,random,\np06,2025,why,T01,bob,active\np05,2025,why,T01,ann,random,2026\n"
    )


def test_rows_are_added_as_they_are_and_columns_of_others_kept(project):
    GOLD.write_text("respondent_id,wave,question,code,coder,sample,old\np04,2025,Why?,T01,bob,active,x\n")
    row = dict(zip(coding.GOLD_COLUMNS, ("p05", "2025", "why", "fair, pay", "ann", "random"), strict=True))
    coding.add_rows([row], survey=project["survey"], drawn=[Cell("2025", "p04", "why")])
    assert GOLD.read_text().splitlines()[1:] == [
        "p04,2025,Why?,T01,bob,random,x,",
        'p05,2025,why,"fair, pay",ann,random,,2026',
    ]


def test_what_is_changed_after_seeing_the_machines_codes_stands_beside_the_blind_codes(project):
    give("ann", CELL, ["T01"], "all", **project)
    check("ann", CELL, ["T01", "T02"], "all", **project)
    now = codings(project)
    assert now.persons(of(CELL)) == {"ann": frozenset({"T01"})}
    assert now.final(of(CELL)) == now.latest(of(CELL), "ann") == {"T01", "T02"}
    # She cannot code it blind any more.
    give("ann", CELL, ["T02"], "all", **project)
    gold = matched(project)
    assert gold.codes["theme_id"].tolist() == ["T01"]
    assert set(gold.checked.values()) == {("T02",)}
    take_back("ann", CELL, survey=project["survey"])
    assert GOLD.read_text() == HEADER


def test_what_is_adjudicated_is_final_and_the_coders_rows_stay(project):
    give("ann", CELL, ["T01"], "all", **project)
    give("bob", CELL, ["T02"], "all", **project)
    assert codings(project).unresolved(of(CELL))
    assert matched(project).disagreements == 1
    adjudicate("bob", CELL, ["T01"], "all", **project)
    adjudicate("cy", CELL, ["T01", "T02"], "all", **project)
    now = codings(project)
    assert not now.unresolved(of(CELL))
    assert now.final(of(CELL)) == {"T01", "T02"}
    assert now.persons(of(CELL)) == {"ann": frozenset({"T01"}), "bob": frozenset({"T02"})}
    assert "adjudicated:bob" not in GOLD.read_text()
    assert matched(project).disagreements == 0


def test_a_respondent_named_by_mail_and_a_former_name_of_a_theme_are_found(project):
    survey, codebook = project["survey"], project["codebook"]
    responses = read_waves(RESPONSES, survey.waves)
    mail = "jo@example.org"
    responses["respondent_id"] = responses["respondent_id"].replace("p05", public_id(mail))
    GOLD.write_text(HEADER + f"{mail},2025,Why?,TRUST,ann,all\n{mail},2025,Why?,Colour,ann,all\n")
    hashed = Cell("2025", public_id(mail), "why")
    now = codings_of(read_gold(), survey, responses, codebook, codable_cells(responses, codebook))
    assert now.given[of(hashed)] == {"ann": frozenset({"T01", "Colour"})}
    give("ann", hashed, ["T02"], "all", **project)
    assert GOLD.read_text() == HEADER + f"{hashed.respondent_id},2025,why,T02,ann,all,2026\n"


def test_cells_are_found_by_id_and_what_is_not_there_is_named(project):
    now = codings(project)
    assert now.cell(of(CELL)) == CELL
    with pytest.raises(ThemebookError, match="no answer `A0`"):
        now.cell("A0")
    assert now.final(of(CELL)) is None


def test_a_non_answer_that_means_a_theme_is_codable_and_never_drawn(project):
    mentions = read_table(MENTIONS)
    row = mentions[mentions["response_id"] == "2025.p05.why"]
    told = pd.concat([mentions, row.assign(response_id="2025.p03.why", respondent_id="p03")])
    plain, more = codings(project), codings(project, told)
    new = more.cells[~more.cells["cell_id"].isin(plain.cells["cell_id"])]
    assert new["respondent_id"].tolist() == ["p03"]
    assert new["answered"].tolist() == [False]
    assert plain.cells["answered"].all()


def test_the_machines_codes_are_shown_only_where_no_person_coded(project):
    mentions = read_table(MENTIONS)
    mine = mentions["response_id"] == "2025.p05.why"
    mentions.loc[mine, "source"] = "person"
    said = machine_codes(codings(project), mentions)
    assert of(CELL) not in said
    assert said[of(Cell("2025", "p06", "why"))] == {"T01", "T02"}
    assert said[of(Cell("2025", "p04", "why"))] == frozenset()


def test_a_theme_that_a_decision_made_is_known_only_to_codes_that_came_after(project, monkeypatch):
    GOLD.write_text(HEADER + "p04,2025,why,T01,bob,all\n")
    monkeypatch.setattr(coding, "now", lambda: "2026-03-01")
    give("ann", CELL, ["T01"], "all", **project)
    gold = matched(project)
    assert gold.responses["time"].tolist() == ["", "2026-03-01"]
    young = project["codebook"].themes[1].model_copy(update={"since": "2026-02-01"})
    codebook = Codebook(themes=(project["codebook"].themes[0], young))
    assert known_matrix(gold, codebook).to_numpy().tolist() == [[True, False], [True, True]]
    given_ = replace(gold, codes=pd.DataFrame({"response_id": ["2025.p04.why"], "theme_id": ["T02"]}))
    assert known_matrix(given_, codebook).to_numpy().all()


NAMES = st.sampled_from(["ann", "bob"])
CELLS = st.sampled_from([Cell("2025", p, q) for p in ("p04", "p05") for q in ("why", "how")])
ACTS = st.lists(st.tuples(st.sampled_from(["give", "check", "adjudicate", "take_back"]), NAMES, CELLS, st.booleans()))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_any_acts_leave_a_readable_file_and_other_rows_as_they_were(project, acts):
    other = "p09,2025,Why?,T01,ann,active\np04,2025,why,T02,machine:m,random\n"
    GOLD.write_text(HEADER + other)
    expected: dict[tuple[str, Cell], frozenset[str]] = {}
    for act, name, cell, some in acts:
        themes = frozenset([("T01" if cell.question_id == "why" else "T03")] if some else [])
        if act == "take_back":
            take_back(name, cell, survey=project["survey"])
            expected.pop((name, cell), None)
            expected.pop(("checked:" + name, cell), None)
            continue
        getattr(coding, act)(name, cell, themes, "all", **project)
        if act == "adjudicate":
            expected.pop(("adjudicated:ann", cell), None)
            expected.pop(("adjudicated:bob", cell), None)
            expected["adjudicated:" + name, cell] = themes
        elif act == "check" or ("checked:" + name, cell) in expected:
            expected["checked:" + name, cell] = themes
        else:
            expected[name, cell] = themes
    assert GOLD.read_text().startswith(HEADER + other)
    found = {
        (coder, cell): codes
        for cell, by in codings(project).given.items()
        for coder, codes in by.items()
        if coder != "machine:m" and cell != of(Cell("2025", "p09", "why"))
    }
    assert found == {(name, of(cell)): codes for (name, cell), codes in expected.items()}


@given(text=st.text(alphabet='ab",\n\r', max_size=30))
def test_a_file_that_nothing_is_taken_out_of_stays_as_it_is(text):
    whole = HEADER + text
    try:
        after = with_rows_replaced(whole, lambda row: False, [])
    except ThemebookError:
        return
    assert after == whole
