"""The public page with `suppress`: whoever reads everything off it cannot work out what is small."""

import pytest
from attacked import UNDER, recovered
from report_factory import codebook_of, inputs_of, survey_of

from pipeline.evidence.suppression import Suppressed
from pipeline.report import small
from pipeline.report.content import build_content
from pipeline.report.page import render


def made_of(people, seed=7, suppress=UNDER, waves=2, themes=8, **more):
    made = inputs_of(survey=survey_of(waves), codebook=codebook_of(themes), people=people, seed=seed, **more)
    made["survey"] = made["survey"].model_copy(update={"suppress": suppress})
    return made


CASES = [(people, seed) for people in (16, 24, 40, 80, 120) for seed in (1, 2, 3)]


@pytest.mark.parametrize(("people", "seed"), CASES)
def test_no_small_count_of_a_made_survey_can_be_worked_out(people, seed):
    made = made_of(people, seed, approve=seed % 3)
    found, targets, attack = recovered(render(build_content(**made), "public"), **made)
    assert not found
    assert len(targets) >= 20 or people >= 80
    assert attack.figures >= (0 if people < 24 else 10)


@pytest.mark.parametrize("people", [24, 40, 80])
def test_the_attacker_finds_what_is_not_hidden(people):
    made = made_of(people, suppress=0)
    found, targets, _ = recovered(render(build_content(**made), "public"), **made)
    assert found and len(found) >= len(targets) // 2


def test_the_attacker_subtracts_where_only_the_small_ones_are_hidden(monkeypatch):
    """With nothing hidden beside the small counts themselves, some are worked out."""

    def only_small(counts, relations, under):
        hidden = frozenset(key for key, count in counts.items() if count.shown and count.small(under))
        return Suppressed(hidden, frozenset(), {})

    monkeypatch.setattr(small, "suppress", only_small)
    lost = 0
    for people in (24, 40, 80):
        made = made_of(people, 3)
        lost += len(recovered(render(build_content(**made), "public"), **made)[0])
    assert lost
