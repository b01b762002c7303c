"""Simulated errors of a weak model: on some requests, always the same ones, with lower confidence.

Whether a model errs is determined by its name and the request, so that two models err on
different requests and a run is reproducible.
"""

from __future__ import annotations

import re
import zlib

__all__ = ["DOUBT", "slipped", "slips_on"]

DOUBT = 2.0
"""By how much the log-probabilities of a wrong answer are lowered."""

_NUMBER = re.compile(r"\d+(?!.*\d)", re.DOTALL)
_OPPOSITES = (
    ("not spam", "spam"),
    ("spam", "not spam"),
    ("positive", "negative"),
    ("negative", "positive"),
    ("Positive", "Negative"),
    ("Negative", "Positive"),
)
_STEPS = 1_000


def slips_on(name: str, text: str, share: float) -> bool:
    """Whether a model errs on a request.

    Args:
        name: The model's name.
        text: The request's text.
        share: The share of requests that it errs on.
    """
    seed = f"{name}\n{text}".encode("utf-8", "replace")
    return zlib.crc32(seed) % _STEPS < share * _STEPS


def slipped(name: str, answer: str) -> str:
    """Turn a right answer into a wrong one, differently for each model.

    The last number is changed, or a label replaced by its opposite; an answer with neither
    stays as it is.

    Example:
        >>> slipped("small", "17 * 23 = 391") != "17 * 23 = 391"
        True
        >>> slipped("small", "spam")
        'not spam'
    """
    off = 1 + zlib.crc32(name.encode()) % 89
    found = _NUMBER.search(answer)
    if found is not None:
        return f"{answer[: found.start()]}{int(found[0][-18:]) + off}{answer[found.end() :]}"
    for label, opposite in _OPPOSITES:
        if answer == label:
            return opposite
    return answer
