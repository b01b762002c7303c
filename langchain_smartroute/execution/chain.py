"""The chain of one decision: a `with_fallbacks` chain that accounts for every attempt.

LangChain's own `RunnableWithFallbacks` commits to a stream at its first chunk,
which for OpenAI-compatible servers is the empty role delta; it moves on after
every exception of a class, or none; and it forgets what was tried. The loops
below replace its own for those three reasons and keep everything else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import (
    ensure_config,
    get_async_callback_manager_for_config,
    get_callback_manager_for_config,
    patch_config,
)
from langchain_core.runnables.fallbacks import RunnableWithFallbacks
from pydantic import Field

from langchain_smartroute.execution.streaming import StreamedAttempt
from langchain_smartroute.execution.walk import Link, Walk
from langchain_smartroute.tracing import attempt_metadata, settle
from langchain_smartroute.types import RoutingDecision

if TYPE_CHECKING:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForChainRun,
        CallbackManagerForChainRun,
    )

    from langchain_smartroute.catalog import Price

__all__ = ["RoutedChain"]

OPTIONS_KEY = "smartroute"
"""The key of the router's own options under `config["configurable"]`."""


class RoutedChain(RunnableWithFallbacks[Any, Any]):
    """The candidates of one decision, called in order until one answers.

    Attributes:
        begin: Starts the walk of a request along the candidates.
    """

    begin: Callable[[], Walk] = Field(exclude=True, repr=False)

    @classmethod
    def of(
        cls, links: tuple[Link, ...], *, decision: RoutingDecision, input_tokens: int, name: str
    ) -> RoutedChain:
        """Build the chain of a decision.

        Args:
            links: The candidates; they become `runnable` and `fallbacks`.
            decision: What put them in this order.
            input_tokens: Estimate of the request, for answers without usage.
            name: What the run is called in traces.
        """
        first, *rest = (link.runnable for link in links)

        def begin() -> Walk:
            return Walk(decision, links, input_tokens=input_tokens)

        return cls(runnable=first, fallbacks=rest, name=name, begin=begin)

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Call the candidates in order until one answers."""
        config = ensure_config(config)
        run = get_callback_manager_for_config(config).on_chain_start(
            None, input, **self._run_arguments(config)
        )
        walk = self.begin()
        with self._settled(run, walk):
            for link in walk.links():
                child = self._child_config(config, run, walk, link)
                try:
                    answer = link.runnable.invoke(input, child, **kwargs)
                except self.exceptions_to_handle as error:
                    walk.failed(_exception(error))
                else:
                    walk.answered(answer)
            walk.leftover()
        return walk.answer

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002 - LangChain's name
        """Call the candidates in order until one answers."""
        config = ensure_config(config)
        run = await get_async_callback_manager_for_config(config).on_chain_start(
            None, input, **self._run_arguments(config)
        )
        walk = self.begin()
        async with self._asettled(run, walk):
            for link in walk.links():
                child = self._child_config(config, run, walk, link)
                try:
                    answer = await link.runnable.ainvoke(input, child, **kwargs)
                except self.exceptions_to_handle as error:
                    walk.failed(_exception(error))
                else:
                    walk.answered(answer)
            walk.leftover()
        return walk.answer

    def stream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Stream the first candidate that comes up with content."""
        config = ensure_config(config)
        run = get_callback_manager_for_config(config).on_chain_start(
            None, input, **self._run_arguments(config)
        )
        walk = self.begin()
        with self._settled(run, walk):
            for link in walk.links():
                attempt = StreamedAttempt(walk)
                child = self._child_config(config, run, walk, link)
                try:
                    for chunk in link.runnable.stream(input, child, **kwargs):
                        yield from attempt.take(chunk)
                except self.exceptions_to_handle as error:
                    attempt.failed(_exception(error))
                else:
                    yield from attempt.ended()
            yield from walk.leftover()

    async def astream(
        self,
        input: Any,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """Stream the first candidate that comes up with content."""
        config = ensure_config(config)
        run = await get_async_callback_manager_for_config(config).on_chain_start(
            None, input, **self._run_arguments(config)
        )
        walk = self.begin()
        async with self._asettled(run, walk):
            for link in walk.links():
                attempt = StreamedAttempt(walk)
                child = self._child_config(config, run, walk, link)
                source: Any = link.runnable.astream(input, child, **kwargs)
                try:
                    async with aclosing(source):
                        async for chunk in source:
                            for ready in attempt.take(chunk):
                                yield ready
                except self.exceptions_to_handle as error:
                    attempt.failed(_exception(error))
                else:
                    for ready in attempt.ended():
                        yield ready
            for ready in walk.leftover():
                yield ready

    def batch(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Call `invoke` for each input: a chain's account is one request's."""
        return Runnable.batch(self, *args, **kwargs)

    async def abatch(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Call `ainvoke` for each input: a chain's account is one request's."""
        return await Runnable.abatch(self, *args, **kwargs)

    def _run_arguments(self, config: RunnableConfig) -> dict[str, Any]:
        name = config.get("run_name") or self.get_name()
        return {"name": name, "run_id": config.pop("run_id", None)}

    def _child_config(
        self,
        config: RunnableConfig,
        run: CallbackManagerForChainRun | AsyncCallbackManagerForChainRun,
        walk: Walk,
        link: Link,
    ) -> RunnableConfig:
        """The config of an attempt: its own metadata, and none of our options.

        A candidate may be a router itself, which must not take our caller's
        choices for its own.
        """
        child = patch_config(config, callbacks=run.get_child())
        spec = link.spec
        own = attempt_metadata(
            spec.alias, api_model=spec.model, number=walk.number, price=_price_texts(spec.price)
        )
        child["metadata"] = {**(config.get("metadata") or {}), **own}
        configurable = config.get("configurable")
        if configurable and OPTIONS_KEY in configurable:
            child["configurable"] = {k: v for k, v in configurable.items() if k != OPTIONS_KEY}
        return child

    @contextmanager
    def _settled(self, run: CallbackManagerForChainRun, walk: Walk) -> Iterator[None]:
        """End the request's run and its account, however the request ends."""
        try:
            yield
        except BaseException as error:
            walk.interrupted()
            settle(run.handlers, walk.decision.id, walk.attempts)
            run.on_chain_error(error)
            raise
        settle(run.handlers, walk.decision.id, walk.attempts)
        run.on_chain_end(walk.answer)

    @asynccontextmanager
    async def _asettled(
        self, run: AsyncCallbackManagerForChainRun, walk: Walk
    ) -> AsyncIterator[None]:
        """End the request's run and its account, however the request ends."""
        try:
            yield
        except BaseException as error:
            walk.interrupted()
            settle(run.handlers, walk.decision.id, walk.attempts)
            await run.on_chain_error(error)
            raise
        settle(run.handlers, walk.decision.id, walk.attempts)
        await run.on_chain_end(walk.answer)


def _exception(error: BaseException) -> Exception:
    """Only `Exception` is handled; what means "stop" (cancellation, exit) is passed on."""
    if not isinstance(error, Exception):
        raise error
    return error


@lru_cache(maxsize=1024)
def _price_texts(price: Price | None) -> Mapping[str, str] | None:
    return None if price is None else price.model_dump(mode="json", exclude_none=True)
