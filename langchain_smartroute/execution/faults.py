"""What an exception of a candidate means for the rest of the chain.

One predicate for every mode of calling. LangChain's own error classes are read
first; what providers raise beside them is told by HTTP status and wording.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from langchain_core.exceptions import (
    ContextOverflowError,
    ModelRateLimitError,
    OutputParserException,
)
from pydantic import ValidationError

from langchain_smartroute.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Fault", "NextScope", "fault_of"]

NextScope = Literal["any", "larger_window", "other_endpoint", "none"]
"""Which of the chain's further candidates may be tried."""

_OVERFLOW = re.compile(
    r"context[_ ](length|window|size)|maximum (context|prompt|input)|too many (input|prompt) tokens"
    r"|(prompt|input|request)\b.{0,40}(too long|exceed)|range of input length",
    re.IGNORECASE,
)
_FILTERED = frozenset({"content_filter", "content_policy_violation"})
_BY_STATUS: Mapping[int, NextScope] = {
    401: "other_endpoint",
    402: "other_endpoint",
    403: "other_endpoint",
    404: "any",
    408: "any",
    409: "any",
    425: "any",
    429: "any",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What an exception means.

    Attributes:
        scope: Which further candidates may be tried.
        summary: One line without prompt text: exception, status, what it means.
        status: The HTTP status, where there was one.
        overflow: Whether the prompt was too long.
        rate_limited: Whether a rate limit was hit.
    """

    scope: NextScope
    summary: str
    status: int | None = None
    overflow: bool = False
    rate_limited: bool = False


def fault_of(error: Exception) -> Fault:
    """Say what an exception of a candidate means for the rest of the chain.

    Args:
        error: What the candidate raised.

    Returns:
        The fault. An exception that says nothing about the request itself lets
        any other candidate try.
    """
    status = getattr(error, "status_code", None)
    status = status if isinstance(status, int) else None
    # An error inside a stream comes without a status, but from the provider's client.
    told = status in (400, 413, 422) or (status is None and hasattr(error, "body"))
    overflow = isinstance(error, ContextOverflowError) or (
        told and _OVERFLOW.search(_message_of(error)) is not None
    )
    rate_limited = isinstance(error, ModelRateLimitError) or status == 429  # noqa: PLR2004 - HTTP
    scope = "larger_window" if overflow else _scope(error, status)
    return Fault(
        scope=scope,
        summary=_summary(error, status, scope),
        status=status,
        overflow=overflow,
        rate_limited=rate_limited,
    )


def _scope(error: Exception, status: int | None) -> NextScope:
    if isinstance(error, ConfigurationError | InvalidRequestError):
        return "none"
    if getattr(error, "code", None) in _FILTERED:
        return "none"
    if status is None or status >= 500:  # noqa: PLR2004 - HTTP
        return "any"
    return _BY_STATUS.get(status, "none")


def _summary(error: Exception, status: int | None, scope: NextScope) -> str:
    if isinstance(error, OutputParserException | ValidationError):
        # Which of the two it is depends on how the model was called.
        return "schema not met"
    name = type(error).__name__
    parts = [name if status is None else f"{name} (HTTP {status})"]
    if scope == "larger_window":
        parts.append("prompt too long")
    elif scope == "other_endpoint":
        parts.append("key not accepted")
    code = getattr(error, "code", None)
    if isinstance(code, str) and code:
        parts.append(code)
    return ", ".join(parts)


def _message_of(error: Exception) -> str:
    # The code is no longer part of the openai client's message.
    return f"{getattr(error, 'code', '')} {error}"[:2_000]
