"""How often text and tick differ: answers of nhs_fft whose words read like the other side of the rating.

Gives the precision of the list for reading, and an estimate of how often texts contradict ratings, against 200
answers that a machine reader read: the 100 likeliest by the model alone, and 100 drawn at random from all others.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DATA = ROOT.parent / "shared" / "data" / "nhs_fft"
SIDES = {"good": ["1", "2"], "poor": ["4", "5"]}
QUESTIONS = ("fft_why", "how_could_we_improve")


def listed(folder: Path, data: Path) -> pd.DataFrame:
    """Make a project from the survey in which two questions explain the rating, and list its contradictions."""
    import yaml
    from folder import read_survey
    from project import prepare

    from pipeline.evidence.contradictions import find_contradictions
    from pipeline.evidence.proposing import find_proposals
    from pipeline.foundation.params import parse
    from pipeline.survey.description import Survey
    from pipeline.text.encoder import Vectors

    waves = read_survey(data).waves
    project = prepare(folder, waves, "--respondent-id=respondent_id")
    content = project.survey
    for question in QUESTIONS:
        content["questions"][question] |= {"explains": "fft_rating", "sides": SIDES}
    survey = parse(Survey, yaml.safe_load(yaml.safe_dump(content)), "survey.yaml")
    vectors = project.vectors()

    def rows(form: str) -> pd.DataFrame:
        return pd.concat([project.table(form.format(wave)) for wave in waves], ignore_index=True)

    units, responses = rows("units/{}"), rows("responses/{}")
    proposals = find_proposals(units, rows("units/{}.signs"), responses, survey)
    space = Vectors(list(vectors), np.array(list(vectors.values())))
    closed = rows("responses/{}.closed")
    return find_contradictions(responses, units, space, closed, survey, proposals, project.params["seed"])


def main() -> None:
    """Make the project in a scratch folder, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--work", type=Path, help="keep the project in this folder")
    given = parser.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    sys.path[:0] = [str(ROOT / "benchmarks" / "quality"), str(ROOT)]
    from pipeline.evidence.prevalence import score_interval

    with tempfile.TemporaryDirectory(prefix="themebook-sides-") as scratch:
        table = listed(given.work or Path(scratch) / "nhs", given.data)
    labels = pd.read_csv(HERE / "labels.csv")
    read = labels.merge(table, on=["response_id", "question_id"])
    if len(read) < len(labels):
        raise SystemExit(f"{len(labels) - len(read)} answers that were read are not there.")
    counts = table.groupby(["question_id", "side"])["to_read"].agg(["size", "sum"])
    print(counts.rename(columns={"size": "answers", "sum": "listed"}).to_string())
    read["other"] = read["reads"] == "other"

    def share(name: str, mine: pd.DataFrame) -> None:
        n, of = int(mine["other"].sum()), len(mine)
        low, high = score_interval(n, of) if of else (0.0, 1.0)
        print(f"{name}: {n} of {of} ({n / max(of, 1):.2f} [{low:.2f}, {high:.2f}])")

    print()
    top, rest = read[read["drawn"] == "likeliest"], read[read["drawn"] == "random"]
    share("listed answers that do read like the other side", read[read["to_read"]])
    for at in (0.9, 0.8, 0.7):
        share(f"  of the 100 likeliest by the model alone, probability {at} or more", top[top["probability"] >= at])
    share("  of the 100 likeliest by the model alone", top)
    share("answers drawn at random from all others", rest)
    # Two strata: one read whole, the other by a sample of 100 (Cochran, Sampling techniques, 1977, eq. 5.6).
    others = len(table) - len(top)
    low, high = score_interval(int(rest["other"].sum()), len(rest))
    part = [int(top["other"].sum()) + others * s for s in (rest["other"].mean(), low, high)]
    rate, lowest, highest = (each / len(table) for each in part)
    print(f"rate of answers that read like the other side: {rate:.3f} [{lowest:.3f}, {highest:.3f}] of {len(table)}")
    print(f"The readings are by {', '.join(sorted(set(labels['reader'])))}: a machine's, no person's.")


if __name__ == "__main__":
    main()
