"""One shard: its files, its receipt, and the work on it, which any process of any machine can do."""

from __future__ import annotations

import hashlib
import io
import json
import os
import socket
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pipeline.foundation.code import PACKAGE, code_hash
from pipeline.foundation.errors import ThemebookError
from pipeline.foundation.tables import read_bytes, remove, write_bytes, write_json

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FOLDER = Path(".themebook/shards")
# A shared file system may show a file of another machine only after a while.
SEEN_SECONDS = 60

Result: TypeAlias = "pa.Table | np.ndarray"
Function: TypeAlias = "Callable[[pa.Table, dict[str, Any]], Result]"

_lock = threading.Lock()


@dataclass(frozen=True)
class Shard:
    """One piece of work, as it is sent to a worker."""

    name: str
    number: int
    rows: int
    folder: Path
    function: Function
    settings: str
    key: str
    code: str

    @property
    def project(self) -> Path:
        """The project's folder."""
        return self.folder.parents[len(FOLDER.parts) + self.name.count("/")]

    def file(self, kind: str) -> Path:
        """One of its files: ``in.parquet``, ``out.parquet``, ``out.safetensors`` or ``json``, the receipt."""
        return self.folder / f"{self.number:06}-{self.key[:16]}.{kind}"

    @property
    def source(self) -> Path:
        """The slice of the rows."""
        return self.file("in.parquet")

    @property
    def receipt(self) -> Path:
        """What says that the shard is done."""
        return self.file("json")

    @property
    def outputs(self) -> tuple[Path, Path]:
        """Where the result is: a table or an array."""
        return self.file("out.parquet"), self.file("out.safetensors")

    def __str__(self) -> str:
        return f"{self.name}, shard {self.number + 1}"


def packed(result: Result) -> bytes:
    """A result as the bytes of a file: parquet of a table, safetensors of an array."""
    import numpy as np

    if isinstance(result, np.ndarray):
        from safetensors.numpy import save

        return bytes(save({"rows": np.ascontiguousarray(result)}))
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(result, buffer, compression="zstd", write_statistics=False)
    return buffer.getvalue()


def _unpacked(path: Path, content: bytes) -> Result:
    if path.suffix == ".safetensors":
        from safetensors.numpy import load

        return load(content)["rows"]
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.read_table(pa.BufferReader(content))


def hash_of(path: Path) -> str:
    """A file's sha256, empty where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def _receipt(shard: Shard) -> dict[str, Any]:
    """What the receipt says, empty if there is none for this very work."""
    try:
        receipt = json.loads(shard.receipt.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return receipt if isinstance(receipt, dict) and receipt.get("key") == shard.key else {}


def is_done(shard: Shard) -> bool:
    """Tell whether its result is there, byte for byte as its receipt says."""
    receipt = _receipt(shard)
    return bool(receipt) and hash_of(shard.folder / receipt["file"]) == receipt["sha256"]


def result_of(shard: Shard) -> Result:
    """Read a shard's result, waiting for a shared file system where it lags behind."""
    until = time.monotonic() + SEEN_SECONDS
    while True:
        receipt = _receipt(shard)
        path = shard.folder / receipt.get("file", "missing")
        content = path.read_bytes() if receipt and path.exists() else b""
        if receipt and hashlib.sha256(content).hexdigest() == receipt["sha256"]:
            return _unpacked(path, content)
        if time.monotonic() > until:
            raise ThemebookError(
                f"{shard}: its result in {shard.folder} is missing or damaged.",
                "Run again: only what is missing is done. On a cluster, all workers must share the project's folder.",
            )
        os.listdir(shard.folder)
        time.sleep(0.2)


def work_on(shard: Shard) -> str:
    """Do one shard; what a worker runs.

    Returns
    -------
    str
        The key of the work that is done.

    Raises
    ------
    ThemebookError
        If the worker does not see the shard, has other code, or the function fails. No answer text is in the message.
    """
    if code_hash() != shard.code:
        raise ThemebookError(
            f"{shard}: the worker on {socket.gethostname()} has another version of themebook.",
            "Install the same one for all workers and start them anew.",
        )
    content = read_bytes(
        shard.source,
        f"The worker on {socket.gethostname()} does not see it: all workers must share the project's folder, under "
        "the same path.",
    )
    # A worker with several threads: models are not made for being used by two at once.
    with _lock:
        try:
            with chdir(shard.project):
                result = shard.function(_unpacked(shard.source, content), json.loads(shard.settings))
        except ThemebookError:
            raise
        except Exception as error:
            raise ThemebookError(
                f"{shard} ({shard.rows} rows) failed: {_place_of(error)}.",
                "This is a fault of themebook: report it. Earlier tables stay as they are.",
            ) from None
        made = packed(result)
        out = shard.outputs[0 if hasattr(result, "schema") else 1]
        if not shard.source.exists():
            # The run that asked for it has stopped, and the next one has cleared up: nobody waits for this.
            raise ThemebookError(f"{shard}: its rows in {shard.folder} were taken away.", "Run again.")
        remove(shard.receipt)
        write_bytes(out, made)
        digest = hashlib.sha256(made).hexdigest()
        write_json(shard.receipt, {"key": shard.key, "file": out.name, "rows": len(result), "sha256": digest})
    return shard.key


def _place_of(error: Exception) -> str:
    """The kind of an error and the line of ours it came from; never its message, which can quote an answer."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if PACKAGE.as_posix() in Path(frame.filename).as_posix()] or frames
    return f"{type(error).__name__} in {Path(own[-1].filename).name}, line {own[-1].lineno}"
