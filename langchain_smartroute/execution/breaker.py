"""Circuit breakers: a candidate that keeps failing is left alone for a while.

One circuit per model and endpoint, and one per endpoint and key, which a refused key
opens. Counted is how an attempt *ends*: a stream that opens and breaks off has failed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from decimal import Decimal
from typing import Any

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.aftermath import AFTERMATH, FaultKind
from langchain_smartroute.execution.circuit import BreakerSettings, CandidateHealth, Circuit

__all__ = ["CircuitBreaker", "Gate", "Ticket", "as_breaker"]

_log = logging.getLogger(__name__)


class CircuitBreaker:
    """The breakers of a router's candidates; thread-safe, and shared if given to two routers.

    Args:
        clock: Seconds that only rise.
        settings: Any of `window_s` (60: over how many past seconds failures are
            counted), `min_calls` (5: how many attempts must have ended within them),
            `failure_share` (0.5: from which share of failed ones on it opens),
            `open_s` (10: how long it stays open before one probe is let through) and
            `probe_s` (60: after how long a probe that never ended is given up).

    Raises:
        ConfigurationError: If a number is unknown or out of range.

    Example:
        >>> breaker = CircuitBreaker(min_calls=2, open_s=30, clock=lambda: 0.0)
        >>> gate = breaker.gate("gpt-4o", endpoint="gateway")
        >>> for _ in range(2):
        ...     gate.admit().failed("broken")
        >>> gate.health().state, gate.admit()
        ('open', None)
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, **settings: Any) -> None:
        try:
            self.settings = BreakerSettings(**settings)
        except TypeError as error:
            known = ", ".join(BreakerSettings.__dataclass_fields__)
            raise ConfigurationError(f"breaker = {settings!r}: use any of {known}") from error
        self._clock = clock
        self._lock = threading.Lock()
        self._circuits: dict[Hashable, Circuit] = {}

    def __repr__(self) -> str:
        return f"CircuitBreaker({self.settings})"

    def gate(self, model: str, *, endpoint: Hashable, alias: str = "") -> Gate:
        """The way to a model at an endpoint.

        Args:
            model: The name that the endpoint knows it by.
            endpoint: Equal for models that share an endpoint and key.
            alias: What the log calls it; the model's name where left out.
        """
        with self._lock:
            circuits = [
                self._circuits.setdefault(key, Circuit(self.settings))
                for key in (("model", model, endpoint), ("endpoint", endpoint))
            ]
        return Gate(alias or model, *circuits, clock=self._clock, lock=self._lock)


class Gate:
    """The way to one model at one endpoint. Made by `CircuitBreaker.gate`.

    Args:
        name: The model, for the log.
        model: The circuit of the model there.
        endpoint: The circuit of the endpoint and key.
        clock: Seconds that only rise.
        lock: Guards both circuits.
    """

    def __init__(
        self,
        name: str,
        model: Circuit,
        endpoint: Circuit,
        *,
        clock: Callable[[], float],
        lock: threading.Lock,
    ) -> None:
        self.name = name
        self.model = model
        self.endpoint = endpoint
        self._clock = clock
        self.lock = lock

    def now(self) -> float:
        """The time on the breaker's clock."""
        return self._clock()

    def is_closed(self) -> bool:
        """Whether attempts pass freely."""
        return self.model.is_closed() and self.endpoint.is_closed()

    def health(self) -> CandidateHealth:
        """How the model's circuit stands, or that of its endpoint where it is worse."""
        with self.lock:
            now = self.now()
            model, endpoint = self.model.health(now), self.endpoint.health(now)
        if endpoint.state == "closed" or model.retry_in_s > endpoint.retry_in_s:
            return model
        return endpoint

    def admit(self, *, anyway: bool = False) -> Ticket | None:
        """Let an attempt through, as the one probe where a circuit is half-open.

        Args:
            anyway: Let it through even where a circuit is open: there is nobody else.

        Returns:
            What the attempt reports its end to; `None`: it must not be made.
        """
        ticket = Ticket(self)
        if self.is_closed():
            return ticket
        with self.lock:
            ticket = Ticket(self)
            now = self.now()
            if not anyway and "open" in (c.health(now).state for c in (self.model, self.endpoint)):
                return None
            for circuit in (self.model, self.endpoint):
                if not circuit.is_closed():
                    circuit.start_probe(ticket, now)
        return ticket


class Ticket:
    """One attempt's word to the breaker; it says how the attempt ended, once.

    Args:
        gate: Where it was let through.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._model_turn = gate.model.turn
        self._endpoint_turn = gate.endpoint.turn

    def succeeded(self) -> None:
        """The attempt ended with an answer, whatever the checks make of it."""
        gate = self._gate
        with gate.lock:
            now = gate.now()
            was_closed = gate.is_closed()
            gate.model.succeeded(self._model_turn, now)
            gate.endpoint.succeeded(self._endpoint_turn, now)
            gate.model.release(self)
            gate.endpoint.release(self)
            recovered = gate.is_closed() and not was_closed
        if recovered:
            _log.info("breaker of %s closed: it answers again", gate.name)

    def failed(self, kind: FaultKind, reason: str = "") -> None:
        """The attempt ended with an error.

        Args:
            kind: What went wrong.
            reason: The same in words, without a word of the prompt.
        """
        gate, effect = self._gate, AFTERMATH[kind].breaker
        reason = reason or kind
        with gate.lock:
            now = gate.now()
            was_closed = gate.is_closed()
            if effect == "counts":
                gate.model.failed(self._model_turn, now, reason=reason)
            elif effect == "opens_model":
                gate.model.open(self._model_turn, now, reason=reason)
            elif effect == "opens_endpoint":
                gate.endpoint.open(self._endpoint_turn, now, reason=reason)
            gate.model.release(self)
            gate.endpoint.release(self)
            opened = was_closed and not gate.is_closed()
        if opened:
            what = "the endpoint of " if effect == "opens_endpoint" else ""
            _log.warning("breaker of %s%s opened: %s", what, gate.name, reason)

    def released(self) -> None:
        """The attempt ended without saying anything of the candidate: it was cancelled."""
        with self._gate.lock:
            self._gate.model.release(self)
            self._gate.endpoint.release(self)


def as_breaker(value: Any) -> CircuitBreaker | None:
    """The breaker that a user means: one of his own, the settings of one, or none.

    Raises:
        ConfigurationError: If it is none of these.
    """
    if value is None or value is False:
        return None
    if isinstance(value, CircuitBreaker):
        return value
    if isinstance(value, Mapping):
        # A file's numbers are Decimals, which do not add up with those of a clock.
        settings: dict[str, Any] = {
            name: float(v) if isinstance(v, Decimal) else v for name, v in value.items()
        }
        return CircuitBreaker(**settings)
    raise ConfigurationError(
        f"breaker = {value!r}: must be a CircuitBreaker, a mapping of its settings, or None"
    )
