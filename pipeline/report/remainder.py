"""What was not coded and why, and every coded answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pipeline.report import wording
from pipeline.report.inputs import Inputs
from pipeline.report.records import Answer, Loss, Metric

MOST_ANSWERS = 2000
MOST_UNEXPLAINED = 30
Item = TypeVar("Item")


def spread(items: Sequence[Item], most: int) -> list[Item]:
    """Take at most so many items, evenly spread over the whole sequence.

    Examples
    --------
    >>> spread("abcdef", 3)
    ['a', 'c', 'e']
    """
    if len(items) <= most:
        return list(items)
    return [items[i * len(items) // most] for i in range(most)]


def losses(inputs: Inputs) -> tuple[Loss, ...]:
    """Count the cells of every wave by status: first those of each open question, with why, then the whole raw file's.

    The responses say why; cells that only the ledger counts (rows with nothing in them) are added to them. The whole
    file's counts have an empty ``question_id`` and come from the ledger alone.
    """
    found: list[Loss] = []
    table = inputs.tables["responses"]
    counts = table.groupby(["question_id", "wave", "status", "reason"], as_index=False).size()
    for question_id in inputs.survey.open_questions:
        title = inputs.title(question_id)
        for wave in inputs.waves:
            mine = counts[(counts["question_id"] == question_id) & (counts["wave"] == wave)]
            rows = [
                (str(row["status"]), wording.tame(wording.REASONS.get(row["reason"], row["reason"])), int(row["size"]))
                for row in mine.to_dict("records")
            ]
            ledger = inputs.ledgers.get(wave, {}).get("questions", {}).get(question_id, {})
            for status, n in _status(ledger).items():
                if more := n - sum(count for state, _, count in rows if state == status):
                    rows.append((status, "rows with nothing in them", more))
            found += [
                Loss(wave=wave, question_id=question_id, question=title, status=status, reason=reason, n=n)
                for status, reason, n in rows
                if n > 0
            ]
    for wave in inputs.waves:
        found += [
            Loss(wave=wave, question_id="", question="All columns of the raw file", status=status, reason="", n=n)
            for status, n in _status(inputs.ledgers.get(wave, {})).items()
            if n
        ]
    return tuple(found)


def _status(ledger: dict[str, Any]) -> dict[str, int]:
    counts = ledger.get("status", {})
    return {status: int(counts[status]) for status in wording.STATUS if status in counts}


def coded_answers(inputs: Inputs) -> tuple[list[Answer], int, list[Answer], int, int]:
    """Give what can be browsed: coded answers, and those no theme was found for.

    Returns
    -------
    shown : list of Answer
        At most 2,000, evenly spread where there are more.
    left_out : int
        How many coded answers are not among them.
    unexplained : list of Answer
        At most 30 answers that were coded and given no theme.
    n_unexplained : int
        How many of these there are.
    n_uncoded : int
        Answers that were not coded at all.
    """
    mentions = inputs.tables["mentions"]
    names = {theme.id: theme.name for theme in inputs.codebook.themes}
    person = set(mentions.loc[mentions["source"] == "person", "response_id"])
    given = mentions[mentions["mentioned"]].sort_values(["response_id", "theme_id"])
    themes: dict[str, list[str]] = {}
    for response_id, theme_id in zip(given["response_id"], given["theme_id"], strict=True):
        themes.setdefault(response_id, []).append(names.get(theme_id, theme_id))
    coded = [r for r in sorted(set(mentions["response_id"])) if r in inputs.responses]
    place = {wave: i for i, wave in enumerate(inputs.waves)}
    questions = {question_id: i for i, question_id in enumerate(inputs.survey.questions)}

    def sort_key(response_id: str) -> tuple[int, int, str]:
        wave, question_id, _ = inputs.responses[response_id]
        return (questions.get(question_id, -1), place.get(wave, -1), response_id)

    def answer(response_id: str) -> Answer:
        wave, question_id, _ = inputs.responses[response_id]
        return Answer(
            response_id=response_id,
            wave=wave,
            question_id=question_id,
            themes=tuple(themes.get(response_id, ())),
            source="person" if response_id in person else "model",
            text=inputs.show(response_id),
        )

    found = sorted((r for r in coded if r in themes), key=sort_key)
    without = sorted((r for r in coded if r not in themes), key=sort_key)
    responses = inputs.tables["responses"]
    answered = set(responses.loc[responses["status"] == "answered", "response_id"])
    shown = spread(found, MOST_ANSWERS)
    return (
        [answer(r) for r in shown],
        len(found) - len(shown),
        [answer(r) for r in spread(without, MOST_UNEXPLAINED)],
        len(without),
        len(answered - set(coded)),
    )


def metrics(inputs: Inputs) -> tuple[Metric, ...]:
    """List the numbers of the metrics files, those of single themes last; workload and drift are told in sentences."""
    themes = {theme.id: theme.name for theme in inputs.codebook.themes}
    rows = []
    for family, numbers in inputs.metrics.items():
        if family in ("workload", "drift"):
            continue
        for name, value in sorted(_flat(numbers), key=lambda row: row[0].startswith("f1_")):
            rows.append(Metric(family=family, name=wording.metric(name, themes), value=figure(value)))
    return tuple(rows)


def figure(value: Any) -> str:
    """Write a metric: a count without decimals, anything else with three.

    Examples
    --------
    >>> figure(120.0), figure(0.71), figure(1.0)
    ('120', '0.710', '1.000')
    """
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer() and abs(value) > 1):
        return f"{int(value):,}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _flat(numbers: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for name, value in numbers.items():
        rows += _flat(value, f"{prefix}{name}: ") if isinstance(value, dict) else [(prefix + name, value)]
    return rows
