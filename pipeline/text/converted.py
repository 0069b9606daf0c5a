"""A model in OpenVINO's form: made from its own weights once, kept in the cache, checked whenever it is read."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.foundation.cache import cache_folder, make_private
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.log import notice
from pipeline.text.torch_encoder import SentenceTransformerEncoder

# Raised whenever a model is converted another way.
CONVERSION = 1
# So many models are kept, the last used ones: each tuning makes another, of the size of its weights.
KEPT = 8
FILES = ("model.xml", "model.bin")
# What is compared with the model as it came before a converted one is ever used, and how alike they must be.
PROBES = ("", "Good.", "The nurse was kind, but I waited 3 hours!", "ÉCOLE 学校 😀", "word " * 300)
ALIKE = 0.9999


class CannotConvert(Exception):
    """The model cannot be brought into OpenVINO's form, or gives other vectors there."""


@dataclass(frozen=True)
class Form:
    """What a model of the kind transformer, mean of the tokens, unit length needs to know beside its weights."""

    max_tokens: int
    dimensions: int


def form_of(folder: Path) -> Form:
    """Read from a sentence-transformers folder whether it is a transformer with the mean over its tokens.

    Raises
    ------
    CannotConvert
        If it is of another kind; the reason is said.
    """
    modules = _json(folder / "modules.json")
    kinds = [str(m["type"]).rsplit(".", 1)[-1] for m in modules] if isinstance(modules, list) else []
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise CannotConvert(f"it is made of {', '.join(kinds) or 'unknown parts'}")
    place = folder / modules[0]["path"]
    pooling, model = _json(folder / modules[1]["path"] / "config.json"), _json(place / "config.json")
    modes = {k.removeprefix("pooling_mode_") for k, on in pooling.items() if k.startswith("pooling_mode_") and on}
    if modes != {"mean_tokens"} and pooling.get("pooling_mode") != "mean":
        raise CannotConvert(f"it pools tokens by {', '.join(sorted(modes)) or pooling.get('pooling_mode')}")
    said, tokens = _json(place / "sentence_bert_config.json"), _json(place / "tokenizer_config.json")
    prompt = _json(folder / "config_sentence_transformers.json").get("default_prompt_name")
    if place != folder or not (place / "tokenizer.json").is_file() or said.get("do_lower_case") or prompt:
        raise CannotConvert("its texts are prepared in a way of its own")
    longest = [said.get("max_seq_length") or tokens.get("model_max_length"), model.get("max_position_embeddings")]
    limits = [int(n) for n in longest if isinstance(n, int | float) and n > 0]
    if not limits or "hidden_size" not in model:
        raise CannotConvert("its config does not say how long texts may be")
    return Form(min(limits), int(model["hidden_size"]))


def model_key(manifest: dict[str, Any], weights: dict[str, np.ndarray] | None) -> str:
    """Name a model by the hash of all its files and of the weights that tuning changed."""
    seen = hashlib.sha256(json.dumps(manifest.get("files"), sort_keys=True).encode())
    for name, value in sorted((weights or {}).items()):
        seen.update(f"{name} {value.dtype} {value.shape}".encode())
        seen.update(np.ascontiguousarray(value).data)
    return seen.hexdigest()


def import_openvino() -> Any:
    """Import OpenVINO without what would report its use over the network."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def prepare(folder: Path, key: str, weights: dict[str, np.ndarray] | None) -> Callable[[], Any]:
    """Make sure that the converted model is there, and give what loads it: it is not loaded before it is needed.

    Takes and raises what `load_converted` does.
    """
    place = _place(key)
    if place is None or not place.exists():
        model = load_converted(folder, key, weights)
        return lambda: model
    return lambda: load_converted(folder, key, weights)


def _place(key: str) -> Path | None:
    base = cache_folder()
    name = hashlib.sha256(f"{key} {version('openvino')} {CONVERSION}".encode()).hexdigest()[:32]
    return base / "converted" / name if base else None


def load_converted(folder: Path, key: str, weights: dict[str, np.ndarray] | None) -> Any:
    """Give the model in OpenVINO's form, from the cache or made anew.

    Parameters
    ----------
    folder : Path
        The sentence-transformers folder, its files already checked.
    key : str
        What `model_key` gave.
    weights : dict of str to ndarray, optional
        What tuning changed.

    Returns
    -------
    openvino.Model
        Inputs ``input_ids`` and ``attention_mask``, (texts, tokens) int64; output the tokens' vectors, (texts, tokens,
        d) float32.

    Raises
    ------
    CannotConvert
        If the model does not go into that form.
    """
    ov = import_openvino()
    target = _place(key)
    if target is None:
        return _convert(ov, folder, weights)
    try:
        from filelock import FileLock

        make_private(target.parent)
        if _is_whole(target):
            os.utime(target)
            return ov.Core().read_model(target / FILES[0])
        # Of several processes that need it at once one makes it, and the others wait.
        with FileLock(target.parent / f".{target.name}.lock"):
            if not _is_whole(target):
                _save(ov, _convert(ov, folder, weights), target)
                _forget_oldest(target.parent)
            return ov.Core().read_model(target / FILES[0])
    except OSError as error:
        notice(
            f"the converted model cannot be kept in {target.parent} ({error.strerror}): it is made for this run only"
        )
        return _convert(ov, folder, weights)


def _convert(ov: Any, folder: Path, weights: dict[str, np.ndarray] | None) -> Any:
    """Convert the transformer, and see that it gives what it gave."""
    reference = SentenceTransformerEncoder(folder, 32, weights, device="cpu")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = reference.model
            import torch

            class Tokens(torch.nn.Module):
                """The transformer as a function of two arrays."""

                def __init__(self) -> None:
                    super().__init__()
                    self.inner = model[0].auto_model.eval()

                def forward(self, input_ids: Any, attention_mask: Any) -> Any:
                    return self.inner(input_ids=input_ids, attention_mask=attention_mask)[0]

            example = torch.ones((2, 8), dtype=torch.int64)
            open_shape = [-1, -1]
            with torch.no_grad():
                converted = ov.convert_model(
                    Tokens(),
                    example_input={"input_ids": example, "attention_mask": example},
                    input=[(name, open_shape, ov.Type.i64) for name in ("input_ids", "attention_mask")],
                )
            _compare(ov, converted, folder, reference)
    except (CannotConvert, ThemebookError):
        raise
    except Exception as error:
        raise CannotConvert(f"converting it failed: {type(error).__name__}") from error
    return converted


def _compare(ov: Any, converted: Any, folder: Path, reference: SentenceTransformerEncoder) -> None:
    from pipeline.text.openvino_encoder import OpenVinoEncoder

    there = OpenVinoEncoder(folder, form_of(folder), lambda: converted, threads=1)
    cosines = (there.encode(list(PROBES)) * reference.encode(list(PROBES))).sum(1)
    if not (cosines >= ALIKE).all():
        raise CannotConvert(f"converted it gives other vectors (cosine {cosines.min():.4f})")


def _save(ov: Any, model: Any, target: Path) -> None:
    """Write a converted model beside its place, bring it to disk, and rename it there; a damaged one makes room."""
    temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        ov.save_model(model, temporary / FILES[0], compress_to_fp16=False)
        hashes = {name: _sha256(temporary / name) for name in FILES}
        (temporary / "hashes.json").write_text(json.dumps(hashes), encoding="utf-8")
        for path in temporary.iterdir():
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())
        shutil.rmtree(target, ignore_errors=True)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _is_whole(target: Path) -> bool:
    """Tell whether a converted model is there, byte for byte as it was written."""
    hashes = _json(target / "hashes.json")
    try:
        return bool(hashes) and all(_sha256(target / name) == hashes.get(name) for name in FILES)
    except (OSError, AttributeError):
        return False


def _forget_oldest(folder: Path) -> None:
    """Take away all but the last used models, and what a process that was killed left half written."""
    found = sorted((path.stat().st_mtime, path) for path in folder.iterdir() if path.is_dir())
    left = [path for used, path in found if path.name.startswith(".") and used < time.time() - 86_400]
    whole = [path for _, path in found if not path.name.startswith(".")]
    for old in left + whole[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _json(path: Path) -> Any:
    """Read a small JSON file of a model or of the cache; an empty mapping where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
