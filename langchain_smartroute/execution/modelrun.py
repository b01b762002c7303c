"""The one model run of an attempt, as its answer or its error tells it.

Most candidates are one chat model, whose answer or error tells everything that a ledger
records of its run. So no handler needs to watch it, which saves an event for every step of
every call. Candidates that may call several models, parsed output and calls beside an
attempt are watched by the ledger's handler.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from langchain_smartroute.types import Usage

if TYPE_CHECKING:
    from langchain_smartroute.execution.link import Link

__all__ = ["ModelRun"]


@dataclass(slots=True, kw_only=True)
class ModelRun:
    """A model run under way, or ended. Not frozen, as that would take twice as long to make.

    Attributes:
        run_id: LangChain's id of the run.
        parent_run_id: LangChain's id of the request's run.
        link: The candidate.
        number: The number of its attempt, from 0.
        started_at: When it was started, UTC.
        usage: What it used; nothing for one that is taken as not billed.
        model_name: What the server called itself; `None` where it did not say.
        cached: Whether its answer came from a cache, whatever became of that.
        latency_s: Seconds from its start to its end.
    """

    run_id: UUID
    parent_run_id: UUID | None
    link: Link
    number: int
    started_at: datetime
    usage: Usage = field(default_factory=Usage)
    model_name: str | None = None
    cached: bool = False
    latency_s: float = 0.0
