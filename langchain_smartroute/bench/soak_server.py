"""The soak test's sandbox with random faults, run in its own process.

It prints its address to stdout and serves until stdin is closed, so that it ends with the
process that started it.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from langchain_smartroute.bench.served import served_by
from langchain_smartroute.sandbox import Fault
from langchain_smartroute.sandbox.faults import FaultPlan
from langchain_smartroute.sandbox.loopback import LoopbackServer
from langchain_smartroute.sandbox.state import SandboxState

__all__ = ["FAULTLESS", "MIX", "RandomFaults", "main", "soak_server"]

FAULTLESS = "healthy"
"""Name of the model without faults."""

_SILENCE_S = 30.0

MIX: tuple[Fault, ...] = (
    Fault(kind="status", status=500),
    Fault(kind="status", status=502, body="<h1>Bad gateway</h1>"),
    Fault(kind="status", status=503),
    Fault(kind="status", status=429),
    Fault(kind="status", status=429, retry_after="0.05"),
    Fault(kind="status", status=408),
    Fault(kind="status", status=400, code="content_policy_violation"),
    Fault(kind="status", status=400, code="context_length_exceeded"),
    Fault(kind="reset"),
    Fault(kind="hang"),
    Fault(kind="slow_first_token", seconds=_SILENCE_S),
    Fault(kind="slow_first_token", seconds=0.2),
    Fault(kind="stall", after_tokens=5, seconds=_SILENCE_S),
    Fault(kind="cut", after_tokens=1),
    Fault(kind="cut", after_tokens=10),
    Fault(kind="malformed_event", after_tokens=3),
    Fault(kind="no_done"),
    Fault(kind="error_event", after_tokens=2),
    Fault(kind="empty"),
    Fault(kind="empty_choices"),
    Fault(kind="html"),
    Fault(kind="no_usage"),
)
"""The possible faults, all equally likely."""


class RandomFaults(FaultPlan):
    """Random faults of all models except the healthy one.

    Args:
        share: The share of requests with a fault.
        seed: Seed of the random numbers.
    """

    def __init__(self, *, share: float, seed: int) -> None:
        super().__init__({})
        self._share = share
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._drawing = threading.Lock()

    def take(self, model: str) -> Fault | None:
        """Return the fault for this request, if any."""
        if model == FAULTLESS:
            return None
        with self._drawing:
            if self._random.random() >= self._share:
                return None
            return self._random.choice(MIX)


def main() -> None:
    """Serve until stdin ends."""
    parser = argparse.ArgumentParser(prog="soak_server")
    parser.add_argument("--faulty", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    faults = RandomFaults(share=options.faulty, seed=options.seed)
    server = LoopbackServer("127.0.0.1", 0, SandboxState(models=None, api_key=None, faults=faults))
    try:
        sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}/v1\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        server.end()


@contextmanager
def soak_server(*, faulty: float, seed: int) -> Iterator[str]:
    """Run the server in another process; yields its address.

    Args:
        faulty: The share of requests with a fault.
        seed: Seed of the random numbers.
    """
    code = f"from {__spec__.name} import main; main()"
    with served_by(code, "--faulty", str(faulty), "--seed", str(seed)) as address:
        yield address
