"""Six ways of calling a runnable with one request, each giving the whole answer."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.messages.ai import add_ai_message_chunks

KEYS = {"raw", "parsed", "parsing_error"}


async def invoked(runnable, request, config):
    return runnable.invoke(request, config)


async def ainvoked(runnable, request, config):
    return await runnable.ainvoke(request, config)


async def batched(runnable, request, config):
    return runnable.batch([request], config)[0]


async def abatched(runnable, request, config):
    return (await runnable.abatch([request], config))[0]


async def streamed(runnable, request, config):
    return _whole(list(runnable.stream(request, config)))


async def astreamed(runnable, request, config):
    return _whole([part async for part in runnable.astream(request, config)])


def _whole(parts):
    if all(isinstance(part, AIMessage) for part in parts):
        return add_ai_message_chunks(*parts) if len(parts) > 1 else parts[0]
    if not all(isinstance(part, dict) and part.keys() <= KEYS for part in parts):
        return parts[-1]
    whole: dict[str, Any] = {}
    for part in parts:
        whole |= part
    raw = [part["raw"] for part in parts if "raw" in part]
    return whole | {"raw": _whole(raw)}
