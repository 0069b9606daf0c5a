"""The results: one JSON and one Markdown table; numbers and names of methods only, never a text of the survey."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

HEAD = ["condition", "who", "figure", "value", "interval over draws", "draws", "seconds", "note"]


def summary(figure: dict[str, Any]) -> dict[str, Any]:
    """Mean, interval (2.5th to 97.5th percentile of the draws) and number of draws of one figure."""
    values = [v for v in figure["values"] if np.isfinite(v)]
    interval = [float(q) for q in np.percentile(values, [2.5, 97.5])] if len(values) > 1 else None
    return {
        **{k: v for k, v in figure.items() if k != "values"},
        "value": float(np.mean(values)) if values else None,
        "interval": interval,
        "draws": len(values),
        "values": [v if np.isfinite(v) else None for v in figure["values"]],
    }


def write(out: Path, about: dict[str, Any], figures: list[dict[str, Any]]) -> tuple[Path, Path]:
    """Write ``<survey>.json`` and ``<survey>.md``."""
    rows = [summary(figure) for figure in figures]
    out.mkdir(parents=True, exist_ok=True)
    paths = out / f"{about['survey']}.json", out / f"{about['survey']}.md"
    content = json.dumps({"about": about, "figures": rows}, indent=1, ensure_ascii=False, allow_nan=False, default=str)
    paths[0].write_text(content + "\n", "utf-8")
    paths[1].write_text(markdown(about, rows), "utf-8")
    return paths


def markdown(about: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    """One table a part, under what was run."""
    lines = [f"# Quality on {about['survey']}", ""]
    lines += [f"- {key}: {_plain(value)}" for key, value in about.items() if key != "survey"]
    for part in dict.fromkeys(row["part"] for row in rows):
        lines += ["", f"## {part}", "", "| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
        for row in (row for row in rows if row["part"] == part):
            interval = "{:.3f} to {:.3f}".format(*row["interval"]) if row["interval"] else ""
            value = "not run" if row["value"] is None else f"{row['value']:.3f}"
            seconds = f"{row['seconds']:.0f}" if row.get("seconds") is not None else ""
            cells = [row["condition"], row["who"], row["figure"], value, interval, row["draws"], seconds]
            lines.append("| " + " | ".join(map(str, [*cells, row.get("note", "")])) + " |")
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_plain(v)}" for k, v in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
