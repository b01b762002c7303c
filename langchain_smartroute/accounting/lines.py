"""Files of JSON objects, one to a line, that several processes may append to."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["JsonLines"]


class JsonLines:
    """Appends objects to a file; each is one write of its own, readable by its owner alone.

    Args:
        path: The file; it is made when the first object comes.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()

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
