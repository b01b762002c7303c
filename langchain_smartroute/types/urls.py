"""URLs as they may be shown."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["without_password"]

_LOGIN = re.compile(r"(?<=://).*@", re.DOTALL)
_PASSWORD = re.compile(r"(?<=[?&])([^=&]*password)=[^&]*", re.IGNORECASE)
"""Where a URL has a password: before its host, or among its parameters."""


def without_password(value: Any) -> Any:
    """A setting as it may be shown: a URL without user and password, all else as it is.

    Example:
        >>> from langchain_smartroute.types import without_password
        >>> without_password("redis://me:secret@host:6379/0")
        'redis://…@host:6379/0'
    """
    if not isinstance(value, str) or "://" not in value:
        return value
    return _PASSWORD.sub(r"\1=…", _LOGIN.sub("…@", value))
