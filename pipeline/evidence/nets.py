"""Combined themes: whoever raises any of several themes, counted as if these were one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pipeline.evidence.prevalence import measure_prevalence
from pipeline.evidence.segments import Segments
from pipeline.evidence.shares import share_cells
from pipeline.foundation.contracts import NETS
from pipeline.foundation.errors import ThemebookError, closest, listing
from pipeline.foundation.params import Measure
from pipeline.foundation.tables import empty
from pipeline.survey.description import SURVEY_FILE, Survey
from pipeline.themes.codebook import Codebook, Theme

PAIR = ["response_id", "theme_id"]
RESPONSE = ["wave", "question_id", "respondent_id", "response_id"]


@dataclass(frozen=True)
class ThemeNet:
    """Themes that count together, as the codebook stands.

    Parameters
    ----------
    id, name : str
        As survey.yaml has it; the name is the id where it gives none.
    question : str
        The open question whose answers count; empty for all.
    themes : tuple of str
        Ids of active themes, each once.
    gone : tuple of str
        Names of themes that survey.yaml lists and people have retired since: no longer counted.
    """

    id: str
    name: str
    question: str
    themes: tuple[str, ...]
    gone: tuple[str, ...] = ()


def theme_nets(survey: Survey, codebook: Codebook) -> tuple[ThemeNet, ...]:
    """Find the themes of every combined theme of the survey.

    A theme that was renamed or merged since is followed to its heir, one that was split to all its parts. A theme that
    was retired is counted no longer; the net says so, and where none is left it has no figures. So no decision of a
    reviewer stops a run, and neither does an empty codebook.

    Parameters
    ----------
    survey : Survey
    codebook : Codebook
        The effective one.

    Raises
    ------
    ThemebookError
        If the codebook never had such a theme, or a net has the id of a theme.
    """
    if not codebook.themes:
        return ()
    found = []
    ids = {theme.id for theme in codebook.themes}
    for net_id, net in survey.nets.items():
        if not net.themes:
            continue
        if net_id in ids:
            raise ThemebookError(
                f"{SURVEY_FILE}: the net `{net_id}` has the id of a theme.", "Give the net another id: `any_delay`."
            )
        themes: list[str] = []
        gone: list[str] = []
        for code in net.themes:
            heirs, lost = _heirs(codebook, code, net_id)
            themes += heirs
            gone += lost
        found.append(
            ThemeNet(net_id, net.name or net_id, net.question, tuple(dict.fromkeys(themes)), tuple(dict.fromkeys(gone)))
        )
    return tuple(found)


def _heirs(codebook: Codebook, code: str, net_id: str) -> tuple[list[str], list[str]]:
    """The ids of the active themes that carry a code on, and the names of those that ended on the way."""
    found = codebook.follow(code)
    if isinstance(found, Theme):
        return [found.id], []
    if found is None:
        known = [theme.id for theme in codebook.themes]
        near = closest(code, [*known, *(theme.name for theme in codebook.themes)])
        raise ThemebookError(
            f"{SURVEY_FILE}: the net `{net_id}` names the theme `{code}`, which the codebook does not have.",
            f"{near} Known: {listing(known, 40)}.".strip(),
        )
    if found.fate != "split":
        return [], [found.name]
    parts = [_heirs(codebook, part, net_id) for part in found.into if codebook.follow(part) is not None]
    return [theme for heirs, _ in parts for theme in heirs], [name for _, lost in parts for name in lost]


def combine(table: pd.DataFrame, nets: Sequence[ThemeNet], question_of: pd.Series) -> pd.DataFrame:
    """Give the rows of each net's themes, with the net's id as theme; `question_of` is by the table's index."""
    parts = [
        table[table["theme_id"].isin(net.themes) & (question_of.eq(net.question) | (net.question == ""))].assign(
            theme_id=net.id
        )
        for net in nets
    ]
    return pd.concat(parts, ignore_index=True).astype({"theme_id": "str"}) if parts else table.iloc[:0]


def combined_mentions(mentions: pd.DataFrame, nets: Sequence[ThemeNet]) -> pd.DataFrame:
    """Join mentions to those of each net: a response raises it that raises any of its themes.

    Parameters
    ----------
    mentions : DataFrame
        Contract MENTIONS.
    nets : sequence of ThemeNet

    Returns
    -------
    DataFrame
        Contract MENTIONS, with nets for themes. ``source`` is ``person`` where people gave all of a net's themes; the
        probability is that of the likeliest of them.
    """
    rows = combine(mentions, nets, mentions["question_id"])
    rows = rows.assign(person=rows["source"] == "person")
    joined = rows.groupby([*RESPONSE, "theme_id"], as_index=False).agg(
        probability=("probability", "max"),
        mentioned=("mentioned", "max"),
        sure=("sure", "max"),
        person=("person", "min"),
    )
    source = joined["person"].map({True: "person", False: "model"}).astype("str")
    return joined.assign(source=source)[list(mentions.columns)]


def combined_reading(reading: pd.DataFrame, mentions: pd.DataFrame, nets: Sequence[ThemeNet]) -> pd.DataFrame:
    """Join what was read of each theme (`reading.read_of`) to what was read of each net.

    A net was read of a response of which all its themes were; the machine predicts it as far as it predicts any of
    them, as if independently (any prediction serves a correction, a good one serves it well).
    """
    where = mentions.drop_duplicates("response_id").set_index("response_id")["question_id"]
    rows = combine(reading, nets, reading["response_id"].map(where))
    rows = rows.assign(none=1.0 - rows["predicted"])
    joined = rows.groupby(PAIR, as_index=False).agg(
        none=("none", "prod"),
        known=("known", "min"),
        given=("given", "max"),
        read=("read", "min"),
        settled=("settled", "max"),
        blind=("blind", "max"),
        barred=("barred", "max"),
    )
    return joined.assign(predicted=1.0 - joined["none"])[list(reading.columns)]


def measure_net(
    net: ThemeNet,
    mentions: pd.DataFrame,
    respondents: pd.DataFrame,
    segments: Segments,
    sampled: bool,
    params: Measure,
    reading: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Count who raises a combined theme, in the same ways and segments as themes (`measure_prevalence`).

    Parameters
    ----------
    net : ThemeNet
    mentions, respondents : DataFrame
        Contracts MENTIONS, of the net's themes at least, and RESPONDENTS.
    segments : callable
        As `segments_of` gives it.
    sampled : bool
        Whether the respondents are a random sample.
    params : Measure
    reading : DataFrame, optional
        As `read_of` gives it.

    Returns
    -------
    DataFrame
        Contract NETS. A net that is limited to one question has rows of that question alone.
    """
    joined = combined_mentions(mentions, [net])
    if joined.empty:
        return empty(NETS)
    read = None if reading is None else combined_reading(reading, mentions, [net])
    table = measure_prevalence(share_cells(joined, respondents, read), segments, sampled, params)
    whole = (table["question_id"] != "") | (net.question == "")
    return table[whole].rename(columns={"theme_id": "net_id"})[list(NETS.columns)].reset_index(drop=True)
