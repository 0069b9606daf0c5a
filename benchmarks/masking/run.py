"""How much personal data is masked, and how much else: `python benchmarks/masking/run.py [--data DIR]`.

`labels.json` says where names stand in the drawn answers, by reference and never with any text. Answers of the draws
without a label hold no personal data. `who` is `public` for politicians and other public figures: masking them is
neither wanted nor counted as false.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

import draw
import surrogates

from pipeline.foundation.params import Segment
from pipeline.text.personal import Redaction, find_personal
from pipeline.text.spacy_model import load_spacy

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def found(texts: list[str]) -> list[list[Redaction]]:
    nlp = load_spacy(Segment().spacy_model, ROOT / "models" / "spacy.json")
    return find_personal(texts, list(nlp.pipe(texts)))


def covered(start: int, end: int, redactions: list[Redaction]) -> bool:
    hidden = {i for r in redactions for i in range(r.start, r.end)}
    return set(range(start, end)) <= hidden


def real(data: Path) -> None:
    labels = defaultdict(list)
    for label in json.loads((HERE / "labels.json").read_text("utf-8"))["labels"]:
        labels[label["file"], label["id"], label["question"]].append(label)
    answers = draw.draw(data)
    for part in ("tuning", "held out"):
        chosen = [a for a in answers if a.part == part]
        of, hit = Counter(), Counter()
        false = []
        for answer, redactions in zip(chosen, found([a.text for a in chosen]), strict=True):
            mine = labels[answer[:3]]
            for label in mine:
                of[label["who"]] += 1
                hit[label["who"]] += covered(label["start"], label["end"], redactions)
            wrong = [r for r in redactions if not any(r.start < x["end"] and x["start"] < r.end for x in mine)]
            false += [(answer.draw, answer.file, answer.id, r.start, r.end, r.type) for r in wrong]
        plain = sum(a.draw == "plain" for a in chosen)
        print(f"real answers, {part}: {len(chosen)} answers, {plain} of them drawn plainly")
        for who in ("private", "public"):
            print(f"  names, {who}: {hit[who]} of {of[who]} masked")
        spurious = sum(draw_name == "plain" for draw_name, *_ in false)
        print(f"  false masks per 1,000 answers: plain {1000 * spurious / plain:.1f}", end="")
        print(f", all draws {1000 * len(false) / len(chosen):.1f}")
        for item in false:
            print("   ", *item)


def invented(data: Path) -> None:
    made = surrogates.surrogates(data)
    for part in ("tuning", "held out"):
        chosen = [s for s in made if s.part == part]
        of, hit = Counter(), Counter()
        for surrogate, redactions in zip(chosen, found([s.text for s in chosen]), strict=True):
            of[surrogate.form] += 1
            hit[surrogate.form] += covered(surrogate.start, surrogate.end, redactions)
        print(f"invented names in real answers, {part}: {sum(hit.values())} of {sum(of.values())} masked")
        for form in sorted(of):
            print(f"  {form}: {hit[form]} of {of[form]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    folder = parser.parse_args().data
    real(folder)
    invented(folder)
