"""What people propose about each theme, and which answers read like the other side of what was ticked."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.evidence.contradictions import FEWEST
from pipeline.evidence.proposing import count_proposing
from pipeline.report import wording
from pipeline.report.inputs import Inputs
from pipeline.report.records import Cell, Contradiction, Proposed, Quote, SegmentTable
from pipeline.survey.asking import asks
from pipeline.text.boundaries import count_words

# A proposal is shown only if it has as many words as say something, and few enough to be read at a glance.
FEWEST_WORDS, MOST_WORDS = 3, 20
MOST = 5
# Two in a hundred units that propose nothing are taken for proposals (record 0016); under this share they may be most.
RARE = 0.1
# A reason is called typical of a side from this difference between the shares on.
TYPICAL = 0.1
_LISTED = 50


def proposed(
    inputs: Inputs, theme_id: str, questions: Sequence[str], wave: str, quotes: Sequence[Quote]
) -> Proposed | None:
    """Tell how many of those who mention a theme propose something about it, with the shortest clear proposals.

    Parameters
    ----------
    inputs : Inputs
    theme_id : str
    questions : sequence of str
        The open questions at which the theme is told.
    wave : str
        The latest wave.
    quotes : sequence of Quote
        The theme's quotes; those that lie within a proposing unit, or hold one, are listed.

    Returns
    -------
    Proposed or None
        None where nobody proposes anything about it.
    """
    mine = inputs.proposing[inputs.proposing["theme_id"] == theme_id]
    mentions = inputs.tables["mentions"]
    n, base = count_proposing(mentions[mentions["theme_id"] == theme_id], mine, questions, wave)
    if not n:
        return None
    said = {"wave": wave, "base": base, "n": n, "share": n / base}
    count = wording.of_base(n, base)
    sentence = f"{count} who mention it in {wave} propose something about it, as the machine reads them."
    if n < RARE * base:
        sentence += " So few may be the machine’s mistakes; none is shown."
        return Proposed(cell=Cell(**said), sentence=sentence, examples=(), quotes=())
    places: dict[str, list[tuple[int, int]]] = {}
    rows = []
    for row in mine.itertuples(index=False):
        places.setdefault(row.response_id, []).append((row.start, row.end))
        own_wave, question_id, text = inputs.responses[row.response_id]
        words = count_words(text[row.start : row.end])
        if own_wave == wave and question_id in questions and FEWEST_WORDS <= words <= MOST_WORDS:
            rows.append((-row.score, -round(row.probability, 6), words, row.response_id, row.start, row.end))
    # Of the surest by rule and theme, the shortest are shown.
    surest = sorted(sorted(rows)[: 3 * MOST], key=lambda r: (r[2], r[3], r[4]))
    shown = list(dict.fromkeys(inputs.show(r, s, e) for *_, r, s, e in surest))
    return Proposed(
        cell=Cell(**said),
        sentence=sentence,
        examples=tuple(shown[:MOST]),
        quotes=tuple(q for q in quotes if _proposes(inputs, q, places))[:MOST],
    )


def _proposes(inputs: Inputs, quote: Quote, places: dict[str, list[tuple[int, int]]]) -> bool:
    """Do a quote and a proposing unit share words?"""
    spans = inputs.quote_spans.get(quote.quote_id, ())
    return any(s < end and start < e for start, end in spans for s, e in places.get(quote.response_id, ()))


def contradiction(inputs: Inputs, open_id: str) -> Contradiction | None:
    """Tell how many answers to an open question read like another side than the one their writers ticked."""
    if len(inputs.survey.questions[open_id].sides) < 2:
        return None
    table = inputs.tables["contradictions"]
    mine = table[table["question_id"] == open_id]
    if mine.empty:
        few = f"fewer than {FEWEST} answers on a side are too few to learn how that side writes"
        return Contradiction(sentence=f"Whether answers contradict the box ticked cannot be told: {few}.", answers=())
    found = mine[mine["to_read"]].sort_values(["probability", "response_id"], ascending=[False, True])
    sentence = (
        f"{wording.of_base(len(found), len(mine))} answers read, to the machine, like another side than was ticked. "
        "They are listed for reading and prove nothing: in a trial on patients’ feedback two of three such answers did "
        "not contradict the box. How often it happens is for readers to say."
    )
    rows = found.head(_LISTED).to_dict("records")
    answers = tuple(
        f"{wording.tame(r['side'])}, reads like {wording.tame(r['reads_like'])}: {inputs.show(r['response_id'])}"
        for r in rows
    )
    return Contradiction(sentence=sentence, answers=answers)


def typical(tables: Sequence[SegmentTable], few: int) -> tuple[str, ...]:
    """Say in words which reasons one side mentions clearly more often than each other side.

    Parameters
    ----------
    tables : sequence of SegmentTable
        Shares of each reason by side.
    few : int
        Sides with a smaller base are not compared.

    Returns
    -------
    tuple of str
        One sentence a reason whose share on one side is at least `TYPICAL` above that of every other; widest first.
    """
    found = []
    for table in tables:
        rows = [row for row in table.rows if row.cell.base >= few and row.cell.share is not None]
        ranked = sorted(rows, key=lambda row: (-(row.cell.share or 0.0), row.value))
        if len(ranked) < 2 or (gap := (ranked[0].cell.share or 0.0) - (ranked[1].cell.share or 0.0)) < TYPICAL:
            continue
        if ranked[0].against.startswith(("no evidence", "too few")):
            continue
        first, *rest = (f"{wording.percent(r.cell.share or 0.0)} of {wording.number(r.cell.base)}" for r in ranked)
        others = " and ".join(f"{share} {row.value}" for share, row in zip(rest, ranked[1:], strict=True))
        known = f"; {ranked[0].against}" if ranked[0].against else "; not tested"
        found.append((-gap, f"{table.title}: typical of {ranked[0].value} ({first}, against {others}{known})."))
    return tuple(sentence for _, sentence in sorted(found))


ASKS = {
    "proposals": "Taken to ask for proposals, so that “More staff” is one.",
    "reasons": "Taken to ask for reasons or for anything at all: only words such as “should” or “please” propose.",
    "experience": "Taken to ask what was experienced: only words such as “should” or “please” propose.",
}


def taken_to_ask(inputs: Inputs, question_id: str) -> str:
    """Say what an open question was taken to ask for, and where a person may say otherwise."""
    if question_id not in inputs.survey.open_questions:
        return ""
    question = inputs.survey.open_questions[question_id]
    by = "as survey.yaml says" if question.asks else "by its words; `asks` in survey.yaml says otherwise"
    return f"{ASKS[asks(question)]} ({by})"
