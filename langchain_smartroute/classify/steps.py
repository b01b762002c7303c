"""The steps of an agent's turn: tool calls and their results.

Only the steps of the last model count: a model that takes over starts anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage, ToolMessage

from langchain_smartroute.classify.content import own_text, read_content
from langchain_smartroute.classify.roles import role_of
from langchain_smartroute.classify.turns import answered_by, is_answer

__all__ = ["Step", "ToolResult", "steps_of_turn", "text_of"]

_MOST_CHARS = 400

_FAILURE = re.compile(
    r"\W*(?:tool |api |http |unexpected |invalid |internal )?"
    r"(?:error|exception|traceback|failed|failure|fatal|panic|\w+error|\w+exception)\b"
    r"(?! ?(?:count|rate)?[:=] ?0)",
    re.IGNORECASE,
)
_PASSING = re.compile(
    r"time[d ]?-?out|temporar|try again|rate.?limit|too many requests|unavailable"
    r"|\b(?:429|502|503|504)\b|connection (?:reset|refused)|busy",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"\W*(?:null|none|nothing(?: found)?|empty|not found"
    r"|no (?:\w+ )?(?:results?|match(?:es)?|data|records?|rows|hits|entries|documents?|items)"
    r"\b.{0,60}|0 (?:results?|matches|rows|hits)"
    r".{0,60}|found 0 .{0,60}|(?:could|did) not find .{0,60})?\W*",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A tool call and its result.

    Attributes:
        name: Name of the tool.
        what: The call as one line of text, equal for equal calls.
        result: The beginning of the result, as one line of text.
        failed: Whether the result is an error.
    """

    name: str
    what: str
    result: str
    failed: bool

    @property
    def is_nothing(self) -> bool:
        """Whether the result is empty or says that nothing was found."""
        return _NOTHING.fullmatch(self.result) is not None

    @property
    def may_pass(self) -> bool:
        """Whether the failure may be transient, such as a timeout."""
        return _PASSING.search(self.result) is not None


@dataclass(frozen=True, slots=True)
class Step:
    """A message with tool calls, and their results."""

    calls: list[ToolResult]


def steps_of_turn(messages: Sequence[BaseMessage]) -> list[Step]:
    """The last model's steps in the current turn, oldest first."""
    results: dict[str, BaseMessage] = {}
    steps: list[Step] = []
    by: str | None = None
    for message in reversed(messages):
        role = role_of(message)
        if role == "user":
            break
        if role == "tool":
            results.setdefault(str(getattr(message, "tool_call_id", "")), message)
        elif is_answer(message):
            wrote = answered_by(message) or by
            if by is not None and wrote != by:
                break
            by = wrote
            built = [
                *getattr(message, "tool_calls", ()),
                *getattr(message, "invalid_tool_calls", ()),
            ]
            answered = [(c, results[str(c["id"])]) for c in built if str(c["id"]) in results]
            if answered:
                steps.append(Step([_result_of(call, result) for call, result in answered]))
    return steps[::-1]


def _result_of(call: Any, result: BaseMessage) -> ToolResult:
    try:
        what = f"{call['name']} {json.dumps(call['args'], sort_keys=True, default=str)}"
    except (TypeError, ValueError):
        what = f"{call['name']} {call['args']!r}"
    text = " ".join(text_of(result).split())[:_MOST_CHARS]
    failed = _has_failed(result, text)
    return ToolResult(str(call["name"]), what, text, failed)


def _has_failed(result: BaseMessage, text: str) -> bool:
    if isinstance(result, ToolMessage) and result.status == "error":
        return True
    if text.startswith("{"):
        return bool(re.match(r'\{\s*"(?:error|exception)"\s*:\s*(?!null|""|false|\[\]|0\b)', text))
    return _FAILURE.match(text) is not None


def text_of(message: BaseMessage) -> str:
    """A message's own words."""
    content = message.content
    return content if isinstance(content, str) else own_text(read_content(content))
