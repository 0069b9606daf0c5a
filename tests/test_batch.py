"""Decisions of a workbook: whatever a reviewer writes, it is a named problem or stands without conflict, once."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.review.batch import take_all
from pipeline.review.book_rows import NO_THEME, QUOTES, THEMES, UNITS, Known, Target, read_sheets
from pipeline.themes.codebook import Codebook, Theme
from pipeline.themes.coded_rows import shown_fingerprint
from pipeline.themes.decisions import draft
from pipeline.themes.replay import replay, seen_of

BOOK = "abcdef0123"
NAMES = {"T1": "Trust", "T2": "Time", "T3": "Money", "T4": "Hope"}
TEXTS = {"r1": "more time and trust", "r2": "money, please"}
BASE = Codebook(themes=tuple(Theme(id=i, name=name, definition=f"On {name}.") for i, name in NAMES.items()))
SPANS = {"r1": [[0, 9]], "r2": [[0, 5]]}
STANDING = replay(BASE, [], TEXTS)


def target(sheet, row_id, shown, fields, *acts, **what):
    seen = {act: seen_of(act, STANDING, TEXTS, **what) for act in acts}
    return Target(sheet, row_id, shown_fingerprint(shown), seen, fields)


def known():
    made = []
    for theme in BASE.themes:
        fields = {"name": theme.name, "definition": theme.definition, "include": "", "exclude": ""}
        made.append(
            target(THEMES, theme.id, theme.name, fields, "rename", "redefine", "merge", "retire", theme_id=theme.id)
        )
    for response_id, theme_id in (("r1", "T1"), ("r1", "T2"), ("r2", "")):
        place = {"response_id": response_id, "start": 0, "end": 9, "theme_id": theme_id}
        made.append(target(UNITS, f"U{response_id}{theme_id}", "words", place, "reassign", **place, into=""))
    for response_id, spans in SPANS.items():
        what = {"theme_id": "T1", "response_id": response_id, "spans": tuple(map(tuple, spans))}
        printed = TEXTS[response_id][spans[0][0] : spans[0][1]]
        fields = {**what, "spans": spans, "clarifications": [], "kind": "pull", "printed": printed}
        acts = ("approve_quote", "reject_quote", "pin_quote", "clarify_quote")
        made.append(target(QUOTES, f"Q{response_id}", printed, fields, *acts, **what))
    return Known({(t.sheet, t.id): t for t in made}, (), BASE, TEXTS, {})


KNOWN = known()
NAME = st.sampled_from(["", "", "Alpha", "Beta", "time"])
THEME = st.fixed_dictionaries(
    {
        "name": NAME,
        "definition": st.sampled_from(["", "Anew."]),
        "retire": st.sampled_from(["", "", "", "retire"]),
        "merge into": st.sampled_from(["", "", "", *NAMES.values()]),
    }
)
UNIT = st.sampled_from(["", *NAMES.values(), NO_THEME])
QUOTE = st.tuples(st.sampled_from(["", "approve", "reject", "pin"]), st.booleans())


def sheets(themes, units, quotes):
    """What stands in the sheets after a person has written in them; empty means left as it was."""
    rows = {THEMES: [], UNITS: [], QUOTES: []}
    for number, (i, cells) in enumerate(zip(NAMES, themes, strict=True), 2):
        was = KNOWN.targets[THEMES, i].fields
        texts = {"name": cells["name"] or was["name"], "definition": cells["definition"] or was["definition"]}
        apart = {"retire": cells["retire"], "merge into": cells["merge into"]}
        rows[THEMES].append((number, {"id": i, "theme": was["name"], "include": "", "exclude": "", **texts, **apart}))
    for number, ((_, i), to) in enumerate(zip([k for k in KNOWN.targets if k[0] == UNITS], units, strict=True), 2):
        rows[UNITS].append((number, {"id": i, "words": "words", "give to": to}))
    for number, (r, (decision, edited)) in enumerate(zip(SPANS, quotes, strict=True), 2):
        printed = KNOWN.targets[QUOTES, f"Q{r}"].fields["printed"]
        cells = {"decision": decision, "printed as": printed[:4] if edited else printed}
        rows[QUOTES].append((number, {"id": f"Q{r}", "quote": printed, **cells}))
    return rows


WRITTEN = st.builds(
    sheets,
    st.lists(THEME, min_size=4, max_size=4),
    st.lists(UNIT, min_size=3, max_size=3),
    st.lists(QUOTE, min_size=2, max_size=2),
)


@settings(max_examples=150, deadline=None)
@given(first=WRITTEN, then=WRITTEN)
def test_what_is_no_problem_stands_without_conflict_and_once(first, then):
    decisions = []
    for written in (first, then):
        found = read_sheets(written, KNOWN)
        if found.problems:
            continue
        taken = take_all(found.wanted, "ann", BOOK, BASE, decisions, TEXTS)
        assert taken.problems == []
        assert len(taken.decisions) + taken.again == len(found.wanted)
        # The second time the reviewer may contradict what this workbook ended itself; the first time never.
        if not decisions:
            assert taken.conflicts == ()
        decisions += taken.decisions
        assert len({d.id for d in decisions}) == len(decisions)
        again = take_all(found.wanted, "ann", BOOK, BASE, decisions, TEXTS)
        assert again.decisions == ()
        assert again.again == len(found.wanted)


@settings(max_examples=100, deadline=None)
@given(written=WRITTEN, theme=st.sampled_from(list(NAMES)), act=st.sampled_from(["rename", "redefine", "retire"]))
def test_what_another_changed_meanwhile_is_a_conflict_and_the_rest_is_taken(written, theme, act):
    fields = {"rename": {"name": "Other"}, "redefine": {"definition": "Other."}, "retire": {}}[act]
    theirs = draft(act, "bob", theme_id=theme, **fields)
    theirs = theirs.model_copy(update={"seen": seen_of(act, STANDING, TEXTS, theme_id=theme)})
    found = read_sheets(written, KNOWN)
    if found.problems:
        return
    taken = take_all(found.wanted, "ann", BOOK, BASE, [theirs], TEXTS)
    assert len(taken.decisions) == len(found.wanted)
    struck = {c.decision.id for c in taken.conflicts}
    for want, decision in zip(found.wanted, taken.decisions, strict=True):
        involved = theme in (want.fields.get("theme_id"), want.fields.get("into"))
        if not involved:
            assert decision.id not in struck
        if want.act == act == "rename" and involved:
            assert decision.id in struck
    assert theirs.id not in struck
