"""A router with arguments bound to it.

Imported when the first one is made, as pydantic takes milliseconds to build the class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableBinding, RunnableConfig
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

    # The same for calls, with the types of a chat model's streams of events.
    from langchain_core.language_models.chat_models import _ChatModelBinding as _Binding

    from langchain_smartroute.types import RoutingDecision
else:
    _Binding = RunnableBinding[LanguageModelInput, AIMessage]

__all__ = ["BoundRouter"]


class BoundRouter(_Binding):  # type: ignore[no-redef] # a field is called kwargs
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

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> BoundRouter:
        """As the router's `bind_tools`, with the bound arguments."""
        return self.bind(**self.bound.bind_tools(tools, **kwargs).kwargs)  # type: ignore[attr-defined,return-value]

    def with_route(self, **choices: Any) -> BoundRouter:
        """As the router's `with_route`, with the bound arguments."""
        return self.model_copy(update={"bound": self.bound.with_route(**choices)})  # type: ignore[attr-defined]
