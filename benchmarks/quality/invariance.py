"""Part `invariance`: rows in another order, and exact copies of some respondents added, change nothing."""

from __future__ import annotations

import pandas as pd
from bench import Bench, say
from folder import with_rows
from project import Project, prepare

GOLD = 100
COPIES = 20


def invariance(bench: Bench) -> None:
    """Prepare the survey three times, as it is, shuffled and with copies, and compare codes and candidates."""
    waves = bench.survey.waves
    if bench.settings.quick:
        small = sorted(waves, key=lambda w: waves[w].stat().st_size)[:2]
        waves = {wave: path for wave, path in waves.items() if wave in small}
    questions = bench.base.survey["questions"].values()
    asked = [f"--open={column}" for q in questions if q["kind"] == "open" for column in q["columns"]]
    id_column = bench.base.survey["respondent_id"]
    ways: dict[str, dict] = {"as it is": {}, "rows shuffled": {"shuffle": 1}}
    if id_column:
        ways["exact copies added"] = {"copies": COPIES, "id_column": id_column}
    else:
        bench.skip("invariance", "exact copies added", "the survey names no column of respondents' ids")

    def one(way: str) -> tuple[pd.DataFrame, Project]:
        folder = bench.work / f"changed-{len(waves)}" / way.replace(" ", "-")
        folder.mkdir(parents=True, exist_ok=True)
        for wave, path in waves.items():
            with_rows(path, folder / f"{wave}.csv", **ways[way])
        prepared = prepare(folder / "project", {wave: folder / f"{wave}.csv" for wave in waves}, *asked)
        return _coded(bench, prepared, waves), _found(prepared)

    (codes, found), *others = bench.side_by_side(one, ways)
    only = set(found.of_waves("responses")["response_id"])
    for way, (changed, other) in zip(list(ways)[1:], others, strict=True):
        same, alike = equal_codes(codes, changed), equal_candidates(found, other, only)
        bench.add("invariance", way, "themebook", "share of equal codes", same, note=f"{GOLD} coded answers")
        bench.add("invariance", way, "themebook", "share of equal candidates", alike, note="empty codebook")
        say(f"{way}: equal codes {same:.4f}, equal candidates {alike:.3f}")


def _coded(bench: Bench, prepared: Project, waves: dict) -> pd.DataFrame:
    """Code with the whole codebook and the same coded answers."""
    project = bench.codebook_to(prepared.copy(prepared.folder.with_name("coded")), bench.survey.codebook)
    gold = bench.gold[bench.gold["wave"].isin(list(waves))][list(bench.survey.gold)].drop_duplicates()
    answers = gold.drop_duplicates(["respondent_id", "wave", "question"]).sort_values(["respondent_id", "question"])
    drawn = answers.sample(min(GOLD, len(answers)), random_state=0)[["respondent_id", "wave", "question"]]
    params = {"tune": {"mode": "off"}} if bench.settings.quick else None
    return project.write(gold=gold.merge(drawn), params=params).stages("tune", "code").table("coded/mentions")


def _found(prepared: Project) -> Project:
    """Find candidates with an empty codebook."""
    return prepared.copy(prepared.folder.with_name("found")).write(codebook=[]).stages("tune", "code", "discover")


def equal_candidates(a: Project, b: Project, only: set[str]) -> float:
    """Share of a's candidates that b has with the same name and the same answers (of `only`)."""

    def named(project: Project) -> set[tuple[str, frozenset[str]]]:
        table = project.table("candidates/candidates")
        units = project.table("candidates/units").merge(
            project.of_waves("units")[["unit_id", "response_id"]], on="unit_id"
        )
        units = units[units["response_id"].isin(only)]
        members = units.groupby("candidate_id")["response_id"].agg(frozenset)
        return {(n, members.get(c, frozenset())) for c, n in zip(table["candidate_id"], table["name"], strict=True)}

    first, second = named(a), named(b)
    return len(first & second) / max(len(first), 1) if first else float(not second)


def equal_codes(a: pd.DataFrame, b: pd.DataFrame) -> float:
    """Share of a's rows whose yes or no is the same in b."""
    keys = ["response_id", "theme_id"]
    both = a[[*keys, "mentioned"]].merge(b[[*keys, "mentioned"]], on=keys, how="left", suffixes=("", "_other"))
    return float((both["mentioned"] == both["mentioned_other"]).mean())
