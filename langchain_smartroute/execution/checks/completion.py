"""Checks for empty, truncated and filtered answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.execution.checks.base import BuiltinCheck
from langchain_smartroute.execution.checks.prose import answer_text
from langchain_smartroute.execution.reasons import finish_reasons, is_filtered

__all__ = ["EmptyCheck", "FilterCheck", "LengthCheck"]

_CUT_OFF = frozenset(
    {
        "length",
        "max_tokens",
        "max_output_tokens",
        "model_context_window_exceeded",
        "model_length",
    }
)
_NOT_SHOWN = frozenset(
    {"text", "output_text", "thinking", "redacted_thinking", "reasoning", "refusal"}
)


@dataclass(frozen=True, slots=True)
class EmptyCheck(BuiltinCheck):
    """Rejects an answer without text, tool call or media; thoughts alone are no answer.

    Example:
        >>> EmptyCheck()([], AIMessage("  "))
        'empty'
    """

    name: ClassVar[str] = "empty"
    early: ClassVar[bool] = True

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:  # noqa: ARG002 - a check's signature
        """Return `empty` if there is no content."""
        calls = answer.tool_calls or answer.invalid_tool_calls
        if calls or answer_text(answer).strip() or _has_media(answer):
            return None
        return "empty"


@dataclass(frozen=True, slots=True)
class LengthCheck(BuiltinCheck):
    """Rejects an answer that was cut off at a token limit.

    Example:
        >>> LengthCheck()([], AIMessage("Once", response_metadata={"finish_reason": "length"}))
        'finish_reason length'
    """

    name: ClassVar[str] = "length"

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:  # noqa: ARG002 - a check's signature
        """Return `finish_reason length` if the answer was truncated."""
        reasons = finish_reasons(answer.response_metadata)
        return "finish_reason length" if reasons & _CUT_OFF else None


@dataclass(frozen=True, slots=True)
class FilterCheck(BuiltinCheck):
    """Rejects an answer that the provider's content filter stopped.

    Example:
        >>> filtered = {"finish_reason": "content_filter"}
        >>> FilterCheck()([], AIMessage("", response_metadata=filtered))
        'finish_reason content_filter'
    """

    name: ClassVar[str] = "filter"
    early: ClassVar[bool] = True

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:  # noqa: ARG002 - a check's signature
        """Return `finish_reason content_filter` if the answer was filtered."""
        return "finish_reason content_filter" if is_filtered(answer.response_metadata) else None


def _has_media(answer: AIMessage) -> bool:
    if answer.additional_kwargs.get("audio") or answer.additional_kwargs.get("function_call"):
        return True
    blocks = answer.content if isinstance(answer.content, list) else ()
    return any(isinstance(b, dict) and str(b.get("type", "text")) not in _NOT_SHOWN for b in blocks)
