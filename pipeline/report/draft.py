"""A first text of the report, drafted from its results: references stand where figures and quotes will."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.report import wording
from pipeline.report.chapters import leading
from pipeline.report.public import to_public
from pipeline.report.records import Chart, Content, Outlook, ThemeBlock
from pipeline.report.references import charts_of, named_rows
from pipeline.report.story import parse
from pipeline.report.telling import Faults, tell
from pipeline.survey.description import slug

MOST_THEMES = 8
_MOST_QUOTES = 3
_LONGEST = 24
_MOST_CHOICES = 3
_EMPTY_WORDS = frozenset(
    "a all an and any apply are as at be by can did do does for from gets have how i in is it many much of on or our "
    "that the their them these they this tick to us was we were what when where which who why will with would you "
    "your".split()
)


def with_story(content: Content, text: str, check: Faults | None = None) -> Content:
    """Give the content with the text that leads through it: the researcher's, or one drafted where that is empty.

    With an empty codebook there is no theme that a text could tell: one is drafted then, too. A drafted text makes no
    claims that were to be checked, and never stops a run.

    Raises
    ------
    ThemebookError
        As `parse` and `tell` do.
    """
    story = parse(text)
    drafted = not story.blocks or content.provisional
    if drafted:
        story = parse(draft(content, to_public(content)))
    return content.model_copy(update={"story": tell(story, content, None if drafted else check), "drafted": drafted})


def draft(content: Content, public: Content) -> str:
    """Draft the text that leads through the report.

    Parameters
    ----------
    content, public : Content
        Of the internal report, and as made public: what is not for outside is not drafted.

    Returns
    -------
    str
        The whole of `data/report.md`: title, headlines, what gets in the way, outlook, a section for each of the
        themes raised most, what to do next. Of quotes only approved ones stand in it; where a theme has none, a piece
        that shows its quotes in the internal report. Every sentence holds for whatever its figures come to be, so that
        it passes its own check; claims are for the researcher to make.
    """
    names = _names(public)
    parts = list(_parts(content, public, {question: name for name, question in names.items()}))
    head = ["---", "# Short names of questions, for references.", "names:"]
    head += [f"  {name}: {question}" for name, question in names.items()] + ["---", ""] if names else []
    return "\n".join([*(head if names else []), "\n\n".join(parts), ""])


def _names(content: Content) -> dict[str, str]:
    """Give the questions with long ids short names, made of their first words that say something."""
    ids = [*charts_of(content), *(question.id for question in content.questions)]
    found: dict[str, str] = {}
    for question in dict.fromkeys(ids):
        if len(question) <= _LONGEST:
            continue
        words = [word for word in question.split("_") if word not in _EMPTY_WORDS] or question.split("_")
        most = next(n for n in range(1, len(words) + 2) if n > len(words) or "_".join(words[:n]) not in {*found, *ids})
        name = "_".join(words[: max(most, 2)])
        if len(name) < len(question) and "." not in name and name not in {*found, *ids}:
            found[name] = question
    return found


def _parts(content: Content, public: Content, names: dict[str, str]) -> Iterator[str]:
    yield f"# {_plain(public.title)}"
    yield _asked(public)
    if public.headlines or leading(public):
        yield f"## {public.house.say('At a glance')}"
        yield "{headlines}"
    if public.choices:
        yield f"## {public.house.say(wording.choices_heading([chart.title for chart in public.choices]))}"
        for chart in public.choices:
            yield from _choices(chart, names.get(chart.key, chart.key))
    for view in public.outlooks:
        yield f"## {public.house.say(view.heading)}"
        yield from _outlook(view, names.get(view.question_id, view.question_id))
    explained = {view.open_id for view in public.outlooks if view.reasons}
    themes = [t for t in content.themes if t.question_id not in explained and t.cell and t.cell.share]
    for theme in sorted(themes, key=lambda t: (-(t.cell.share or 0.0) if t.cell else 0.0, t.id))[:MOST_THEMES]:
        yield from _theme(theme)
    yield f"## {content.house.say('What to do next')}"
    yield (
        "This text was drafted from the results. `themebook draft` writes it to `data/report.md`, for you to say in "
        "your own words what the figures mean and what should follow from them. {internal}"
    )
    yield "Every theme, figure and table stands below, with how it was found and what it cannot say."


def _plain(text: str) -> str:
    """A text in which nothing is taken for markdown or a reference."""
    line = wording.plain(text)
    return "".join(f"\\{sign}" if sign in "\\`*_{}[]<>#|~" else sign for sign in line)


def _asked(content: Content) -> str:
    last = content.waves[-1] if content.waves else None
    if last is None or not last.respondents:
        return "\n".join(_plain(line) for line in content.summary)
    invited = ", of {n:invited} who were invited" if last.invited is not None else ""
    when = f"In {_plain(last.id)}, " if len(content.waves) > 1 else ""
    if len(content.waves) > 1:
        before = ", ".join("{n:respondents@" + wave.id + "} in " + _plain(wave.id) for wave in content.waves[:-1][-3:])
        return f"{when}{{n:respondents}} respondents took part{invited}; there were {before}."
    return f"{{n:respondents}} respondents took part{invited}."


def _choices(chart: Chart, name: str) -> Iterator[str]:
    if chart.kind == "multi":
        rows = named_rows(chart.rows)
        ranked = sorted(rows, key=lambda key: (-_latest(chart, rows[key].label), key))[:_MOST_CHOICES]
        verbs = [" was chosen", *[""] * len(ranked)]
        said = [
            f"“{_plain(rows[key].label)}”{verb} by {{share:{name}.{key}}}"
            for key, verb in zip(ranked, verbs, strict=False)
        ]
        # A number in a question's own words is no figure of the survey's.
        title = re.sub(r"(.*\d.*)", r"“\1”:", _plain(chart.title))
        yield f"{title} {wording.joined(said)}."
    yield f"{{chart:{name}}}"


def _latest(chart: Chart, label: str) -> float:
    return next((row.latest.share or 0.0 for row in chart.rows if row.label == label and row.latest), 0.0)


def _outlook(view: Outlook, name: str) -> Iterator[str]:
    said = [
        f"{{share:{name}.{slug(side.name)}}} are {_plain(side.name)}" for side in view.sides if not side.cell.hidden
    ]
    if said:
        yield f"Of those who answered, {wording.joined(said)}."
    yield f"{{outlook:{name}}}"


def _theme(theme: ThemeBlock) -> Iterator[str]:
    yield f"## {{theme:{theme.id}.name}}"
    if theme.definition:
        yield f"{{theme:{theme.id}.definition}}"
    yield f"{{theme:{theme.id}}}"
    approved = [quote for quote in theme.quotes if quote.approved][:_MOST_QUOTES]
    yield from (f"{{quote:{quote.quote_id}}}" for quote in approved)
    if not approved and theme.quotes:
        yield f"{{quotes:{theme.id}}}"
