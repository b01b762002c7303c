"""What every peer's program does: ask so many times, so many at a time, and say how long it took.

    python PROGRAM ADDRESS AT_A_TIME CALLS [--streamed]

prints `MEASURED`, calls a second and the CPU of a call in milliseconds; each call has to
give the whole answer. Nothing but the standard library, as it runs in each peer's
environment.
"""

from __future__ import annotations

import asyncio
import sys
import time

URL, AT_A_TIME, CALLS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
STREAMED = "--streamed" in sys.argv[4:]
PROMPT = "Translate to German: good morning"
ANSWER = "word " * 60


def measure(whole, pieces):
    """Ask with one of two coroutine functions, which give the answer's text.

    Args:
        whole: Asks for the whole answer.
        pieces: Asks for a stream and puts it together.
    """
    asyncio.run(_measured(pieces if STREAMED else whole))


async def _measured(ask):
    async def work(left):
        for _ in left:
            text = await ask()
            if text != ANSWER:
                raise RuntimeError(f"not the whole answer: {text!r}")

    for _ in ("to open connections", "to be measured"):
        left = iter(range(CALLS))
        began, used = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work(left) for _ in range(AT_A_TIME)))
    took, cpu = time.perf_counter() - began, time.process_time() - used
    print("MEASURED", CALLS / took, 1000 * cpu / CALLS)


def measure_model(model):
    """Ask a LangChain chat model."""

    async def whole():
        return (await model.ainvoke(PROMPT)).text

    async def pieces():
        return "".join([chunk.text async for chunk in model.astream(PROMPT)])

    measure(whole, pieces)
