"""The methods on record: what somebody needs to run the analysis again and see the same."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from pipeline.report.inputs import Inputs
from pipeline.report.known import Known, facts

# These steer no stage, or only where it works, which changes no result.
_ASIDE = ("engine", "scheduler", "workers", "shard_rows", "sample", "review")


def versions(inputs: Inputs) -> Known:
    """Which software and models."""
    about = inputs.provenance
    models = about.get("models") or {}
    return Known(
        facts=facts(
            ("Software", f"themebook {about['version']}" if about.get("version") else ""),
            ("Libraries", ", ".join(f"{name} {version}" for name, version in (about.get("versions") or {}).items())),
            *((f"{name} (sha256)", value) for name, value in models.items()),
        )
    )


def parameters(inputs: Inputs) -> Known:
    """Every setting that steers a stage, as it stands."""
    sections = inputs.params.model_dump(mode="json", exclude=set(_ASIDE))
    return Known(
        text=("The same files, settings and versions give the same figures; on the same machine, to the byte.",),
        facts=facts(
            ("seed", str(sections.pop("seed"))),
            *(
                (name, ", ".join(f"{key}: {_value(value)}" for key, value in section.items()))
                for name, section in sections.items()
            ),
        ),
    )


def _value(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def hashes(inputs: Inputs) -> Known:
    """Which files, byte by byte."""
    raw = [(f"{_name(wave.file)} ({name})", wave.sha256) for name, wave in inputs.survey.waves.items()]
    return Known(
        text=("sha256 of each file that people wrote or exported. Another hash is another file.",),
        facts=facts(*raw, *(inputs.provenance.get("files") or {}).items()),
    )


def _name(file: str) -> str:
    return PurePath(file.replace("\\", "/")).name
