"""Sentences with figures in braces, as spans: “Most leaders ({share:62%}) …”. All are invented for illustration.

`{share:31%}` is a share (`{share:50.3%}` to a tenth, `{share:31%, 2024}` of a wave), `{count:83}` a count,
`{name:Time}` a name that belongs to the share of the same number in the sentence, `{change:+4, before 27%, difference}`
a change in points with what a test found (`difference`, `none`, or left out; `{change:+4, 2025}` to a wave),
`{quote:words}` a quote. `|` is a line break.
"""

from __future__ import annotations

import re

from pipeline.report.claims import faults
from pipeline.report.records import Figure, Quote, Span
from pipeline.report.wording import percent, points

_PLACE = re.compile(r"\{(share|count|name|change|quote):([^}]*)\}|(\|)")
QUOTE = dict.fromkeys(("theme_id", "question_id", "kind", "response_id", "wave", "segment", "segment_label"), "")


def figure(kind: str, said: str, at: int, among: str = "") -> Figure:
    if kind == "count":
        number = float(said.replace(",", ""))
        return Figure(reference=f"n:x{at}", text=f"{number:,.0f}", about="", kind="count", value=number)
    if kind == "name":
        return Figure(reference=f"theme:T{at}", text=said, about="")
    if kind == "share":
        size, _, wave = said.partition(", ")
        share = float(size.rstrip("% ")) / 100
        made = {"reference": f"theme:T{at}.share", "text": percent(share), "about": "", "kind": "share"}
        return Figure(**made, value=share, among=among, wave=wave)
    difference, *rest = (part.strip() for part in said.split(","))
    value = round(float(difference.split()[0]) / 100, 6)
    before = next((float(p.removeprefix("before ").rstrip("% ")) / 100 for p in rest if p.startswith("before")), None)
    tested = rest[-1] if rest and rest[-1] in ("difference", "none") else ""
    made = {"reference": f"change:T{at}", "text": points(value), "about": "", "kind": "change"}
    wave = next((part for part in rest if part.isdigit()), "")
    return Figure(**made, value=value, before=before, tested=tested, wave=wave)


def spans(text: str, among: str = "") -> list[Span]:
    made, end, at = [], 0, 0
    for match in _PLACE.finditer(text):
        if match.start() > end:
            made.append(Span(text=text[end : match.start()]))
        end = match.end()
        if match[3]:
            made.append(Span(text="", style="break"))
        elif match[1] == "quote":
            quote = Quote(**QUOTE, quote_id="Q1", segment_base=0, rank=1, display=match[2], approved=True)
            made.append(Span(text=match[2], quote=quote))
        else:
            at += 1
            own = figure(match[1], match[2], at, among)
            made.append(Span(text=own.text, figure=own))
    return [*made, Span(text=text[end:])] if end < len(text) else made


def rivals(shares: str) -> dict[str, list[Figure]]:
    """The figures that a sentence's shares are ranked with, from “45 31 20 8”."""
    every = [float(share) / 100 for share in shares.split()]
    made = [
        Figure(reference=f"theme:R{i}.share", text=percent(x), about="", kind="share", value=x, among="q")
        for i, x in enumerate(every)
    ]
    return {"q": made} if made else {}


def found(text: str, ranked: str = "") -> list[str]:
    made, ranking = spans(text, "q" if ranked else ""), rivals(ranked)
    own = {s.figure.value: s.figure for s in made if s.figure is not None and s.figure.kind == "share"}
    ranking = {name: [own.get(figure.value, figure) for figure in among] for name, among in ranking.items()}
    return [fault.said for fault in faults(made, ranking)]
