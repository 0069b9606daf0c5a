"""mmsscode on vectors that are given: runs under a Python that has mmsscode, and imports nothing else of this folder.

Reads in.npz (examples, codes, answers) from the folder named, writes out.json: one code an answer, "" where it leaves
the answer to people.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from mmsscode.config import ProjectConfig, VariableConfig
from mmsscode.engine import predict_candidates

folder = Path(sys.argv[1])
given = np.load(folder / "in.npz")
vectors = {f"e{i}": v for i, v in enumerate(given["examples"])} | {f"a{i}": v for i, v in enumerate(given["answers"])}


class Given:
    """Stands where mmsscode's own encoder would."""

    def encode(self, texts):
        return np.stack([vectors[text] for text in texts])

    def unload(self):
        pass


config = ProjectConfig(
    input_path=folder,
    input_format="csv",
    id_column=None,
    csv_separator=",",
    csv_encoding="utf-8",
    codebook_path=folder,
    model_keys=("minilm",),
    models_dir=folder,
    hf_cache_dir=folder,
    segmentation_enabled=False,
    segment_template_path=folder,
    minimum_similarity=None,
    validation_repeats=1,
    validation_train_fraction=0.7,
    validation_seed=0,
    output_dir=folder,
    variables=(VariableConfig("text", ("code",)),),
)
examples = pd.DataFrame(
    {"segment_text": [f"e{i}" for i in range(len(given["codes"]))], "manual_code_id": given["codes"].astype(str)}
)
answers = pd.DataFrame({"segment_text": [f"a{i}" for i in range(len(given["answers"]))]})
coded = predict_candidates(examples, answers, config, factory=lambda spec, config: Given())
(folder / "out.json").write_text(json.dumps(coded["final_code_id"].tolist()))
