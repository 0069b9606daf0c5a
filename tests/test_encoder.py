"""The encoder: the same vectors as the model it was made from, whatever stands beside a text and however it is run."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.foundation import cores
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.log import counting
from pipeline.foundation.params import Embed
from pipeline.foundation.tables import read_json
from pipeline.foundation.vector_files import read_vectors, write_vector_blocks, write_vectors
from pipeline.text import converted, encoder
from pipeline.text.encoder import CachedEncoder, Vectors, load_encoder
from pipeline.text.ids import text_id
from pipeline.text.openvino_encoder import TOKENS, OpenVinoEncoder, batches
from pipeline.text.torch_encoder import SentenceTransformerEncoder

ROOT = Path(__file__).parents[1]
PARTS = (
    "the staff were very kind",
    "I waited three hours in A&E",
    "Nothing.",
    "parking is dear",
    "könnte besser sein",
    "等了三个小时",
    "очень долго",
    "لم يكن هناك",
    "😀👍🏽",
    "e.g. 50% of £3.20",
    "don't—really—know",
    "supercalifragilisticexpialidocious",
)
NASTY = (
    "",
    " ",
    "\n\t",
    "\x00",
    "a" * 500,
    "word " * 400,
    "é" * 300,
    "😀" * 90,
    "\ud800 half",
    "?" * 700,
    "[CLS] [PAD]",
)


def some_texts(n: int) -> list[str]:
    """Texts of one to forty parts, most of them short, no two alike."""
    draw = random.Random(7)
    texts = {" ".join(draw.choices(PARTS, k=min(40, 1 + int(draw.expovariate(0.4))))) + f" {i}" for i in range(n)}
    return [*sorted(texts), *NASTY]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A cache of this module's own."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THEMEBOOK_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="module")
def manifest():
    return read_json(ROOT / "models/encoder.json")


@pytest.fixture(scope="module")
def fast(home, manifest):
    return load_encoder(Embed(cache=False), manifest)


@pytest.fixture(scope="module")
def reference(manifest):
    return SentenceTransformerEncoder(encoder.model_folder(manifest["encoder"]), 32, device="cpu")


@pytest.fixture(scope="module")
def texts():
    return some_texts(250)


@pytest.fixture(scope="module")
def vectors(fast, texts):
    return fast.encode(texts)


def test_every_text_has_the_vector_that_the_model_itself_gives(texts, vectors, reference):
    sound = [text.encode("utf-8", "replace").decode() for text in texts]
    assert (vectors * reference.encode(sound)).sum(1).min() >= 0.99999
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)


def test_bfloat16_stays_near_and_says_what_it_was_computed_in(home, manifest, texts, vectors):
    rounded = load_encoder(Embed(cache=False, precision="bfloat16"), manifest)
    assert (vectors * rounded.encode(texts)).sum(1).min() >= 0.9995
    assert rounded.about["computed_in"] in ("bfloat16", "bfloat16, emulated", "float32")


def test_without_units_for_bfloat16_it_is_said_and_recorded(home, manifest, monkeypatch, capsys):
    monkeypatch.setattr("pipeline.text.openvino_encoder.has_bfloat16", lambda: False)
    assert load_encoder(Embed(cache=False, precision="bfloat16"), manifest).about["computed_in"] != "bfloat16"
    assert capsys.readouterr().err.count("no bfloat16 units") == 1

    def cannot(*_):
        raise RuntimeError("no primitive")

    monkeypatch.setattr("openvino.Core.compile_model", cannot)
    with pytest.raises(ThemebookError, match="cannot be computed on this processor.*float32"):
        load_encoder(Embed(cache=False, precision="bfloat16"), manifest).encode(["Good."])


@pytest.mark.parametrize("seed", range(3))
def test_neither_order_nor_neighbours_nor_repeats_change_a_vector(fast, texts, vectors, seed):
    draw = random.Random(seed)
    some = draw.choices(range(len(texts)), k=40)
    assert np.abs(fast.encode([texts[i] for i in some]) - vectors[some]).max() <= 1e-6


def test_the_number_of_threads_changes_no_vector(fast, texts, vectors):
    inner = fast.backend
    many = OpenVinoEncoder(inner.folder, inner.form, inner._load, threads=3)
    assert np.abs(many.encode(texts) - vectors).max() <= 1e-6


def test_blocks_are_the_whole_and_fill_an_array_that_is_given(fast, texts, vectors, monkeypatch):
    monkeypatch.setattr(encoder, "BLOCK", 64)
    assert np.abs(fast.encode(texts) - vectors).max() <= 1e-6
    out = np.zeros_like(vectors)
    assert fast.encode(texts, out) is out
    assert [len(b) for b in fast.stream(iter(texts[:130]), 130)] == [64, 64, 2]
    assert fast.encode([]).shape == (0, 384)


def test_encoding_from_the_cache_imports_neither_torch_nor_transformers(home, fast):
    code = """
import sys
from pathlib import Path
from pipeline.foundation.params import Embed
from pipeline.foundation.tables import read_json
from pipeline.text.encoder import load_encoder
assert load_encoder(Embed(cache=False), read_json(Path("models/encoder.json"))).encode(["Good."]).shape == (1, 384)
heavy = {"torch", "transformers", "sentence_transformers", "openvino_telemetry.main"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_a_damaged_converted_model_is_made_again(home, manifest, fast, monkeypatch):
    (made,) = [p for p in (home / "converted").iterdir() if p.is_dir()]
    whole = (made / "model.bin").read_bytes()
    asked = []
    monkeypatch.setattr(converted, "_convert", lambda ov, *rest: asked.append(rest) or ov.Core().read_model(copy))
    copy = home / "copy.xml"
    copy.write_bytes((made / "model.xml").read_bytes())
    copy.with_suffix(".bin").write_bytes(whole)
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    for damage in (bytes(flipped), whole[:-1], b""):
        (made / "model.bin").write_bytes(damage)
        again = load_encoder(Embed(cache=False), manifest)
        assert again.encode(["Good."]) == pytest.approx(fast.encode(["Good."]), abs=1e-6)
        assert converted._is_whole(made)
    (made / "hashes.json").unlink()
    load_encoder(Embed(cache=False), manifest).encode(["Good."])
    assert len(asked) == 4
    assert [p.name for p in (home / "converted").iterdir() if not p.name.endswith(".lock")] == [made.name]


def test_two_processes_that_need_it_at_once_convert_it_once(tmp_path, home, fast):
    (made,) = [p for p in (home / "converted").iterdir() if p.is_dir()]
    code = """
import sys, time
from pathlib import Path
from pipeline.text import converted
def convert(ov, *rest):
    print("converted", flush=True)
    time.sleep(1)
    return ov.Core().read_model(sys.argv[1])
converted._convert = convert
converted.load_converted(Path("."), "key", None)
"""
    environment = {**os.environ, "THEMEBOOK_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", code, str(made / "model.xml")]
    runs = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE) for _ in range(3)]
    said = [run.communicate()[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert b"".join(said) == b"converted\n"
    (place,) = [p for p in (tmp_path / "converted").iterdir() if p.is_dir()]
    assert converted._is_whole(place)


def test_where_nothing_can_be_kept_it_runs_all_the_same(tmp_path, fast, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("THEMEBOOK_CACHE", str(tmp_path / "file"))
    made = fast.backend._load()
    monkeypatch.setattr(converted, "_convert", lambda *_: made)
    assert converted.load_converted(Path(), "key", None) is made
    assert "cannot be kept" in capsys.readouterr().err
    monkeypatch.setenv("THEMEBOOK_CACHE", "off")
    assert converted.load_converted(Path(), "key", None) is made


def test_only_the_last_used_converted_models_are_kept(tmp_path):
    for i in range(12):
        (tmp_path / f"model{i:02d}").mkdir()
        os.utime(tmp_path / f"model{i:02d}", (i, i))
    (tmp_path / ".model.killed").mkdir()
    os.utime(tmp_path / ".model.killed", (1, 1))
    converted._forget_oldest(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"model{i:02d}" for i in range(4, 12)]


def test_tuned_weights_give_another_model_with_their_own_vectors(home, manifest, fast):
    name = "0.model.encoder.layer.5.output.dense.bias"
    weights = {name: np.linspace(-1, 1, 384).astype(np.float32)}
    tuned = load_encoder(Embed(cache=False), manifest, weights)
    itself = SentenceTransformerEncoder(tuned.backend.folder, 32, weights, device="cpu")
    got = tuned.encode(["kind staff"])
    assert (got * itself.encode(["kind staff"])).sum() >= 0.99999
    assert (got * fast.encode(["kind staff"])).sum() < 0.999
    assert tuned.model != fast.model
    with pytest.raises(ThemebookError, match="tuned weights are another model's.*`elsewhere`"):
        load_encoder(Embed(cache=False), manifest, {"elsewhere": weights[name]})


def kind_of(folder: Path, **files: object) -> Path:
    for name, content in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".json").write_text(json.dumps(content))
    return folder


def test_models_of_other_kinds_run_on_torch_and_openvino_refuses_them(tmp_path, monkeypatch, capsys):
    modules = [{"type": "x.Transformer", "path": ""}, {"type": "x.Pooling", "path": "1_Pooling"}]
    whole = {"tokenizer": {}, "config": {"hidden_size": 8, "max_position_embeddings": 64}, "modules": modules}
    mean, first = {"pooling_mode_mean_tokens": True}, {"pooling_mode_cls_token": True}
    limit = {"max_seq_length": 32}
    good = kind_of(tmp_path, **whole, sentence_bert_config=limit, **{"1_Pooling__config": mean})
    assert converted.form_of(good) == converted.Form(32, 8)
    kind_of(tmp_path, **{"1_Pooling__config": first})
    with pytest.raises(converted.CannotConvert, match="pools tokens by cls_token"):
        converted.form_of(tmp_path)
    kind_of(tmp_path, modules=[*modules, {"type": "x.Dense", "path": "2_Dense"}])
    monkeypatch.setattr(encoder, "checked_folder", lambda *_: tmp_path)
    assert isinstance(load_encoder(Embed(), {}).backend, SentenceTransformerEncoder)
    assert "Transformer, Pooling, Dense" in capsys.readouterr().err
    with pytest.raises(ThemebookError, match="cannot take the encoder"):
        load_encoder(Embed(backend="openvino"), {})


def test_batches_hold_texts_of_like_length_and_so_many_tokens():
    lengths = np.sort(np.random.default_rng(3).integers(1, 256, 3000))
    cut = list(batches(lengths, 256))
    assert [start for start, _, _ in cut] == [0, *(stop for _, stop, _ in cut[:-1])]
    assert cut[-1][1] == len(lengths)
    for start, stop, width in cut:
        assert lengths[stop - 1] <= width <= 256
        assert (stop - start) * width <= TOKENS
        assert width - lengths[start] <= max(2, width / 8)
    padded = sum((stop - start) * width for start, stop, width in cut)
    assert padded < 1.06 * lengths.sum()


class Counted:
    """A backend that says how many texts it was asked for."""

    dimensions, about = 4, {"backend": "none"}

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts, done=None):
        self.asked += texts
        return np.array([[len(text), 1, 2, 3] for text in texts], np.float32)


def test_known_vectors_are_not_encoded_again(home):
    inner = Counted()
    digests = np.array([list(bytes.fromhex(text_id(text))) for text in ("a", "bb", "ccc")], np.uint8)
    known = Vectors([text_id("bb")], np.full((1, 4), 9, np.float32))
    (block,) = CachedEncoder(inner, "m", cached=False).stream(["a", "bb", "ccc"], 3, known, digests)
    assert sorted(inner.asked) == ["a", "ccc"]
    assert block[:, 0].tolist() == [1, 9, 3]


def test_vectors_are_looked_up_over_two_waves(tmp_path, monkeypatch):
    ids = [text_id(str(i)) for i in range(300)]
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 5)).astype(np.float32)
    write_vectors(tmp_path / "1.safetensors", ids[:200], rows[:200], {})
    write_vectors(tmp_path / "2.safetensors", ids[150:], rows[150:], {})
    monkeypatch.setattr("pipeline.foundation.vector_files.MAPPED_FROM", 0)
    found = Vectors.joined(Vectors(*read_vectors(tmp_path / f"{w}.safetensors")) for w in "12")
    assert isinstance(found._parts[0][1].base, np.memmap) or isinstance(found._parts[0][1], np.memmap)
    asked = rng.permutation(300)
    assert np.array_equal(found([ids[i] for i in asked]), rows[asked])
    assert found([]).shape == (0, 5)
    assert found.holds([ids[0], text_id("nobody")]).tolist() == [True, False]
    with pytest.raises(ThemebookError, match=rf"1 of 2 texts have no embedding, .*{text_id('nobody')[:16]}.*dvc repro"):
        found([ids[0], text_id("nobody")])
    with pytest.raises(ThemebookError, match="no embedding"):
        Vectors.joined([])(ids[:1])


def test_embeddings_that_are_cut_off_or_of_an_earlier_form_are_refused(tmp_path):
    path = tmp_path / "v.safetensors"
    with pytest.raises(ThemebookError, match="does not exist.*dvc repro"):
        read_vectors(path)
    write_vectors(path, [text_id("a")], np.ones((1, 3), np.float32), {})
    whole = path.read_bytes()
    for content in (whole[:-1], whole[:20], b"", b"\xff" * 40):
        path.write_bytes(content)
        with pytest.raises(ThemebookError, match="cut off, or was written by an earlier version"):
            read_vectors(path)


def test_blocks_that_do_not_fit_the_ids_leave_the_earlier_file(tmp_path):
    path = tmp_path / "v.safetensors"
    digests = np.arange(64, dtype=np.uint8).reshape(2, 32)
    write_vector_blocks(path, digests, [np.zeros((1, 3)), np.ones((1, 3))], {"a": "b"})
    before = path.read_bytes()
    for blocks, ids in (([np.zeros((1, 3))], digests), ([np.zeros((2, 3))], digests[::-1])):
        with pytest.raises(ValueError, match="vectors for|not sorted"):
            write_vector_blocks(path, ids, blocks, {})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    write_vector_blocks(path, digests[:0], [], {})
    assert read_vectors(path)[1].shape[0] == 0


def test_threads_are_the_free_cores(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3,1")
    assert cores.free_cores() == 3
    monkeypatch.delenv("OMP_NUM_THREADS")
    monkeypatch.setattr(cores, "allowed_cores", lambda: 8)
    for busy, free in ((0.0, 8), (2.6, 5), (8.0, 1)):
        monkeypatch.setattr(cores, "_busy", lambda _, busy=busy: busy)
        assert cores.free_cores() == free
    (tmp_path / "cpuinfo").write_text("flags : sse2 avx512f\n")
    assert cores.has_bfloat16(tmp_path / "cpuinfo") is False
    assert cores.has_bfloat16(tmp_path / "none") is None


def test_long_work_without_a_terminal_says_rate_and_time_left(monkeypatch, capsys):
    clock = iter([0.0, 10.0, 40.0, 80.0])
    monkeypatch.setattr("pipeline.foundation.log.time.monotonic", lambda: next(clock))
    with counting("encoding", 10_000, "texts") as done:
        done(1_000)
        done(1_000)
        done(8_000)
    assert capsys.readouterr().err == "notice: encoding: 2,000 of 10,000 texts, 50 a second, 3 min left\n"
