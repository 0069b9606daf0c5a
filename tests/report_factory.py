"""Small made-up tables for the tests of the report: the same shape as a run's, without any model."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd

from pipeline.evidence.closed import asked_of, measure_closed
from pipeline.evidence.crosstabs import crossing_of, measure_crosstabs
from pipeline.evidence.nets import measure_net, theme_nets
from pipeline.evidence.numeric import measure_numbers
from pipeline.evidence.segments import segments_of
from pipeline.evidence.shares import share_cells
from pipeline.foundation import contracts
from pipeline.foundation.params import Params
from pipeline.foundation.tables import check, empty
from pipeline.survey.description import Survey
from pipeline.themes.codebook import Codebook

SCALE = ["Strongly disagree", "Disagree", "Neither agree nor disagree", "Agree", "Strongly agree"]
OUTLOOK = ["Very pessimistic", "Pessimistic", "Neither", "Optimistic", "Very optimistic"]
BARRIERS = ["Different goals", "Short-term funding", "Lack of time or staff", "Problems with sharing data"]
WORDS = [
    *("meadow", "lantern", "copper", "thistle", "harbour", "pebble", "orchard", "saddle", "ribbon", "candle", "walnut"),
    *("glacier", "timber", "velvet", "anchor", "barley", "compass", "ember", "falcon", "granite", "hollow", "island"),
    *("juniper", "kettle", "lichen", "marble", "nectar", "osprey", "parcel", "quarry", "rafter", "sorrel", "tundra"),
]
DRIFT = {"change.auc": 0.62, "change.p": 0.005, "change.new": 70.0, "change.earlier": 70.0}
TABLES = {
    "responses": contracts.RESPONSES,
    "closed": contracts.CLOSED,
    "respondents": contracts.RESPONDENTS,
    "units": contracts.UNITS,
    "redactions": contracts.REDACTIONS,
    "unit_codes": contracts.UNIT_CODES,
    "mentions": contracts.MENTIONS,
    "heldout": contracts.HELDOUT,
    "candidates": contracts.CANDIDATES,
    "candidate_units": contracts.CANDIDATE_UNITS,
    "candidate_responses": contracts.CANDIDATE_RESPONSES,
    "quotes": contracts.QUOTES,
    "prevalence": contracts.PREVALENCE,
    "figures": contracts.FIGURES,
    "numbers": contracts.NUMBERS,
    "nets": contracts.NETS,
    "crosstabs": contracts.CROSSTABS,
    "changes": contracts.CHANGES,
    "differences": contracts.DIFFERENCES,
    "reading": contracts.READING,
    "published": contracts.PUBLISHED,
    "findings": contracts.FINDINGS,
    "theme_stability": contracts.THEME_STABILITY,
    "agreement": contracts.AGREEMENT,
    "disagreements": contracts.DISAGREEMENTS,
    "emerging": contracts.EMERGING,
    "emerging_answers": contracts.EMERGING_ANSWERS,
    "proposals": contracts.PROPOSALS,
    "contradictions": contracts.CONTRADICTIONS,
}


def survey_of(waves: int = 2, closed: int = 3, attributes: bool = True, extra: dict[str, Any] | None = None) -> Survey:
    """A survey with two open questions, one of them giving reasons."""
    questions: dict[str, Any] = {}
    if attributes:
        questions["sector"] = {"columns": ["Sector"], "kind": "single", "attribute": True}
    for i in range(1, closed + 1):
        questions[f"agree_{i}"] = {"columns": [f"Statement number {i}"], "kind": "ordinal", "order": SCALE}
    if closed:
        questions["barriers"] = {"columns": ["What gets in the way?"], "kind": "multi"}
        questions["training"] = {"columns": ["Any training?"], "kind": "single"}
        questions["outlook"] = {
            "columns": ["How do you feel about the next years?"],
            "kind": "ordinal",
            "order": OUTLOOK,
        }
    questions["change"] = {"columns": ["What needs to change?"], "kind": "open"}
    reasons: dict[str, Any] = {"columns": ["Why do you feel this way?"], "kind": "open"}
    if closed:
        reasons |= {"explains": "outlook", "sides": {"optimists": OUTLOOK[3:], "pessimists": OUTLOOK[:2]}}
    questions["why"] = reasons
    described = {
        str(2020 + i): {"file": f"data/raw/{2020 + i}.csv", "sha256": "ab" * 32, "invited": 400} for i in range(waves)
    }
    return Survey.model_validate(
        {
            "title": "A survey of gardeners",
            "note": "Invented for illustration: no gardener said any of this.",
            "waves": described,
            "questions": questions | (extra or {}),
        }
    )


def codebook_of(themes: int = 4) -> Codebook:
    """Half of the themes belong to one open question, half to the other; the first is overarching."""
    rows = [
        {
            "id": f"T{i:02d}",
            "name": f"Theme number {i}",
            "definition": f"What theme {i} is about.",
            "questions": ["change" if i % 2 else "why"],
            "role": "overarching" if i == 1 else "",
            "group": "" if i % 2 else ("Reasons for" if i % 4 else "Reasons against"),
            "examples": [f"an example of {i}"],
        }
        for i in range(1, themes + 1)
    ]
    return Codebook.model_validate({"themes": rows})


def table(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A table by its contract."""
    contract = TABLES[name]
    if not rows:
        return empty(contract)
    return check(pd.DataFrame(rows, columns=list(contract.columns)), contract, name)


def inputs_of(
    survey: Survey | None = None,
    codebook: Codebook | None = None,
    people: int = 80,
    method: str = "uncorrected",
    texts: dict[int, str] | None = None,
    approve: int = 1,
    quotes: bool = True,
    answered: bool = True,
    seed: int = 7,
) -> dict[str, Any]:
    """Everything that `build_content` takes, by its keyword. `texts` sets the words of some responses by number."""
    survey = survey or survey_of()
    codebook = codebook if codebook is not None else codebook_of()
    rng = random.Random(seed)
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    number = 0
    for wave in survey.waves:
        for p in range(people):
            person = {"wave": wave, "respondent_id": f"R{p:03d}"}
            rows["respondents"].append({**person, "weight": 1.0})
            for item, (_, question) in survey.closed_items.items():
                for value in _chosen(question, rng, p):
                    rows["closed"].append({**person, "question_id": item, "value": value})
            for question_id in survey.open_questions:
                text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(7, 25)))
                text = (texts or {}).get(number, text)
                status = "blank" if p % 11 == 0 or not answered else "non_answer" if p % 13 == 0 else "answered"
                shown = {"answered": text, "non_answer": "n/a", "blank": ""}[status]
                response = {**person, "question_id": question_id, "response_id": f"r{number:05d}"}
                reason = {"answered": "", "non_answer": "word list", "blank": "empty cell"}[status]
                rows["responses"].append({**response, "text": shown, "status": status, "reason": reason})
                if status == "answered":
                    _code(rows, response, shown, codebook, rng, method)
                number += 1
    _count(rows, survey, codebook, method)
    if quotes:
        _quote(rows, approve)
    _propose(rows)
    _find(rows, codebook)
    _tell(rows, list(survey.waves))
    return {
        "survey": survey,
        "codebook": codebook,
        **{name: table(name, found) for name, found in rows.items()},
        "ledgers": {},
        "metrics": {
            "agreement": {"answers": 120.0, "micro_f1": 0.71},
            "coverage": {"meaning_units": 900.0},
            "drift": DRIFT,
        },
        "params": Params(),
        "provenance": {
            "version": "0.1.0",
            "encoder": "an encoder",
            "gold": {"2020": 70, "2021": 50},
            "coded": {"T01": 23},
            "coders": ["machine: a reader that is a program"],
            "conflicts": ["D7: the words of response r00003 are not those approved"],
            "decisions": 3,
            "versions": {"numpy": "2.4.6"},
        },
    }


def _chosen(question: Any, rng: random.Random, p: int) -> list[str]:
    if question.attribute:
        return [("Public", "Private", "Charity")[0 if p < 35 else 1 if p < 70 else 2]]
    if question.order:
        return [rng.choices(question.order, [1, 2, 3, 5, 4])[0]]
    if question.kind == "multi":
        return [b for i, b in enumerate(BARRIERS) if rng.random() < 0.7 - 0.15 * i] + (["my own words here"] * (p == 4))
    if question.kind == "numeric":
        return [str(rng.randint(18, 80))]
    return [rng.choice(["Yes", "No", "No"])]


def _code(rows: dict, response: dict, text: str, codebook: Codebook, rng: random.Random, method: str) -> None:
    unit_id = f"{response['response_id']}.1"
    place = {"unit_id": unit_id, "response_id": response["response_id"], "n": 1, "start": 0, "end": len(text)}
    rows["units"].append({**place, "text_id": response["response_id"], "language": "en"})
    for theme in codebook.for_question(response["question_id"]):
        probability = rng.random()
        source = "person" if method == "person" else "model"
        mention = {**response, "theme_id": theme.id, "probability": probability, "source": source}
        rows["mentions"].append({**mention, "mentioned": probability > 0.7, "sure": probability > 0.9})


def _count(rows: dict, survey: Survey, codebook: Codebook, method: str) -> None:
    _measure(rows, survey, codebook)
    sides = {o: f"side={name}" for q in survey.questions.values() for name, options in q.sides.items() for o in options}
    segments: dict[tuple[str, str], list[str]] = {}
    for row in rows["closed"]:
        key = (row["wave"], row["respondent_id"])
        if survey.closed_items[row["question_id"]][1].attribute:
            segments.setdefault(key, []).append(f"{row['question_id']}={row['value']}")
        elif row["question_id"] == "outlook" and row["value"] in sides:
            segments.setdefault(key, []).append(sides[row["value"]])
    counts: dict[tuple, list[int]] = {}
    for mention in rows["mentions"]:
        key = (mention["wave"], mention["respondent_id"])
        for question_id in ("", mention["question_id"]):
            for segment in ["", *segments.get(key, [])]:
                cell = counts.setdefault((mention["wave"], question_id, mention["theme_id"], segment), [0, 0])
                cell[0] += 1
                cell[1] += mention["mentioned"]
    shares: dict[tuple, float] = {}
    for (wave, question_id, theme_id, segment), (base, n) in counts.items():
        share = n / base
        interval = {"low": max(share - 0.05, 0), "high": min(share + 0.05, 1)} if method != "uncorrected" else {}
        rows["prevalence"].append(
            {
                "wave": wave,
                "question_id": question_id,
                "theme_id": theme_id,
                "segment": segment,
                "base": base,
                "n": n,
                "share": share,
                "low": float("nan"),
                "high": float("nan"),
                "method": method,
                **interval,
            }
        )
        if not segment:
            reading = {"wave": wave, "question_id": question_id, "theme_id": theme_id, "answers": base, "ratio": 0.7}
            reading |= {"read": base // 2, "respondents": float("nan"), "share": share, "method": method}
            rows["reading"].append(reading)
        if question_id and not segment:
            shares[wave, question_id, theme_id] = share
    waves = list(survey.waves)
    for (wave, question_id, theme_id), share in shares.items():
        at = waves.index(wave)
        if at and (before := shares.get((waves[at - 1], question_id, theme_id))) is not None:
            row = {"question_id": question_id, "theme_id": theme_id, "wave": wave, "previous_wave": waves[at - 1]}
            row |= {
                "share": share,
                "previous_share": before,
                "difference": share - before,
                "changed": "",
                "release": "",
            }
            rows["changes"].append(
                {**row, **dict.fromkeys(("published_share", "from_answers", "from_coding"), float("nan"))}
            )
            test = {"low": share - before - 0.1, "high": share - before + 0.1, "p": 0.2, "p_adjusted": 0.4}
            compared = {"question_id": question_id, "theme_id": theme_id, "wave": wave, "segment": ""}
            compared |= {"against": waves[at - 1], "share": share, "other_share": before, "base": 70, "other_base": 70}
            compared |= {"method": method, "other_method": method, "difference": share - before, "effect": 0.1}
            rows["differences"].append({**compared, **(dict.fromkeys(test, float("nan")) if not interval else test)})


def _measure(rows: dict, survey: Survey, codebook: Codebook) -> None:
    """What the stage `measure` makes of the closed answers."""
    names = ("closed", "respondents", "mentions")
    closed, respondents, mentions = (table(name, rows[name]) for name in names)
    people = respondents.groupby("wave").size()
    answered = closed.groupby(["wave", "question_id"])["respondent_id"].nunique()
    items = {
        wave: {
            item: {"answered": n, "blank": int(people[wave]) - n, "not_asked": 0}
            for item, n in mine.droplevel(0).items()
        }
        for wave, mine in answered.groupby(level=0)
    }
    asked = asked_of({wave: {"items": mine} for wave, mine in items.items()})
    rows["figures"] = measure_closed(closed, respondents, asked, survey, 0.95).to_dict("records")
    rows["numbers"] = measure_numbers(closed, respondents, asked, survey).to_dict("records")
    params, cells = Params().measure, share_cells(mentions, respondents, None)
    segments, sampled = segments_of(survey, closed), survey.sampling == "probability"
    rows["nets"] = [
        row
        for net in theme_nets(survey, codebook)
        if net.themes
        for row in measure_net(net, mentions, respondents, segments, sampled, params).to_dict("records")
    ]
    rows["crosstabs"] = measure_crosstabs(cells, crossing_of(survey, closed), sampled, params).to_dict("records")


def _quote(rows: dict, approve: int) -> None:
    texts = {r["response_id"]: r["text"] for r in rows["responses"]}
    taken: dict[tuple[str, str], int] = {}
    for mention in reversed(rows["mentions"]):
        if not mention["mentioned"]:
            continue
        segments = [""] + (["side=optimists", "side=pessimists"] if mention["question_id"] == "why" else [])
        for segment in segments:
            rank = taken.get((mention["theme_id"], segment), 0) + 1
            if rank > 6:
                continue
            taken[mention["theme_id"], segment] = rank
            text = texts[mention["response_id"]]
            rows["quotes"].append(
                {
                    "quote_id": f"Q{len(rows['quotes']):04d}",
                    "theme_id": mention["theme_id"],
                    "question_id": mention["question_id"],
                    "kind": "fragment" if rank == 2 and not segment else "pull",
                    "segment": segment,
                    "rank": rank,
                    "response_id": mention["response_id"],
                    "spans": [[0, max(len(text), 1)]],
                    "display": text,
                    "score": 1.0,
                    "relevance": 1.0,
                    "centrality": 1.0,
                    "length_fit": 1.0,
                    "self_contained": 1.0,
                    "novelty": 1.0,
                    "approved": rank <= approve,
                }
            )
            break


def _find(rows: dict, codebook: Codebook) -> None:
    ids = [theme.id for theme in codebook.themes]
    if len(ids) > 3:
        found = [
            ("alike", ids[0], ids[2], 0, 0.83),
            ("few_people", ids[1], "", 0, 3.0),
            ("misread_example", ids[0], ids[2], 1, 0.7),
        ]
        steady = (ids[0], 0.8, 0.7, 0.9, 19, 20)
        rows["theme_stability"] = [dict(zip(contracts.THEME_STABILITY.columns, steady, strict=True))]
        rows["findings"] = [dict(zip(contracts.FINDINGS.columns, row, strict=True)) for row in found]


def _tell(rows: dict, waves: list[str]) -> None:
    """One finding that is new in the last wave, with six answers of it and two of the wave before."""
    answered = [r for r in rows["responses"] if r["status"] == "answered" and r["question_id"] == "change"]
    now = [r for r in answered if r["wave"] == waves[-1]][:6]
    before = [r for r in answered if r["wave"] != waves[-1]][:2]
    if not before:
        return
    share = {"share_new": 6 / 80, "share_earlier": 2 / 80, "difference": 4 / 80, "p_adjusted": 0.004}
    counts = {"n_new": 6, "n_earlier": 2, "expected": 4.0, "base_new": 80, "base_earlier": 80}
    about = {"finding_id": "E01", "kind": "emerging", "since": waves[-1], "name": "words of news"}
    rows["emerging"].append({**about, "question_id": "change", **counts, **share})
    for i, response in enumerate([*now, *before]):
        ids = {"finding_id": "E01", "response_id": response["response_id"], "unit_id": f"{response['response_id']}.0"}
        rows["emerging_answers"].append({**ids, "recent": i < 6, "fit": 0.9 - 0.01 * i})


def _propose(rows: dict) -> None:
    units = rows["units"][:20]
    for i in range(2 if units else 0):
        mine = units[i::2]
        rows["candidates"].append(
            {
                "candidate_id": f"C{i + 1}",
                "name": f"candidate words {i + 1}",
                "parent_id": "",
                "n_units": len(mine),
                "n_responses": len(mine),
                "nearest_theme": "T01" if i else "",
                "overlap": 0.4,
                "stability": 0.8 if i else float("nan"),
                "stability_low": 0.6 if i else float("nan"),
                "stability_high": 0.9 if i else float("nan"),
                "found_again": 19 if i else 0,
                "resamples": 20 if i else 0,
                "stability_seeds": float("nan"),
                "stability_halves": float("nan"),
            }
        )
        rows["candidate_units"] += [{"unit_id": u["unit_id"], "candidate_id": f"C{i + 1}", "fit": 0.5} for u in mine]
