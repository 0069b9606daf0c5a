"""What is new in a wave: `python benchmarks/waves/run.py [FOLDER] [options]` (README.md here says more)."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import hypergeom

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "benchmarks" / "quality"))

from folder import Survey, read_survey  # noqa: E402
from project import Project, prepare  # noqa: E402

from pipeline.evidence.emerging import answers_of, find_news, respondents  # noqa: E402
from pipeline.survey.identity import public_id  # noqa: E402

LEAST = 15
NEW = 2
# A finding is a code's own where so many of its recent answers have the code, and far more than by chance.
OWN, STRICT, CHANCE = 0.3, 0.5, 0.001


@dataclass(frozen=True)
class Case:
    """One code taken out: its answers in the last two waves, those with this code alone, and its best finding."""

    code: str
    answers: int
    alone: int
    found: int
    of_code: int
    size: int
    p: float
    seconds: float

    @property
    def precision(self) -> float:
        return self.of_code / self.size if self.size else 0.0

    def flagged(self, least: float) -> bool:
        return self.size > 0 and self.precision >= least and self.p <= CHANCE


def say(text: str) -> None:
    print(text, flush=True)


def coded(survey: Survey, project: Project) -> pd.DataFrame:
    """gold.csv with the ``response_id`` of each row; rows of cells without an answer are left out."""
    about = project.survey["questions"]
    question = {c: q for q, entry in about.items() for c in entry["columns"]} | {q: q for q in about}
    gold = survey.gold.assign(question_id=survey.gold["question"].map(question))
    responses = project.of_waves("responses")
    known = set(responses["respondent_id"])
    gold["person"] = [r if r in known else public_id(r) for r in gold["respondent_id"]]
    ids = responses[["response_id", "wave", "respondent_id", "question_id"]]
    return gold.merge(ids.rename(columns={"respondent_id": "person"}), on=["wave", "person", "question_id"])


def without(code: str, base: Project, folder: Path, survey: Survey, gold: pd.DataFrame, unread: bool) -> Project:
    """Make a project in which the code was never heard of before the last two waves.

    Gone are its theme, its rows in gold.csv, and all answers of earlier waves that people gave it. An answer of the
    last two waves that has this code alone was read and has none of the themes; or, with `unread`, was not read.
    """
    waves = list(survey.waves)
    gone = set(gold.loc[(gold["code"] == code) & ~gold["wave"].isin(waves[-NEW:]), "response_id"])
    project = base.copy(folder)
    for wave in waves:
        for name in (f"responses/{wave}", f"units/{wave}", f"units/{wave}.redactions"):
            table = project.table(name)
            kept = table[~table["response_id"].isin(gone)].reset_index(drop=True)
            kept.to_parquet(project.folder / "data" / f"{name}.parquet")
    rest = gold[~gold["response_id"].isin(gone)].copy()
    others = rest.loc[rest["code"] != code, "response_id"]
    alone = (rest["code"] == code) & ~rest["response_id"].isin(others)
    rest.loc[alone & (not unread), "code"] = ""
    rest = rest[rest["code"] != code]
    codebook = [theme for theme in base.codebook if theme["name"] != code and theme["id"] != code]
    return project.write(codebook=codebook, gold=rest[survey.gold.columns].drop_duplicates())


def take_out(code: str, base: Project, work: Path, survey: Survey, gold: pd.DataFrame, unread: bool) -> Case:
    """Run the project without a code, and look for it among what is said to be new."""
    start = time.perf_counter()
    project = without(code, base, work / "case", survey, gold, unread).stages("tune", "code", "discover")
    findings, members = project.table("coded/emerging"), project.table("coded/emerging_answers")
    recent = set(gold.loc[gold["wave"].isin(list(survey.waves)[-NEW:]), "response_id"])
    responses = project.of_waves("responses")
    now = responses[(responses["status"] == "answered") & responses["wave"].isin(list(survey.waves)[-NEW:])]
    mine = set(gold.loc[gold["code"] == code, "response_id"]) & set(now["response_id"])
    others = set(gold.loc[gold["code"] != code, "response_id"])
    emerging = findings.loc[findings["kind"] == "emerging", "finding_id"]
    best = (0, 0, 1.0)
    for finding in emerging:
        inside = set(members.loc[members["finding_id"] == finding, "response_id"]) & set(now["response_id"])
        hits = len(inside & mine)
        p = float(hypergeom.sf(hits - 1, len(now), len(mine), len(inside)))
        # The finding with the most of its answers coded so, among those large enough to say so.
        if inside and (p <= CHANCE, hits / len(inside)) > (best[2] <= CHANCE, best[0] / max(best[1], 1)):
            best = (hits, len(inside), p)
    seconds = time.perf_counter() - start
    return Case(code, len(mine & recent), len(mine - others), len(emerging), *best, seconds)


def false_alarms(project: Project, runs: int) -> tuple[int, int]:
    """Deal waves anew among respondents who answered the same questions; count runs with a finding of each kind."""
    waves = list(project.survey["waves"])
    tables = [project.of_waves("responses"), project.of_waves("units")]
    answers = answers_of(*tables, project.table("coded/mentions"), project.table("coded/heldout"))
    vectors = project.vectors()
    about = np.array([vectors[text_id] for text_id in answers["text_id"]])
    people = respondents(answers, waves)
    counts = {"emerging": 0, "fading": 0}
    for run in range(runs):
        generator = np.random.default_rng([run, 77])
        dealt = people.groupby("stratum")["wave"].transform(lambda w, g=generator: g.permutation(w.to_numpy()))
        deal = people[["wave", "respondent_id"]].assign(dealt=dealt)
        mixed = answers.merge(deal, on=["wave", "respondent_id"], how="left")
        mixed["respondent_id"] = mixed["wave"] + "/" + mixed["respondent_id"]
        mixed = mixed.assign(wave=mixed["dealt"]).drop(columns="dealt")
        news = find_news(
            mixed, about.__getitem__, lambda rows: [""] * len(rows), waves, lambda texts, _: [[] for _ in texts], run
        )
        for kind in set(news.findings["kind"]):
            counts[kind] += 1
    return counts["emerging"], counts["fading"]


def table(name: str, cases: list[Case], alarms: tuple[int, int], runs: int, unread: bool, seconds: float) -> str:
    flagged, strict = (sum(case.flagged(least) for case in cases) for least in (OWN, STRICT))
    lines = [
        f"# {name}: what is new, found again",
        "",
        f"- Flagged: {flagged} of {len(cases)} codes ({flagged / max(len(cases), 1):.0%}); with at least half of the "
        f"finding’s answers: {strict} ({strict / max(len(cases), 1):.0%}).",
        "- False alarms, waves dealt anew, nothing taken out: "
        f"emerging in {alarms[0]}, fading in {alarms[1]} of {runs} runs.",
        f"- Answers with the code alone count as {'not read' if unread else 'read, with none of the themes'}. "
        f"{seconds / 60:.0f} minutes.",
        "",
        "| code taken out | answers | alone | findings | best finding | of the code | flagged | strictly | seconds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for c in cases:
        yes = ["yes" if c.flagged(least) else "no" for least in (OWN, STRICT)]
        cells = [c.code, c.answers, c.alone, c.found, c.size, f"{c.of_code} ({c.precision:.0%})", *yes]
        lines.append("| " + " | ".join(map(str, [*cells, round(c.seconds)])) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "shared" / "data" / "nhs_fft")
    parser.add_argument("--runs", type=int, default=100, help="runs with waves dealt anew")
    parser.add_argument("--unread", action="store_true", help="answers with the code alone were not read")
    parser.add_argument("--quick", action="store_true", help="every fourth code, 20 runs")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--work", type=Path, help="keep the scratch projects here")
    given = parser.parse_args()
    start = time.perf_counter()
    survey = read_survey(given.folder)
    if len(survey.waves) <= NEW:
        raise SystemExit(f"{given.folder} has {len(survey.waves)} waves; more than {NEW} are needed.")
    work = given.work or Path(tempfile.mkdtemp(prefix="themebook-waves-"))
    files = (f"--codebook={given.folder / 'codebook.yaml'}", f"--gold={given.folder / 'gold.csv'}")
    # Tuning the encoder anew for every code would take two minutes each.
    base = prepare(work / "base", survey.waves, *files).write(params={"tune": {"mode": "off"}})
    gold = coded(survey, base)
    late = gold[gold["wave"].isin(list(survey.waves)[-NEW:]) & (gold["code"] != "")]
    often = late.groupby("code")["response_id"].nunique().sort_values(ascending=False, kind="stable")
    codes = often[often >= LEAST].index.tolist()[:: 4 if given.quick else 1]
    runs = min(given.runs, 20) if given.quick else given.runs
    whole = base.copy(work / "whole").stages("tune", "code")
    alarms = false_alarms(whole, runs)
    say(f"false alarms: emerging in {alarms[0]}, fading in {alarms[1]} of {runs} runs")
    cases = []
    for code in codes:
        cases.append(take_out(code, base, work, survey, gold, given.unread))
        c = cases[-1]
        say(f"{code}: {'flagged' if c.flagged(OWN) else 'not flagged'}; {c.of_code} of {c.size} ({c.seconds:.0f} s)")
    text = table(survey.name, cases, alarms, runs, given.unread, time.perf_counter() - start)
    given.out.mkdir(parents=True, exist_ok=True)
    name = survey.name + ("-unread" if given.unread else "")
    (given.out / f"{name}.md").write_text(text, "utf-8")
    say(text)


if __name__ == "__main__":
    main()
