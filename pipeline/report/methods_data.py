"""The methods on data: who was asked and who answered, and what was done to the answers before they were coded."""

from __future__ import annotations

import pandas as pd

from pipeline.report import wording
from pipeline.report.inputs import Inputs
from pipeline.report.known import FEW, Known, facts, some
from pipeline.report.records import Fact
from pipeline.report.remainder import losses

_PERSONAL = {
    "NAME": ("name",),
    "EMAIL": ("e-mail address", "e-mail addresses"),
    "PHONE": ("phone number",),
    "POSTCODE": ("postcode",),
    "NHS_NUMBER": ("NHS number",),
    "NI_NUMBER": ("National Insurance number",),
    "HANDLE": ("name on a network", "names on networks"),
}


def sampling(inputs: Inputs) -> Known:
    """How those who were asked were chosen."""
    changed = _changed(inputs, "sampling", "others were asked than in the wave before")
    return Known(text=(wording.SAMPLING[inputs.survey.sampling], *changed))


def administration(inputs: Inputs) -> Known:
    """What was asked, and what was done otherwise from wave to wave."""
    kept = [q for q in inputs.survey.questions.values() if q.kind != "ignore"]
    closed = sum(q.kind != "open" and not q.attribute for q in kept)
    open_ones = sum(q.kind == "open" for q in kept)
    attributes = sum(q.attribute for q in kept)
    asked = ((open_ones, "open"), (closed, "closed"), (attributes, "on who answers"))
    return Known(
        text=_changed(inputs, "mode", "the survey was run otherwise than in the wave before"),
        facts=facts(
            ("Waves", ", ".join(inputs.waves)),
            ("Questions", ", ".join(f"{wording.number(n)} {what}" for n, what in asked if n)),
        ),
    )


def _changed(inputs: Inputs, what: str, meaning: str) -> tuple[str, ...]:
    waves = ((name, getattr(wave.changed, what)) for name, wave in inputs.survey.waves.items())
    return tuple(f"In {name} {meaning}: {wording.tame(said)}" for name, said in waves if said)


def response(inputs: Inputs) -> Known:
    """How many of those invited answered, and how many of those asked answered each question."""
    counts = inputs.tables["respondents"].groupby("wave")["respondent_id"].nunique()
    invited = {name: wave.invited for name, wave in inputs.survey.waves.items()}
    people = [
        (name, wording.wave_line(name, int(counts.get(name, 0)), n).removeprefix(f"{name}: "))
        for name, n in invited.items()
    ]
    unknown = "" if all(invited.values()) else "how many people were invited; "
    return Known(
        text=(
            "A response rate is here the respondents in the file, of those recorded as invited. The view, "
            "participation and completion rates of CHERRIES count visitors to the pages of a survey; an export does "
            "not hold them, so they cannot be told here.",
            "Of those who did not answer the file says nothing.",
        ),
        measured=facts(*people, *_open_answered(inputs), *_closed_answered(inputs)),
        open=f"{unknown}who was not reached, and how those who did not answer may differ from those who did",
    )


def _open_answered(inputs: Inputs) -> list[tuple[str, str]]:
    """Who wrote an answer to each open question, of those asked; several columns of one question count once."""
    table = inputs.tables["responses"]
    asked = table[table["status"] != "not_asked"]
    key = ["question_id", "wave"]
    of = asked.groupby(key)["respondent_id"].nunique()
    wrote = asked[asked["status"] == "answered"].groupby(key)["respondent_id"].nunique()
    lines = []
    for question_id in inputs.survey.open_questions:
        said = [
            f"{wave}: {wording.percent(n / base)} wrote an answer ({wording.of_base(n, base)} asked)"
            for wave in inputs.waves
            if (base := int(of.get((question_id, wave), 0)))
            for n in [int(wrote.get((question_id, wave), 0))]
        ]
        lines.append((wording.plain(inputs.title(question_id), 160), "; ".join(said)))
    return lines


def _closed_answered(inputs: Inputs) -> list[tuple[str, str]]:
    """Say between which shares of those asked answered the closed questions, those on who answers included."""
    table = inputs.tables["figures"].drop_duplicates(["wave", "question_id"])
    said = []
    for wave in inputs.waves:
        mine = table[(table["wave"] == wave) & (table["asked"] > 0)]
        if len(mine):
            shares = (mine["base"] / mine["asked"]).clip(upper=1)
            least, most = wording.percent(shares.min()), wording.percent(shares.max())
            between = least if least == most else f"between {least} and {most}"
            which = f"each of {len(mine)} was" if len(mine) > 1 else "it was"
            said.append(f"{wave}: {which} answered by {between} of those asked")
    return [("Questions with fixed answers", "; ".join(said))]


def entries(inputs: Inputs) -> Known:
    """How respondents are told apart, and how many answered exactly as another did."""
    with_id = {bool(inputs.survey.id_column(wave)) for wave in inputs.waves}
    text = []
    if True in with_id:
        text.append(
            "Respondents are known by the ids of the file; an id that stands twice in a wave stops the run. Ids that "
            "look like a name or an e-mail address are replaced by a hash."
        )
    if False in with_id:
        where = "A file without ids" if True in with_id else "The file has no ids: it"
        text.append(f"{where} has one respondent a row, and exact copies of a row count as respondents of their own.")
    text.append("Nobody was left out as a duplicate.")
    alike = _alike(inputs)
    said = "; ".join(f"{wave}: {some(n, 'respondent')}" for wave, n in alike.items())
    return Known(text=tuple(text), measured=facts(("Answered every question exactly as another respondent", said)))


def _alike(inputs: Inputs) -> dict[str, int]:
    """Count those of each wave who wrote something, and answered every question exactly as another did."""
    responses = inputs.tables["responses"].rename(columns={"text": "value"})
    names = ["wave", "respondent_id", "question_id", "value"]
    every = pd.concat([responses[names], inputs.tables["closed"][names]], ignore_index=True)
    every["mark"] = pd.util.hash_pandas_object(every[["question_id", "value"]], index=False)
    person = every.groupby(["wave", "respondent_id"])["mark"].sum()
    wrote = responses[responses["status"] == "answered"][["wave", "respondent_id"]].drop_duplicates()
    mine = person[pd.MultiIndex.from_frame(wrote)].reset_index()
    copies = mine[mine.duplicated(["wave", "mark"], keep=False)]
    return {wave: int((copies["wave"] == wave).sum()) for wave in inputs.waves}


def incomplete(inputs: Inputs) -> Known:
    """What was done with questionnaires that were not filled in to the end."""
    return Known(
        text=(
            "Whoever is in the file with any answer is a respondent, however far they got. A question left blank "
            "counts in no base of that question, and no answer was filled in by estimation.",
            "Nobody was left out for the time taken to answer.",
        )
    )


def units(inputs: Inputs) -> Known:
    """What is counted, and what is coded."""
    responses, table = inputs.tables["responses"], inputs.tables["units"]
    answers = int((responses["status"] == "answered").sum())
    passages = int((table["n"] > 0).sum())
    least = wording.counted(inputs.params.segment.min_words, "word")
    return Known(
        text=(
            "A share counts respondents: each once, however much they wrote and in however many answers.",
            f"An answer is what one respondent wrote to one question. It was split into passages of {least} or more "
            "that each say one thing; themes were given to answers and to passages.",
        ),
        measured=facts(
            ("Respondents", wording.number(len(inputs.tables["respondents"]))),
            ("Answers", wording.number(answers)),
            ("Passages", wording.number(passages)),
            ("Languages of the answers", _languages(table, inputs.params.segment.language)),
        ),
    )


def _languages(units: pd.DataFrame, usual: str) -> str:
    """Say how the answers spread over languages; those of few answers together."""
    counts = units.drop_duplicates("response_id")["language"].value_counts()
    named = [(str(name), int(n)) for name, n in counts.items() if n >= FEW]
    rest = int(counts.sum()) - sum(n for _, n in named)
    said = [f"{name} {wording.percent(n / counts.sum())}" for name, n in sorted(named, key=lambda x: (-x[1], x[0]))]
    said += ["a few in others"] if rest else []
    return f"{', '.join(said)}; told by machine, and {usual} where an answer is too short to tell" if said else ""


def cleaning(inputs: Inputs) -> Known:
    """What became of the cells of the raw files."""
    found = losses(inputs)
    counts: dict[tuple[bool, str, str], int] = {}
    why: dict[tuple[str, str], int] = {}
    for loss in found:
        key = (bool(loss.question_id), loss.wave, loss.status)
        counts[key] = counts.get(key, 0) + loss.n
        if loss.question_id and loss.reason:
            why[loss.status, loss.reason] = why.get((loss.status, loss.reason), 0) + loss.n
    return Known(
        text=(
            "Raw files are read and never changed. Every cell has one status: answered, non-answer (such as “n/a”), "
            "blank, not asked or excluded, and the five add up to all cells of the file. Non-answers are told by a "
            "list of phrases; the text of an answer is not corrected.",
        ),
        measured=_sums("Cells of the open questions", counts, True),
        team=_sums("All cells of the file", counts, False)
        + facts(
            *(
                (f"Why: {wording.STATUS[status]}", f"{reason} ({wording.number(n)})")
                for (status, reason), n in sorted(why.items(), key=lambda item: (item[0][0], -item[1], item[0][1]))
            )
        ),
    )


def _sums(what: str, counts: dict[tuple[bool, str, str], int], of_open: bool) -> tuple[Fact, ...]:
    waves = dict.fromkeys(wave for is_open, wave, _ in counts if is_open == of_open)
    lines = []
    for wave in waves:
        mine = {s: counts[of_open, wave, s] for s in wording.STATUS if counts.get((of_open, wave, s))}
        each = ", ".join(f"{wording.number(n)} {wording.STATUS[status]}" for status, n in mine.items())
        lines.append((f"{what}, {wave}", f"{wording.number(sum(mine.values()))}: {each}"))
    return facts(*lines)


def personal(inputs: Inputs) -> Known:
    """What personal data were found in the answers, and how they are kept from being shown."""
    table = inputs.tables["redactions"]
    counts = table["type"].value_counts().to_dict()
    kinds = sorted(counts, key=lambda kind: (-counts[kind], kind))
    names = (
        "Names of people were sought by machine in answers in English."
        if inputs.params.segment.mask_names
        else "Names of people were not sought (`mask_names` in params.yaml is off)."
    )
    return Known(
        text=(
            "E-mail addresses, phone numbers, postcodes and the like were sought in the answers by their form. "
            f"{names} Wherever words are shown, a mark such as [NAME] stands in place of what was found. No search "
            "finds everything: people read each quote before it is published.",
        ),
        measured=facts(("Masked", ", ".join(some(counts[kind], *_PERSONAL.get(kind, (kind,))) for kind in kinds))),
    )
