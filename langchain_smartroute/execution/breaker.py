"""Circuit breakers: a candidate that keeps failing is not called for a while.

One circuit per model and endpoint, and one per endpoint and key, which a refused key
opens. The *end* of an attempt counts: a stream that starts and then fails has failed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.aftermath import AFTERMATH, FaultKind
from langchain_smartroute.execution.circuit import BreakerSettings, CandidateHealth, Circuit
from langchain_smartroute.execution.sharing import CircuitSharing
from langchain_smartroute.state import SharedState
from langchain_smartroute.types import new_lock

__all__ = ["CircuitBreaker", "Gate", "Ticket"]

_log = logging.getLogger(__name__)


class CircuitBreaker:
    """The breakers of a router's candidates; thread-safe, and shared if given to two routers.

    With a state in Redis or a database a circuit that one worker opens is open for all of
    them a second later, and of all workers one probes it.

    Args:
        clock: A monotonic clock, in seconds.
        state: Where workers share their circuits; left out: the `state` of its router.
        settings: Any of `window_s` (60: over how many past seconds failures are
            counted), `min_calls` (5: how many attempts must have ended within them),
            `failure_share` (0.5: from which share of failed ones on it opens; what was
            under way when the failures began is undecided, and counts as not failed; four
            times `min_calls` in a row open it whatever came before them, if they have this
            share of themselves and all that is under way),
            `open_s` (10: how long it stays open before one probe is let through) and
            `probe_s` (60: after how long a probe that never ended is given up).

    Raises:
        ConfigurationError: If a setting is unknown or out of range.

    Example:
        >>> breaker = CircuitBreaker(min_calls=2, open_s=30, clock=lambda: 0.0)
        >>> gate = breaker.gate("gpt-4o", endpoint="gateway")
        >>> for _ in range(2):
        ...     gate.admit().failed("broken")
        >>> gate.health().state, gate.admit()
        ('open', None)
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        state: SharedState | None = None,
        **settings: Any,
    ) -> None:
        try:
            self.settings = BreakerSettings(**settings)
        except TypeError as error:
            known = ", ".join(BreakerSettings.__dataclass_fields__)
            raise ConfigurationError(f"breaker = {settings!r}: use any of {known}") from error
        self.clock = clock
        self.lock = new_lock()
        self.sharing: CircuitSharing | None = None
        self._circuits: dict[Hashable, Circuit] = {}
        if state is not None:
            self.share(state)

    def __repr__(self) -> str:
        return f"CircuitBreaker({self.settings})"

    def share(self, state: SharedState) -> None:
        """Share the circuits with other workers; does nothing if they are shared already.

        Args:
            state: Where they meet.
        """
        with self.lock:
            if self.sharing is not None:
                return
            self.sharing = CircuitSharing(
                state, probe_s=self.settings.probe_s, lock=self.lock, clock=self.clock
            )
            for key, circuit in self._circuits.items():
                self.sharing.add(circuit, _name_of(key))

    def gate(self, model: str, *, endpoint: Hashable, alias: str = "") -> Gate:
        """The gate of a model at an endpoint.

        Args:
            model: Name of the model at the endpoint.
            endpoint: Equal for models that share an endpoint and key.
            alias: Name in the log; default: the model's name.
        """
        with self.lock:
            circuits = [
                self._circuit(key) for key in (("model", model, endpoint), ("endpoint", endpoint))
            ]
        return Gate(alias or model, *circuits, breaker=self)

    def _circuit(self, key: tuple[Hashable, ...]) -> Circuit:
        found = self._circuits.get(key)
        if found is None:
            found = self._circuits[key] = Circuit(self.settings)
            if self.sharing is not None:
                self.sharing.add(found, _name_of(key))
        return found


class Gate:
    """Admits attempts of one model at one endpoint. Created by `CircuitBreaker.gate`.

    Args:
        name: The model, for the log.
        model: The circuit of the model there.
        endpoint: The circuit of the endpoint and key.
        breaker: The breaker that owns the circuits.
    """

    def __init__(
        self, name: str, model: Circuit, endpoint: Circuit, *, breaker: CircuitBreaker
    ) -> None:
        self.name = name
        self.model = model
        self.endpoint = endpoint
        self.lock = breaker.lock
        self._breaker = breaker

    def now(self) -> float:
        """The time on the breaker's clock."""
        return self._breaker.clock()

    def is_closed(self) -> bool:
        """Whether both circuits are closed."""
        return self.model.is_closed() and self.endpoint.is_closed()

    def health(self) -> CandidateHealth:
        """State of the model's circuit, or of its endpoint's if that is worse."""
        with self.lock:
            now = self.now()
            model, endpoint = self.model.health(now), self.endpoint.health(now)
        if endpoint.state == "closed" or model.retry_in_s > endpoint.retry_in_s:
            return model
        return endpoint

    def admit(self, *, anyway: bool = False) -> Ticket | None:
        """Admit an attempt; if a circuit is half-open, as its single probe.

        Args:
            anyway: Admit it even if a circuit is open, as there is no other candidate.

        Returns:
            The ticket to report the attempt's end to; `None`: not admitted.
        """
        sharing = self._breaker.sharing
        if sharing is not None:
            sharing.touch()
        ticket = Ticket(self)
        if self.is_closed():
            with self.lock:
                self.model.begun(ticket, self.now())
            return ticket
        if not anyway and (self.health().state == "open" or not self._may_probe(sharing)):
            return None
        with self.lock:
            ticket = Ticket(self)
            now = self.now()
            if not anyway and "open" in (c.health(now).state for c in (self.model, self.endpoint)):
                return None
            for circuit in (self.model, self.endpoint):
                if not circuit.is_closed():
                    circuit.start_probe(ticket, now)
        return ticket

    def ended(self, ticket: Ticket, turns: Sequence[int]) -> None:
        """Note the end of an attempt; the caller holds the lock.

        Args:
            ticket: The attempt's ticket.
            turns: The turns of model and endpoint before the end.
        """
        sharing = self._breaker.sharing
        for circuit, turn in zip((self.model, self.endpoint), turns, strict=True):
            was_probe = circuit.release(ticket)
            if sharing is not None and circuit.turn != turn:
                sharing.changed(circuit)
            elif sharing is not None and was_probe:
                sharing.released(circuit)

    def _may_probe(self, sharing: CircuitSharing | None) -> bool:
        """Whether no other worker is probing the half-open circuits."""
        return sharing is None or all(
            circuit.is_closed() or sharing.may_probe(circuit)
            for circuit in (self.model, self.endpoint)
        )


class Ticket:
    """Receives the end of one attempt, once.

    Args:
        gate: The gate that admitted the attempt.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._model_turn = gate.model.turn
        self._endpoint_turn = gate.endpoint.turn

    def succeeded(self) -> None:
        """Report an answer, whether or not the checks accept it."""
        gate = self._gate
        with gate.lock:
            now, turns = gate.now(), (gate.model.turn, gate.endpoint.turn)
            was_closed = gate.is_closed()
            gate.model.over(self)
            gate.model.succeeded(self._model_turn, now)
            gate.endpoint.succeeded(self._endpoint_turn, now)
            gate.ended(self, turns)
            recovered = gate.is_closed() and not was_closed
        if recovered:
            _log.info("breaker of %s closed: it answers again", gate.name)

    def failed(self, kind: FaultKind, reason: str = "") -> None:
        """Report an error.

        Args:
            kind: What went wrong.
            reason: Description of the error, without text of the prompt.
        """
        gate, effect = self._gate, AFTERMATH[kind].breaker
        reason = reason or kind
        with gate.lock:
            now, turns = gate.now(), (gate.model.turn, gate.endpoint.turn)
            was_closed = gate.is_closed()
            gate.model.over(self)
            if effect == "counts":
                gate.model.failed(self._model_turn, now, reason=reason)
            elif effect == "opens_model":
                gate.model.open(self._model_turn, now, reason=reason)
            elif effect == "opens_endpoint":
                gate.endpoint.open(self._endpoint_turn, now, reason=reason)
            gate.ended(self, turns)
            opened = was_closed and not gate.is_closed()
        if opened:
            what = "the endpoint of " if effect == "opens_endpoint" else ""
            _log.warning("breaker of %s%s opened: %s", what, gate.name, reason)

    def released(self) -> None:
        """Report a cancelled attempt, which says nothing about the candidate."""
        gate = self._gate
        with gate.lock:
            gate.model.over(self)
            gate.ended(self, (gate.model.turn, gate.endpoint.turn))


def _name_of(key: Hashable) -> str:
    """Name of a circuit in all workers; an endpoint's name does not contain its key."""
    parts = key if isinstance(key, tuple) else (key,)
    return "\n".join(str(getattr(part, "identity", part)) for part in parts)
