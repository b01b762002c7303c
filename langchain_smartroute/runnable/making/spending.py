"""Builds a router's ledger and spend limits from its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_smartroute.accounting import Ledger, Limits, RouterCosts, Spending
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.bounds import answer_has_begun, time_is_up

if TYPE_CHECKING:
    from langchain_smartroute.catalog import Catalog
    from langchain_smartroute.runnable.configured import ConfiguredModel
    from langchain_smartroute.state import SharedState

__all__ = ["cost_handler", "spend_limits_in"]


def spend_limits_in(router: ConfiguredModel, state: SharedState) -> Limits | None:
    """A router's spend limits, counted in a state; `None` without any."""
    if not router.spend_limits:
        return None
    spending = Spending(
        router.spend_limits,
        state,
        answer_room_tokens=router.answer_room_tokens,
        on_backend_error=router.on_backend_error,
    )
    return Limits(
        spending=spending,
        on_limit=router.on_limit,
        is_late=time_is_up,
        has_begun=answer_has_begun,
    )


def cost_handler(router: ConfiguredModel, catalog: Catalog) -> RouterCosts | None:
    """The handler that writes every call into a router's ledger; `None` without a ledger.

    Raises:
        ConfigurationError: If `ledger` is neither a ledger nor the URL of a database, or
            `redact` is not a callable or has no ledger to redact for.
    """
    if router.redact is not None and not callable(router.redact):
        raise ConfigurationError(
            f"redact = {router.redact!r}: must be a callable that is given the text of a prompt"
            " or an answer and gives what to keep of it, or None"
        )
    ledger = router.ledger
    if ledger is None:
        if router.redact is not None:
            raise ConfigurationError(
                "redact: says what a ledger keeps of prompts and answers; give ledger=, too"
            )
        return None
    if isinstance(ledger, str):
        # This module imports the extra's packages.
        from langchain_smartroute.accounting.sql import SqlLedger  # noqa: PLC0415

        try:
            ledger = SqlLedger(ledger)
        except ConfigurationError as error:
            raise ConfigurationError(*(f"ledger: {f}" for f in error.faults)) from None
    if not isinstance(ledger, Ledger):
        raise ConfigurationError(
            f"ledger = {ledger!r}: must be a ledger, or a URL such as sqlite:///costs.db"
        )
    return RouterCosts(baseline=None, catalog=catalog, ledger=ledger, redact=router.redact)
