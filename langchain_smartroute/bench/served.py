"""Servers of the benchmarks, each in a process of its own.

Such a server writes its address to stdout and serves until stdin ends, so that it does
not outlive who started it.
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
    """Run a server in another process; gives its address.

    Args:
        code: Python that serves.
        arguments: What it finds in `sys.argv`.

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
    """Run the server that answers at once; gives its address."""
    # As a file, not as a module of the package: that would import the package first.
    code = f"import runpy; runpy.run_path({instant.__file__!r})['main']()"
    with served_by(code) as address:
        yield address
