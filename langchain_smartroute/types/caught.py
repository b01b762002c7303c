"""An error as a value: for code that must go on, or raise it elsewhere."""

from __future__ import annotations

from typing import Self

__all__ = ["Caught"]


class Caught:
    """Holds the error that ends a `with` block, instead of raising it.

    What means "stop" (an interrupt, an exit, a cancellation) is raised, unless `everything`
    is asked for.

    Args:
        everything: Whether what means "stop" is held, too.

    Attributes:
        error: What ended the block; `None`: it ended by itself.

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
