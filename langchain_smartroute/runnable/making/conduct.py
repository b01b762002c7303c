"""Builds a router's settings for calls: time limits, retries, content filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.execution import Conduct, RetryPolicy, TimeLimits

if TYPE_CHECKING:
    from langchain_smartroute.catalog import Catalog
    from langchain_smartroute.runnable.configured import ConfiguredModel

__all__ = ["conduct_of", "limits_of"]


def conduct_of(router: ConfiguredModel) -> Conduct:
    """The settings for attempts and failures."""
    return Conduct(
        retry=RetryPolicy(max_retry_after_s=router.max_retry_after_s),
        max_answer_chars=router.max_answer_chars,
        reroutes_filtered=router.on_content_filter == "fallback",
    )


def limits_of(router: ConfiguredModel, catalog: Catalog) -> dict[str, TimeLimits]:
    """Alias → time limits of calls.

    Args:
        router: Has the limits that hold where a model's spec names none.
        catalog: Has the models.
    """
    general = TimeLimits(
        connect_timeout_s=router.connect_timeout_s,
        first_token_timeout_s=router.first_token_timeout_s,
        idle_timeout_s=router.idle_timeout_s,
        timeout_s=router.timeout_s,
    )
    is_default = "first_token_timeout_s" not in router.model_fields_set
    return {
        alias: general.of_model(spec, first_token_is_default=is_default)
        for alias, spec in catalog.models.items()
    }
