"""Whole runs with waves that came later: changed columns, a release that survives, and what a reader is told."""

import json
import re

import pandas as pd
import pytest
import yaml
from conftest import SHARED
from walk import ROOT, ran, repro, run

pytestmark = pytest.mark.slow

HELPS = "what_about_spack_helps_you_the_most"
WORKSHOP = "if_we_had_a_virtual_workshop_on_spack_would_you_attend"
PYTHON_26 = "how_bad_would_it_be_if_spack_dropped_support_for_python_2_6"
PYTHON_3 = "how_bad_would_it_be_if_spack_only_worked_with_python_3"
FEATURES = "which_of_the_following_spack_features_do_you_use"
GRID = "rank_these_tbd_spack_features_by_importance"
FLAGS = {
    "2021": [
        f"--rename=What about Spack has helped you the most in the past year?={HELPS}",
        f"--rename=How bad would it be if Spack dropped support for Python 2?={PYTHON_26}",
        f"--rename=If we had a (virtual) Spack user meeting, would you attend?={WORKSHOP}",
        f"--not-asked={PYTHON_3}",
        "--take-new",
    ],
    "2022": [
        "--rename=Which of the following Spack features do you use? "
        f"(details at https://github.com/spack/spack/releases)={FEATURES}",
        f"--rename=We're planning an in-person Spack user meeting in August, will you plan to attend?={WORKSHOP}",
        "--rename=Rank these TBD Spack features by importance [Better autodetection of system packages]="
        "Rank these TBD Spack features by importance [Autodetection of system packages]",
        f"--not-asked={PYTHON_26}",
        "--take-new",
    ],
}
# Written for this test; every word of it is invented.
CODEBOOK = """\
- {name: Documentation, definition: 'Documentation, tutorials, examples and how-tos.'}
- {name: Resolving dependencies, definition: 'How dependencies are resolved, how long it takes and what surprises.'}
- {name: Ease of installing, definition: 'Installing packages and their dependencies is easy.'}
- {name: Failing builds, definition: 'Packages that fail to build, compiler errors, broken builds.'}
- {name: Help from others, definition: 'The community, quick help from developers and maintainers.'}
"""


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the real surveys are not in ../shared/data")
def test_three_waves_with_changed_columns_give_a_trend_report(tmp_path):
    """The flags are those that the messages give; without them nothing is written."""
    files = {wave: SHARED / f"spack_survey/{wave}.csv" for wave in ("2020", "2021", "2022")}
    (tmp_path / "codebook.yaml").write_text(CODEBOOK)
    codebook = f"--codebook={tmp_path / 'codebook.yaml'}"
    run(tmp_path, "themebook", "init", "p", f"--wave=2020={files['2020']}", codebook)
    project = tmp_path / "p"
    for wave in ("2021", "2022"):
        before = (project / "data/survey.yaml").read_bytes()
        told = run(project, "themebook", "wave", "add", f"{wave}={files[wave]}", ok=False)
        assert "Nothing was written" in told and (project / "data/survey.yaml").read_bytes() == before
        for flag in FLAGS[wave][:-1]:
            name, _, value = flag.partition("=")
            assert f'{name} "{value}"' in told, flag
        run(project, "themebook", "wave", "add", f"{wave}={files[wave]}", *FLAGS[wave])
    repro(project)
    survey = yaml.safe_load((project / "data/survey.yaml").read_text(encoding="utf-8"))
    assert len(survey["questions"][HELPS]["columns"]) == 2 and survey["questions"][PYTHON_3]["waves"] == ["2020"]
    closed = {w: pd.read_parquet(project / f"data/responses/{w}.closed.parquet") for w in files}
    autodetection = survey["questions"][GRID]["columns"].index(
        "Rank these TBD Spack features by importance [Autodetection of system packages]"
    )
    item = f"{GRID}.{autodetection + 1}"
    assert all(item in set(closed[w]["question_id"]) for w in ("2021", "2022"))
    for wave in files:
        ledger = json.loads((project / f"data/responses/{wave}.ledger.json").read_text())
        assert sum(ledger["status"].values()) == ledger["cells"]
    changes = pd.read_csv(project / "reports/changes.csv", keep_default_na=False, dtype=str)
    worded = changes[(changes["question_id"] == HELPS) & (changes["wave"] == "2021")]
    assert len(worded) and set(worded["changed"]) == {"wording"}
    assert set(changes[(changes["question_id"] == HELPS) & (changes["wave"] == "2022")]["changed"]) == {""}
    for audience in ("internal", "public"):
        page = (project / f"reports/{audience}/themes.html").read_text(encoding="utf-8")
        section = page[page.index('<section id="trends"') : page.index('<section id="left"')]
        assert section.count("Between 2020 and 2021, the question was worded otherwise") == 1
        # Five themes each of the question that was worded otherwise, and of all questions together.
        assert section.count('class="break"') == 10 and section.count('class="figure trends"') >= 6
    assert ran(repro(project)) == set()


def test_a_release_survives_a_new_wave_and_a_retrain(tmp_path):
    run(tmp_path, "themebook", "demo", "p")
    project = tmp_path / "p"
    run(project, "themebook", "wave", "remove", "2026")
    refused = run(project, "themebook", "release", "first", ok=False)
    assert "Run `dvc repro`" in refused
    repro(project)
    run(project, "themebook", "release", "first")
    run(project, "themebook", "release", "first", ok=False)
    frozen = {p: p.read_bytes() for p in (project / "models/releases/first").iterdir()}
    published = pd.read_csv(project / "models/releases/first/prevalence.csv", keep_default_na=False, dtype=str)
    run(project, "git", "add", "-A")
    tracked = run(project, "git", "ls-files", "models").split()
    assert "models/released/first.dvc" in tracked and not any("mentions" in name for name in tracked)
    assert ran(repro(project)) == {"measure", "report", "print"}
    run(
        project,
        "themebook",
        "wave",
        "add",
        f"2026={ROOT / 'data/raw/2026.csv'}",
        "--mode-changed",
        "online, not on paper",
    )
    path = project / "data/codebook/codebook.yaml"
    text = path.read_text(encoding="utf-8").replace("name: Long-term thinking", "name: Beyond the budget year")
    path.write_text(text[: text.index("- id: T10")], encoding="utf-8")
    repro(project)
    assert {p: p.read_bytes() for p in frozen} == frozen
    both = pd.read_csv(project / "reports/published.csv", keep_default_na=False, dtype=str)
    then = published[published["segment"] == ""].set_index(["wave", "question_id", "theme_id"])
    assert both.set_index(["wave", "question_id", "theme_id"])["share"].to_dict() == then["share"].to_dict()
    assert set(both["fate"]) == {"same", "renamed", "removed"}
    changes = pd.read_csv(project / "reports/changes.csv", dtype={"wave": str})
    assert set(changes["release"]) == {"first"} and set(changes["changed"]) == {"mode"}
    total = changes["share"] - changes["published_share"]
    assert ((changes["from_answers"] + changes["from_coding"] - total).abs() < 1e-9).all()
    page = (project / "reports/internal/themes.html").read_text(encoding="utf-8")
    assert "As published, and as coded now" in page and "now called “Beyond the budget year”" in page
    assert re.search(r"people were asked in another way \(online, not on paper\)", page)
    frozen_shares = project / "models/releases/first/prevalence.csv"
    frozen_shares.write_text(frozen_shares.read_text().replace("0.2", "0.3", 1))
    assert "is not the file of the release `first`" in repro(project, ok=False)
