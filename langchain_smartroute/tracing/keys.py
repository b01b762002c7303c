"""Keys of run metadata that several parts of the package use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "API_MODEL_KEY",
    "ATTEMPT_KEY",
    "DECISION_KEY",
    "INPUT_TOKENS_KEY",
    "MODEL_KEY",
    "PRICE_KEY",
    "PURPOSE_KEY",
    "REQUEST_KEY",
    "TASK_KEY",
    "purpose_of",
    "request_of",
]

REQUEST_KEY = "smartroute_request_id"
"""The outermost router's decision, which all runs of one request share."""

DECISION_KEY = "smartroute_decision_id"
"""The decision that a run belongs to."""

ATTEMPT_KEY = "smartroute_attempt"
"""Index of the attempt that a run belongs to, from 0."""

MODEL_KEY = "smartroute_model"
"""The attempt's candidate, by its alias."""

API_MODEL_KEY = "smartroute_api_model"
"""Its name in the API."""

PRICE_KEY = "smartroute_price"
"""Its price, as strings."""

TASK_KEY = "smartroute_task"
"""The request's task."""

INPUT_TOKENS_KEY = "smartroute_input_tokens"
"""Estimated input tokens of the request, for answers without usage."""

PURPOSE_KEY = "smartroute_purpose"
"""Purpose of a router's own run: `classifier`, `judge`, `second_opinion`."""


def request_of(metadata: Mapping[str, Any]) -> str | None:
    """Id of the request that a run belongs to; `None`: none."""
    found = metadata.get(REQUEST_KEY)
    return str(found) if found else None


def purpose_of(metadata: Mapping[str, Any]) -> str:
    """The purpose of a run."""
    return str(metadata.get(PURPOSE_KEY) or "answer")
