"""The whole walk in a copy: raw export in, reports out, through DVC, and what must not change when something does."""

import csv
import hashlib
import json
import re
import shutil

import pandas as pd
import pytest
from attacked import recovered
from print_reader import said_in
from walk import ROOT, TABLES, hashes, ran, repro, run

from pipeline.cli import STAGE_NAMES
from pipeline.evidence.prevalence import nearest
from pipeline.foundation import contracts
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import read_table
from pipeline.survey.description import load_survey
from pipeline.themes.codebook import load_codebook


def test_a_second_run_does_nothing(project):
    before = hashes(project, "data", "reports", "models")
    out = repro(project)
    assert ran(out) == set()
    assert "up to date" in out
    assert hashes(project, "data", "reports", "models") == before


def test_both_reports_are_there_and_self_contained(whole):
    for audience in ("internal", "public"):
        page = (whole / f"reports/{audience}/themes.html").read_text(encoding="utf-8")
        assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", page)
        assert "invented for illustration" in page.lower()
    assert "internal" in (whole / "reports/internal/themes.html").read_text(encoding="utf-8").lower()


def test_no_small_count_of_the_sample_can_be_worked_out(project, monkeypatch):
    """Nobody who reads everything in reports/public finds a small count, though without `suppress` all are found."""
    monkeypatch.chdir(project)
    survey, params = load_survey(), load_params()
    tables = load_codebook(survey), read_table(contracts.FIGURES), nearest(read_table(contracts.PREVALENCE))
    page = project / "reports/public/themes.html"
    found, targets, _ = recovered(page.read_text(encoding="utf-8"), survey, *tables, params)
    assert len(targets) >= 5 and found.keys() == targets.keys()
    described = project / "data/survey.yaml"
    described.write_text(described.read_text(encoding="utf-8").replace("suppress: 0", "suppress: 5"), encoding="utf-8")
    run(project, "themebook", "stage", "report")
    # The other formats show the figures of the page and no others: see test_print_same.py.
    formats = {"themes.html", "report.pdf", "report.docx", "figures.xlsx"}
    assert {path.name for path in page.parent.iterdir() if path.name != ".gitignore"} == formats
    found, hidden, attack = recovered(page.read_text(encoding="utf-8"), survey, *tables, params)
    assert not found and hidden.keys() <= targets.keys() and len(hidden) >= 5 and attack.figures > 100


@pytest.mark.slow
def test_two_folders_and_shuffled_rows_give_the_same_bytes(whole, tmp_path):
    """Row order must change nothing, with ids and without."""
    import random

    headers = {}
    folders = {}
    for name in ("as_it_is", "shuffled"):
        files = {}
        for wave in ("2025", "2026"):
            with (ROOT / f"data/raw/{wave}.csv").open(encoding="utf-8", newline="") as stream:
                header, *rows = csv.reader(stream)
            if name == "shuffled":
                random.Random(7).shuffle(rows)
            files[wave] = tmp_path / f"{name}_{wave}.csv"
            with files[wave].open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows([[*header[1:]], *[row[1:] for row in rows]])
            headers[wave] = header
        folders[name] = tmp_path / name
        run(
            tmp_path,
            "themebook",
            "init",
            str(folders[name]),
            *[f"--wave={wave}={file}" for wave, file in files.items()],
            "--codebook",
            str(ROOT / "data/codebook/codebook.yaml"),
        )
        repro(folders[name])
    one, two = (
        hashes(folder, *TABLES, "reports/prevalence.csv", "reports/headlines.csv") for folder in folders.values()
    )
    different = {name for name in one if one[name] != two[name]}
    # The ledger and the record of the raw file name the raw file's own hash.
    assert {name for name in different if not name.endswith((".ledger.json", ".verified.json"))} == set()
    assert set(one) == set(two)


def test_stages_in_one_process_give_the_same_bytes(project, monkeypatch):
    """With as many threads as the machine has, too: the tests run with one."""
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    before = hashes(project, "data", "reports", "models")
    run(project, "themebook", "stage", *STAGE_NAMES)
    assert hashes(project, "data", "reports", "models") == before


@pytest.mark.slow
def test_stages_run_without_dvc_to_the_same_bytes(whole, tmp_path):
    project = tmp_path / "plain"
    run(tmp_path, "themebook", "demo", str(project))
    shutil.rmtree(project / ".dvc")
    for stage in STAGE_NAMES:
        run(project, "themebook", "stage", stage)
    assert hashes(project, *TABLES, "reports") == hashes(whole, *TABLES, "reports")


def test_the_tables_agree_with_one_another(whole):
    def read(pattern):
        return pd.concat([pd.read_parquet(p) for p in sorted((whole / "data").glob(pattern))], ignore_index=True)

    responses = read("responses/20[0-9][0-9].parquet").set_index("response_id")
    units = read("units/20[0-9][0-9].parquet")
    length = responses["text"].str.len()
    assert (units["start"] < units["end"]).all()
    assert (units["end"] <= units["response_id"].map(length)).all()
    text = [
        responses["text"][r][s:e] for r, s, e in zip(units["response_id"], units["start"], units["end"], strict=True)
    ]
    assert [hashlib.sha256(t.encode()).hexdigest() for t in text] == units["text_id"].tolist()
    mentions = read("coded/mentions.parquet")
    assert set(mentions["response_id"]) <= set(responses.index)
    shares = pd.read_csv(whole / "reports/prevalence.csv", dtype={"wave": str}, keep_default_na=False)
    overall = shares[(shares["segment"] == "") & (shares["question_id"] != "")]
    said = mentions[mentions["mentioned"]].groupby(["wave", "question_id", "theme_id"])["respondent_id"].nunique()
    for row in overall.to_dict("records"):
        assert said.get((row["wave"], row["question_id"], row["theme_id"]), 0) == row["n"]
    for wave in ("2025", "2026"):
        ledger = json.loads((whole / f"data/responses/{wave}.ledger.json").read_text())
        with (ROOT / f"data/raw/{wave}.csv").open(encoding="utf-8", newline="") as stream:
            assert ledger["cells"] == sum(map(len, csv.reader(stream))) - 13 == sum(ledger["status"].values())


def test_the_new_theme_of_the_second_wave_is_among_the_candidates(whole):
    candidates = pd.read_parquet(whole / "data/candidates/candidates.parquet")
    members = pd.read_parquet(whole / "data/candidates/units.parquet")
    units = pd.concat([pd.read_parquet(whole / f"data/units/{w}.parquet").assign(wave=w) for w in ("2025", "2026")])
    raw = pd.concat([pd.read_parquet(whole / f"data/responses/{w}.parquet") for w in ("2025", "2026")])
    texts = raw.set_index("response_id")["text"]
    joined = members.merge(units, on="unit_id")
    words = [texts[r][s:e] for r, s, e in zip(joined["response_id"], joined["start"], joined["end"], strict=True)]
    joined["ai"] = [bool(re.search(r"\b(AI|chatbots?|algorithm|machine learning)\b", w)) for w in words]
    best = joined.groupby("candidate_id").agg(ai=("ai", "mean"), new=("wave", lambda w: (w == "2026").mean()))
    assert ((best["ai"] > 0.5) & (best["new"] > 0.8)).any()
    assert set(best.index) <= set(candidates["candidate_id"])


def answers(project):
    frames = [pd.read_parquet(p) for p in sorted((project / "data/responses").glob("20[0-9][0-9].parquet"))]
    return pd.concat(frames, ignore_index=True)["text"].tolist()


def five_word_runs(text):
    words = re.findall(r"[\w'’]+", text.casefold())
    return {" ".join(words[i : i + 5]) for i in range(len(words) - 4)}


def test_nothing_public_holds_an_answer(project):
    """No five words in a row of any answer outside approved quotes, in anything that git or the public may see."""
    quotes = pd.read_parquet(project / "data/coded/quotes.parquet")
    allowed = set().union(*[five_word_runs(q) for q in quotes.loc[quotes["approved"], "display"]], set())
    people = [project / "data/codebook/codebook.yaml", project / "data/survey.yaml"]
    own = set().union(*[five_word_runs(p.read_text(encoding="utf-8")) for p in people])
    secret = set().union(*[five_word_runs(a) for a in answers(project)]) - allowed - own
    assert len(secret) > 5000
    log = project / "log.txt"
    shutil.rmtree(project / "data/responses")
    log.write_text(repro(project), encoding="utf-8")
    run(project, "git", "add", "-A")
    tracked = run(project, "git", "ls-files").split()
    assert not any(
        name.startswith(("data/responses", "data/raw/20", "data/coded", "reports/internal")) for name in tracked
    )
    files = [project / name for name in tracked if (project / name).is_file()]
    files += [log, *(project / "reports/public").rglob("*"), *(project / "reports/metrics").rglob("*")]
    for file in files:
        if file.suffix in (".pdf", ".docx", ".xlsx"):
            text = said_in(file.name, file.read_bytes())
        else:
            text = re.sub(r"<[^>]+>", " ", file.read_text(encoding="utf-8", errors="ignore"))
        assert not five_word_runs(text) & secret, file


def test_metrics_are_flat_numbers(whole):
    for path in (whole / "reports/metrics").glob("*.json"):
        assert all(isinstance(v, float | int) for v in json.loads(path.read_text()).values())
    assert "micro_f1" in run(whole, "dvc", "metrics", "show")


def test_the_plot_has_one_bar_a_theme_and_wave(whole):
    drawn = json.loads(run(whole, "dvc", "plots", "show", "--show-vega", "Prevalence"))
    assert drawn["transform"] == [{"filter": "datum.segment === '' && datum.question_id === ''"}]
    rows = [r for r in drawn["data"]["values"] if r["segment"] == r["question_id"] == ""]
    assert len(rows) == len({(r["wave"], r["theme_id"]) for r in rows}) == 20


def test_the_coder_on_disk_gives_the_same_probabilities(whole, monkeypatch):
    monkeypatch.chdir(whole)
    import numpy as np

    from pipeline.foundation.contracts import MENTIONS, RESPONSES, UNITS
    from pipeline.foundation.tables import read_table, read_waves
    from pipeline.text.encoder import load_vectors
    from pipeline.themes.card import load_coder
    from pipeline.themes.coding import answers_of

    coder, words, themes, _ = load_coder()
    waves = ["2025", "2026"]
    responses = read_waves(RESPONSES, waves)
    responses = responses[responses["status"] == "answered"].reset_index(drop=True)
    table, _ = answers_of(responses, read_waves(UNITS, waves), load_vectors(waves), words)
    again = pd.DataFrame(coder.predict_proba(table), index=responses["response_id"], columns=themes)
    mentions = read_table(MENTIONS)
    mentions = mentions[mentions["response_id"].isin(again.index)]
    found = [again.at[r, t] for r, t in zip(mentions["response_id"], mentions["theme_id"], strict=True)]
    assert np.allclose(found, mentions["probability"], atol=1e-9)


@pytest.mark.parametrize("notebook", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebooks_run_and_are_stored_without_outputs(notebook, whole):
    import nbformat
    from nbclient import NotebookClient

    stored = nbformat.read(notebook, as_version=4)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in stored.cells)
    before = hashes(whole, "data", "models", "reports")
    NotebookClient(stored, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(whole)}}).execute()
    assert any(cell.get("outputs") for cell in stored.cells)
    assert hashes(whole, "data", "models", "reports") == before


def test_the_methods_name_the_files_as_they_are_and_nobody_outside(whole):
    pages = [(whole / f"reports/{name}/themes.html").read_text(encoding="utf-8") for name in ("internal", "public")]
    people = whole / "data/codebook"
    decisions = b"".join(path.read_bytes() for path in sorted((people / "decisions").glob("*.jsonl")))
    files = [(people / name).read_bytes() for name in ("codebook.yaml", "gold.csv")]
    for page in pages:
        assert all(hashlib.sha256(content).hexdigest() in page for content in [*files, decisions])
        assert "270 respondents of 1,480 invited" in page
    for name in ("machine:language-model", "sample-author"):
        assert name in pages[0] and name not in pages[1]
