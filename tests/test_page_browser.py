"""Both pages in a real browser: no barrier, no request, no script of anybody else's, and complete with script off."""

from pathlib import Path

import numpy as np
import pytest
from report_factory import BARRIERS, codebook_of, inputs_of
from review_factory import chromium
from review_walk import browser_page
from test_house import PNG
from test_page import HOSTILE

from pipeline.report.content import build_content
from pipeline.report.draft import with_story
from pipeline.report.house import House, Logo
from pipeline.report.labels import LABELS
from pipeline.report.page import render

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AUDIENCES = ("internal", "public")
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
TEXT = """# Gardeners and their time

{n:respondents} took part in {wave:last}. [Who they are](https://example.org/about) stands elsewhere.

## At a glance

{headlines}

## What gets in the way

{share:barriers.different_goals} name different goals.

{chart:barriers}

## Outlook

{outlook}

## {theme:T01.name}

- A list with {theme:T01.share}
- and a second line

| A table | of words |
|---|---|
| one | two |

> Said by the author.

{theme:T01}

{quotes:T01}

## {theme:T03.name}

{theme:T03.definition}

{theme:T03}
"""

pytestmark = pytest.mark.skipif(not chromium(), reason="needs Chromium")


def vectors(ids):
    rng = np.random.default_rng(0)
    return rng.normal(size=(len(ids), 8)).astype(np.float32)


@pytest.fixture(scope="module")
def content():
    made = build_content(**inputs_of(codebook=codebook_of(12), people=40, method="corrected"), vectors=vectors)
    return with_story(made, TEXT)


@pytest.fixture(scope="module")
def files(content, tmp_path_factory):
    """Each page as a file, beside one drafted and one in a house style."""
    folder = tmp_path_factory.mktemp("pages")
    drafted = with_story(content, "")
    house = House(logo=Logo(file="logo.png", alt="Us", data=logo()), language="de", colours={"accent": "#552288"})
    styled = content.model_copy(update={"house": house})
    for audience in AUDIENCES:
        for name, made in (("told", content), ("drafted", drafted), ("styled", styled)):
            (folder / f"{name}-{audience}.html").write_text(render(made, audience), encoding="utf-8")
    return folder


def logo():
    import base64

    return f"data:image/png;base64,{base64.b64encode(PNG).decode()}"


def watched(page):
    """Note every request, dialog and fault of a page from now on."""
    seen = []
    page.on("request", lambda asked: seen.append(("request", asked.url[:80])))
    page.on("dialog", lambda dialog: (seen.append(("dialog", dialog.message)), dialog.dismiss()))
    page.on("pageerror", lambda error: seen.append(("fault", str(error))))
    page.on("console", lambda said: seen.append(("console", said.text)) if said.type == "error" else None)
    return seen


def beyond(seen, file):
    """What a page did beside loading itself and the pictures that it holds."""
    return [each for each in seen if each[0] != "request" or not each[1].startswith((file.as_uri()[:80], "data:"))]


def barriers(file, scenes):
    """What axe finds in each size and scheme with everything unfolded, and the widths that the page is too wide for."""
    import axe_playwright_python

    axe = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
    found, wide = [], []
    with browser_page() as page:
        seen = watched(page)
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        page.evaluate(axe)
        for size, scheme in scenes:
            width, height = SIZES[size]
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=scheme)
            result = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
            found += [(size, scheme, v["id"], v["nodes"][0]["html"][:200]) for v in result["violations"]]
            assert result["passes"]
        for width in (320, 390, 800, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(width)
        assert not beyond(seen, file)
    return found, wide


@pytest.mark.parametrize("audience", AUDIENCES)
def test_no_barrier(files, audience):
    big, small = SIZES
    assert barriers(files / f"told-{audience}.html", [(big, "light"), (small, "dark")]) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("name", ["told", "drafted", "styled"])
def test_no_barrier_in_any_scheme_or_size(files, name, audience):
    scenes = [(size, scheme) for size in SIZES for scheme in ("light", "dark")]
    assert barriers(files / f"{name}-{audience}.html", scenes) == ([], [])


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_first_screen_shows_who_what_and_the_figures(files, content, audience):
    with browser_page(viewport={"width": 1440, "height": 900}) as page:
        page.goto((files / f"told-{audience}.html").as_uri())
        for words in ("Gardeners and their time", "Who took part", "What was asked", content.waves[-1].sentence):
            assert page.get_by_text(words, exact=False).first.bounding_box()["y"] < 450
        rows = page.locator(".heads > li").all()
        inside = [row for row in rows if (box := row.bounding_box()) and box["y"] + box["height"] <= 900]
        assert len(inside) >= 3 and len(rows) <= 5


@pytest.mark.parametrize("audience", AUDIENCES)
def test_with_script_off_all_but_filters_is_there(files, audience):
    with browser_page(java_script_enabled=False) as page:
        page.goto((files / f"told-{audience}.html").as_uri())
        assert page.locator("form.filters:visible").count() == 0
        opened = page.locator("main details[open]").count()
        page.locator("main details:not([open]) > summary").first.focus()
        page.keyboard.press("Enter")
        assert page.locator("main details[open]").count() == opened + 1
        inside = page.locator("main details:has(> summary:focus) > :not(summary)").first
        assert inside.bounding_box()["height"] > 0
        if audience == "internal":
            assert (
                page.locator("#quote-list > li").count() == page.locator("#quote-list > li:not([hidden])").count() > 5
            )


def test_quotes_are_filtered_by_wave_segment_state_and_confidence(files, content):
    with browser_page() as page:
        page.goto((files / "told-internal.html").as_uri())
        page.get_by_text("Show the quotes").click()
        shown = page.locator("#quote-list > li:visible")
        assert shown.count() == len(content.quotes)
        page.locator("#quote-wave").select_option(label="2021")
        page.locator("#quote-state").select_option(label="approved")
        wanted = [q for q in content.quotes if q.wave == "2021" and q.approved]
        assert shown.count() == len(wanted) > 0
        page.locator("#quote-segment").select_option(index=1)
        label = page.locator("#quote-segment option").nth(1).inner_text()
        assert shown.count() == len([q for q in wanted if q.segment_label == label])
        page.locator("#quote-confidence").select_option(label="under 0.6")
        assert shown.count() == 0
        assert page.locator("#quotes .filter-status").inner_text() == f"0 of {len(content.quotes)} quotes shown"


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_page_can_be_printed(files, audience):
    with browser_page() as page:
        page.goto((files / f"told-{audience}.html").as_uri())
        page.emulate_media(media="print")
        assert page.locator("nav:visible, .filters:visible, .skip:visible").count() == 0
        assert page.locator("h1").is_visible() and page.locator("#methods").is_visible()
        assert page.pdf()[:5] == b"%PDF-"


@pytest.mark.parametrize("audience", AUDIENCES)
def test_hostile_words_are_inert_wherever_they_stand(tmp_path, audience):
    text = TEXT + "\n\n".join(
        [
            "## " + HOSTILE[0],
            *HOSTILE[1:4],
            HOSTILE[7].replace("\x00", ""),
            "[press](javascript:alert(3)) [and](data:text/html,<script>alert(4)</script>) <b onclick=alert(5)>here</b>",
            "<script>alert(6)</script>",
            "y" * 40_000,
            "\u202etxet desrever",
        ]
    )
    inputs = inputs_of(texts=dict(enumerate(HOSTILE * 4, 20)), approve=6)
    survey = inputs["survey"].model_copy(update={"title": HOSTILE[0], "note": HOSTILE[1]})
    evil = Logo(file="logo.png", alt='x" onerror="alert(7)', data=logo())
    house = House(logo=evil, texts={label: HOSTILE[i % 4] for i, label in enumerate(LABELS)})
    made = build_content(**{**inputs, "survey": survey}, house=house, vectors=vectors)
    file = tmp_path / "page.html"
    file.write_text(render(with_story(made, text), audience), encoding="utf-8")
    with browser_page(viewport={"width": 390, "height": 844}) as page:
        seen = watched(page)
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        for link in page.locator("a").all():
            assert not (link.get_attribute("href") or "").lower().startswith(("javascript", "data"))
        assert page.get_by_text(BARRIERS[0]).first.is_visible()
        assert page.locator("main script, main img, main svg[onload], [onclick], [onerror]").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.wait_for_timeout(300)
        assert not beyond(seen, file)
