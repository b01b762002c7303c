"""Validates histories before they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.messages import AIMessage, ToolMessage

from langchain_smartroute.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import BaseMessage

__all__ = ["check_messages"]


def check_messages(messages: Sequence[BaseMessage]) -> None:
    """Reject histories that every provider rejects, before any call is paid for.

    A list without a user's message is accepted: providers answer a system message alone, which
    prompt templates often produce, and continue an assistant's message.

    Raises:
        InvalidRequestError: Saying what is wrong and what to do.
    """
    if not messages:
        raise InvalidRequestError("The message list is empty; give at least one user message")
    called: set[str] = set()
    for position, message in enumerate(messages):
        if isinstance(message, AIMessage):
            called |= _call_ids(message)
        elif isinstance(message, ToolMessage) and message.tool_call_id not in called:
            raise InvalidRequestError(
                f"messages[{position}] is the result of tool call {message.tool_call_id!r}, which"
                " no AI message before it makes; keep the AI message with the call, or drop both"
            )


def _call_ids(message: AIMessage) -> set[str]:
    calls = (*message.tool_calls, *message.invalid_tool_calls)
    ids = {call["id"] for call in calls if call["id"] is not None}
    if isinstance(message.content, list):
        # A call in another provider's form, such as Anthropic's `tool_use` block.
        ids |= {str(b["id"]) for b in message.content if isinstance(b, dict) and b.get("id")}
    return ids
