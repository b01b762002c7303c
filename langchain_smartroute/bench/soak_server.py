"""The sandbox of the soak, in a process of its own: a share of its answers is faulty.

It writes its address to stdout and serves until stdin ends, so that it does not
outlive who started it.
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
"""The name of the one model that always answers well."""

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
"""What can go wrong, each as likely as the others."""


class RandomFaults(FaultPlan):
    """Faults that strike any model but the healthy one, at random.

    Args:
        share: The share of requests that are struck.
        seed: Seed of the random numbers.
    """

    def __init__(self, *, share: float, seed: int) -> None:
        super().__init__({})
        self._share = share
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._drawing = threading.Lock()

    def take(self, model: str) -> Fault | None:
        """Return the fault that this request meets, if any."""
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
    given = parser.parse_args()
    faults = RandomFaults(share=given.faulty, seed=given.seed)
    server = LoopbackServer("127.0.0.1", 0, SandboxState(models=None, api_key=None, faults=faults))
    try:
        sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}/v1\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        server.end()


@contextmanager
def soak_server(*, faulty: float, seed: int) -> Iterator[str]:
    """Run the server in another process; gives its address.

    Args:
        faulty: The share of requests that are struck.
        seed: Seed of the random numbers.
    """
    code = f"from {__spec__.name} import main; main()"
    with served_by(code, "--faulty", str(faulty), "--seed", str(seed)) as address:
        yield address
