"""Work for shards that tests send to other processes; light to import."""

import os
import signal
from pathlib import Path

import numpy as np
import pyarrow as pa


def lengths(part, settings):
    """Length of each text, times a factor; notes that it was called; does what the settings ask for at a text."""
    texts = part["text"].to_pylist()
    if settings.get("calls"):
        with open(settings["calls"], "a") as file:
            file.write(f"{texts[0]}\n")
    if settings.get("fails") in texts:
        raise ValueError(f"cannot read {settings['fails']}")
    if settings.get("dies") in texts:
        _die(Path(settings["mark"]) if settings.get("mark") else None)
    return pa.table({"text": texts, "length": [len(text) * settings.get("times", 1) for text in texts]})


def vectors(part, settings):
    """A vector for each text."""
    return np.array([[len(text), ord(text[0])] for text in part["text"].to_pylist()], dtype=np.float32)


def _die(mark):
    """Kill this very process, once only where a mark is left."""
    if mark is not None:
        if mark.exists():
            return
        mark.touch()
    os.kill(os.getpid(), signal.SIGKILL)
