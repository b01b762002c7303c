"""Processes and threads that spend against one limit; started by a test, or by hand.

    python spenders.py URL [processes] [threads] [seconds] [kills]

Prints JSON: reservations made and refused, what was spent and is still reserved, the
seconds that it took. Some processes are killed in the middle, others take their place.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
import time
from datetime import UTC, datetime

from langchain_smartroute.accounting import Spending, SpendLimit
from langchain_smartroute.accounting.reservation import PlannedCall
from langchain_smartroute.errors import SpendLimitExceededError, StorageError
from langchain_smartroute.state import Stands, open_state

LIMIT = SpendLimit(usd=1_000, period="overall", name="shared")
TIGHT = SpendLimit(usd="0.2", period="overall", name="tight")
BOUND = 5 * 10**9
"""A call may come to half a cent, and comes to any part of it."""
LEASE_S = 2.0


def spend(url: str, *, threads: int, seconds: float, limit: SpendLimit, report: int) -> None:
    """Reserve and settle until the time is up; runs in a process of its own."""
    spending = Spending([limit], open_state(url, timeout_s=30), lease_s=LEASE_S, wait_s=30)
    counts = {"made": 0, "refused": 0, "spent": 0, "failed": 0}
    lock = threading.Lock()
    until = time.monotonic() + seconds

    def work(seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - a fake call's cost
        made = refused = spent = failed = 0
        while time.monotonic() < until:
            call = PlannedCall(alias="fake", request_id="", metadata={}, tokens=1, cost=BOUND)
            try:
                held = spending.reserve(call)
            except SpendLimitExceededError:
                refused += 1
                continue
            except StorageError:
                failed += 1
                continue
            cost = dice.randrange(BOUND + 1)
            spending.settle(held, tokens=1, cost=cost)
            made += 1
            spent += cost
        with lock:
            for name, count in zip(counts, (made, refused, spent, failed), strict=True):
                counts[name] += count

    workers = [threading.Thread(target=work, args=[os.getpid() * 100 + n]) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    os.write(report, (json.dumps(counts) + "\n").encode())


def run(
    url: str, *, processes: int, threads: int, seconds: float, kills: int, limit: SpendLimit
) -> dict[str, float]:
    """Let processes spend, kill some, and read what is left when their leases have run out."""
    read, write = os.pipe()
    until = time.monotonic() + seconds

    def start() -> int:
        child = os.fork()
        if not child:
            os.close(read)
            left = max(until - time.monotonic(), 0.2)
            spend(url, threads=threads, seconds=left, limit=limit, report=write)
            os._exit(0)
        return child

    # Its tables are made before anybody comes.
    state = open_state(url, timeout_s=30)
    window = limit.window(datetime.now(tz=UTC), request_id="")
    counter = limit.counter(window, "")
    before = state.run(Stands(counters=(counter,)))[0]
    if hasattr(state, "close"):
        state.close()
    began = time.monotonic()
    children = [start() for _ in range(processes)]
    for _ in range(kills):
        time.sleep(seconds / (kills + 2))
        victim = children.pop(random.randrange(len(children)))  # noqa: S311 - any of them
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        children.append(start())
    for child in children:
        os.waitpid(child, 0)
    took = time.monotonic() - began
    os.close(write)
    with os.fdopen(read) as lines:
        counts = [json.loads(line) for line in lines]
    time.sleep(LEASE_S + 0.2 if kills else 0)
    after = open_state(url, timeout_s=30)
    stands = after.run(Stands(counters=(counter,)))[0]
    if kills:
        # Whoever comes next finds the place of the dead.
        spending = Spending([limit], after, wait_s=30)
        nothing = PlannedCall(alias="fake", request_id="", metadata={}, tokens=0, cost=0)
        spending.settle(spending.reserve(nothing), tokens=0, cost=0)
        stands = after.run(Stands(counters=(counter,)))[0]
    after.close()
    return {
        **{name: sum(count[name] for count in counts) for name in counts[0]},
        "stored": stands.spent - before.spent,
        "held": stands.held,
        "limit": limit.ceiling,
        "seconds": took,
    }


def main() -> None:
    """Read the command line and print what came of it."""
    url, *rest = sys.argv[1:]
    given = [json.loads(text) for text in rest]
    processes, threads, seconds, kills = [*given, *(8, 8, 3, 0)[len(given) :]]
    limit = TIGHT if kills else LIMIT
    found = run(
        url, processes=processes, threads=threads, seconds=seconds, kills=kills, limit=limit
    )
    found["reservations_per_s"] = round((found["made"] + found["refused"]) / found["seconds"])
    print(json.dumps(found))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
