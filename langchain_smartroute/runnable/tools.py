"""Tools as they are bound to a router: in OpenAI's form, with the original beside it.

Agents look into the arguments of a bound model and expect OpenAI's form there. A
candidate of another provider may make more of the original tool than of that form,
so it gets the original.
"""

from __future__ import annotations

from typing import Any

from langchain_core.utils.function_calling import convert_to_openai_tool

__all__ = ["BoundTool", "bound_tools"]


class BoundTool(dict[str, Any]):
    """A tool in OpenAI's form.

    Attributes:
        original: The tool as the caller gave it.
    """

    def __init__(self, openai_form: dict[str, Any], original: Any) -> None:
        super().__init__(openai_form)
        self.original = original


def bound_tools(tools: Any) -> list[Any]:
    """Give each tool OpenAI's form; a provider's own tool stays as it is."""
    return [_bound(tool) for tool in tools]


def _bound(tool: Any) -> Any:
    if isinstance(tool, dict) and not _describes_function(tool):
        return tool
    return BoundTool(convert_to_openai_tool(tool), tool)


def _describes_function(tool: dict[str, Any]) -> bool:
    """Whether a mapping describes a function rather than a provider's built-in tool."""
    return tool.get("type") in (None, "function", "object")
