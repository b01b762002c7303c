"""Routers for the command line: for a sandbox, for a real gateway, or only for decisions."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from langchain_smartroute.catalog import Catalog
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.runnable import SmartRouterRunnable
from langchain_smartroute.runnable.making.settings import read_calibration, read_settings
from langchain_smartroute.sandbox import SandboxServer
from langchain_smartroute.sandbox.catalog_models import sandbox_models
from langchain_smartroute.sandbox.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal
    from pathlib import Path

    from langchain_smartroute.types import Tier

__all__ = ["configured_router", "deciding_router", "demo_router", "written_calibration"]

_NOWHERE = "http://127.0.0.1:9/v1"
"""A placeholder endpoint, the discard port of this machine, which is never called."""

_OUTWARD = ("api_key_env", "base_url", "ledger", "on_decision", "spend_limits", "state")
"""Settings with external effects, which decisions do not need."""


def deciding_router(
    catalog: Catalog,
    *,
    tier: Tier,
    max_cost_usd: Decimal | None = None,
    policy: Any = "table",
    cascade: str | None = None,
) -> SmartRouterRunnable:
    """A router only for decisions, without a key or models."""
    return SmartRouterRunnable.from_catalog(
        catalog=_served_at_one_place(catalog),
        tier=tier,
        base_url=_NOWHERE,
        max_cost_usd=max_cost_usd,
        policy=policy,
        cascade=cascade,
    )


def configured_router(path: Path) -> SmartRouterRunnable:
    """A router only for decisions with a file's settings; see `deciding_router`.

    Raises:
        ConfigurationError: If the file cannot be read, or has an unknown setting.
    """
    settings = read_settings(path)
    catalog = _served_at_one_place(Catalog.load(settings.pop("catalog", "default")))
    kept = {name: value for name, value in settings.items() if name not in _OUTWARD}
    return SmartRouterRunnable.from_config({**kept, "catalog": catalog, "base_url": _NOWHERE})


def written_calibration(path: Path) -> Mapping[str, Any] | None:
    """The table that `smartroute calibrate` wrote to a file of settings; `None`: there is none."""
    return read_calibration(path)


@contextmanager
def demo_router(
    catalog: Catalog, *, tier: Tier, base_url: str | None, api_key_env: str, **settings: Any
) -> Iterator[SmartRouterRunnable]:
    """A router for a real gateway, or for a sandbox that simulates every model.

    Args:
        catalog: The candidates. In front of the sandbox those with an endpoint
            of their own are simulated too.
        tier: How to trade money for quality.
        base_url: The gateway; `None`: a sandbox that lives as long as the context.
        api_key_env: Name of the environment variable with the gateway's key.
        **settings: Of the router, such as `ledger`.

    Raises:
        ConfigurationError: If the gateway needs a key and the variable is not set.
    """
    if base_url is not None:
        yield SmartRouterRunnable.from_catalog(
            catalog=catalog,
            tier=tier,
            base_url=base_url,
            api_key=_key_for(base_url, api_key_env),
            **settings,
        )
        return
    with SandboxServer(models=sandbox_models(catalog)) as server:
        yield SmartRouterRunnable.from_catalog(
            catalog=_served_at_one_place(catalog),
            tier=tier,
            base_url=server.base_url,
            **settings,
        )


def _key_for(base_url: str, variable: str) -> str | None:
    """The key of a gateway; not needed for this machine, or if the URL is invalid."""
    key = os.environ.get(variable)
    host = urlsplit(base_url).hostname
    if not key and host and not is_loopback(host):
        raise ConfigurationError(
            f"there is no key for {base_url}: the environment variable {variable} is not set;"
            " set it, or name another with --api-key-env"
        )
    return key


def _served_at_one_place(catalog: Catalog) -> Catalog:
    """The catalog without endpoints, so that the router's own base URL serves every model."""
    nowhere = {"base_url": None, "api_key_env": None}
    models = {a: spec.model_copy(update=nowhere) for a, spec in catalog.models.items()}
    return catalog.model_copy(update={"models": models, **nowhere})
