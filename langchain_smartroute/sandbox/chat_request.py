"""The parsed request: what a chat-completions body asks for.

Parsing rejects bodies of the wrong shape. `validation` checks whether the model supports the
request and whether the messages are in a valid order.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_smartroute.sandbox.api_error import ApiError
from langchain_smartroute.sandbox.content import Attachment, read_content
from langchain_smartroute.sandbox.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ChatRequest", "Message", "Tool", "parse_request"]

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_MESSAGE_OVERHEAD = 4
_SKIMMED = 2_000
_MEDIA_TOKENS = {"image": 85, "audio": 100, "pdf": 250}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of the conversation.

    Attributes:
        role: The message's role, such as `user`.
        text: All text blocks, joined.
        attachments: Images, audio and documents.
        calls: Tool calls of an assistant message: id → tool name.
        tool_call_id: The call that a tool message answers.
    """

    role: str
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()
    tool_call_id: str | None = None

    @property
    def tokens(self) -> int:
        """Estimated tokens of the message."""
        media = sum(_MEDIA_TOKENS[item.kind] for item in self.attachments)
        called = sum(count_tokens(name) + _MESSAGE_OVERHEAD for _, name in self.calls)
        return _MESSAGE_OVERHEAD + count_tokens(self.text) + media + called


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that the model may call; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A chat-completions request.

    Attributes:
        model: The name of the model.
        messages: The conversation, at least one message.
        tools: The tools on offer.
        tool_choice: `auto`, `none`, `required`, or `=name` for one named tool.
        parallel_tool_calls: Whether one answer may call several tools.
        response_format: `text`, `json_object` or `json_schema`.
        schema: The JSON schema of the answer, for `json_schema`.
        max_tokens: The room for the answer, or `None`.
        stop: Texts before which the answer ends.
        n: How many answers.
        stream: Whether to stream.
        include_usage: Whether a stream ends with its usage.
        logprobs: How many alternatives to report per token, or `None` for no log-probabilities.
        extra_tokens: The prompt tokens of tools and schema.
    """

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    parallel_tool_calls: bool = True
    response_format: str = "text"
    schema: Mapping[str, Any] | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    n: int = 1
    stream: bool = False
    include_usage: bool = False
    logprobs: int | None = None
    extra_tokens: int = 0

    @property
    def prompt_tokens(self) -> int:
        """Estimated tokens of messages, tools and schema."""
        return 3 + self.extra_tokens + sum(message.tokens for message in self.messages)

    @property
    def last_user_text(self) -> str:
        """Text of the user's last message; of a long one only the beginning and the end."""
        return _skimmed(next((m.text for m in reversed(self.messages) if m.role == "user"), ""))

    @property
    def instructions(self) -> str:
        """Text of the system messages, shortened in the same way."""
        system_texts = (m.text for m in self.messages if m.role in ("system", "developer"))
        return _skimmed(" ".join(system_texts))

    @property
    def since_user(self) -> tuple[Message, ...]:
        """The messages after the user's last one."""
        users = [i for i, m in enumerate(self.messages) if m.role == "user"]
        return self.messages[users[-1] + 1 :] if users else self.messages


def _skimmed(text: str) -> str:
    """Beginning and end of a long text: the sandbox's patterns are slow on very long ones."""
    if len(text) <= 2 * _SKIMMED:
        return text
    return f"{text[:_SKIMMED]}\n{text[-_SKIMMED:]}"


def parse_request(body: Mapping[str, Any]) -> ChatRequest:
    """Read a request's JSON body.

    Raises:
        ApiError: If a field is missing or has the wrong type.
    """
    tools = tuple(_tool(item, i) for i, item in enumerate(_typed(body, "tools", list) or []))
    form = _typed(body, "response_format", dict) or {}
    schema = (form.get("json_schema") or {}).get("schema") if form else None
    schemas = [part for part in (body.get("tools"), schema) if part]
    stop = body.get("stop") or ()
    return ChatRequest(
        model=body["model"],
        messages=_messages(body),
        tools=tools,
        tool_choice=_tool_choice(body.get("tool_choice"), tools),
        parallel_tool_calls=body.get("parallel_tool_calls") is not False,
        response_format=form.get("type", "text"),
        schema=schema,
        max_tokens=_positive(body, "max_completion_tokens") or _positive(body, "max_tokens"),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        n=_positive(body, "n") or 1,
        stream=body.get("stream") is True,
        include_usage=(_typed(body, "stream_options", dict) or {}).get("include_usage") is True,
        logprobs=(_typed(body, "top_logprobs", int) or 0) if body.get("logprobs") is True else None,
        extra_tokens=sum(count_tokens(json.dumps(part)) for part in schemas),
    )


def _typed(body: Mapping[str, Any], name: str, kind: type) -> Any:
    value = body.get(name)
    if value is None or (isinstance(value, kind) and not isinstance(value, bool)):
        return value
    raise ApiError(
        400,
        f"Invalid type for '{name}': expected {kind.__name__}, but got {type(value).__name__}.",
        param=name,
        code="invalid_type",
    )


def _positive(body: Mapping[str, Any], name: str) -> int | None:
    value: int | None = _typed(body, name, int)
    if value is not None and value < 1:
        raise ApiError(
            400,
            f"Invalid '{name}': integer below minimum value. Expected a value >= 1, "
            f"but got {value} instead.",
            param=name,
            code="integer_below_min_value",
        )
    return value


def _messages(body: Mapping[str, Any]) -> tuple[Message, ...]:
    if body.get("messages") is None:
        raise ApiError(
            400,
            "Missing required parameter: 'messages'.",
            param="messages",
            code="missing_required_parameter",
        )
    items = _typed(body, "messages", list)
    if not items:
        raise ApiError(
            400,
            "Invalid 'messages': empty array. Expected an array with minimum length 1.",
            param="messages",
            code="empty_array",
        )
    return tuple(_message(item, index) for index, item in enumerate(items))


def _message(item: Any, index: int) -> Message:
    role = item.get("role") if isinstance(item, dict) else None
    if role not in _ROLES:
        raise ApiError(
            400,
            f"Invalid value: {role!r}. Supported values are: {', '.join(map(repr, _ROLES))}.",
            param=f"messages[{index}].role",
            code="invalid_value",
        )
    calls = item.get("tool_calls") or []
    content = item.get("content")
    if content is None and not (role == "assistant" and (calls or "content" not in item)):
        raise ApiError(
            400,
            "Invalid value for 'content': expected a string, got null.",
            param=f"messages.[{index}].content",
        )
    text, attachments = read_content(content, index)
    try:
        named = tuple((call["id"], call["function"]["name"]) for call in calls)
    except (KeyError, TypeError) as error:
        raise ApiError(
            400,
            "Invalid tool call: 'id' and 'function.name' are required.",
            param=f"messages[{index}].tool_calls",
            code="missing_required_parameter",
        ) from error
    return Message(
        role=role,
        text=text,
        attachments=attachments,
        calls=named,
        tool_call_id=None if item.get("tool_call_id") is None else str(item["tool_call_id"]),
    )


def _tool(item: Any, index: int) -> Tool:
    function = item.get("function") if isinstance(item, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise ApiError(
            400,
            f"Missing required parameter: 'tools[{index}].function.name'.",
            param=f"tools[{index}].function.name",
            code="missing_required_parameter",
        )
    return Tool(
        name=function["name"],
        description=function.get("description") or "",
        parameters=function.get("parameters") or {},
    )


def _tool_choice(choice: Any, tools: tuple[Tool, ...]) -> str:
    if choice is None or choice in ("auto", "none"):
        return choice or "auto"
    if not tools:
        raise ApiError(
            400,
            "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' "
            "are specified.",
            param="tool_choice",
        )
    if choice == "required":
        return "required"
    name = (choice.get("function") or {}).get("name") if isinstance(choice, dict) else None
    if name not in {tool.name for tool in tools}:
        raise ApiError(
            400,
            f"Invalid value for 'tool_choice': no tool named {name!r} in 'tools'.",
            param="tool_choice",
            code="invalid_value",
        )
    return f"={name}"
