"""What is new in the newest wave, what fades, and whether its answers differ as a whole: for the team only."""

from __future__ import annotations

from typing import Any

from pipeline.report import wording
from pipeline.report.inputs import Inputs
from pipeline.report.records import Finding, News

MOST_EXAMPLES = 5
UNLIKELY = 0.05


def news(inputs: Inputs) -> News | None:
    """Give the findings and a sentence of drift for each question; None where there is one wave."""
    if len(inputs.waves) < 2:
        return None
    table = inputs.tables["emerging"]
    found = [_finding(inputs, row) for row in table.to_dict("records")]
    return News(
        wave=inputs.waves[-1],
        emerging=tuple(f for f in found if f.kind == "emerging"),
        fading=tuple(f for f in found if f.kind == "fading"),
        drift=tuple(drift(inputs)),
    )


def _finding(inputs: Inputs, row: dict[Any, Any]) -> Finding:
    return Finding(
        id=row["finding_id"],
        kind=row["kind"],
        name=wording.tame(row["name"]),
        question=inputs.title(row["question_id"]),
        sentence=sentence(row),
        examples=tuple(_examples(inputs, row["finding_id"], row["kind"] == "emerging")),
    )


def sentence(row: dict[Any, Any]) -> str:
    """Say how often a finding's words were used, before and since.

    Examples
    --------
    >>> row = {"kind": "emerging", "since": "2026", "n_new": 12, "n_earlier": 1, "expected": 5.2, "base_new": 100}
    >>> sentence({**row, "base_earlier": 150, "p_adjusted": 0.002})
    'Since 2026: 12 of 100 respondents; before: 1 of 150. Chance alone gives about 5 since 2026 (p = 0.002).'
    """
    since = row["since"]
    chance = wording.number(round(row["expected"]))
    return (
        f"Since {since}: {_of(row['n_new'], row['base_new'])} respondents; "
        f"before: {_of(row['n_earlier'], row['base_earlier'])}. "
        f"Chance alone gives about {chance} since {since} (p = {row['p_adjusted']:.3f})."
    )


def _of(n: int, base: int) -> str:
    return f"{wording.number(n)} of {wording.number(base)}"


def _examples(inputs: Inputs, finding_id: str, recent: bool) -> list[str]:
    """Show the answers nearest to the middle: recent ones of what is new, earlier ones of what fades."""
    table = inputs.tables["emerging_answers"]
    mine = table[(table["finding_id"] == finding_id) & (table["recent"] == recent)]
    mine = mine.sort_values(["fit", "response_id"], ascending=[False, True], kind="stable")
    texts = [inputs.show(response_id, most=300) for response_id in mine["response_id"].head(4 * MOST_EXAMPLES)]
    return list({text.casefold(): text for text in texts}.values())[:MOST_EXAMPLES]


def drift(inputs: Inputs) -> list[str]:
    """Say of each question whether a machine can tell the newest wave's answers from earlier ones."""
    figures = inputs.metrics.get("drift", {})
    said = []
    for question_id in inputs.survey.open_questions:
        auc, p = figures.get(f"{question_id}.auc"), figures.get(f"{question_id}.p")
        if auc is None or p is None:
            continue
        verdict = "they differ as a whole" if p <= UNLIKELY else "no more than chance explains"
        said.append(
            f"“{inputs.title(question_id)}”: of one answer of {inputs.waves[-1]} and one from before, a machine takes "
            f"the right one for the newer in {auc * 100:.0f} of 100 pairs (50 is chance; p = {p:.3f}): {verdict}."
        )
    return said
