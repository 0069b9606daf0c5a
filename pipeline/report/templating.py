"""Templates: those of the package, and a project's own that take their place; a fault in one is told by its line."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FunctionLoader, PackageLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from pipeline.foundation.errors import ThemebookError
from pipeline.report import chapters, drawn, figures, trends, wording

OWN = "data/templates"
STYLE, SCRIPT = "report.css", "filter.js"
MOST_CHARTS = 8


def fill(name: str, own: Mapping[str, str], **context: Any) -> str:
    """Fill a template.

    Parameters
    ----------
    name : str
        Such as ``page.html.jinja``.
    own : mapping of str to str
        The project's templates by their names: each is taken in place of the package's one of that name.
    **context
        What the template may use.

    Raises
    ------
    ThemebookError
        Naming file and line, if one of the project's templates cannot be read or filled, or tries what a template
        may not.
    """
    if not own:
        return _environment().get_template(name).render(**context)
    packaged = PackageLoader("pipeline.report", "templates")
    environment = _made(ChoiceLoader([FunctionLoader(_source(own)), packaged]), SandboxedEnvironment)
    try:
        return environment.get_template(name).render(**context)
    except Exception as error:
        place = _place(error)
        if place is None:
            raise
        raise ThemebookError(
            f"{place}: {type(error).__name__}: {error}.",
            "Mend that line, or take the file away: the report then uses its own.",
        ) from None


def text_of(name: str, own: Mapping[str, str]) -> str:
    """Give a file that is put into the page as it is: the project's own, or the package's."""
    return own.get(name) or _packaged(name)


def packaged() -> tuple[str, ...]:
    """Name the templates that a project can replace."""
    listed = (file.name for file in files("pipeline.report").joinpath("templates").iterdir())
    return tuple(sorted(name for name in listed if name.endswith(".jinja") or name == STYLE))


def _source(own: Mapping[str, str]) -> Any:
    """What jinja asks for a template: its text and the file that messages name."""

    def find(name: str) -> tuple[str, str, Any] | None:
        return (own[name], f"{OWN}/{name}", None) if name in own else None

    return find


def _place(error: Exception) -> str | None:
    """Say in which line of a project's template an error lies; None where none has a part in it."""
    if isinstance(error, TemplateError) and str(getattr(error, "filename", "") or "").startswith(OWN):
        return f"{error.filename}, line {error.lineno}"  # type: ignore[attr-defined]
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(OWN)]
    return f"{frames[-1].filename}, line {frames[-1].lineno}" if frames else None


@cache
def _environment() -> Environment:
    return _made(PackageLoader("pipeline.report", "templates"), Environment)


def _made(loader: BaseLoader, kind: type[Environment]) -> Environment:
    environment = kind(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {
        "draw": drawn.draw,
        "draw_sides": drawn.draw_sides,
        "draw_map": figures.scatter,
        "map_key": figures.map_key,
        "line": figures.line,
        "ranged": figures.ranged,
        "trends": trends.trends,
        "draw_trends": trends.draw,
        "drawn_trends": trends.drawn,
        "points": wording.points,
        "shown_rows": drawn.shown_rows,
        "loss_tables": drawn.loss_tables,
        "tone": drawn.tone,
        "most_charts": MOST_CHARTS,
        "unshown": drawn.unshown,
        "words": chapters.words,
        "leading": chapters.leading,
        "nets_of": drawn.nets_of,
        "combined_of": drawn.combined_of,
        "row_base": drawn.row_base,
        "has_few": drawn.has_few,
        "numeric": wording.numeric,
        "flagged": drawn.FLAGGED,
        "statuses": wording.STATUS,
    }
    environment.filters |= {
        "percent": wording.percent,
        "short_percent": wording.short_percent,
        "number": wording.number,
        "interval": wording.interval,
        "questions": wording.open_questions,
        "plain": wording.plain,
        "tame": wording.tame,
    }
    return environment


@cache
def _packaged(name: str) -> str:
    return files("pipeline.report").joinpath("templates", name).read_text(encoding="utf-8")
