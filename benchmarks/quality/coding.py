"""Parts `coding` and `risk`: agreement with people's codes, calibration, sure mentions, and people's work."""

from __future__ import annotations

import numpy as np
from bench import Bench, say, timed
from draws import with_examples
from peers import ceiling, lesson, logistic, names_only, peers
from scoring import brier_skill, calibration_error, f1, finished, risk

ASKED_RISK = 0.10
PEOPLE_CODE = 0.30
ZERO_SHOT = (0.7, 0.4)


def _agreement(bench: Bench, condition: str, who: str, draws: list, seconds: list[float], note: str = "") -> None:
    """Add micro- and macro-F1 of several draws, each ``(rows given, mentioned)``."""
    pairs = [
        f1(bench.truth[rows][:, bench.codes], mentioned[rows][:, bench.codes])
        for rows, mentioned in ((bench.scored(given), mentioned) for given, mentioned in draws)
    ]
    for figure, values in zip(("micro-F1", "macro-F1"), zip(*pairs, strict=True), strict=True):
        bench.add("coding", condition, who, figure, list(values), seconds=float(np.mean(seconds)), note=note)
    say(f"{condition}; {who}: micro {np.mean([p[0] for p in pairs]):.3f} macro {np.mean([p[1] for p in pairs]):.3f}")


def _peers(bench: Bench, condition: str, codebook: list, wanted: list[tuple[int, int]]) -> None:
    """Add every coding peer on the same draws."""
    draws: dict[str, list] = {}
    seconds: dict[str, list[float]] = {}
    for size, number in wanted:
        given = bench.drawn(size, number)
        for name, (mentioned, _, took) in peers(bench, codebook, given).items():
            draws.setdefault(name, []).append((given, mentioned))
            seconds.setdefault(name, []).append(took)
    for name in draws:
        _agreement(bench, condition, name, draws[name], seconds[name])


def _mine(bench: Bench, condition: str, name: str, codebook: list, wanted: list, params: dict | None = None) -> list:
    runs = bench.runs(name, codebook, wanted, params)
    draws = [(bench.drawn(*w), bench.matrix(run.mentions, "mentioned")) for w, run in zip(wanted, runs, strict=True)]
    _agreement(bench, condition, "themebook", draws, [sum(run.seconds.values()) for run in runs])
    return runs


def coding(bench: Bench) -> None:
    """Agreement with the codebook alone, along the curve of examples, and with coded answers."""
    everything = bench.survey.codebook
    with_gold(bench, everything)
    for most in bench.settings.examples:
        codebook = with_examples(everything, most)
        label = "all" if most is None else str(most)
        condition = f"codebook alone, {label} examples a theme"
        for mode in ("off", "now"):
            _mine(
                bench,
                f"{condition}, tune: {mode}",
                f"examples-{label}-{mode}",
                codebook,
                [(0, 0)],
                {"tune": {"mode": mode}},
            )
        _peers(bench, condition, codebook, [(0, 0)])
    for least in ZERO_SHOT:
        given = bench.drawn(0, 0)
        mentioned, seconds = timed(lambda least=least: names_only(bench, least))
        name = f"BERTopic zero-shot on names, min_similarity {least}"
        _agreement(bench, "codebook alone, names", name, [(given, mentioned)], [seconds])
    mentioned, seconds = timed(lambda: ceiling(bench))
    note = "logistic regression on the same embeddings, trained on all gold but the test fold"
    _agreement(bench, "all gold but the test fold", "ceiling", [(bench.drawn(0, 0), mentioned)], [seconds], note)


def with_gold(bench: Bench, codebook: list) -> None:
    """Agreement with the codebook and random coded answers, default params; calibration; minutes."""
    _mine(bench, "codebook alone, defaults", "default", codebook, [(0, 0)])
    for size in bench.settings.sizes:
        wanted = [(size, number) for number in range(bench.settings.draws)]
        runs = _mine(bench, f"{size} coded answers", "default", codebook, wanted)
        tuned = [run.seconds["tune"] / 60 for run in runs]
        bench.add("coding", f"{size} coded answers", "themebook", "minutes of tuning", tuned, note=_cores(bench))
        _peers(bench, f"{size} coded answers", codebook, wanted)
    calibration(bench, codebook)


def calibration(bench: Bench, codebook: list) -> None:
    """Calibration error and Brier skill over base rates of the drawn gold; the logistic regression's too."""
    size = bench.settings.calibrated_on
    wanted = [(size, number) for number in range(bench.settings.draws)]
    condition = f"{size} coded answers"
    runs = bench.runs("default", codebook, wanted)
    mine = [bench.matrix(run.mentions, "probability") for run in runs]
    theirs = {"themebook": mine, "logistic regression on embeddings": []}
    for w in wanted:
        given = bench.drawn(*w)
        theirs["logistic regression on embeddings"].append(logistic(bench, lesson(bench, codebook, given), given)[1])
    for name, probabilities in theirs.items():
        errors, skills = [], []
        for w, probability in zip(wanted, probabilities, strict=True):
            given = bench.drawn(*w)
            rows, base = bench.scored(given), bench.truth[given][:, bench.codes].mean(0)
            truth, p = bench.truth[rows][:, bench.codes], probability[rows][:, bench.codes]
            errors.append(calibration_error(truth, p))
            skills.append(brier_skill(truth, p, base))
        bench.add("calibration", condition, name, "expected calibration error, p ≥ 0.1", errors)
        bench.add("calibration", condition, name, "Brier skill over base rates", skills)
        say(f"{condition}; {name}: ECE {np.nanmean(errors):.3f}, Brier skill {np.mean(skills):.3f}")


def risks(bench: Bench) -> None:
    """Errors among sure mentions at the risk asked for, and what people's work on the queue gives."""
    size = bench.settings.risk_on
    condition = f"{size} coded answers, risk asked {ASKED_RISK:.0%}"
    wanted = [(size, number) for number in range(bench.settings.draws)]
    code = bench.base.params.get("code", {})
    params = {"code": {"risk": ASKED_RISK}} if code.get("risk", ASKED_RISK) != ASKED_RISK else None
    runs = bench.runs("risk" if params else "default", bench.survey.codebook, wanted, params)
    if "sure" in runs[0].mentions:
        pairs = []
        for w, run in zip(wanted, runs, strict=True):
            rows = bench.scored(bench.drawn(*w))
            sure = bench.matrix(run.mentions, "sure")[rows][:, bench.codes]
            pairs.append(risk(bench.truth[rows][:, bench.codes], sure))
        bench.add("risk", condition, "themebook", "error rate among sure mentions", [p[0] for p in pairs])
        bench.add("risk", condition, "themebook", "people's mentions found and sure", [p[1] for p in pairs])
    else:
        bench.skip("risk", condition, "mentions.parquet has no column `sure`")
    if runs[0].queue is None:
        bench.skip("risk", f"people code {PEOPLE_CODE:.0%}", "data/coded/queue.parquet is not written")
        return
    queued, random = [], []
    for w, run in zip(wanted, runs, strict=True):
        rows = bench.scored(bench.drawn(*w))
        by_queue, by_chance = _workload(bench, rows, run)
        queued.append(by_queue)
        random.append(by_chance)
    condition = f"{size} coded answers, people code {PEOPLE_CODE:.0%} more"
    bench.add("risk", condition, "themebook's queue", "micro-F1 of the finished whole", queued)
    bench.add("risk", condition, "at random", "micro-F1 of the finished whole", random)


def _workload(bench: Bench, rows: np.ndarray, run) -> tuple[float, float]:
    """Micro-F1 of the whole when people code the first answers of the queue, and when they code as many at random."""
    truth = bench.truth[rows][:, bench.codes]
    given = bench.matrix(run.mentions, "mentioned")[rows][:, bench.codes]
    rank = dict(zip(run.queue["response_id"], run.queue["rank"], strict=True))
    order = np.argsort([rank.get(r, np.inf) for r in bench.answers["response_id"].iloc[rows]], kind="stable")
    many = round(PEOPLE_CODE * len(rows))
    chance = [np.random.default_rng(n).permutation(len(rows))[:many] for n in range(10)]
    coded = [np.isin(np.arange(len(rows)), chosen) for chosen in (order[:many], *chance)]
    scores = [finished(truth, given, each) for each in coded]
    return scores[0], float(np.mean(scores[1:]))


def _cores(bench: Bench) -> str:
    return f"{bench.settings.jobs} runs at a time"
