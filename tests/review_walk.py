"""A reviewer's walk through the page in a real browser, driven by what she sees: labels, roles and keys."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from review_factory import chromium

RENAMED = "A name that was given on the page"
ACCEPTED = "A theme that was a candidate"
PARTS = ("First part of the split", "Second part of the split")
UNDONE = "A name that was taken back"
ADDED = "as it was said"


@dataclass
class Walk:
    """What was done: the quotes as they were, and the keys that coding took."""

    merged: str
    renamed: str
    split: str
    rejected: str = ""
    approved: str = ""
    pressed: int = 0
    coded: list[str] = field(default_factory=list)


@contextmanager
def browser_page(**context: Any) -> Any:
    """A page of a new Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_context(**context).new_page()
        page.set_default_timeout(15_000)
        yield page
        browser.close()


def walk(page: Any, address: str, question: str, renamed: str, merged: str, split: str) -> Walk:
    """Do every kind of act once, and undo one."""
    done = Walk(merged, renamed, split)
    page.goto(address)
    code_ten(page, question, done)
    go(page, "Candidates")
    page.locator("main").get_by_role("link").first.click()
    page.get_by_label("Name of the theme").fill(ACCEPTED)
    page.get_by_label("Definition").fill("What the candidate was about.")
    page.get_by_role("button", name="Accept as a theme").click()
    recorded(page, ACCEPTED)

    open_theme(page, merged)
    page.get_by_text("Merge into another theme").click()
    page.get_by_label("Merge into", exact=True).select_option(label=renamed)
    page.get_by_role("button", name="Merge the theme").click()
    recorded(page, "merges")

    open_theme(page, renamed)
    page.get_by_text("Rename", exact=True).click()
    page.get_by_label("New name").fill(RENAMED)
    page.get_by_role("button", name="Rename the theme").click()
    recorded(page, "renames")

    open_theme(page, split)
    page.get_by_role("link", name="Split into parts").click()
    for number, name in enumerate(PARTS, 1):
        page.get_by_label(f"Name of part {number}").fill(name)
    page.get_by_role("button", name="Split the theme").click()
    recorded(page, "splits")

    go(page, "Units")
    page.get_by_label("Theme", exact=True).select_option(label=PARTS[0])
    page.get_by_role("button", name="Show").click()
    reassign(page, PARTS[0], PARTS[1])

    go(page, "Quotes")
    of_theme = page.get_by_label("Theme", exact=True).locator("option", has_text=RENAMED)
    page.get_by_label("Theme", exact=True).select_option(of_theme.get_attribute("value"))
    page.get_by_label("State").select_option(label="not decided yet")
    page.get_by_role("button", name="Show").click()
    done.rejected = quote_text(page, 1)
    page.get_by_role("button", name="Reject quote 1", exact=True).click()
    recorded(page, "rejects")
    clarify(page, done)

    open_theme(page, PARTS[1])
    page.get_by_text("Rename", exact=True).click()
    page.get_by_label("New name").fill(UNDONE)
    page.get_by_role("button", name="Rename the theme").click()
    page.get_by_role("status").get_by_role("button", name="Undo this").click()
    recorded(page, "undoes")
    page.get_by_role("heading", name=PARTS[1]).wait_for()
    return done


def code_ten(page: Any, question: str, done: Walk) -> None:
    """Code ten answers with keys alone."""
    go(page, "Coding")
    page.get_by_role("link", name=re.compile(f"^Code all: {re.escape(question)}")).first.click()
    page.wait_for_url(re.compile("/coding/all"))
    for keys in ("1", "=", "2", "12", "=", "", "2", "=", "1", "="):
        answer = page.locator("blockquote.answer").inner_text()
        address = page.url
        for key in keys if keys == "=" else [*keys, "Enter"]:
            page.keyboard.press(key)
            done.pressed += 1
        page.wait_for_url(lambda url, before=address: url != before)
        done.coded.append(answer)


def go(page: Any, name: str) -> None:
    """Go to a part of the review by its menu."""
    page.get_by_role("navigation", name="Parts of the review").get_by_role("link", name=name).click()


def open_theme(page: Any, name: str) -> None:
    """Open a theme's page from the list."""
    go(page, "Themes")
    page.get_by_role("link", name=name, exact=True).first.click()
    page.get_by_role("heading", level=1, name=re.compile(re.escape(name))).wait_for()


def recorded(page: Any, words: str) -> None:
    """Wait until the page says that an act was recorded, and that it stands."""
    status = page.get_by_role("status").first
    status.get_by_text(words).first.wait_for()
    assert "Recorded" in status.inner_text() and "not applied" not in status.inner_text()


def reassign(page: Any, source: str, into: str) -> None:
    """Reassign five units."""
    for box in page.get_by_role("checkbox").all()[:5]:
        box.check()
    assert page.get_by_label("Take from").locator("option:checked").inner_text() == source
    page.get_by_label("Give to").select_option(label=into)
    page.get_by_role("button", name="Reassign").click()
    recorded(page, "5 decisions")


def quote_text(page: Any, number: int) -> str:
    """What a quote on the page says."""
    return page.locator("ul.cards blockquote").nth(number - 1).inner_text().strip("“”\n ")


def clarify(page: Any, done: Walk) -> None:
    """Leave words of a quote out and put some in, look at what will be printed, keep and approve it."""
    page.get_by_role("link", name="Shorten or clarify quote 1", exact=True).click()
    field_ = page.get_by_label("What is printed")
    words = field_.input_value().split()
    field_.fill(f"{' '.join(words[:2])} [...] {words[3]} [{ADDED}] {' '.join(words[4:])}")
    done.approved = f"{' '.join(words[:2])} […] {words[3]} [{ADDED}] {' '.join(words[4:])}"
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="It will be printed so").wait_for()
    assert page.locator("figure.quote").inner_text().startswith(f"“{done.approved}”")
    page.get_by_role("button", name="Keep this wording").click()
    recorded(page, "clarifies")
    page.get_by_label("State").select_option(label="clarified, waits for approval")
    page.get_by_role("button", name="Show").click()
    assert quote_text(page, 1) == done.approved
    page.get_by_role("button", name="Approve quote 1", exact=True).click()
    recorded(page, "approves")
