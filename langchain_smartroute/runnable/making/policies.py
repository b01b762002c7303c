"""Converts the setting of a policy to an object, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.routing import QualityPolicy, RulesFirst, TablePolicy
from langchain_smartroute.routing.aim import AIMS
from langchain_smartroute.routing.own import CallablePolicy, OwnPolicy

__all__ = ["given_policy", "written_policy"]

_TABLE, _QUALITY = "table", "quality"
_SHAPES = (
    f'"{_TABLE}", "{_QUALITY}", {{"{_QUALITY}": "file of a predictor", "keep": 0.95}} (or'
    f" another of {', '.join(sorted(AIMS))}), a policy, or a callable from features to an alias"
)


def given_policy(value: Any, **laid_over: Any) -> RulesFirst:
    """The policy of a router's setting.

    Args:
        value: A name, a setting as `written_policy` gives it, a policy, any object with
            `decide`, or a callable from features to an alias.
        **laid_over: The router's own catalog, rules and so on, which override those that
            the policy was made with.

    Raises:
        ConfigurationError: If it is not a policy, or names a file that is not one.
    """
    if value is None or value == _TABLE:
        return TablePolicy(**laid_over)
    if value == _QUALITY:
        return QualityPolicy(**laid_over)
    if isinstance(value, Mapping):
        return replace(_of_mapping(dict(value)), **laid_over)
    if isinstance(value, RulesFirst):
        return replace(value, **laid_over)
    if callable(getattr(value, "decide", None)) and not isinstance(value, type):
        return OwnPolicy(own=value, **laid_over)
    if callable(value) and not isinstance(value, type):
        return CallablePolicy(choose=value, **laid_over)
    raise ConfigurationError(f"policy = {value!r}: is unknown; use {_SHAPES}")


def written_policy(value: Any) -> Any:
    """The setting that a policy is written as in a file; `None` for the table.

    Raises:
        ConfigurationError: If it is code of the user's, or a predictor without a file.
    """
    if value in (None, _TABLE) or type(value) is TablePolicy:
        return None
    if isinstance(value, str | Mapping):
        return value
    if not isinstance(value, QualityPolicy):
        raise ConfigurationError(
            f"policy = {value!r}: code of yours cannot be written; pass it on loading"
        )
    aims = {name: getattr(value, name) for name in sorted(AIMS) if getattr(value, name) is not None}
    path = value.predictor.path
    if path is None and not value.predictor.is_blank:
        raise ConfigurationError(
            f"policy = {value!r}: what its predictor knows is in no file; save() it first"
        )
    if path is None and not aims:
        return _QUALITY
    shown = {n: str(v) if isinstance(v, Decimal) else v for n, v in aims.items()}
    return {_QUALITY: True if path is None else str(path), **shown}


def _of_mapping(value: dict[str, Any]) -> QualityPolicy:
    path = value.pop(_QUALITY, None)
    unknown = [name for name in value if name not in AIMS]
    if unknown or not (path is True or isinstance(path, str | Path)):
        raise ConfigurationError(f"policy: must be {_SHAPES}")
    aims = {name: _aim(name, given) for name, given in value.items()}
    if path is True:
        return QualityPolicy(**aims)
    return QualityPolicy.load(path, **aims)


def _aim(name: str, value: Any) -> Any:
    """An aim as a policy takes it: files have amounts as texts, or shares as decimals."""
    if name != "worth_usd":
        return float(value) if isinstance(value, Decimal) else value
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return value
