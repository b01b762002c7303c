"""A router with arguments bound to it, and its tools: in OpenAI's form, and as they were given.

Agents read the arguments of a bound model and expect OpenAI's form there. Candidates of other
providers may support more features of the original tool, so they get the original. An agent
binds the same tools for each of its calls, so the latest conversions are cached.
"""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableBinding, RunnableConfig
from langchain_core.utils.function_calling import convert_to_openai_tool
from typing_extensions import override

from langchain_smartroute import classify
from langchain_smartroute.types import new_lock

if TYPE_CHECKING:
    from langchain_smartroute.types import RoutingDecision

__all__ = ["BoundRouter", "BoundTool", "bound_tools"]

_KEPT = 256


class BoundRouter(RunnableBinding[LanguageModelInput, AIMessage]):  # type: ignore[no-redef]
    """A router with arguments of its calls.

    A plain binding passes `explain` and `with_route` on to its router without the arguments, so
    that a request was explained as if it had no tools.
    """

    @classmethod
    @override
    def lc_id(cls) -> list[str]:
        """Serialized as LangChain's own binding, which it is for every call."""
        return [*cls.get_lc_namespace(), "RunnableBinding"]

    def explain(
        self,
        input: LanguageModelInput,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> RoutingDecision:
        """As the router's `explain`, with the bound arguments."""
        return self.bound.explain(input, self._merge_configs(config), **{**self.kwargs, **kwargs})  # type: ignore[attr-defined,no-any-return]

    async def aexplain(
        self,
        input: LanguageModelInput,  # noqa: A002 - LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> RoutingDecision:
        """As the router's `aexplain`, with the bound arguments."""
        config = self._merge_configs(config)
        return await self.bound.aexplain(input, config, **{**self.kwargs, **kwargs})  # type: ignore[attr-defined,no-any-return]

    def with_route(self, **choices: Any) -> BoundRouter:
        """As the router's `with_route`, with the bound arguments."""
        return self.model_copy(update={"bound": self.bound.with_route(**choices)})  # type: ignore[attr-defined]


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
