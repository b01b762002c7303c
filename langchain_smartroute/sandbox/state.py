"""State shared by all connections of a sandbox."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from langchain_smartroute.sandbox.models import INPUT_KINDS, SandboxModel
from langchain_smartroute.sandbox.records import RequestLog
from langchain_smartroute.sandbox.tokens import PromptCache

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_smartroute.sandbox.faults import FaultPlan

__all__ = ["SandboxState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxState:
    """The parts of a sandbox; each is thread-safe or immutable.

    Attributes:
        models: Name → model, or `None` when any name is accepted.
        api_key: The key that requests must carry, or `None`.
        faults: The fault of each model.
        log: The requests received.
        cache: The simulated prompt cache.
        stopping: Set while the server stops.
    """

    models: Mapping[str, SandboxModel] | None
    api_key: str | None
    faults: FaultPlan
    log: RequestLog = field(default_factory=RequestLog)
    cache: PromptCache = field(default_factory=PromptCache)
    stopping: threading.Event = field(default_factory=threading.Event)

    def find(self, name: str) -> SandboxModel | None:
        """The model of that name, or `None` if it is unknown."""
        if self.models is None:
            return SandboxModel(name=name, inputs=INPUT_KINDS)
        return self.models.get(name)
