"""Classifies the exceptions of candidates.

The same classification is used for all methods of calling. LangChain's own error classes come
first; other exceptions are classified by HTTP status, class and message.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.exceptions import (
    ContextOverflowError,
    ModelRateLimitError,
    ModelTimeoutError,
    OutputParserException,
)
from pydantic import ValidationError

from langchain_smartroute.catalog import was_cut
from langchain_smartroute.errors import (
    AnswerTooLongError,
    ConfigurationError,
    ForeignRedirectError,
    InvalidRequestError,
    SpendLimitExceededError,
    StorageError,
    StreamInterruptedError,
)
from langchain_smartroute.execution.aftermath import AFTERMATH, FaultKind, NextScope
from langchain_smartroute.execution.asked_wait import asked_wait_s, reset_wait_s
from langchain_smartroute.execution.messages import (
    advice_of,
    provider_message,
    proxy_advice,
    words_of,
)
from langchain_smartroute.execution.reasons import FILTERED, is_filtered
from langchain_smartroute.types import causes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NO_OBJECT", "Fault", "fault_of", "is_timeout", "own_cause"]

_OVERFLOW = re.compile(
    r"context[_ ](length|window|size)|maximum (context|prompt|input)|too many (input|prompt) tokens"
    r"|(prompt|input|request)\b.{0,40}(too long|exceed)|range of input length"
    r"|tokens`? \+ `?max_new_tokens",
    re.IGNORECASE,
)
_ARGUMENT = re.compile(r"got (an unexpected keyword argument|multiple values for)")
_BY_CLASS: tuple[tuple[tuple[type[Exception], ...], FaultKind], ...] = (
    # Text that cannot be encoded, such as half an emoji.
    ((ConfigurationError, InvalidRequestError, StorageError, UnicodeEncodeError), "invalid"),
    ((OutputParserException, ValidationError), "unfit"),
)
_MESSAGES = frozenset({"AIMessage", "AIMessageChunk", "ChatMessage", "ChatMessageChunk"})
"""Message classes; a validation error in one is a malformed answer, not a schema mismatch."""
_BY_CODE: Mapping[str, FaultKind] = {
    **dict.fromkeys((*FILTERED, "content_policy_violation"), "filtered"),
    "insufficient_quota": "key_refused",
    "billing_not_active": "key_refused",
}
_CODES = {"ContentFilterFinishReasonError": "content_filter"}  # raised by openai's client
_REFUSALS = frozenset({"ModelRefusalError", "OpenAIRefusalError"})
"""Names of LangChain's exceptions for refusals in structured output; older versions have one."""
_BY_STATUS: Mapping[int, FaultKind] = {
    401: "key_refused",
    402: "key_refused",
    403: "key_refused",
    404: "model_unknown",
    407: "proxy_refused",
    408: "silent",
    409: "broken",
    413: "overflow",
    425: "broken",
    429: "busy",
    499: "silent",
    503: "busy",
    504: "silent",
    524: "silent",
    529: "busy",
}
_UNREACHED = frozenset(
    {
        "ConnectError",
        "ReadError",
        "WriteError",
        "ConnectionRefusedError",
        "ConnectionResetError",
        "BrokenPipeError",
        "ClientConnectorCertificateError",
        "ClientConnectorError",
        "ClientConnectorSSLError",
        "SSLCertVerificationError",
        "ServerDisconnectedError",
    }
)
"""Names of HTTP clients' exceptions for failed connections; no client is imported here."""
_MESSAGE_CHARS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The meaning of an exception.

    Attributes:
        kind: The row of the table of what happens next.
        summary: One line without prompt text: exception, status, meaning.
        status: The HTTP status, if any.
        rate_limited: Whether a rate limit was hit.
        retry_after_s: Seconds that the provider asks to wait.
        message: The provider's message, which may repeat the prompt.
        request_id: The provider's id of the request.
        stand_in: The candidate to call instead of one refused by a spend limit, if any.
    """

    kind: FaultKind
    summary: str
    status: int | None = None
    rate_limited: bool = False
    retry_after_s: float | None = None
    message: str | None = None
    request_id: str | None = None
    stand_in: str | None = None

    @property
    def scope(self) -> NextScope:
        """Which remaining candidates may be tried."""
        return AFTERMATH[self.kind].scope

    @property
    def overflow(self) -> bool:
        """Whether the prompt was too long."""
        return self.kind == "overflow"


NO_OBJECT = Fault(kind="unfit", summary="schema not met")
"""An answer without an object in it, which LangChain's parsers of tool calls do not raise for."""


def fault_of(error: Exception, *, begun: bool = False) -> Fault:
    """Classify a candidate's exception.

    Args:
        error: The candidate's exception.
        begun: Whether a part of an answer had arrived before it.

    Returns:
        The fault, which says which other candidates may be tried.
    """
    status = getattr(error, "status_code", None)
    status = status if isinstance(status, int) else None
    kind = _kind(error, status)
    if begun and kind in ("busy", "broken"):
        # A candidate that has started to answer is not retried.
        kind = "garbled"
    return Fault(
        kind=kind,
        summary=_summary(error, status, kind),
        status=status,
        rate_limited=isinstance(error, ModelRateLimitError) or status == 429,  # noqa: PLR2004 - HTTP
        retry_after_s=_asked_wait_s(error, status),
        message=(provider_message(error) or words_of(error))[:_MESSAGE_CHARS],
        request_id=_request_id(error),
        stand_in=error.stand_in if isinstance(error, SpendLimitExceededError) else None,
    )


def own_cause(error: Exception) -> Exception:
    """The error of this package's transport inside a client's error, else the error itself."""
    ours = (AnswerTooLongError, ForeignRedirectError)
    return next((e for e in causes_of(error) if isinstance(e, ours)), error)


def is_timeout(error: Exception) -> bool:
    """Whether an exception is a client's timeout."""
    return fault_of(error).kind == "silent"


def _kind(error: Exception, status: int | None) -> FaultKind:
    code = str(getattr(error, "code", None) or _CODES.get(type(error).__name__, ""))
    # An error event in a stream has no status, but is raised by the provider's client.
    inside = status is None and hasattr(error, "body")
    overflows = (inside or status in (400, 413, 422)) and _OVERFLOW.search(
        f"{code} {error} {provider_message(error)}"[:_MESSAGE_CHARS]
    )
    if overflows or isinstance(error, ContextOverflowError):
        return "overflow"
    if isinstance(error, SpendLimitExceededError) and error.is_of_candidate:
        return "over_limit"
    by_class = _kind_of_class(error)
    if by_class is not None:
        return by_class
    by_code = _BY_CODE.get(code.lower())
    if by_code is not None:
        return by_code
    if inside and re.fullmatch("[45][0-9][0-9]", code):
        # Gateways put the upstream model's status into the event.
        status = int(code)
    return _kind_of_failure(error) if status is None else _kind_of_status(status)


def _kind_of_class(error: Exception) -> FaultKind | None:
    """Kind of an exception whose class says enough; `None` for any other."""
    if isinstance(error, ValidationError) and error.title in _MESSAGES:
        return "garbled"
    if _is_refusal(error):
        return "filtered" if _was_filtered(error) else "unfit"
    return next((kind for kinds, kind in _BY_CLASS if isinstance(error, kinds)), None)


def _kind_of_status(status: int) -> FaultKind:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status < 400:  # noqa: PLR2004 - HTTP
        # For example an invalid redirect, where the request was not processed.
        return "garbled"
    return "broken" if status >= 500 else "invalid"  # noqa: PLR2004 - HTTP


def _kind_of_failure(error: Exception) -> FaultKind:
    """Kind of an exception without a status, by its class and its causes."""
    if isinstance(error, StreamInterruptedError) or was_cut(error):
        return "garbled"
    if isinstance(error, ModelRateLimitError):
        return "busy"
    if isinstance(error, ModelTimeoutError):
        return "silent"
    for cause in causes_of(error):
        name = type(cause).__name__
        if isinstance(cause, TimeoutError) or name.endswith(("Timeout", "TimeoutError")):
            return "silent"
        if name in _UNREACHED or name in ("ProxyError", "RemoteProtocolError"):
            return _kind_of_connection(error)
    is_argument = isinstance(error, TypeError) and _ARGUMENT.search(str(error))
    return "unknown_argument" if is_argument else "garbled"


def _kind_of_connection(error: Exception) -> FaultKind:
    if proxy_advice(error):
        return "proxy_refused"
    return "untrusted" if advice_of(error) else "broken"


def _is_refusal(error: Exception) -> bool:
    """Whether a model refused to give structured output."""
    return any(kind.__name__ in _REFUSALS for kind in type(error).__mro__)


def _was_filtered(error: Exception) -> bool:
    """Whether the provider's filter ended the answer, for which LangChain has the same error."""
    return is_filtered(
        getattr(getattr(error, "raw_message", None), "response_metadata", None) or {}
    )


def _summary(error: Exception, status: int | None, kind: FaultKind) -> str:
    if kind == "unfit":
        # The class depends on the method of calling.
        return "refused" if _is_refusal(error) else NO_OBJECT.summary
    name = type(error).__name__
    parts = [name if status is None else f"{name} (HTTP {status})"]
    limit = getattr(error, "limit", None)
    if isinstance(limit, str):
        parts.append(limit)
    if kind == "overflow":
        parts.append("prompt too long")
    elif kind == "key_refused":
        parts.append("key not accepted")
    elif kind == "untrusted":
        parts.append(f"no TLS connection: {advice_of(error)}")
    elif kind == "proxy_refused":
        parts.append(advice_of(error))
    code = getattr(error, "code", None)
    if isinstance(code, str) and re.fullmatch(r"[\w.:/-]{1,64}", code):
        parts.append(code)
    return ", ".join(parts)


def _request_id(error: Exception) -> str | None:
    found = getattr(error, "request_id", None) or _headers(error).get("x-request-id")
    return found if isinstance(found, str) else None


def _asked_wait_s(error: Exception, status: int | None) -> float | None:
    headers, now = _headers(error), time.time()
    wait = asked_wait_s(headers, now=now)
    if wait is None and status == 429:  # noqa: PLR2004 - HTTP
        # With every other status the limits of the caller's account are beside the point.
        wait = reset_wait_s(headers, now=now)
    return wait


def _headers(error: Exception) -> Mapping[str, Any]:
    return getattr(getattr(error, "response", None), "headers", None) or {}
