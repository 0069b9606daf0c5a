"""Tuning the encoder: its upper layers learn to tell themes apart from texts whose themes are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.foundation.params import Tune

# How sharply a text's cosines to the themes are turned into shares; sentence encoders are taught with 16 to 20.
SCALE = 16.0
# The themes' own vectors are no part of the encoder and may move faster than it.
THEME_RATE = 1e-2
THEMES_A_BATCH = 16


@dataclass(frozen=True)
class Lessons:
    """Texts whose themes are known.

    Parameters
    ----------
    texts : tuple of str, length n
    given : ndarray of bool, shape (n, K)
        The themes of each; a text without any teaches nothing here.
    possible : ndarray of bool, shape (n, K)
        The themes it could have been given: those of its question.
    """

    texts: tuple[str, ...]
    given: np.ndarray
    possible: np.ndarray

    def in_order(self) -> Lessons:
        """Sort by text, so that the order of rows in a file teaches nothing; texts without a theme are left out."""
        rows = [i for i in range(len(self.texts)) if self.given[i].any()]
        rows.sort(key=lambda i: (self.texts[i], self.given[i].tobytes(), self.possible[i].tobytes()))
        return Lessons(tuple(self.texts[i] for i in rows), self.given[rows], self.possible[rows])


def batches(given: np.ndarray, params: Tune, seed: int) -> Iterator[np.ndarray]:
    """Draw the rows of each step: some themes at random, the same number of texts of each, no text twice.

    Parameters
    ----------
    given : ndarray of bool, shape (n, K)
    params : Tune
        Steps and batch size.
    seed : int

    Yields
    ------
    ndarray of int
        At most ``params.batch`` rows.
    """
    generator = np.random.default_rng(seed)
    texts_of = [np.flatnonzero(column) for column in given.T]
    themes = np.array([k for k, rows in enumerate(texts_of) if len(rows)])
    each = max(1, params.batch // min(len(themes), THEMES_A_BATCH))
    for _ in range(params.steps):
        drawn = generator.choice(themes, min(len(themes), THEMES_A_BATCH), replace=False)
        parts = [generator.choice(texts_of[k], min(each, len(texts_of[k])), replace=False) for k in drawn]
        yield np.unique(np.concatenate(parts))


def tune(model: Any, lessons: Lessons, params: Tune, seed: int) -> dict[str, np.ndarray]:
    """Teach a sentence-transformers model to put texts of one theme near each other and far from its siblings.

    Each theme has a vector, at first the mean of its texts. A text's cosines to the vectors of the themes of its
    question, sharpened and normalised, are drawn towards an equal share for each theme it was given: a cross-entropy
    over theme vectors [1]_. Word embeddings stay as they are; AdamW [2]_ with a rate that rises over ten steps and
    falls to zero.

    Parameters
    ----------
    model : SentenceTransformer
        Changed in place.
    lessons : Lessons
        Texts with their themes; cut to ``params.max_tokens``.
    params : Tune
    seed : int
        Draws the batches and the dropout: the same lessons on the same machine give the same weights.

    Returns
    -------
    dict of str to ndarray
        The weights that changed, by name.

    References
    ----------
    .. [1] Movshovitz-Attias et al., No fuss distance metric learning using proxies, ICCV 2017, eq. 4, with soft
       targets.
    .. [2] Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019, algorithm 2.
    """
    import torch

    torch.manual_seed(seed)
    lessons = lessons.in_order()
    given = torch.tensor(lessons.given, dtype=torch.float32)
    shares = given / given.sum(1, keepdim=True)
    ruled_out = torch.tensor(~(lessons.possible | lessons.given))
    longest, model.max_seq_length = model.max_seq_length, params.max_tokens
    learning = {name: p for name, p in model.named_parameters() if "embeddings" not in name}
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name in learning
    model.eval()
    with torch.no_grad():
        start = torch.cat([_encode(model, lessons.texts[i : i + 64]) for i in range(0, len(lessons.texts), 64)])
    themes = torch.nn.Parameter(torch.nn.functional.normalize(given.T @ start, dim=1))
    bias = torch.nn.Parameter(torch.zeros(given.shape[1]))
    optimiser = torch.optim.AdamW(
        [
            {"params": list(learning.values()), "lr": params.rate, "rate": params.rate},
            {"params": [themes, bias], "lr": THEME_RATE, "rate": THEME_RATE},
        ]
    )
    model.train()
    for step, rows in enumerate(batches(lessons.given, params, seed)):
        for group in optimiser.param_groups:
            group["lr"] = group["rate"] * min(1.0, (step + 1) / 10) * (1 - step / params.steps)
        vectors = _encode(model, [lessons.texts[i] for i in rows])
        logits = SCALE * vectors @ torch.nn.functional.normalize(themes, dim=1).T + bias
        logits = logits.masked_fill(ruled_out[rows], -1e9)
        loss = -(shares[rows] * torch.log_softmax(logits, 1)).sum(1).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learning.values(), 1.0)
        optimiser.step()
    model.eval()
    model.max_seq_length = longest
    return {name: parameter.detach().numpy().copy() for name, parameter in learning.items()}


def _encode(model: Any, texts: list[str] | tuple[str, ...], parts: int = 4) -> Any:
    """Encode with gradients, in a few parts of like length: padding is half of the work otherwise."""
    import torch

    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    vectors = []
    for part in np.array_split(order, min(parts, len(order))):
        features = model.preprocess([texts[i] for i in part])
        vectors.append(model(features)["sentence_embedding"])
    back = np.argsort(np.array(order), kind="stable")
    return torch.nn.functional.normalize(torch.cat(vectors), dim=1)[torch.tensor(back)]
