"""Word features: which words and letter sequences a text holds, hashed so that a model holds no words."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

from pipeline.text.ids import text_id

COLUMNS = 2**16
# So many texts tell how rare a word is.
MOST_COUNTED = 50_000
# Texts read at a time; what is counted over them does not depend on it.
BLOCK = 20_000
KINDS = (("word", (1, 2)), ("char_wb", (3, 5)))


def log_lengths(texts: list[str]) -> np.ndarray:
    """Give the logarithm of one plus the number of words of each text, shape (n,)."""
    return np.log1p([len(text.split()) for text in texts]).astype(float)


class WordFeatures(BaseEstimator):
    """Words and word pairs, and three to five letters in sequence within a word, weighted by how rare they are.

    Each kind has its own half of the columns, weighted by 1 + log(count) times the inverse document frequency and
    scaled to unit length [1]_. Columns are found by hashing: a stored model holds numbers and no words, so that
    nobody's name can be read from it.

    Attributes
    ----------
    idf_ : ndarray, shape (2, 65536)
        Inverse document frequencies of each kind.

    References
    ----------
    .. [1] Manning, Raghavan, Schütze, Introduction to Information Retrieval, 2008, eq. 6.7, 6.13 and fig. 6.15 (ltc).
    """

    def fit(self, texts: list[str]) -> WordFeatures:
        """Learn how rare each column is in some texts, each distinct text counted once; in so many of them at most."""
        distinct = sorted(set(texts)) or [""]
        # Any hash will do for a random sample that depends on the texts alone.
        distinct = distinct if len(distinct) <= MOST_COUNTED else sorted(distinct, key=text_id)[:MOST_COUNTED]
        held = np.zeros((len(KINDS), COLUMNS))
        for start in range(0, len(distinct), BLOCK):
            block = distinct[start : start + BLOCK]
            held += [_counts(block, *kind).getnnz(axis=0) for kind in KINDS]
        self.idf_ = np.log((1 + len(distinct)) / (1 + held)) + 1
        return self

    def transform(self, texts: list[str]) -> csr_matrix:
        """Give a sparse matrix of shape (n, 131072), rows of length at most 1."""
        halves = []
        for kind, idf in zip(KINDS, self.idf_, strict=True):
            weigh = TfidfTransformer(sublinear_tf=True)
            weigh.idf_ = idf
            halves.append(weigh.transform(_counts(texts, *kind)))
        return csr_matrix(hstack(halves)) / np.sqrt(len(KINDS))


def _counts(texts: list[str], analyzer: str, span: tuple[int, int]) -> csr_matrix:
    vectorizer = HashingVectorizer(
        analyzer=analyzer,
        ngram_range=span,
        n_features=COLUMNS,
        alternate_sign=False,
        norm=None,
        token_pattern=r"(?u)\b\w+\b" if analyzer == "word" else None,
    )
    return vectorizer.transform(texts)
