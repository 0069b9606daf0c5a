"""The server is killed at random moments while several clients decide and code: what it acknowledged is on disk."""

import random
import re
import shutil
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from review_factory import Server, free_port, write_project

from pipeline.foundation.tables import read_text, write_text
from pipeline.survey.description import load_survey
from pipeline.themes.codebook import load_codebook
from pipeline.themes.decisions import load_decisions
from pipeline.themes.gold import GOLD_FILE, read_gold
from pipeline.themes.replay import replay

CLIENTS = 3


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kill")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_project(folder, people=30)
        # So that an answer coded again replaces what stood, whatever the machine says of it.
        text = read_text(Path("params.yaml"), "").replace("suggestions: after", "suggestions: never")
        write_text(Path("params.yaml"), text)
        yield folder


@pytest.fixture
def project(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Load:
    """Clients that send forms as fast as they are answered, and remember what was acknowledged."""

    def __init__(self, server, attempt):
        self.server, self.attempt = server, attempt
        self.notes, self.codes = [], []
        self.stop, self.begun = threading.Event(), threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._client, args=(n,)) for n in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def _client(self, number):
        with httpx.Client(base_url=self.server.origin, headers={"origin": self.server.origin}, timeout=10) as client:
            try:
                page = client.get(f"/coding/all?question=change&wave=2020&key={self.server.key}", follow_redirects=True)
                token = re.search(r'name="csrf" value="([^"]+)"', page.text).group(1)
                for i in range(10_000):
                    if self.stop.is_set():
                        return
                    if number:
                        self._note(client, token, f"note {self.attempt} {number} {i}")
                    else:
                        self._code(client, token, i)
            except httpx.HTTPError:
                return

    def _note(self, client, token, said):
        answer = client.post("/themes/T01/note", data={"csrf": token, "why": said})
        if answer.status_code == 303:
            with self.lock:
                self.notes.append(said)
            self.begun.set()

    def _code(self, client, token, i):
        cells = self.cells
        cell, theme = cells[i % len(cells)], ("T01", "T03")[i // len(cells) % 2]
        data = {"csrf": token, "question": "change", "wave": "2020", "cell": cell, "theme": theme, "go": "save"}
        if client.post("/coding/all", data=data).status_code == 303:
            with self.lock:
                self.codes.append((cell, theme))

    cells: list[str] = []

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def killed(project, times, seed):
    """Kill a server under load again and again; nothing that it acknowledged may be missing then."""
    random_ = random.Random(seed)
    Load.cells = _cells(project)
    acknowledged, port = set(), free_port()
    for attempt in range(times):
        server = Server(project, port=port)
        load = Load(server, attempt)
        assert load.begun.wait(60), "".join(server.said)
        time.sleep(random_.uniform(0, 0.5))
        server.kill()
        load.end()
        acknowledged |= set(load.notes)
        decisions = load_decisions()
        kept = [decision.why for decision in decisions]
        assert acknowledged <= set(kept), f"lost after kill {attempt}"
        assert len(kept) == len(set(kept))
        gold = read_gold()
        for cell, theme in dict(load.codes).items():
            mine = gold[(gold["respondent_id"] == _respondent(cell)) & (gold["coder"] == "anna")]
            # The last one sent may be on disk although nobody heard of it.
            assert set(mine["code"]) and (
                set(mine["code"]) == {theme} or cell == load.cells[len(load.codes) % len(load.cells)]
            )
        assert read_text(GOLD_FILE, "").endswith("\n")
    survey = load_survey()
    assert len(replay(load_codebook(survey), load_decisions(), {}).notes) == len(load_decisions())
    return len(acknowledged)


def _cells(project):
    from pipeline.review.desk import Desk

    cells = Desk("anna").cells
    mine = cells[(cells["question_id"] == "change") & (cells["wave"] == "2020")]
    _cells.people = dict(zip(mine["cell_id"], mine["respondent_id"], strict=True))
    return list(mine["cell_id"])


def _respondent(cell):
    return _cells.people[cell]


def test_ten_kills_lose_nothing(project, capsys):
    said = killed(project, 10, seed=1)
    assert said > 10
    with capsys.disabled():
        sys.stdout.write(f"\n10 kills: {said} acknowledged decisions, none lost\n")


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing(project, capsys):
    said = killed(project, 100, seed=2)
    assert said > 100
    with capsys.disabled():
        sys.stdout.write(f"\n100 kills: {said} acknowledged decisions, none lost\n")
