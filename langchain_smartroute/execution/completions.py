"""A lean replacement for the `openai` client's chat completions, as used by `ChatOpenAI`.

The client of `openai` traverses each request to rename fields that no chat completion has, and
builds an object for each part of each answer and each chunk, which `ChatOpenAI` converts to
dicts again. That takes a fifth of a plain call's CPU time and more than half of a streamed
one's. Here requests are sent as `ChatOpenAI` makes them and answers are returned as plain JSON,
by the client's own `post`.

`filled_answer` and `filled_chunk` convert such an answer to the form that the objects would
have: fields that the server left out are `None`. They support the common forms; all others go
through the objects.

Imported when the first model is built: it imports `openai`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any

from openai import AsyncStream, Stream
from openai._models import construct_type
from openai.resources.chat.completions import AsyncCompletions, Completions
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.chat_completion import Choice
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from openai.types.completion_usage import (
    CompletionTokensDetails,
    CompletionUsage,
    PromptTokensDetails,
)
from typing_extensions import override

from langchain_smartroute.catalog import OF_PROVIDERS
from langchain_smartroute.execution.assembled import assembled
from langchain_smartroute.execution.common_forms import is_common_answer, is_common_chunk
from langchain_smartroute.execution.halves import without_halves
from langchain_smartroute.execution.mending import repaired
from langchain_smartroute.execution.posting import (
    PATH,
    SECURITY,
    Pattern,
    RawAnswer,
    pattern_of,
)

__all__ = ["filled_answer", "filled_chunk", "make_lean"]

_OPTIONS = {
    "extra_headers": "headers",
    "extra_query": "params",
    "extra_body": "extra_json",
    "timeout": "timeout",
}
"""Argument of a call that is not part of the body → argument of `post`."""

_IN_BODIES = CompletionCreateParamsStreaming.__annotations__.keys() | OF_PROVIDERS
"""Names of the arguments that are sent in the body: OpenAI's, and some of other providers."""

_DETAILS = {
    "completion_tokens_details": dict.fromkeys(CompletionTokensDetails.model_fields),
    "prompt_tokens_details": dict.fromkeys(PromptTokensDetails.model_fields),
}
_USAGE = dict.fromkeys(CompletionUsage.model_fields)
_ANSWER = dict.fromkeys(ChatCompletion.model_fields)
_CHOICE = dict.fromkeys(Choice.model_fields.keys() - {"finish_reason"})
"""Has no finish reason, as it must be visible whether an answer has one."""


def make_lean(model: Any) -> None:
    """Make a `ChatOpenAI` that reads plain JSON call without the client's objects."""
    if model.root_client is not None:
        model.client = _LeanCompletions(model.root_client)
    model.async_client = _AsyncLeanCompletions(model.root_async_client)


class _LeanCompletions(Completions):
    @cached_property
    def _pattern(self) -> Pattern | None:
        return pattern_of(self._client)

    @cached_property
    def with_raw_response(self) -> Any:
        """Variant that returns answers with their headers."""
        return _Raw(self.response, super().with_raw_response)

    def response(self, payload: dict[str, Any]) -> Any:
        """Make a call of the common form; `None` for others, which are not made."""
        pattern = self._pattern
        return pattern.send(payload) if pattern and _is_common(payload, pattern) else None

    @override
    def create(self, **payload: Any) -> Any:
        streams = bool(payload.get("stream"))
        response = self.response(payload)
        if response is not None:
            if streams:
                return Stream[object](cast_to=object, response=response, client=self._client)
            return RawAnswer(response).parse()
        return self._client.post(
            PATH,
            options=_taken_options(payload),
            body=payload,
            cast_to=object,
            stream=streams,
            stream_cls=Stream[object],
        )


class _AsyncLeanCompletions(AsyncCompletions):
    @cached_property
    def _pattern(self) -> Pattern | None:
        return pattern_of(self._client)

    @cached_property
    def with_raw_response(self) -> Any:
        """Variant that returns answers with their headers."""
        return _AsyncRaw(self.response, super().with_raw_response)

    async def response(self, payload: dict[str, Any]) -> Any:
        """Make a call of the common form; `None` for others, which are not made."""
        pattern = self._pattern
        return await pattern.asend(payload) if pattern and _is_common(payload, pattern) else None

    @override
    async def create(self, **payload: Any) -> Any:
        streams = bool(payload.get("stream"))
        response = await self.response(payload)
        if response is not None:
            if streams:
                return AsyncStream[object](cast_to=object, response=response, client=self._client)
            return RawAnswer(response).parse()
        return await self._client.post(
            PATH,
            options=_taken_options(payload),
            body=payload,
            cast_to=object,
            stream=streams,
            stream_cls=AsyncStream[object],
        )


class _Raw:
    def __init__(self, response: Callable[[dict[str, Any]], Any], others: Any) -> None:
        self._response = response
        self._others = others

    def create(self, **payload: Any) -> Any:
        response = None if payload.get("stream") else self._response(payload)
        return self._others.create(**payload) if response is None else RawAnswer(response)


class _AsyncRaw:
    def __init__(self, response: Callable[[dict[str, Any]], Awaitable[Any]], others: Any) -> None:
        self._response = response
        self._others = others

    async def create(self, **payload: Any) -> Any:
        response = None if payload.get("stream") else await self._response(payload)
        return await self._others.create(**payload) if response is None else RawAnswer(response)


def _is_common(payload: dict[str, Any], pattern: Pattern) -> bool:
    """Whether a call has known arguments and no options, and its client no variable ones."""
    return payload.keys() <= _IN_BODIES and pattern.holds()


def _taken_options(payload: dict[str, Any]) -> Any:
    """Remove the arguments that are not part of the body, and return them.

    Raises:
        TypeError: As the client of `openai`, for an argument that it does not know.
    """
    unknown = min(payload.keys() - _IN_BODIES - _OPTIONS.keys(), default=None)
    if unknown is not None:
        message = (
            f"Completions.create() got an unexpected keyword argument {unknown!r}; what a provider"
            " takes beyond OpenAI's parameters belongs into extra_body"
        )
        raise TypeError(message)
    taken = {to: payload.pop(name) for name, to in _OPTIONS.items() if name in payload}
    # A timeout of `None` means no timeout; other options of `None` are omitted.
    given = {to: value for to, value in taken.items() if value is not None or to == "timeout"}
    return {**given, "security": SECURITY}


def filled_chunk(chunk: Any) -> Any:
    """A chunk of a stream in the form that `ChatOpenAI` expects."""
    return chunk if is_common_chunk(chunk) else _chunk_by_objects(chunk)


def filled_answer(answer: Any) -> Any:
    """A plain answer in the form that `ChatOpenAI` expects.

    Returns:
        JSON with all fields, or the client's object for an uncommon form.
    """
    if isinstance(answer, str):
        # The content type is not JSON.
        try:
            answer = json.loads(answer)
        except ValueError:
            answer = assembled(answer) or answer
    if not isinstance(answer, dict):
        return answer
    if not is_common_answer(answer):
        return construct_type(type_=ChatCompletion, value=repaired(answer, "message"))
    usage = answer.get("usage")
    return {
        **_ANSWER,
        **answer,
        "choices": [_filled_choice(choice) for choice in answer["choices"]],
        "usage": _filled_usage(usage) if usage else usage,
    }


def _filled_choice(choice: dict[str, Any]) -> dict[str, Any]:
    return {**_CHOICE, **choice, "message": without_halves(choice["message"])}


def _filled_usage(usage: dict[str, Any]) -> dict[str, Any]:
    details = {
        name: {**fields, **given}
        for name, fields in _DETAILS.items()
        if (given := usage.get(name)) is not None
    }
    return {**_USAGE, **usage, **details}


def _chunk_by_objects(chunk: Any) -> Any:
    if isinstance(chunk, dict):
        chunk = repaired(chunk, "delta")
    made = construct_type(type_=ChatCompletionChunk, value=chunk)
    return made.model_dump(warnings=False) if isinstance(made, ChatCompletionChunk) else made
