"""Agreement: the figures of the textbooks, held-out predictions only."""

import pandas as pd
import pytest

from pipeline.evidence.agreement import measure_agreement
from pipeline.themes.gold import Gold


def case(pairs, samples=None, by_person=True):
    """Held-out rows from ``[(response, theme, said, given)]``."""
    table = pd.DataFrame(pairs, columns=["response_id", "theme_id", "mentioned", "given"])
    ids = sorted(set(table["response_id"]))
    responses = pd.DataFrame({"response_id": ids, "sample": samples or ["random"] * len(ids), "by_person": by_person})
    codes = table.loc[table["given"], ["response_id", "theme_id"]]
    return table.assign(probability=table["mentioned"] * 1.0), Gold(responses, codes, {}, 0)


def test_kappa_of_a_known_table():
    # Cohen's example form: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no gives 0.4.
    counts = [(True, True, 20), (True, False, 5), (False, True, 10), (False, False, 15)]
    pairs = [(f"r{said}{given}{i}", "T", said, given) for said, given, n in counts for i in range(n)]
    figures = measure_agreement(*case(pairs))
    assert figures["kappa"] == pytest.approx(0.4)
    assert figures["precision"] == pytest.approx(0.8)
    assert figures["recall"] == pytest.approx(2 / 3, abs=1e-6)
    assert figures["micro_f1"] == pytest.approx(40 / 55, abs=1e-6)
    assert figures["brier"] == pytest.approx(15 / 50)


def test_perfect_and_none():
    assert measure_agreement(*case([("a", "T", True, True), ("b", "T", False, False)]))["kappa"] == 1
    assert measure_agreement(*case([("a", "T", False, True), ("b", "T", False, False)]))["micro_f1"] == 0


def test_active_draws_do_not_count_where_there_are_random_ones():
    figures = measure_agreement(*case([("a", "T", True, True), ("b", "T", True, False)], samples=["random", "active"]))
    assert figures["answers"] == 1
    assert figures["precision"] == 1


def test_rare_themes_are_left_out_of_the_mean():
    pairs = [(f"r{i}", "T", True, True) for i in range(5)] + [("r0", "U", False, True)]
    figures = measure_agreement(*case(pairs))
    assert figures["macro_f1"] == 1
    assert "f1_U" not in figures


def test_nothing_coded_gives_no_figure():
    table, gold = case([("a", "T", True, True)])
    assert measure_agreement(table.iloc[:0], gold) == {}


def test_a_machine_reader_shows():
    assert measure_agreement(*case([("a", "T", True, True)], by_person=False))["read_by_people"] == 0
