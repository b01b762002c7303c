"""JSONL files that several processes may append to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import new_lock

__all__ = ["JsonLines", "as_sink"]


class JsonLines:
    """Appends objects to a file, each by a single write; only its owner may read the file.

    Args:
        path: The file, created with the first object.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = new_lock()

    def append(self, values: Mapping[str, Any]) -> None:
        """Append an object of JSON values."""
        line = json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with self._lock:
            descriptor = os.open(self.path, flags, 0o600)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)


def as_sink(
    value: Any, file_at: Callable[[str | Path], Any], *, setting: str, record: str, example: str
) -> Any:
    """Convert a router's setting for records to a callable; `None`: records are not wanted.

    Args:
        value: The setting: a callable, the path of a file, or `None`.
        file_at: Function from a path to a callable that appends to that file.
        setting: Name of the setting, for the error.
        record: Name of the records' class, for the error.
        example: An example path, for the error.

    Raises:
        ConfigurationError: If the setting is none of these.
    """
    if value is None or callable(value):
        return value
    if isinstance(value, str | Path):
        return file_at(value)
    raise ConfigurationError(
        f"{setting} = {value!r}: must be a callable that takes a {record}, or the path of a file"
        f" such as {example}"
    )
