"""Streaming: tokens as they come, sync and async, and the events of a whole run.

The last chunk says what was decided and what it cost. Without SMARTROUTE_BASE_URL a
local sandbox simulates the answers, at a readable speed.
"""

import asyncio
import os
from contextlib import nullcontext
from dataclasses import replace

from langchain_core.messages import AIMessageChunk

from langchain_smartroute import Catalog, SmartRouterRunnable
from langchain_smartroute.sandbox import SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models

QUESTION = "Explain the Monty Hall problem with math"


def with_stream(router: SmartRouterRunnable) -> None:
    """Print text as it comes; chunks add up to the whole message."""
    whole: AIMessageChunk | None = None
    for chunk in router.stream(QUESTION):
        print(chunk.text, end="", flush=True)
        whole = chunk if whole is None else whole + chunk
    if whole is not None:
        info = whole.response_metadata["smartroute"]
        print(f"\n  stream: {info['model']}, {whole.usage_metadata}, ${info['cost']}")


async def with_astream(router: SmartRouterRunnable) -> None:
    """Two requests at once, each streamed."""

    async def count(question: str) -> str:
        chunks = [chunk async for chunk in router.astream(question)]
        text = "".join(chunk.text for chunk in chunks)
        return f"  astream: {len(chunks)} chunks, {len(text)} characters for {question!r}"

    for line in await asyncio.gather(count(QUESTION), count("Translate to French: thank you")):
        print(line)


async def with_events(router: SmartRouterRunnable) -> None:
    """What a tracer or a web page sees of one run; the text comes once."""
    seen: dict[str, int] = {}
    async for event in router.astream_events(QUESTION, version="v2"):
        seen[event["event"]] = seen.get(event["event"], 0) + 1
    for name, times in seen.items():
        print(f"  astream_events: {name} × {times}")


async def run_async(router: SmartRouterRunnable) -> None:
    """All async parts in one event loop: HTTP clients belong to the loop they were used in."""
    await with_astream(router)
    await with_events(router)


def main() -> None:
    """Start a sandbox where no gateway is configured."""
    real = os.environ.get("SMARTROUTE_BASE_URL")
    print("Answers from your gateway." if real else "Answers are simulated by a local sandbox.")
    offered = sandbox_models(Catalog.load("default"))
    models = [replace(model, tokens_per_s=150) for model in offered]
    with nullcontext() if real else SandboxServer(models=models) as sandbox:
        router = SmartRouterRunnable.from_catalog(base_url=sandbox.base_url if sandbox else None)
        with_stream(router)
        asyncio.run(run_async(router))


if __name__ == "__main__":
    main()
