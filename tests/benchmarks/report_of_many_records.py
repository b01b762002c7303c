"""Fill a SQLite ledger with records and time the real report over it.

    python tests/benchmarks/report_of_many_records.py [RECORDS] [FILE]

Ten million records (the default) take about ten minutes and 4 GB; the file is removed
afterwards unless it is named. They go in through `SqlLedger`, as a router's do: three
months, twelve models, ten tasks, four users, some failed, some of unknown price. Each
report is a new process, timed from its start to its end.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from langchain_smartroute import CallRecord, SqlLedger, Usage

MODELS = [f"model-{letter}" for letter in "abcdefghijkl"]
TASKS = ("code", "math", "general", "creative", "summarization", "translation", "vision")
OUTCOMES = ("accepted",) * 17 + ("rejected", "failed", "cached")
SPREAD_S = 0.7776  # ten million of them in ninety days
USERS, SEED, CHUNK = 4, 7, 20_000


def record(number, dice):
    """One made-up call; its id rises with its time, as LangChain's do."""
    outcome = OUTCOMES[number % len(OUTCOMES)]
    given, said = dice.randrange(10, 8_000), dice.randrange(1, 1_000)
    cost = Decimal(given * 150_000 + said * 600_000).scaleb(-12)
    return CallRecord(
        run_id=f"{number:032x}",
        decision_id=f"{number:032x}",
        request_id=f"{number:032x}",
        alias=MODELS[number % len(MODELS)],
        task=TASKS[number % len(TASKS)],
        outcome=outcome,
        usage=Usage(input_tokens=given, output_tokens=said),
        cost_usd=None if number % 97 == 0 else cost,
        unpriced="no price for the model" if number % 97 == 0 else None,
        price_source="made up",
        latency_s=dice.expovariate(1.0),
        started_at=datetime(2026, 8, 1, tzinfo=UTC) + timedelta(seconds=number * SPREAD_S),
        keys={"user": f"user-{number % USERS}"} if number % 10 == 0 else {},
    )


def filled(url, records):
    """Write the records; gives the seconds that it took."""
    dice, ledger, began = random.Random(SEED), SqlLedger(url), time.monotonic()  # noqa: S311 - made-up figures
    for first in range(0, records, CHUNK):
        for number in range(first, min(first + CHUNK, records)):
            ledger.add(record(number, dice))
        if not ledger.flush(timeout_s=None):
            raise SystemExit(f"records were lost: {ledger.status}")
    ledger.close()
    return time.monotonic() - began


def timed(*command):
    """Run a command; gives its seconds on the wall and of CPU, and the lines that it printed."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, cpu, done.stdout.splitlines()


def main():
    """Fill it and print what reports over it take."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    named = sys.argv[2] if len(sys.argv) > 2 else ""
    path = Path(named or f"{tempfile.mkdtemp()}/calls.db")
    if not path.exists():
        took = filled(f"sqlite:///{path}", records)
        print(f"{records:,} records written in {took:.0f} s; {path.stat().st_size / 1e9:.2f} GB")
    cli = (sys.executable, "-c", "from langchain_smartroute.cli import main; main()")
    for by in ("model", "day", "task", "key"):
        options = ("--ledger", f"sqlite:///{path}", "--by", by)
        options += ("--key", "user") if by == "key" else ()
        wall, cpu, lines = timed(*cli, "report", *options)
        print(f"report --by {by}: {wall:.2f} s, of CPU {cpu:.2f} s, {len(lines)} lines")
    if not named:
        for left in path.parent.glob(path.name + "*"):
            left.unlink()


if __name__ == "__main__":
    main()
