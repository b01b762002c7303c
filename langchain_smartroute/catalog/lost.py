"""Answers that were lost on their way: cut in the middle, or packed in an unreadable form.

Their server had begun to answer, so it may have billed them.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from langchain_core.exceptions import OutputParserException
from pydantic import ValidationError

from langchain_smartroute.types import causes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ANSWERED", "is_packed", "may_be_billed", "was_cut"]

ANSWERED: Final = "smartroute_answered"
"""Extension of an HTTP request whose answer has begun with a status of success."""

_CLIENTS: Final = 3
"""Clients above the HTTP client, of which each raises its own error from that of the one below."""

_BROKEN: Final[Mapping[str, tuple[str, ...]]] = {
    "RemoteProtocolError": ("complete message body", "chunked read"),
    "ReadError": (),
    "ClientPayloadError": ("",),
}
"""Name of an HTTP client's exception for a connection that broke → words that it has only where
an answer had begun; no client is imported here."""

_WITHIN_STREAMS: Final = "StreamChunkTimeoutError"
"""Name of langchain-openai's exception for a stream that is silent after its head."""


def may_be_billed(error: BaseException | None) -> bool:
    """Whether a failure is that of an answer that was cut, not waited for or cannot be read.

    HTTP errors, and timeouts and connections that failed before an answer, count as free.
    """
    unread = isinstance(error, ValidationError | OutputParserException)
    causes = islice(causes_of(error), 1 + _CLIENTS)
    unread = unread or is_packed(error) or any(hasattr(cause, "completion") for cause in causes)
    return unread or was_cut(error) or _was_left(error)


def was_cut(error: BaseException | None) -> bool:
    """Whether the connection was lost in the middle of an answer.

    Args:
        error: A candidate's exception.

    Returns:
        `True` if its causes say so, by their words or by their request (`ANSWERED`). Other
        lost connections, and times that were up, are not cut answers.
    """
    return any(map(_is_cut, islice(causes_of(error), 1 + _CLIENTS)))


def is_packed(error: BaseException | None) -> bool:
    """Whether the body of an answer could not be unpacked, as the HTTP client says it.

    Version 2 of `openai` passes its errors on as they are, where they come within a stream.
    """
    return any(
        type(cause).__name__ == "DecodingError" and (cause is not error or _is_answered(cause))
        for cause in islice(causes_of(error), 1 + _CLIENTS)
    )


def _was_left(error: BaseException | None) -> bool:
    """Whether the time was up after an answer had begun."""
    return any(map(_is_left, islice(causes_of(error), 1 + _CLIENTS)))


def _is_left(error: BaseException) -> bool:
    name = type(error).__name__
    if not name.endswith(("Timeout", "TimeoutError")):
        return False
    begun = getattr(error, "begun", False) or name == _WITHIN_STREAMS
    return begun or _is_answered(error)


def _is_cut(error: BaseException) -> bool:
    words = _BROKEN.get(type(error).__name__)
    if words is None:
        return False
    message = str(error)
    return any(word in message for word in words) or _is_answered(error)


def _is_answered(error: BaseException) -> bool:
    try:
        request = getattr(error, "request", None)
    except RuntimeError:
        # An exception of httpx has the attribute, which raises where no request was set.
        return False
    return ANSWERED in (getattr(request, "extensions", None) or ())
