"""Reads and writes a router's settings as files."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from langchain_smartroute.accounting import SpendLimit
from langchain_smartroute.catalog import SHIPPED, Catalog, own_prices
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.routing import Rule, as_rules
from langchain_smartroute.runnable.making.checking import written_cascade, written_checks
from langchain_smartroute.runnable.making.classifiers import written_classifier
from langchain_smartroute.runnable.making.given import given_breaker, given_signs
from langchain_smartroute.runnable.making.policies import written_policy

if TYPE_CHECKING:
    from langchain_smartroute.runnable.configured import ConfiguredModel

__all__ = ["read_calibration", "read_settings", "written_settings"]

_CALIBRATION = "calibration"
"""Table of a file with the calibration of its settings, which routers ignore."""

_FILES = frozenset({"catalog", "linear", "path", "quality"})
"""Keys of values that may be the path of another file."""

_URLS = ("ledger", "on_decision", "on_feedback", "state")
_OBJECTS = ("cache", "callbacks", "rate_limiter", "custom_get_token_ids", "redact")
_SENT = ("default_headers", "default_query")
_LIMITS = (
    "connect_timeout_s",
    "first_token_timeout_s",
    "idle_timeout_s",
    "timeout_s",
    "deadline_s",
)
_PLAIN = (
    "name",
    "tags",
    "metadata",
    "verbose",
    "disable_streaming",
    "output_version",
    "max_retries",
    "base_url",
    "api_key_env",
    "tier",
    "model",
    "on_limit",
    "answer_room_tokens",
    "on_backend_error",
    "max_attempts",
    "stream_policy",
    "temperature",
    "max_tokens",
    "stop",
    *_LIMITS,
    "max_retry_after_s",
    "max_answer_chars",
    "on_content_filter",
    "streaming",
    "transport",
    "sticky",
    "sticky_idle_s",
)


def written_settings(router: ConfiguredModel) -> dict[str, Any]:
    """Everything needed to build a router again, as JSON values; never a key.

    Raises:
        ConfigurationError: Listing what cannot be written.
    """
    rules = as_rules(router.rules, aliases=tuple(Catalog.load(router.catalog).models))
    faults = _unwritable(router, rules)
    if faults:
        raise ConfigurationError(*faults)
    settings = {
        **_written_plain(router),
        **{name: getattr(router, name) for name in _URLS},
        **_written_objects(router),
        "catalog": _written_catalog(router.catalog),
        "rules": [_written_rule(rule) for rule in rules] or None,
        "spend_limits": [_written_limit(limit) for limit in router.spend_limits] or None,
        "fallbacks": {
            alias: [to] if isinstance(to, str) else list(to)
            for alias, to in router.fallbacks.items()
        }
        or None,
        "prices": {
            alias: [dict(price.texts) for price in prices]
            for alias, prices in own_prices(router.prices).items()
        }
        or None,
    }
    return {name: value for name, value in settings.items() if value is not None}


def _written_plain(router: ConfiguredModel) -> dict[str, Any]:
    """Plain settings given by the user, and the tier."""
    names = router.model_fields_set
    settings = {n: getattr(router, n) for n in _PLAIN if n in names or n == "tier"}
    # TOML has no null, and a missing limit means the default.
    settings |= {n: False for n in _LIMITS if n in names and getattr(router, n) is None}
    if router.max_cost_usd is not None:
        settings["max_cost_usd"] = f"{router.max_cost_usd:f}"
    return settings


def _written_objects(router: ConfiguredModel) -> dict[str, Any]:
    """Settings that are objects, each as its own settings."""
    settings = {
        "classifier": written_classifier(router.classifier),
        "checks": written_checks(router.checks),
        "cascade": written_cascade(router.cascade),
        "policy": written_policy(router.policy),
    }
    if "breaker" in router.model_fields_set:
        breaker = given_breaker(router.breaker)
        settings["breaker"] = asdict(breaker.settings) if breaker else False
    if "stuck" in router.model_fields_set:
        signs = given_signs(router.stuck)
        settings["stuck"] = asdict(signs) if signs else False
    return settings


def read_settings(source: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """Read what `written_settings` gives, from a mapping or a TOML or JSON file.

    Paths in a file are taken from its own folder where they are found there, so that a router
    and its files can be moved, else from the working directory.

    Raises:
        ConfigurationError: If the file cannot be read.
    """
    if isinstance(source, Mapping):
        settings = dict(source)
    else:
        settings = _found_beside(_read_file(Path(source)), Path(source).parent)
    settings.pop(_CALIBRATION, None)
    return settings


def read_calibration(path: str | Path) -> dict[str, Any] | None:
    """The table that `smartroute calibrate` wrote to a file of settings; `None`: there is none.

    Raises:
        ConfigurationError: If the file cannot be read.
    """
    table = _read_file(Path(path)).get(_CALIBRATION)
    return dict(table) if isinstance(table, Mapping) else None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        settings = (
            json.loads(text, parse_float=Decimal)
            if path.suffix == ".json"
            else tomllib.loads(text, parse_float=Decimal)
        )
    except OSError as error:
        raise ConfigurationError(
            f"config = {str(path)!r}: cannot be read ({error.strerror}); correct the path"
        ) from error
    except ValueError as error:
        is_yaml = path.suffix in (".yaml", ".yml")
        mend = "use TOML or JSON, not YAML" if is_yaml else "correct the file"
        raise ConfigurationError(f"{path}: not valid: {error}; {mend}") from error
    if not isinstance(settings, dict):
        raise ConfigurationError(f"{path}: must hold a table of settings, not {settings!r}")
    return settings


def _found_beside(value: Any, folder: Path) -> Any:
    """Settings with the paths of files that are in the folder."""
    if isinstance(value, list):
        return [_found_beside(item, folder) for item in value]
    if not isinstance(value, Mapping):
        return value
    found = {}
    for key, item in value.items():
        is_path = key in _FILES and isinstance(item, str) and item not in SHIPPED
        path = folder / item if is_path else None
        is_here = path is not None and not Path(item).is_absolute() and path.is_file()
        found[key] = str(path) if is_here else _found_beside(item, folder)
    return found


def _unwritable(router: ConfiguredModel, rules: Sequence[Rule]) -> list[str]:
    """One line for each setting that cannot be written, with what to do about it."""
    faults: list[str] = []
    if router.models:
        faults.append(
            f"models {', '.join(router.models)}: model objects cannot be written; give a catalog"
            " or ModelSpecs instead"
        )
    faults += [
        f"{name} = {value!r}: cannot be written; pass it on loading"
        for name in _OBJECTS
        if (value := getattr(router, name)) is not None
    ]
    faults += [
        f"{name} = {value!r}: an object cannot be written; give a URL, or pass it on loading"
        for name in _URLS
        if (value := getattr(router, name)) is not None and not isinstance(value, str)
    ]
    faults += [
        f"{name} (not shown): may hold a key, so it is not written; pass it on loading"
        for name in _SENT
        if getattr(router, name)
    ]
    if not isinstance(router.catalog, str | Path):
        faults += [
            f"models.{alias}.{name} (not shown): may hold a key, so it is not written; give the"
            " catalog as a file"
            for alias, spec in Catalog.load(router.catalog).models.items()
            for name in _SENT
            if getattr(spec, name)
        ]
    if callable(router.on_limit):
        faults.append(f"on_limit = {router.on_limit!r}: cannot be written; pass it on loading")
    for write, value in (
        (written_classifier, router.classifier),
        (written_checks, router.checks),
        (written_cascade, router.cascade),
        (written_policy, router.policy),
    ):
        try:
            write(value)
        except ConfigurationError as error:
            faults += error.faults
    faults += [
        f"rule {rule.label!r}: a callable condition cannot be written; give a mapping instead"
        for rule in rules
        if not isinstance(rule.when, Mapping)
    ]
    return faults


def _written_catalog(catalog: Any) -> Any:
    if isinstance(catalog, Path):
        return str(catalog)
    if not isinstance(catalog, Catalog):
        return to_jsonable_python(catalog, exclude_none=True)
    if catalog.name in SHIPPED and catalog is Catalog.load(catalog.name):
        return catalog.name
    return catalog.model_dump(mode="json", exclude_unset=True, exclude_none=True)


def _written_rule(rule: Rule) -> dict[str, Any]:
    when = rule.when if isinstance(rule.when, Mapping) else {}
    entry = {"when": {key: _plain(value) for key, value in when.items()}, "use": rule.use}
    return {**entry, "name": rule.name} if rule.name else entry


def _written_limit(limit: SpendLimit) -> dict[str, Any]:
    settings = {field.name: getattr(limit, field.name) for field in fields(limit)}
    entry = {name: value for name, value in settings.items() if value not in (None, "")}
    return {**entry, "usd": str(limit.usd)} if limit.usd is not None else entry


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset | tuple) else value
