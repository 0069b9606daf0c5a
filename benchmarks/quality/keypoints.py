"""Part `keypoints`: key points as a codebook of names only, matched to statements through `code`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from bench import Bench, say, timed
from project import prepare
from scoring import key_point_precision

SIDE = ["topic", "stance"]


def keypoints(bench: Bench, folder: Path) -> None:
    """One question for each topic and stance, one row a statement; score is `probability`; peer: cosine."""
    table = {
        name: pd.read_csv(folder / f"{name}.csv", encoding="utf-8") for name in ("arguments", "key_points", "labels")
    }
    statements, points = table["arguments"], table["key_points"]
    if bench.settings.topics:
        chosen = sorted(points["topic"].unique())[: bench.settings.topics]
        statements, points = (t[t["topic"].isin(chosen)].reset_index(drop=True) for t in (statements, points))
    sides = {
        side: f"Side {n}" for n, side in enumerate(sorted(set(zip(points["topic"], points["stance"], strict=True))))
    }
    place = bench.work / f"keypoints-{bench.settings.topics or 'all'}"
    place.mkdir(parents=True, exist_ok=True)
    wide = pd.DataFrame("", index=statements.index, columns=["statement", *sides.values()])
    wide["statement"] = statements["arg_id"]
    for i, side in enumerate(zip(statements["topic"], statements["stance"], strict=True)):
        wide.loc[i, sides[side]] = statements["argument"].iloc[i]
    wide.to_csv(place / "wide.csv", index=False)
    questions = [[sides[side]] for side in zip(points["topic"], points["stance"], strict=True)]
    codebook = [
        {"id": f"K{k:03d}", "name": name, "questions": asked}
        for k, (name, asked) in enumerate(zip(points["key_point"], questions, strict=True))
    ]
    (place / "codebook.yaml").write_text(yaml.safe_dump(codebook, sort_keys=False, allow_unicode=True), "utf-8")
    say(f"preparing key points: {len(statements)} statements, {len(points)} key points")
    options = [f"--codebook={place / 'codebook.yaml'}", "--respondent-id=statement"]
    options += [f"--open={question}" for question in sides.values()]
    project = prepare(place / "project", {"w1": place / "wide.csv"}, *options)
    project.stages("tune", "code")
    best = _best(project.table("coded/mentions"), statements, points)
    _add(bench, "themebook", best, table["labels"], project.seconds["tune"] + project.seconds["code"])
    cosine, seconds = timed(lambda: _cosine(bench, statements, points))
    _add(bench, "cosine of the encoder", cosine, table["labels"], seconds)


def _add(bench: Bench, who: str, best: pd.DataFrame, labels: pd.DataFrame, seconds: float) -> None:
    strict, relaxed = key_point_precision(best, labels)
    condition = "names only" + (f", {bench.settings.topics} topics" if bench.settings.topics else "")
    for figure, value in (("strict mAP", strict), ("relaxed mAP", relaxed)):
        bench.add("keypoints", condition, who, figure, value, seconds=seconds)
    say(f"key points; {who}: strict {strict:.3f} relaxed {relaxed:.3f}")


def _best(mentions: pd.DataFrame, statements: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Each statement's likeliest key point; a statement that was not coded has score 0 and no key point."""
    top = mentions.sort_values(["probability", "theme_id"], ascending=[False, True]).drop_duplicates("response_id")
    ids = {f"K{k:03d}": point for k, point in enumerate(points["key_point_id"])}
    top = top.assign(arg_id=top["respondent_id"], key_point_id=top["theme_id"].map(ids), score=top["probability"])
    best = statements[["arg_id", *SIDE]].merge(top[["arg_id", "key_point_id", "score"]], on="arg_id", how="left")
    return best.assign(score=best["score"].fillna(0.0), key_point_id=best["key_point_id"].fillna("none"))


def _cosine(bench: Bench, statements: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for side, mine in points.groupby(SIDE):
        said = statements[(statements["topic"] == side[0]) & (statements["stance"] == side[1])]
        near = bench.encode(said["argument"]) @ bench.encode(mine["key_point"]).T
        ids = mine["key_point_id"].to_numpy()[near.argmax(1)]
        rows.append(said[["arg_id", *SIDE]].assign(key_point_id=ids, score=near.max(1).astype(np.float64)))
    return pd.concat(rows, ignore_index=True)
