"""Makes one call of a contestant and records its result or error."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from langchain_core.callbacks import UsageMetadataCallbackHandler
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.runnables import Runnable

from langchain_smartroute.bench.observed import Reply
from langchain_smartroute.types import Caught

__all__ = ["called"]


class _Shown:
    """The part of the answer that the caller has received so far."""

    def __init__(self) -> None:
        self.text = ""
        self.message: AIMessage | None = None

    def add(self, piece: AIMessage) -> None:
        self.text += str(piece.text)
        if isinstance(self.message, AIMessageChunk) and isinstance(piece, AIMessageChunk):
            self.message = self.message + piece
        else:
            self.message = piece


async def called(
    runnable: Runnable[Any, Any], prompt: str, *, way: str, patience_s: float
) -> Reply:
    """Call a runnable and record the result.

    Args:
        runnable: The runnable to call.
        prompt: The prompt.
        way: `astream` or `ainvoke`.
        patience_s: After how many seconds it is cancelled.
    """
    shown, counter = _Shown(), UsageMetadataCallbackHandler()
    started = time.monotonic()
    clock = asyncio.timeout(patience_s)
    with Caught() as caught:
        async with clock:
            await _call(runnable, prompt, way=way, shown=shown, counter=counter)
    message = shown.message
    return Reply(
        text=shown.text,
        seconds=time.monotonic() - started,
        error=caught.error,
        hung=clock.expired(),
        model=message.response_metadata.get("model_name") if message else None,
        usage=_tokens(message.usage_metadata) if message and message.usage_metadata else None,
        billed={model: _tokens(usage) for model, usage in counter.usage_metadata.items()},
    )


async def _call(
    runnable: Runnable[Any, Any],
    prompt: str,
    *,
    way: str,
    shown: _Shown,
    counter: UsageMetadataCallbackHandler,
) -> None:
    if way == "ainvoke":
        shown.add(await runnable.ainvoke(prompt, {"callbacks": [counter]}))
        return
    async for chunk in runnable.astream(prompt, {"callbacks": [counter]}):
        shown.add(chunk)


def _tokens(usage: Mapping[str, Any]) -> tuple[int, int]:
    return usage["input_tokens"], usage["output_tokens"]
