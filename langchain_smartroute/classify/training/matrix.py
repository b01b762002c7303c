"""The sparse feature matrix for training, with a row per text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from langchain_smartroute.classify.hashing import BITS, hashed
from langchain_smartroute.errors import ConfigurationError

try:
    from scipy import sparse
except ImportError as error:
    raise ConfigurationError(
        'training needs the package "scipy": pip install "langchain-smartroute[eval]"'
    ) from error

__all__ = ["feature_matrix"]


def feature_matrix(texts: Iterable[str], *, block_weights: Sequence[float]) -> sparse.csr_matrix:
    """The features of `texts`, scaled per block as in classification.

    Args:
        texts: The prompts.
        block_weights: Factor of each block of features.

    Returns:
        A matrix with a row per text and 2 ** BITS columns.
    """
    columns, values, ends = [], [], [0]
    weights = np.array(block_weights)
    for text in texts:
        found = hashed(text)
        shares = weights / np.sqrt(found.sizes)
        order = np.argsort(found.indices, kind="stable")
        sorted_indices = found.indices[order]
        first = np.flatnonzero(np.diff(sorted_indices, prepend=-1))
        columns.append(sorted_indices[first].astype(np.int32))
        values.append(np.add.reduceat(np.repeat(shares, found.sizes)[order], first))
        ends.append(ends[-1] + len(first))
    shape = (len(ends) - 1, 1 << BITS)
    return sparse.csr_matrix(
        (np.concatenate(values), np.concatenate(columns), np.array(ends)), shape=shape
    )
