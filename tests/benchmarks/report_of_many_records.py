"""Fill a SQLite ledger with records and time the real report over it.

    python tests/benchmarks/report_of_many_records.py [RECORDS] [FILE]

Ten million records (the default) take a few minutes and 4 GB; the file is removed afterwards
unless it is named. A day's records go in through `SqlLedger`, as a router's do: twelve
models, seven tasks, four users, some failed, some of unknown price. The other ninety-nine
days are that day again, row for row, under later dates and other ids, with its sums as the
ledger has worked them out. Each report is a new process, timed from its start to its end.
"""

from __future__ import annotations

import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from langchain_smartroute import CallRecord, SqlLedger, Usage

MODELS = [f"model-{letter}" for letter in "abcdefghijkl"]
TASKS = ("code", "math", "general", "creative", "summarization", "translation", "vision")
OUTCOMES = ("accepted",) * 17 + ("rejected", "failed", "cached")
DAYS, DAY_S, DAY_US = 100, 86_400, 86_400_000_000
USERS, SEED, CHUNK = 4, 7, 20_000
IDS = ("run_id", "decision_id", "request_id")
DATED = {"smartroute_calls", "smartroute_days", "smartroute_latencies", "smartroute_labels"}


def record(number, of, dice):
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
        started_at=datetime(2026, 8, 1, tzinfo=UTC) + timedelta(seconds=number * DAY_S / of),
        keys={"user": f"user-{number % USERS}"} if number % 10 == 0 else {},
    )


def fill(path, records):
    """Write a day's records as a ledger does, then the same for the other days."""
    dice, ledger = random.Random(SEED), SqlLedger(f"sqlite:///{path}")  # noqa: S311 - made-up figures
    daily = records // DAYS
    for first in range(0, daily, CHUNK):
        for number in range(first, min(first + CHUNK, daily)):
            ledger.add(record(number, daily, dice))
        if not ledger.flush(timeout_s=None):
            raise SystemExit(f"records were lost: {ledger.status}")
    ledger.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for later in range(1, DAYS):
            connection.execute("BEGIN")
            for table in sorted(DATED):
                connection.execute(*again(connection, table, later))
            connection.execute("COMMIT")


def again(connection, table, later):
    """A statement that writes the first day's rows of a table for a later day."""
    found = connection.execute(f"PRAGMA table_info({table})")
    changes = {
        "day": "day + :later",
        "started_us": f"started_us + :later * {DAY_US}",
        **{name: f"printf('%02x', :later) || substr({name}, 3)" for name in IDS},
    }
    names = [row[1] for row in found]
    values = ", ".join(changes.get(name, name) for name in names)
    first = "day = (SELECT min(day) FROM smartroute_days)"
    if "day" not in names:
        first = "run_id < '01'"
    text = f"INSERT INTO {table} ({', '.join(names)}) SELECT {values} FROM {table} WHERE {first}"  # noqa: S608 - names of ours
    return text, {"later": later}


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
        began = time.monotonic()
        fill(path, records)
        took = time.monotonic() - began
        print(f"{records:,} records made in {took:.0f} s; {path.stat().st_size / 1e9:.2f} GB")
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
