"""The ways to call a model that the router is compared with: the SDK and LangChain's classes.

`openai` and `langchain_openai` are imported when the first of them is built.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from langchain_core.runnables import RunnableBranch

__all__ = ["PLAIN", "SAME_CLIENT", "SDK", "SdkCalls", "aclose", "chat_model", "langchains_own"]

SDK = "openai SDK"
"""AsyncOpenAI and OpenAI with default settings, no LangChain."""

PLAIN = "ChatOpenAI"
"""The contestant that all others are compared with."""

SAME_CLIENT = "ChatOpenAI, the router's client"
"""A `ChatOpenAI` with the HTTP client that the router uses."""

_KEY = "none"
_TIMEOUT_S = 120
"""Timeout in seconds, also for connecting, where the default is five.

With hundreds of concurrent calls on a busy machine, some connections of a stock client take
longer than that, and the error would end the measurement.
"""


def chat_model(model: str, base_url: str, **settings: Any) -> Any:
    """A `ChatOpenAI` with a router's settings: no retries, and usage in streams."""
    from langchain_openai import ChatOpenAI  # noqa: PLC0415 - it takes two seconds

    return ChatOpenAI(
        model=model,
        base_url=base_url,
        api_key=_KEY,
        max_retries=0,
        timeout=_TIMEOUT_S,
        stream_usage=True,
        **settings,
    )


async def aclose(model: Any) -> None:
    """Close the client that a stock `ChatOpenAI` has opened in this event loop.

    All models with the same base URL share this client, which cannot be used in another event loop.
    """
    await model.root_async_client.close()


def langchains_own(build: Callable[[], Any], *, branches: int) -> dict[str, Any]:
    """Name → runnable: `with_fallbacks`, and a `RunnableBranch` of one and of many branches.

    Args:
        build: Makes a model.
        branches: Number of branches of the second one. No branch is ever taken, so all
            conditions are evaluated.
    """
    return {
        "with_fallbacks": build().with_fallbacks([build()]),
        "RunnableBranch, 1 branch": _branch(build, 1),
        f"RunnableBranch, {branches} branches": _branch(build, branches),
    }


def _branch(build: Callable[[], Any], branches: int) -> Any:
    return RunnableBranch(*[(_never, build()) for _ in range(branches)], build())


def _never(_: Any) -> bool:
    return False


class SdkCalls:
    """The SDK's clients with the methods of a chat model; they return texts.

    Args:
        model: Name of the model.
        base_url: Base URL of the server.
    """

    def __init__(self, model: str, base_url: str) -> None:
        from openai import AsyncOpenAI, OpenAI  # noqa: PLC0415 - it takes a second

        settings: dict[str, Any] = {
            "base_url": base_url,
            "api_key": _KEY,
            "max_retries": 0,
            "timeout": _TIMEOUT_S,
        }
        self._blocking, self._waiting = OpenAI(**settings), AsyncOpenAI(**settings)
        self._model = model

    def invoke(self, prompt: str) -> str:
        """The whole answer."""
        answer = self._blocking.chat.completions.create(**self._asked(prompt))
        return answer.choices[0].message.content or ""

    def stream(self, prompt: str) -> Iterator[str]:
        """The answer in pieces."""
        for chunk in self._blocking.chat.completions.create(**self._asked(prompt, stream=True)):
            if chunk.choices:
                yield chunk.choices[0].delta.content or ""

    async def ainvoke(self, prompt: str) -> str:
        """The whole answer."""
        answer = await self._waiting.chat.completions.create(**self._asked(prompt))
        return answer.choices[0].message.content or ""

    async def astream(self, prompt: str) -> AsyncIterator[str]:
        """The answer in pieces."""
        chunks = await self._waiting.chat.completions.create(**self._asked(prompt, stream=True))
        async for chunk in chunks:
            if chunk.choices:
                yield chunk.choices[0].delta.content or ""

    def close(self) -> None:
        """Close the client of blocking calls."""
        self._blocking.close()

    async def aclose(self) -> None:
        """Close the asynchronous client, in its event loop."""
        await self._waiting.close()

    def _asked(self, prompt: str, *, stream: bool = False) -> dict[str, Any]:
        asked = {"model": self._model, "messages": [{"role": "user", "content": prompt}]}
        if not stream:
            return asked
        return {**asked, "stream": True, "stream_options": {"include_usage": True}}
