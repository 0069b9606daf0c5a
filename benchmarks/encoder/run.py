"""How fast the encoder is, beside sentence-transformers as it comes, and how near its vectors are to it.

Every way encodes the same distinct real answers, in turns, so that a busy machine slows all of them alike; medians are
given. The peak is that of large square matrix products, measured in the same turns. What is counted as work
is what the texts need: two operations a weight of the linear layers and token, and the products of attention, no
padding; the share with padding is given beside it.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DATA = ROOT.parent / "shared" / "data"
# Exports whose open answers are taken, and the least that a column of open answers has: rows and mean words.
SURVEYS = {"nhs_fft": "20*.csv", "spack_survey": "20*.csv", "jupyter_2015": "export.csv", "polis": "english.csv"}
SIZES = (1024, 2048, 4096)
# Operations that a measurement of the peak takes at least: a fifth of a second or so.
WORK = {"float32": 5e10, "bfloat16": 3e11}
SEED = 2025
SHARES = ("share_of_peak", "share_of_peak_with_padding")


def answers(data: Path, most: int) -> list[str]:
    """Distinct open answers of the surveys, drawn at random, sorted."""
    found: set[str] = set()
    for name, files in SURVEYS.items():
        for path in sorted((data / name).glob(files)):
            with path.open(encoding="utf-8", errors="replace", newline="") as stream:
                rows = list(csv.DictReader(stream))
            for column in rows[0]:
                cells = {row[column] for row in rows if row[column] and row[column].strip()}
                if len(cells) >= 30 and np.mean([len(cell.split()) for cell in cells]) >= 3:
                    found |= cells
    texts = sorted(found)
    drawn = np.random.default_rng(SEED).permutation(len(texts))[:most]
    return [texts[i] for i in sorted(drawn)]


def operations(lengths: np.ndarray, config: dict[str, Any]) -> float:
    """What texts of so many tokens need: multiplications and additions of the linear layers and of attention."""
    width, inner, layers = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    linear = 2 * layers * (4 * width * width + 2 * width * inner)
    return float((linear * lengths + 4 * layers * width * lengths.astype(float) ** 2).sum())


def products(kind: str, size: int, threads: int) -> list[Callable[[], Any]]:
    """Ways to multiply two square matrices: by torch, by OpenVINO, and in float32 by NumPy."""
    import torch

    from pipeline.text.converted import import_openvino

    left, right, out = (torch.randn(size, size).to(getattr(torch, kind)) for _ in range(3))
    ov = import_openvino()
    given = ov.opset13.parameter([size, size], np.float32)
    model = ov.Model([ov.opset13.matmul(given, right.float().numpy(), False, False)], [given])
    hints = {"INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[kind], "INFERENCE_NUM_THREADS": threads}
    request = ov.Core().compile_model(model, "CPU", hints).create_infer_request()
    request.set_input_tensor(ov.Tensor(left.float().numpy()))
    ways: list[Callable[[], Any]] = [partial(torch.mm, left, right, out=out), request.infer]
    if kind == "float32":
        ways.append(partial(np.matmul, left.numpy(), right.numpy(), out=out.numpy()))
    return ways


def peak(kind: str, threads: int) -> tuple[float, float]:
    """Operations a second, and a second of processor time, of large matrix products kept up for a while.

    Of three sizes and of the ways to multiply the fastest counts: each library knows some processors better.
    """
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(threads)
    rates = []
    for size in SIZES:
        times = max(1, int(WORK[kind] / (2 * size**3)))
        for multiply in products(kind, size, threads):
            with threadpool_limits(threads, "blas"):
                multiply()
                began, busy = time.perf_counter(), time.process_time()
                for _ in range(times):
                    multiply()
                done = times * 2 * size**3
                rates.append((done / (time.perf_counter() - began), done / (time.process_time() - busy)))
    return max(wall for wall, _ in rates), max(cpu for _, cpu in rates)


def run(texts: list[str], rounds: int, threads: int) -> dict[str, Any]:
    """Encode in turns, and give medians."""
    import torch

    from pipeline.foundation.params import Embed
    from pipeline.foundation.tables import read_json
    from pipeline.text.encoder import checked_folder, load_encoder
    from pipeline.text.openvino_encoder import HINT, batches
    from pipeline.text.torch_encoder import SentenceTransformerEncoder

    manifest = read_json(ROOT / "models/encoder.json")
    folder = checked_folder(Embed(), manifest)
    plain = SentenceTransformerEncoder(folder, device="cpu").model
    fast = {kind: load_encoder(Embed(cache=False, precision=kind), manifest).backend for kind in HINT}
    for each in fast.values():
        each.threads = threads

    def default() -> np.ndarray:
        torch.set_num_threads(threads)
        return plain.encode(texts, batch_size=32, normalize_embeddings=True, show_progress_bar=False)

    sound = SentenceTransformerEncoder(folder, 64, device="cpu")
    ways: dict[str, Callable[[], np.ndarray]] = {
        "sentence-transformers, batch 32": default,
        "torch backend (sorted, batch 64)": lambda: sound.encode(texts),
        "OpenVINO float32": lambda: fast["float32"].encode(texts),
        "OpenVINO bfloat16": lambda: fast["bfloat16"].encode(texts),
    }
    vectors = {name: way() for name, way in ways.items()}  # also warms up
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    work: dict[str, list[float]] = {name: [] for name in ways}
    peaks: dict[str, list[tuple[float, float]]] = {kind: [] for kind in HINT}
    for turn in range(rounds):
        for kind in peaks:
            peaks[kind].append(peak(kind, threads))
        for name in sorted(ways, reverse=bool(turn % 2)):
            began, busy = time.perf_counter(), time.process_time()
            ways[name]()
            seconds[name].append(time.perf_counter() - began)
            work[name].append(time.process_time() - busy)
    config = json.loads((folder / "config.json").read_text())
    lengths = np.sort([len(ids) for ids in fast["float32"]._tokens(texts)])
    needed = operations(lengths, config)
    reference = vectors["sentence-transformers, batch 32"]
    rows = []
    for name in ways:
        kind = "bfloat16" if "bfloat16" in name else "float32"
        padded = np.concatenate([[w] * (b - a) for a, b, w in batches(lengths, 256)])
        done = operations(padded, config) if "OpenVINO" in name else float("nan")
        row = {
            "way": name,
            "seconds": median(seconds[name]),
            "texts_a_second": len(texts) / median(seconds[name]),
            "times_as_fast": median(
                a / b for a, b in zip(seconds["sentence-transformers, batch 32"], seconds[name], strict=True)
            ),
            "times_as_fast_by_processor_time": median(
                a / b for a, b in zip(work["sentence-transformers, batch 32"], work[name], strict=True)
            ),
            "least_cosine": float((vectors[name] * reference).sum(1).min()),
            "gigaflops": needed / median(seconds[name]) / 1e9,
            "share_of_peak": median(needed / s / p for s, (p, _) in zip(seconds[name], peaks[kind], strict=True)),
            "share_of_peak_by_processor_time": median(
                needed / s / p for s, (_, p) in zip(work[name], peaks[kind], strict=True)
            ),
        }
        if np.isfinite(done):
            for share in ("share_of_peak", "share_of_peak_by_processor_time"):
                row[f"{share}_with_padding"] = row[share] * done / needed
        rows.append(row)
    return {
        "texts": len(texts),
        "tokens": int(lengths.sum()),
        "median_tokens": float(np.median(lengths)),
        "threads": threads,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "rounds": rounds,
        "peak_gigaflops": {kind: median(wall for wall, _ in found) / 1e9 for kind, found in peaks.items()},
        "peak_gigaflops_by_processor_time": {
            kind: median(cpu for _, cpu in found) / 1e9 for kind, found in peaks.items()
        },
        "about": fast["bfloat16"].about,
        "ways": rows,
    }


def cache_cost(n: int = 100_000, d: int = 384) -> dict[str, float]:
    """Seconds that a million texts cost in the cache: looked up in vain, added, and found."""
    from pipeline.text.embedding_cache import EmbeddingCache
    from pipeline.text.encoder import BLOCK

    rng = np.random.default_rng(SEED)
    digests, vectors = rng.integers(0, 256, (n, 32), dtype=np.uint8), rng.normal(size=(n, d)).astype(np.float32)
    spent = {"looked up in vain": 0.0, "added": 0.0, "found": 0.0}
    with tempfile.TemporaryDirectory() as folder:
        cache = EmbeddingCache("bench", d, Path(folder), limit=10**10)
        cache.add(rng.integers(0, 256, (1, 32), dtype=np.uint8), vectors[:1])
        for what in spent:
            for start in range(0, n, BLOCK):
                rows = slice(start, start + BLOCK)
                began = time.perf_counter()
                if what == "added":
                    cache.add(digests[rows], vectors[rows])
                else:
                    cache.find(digests[rows])
                spent[what] += time.perf_counter() - began
        cache.close()
    return {what: seconds * 1e6 / n for what, seconds in spent.items()}


def table(found: dict[str, Any]) -> str:
    """The result as Markdown; each figure by the clock and, in brackets, by processor time."""
    peaks = ", ".join(
        f"{kind} {value:,.0f} ({found['peak_gigaflops_by_processor_time'][kind]:,.0f})"
        for kind, value in found["peak_gigaflops"].items()
    )
    lines = [
        f"{found['texts']:,} distinct answers, {found['tokens']:,} tokens (median {found['median_tokens']:.0f}), "
        f"{found['threads']} threads, {found['cores']} cores, load {found['load']:.1f}; medians of {found['rounds']} "
        "turns, in brackets by processor time.",
        f"Peak of matrix products, billion operations a second: {peaks}.",
        "",
        "| way | texts a second | times as fast | least cosine | share of the peak | with padding |",
        "|---|---|---|---|---|---|",
    ]
    for row in found["ways"]:
        shares = [f"{row[s]:.0%} ({row[s.replace('peak', 'peak_by_processor_time')]:.0%})" for s in SHARES if s in row]
        lines.append(
            f"| {row['way']} | {row['texts_a_second']:,.0f} | {row['times_as_fast']:.2f} "
            f"({row['times_as_fast_by_processor_time']:.2f}) | {row['least_cosine']:.6f} | {' | '.join(shares)} |"
        )
    lines += [
        "",
        "Cache, seconds a million texts: " + ", ".join(f"{k} {v:.0f}" for k, v in found["cache"].items()) + ".",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=DATA, help="folder of surveys")
    parser.add_argument("--quick", action="store_true", help="200 answers, two turns; under a minute")
    parser.add_argument("--answers", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0, help="by default the free cores")
    parser.add_argument("--out", type=Path, help="folder for encoder.json and encoder.md; standard output otherwise")
    given = parser.parse_args()
    if not given.data.is_dir():
        sys.exit(f"{given.data} is not there: give the folder of surveys (DATA=folder).")
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    from pipeline.foundation.cores import free_cores

    texts = answers(given.data, 200 if given.quick else given.answers)
    found = run(texts, 2 if given.quick else given.rounds, given.threads or free_cores())
    found["cache"] = cache_cost(20_000 if given.quick else 100_000)
    content = json.dumps(found, indent=1)
    if given.out:
        given.out.mkdir(parents=True, exist_ok=True)
        (given.out / "encoder.json").write_text(content + "\n")
        (given.out / "encoder.md").write_text(table(found))
    print(content)
    print()
    print(table(found))


if __name__ == "__main__":
    main()
