"""How well proposals are told apart: themebook's rules and two peers against 300 units that a machine reader read.

The labels were read and kept before any rule was written; the rules were written on another draw of units (see
README.md). Prints a table; exits with an error if a labelled unit is no longer cut as it was.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARED = ROOT.parent / "shared" / "data"
WORDS = re.compile(r"\b(?:should|need|more|better|improve)", re.IGNORECASE)
SURVEYS = {
    "nhs_fft": ("--respondent-id=respondent_id",),
    "spack_survey": (),
    "jupyter_2015": (),
}


def cut(name: str, folder: Path, data: Path) -> pd.DataFrame:
    """Bring one survey as far as its units: labelled ones are found by response, start and end."""
    import yaml
    from project import Project, command

    from pipeline.evidence.proposing import find_proposals
    from pipeline.foundation.params import parse
    from pipeline.survey.asking import asks
    from pipeline.survey.description import Survey

    raw = sorted(p for p in (data / name).glob("*.csv") if not p.stem.startswith(("gold", "themes")))
    waves = {"2015" if p.stem == "export" else p.stem: p for p in raw}
    given = [f"--wave={wave}={path.resolve()}" for wave, path in waves.items()]
    command(None, "init", str(folder), *given, *SURVEYS[name])
    project = Project(folder).stages("verify", "ingest", "segment")
    survey = parse(Survey, yaml.safe_load((folder / "data/survey.yaml").read_text("utf-8")), "survey.yaml")

    def rows(form: str) -> pd.DataFrame:
        return pd.concat([project.table(form.format(wave)) for wave in waves], ignore_index=True)

    units, responses = rows("units/{}"), rows("responses/{}")
    found = find_proposals(units, rows("units/{}.signs"), responses, survey)
    table = units[units["n"] > 0].merge(found.drop(columns="response_id"), on="unit_id")
    table = table.merge(responses[["response_id", "text"]], on="response_id")
    text = [t[a:b] for t, a, b in zip(table["text"], table["start"], table["end"], strict=True)]
    kind = {q: asks(each) for q, each in survey.open_questions.items()}
    print(f"{name}: {project.seconds['segment']:.1f} s for segment; asked: {kind}")
    own = table[["response_id", "start", "end", "text_id", "rule"]]
    return own.assign(
        survey=name,
        themebook=table["proposes"],
        **{"word list": [bool(WORDS.search(t)) for t in text], "question alone": table["asks"] == "proposals"},
    )


def scored(truth: pd.Series, said: pd.Series) -> dict[str, str | int]:
    """Precision, recall with 95 % score intervals and F1."""
    from pipeline.evidence.prevalence import score_interval

    def share(n: int, of: int) -> str:
        if not of:
            return "–"
        low, high = score_interval(n, of)
        return f"{n / of:.2f} [{low:.2f}, {high:.2f}] {n}/{of}"

    hit = int((truth & said).sum())
    total = int(truth.sum() + said.sum())
    return {
        "precision": share(hit, int(said.sum())),
        "recall": share(hit, int(truth.sum())),
        "F1": f"{2 * hit / total:.2f}" if total else "–",
    }


def main() -> None:
    """Cut the surveys in a scratch folder, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=SHARED, help="folder that holds the three surveys")
    given = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    sys.path[:0] = [str(ROOT / "benchmarks" / "quality"), str(ROOT)]
    labels = pd.read_csv(HERE / "labels.csv", dtype={"start": int, "end": int})
    with tempfile.TemporaryDirectory(prefix="themebook-proposals-") as folder:
        cut_units = pd.concat([cut(name, Path(folder) / name, given.data) for name in SURVEYS], ignore_index=True)
    table = labels.merge(cut_units, on=["survey", "response_id", "start", "end", "text_id"])
    if len(table) < len(labels):
        raise SystemExit(f"{len(labels) - len(table)} labelled units are no longer cut as they were: read them again.")
    table["proposal"] = table["label"] == "proposal"
    read = table[table["label"] != "unclear"]
    rows = []
    for name in ("all", *SURVEYS):
        mine = read if name == "all" else read[read["survey"] == name]
        for way in ("themebook", "word list", "question alone"):
            rows.append({"survey": name, "way": way, "units": len(mine), **scored(mine["proposal"], mine[way])})
    print(pd.DataFrame(rows).to_string(index=False))
    told = read[read["themebook"]].groupby("rule")["proposal"].agg(["sum", "size"])
    print("\nwhich rule fired, and how many of those are proposals:")
    print(told.rename(columns={"sum": "proposals", "size": "units"}).to_string())
    unclear = table[table["label"] == "unclear"]
    print(f"\n{len(unclear)} units that the reader found unclear are left out; {int(unclear['themebook'].sum())} fire.")
    print(f"The labels are by {', '.join(sorted(set(labels['reader'])))}: a machine's reading, no person's.")


if __name__ == "__main__":
    main()
