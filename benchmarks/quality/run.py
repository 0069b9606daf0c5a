"""How well themebook codes, finds and quotes, beside its peers: `python benchmarks/quality/run.py [FOLDER] [options]`.

FOLDER holds a coded survey: one csv a wave, gold.csv, codebook.yaml (README.md here says more).
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARED = ROOT.parent / "shared" / "data"
PARTS = ("coding", "risk", "quotes", "candidates", "small", "invariance", "keypoints")
PACKAGES = ("numpy", "scikit-learn", "torch", "sentence-transformers", "bertopic", "umap-learn", "hdbscan")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED / "nhs_fft")
    parser.add_argument("--part", default=",".join(PARTS), help="parts to run, with commas between")
    parser.add_argument("--draws", type=int, help="random draws of coded answers (10; 3 with --quick)")
    parser.add_argument("--samples", type=int, help="samples of 270 answers (20; 5 with --quick)")
    parser.add_argument("--quick", action="store_true", help="few draws and sizes, no BERTopic default, four topics")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="runs of the coder at a time")
    parser.add_argument("--keypoints", type=Path, default=SHARED / "argkp", help="folder in the form of argkp")
    parser.add_argument("--mmsscode", default="", metavar="PYTHON", help="a Python that has mmsscode: that peer too")
    parser.add_argument("--work", type=Path, help="folder for scratch projects, kept; a second run goes on from there")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    return parser.parse_args()


def settings(given: argparse.Namespace) -> Any:
    """The settings of a full or a quick run."""
    from bench import Settings

    chosen = Settings(jobs=given.jobs, quick=given.quick, mmsscode=given.mmsscode)
    if given.quick:
        chosen = dataclasses.replace(chosen, draws=3, sizes=(100, 300), examples=(0, 3), samples=5, topics=4)
    own = {name: getattr(given, name) for name in ("draws", "samples") if getattr(given, name)}
    return dataclasses.replace(chosen, **own)


def run(given: argparse.Namespace, work: Path) -> None:
    """Run the parts asked for, writing the results after each."""
    import coding
    from bench import Bench, say
    from candidates import candidates, small
    from folder import read_survey
    from invariance import invariance
    from keypoints import keypoints
    from quoting import quotes
    from table import write

    survey = read_survey(given.folder)
    bench = Bench(survey, work / survey.name, settings(given))
    ways: dict[str, Callable[[Bench], None]] = {
        "coding": coding.coding,
        "risk": coding.risks,
        "quotes": quotes,
        "candidates": candidates,
        "small": small,
        "invariance": invariance,
        "keypoints": lambda bench: keypoints(bench, given.keypoints),
    }
    parts = [part.strip() for part in given.part.split(",")]
    if unknown := [part for part in parts if part not in ways]:
        raise SystemExit(f"no part {', '.join(unknown)}; parts: {', '.join(ways)}")
    minutes: dict[str, float] = {}
    for part in parts:
        say(f"part {part}")
        start = time.perf_counter()
        if part == "keypoints" and not given.keypoints.is_dir():
            bench.skip(part, "names only", "no folder of key points")
        else:
            ways[part](bench)
        minutes[part] = round((time.perf_counter() - start) / 60, 1)
        for path in write(given.out, about(bench, minutes), bench.figures):
            say(f"wrote {path.name}")


def about(bench: Any, minutes: dict[str, float]) -> dict[str, Any]:
    """What was run, where and for how long."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    dirty = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=ROOT, capture_output=True, text=True)
    chosen = dataclasses.asdict(bench.settings)
    return {
        "survey": bench.survey.name,
        "commit": (git.stdout.strip() or "unknown") + (" with changes" if dirty.stdout.strip() else ""),
        "answers": {
            "coded": len(bench.answers),
            "of gold rows not matched": len(bench.survey.gold) - len(bench.gold),
            "scored with the codebook alone": int(bench.answers["scored"].sum()),
            "distinct": int(bench.answers["text"].nunique()),
        },
        "codes": {"in the codebook": len(bench.theme_ids), "scored": len(bench.codes)},
        "settings": {**chosen, "mmsscode": "run" if chosen["mmsscode"] else "not run"},
        "minutes by part": minutes,
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def main() -> None:
    """Run with a scratch folder that is kept only where `--work` names it."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    sys.path.insert(0, str(ROOT))
    given = arguments()
    if given.work:
        given.work.mkdir(parents=True, exist_ok=True)
        run(given, given.work.resolve())
    else:
        with tempfile.TemporaryDirectory(prefix="themebook-quality-") as folder:
            run(given, Path(folder))


if __name__ == "__main__":
    main()
