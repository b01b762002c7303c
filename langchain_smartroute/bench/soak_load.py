"""Sends the requests of a soak test and checks how each of them ends."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from langchain_core.exceptions import LangChainException
from langchain_core.runnables import Runnable

from langchain_smartroute.accounting import CallRecord, CostCallbackHandler
from langchain_smartroute.errors import ChainExhaustedError, SmartRouteError, StreamInterruptedError
from langchain_smartroute.types import Attempt, Caught

__all__ = ["PROMPTS", "SoakLoad", "Tally"]

PROMPTS = (
    "Write a Python function to merge sort an array",
    "Explain the Monty Hall problem with math",
    "Translate to German: good morning",
    "What is 12 * 7?",
)
_PATIENCE_S = 120.0


@dataclass(slots=True)
class Tally:
    """Statistics of the requests.

    Attributes:
        endings: `complete`, or the class of a clear error → number of requests.
        faults: Description of a violation → its count.
        attempts: Outcome → number of attempts.
        cost_usd: Total cost reported by answers and errors.
        recorded_usd: Total cost recorded by cost handlers.
        unknown: Number of attempts of unknown cost.
    """

    endings: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    cost_usd: Decimal = Decimal(0)
    recorded_usd: Decimal = Decimal(0)
    unknown: int = 0


@dataclass(slots=True)
class _Ending:
    """The result of one request."""

    text: str = ""
    info: Mapping[str, Any] | None = None
    error: BaseException | None = None

    def take(self, piece: Any) -> None:
        self.text += str(piece.text)
        self.info = piece.response_metadata.get("smartroute") or self.info


class SoakLoad:
    """Sends requests, and checks how each of them ends.

    Args:
        routers: The routers, of which each request uses a random one.
        answers: Prompt → the text of the complete answer.
        seed: Seed of the random choices of router, prompt and method.
    """

    def __init__(
        self, routers: Sequence[Runnable[Any, Any]], answers: Mapping[str, str], *, seed: int
    ) -> None:
        self.tally = Tally()
        self._routers = routers
        self._answers = answers
        self._random = random.Random(seed)  # noqa: S311 - no secret

    async def send(self, requests: int, *, concurrency: int) -> None:
        """Send requests concurrently."""
        left = iter(range(requests))

        async def work() -> None:
            for _ in left:
                await self._one()

        await asyncio.gather(*(work() for _ in range(concurrency)))

    async def _one(self) -> None:
        router = self._random.choice(self._routers)
        prompt = self._random.choice(PROMPTS)
        streams = self._random.random() < 2 / 3
        # A new handler for each request, as accumulated records would look like a leak.
        costs = CostCallbackHandler(baseline=None)
        ending = _Ending()
        clock = asyncio.timeout(_PATIENCE_S)
        with Caught() as caught:
            async with clock:
                if streams:
                    async for chunk in router.astream(prompt, {"callbacks": [costs]}):
                        ending.take(chunk)
                else:
                    ending.take(await router.ainvoke(prompt, {"callbacks": [costs]}))
        ending.error = caught.error
        if clock.expired():
            self.tally.faults[f"no end within {_PATIENCE_S:g} s"] += 1
            return
        self._check_ending(ending, self._answers[prompt])
        self._check_account(ending, costs.records)

    def _check_ending(self, ending: _Ending, wanted: str) -> None:
        error, tally = ending.error, self.tally
        if error is None:
            complete = ending.text == wanted
            tally.endings["complete"] += complete
            if not complete:
                tally.faults["an answer that is not the whole one, and no error"] += 1
            return
        tally.endings[type(error).__name__] += 1
        if not _is_clear(error):
            tally.faults[f"an error that is neither ours nor the provider's: {error!r:.200}"] += 1
        if isinstance(error, StreamInterruptedError):
            partial = "" if error.partial is None else str(error.partial.text)
            if partial != ending.text or not wanted.startswith(partial):
                tally.faults["an interrupted stream whose partial is not what was shown"] += 1
        elif ending.text:
            tally.faults["text was shown before an error that does not carry it"] += 1

    def _check_account(self, ending: _Ending, records: Sequence[CallRecord]) -> None:
        """Compare the account in the answer or error with the records, attempt by attempt."""
        tally = self.tally
        recorded = sorted(records, key=lambda record: record.attempt)
        told = _told(ending)
        tally.attempts.update(record.outcome for record in recorded)
        tally.recorded_usd += sum((r.cost_usd or Decimal(0) for r in recorded), Decimal(0))
        if told is None:
            # The provider's own error after a single attempt has no account.
            tally.cost_usd += sum((r.cost_usd or Decimal(0) for r in recorded), Decimal(0))
            if [record.outcome for record in recorded] != ["failed"]:
                tally.faults["a single failed attempt that was recorded otherwise"] += 1
            return
        if [(t.model, t.outcome) for t in told] != [(r.alias, r.outcome) for r in recorded]:
            tally.faults["attempts that are recorded otherwise than they are told"] += 1
            return
        for attempt, record in zip(told, recorded, strict=True):
            if attempt.cost_usd is None:
                tally.unknown += 1
                tally.cost_usd += record.cost_usd or Decimal(0)
                continue
            tally.cost_usd += attempt.cost_usd
            if attempt.cost_usd != record.cost_usd:
                what = f"{attempt.outcome} {attempt.reason}".strip()
                tally.faults[f"a cost that is recorded otherwise than it is told: {what}"] += 1


def _is_clear(error: BaseException) -> bool:
    """Whether an error names its origin.

    It is one of the router's, or one of the provider's client, or it has the router's note that
    names the model.
    """
    from openai import OpenAIError  # noqa: PLC0415 - loaded with the first model anyway

    notes = getattr(error, "__notes__", ())
    noted = any(note.startswith("smartroute: model ") for note in notes)
    return noted or isinstance(error, SmartRouteError | OpenAIError | LangChainException)


def _told(ending: _Ending) -> Sequence[Attempt] | None:
    """The attempts reported by the answer or the error."""
    if isinstance(ending.error, ChainExhaustedError | StreamInterruptedError):
        return ending.error.attempts
    if ending.info is None:
        return None
    return [
        Attempt(
            model=told["model"],
            outcome=told["outcome"],
            reason=told["reason"],
            cost_usd=None if told["cost"] is None else Decimal(told["cost"]),
        )
        for told in ending.info["attempts"]
    ]
