"""Batches that finish all calls before they raise a failure.

LangChain's `abatch` raises at the first failure while other calls are still running; its
`batch` drops those that have not started. Here all calls end, and are accounted for, before the
first failure is raised.
"""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig

__all__ = ["WholeBatches"]


class WholeBatches(Runnable[Any, Any]):
    """A runnable whose batches finish all calls before they raise a failure."""

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
