"""Errors as values, for code that must continue or raise them elsewhere."""

from __future__ import annotations

from typing import Self

__all__ = ["Caught"]


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
