"""Whether intervals hold what they promise: `python benchmarks/evidence/run.py [FOLDER] [options]`.

FOLDER holds a survey of which people coded many answers: one csv a wave, gold.csv, codebook.yaml, as for
benchmarks/quality. The coded answers are the population; each draw takes some of them as gold, fits the coder anew and
gives every theme's share with its interval in three ways. README.md here says more.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARED = ROOT.parent / "shared" / "data"
WORD_COLUMNS = 100
FOLDS = 5


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=SHARED / "nhs_fft")
    parser.add_argument("--draws", type=int, help="draws of each size (1000; 50 with --quick)")
    parser.add_argument("--sizes", default="100,200,400")
    parser.add_argument("--real", type=int, help="draws of 200 in which themebook's own coder is fitted (60; 2)")
    parser.add_argument("--quick", action="store_true", help="few draws: shows that it runs, not what holds")
    parser.add_argument("--work", type=Path, help="folder for the scratch project, kept")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    given = parser.parse_args()
    given.draws = given.draws or (50 if given.quick else 1000)
    given.real = (2 if given.quick else 60) if given.real is None else given.real
    given.sizes = [int(size) for size in given.sizes.split(",")]
    return given


@dataclass(frozen=True)
class Material:
    """The population, in the forms of both coders."""

    people: Any
    themes: np.ndarray
    names: list[str]
    texts: Any
    examples: np.ndarray
    theme: np.ndarray
    answers: Any
    lessons: Any
    questions: list[set[str]]
    respondents: np.ndarray


def material(bench: Any) -> Material:
    """Embed the survey once and bring the coded answers and the codebook's texts into the coders' forms."""
    from intervals import Population
    from quick_coder import Texts
    from sklearn.decomposition import TruncatedSVD

    from pipeline.foundation.params import parse
    from pipeline.survey.description import Survey
    from pipeline.text.words import WordFeatures, log_lengths
    from pipeline.themes.codebook import parse_codebook, read_themes
    from pipeline.themes.coder import Answers, Examples
    from pipeline.themes.coding import example_texts

    answers, (vectors, owner) = bench.answers, bench.parts
    path = bench.base.folder / "data/codebook/codebook.yaml"
    codebook = parse_codebook(read_themes(path), parse(Survey, bench.base.survey, "survey.yaml"), path)
    texts, theme = example_texts(codebook, bench.responses)
    words = WordFeatures().fit(texts + answers["text"].tolist())
    own, theirs = words.transform(answers["text"].tolist()), words.transform(texts)
    few = TruncatedSVD(WORD_COLUMNS, random_state=0).fit(own)
    # An answer without units, such as a non-answer, is its own only unit.
    bare = np.setdiff1d(np.arange(len(answers)), owner)
    order = np.argsort(np.concatenate([owner, bare]), kind="stable")
    whose = np.concatenate([owner, bare])[order]
    units = np.vstack([vectors, bench.whole[bare]])[order]

    def features(meaning: np.ndarray, by_words: np.ndarray) -> np.ndarray:
        return np.hstack([meaning, by_words, np.ones((len(meaning), 1))]).astype(float)

    by_words = few.transform(own)
    question = np.unique(answers["question_id"].to_numpy(str), return_inverse=True)[1]
    keys = answers["wave"] + "\0" + answers["respondent_id"]
    people = Population(bench.truth, np.unique(keys.to_numpy(str), return_inverse=True)[1], question)
    encoded = bench.encode(texts)
    return Material(
        people,
        np.flatnonzero(bench.truth.sum(0) >= 20),
        [str(theme["name"]) for theme in bench.survey.codebook],
        Texts(
            features(bench.whole, by_words),
            features(units, by_words[whose]),
            np.searchsorted(whose, np.arange(len(answers))),
            question,
        ),
        features(encoded, few.transform(theirs)),
        theme,
        Answers(
            answers["question_id"].to_numpy(str),
            bench.whole,
            vectors,
            owner,
            own,
            log_lengths(answers["text"].tolist()),
        ),
        Examples(encoded, theme, theirs),
        [set(t.questions) for t in codebook.themes],
        keys.to_numpy(str),
    )


def drawn(given: Material, size: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of one draw, and the fold of each."""
    from pipeline.themes.folds import folds_of

    population = len(given.people.truth)
    gold = np.sort(np.random.default_rng([size, number]).choice(population, size, replace=False))
    return gold, folds_of(given.respondents[gold], FOLDS, 0)


def quick(given: Material, gold: np.ndarray, fold: np.ndarray) -> Any:
    """Fit the quick coder on a draw."""
    from quick_coder import fit_predict

    return fit_predict(given.texts, given.examples, given.theme, gold, given.people.truth[gold], fold)


def real(given: Material, gold: np.ndarray, fold: np.ndarray) -> Any:
    """Fit themebook's coder on a draw."""
    from quick_coder import Predicted

    from pipeline.foundation.params import Code
    from pipeline.themes.coder import ThemeCoder

    coder = ThemeCoder(given.questions, Code().regularisation)
    coder.fit(given.lessons, given.answers.take(gold), given.people.truth[gold], fold, given.answers)
    return Predicted(coder.heldout_probability_, coder.predict_proba(given.answers))


def three_ways(given: Material, gold: np.ndarray, said: Any) -> dict[str, np.ndarray]:
    """Shares and intervals of a draw in each way."""
    from intervals import corrected, naive, people_only

    mine = given.people.truth[gold]
    return {
        "people only": people_only(mine[:, given.themes], len(given.people.truth)),
        "naive": naive(said.final, gold, mine, given.themes),
        "corrected": corrected(given.people, said.held, said.final, gold, given.themes, False),
    }


def by_parts(given: Material, gold: np.ndarray, said: Any) -> dict[str, np.ndarray]:
    """Corrected shares of respondents over all questions, and of each question by itself."""
    from intervals import corrected

    found = {"any question": corrected(given.people, said.held, said.final, gold, given.themes, True)}
    for name in np.unique(given.people.question):
        rows = np.flatnonzero(given.people.question == name)
        inside = np.isin(gold, rows)
        place = np.searchsorted(rows, gold[inside])
        part = given.people.within(rows)
        found[f"question {name + 1}"] = corrected(part, said.held[inside], said.final[rows], place, given.themes, False)
    return found


def true_shares(given: Material) -> dict[str, np.ndarray]:
    """What each part's share is by people's codes."""
    truth, people = given.people.truth[:, given.themes], given.people
    any_ = np.zeros((people.owner.max() + 1, truth.shape[1]))
    np.maximum.at(any_, people.owner, truth)
    each = {f"question {q + 1}": truth[people.question == q].mean(0) for q in np.unique(people.question)}
    return {"": truth.mean(0), "any question": any_.mean(0), **each}


def main() -> None:
    """Run, with a scratch folder that is kept only where `--work` names it."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ["OMP_NUM_THREADS"] = "1"
    sys.path[:0] = [str(HERE), str(ROOT / "benchmarks" / "quality"), str(ROOT)]
    given = arguments()
    if given.work:
        given.work.mkdir(parents=True, exist_ok=True)
        run(given, given.work.resolve())
    else:
        with tempfile.TemporaryDirectory(prefix="themebook-evidence-") as folder:
            run(given, Path(folder))


def run(given: argparse.Namespace, work: Path) -> None:
    """Draw, estimate, write the results after each size."""
    from bench import Bench, Settings, say
    from folder import read_survey
    from intervals import bars, fared
    from results import write

    start = time.perf_counter()
    survey = read_survey(given.folder)
    bench = Bench(survey, work / survey.name, Settings())
    have = material(bench)
    true = true_shares(have)
    out: dict[str, Any] = {"about": about(given, have, survey.name), "sizes": {}, "bars": []}
    for size in given.sizes:
        say(f"{given.draws} draws of {size}")
        ways: dict[str, list[np.ndarray]] = {}
        for number in range(given.draws):
            gold, fold = drawn(have, size, number)
            said = quick(have, gold, fold)
            for name, values in {**three_ways(have, gold, said), **by_parts(have, gold, said)}.items():
                ways.setdefault(name, []).append(values)
        figures = {name: fared(np.array(v), true.get(name, true[""])) for name, v in ways.items()}
        out["sizes"][size] = figures
        out["bars"] += bars(size, figures, true[""])
        out["about"]["minutes"] = round((time.perf_counter() - start) / 60, 1)
        write(given.out, out, true, have.names, have.themes)
    out["real"] = side_by_side(given.real, have, true[""]) if given.real else None
    out["about"]["minutes"] = round((time.perf_counter() - start) / 60, 1)
    for path in write(given.out, out, true, have.names, have.themes):
        say(f"wrote {path.name}")
    print(json.dumps(out["bars"], indent=1))


def side_by_side(draws: int, have: Material, true: np.ndarray, size: int = 200) -> dict[str, Any]:
    """Fit both coders on the same draws, and compare what comes of it."""
    from bench import say
    from intervals import BARRED, fared

    mine = true >= BARRED
    found: dict[str, list[np.ndarray]] = {"themebook's coder": [], "quick coder": [], "people only": []}
    for number in range(draws):
        gold, fold = drawn(have, size, number)
        for name, way in (("themebook's coder", real), ("quick coder", quick)):
            ways = three_ways(have, gold, way(have, gold, fold))
            found[name].append(ways["corrected"][mine])
        found["people only"].append(ways["people only"][mine])
        say(f"both coders: draw {number + 1} of {draws}")
    figures = {name: fared(np.array(v), true[mine]) for name, v in found.items()}
    widths = [np.array([(v[:, 2] - v[:, 1]).mean() for v in found[name]]) for name in list(found)[:2]]
    ratio = widths[1] / widths[0]
    return {
        "draws": draws,
        "size": size,
        **{
            name: {**{figure: float(v[figure].mean()) for figure in ("coverage", "width", "rmse")}}
            for name, v in figures.items()
        },
        "width of quick over themebook's": float(ratio.mean()),
        "its standard error": float(ratio.std(ddof=1) / len(ratio) ** 0.5) if len(ratio) > 1 else None,
    }


def about(given: argparse.Namespace, have: Material, name: str) -> dict[str, Any]:
    """What was run and where."""
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return {
        "survey": name,
        "commit": git.stdout.strip() or "unknown",
        "answers": len(have.people.truth),
        "respondents": int(have.people.owner.max()) + 1,
        "themes with 20 coded answers or more": len(have.themes),
        "draws of each size": given.draws,
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
    }


if __name__ == "__main__":
    main()
