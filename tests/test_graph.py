"""dvc.yaml: as generated, complete in its module dependencies, people's files never outputs."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipeline.cli import PER_WAVE, STAGE_NAMES
from pipeline.foundation.tables import read_json
from pipeline.project import modules
from pipeline.project.graph import PLOT, PLOT_TEMPLATE, STAGES, dvc_yaml
from pipeline.project.modules import PACKAGE, code_hash, code_of

ROOT = PACKAGE.parent
PEOPLES = (
    "data/survey.yaml",
    "data/raw",
    "data/codebook",
    "data/report.md",
    "data/report.yaml",
    "data/templates",
    "params.yaml",
)


def test_the_repositorys_file_is_the_generated_one():
    assert (ROOT / "dvc.yaml").read_text(encoding="utf-8") == dvc_yaml(with_code=True)
    assert read_json(ROOT / PLOT_TEMPLATE) == PLOT


def test_the_command_line_knows_the_same_stages():
    assert tuple(stage.name for stage in STAGES) == STAGE_NAMES
    assert tuple(stage.name for stage in STAGES if stage.per_wave) == PER_WAVE


@pytest.mark.parametrize("name", STAGE_NAMES)
def test_modules_really_loaded_are_among_the_dependencies(name):
    """Import the stage in a process of its own and compare what of the package is loaded with what is declared."""
    script = (
        f"import sys, pipeline.stages.{name}; print(*sorted(m for m in sys.modules if m.split('.')[0] == 'pipeline'))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    declared = code_of(name)
    for module in done.stdout.split():
        path = PACKAGE.joinpath(*module.split(".")[1:])
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        covered = {p.relative_to(ROOT).as_posix() for p in (file, *file.parents[:-1]) if p.is_relative_to(PACKAGE)}
        assert covered & set(declared) or module == "pipeline.stages", module


def test_imports_inside_functions_are_followed():
    assert PACKAGE / "project" / "create.py" in modules._imports(PACKAGE / "cli.py")


def test_a_stage_rests_on_no_code_that_it_does_not_import():
    assert code_of("verify") == [
        "pipeline/__init__.py",
        "pipeline/cli.py",
        "pipeline/foundation",
        "pipeline/stages/verify.py",
        "pipeline/survey",
    ]
    assert not {"pipeline/report", "pipeline/review", "pipeline/project"} & set(code_of("embed"))


def stages():
    content = yaml.safe_load(dvc_yaml(with_code=False))["stages"]
    return {name: stage.get("do", stage) for name, stage in content.items()}


def outputs(stage):
    return {
        path: options
        for kind in ("outs", "metrics", "plots")
        for o in stage.get(kind, [])
        for path, options in o.items()
    }


def test_every_output_is_kept_when_a_stage_fails():
    assert all(options["persist"] for stage in stages().values() for options in outputs(stage).values())


def test_git_keeps_figures_and_no_words():
    kept = {p for s in stages().values() for p, options in outputs(s).items() if options.get("cache") is False}
    assert kept == {
        "reports/prevalence.csv",
        "reports/changes.csv",
        "reports/published.csv",
        "reports/nets.csv",
        "reports/agreement.csv",
        "reports/sentences.csv",  # the researcher's, who keeps them in git anyway: no answer's
        *(f"reports/metrics/{name}.json" for name in ("agreement", "coverage", "drift", "themeset", "workload")),
    }


def test_peoples_files_are_never_outputs():
    for stage in stages().values():
        assert not any(path.startswith(PEOPLES) for path in outputs(stage))


def test_every_dependency_is_made_by_a_stage_or_by_people():
    made = {path for stage in stages().values() for path in outputs(stage)}
    folders = {Path(path).parent.as_posix() for path in made}
    for stage in stages().values():
        for dep in stage["deps"]:
            assert dep in made | folders or dep.startswith((*PEOPLES, "models/")), dep


def test_stages_over_all_waves_depend_on_the_list_of_waves_and_on_the_questions():
    for name, stage in stages().items():
        if name not in PER_WAVE:
            keys = next(p["data/survey.yaml"] for p in stage["params"] if isinstance(p, dict))
            assert "waves" in keys
            # The questions by way of the ledgers, which are there.
            assert "data/responses" in stage["deps"]


def test_stages_of_one_wave_do_not_depend_on_the_others():
    for name in PER_WAVE:
        for p in stages()[name].get("params", []):
            assert not isinstance(p, dict) or "waves" not in p["data/survey.yaml"]


def test_the_hash_of_the_code_is_steady():
    assert code_hash() == code_hash()
    assert len(code_hash()) == 64
