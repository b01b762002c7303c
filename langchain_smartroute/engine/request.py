"""Parses one call of the router, and rejects invalid ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.messages import BaseMessage

from langchain_smartroute.catalog import answer_room
from langchain_smartroute.classify import TurnState, check_messages, read_turn, toolkit_tokens
from langchain_smartroute.errors import InvalidRequestError
from langchain_smartroute.routing import RouteOptions

if TYPE_CHECKING:
    from langchain_smartroute.types import SchemaMethod

__all__ = ["Request"]

_OF_FORMATS = ("strict", "response_format")
_BIND_ARGUMENTS = ("tool_choice", "parallel_tool_calls", *_OF_FORMATS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One parsed call of the router.

    Attributes:
        messages: The whole history that will be sent.
        options: The caller's options: tier, model, ceiling, deadline.
        arguments: Keyword arguments of the candidate's own call, such as `temperature`.
        tools: The bound tools.
        bind_arguments: Keyword arguments of the candidate's `bind_tools`; there may be some
            without tools, as an agent without tools binds its response format so.
        schema: How structured output is asked for; `None`: not at all.
        schema_tokens: Estimated tokens of the schema; 0 without one.
        answer_tokens: Maximum output tokens; `None`: unknown.
        forced: Whether structured output is requested by a forced tool call.
        asked_at: Time of the call, UTC, for prices that depend on it.
        turn: Whether the call is inside a tool loop, and which candidate answered last.
        conversation: Key of the conversation; `None`: unknown.
    """

    messages: Sequence[BaseMessage]
    options: RouteOptions
    arguments: Mapping[str, Any] = field(default_factory=dict)
    tools: Sequence[Any] = ()
    bind_arguments: Mapping[str, Any] = field(default_factory=dict)
    schema: SchemaMethod | Literal["any"] | None = None
    schema_tokens: int = 0
    answer_tokens: int | None = None
    forced: bool = False
    asked_at: datetime = field(default_factory=partial(datetime.now, tz=UTC))
    turn: TurnState = field(default_factory=TurnState)
    conversation: str | None = None

    @classmethod
    def of(
        cls,
        messages: Sequence[BaseMessage],
        arguments: Mapping[str, Any],
        *,
        options: RouteOptions,
        answer_tokens: int | None,
        schema: SchemaMethod | Literal["any"] | None = None,
        schema_definition: Any = None,
        conversation: str | None = None,
    ) -> Request:
        """Parse a call.

        Args:
            messages: The whole history that will be sent.
            arguments: The call's keyword arguments, those of bound tools included.
            options: The caller's options.
            answer_tokens: Default maximum output tokens.
            schema: How structured output is asked for; `None`: as `response_format` says.
            schema_definition: The schema itself.
            conversation: Key of the conversation; `None`: unknown.

        Raises:
            InvalidRequestError: If no candidate could serve the call as it was made.
        """
        check_messages(messages)
        rest = dict(arguments)
        if rest.get("n") not in (None, 1):
            raise InvalidRequestError(
                f"n = {rest['n']!r}: the router gives one answer per call; call batch() with the"
                " same input as often as you want answers"
            )
        room = answer_room(rest) or answer_tokens
        given = rest.pop("tools", None)
        bind = _bound(rest) if given is not None else {}
        wanted = bind.get("response_format", rest.get("response_format"))
        if given is not None and not given:
            # There is nothing to choose from, and nothing to be strict about without a format.
            bind = {name: bind[name] for name in _OF_FORMATS if wanted is not None and name in bind}
        if schema is None and wanted is not None:
            schema, schema_definition = _method_of(wanted), wanted
        return cls(
            messages=messages,
            options=options,
            arguments=rest,
            tools=given or (),
            bind_arguments=bind,
            schema=schema,
            schema_tokens=toolkit_tokens([schema_definition]) if schema_definition else 0,
            answer_tokens=room,
            forced=schema == "function_calling",
            turn=read_turn(messages),
            conversation=conversation,
        )


def _bound(arguments: dict[str, Any]) -> dict[str, Any]:
    """Take the arguments of `bind_tools` out of those of a call."""
    taken = {name: arguments.pop(name) for name in _BIND_ARGUMENTS if name in arguments}
    return {name: value for name, value in taken.items() if value is not None}


def _method_of(response_format: Any) -> SchemaMethod:
    kind = response_format.get("type") if isinstance(response_format, Mapping) else None
    return "json_mode" if kind == "json_object" else "json_schema"
