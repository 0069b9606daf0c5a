"""Shards on a Dask cluster: the same rows, also when workers are killed, and one message for what goes wrong."""

import socket

import pyarrow as pa
import pytest
import shard_work

from pipeline.foundation import cluster as cluster_module
from pipeline.foundation import shards
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Params
from pipeline.foundation.shards import sharded, slices

pytestmark = pytest.mark.filterwarnings("ignore")
TEXTS = [f"answer {i} " + "x" * (i % 7) for i in range(40)]
WHOLE = {"text": TEXTS, "length": [len(text) for text in TEXTS]}


@pytest.fixture(scope="module")
def cluster():
    from distributed import LocalCluster

    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as found:
        yield found


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(address, **given):
    params = Params(engine="dask", scheduler=address)
    parts = slices(pa.table({"text": TEXTS}), 4)
    with sharded("count/2025", shard_work.lengths, parts, given, params) as results:
        return pa.concat_tables(results).to_pydict()


def test_a_cluster_gives_the_same_rows(cluster, project):
    assert run(cluster.scheduler_address) == WHOLE
    assert not (project / ".themebook").exists()


def test_a_killed_worker_changes_nothing(cluster, project):
    assert run(cluster.scheduler_address, dies=TEXTS[15], mark=str(project / "mark")) == WHOLE
    assert (project / "mark").exists()
    assert not (project / ".themebook").exists()


def test_a_failing_shard_is_one_error(cluster, project):
    with pytest.raises(ThemebookError, match=r"count/2025, shard 9 \(4 rows\) failed: ValueError in") as caught:
        run(cluster.scheduler_address, fails=TEXTS[35])
    assert TEXTS[35] not in str(caught.value)
    assert run(cluster.scheduler_address) == WHOLE


def test_a_worker_that_does_not_see_the_folder_says_so(cluster, project, monkeypatch):
    real = shards._laid_out

    def elsewhere(*args):
        for shard in real(*args):
            shard.source.unlink()
            yield shard

    monkeypatch.setattr(shards, "_laid_out", elsewhere)
    with pytest.raises(ThemebookError, match="all workers must share the project's folder"):
        run(cluster.scheduler_address)


def test_a_worker_with_other_code_is_refused(cluster, monkeypatch):
    monkeypatch.setattr(shards, "code_hash", lambda: "0" * 64)
    with pytest.raises(ThemebookError, match="has another version of themebook"):
        run(cluster.scheduler_address)


def test_a_scheduler_that_does_not_answer_is_one_message(monkeypatch):
    monkeypatch.setattr(cluster_module, "CONNECT_SECONDS", 2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ThemebookError, match=f"no Dask scheduler answers at tcp://127.0.0.1:{port}"):
        run(f"tcp://127.0.0.1:{port}")


def test_a_scheduler_without_workers_is_one_message(monkeypatch):
    from distributed import LocalCluster

    monkeypatch.setattr(cluster_module, "CONNECT_SECONDS", 2)
    with (
        LocalCluster(n_workers=0, processes=True, dashboard_address=None) as empty,
        pytest.raises(ThemebookError, match="has no workers"),
    ):
        run(empty.scheduler_address)
