"""Four worker processes behind one Redis and one PostgreSQL act as one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from langchain_smartroute import SqlLedger

EXAMPLE = Path(__file__).parents[2] / "examples" / "many_workers.py"


@pytest.fixture
def shared(redis_url, postgres_url):
    settings = ("SMARTROUTE_", "OPENAI_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(settings)}
    return {**env, "SMARTROUTE_STATE": redis_url, "SMARTROUTE_LEDGER": postgres_url}


def test_one_limit_one_ledger_and_one_route_per_conversation(shared):
    """What the example prints, and what its ledger holds afterwards."""
    done = subprocess.run(  # noqa: S603 - our own example
        [sys.executable, str(EXAMPLE)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=shared,
    )
    assert done.returncode == 0, done.stderr
    answered = [int(number) for number in re.findall(r"(\d+) answered", done.stdout)]
    refused = [int(number) for number in re.findall(r"(\d+) refused", done.stdout)]
    assert len(answered) == 4
    # The limit is too small for all of them, and nobody spent beyond it.
    assert sum(refused) > 0
    ledger = SqlLedger(shared["SMARTROUTE_LEDGER"])
    try:
        records = ledger.records()
    finally:
        ledger.close()
    assert len(records) == sum(answered)
    assert 0 < sum(record.cost_usd for record in records) <= Decimal("0.002")
    assert {record.keys["user"] for record in records} == {f"worker-{n}" for n in range(4)}
