"""Compare themebook's figures with those of independent implementations, each in a throw-away environment.

Usage: python benchmarks/statistics/run.py, or `make compare-statistics`; needs a package index. Writes
tests/data/independent.json: inputs, expected values and the versions that gave them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import inputs
import numpy as np
import ours

HERE = Path(__file__).parent
KEPT = HERE.parents[1] / "tests" / "data" / "independent.json"
ENOUGH = 1e-6


def independent(name: str, given: Path, folder: Path) -> dict:
    """Make an environment, and have it work out its figures."""
    place = folder / name
    venv.create(place, with_pip=True)
    python = place / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-r", HERE / f"requirements-{name}.txt"], check=True)
    found = folder / f"{name}.json"
    subprocess.run([python, HERE / "independent.py", name, given, found], check=True)
    return json.loads(found.read_text())


def furthest(mine: object, theirs: object) -> float:
    """Give the largest difference of two figures or lists of them."""
    return float(np.max(np.abs(np.array(mine, float) - np.array(theirs, float))))


def main() -> int:
    given = inputs.make()
    given["tunings"] = ours.tunings(given)
    expected: dict[str, object] = {}
    packages: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "inputs.json"
        source.write_text(json.dumps(given))
        for name in ("main", "irrcac"):
            found = independent(name, source, Path(folder))
            expected |= found["expected"]
            packages |= found["packages"]
    mine = ours.figures(given)
    bad = 0
    for name, theirs in expected.items():
        if name not in mine:
            print(f"{name:32} not given by themebook")
            continue
        worst = max(furthest(a, b) for a, b in zip(mine[name], theirs, strict=True))
        bad += worst > ENOUGH
        print(
            f"{name:32} {len(theirs):3} values, largest difference {worst:.1e}{'  DIFFERS' if worst > ENOUGH else ''}"
        )
    KEPT.parent.mkdir(exist_ok=True)
    content = {"packages": packages, "inputs": given, "expected": expected}
    KEPT.write_text(json.dumps(content, sort_keys=True, separators=(",", ":")) + "\n")
    print(f"{KEPT.name}: {', '.join(f'{k} {v}' for k, v in packages.items())}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
