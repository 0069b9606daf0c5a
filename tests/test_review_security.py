"""Who may talk to the review page, and what its answers allow."""

import re

import pytest
from report_factory import WORDS
from review_factory import Browser, write_project

from pipeline.review.security import HEADERS, MOST_BYTES, Access
from pipeline.review.server import PAGES
from pipeline.themes.decisions import load_decisions

HOSTILE = {
    0: "never shown, since it is blank",
    2: '<script>alert("owned")</script> and some more words to be an answer',
    4: '"><img src=http://evil.example/x onerror=alert(1)> with a few words after it',
    6: "=cmd|' /C calc'!A0 {{ 7 * 7 }} {% raw %} and words after it",
    8: "</title></textarea></select><svg onload=alert(2)> with a few words after it",
    10: "javascript:alert(3) \u202etxet desrever\u202c nul \x00 bell \x07 and words after it",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("review")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_project(folder, texts=HOSTILE)
        yield folder


@pytest.fixture
def anna(project):
    return Browser()


def pages(browser):
    """The address of every page, with an id where it takes one."""
    answer = browser.desk.units.table["response_id"].iloc[0]
    quote = browser.desk.table("quotes").iloc[0]
    return [
        "/",
        "/themes",
        "/themes/T01",
        "/themes/T01/split?propose=1",
        "/candidates",
        "/candidates/C1",
        "/units",
        "/units?only=unsure",
        "/units?only=disagreement&segment=sector%3DPublic",
        f"/answers/{answer}",
        "/map",
        f"/quotes?theme={quote['theme_id']}",
        f"/quotes/{quote['theme_id']}/{quote['response_id']}/clarify",
        "/decisions",
        "/coding",
        "/coding/all?question=change&wave=2020",
        "/coding/random",
        "/coding/active",
        "/coding/second",
        "/coding/adjudicate",
        "/coding/differences",
        "/nowhere",
    ]


def test_only_with_the_key(anna):
    anna.client.cookies.clear()
    for path in pages(anna):
        answer = anna.get(path)
        assert answer.status_code == 403 and "themebook review" in answer.text, path
    assert anna.get("/?key=wrong").status_code == 403
    entered = anna.get(f"/units?key={anna.access.key}&wave=2020&text=%22%3E%3Cb%3E")
    onward = 'content="0; url=/units?wave=2020&amp;text=%22%3E%3Cb%3E"'
    assert entered.status_code == 200 and onward in entered.text and anna.access.key not in entered.text
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and anna.access.key not in cookie


def test_a_cookie_of_another_server_is_none(anna):
    anna.client.cookies.clear()
    anna.client.cookies.set(anna.access.cookie, Access(8765).session())
    assert anna.get("/").status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:8766", "127.0.0.1:8765.evil.example", ""])
def test_only_under_its_own_name(anna, host):
    assert anna.get("/themes", headers={"host": host}).status_code == 403


def test_also_as_localhost(anna):
    assert anna.get(f"/?key={anna.access.key}", headers={"host": "localhost:8765"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "cross-site"},
        {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-site"},
    ],
)
def test_only_its_own_forms(anna, headers):
    data = {"csrf": anna.access.csrf(anna.session), "why": "forged"}
    answer = anna.client.post("/themes/T01/note", data=data, headers=headers)
    assert answer.status_code == 403
    assert not load_decisions()


@pytest.mark.parametrize("token", [None, "", "0" * 64, "another session's"])
def test_every_form_needs_its_token(anna, token):
    if token == "another session's":
        token = anna.access.csrf(anna.access.session())
    routes = [route for module in PAGES for route in module.router.routes]
    posts = [route.path for route in routes if "POST" in route.methods]
    assert len(posts) >= 14
    for path in posts:
        path = re.sub(r"\{\w+\}", "x", path)
        data = {} if token is None else {"csrf": token}
        answer = anna.client.post(path, data=data, headers={"origin": anna.origin})
        assert answer.status_code == 403, path
    assert not load_decisions()


def test_a_long_form_is_refused(anna):
    assert anna.post("/themes/T01/note", why="x" * (MOST_BYTES + 1)).status_code == 413
    assert anna.post("/themes/T01/note", why="x" * 2_001).status_code == 422
    assert not load_decisions()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_no_other_method(anna, method):
    assert anna.client.request(method, "/themes").status_code == 405


@pytest.mark.parametrize(
    "path", ["/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2f..%2fcli.py", "/static/nothing.js"]
)
def test_no_way_out_of_static(anna, path):
    answer = anna.get(path)
    assert answer.status_code in (403, 404) and "import" not in answer.text


def test_every_page_has_its_headers_and_nothing_from_outside(anna):
    for path in (*pages(anna), "/static/review.css", "/?key=wrong"):
        answer = anna.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
        assert answer.status_code < 500, path
        text = answer.text.replace("http://127.0.0.1:8765", "")
        outside = re.findall(r"""(?:src|href|action)=["'](?!/|\?|#|data:,)([^"']*)""", text)
        assert not outside, (path, outside)
        assert "style=" not in re.sub(r"<style.*?</style>", "", text) and " on" + "click" not in text
    assert "'unsafe" not in HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in HEADERS["Content-Security-Policy"]


def test_nothing_in_an_answer_is_run(anna):
    seen = ""
    for path in (*pages(anna), "/units?number=2", "/units?number=3", "/units?number=4"):
        seen += anna.get(path).text
    for answer in anna.desk.units.table["response_id"]:
        seen += anna.get(f"/answers/{answer}").text
    assert "&lt;script&gt;alert" in seen and "<script>alert" not in seen
    assert "onerror=alert(1)&gt;" in seen and "<img" not in seen and "<svg onload" not in seen
    assert "{{ 7 * 7 }}" in seen
    assert "\x00" not in seen and "\x07" not in seen
    assert set(re.findall(r"<script[^>]*>", seen)) <= {'<script src="/static/keys.js" defer>'}


@pytest.mark.parametrize(
    "path",
    [
        "/themes/T99",
        "/themes/<b>",
        "/answers/nobody",
        "/candidates/C99",
        "/coding/nothing",
        "/coding/all?question=nothing",
        "/coding/all?at=Anobody",
        "/quotes?theme=T99",
        "/quotes/T01/nobody/clarify",
        "/units?number=abc",
    ],
)
def test_what_is_not_there_is_said_plainly(anna, path):
    answer = anna.get(path)
    assert 400 <= answer.status_code < 600 and 'role="alert"' in answer.text
    assert "Traceback" not in answer.text and "<b>&" not in answer.text and "themes/<b>" not in answer.text


def test_an_error_of_our_own_shows_no_words(anna, monkeypatch, capsys):
    word = WORDS[0]

    def broken(*_):
        raise RuntimeError(f"with {word} in it")

    monkeypatch.setattr("pipeline.review.pages_map._points", broken)
    answer = anna.get("/map")
    assert answer.status_code == 500 and "Something went wrong" in answer.text and word not in answer.text
    said = capsys.readouterr().err
    assert "RuntimeError" in said and word not in said and "Traceback" not in said


def test_a_path_to_go_back_to_is_our_own(anna):
    answer = anna.client.post(
        "/answers/none/confirm",
        data={"csrf": anna.access.csrf(anna.session), "back": "//evil.example"},
        headers={"origin": anna.origin},
        follow_redirects=False,
    )
    assert "evil" not in answer.headers.get("location", "")


def test_the_style_sheet_brings_its_colours():
    from pipeline.review.server import static

    sheet = bytes(static("report.css").body).decode()
    assert "--paper: #fcfbf8;" in sheet and "svg.figure" in sheet
