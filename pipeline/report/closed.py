"""The closed questions: headline figures, charts, and the question that an open one gives the reasons for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from pipeline.report import trends, wording
from pipeline.report.inputs import Inputs
from pipeline.report.records import Cell, Chart, Headline, Row
from pipeline.survey.description import Question

MOST_ROWS = 40
MOST_HEADLINES, FEWEST_HEADLINES = 5, 3
_MOST_OPTIONS_FOR_A_HEADLINE = 12


def closed_charts(inputs: Inputs) -> list[Chart]:
    """Make one chart for each closed question or grid item that has answers, in the order of survey.yaml."""
    by_item = dict(list(inputs.tables["headlines"].groupby("question_id", sort=False)))
    charts = []
    for item, (_, question) in inputs.survey.closed_items.items():
        if question.kind == "numeric":
            chart = _numeric_chart(inputs, item, question)
        else:
            chart = _chart(inputs, item, question, by_item.get(item))
        if chart:
            charts.append(chart)
    return charts


def _chart(inputs: Inputs, item: str, question: Question, rows: pd.DataFrame | None) -> Chart | None:
    if rows is None or rows.empty:
        return None
    found: dict[str, dict[str, Cell]] = {}
    bases: dict[str, int] = {}
    for row in rows.to_dict("records"):
        share = None if pd.isna(row["share"]) else float(row["share"])
        bases[row["wave"]] = int(row["base"])
        found.setdefault(row["value"], {})[row["wave"]] = Cell(
            wave=row["wave"], base=int(row["base"]), n=int(row["n"]), share=share
        )
    waves = [wave for wave in inputs.waves if bases.get(wave)]
    if not waves:
        return None
    latest = waves[-1]
    place = {value: i for i, value in enumerate(question.order)}

    def sort_key(value: str) -> tuple[int, float, str]:
        cell = found[value].get(latest)
        return (-place.get(value, -1), -(cell.share or 0.0) if cell else 0.0, value)

    ordered = sorted(found, key=sort_key)
    return Chart(
        key=item,
        title=inputs.title(item),
        kind=question.kind,
        attribute=question.attribute,
        waves=tuple(waves),
        rows=tuple(
            Row(
                label=wording.tame(value),
                cells=tuple(found[value].get(w, Cell(wave=w, base=bases[w], n=0, share=0.0)) for w in waves),
            )
            for value in ordered[:MOST_ROWS]
        ),
        left_out=max(0, len(ordered) - MOST_ROWS),
        note=_note(inputs, item, question, bases[latest], waves),
    )


def _note(inputs: Inputs, item: str, question: Question, base: int, waves: Sequence[str]) -> str:
    said = [f"{wording.counted(base, 'respondent')} answered in {waves[-1]}."]
    said += ["More than one answer was possible."] if question.kind == "multi" else []
    if len(waves) > 1:
        found = trends.breaks(inputs, item)
        said += [each.sentence for each in trends.crosses(found, inputs.waves, waves[-2], waves[-1])]
    return " ".join(said)


def _numeric_chart(inputs: Inputs, item: str, question: Question) -> Chart | None:
    closed = inputs.tables["closed"]
    mine = closed[closed["question_id"] == item]
    facts = []
    waves = []
    for wave in inputs.waves:
        numbers = pd.to_numeric(mine.loc[mine["wave"] == wave, "value"], errors="coerce").dropna()
        if len(numbers):
            low, middle, high = (f"{value:,.4g}" for value in numbers.quantile([0.25, 0.5, 0.75]))
            facts.append(
                f"{wave}: median {middle}; the middle half lies between {low} and {high} "
                f"({wording.counted(len(numbers), 'answer')})."
            )
            waves.append(wave)
    if not facts:
        return None
    return Chart(
        key=item,
        title=inputs.title(item),
        kind="numeric",
        attribute=question.attribute,
        waves=tuple(waves),
        facts=tuple(facts),
    )


def combined(chart: Chart, values: Iterable[str], at: int = -1) -> Cell | None:
    """Add up the cells of some options of a question with one answer each, for one of the chart's waves."""
    wanted = set(values)
    cells = [row.cells[at] for row in chart.rows if row.label in wanted]
    present = [cell for cell in cells if cell is not None]
    base = max((cell.base for row in chart.rows if (cell := row.cells[at]) is not None), default=0)
    if not base:
        return None
    share = sum(cell.share or 0.0 for cell in present)
    return Cell(wave=chart.waves[at], base=base, n=sum(cell.n or 0 for cell in present), share=min(share, 1.0))


def headlines(inputs: Inputs, charts: Iterable[Chart]) -> list[Headline]:
    """Choose three to five headline figures of the latest wave, in the order of the survey; one of a grid.

    Scales (the top two boxes; of bare numbers the one most often chosen) and yes/no questions come first; where there
    are fewer than three of these, the answer most often chosen in other questions fills up. A question with reasons of
    its own has its own section.
    """
    explained = {question.explains for question in inputs.survey.open_questions.values()}
    charts = [c for c in charts if not c.attribute and c.key not in explained and c.rows]
    latest = max((inputs.waves.index(c.waves[-1]) for c in charts), default=0)
    charts = [c for c in charts if inputs.waves.index(c.waves[-1]) == latest]
    first = [(c, values) for c in charts if (values := _headline_values(inputs, c))]
    chosen = _one_a_grid(first)[:MOST_HEADLINES]
    keys = {c.key for c, _ in chosen}
    for chart in charts:
        if len(chosen) >= FEWEST_HEADLINES:
            break
        if chart.key not in keys and len(chart.rows) <= _MOST_OPTIONS_FOR_A_HEADLINE and chart.kind != "ordinal":
            chosen.append((chart, [max(chart.rows, key=_latest_share).label]))
    place = {c.key: i for i, c in enumerate(charts)}
    made = [_headline(inputs, c, values) for c, values in sorted(chosen, key=lambda pair: place[pair[0].key])]
    return [headline for headline in made if headline]


def _one_a_grid(found: list[tuple[Chart, list[str]]]) -> list[tuple[Chart, list[str]]]:
    """Keep of each grid the item with the highest figure."""
    best: dict[str, tuple[Chart, list[str]]] = {}
    for chart, values in found:
        question = chart.key.rpartition(".")[0] if chart.kind == "grid" else chart.key
        if question not in best or _share(chart, values) > _share(*best[question]):
            best[question] = (chart, values)
    return list(best.values())


def _share(chart: Chart, values: list[str]) -> float:
    cell = combined(chart, values)
    return (cell.share or 0.0) if cell else 0.0


def _latest_share(row: Row) -> float:
    return (row.latest.share or 0.0) if row.latest else 0.0


def _headline_values(inputs: Inputs, chart: Chart) -> list[str]:
    question = inputs.survey.closed_items[chart.key][1]
    if question.kind in ("ordinal", "grid") and len(question.order) >= 2:
        if not any(char.isalpha() for value in question.order for char in value):
            return [max(chart.rows, key=_latest_share).label]  # bare numbers do not say which end is the good one
        boxes = 2 if len(question.order) >= 4 else 1
        return [wording.tame(value) for value in reversed(question.order[-boxes:])]
    by_name = {row.label.strip().casefold(): row for row in chart.rows}
    if question.kind in ("single", "ordinal") and {"yes", "no"} <= set(by_name) and len(by_name) <= 4:
        return [max((by_name["yes"], by_name["no"]), key=_latest_share).label]
    return []


def _headline(inputs: Inputs, chart: Chart, values: list[str]) -> Headline | None:
    cell = combined(chart, values)
    if cell is None:
        return None
    previous = combined(chart, values, -2) if len(chart.waves) > 1 else None
    change = ""
    if previous and previous.share is not None and cell.share is not None:
        change = wording.change(cell.share - previous.share, previous.wave)
        change += trends.since(inputs, chart.key, previous.wave, cell.wave)
    return Headline(
        question_id=chart.key,
        question=chart.title,
        answer=wording.top(values, inputs.survey.closed_items[chart.key][1].order),
        cell=cell,
        previous=previous,
        options=tuple(values),
        figure=wording.percent(cell.share),
        of=f"{wording.of_cell(cell)} in {cell.wave}",
        change=change,
    )
