"""The code check: where code was requested, the answer must contain code that parses."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.classify import PatternClassifier, user_request
from langchain_smartroute.execution.checks.base import BuiltinCheck
from langchain_smartroute.execution.checks.fences import Block, blocks_of
from langchain_smartroute.execution.checks.prose import answer_text
from langchain_smartroute.execution.checks.python_source import python_fault

__all__ = ["CodeCheck"]

_PYTHON = frozenset({"python", "py", "python3", "py3"})
_PYTHON_CHARS = 4_000
_JSON_CHARS = 100_000
_BLOCK_CHARS = 60
"""Fixed cost of a parse, expressed in characters."""

_SCANNED_CHARS = 400_000
_BARE_CHARS = 200
"""Length in characters below which an answer without code counts as incomplete."""

_ILLUSTRATED = re.compile(r"\.\.\.|…|//|/\*|^\s*#|<\w|\{\{", re.MULTILINE)
_CODE_MARKS = re.compile(
    r"[{}()=<>*;`$+\[\]]|^(?: {4}|\t)|\b(?:lambda|return|import|SELECT)\b", re.MULTILINE
)
_ASKS_ABOUT = re.compile(
    r"\s*(?:what|why|how|when|which|who|where|does|do|is|are|can|could|should|explain|was|wie|warum"
    r"|pourquoi|comment|qué|cómo|por qué|什么|为什么|なぜ|как|почему)\b|[^?]*\?|[^\uff1f]*\uff1f",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CodeCheck(BuiltinCheck):
    r"""Rejects code answers with an open fence, Python or JSON that does not parse, or no code.

    Fenced blocks are parsed: Python up to 4,000 characters an answer, JSON up to
    100,000 (a longer block is not judged); fences are looked for in the first
    400,000. No code at all is a fault only of an answer under 200 characters to a
    request to write some.

    Example:
        >>> CodeCheck()([], AIMessage("```python\nprint('hi'\n```"))
        'python does not parse (line 1)'
        >>> CodeCheck()([], AIMessage("```python\nprint('hi')\n```"))
    """

    name: ClassVar[str] = "code"
    tasks: ClassVar[frozenset[str] | None] = frozenset({"code"})

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:
        """Return the first fault of the code in `answer`, or `None`."""
        text = answer_text(answer)
        whole = len(text) <= _SCANNED_CHARS
        room = {"python": _PYTHON_CHARS, "json": _JSON_CHARS}
        for block in blocks_of(text if whole else text[:_SCANNED_CHARS]):
            fault = _fault_of(block, room) if block.closed or not whole else _UNCLOSED
            if fault is not None:
                return fault
        return "no code" if _left_out(messages, answer, text) else None


_UNCLOSED = "code fence not closed"


def _fault_of(block: Block, room: dict[str, int]) -> str | None:
    kind = "python" if block.language in _PYTHON else block.language
    if not block.closed or kind not in room or len(block.code) > room[kind]:
        return None
    room[kind] -= len(block.code) + _BLOCK_CHARS
    line = python_fault(block.code) if kind == "python" else _json_fault(block.code)
    return None if line is None else f"{kind} does not parse (line {line})"


def _json_fault(code: str) -> int | None:
    """The line of a clear JSON error; comments and ellipses are allowed."""
    decoder = json.JSONDecoder()
    source = code.strip()
    position = 0
    try:
        while position < len(source):
            _, position = decoder.raw_decode(source, position)
            while position < len(source) and source[position] in " \t\r\n":
                position += 1
    except json.JSONDecodeError as error:
        return None if _ILLUSTRATED.search(code) or _is_member(source) else error.lineno
    except (ValueError, RecursionError):
        return None
    return None


def _is_member(source: str) -> bool:
    """Whether it is a member of an object without the object's braces."""
    if not source.startswith('"'):
        return False
    try:
        json.loads("{" + source.rstrip(",") + "}")
    except (ValueError, RecursionError):
        return False
    return True


def _left_out(messages: Sequence[BaseMessage], answer: AIMessage, text: str) -> bool:
    """Whether code was requested and the answer is short and has none."""
    if len(text) >= _BARE_CHARS or not text.strip() or answer.tool_calls:
        return False
    if _CODE_MARKS.search(text) or text.rstrip().endswith(("?", "\uff1f")):
        return False
    request = user_request(messages)
    if _ASKS_ABOUT.match(request.text):
        return False
    return PatternClassifier().classify(request).task == "code"
