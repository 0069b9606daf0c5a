"""Acts and words of coding a whole question: the review page in a real browser, driven by its keys.

    python benchmarks/review/keys.py [PROJECT] [--question Q] [--wave W]

PROJECT is a folder in which the pipeline has run (this repository by default). Everything happens in a copy of it. What
the coder decides is what the machine reader decided in gold.csv, and the pipeline's own codes for answers that nobody
read. The machine's codes that the page shows afterwards are the held-out ones, made without the reader's codes, so that
they differ from the coder's as often as they would.

Printed are the keys pressed for each answer (at most 3 on average), and the words to read beside the answer's own (at
most a fifth): what the page says of the machine's codes, each time, and every line that was on no earlier page. Exit
code 1 where either is missed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd
from playwright.sync_api import Page, sync_playwright

from pipeline.foundation.contracts import HELDOUT, MENTIONS, RESPONSES
from pipeline.foundation.tables import read_table, read_waves, write_table
from pipeline.review.acts import standing_now
from pipeline.review.coding import Codings, codable_cells, machine_codes, read_codings
from pipeline.review.keys import keys_for
from pipeline.survey.description import load_survey
from pipeline.themes.gold import MACHINE

CODER = "keys"
MOST_KEYS, MOST_WORDS = 3.0, 0.2
KEPT = ("data", "models", "params.yaml")


def read_project() -> tuple[Codings, dict[str, frozenset[str]], dict[str, list[str]]]:
    """What there is to code in this folder, what the coder will decide, and the theme ids of each question."""
    survey = load_survey()
    responses = read_waves(RESPONSES, survey.waves)
    codebook = standing_now(survey, responses).codebook
    mentions = read_table(MENTIONS)
    codings = read_codings(survey, responses, codebook, codable_cells(responses, codebook, mentions))
    said = machine_codes(codings, mentions)
    for cell, given in codings.given.items():
        for coder, codes in given.items():
            if coder.startswith(MACHINE):
                said[cell] = codes
    themes = {q: [t.id for t in codebook.for_question(q)] for q in survey.open_questions}
    return codings, said, themes


def show_held_out() -> None:
    """Put held-out codes in place of those that the reader's own codes filled in."""
    mentions, heldout = read_table(MENTIONS), read_table(HELDOUT)
    key = ["response_id", "theme_id"]
    both = mentions.merge(heldout[[*key, "mentioned"]], on=key, how="left", suffixes=("", "_apart"))
    apart = both["mentioned_apart"].where(both["mentioned_apart"].notna(), both["mentioned"]).astype(bool)
    write_table(
        mentions.assign(mentioned=apart.to_numpy(), source=pd.Series("model", mentions.index, dtype="str")), MENTIONS
    )


def serve(folder: Path, port: int) -> tuple[subprocess.Popen[str], str]:
    """Start the review page, and give its address."""
    command = [sys.executable, "-m", "pipeline.cli", "review", "--reviewer", CODER, "--no-browser", "--port", str(port)]
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert server.stdout
    for line in server.stdout:
        if "open http" in line:
            return server, line.split("open ", 1)[1].strip()
    raise SystemExit("the review page did not start")


def words_to_read(page: Page, seen: set[str]) -> int:
    """Count the words of lines that were on no earlier page, and of hints; neither the answer's nor the counter's."""
    # What only a screen reader reads stands there in signs as well.
    hints = page.evaluate(
        """() => [...document.querySelectorAll(".hint, .side")].map((each) => {
            const shown = each.cloneNode(true);
            for (const unseen of shown.querySelectorAll(".unseen")) unseen.remove();
            return shown.textContent;
        })"""
    )
    lines = page.evaluate(
        """() => {
            const main = document.querySelector("main").cloneNode(true);
            const apart = ".answer, .place, .hint, .side, .unseen, script, input";
            for (const away of main.querySelectorAll(apart)) away.remove();
            for (const closed of main.querySelectorAll("details:not([open]) > :not(summary)")) closed.remove();
            const kept = [...main.querySelectorAll("h1, label, p, summary, li, dt, dd")];
            return kept.filter((each) => !each.querySelector("p, label, li")).map((each) => each.textContent);
        }"""
    )
    fresh = {" ".join(line.split()) for line in lines} - seen
    seen |= fresh
    return sum(len(line.split()) for line in [*fresh, *hints])


def code_all(page: Page, wanted: dict[str, frozenset[str]], keys: dict[str, str]) -> pd.DataFrame:
    """Code every answer that the page shows; one row an answer."""
    seen: set[str] = set()
    rows: list[dict[str, object]] = []
    before: frozenset[str] | None = None
    # The codebook, with its definitions, is opened and read once.
    page.keyboard.press("?")
    while page.locator("form.code").count():
        cell = page.input_value("input[name=cell]")
        row = {"cell": cell, "words": len(page.inner_text(".answer").split()), "more": words_to_read(page, seen)}
        codes = wanted[cell]
        pressed = ["="] if codes == before else [*(key for theme in sorted(codes) for key in keys[theme]), "Enter"]
        for key in pressed[:-1]:
            page.keyboard.press(key)
        started = time.perf_counter()
        with page.expect_navigation(wait_until="load"):
            page.keyboard.press(pressed[-1])
        rows.append({**row, "keys": len(pressed), "ms": 1000 * (time.perf_counter() - started)})
        before = codes
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("project", nargs="?", type=Path, default=Path.cwd())
    parser.add_argument("--question", default="", help="the question's id; by default the one with most answers coded")
    parser.add_argument("--wave", default="", help="the wave; by default the first")
    parser.add_argument("--port", type=int, default=8799)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        folder.mkdir()
        for name in KEPT:
            source = asked.project / name
            if source.is_dir():
                shutil.copytree(source, folder / name)
            elif source.exists():
                shutil.copy(source, folder / name)
        os.chdir(folder)
        run(folder, asked.question, asked.wave, asked.port)


def run(folder: Path, question: str, wave: str, port: int) -> None:
    codings, wanted, themes = read_project()
    cells = codings.cells
    wave = wave or list(load_survey().waves)[0]
    read = set(codings.given)
    if not question:
        mine = cells[(cells["wave"] == wave) & cells["cell_id"].isin(read)]
        question = str(mine["question_id"].value_counts().idxmax())
    show_held_out()
    server, address = serve(folder, port)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(address)
            base = address.split("/", 3)
            page.goto(f"{base[0]}//{base[2]}/coding/all?{urlencode({'question': question, 'wave': wave})}")
            table = code_all(page, wanted, keys_for(themes[question]))
            browser.close()
    finally:
        server.terminate()
        server.wait()
    given = read_project()[0].given
    wrong = [cell for cell in table["cell"] if given.get(cell, {}).get(CODER) != wanted[cell]]
    if wrong or len(table) != len(cells[(cells["wave"] == wave) & (cells["question_id"] == question)]):
        raise SystemExit(f"{len(wrong)} of {len(table)} answers are not in gold.csv as they were coded")
    report(table, read, question, wave)


def report(table: pd.DataFrame, read: set[str], question: str, wave: str) -> None:
    known = table["cell"].isin(read)
    first = int(table["more"].iloc[0])
    # What the page says of an answer stands on the page of the next one.
    after = table["more"].shift(-1).fillna(0)[known]
    once, more = first / table["words"].sum(), after.sum() / table.loc[known, "words"].sum()
    keys = (table["keys"].sum() + 1) / len(table)
    print(f"{question}, {wave}: {len(table)} answers coded by keyboard, all in gold.csv as decided")
    print(
        f"keys an answer: {keys:.2f} on average, {table['keys'].max()} at most, {int(table['keys'].sum()) + 1} in all"
    )
    print(f"words of the answers: {int(table['words'].sum())}, {table['words'].mean():.1f} an answer")
    print(f"words to read once (question, themes and what they mean): {first}, {100 * once:.1f} % of the answers' own")
    print(
        f"words on the machine's codes: {100 * more:.1f} % of the answers' own; it says otherwise on "
        f"{int((after > 0).sum())} of {known.sum()} answers whose reader's codes are known"
    )
    print(f"words to read beside the answers' own: {100 * (once + more):.1f} %")
    waited = table["ms"].quantile([0.5, 0.95]).round().astype(int).tolist()
    print(f"from the last key to the next answer: {waited[0]} ms, the slowest twentieth {waited[1]} ms or more")
    if keys > MOST_KEYS or once + more > MOST_WORDS:
        raise SystemExit(f"more than {MOST_KEYS:.0f} keys, or more than {100 * MOST_WORDS:.0f} % further words")


if __name__ == "__main__":
    main()
