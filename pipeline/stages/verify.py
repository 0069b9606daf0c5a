"""Check that one wave's raw file is there and is the file that survey.yaml accepted."""

from __future__ import annotations

from pathlib import Path

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.log import say
from pipeline.foundation.tables import sha256_of, write_json
from pipeline.survey.description import load_survey, verified_path


def run(wave: str) -> None:
    """Verify one wave."""
    described = load_survey().waves[wave]
    found = sha256_of(
        Path(described.file),
        f"survey.yaml names it for wave {wave}: put the file back, or `themebook wave remove {wave}`.",
    )
    if found != described.sha256:
        raise ThemebookError(
            f"{described.file} is not the file that data/survey.yaml accepted for wave {wave}: "
            f"its sha256 is {found[:12]}…, accepted was {described.sha256[:12]}….",
            f"Restore the file, or take the new one with `themebook wave accept {wave}`.",
        )
    write_json(verified_path(wave), {"file": described.file, "sha256": found})
    say(f"verify {wave}", sha256=found[:12])
