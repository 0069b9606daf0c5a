"""Whole runs on real surveys that nobody here wrote: one `init`, one `dvc repro`, no file edited."""

import csv
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import SHARED

BIN = Path(sys.executable).parent
NHS = [f"{quarter}" for quarter in ("2021Q2", "2021Q3", "2021Q4", "2022Q1", "2022Q2", "2022Q3")]
SURVEYS = {
    "nhs_fft": (
        {wave: f"nhs_fft/{wave}.csv" for wave in NHS},
        ["--codebook", "nhs_fft/codebook.yaml", "--gold", "nhs_fft/gold_200.csv"],
    ),
    "spack_survey": ({wave: f"spack_survey/{wave}.csv" for wave in ("2020", "2021", "2022")}, []),
    "jupyter_2015": ({"2015": "jupyter_2015/export.csv"}, []),
}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the real surveys are not in ../shared/data"),
]


def run(folder, *command, ok=True):
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    out = done.stdout + done.stderr
    assert "Traceback" not in out, out[-3000:]
    assert (done.returncode == 0) == ok, out[-3000:]
    return out


def init(folder, name, extra=()):
    waves, options = SURVEYS[name]
    options = [str(SHARED / o) if not o.startswith("--") else o for o in options]
    given = [f"--wave={wave}={SHARED / file}" for wave, file in waves.items()]
    return run(folder, "themebook", "init", name, *given, *options, *extra)


@pytest.fixture(scope="module", params=SURVEYS)
def real(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("real")
    init(folder, request.param)
    run(folder / request.param, "dvc", "repro")
    return folder / request.param


def test_every_cell_of_the_raw_file_is_in_the_ledger(real):
    """Cells counted by the csv module alone, header left out."""
    csv.field_size_limit(10**9)
    for wave, file in SURVEYS[real.name][0].items():
        with (SHARED / file).open(encoding="utf-8-sig", newline="") as stream:
            header, *rows = [row for row in csv.reader(stream) if row]
        ledger = json.loads((real / f"data/responses/{wave}.ledger.json").read_text())
        assert ledger["cells"] == len(rows) * len(header) == sum(map(len, rows))
        assert sum(ledger["status"].values()) == ledger["cells"]
        empty = sum(not cell.strip() for row in rows for cell in row)
        blank = ledger["status"]["blank"] + sum(q["reasons"].get("blank", 0) for q in ledger["questions"].values())
        assert ledger["status"]["blank"] <= empty <= blank + ledger["status"]["excluded"]
        places = {" ".join(cell.split()): j for j, cell in enumerate(header)}
        for question in (q for q in ledger["questions"].values() if q["kind"] == "open"):
            mine = [row[places[column]].strip() for row in rows for column in question["columns"]]
            assert question["status"]["blank"] == mine.count("")
            told = sum(question["status"][status] for status in ("answered", "non_answer", "not_asked"))
            assert told == len(mine) - mine.count("")


def strings(project, name):
    """Every text that people wrote into a YAML file."""
    import yaml

    waiting, found = [yaml.safe_load((project / f"data/{name}.yaml").read_text(encoding="utf-8"))], []
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
        else:
            found.append(str(value))
    return found


def test_the_internal_report_is_there(real):
    page = (real / "reports/internal/themes.html").read_text(encoding="utf-8")
    assert len(page) > 50_000
    assert "<h1" in page


def test_nothing_public_holds_an_answer(real):
    import re

    def runs(text):
        words = re.findall(r"[\w'’]+", text.casefold())
        found = {" ".join(words[i : i + 5]) for i in range(len(words) - 4)}
        # Five bare numbers in a row stand in any table of figures.
        return {run for run in found if re.search(r"[^\W\d_]{2}", run)}

    frames = [pd.read_parquet(real / f"data/responses/{wave}.parquet") for wave in SURVEYS[real.name][0]]
    known = set().union(*[runs(text) for name in ("survey", "codebook/codebook") for text in strings(real, name)])
    secret = set().union(*[runs(text) for text in pd.concat(frames)["text"]]) - known
    public = re.sub(r"<[^>]+>", " ", (real / "reports/public/themes.html").read_text(encoding="utf-8"))
    assert not runs(public) & secret


def test_no_file_for_git_holds_what_a_respondent_wrote(real):
    """Answers to open questions, and what few wrote in place of a closed question's options."""
    waves = SURVEYS[real.name][0]
    closed = pd.concat([pd.read_parquet(real / f"data/responses/{wave}.closed.parquet") for wave in waves])
    rare = closed.groupby("value")["respondent_id"].nunique().loc[lambda n: n < 5].index
    opened = pd.concat([pd.read_parquet(real / f"data/responses/{wave}.parquet") for wave in waves])["text"].unique()
    secret = [text.strip() for text in (*rare, *opened) if len(text.split()) >= 5]
    run(real, "git", "add", "-A")
    for name in run(real, "git", "ls-files").split():
        if name.startswith(("data/codebook/", "data/survey.yaml")) or not (real / name).is_file():
            continue
        text = (real / name).read_text(encoding="utf-8")
        assert not [each for each in secret if each in text], name


def test_a_second_run_does_nothing(real):
    assert "up to date" in run(real, "dvc", "repro")


def test_gold_shuffled_among_answers_falls_to_chance(tmp_path):
    """Agreement out of fold must come from the answers, not from the way it is counted."""
    with (SHARED / "nhs_fft/gold_1000.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    answers = sorted({(r["respondent_id"], r["wave"], r["question"]) for r in rows})
    codes = {a: [r["code"] for r in rows if (r["respondent_id"], r["wave"], r["question"]) == a] for a in answers}
    kappa = {}
    for name in ("true", "shuffled"):
        order = list(answers)
        if name == "shuffled":
            random.Random(1).shuffle(order)
        gold = tmp_path / f"{name}.csv"
        with gold.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["respondent_id", "wave", "question", "code", "coder", "sample"])
            writer.writerows(
                [*a, code, "x", "random"] for a, b in zip(answers, order, strict=True) for code in codes[b]
            )
        folder = tmp_path / name
        folder.mkdir()
        waves, _ = SURVEYS["nhs_fft"]
        given = [f"--wave={wave}={SHARED / file}" for wave, file in waves.items()]
        run(
            folder,
            "themebook",
            "init",
            "p",
            *given,
            "--codebook",
            str(SHARED / "nhs_fft/codebook.yaml"),
            "--gold",
            str(gold),
        )
        if name == "true":
            for stage in ("verify", "ingest", "segment", "embed"):
                run(folder / "p", "themebook", "stage", stage)
        else:
            import shutil

            for part in ("responses", "units", "embeddings"):
                shutil.copytree(tmp_path / "true/p/data" / part, folder / "p/data" / part)
        run(folder / "p", "themebook", "stage", "code")
        run(folder / "p", "themebook", "stage", "discover")
        run(folder / "p", "themebook", "stage", "evaluate")
        kappa[name] = json.loads((folder / "p/reports/metrics/agreement.json").read_text())["kappa"]
    assert kappa["true"] > 0.4
    # The themes' own names and definitions still say what fits an answer, but shuffled codes do not agree with it.
    assert abs(kappa["shuffled"]) < 0.05


def test_the_whole_run_needs_no_network(tmp_path):
    """In a namespace without any network interface the demo gives the same bytes as with one."""
    import hashlib

    if subprocess.run(["unshare", "-rn", "true"], capture_output=True).returncode:
        pytest.fail("this machine cannot make a namespace without a network: run `unshare -rn true` to see why")
    made = {}
    for name, before in (("with", []), ("without", ["unshare", "-rn"])):
        (tmp_path / name).mkdir()
        run(tmp_path / name, "themebook", "demo", "p")
        run(tmp_path / name / "p", *before, "dvc", "repro")
        files = [p for d in ("data", "reports") for p in (tmp_path / name / "p" / d).rglob("*") if p.is_file()]
        made[name] = {
            p.relative_to(tmp_path / name).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
        }
    assert made["with"] == made["without"]
