"""The results: one JSON and one Markdown file; numbers and names of themes only, never a text of the survey."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from intervals import BARRED, WAYS


def write(out: Path, found: dict[str, Any], true: dict[str, np.ndarray], names: list[str], themes: np.ndarray) -> tuple:
    """Write ``<survey>.json`` and ``<survey>.md``."""
    out.mkdir(parents=True, exist_ok=True)
    listed = [names[k] for k in themes]
    content = {
        **{key: found.get(key) for key in ("about", "bars", "real")},
        "themes": listed,
        "true": {name or "answers": v.round(5).tolist() for name, v in true.items()},
        "sizes": {
            size: {way: {figure: v.round(5).tolist() for figure, v in by.items()} for way, by in ways.items()}
            for size, ways in found["sizes"].items()
        },
    }
    paths = out / f"{found['about']['survey']}.json", out / f"{found['about']['survey']}.md"
    paths[0].write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    paths[1].write_text(_markdown(found, true, listed), "utf-8")
    return paths


def _markdown(found: dict[str, Any], true: dict[str, np.ndarray], names: list[str]) -> str:
    lines = [f"# Intervals on {found['about']['survey']}", ""]
    lines += [f"- {key}: {value}" for key, value in found["about"].items() if key != "survey"]
    lines += ["", "## Bars, over themes with a true share of 2 % or more", ""]
    lines += _table(
        ["gold", "figure", "value", "bar", "met"],
        [[b["size"], b["figure"], f"{b['value']:.3f}", b["bar"], "yes" if b["met"] else "NO"] for b in found["bars"]],
    )
    if found.get("real"):
        lines += ["", "## Themebook's own coder on the same draws", ""]
        lines += [f"- {key}: {value}" for key, value in found["real"].items()]
    mine = true[""] >= BARRED
    for size, ways in found["sizes"].items():
        lines += ["", f"## Gold of {size}: means over themes", ""]
        rows = []
        for way, by in ways.items():
            part = (true.get(way, true[""]) >= BARRED) & (by["draws"] > 0)
            if not part.any():
                continue
            values = [by[f][part] for f in ("coverage", "width", "bias", "rmse")]
            rows.append(
                [
                    way if way in WAYS else f"corrected, {way}",
                    int(part.sum()),
                    int(by["draws"][part].min()),
                    f"{values[0].mean():.3f}",
                    f"{values[0].min():.3f}",
                    f"{values[1].mean():.4f}",
                    f"{np.abs(values[2]).max():.4f}",
                    f"{values[3].mean():.4f}",
                ]
            )
        head = ["way", "themes", "draws, fewest", "coverage", "lowest", "width", "largest bias", "RMSE"]
        lines += [*_table(head, rows), "", f"### Gold of {size}, theme by theme", ""]
        head = ["theme", "true", *(f"{w}: coverage" for w in WAYS), *(f"{w}: width" for w in WAYS), "corrected: bias"]
        rows = [
            [names[k], f"{true[''][k]:.3f}", *(f"{ways[w]['coverage'][k]:.3f}" for w in WAYS)]
            + [*(f"{ways[w]['width'][k]:.4f}" for w in WAYS), f"{ways['corrected']['bias'][k]:+.4f}"]
            for k in sorted(range(len(names)), key=lambda k: -true[""][k])
        ]
        lines += _table(head, rows)
        lines += ["", f"{int(mine.sum())} themes have a true share of 2 % or more."]
    return "\n".join(lines) + "\n"


def _table(head: list[str], rows: list[list[Any]]) -> list[str]:
    body = ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *body]
