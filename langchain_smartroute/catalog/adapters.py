"""Adapts the messages and arguments of a request to one model.

Pure functions of a spec: nothing is changed in place, and nothing is called. Adaptations of the
JSON for OpenAI-compatible endpoints are in `execution.gateway_model`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from langchain_smartroute.catalog.authors import is_by
from langchain_smartroute.catalog.call_ids import with_known_call_ids
from langchain_smartroute.catalog.dialects import (
    has_system_turns,
    known_arguments,
    takes_text_only_as_strings,
    without_foreign_marks,
)
from langchain_smartroute.catalog.images import standard_blocks
from langchain_smartroute.catalog.portable import portable
from langchain_smartroute.catalog.spec import ModelSpec

__all__ = ["adapted_arguments", "adapted_messages", "answer_room", "drop_unbounded_rooms"]

_STOPS = {
    # OpenAI API reference: up to 4 sequences.
    "openai": 4,
    # DeepSeek API docs, as quoted by CAMEL's DeepSeekConfig: up to 16 sequences.
    "deepseek": 16,
    # Z.AI API docs, Chat Completion: "Currently, only one stop word is supported".
    "zhipuai": 1,
}
"""Provider → how many stop sequences a request may have. Read on 2026-11-23."""


def adapted_messages(messages: Sequence[BaseMessage], spec: ModelSpec) -> list[BaseMessage]:
    r"""Adapt a history to a model.

    - Of other models' answers only what they said and called is left (`portable`); the
      model's own stay as they are.
    - Ids of other models' tool calls are renamed where the provider does not take them.
    - Marks of prompt caches are removed for providers that do not know them.
    - Image blocks in a form that `ChatOpenAI` cannot convert get a standard form.
    - For Anthropic, system text that stands later in the history moves as below.
    - For a model without system messages, their text goes to the front of the next
      user message, a blank line before what the user says; several are joined in
      order, and blocks stay blocks. Where no user message follows, the text goes to
      the end of a user message right before it, else it becomes a user message of
      its own, after the results of open tool calls.

    Doing it twice changes nothing more.

    Args:
        messages: The history; never changed.
        spec: The model that is about to read it.

    Returns:
        The same message objects where nothing has to change, copies elsewhere.

    Example:
        >>> spec = ModelSpec(alias="glm-4v", system_messages=False)
        >>> history = [SystemMessage("Answer in French."), HumanMessage("What is this?")]
        >>> [message.content for message in adapted_messages(history, spec)]
        ['Answer in French.\n\nWhat is this?']
    """
    own = {n for n, m in enumerate(messages) if isinstance(m, AIMessage) and is_by(m, spec)}
    answered = {m.tool_call_id for m in messages if isinstance(m, ToolMessage)}
    adapted = [
        _adapted(
            portable(message, answered=answered)
            if isinstance(message, AIMessage) and place not in own
            else message,
            spec,
        )
        for place, message in enumerate(messages)
    ]
    if answered:
        adapted = with_known_call_ids(adapted, own=own, provider=spec.provider)
    if not spec.system_messages:
        return _without_system_role(adapted)
    if has_system_turns(spec):
        return adapted
    begin = next((n for n, m in enumerate(adapted) if not isinstance(m, SystemMessage)), 0)
    return [*adapted[:begin], *_without_system_role(adapted[begin:])]


_ROOMS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


def answer_room(arguments: Mapping[str, Any]) -> int | None:
    """Maximum output tokens in a call's arguments; `None`: not set.

    Local model servers read zero and negative values as "no limit", which counts as not set.

    Example:
        >>> answer_room({"max_completion_tokens": 50}), answer_room({"max_tokens": -1})
        (50, None)
    """
    named = (arguments.get(name) for name in _ROOMS)
    return next((room for room in named if isinstance(room, int) and room > 0), None)


def drop_unbounded_rooms(arguments: dict[str, Any]) -> None:
    """Remove maximum output tokens that mean "no limit" from a call's arguments.

    Example:
        >>> arguments = {"max_tokens": -1, "seed": 1}
        >>> drop_unbounded_rooms(arguments)
        >>> arguments
        {'seed': 1}
    """
    for name in _ROOMS:
        if name in arguments and answer_room({name: arguments[name]}) is None:
            del arguments[name]


def adapted_arguments(arguments: Mapping[str, Any], spec: ModelSpec) -> dict[str, Any]:
    """Adapt the arguments of a call to a model.

    - What only other providers know is left out, or converted (`known_arguments`).
    - `temperature` and `top_p` are left out for a model without temperature.
    - `max_completion_tokens`, OpenAI's name, becomes LangChain's `max_tokens` for
      other providers; given both, `max_tokens` counts.
    - Of more `stop` sequences than the provider takes, the first are kept. OpenAI's
      models without temperature take none.

    Everything else is passed on as it is.

    Example:
        >>> spec = ModelSpec(alias="o", temperature=False)
        >>> adapted_arguments({"temperature": 0.5, "seed": 1}, spec)
        {'seed': 1}
    """
    adapted = known_arguments(arguments, spec)
    if not spec.temperature:
        adapted.pop("temperature", None)
        adapted.pop("top_p", None)
    if spec.provider != "openai" and "max_completion_tokens" in adapted:
        room = adapted.pop("max_completion_tokens")
        adapted.setdefault("max_tokens", room)
    stop = adapted.get("stop")
    limit = _stop_limit(spec)
    if stop and limit is not None:
        kept = [stop][:limit] if isinstance(stop, str) else list(stop)[:limit]
        if not kept:
            del adapted["stop"]
        elif not isinstance(stop, str) and len(kept) < len(stop):
            adapted["stop"] = kept
    return adapted


def _stop_limit(spec: ModelSpec) -> int | None:
    """Maximum number of stop sequences of a model; `None`: no known limit."""
    # OpenAI API reference: "Not supported with latest reasoning models o3 and o4-mini".
    if spec.provider == "openai" and not spec.temperature:
        return 0
    return _STOPS.get(spec.provider)


def _adapted(message: BaseMessage, spec: ModelSpec) -> BaseMessage:
    if isinstance(message.content, str):
        return message
    message = without_foreign_marks(message, spec)
    content: Any = message.content
    blocks: Any = standard_blocks(content)
    if takes_text_only_as_strings(spec):
        blocks = _as_string(blocks, joint="" if isinstance(message, AIMessage) else "\n")
    return message if blocks is content else message.model_copy(update={"content": blocks})


def _as_string(blocks: list[Any], *, joint: str) -> Any:
    """Blocks of only text as one string."""
    if all(isinstance(b, dict) and b.keys() == {"type", "text"} for b in blocks):
        return joint.join(str(block["text"]) for block in blocks)
    return blocks


def _without_system_role(messages: list[BaseMessage]) -> list[BaseMessage]:
    folded: list[BaseMessage] = []
    waiting: list[Any] = []
    place = 0
    for message in messages:
        if _has_role(message, SystemMessage, "system", "developer"):
            place = place if waiting else len(folded)
            waiting += [message.content] if message.content else []
        elif waiting and _is_user(message):
            folded.append(_with_content(message, [*waiting, message.content]))
            waiting = []
        else:
            folded.append(message)
    return _with_leftover(folded, waiting, place=place) if waiting else folded


def _with_leftover(
    messages: list[BaseMessage], waiting: list[Any], *, place: int
) -> list[BaseMessage]:
    """Insert system text that is not followed by a user message."""
    before, after = messages[:place], messages[place:]
    if before and _is_user(before[-1]):
        previous = before.pop()
        return [*before, _with_content(previous, [previous.content, *waiting]), *after]
    while after and isinstance(after[0], ToolMessage):
        before.append(after.pop(0))
    return [*before, HumanMessage(_joined(waiting)), *after]


def _with_content(message: BaseMessage, contents: list[Any]) -> BaseMessage:
    return message.model_copy(update={"content": _joined(contents)})


def _joined(contents: list[Any]) -> str | list[Any]:
    """Join contents: as text if all are text, else as blocks."""
    texts = [content for content in contents if content]
    if all(isinstance(content, str) for content in texts):
        return "\n\n".join(texts)
    blocks: list[Any] = []
    for content in texts:
        blocks += [{"type": "text", "text": content}] if isinstance(content, str) else content
    return blocks


def _is_user(message: BaseMessage) -> bool:
    return _has_role(message, HumanMessage, "user")


def _has_role(message: BaseMessage, kind: type[BaseMessage], *roles: str) -> bool:
    return isinstance(message, kind) or (isinstance(message, ChatMessage) and message.role in roles)
