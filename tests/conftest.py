"""What several tests need: where the real surveys lie."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from walk import copy_of, ran, repro, run

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of this run of the tests share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session", autouse=True)
def own_cache(shared_folder: Path) -> Iterator[None]:
    """Give a run of the tests a cache of its own: what the user keeps hides nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THEMEBOOK_CACHE", str(shared_folder / "themebook-cache"))
        yield


@pytest.fixture(scope="session")
def whole(shared_folder: Path) -> Path:
    """The demo, run once for all processes; tests copy it, and change nothing in it."""
    folder = shared_folder / "whole" / "demo"
    folder.parent.mkdir(exist_ok=True)
    with FileLock(folder.parent / "lock"):
        done = folder.parent / "done"
        if not done.exists():
            run(folder.parent, "themebook", "demo", str(folder))
            assert len(ran(repro(folder))) == 16
            done.touch()
    return folder


@pytest.fixture
def project(whole: Path, tmp_path: Path) -> Path:
    """A copy of the demo, run."""
    return copy_of(whole, tmp_path / "project")


@pytest.fixture
def shared_data() -> Path:
    """The folder of real surveys; a test that needs it is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("needs the real surveys in ../shared/data")
    return SHARED


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which tests on the real surveys were skipped although the surveys are there."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = [r for r in reporter.stats.get("skipped", ()) if "shared" in r.keywords] if reporter else []
    if skipped and SHARED.is_dir():
        reporter.write_line(f"{len(skipped)} tests on the real surveys were skipped although {SHARED.name} is there")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def nlp() -> Any:
    """The spaCy pipeline that the default parameters name, loaded once and checked against its manifest."""
    from pipeline.foundation.params import Segment
    from pipeline.text.spacy_model import load_spacy

    return load_spacy(Segment().spacy_model, Path(__file__).parents[1] / "models" / "spacy.json")
