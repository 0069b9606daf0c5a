"""Every act on the review page: the decision that it writes, and what the page shows afterwards."""

import html
import re
import shutil

import pytest
from review_factory import Browser, write_project

from pipeline.foundation.tables import read_text
from pipeline.themes.decisions import load_decisions
from pipeline.themes.gold import GOLD_FILE


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project, written once: 75 people a wave, five of them from charities."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return folder, write_project(folder, people=75)


@pytest.fixture(autouse=True)
def project(made, tmp_path, monkeypatch):
    shutil.copytree(made[0], tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return made[1]


@pytest.fixture
def anna():
    return Browser("anna")


def hidden(page, name):
    """The value of a hidden field."""
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page.text)
    return html.unescape(found.group(1))


def seen_for(page, action):
    """What the form of one act carries."""
    form = re.search(rf'action="{re.escape(action)}".*?</form>', page.text, re.S).group(0)
    return re.search(r'name="seen" value="([^"]*)"', form).group(1)


def last():
    return load_decisions()[-1]


def told(answer):
    """What the page says was recorded."""
    assert answer.status_code == 200, answer.text
    return html.unescape(re.search(r'role="status".*?</p>', answer.text, re.S).group(0))


def theme(browser, theme_id):
    return next((t for t in browser.desk.standing.codebook.themes if t.id == theme_id), None)


def test_rename(anna):
    page = anna.get("/themes/T01")
    answer = anna.post(
        "/themes/T01/rename", name="  Walled   gardens ", why="clearer", seen=seen_for(page, "/themes/T01/rename")
    )
    assert "anna renames T01 to “Walled gardens”" in told(answer) and "Undo this" in answer.text
    assert (last().act, last().reviewer, last().why, last().name) == ("rename", "anna", "clearer", "Walled gardens")
    assert theme(anna, "T01").name == "Walled gardens"
    assert "Walled gardens" in anna.get("/themes").text


def test_a_name_that_is_missing_or_taken(anna):
    missing = anna.post("/themes/T01/rename", name="   ")
    assert missing.status_code == 422 and "The new name is missing." in missing.text
    taken = anna.post("/themes/T01/rename", name="Theme number 2")
    assert taken.status_code == 422 and "is the name of T02 already" in taken.text
    assert not load_decisions()


def test_redefine_retire_and_note(anna):
    answer = anna.post("/themes/T02/redefine", definition="New words.", include="this", exclude="that")
    assert "redefines T02" in told(answer) and "New words." in answer.text
    noted = anna.post("/themes/T02/note", why="Ask the team about it.")
    assert "Ask the team about it." in noted.text
    retired = anna.post("/themes/T02/retire", why="nobody")
    assert theme(anna, "T02") is None and "was retired" in retired.text
    gone = anna.get("/themes/T02")
    assert gone.status_code == 404 and "was retired" in gone.text
    assert [d.act for d in load_decisions()] == ["redefine", "note", "retire"]


def test_merge(anna):
    before = {i for i, row in enumerate(anna.desk.units.given) if row[[0, 2]].any()}
    answer = anna.post("/themes/T03/merge", into="T01")
    assert "anna merges T03 into T01" in told(answer)
    assert theme(anna, "T03") is None and anna.desk.standing.codebook.find("Theme number 3").id == "T01"
    listed = anna.desk.units
    assert listed.themes == ("T01", "T02", "T04")
    assert {i for i, row in enumerate(listed.given) if row[0]} == before
    assert anna.post("/themes/T01/merge", into="").status_code == 422


def test_split(anna):
    page = anna.get("/themes/T01/split?parts=3&propose=1")
    units = re.findall(r'name="part-([^"]+)" value="1"', page.text)
    parts = {f"part-{unit}": "1" if i % 2 else "2" for i, unit in enumerate(units)} | {f"part-{units[-1]}": ""}
    names = {"name-1": "One", "name-2": "Other", "definition-2": "What the other is."}
    answer = anna.post("/themes/T01/split", **parts, **names, seen=hidden(page, "seen"))
    assert "anna splits T01 into" in told(answer)
    decision = last()
    assert [part.name for part in decision.parts] == ["One", "Other"]
    assert sum(len(part.examples) for part in decision.parts) == len(units) - 1
    assert len({part.theme_id for part in decision.parts}) == 2
    assert len(decision.sorted) == len(units) - 1
    assert {"One", "Other"} <= {t.name for t in anna.desk.standing.codebook.themes}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name-1": "One", "name-2": "Other"}, "has no unit"),
        ({"name-1": "One", "part": "1"}, "needs two parts"),
        ({"name-2": "Other", "part": "1"}, "has no name"),
    ],
)
def test_half_a_split_is_none(anna, fields, said):
    listed = anna.desk.units
    unit = listed.table["unit_id"][listed.given[:, 0]].iloc[0]
    sent = {f"part-{unit}" if name == "part" else name: value for name, value in fields.items()}
    answer = anna.post("/themes/T01/split", **sent)
    assert answer.status_code == 422 and said in answer.text and not load_decisions()


def test_accept_merge_and_reject_a_candidate(anna):
    page = anna.get("/candidates/C1")
    words = re.findall(r'name="words" value="([^"]+)"', page.text)[:3]
    answer = anna.post("/candidates/C1/accept", name="Weather", definition="Rain.", question=["change"], words=words)
    assert "makes the theme T05-" in told(answer) and "Decided before" in answer.text
    made = last()
    assert (made.name, made.definition, made.questions, made.candidate_id) == ("Weather", "Rain.", ("change",), "C1")
    assert [f"{e.response_id}.1" for e in made.examples] == words
    assert theme(anna, made.theme_id).examples
    assert anna.post("/candidates/C2/merge", theme="T01", words=["none"]).status_code == 422
    words = re.findall(r'name="words" value="([^"]+)"', anna.get("/candidates/C2").text)[:2]
    anna.post("/candidates/C2/merge", theme="T01", words=words)
    assert (last().act, last().theme_id, len(last().examples)) == ("add_examples", "T01", 2)
    anna.post("/candidates/C2/reject", why="too vague")
    assert (last().act, last().name, last().why) == ("reject_candidate", "candidate words 2", "too vague")
    page = anna.get("/candidates")
    assert (
        page.text.index("Decided before") < page.text.index("/candidates/C2") and "No candidate is waiting" in page.text
    )


def test_reassign_five_units_and_undo_them(anna):
    page = anna.get("/units?theme=T01")
    units = re.findall(r'name="unit" value="([^"]+)"', page.text)[:5]
    fields = {f"seen-{unit}": hidden(page, f"seen-{unit}") for unit in units}
    sent = {"unit": units, "from": "T01", "into": "T03", "why": "about the other", "back": "/units?theme=T01"}
    answer = anna.post("/units/reassign", **sent, **fields)
    assert "5 decisions" in told(answer) and str(answer.url).startswith(f"{anna.origin}/units?theme=T01&done=")
    assert [d.act for d in load_decisions()] == ["reassign"] * 5
    listed = anna.desk.units
    rows = listed.table["unit_id"].isin(units).to_numpy()
    assert not listed.given[rows, 0].any() and listed.given[rows, 2].all() and listed.touched[rows].all()
    assert len(re.findall(r'name="unit" value', anna.get("/units?only=people").text)) == 5
    ids = [d.id for d in load_decisions()]
    anna.post("/decisions/undo", decision=ids, back="/units")
    listed = anna.desk.units
    assert listed.given[rows, 0].all() and not listed.touched.any()
    again = anna.post("/decisions/undo", decision=ids[:1])
    assert again.status_code == 422 and "undone already" in again.text


@pytest.mark.parametrize("fields", [{}, {"unit": ["nobody"], "into": "T01"}])
def test_nothing_to_reassign(anna, fields):
    assert anna.post("/units/reassign", **fields).status_code == 422
    assert not load_decisions()


def test_confirm_and_note_an_answer(anna):
    response = anna.desk.units.table["response_id"].iloc[0]
    page = anna.get(f"/answers/{response}?unit={response}.1")
    assert "<mark>" in page.text
    themes = re.findall(r'name="theme" value="([^"]+)"', page.text)
    answer = anna.post(f"/answers/{response}/confirm", theme=themes[:1], seen=hidden(page, "seen"))
    assert f"codes answer {response} with {themes[0]}" in told(answer) and "Confirmed by anna" in answer.text
    assert anna.desk.standing.confirmed == {response: (themes[0],)}
    anna.post(f"/answers/{response}/note", why="A hard one.")
    assert (last().act, last().response_id) == ("note", response)


def quote_form(browser, place=0):
    """The first quote of T01: where its acts go, and the fields of its form."""
    page = browser.get("/quotes?theme=T01")
    form = re.findall(r'<form method="post" class="buttons" action="([^"]+)/approve".*?</form>', page.text, re.S)
    body = re.findall(r'<form method="post" class="buttons".*?</form>', page.text, re.S)[place]
    names = ("spans", "clarifications", "kind", "seen")
    found = {n: html.unescape(re.search(rf'name="{n}" value="([^"]*)"', body).group(1)) for n in names}
    return form[place], found


def test_approve_reject_and_pin_a_quote(anna):
    where, fields = quote_form(anna)
    answer = anna.post(f"{where}/approve", **fields)
    response = where.rsplit("/", 1)[1]
    assert "approves a quote of T01" in told(answer)
    assert anna.desk.standing.quotes["T01", response].approved
    where, fields = quote_form(anna)
    anna.post(f"{where}/pin", **fields)
    assert anna.desk.standing.quotes["T01", response].pinned and anna.desk.standing.quotes["T01", response].approved
    where, fields = quote_form(anna, 1)
    anna.post(f"{where}/reject", **fields, why="says nothing")
    assert (last().act, last().why) == ("reject_quote", "says nothing")
    rejected = anna.get("/quotes?theme=T01&state=rejected").text
    assert len(re.findall(r'class="buttons"', rejected)) == 1


def test_clarify_a_quote_then_approve_it(anna):
    where, fields = quote_form(anna)
    response = where.rsplit("/", 1)[1]
    words = anna.desk.texts[response].split()
    edited = f"{' '.join(words[:2])} [...] {words[3]} [in the garden] {' '.join(words[4:6])}"
    preview = anna.post(f"{where}/clarify", **fields, printed=edited, go="preview")
    shown = edited.replace("[...]", "[…]")
    assert "It will be printed so" in preview.text and shown in html.unescape(preview.text) and not load_decisions()
    anna.post(f"{where}/clarify", **fields, printed=edited, go="save")
    stands = anna.desk.standing.quotes["T01", response]
    assert (stands.state, stands.approved, len(stands.spans)) == ("clarified", False, 2)
    assert stands.clarifications[0].text == "in the garden"
    assert not anna.desk.standing.conflicts
    where, fields = quote_form(anna)
    answer = anna.post(f"{where}/approve", **fields)
    assert shown in html.unescape(answer.text) and anna.desk.standing.quotes["T01", response].approved


def test_words_that_nobody_said_are_refused(anna):
    where, fields = quote_form(anna)
    answer = anna.post(f"{where}/clarify", **fields, printed="I never said this", go="save")
    assert answer.status_code == 200 and 'role="alert"' in answer.text and "not in the answer" in answer.text
    assert 'aria-invalid="true"' in answer.text and not load_decisions()
    broken = anna.post(f"{where}/approve", **fields | {"spans": "[[0, 99999]]"})
    assert broken.status_code == 422 and not load_decisions()


def test_a_quote_that_could_tell_who_spoke(anna, project):
    people = project["responses"].set_index("response_id")["respondent_id"].str[1:].astype(int)
    for theme_id, mine in project["quotes"].groupby("theme_id"):
        few = mine["response_id"].map(people).ge(70).sum()
        page = anna.get(f"/quotes?theme={theme_id}").text
        assert page.count("Only 5 respondents of 2021 are Charity: the words could tell who spoke.") == few
    assert project["quotes"]["response_id"].map(people).ge(70).any()


def test_two_decide_on_one_theme_at_once(anna):
    ben = Browser("ben", port=8766)
    seen = {b: seen_for(b.get("/themes/T01"), "/themes/T01/rename") for b in (anna, ben)}
    anna.post("/themes/T01/rename", name="Annas name", seen=seen[anna])
    answer = ben.post("/themes/T01/rename", name="Bens name", seen=seen[ben])
    assert "kept, but not applied" in told(answer)
    assert [(d.reviewer, d.name) for d in load_decisions()] == [("anna", "Annas name"), ("ben", "Bens name")]
    assert theme(anna, "T01").name == theme(ben, "T01").name == "Annas name"
    page = html.unescape(anna.get("/decisions").text)
    assert "renames T01 to “Bens name”, but what was seen of it is not what stands now" in page
    assert "its name is “Annas name”, by anna" in page
    assert "1 conflict" in anna.get("/").text and "Two sides on this theme" in anna.get("/themes/T01").text
    conflict = anna.desk.standing.open_conflicts[0].decision.id
    anna.post("/decisions/undo", decision=conflict, back="/decisions")
    assert not anna.desk.standing.open_conflicts and "1 conflict" not in anna.get("/").text


def test_undo_and_redo_from_the_list(anna):
    anna.post("/themes/T01/rename", name="Another name")
    made = last().id
    answer = anna.post("/decisions/undo", decision=made, back="/decisions")
    assert theme(anna, "T01").name == "Theme number 1" and "Undone." in answer.text
    anna.post("/decisions/undo", decision=last().id)
    assert theme(anna, "T01").name == "Another name"
    assert anna.post("/decisions/undo", decision="D0").status_code == 422
    assert anna.post("/decisions/undo").status_code == 422


def code_form(page):
    names = ("question", "wave", "cell", "after", "back_to")
    return {name: hidden(page, name) for name in names}


def test_code_answers_one_after_the_other(anna):
    page = anna.get("/coding/all?question=change&wave=2020")
    fields = code_form(page)
    after = anna.post("/coding/all", **fields, theme=["T01", "T03"], go="save")
    assert after.status_code == 200 and code_form(after)["cell"] != fields["cell"]
    second = code_form(after)
    assert second["after"] == fields["cell"]
    third = code_form(anna.post("/coding/all", **second, go="same"))
    anna.post("/coding/all", **third, go="save")
    given = anna.desk.codings.given
    assert given[fields["cell"]]["anna"] == given[second["cell"]]["anna"] == {"T01", "T03"}
    assert given[third["cell"]]["anna"] == frozenset()
    back = anna.get(f"/coding/all?question=change&wave=2020&at={fields['cell']}")
    assert back.text.count("checked") >= 2 and "Take back" in back.text
    anna.post("/coding/all", **code_form(back), go="take_back")
    assert fields["cell"] not in anna.desk.codings.given
    assert read_text(GOLD_FILE, "").count("anna,all") == 3


def test_suggestions_come_after_the_decision(anna):
    page = anna.get("/coding/all?question=change&wave=2020")
    cell = code_form(page)["cell"]
    machine = anna.desk.machine_codes[cell]
    assert "<b>Machine</b>" not in page.text
    others = [t.id for t in anna.desk.standing.codebook.for_question("change") if t.id not in machine]
    answer = anna.post("/coding/all", **code_form(page), theme=others, go="save")
    assert "Machine: <span" in answer.text
    again = anna.get(f"/coding/all?question=change&wave=2020&at={cell}")
    assert "<b>Machine</b>" in again.text
    anna.post("/coding/all", **code_form(again), theme=sorted(machine), go="save")
    given = anna.desk.codings.given[cell]
    assert given["anna"] == frozenset(others) and given["checked:anna"] == machine


def test_suggestions_first_make_decisions_and_no_gold(anna, tmp_path):
    text = (tmp_path / "params.yaml").read_text().replace("suggestions: after", "suggestions: before")
    (tmp_path / "params.yaml").write_text(text)
    page = anna.get("/coding/all?question=change&wave=2020")
    assert "<b>Machine</b>" in page.text
    cell = code_form(page)["cell"]
    response = anna.desk.cells.set_index("cell_id")["response_ids"][cell][0]
    answer = anna.post(
        "/coding/all",
        **code_form(page),
        theme=["T01"],
        go="save",
        **{f"seen-{response}": hidden(page, f"seen-{response}")},
    )
    assert code_form(answer)["cell"] != cell
    assert anna.desk.standing.confirmed == {response: ("T01",)} and not anna.desk.standing.conflicts
    assert read_text(GOLD_FILE, "").count("\n") == 1


def test_no_suggestions_at_all(anna, tmp_path):
    text = (tmp_path / "params.yaml").read_text().replace("suggestions: after", "suggestions: never")
    (tmp_path / "params.yaml").write_text(text)
    answer = anna.post("/coding/all", **code_form(anna.get("/coding/all?question=change")), go="save")
    assert "machine" not in answer.text.split("<main")[1].split("details")[0].casefold()


def test_a_second_coder_is_blind_and_differences_are_settled(anna):
    page = anna.get("/coding/random?question=change&wave=2020")
    cell = code_form(page)["cell"]
    anna.post("/coding/random", **code_form(page), theme=["T01"], go="save")
    assert anna.desk.codings.samples[cell]["anna"] == "random"
    ben = Browser("ben", port=8766)
    page = ben.get("/coding/second?question=change&wave=2020")
    assert (
        code_form(page)["cell"] == cell and "checked" not in page.text.split("<fieldset")[1] and "anna" not in page.text
    )
    ben.post("/coding/second", **code_form(page), theme=["T03"], go="save")
    assert "1 to settle" in anna.get("/").text
    page = anna.get("/coding/adjudicate?question=change&wave=2020")
    assert "<b>anna</b>: Theme number 1" in page.text and "<b>ben</b>: Theme number 3" in page.text
    answer = anna.post("/coding/adjudicate", **code_form(page), theme=["T03"], go="save")
    assert "are done" in answer.text
    assert anna.desk.codings.final(cell) == {"T03"} and set(anna.desk.codings.given[cell]) == {
        "anna",
        "ben",
        "adjudicated:anna",
    }
    back = anna.get(f"/coding/adjudicate?question=change&wave=2020&at={cell}")
    anna.post("/coding/adjudicate", **code_form(back), go="take_back")
    assert anna.desk.codings.unresolved(cell)


def test_a_theme_of_another_question_is_refused(anna):
    before = read_text(GOLD_FILE, "")
    page = anna.get("/coding/all?question=change&wave=2020")
    answer = anna.post("/coding/all", **code_form(page), theme=["T02"], go="save")
    assert answer.status_code == 422 and "is no theme of the question" in answer.text
    assert read_text(GOLD_FILE, "") == before


def test_like_answers_coded_differently_are_listed(tmp_path, monkeypatch):
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    same = dict.fromkeys(range(0, 400, 2), "more time for the garden and for the people in it")
    write_project(tmp_path / "other", texts=same)
    anna = Browser("anna")
    page = anna.get("/coding/all?question=change&wave=2020")
    page = anna.post("/coding/all", **code_form(page), theme=["T01"], go="save")
    anna.post("/coding/all", **code_form(page), theme=["T03"], go="save")
    listed = anna.get("/coding/differences")
    assert listed.text.count("more time for the garden") == 2 and "1 pair of like answers" in anna.get("/coding").text
    again = re.search(r'href="(/coding/all[^"]+)"', listed.text).group(1)
    page = anna.get(html.unescape(again))
    assert anna.post("/coding/all", **code_form(page), theme=["T03"], go="save").url.path == "/coding/differences"
    assert "1 pair" not in anna.get("/coding").text


def test_the_page_sees_what_others_write(anna, tmp_path):
    assert "Bens name" not in anna.get("/themes").text
    Browser("ben", port=8766).post("/themes/T01/rename", name="Bens name")
    assert "Bens name" in anna.get("/themes").text
    path = tmp_path / "data/codebook/codebook.yaml"
    path.write_text(path.read_text().replace("Theme number 2", "Name by hand"))
    assert "Name by hand" in anna.get("/themes").text


def test_before_the_first_run_the_page_says_what_to_do(anna, tmp_path):
    (tmp_path / "data/coded/units.parquet").unlink()
    answer = anna.get("/units")
    assert answer.status_code == 500 and "dvc repro" in answer.text
    assert anna.get("/coding/all?question=change").status_code == 200


def test_an_answer_in_another_language_says_so(anna, project):
    units = project["units"]
    response = units["response_id"].iloc[0]
    assert '<bdi lang="de">' not in anna.get(f"/answers/{response}").text
    anna.desk.languages[response] = "de"
    assert '<bdi lang="de">' in anna.get(f"/answers/{response}").text
