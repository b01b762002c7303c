"""Observes the sandbox: a healthy answer, and the arrival times of requests."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.request import Request, urlopen

from langchain_smartroute.bench.observed import Arrival, KnownAnswer
from langchain_smartroute.sandbox import RequestRecord, SandboxServer

__all__ = ["ArrivalWatch", "known_answer"]

_EVERY_S = 0.01


def known_answer(base_url: str, *, model: str, prompt: str) -> KnownAnswer:
    """Call a healthy model by plain HTTP, without a client under test.

    Args:
        base_url: The sandbox.
        model: Name of a healthy model.
        prompt: The prompt.
    """
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": prompt}]})
    request = Request(  # noqa: S310 - the sandbox's own address
        f"{base_url}/chat/completions",
        data=body.encode(),
        headers={"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        found: dict[str, Any] = json.load(answer)
    return KnownAnswer(
        text=found["choices"][0]["message"]["content"],
        input_tokens=found["usage"]["prompt_tokens"],
        output_tokens=found["usage"]["completion_tokens"],
    )


class ArrivalWatch:
    """Records when requests reach a sandbox, to a hundredth of a second.

    Args:
        server: A new sandbox, which must not receive more requests than it keeps.
    """

    def __init__(self, server: SandboxServer) -> None:
        self._server = server
        self._times: list[float] = []

    async def run(self) -> None:
        """Record arrivals until cancelled."""
        while True:
            self._look()
            await asyncio.sleep(_EVERY_S)

    def arrivals(self, roles: Mapping[str, str], *, since: float) -> tuple[Arrival, ...]:
        """The requests to given models.

        Args:
            roles: Model name on the server → its role.
            since: Start of the measurement, on the monotonic clock.
        """
        records = self._look()
        return tuple(
            Arrival(role=role, at_s=at - since, continues=_continues(record))
            for record, at in zip(records, self._times, strict=True)
            if (role := roles.get(record.model or "")) is not None
        )

    def _look(self) -> Sequence[RequestRecord]:
        records = self._server.requests
        self._times += [time.monotonic()] * (len(records) - len(self._times))
        return records


def _continues(record: RequestRecord) -> bool:
    messages = record.body.get("messages") or [{}]
    return bool(messages[-1].get("role") == "assistant")
