"""The fast backend: texts of like length together, one thread a batch, on OpenVINO."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.foundation.cores import free_cores, has_bfloat16
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.log import notice
from pipeline.text.converted import Form, import_openvino

# Tokens a batch, padding included: enough to fill the matrix units, few enough to stay in a core's cache.
TOKENS = 1024
# Texts are padded to a multiple of so many tokens (of more where they are long): each padded token is paid for, and so
# is each further shape.
STEP = 2
HINT = {"float32": "f32", "bfloat16": "bf16"}
RUN = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}


class OpenVinoEncoder:
    """A transformer with the mean over its tokens, on the processor.

    Each batch runs on one thread and each thread has its own batches, so that nothing waits for the slowest, and the
    number of threads changes no vector.

    Parameters
    ----------
    folder : Path
        The model's folder: its tokenizer is read from there.
    form : Form
        How long texts may be.
    model : callable
        Gives the converted model, when first needed.
    precision : str
        ``float32`` or ``bfloat16``.
    threads : int, optional
        By default the free cores.
    """

    def __init__(
        self, folder: Path, form: Form, model: Callable[[], Any], precision: str = "float32", threads: int = 0
    ) -> None:
        self.folder = folder
        self.form = form
        self.precision = precision
        self.threads = threads
        self._load = model
        self._queue: Any = None
        self._tokenizer: Any = None

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return self.form.dimensions

    @property
    def about(self) -> dict[str, str]:
        """What the vectors are made by, as it is recorded with them.

        ``computed_in`` is what is truly computed in: a processor without bfloat16 units may do something else.
        """
        from importlib.metadata import version

        computed = "float32" if self.precision == "float32" else self._computed_in()
        return {"backend": "openvino", "version": version("openvino"), "computed_in": computed}

    def encode(self, texts: list[str], done: Callable[[int], object] | None = None) -> np.ndarray:
        """Encode texts, each distinct text once; the result does not depend on their order.

        Parameters
        ----------
        texts : list of str
            n texts, repeats allowed.
        done : callable, optional
            Called with how many more are encoded.

        Returns
        -------
        ndarray of shape (n, d), float32
            Vectors of Euclidean length 1.
        """
        if not texts:
            return np.zeros((0, self.dimensions), np.float32)
        distinct = list(dict.fromkeys(texts))
        tokens = self._tokens(distinct)
        order = sorted(range(len(distinct)), key=lambda i: (len(tokens[i]), distinct[i]))
        vectors = np.empty((len(distinct), self.dimensions), np.float32)
        queue = self._started()

        def keep(request: Any, given: tuple[np.ndarray, np.ndarray]) -> None:
            rows, mask = given
            vectors[rows] = mean_of_tokens(request.output_tensors[0].data, mask)
            if done is not None:
                done(len(rows))

        queue.set_callback(keep)
        lengths = np.array([len(tokens[i]) for i in order])
        for start, stop, width in batches(lengths, self.form.max_tokens):
            rows = np.array(order[start:stop])
            ids, mask = np.zeros((2, stop - start, width), np.int64)
            for row, i in enumerate(rows):
                ids[row, : len(tokens[i])] = tokens[i]
                mask[row, : len(tokens[i])] = 1
            queue.start_async({0: ids, 1: mask}, (rows, mask))
        queue.wait_all()
        if len(distinct) == len(texts):
            return vectors
        place = {text: i for i, text in enumerate(distinct)}
        return vectors[[place[text] for text in texts]]

    def _tokens(self, texts: list[str]) -> list[list[int]]:
        """Cut texts into the model's tokens, at most as many as it takes."""
        if self._tokenizer is None:
            os.environ.setdefault("RAYON_NUM_THREADS", str(self.threads or free_cores()))
            from tokenizers import Tokenizer

            self._tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(self.form.max_tokens)
        # Half a surrogate pair is no text to the tokenizer.
        sound = [text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return [found.ids for found in self._tokenizer.encode_batch_fast(sound)]

    def _started(self) -> Any:
        if self._queue is None:
            ov = import_openvino()
            threads = self.threads or free_cores()
            settings = {
                "INFERENCE_PRECISION_HINT": HINT[self.precision],
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": threads,
                # Left to the system: several processes would all be pinned to the same first cores.
                "ENABLE_CPU_PINNING": False,
            }
            try:
                compiled = ov.Core().compile_model(self._load(), "CPU", settings)
            except RuntimeError:
                if self.precision == "float32":
                    raise
                raise ThemebookError(
                    "params.yaml: `embed.precision: bfloat16` cannot be computed on this processor.",
                    "Write `float32`: the vectors differ from those in bfloat16, so it is not changed by itself.",
                ) from None
            self._queue = ov.AsyncInferQueue(compiled, 2 * threads)
        return self._queue

    def _computed_in(self) -> str:
        """Say what the processor makes of bfloat16, with a notice where it has no units for it."""
        self._started()
        kind = self._queue[0].get_compiled_model().get_property("INFERENCE_PRECISION_HINT").get_type_name()
        run = RUN.get(kind, kind)
        if run == "bfloat16" and has_bfloat16() is not False:
            return run
        way = "emulated, slower than float32" if run == "bfloat16" else f"computed in {run} instead"
        notice(f"this processor has no bfloat16 units: `embed.precision: bfloat16` is {way}; recorded with the vectors")
        return "bfloat16, emulated" if run == "bfloat16" else run


def batches(lengths: np.ndarray, longest: int) -> Iterator[tuple[int, int, int]]:
    """Cut texts that are sorted by length into batches.

    Parameters
    ----------
    lengths : ndarray of int, shape (n,)
        Tokens of each text, ascending.
    longest : int
        The most tokens there may be.

    Yields
    ------
    start, stop, width : int
        Texts of the batch, and tokens each is padded to: a multiple of `STEP`, or of a sixteenth of their length where
        that is more.

    Examples
    --------
    >>> list(batches(np.array([3, 4, 4, 5, 300]), 512))
    [(0, 3, 4), (3, 4, 6), (4, 5, 306)]
    """
    start = 0
    while start < len(lengths):
        length = int(lengths[start])
        wide = STEP * max(1, length // (16 * STEP))
        width = min(-(-length // wide) * wide, longest)
        last = int(np.searchsorted(lengths, width, side="right"))
        stop = min(last, start + max(1, TOKENS // width))
        yield start, stop, width
        start = stop


def mean_of_tokens(tokens: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Average the vectors of each text's tokens and bring the mean to unit length.

    Parameters
    ----------
    tokens : ndarray of float32, shape (n, t, d)
    mask : ndarray of int, shape (n, t)
        1 for a token of the text, 0 for padding.

    Returns
    -------
    ndarray of float32, shape (n, d)
    """
    # Padding adds zeros at the end of each sum, which changes no bit of it.
    total = (tokens if mask.all() else tokens * mask[:, :, None].astype(np.float32)).sum(axis=1)
    return total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12)
