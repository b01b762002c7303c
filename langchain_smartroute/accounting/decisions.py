"""Records of routing decisions, and a JSONL file of them.

A record holds a decision and its result, but no text of the prompt, the answer or a provider's
message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from langchain_smartroute.accounting.lines import JsonLines, as_sink
from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.types import Attempt

__all__ = ["CandidateRecord", "DecisionRecord", "JsonlDecisions", "as_decision_sink"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRecord:
    """One candidate in a decision.

    Attributes:
        alias: The candidate.
        place: Position in the chain, from 1; `None`: not in the chain.
        reason: Reason for its position or exclusion.
        excluded: Whether it was excluded before the call.
        input_usd_per_mtok: Its price per million input tokens; `None` when unknown.
        output_usd_per_mtok: The same for output tokens.
        estimated_cost_usd: Estimated cost of one call.
        predicted_quality: Predicted quality of its answer in [0, 1]; `None` where the policy
            predicts nothing.
    """

    alias: str
    place: int | None = None
    reason: str = ""
    excluded: bool = False
    input_usd_per_mtok: Decimal | None = None
    output_usd_per_mtok: Decimal | None = None
    estimated_cost_usd: Decimal | None = None
    predicted_quality: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """One decision and its result.

    Attributes:
        id: Id of the decision, as in traces and in the ledger.
        at: Time of the request.
        route: The first candidate of the chain; `None`: no candidate could serve the request.
        answered_by: The candidate whose answer was accepted; `None`: none.
        task: The request's task.
        share: The classifier's probability of that task; `None` when it gave none.
        classified_by: Name of the classifier.
        difficulty: The request's difficulty.
        tier: The tier of the routing table.
        policy: Name and version of the policy.
        reason: Reason for the route, or for there being none.
        notes: Further remarks of the decision.
        checks: Names of the checks of the answer.
        input_tokens: Estimate of the request's tokens.
        tools: Number of bound tools.
        inputs: Kinds of content in the history.
        candidates: All candidates with price and reason, those of the chain first.
        attempts: All attempts, in order.
        cost_usd: Total cost in US dollars; `None` when unknown.
        baseline: The model that savings are measured against.
        baseline_cost_usd: What the baseline would have cost for the answer.
        savings_usd: The difference; `None` when unknown.

    Example:
        >>> from langchain_smartroute import SmartRouterRunnable
        >>> from langchain_smartroute.sandbox import SandboxServer
        >>> records = []
        >>> with SandboxServer() as server:
        ...     router = SmartRouterRunnable.from_catalog(
        ...         base_url=server.base_url, on_decision=records.append
        ...     )
        ...     answer = router.invoke("Hello!")
        >>> records[0].route, records[0].answered_by, records[0].cost_usd
        ('deepseek-chat', 'deepseek-chat', Decimal('0.00000322'))
    """

    id: str
    at: datetime
    route: str | None
    answered_by: str | None
    task: str
    share: float | None = None
    classified_by: str = ""
    difficulty: str
    tier: str
    policy: str
    reason: str
    notes: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    input_tokens: int = 0
    tools: int = 0
    inputs: tuple[str, ...] = ("text",)
    candidates: tuple[CandidateRecord, ...] = ()
    attempts: tuple[Attempt, ...] = field(default=())
    cost_usd: Decimal | None = None
    baseline: str | None = None
    baseline_cost_usd: Decimal | None = None
    savings_usd: Decimal | None = None

    def to_json(self) -> dict[str, Any]:
        """The record as JSON values; money as exact strings."""
        found: dict[str, Any] = _plain(asdict(self))
        for attempt in found["attempts"]:
            # The provider's message may repeat the prompt.
            del attempt["message"], attempt["usage"]
        return found

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> DecisionRecord:
        """Read a record from the result of `to_json`."""
        values = _read(found)
        values["at"] = datetime.fromisoformat(values["at"])
        for name, kind in (("candidates", CandidateRecord), ("attempts", Attempt)):
            values[name] = tuple(kind(**_read(entry)) for entry in found.get(name, ()))
        for name in ("notes", "checks", "inputs"):
            values[name] = tuple(values.get(name, ()))
        return cls(**values)


class JsonlDecisions:
    """Appends each record to a file, one JSON object per line.

    Several processes may write to one file: each record is a single write.

    Args:
        path: The file, created with the first record.

    Example:
        >>> import tempfile
        >>> from langchain_smartroute import JsonlDecisions, SmartRouterRunnable
        >>> from langchain_smartroute.sandbox import SandboxServer
        >>> with tempfile.TemporaryDirectory() as folder, SandboxServer() as server:
        ...     decisions = JsonlDecisions(f"{folder}/decisions.jsonl")
        ...     router = SmartRouterRunnable.from_catalog(
        ...         base_url=server.base_url, on_decision=decisions
        ...     )
        ...     _ = router.invoke("Translate to German: good morning")
        ...     [(record.route, record.answered_by) for record in decisions.records()]
        [('glm-5.1', 'glm-5.1')]
    """

    def __init__(self, path: str | Path) -> None:
        self._lines = JsonLines(path)
        self.path = self._lines.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    def __call__(self, record: DecisionRecord) -> None:
        """Append a record."""
        self._lines.append(record.to_json())

    def records(self) -> Iterator[DecisionRecord]:
        """Every record, in the order in which they were written.

        Invalid lines, such as one truncated by a full disk, are skipped.

        Raises:
            ConfigurationError: If the file cannot be read.
        """
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").split("\n")
        except OSError as error:
            raise ConfigurationError(
                f"{self.path}: cannot be read ({error.strerror}); give the file that"
                " on_decision= names"
            ) from error
        for line in lines:
            try:
                yield DecisionRecord.from_json(json.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError):
                continue


def as_decision_sink(value: Any) -> Any:
    """Convert a setting for records of decisions, a callable or a path, to a callable.

    Raises:
        ConfigurationError: If it is neither.
    """
    return as_sink(
        value,
        JsonlDecisions,
        setting="on_decision",
        record="DecisionRecord",
        example="decisions.jsonl",
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _read(found: Mapping[str, Any]) -> dict[str, Any]:
    """Convert JSON values back, with money as `Decimal`."""
    return {
        key: Decimal(value) if "usd" in key and isinstance(value, str) else value
        for key, value in found.items()
    }
