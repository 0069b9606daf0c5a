"""The methods on coding: the codebook, who and what coded the answers, and how shares were counted and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from pipeline.report import wording
from pipeline.report.inputs import Inputs
from pipeline.report.known import Known, facts
from pipeline.report.records import Fact
from pipeline.themes.calibration import FEWEST_TO_CALIBRATE

_SAMPLES = {
    "all": "every answer to a question",
    "random": "drawn at random",
    "active": "chosen because the machine was least sure",
    "convenience": "chosen otherwise",
}
_CORRECTED = (
    "A corrected share is what the machine’s probabilities give over all answers, plus the mean difference between "
    "reader and machine on answers that were drawn at random and read (the difference estimator, also known as "
    "prediction-powered inference). The machine had not seen the reader’s codes of these answers."
)
_INTERVALS = (
    "Intervals are score intervals (Wilson), on an effective number of answers where shares are weighted or corrected."
)


def approach(inputs: Inputs) -> Known:
    """What kind of analysis this is."""
    if not inputs.codebook.themes:
        said = (
            "No theme has been settled yet. Passages that are alike in meaning and words were grouped by machine; the "
            "groups are proposals for a person to judge, and no findings."
        )
        return Known(text=(said,))
    return Known(
        text=(
            "Thematic coding with a codebook: answers were given the themes of a list that people own. An answer can "
            "raise several themes or none.",
            "What a machine proposes beyond the codebook is a candidate; it is a theme once a person accepts it.",
        )
    )


def codebook(inputs: Inputs) -> Known:
    """Which codebook, and who may change it."""
    themes = inputs.codebook.themes
    if not themes:
        return Known(text=("The codebook holds no theme yet.",), open="")
    examples = [len(theme.examples) for theme in themes]
    fates = Counter(former.fate for former in inputs.codebook.former)
    said = wording.counted(sum(examples), "example")
    each = f"; {min(examples)} to {max(examples)} a theme" if max(examples) else ""
    return Known(
        text=(
            "The codebook is a file that people write. The pipeline never changes it: recorded decisions of reviewers "
            "are applied to it anew in every run, and what comes out is the version named here.",
        ),
        facts=facts(
            ("Themes", _themes(inputs)),
            ("Examples of what a theme sounds like", f"{said}{each}"),
            ("Former themes and names", ", ".join(f"{n} {fate}" for fate, n in sorted(fates.items()))),
            ("Version (sha256)", str(inputs.provenance.get("codebook", ""))),
        ),
    )


def _themes(inputs: Inputs) -> str:
    themes = inputs.codebook.themes
    across = sum(theme.role == "overarching" for theme in themes)
    without = sum(not theme.definition for theme in themes)
    extra = [f"{across} overarching"] * bool(across) + [f"{without} without a definition"] * bool(without)
    return wording.counted(len(themes), "theme") + (f" ({', '.join(extra)})" if extra else "")


def read(inputs: Inputs) -> Known:
    """Which answers were coded by readers, who these were, and how the answers were chosen."""
    about = inputs.provenance
    gold, coders = about.get("gold") or {}, [str(coder) for coder in about.get("coders", ())]
    if not gold:
        return Known(text=("Nobody has coded answers yet: nothing tells how right the coding is.",))
    machines = [coder for coder in coders if coder.startswith("machine:")]
    people = len(coders) - len(machines)
    text = ["Themes were given to these answers by a reader; they teach the machine and measure it."]
    if machines:
        which = "The reader was a machine, not a person" if not people else "Some were read by a machine, not a person"
        text.append(f"{which}. Such codes do not show how people would read the answers.")
    by_sample = about.get("samples") or {}
    readers = [wording.counted(people, "person", "people")] * bool(people)
    readers += [wording.counted(len(machines), "machine")] * bool(machines)
    return Known(
        text=tuple(text),
        measured=facts(
            ("Coded answers", f"{wording.number(sum(gold.values()))} ({_each(gold)})"),
            ("Readers", " and ".join(readers)),
            ("How they were chosen", _each({_SAMPLES[name]: n for name, n in by_sample.items()})),
        ),
        team=facts(("Coders", ", ".join(coders))),
    )


def _each(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name}: {wording.number(n)}" for name, n in counts.items())


def coder(inputs: Inputs) -> Known:
    """What machine coded the answers that nobody read."""
    about, code = inputs.provenance, inputs.params.code
    if not inputs.codebook.themes:
        return Known(text=("Without a theme there is nothing to code.",))
    if set(inputs.tables["mentions"]["source"]) == {"person"}:
        first = "People coded every answer; the machine below codes beside them, so that it can be measured."
    else:
        first = "Answers that nobody read were coded by a machine that learns from the codebook and the coded answers."
    calibrated = about.get("calibrated")
    sureness = {
        True: "Its scores were turned into probabilities by means of the coded answers; a theme is given where that "
        "makes the expected F1 highest.",
        False: f"Fewer than {FEWEST_TO_CALIBRATE} answers were coded, so its scores could not be checked as "
        "probabilities; a theme is given about as often as answers usually raise one.",
    }
    return Known(
        text=(
            first,
            "It is a logistic regression for each theme, on the meaning of the whole answer and of its passages "
            "(vectors of the encoder) and on its words.",
            *([sureness[calibrated]] if calibrated is not None else []),
            f"What it says of an answer that was coded is measured by a machine that had not seen that answer’s codes: "
            f"the coded answers were split in {code.folds} parts, and each part was coded by what the others teach.",
        ),
        facts=facts(
            ("Encoder", str(about.get("encoder") or inputs.params.embed.encoder)),
            ("Tuned on the codebook", wording.tuned(**about["tuned"]) if about.get("tuned") else ""),
        ),
        team=_sure(inputs),
    )


def _sure(inputs: Inputs) -> tuple[Fact, ...]:
    """Say how many mentions can be left to the machine, where people coded what this rests on."""
    workload = inputs.metrics.get("workload") or {}
    # Agreement with a machine's codes is evidence of nothing, and neither is what rests on it.
    if not workload or not inputs.metrics.get("agreement", {}).get("read_by_people"):
        return ()
    mentions = inputs.tables["mentions"]
    mine = mentions[mentions["mentioned"] & (mentions["source"] == "model")]
    return facts(
        ("Sure mentions", wording.sure(int(mine["sure"].sum()), len(mine), workload)),
        ("Reading more", wording.reading(workload)),
    )


def shares(inputs: Inputs) -> Known:
    """How a share was counted, weighted and corrected, and what its interval is."""
    methods = set(inputs.tables["prevalence"]["method"])
    text = [wording.METHOD[name] for name in wording.METHOD if name in methods]
    text += [_CORRECTED] * ("corrected" in methods)
    intervals = inputs.tables["prevalence"]["low"].notna().any()
    text += [_INTERVALS] * bool(intervals)
    if "person" in methods and inputs.survey.sampling == "census":
        text.append("Where everybody was asked and people read every answer, nothing is left to chance: no interval.")
    weights = sorted({column for wave in inputs.waves if (column := inputs.survey.weight_column(wave))})
    text.append("Shares are weighted; counts are not." if weights else "No weights: every respondent counts as one.")
    confidence = wording.percent(inputs.params.measure.confidence) if intervals else ""
    return Known(
        text=tuple(text),
        facts=facts(("Confidence of intervals", confidence), ("Column of the weight", ", ".join(weights))),
        open=None if weights else "",
    )


def differences(inputs: Inputs) -> Known:
    """How shares were compared."""
    table = inputs.tables["differences"]
    if not len(table):
        return Known(text=("No shares were compared.",))
    tested = table[table["low"].notna()]
    if tested.empty:
        said = "Differences were not tested: shares that a machine counted uncorrected bear no test."
        return Known(text=(said,))
    beyond = int((tested["p_adjusted"] < 1 - inputs.params.measure.confidence).sum())
    return Known(
        text=(
            "Differences of shares have Newcombe’s interval and were tested by the “N − 1” chi-squared test. What is "
            "said to be more than chance is so after all tests of a wave are taken together (false discovery rate, "
            "Benjamini and Hochberg).",
        ),
        measured=facts(
            ("Differences looked at", wording.number(len(tested))), ("More than chance", wording.number(beyond))
        ),
    )


def small_numbers(inputs: Inputs) -> Known:
    """What is not shown, so that nobody's answer can be told."""
    measure, suppress = inputs.params.measure, inputs.survey.suppress
    text = [f"Segments of fewer than {measure.min_segment} respondents are not shown in what leaves the team."]
    if suppress:
        text.append(f"No count under {suppress} is shown there or can be worked out from what is.")
    return Known(text=tuple(text))


def candidates(inputs: Inputs) -> Known:
    """What was sought beyond the codebook."""
    table = inputs.tables["candidates"]
    fine = table[table["parent_id"] != ""] if (table["parent_id"] != "").any() else table
    broad = int((table["parent_id"] == "").sum()) if len(fine) < len(table) else 0
    found = f"{wording.counted(len(fine), 'candidate')}" + (f" under {broad} broad ones" if broad else "")
    raised = inputs.metrics.get("coverage", {}).get("responses_with_theme")
    return Known(
        text=(
            "Passages that no theme explains were grouped by machine by what they mean, in the context of their "
            "answers; a group is kept where it is found again when answers are left out.",
        ),
        measured=facts(
            ("Coded answers that raise a theme", wording.percent(raised) if raised and inputs.codebook.themes else "")
        ),
        team=facts(("Candidates", found if len(table) else "none")),
    )
