"""Twenty thousand units: how long a request takes is printed; only what it shows decides."""

import statistics
import sys
import time

import pytest
from review_factory import Browser, write_project

QUERIES = (
    "",
    "?number=200",
    "?theme=T01",
    "?only=unsure",
    "?only=uncoded&wave=2021",
    "?text=meadow",
    "?segment=sector%3DPublic&question=change&text=copper",
    "?only=disagreement",
)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("many"))
        write_project(tmp_path_factory.getbasetemp() / "many0", people=6000)
        yield Browser()


def test_twenty_thousand_units(many, capsys):
    listed = many.desk.units
    assert len(listed.table) >= 20_000
    figures = []
    for query in QUERIES:
        many.get(f"/units{query}")
        for _ in range(3):
            begun = time.perf_counter()
            answer = many.get(f"/units{query}")
            figures.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200
    changed = []
    for name in ("One name", "Another name", "A third name"):
        many.post("/themes/T01/rename", name=name)
        begun = time.perf_counter()
        assert name in many.get("/units?theme=T01").text
        changed.append((time.perf_counter() - begun) * 1000)
    begun = time.perf_counter()
    assert many.get("/map").text.count("<circle") == 3_000
    drawn = (time.perf_counter() - begun) * 1000
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(listed.table):,} units: median {statistics.median(figures):.0f} ms a request, "
            f"at most {max(figures):.0f} ms; first after a decision {max(changed):.0f} ms; map {drawn:.0f} ms\n"
        )
