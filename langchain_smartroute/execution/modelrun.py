"""The single model run of an attempt, as reconstructed from its answer or error.

Most candidates are one chat model, whose answer or error has all the data of a ledger's record.
So no handler has to watch the run, which saves events in every call. Candidates that may call
several models, parsed output and side calls are watched by the ledger's handler.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from langchain_smartroute.types import Usage

if TYPE_CHECKING:
    from langchain_smartroute.execution.link import Link

__all__ = ["ModelRun"]

_NONE = Usage()


@dataclass(slots=True, kw_only=True)
class ModelRun:
    """A running or finished model run. Not frozen, as creating a frozen one takes twice as long.

    Attributes:
        run_id: LangChain's id of the run.
        parent_run_id: LangChain's id of the request's run.
        link: The candidate.
        number: Index of its attempt, from 0.
        started_at: Start time, UTC.
        usage: Its usage; zero for a run that counts as not billed.
        model_name: The model's name as returned by the server; `None` when unknown.
        lost: Whether its answer was lost, so that its usage is the input alone, by our estimate.
        cached: Whether its answer came from a cache.
        latency_s: Seconds from its start to its end.
    """

    run_id: UUID
    parent_run_id: UUID | None
    link: Link
    number: int
    started_at: datetime
    usage: Usage = _NONE
    model_name: str | None = None
    lost: bool = False
    cached: bool = False
    latency_s: float = 0.0
