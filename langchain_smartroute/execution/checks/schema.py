"""The schema check: the answer must be data that fits a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from langchain_core.messages import AIMessage, BaseMessage

from langchain_smartroute.errors import ConfigurationError
from langchain_smartroute.execution.checks.base import BuiltinCheck
from langchain_smartroute.execution.checks.fences import blocks_of
from langchain_smartroute.execution.checks.prose import answer_text
from langchain_smartroute.execution.checks.tool_arguments import Schema, satisfies

__all__ = ["SchemaCheck"]

_LONGEST_CHARS = 100_000


@dataclass(frozen=True, slots=True)
class SchemaCheck(BuiltinCheck):
    """Rejects an answer that is not data of the given shape.

    The data is the tool call named like the schema, else the only tool call, else
    the text: JSON, bare or in one fenced block. Of a JSON schema only types, required
    keys, enums, closed objects and alternatives are judged, of at most 1,500 values;
    of a pydantic model everything. A text above 100,000 characters is not judged.

    Attributes:
        schema: A pydantic model's class, or a JSON schema.

    Raises:
        ConfigurationError: If `schema` is neither.

    Example:
        >>> check = SchemaCheck({"type": "object", "required": ["city"]})
        >>> check([], AIMessage('{"country": "Norway"}'))
        'schema not met'
    """

    name: ClassVar[str] = "schema"

    schema: Schema = field(repr=False)

    def __post_init__(self) -> None:
        """Check the schema once, here."""
        schema: object = self.schema
        if not (isinstance(schema, Mapping) or hasattr(schema, "model_validate")):
            raise ConfigurationError(
                f"schema = {self.schema!r} cannot be used: pass a pydantic model's class"
                " or a JSON schema as a dict."
            )

    def __call__(self, messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:  # noqa: ARG002 - a check's signature
        """Return why the answer does not fit the schema, or `None`."""
        calls = answer.tool_calls
        if calls:
            named = [call for call in calls if call["name"] == self._title]
            chosen = named or (calls if len(calls) == 1 else [])
            met = any(satisfies(call["args"], self.schema) for call in chosen)
            return None if met else "schema not met"
        text = answer_text(answer)
        if len(text) > _LONGEST_CHARS:
            return None
        try:
            value = json.loads(_data_in(text))
        except (ValueError, RecursionError):
            return "schema not met: no JSON"
        return None if satisfies(value, self.schema) else "schema not met"

    @property
    def _title(self) -> object:
        if isinstance(self.schema, Mapping):
            return self.schema.get("title") or self.schema.get("name")
        return self.schema.__name__


def _data_in(text: str) -> str:
    """The content of the only fenced block, or the whole text."""
    blocks = list(blocks_of(text))
    return blocks[0].code if len(blocks) == 1 else text
