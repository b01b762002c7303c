"""Exceptions for answers with status 200 that are errors, or cannot be read.

Imported when the first model is built: it imports `openai`.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import openai

from langchain_smartroute.execution.completions import filled_answer
from langchain_smartroute.execution.enclosed import error_in
from langchain_smartroute.execution.http_packages import http as _http

__all__ = ["field", "raise_meaning_of", "refusal_in", "telling_usage"]


def field(holder: Any, name: str) -> Any:
    """A field of JSON or of an object of `openai`'s client; `None` if missing."""
    return holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)


def telling_usage(error: Exception, answer: Any) -> Exception:
    """The error of an answer that cannot be read, saying what it cost, where the answer did.

    Without usage its cost is unknown, as the provider may have billed it.
    """
    usage = field(answer, "usage")
    usage_answer = None
    if usage and isinstance(answer, openai.BaseModel):
        usage_answer = answer
    elif usage and isinstance(usage, dict):
        usage_answer = filled_answer({"usage": usage})
    # pydantic's own errors take nothing along.
    with suppress(AttributeError):
        error.completion = usage_answer  # type: ignore[attr-defined]
    return error


def refusal_in(answer: Any, client: Any) -> Exception | None:
    """The exception for an answer that is an error: the one that a stream raises for it.

    Args:
        answer: Parsed JSON, or the client's object of it.
        client: The client of `openai` that was answered.
    """
    if isinstance(answer, openai.BaseModel) and (
        field(answer, "error") or not field(answer, "choices")
    ):
        answer = answer.model_dump(warnings=False)
    found = error_in(answer)
    if found is None:
        return None
    request = _http.Request("POST", str(client.base_url), headers=client.auth_headers)
    error = openai.APIError(found["message"], request=request, body=found)
    # An error in the place of an answer is not billed, one beside an answer may be.
    beside = field(answer, "usage") or field(answer, "choices")
    return telling_usage(error, answer) if beside else error


def raise_meaning_of(error: Exception, client: Any) -> None:
    """Raise the error that an answer is which could not be read; else note what it cost.

    Args:
        error: The reader's exception, with the response, if there is one.
        client: The client that was answered.

    Raises:
        openai.APIError: If the answer is an error.
    """
    response: Any = getattr(error, "response", None)
    if response is None:
        return
    try:
        answer = response.json()
    except ValueError:
        answer = None
    refusal = refusal_in(answer, client)
    if refusal is not None:
        raise refusal from error
    if not hasattr(error, "completion"):
        telling_usage(error, answer)
