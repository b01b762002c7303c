"""Errors as values, for code that must continue or raise them elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

__all__ = ["Caught", "causes_of", "steers_graph"]

_MOST_CAUSES = 10


class Caught:
    """Context manager that stores an error of its block instead of raising it.

    Interrupts, exits and cancellations are raised, unless `everything` is set.

    Args:
        everything: Whether interrupts, exits and cancellations are stored as well.

    Attributes:
        error: The error of the block; `None`: there was none.

    Example:
        >>> from langchain_smartroute.types import Caught
        >>> with Caught() as caught:
        ...     _ = {}["missing"]
        >>> caught.error
        KeyError('missing')
    """

    __slots__ = ("_kinds", "error")

    def __init__(self, *, everything: bool = False) -> None:
        self.error: BaseException | None = None
        self._kinds = BaseException if everything else Exception

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        if not isinstance(error, self._kinds):
            return False
        self.error = error
        return True


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and its chain of causes.

    Other contexts are ignored: a caller inside an `except` block adds its handled exception to
    every exception raised below.
    """
    found = error
    for _ in range(_MOST_CAUSES):
        if found is None:
            return
        yield found
        instead_of = found.__context__ if found.__suppress_context__ else None
        found = found.__cause__ or instead_of


def steers_graph(error: BaseException | None) -> bool:
    """Whether an exception is how a LangGraph node pauses or jumps, and no failure.

    Those are `interrupt` for a person's answer, and a `Command` for the parent graph. They are
    known by their base class's name, as this package does not need LangGraph.
    """
    return any(
        kind.__name__ == "GraphBubbleUp" and kind.__module__.startswith("langgraph.")
        for kind in type(error).__mro__
    )
