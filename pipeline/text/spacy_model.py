"""The spaCy pipeline: loaded once, checked against its manifest, without the parts that nothing here uses."""

from __future__ import annotations

import importlib
import importlib.metadata
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.imports import without
from pipeline.text.manifest import verified_folder
from pipeline.text.parts_of_speech import replace_ruler

if TYPE_CHECKING:
    from spacy.language import Language

MANIFEST = Path("models/spacy.json")
_NEEDED = {"tagger", "attribute_ruler", "parser", "ner"}
_UNUSED = ["lemmatizer", "senter"]


@cache
def load_spacy(package: str, manifest: Path = MANIFEST) -> Language:
    """Load the pipeline that `params.spacy_model` names.

    Parameters
    ----------
    package : str
        An installed package with a function `load`, such as spaCy's own pipelines are.
    manifest : Path
        The list of its files' hashes.

    Raises
    ------
    ThemebookError
        If the package or its manifest is missing, if a file differs, or if it cannot tag, parse and find entities.
    """
    verified_folder(package, manifest)
    with _apart(package):
        module = importlib.import_module(package)
        if not hasattr(module, "load"):
            raise ThemebookError(f"The package `{package}` is no spaCy pipeline: it has no `load`.", "Name another.")
        nlp: Language = module.load(exclude=_UNUSED)
    lacking = _NEEDED - set(nlp.pipe_names)
    if lacking:
        raise ThemebookError(
            f"The spaCy pipeline `{package}` lacks {', '.join(sorted(lacking))}.",
            "Segmenting needs a tagger, a parser and named entities: name another pipeline in params.yaml.",
        )
    replace_ruler(nlp)
    return nlp


def _apart(package: str) -> AbstractContextManager[None]:
    """Load a pipeline without torch, which spaCy takes along where it is installed: 1.5 s and 190 MB a process.

    Only pipelines with a transformer use it, and their packages ask for one.
    """
    try:
        needs = " ".join(importlib.metadata.requires(package) or ())
    except importlib.metadata.PackageNotFoundError:
        needs = ""
    return nullcontext() if "transformers" in needs or "torch" in needs else without("torch")
