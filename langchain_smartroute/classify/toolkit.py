"""Tokens of the bound tools, and whether a tool call is forced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_smartroute.classify.tokens import CALL_TOKENS, structure_tokens, text_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["forces_call", "toolkit_tokens"]

_FIELD_TOKENS = 12
"""Tokens per argument of a tool given as an object: name, type and description."""

_FREE_CHOICES = frozenset({"", "auto", "none"})


def forces_call(tool_choice: Any) -> bool:
    """Whether `tool_choice` forces a tool call; `None`, `auto`, `none` and `False` do not."""
    if isinstance(tool_choice, str):
        return tool_choice.lower() not in _FREE_CHOICES
    if isinstance(tool_choice, dict):
        mode = tool_choice.get("mode", tool_choice.get("type"))
        return bool(tool_choice) and (not isinstance(mode, str) or forces_call(mode))
    return tool_choice is True


def toolkit_tokens(tools: Sequence[Any]) -> int:
    """Estimate the tokens of the tools' schemas.

    Schemas given as dicts are measured. For tools given as objects (a `BaseTool`, a pydantic
    class, a function) building the schema would take milliseconds, so the estimate uses their
    name, description and number of arguments.
    """
    return sum([CALL_TOKENS + _tool_tokens(tool) for tool in tools])


def _tool_tokens(tool: Any) -> int:
    known = getattr(tool, "tokens", None)
    if isinstance(tool, dict) and isinstance(known, int):
        # A schema with a cached token count.
        return known - CALL_TOKENS
    if isinstance(tool, dict):
        return structure_tokens(tool)
    texts = (
        getattr(tool, "name", None) or getattr(tool, "__name__", None),
        getattr(tool, "description", None) or getattr(tool, "__doc__", None),
    )
    described = sum([text_tokens(text) for text in texts if isinstance(text, str)])
    return described + _FIELD_TOKENS * _field_count(tool)


def _field_count(tool: Any) -> int:
    schema = getattr(tool, "args_schema", None) or tool
    if isinstance(schema, dict):
        fields = schema.get("properties")
    elif isinstance(schema, type):
        fields = getattr(schema, "model_fields", None) or getattr(schema, "__annotations__", None)
    else:
        fields = getattr(schema, "__annotations__", None)
    return len(fields) if isinstance(fields, dict) else 0
