from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report import wording
from pipeline.report.records import Cell


def spaced(text: str) -> str:
    return text.replace(wording.NBSP, " ")


def cell(n: int, base: int, method: str = "person", **more: float) -> Cell:
    return Cell(wave="2025", base=base, n=n, share=n / base if base else None, method=method, **more)


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0 %"),
        (0.0001, "under 1 %"),
        (0.00499, "under 1 %"),
        (0.005, "1 %"),
        (0.125, "13 %"),
        (0.285, "29 %"),
        (0.99499, "99 %"),
        (0.995, "over 99 %"),
        (1.0, "100 %"),
        (math.nan, "not known"),
        (None, "not known"),
    ],
)
def test_percent_is_whole_and_exact_only_at_its_ends(share, said):
    assert spaced(wording.percent(share)) == said


@given(st.floats(0, 1))
def test_percent_never_says_none_or_all_of_a_part(share):
    said = spaced(wording.percent(share))
    assert (said == "0 %") == (share == 0)
    assert (said == "100 %") == (share == 1)


@given(st.integers(1, 5000).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base))))
def test_whole_is_within_half_a_point(counts):
    n, base = counts
    assert abs(wording.whole(n / base) - 100 * n / base) <= 0.5 + 1e-9


def test_mention_says_share_count_and_base():
    assert spaced(wording.mention(cell(83, 268))) == "Mentioned by 31 % of those who answered (83 of 268)."
    assert wording.mention(cell(268, 268)) == "Mentioned by all of those who answered (268 of 268)."
    assert wording.mention(cell(0, 268)) == "Mentioned by none of the 268 who answered."
    assert wording.mention(cell(0, 0)) == "No codable answers to count."


def test_a_corrected_share_does_not_quote_the_machines_count():
    said = spaced(wording.mention(Cell(wave="2025", base=268, n=83, share=0.25, method="corrected")))
    assert said == "Mentioned by an estimated 25 % of those who answered (base 268)."


def test_a_weighted_share_is_called_so():
    assert wording.of_cell(Cell(wave="1", base=10, n=5, share=0.62)) == "5 of 10, weighted"
    assert wording.of_cell(Cell(wave="1", base=10, n=5, share=0.5)) == "5 of 10"


def test_method_says_machine_counts_plainly_and_gives_an_interval_where_there_is_one():
    assert wording.method(cell(5, 10, "uncorrected"), 0.95) == "Counted by machine: uncorrected and unvalidated."
    assert spaced(wording.method(cell(5, 10, low=0.24, high=0.76), 0.95)).endswith("95 % interval: 24 to 76 %.")
    assert wording.method(None, 0.95) == ""


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        (0.04, "up 4 points since 2025 (not tested)"),
        (-0.01, "down 1 point since 2025 (not tested)"),
        (0.004, "up less than 1 point since 2025 (not tested)"),
        (0.0, "the same as in 2025"),
    ],
)
def test_change_is_in_points_and_not_tested(difference, said):
    assert wording.change(difference, "2025") == said


def test_more_respondents_than_invited_gives_no_rate():
    assert "%" not in wording.wave_line("2025", 30, 20)


def test_tame_and_plain_leave_no_control_character_direction_mark_or_half_surrogate():
    nasty = "a\x00b\u202ec\u2066d\ud800e\nf"
    assert wording.plain(nasty) == "a\ufffdbcd\ufffde f"
    wording.tame(nasty).encode("utf-8")
    assert len(wording.plain("x" * 40_000)) == 300


def test_stability_borders():
    said = [wording.stability(v, 19, 20).split(": ")[1] for v in (0.85, 0.84, 0.75, 0.74, 0.6, 0.59)]
    assert said[0] == "very stable" and said[1] == said[2] == "stable"
    assert said[3] == said[4] == "a pattern with uncertain borders" and said[5] == "not stable"
    assert wording.stability(0.9, 19, 20).startswith("found again in 19 of 20 resamples")
    unmeasured = wording.stability(None, 0, 0), wording.stability(math.nan, 0, 20), wording.stability(0.9, 0, 0)
    assert set(unmeasured) == {"stability not measured"}
    assert wording.stability_details(None, None, None, None) == ""
