"""Four worker processes act as one: routes, spend limit and ledger are shared.

SMARTROUTE_STATE names what they share (redis://…), SMARTROUTE_LEDGER a database
(postgresql://…); without them both are SQLite files of this run, and the answers are
simulated by a local sandbox.
"""

import os
import subprocess
import sys
from collections import Counter
from contextlib import nullcontext
from decimal import Decimal
from tempfile import TemporaryDirectory

from langchain_core.runnables import RunnableConfig

from langchain_smartroute import (
    SmartRouterRunnable,
    SpendLimit,
    SpendLimitExceededError,
    SqlLedger,
)
from langchain_smartroute.sandbox import SandboxServer

WORKERS, REQUESTS = 4, 12
LIMIT_USD = Decimal("0.002")
QUESTIONS = ("Hello!", "Write a Python function to sort a list", "Thanks! Now in Rust, please")


def work(number: str) -> None:
    """One worker: ask until it is done or the shared limit is reached."""
    ledger = SqlLedger(os.environ["SMARTROUTE_LEDGER"])
    router = SmartRouterRunnable.from_catalog(
        state=os.environ["SMARTROUTE_STATE"],
        ledger=ledger,
        spend_limits=[SpendLimit(usd=LIMIT_USD, period="day")],
        max_tokens=200,
    )
    refused = 0
    for turn in range(REQUESTS):
        # Every turn of a conversation goes to another worker, as behind a load balancer.
        config: RunnableConfig = {
            "configurable": {"smartroute": {"conversation": f"chat-{turn}"}},
            "metadata": {"user": f"worker-{number}"},
        }
        try:
            router.invoke(QUESTIONS[turn % len(QUESTIONS)], config)
        except SpendLimitExceededError:
            refused += 1
    ledger.close()
    print(f"worker {number}: {REQUESTS - refused} answered, {refused} refused")


def main() -> None:
    """Start the workers, then read the one account of all of them."""
    simulated = "SMARTROUTE_BASE_URL" not in os.environ
    print("Answers are simulated by a local sandbox." if simulated else "Your gateway answers.")
    with TemporaryDirectory() as folder, SandboxServer() if simulated else nullcontext() as local:
        env = {
            "SMARTROUTE_STATE": f"sqlite:///{folder}/state.db",
            "SMARTROUTE_LEDGER": f"sqlite:///{folder}/costs.db",
            **({"SMARTROUTE_BASE_URL": local.base_url} if local else {}),
            **os.environ,
        }
        workers = [
            subprocess.Popen([sys.executable, __file__, str(number)], env=env)  # noqa: S603
            for number in range(WORKERS)
        ]
        if any(worker.wait() for worker in workers):
            raise SystemExit("A worker failed.")
        ledger = SqlLedger(env["SMARTROUTE_LEDGER"])
        records = ledger.records()
        ledger.close()
    spent = sum(record.cost_usd or 0 for record in records)
    users = Counter(record.keys["user"] for record in records)
    print(f"{len(records)} calls of {len(users)} workers in one ledger: ${spent}")
    print(f"within the limit of ${LIMIT_USD}: {spent <= LIMIT_USD}")


if __name__ == "__main__":
    work(sys.argv[1]) if sys.argv[1:] else main()
