"""Which parts of this package a stage rests on, found by following its imports without running them."""

from __future__ import annotations

import ast
from pathlib import Path

from pipeline.foundation.code import PACKAGE, code_hash

__all__ = ["PACKAGE", "code_hash", "code_of"]


def code_of(stage: str) -> list[str]:
    """List what a stage's code is made of, imports inside functions included.

    Parameters
    ----------
    stage : str
        Name of a module in ``pipeline.stages``.

    Returns
    -------
    list of str
        Paths from the folder above the package, sorted: the stage's own module and the command line as files, and the
        folders of all modules it rests on. Not each module: DVC reads and writes its list of them after each stage,
        and a list of a thousand takes it a second each time.
    """
    found: set[Path] = set()
    own = PACKAGE / "stages" / f"{stage}.py"
    waiting = [own]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imports(path)
    folders = {PACKAGE / path.relative_to(PACKAGE).parts[0] for path in found if path.parent != PACKAGE}
    # The command line starts a stage by name; what it imports for other commands is no part of the stage.
    whole = folders - {PACKAGE / "stages"} | {own, PACKAGE / "cli.py", PACKAGE / "__init__.py"}
    return sorted(path.relative_to(PACKAGE.parent).as_posix() for path in whole)


def _imports(path: Path) -> list[Path]:
    targets: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            targets |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            targets.add(node.module)
            targets |= {f"{node.module}.{alias.name}" for alias in node.names}
    mine = [t.split(".")[1:] for t in targets if t.split(".")[0] == PACKAGE.name]
    files = [PACKAGE.joinpath(*parts).with_suffix(".py") for parts in mine if parts]
    return [file for file in files if file.exists()]
