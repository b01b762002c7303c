"""Writes the result of a calibration as a router's settings, in TOML or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from langchain_smartroute.catalog import Price
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.evaluation.calibrate import Calibration
from langchain_smartroute.evaluation.drift import moments
from langchain_smartroute.evaluation.outcomes import OutcomeTable
from langchain_smartroute.types import TASKS

__all__ = ["calibrated_settings", "settings_text"]

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


def calibrated_settings(
    found: Calibration, *, reported: OutcomeTable, prices: Mapping[str, Price]
) -> dict[str, Any]:
    """Build a router's settings, with a table on the promise and the data it was made on.

    The catalog's models are named as in the outcomes; set the `model` of each to the name that
    your endpoint uses. Quality priors are the models' mean scores.

    Args:
        found: The result of the calibration.
        reported: The prompts that it was reported on.
        prices: Model → price.
    """
    catalog = _catalog(reported, prices, default=found.strongest)
    if found.setting.pool:
        catalog["models"] = {m: catalog["models"][m] for m in found.setting.pool}
    return {
        **found.setting.told,
        "calibration": _noted(found, reported),
        "catalog": catalog,
    }


def settings_text(settings: Mapping[str, Any], path: Path) -> str:
    """Settings as the text of a TOML or JSON file, by the file's name.

    Args:
        settings: JSON values, money as text.
        path: A name that ends with `.toml` or `.json`.

    Raises:
        ConfigurationError: If it has another ending.
    """
    if path.suffix == ".json":
        return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    if path.suffix != ".toml":
        raise ConfigurationError(f"{path}: name a .toml or .json file")
    return "\n".join(_table(settings, ())) + "\n"


def _catalog(table: OutcomeTable, prices: Mapping[str, Price], *, default: str) -> dict[str, Any]:
    means = table.score.mean(axis=0).tolist()
    models: dict[str, Any] = {}
    for model, mean in zip(table.models, means, strict=True):
        models[model] = {
            "quality": dict.fromkeys(TASKS, round(mean, 4)),
            "quality_source": f"mean score on {len(table):,} prompts",
        }
        if model in prices:
            models[model]["prices"] = [_price(prices[model])]
    return {"name": "calibrated", "default": default, "models": models}


def _price(price: Price) -> dict[str, Any]:
    written = price.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    return {n: str(v) if isinstance(v, Decimal) else v for n, v in written.items()}


def _noted(found: Calibration, reported: OutcomeTable) -> dict[str, Any]:
    return {
        "family": found.family,
        "setting": found.setting.label,
        "strongest": found.strongest,
        "keep": found.keep,
        "confidence": found.confidence,
        "promised": found.promised,
        "kept": _share(found.kept),
        "saved": _share(found.saved),
        "prompts": dict(found.counts),
        "data": moments(reported, found.replays),
    }


def _share(values: Sequence[float]) -> list[float]:
    return [round(value, 6) for value in values if value == value]  # noqa: PLR0124 - not NaN


def _table(content: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """A TOML table: its plain values, then the tables within it."""
    inner = {key: value for key, value in content.items() if isinstance(value, Mapping)}
    plain = {key: value for key, value in content.items() if key not in inner}
    if path and (plain or not inner):
        yield f"\n[{'.'.join(map(_key, path))}]"
    for key, value in plain.items():
        yield f"{_key(key)} = {_value(value)}"
    for key, value in inner.items():
        yield from _table(value, (*path, key))


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    # JSON's strings, numbers and booleans are also valid TOML.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
