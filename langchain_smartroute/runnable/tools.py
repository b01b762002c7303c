"""Tools bound to a router: in OpenAI's form, together with the original.

Agents read the arguments of a bound model and expect OpenAI's form there. Candidates of other
providers may support more features of the original tool, so they get the original. An agent
binds the same tools for each of its calls, so the latest conversions are cached.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from typing import Any

from langchain_core.utils.function_calling import convert_to_openai_tool

from langchain_smartroute import classify
from langchain_smartroute.types import new_lock

__all__ = ["BoundTool", "bound_tools"]

_KEPT = 256


class BoundTool(dict[str, Any]):
    """A tool in OpenAI's form.

    Attributes:
        original: The tool as the caller gave it.
    """

    def __init__(self, openai_form: dict[str, Any], original: Any) -> None:
        super().__init__(openai_form)
        self.original = original

    @cached_property
    def tokens(self) -> int:
        """Estimated tokens of the schema."""
        return classify.toolkit_tokens([dict(self)])


class _Latest:
    """A cache of the latest tools and their forms.

    The cache keeps tools alive, so their ids are safe keys; attributes that users may change
    are compared.
    """

    def __init__(self) -> None:
        self._lock = new_lock()
        self._forms: OrderedDict[int, tuple[Any, BoundTool]] = OrderedDict()

    def form_of(self, tool: Any) -> BoundTool:
        """A tool's form, created once."""
        key, looks = id(tool), _looks(tool)
        with self._lock:
            kept = self._forms.get(key)
            if kept is not None and kept[0] == looks:
                self._forms.move_to_end(key)
                return kept[1]
        form = BoundTool(convert_to_openai_tool(tool), tool)
        with self._lock:
            self._forms[key] = (looks, form)
            if len(self._forms) > _KEPT:
                self._forms.popitem(last=False)
        return form


_latest = _Latest()


def bound_tools(tools: Any) -> list[Any]:
    """Convert tools to OpenAI's form; a provider's own tools stay as they are."""
    return [_bound(tool) for tool in tools]


def _bound(tool: Any) -> Any:
    if not isinstance(tool, dict):
        return _latest.form_of(tool)
    return BoundTool(convert_to_openai_tool(tool), tool) if _describes_function(tool) else tool


def _looks(tool: Any) -> tuple[Any, ...]:
    """The attributes that a form depends on and that may be changed in place."""
    return (
        getattr(tool, "name", None),
        getattr(tool, "description", None),
        id(getattr(tool, "args_schema", None)),
        getattr(tool, "__doc__", None),
    )


def _describes_function(tool: dict[str, Any]) -> bool:
    """Whether a mapping describes a function rather than a provider's built-in tool."""
    return tool.get("type") in (None, "function", "object")
