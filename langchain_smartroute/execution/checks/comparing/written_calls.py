"""Reads tool calls that a model wrote into its text: as Python, as JSON, or between tags."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_smartroute.execution.checks.comparing.literals import NOTHING, literal_of

__all__ = ["written_calls"]

_MOST_CHARS = 4_000
_MOST_CALLS = 100
_MAY_BE = re.compile(r"\s*(?:[\[(]?\s*[A-Za-z_][\w.]{0,100}\(|[\[{<`]|Action:)")
_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
_ACTION = re.compile(r"Action:\s*([\w.-]{1,100})\s*\n+Action Input:\s*([^\n]+)")
_FENCE = re.compile(r"```(?:json|python|py)?[ \t]*\n(.*)\n[ \t]*```", re.DOTALL)
_ARGUMENTS = ("arguments", "parameters", "args")
_BESIDE = frozenset({"id", "type", "name", "index", "call_id", *_ARGUMENTS})
_WARNS = re.compile(r"\b\d\w*(?:and|else|for|if|in|is|not|or)\b|\\")


def written_calls(text: str) -> list[dict[str, Any]] | None:
    """The tool calls that a text consists of, each with `name` and `args`.

    Args:
        text: Longer texts than 4,000 characters are not calls.

    Returns:
        The calls in their order; `None` if the text is anything else. Positional arguments
        are named by their position (`"0"`).

    Example:
        >>> written_calls('[weather(city="Paris", days=2)]')
        [{'name': 'weather', 'args': {'city': 'Paris', 'days': 2}}]
        >>> written_calls('{"name": "weather", "arguments": {"city": "Paris"}}')
        [{'name': 'weather', 'args': {'city': 'Paris'}}]
        >>> written_calls("It rains (a lot) in Paris.") is None
        True
    """
    if len(text) > _MOST_CHARS or not _MAY_BE.match(text):
        return None
    text = text.strip()
    fenced = _FENCE.fullmatch(text)
    text = fenced[1].strip() if fenced else text
    if text.startswith("<tool_call>"):
        return _in_tags(text)
    action = _ACTION.fullmatch(text)
    if action is not None:
        args = literal_of(action[2])
        return [{"name": action[1], "args": action[2].strip() if args is NOTHING else args}]
    return _in_json(literal_of(text)) or _in_python(text)


def _in_tags(text: str) -> list[dict[str, Any]] | None:
    if _TAGGED.sub("", text).strip():
        return None
    found = [_in_json(literal_of(inner[1])) for inner in _TAGGED.finditer(text)]
    return None if None in found else [call for calls in found if calls for call in calls]


def _in_json(value: Any) -> list[dict[str, Any]] | None:
    """Calls in the form of the OpenAI protocol, or of the prompts of open models."""
    rows = value if isinstance(value, Sequence) and not isinstance(value, str | bytes) else [value]
    if not rows or len(rows) > _MOST_CALLS:
        return None
    calls = [_call_of(row) for row in rows]
    return None if None in calls else [call for call in calls if call is not None]


def _call_of(row: Any) -> dict[str, Any] | None:
    inner = row.get("function", row) if isinstance(row, Mapping) else None
    if not isinstance(inner, Mapping) or not isinstance(inner.get("name"), str):
        return None
    keys = [key for key in _ARGUMENTS if key in inner]
    if len(keys) != 1 or not inner.keys() <= _BESIDE:
        return None
    args = inner[keys[0]]
    if isinstance(args, str):
        args = literal_of(args)
    return {"name": inner["name"], "args": args} if isinstance(args, Mapping) else None


def _in_python(text: str) -> list[dict[str, Any]] | None:
    if not text.endswith((")", "]")) or _WARNS.search(text):
        return None
    try:
        node = ast.parse(text, mode="eval").body
        nodes = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        return [_python_call(one) for one in nodes] or None
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None


def _python_call(node: ast.AST) -> dict[str, Any]:
    """A call whose arguments are literals; `ValueError` for any other expression."""
    if not isinstance(node, ast.Call) or any(word.arg is None for word in node.keywords):
        raise ValueError(node)
    args = {str(at): ast.literal_eval(value) for at, value in enumerate(node.args)}
    args |= {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg}
    return {"name": ast.unparse(node.func), "args": args}
