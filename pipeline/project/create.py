"""`themebook init` and `themebook demo`: a folder in which `dvc repro` gives a report, with no file edited."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Ingest, Params, Tune, parse
from pipeline.foundation.tables import read_bytes, read_text, write_bytes, write_json, write_text
from pipeline.project.graph import PLOT, PLOT_TEMPLATE, dvc_yaml
from pipeline.project.modules import PACKAGE
from pipeline.project.stamp import STAMP, stamp
from pipeline.survey.description import WAVE_ID, Survey, load_survey
from pipeline.survey.formats import read_export
from pipeline.survey.guess import guess_survey
from pipeline.survey.ingest import ingest
from pipeline.themes.codebook import give_ids, parse_codebook, read_themes
from pipeline.themes.gold import read_gold

SURVEY_KEYS: dict[str, Any] = {
    "title": "",
    "note": "",
    "waves": {},
    "respondent_id": "",
    "weight": "",
    "sampling": "self-selected",
    "suppress": 0,
    "questions": {},
    "nets": {},
    "cross": None,
}
STORY = """<!--
The report's own words. While nothing but this note stands here, they are drafted anew from the results at every run.
`themebook draft` writes such a draft here, for you to say in your own words what the figures mean;
`themebook refs WORD` finds the figures and quotes that it may refer to.
-->
"""
HOUSE = """# The house style of the report. Every line is optional; without them the report looks as themebook made it.
# logo: {file: logo.png, alt: Name of the organisation}   # a PNG or JPEG in data/templates, under 200 kB
# colours: {accent: '#0b5a63', second: '#a33f1f'}   # dark shades are derived; or give accent_dark, second_dark
# language: en   # of the words below and of the report's text
# texts: {What gets in the way: Barriers}   # fixed headings and labels in other words
# order: [themes, closed]   # sections of the evidence that come first
# leave_out: [trends]   # sections that are not shown
# document: {template: house.docx}   # in data/templates: a Word document whose styles the Word report takes
# methods: {}   # your own statements for the methods appendix
"""
GOLD_HEADER = "respondent_id,wave,question,code,coder,sample\n"
IGNORED = {
    ".dvcignore": ".gitignore\n__pycache__\n*.tmp\n",
    ".gitignore": "# Drawn by `dvc plots`; DVC's own files are ignored by its own lists.\n/dvc_plots\n",
    "data/.gitignore": (
        "# Only people's files are kept in git; answers and what is made of them are not.\n"
        "/*\n!/.gitignore\n!/survey.yaml\n!/report.md\n!/report.yaml\n!/templates/\n!/codebook/\n!/raw/\n/raw/*\n!/raw/.gitkeep\n*.tmp\n"
    ),
    ".gitattributes": (
        "# Lines that two people added, in the same file and two clones, both stay.\n"
        "data/codebook/decisions/*.jsonl merge=union\ndata/codebook/gold.csv merge=union\n"
    ),
    "models/.gitignore": "/coder\n/tuned\n/released/*/\n",
    "models/releases/.gitkeep": "",
    "reports/.gitignore": "/internal\n/public\n/headlines.csv\n/closed.csv\n/numbers.csv\n/crosstabs.csv\n",
    "data/report.md": STORY,
    "data/report.yaml": HOUSE,
    "data/templates/.gitkeep": "",
    "data/raw/.gitkeep": "",
    "data/codebook/decisions/.gitkeep": "",
}
DVC_CONFIG = "[core]\n    analytics = false\n    check_update = false\n    autostage = false\n"


def wave_files(given: Sequence[str]) -> dict[str, Path]:
    """Read ``ID=FILE`` pairs of the command line.

    Raises
    ------
    ThemebookError
        If a pair has no ``=``, an id is not plain or stands twice, or a file is missing.
    """
    waves: dict[str, Path] = {}
    for pair in given:
        wave, sign, file = pair.partition("=")
        if not sign or not file:
            raise ThemebookError(f"--wave {pair}: no file given.", "Write it as --wave 2025=export.csv.")
        if not WAVE_ID.fullmatch(wave):
            raise ThemebookError(
                f"--wave {pair}: the wave id `{wave}` may hold only letters, digits, `_` and `-`.", "Try 2021Q3."
            )
        if wave in waves:
            raise ThemebookError(f"--wave {pair}: the wave `{wave}` is given twice.", "Give each wave its own id.")
        if not Path(file).is_file():
            raise ThemebookError(f"--wave {pair}: {file} does not exist.", "Give the path of the raw export.")
        waves[wave] = Path(file)
    return waves


def init(
    folder: Path,
    waves: Mapping[str, Path],
    *,
    title: str = "",
    respondent_id: str = "",
    open_: Sequence[str] = (),
    closed: Sequence[str] = (),
    attributes: Sequence[str] = (),
    weight: str = "",
    codebook: Path | None = None,
    gold: Path | None = None,
) -> list[str]:
    """Make a project folder from raw exports.

    Nothing is written before every given file has been read and found good.

    Parameters
    ----------
    folder : Path
        Must not exist, or be empty.
    waves : mapping of str to Path
        Raw export of each wave.
    title : str
        Of the reports.
    respondent_id, weight : str
        Columns.
    open_, closed, attributes : sequence of str
        Columns whose kind is given rather than guessed.
    codebook, gold : Path, optional
        People's files to start from.

    Returns
    -------
    list of str
        What was guessed and why, a line each.
    """
    _must_be_new(folder)
    exports = {wave: read_export(path) for wave, path in waves.items()}
    survey, lines = guess_survey(
        exports,
        title=title or folder.resolve().name.replace("_", " ").replace("-", " "),
        respondent_id=respondent_id,
        open_=open_,
        closed=closed,
        attributes=attributes,
        weight=weight,
    )
    for wave, path in waves.items():
        survey["waves"][wave]["file"] = f"data/raw/{wave}{path.suffix.lower()}"
    # DVC wants every key that a stage depends on to be written, the empty ones too.
    survey = {key: survey.get(key, empty) for key, empty in SURVEY_KEYS.items()}
    described = parse(Survey, survey, "the guessed survey.yaml")
    for wave, export in exports.items():
        ingest(export, described, wave, Ingest())
        lines = [*export.notices, *lines]
    themes = give_ids(read_themes(codebook)) if codebook is not None else []
    if codebook is not None:
        parse_codebook(themes, described, codebook)
    coded = GOLD_HEADER
    if gold is not None:
        read_gold(gold)
        coded = read_text(gold, "Give the path of gold.csv.")

    _scaffold(folder, Params())
    for wave, path in waves.items():
        write_bytes(folder / survey["waves"][wave]["file"], read_bytes(path, ""))
    write_text(folder / "data/survey.yaml", as_yaml(survey))
    write_text(folder / "data/codebook/codebook.yaml", as_yaml(themes) if themes else "[]\n")
    write_text(folder / "data/codebook/gold.csv", coded)
    _git_and_dvc(folder)
    return lines


def demo(folder: Path) -> None:
    """Make a project folder of the sample survey, whose every answer is invented for illustration."""
    _must_be_new(folder)
    source = resources("sample")
    # A look at the sample should not wait for the tuning of the encoder.
    _scaffold(folder, Params(tune=Tune(mode="off")))
    for wave in load_survey(source / "survey.yaml").waves.values():
        write_bytes(folder / wave.file, (source / "raw" / Path(wave.file).name).read_bytes())
    for name in ("survey.yaml", "report.md", "report.yaml"):
        write_bytes(folder / "data" / name, (source / name).read_bytes())
    for path in (source / "codebook").rglob("*.*"):
        write_bytes(folder / "data/codebook" / path.relative_to(source / "codebook"), path.read_bytes())
    _git_and_dvc(folder)


def resources(name: str) -> Path:
    """Find a folder that is shipped with the package: ``sample`` (the survey) or ``manifests`` (of the models)."""
    installed = PACKAGE / name
    return installed if installed.is_dir() else PACKAGE.parent / {"sample": "data", "manifests": "models"}[name]


def as_yaml(content: Any) -> str:
    """Write YAML as people read it: keys in order, text as it is."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


def _must_be_new(folder: Path) -> None:
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise ThemebookError(f"{folder} is not empty.", "Give a new folder; nothing was changed.")


def _scaffold(folder: Path, params: Params) -> None:
    """Write what every project folder holds."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in IGNORED.items():
        write_text(folder / name, content)
    write_text(folder / "params.yaml", as_yaml(params.model_dump(mode="json")))
    write_text(folder / "dvc.yaml", dvc_yaml(with_code=False))
    write_json(folder / STAMP, stamp())
    for name in ("encoder.json", "spacy.json"):
        shutil.copyfile(resources("manifests") / name, folder / "models" / name)


def _git_and_dvc(folder: Path) -> None:
    """Make the folder a git and DVC repository, or a DVC folder inside the git repository it lies in."""
    if shutil.which("git") is None:
        raise ThemebookError("git is not installed.", "Install git, then run `git init` and `dvc init` in the folder.")
    inside = subprocess.run(["git", "rev-parse", "--show-toplevel"], cwd=folder, capture_output=True, text=True)
    extra = ["--subdir"] if inside.returncode == 0 else []
    if not extra:
        subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "init", "--quiet", *extra], cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        raise ThemebookError(
            f"`dvc init` failed in {folder}: {done.stderr.strip()[:300]}", "Mend that and run it there."
        )
    write_text(folder / ".dvc/config", DVC_CONFIG)
    write_json(folder / PLOT_TEMPLATE, PLOT)
    # `dvc init` brings its own; ours also leaves .gitignore files out of the hash of a folder.
    write_text(folder / ".dvcignore", IGNORED[".dvcignore"])
