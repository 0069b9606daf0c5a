"""The closed questions: charts, numbers, and the headline figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from pipeline.evidence.closed import BOX, NET, OPTION, SIDE
from pipeline.report import trends, wording
from pipeline.report.inputs import Inputs, known
from pipeline.report.records import Cell, Chart, Headline, Numbers, Row
from pipeline.survey.description import Question

MOST_ROWS = 40
MOST_HEADLINES, FEWEST_HEADLINES = 5, 3
_MOST_OPTIONS_FOR_A_HEADLINE = 12

Figures = Mapping[tuple[str, str], Mapping[str, Cell]]


def closed_charts(inputs: Inputs) -> list[Chart]:
    """Make one chart for each closed question or grid item that has answers, in the order of survey.yaml."""
    by_item = dict(list(inputs.tables["figures"].groupby("question_id", sort=False)))
    numbers = dict(list(inputs.tables["numbers"].groupby("question_id", sort=False)))
    charts = []
    for item, (_, question) in inputs.survey.closed_items.items():
        if question.kind == "numeric":
            chart = _numeric_chart(inputs, item, question, numbers.get(item))
        else:
            chart = _chart(inputs, item, question, by_item.get(item))
        if chart:
            charts.append(chart)
    return charts


def figures_of(rows: pd.DataFrame) -> Figures:
    """Give the cells of one closed question by part and value, and then by wave."""
    found: dict[tuple[str, str], dict[str, Cell]] = {}
    for row in rows[rows["base"] > 0].to_dict("records"):
        found.setdefault((row["part"], row["value"]), {})[row["wave"]] = Cell(
            wave=row["wave"],
            base=int(row["base"]),
            n=int(row["n"]),
            share=known(row["share"]),
            low=known(row["low"]),
            high=known(row["high"]),
        )
    return found


def side_cells(inputs: Inputs, item: str, side: str) -> list[Cell]:
    """Give the cells of one side of a closed question, in the order of the waves."""
    table = inputs.tables["figures"]
    cells = figures_of(table[table["question_id"] == item]).get((SIDE, side), {})
    return [cells[wave] for wave in inputs.waves if wave in cells]


def _chart(inputs: Inputs, item: str, question: Question, rows: pd.DataFrame | None) -> Chart | None:
    if rows is None or not (rows["base"] > 0).any():
        return None
    found = figures_of(rows)
    answered = rows[rows["base"] > 0].drop_duplicates("wave").set_index("wave")
    waves = [wave for wave in inputs.waves if wave in answered.index]
    latest = waves[-1]
    place = {value: i for i, value in enumerate(question.order)}

    def sort_key(value: str) -> tuple[int, float, str]:
        return (-place.get(value, -1), -(found[OPTION, value][latest].share or 0.0), value)

    ordered = sorted((value for part, value in found if part == OPTION), key=sort_key)
    return Chart(
        key=item,
        title=inputs.title(item),
        kind=question.kind,
        attribute=question.attribute,
        waves=tuple(waves),
        rows=tuple(
            Row(label=wording.tame(value), cells=tuple(found[OPTION, value][w] for w in waves))
            for value in ordered[:MOST_ROWS]
        ),
        left_out=max(0, len(ordered) - MOST_ROWS),
        nets=tuple(_nets(inputs, item, question, found, waves)),
        note=_note(inputs, item, question, answered, waves),
    )


def _nets(inputs: Inputs, item: str, question: Question, found: Figures, waves: Sequence[str]) -> Iterable[Row]:
    """Boxes in the order of the question, then nets in that of the survey."""
    named = {(BOX, box): (box_label(question, box), options) for box, options in question.all_boxes.items()}
    named |= {
        (NET, net_id): (wording.tame(net.name or net_id), net.options)
        for net_id, net in inputs.survey.nets.items()
        if net.question == inputs.survey.question_of[item]
    }
    for key, (label, options) in named.items():
        if key in found:
            cells = tuple(found[key].get(wave) for wave in waves)
            yield Row(label=label, cells=cells, parts=tuple(wording.tame(option) for option in options))


def box_label(question: Question, box: str) -> str:
    """Print a box: by its name where the survey gives one, else by its options."""
    if box in question.boxes:
        return wording.tame(box)
    return wording.top([wording.tame(option) for option in question.all_boxes[box]], question.order)


def _note(inputs: Inputs, item: str, question: Question, answered: pd.DataFrame, waves: Sequence[str]) -> str:
    row = answered.loc[waves[-1]]
    said = [wording.answered(int(row["base"]), int(row["asked"]), int(row["not_asked"]), waves[-1])]
    if row["effective_base"] < row["base"] - 0.5:
        said.append(wording.weighted(float(row["effective_base"])))
    said += ["More than one answer was possible."] if question.kind == "multi" else []
    if len(waves) > 1:
        found = trends.breaks(inputs, item)
        said += [each.sentence for each in trends.crosses(found, inputs.waves, waves[-2], waves[-1])]
    return " ".join(said)


def _numeric_chart(inputs: Inputs, item: str, question: Question, rows: pd.DataFrame | None) -> Chart | None:
    if rows is None or not (rows["n"] > 0).any():
        return None
    by_wave = rows[rows["n"] > 0].set_index("wave").to_dict("index")
    lines = [
        Numbers(
            wave=wave,
            n=int(row["n"]),
            base=int(row["base"]),
            asked=int(row["asked"]),
            mean=row["mean"],
            lower=row["lower_quartile"],
            median=row["median"],
            upper=row["upper_quartile"],
            least=row["minimum"],
            most=row["maximum"],
            weighted=row["effective_base"] < row["n"] - 1e-6,
        )
        for wave in inputs.waves
        if (row := by_wave.get(wave))
    ]
    return Chart(
        key=item,
        title=inputs.title(item),
        kind="numeric",
        attribute=question.attribute,
        waves=tuple(line.wave for line in lines),
        numbers=tuple(lines),
    )


def headlines(inputs: Inputs, charts: Iterable[Chart]) -> list[Headline]:
    """Choose three to five headline figures of the latest wave, in the order of the survey; one of a grid.

    Scales (the first box, or the highest option; of bare numbers the one most often chosen) and yes/no questions come
    first; where there are fewer than three of these, the answer most often chosen in other questions fills up. A
    question with reasons of its own has its own section.
    """
    explained = {question.explains for question in inputs.survey.open_questions.values()}
    charts = [c for c in charts if not c.attribute and c.key not in explained and c.rows]
    latest = max((inputs.waves.index(c.waves[-1]) for c in charts), default=0)
    charts = [c for c in charts if inputs.waves.index(c.waves[-1]) == latest]
    first = [(c, row) for c in charts if (row := _headline_row(inputs, c))]
    chosen = _one_a_grid(inputs, first)[:MOST_HEADLINES]
    keys = {c.key for c, _ in chosen}
    for chart in charts:
        if len(chosen) >= FEWEST_HEADLINES:
            break
        if chart.key not in keys and len(chart.rows) <= _MOST_OPTIONS_FOR_A_HEADLINE and chart.kind != "ordinal":
            chosen.append((chart, max(chart.rows, key=_latest_share)))
    place = {c.key: i for i, c in enumerate(charts)}
    made = [_headline(inputs, c, row) for c, row in sorted(chosen, key=lambda pair: place[pair[0].key])]
    return [headline for headline in made if headline]


def _one_a_grid(inputs: Inputs, found: list[tuple[Chart, Row]]) -> list[tuple[Chart, Row]]:
    """Keep of each grid the item with the highest figure."""
    best: dict[str, tuple[Chart, Row]] = {}
    for chart, row in found:
        question = inputs.survey.question_of[chart.key]
        if question not in best or _latest_share(row) > _latest_share(best[question][1]):
            best[question] = (chart, row)
    return list(best.values())


def _latest_share(row: Row) -> float:
    return (row.latest.share or 0.0) if row.latest else 0.0


def _headline_row(inputs: Inputs, chart: Chart) -> Row | None:
    question = inputs.survey.closed_items[chart.key][1]
    if question.kind in ("ordinal", "grid") and len(question.order) >= 2:
        if question.all_boxes and chart.nets:
            return chart.nets[0]
        if not any(char.isalpha() for value in question.order for char in value):
            return max(chart.rows, key=_latest_share)  # bare numbers do not say which end is the good one
        return next((row for row in chart.rows if row.label == wording.tame(question.order[-1])), None)
    by_name = {row.label.strip().casefold(): row for row in chart.rows}
    if question.kind in ("single", "ordinal") and {"yes", "no"} <= set(by_name) and len(by_name) <= 4:
        return max((by_name["yes"], by_name["no"]), key=_latest_share)
    return None


def _headline(inputs: Inputs, chart: Chart, row: Row) -> Headline | None:
    cell = row.latest
    if cell is None:
        return None
    previous = row.cells[-2] if len(row.cells) > 1 else None
    change = ""
    if previous and previous.share is not None and cell.share is not None:
        change = wording.change(cell.share - previous.share, previous.wave)
        change += trends.since(inputs, chart.key, previous.wave, cell.wave)
    order = inputs.survey.closed_items[chart.key][1].order
    return Headline(
        question_id=chart.key,
        question=chart.title,
        answer=row.label if row.parts else wording.top([row.label], order),
        cell=cell,
        previous=previous,
        options=row.parts or (row.label,),
        figure=wording.percent(cell.share),
        of=f"{wording.of_cell(cell)} in {cell.wave}",
        change=change,
    )
