"""Who is told of what a router decides."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from langchain_smartroute.accounting import as_decision_sink
from langchain_smartroute.runnable.conversing import ConversingModel

__all__ = ["ObservedModel"]


class ObservedModel(ConversingModel):
    """A chat model whose decisions are told.

    The attributes are described in `SmartRouterRunnable`.
    """

    on_decision: Any = Field(default=None, exclude=True)

    @property
    def _decision_sink(self) -> Any:
        """What takes the records of decisions; `None`: nobody."""
        return as_decision_sink(self.on_decision)
