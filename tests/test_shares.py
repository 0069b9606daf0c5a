"""Shares by hand-made cells: what people read, what weighs nothing, and what a plan makes of both."""

import numpy as np
import pandas as pd
import pytest

from pipeline.evidence.shares import ways


def group(n, **more):
    given = np.arange(n) % 5 == 0
    table = pd.DataFrame({"wave": "w", "respondent_id": [f"r{i:04d}" for i in range(n)], "question_id": "q"})
    table = table.assign(theme_id="T", mentioned=given, given=given, predicted=given * 0.8, read=False, known=False)
    return table.assign(**{"person": False, "settled": False, "blind": False, "barred": False, "weight": 1.0, **more})


def test_people_read_all_where_they_read_all_but_non_answers_of_known_meaning():
    settled = np.arange(100) == 99
    (share,) = ways(group(100, person=~settled, read=~settled, known=~settled, settled=settled), 1, 0.95, False)
    assert share.method == "person" and share.low < share.share == pytest.approx(0.2) < share.high
    assert "person" not in {each.method for each in ways(group(100, settled=True), 1, 0.95, False)}
