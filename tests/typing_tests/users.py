"""What users write, as type checkers see it: checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from decimal import Decimal
from typing import Any, assert_type

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from langchain_smartroute import CostCallbackHandler, RoutingDecision, SmartRouterRunnable


class Answer(BaseModel):
    """Structured output of a user's own."""

    text: str


def too_short(messages: Sequence[BaseMessage], answer: AIMessage) -> str | None:
    """A check of a user's own."""
    return "too short" if len(answer.text) < len(messages) else None


def is_long(text: str) -> bool:
    """A condition of a user's own."""
    return len(text) > 100


def build() -> SmartRouterRunnable:
    """Each way to a router gives one."""
    assert_type(SmartRouterRunnable.from_models({"x": "ollama:llama3"}), SmartRouterRunnable)
    router = SmartRouterRunnable.from_catalog(
        tier="balanced", base_url="https://gateway.example/v1", api_key="k", checks=[too_short]
    )
    return assert_type(router, SmartRouterRunnable)


def use(router: SmartRouterRunnable, tools: Sequence[Any]) -> Decimal | None:
    """A router is a chat model, and what it gives has its type."""
    model: BaseChatModel = router
    assert_type(router.invoke("hi"), AIMessage)
    chunks: Iterator[AIMessageChunk] = router.stream("hi")
    assert_type(router.explain("hi"), RoutingDecision)
    chain: Runnable[LanguageModelInput, str] = model | StrOutputParser()
    bound: Runnable[LanguageModelInput, AIMessage] = router.bind_tools(tools)
    shaped: Runnable[LanguageModelInput, dict[str, Any] | BaseModel]
    shaped = router.with_structured_output(Answer)
    costs = CostCallbackHandler()
    chain.invoke("hi", {"callbacks": [costs]})
    for answer in (bound.invoke("hi"), *chunks):
        answer.text.strip()
    shaped.invoke("hi")
    return costs.stats().actual_cost_usd


async def ause(router: SmartRouterRunnable) -> str:
    """The same in an event loop."""
    assert_type(await router.ainvoke("hi"), AIMessage)
    chunks: AsyncIterator[AIMessageChunk] = router.astream("hi")
    return "".join([chunk.text async for chunk in chunks])
