"""Changes of shares: from wave to wave, split into answers and coding, and of published figures against today's."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipeline.evidence.breaks import Held, between, breaks_of
from pipeline.evidence.prevalence import nearest
from pipeline.evidence.releases import Released
from pipeline.foundation.contracts import CHANGES, PUBLISHED
from pipeline.foundation.tables import empty
from pipeline.survey.description import Survey
from pipeline.themes.codebook import Codebook, Theme

CELL = ["wave", "question_id", "theme_id"]
# Tables of shares hold six decimals; the parts of a change are those of the printed shares, so that they add up.
DECIMALS = 6


def one_each(prevalence: pd.DataFrame) -> pd.DataFrame:
    """Give one share for wave, question and theme, over everybody; of several methods the nearest to a reader's."""
    return nearest(prevalence[prevalence["segment"] == ""])


def measure_changes(
    prevalence: pd.DataFrame, survey: Survey, held: Held, releases: Sequence[Released] = ()
) -> pd.DataFrame:
    """Compare each wave's share of a theme with the wave before it, over all who answered; nothing is tested.

    Where a release published the earlier wave, the change since then is split::

        share - published_share = from_answers + from_coding
        from_answers = share - previous_share            both waves as coded now
        from_coding  = previous_share - published_share  one wave's answers, coded now and coded then

    Both waves of ``from_answers`` are coded by one coder with one codebook; ``from_coding`` holds whatever else has
    changed: codebook, gold, coder, correction.

    Parameters
    ----------
    prevalence : DataFrame
        Contract PREVALENCE.
    survey : Survey
        Its waves, in order, and what it says of breaks.
    held : mapping
        By wave and question the columns of the wave's file (`breaks.held_columns`).
    releases : sequence of Released
        The oldest first. Of several the latest that did not know the later wave yet counts, or else the latest.

    Returns
    -------
    DataFrame
        Contract CHANGES; differences of shares, -1 to 1. ``changed`` names what else changed between the waves:
        ``wording``, ``mode``, ``sampling``, parted by commas. Without a release the last three columns are NaN.
    """
    overall = one_each(prevalence).dropna(subset=["share"])
    waves = list(survey.waves)
    parts = []
    for earlier, later in zip(waves, waves[1:], strict=False):
        after = overall[overall["wave"] == later][["question_id", "theme_id", "share"]]
        before = overall[overall["wave"] == earlier][["question_id", "theme_id", "share"]]
        both = after.merge(before.rename(columns={"share": "previous_share"}), on=["question_id", "theme_id"])
        both[["share", "previous_share"]] = both[["share", "previous_share"]].round(DECIMALS)
        both = both.assign(wave=later, previous_wave=earlier)
        both["difference"] = (both["share"] - both["previous_share"]).round(DECIMALS)
        names = {
            question_id: ", ".join(
                dict.fromkeys(b.what for b in between(survey, breaks_of(survey, held, question_id), earlier, later))
            )
            for question_id in both["question_id"].unique()
        }
        both["changed"] = both["question_id"].map(names)
        parts.append(_split(both, earlier, release_before(releases, earlier, later)))
    table = pd.concat(parts, ignore_index=True) if parts else empty(CHANGES)
    return empty(CHANGES) if table.empty else table[list(CHANGES.columns)].astype({"changed": "str", "release": "str"})


def release_before(releases: Sequence[Released], earlier: str, later: str) -> Released | None:
    """Give the release that a reader of the earlier wave had in hand when the later one came."""
    known = [release for release in releases if earlier in release.waves]
    return next(reversed([r for r in known if later not in r.waves] or known), None)


def _split(both: pd.DataFrame, earlier: str, release: Released | None) -> pd.DataFrame:
    if release is None:
        nothing = dict.fromkeys(("published_share", "from_answers", "from_coding"), float("nan"))
        return both.assign(release="", **nothing)
    then = one_each(release.prevalence)
    then = then[then["wave"] == earlier][["question_id", "theme_id", "share"]]
    split = both.merge(then.rename(columns={"share": "published_share"}), on=["question_id", "theme_id"], how="left")
    known = split["published_share"].notna()
    split["from_answers"] = split["difference"].where(known)
    split["from_coding"] = (split["previous_share"] - split["published_share"]).round(DECIMALS)
    return split.assign(release=known.map({True: release.name, False: ""}))


def compare_published(prevalence: pd.DataFrame, releases: Sequence[Released], codebook: Codebook) -> pd.DataFrame:
    """Put every published share beside today's share of the same wave and question.

    A theme that was renamed or merged since is followed to its heir; of one that was split or retired, or taken out of
    the codebook, only the published figure is left.

    Parameters
    ----------
    prevalence : DataFrame
        Contract PREVALENCE, as coded now.
    releases : sequence of Released
    codebook : Codebook
        The effective one.

    Returns
    -------
    DataFrame
        Contract PUBLISHED; ``difference`` is today's share less the published one.
    """
    now = {tuple(row[name] for name in CELL): row for row in one_each(prevalence).to_dict("records")}
    rows = []
    for release in releases:
        names = {theme.id: theme.name for theme in release.codebook.themes}
        for row in one_each(release.prevalence).to_dict("records"):
            fate, heirs, heir_name = fate_of(codebook, row["theme_id"], names.get(row["theme_id"], ""))
            kept = {name: row[name] for name in (*CELL, "base", "n", "share", "low", "high", "method")}
            today = now.get((row["wave"], row["question_id"], heirs[0]), {}) if len(heirs) == 1 else {}
            share = today.get("share", float("nan"))
            rows.append(
                {
                    "release": release.name,
                    **kept,
                    "name": names.get(row["theme_id"], row["theme_id"]),
                    "fate": fate,
                    "now_theme_id": ";".join(heirs),
                    "now_name": heir_name,
                    "now_base": int(today.get("base", 0)),
                    "now_n": int(today.get("n", 0)),
                    "now_share": share,
                    "now_low": today.get("low", float("nan")),
                    "now_high": today.get("high", float("nan")),
                    "now_method": today.get("method", ""),
                    "difference": round(round(share, DECIMALS) - row["share"], DECIMALS),
                }
            )
    if not rows:
        return empty(PUBLISHED)
    return pd.DataFrame(rows)[list(PUBLISHED.columns)].sort_values(list(PUBLISHED.key), ignore_index=True)


def fate_of(codebook: Codebook, theme_id: str, name: str) -> tuple[str, tuple[str, ...], str]:
    """Say what became of a published theme, the ids that carry it on, and what the heir is called."""
    found = codebook.follow(theme_id)
    if isinstance(found, Theme):
        fate = "merged" if found.id != theme_id else "same" if found.name == name else "renamed"
        return fate, (found.id,), found.name
    if found is None or found.fate not in ("split", "retired"):
        return "removed", (), ""
    heirs = [codebook.find(theme) for theme in found.into]
    present = [theme for theme in heirs if theme is not None]
    return found.fate, tuple(theme.id for theme in present), "; ".join(theme.name for theme in present)
