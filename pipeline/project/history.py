"""`themebook history THEME`: a theme's life, from the decisions and the releases that speak of it."""

from __future__ import annotations

from pipeline.foundation.contracts import RESPONSES
from pipeline.foundation.errors import ThemebookError, closest
from pipeline.foundation.tables import read_waves
from pipeline.survey.description import load_survey
from pipeline.themes.codebook import CODEBOOK_FILE, load_codebook
from pipeline.themes.decisions import load_decisions
from pipeline.themes.replay import Standing, replay, touches, wish


def history(name: str) -> list[str]:
    """Tell a theme's life: where it comes from, every decision that speaks of it, and what it is now.

    Parameters
    ----------
    name : str
        The theme's id, its name or one that it had.

    Raises
    ------
    ThemebookError
        If there is and was no such theme.
    """
    survey = load_survey()
    responses = read_waves(RESPONSES, survey.waves)
    texts = dict(zip(responses["response_id"], responses["text"], strict=True))
    return lines(name, replay(load_codebook(survey), load_decisions(), texts))


def lines(name: str, standing: Standing) -> list[str]:
    """Tell a theme's life from what stands."""
    theme_id = _find(name, standing)
    base = next((t for t in standing.base.themes if t.id == theme_id), None)
    told = [f"{theme_id} in {CODEBOOK_FILE}: {base.name}"] if base else []
    why_not = {c.decision.id: c.sentence for c in standing.conflicts if not c.applied}
    gone = {d.id for d in standing.undone}
    for decision in standing.decisions:
        undoes = getattr(decision, "decision_id", "")
        about = touches(decision)
        if undoes:
            about = next((touches(d) for d in standing.decisions if d.id == undoes), set())
        if theme_id not in about:
            continue
        mark = " (undone)" if decision.id in gone else ""
        if decision.id in why_not:
            mark = f" (not applied: {why_not[decision.id]})"
        said = f": {decision.why}" if decision.why else ""
        told.append(f"{decision.time[:16].replace('T', ' ')}  {decision.reviewer}  {wish(decision)}{mark}{said}")
    now = next((t for t in standing.codebook.themes if t.id == theme_id), None)
    if now:
        told.append(f"now: {now.name}" + (f": {now.definition}" if now.definition else ""))
    else:
        told.append(f"now: ended, {standing.state.fate(theme_id)}" if theme_id in standing.state.ended else "now: gone")
    return told


def _find(name: str, standing: Standing) -> str:
    made = {t for d in standing.decisions if d.act in ("accept", "split") for t in touches(d)}
    ids = {t.id for t in (*standing.base.themes, *standing.codebook.themes)} | made
    if name in ids:
        return name
    former = standing.codebook.ended(name)
    theme = standing.codebook.find(name)
    if found := (former.id if former else theme.id if theme else ""):
        return found
    names = [t.name for t in standing.codebook.themes] + [f.name for f in standing.codebook.former]
    raise ThemebookError(f"There is and was no theme `{name}`.", closest(name, [*ids, *names]))
