"""What a router does about money: what it writes down of calls, and what they have to fit into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager, Callbacks
from pydantic import Field, field_validator

from langchain_smartroute.accounting import (
    CostCallbackHandler,
    Ledger,
    Limits,
    OnBackendError,
    OnLimitReached,
    RouterCosts,
    Spending,
    SpendLimit,
)
from langchain_smartroute.catalog import Catalog
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.bounds import time_is_up
from langchain_smartroute.runnable.observed import ObservedModel
from langchain_smartroute.state import SharedState

__all__ = ["SpendingModel", "with_handler"]


class SpendingModel(ObservedModel):
    """A chat model that accounts for its calls and is held to spend limits.

    The attributes are described in `SmartRouterRunnable`.
    """

    prices: Mapping[str, Any] = Field(default_factory=dict)
    on_limit: OnLimitReached = "raise"
    spend_limits: Sequence[SpendLimit] = ()
    answer_room_tokens: int = Field(default=4096, gt=0)
    on_backend_error: OnBackendError = "deny"
    ledger: Any = None
    redact: Any = Field(default=None, exclude=True)

    @field_validator("spend_limits", mode="before")
    @classmethod
    def _one_limit_is_a_list_of_one(cls, value: Any) -> Any:
        return [value] if isinstance(value, SpendLimit) else value

    def _spend_limits_in(self, state: SharedState) -> Limits | None:
        """The spend limits, counted in a state; `None` without any."""
        if not self.spend_limits:
            return None
        spending = Spending(
            self.spend_limits,
            state,
            answer_room_tokens=self.answer_room_tokens,
            on_backend_error=self.on_backend_error,
        )
        return Limits(spending=spending, on_limit=self.on_limit, is_late=time_is_up)

    def _cost_handler(self, catalog: Catalog) -> CostCallbackHandler | None:
        """What writes every call into the ledger; `None` without one.

        Raises:
            ConfigurationError: If it is neither a ledger nor the URL of a database, or there
                is a redaction that is none or has nothing to redact.
        """
        if self.redact is not None and not callable(self.redact):
            raise ConfigurationError(
                f"redact = {self.redact!r}: must be a callable that is given the text of a prompt"
                " or an answer and gives what to keep of it, or None"
            )
        ledger = self.ledger
        if ledger is None:
            if self.redact is not None:
                raise ConfigurationError(
                    "redact: says what a ledger keeps of prompts and answers; give ledger=, too"
                )
            return None
        if isinstance(ledger, str):
            # The packages of the extra are imported in there.
            from langchain_smartroute.accounting.sql import SqlLedger  # noqa: PLC0415

            try:
                ledger = SqlLedger(ledger)
            except ConfigurationError as error:
                raise ConfigurationError(*(f"ledger: {f}" for f in error.faults)) from None
        if not isinstance(ledger, Ledger):
            raise ConfigurationError(
                f"ledger = {ledger!r}: must be a ledger, or a URL such as sqlite:///costs.db"
            )
        return RouterCosts(baseline=None, catalog=catalog, ledger=ledger, redact=self.redact)


def with_handler(callbacks: Callbacks, handler: BaseCallbackHandler) -> Callbacks:
    """A config's callbacks and one handler more, for every run below.

    What `merge_configs` would make of them, in a tenth of its time.
    """
    if not isinstance(callbacks, BaseCallbackManager):
        return [handler, *(callbacks or ())]
    manager = callbacks.copy()
    manager.add_handler(handler, inherit=True)
    return manager
