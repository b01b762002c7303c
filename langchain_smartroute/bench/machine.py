"""Date, machine and versions of a benchmark run."""

from __future__ import annotations

import os
import platform
import time
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["load_average", "machine", "pace_ms", "today", "versions"]

_CPUINFO = Path("/proc/cpuinfo")
_PACKAGES = (
    "langchain-smartroute",
    "langchain-core",
    "langchain-openai",
    "openai",
    "httpx",
    "httpx2",
    "aiohttp",
    "numpy",
    "pydantic",
)


def today() -> str:
    """The date in UTC."""
    return datetime.now(tz=UTC).date().isoformat()


def machine() -> dict[str, Any]:
    """Processor model and count, operating system and Python."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def versions() -> dict[str, str]:
    """Installed package → version."""
    found = {}
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def load_average() -> float | None:
    """Load average of the last minute; `None`: not available on this system."""
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return None


def pace_ms() -> float:
    """Milliseconds for a million additions, the best of five runs.

    Processors of the same model differ by a factor of two, virtual ones from hour to hour. Use
    this to compare times of two machines or days.
    """
    return round(min(_additions_ms() for _ in range(5)), 1)


def _additions_ms() -> float:
    began, total = time.process_time(), 0
    for number in range(1_000_000):
        total += number
    return (time.process_time() - began) * 1_000


def _processor() -> str:
    with suppress(OSError):
        for line in _CPUINFO.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
