"""How a weaker model errs: now and then, always at the same requests, and less sure of itself.

Which requests a model slips on follows from its name and the request alone, so that two
models err at different ones and a run can be repeated.
"""

from __future__ import annotations

import re
import zlib

__all__ = ["DOUBT", "slipped", "slips_on"]

DOUBT = 2.0
"""By how much the log-probabilities of a wrong answer are lower."""

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
    """Whether a model errs at a request.

    Args:
        name: The model.
        text: What is asked.
        share: The share of requests that it errs at.
    """
    seed = f"{name}\n{text}".encode("utf-8", "replace")
    return zlib.crc32(seed) % _STEPS < share * _STEPS


def slipped(name: str, answer: str) -> str:
    """A wrong answer in the place of a right one, another one for each model.

    The last number is changed, or a label turned into its opposite; what has neither stays.

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
