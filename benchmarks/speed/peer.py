"""BERTopic as it comes, on the texts of a file, from a cold process: `python peer.py MODEL TEXTS.json`.

`topic` and `document` are words of that library.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def main(model: str, texts: Path) -> None:
    """Fit BERTopic with its defaults on the texts, embedding them with the model in a folder."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from bertopic import BERTopic
    from sentence_transformers import SentenceTransformer

    found, _ = BERTopic(embedding_model=SentenceTransformer(model, device="cpu")).fit_transform(
        json.loads(texts.read_text("utf-8"))
    )
    print(len(set(found)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
