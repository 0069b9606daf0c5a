"""What decisions settle of the coding: reassigned words, confirmed answers, and codes of themes that were split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.text.encoder import Vectors
from pipeline.themes.codebook import Codebook
from pipeline.themes.gold import Gold
from pipeline.themes.meaning import unit_length
from pipeline.themes.replay import Standing

Cells = Mapping[tuple[str, int, int, str], bool]
# Says for each response which of some themes its text is nearest to.
Nearest = Callable[[list[str], list[str]], Mapping[str, str]]


def settle_gold(gold: Gold, standing: Standing, responses: pd.DataFrame, nearest: Nearest) -> Gold:
    """Bring gold up to the decisions: splits followed, confirmed answers added.

    An answer coded with a theme that was split since gets the parts that a reviewer sorted it to. Where nobody has, the
    machine guesses the nearest part, so that the parts' shares are not too low; such a code teaches, but is reported as
    the machine's and measures nothing (`Gold.guessed`).

    A confirmed answer teaches and is reported as coded by a person; since its reviewer saw the machine's suggestion it
    measures nothing (`Gold.unmeasured`). Gold wins where both speak of one answer.

    Parameters
    ----------
    gold : Gold
        As `match_gold` gives it for the effective codebook.
    standing : Standing
    responses : DataFrame
        Contract RESPONSES, all waves.
    nearest : callable
        Response ids and theme ids to the nearest of these themes for each response.

    Returns
    -------
    Gold
    """
    codes = [gold.codes]
    guessed: set[tuple[str, str]] = set()
    for theme_id, rows in gold.split.groupby("theme_id", sort=True):
        parts = standing.state.living_parts(str(theme_id))
        heirs = {r: standing.state.carried(str(theme_id), r) for r in rows["response_id"]}
        known = [(r, heir) for r, mine in heirs.items() for heir in mine or ()]
        waiting = [r for r, mine in heirs.items() if mine is None]
        guesses = sorted(nearest(waiting, parts).items()) if waiting and parts else []
        guessed |= {(r, part) for r in waiting for part in parts}
        codes.append(pd.DataFrame([*known, *guesses], columns=["response_id", "theme_id"]).astype("str"))
    coded = set(gold.responses.loc[gold.responses["by_person"], "response_id"])
    confirmed = {r: themes for r, themes in standing.confirmed.items() if r not in coded}
    mine = responses[responses["response_id"].isin(confirmed)]
    rows = mine[["response_id", "wave", "question_id", "respondent_id"]].assign(
        coder=[standing.confirmed_by[r] for r in mine["response_id"]],
        sample="convenience",
        by_person=True,
        time=[standing.confirmed_at[r] for r in mine["response_id"]],
    )
    earlier = gold.responses[~gold.responses["response_id"].isin(confirmed)]
    pairs = [(r, theme) for r in mine["response_id"] for theme in confirmed[r]]
    kept = pd.concat(codes, ignore_index=True)
    kept = kept[~kept["response_id"].isin(confirmed)]
    added = pd.DataFrame(pairs, columns=["response_id", "theme_id"]).astype("str")
    all_codes = pd.concat([kept, added], ignore_index=True).drop_duplicates()
    return replace(
        gold,
        responses=pd.concat([earlier, rows], ignore_index=True)
        .astype({"by_person": bool})
        .sort_values("response_id", ignore_index=True),
        codes=all_codes.sort_values(["response_id", "theme_id"], ignore_index=True),
        guessed=frozenset(guessed),
        unmeasured=frozenset(mine["response_id"]),
    )


def nearest_theme(
    response_ids: Sequence[str], theme_ids: Sequence[str], units: pd.DataFrame, vectors: Vectors, centres: np.ndarray
) -> dict[str, str]:
    """Say for each response that has a text which theme's texts it is nearest to as a whole, by cosine.

    Parameters
    ----------
    response_ids, theme_ids : sequence of str
    units : DataFrame
        Contract UNITS.
    vectors : Vectors
        Embeddings of all units.
    centres : ndarray, shape (len(theme_ids), d)
        Mean vector of each theme's texts.
    """
    whole = units[units["n"] == 0].set_index("response_id")["text_id"]
    known = [r for r in response_ids if r in whole.index]
    likeness = vectors(whole.loc[known]) @ unit_length(centres).T
    return {r: theme_ids[best] for r, best in zip(known, likeness.argmax(axis=1), strict=True)}


def counting(cells: Cells, responses: pd.DataFrame, codebook: Codebook, gold: Gold) -> dict[tuple, bool]:
    """Leave out the reassigned words that change nothing: gold speaks of the answer, or another question has the theme.

    Parameters
    ----------
    cells : mapping
        Response, start, end and theme to whether these words carry it.
    responses : DataFrame
        By contract, all waves.
    codebook : Codebook
        The effective one.
    gold : Gold
    """
    coded = set(gold.responses.loc[gold.responses["by_person"], "response_id"])
    mine = responses[responses["response_id"].isin({key[0] for key in cells})]
    asked = dict(zip(mine["response_id"], mine["question_id"], strict=True))
    themes = {q: {t.id for t in codebook.for_question(q)} for q in set(asked.values())}
    return {
        key: yes
        for key, yes in cells.items()
        if key[0] in asked and key[0] not in coded and key[3] in themes[asked[key[0]]]
    }


def settle_units(
    mentions: pd.DataFrame,
    unit_codes: pd.DataFrame,
    units: pd.DataFrame,
    responses: pd.DataFrame,
    codebook: Codebook,
    cells: Cells,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put reassigned words in place of the machine's codes.

    A theme given to words is mentioned by their answer. A theme taken from words is still mentioned where other units
    of the answer carry it. Answers coded by people stay as they are coded: gold wins.

    Parameters
    ----------
    mentions, unit_codes, units, responses : DataFrame
        By contract, of some answers.
    codebook : Codebook
        The effective one.
    cells : mapping
        As `counting` gives it; those of other answers are left alone.

    Returns
    -------
    mentions, unit_codes : DataFrame
        With ``source`` ``person`` where a decision settled them.
    """
    here = set(responses["response_id"]) if cells else set()
    taken = {key: yes for key, yes in cells.items() if key[0] in here}
    if not taken:
        return mentions, unit_codes
    codes = _unit_codes(unit_codes, units, taken)
    mentions = _with_answers({r for (r, *_), yes in taken.items() if yes}, mentions, responses, codebook)
    owner = dict(zip(units["unit_id"], units["response_id"], strict=True))
    carried = set(zip(codes["unit_id"].map(owner), codes["theme_id"], strict=True))
    given = {(r, theme) for (r, _, _, theme), yes in taken.items() if yes}
    changed = given | {(r, theme) for (r, _, _, theme), yes in taken.items() if not yes and (r, theme) not in carried}
    pairs = list(zip(mentions["response_id"], mentions["theme_id"], strict=True))
    hit = np.array([pair in changed for pair in pairs], bool)
    says = np.array([pair in given for pair in pairs], bool)
    mentions = mentions.assign(
        mentioned=np.where(hit, says, mentions["mentioned"]).astype(bool),
        sure=np.where(hit, says, mentions["sure"]).astype(bool),
        source=np.where(hit, "person", mentions["source"]),
    ).astype({"source": "str"})
    return mentions, codes


def _unit_codes(unit_codes: pd.DataFrame, units: pd.DataFrame, cells: Cells) -> pd.DataFrame:
    """Give and take the codes of the meaning units that overlap the words."""
    mine = units[(units["n"] > 0) & units["response_id"].isin({key[0] for key in cells})]
    by_response: dict[str, list[tuple[str, int, int]]] = {}
    for unit_id, response_id, start, end in mine[["unit_id", "response_id", "start", "end"]].itertuples(index=False):
        by_response.setdefault(response_id, []).append((unit_id, start, end))
    wanted: dict[tuple[str, str], bool] = {}
    for (response_id, start, end, theme), yes in cells.items():
        for unit_id, left, right in by_response.get(response_id, []):
            if left < end and start < right:
                wanted[unit_id, theme] = yes or wanted.get((unit_id, theme), False)
    pairs = list(zip(unit_codes["unit_id"], unit_codes["theme_id"], strict=True))
    kept = unit_codes[[pair not in wanted for pair in pairs]]
    given = [(*pair, 1.0, "person") for pair, yes in sorted(wanted.items()) if yes]
    return pd.concat([kept, pd.DataFrame(given, columns=list(unit_codes.columns))], ignore_index=True).astype(
        {"unit_id": "str", "theme_id": "str", "probability": float, "source": "str"}
    )


def _with_answers(given: set[str], mentions: pd.DataFrame, responses: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Give rows to answers that had none: a non-answer to which a reviewer gave a theme can be coded after all."""
    new = responses[responses["response_id"].isin(given - set(mentions["response_id"]))]
    rows = [
        (r.wave, r.question_id, r.respondent_id, r.response_id, theme.id, 0.0, False, False, "model")
        for r in new.itertuples()
        for theme in codebook.for_question(str(r.question_id))
    ]
    if not rows:
        return mentions
    return pd.concat([mentions, pd.DataFrame(rows, columns=list(mentions.columns))], ignore_index=True)
