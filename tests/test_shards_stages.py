"""Stages in shards: the same bytes as in one piece, in processes and on a Dask cluster."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.foundation.contracts import REDACTIONS, RESPONSES, SIGNS_OF_PROPOSALS, UNITS
from pipeline.foundation.tables import path_of, read_parts, write_table
from pipeline.stages import embed, segment
from pipeline.text import encoder
from pipeline.text.encoder import vectors_path

ROOT = Path(__file__).parents[1]
TEXTS = [
    f"{text} {i}"
    for i in range(3)
    for text in (
        "Julie and Dr Khan were lovely, but the food was cold.",
        "There is no parking\nand the signs are hard to read.",
        "Das Personal war sehr freundlich und hilfsbereit.",
        "Write to j.bloggs@example.org or ring 020 7946 0318.",
        "More chairs, cleaner toilets and better food for patients!",
        "Same.",
    )
] * 2


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with one wave of answers."""
    texts = [f"{text} {i % 5}" for i, text in enumerate(TEXTS)]
    responses = pd.DataFrame({"text": texts, "response_id": [f"r{i:03}" for i in range(len(texts))]}, dtype="str")
    responses["status"] = ["blank" if i % 7 == 6 else "answered" for i in range(len(texts))]
    (tmp_path / "models").symlink_to(ROOT / "models")
    (tmp_path / "params.yaml").write_text("seed: 1\n")
    monkeypatch.chdir(tmp_path)
    given = responses.assign(wave="2025", respondent_id=responses["response_id"], question_id="why", reason="")
    write_table(given, RESPONSES, "2025")
    return tmp_path


def written():
    return [path_of(contract, "2025").read_bytes() for contract in (UNITS, REDACTIONS, SIGNS_OF_PROPOSALS)]


def test_the_stage_writes_the_same_bytes_in_shards(project):
    segment.run("2025")
    whole = written()
    (project / "params.yaml").write_text("shard_rows: 13\nworkers: 2\n")
    segment.run("2025")
    assert written() == whole
    assert not (project / ".themebook").exists()


def test_a_wave_without_answers_has_empty_tables(project):
    responses = pd.concat([part.to_pandas() for part in read_parts(RESPONSES, "2025", list(RESPONSES.columns))])
    write_table(responses.assign(status="blank"), RESPONSES, "2025")
    segment.run("2025")
    assert [len(pd.read_parquet(path_of(c, "2025"))) for c in (UNITS, REDACTIONS, SIGNS_OF_PROPOSALS)] == [0, 0, 0]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_stages_write_the_same_bytes_on_a_cluster(project, monkeypatch):
    from distributed import LocalCluster

    for module in (encoder, embed):
        monkeypatch.setattr(module, "BLOCK", 16)
    (project / "params.yaml").write_text("embed: {cache: false}\n")
    segment.run("2025")
    embed.run("2025")
    whole = written(), vectors_path("2025").read_bytes()
    with LocalCluster(n_workers=2, threads_per_worker=2, processes=True, dashboard_address=None) as cluster:
        engine = f"engine: dask\nscheduler: {cluster.scheduler_address}\nshard_rows: 5\nembed: {{cache: false}}\n"
        (project / "params.yaml").write_text(engine)
        segment.run("2025")
        embed.run("2025")
    assert written() == whole[0]
    assert vectors_path("2025").read_bytes() == whole[1]
    assert not (project / ".themebook").exists()
