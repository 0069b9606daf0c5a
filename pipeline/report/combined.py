"""Combined themes, in the ranking of the question to whose answers their themes belong."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.evidence.nets import ThemeNet, theme_nets
from pipeline.evidence.prevalence import nearest
from pipeline.report import wording
from pipeline.report.inputs import Inputs, known
from pipeline.report.records import Cell, Chart, Row

ANY = ""
Cells = dict[str, Cell]


def across_questions(inputs: Inputs) -> bool:
    """Whether some combined theme holds themes of several questions, so that no question's ranking can show it."""
    return any(_home(inputs, net) == ANY for net in theme_nets(inputs.survey, inputs.codebook) if net.themes)


def with_combined(inputs: Inputs, question_id: str, chart: Chart | None) -> Chart | None:
    """Put the combined themes of a question (or of all together) among its ranked themes.

    Their rows name their themes in ``parts``; the note says that they count whoever raises any of these.
    """
    nets = [net for net in theme_nets(inputs.survey, inputs.codebook) if _home(inputs, net) == question_id]
    found = {net: cells for net in nets if (cells := _cells(inputs, question_id, net.id))}
    if not found:
        return chart
    if chart is None:
        waves = tuple(wave for wave in inputs.waves if any(wave in cells for cells in found.values()))
        chart = Chart(
            key="combined-themes", title="Share who mention any of several themes", kind="themes", waves=waves
        )
    names = {theme.id: theme.name for theme in inputs.codebook.themes}
    rows = [
        Row(
            label=_label(net),
            cells=tuple(cells.get(wave) for wave in chart.waves),
            parts=tuple(wording.tame(names[theme]) for theme in net.themes),
        )
        for net, cells in found.items()
    ]
    ranked = sorted(
        [*chart.rows, *rows], key=lambda row: (-((row.latest.share or 0.0) if row.latest else 0.0), row.label)
    )
    note = " ".join([chart.note, *_said(found, names)]).strip()
    return chart.model_copy(update={"rows": tuple(ranked), "note": note})


def _said(nets: Iterable[ThemeNet], names: dict[str, str]) -> Iterable[str]:
    for net in nets:
        yield wording.combined(_label(net), [wording.tame(names[theme]) for theme in net.themes], net.gone)


def _label(net: ThemeNet) -> str:
    return f"{wording.tame(net.name)} (combined)"


def _home(inputs: Inputs, net: ThemeNet) -> str:
    """The one question whose ranking holds all of a net's themes; empty where there is none, or more than one."""
    if net.question:
        return net.question
    asked = [
        question_id
        for question_id in inputs.survey.open_questions
        if all((question_id, theme, "") in inputs.prevalence for theme in net.themes)
    ]
    return asked[0] if len(asked) == 1 else ANY


def _cells(inputs: Inputs, question_id: str, net_id: str) -> Cells:
    table = inputs.tables["nets"]
    mine = table[(table["question_id"] == question_id) & (table["net_id"] == net_id) & (table["segment"] == "")]
    return {
        row["wave"]: Cell(
            wave=row["wave"],
            base=int(row["base"]),
            n=int(row["n"]),
            share=known(row["share"]),
            low=known(row["low"]),
            high=known(row["high"]),
            method=row["method"],
        )
        for row in nearest(mine.rename(columns={"net_id": "theme_id"})).to_dict("records")
    }
