"""The role of a message's author.

`BaseMessage.type` is not enough: chunks have their class name there, a `ChatMessage` has its
`role`, and Anthropic's tool results are in user messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from langchain_core.messages import (
    AIMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

__all__ = ["Role", "role_of"]

Role = Literal["user", "assistant", "tool", "system", "other"]

_ROLE_OF_CLASS: dict[type, Role] = {
    HumanMessage: "user",
    AIMessage: "assistant",
    ToolMessage: "tool",
    SystemMessage: "system",
    FunctionMessage: "tool",
}
_ROLE_OF_NAME: dict[str, Role] = {
    "human": "user",
    "user": "user",
    "ai": "assistant",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
    "system": "system",
    "developer": "system",
}


def role_of(message: BaseMessage) -> Role:
    """The role of `message`; `other` if unknown."""
    role = _ROLE_OF_CLASS.get(type(message)) or _inherited_role(message)
    return "tool" if role == "user" and _only_tool_results(message) else role


def _inherited_role(message: BaseMessage) -> Role:
    """The role by base class, for chunks and derived classes, else by name."""
    for ancestor in type(message).__mro__:
        if ancestor in _ROLE_OF_CLASS:
            return _ROLE_OF_CLASS[ancestor]
    name = getattr(message, "role" if isinstance(message, ChatMessage) else "type", None)
    return _ROLE_OF_NAME.get(name.lower(), "other") if isinstance(name, str) else "other"


def _only_tool_results(message: BaseMessage) -> bool:
    content = getattr(message, "content", None)
    if not isinstance(content, list) or not content:
        return False
    return all(isinstance(b, dict) and b.get("type") == "tool_result" for b in content)
