"""`themebook check`: is everything that people wrote in order, before a run?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.evidence.closed import option_sets
from pipeline.evidence.nets import theme_nets
from pipeline.evidence.releases import load_releases
from pipeline.evidence.rules import BY_NAME, RULES, ThemeSet, apply_rules, findings_by_theme
from pipeline.foundation.contracts import CLOSED, FINDINGS, RESPONSES
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import load_params
from pipeline.foundation.tables import (
    path_of,
    read_json,
    read_table,
    read_text,
    read_waves,
    read_yaml,
    sha256_of,
    write_json,
    write_text,
)
from pipeline.project.create import IGNORED, as_yaml
from pipeline.project.graph import dvc_yaml
from pipeline.project.stamp import STAMP, check_stamp, stamp
from pipeline.report.house import HOUSE_FILE, TEMPLATES, House, load_house, load_templates
from pipeline.report.methods import check_said
from pipeline.report.templating import packaged
from pipeline.survey.description import Survey, load_survey
from pipeline.text.encoder import MANIFEST, model_folder
from pipeline.text.manifest import manifest_of
from pipeline.themes.codebook import CODEBOOK_FILE, Codebook, give_ids, load_codebook
from pipeline.themes.decisions import load_decisions, now
from pipeline.themes.gold import read_gold
from pipeline.themes.replay import replay


def check(fix: bool = False) -> list[str]:
    """Read every file that people write, and compare raw files and models with what was recorded.

    Parameters
    ----------
    fix : bool
        Write missing theme ids, the manifest of the encoder that params.yaml names and, in a folder that an earlier
        version made, the stamp of the installed one, its pipeline and people's files that it does not have yet.

    Returns
    -------
    list of str
        What was found good or written, a line each; below the codebook what the rules of a good theme set found: those
        on the codebook alone as it is now, the others as of the last run.

    Raises
    ------
    ThemebookError
        At the first thing that is not in order.
    """
    params, survey = load_params(), load_survey()
    made = _renew() if fix else []
    lines = [
        f"params.yaml and data/survey.yaml: {len(survey.waves)} waves, {len(survey.open_questions)} open questions"
    ]
    if fix:
        lines += made + _fix(params.embed.encoder)
    for wave, described in survey.waves.items():
        if sha256_of(Path(described.file), f"It is the raw file of wave {wave}: put it back.") != described.sha256:
            raise ThemebookError(
                f"{described.file} is not the file accepted for wave {wave}.",
                f"`themebook wave accept {wave}` takes it.",
            )
    lines.append("raw files: as accepted")
    codebook = load_codebook(survey)
    lines.append(f"{CODEBOOK_FILE}: {len(codebook.themes)} themes")
    lines += _codebook_findings(codebook)
    lines.append(f"gold.csv: {len(read_gold())} rows")
    lines += _decisions(codebook, survey)
    lines += check_nets(survey, codebook)
    lines += _house()
    if releases := load_releases():
        lines.append(f"releases: {len(releases)}, every hash good")
    check_stamp()
    return lines


def _house() -> list[str]:
    """Say what the house style sets, and which templates the project has of its own."""
    house = load_house()
    check_said(house.methods, f"{HOUSE_FILE}, `methods`")
    own = [name for name, value in house if value != getattr(House(), name)]
    lines = [f"{HOUSE_FILE}: {', '.join(own) or 'as themebook made it'}"]
    said = {True: "taken in place of themebook’s", False: "taken where another of yours includes it"}
    lines += [f"  {TEMPLATES / name}: {said[name in packaged()]}" for name in load_templates()]
    return lines


def check_nets(survey: Survey, codebook: Codebook) -> list[str]:
    """Check what the nets name, and say what of a combined theme is counted no longer.

    Decisions and the options that respondents chose are known after a first run.

    Raises
    ------
    ThemebookError
        If a net names a theme or an option that there is not.
    """
    if not survey.nets:
        return []
    if all(path_of(contract, wave).exists() for wave in survey.waves for contract in (RESPONSES, CLOSED)):
        responses = read_waves(RESPONSES, survey.waves)
        texts = dict(zip(responses["response_id"], responses["text"], strict=True))
        codebook = replay(codebook, load_decisions(), texts).codebook
        option_sets(survey, read_waves(CLOSED, survey.waves))
    gone = [(net, name) for net in theme_nets(survey, codebook) for name in net.gone]
    lines = [f"nets: {len(survey.nets)}"]
    return lines + [f"  net `{net.id}`: the theme “{name}” was retired and is counted no longer" for net, name in gone]


def _decisions(codebook: Codebook, survey: Survey) -> list[str]:
    """Say how many decisions there are and, after a first run, which could not be applied and why."""
    decisions = load_decisions()
    lines = [f"decisions: {len(decisions)}"]
    if decisions and all(path_of(RESPONSES, wave).exists() for wave in survey.waves):
        responses = read_waves(RESPONSES, survey.waves)
        standing = replay(codebook, decisions, dict(zip(responses["response_id"], responses["text"], strict=True)))
        lines[0] += f", {len(standing.conflicts)} to be settled"
        lines += [f"  {c.decision.id} of {c.decision.reviewer}: {c.sentence}" for c in standing.conflicts]
    return lines


def _codebook_findings(codebook: Codebook) -> list[str]:
    """What the rules found, a line each: never an answer's words, and an example only by its number."""
    names = {theme.id: theme.name for theme in codebook.themes}
    quick = [rule for rule in RULES if rule.needs == "codebook"]
    lines = _lines(apply_rules(ThemeSet(codebook), quick), names, "")
    if not path_of(FINDINGS).exists():
        return [*lines, "  for what the coded answers say of the themes: dvc repro"] if names else lines
    stored = read_table(FINDINGS)
    slow = [name for name, rule in BY_NAME.items() if rule.needs != "codebook"]
    return lines + _lines(stored[stored["rule"].isin(slow)], names, ", last run")


def _lines(findings: pd.DataFrame, names: dict[str, str], when: str) -> list[str]:
    by_theme = findings_by_theme(findings, names)
    return [f"  {theme} {names[theme]}{when}: {said}" for theme in names for said in by_theme.get(theme, [])]


def _dated(themes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Date themes that are new where answers are coded already: what was coded before says nothing of them."""
    since = now() if len(read_gold()) else ""
    return [theme if theme.get("id") or not since else {**theme, "since": since} for theme in themes]


def _renew() -> list[str]:
    """Bring a folder that an earlier version made up to the installed one, its people's files left as they are."""
    if not STAMP.exists() or read_json(STAMP) == stamp():
        return []
    lines = []
    for name, content in IGNORED.items():
        if not Path(name).exists():
            write_text(Path(name), content)
            lines.append(f"{name}: written, it was missing")
    ignored = Path("data/.gitignore")
    before = read_text(ignored, "")
    if new := [line for line in IGNORED[str(ignored)].splitlines() if line not in before.splitlines()]:
        write_text(ignored, before + "".join(f"{line}\n" for line in new))
        lines.append(f"{ignored}: {len(new)} lines added")
    pipeline = dvc_yaml(with_code=False)
    if read_text(Path("dvc.yaml"), "`themebook init` makes one.") != pipeline:
        write_text(Path("dvc.yaml"), pipeline)
        lines.append("dvc.yaml: the installed version’s pipeline written")
    write_json(STAMP, stamp())
    return [*lines, f"{STAMP}: installed version recorded"]


def _fix(encoder: str) -> list[str]:
    lines = []
    content = read_yaml(CODEBOOK_FILE, "An empty codebook is a file holding `[]`.") or []
    if isinstance(content, list) and any(isinstance(t, dict) and not t.get("id") for t in content):
        before = read_text(CODEBOOK_FILE, "")
        head = "".join(line + "\n" for line in before.splitlines() if line.startswith("#"))
        write_text(CODEBOOK_FILE, head + as_yaml(give_ids(_dated(content))))
        lines.append(f"{CODEBOOK_FILE}: missing ids written")
    if not MANIFEST.exists() or read_json(MANIFEST).get("encoder") != encoder:
        write_json(MANIFEST, {"encoder": encoder, **manifest_of(model_folder(encoder))})
        lines.append(f"{MANIFEST}: files of {encoder} recorded")
    return lines
