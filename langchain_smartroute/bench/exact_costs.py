"""Checks that reported costs are exact: equal to the server's token counts × prices.

The server reports random token counts and records them. The expected amounts are computed here
in integers, without this package's price and cost code, and have to agree to the last digit
with the cost of each answer and with the total.
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from langchain_smartroute.accounting import CostCallbackHandler
from langchain_smartroute.catalog import ModelSpec, Price
from langchain_smartroute.runnable import SmartRouterRunnable

__all__ = ["Exactness", "bench_exact_costs"]

_USD_PER_MTOK = {"input": "0.15", "cached_input": "0.075", "output": "0.6", "reasoning": "1.1"}
"""US dollars per million tokens."""
_SAID = "That is the number {number}, as was asked for."


@dataclass(frozen=True, slots=True, kw_only=True)
class Exactness:
    """Result of the check.

    Attributes:
        answers: Number of answers.
        exact: Number of answers whose cost is exactly the expected amount.
        sum_is_exact: Whether the total is exact.
    """

    answers: int
    exact: int
    sum_is_exact: bool


@dataclass(slots=True)
class _Counts:
    """The server's records: number of a question → its usage."""

    dice: random.Random
    usages: dict[int, dict[str, int]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def usage(self, number: int) -> dict[str, Any]:
        """The usage of a new answer, in the protocol's form."""
        with self.lock:
            asked, said = self.dice.randrange(1, 300_000), self.dice.randrange(1, 20_000)
            cached, thought = self.dice.randrange(asked + 1), self.dice.randrange(said + 1)
            self.usages[number] = {
                "input": asked - cached,
                "cached_input": cached,
                "output": said - thought,
                "reasoning": thought,
            }
        return {
            "prompt_tokens": asked,
            "completion_tokens": said,
            "total_tokens": asked + said,
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens_details": {"reasoning_tokens": thought},
        }

    def usd(self, number: int) -> Fraction:
        """Expected cost of an answer."""
        counted = self.usages[number].items()
        owed = [count * Fraction(_USD_PER_MTOK[kind]) for kind, count in counted]
        return sum(owed, Fraction()) / 1_000_000


def bench_exact_costs(questions: int, *, seed: int = 0) -> Exactness:
    """Make calls in each of the four ways, several at a time.

    Args:
        questions: Number of calls in each way.
        seed: Seed of the server's token counts.
    """
    counts = _Counts(dice=random.Random(seed))  # noqa: S311 - no secret
    costs = CostCallbackHandler()
    with _counting_server(counts) as url:
        told = asyncio.run(_told(_router(url), questions, costs))
    exact = sum(Fraction(usd) == counts.usd(number) for number, usd in told.items())
    owed = sum(map(counts.usd, told), Fraction())
    spent = costs.stats().actual_cost_usd
    return Exactness(
        answers=len(told),
        exact=exact,
        sum_is_exact=Fraction(spent) == owed,
    )


def _router(url: str) -> Any:
    rates: Any = {f"{kind}_usd_per_mtok": Decimal(usd) for kind, usd in _USD_PER_MTOK.items()}
    price = Price(
        **rates,
        source="made up for the benchmark",
        date=date(2026, 11, 27),
    )
    spec = ModelSpec(alias="model", context_window=1_000_000, prices=(price,))
    return SmartRouterRunnable.from_models({"model": spec}, base_url=url, api_key="none")


async def _told(router: Any, questions: int, costs: CostCallbackHandler) -> dict[int, Decimal]:
    """Number of a question → the answer's reported cost."""
    settings: Any = {"callbacks": [costs], "max_concurrency": 8}
    numbers = iter(range(4 * questions))
    told: dict[int, Decimal] = {}

    def note(number: int, message: Any) -> None:
        told[number] = Decimal(message.response_metadata["smartroute"]["cost"])

    async def whole(number: int) -> None:
        note(number, await router.ainvoke(f"{number}", settings))

    async def pieces(number: int) -> None:
        message = None
        async for piece in router.astream(f"{number}", settings):
            message = piece if message is None else message + piece
        note(number, message)

    for _ in range(questions):
        several = [next(numbers) for _ in range(4)]
        await asyncio.gather(whole(several[0]), pieces(several[1]))
        note(several[2], await asyncio.to_thread(router.invoke, f"{several[2]}", settings))
        note(several[3], await asyncio.to_thread(_streamed, router, several[3], settings))
    return told


def _streamed(router: Any, number: int, settings: Any) -> Any:
    message = None
    for piece in router.stream(f"{number}", settings):
        message = piece if message is None else message + piece
    return message


@contextmanager
def _counting_server(counts: _Counts) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            number = int(asked["messages"][-1]["content"])
            kind, body = _answer(number, counts.usage(number), streamed=asked.get("stream", False))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()


def _answer(number: int, usage: dict[str, Any], *, streamed: bool) -> tuple[str, bytes]:
    text = _SAID.format(number=number)
    head = {"id": f"chatcmpl-{number}", "created": 1_790_000_000, "model": "model"}
    if not streamed:
        message = {"role": "assistant", "content": text}
        choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": "stop"}
        whole = {**head, "object": "chat.completion", "choices": [choice], "usage": usage}
        return "application/json", json.dumps(whole).encode()
    head["object"] = "chat.completion.chunk"
    delta = {"role": "assistant", "content": text}
    events = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {**head, "choices": [], "usage": usage},
    ]
    lines = [*map(json.dumps, events), "[DONE]"]
    return "text/event-stream", "".join(f"data: {line}\n\n" for line in lines).encode()
