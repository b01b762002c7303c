"""A ledger outlives its process: killed, forked, or ended in order."""

from __future__ import annotations

import json
import multiprocessing
import signal
import sqlite3
import subprocess
import sys

import pytest

from langchain_smartroute import SqlLedger

MAKING = """
import json, os, sys, warnings
from decimal import Decimal
from langchain_smartroute import CallRecord, SqlLedger, Usage
def record(number):
    return CallRecord(
        run_id=f"run-{number:06}", alias="gpt-4o", outcome="accepted",
        usage=Usage(input_tokens=number), cost_usd=Decimal(number) / 1_000_000, latency_s=0.25,
    )
"""

KILLED = """
url, count = sys.argv[1], int(sys.argv[2])
def stored(ids):
    sys.stdout.write(json.dumps(list(ids)) + "\\n")
    sys.stdout.flush()
ledger = SqlLedger(url, on_stored=stored)
for number in range(count):
    ledger.add(record(number))
ledger.flush()
"""


def test_every_acknowledged_record_survives_a_kill_and_none_is_there_twice(tmp_path):
    """In the middle of 50,000 records."""
    path = tmp_path / "killed.db"
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", MAKING + KILLED, f"sqlite:///{path}", "50000"],
        stdout=subprocess.PIPE,
        text=True,
    )
    acknowledged = []
    for line in child.stdout:
        acknowledged += json.loads(line)
        if len(acknowledged) >= 20_000:
            child.send_signal(signal.SIGKILL)
            break
    rest, _ = child.communicate()
    for line in rest.splitlines():
        if line.endswith("]"):
            acknowledged += json.loads(line)
    assert 20_000 <= len(acknowledged) < 50_000
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        stored = [run_id for (run_id,) in connection.execute("SELECT run_id FROM smartroute_calls")]
        (summed,) = connection.execute(
            "SELECT sum(calls) FROM smartroute_days WHERE label = ''"
        ).fetchone()
    connection.close()
    assert len(stored) == len(set(stored)) == summed
    assert set(acknowledged) <= set(stored)


def test_a_forked_child_writes_its_own_records_and_not_its_parents(tmp_path):
    url = f"sqlite:///{tmp_path / 'forked.db'}"
    code = (
        "warnings.simplefilter('ignore')\n"
        "ledger = SqlLedger(sys.argv[1])\n"
        "ledger.add(record(0)); ledger.flush()\n"
        "child = os.fork()\n"
        "ledger.add(record(2 if child else 1))\n"
        "ok = ledger.flush(20) and ledger.status.written == (2 if child else 1)\n"
        "if child:\n    ok = ok and os.waitpid(child, 0)[1] == 0\n"
        "os._exit(0 if ok else 1)\n"
    )
    command = [sys.executable, "-c", MAKING + code, url]
    subprocess.run(command, check=True, timeout=60)  # noqa: S603 - ours
    found = SqlLedger(url)
    assert len(found.records()) == 3
    found.close()


def test_what_waits_at_the_end_of_a_process_is_written(tmp_path):
    url = f"sqlite:///{tmp_path / 'ended.db'}"
    code = "ledger = SqlLedger(sys.argv[1])\nledger.add(record(0))"
    subprocess.run([sys.executable, "-c", MAKING + code, url], check=True, timeout=60)  # noqa: S603 - ours
    found = SqlLedger(url)
    assert len(found.records()) == 1
    found.close()


def test_a_process_that_ends_says_what_could_not_be_written(tmp_path):
    """It is lost with the process, and was said to wait."""
    url = f"sqlite:///{tmp_path}/nowhere/ended.db"
    code = "ledger = SqlLedger(sys.argv[1])\nledger.add(record(0))\nledger.add(record(1))"
    ended = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", MAKING + code, url],
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )
    assert "2 records could not be written and end with their process: sqlite:" in ended.stderr
    assert "there is no folder" in ended.stderr


CHILDREN = """
import multiprocessing
def work(url, ledger, number):
    ledger = ledger or SqlLedger(url)
    ledger.add(record(number))
if __name__ == "__main__":
    warnings.simplefilter("ignore")
    url, way = sys.argv[1:]
    ledger = SqlLedger(url)
    ledger.add(record(0))
    ledger.flush()
    context = multiprocessing.get_context(way)
    given = ledger if way == "fork" else None
    children = [context.Process(target=work, args=(url, given, n)) for n in (1, 2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    ledger.close()
"""


@pytest.mark.parametrize("way", multiprocessing.get_all_start_methods())
def test_the_last_records_of_a_child_of_multiprocessing_are_written(way, tmp_path):
    """Python ends such children without what is registered with `atexit`.

    What was accounted for in the last second of a worker of a pool was lost without a word.
    """
    script = tmp_path / "children.py"
    script.write_text(MAKING + CHILDREN)
    url = f"sqlite:///{tmp_path / 'children.db'}"
    command = [sys.executable, str(script), url, way]
    subprocess.run(command, check=True, timeout=60)  # noqa: S603 - ours
    found = SqlLedger(url)
    assert len(found.records()) == 3
    found.close()
