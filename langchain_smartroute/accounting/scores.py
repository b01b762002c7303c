"""Records of users' scores for answers, and a JSONL file of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from langchain_smartroute.accounting.lines import JsonLines, as_sink
from langchain_smartroute.errors import StorageError

__all__ = ["OnFeedback", "ScoreRecord", "as_score_sink"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRecord:
    """One score of an answer, as given to `router.feedback`.

    Attributes:
        decision_id: Id of the decision, as in traces and in the ledger.
        at: Time of the score.
        model: Alias of the candidate that answered.
        task: The request's task.
        difficulty: The request's difficulty.
        score: The score, from 0 to 1.

    Example:
        >>> from langchain_smartroute import ScoreRecord, SmartRouterRunnable
        >>> from langchain_smartroute.sandbox import SandboxServer
        >>> records: list[ScoreRecord] = []
        >>> with SandboxServer() as server:
        ...     router = SmartRouterRunnable.from_catalog(
        ...         base_url=server.base_url, on_feedback=records.append
        ...     )
        ...     answer = router.invoke("Translate to German: good morning")
        >>> router.feedback(answer.response_metadata["smartroute"]["decision_id"], score=True)
        >>> records[0].model, records[0].task, records[0].score
        ('glm-5.1', 'translation', 1.0)
    """

    decision_id: str
    at: datetime
    model: str
    task: str
    difficulty: str
    score: float


OnFeedback = Callable[[ScoreRecord], None]
"""Callable that receives the record of each score."""


def as_score_sink(value: Any) -> OnFeedback | None:
    """Convert a setting for scores, a callable or a path, to a callable.

    Raises:
        ConfigurationError: If it is neither.
    """
    sink: OnFeedback | None = as_sink(
        value, _ScoreFile, setting="on_feedback", record="ScoreRecord", example="scores.jsonl"
    )
    return sink


class _ScoreFile:
    def __init__(self, path: str | Path) -> None:
        self._lines = JsonLines(path)

    def __call__(self, record: ScoreRecord) -> None:
        try:
            self._lines.append({**asdict(record), "at": record.at.isoformat()})
        except OSError as error:
            raise StorageError(
                f"{self._lines.path}: the score cannot be written ({error.strerror}); it was"
                " counted all the same"
            ) from error
