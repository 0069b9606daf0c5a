"""Acts and words: what it takes to code one question altogether on the review page.

    python benchmarks/review/acts.py PROJECT [QUESTION] [WAVE]

PROJECT is a folder after `dvc repro`; a copy of it is coded. A coder who would give each answer the
codes that gold.csv has for it (or, where it has none, the machine's) goes through the queue "code all". Every key is
one that the page itself names. Printed are the keys for each answer, and the words that a person must read beside the
answers: the question, the themes' names and definitions once, and what the page says anew at each answer.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from fastapi.testclient import TestClient

from pipeline.review.desk import Desk
from pipeline.review.security import Access
from pipeline.review.server import create_app


class Figures(NamedTuple):
    """What was counted."""

    answers: int
    keys: int
    own_words: int
    other_words: int

    @property
    def keys_each(self) -> float:
        return self.keys / self.answers

    @property
    def words_more(self) -> float:
        return self.other_words / self.own_words


class _Shown(HTMLParser):
    """A coding page as a person meets it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.same = False
        self.parts: dict[str, list[str]] = {}
        self._inside: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and given.get("type") == "hidden":
            self.fields[given["name"]] = given["value"]
        if tag == "input" and "data-key" in given:
            self.keys[given["value"]] = given["data-key"]
        self.same |= tag == "button" and given.get("value") == "same"
        if tag not in ("input", "meta", "link", "br"):
            part = given.get("class", "").split(" ")[0] if tag in ("blockquote", "p", "details") else ""
            self._inside.append((tag, "question" if tag == "h1" else part))

    def handle_endtag(self, tag: str) -> None:
        while self._inside and self._inside.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, part in self._inside:
            if part:
                self.parts.setdefault(part, []).append(data)

    def words(self, part: str) -> int:
        return len(" ".join(self.parts.get(part, ())).split())


def coded(project: Path, question: str = "", wave: str = "") -> Figures:
    """Code a copy of a project and count."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns(".git", ".dvc", "reports", "tuned"))
        before = Path.cwd()
        os.chdir(copy)
        try:
            return _coded(Desk("coder"), question, wave)
        finally:
            os.chdir(before)


def _coded(desk: Desk, question: str, wave: str) -> Figures:
    access = Access(8765)
    client = TestClient(create_app(desk, access), base_url="http://127.0.0.1:8765")
    client.headers["origin"] = "http://127.0.0.1:8765"
    client.get(f"/?key={access.key}")
    first = desk.cells.iloc[0]
    question, wave = question or str(first["question_id"]), wave or str(first["wave"])
    wanted = {cell: desk.codings.final(cell) for cell in desk.cells["cell_id"]}
    machine = desk.machine_codes
    page = client.get("/coding/all", params={"question": question, "wave": wave})
    answers = keys = own = other = 0
    codes_before: frozenset[str] | None = None
    while "data-keys" in page.text:
        shown = _Shown(page.text)
        if not answers:
            other += shown.words("question") + shown.words("keys")
        answers += 1
        own += shown.words("answer")
        other += shown.words("hint") + shown.words("side")
        cell = shown.fields["cell"]
        codes = wanted[cell]
        codes = machine.get(cell, frozenset()) if codes is None else codes
        codes = frozenset(code for code in codes if code in shown.keys)
        again = shown.same and codes == codes_before
        keys += 1 if again else sum(len(shown.keys[code]) for code in codes) + 1
        sent = {**shown.fields, "go": "same"} if again else {**shown.fields, "go": "save", "theme": sorted(codes)}
        page = client.post("/coding/all", data=sent)
        assert page.status_code == 200, unescape(re.sub("<[^>]+>", " ", page.text))
        codes_before = codes
    return Figures(answers, keys, own, other)


def main() -> None:
    figures = coded(Path(sys.argv[1]), *sys.argv[2:4])
    print(f"{figures.answers} answers coded with {figures.keys} keys: {figures.keys_each:.2f} an answer")
    print(
        f"words to read: {figures.own_words} of the answers and {figures.other_words} more ({figures.words_more:.0%})"
    )


if __name__ == "__main__":
    main()
