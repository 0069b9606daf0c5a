"""The results: one JSON, one Markdown; counts and seconds only, never a text of the survey."""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import median
from typing import Any

GB = 2**30


def write(out: Path, about: dict[str, Any], found: dict[str, Any]) -> None:
    """Write ``speed.json`` and ``speed.md``."""
    out.mkdir(parents=True, exist_ok=True)
    content = {"about": about, **found, "growth": growth(found.get("sizes", []))}
    (out / "speed.json").write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", "utf-8")
    (out / "speed.md").write_text(markdown(about, content), "utf-8")


def stage_medians(size: dict[str, Any], what: str = "wall", which: str = "runs") -> dict[str, float]:
    """The median over the runs of a size, by stage: to the quotes, or those of the ``reports``."""
    runs = size[which]
    return {stage: median(run[stage][what] for run in runs) for stage in runs[0]} if runs else {}


def whole(size: dict[str, Any], what: str = "wall") -> float:
    """Seconds from ingest to quotes (the median of the runs' sums), or the greatest memory of any stage."""
    join = sum if what != "peak" else max
    return median(join(taken[what] for taken in run.values()) for run in size["runs"])


def growth(sizes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Between each size and the next: the exponent a of seconds ~ answers**a, by stage and whole."""
    done = [size for size in sizes if size["runs"]]
    rows = []
    for small, large in zip(done, done[1:], strict=False):
        step = math.log(large["answers"] / small["answers"])
        before, after = stage_medians(small), stage_medians(large)
        rows.append(
            {
                "from": small["answers"],
                "to": large["answers"],
                "whole": math.log(whole(large) / whole(small)) / step,
                "stages": {stage: math.log(after[stage] / before[stage]) / step for stage in after},
                "time per answer": (whole(large) / large["answers"]) / (whole(small) / small["answers"]),
            }
        )
    return rows


def markdown(about: dict[str, Any], content: dict[str, Any]) -> str:
    """The tables, under what was run."""
    lines = ["# Speed", ""]
    lines += [f"- {key}: {_plain(value)}" for key, value in about.items()]
    done = [size for size in content.get("sizes", []) if size["runs"]]
    if done:
        lines += ["", "## Answers", "", *_answers(done)]
        for title, what, unit in (
            ("Seconds by the clock, medians", "wall", 1.0),
            ("Processor seconds, medians", "cpu", 1.0),
            ("Peak resident memory of the process tree, GB", "peak", GB),
        ):
            lines += ["", f"## {title}", "", *_stages(done, what, unit)]
    if content["growth"]:
        lines += ["", "## Growth: a of seconds ~ answers^a", "", *_growth(content["growth"])]
    if any(size["peer"] for size in done):
        lines += ["", "## Against BERTopic's default on the same answers, in turns", "", *_peers(done)]
    if "wave" in content:
        lines += ["", "## A new wave", "", *_wave(content["wave"])]
    if "sample" in content:
        lines += ["", "## The sample survey by `dvc repro`", "", *_sample(content["sample"])]
    if "not run" in content:
        lines += ["", "## Not run", "", *(f"- {what}: {why}" for what, why in content["not run"].items())]
    return "\n".join(lines) + "\n"


def _row(*cells: Any) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _head(*cells: Any) -> list[str]:
    return [_row(*cells), "|" + "---|" * len(cells)]


def _answers(done: list[dict[str, Any]]) -> list[str]:
    names = ("answers", "real", "coded", "distinct answers", "units", "distinct")
    rows = [_row(*(f"{size.get(name, 0):,}" for name in names), f"{_share(size):.1%}") for size in done]
    return [*_head(*names[:-1], "distinct units", "share"), *rows]


def _share(size: dict[str, Any]) -> float:
    return size["distinct"] / size["units"] if size.get("units") else 0.0


def _stages(done: list[dict[str, Any]], what: str, unit: float) -> list[str]:
    total = _row("ingest to quotes", *(f"{whole(size, what) / unit:.2f}" for size in done))
    head = _head("stage", *(f"{size['answers']:,}" for size in done))
    return [*head, *_each(done, what, unit, "runs"), total, *_each(done, what, unit, "reports")]


def _each(done: list[dict[str, Any]], what: str, unit: float, which: str) -> list[str]:
    by_size = [stage_medians(size, what, which) for size in done]
    stages = list(dict.fromkeys(stage for each in by_size for stage in each))
    # A size whose run was broken off lacks the later ones.
    return [_row(s, *(f"{each[s] / unit:.2f}" if s in each else "" for each in by_size)) for s in stages]


def _growth(rows: list[dict[str, Any]]) -> list[str]:
    head = _head("", *(f"{row['from']:,} to {row['to']:,}" for row in rows))
    stages = [_row(stage, *(f"{row['stages'][stage]:.2f}" for row in rows)) for stage in rows[0]["stages"]]
    whole_ = _row("ingest to quotes", *(f"{row['whole']:.2f}" for row in rows))
    each = _row("time per answer, ratio", *(f"{row['time per answer']:.2f}" for row in rows))
    return [*head, *stages, whole_, each]


def _peers(done: list[dict[str, Any]]) -> list[str]:
    rows = []
    for size in (size for size in done if size["peer"]):
        one, other = (median(taken["wall"] for taken in size[which]) for which in ("together", "peer"))
        runs = f"{len(size['together'])} and {len(size['peer'])}"
        peaks = (f"{max(taken['peak'] for taken in size[which]) / GB:.2f}" for which in ("together", "peer"))
        times = (f"{one:.1f}", f"{other:.1f}", f"{other / one:.2f}", f"{whole(size):.1f}", f"{other / whole(size):.2f}")
        rows.append(_row(f"{size['answers']:,}", *times, runs, *peaks))
    head = ("answers", "themebook in one process, s", "BERTopic, s", "times faster", "a process a stage, s")
    return [*_head(*head, "times faster", "runs", "themebook, GB", "BERTopic, GB"), *rows]


def _wave(found: dict[str, Any]) -> list[str]:
    stages = "; ".join(f"{stage} {taken['wall']:.1f} s" for stage, taken in found["stages"].items())
    return [
        f"{found['new']:,} answers added to {found['answers']:,}: {found['adding']:.1f} s, {found['share']:.1%} of the "
        f"whole run ({found['whole run']:.1f} s): {stages}."
    ]


def _sample(found: dict[str, list[dict[str, float]]]) -> list[str]:
    rows = [
        _row(what, f"{median(t['wall'] for t in runs):.1f}", f"{max(t['peak'] for t in runs) / GB:.2f}", len(runs))
        for what, runs in found.items()
        if runs
    ]
    return [*_head("run", "seconds", "peak, GB", "runs"), *rows]


def _plain(value: Any) -> str:
    return ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
