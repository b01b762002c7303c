"""The tool arguments check: arguments must parse and fit the tool's schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import BaseModel, ValidationError

from langchain_smartroute.execution.checks.base import BuiltinCheck
from langchain_smartroute.execution.checks.json_shape import fits

__all__ = ["Schema", "ToolArgumentsCheck", "satisfies"]

Schema = type[BaseModel] | Mapping[str, Any]
"""A pydantic model's class, or a JSON schema."""

_MOST_CALLS = 100


@dataclass(frozen=True, slots=True)
class ToolArgumentsCheck(BuiltinCheck):
    """Rejects a tool call whose arguments do not parse, or do not fit the tool's schema.

    Attributes:
        schemas: Tool name → schema of its arguments. A call of another tool only has
            to parse.

    Example:
        >>> check = ToolArgumentsCheck({"search": {"type": "object", "required": ["query"]}})
        >>> call = {"name": "search", "args": {}, "id": "1", "type": "tool_call"}
        >>> check([], AIMessage("", tool_calls=[call]))
        'tool arguments do not fit the schema'
    """

    name: ClassVar[str] = "tool-arguments"

    schemas: Mapping[str, Schema] = field(default_factory=dict)

    @classmethod
    def of_tools(cls, tools: Sequence[Any]) -> ToolArgumentsCheck:
        """Build the check from bound tools.

        Args:
            tools: Tools as a model is sent them; those that are not in OpenAI's form of a
                function, such as a provider's own, are passed over.
        """
        functions = [tool.get("function") for tool in tools if isinstance(tool, Mapping)]
        return cls({f["name"]: f.get("parameters") or {} for f in functions if f and "name" in f})

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:  # noqa: ARG002 - a check's signature
        """Return the first fault of a tool call, or `None`."""
        if answer.invalid_tool_calls:
            return "tool arguments do not parse"
        for call in answer.tool_calls[:_MOST_CALLS]:
            schema = self.schemas.get(call["name"])
            if schema is not None and not satisfies(call["args"], schema):
                return "tool arguments do not fit the schema"
        return None


def satisfies(value: object, schema: Schema) -> bool:
    """Whether a JSON value satisfies `schema`."""
    if isinstance(schema, Mapping):
        return fits(value, schema)
    try:
        schema.model_validate(value)
    except ValidationError:
        return False
    return True
