"""Invented names put into real answers: names are too rare in the shared data to measure recall on them alone.

Patients' answers say "the nurse", "my doctor" or "she"; here a name stands in its place or beside it. The context is
real, the name and the way it is put in are ours, so the figure says less than one on real names would.
"""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import NamedTuple

import draw

ROLE = re.compile(
    r"\b([Tt]he|[Mm]y|[Oo]ne|[Aa]) (nurse|doctor|paramedic|driver|consultant|midwife|physio|lady|gentleman|therapist|"
    r"receptionist|operator|call handler|pharmacist|health visitor)\b(?!['’-])"
    r"|\b[Ss]?[Hh]e (?=was|had|came|made|did|explained|took|told|gave|said|asked|has)"
)
FIRST = """Abdul Adaeze Agnieszka Aisha Alun Amrit Andrea Anita Beata Bethan Brian Carol Cheng Chidi Chloe Claire Cormac
Craig Daniela David Deborah Delroy Diane Dmitri Eilidh Elizabeth Emeka Emma Fatima Fergus Gareth Gillian Graham Gurpreet
Hamza Hannah Haruto Heather Helen Ifeoma Imran Irina Jacqueline James Jasmine Jean Joanne Jorge Jyoti Karen Keith Kofi
Krzysztof Laura Leila Liam Linh Lorraine Magdalena Malcolm Maria Mehmet Mohammed Nia Niamh Nkechi Olga Oluwaseun Omar
Padma Patrick Paul Priya Rachel Rahul Rhiannon Rosa Ruth Ryan Sakura Sanjay Sean Shanice Siân Simon Sunita Susan Tariq
Thandiwe Tomasz Tracey Usha Valentina Wei William Xin Yasmin Yusuf Zainab Zoltan Zuzanna""".split()
LAST = """Adeyemi Ahmed Begum Bell Bianchi Brown Campbell Chen Clarke Davies Evans Fernandes Fitzgerald Garcia Gupta
Hughes Hussain Ivanova Jackson Jones Kaur Khan Kowalski Li MacDonald Mensah Mitchell Nguyen Nowak O'Brien Okafor Okonkwo
Patel Petrov Popescu Robinson Rossi Sharma Silva Singh Smith Tanaka Taylor Thompson Walker Williams Wilson Wójcik
Wright Yilmaz Zhang""".split()
FORMS = ("first", "first", "first", "role first", "role first", "first last", "title last", "lower role first", "lower")


class Surrogate(NamedTuple):
    """A real answer with one invented name at ``[start, end)``."""

    text: str
    start: int
    end: int
    form: str
    part: str


def surrogates(data: Path) -> list[Surrogate]:
    """Put an invented name in each place that speaks of a nurse, "she" and so on; every other answer is held out."""
    made = []
    generator = random.Random(draw.SEED)
    rows = [row for row in sorted(draw.nhs(data)) if len(row[3]) < 600 and ROLE.search(row[3])]
    matches = [(i, text, match) for i, (_, _, _, text) in enumerate(rows) for match in ROLE.finditer(text)]
    for i, text, match in matches:
        form = generator.choice(FORMS if match[1] else [f for f in FORMS if "role" not in f])
        first, last = generator.choice(FIRST), generator.choice(LAST)
        lead, name = {
            "first": ("", first),
            "role first": (match.group() + " ", first),
            "first last": ("", f"{first} {last}"),
            "title last": (generator.choice(("Dr ", "Mr ", "Mrs ", "Nurse ")), last),
            "lower role first": (match.group().lower() + " ", first.lower()),
            "lower": ("", first.lower()),
        }[form]
        changed = text.lower() if form.startswith("lower") else text
        start = match.start() + len(lead)
        after = changed[match.end() :] if match[1] else " " + changed[match.end() :]
        text_with = changed[: match.start()] + lead + name + after
        made.append(Surrogate(text_with, start, start + len(name), form, "held out" if i % 2 else "tuning"))
    return made
