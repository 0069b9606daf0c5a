"""The answers on which masking is measured: seeded draws, each split into a part for tuning and a part held out."""

from __future__ import annotations

import csv
import random
import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

SEED = 2025
PLAIN, CAPITALS, RARE = 200, 80, {"polis": 60, "nhs": 140}
NHS_WAVES = ("2021Q2", "2021Q3", "2021Q4", "2022Q1", "2022Q2", "2022Q3")
NHS_CLOSED = {"respondent_id", "date", "trust", "service_type_1", "service_type_2", "fft_rating"}
MID_SENTENCE = re.compile(r"[a-z,] (?!I\b)([A-Z][a-z]{2,})")
LOWER_CASE = re.compile(r"\b[a-z]{3,}\b")


class Answer(NamedTuple):
    """One answer and how to find it again in the folder of shared data."""

    file: str
    id: str
    question: str
    text: str
    draw: str
    part: str


def rows_of(data: Path, file: str) -> list[dict[str, str]]:
    with (data / file).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def polis(data: Path) -> list[tuple[str, str, str, str]]:
    file = "polis/english.csv"
    return [(file, row["response_id"], "text", row["text"]) for row in rows_of(data, file) if row["text"].strip()]


def nhs(data: Path) -> list[tuple[str, str, str, str]]:
    return [
        (file, row["respondent_id"], question, text)
        for file in (f"nhs_fft/{wave}.csv" for wave in NHS_WAVES)
        for row in rows_of(data, file)
        for question, text in row.items()
        if question not in NHS_CLOSED and text.strip()
    ]


def draw(data: Path) -> list[Answer]:
    """Draw answers of each source: plainly, with a capitalised word inside a sentence, and with a rare one.

    The third draw, from what the first two left, wants a capitalised word that the source never writes in lower case
    and that stands in at most ten of its answers: most names do, and no rule of the masking is used to find them.
    Every other answer of a draw is held out: nobody looked at it while the rules were tuned.
    """
    drawn: dict[tuple[str, str, str], Answer] = {}
    for source, rows in (("polis", polis(data)), ("nhs", nhs(data))):
        generator = random.Random(SEED)
        pool = sorted(rows)
        generator.shuffle(pool)
        plain, rest = pool[:PLAIN], pool[PLAIN:]
        capitals = [row for row in rest if MID_SENTENCE.search(row[3])][:CAPITALS]
        lower = {word for row in pool for word in LOWER_CASE.findall(row[3])}
        spread = Counter(word for row in pool for word in set(MID_SENTENCE.findall(row[3])))
        rare = {word for word, n in spread.items() if n <= 10 and word.lower() not in lower}
        taken = set(capitals)
        rares = [row for row in rest if row not in taken and rare & set(MID_SENTENCE.findall(row[3]))]
        for name, answers in (("plain", plain), ("capitals", capitals), ("rare", rares[: RARE[source]])):
            for i, row in enumerate(answers):
                # Where a source gives one id twice, the first one drawn is kept.
                drawn.setdefault(row[:3], Answer(*row, name, "held out" if i % 2 else "tuning"))
    return list(drawn.values())
