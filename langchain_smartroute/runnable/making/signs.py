"""When an agent counts as stuck: from a router's setting to an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_smartroute.classify import StuckSigns
from langchain_smartroute.errors import ConfigurationError

__all__ = ["as_signs"]


def as_signs(value: Any) -> StuckSigns | None:
    """Signs from what a user gives: signs, their settings, or nothing.

    Raises:
        ConfigurationError: If it is none of these.
    """
    if value is None or value is False:
        return None
    if isinstance(value, StuckSigns):
        return value
    if isinstance(value, Mapping):
        try:
            return StuckSigns(**value)
        except TypeError as error:
            raise ConfigurationError(f"stuck = {dict(value)!r}: {error}") from error
    raise ConfigurationError(
        f"stuck = {value!r}: must be StuckSigns, a mapping of its settings, or None"
    )
