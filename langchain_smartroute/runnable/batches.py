"""Batches that finish all calls before they raise a failure; Ctrl-C ends all of them.

LangChain's `abatch` raises at the first failure while other calls are still running; its
`batch` drops those that have not started. Here all calls end, and are accounted for, before the
first failure is raised.
"""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import get_config_list, get_executor_for_config

from langchain_smartroute import execution
from langchain_smartroute.types import Caught

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
        answers = self._answers(inputs, config, kwargs)
        return answers if return_exceptions else _whole(answers)

    def _answers(self, inputs: list[Any], config: Any, arguments: dict[str, Any]) -> list[Any]:
        """What LangChain's `batch` gives, whose threads are not told that nobody waits any more."""

        def answer(one: Any, its_config: RunnableConfig) -> Any:
            with Caught() as caught:
                return self.invoke(one, its_config, **arguments)
            return caught.error

        configs = get_config_list(config, len(inputs))
        if len(inputs) <= 1:
            return [answer(one, its) for one, its in zip(inputs, configs, strict=True)]
        with (
            execution.given_up_together() as calls,
            get_executor_for_config(configs[0]) as executor,
        ):
            try:
                return list(executor.map(answer, inputs, configs))
            finally:
                # Else the executor would wait for what nobody waits for after an interrupt.
                calls.leave()

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
