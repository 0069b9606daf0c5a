"""What the rules of a good theme set found, and how much each theme rests on: for the team only."""

from __future__ import annotations

from pipeline.evidence.rules import RULES, findings_by_theme, sentence
from pipeline.report import wording
from pipeline.report.inputs import Inputs
from pipeline.report.records import Checked, Fact
from pipeline.themes.codebook import Theme

# What is said of single examples fills the section of its own, and is only counted at the theme.
OF_EXAMPLES = ("repeated_example", "misread_example")


def checked(inputs: Inputs) -> tuple[Checked, ...]:
    """Give the findings by rule, in the order of the rules."""
    themes = {theme.id: theme for theme in inputs.codebook.themes}
    table = inputs.tables["findings"]
    found = []
    for rule in RULES:
        rows = table[(table["rule"] == rule.name) & table["theme_id"].isin(list(themes))].to_dict("records")
        lines = []
        for row in rows:
            other = themes[row["other_theme"]].name if row["other_theme"] in themes else row["other_theme"]
            words = _example(inputs, themes[row["theme_id"]], row["example"])
            said = sentence(rule.name, other, row["example"], row["value"]) + (f" “{words}”" if words else "")
            lines.append(Fact(name=wording.tame(themes[row["theme_id"]].name), value=wording.tame(said)))
        if lines:
            found.append(Checked(title=rule.title, why=rule.why, lines=tuple(lines)))
    return tuple(found)


def _example(inputs: Inputs, theme: Theme, number: int) -> str:
    if not 0 < number <= len(theme.examples):
        return ""
    example = theme.examples[number - 1]
    if example.text:
        return wording.plain(example.text, 120)
    if example.response_id not in inputs.responses:
        return ""
    return inputs.show(example.response_id, example.start, example.end, 120)


def flags(inputs: Inputs, theme: Theme) -> tuple[str, ...]:
    """Give what the rules found on one theme; findings on its examples as one count."""
    table = inputs.tables["findings"]
    names = {each.id: each.name for each in inputs.codebook.themes}
    said = findings_by_theme(table[~table["rule"].isin(OF_EXAMPLES)], names).get(theme.id, [])
    mine = table[table["rule"].isin(OF_EXAMPLES) & (table["theme_id"] == theme.id)]["example"].nunique()
    if mine:
        these = f"{mine} of its {len(theme.examples)} examples" if len(theme.examples) > 1 else "Its only example"
        said = [*said, f"{these} may belong to another theme: see “The codebook, checked”."]
    return tuple(map(wording.tame, said))


def rests_on(inputs: Inputs, theme: Theme) -> tuple[str, str]:
    """Say what the coding of a theme rests on, and warn where that is a name or definition alone."""
    coded = int(inputs.provenance.get("coded", {}).get(theme.id, 0))
    said, warning = wording.rests_on(bool(theme.definition), len(theme.examples), coded)
    table = inputs.tables["theme_stability"]
    for row in table[table["theme_id"] == theme.id].to_dict("records"):
        steady = wording.stability(float(row["stability"]), int(row["found_again"]), int(row["resamples"]))
        details = wording.stability_details(float(row["low"]), float(row["high"]), None, None)
        said += f" Taught by a random four fifths of that, it is {steady}; {details}."
    return said, warning


def steadiness(inputs: Inputs, theme: Theme) -> str:
    """Say how stable a theme is, for every reader; nothing where that was not measured."""
    table = inputs.tables["theme_stability"]
    for row in table[table["theme_id"] == theme.id].to_dict("records"):
        return wording.steadiness(float(row["stability"]), int(row["found_again"]), int(row["resamples"]))
    return ""
