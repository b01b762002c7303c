"""Runs the benchmarks' servers, each in its own process.

Such a server prints its address to stdout and serves until stdin is closed, so that it ends
with the process that started it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from langchain_smartroute.bench import instant_server as instant

__all__ = ["instant_server", "served_by"]


@contextmanager
def served_by(code: str, *arguments: str) -> Iterator[str]:
    """Run a server in another process; yields its address.

    Args:
        code: Python source of the server.
        arguments: Its command line arguments.

    Raises:
        RuntimeError: If it does not start.
    """
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        if process.stdin is None or process.stdout is None:  # pragma: no cover - both are asked for
            raise RuntimeError("the server has no pipes")
        try:
            address = process.stdout.readline().strip()
            if not address:
                raise RuntimeError(f"the server did not start (exit code {process.wait()})")
            yield address
        finally:
            process.stdin.close()
            process.wait(timeout=30)


@contextmanager
def instant_server() -> Iterator[str]:
    """Run the instant server; yields its address."""
    # Run as a file, as running it as a module would import the package first.
    code = f"import runpy; runpy.run_path({instant.__file__!r})['main']()"
    with served_by(code) as address:
        yield address
