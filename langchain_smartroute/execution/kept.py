"""The best answer so far, which is returned if no better one follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_smartroute.catalog import is_cache_hit
from langchain_smartroute.execution.answers import joined, message_of
from langchain_smartroute.execution.checks import CheckVerdict
from langchain_smartroute.execution.link import Link
from langchain_smartroute.types import Outcome

__all__ = ["Kept"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer that is returned if no better one follows.

    Attributes:
        link: The candidate that answered.
        number: Index of its attempt.
        pieces: The complete answer, or its chunks.
        verdicts: The checks' verdicts.
        weak: Whether it was rejected; otherwise it is empty.
    """

    link: Link
    number: int
    pieces: Sequence[Any]
    verdicts: Sequence[CheckVerdict] = ()
    weak: bool = False

    def is_better_than(self, other: Kept) -> bool:
        """Whether it is a non-empty answer and from a stronger candidate."""
        mine, its = self.link.prior, other.link.prior
        return self.weak and mine is not None and its is not None and mine > its

    @property
    def outcome(self) -> Outcome:
        """Its attempt's outcome if it is returned after all."""
        message = message_of(joined(self.pieces))
        return "cached" if message is not None and is_cache_hit(message) else "accepted"
