"""What several tests need: where the real surveys lie."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give a run of the tests a cache of its own, shared by its processes: what the user keeps hides nothing."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THEMEBOOK_CACHE", str(base / "themebook-cache"))
        yield


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
