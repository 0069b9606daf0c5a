"""Which files of this package a stage rests on, found by following its imports without running them."""

from __future__ import annotations

import ast
from pathlib import Path

from pipeline.foundation.code import PACKAGE, code_hash

__all__ = ["PACKAGE", "code_hash", "module_files"]


def module_files(stage: str) -> list[str]:
    """List the files that a stage's code is made of, imports inside functions included.

    Parameters
    ----------
    stage : str
        Name of a module in ``pipeline.stages``.

    Returns
    -------
    list of str
        Paths from the folder above the package, sorted; beside the modules, the data files of their packages.
    """
    found: set[Path] = set()
    waiting = [PACKAGE / "stages" / f"{stage}.py", PACKAGE / "cli.py"]
    # The command line starts a stage by name; what it imports for other commands is no part of the stage.
    found.add(waiting.pop())
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        waiting += [p for p in _imports(path) if p not in found]
    for folder in {path.parent for path in found} - {PACKAGE}:
        found |= {p for p in folder.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")}
    found |= {folder / "__init__.py" for path in found for folder in path.parents if (folder / "__init__.py").exists()}
    return sorted(path.relative_to(PACKAGE.parent).as_posix() for path in found)


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
