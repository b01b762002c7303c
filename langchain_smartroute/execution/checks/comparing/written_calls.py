"""Reads tool calls that a model wrote into its text: as Python, as JSON, or between tags."""

# ruff: noqa: RUF001 - full-width punctuation is intended

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_smartroute.execution.checks.comparing.literals import (
    JSON,
    NOTHING,
    literal_of,
    python_source,
)

__all__ = ["written_calls"]

_MOST_CHARS = 4_000
_MOST_CALLS = 100
_MAY_BE = re.compile(
    r"\s*(?:[\[(]?\s*[A-Za-z_][\w.]{0,100}\(|[\[{<`]|functools\[|(?:API-Request|Call|Action|Thought)s?:)"
    r"|[^`]{0,500}[:：.]\s*\n|[\s\S]{0,500}<tool_call>"
)
_THOUGHT_END = "</think>"
_INTRODUCED = re.compile(
    r"(?:[^\n`{}()=]{0,300}+\n++){0,3}?[^\n`{}()=]{1,200}[:：][ \t]*+\n\s*+"
    r"(?=[\[`{<]|[A-Za-z_][\w.]{0,100}\()"
)
"""Some lines before the calls, of which the last one ends with a colon."""

_LABEL = re.compile(r"(?:API-Request|Function calls?|Tool calls?|Calls?)\s*:\s*", re.IGNORECASE)
_MARK = re.compile(r"\[TOOL_CALLS\]|<\|python_tag\|>|functools(?=\[)|<\|/?tool_calls?\|>")
_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
_FUNCTION = re.compile(r"<function=([\w.-]{1,100})>\s*(.*?)\s*</function>", re.DOTALL)
_ACTION = re.compile(
    r"(?:Thought:[^\n]{0,1000}\n+)?Action:\s*([\w.-]{1,100})\s*\n+Action Input:\s*([^\n]+)"
)
_FENCE = re.compile(r"```(?:json|python|py|tool_code|tool_call)?[ \t]*\n(.*)\n[ \t]*```", re.DOTALL)
_BETWEEN = re.compile(r"[\s;,]*")
_NAMES = ("name", "function", "tool", "tool_name", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "tool_input", "action_input")
_LISTS = ("tool_calls", "function_calls", "calls")
_BESIDE = frozenset({"id", "type", "index", "call_id", "thought", "reasoning"})
_CONSTANTS = {"true": True, "false": False, "null": None}


def written_calls(text: str, *, keyed: bool = False) -> list[dict[str, Any]] | None:
    """The tool calls that a text consists of, each with `name` and `args`.

    Args:
        text: Longer texts than 4,000 characters are not calls.
        keyed: Whether `{"f": {"a": 1}}` is a call of `f` as well.

    Returns:
        The calls in their order; `None` if the text is anything else but calls and some words
        that introduce them. Positional arguments are named by their position (`"0"`).

    Example:
        >>> written_calls('[weather(city="Paris", days=2)]')
        [{'name': 'weather', 'args': {'city': 'Paris', 'days': 2}}]
        >>> written_calls('{"name": "weather", "arguments": {"city": "Paris"}}')
        [{'name': 'weather', 'args': {'city': 'Paris'}}]
        >>> written_calls("It rains (a lot) in Paris.") is None
        True
    """
    text = text[text.rfind(_THOUGHT_END) + len(_THOUGHT_END) :] if _THOUGHT_END in text else text
    if len(text) > _MOST_CHARS or not _MAY_BE.match(text):
        return None
    text = _MARK.sub(" ", text.strip()).strip()
    tagged = _TAGGED.findall(text)
    if tagged:
        return _all_of([_read(inner, keyed=keyed) for inner in tagged])
    functions = _FUNCTION.findall(text)
    if functions:
        return _all_of([_call(name, literal_of(args)) for name, args in functions])
    action = _ACTION.fullmatch(text)
    if action is not None:
        args = literal_of(action[2])
        return [{"name": action[1], "args": action[2].strip() if args is NOTHING else args}]
    introduced = _INTRODUCED.match(text)
    text = text[introduced.end() :].strip() if introduced else text
    fenced = _FENCE.fullmatch(text)
    return _read(fenced[1].strip() if fenced else text, keyed=keyed)


def _read(text: str, *, keyed: bool) -> list[dict[str, Any]] | None:
    text = _LABEL.sub("", text, count=1) if _LABEL.match(text) else text
    return _in_json(_values_of(text), keyed=keyed) or _in_python(text)


def _all_of(found: Sequence[list[dict[str, Any]] | None]) -> list[dict[str, Any]] | None:
    return None if None in found else [call for calls in found if calls for call in calls]


def _values_of(text: str) -> list[Any]:
    """The JSON values of a text, one after another, or the literal that it is."""
    values: list[Any] = []
    at = 0
    while text[at:].startswith(("{", "[")) and len(values) < _MOST_CALLS:
        try:
            value, end = JSON.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        values.append(value)
        between = _BETWEEN.match(text, end)
        at = end if between is None else between.end()
    return values if len(values) > 1 and at == len(text) else [literal_of(text.rstrip(" ;"))]


def _in_json(values: list[Any], *, keyed: bool) -> list[dict[str, Any]] | None:
    """Calls in the form of the OpenAI protocol, or of the prompts of open models."""
    rows: list[Any] = []
    for value in values:
        if isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in _LISTS:
            value = next(iter(value.values()))  # noqa: PLW2901 - what is in it
        many = isinstance(value, Sequence) and not isinstance(value, str | bytes)
        rows += value if many else [value]
    if not rows or len(rows) > _MOST_CALLS:
        return None
    return _all_of([_call_of(row, keyed=keyed) for row in rows])


def _call_of(row: Any, *, keyed: bool) -> list[dict[str, Any]] | None:
    inner = row.get("function", row) if isinstance(row, Mapping) else None
    inner = row if isinstance(inner, str) else inner
    if not isinstance(inner, Mapping):
        return None
    names = [key for key in _NAMES if isinstance(inner.get(key), str)]
    keys = [key for key in _ARGUMENTS if key in inner]
    if len(names) == len(keys) == 1 and inner.keys() <= {*_BESIDE, *names, *keys}:
        args = inner[keys[0]]
        return _call(inner[names[0]], literal_of(args) if isinstance(args, str) else args)
    if keyed and len(inner) == 1:
        return _call(*next(iter(inner.items())))
    return None


def _call(name: Any, args: Any) -> list[dict[str, Any]] | None:
    return [{"name": name, "args": args}] if isinstance(args, Mapping) else None


def _in_python(text: str) -> list[dict[str, Any]] | None:
    source = python_source(text)
    if source is None or "(" not in text:
        return None
    try:
        found = []
        statements = ast.parse(source).body
        for statement in statements:
            node = statement.value if isinstance(statement, ast.Expr) else None
            nodes = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
            found += [_python_call(one) for one in nodes]
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None
    # Lines of calls without names of arguments are a program, whose order counts.
    named = all(call["args"] and "0" not in call["args"] for call in found)
    return found if found and (named or len(statements) == 1) else None


def _python_call(node: ast.AST | None) -> dict[str, Any]:
    """A call whose arguments are literals; `ValueError` for any other expression."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
        printed = node.args[0] if len(node.args) == 1 and not node.keywords else None
        node = printed if isinstance(printed, ast.Call) else node
    if not isinstance(node, ast.Call) or any(word.arg is None for word in node.keywords):
        raise ValueError(node)
    args = {str(at): _literal(value) for at, value in enumerate(node.args)}
    args |= {word.arg: _literal(word.value) for word in node.keywords if word.arg}
    return {"name": ast.unparse(node.func), "args": args}


class _Constants(ast.NodeTransformer):
    """Replaces the constants of JSON by Python's."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        known = node.id in _CONSTANTS
        return ast.Constant(value=_CONSTANTS[node.id]) if known else node


def _literal(node: ast.expr) -> Any:
    return ast.literal_eval(_Constants().visit(node))
