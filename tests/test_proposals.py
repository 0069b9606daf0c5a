import pandas as pd

from pipeline.themes.decisions import draft
from pipeline.themes.proposals import decided_before, passages


def members(*rows):
    return pd.DataFrame(rows, columns=["unit_id", "response_id", "start", "end", "text_id", "fit"])


def unit(n, length=30, fit=0.5, text=None):
    return (f"u{n}", f"r{n}", 0, length, text or f"t{n}", fit)


def reject(*responses, start=0, end=30):
    words = [{"response_id": r, "start": start, "end": end, "seen": "x"} for r in responses]
    return draft("reject_candidate", "anna", examples=words, seen="x")


def test_readable_and_fitting_words_come_first():
    table = members(unit(1, 5, 0.9), unit(2, 30, 0.3), unit(3, 30, 0.8), unit(4, 30, 0.7, "t3"), unit(5, 500, 0.9))
    assert [p.unit_id for p in passages(table)] == ["u3", "u2", "u1", "u5"]
    assert [p.unit_id for p in passages(table.iloc[::-1], most=1)] == ["u3"]


def test_a_candidate_is_known_by_its_words_whatever_it_is_called():
    now = {"X7": members(unit(1), unit(2), unit(3)), "X8": members(unit(4), unit(5))}
    decision = reject("r1", "r2", "r9")
    assert decided_before(now, [decision]) == {"X7": decision}
    assert decided_before(now, [reject("r1", "r9")]) == {}
    assert decided_before(now, [reject("r1", "r2", start=30, end=40)]) == {}


def test_of_a_broad_and_a_finer_one_the_decision_is_on_the_finer():
    now = {"B1": members(*map(unit, range(1, 7))), "C1": members(unit(1), unit(2), unit(3))}
    finer, broad = reject("r1", "r2", "r3"), reject("r1", "r4", "r5")
    assert decided_before(now, [finer]) == {"C1": finer}
    assert decided_before(now, [broad]) == {"B1": broad}
    assert decided_before(now, [finer, broad]) == {"C1": finer, "B1": broad}


def test_the_latest_decision_counts_and_others_are_passed_over():
    now = {"C1": members(unit(1), unit(2))}
    words = [{"response_id": "r1", "start": 0, "end": 30, "seen": "x"}]
    accept = draft("accept", "ben", theme_id="T9", name="Trust", examples=words, seen="x")
    note = draft("note", "ben", why="hm")
    assert decided_before(now, [reject("r1"), note, accept]) == {"C1": accept}
