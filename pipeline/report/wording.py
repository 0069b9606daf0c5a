"""Sentences that carry figures. Every format takes its words from here, so that a figure reads the same everywhere."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from pipeline.evidence.rules import BY_NAME
from pipeline.report.records import Cell, Numbers

NBSP = "\N{NO-BREAK SPACE}"
SAMPLING = {
    "self-selected": "Self-selected: figures are shares of those who answered; they say nothing of those who did not.",
    "census": "Everyone was asked: figures are shares of those who answered.",
    "probability": "A random sample was asked: figures are shares of those who answered.",
}
STATUS = {
    "answered": "answered",
    "non_answer": "non-answers (such as “n/a”)",
    "blank": "left blank",
    "not_asked": "not asked",
    "excluded": "excluded",
}
REASONS = {
    "nothing": "“nothing”, “none” and the like",
    "not_applicable": "“not applicable”",
    "dont_know": "“don’t know”",
    "refused": "would not say",
    "not_answered": "“did not answer”",
    "refers_elsewhere": "points to another answer",
    "no_content": "nothing but signs",
    "listed": "listed in params.yaml",
    "marked": "marked so in the file",
}
METRICS = {
    "answers": "Answers compared",
    "brier": "Brier score (0 is best)",
    "candidate_stability": "Stability of the candidates (mean, 0 to 1)",
    "candidates": "Candidates",
    "kappa": "Cohen’s kappa",
    **{
        f"{who}_{name}": f"{said}: {what}"
        for who, said in (("with_people", "Machine with people"), ("between_people", "People with people"))
        for name, what in (
            ("f1", "F1 over all codes"),
            ("macro_f1", "F1, mean over themes"),
            ("precision", "precision"),
            ("recall", "recall"),
            ("kappa", "Cohen’s kappa"),
            ("alpha", "Krippendorff’s alpha"),
            ("ac1", "Gwet’s AC1"),
            ("masi", "alpha over sets of themes (MASI)"),
            ("answers", "answers"),
        )
    },
    "macro_f1": "F1, mean over themes (macro)",
    "meaning_units": "Passages",
    "micro_f1": "F1 over all codes (micro)",
    "responses_answered": "Answers",
    "responses_coded": "Answers coded, with non-answers whose meaning is known",
    "responses_with_theme": "Share of these that raise a theme",
    "units_in_candidates": "Share of passages in a candidate",
    "units_with_theme": "Share of passages with a theme",
    "examples_read": "Examples of the codebook, each read unseen",
    "read_by_people": "Share of them coded by a person",
    "themes_flagged": "Themes with a finding",
}
METHOD = {
    "person": "Coded by people: every answer was read.",
    "corrected": "Counted by machine and corrected for coding errors, with answers that were read.",
    "uncorrected": "Counted by machine: uncorrected and unvalidated.",
}
WAYS = {
    "person": "Read by people",
    "corrected": "Machine, corrected",
    "uncorrected": "Machine, uncorrected",
}
DIFFERENCE, NONE = "difference", "none"
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def tame(text: str) -> str:
    """Replace what no page, document or table can hold: control characters and halves of surrogate pairs.

    Examples
    --------
    >>> tame("a\\x00b")
    'a\ufffdb'
    """
    return _UNSEEN.sub("\ufffd", text)


def plain(text: str, most: int = 300) -> str:
    """Give a text as one line without direction marks, shortened, for labels of figures and titles.

    Examples
    --------
    >>> plain("one\\n two  three", most=8)
    'one two…'
    """
    line = " ".join(_BIDI.sub("", tame(text)).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def whole(share: float) -> int:
    """Round a share to whole percent, halves up: the one rule by which every percentage is rounded.

    The half is that of the decimal as it would be written: 0.285 is 28.5 % and so 29 %, though no computer holds it
    exactly.

    Examples
    --------
    >>> whole(0.285), whole(0.125), whole(0.3149)
    (29, 13, 31)
    """
    return math.floor(round(share * 100, 6) + 0.5)


def percent(share: float | None) -> str:
    """Say a share in whole percent; 0 % and 100 % only where they are exact.

    Examples
    --------
    >>> [percent(s).replace(NBSP, " ") for s in (0.314, 0.0, 0.001, 0.997, 1.0, None)]
    ['31 %', '0 %', 'under 1 %', 'over 99 %', '100 %', 'not known']
    """
    if share is None or math.isnan(share):
        return "not known"
    rounded = whole(share)
    if rounded == 0 and share > 0:
        return f"under 1{NBSP}%"
    if rounded == 100 and share < 1:
        return f"over 99{NBSP}%"
    return f"{rounded}{NBSP}%"


def short_percent(share: float | None) -> str:
    """Say a share where there is room for a few characters only: ``<1 %``, ``>99 %``, ``–`` for none."""
    if share is None:
        return "–"
    return percent(share).replace("under ", "<").replace("over ", ">")


def number(n: int) -> str:
    """Write a whole number with separators.

    Examples
    --------
    >>> number(12400)
    '12,400'
    """
    return f"{n:,}"


def counted(n: int, one: str, many: str = "") -> str:
    """Say how many of something.

    Examples
    --------
    >>> counted(1, "answer"), counted(2100, "answer")
    ('1 answer', '2,100 answers')
    """
    return f"{number(n)} {one if n == 1 else many or one + 's'}"


def of_base(n: int, base: int) -> str:
    """Say a count and what it is of: ``83 of 268``."""
    return f"{number(n)} of {number(base)}"


def codable(base: int, answered: int, wave: str) -> str:
    """Say what a share of a theme is of, and why that can be more people than answered.

    Examples
    --------
    >>> codable(34, 34, "2026")
    'Base: 34 respondents with a codable answer in 2026.'
    >>> codable(34, 33, "2026").removeprefix("Base: 34 respondents with a codable answer in 2026, ")
    'those included whose “nothing” or the like has a known meaning.'
    """
    known = ", those included whose “nothing” or the like has a known meaning" if base > answered else ""
    return f"Base: {counted(base, 'respondent')} with a codable answer in {wave}{known}."


def answered(base: int, asked: int, not_asked: int, wave: str) -> str:
    """Say how many answered a closed question, of how many.

    Examples
    --------
    >>> answered(214, 270, 12, "2026")
    '214 of 270 who were asked answered in 2026; 12 were not asked.'
    >>> answered(270, 270, 0, "2026")
    'All 270 who were asked answered in 2026.'
    """
    who = f"All {number(asked)}" if base == asked else of_base(base, asked)
    rest = f"; {number(not_asked)} {'was' if not_asked == 1 else 'were'} not asked" if not_asked else ""
    return f"{who} who were asked answered in {wave}{rest}."


def weighted(effective: float) -> str:
    """Say what unequal weights cost.

    Examples
    --------
    >>> weighted(180.4)
    'Shares are weighted; they are as sure as those of 180 answers of equal weight.'
    """
    return f"Shares are weighted; they are as sure as those of {number(round(effective))} answers of equal weight."


def numeric(line: Numbers) -> str:
    """Say what the answers to a numeric question are.

    Examples
    --------
    >>> line = dict(wave="2026", n=210, base=214, asked=270, mean=42.13, lower=31, median=41, upper=52.5)
    >>> said = numeric(Numbers(**line, least=18, most=80, weighted=False))
    >>> said.partition(". ")[0]
    '2026: median 41, mean 42.13; the middle half lies between 31 and 52.5, all between 18 and 80'
    >>> said.partition(". ")[2]
    '214 of 270 who were asked answered in 2026, 4 of them without a number.'
    """
    middle, mean, low, high = (f"{value:,.4g}" for value in (line.median, line.mean, line.lower, line.upper))
    ends = ""
    if line.least is not None and line.most is not None:
        ends = f", all between {line.least:,.4g} and {line.most:,.4g}"
    who = answered(line.base, line.asked, 0, line.wave).rstrip(".")
    who += f", {number(line.base - line.n)} of them without a number" if line.base > line.n else ""
    by_weight = " (weighted)" if line.weighted else ""
    said = f"{line.wave}: median {middle}, mean {mean}{by_weight}; the middle half lies between {low} and {high}{ends}"
    return f"{said}. {who}."


def of_cell(cell: Cell) -> str:
    """Say a cell's count and base, and that its share is weighted where the two do not give it.

    Examples
    --------
    >>> of_cell(Cell(wave="2025", base=10, n=5, share=0.62))
    '5 of 10, weighted'
    """
    n = cell.n or 0
    weighted = cell.base > 0 and cell.share is not None and abs(n / cell.base - cell.share) > 0.001
    return of_base(n, cell.base) + (", weighted" if weighted else "")


def share_of_all(share: float | None) -> str:
    """Say a share of those who answered, with ``all`` for exactly all of them.

    Examples
    --------
    >>> share_of_all(1.0)
    'all of those who answered'
    """
    if share == 1:
        return "all of those who answered"
    return f"{percent(share)} of those who answered"


def mention(cell: Cell) -> str:
    """Say how many respondents raise a theme.

    A corrected share is an estimate, and the machine's own count would contradict it, so only its base is given.

    Examples
    --------
    >>> mention(Cell(wave="2025", base=268, n=83, share=83 / 268, method="person")).replace(NBSP, " ")
    'Mentioned by 31 % of those who answered (83 of 268).'
    """
    if cell.base == 0 or cell.share is None:
        return "No codable answers to count."
    if cell.share == 0 and cell.method != "corrected":
        return f"Mentioned by none of the {number(cell.base)} who answered."
    if cell.method == "corrected":
        return f"Mentioned by an estimated {share_of_all(cell.share)} (base {number(cell.base)})."
    return f"Mentioned by {share_of_all(cell.share)} ({of_cell(cell)})."


def method(cell: Cell | None, confidence: float) -> str:
    """Say how a share was counted and, where there is one, its interval."""
    if cell is None:
        return ""
    words = METHOD.get(cell.method, "")
    if cell.low is None or cell.high is None:
        return words
    return f"{words} {whole(confidence)}{NBSP}% interval: {range_of(cell.low, cell.high)}.".strip()


def range_of(low: float, high: float) -> str:
    """Say an interval in whole percent.

    Examples
    --------
    >>> [range_of(*ends).replace(NBSP, " ") for ends in ((0.124, 0.18), (0.0, 0.001), (0.2, 0.2))]
    ['12 to 18 %', '0 % to under 1 %', '20 to 20 %']
    """
    if whole(low) == whole(high) and low < high:
        return f"{percent(low)} to {percent(high)}"
    return f"{whole(low)} to {whole(high)}{NBSP}%"


def interval(cell: Cell) -> str:
    """Say the interval of a cell, short; empty where it has none.

    Examples
    --------
    >>> interval(Cell(wave="2026", base=100, n=31, share=0.31, low=0.2278, high=0.4063)).replace(NBSP, " ")
    '23 to 41 %'
    """
    if cell.low is None or cell.high is None:
        return ""
    return range_of(cell.low, cell.high)


def open_questions(n: int) -> str:
    """Say how many open questions.

    Examples
    --------
    >>> open_questions(1), open_questions(2)
    ('the open question', '2 open questions')
    """
    return "the open question" if n == 1 else f"{number(n)} open questions"


def combined(label: str, themes: Sequence[str], gone: Sequence[str]) -> str:
    """Say what a combined theme counts.

    Examples
    --------
    >>> combined("Delay (combined)", ["Slow", "Late"], ["Queues"])
    '“Delay (combined)” counts whoever mentions any of: Slow; Late. No longer counted in it, since retired: Queues.'
    """
    rest = f" No longer counted in it, since retired: {'; '.join(map(tame, gone))}." if gone else ""
    return f"“{label}” counts whoever mentions any of: {'; '.join(themes)}.{rest}"


def points(difference: float) -> str:
    """Say a difference of two shares in percentage points; it is taken before rounding.

    Examples
    --------
    >>> points(0.04), points(-0.012), points(0.002), points(0.0)
    ('up 4 points', 'down 1 point', 'up less than 1 point', 'the same')
    """
    size = whole(abs(difference))
    if difference == 0:
        return "the same"
    way = "up" if difference > 0 else "down"
    return f"{way} less than 1 point" if size == 0 else f"{way} {counted(size, 'point')}"


def change(difference: float, previous_wave: str, tested: str = "not tested") -> str:
    """Say the change since an earlier wave, and what a test says of it.

    Examples
    --------
    >>> change(0.04, "2025")
    'up 4 points since 2025 (not tested)'
    """
    if difference == 0:
        return f"the same as in {previous_wave}"
    return f"{points(difference)} since {previous_wave} ({tested})"


def verdict(low: float, high: float, p: float, confidence: float) -> str:
    """Give what a test found of a difference: ``difference``, ``none``, or nothing where it could not tell.

    Parameters
    ----------
    low, high, p, confidence : float
        As `tested` takes them.

    Examples
    --------
    >>> verdict(0.02, 0.14, 0.003, 0.95), verdict(0.01, 0.14, 0.08, 0.95), verdict(math.nan, 1, 1, 0.95)
    ('difference', 'none', '')
    """
    if math.isnan(low) or math.isnan(p):
        return ""
    return NONE if low <= 0 <= high or p >= 1 - confidence else DIFFERENCE


def tested(low: float, high: float, p: float, effect: float, confidence: float) -> str:
    """Say what is known of a difference: its interval, and whether it is more than chance.

    Parameters
    ----------
    low, high : float
        Its interval, -1 to 1; NaN where it was not tested.
    p : float
        Adjusted for all that was tested with it; NaN where too few answered to tell.
    effect : float
        Cohen's h; his words for it (1988, section 6.2): small from 0.2, medium from 0.5, large from 0.8.
    confidence : float
        Between 0 and 1.

    Examples
    --------
    >>> tested(0.02, 0.14, 0.003, 0.25, 0.95)
    'more than chance: between up 2 points and up 14 points; a small difference'
    >>> tested(-0.03, 0.06, 0.6, 0.02, 0.95)
    'no evidence of a difference: between down 3 points and up 6 points'
    >>> tested(0.01, 0.14, 0.08, 0.25, 0.95)
    'no evidence of a difference, by all that was tested together: between up 1 point and up 14 points, taken alone'
    >>> tested(float("nan"), float("nan"), float("nan"), 0.3, 0.95)
    'not tested'
    """
    found = verdict(low, high, p, confidence)
    if math.isnan(low):
        return "not tested"
    between = f"between {points(low)} and {points(high)}"
    if not found:
        return f"too few to tell: {between}"
    if low <= 0 <= high:
        return f"no evidence of a difference: {between}"
    if found == NONE:
        return f"no evidence of a difference, by all that was tested together: {between}, taken alone"
    sizes = ((0.8, "a large"), (0.5, "a medium"), (0.2, "a small"), (0.0, "a very small"))
    size = next(words for least, words in sizes if abs(effect) >= least)
    return f"more than chance: {between}; {size} difference"


def either(values: Sequence[str]) -> str:
    """Join answers that count together.

    Examples
    --------
    >>> either(["Strongly agree", "Agree"])
    'Strongly agree or agree'
    """
    first, *others = values
    return " or ".join([first, *(v[:1].lower() + v[1:] if v[1:2].islower() else v for v in others)])


def top(values: Sequence[str], order: Sequence[str]) -> str:
    """Say which answers a headline counts: the top of a scale, highest first, or one answer.

    Examples
    --------
    >>> top(["Very good", "Good"], ["Poor", "Fair", "Good", "Very good"])
    'Very good or good'
    >>> top(["1"], ["1", "2", "3", "4", "5"])
    '1, on a scale from 1 to 5'
    >>> top(["No"], [])
    'Answered “No”'
    """
    if not order:
        return f"Answered “{values[0]}”"
    if any(char.isalpha() for value in values for char in value):
        return either(values)
    return f"{either(values)}, on a scale from {order[0]} to {order[-1]}"


def joined(parts: Sequence[str]) -> str:
    """Join parts of a sentence.

    Examples
    --------
    >>> joined(["a"]), joined(["a", "b"]), joined(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def one_of(side: str) -> str:
    """Say of a respondent on which side they stand.

    Examples
    --------
    >>> one_of("optimists")
    'One of the optimists'
    """
    return f"One of the {side}"


def metric(name: str, themes: Mapping[str, str]) -> str:
    """Name a figure of the metrics files for people.

    Examples
    --------
    >>> metric("micro_f1", {}), metric("f1_T02", {"T02": "Long-term thinking"}), metric("recall", {})
    ('F1 over all codes (micro)', 'F1: Long-term thinking', 'Recall')
    >>> metric("alike", {})
    'Themes that read alike'
    """
    if name in METRICS:
        return METRICS[name]
    if name in BY_NAME:
        return BY_NAME[name].title
    if name.startswith("f1_"):
        return f"F1: {themes.get(name.removeprefix('f1_'), name.removeprefix('f1_'))}"
    said = name.replace("_", " ")
    return said[:1].upper() + said[1:]


def rests_on(definition: bool, examples: int, coded: int) -> tuple[str, str]:
    """Say what the coding of a theme rests on, with a warning where it is a name or a definition alone.

    Examples
    --------
    >>> rests_on(True, 18, 23)
    ('Its coding rests on: definition, 18 examples, 23 coded answers.', '')
    >>> rests_on(False, 0, 0)[1]
    'Only its name tells the coder what it is: read its mentions before you trust its share.'
    """
    parts = ["definition"] * definition + [counted(examples, "example")] * bool(examples)
    parts += [counted(coded, "coded answer")] * bool(coded)
    said = f"Its coding rests on: {', '.join(parts) or 'its name alone'}."
    if examples or coded:
        return said, ""
    alone = "Only its name and definition tell" if definition else "Only its name tells"
    return said, f"{alone} the coder what it is: read its mentions before you trust its share."


def wave_line(wave: str, respondents: int, invited: int | None) -> str:
    """Say who was asked and who answered in one wave.

    Examples
    --------
    >>> wave_line("2025", 270, 2400).replace(NBSP, " ")
    '2025: 270 respondents of 2,400 invited (11 %)'
    >>> wave_line("2025", 1, None)
    '2025: 1 respondent; how many were invited is not recorded'
    """
    people = counted(respondents, "respondent")
    if invited is None:
        return f"{wave}: {people}; how many were invited is not recorded"
    if respondents > invited:
        return f"{wave}: {people}, more than the {number(invited)} recorded as invited"
    return f"{wave}: {people} of {number(invited)} invited ({percent(respondents / invited)})"


def tuned(act: str, reason: str) -> str:
    """Say whether the encoder was tuned on the codebook, and why.

    Examples
    --------
    >>> tuned("off", "params.yaml says `tune: off`"), tuned("tuned", "taught exactly the codebook as it is")
    ('no: params.yaml says `tune: off`', 'yes: taught exactly the codebook as it is')
    """
    return f"{'no' if act == 'off' else 'yes'}: {reason}"


def sure(n: int, all_of_them: int, figures: Mapping[str, float]) -> str:
    """Say how many of the machine's mentions are sure, and how often such mentions are wrong.

    Examples
    --------
    >>> sure(0, 20, {"risk_asked": 0.1}).replace(NBSP, " ")
    'none of 20 by machine: the coded answers are too few, or too often coded otherwise, for a risk of 10 %'
    """
    asked = percent(figures["risk_asked"])
    if not n:
        return (
            f"none of {number(all_of_them)} by machine: the coded answers are too few, or too often coded otherwise, "
            f"for a risk of {asked}"
        )
    words = f"{number(n)} of {number(all_of_them)} by machine, at a risk of {asked} that one is wrong"
    if not figures["sure"]:
        return words
    return f"{words}; among coded answers held out, {percent(figures['sure_wrong'])} of the sure ones were"


def reading(figures: Mapping[str, float]) -> str:
    """Say what it buys to code the answers that the machine is least sure of.

    Examples
    --------
    >>> reading({"f1_read_000": 0.7, "f1_read_030": 0.86, "f1_random_030": 0.79}).replace(NBSP, " ")
    'coding the 30 % of answers least sure by hand takes F1 from 0.70 to 0.86 (30 % at random: 0.79)'
    """
    before, after, chance = (figures[name] for name in ("f1_read_000", "f1_read_030", "f1_random_030"))
    share = percent(0.3)
    return (
        f"coding the {share} of answers least sure by hand takes F1 from {before:.2f} to {after:.2f} "
        f"({share} at random: {chance:.2f})"
    )


def stability(value: float | None, found: int, resamples: int) -> str:
    """Say how well a candidate is found again when answers are left out.

    The borders 0.85, 0.75 and 0.6 are those of Hennig's ``clusterboot`` for the mean Jaccard overlap.

    Examples
    --------
    >>> stability(0.9, 20, 20), stability(0.3, 1, 20)
    ('found again in 20 of 20 resamples: very stable', 'found again in 1 of 20 resamples: not stable')
    """
    if value is None or math.isnan(value) or resamples == 0:
        return "stability not measured"
    words = (
        "very stable"
        if value >= 0.85
        else "stable"
        if value >= 0.75
        else "a pattern with uncertain borders"
        if value >= 0.6
        else "not stable"
    )
    return f"found again in {found} of {counted(resamples, 'resample')}: {words}"


def steadiness(value: float, found: int, resamples: int) -> str:
    """Say whether a theme is found again by a machine that was taught otherwise, for a reader without statistics.

    Examples
    --------
    >>> steadiness(0.8, 19, 20)
    'Stable: the machine, taught by a random four fifths of what it knows, found the same in 19 of 20 tries.'
    """
    words = stability(value, found, resamples).partition(": ")[2]
    if not words:
        return ""
    return (
        f"{words[:1].upper()}{words[1:]}: the machine, taught by a random four fifths of what it knows, found the same "
        f"in {found} of {counted(resamples, 'try', 'tries')}."
    )


def stability_details(low: float | None, high: float | None, seeds: float | None, halves: float | None) -> str:
    """Say the overlaps behind `stability`, as far as they were measured.

    Examples
    --------
    >>> stability_details(0.49, 0.93, 0.8, None)
    'overlap (Jaccard) 0.49 to 0.93 in nine of ten resamples, 0.80 from other starting points'
    """
    said = []
    if low is not None and high is not None:
        said.append(f"{low:.2f} to {high:.2f} in nine of ten resamples")
    if seeds is not None:
        said.append(f"{seeds:.2f} from other starting points")
    if halves is not None:
        said.append(f"{halves:.2f} between two halves of the answers")
    return f"overlap (Jaccard) {', '.join(said)}" if said else ""


def choices_heading(texts: Sequence[str]) -> str:
    """Name the section of multiple choices by what is asked.

    Examples
    --------
    >>> choices_heading(["Which barriers do you see?"])
    'What gets in the way'
    >>> choices_heading(["Which tools do you use?"])
    'What people chose'
    """
    obstacle = re.compile(r"barrier|obstacle|in the way|challeng|difficult|hinder|prevent|problem", re.IGNORECASE)
    found = [bool(obstacle.search(text)) for text in texts]
    return "What gets in the way" if found and all(found) else "What people chose"


def outlook_heading(text: str, sides: Sequence[str]) -> str:
    """Name the section of a question and its reasons.

    Examples
    --------
    >>> outlook_heading("How do you feel about the next five years?", ["optimists", "pessimists"])
    'Outlook'
    """
    ahead = re.search(
        r"outlook|future|next .{0,12}years?|expect|optimis|pessimis", " ".join([text, *sides]), re.IGNORECASE
    )
    return "Outlook" if ahead else "What lies behind the answers"
