"""The house style and a project's own templates: what they change, and what is refused with its line."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_factory import inputs_of
from test_page import HOSTILE, Page

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import read_json, read_text, write_json
from pipeline.project.check import check
from pipeline.project.create import HOUSE, demo
from pipeline.project.graph import dvc_yaml
from pipeline.project.stamp import STAMP, stamp
from pipeline.report import colours
from pipeline.report.content import build_content
from pipeline.report.draft import with_story
from pipeline.report.house import LARGEST_LOGO, NEVER_LEFT_OUT, Colours, House, load_house, load_templates
from pipeline.report.labels import HEADINGS, LABELS, SECTIONS
from pipeline.report.page import render, sections
from pipeline.report.public import to_public
from pipeline.report.records import Content
from pipeline.report.templating import packaged

TEMPLATES = Path(__file__).parents[1] / "pipeline/report/templates"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6364f8cf500f0003860180de6d3d510000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def content():
    return with_story(build_content(**inputs_of(people=40)), "")


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "data/templates").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text):
    Path("data/report.yaml").write_text(text, encoding="utf-8")
    return load_house()


def refused(text):
    with pytest.raises(ThemebookError) as error:
        written(text)
    return str(error.value)


def styled(content, **house):
    return content.model_copy(update={"house": House.model_validate(house)})


@pytest.mark.parametrize("text", ["", "# nothing but a comment\n", HOUSE])
def test_an_empty_file_gives_themebooks_own_style(project, text):
    assert load_house() == House()
    assert written(text) == House()


def test_every_line_of_the_commented_file_can_be_used(project):
    (project / "data/templates/logo.png").write_bytes(PNG)
    (project / "data/templates/house.docx").write_bytes(b"PK")
    lines = [line for line in HOUSE.splitlines() if line.startswith("# ") and not line.startswith("# The house")]
    used = "".join(line.removeprefix("# ") + "\n" for line in lines)
    house = written(used)
    assert set(used.split()) >= {f"{name}:" for name in House.model_fields}
    assert house.texts == {"What gets in the way": "Barriers"} and house.logo.data.startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("language: de\ncolour: {}\n", "line 2: unknown key `colour`. Closest: `colours`."),
        ("colours:\n  accent: '#0b5a63'\n  acent_dark: '#ffffff'\n", "line 3: unknown key `colours.acent_dark`"),
        ("language: deutsch!\n", "line 1: `language`"),
        ("colours: {accent: teal}\n", "line 1: `colours.accent`: a colour is written in quotes with six digits"),
        ("colours: {accent: '#ffcc00'}\n", "`colours.accent` (#ffcc00) has a contrast of 1.3 to 1 with the report’s"),
        ("colours: {second_dark: '#402020'}\n", "`colours.second_dark` (#402020) has a contrast of 1."),
        ("texts: {What gets in the ways: Hürden}\n", "Closest: `What gets in the way`."),
        ("order: [themes, close]\n", "`order` names `close`, which the report does not have. Closest: `closed`."),
        ("order: [themes, themes]\n", "names one thing twice"),
        ("leave_out: [methods]\n", "`leave_out` names `methods`, which says what the figures rest on"),
        ("document: {template: ../house.docx}\n", "not in data/templates"),
        ("logo: {file: no.png, alt: Us}\n", "`logo.file` names `no.png`, which is not in data/templates"),
        ("logo: {file: logo.png}\n", "`logo.alt`"),
        ("- a list\n", "data/report.yaml"),
        ("language: [\n", "data/report.yaml, line"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_place(project, text, said):
    assert said in refused(text)


def test_the_shade_that_is_proposed_instead_can_be_used(project):
    proposed = re.search(r"is '(#\w{6})'", refused("colours: {accent: '#ffcc00'}\n"))[1]
    assert written(f"colours: {{accent: '{proposed}'}}\n").colours.accent == proposed


@given(st.integers(0, 0xFFFFFF))
def test_a_colour_that_can_be_read_on_light_paper_is_derived_for_dark(number):
    given_colour = f"#{number:06x}"
    shade = colours.nearest_legible(given_colour, colours.LIGHT)
    assert colours.legible(shade, colours.LIGHT) >= colours.ENOUGH
    assert colours.contrast(shade, colours.LIGHT["on-fill"]) >= colours.ENOUGH
    dark = Colours(accent=shade).dark("accent")
    assert colours.legible(dark, colours.DARK) >= colours.ENOUGH
    assert colours.contrast(dark, colours.DARK["on-fill"]) >= colours.ENOUGH


@pytest.mark.parametrize(
    ("content_of_file", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "neither a PNG nor a JPEG"),
        (b"GIF89a" + b"0" * 20, "neither a PNG nor a JPEG"),
        (PNG + b"0" * LARGEST_LOGO, "Save it smaller"),
    ],
)
def test_a_logo_is_a_small_picture_whatever_its_name(project, content_of_file, said):
    (project / "data/templates/logo.png").write_bytes(content_of_file)
    assert said in refused("logo: {file: logo.png, alt: Us}\n")


def test_a_logo_stands_in_the_page_with_its_words(project, content):
    (project / "data/templates/any.name").write_bytes(b"\xff\xd8\xff" + b"0" * 20)
    house = written("logo: {file: any.name, alt: '\"><script>alert(1)</script>'}\n")
    for audience in ("internal", "public"):
        pictures = Page(render(content.model_copy(update={"house": house}), audience)).all("img")
        assert [p["src"][:23] for p in pictures] == ["data:image/jpeg;base64,"]
        assert pictures[0]["alt"] == '"><script>alert(1)</script>'


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_words_language_and_colours_are_those_of_the_house(content, audience):
    texts = {label: f"{label} (anders)" for label in LABELS}
    html = render(styled(content, language="de", texts=texts, colours={"accent": "#552288"}), audience)
    page = Page(html)
    assert page.all("html")[0]["lang"] == "de"
    assert "--accent: #552288;" in html and "#0b5a63" not in html
    said = "".join(page.text)
    for heading in (
        "Who was asked",
        "In people’s own words",
        "The evidence",
        "Methods: how this was made",
        "What the figures cannot say",
    ):
        assert f"{heading} (anders)" in said and f"{heading}</h" not in html
    for word in ("Theme", "Base", "Share"):
        assert f'<th scope="col">{word} (anders)</th>' in html and f'<th scope="col">{word}</th>' not in html


def test_every_label_of_the_templates_can_be_replaced_and_every_phrase_is_used():
    source = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.jinja"))
    used = set(re.findall(r'say\(\s*["\']([^"\']+)["\']\s*\)', source))
    assert used <= set(LABELS) and len(set(LABELS)) == len(LABELS)
    assert set(LABELS) - set(HEADINGS) <= used


def test_every_heading_of_the_evidence_can_be_replaced(content):
    headings = {part.heading for part in sections(content) if part.name and part.name != "news"}
    assert headings <= set(HEADINGS)


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_sections_stand_in_the_order_that_is_asked_for(content, audience):
    made = content if audience == "internal" else to_public(content)
    usual = [part.name for part in sections(made) if part.name]
    moved = [part.name for part in sections(styled(made, order=["methods", "closed"])) if part.name]
    assert moved[:2] == ["methods", "closed"] and sorted(moved) == sorted(usual)
    assert moved[2:] == [name for name in usual if name not in ("methods", "closed")]


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_what_is_left_out_leaves_no_dead_link(content, audience):
    gone = [name for name in SECTIONS if name not in NEVER_LEFT_OUT]
    page = Page(render(styled(content, leave_out=gone), audience))
    ids = {a["id"] for _, a in page.tags if "id" in a}
    assert not page.broken and set(NEVER_LEFT_OUT) <= ids and not ids & set(gone)
    assert {a["href"][1:] for a in page.all("a")} <= ids


def test_the_same_style_for_every_format(project, content):
    (project / "data/templates/logo.png").write_bytes(PNG)
    house = written("logo: {file: logo.png, alt: Us}\nmethods: {funding: 'Paid by nobody.'}\n")
    kept = content.model_copy(update={"house": house})
    assert to_public(kept).house == house
    assert Content.model_validate_json(kept.model_dump_json()).house == house


def test_a_projects_own_template_takes_the_place_of_ours(project, content):
    (project / "data/templates/headlines.html.jinja").write_text("<p>Ours: {{ content.headlines[0].answer }}</p>\n")
    (project / "data/templates/report.css").write_text("p { color: var(--ink); }\n")
    (project / "data/templates/notes.txt").write_text("{{ broken")
    html = render(content, "public", load_templates())
    assert "<p>Ours: " in html and 'class="heads"' not in html
    assert html.count("p { color: var(--ink); }") == 1 and "svg.figure" not in html


def test_own_templates_escape_what_they_show(content):
    hostile = content.model_copy(update={"note": HOSTILE[0]})
    html = render(hostile, "public", {"headlines.html.jinja": "<p>{{ content.note }}</p>"})
    assert HOSTILE[0] not in html and "&lt;script&gt;" in html and not Page(html).all("script")


@pytest.mark.parametrize(
    ("name", "source", "line"),
    [
        ("headlines.html.jinja", "<p>\n{% if %}\n</p>", 2),
        ("headlines.html.jinja", "<p>\n\n{{ content.no_such_thing }}</p>", 3),
        ("headlines.html.jinja", "{{ ''.__class__.__mro__ }}", 1),
        ("headlines.html.jinja", "\n{% include 'missing.jinja' %}", 2),
        ("headlines.html.jinja", "\n{{ 1 // 0 }}", 2),
        ("page.html.jinja", "<html>\n{% for x in content.headlines %}\n", 2),
    ],
)
def test_a_fault_in_an_own_template_names_file_and_line(content, name, source, line):
    with pytest.raises(ThemebookError, match=rf"data/templates/{re.escape(name)}, line {line}: "):
        render(content, "public", {name: source})


def test_an_own_page_keeps_the_security_policy(content):
    with pytest.raises(ThemebookError, match="leaves out the content security policy"):
        render(content, "public", {"page.html.jinja": "<!doctype html><title>x</title>"})


def test_templates_that_can_be_replaced_are_known():
    assert {"page.html.jinja", "report.css", "macros.html.jinja"} <= set(packaged()) and "filter.js" not in packaged()


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_a_folder_of_an_earlier_version_is_brought_up_to_date(tmp_path, monkeypatch):
    demo(tmp_path / "old")
    monkeypatch.chdir(tmp_path / "old")
    Path("data/report.yaml").unlink()
    Path("data/templates/.gitkeep").unlink()
    Path("data/report.md").write_text("# My own words\n")
    Path("data/.gitignore").write_text("/*\n!/.gitignore\n!/survey.yaml\n!/mine.txt\n")
    Path("dvc.yaml").write_text("stages: {}\n")
    write_json(STAMP, {"version": "0.0.1", "code_sha256": "0" * 64})
    with pytest.raises(ThemebookError, match="check --fix"):
        check()
    said = "\n".join(check(fix=True))
    for name in ("data/report.yaml: written", "data/templates/.gitkeep: written", "dvc.yaml: ", "data/.gitignore: "):
        assert name in said
    assert read_text(Path("data/report.yaml"), "") == HOUSE and read_json(STAMP) == stamp()
    assert read_text(Path("data/report.md"), "") == "# My own words\n"
    assert read_text(Path("dvc.yaml"), "") == dvc_yaml(with_code=False)
    lines = read_text(Path("data/.gitignore"), "").splitlines()
    assert "!/mine.txt" in lines and "!/report.yaml" in lines and "!/templates/" in lines
    assert not [line for line in check(fix=True) if "written" in line]
