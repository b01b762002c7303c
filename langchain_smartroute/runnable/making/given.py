"""Settings that are an object, a mapping of its settings, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from inspect import signature
from typing import Any, TypeVar

from langchain_smartroute.classify import StuckSigns
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution import CircuitBreaker

__all__ = ["OF_MODELS", "given_breaker", "given_signs"]

OF_MODELS = "models"
"""Name of the catalog of models that a user brought."""

Kind = TypeVar("Kind")


def given_breaker(value: Any) -> CircuitBreaker | None:
    """The circuit breaker of the setting `breaker`.

    Args:
        value: A `CircuitBreaker`, a mapping of its settings, or `None` or `False` for none.

    Raises:
        ConfigurationError: If it is anything else, or a setting of it is wrong.
    """
    if isinstance(value, Mapping):
        # A file's numbers are Decimals, which cannot be added to a clock's floats.
        value = {name: float(v) if isinstance(v, Decimal) else v for name, v in value.items()}
    return _given(value, CircuitBreaker, name="breaker")


def given_signs(value: Any) -> StuckSigns | None:
    """The signs of a stuck agent of the setting `stuck`.

    Args:
        value: `StuckSigns`, a mapping of their settings, or `None` or `False` for none.

    Raises:
        ConfigurationError: If it is anything else, or a setting of it is wrong.
    """
    return _given(value, StuckSigns, name="stuck")


def _given(value: Any, kind: type[Kind], *, name: str) -> Kind | None:
    if value is None or value is False:
        return None
    if isinstance(value, kind):
        return value
    if isinstance(value, Mapping):
        try:
            return kind(**value)
        except TypeError as error:
            known = signature(kind).parameters
            mend = error if value.keys() <= known.keys() else f"use any of {', '.join(known)}"
            raise ConfigurationError(f"{name} = {dict(value)!r}: {mend}") from error
    raise ConfigurationError(
        f"{name} = {value!r}: must be a {kind.__name__} object, a mapping of its settings, or None"
    )
