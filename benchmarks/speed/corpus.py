"""Surveys of any size from the answers of a real one: `python benchmarks/speed/corpus.py FOLDER --waves 2025=5000`.

The first rows are real rows as they stand, with people's codes for some of them; all others are made from real answers
cut at their sentences, spliced where two share a word, with words put in and changed as the survey itself uses them.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data"
sys.path.append(str(ROOT / "benchmarks" / "quality"))

from folder import Survey, read_survey  # noqa: E402

# People's codes are taken along for so many answers at most, and for no more than this share of the first wave.
MOST_CODED, CODED_SHARE = 1000, 1 / 3
SPLICED = 0.7
CHANGED = 0.22
MISSPELT = 0.04
VERBATIM = 0.3
SHORT = 2
TRIES = 5
# Where an answer may be cut into units, roughly: only to notice what has been written before.
_PIECES = re.compile(r"[,;:.!?-]+\s|\s(?:and|but|because|so)\s")
_SENTENCES = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True)
class Corpus:
    """What was written: the files of `themebook init`, the options that name its columns, and counts."""

    waves: dict[str, Path]
    codebook: Path
    gold: Path
    options: list[str]
    answers: dict[str, int]
    real: int
    coded: int


@dataclass
class Words:
    """The sentences of a survey and how its words follow each other."""

    sentences: list[list[str]]
    at: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    by_length: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    between: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    after: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: list[str]) -> Words:
        """Read the distinct sentences of some answers."""
        distinct = dict.fromkeys(tuple(s.split()) for text in texts for s in _SENTENCES.split(text) if s.strip())
        words = cls([list(sentence) for sentence in distinct])
        after: dict[str, set[str]] = defaultdict(set)
        around: dict[tuple[str, str], set[str]] = defaultdict(set)
        for n, sentence in enumerate(words.sentences):
            words.by_length[min(len(sentence), 40)].append(n)
            for i, word in enumerate(sentence):
                words.at[word].append((n, i))
            for a, b in zip(sentence, sentence[1:], strict=False):
                after[a].add(b)
            for a, b, c in zip(sentence, sentence[1:], sentence[2:], strict=False):
                around[a, c].add(b)
        # A word fits between two others if it stands there anywhere, or follows the one and is followed by the other.
        for (a, c), seen in around.items():
            words.between[a, c] = sorted(seen | {b for b in after[a] if c in after[b]})
        words.after = {a: sorted(seen) for a, seen in after.items()}
        return words


def make_corpus(folder: Path, survey: Survey, waves: Mapping[str, int], seed: int = 0) -> Corpus:
    """Write a survey with so many answers a wave: its exports, codebook and gold.

    Parameters
    ----------
    folder : Path
        Where the files are written; made when it is not there.
    survey : Survey
        A real coded survey (`benchmarks/quality/folder.py`).
    waves : dict of str to int
        Answers, cells of open questions that are not empty, of each wave. The real rows stand in the first.
    seed : int
        The same seed gives the same files.

    Returns
    -------
    Corpus
        What was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = _real_rows(survey)
    questions = [c for c in rows.columns if c in set(survey.gold["question"])]
    identity = _identity(rows, survey)
    order = rows.sample(frac=1, random_state=seed).to_dict("records")
    draw = random.Random(seed)
    words = Words.of([row[q] for row in order for q in questions if row[q]])
    head = _distinct(order, questions)
    paths, answers, real, in_head = {}, {}, 0, []
    for number, (wave, wanted) in enumerate(waves.items()):
        paths[wave] = folder / f"{wave}.csv"
        written = 0
        with paths[wave].open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(rows.columns))
            table.writeheader()
            for row in head if not number else []:
                if written + (said := _said(row, questions)) > wanted:
                    break
                written, real = written + said, real + said
                in_head.append(row)
                table.writerow(row)
            for k, row in enumerate(_made(order, questions, words, draw, wanted - written)):
                row[identity] = f"made {wave} {k + 1}"
                written += _said(row, questions)
                table.writerow(row)
        answers[wave] = written
    first = next(iter(waves))
    gold = _gold(survey, in_head, identity, first, min(MOST_CODED, int(waves[first] * CODED_SHARE)))
    gold.to_csv(folder / "gold.csv", index=False)
    (folder / "codebook.yaml").write_text(yaml.safe_dump(survey.codebook, allow_unicode=True, sort_keys=False), "utf-8")
    coded = len(gold[["respondent_id", "question"]].drop_duplicates())
    options = [f"--respondent-id={identity}", *(f"--open={q}" for q in questions)]
    return Corpus(paths, folder / "codebook.yaml", folder / "gold.csv", options, answers, real, coded)


def _real_rows(survey: Survey) -> pd.DataFrame:
    tables = [pd.read_csv(p, dtype=str, keep_default_na=False, encoding="utf-8-sig") for p in survey.waves.values()]
    return pd.concat(tables, ignore_index=True).fillna("")


def _identity(rows: pd.DataFrame, survey: Survey) -> str:
    known = set(survey.gold["respondent_id"])
    for column in rows:
        if known <= set(rows[column]):
            return str(column)
    raise SystemExit(f"{survey.name}: no column holds the respondents that gold.csv names.")


def _said(row: Mapping[str, str], questions: list[str]) -> int:
    return sum(bool(row[q].strip()) for q in questions)


def _distinct(rows: list[dict[str, str]], questions: list[str]) -> list[dict[str, str]]:
    """The rows that repeat no answer of a row before them."""
    seen: set[str] = set()
    kept = []
    for row in rows:
        texts = [row[q].strip().casefold() for q in questions if row[q].strip()]
        if not seen.intersection(texts) and len(set(texts)) == len(texts):
            seen.update(texts)
            kept.append(row)
    return kept


def _made(
    rows: list[dict[str, str]], questions: list[str], words: Words, draw: random.Random, wanted: int
) -> Iterator[dict[str, str]]:
    """Rows like real ones, until so many answers are given; the last may lack some of its answers."""
    seen: set[int] = set()
    shapes = [(row, [(q, _lengths(row[q])) for q in questions if row[q].strip()]) for row in rows]
    while wanted > 0:
        row, cells = shapes[int(draw.random() * len(shapes))]
        made = dict(row)
        for question, lengths in cells:
            made[question] = _answer(lengths, row[question], words, draw, seen) if wanted > 0 else ""
            wanted -= 1
        yield made


def _lengths(text: str) -> list[int]:
    return [len(sentence.split()) for sentence in _SENTENCES.split(text) if sentence.strip()]


def _answer(lengths: list[int], real: str, words: Words, draw: random.Random, seen: set[int]) -> str:
    """An answer with as many sentences as a real one, each about as long; some short ones are the real one."""
    if sum(lengths) <= SHORT and draw.random() < VERBATIM:
        return real
    return " ".join(_new_sentence(length, words, draw, seen) for length in lengths)


def _new_sentence(length: int, words: Words, draw: random.Random, seen: set[int]) -> str:
    """A sentence whose pieces have not been written before; the longer that takes, the more of it is changed."""
    for attempt in range(TRIES):
        text = " ".join(_sentence(length, words, draw, CHANGED * (1 + attempt), MISSPELT * (1 + 4 * attempt)))
        pieces = [hash(piece) for piece in _PIECES.split(text)]
        if seen.isdisjoint(pieces):
            break
    seen.update(pieces)
    return text


def _sentence(length: int, words: Words, draw: random.Random, changed: float, misspelt: float) -> list[str]:
    chance = draw.random
    near = words.by_length.get(min(length, 40)) or words.by_length[min(words.by_length, key=lambda n: abs(n - length))]
    sentence = words.sentences[near[int(chance() * len(near))]]
    if len(sentence) > SHORT and chance() < SPLICED:
        place = 1 + int(chance() * (len(sentence) - 1))
        others = words.at[sentence[place]]
        other, position = others[int(chance() * len(others))]
        # About as long as it was: of a much longer sentence only so much is taken.
        sentence = sentence[:place] + words.sentences[other][position : position + len(sentence) - place + 3]
    made: list[str] = []
    last = len(sentence) - 1
    for i, word in enumerate(sentence):
        if chance() < changed:
            if (
                0 < i < last
                and (fit := words.between.get((sentence[i - 1], sentence[i + 1])))
                or i
                and (fit := words.after.get(sentence[i - 1]))
            ):
                word = fit[int(chance() * len(fit))]
            elif fit := words.after.get(word):
                made.append(word)
                word = fit[int(chance() * len(fit))]
        if word.isdigit():
            word = str(int(chance() * 10 ** len(word)))
        made.append(word)
    if chance() < misspelt:
        i = int(chance() * len(made))
        made[i] = _misspelt(made[i], draw)
    return made


def _misspelt(word: str, draw: random.Random) -> str:
    """The word with a letter doubled, or with one taken out."""
    if len(word) < 4:
        return word
    at = 1 + int(draw.random() * (len(word) - 1))
    return word[:at] + (word[at] + word[at:] if draw.random() < 0.5 else word[at + 1 :])


def _gold(survey: Survey, head: list[dict[str, str]], identity: str, wave: str, most: int) -> pd.DataFrame:
    """People's codes of the first real answers, their wave named anew."""
    place = {row[identity]: n for n, row in enumerate(head)}
    gold = survey.gold[survey.gold["respondent_id"].isin(place)]
    rank = gold["respondent_id"].map(place)
    gold = gold.assign(wave=wave, _rank=rank).sort_values(["_rank", "question"], kind="stable")
    answer = (gold["respondent_id"] + "\x1f" + gold["question"]).ne(
        (gold["respondent_id"] + "\x1f" + gold["question"]).shift()
    )
    return gold[answer.cumsum() <= most].drop(columns="_rank")


def main() -> None:
    """Write a corpus and say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--waves", default="2025=5000", help="answers of each wave: 2025=100000,2026=1000")
    parser.add_argument("--data", type=Path, default=SHARED / "nhs_fft", help="a coded survey")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    waves = {wave: int(count) for wave, count in (each.split("=") for each in given.waves.split(","))}
    made = make_corpus(given.folder, read_survey(given.data), waves, given.seed)
    print(f"answers: {made.answers}; real {made.real}, coded by people {made.coded}\noptions: {made.options}")


if __name__ == "__main__":
    main()
