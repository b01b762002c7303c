"""Many threads and processes spend against one limit, through each real server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SPENDERS = Path(__file__).with_name("spenders.py")


def spent_by(url, *, processes, threads, seconds, kills):
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-W", "ignore", str(SPENDERS), url]
        + [str(n) for n in (processes, threads, seconds, kills)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = json.loads(done.stdout)
    print(url.partition(":")[0], found)  # noqa: T201 - the throughput, with -s
    return found


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def url(request):
    names = {"sqlite": "sqlite_url", "postgresql": "postgres_url", "redis": "redis_url"}
    return request.getfixturevalue(names[request.param])


def test_the_limit_holds_and_no_reservation_outlives_a_killed_process(url):
    found = spent_by(url, processes=8, threads=8, seconds=2.5, kills=3)
    assert found["stored"] <= found["limit"]
    assert found["held"] == 0
    assert found["failed"] == 0
    # The killed ones reported nothing, and what they had settled counts all the same.
    assert found["stored"] >= found["spent"] > 0


def test_64_threads_of_one_process_settle_every_call(url):
    found = spent_by(url, processes=1, threads=64, seconds=1.5, kills=0)
    assert found["stored"] == found["spent"]
    assert found["held"] == 0
    assert found["failed"] == 0
    assert found["made"] > 20
