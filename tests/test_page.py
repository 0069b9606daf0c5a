from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from report_factory import codebook_of, inputs_of, survey_of

from pipeline.report.chapters import leading
from pipeline.report.content import build_content
from pipeline.report.draft import with_story
from pipeline.report.page import policy, render
from pipeline.report.public import to_public
from pipeline.report.wording import short_percent
from pipeline.themes.codebook import Codebook

AUDIENCES = ("internal", "public")
VOID = {"meta", "link", "input", "br", "hr", "img", "rect", "path"}
HOSTILE = [
    '<script>alert("owned")</script> and some more words to be an answer',
    '"><img src=http://evil.example/x onerror=alert(1)> with a few words after it',
    "\u202etxet desrever si siht\u202c and then \u2067 unclosed words that go on and on",
    "</style></title></textarea><svg onload=alert(2)> with a few words after it",
    "{{ 7 * 7 }} {% raw %} ${7*7} =cmd|' /C calc'!A0 and words after it",
    "word " * 8000,
    "x" * 40_000,
    "nul \x00 bell \x07 half \ufffe emoji 👩‍👩‍👧‍👦 zero\u200bwidth and arabic عربي نص",
]


class Page(HTMLParser):
    """What a browser would see of a page, as far as the tests need it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.stack: list[str] = []
        self.broken: list[str] = []
        self.text: list[str] = []
        self.script: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.stack or self.stack.pop() != tag:
            self.broken.append(tag)

    def handle_data(self, data):
        inside = self.stack[-1] if self.stack else ""
        (self.script if inside == "script" else self.text if inside != "style" else []).append(data)

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]


@pytest.fixture(scope="module")
def content():
    return build_content(**inputs_of())


@pytest.fixture(scope="module")
def hostile():
    texts = dict(enumerate(HOSTILE * 4, 20))
    inputs = inputs_of(texts=texts, approve=6)
    survey = inputs["survey"].model_copy(update={"title": HOSTILE[0], "note": HOSTILE[1]})
    return build_content(**{**inputs, "survey": survey})


@pytest.mark.parametrize("audience", AUDIENCES)
def test_page_is_well_formed_and_has_its_landmarks(content, audience):
    page = Page(render(content, audience))
    assert not page.broken and not page.stack
    for landmark in ("main", "header", "footer", "h1", "title"):
        assert len(page.all(landmark)) == (1 if landmark != "title" else 1 + len(page.all("desc")))
    assert {a["aria-label"] for a in page.all("nav")} == {"Contents"}
    assert page.all("html")[0]["lang"] == "en"
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    targets = [a["href"][1:] for a in page.all("a")]
    assert "main" in targets and set(targets) <= set(ids)
    named = [i for _, a in page.tags if a.get("aria-labelledby") for i in a["aria-labelledby"].split()]
    assert set(named) <= set(ids)
    assert {a.get("for") for a in page.all("label")} <= set(ids)


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize(
    "book", [codebook_of(), Codebook(), Codebook.model_validate({"themes": [{"id": "T1", "name": "x"}]})]
)
def test_headings_stand_in_order(audience, book):
    page = Page(render(build_content(**inputs_of(codebook=book, people=40)), audience))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))


@pytest.mark.parametrize("audience", AUDIENCES)
def test_every_figure_has_a_name_and_a_table(content, audience):
    html = render(content, audience)
    page = Page(html)
    drawn = [a for a in page.all("svg") if a.get("role") == "img"]
    assert drawn and len(page.all("desc")) == len(drawn)
    assert all(a.get("aria-hidden") == "true" for a in page.all("svg") if a.get("role") != "img")
    bars = [a for a in drawn if "bars" in a["class"]]
    # Boxes and nets are drawn by themselves and stand in the table of their question.
    together = html.count(": counted together (2021)</title>")
    assert html.count("The figures as a table") == len(bars) - together and together


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_outside_request_and_only_our_script(content, hostile, audience):
    for made in (content, hostile):
        page = Page(render(made, audience))
        assert len(page.all("script")) == (1 if audience == "internal" else 0)
        assert not page.all("img", "iframe", "object", "embed", "base", "video", "audio")
        for _, attrs in page.tags:
            assert not [a for a in attrs if a.startswith("on") or a in ("style", "src", "srcset", "action")]
            assert not re.match(r"\s*(https?:|//|javascript:)", attrs.get("href") or "#")
        policies = [a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
        assert len(policies) == 1 and policies[0].startswith("default-src 'none'") and "unsafe" not in policies[0]


def test_the_policy_holds_the_hash_of_the_style_and_script_as_they_stand(content):
    html = render(content, "internal")
    style = re.search(r"<style>(.*?)</style>", html, re.S).group(1)
    script = re.search(r"<script>(.*?)</script>", html, re.S).group(1)
    assert [a["content"] for a in Page(html).all("meta") if "http-equiv" in a] == [policy(style, script)]
    assert "url(" not in style and "@import" not in style


@pytest.mark.parametrize("audience", AUDIENCES)
def test_hostile_answers_are_inert(hostile, audience):
    html = render(hostile, audience)
    html.encode("utf-8")
    page = Page(html)
    assert not page.broken and not page.stack
    assert "alert" not in "".join(page.script)
    assert '<script>alert("owned")</script>' in "".join(page.text)
    assert "49" not in re.findall(r"\{\{ 7 \* 7 \}\}|49 \{%", html)
    assert "\x00" not in html and "\x07" not in html
    for attrs in (a for _, a in page.tags):
        assert not any("evil.example" in (value or "") and name in ("href", "src") for name, value in attrs.items())
    for match in re.finditer("[\u202a-\u202e\u2066-\u2069]", html):
        opened = html.rfind("<bdi", 0, match.start())
        assert opened > html.rfind("</bdi>", 0, match.start())


def test_long_answers_are_shortened_and_said_to_be(hostile):
    html = render(hostile, "internal")
    listed = html[html.index('id="answer-list"') :]
    assert "(shortened)" in listed and "x" * 700 not in listed


def test_the_public_page_holds_no_words_but_approved_ones():
    inputs = inputs_of()
    html = render(build_content(**inputs), "public")
    approved = " / ".join(inputs["quotes"].query("approved")["display"])
    found = 0
    for text in inputs["responses"].query("status == 'answered'")["text"]:
        words = text.split()
        for i in range(len(words) - 4):
            passage = " ".join(words[i : i + 5])
            found += passage in html
            assert passage in approved or passage not in html
    assert found
    assert not re.search(r"\br0\d{4}\b|\bQ0\d{3}\b|machine: a reader|my own words here|candidate words", html)
    assert "INTERNAL" not in html


def test_without_approved_quotes_the_public_page_has_none():
    html = render(build_content(**inputs_of(approve=0)), "public")
    assert "<blockquote" not in html and 'class="fragment' not in html
    assert "<blockquote" in render(build_content(**inputs_of(approve=0)), "internal")


def test_public_content_gives_no_internal_page(content):
    with pytest.raises(ValueError, match="build it anew"):
        render(to_public(content), "internal")


@pytest.mark.parametrize("audience", AUDIENCES)
def test_content_and_page_show_the_same_figures(content, audience):
    html = render(content, audience)
    for theme in content.themes:
        assert theme.sentence in html
        assert f'<p class="big">{short_percent(theme.cell.share)}</p>' in html
    for headline in content.headlines:
        assert headline.figure in html and headline.of in html and headline.change in html
    for view in (to_public(content) if audience == "public" else content).outlooks:
        assert view.sides and all(side.sentence in html for side in view.sides)


def test_the_note_and_the_mark_cannot_be_missed(content):
    for audience in AUDIENCES:
        html = render(content, audience)
        assert html.index('class="illustration"') < html.index("<main")
        assert html.count(content.note) == 2
    assert "INTERNAL" in render(content, "internal")[:40_000].split("<header")[0]


def test_machine_counts_are_said_to_be_uncorrected(content):
    for audience in AUDIENCES:
        assert "Counted by machine: uncorrected and unvalidated." in render(content, audience)


def test_an_empty_codebook_is_led_by_candidates_and_says_what_to_do():
    content = build_content(**inputs_of(codebook=Codebook()))
    internal, public = (render(content, audience) for audience in AUDIENCES)
    assert "What to do next" in internal and "candidate words 1" in internal and "Provisional" in internal
    assert "No themes have been settled yet" in public and "candidate words" not in public


@pytest.mark.parametrize(
    "made",
    [
        {"survey": survey_of(waves=10), "people": 15},
        {"survey": survey_of(waves=1, closed=0, attributes=False), "people": 5, "quotes": False},
        {"survey": survey_of(closed=40), "people": 12},
        {"codebook": codebook_of(36), "people": 30},
        {"answered": False, "people": 12},
        {"method": "person", "people": 40},
    ],
    ids=["ten waves", "bare", "forty questions", "many themes", "nobody answered", "coded by people"],
)
@pytest.mark.parametrize("audience", AUDIENCES)
def test_every_kind_of_survey_renders(made, audience):
    page = Page(render(build_content(**{**inputs_of(**made), "metrics": {}, "provenance": {}}), audience))
    assert not page.broken and not page.stack


def test_further_questions_are_folded():
    content = build_content(**inputs_of(survey_of(closed=12), people=40))
    for audience in AUDIENCES:
        html = render(content, audience)
        assert "Further questions (5)" in html and html.count("Statement number 12") > 1


def test_colours_have_contrast():
    css = re.search(r"<style>(.*?)</style>", render(build_content(**inputs_of(people=3)), "public"), re.S).group(1)
    schemes = re.findall(r"--paper: [^}]*", css)
    assert len(schemes) == 3
    for scheme in schemes:
        colour = dict(re.findall(r"--([\w-]+): (#\w{6})", scheme))
        for name in ("ink", "soft", "accent", "warm"):
            for ground in ("paper", "card", "warm-soft"):
                assert contrast(colour[name], colour[ground]) >= 4.5, (name, ground)
        assert contrast(colour["on-fill"], colour["accent"]) >= 4.5
        assert contrast(colour["on-fill"], colour["warm"]) >= 4.5
        assert contrast(colour["ink"], colour["rest"]) >= 4.5


def contrast(a: str, b: str) -> float:
    """WCAG 2.2, definition of contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_what_the_rules_found_is_for_the_team_only(content):
    internal, public = (render(content, audience) for audience in AUDIENCES)
    assert "The codebook, checked" in internal
    assert "Its coding rests on: definition, 1 example, 23 coded answers." in internal
    assert "found again in 19 of 20 resamples: stable; overlap (Jaccard) 0.70 to 0.90 in nine of ten" in internal
    assert internal.count("Reads much like “Theme number 3” (similarity 0.83)") == 2
    assert "Raised by only 3 respondents" in internal
    assert "Its only example may belong to another theme" in internal
    assert "Its example 1 reads like “Theme number 3” to a coder that did not see it. “an example of 1”" in internal
    for words in ("codebook, checked", "coding rests on", "Reads much like", "Raised by only", "an example of 1"):
        assert words not in public


def test_a_theme_that_rests_on_its_name_alone_carries_a_warning():
    book = Codebook.model_validate(
        {"themes": [{"id": "T01", "name": "Bare"}, {"id": "T02", "name": "B", "definition": "b"}]}
    )
    inputs = inputs_of(codebook=book, people=12)
    html = render(build_content(**{**inputs, "provenance": {}}), "internal")
    assert html.count("Only its name tells the coder what it is") == 1
    assert html.count("Only its name and definition tell the coder what it is") == 1


@pytest.mark.parametrize("audience", AUDIENCES)
def test_where_closed_questions_give_few_headlines_the_themes_raised_most_lead(audience):
    made = with_story(build_content(**inputs_of(survey_of(closed=0), people=40)), "")
    assert not made.headlines
    html = render(made, audience)
    rows = html[html.index('class="heads"') :].split("</ul>")[0]
    shares = [theme.cell.share for theme in leading(made)]
    assert rows.count("<li>") == len(shares) >= 2 and shares == sorted(shares, reverse=True)
    assert all(theme.name in rows and theme.sentence in rows for theme in leading(made))
    assert "uncorrected and unvalidated" in rows


def test_a_drafted_text_says_what_is_to_be_done_before_it_goes_out(content):
    drafted, told = with_story(content, ""), with_story(content, "# Ours\n\nOur own words.\n")
    assert "was only drafted" in render(drafted, "internal") and "was only drafted" not in render(drafted, "public")
    assert "was only drafted" not in render(told, "internal")


def test_stability_is_said_to_everybody_unless_people_read_all(content):
    said = "Stable: the machine, taught by a random four fifths of what it knows, found the same in 19 of 20 tries."
    for audience in AUDIENCES:
        assert said in render(content, audience)
        assert said not in render(build_content(**inputs_of(method="person", people=40)), audience)


def test_the_public_page_holds_no_quote_list_and_no_map(content):
    html = render(content, "public")
    for part in ('id="quote-list"', 'id="map"', 'class="filters"', "<script"):
        assert part not in html
