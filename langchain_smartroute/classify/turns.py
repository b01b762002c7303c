"""The state of a conversation: whether it is inside a tool loop, and which model answered last.

It is read from the messages alone, without a store: each answer of a router carries the alias
of its model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.classify.history import message_tokens
from langchain_smartroute.classify.roles import role_of

__all__ = ["TurnState", "answered_by", "read_turn"]

_ENDS_THE_TURN = "Returning structured response"
"""How LangChain's agents respond to the tool call that is the structured answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnState:
    """The state of a conversation.

    Attributes:
        by: Alias of the candidate that wrote the last AI message; `None`: unknown.
        model_name: The last AI message's model as named by its server; may be empty.
        in_loop: Whether the conversation is inside a tool loop: that message has tool calls, no
            AI message has followed, and the calls are not themselves the answer.
        unread: Estimated tokens from that message on, which are not in any prompt cache yet;
            `None`: there is no such message.

    Example:
        >>> from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
        >>> from langchain_smartroute.classify import read_turn
        >>> call = {"name": "weather", "args": {"city": "Paris"}, "id": "1"}
        >>> account = {"smartroute": {"model": "deepseek-chat"}}
        >>> asked = AIMessage("", tool_calls=[call], response_metadata=account)
        >>> result = ToolMessage("Sunny", tool_call_id="1")
        >>> state = read_turn([HumanMessage("Paris?"), asked, result])
        >>> state.by, state.in_loop
        ('deepseek-chat', True)
    """

    by: str | None = None
    model_name: str = ""
    in_loop: bool = False
    unread: int | None = None


def read_turn(messages: Sequence[BaseMessage]) -> TurnState:
    """Read the state of a conversation. Never raises."""
    at = next((i for i in reversed(range(len(messages))) if is_answer(messages[i])), None)
    if at is None:
        return TurnState()
    last, after = messages[at], messages[at + 1 :]
    metadata = getattr(last, "response_metadata", None)
    name = metadata.get("model_name") if isinstance(metadata, Mapping) else None
    return TurnState(
        by=answered_by(last),
        model_name=name if isinstance(name, str) else "",
        in_loop=_calls_tools(last) and not _is_over(after),
        unread=message_tokens(messages[at:]),
    )


def answered_by(message: BaseMessage) -> str | None:
    """Alias of the candidate that wrote a message, from a router's account in it."""
    metadata = getattr(message, "response_metadata", None)
    account = metadata.get("smartroute") if isinstance(metadata, Mapping) else None
    alias = account.get("model") if isinstance(account, Mapping) else None
    return alias if isinstance(alias, str) else None


def is_answer(message: BaseMessage) -> bool:
    """Whether a message is an assistant's."""
    return isinstance(message, AIMessage) or role_of(message) == "assistant"


def _calls_tools(message: BaseMessage) -> bool:
    if getattr(message, "tool_calls", None) or getattr(message, "invalid_tool_calls", None):
        return True
    content: Any = getattr(message, "content", None)
    if not isinstance(content, list):
        return False
    return any(isinstance(block, dict) and block.get("type") == "tool_use" for block in content)


def _is_over(results: Sequence[BaseMessage]) -> bool:
    """Whether the calls were the answer itself: structured output in the form of a tool call."""
    texts = [m.content for m in results if role_of(m) == "tool"]
    return bool(texts) and all(isinstance(t, str) and t.startswith(_ENDS_THE_TURN) for t in texts)
