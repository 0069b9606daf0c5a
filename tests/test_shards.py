"""Shards: the same rows however the work is cut and wherever it runs, and nothing done twice or left over."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shard_work
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.foundation import shard, shards
from pipeline.foundation.cores import allowed_cores
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.params import Params
from pipeline.foundation.shards import FOLDER, sharded, slices

TEXTS = [f"answer {i} " + "x" * (i % 7) for i in range(40)]
HERE = Params(workers=1)
TWO = Params(workers=2)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(params, rows=10, texts=TEXTS, function=shard_work.lengths, **given):
    parts = slices(pa.table({"text": texts}), rows)
    with sharded("count/2025", function, parts, given, params) as results:
        return list(results)


def table(results):
    return pa.concat_tables(results).to_pydict()


WHOLE = {"text": TEXTS, "length": [len(text) for text in TEXTS]}


def nothing_left(project):
    return not (project / ".themebook").exists()


def test_one_shard_is_done_here_without_files(project, monkeypatch):
    monkeypatch.setattr(shards, "_make", lambda folder: pytest.fail("no folder is needed"))
    assert table(run(TWO, rows=40)) == WHOLE
    assert run(TWO, texts=[]) == []
    assert nothing_left(project)


def test_processes_give_the_same_rows(project):
    assert table(run(TWO)) == WHOLE == table(run(HERE))
    assert nothing_left(project)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=12), st.integers(1, 13))
def test_any_shard_size_gives_the_same_rows(texts, rows):
    results = run(HERE, rows=rows, texts=texts)
    whole = shard_work.lengths(pa.table({"text": pa.array(texts, pa.string())}), {})
    assert sum((r.to_pylist() for r in results), []) == whole.to_pylist()
    arrays = run(HERE, rows=rows, texts=texts, function=shard_work.vectors)
    assert np.array_equal(
        np.vstack([*arrays, np.empty((0, 2))]), np.array([[len(t), ord(t[0])] for t in texts]).reshape(-1, 2)
    )


def test_vectors_keep_their_type(project):
    results = run(HERE, function=shard_work.vectors)
    assert [r.dtype for r in results] == [np.float32] * 4
    assert np.vstack(results)[:, 0].tolist() == WHOLE["length"]


def interrupted(**given):
    """A run that stops after its shards are done and before the table is written."""
    with (
        pytest.raises(RuntimeError, match="the disk is full"),
        sharded("count/2025", shard_work.lengths, slices(pa.table({"text": TEXTS}), 10), given, HERE),
    ):
        raise RuntimeError("the disk is full")


def test_what_is_done_is_not_done_again(project):
    calls = str(project / "calls")
    interrupted(calls=calls)
    assert len(Path(calls).read_text().splitlines()) == 4
    assert table(run(HERE, calls=calls)) == WHOLE
    assert len(Path(calls).read_text().splitlines()) == 4
    assert nothing_left(project)


@pytest.mark.parametrize("change", ["settings", "code", "input", "size"])
def test_other_work_is_done_anew(project, monkeypatch, change):
    calls = str(project / "calls")
    interrupted(calls=calls)
    Path(calls).unlink()
    given, texts, rows, again = {"calls": calls}, TEXTS, 10, 4
    if change == "settings":
        given["times"] = 2
    elif change == "code":
        for module in (shards, shard):
            monkeypatch.setattr(module, "code_hash", lambda: "0" * 64)
    elif change == "input":
        texts, again = ["another", *TEXTS[1:]], 1
    else:
        rows, again = 20, 2
    results = table(run(HERE, rows=rows, texts=texts, **given))
    assert results["length"] == [len(text) * given.get("times", 1) for text in texts]
    assert len(Path(calls).read_text().splitlines()) == again
    assert nothing_left(project)


@pytest.mark.parametrize("damage", ["result", "receipt", "no result", "input", "leftovers"])
def test_what_is_damaged_is_made_again(project, damage):
    calls = str(project / "calls")
    interrupted(calls=calls)
    Path(calls).unlink()
    folder = project / FOLDER / "count/2025"
    (out,) = folder.glob("000002-*.out.parquet")
    if damage == "result":
        out.write_bytes(out.read_bytes()[:-3] + b"abc")
    elif damage == "receipt":
        next(folder.glob("000002-*.json")).write_text("{")
    elif damage == "no result":
        out.unlink()
    elif damage == "input":
        next(folder.glob("000002-*.in.parquet")).write_bytes(b"")
    else:
        (folder / f".{out.name}.abc").write_bytes(b"half")
        (folder / "000009-0123456789abcdef.in.parquet").write_bytes(b"old")
    assert table(run(HERE, calls=calls)) == WHOLE
    done = Path(calls).read_text().splitlines() if Path(calls).exists() else []
    assert done == ([TEXTS[20]] if damage in ("result", "receipt", "no result") else [])
    assert nothing_left(project)


@pytest.mark.parametrize("params", [HERE, TWO])
def test_a_failing_shard_is_one_error_without_answer_text(project, params):
    calls = str(project / "calls")
    with pytest.raises(ThemebookError, match=r"count/2025, shard 4 \(10 rows\) failed: ValueError in") as caught:
        run(params, fails=TEXTS[35], calls=calls)
    assert TEXTS[35] not in str(caught.value)
    assert len(list((project / FOLDER / "count/2025").glob("*.json"))) == (
        3 if params is HERE else pytest.approx(3, abs=1)
    )


def test_a_killed_process_is_replaced(project):
    assert table(run(TWO, dies=TEXTS[15], mark=str(project / "mark"))) == WHOLE
    assert (project / "mark").exists()
    assert nothing_left(project)


def test_processes_that_die_time_after_time_are_one_error(project):
    with pytest.raises(ThemebookError, match="count/2025: worker processes were killed 3 times"):
        run(TWO, rows=20, dies=TEXTS[15])
    # Once the cause is gone, the run goes on.
    assert table(run(TWO, rows=20)) == WHOLE


def test_shards_are_kept_out_of_git(project):
    subprocess.run(["git", "init", "-q"], check=True)
    interrupted()
    shown = subprocess.run(["git", "status", "--porcelain"], capture_output=True, text=True, check=True)
    assert (project / ".themebook").exists()
    assert shown.stdout == ""


SLOW = """
import sys, time, pyarrow as pa
sys.path.insert(0, {tests!r})
import shard_sleep
from pipeline.foundation.params import Params
from pipeline.foundation.shards import sharded, slices
if __name__ == "__main__":
    parts = slices(pa.table({{"text": ["a", "b", "c", "d"]}}), 1)
    with sharded("sleep", shard_sleep.sleep, parts, {{}}, Params(workers=2)) as results:
        print(list(results))
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_stopped_run_leaves_no_process_behind(project, sign):
    (project / "shard_sleep.py").write_text(
        "import os, time\ndef sleep(part, settings):\n"
        "    open(f'pid{os.getpid()}', 'w').close()\n    time.sleep(60)\n    return part\n"
    )
    (project / "main.py").write_text(SLOW.format(tests=str(project)))
    started = subprocess.Popen([sys.executable, "main.py"], stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while len(list(project.glob("pid*"))) < 2 and time.monotonic() < until and started.poll() is None:
        time.sleep(0.1)
    workers = [int(path.name.removeprefix("pid")) for path in project.glob("pid*")]
    assert len(workers) == 2
    started.send_signal(sign)
    started.communicate(timeout=20)
    until = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_what_is_still_written_for_an_earlier_run_is_not_taken_for_this_one(project):
    folder = project / FOLDER / "count/2025"
    folder.mkdir(parents=True)
    part = pa.table({"text": TEXTS})
    earlier, now = (
        next(shards._laid_out("count/2025", shard_work.lengths, iter([part]), {"times": times}, folder))
        for times in (1, 2)
    )
    shard.work_on(now)
    shard.work_on(earlier)
    assert shard.result_of(now)["length"].to_pylist() == [2 * len(text) for text in TEXTS]
    shards._take_away_others(folder, [now])
    with pytest.raises(ThemebookError, match="does not see it"):
        shard.work_on(earlier)
    assert {path.name for path in folder.iterdir()} == {now.source.name, now.receipt.name, now.outputs[0].name}


def test_receipts_say_rows_and_hash(project):
    interrupted()
    (path,) = (project / FOLDER / "count/2025").glob("000003-*.json")
    receipt = json.loads(path.read_text())
    assert receipt["rows"] == 10
    assert sorted(receipt) == ["file", "key", "rows", "sha256"]


def test_a_dask_engine_needs_an_address():
    with pytest.raises(ValueError, match="needs the address of a scheduler"):
        Params(engine="dask")


@pytest.mark.parametrize(
    ("limit", "most"), [("max 100000", None), ("150000 100000", 2), ("50000 100000", 1), ("9900000 100000", None)]
)
def test_a_containers_quota_is_kept(tmp_path, limit, most):
    (tmp_path / "cpu.max").write_text(limit + "\n")
    bound = allowed_cores(tmp_path / "nowhere")
    assert allowed_cores(tmp_path) == (min(bound, most) if most else bound)


def test_the_quota_of_older_systems_is_kept(tmp_path):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("100000\n")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert allowed_cores(tmp_path) == 1
