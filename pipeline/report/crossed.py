"""The themes of open questions across the answers to closed ones, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from pipeline.evidence.closed import BOX, NET, OPTION
from pipeline.evidence.crosstabs import CHOSEN, RAISED, nearest_cells
from pipeline.report import wording
from pipeline.report.closed import box_label
from pipeline.report.inputs import Inputs, known
from pipeline.report.records import Cell, Chart, CrossTable, Row
from pipeline.themes.codebook import Theme

FEWEST_MENTIONS = 10
# A page with the tables of more closed questions than this is too heavy to read; the file has them all.
MOST_QUESTIONS = 24


def cross_tables(inputs: Inputs, charts: Iterable[Chart]) -> tuple[tuple[CrossTable, ...], int]:
    """Make the tables of each closed question: of each open question's themes, both ways, of the latest wave.

    Only in reports/crosstabs.csv are themes that fewer than `FEWEST_MENTIONS` respondents of the wave raise, and
    closed questions after the first `MOST_QUESTIONS`: the number of these is given, too.
    """
    table = nearest_cells(inputs.tables["crosstabs"])
    by_closed = dict(list(table.groupby("closed_id", sort=False)))
    found = []
    for chart in charts:
        mine = by_closed.get(chart.key)
        if mine is None:
            continue
        mine = mine[mine["wave"] == chart.waves[-1]]
        for question_id in inputs.survey.open_questions:
            rows = mine[mine["question_id"] == question_id]
            for of in (CHOSEN, RAISED):
                made = _table(inputs, chart, question_id, of, rows[rows["of"] == of])
                found += [made] if made else []
    shown = list(dict.fromkeys(table.closed_id for table in found))
    kept = shown[:MOST_QUESTIONS]
    return tuple(table for table in found if table.closed_id in kept), len(shown) - len(kept)


def _table(inputs: Inputs, chart: Chart, question_id: str, of: str, rows: pd.DataFrame) -> CrossTable | None:
    wave = chart.waves[-1]
    cells = {
        (row["theme_id"], row["part"], row["value"]): Cell(
            wave=wave,
            base=int(row["base"]),
            n=int(row["n"]),
            share=known(row["share"]),
            low=known(row["low"]),
            high=known(row["high"]),
            method=row["method"],
        )
        for row in rows.to_dict("records")
    }
    ranked = _ranked(inputs, question_id, wave)
    themes = [theme for theme in ranked if any(theme.id == key[0] for key in cells)]
    columns = [c for c in _columns(inputs, chart, rows) if any((theme.id, *c[1:]) in cells for theme in themes)]
    if not themes or not columns:
        return None
    said = [wording.METHOD[method] for method in sorted({cell.method for cell in cells.values()})]
    if of == RAISED and len(themes) < len(ranked):
        said.append(f"Themes that fewer than {inputs.params.measure.min_segment} mention are left out here.")
    return CrossTable(
        closed_id=chart.key,
        question_id=question_id,
        question=inputs.title(question_id),
        wave=wave,
        of=of,
        columns=tuple(label for label, _, _ in columns),
        options=tuple(part == OPTION for _, part, _ in columns),
        single=chart.kind != "multi",
        rows=tuple(
            Row(label=theme.name, cells=tuple(cells.get((theme.id, part, value)) for _, part, value in columns))
            for theme in themes
        ),
        note=" ".join(said),
    )


def _ranked(inputs: Inputs, question_id: str, wave: str) -> Sequence[Theme]:
    """Themes that enough respondents raise, most raised first."""
    found = []
    for theme in inputs.codebook.for_question(question_id):
        cell = next((c for c in inputs.cells(question_id, theme.id) if c.wave == wave), None)
        if cell is not None and (cell.n or 0) >= FEWEST_MENTIONS:
            found.append((-(cell.share or 0.0), theme.name, theme))
    return [theme for _, _, theme in sorted(found, key=lambda each: each[:2])]


def _columns(inputs: Inputs, chart: Chart, rows: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Label, part and value of each column: options as the chart has them, then boxes and nets."""
    question = inputs.survey.closed_items[chart.key][1]
    place = {row.label: i for i, row in enumerate(chart.rows)}
    options = sorted(
        rows.loc[rows["part"] == OPTION, "value"].unique(), key=lambda v: (place.get(wording.tame(v), 99), v)
    )
    columns = [(wording.tame(value), OPTION, value) for value in options]
    columns += [(box_label(question, box), BOX, box) for box in question.all_boxes]
    return columns + [
        (wording.tame(net.name or net_id), NET, net_id)
        for net_id, net in inputs.survey.nets.items()
        if net.question == inputs.survey.question_of[chart.key]
    ]
