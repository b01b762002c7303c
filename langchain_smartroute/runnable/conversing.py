"""What a router does about conversations: how it keeps to a route, and when an agent is stuck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from langchain_smartroute.classify import StuckSigns
from langchain_smartroute.engine import Conversations
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.runnable.hardened import HardenedModel, Seconds
from langchain_smartroute.state import SharedState
from langchain_smartroute.types import Sticky

__all__ = ["ConversingModel", "as_signs"]


class ConversingModel(HardenedModel):
    """A chat model that knows conversations.

    The attributes are described in `SmartRouterRunnable`.
    """

    state: Any = None
    sticky: Sticky = "rise"
    sticky_idle_s: Seconds = 3600.0
    stuck: Any = Field(default_factory=StuckSigns, exclude=True)

    def _knowing_conversations(self, state: SharedState) -> dict[str, Any]:
        """What an engine needs to know conversations."""
        return {
            "conversations": Conversations(state=state, idle_s=self.sticky_idle_s),
            "stuck": as_signs(self.stuck),
        }


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
