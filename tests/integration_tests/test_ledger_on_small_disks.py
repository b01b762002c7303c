"""A disk that is full, and one that becomes read-only: records wait, none acknowledged is lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from decimal import Decimal

import pytest

from langchain_smartroute import (
    CallRecord,
    CostCallbackHandler,
    SmartRouterRunnable,
    SqlLedger,
    Usage,
)
from langchain_smartroute.sandbox import SandboxServer

COMMAND = "from langchain_smartroute.cli import main; main()"


def mount(*arguments):
    command = shutil.which("mount")
    if command is None:
        return False
    return subprocess.run([command, *arguments], check=False, capture_output=True).returncode == 0  # noqa: S603 - ours


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one mebibyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)):
        pytest.skip("only root may mount a file system")
    yield folder
    subprocess.run([shutil.which("umount"), "-l", str(folder)], check=True)  # noqa: S603 - ours


def record(number):
    return CallRecord(
        run_id=f"run-{number:06}",
        alias="gpt-4o",
        outcome="accepted",
        usage=Usage(input_tokens=number),
        cost_usd=Decimal(number) / 1_000_000,
        latency_s=0.25,
    )


def test_a_full_disk_makes_records_wait_until_there_is_room(small_disk, caplog):
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * 700_000)
    acknowledged = []
    ledger = SqlLedger(f"sqlite:///{small_disk}/costs.db", on_stored=acknowledged.extend)
    for number in range(3_000):
        ledger.add(record(number))
    assert not ledger.flush(timeout_s=5)
    assert "full" in ledger.status.error
    assert caplog.text.count("cannot be written to") == 1
    assert ledger.status.lost == 0
    kept = set(acknowledged)
    filler.unlink()
    (small_disk / "costs.db-wal").stat()
    subprocess.run([shutil.which("mount"), "-o", "remount,size=8m", str(small_disk)], check=True)  # noqa: S603 - ours
    assert ledger.flush(timeout_s=30)
    found = {one.run_id for one in ledger.records()}
    assert kept <= found
    assert len(found) == 3_000
    ledger.close()


def test_calls_go_on_while_the_ledgers_disk_is_read_only(small_disk):
    ledger = SqlLedger(f"sqlite:///{small_disk}/costs.db")
    ledger.add(record(0))
    assert ledger.close()
    assert mount("-o", "remount,ro", str(small_disk))
    costs = CostCallbackHandler(ledger=ledger)
    with SandboxServer() as server:
        router = SmartRouterRunnable.from_catalog(base_url=server.base_url)
        assert router.invoke("Hello", {"callbacks": [costs]}).text
    assert not ledger.flush(timeout_s=1)
    assert ledger.status.waiting == 1
    assert ledger.status.error
    assert mount("-o", "remount,rw", str(small_disk))
    assert ledger.flush(timeout_s=20)
    assert len(ledger.records()) == 2
    ledger.close()


def test_a_ledger_on_a_read_only_disk_is_still_read(small_disk):
    """A copy of a ledger on a medium that nobody can change: a reader cannot write beside it."""
    url = f"sqlite:///{small_disk}/costs.db"
    ledger = SqlLedger(url)
    ledger.add(record(7))
    assert ledger.close()
    assert mount("-o", "remount,ro", str(small_disk))
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", COMMAND, "report", "--ledger", url],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "$0.000007" in done.stdout
