"""Batches that come to their end: one failure does not harm its neighbours.

LangChain's `abatch` raises at the first failure and leaves the other calls running
with nobody to wait for them; its `batch` drops those that have not begun. Here all of
them end, and are accounted for, before the first failure is raised.
"""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

__all__ = ["WholeBatches"]


class WholeBatches(Runnable[Any, Any]):
    """A runnable whose batches are finished before a failure of theirs is raised."""

    def batch(
        self,
        inputs: list[Any],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Any]:
        """Answer several requests at once; the first failure is raised after the last answer."""
        answers = super().batch(inputs, config, return_exceptions=True, **kwargs)
        return answers if return_exceptions else _whole(answers)

    async def abatch(
        self,
        inputs: list[Any],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Any]:
        """Answer several requests at once; the first failure is raised after the last answer."""
        answers = await super().abatch(inputs, config, return_exceptions=True, **kwargs)
        return answers if return_exceptions else _whole(answers)


def _whole(answers: list[Any]) -> list[Any]:
    failed = next((answer for answer in answers if isinstance(answer, Exception)), None)
    if failed is not None:
        raise failed
    return answers
